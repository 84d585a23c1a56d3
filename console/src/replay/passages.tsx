/** The texts of an exchange, both sides of each beside one another, with long ones in pages. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Failure, passage as askPassage, passages as askPassages } from "../client";
import { Foreign } from "../code";
import { useSpeech } from "../lang";
import type { Passage, Side, SpanView } from "../schema";
import { sides } from "../spans";
import { lookUp } from "../texts";
import { Waiting } from "../notice";
import { MarkedText, type Pointing } from "./marked";

/** Texts that are shown at once: a long history ends with what is new. */
const PAGE = 12;

interface Props extends Pointing {
  readonly exchange: string;
  readonly side: Side;
  readonly count: number;
}

export function Passages({ exchange, side, count, token, point }: Props): JSX.Element {
  const { t } = useSpeech();
  const [shown, setShown] = useState<readonly Passage[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  // They come in reading order from the end; the number of a text is its place in the body.
  const start = count - shown.length;
  const earlier = Math.min(PAGE, start);
  const load = async () => {
    try {
      const page = await askPassages(exchange, side, start - earlier, earlier);
      setShown((known) => [...page.passages, ...known]);
    } catch (error) {
      setFailure(error instanceof Failure ? error : new Failure(0, String(error)));
    }
  };
  useEffect(() => void load(), [exchange, side, count]);
  const [here, there] = side === "request" ? [t.sent, t.seen] : [t.received, t.got];
  return (
    <>
      <div class="sides-head" aria-hidden="true">
        <span>{here}</span>
        <span>{there}</span>
      </div>
      {failure && <Waiting loaded={{ state: "failed", failure }} />}
      {start > 0 && shown.length > 0 && (
        <button type="button" class="button" onClick={() => void load()}>
          {t.earlier(earlier)}
        </button>
      )}
      {shown.map((one) => (
        <OnePassage key={one.index} first={one} {...{ exchange, here, there, token, point }} />
      ))}
    </>
  );
}

function OnePassage({
  exchange,
  first,
  here,
  there,
  token,
  point,
}: Pointing & {
  readonly exchange: string;
  readonly first: Passage;
  readonly here: string;
  readonly there: string;
}): JSX.Element {
  const speech = useSpeech();
  const { t, number } = speech;
  const [rest, setRest] = useState<readonly Passage[]>([]);
  const pages = [first, ...rest];
  const last = pages[pages.length - 1] ?? first;
  const end = last.from + last.text.length;
  const more = async () => {
    const next = await askPassage(exchange, first.side, first.index, end);
    setRest([...rest, next]);
  };
  const name = `${first.side}-${first.index}`;
  return (
    <article id={`passage-${name}`} tabIndex={-1} class={`passage origin-${known(first.origin.from)}`} aria-label={t.part(first.index + 1)}>
      <header class="passage-head">
        <OriginBadge from={first.origin.from} name={first.origin.name} />
        <span class="quiet">
          {lookUp(t.roles, first.role)}
          {first.tool !== null && (
            <>
              {" "}
              <code>
                <Foreign text={first.tool} />
              </code>
            </>
          )}
        </span>
        <span class="quiet small passage-number">{number(first.index + 1)}</span>
      </header>
      {pages.map((page) => (
        <PassagePage key={page.from} page={page} name={`${name}-${page.from}`} {...{ here, there, token, point }} />
      ))}
      {end < first.length && (
        <button type="button" class="button" onClick={() => void more()}>
          {t.restOfText(number(end), number(first.length))}
        </button>
      )}
    </article>
  );
}

function PassagePage({
  page,
  name,
  here,
  there,
  token,
  point,
}: Pointing & {
  readonly page: Passage;
  readonly name: string;
  readonly here: string;
  readonly there: string;
}): JSX.Element {
  const { t } = useSpeech();
  const both = useMemo(() => sides(page.text, page.spans), [page]);
  const differs = page.spans.some((span) => span.state === "masked" || span.state === "one_way");
  const text = (parts: typeof both.here, spans: readonly SpanView[], own: string, other: string) => (
    <MarkedText parts={parts} spans={spans} name={`${name}-${own}`} other={`${name}-${other}`} token={token} point={point} />
  );
  return (
    <div class={differs ? "sides" : "sides sides-same"}>
      <div class="side side-here">
        <span class="side-name">{here}</span>
        <div class="text" dir="auto">
          {text(both.here, page.spans, "here", "there")}
        </div>
      </div>
      <div class="side side-there">
        <span class="side-name">{there}</span>
        {differs ? (
          <div class="text" dir="auto">
            {text(both.there, page.spans, "there", "here")}
          </div>
        ) : (
          <p class="quiet same">{t.same}</p>
        )}
      </div>
    </div>
  );
}

const ORIGINS = ["operator", "user", "model", "tool", "memory", "retrieved", "unknown"] as const;

/** An origin that this page knows; a later one counts as unknown. */
export function known(from: string): (typeof ORIGINS)[number] {
  return ORIGINS.find((origin) => origin === from) ?? "unknown";
}

export function OriginBadge({ from, name }: { readonly from: string; readonly name: string | null }): JSX.Element {
  const { t } = useSpeech();
  const origin = known(from);
  return (
    <span class={`origin badge-${origin}`}>
      <span class="origin-sign" aria-hidden="true" />
      {t.origins[origin]}
      {name !== null && (
        <>
          {" · "}
          <Foreign text={name} />
        </>
      )}
    </span>
  );
}

export function OriginLegend(): JSX.Element {
  const { t } = useSpeech();
  return (
    <ul class="legend" aria-label={t.originLegend}>
      {ORIGINS.map((origin) => (
        <li key={origin}>
          <OriginBadge from={origin} name={null} />
        </li>
      ))}
    </ul>
  );
}
