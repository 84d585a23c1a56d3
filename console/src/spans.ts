/** From a text with marked spans to what stands side by side. Offsets are UTF-16 code units, as strings have here. */

import type { SpanView } from "./schema";

/** A stretch of text under the same marks; `marks` holds numbers of spans, the innermost last. */
export interface Part {
  readonly text: string;
  readonly marks: readonly number[];
}

export interface Sides {
  /** The text as it is. */
  readonly here: readonly Part[];
  /** What stood there on the other side. */
  readonly there: readonly Part[];
}

/** Keeps an offset inside the text and out of the middle of a surrogate pair. */
function settle(text: string, offset: number): number {
  const at = Math.max(0, Math.min(text.length, Math.trunc(offset) || 0));
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  const splits = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return splits ? at - 1 : at;
}

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly number: number;
}

function placed(text: string, spans: readonly SpanView[]): Placed[] {
  return spans
    .map((span, number) => ({ start: settle(text, span.start), end: settle(text, span.end), number }))
    .filter((span) => span.start < span.end)
    .sort((one, other) => one.start - other.start || other.end - one.end);
}

/** Cuts the text where a mark begins or ends. Joined, the parts are the text again. */
export function parts(text: string, spans: readonly SpanView[]): Part[] {
  const marks = placed(text, spans);
  const cuts = [...new Set([0, text.length, ...marks.flatMap((mark) => [mark.start, mark.end])])];
  cuts.sort((one, other) => one - other);
  const found: Part[] = [];
  let open: Placed[] = [];
  let next = 0;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const start = cuts[i] ?? 0;
    const end = cuts[i + 1] ?? start;
    open = open.filter((mark) => mark.end > start);
    for (let mark = marks[next]; mark && mark.start <= start; mark = marks[++next]) open.push(mark);
    found.push({ text: text.slice(start, end), marks: open.map((mark) => mark.number) });
  }
  return found;
}

/** Both sides. Where replaced spans overlap, the one that begins first stands for all of what it covers. */
export function sides(text: string, spans: readonly SpanView[]): Sides {
  const there: Part[] = [];
  let done = 0;
  for (const mark of placed(text, spans)) {
    const span = spans[mark.number];
    if (!span || mark.start < done) continue;
    if (mark.start > done) there.push({ text: text.slice(done, mark.start), marks: [] });
    there.push({ text: span.other, marks: [mark.number] });
    done = mark.end;
  }
  if (done < text.length) there.push({ text: text.slice(done), marks: [] });
  return { here: parts(text, spans), there };
}
