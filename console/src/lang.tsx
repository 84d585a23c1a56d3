/** The language of the page, for every part of it. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Bilingual } from "./schema";
import type { Lang } from "./session";
import { TEXTS, type Texts } from "./texts";

const Current = createContext<Lang>("en");

export const LangProvider = Current.Provider;

export interface Speech {
  readonly lang: Lang;
  readonly t: Texts;
  /** A text that the server gives in both languages. */
  readonly say: (text: Bilingual) => string;
  readonly number: (n: number) => string;
  /** A time of the log as a person reads it here. */
  readonly time: (iso: string) => string;
  readonly country: (code: string) => string;
}

export function useSpeech(): Speech {
  const lang = useContext(Current);
  return speech(lang);
}

export function speech(lang: Lang): Speech {
  const locale = lang === "zh" ? "zh-CN" : "en-GB";
  const t = TEXTS[lang];
  return {
    lang,
    t,
    say: (text) => text[lang],
    number: (n) => n.toLocaleString(locale),
    time: (iso) => time(iso, locale),
    country: (code) => country(code, locale, t),
  };
}

function time(iso: string, locale: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
  const today = new Date().toDateString() === date.toDateString();
  const day: Intl.DateTimeFormatOptions = today ? {} : { year: "numeric", month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(locale, { ...day, ...clock }).format(date);
}

function country(code: string, locale: string, t: Texts): string {
  if (code === "local") return t.thisMachine;
  if (!/^[A-Z]{2}$/.test(code)) return code === "unknown" ? t.countryUnknown : code;
  return new Intl.DisplayNames([locale], { type: "region" }).of(code) ?? code;
}
