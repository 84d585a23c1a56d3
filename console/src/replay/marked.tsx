/** A text with its marks. A mark says by its words, its line and its colour what it is; pointing at it shows its counterpart. */

import type { JSX } from "preact";
import { Foreign } from "../code";
import { useSpeech } from "../lang";
import type { SpanView } from "../schema";
import type { Part } from "../spans";

/** Which token is pointed at, in all texts of the screen. */
export interface Pointing {
  readonly token: string | null;
  readonly point: (token: string | null) => void;
}

interface Props extends Pointing {
  readonly parts: readonly Part[];
  readonly spans: readonly SpanView[];
  /** Names the marks of this side: those of the other are found by it. */
  readonly name: string;
  readonly other: string;
}

export function MarkedText({ parts, spans, name, other, token, point }: Props): JSX.Element {
  const seen = new Set<number>();
  return (
    <>
      {parts.map((part, i) => {
        const number = part.marks.at(-1);
        const span = number === undefined ? undefined : spans[number];
        if (span === undefined || number === undefined) return <Foreign key={i} text={part.text} />;
        const first = !seen.has(number);
        seen.add(number);
        const text = <Foreign text={part.text} />;
        return (
          <MarkedSpan key={i} span={span} number={number} first={first} {...{ name, other, token, point }}>
            {text}
          </MarkedSpan>
        );
      })}
    </>
  );
}

function MarkedSpan({
  span,
  number,
  first,
  name,
  other,
  token,
  point,
  children,
}: Pointing & {
  readonly span: SpanView;
  readonly number: number;
  /** Only the first part of a mark carries its label and takes the focus. */
  readonly first: boolean;
  readonly name: string;
  readonly other: string;
  readonly children: JSX.Element;
}): JSX.Element {
  const { t, say } = useSpeech();
  const label = t.described(say(span.category.name), t.states[span.state]);
  const jump = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    document.getElementById(`${other}-${number}`)?.focus();
  };
  const linked = span.token !== null && span.token === token;
  return (
    <mark
      id={first ? `${name}-${number}` : undefined}
      class={`mark-${family(span.category.id)} state-${span.state}${linked ? " linked" : ""}`}
      tabIndex={first ? 0 : undefined}
      title={label}
      onMouseEnter={() => point(span.token)}
      onMouseLeave={() => point(null)}
      onFocus={() => point(span.token)}
      onBlur={() => point(null)}
      onKeyDown={jump}
    >
      {children}
      {first && <span class="mark-label">{label}</span>}
    </mark>
  );
}

/** Categories by their kind; the colours only help those who see them. */
export function family(category: string): string {
  const [kind] = category.split(".");
  switch (kind) {
    case "id":
    case "demo":
      return "identity";
    case "contact":
    case "comm":
      return "contact";
    case "fin":
      return "money";
    case "acct":
    case "key":
      return "secret";
    case "dev":
    case "loc":
      return "device";
    default:
      return "other";
  }
}
