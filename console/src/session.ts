/** The token and the language of this tab. The token comes once in the fragment of the start link and leaves it at once. */

const TOKEN = "ombud.token";
const LANG = "ombud.lang";

export type Lang = "en" | "zh";

/** Takes the token out of the address, so that it is in no history, bookmark or screenshot. */
export function adoptToken(): void {
  const match = /^#token=([0-9a-f]+)$/.exec(location.hash);
  if (match?.[1]) {
    sessionStorage.setItem(TOKEN, match[1]);
    history.replaceState(null, "", location.pathname + "#/");
  }
}

export function token(): string {
  return sessionStorage.getItem(TOKEN) ?? "";
}

export function setToken(value: string): void {
  sessionStorage.setItem(TOKEN, value);
}

/** What a person pasted: the whole start link or the token alone. */
export function tokenIn(text: string): string {
  return /([0-9a-f]{64})\s*$/.exec(text.trim())?.[1] ?? "";
}

export function firstLang(): Lang {
  const kept = localStorage.getItem(LANG);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function keepLang(lang: Lang): void {
  localStorage.setItem(LANG, lang);
}
