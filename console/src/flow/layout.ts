/** Where the flow map's nodes stand. Pure: a width and the recipients in, coordinates out. */

import type { EdgeName, RecipientView } from "../schema";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Card extends Box {
  readonly recipient: RecipientView;
  /** The line from the agent to the card. */
  readonly line: string;
}

export interface Group {
  readonly edge: EdgeName;
  readonly title: Box;
  readonly cards: readonly Card[];
  /** The line to the place where a recipient would stand, if there is none. */
  readonly blank: { readonly box: Box; readonly line: string } | null;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly agent: Box;
  readonly groups: readonly Group[];
}

/** From this width on the agent stands in the middle; below it, above the others. */
const WIDE = 720;
const TITLE = 44;
const GAP = 14;
const BLANK = 46;
/** Categories that a card names. */
export const NAMED = 3;

const EDGES: readonly EdgeName[] = ["model", "tool", "memory", "outside"];

export function cardHeight(recipient: RecipientView): number {
  const named = Math.min(NAMED, recipient.data.length);
  const more = recipient.data.length > NAMED ? 1 : 0;
  const none = recipient.edge === "model" && recipient.data.length === 0 ? 1 : 0;
  const warnings = recipient.warnings.length > 0 ? 1 : 0;
  return 64 + 22 * (named + more + none + warnings);
}

export function picture(width: number, recipients: readonly RecipientView[]): Picture {
  const of = (edge: EdgeName) => recipients.filter((recipient) => recipient.edge === edge);
  const shown = EDGES.filter((edge) => edge !== "outside" || of(edge).length > 0);
  return width >= WIDE ? wide(width, shown, of) : narrow(width, shown, of);
}

type Of = (edge: EdgeName) => RecipientView[];

function groupHeight(recipients: readonly RecipientView[]): number {
  if (recipients.length === 0) return TITLE + BLANK + GAP;
  return TITLE + recipients.reduce((sum, recipient) => sum + cardHeight(recipient) + GAP, 0);
}

function wide(width: number, shown: readonly EdgeName[], of: Of): Picture {
  const left = shown.filter((edge) => edge === "tool" || edge === "memory");
  const right = shown.filter((edge) => edge === "model" || edge === "outside");
  const columns = [left, right].map((edges) => edges.reduce((sum, edge) => sum + groupHeight(of(edge)), 0));
  const height = Math.max(300, ...columns) + 8;
  const agent: Box = { x: width / 2 - 86, y: height / 2 - 62, width: 172, height: 124 };
  const cardWidth = Math.min(330, (width - 172) / 2 - 74);
  const groups = [
    ...column(left, of, 0, cardWidth, (height - (columns[0] ?? 0)) / 2, (box) => curve(agent, box, -1)),
    ...column(right, of, width - cardWidth, cardWidth, (height - (columns[1] ?? 0)) / 2, (box) => curve(agent, box, 1)),
  ];
  return { width, height, agent, groups };
}

function narrow(width: number, shown: readonly EdgeName[], of: Of): Picture {
  const agent: Box = { x: width / 2 - 86, y: 6, width: 172, height: 110 };
  const indent = 34;
  const top = agent.y + agent.height + 18;
  const groups = column(shown, of, indent, width - indent, top, (box) => elbow(agent, box));
  const last = shown.reduce((sum, edge) => sum + groupHeight(of(edge)), top);
  return { width, height: last, agent, groups };
}

function column(
  edges: readonly EdgeName[],
  of: Of,
  x: number,
  width: number,
  top: number,
  line: (box: Box) => string,
): Group[] {
  let y = top;
  return edges.map((edge) => {
    const title = { x, y, width, height: TITLE };
    y += TITLE;
    const recipients = of(edge);
    const cards = recipients.map((recipient) => {
      const box = { x, y, width, height: cardHeight(recipient) };
      y += box.height + GAP;
      return { ...box, recipient, line: line(box) };
    });
    if (cards.length > 0) return { edge, title, cards, blank: null };
    const box = { x, y, width, height: BLANK };
    y += BLANK + GAP;
    return { edge, title, cards, blank: { box, line: line(box) } };
  });
}

/** From the side of the agent to the near side of the card. */
function curve(agent: Box, box: Box, side: 1 | -1): string {
  const from = { x: side > 0 ? agent.x + agent.width : agent.x, y: agent.y + agent.height / 2 };
  const to = { x: side > 0 ? box.x : box.x + box.width, y: box.y + box.height / 2 };
  const bend = (to.x - from.x) * 0.55;
  return `M${n(from.x)} ${n(from.y)} C${n(from.x + bend)} ${n(from.y)} ${n(to.x - bend)} ${n(to.y)} ${n(to.x)} ${n(to.y)}`;
}

/** From below the agent down the margin, and in. */
function elbow(agent: Box, box: Box): string {
  const y = box.y + Math.min(32, box.height / 2);
  const start = agent.y + agent.height;
  return `M${n(agent.x + 30)} ${n(start)} V${n(start + 6)} Q${n(agent.x + 30)} ${n(start + 12)} ${n(agent.x + 24)} ${n(start + 12)} H16 Q8 ${n(start + 12)} 8 ${n(start + 20)} V${n(y - 8)} Q8 ${n(y)} 16 ${n(y)} H${n(box.x)}`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** How thick the line of so many requests is. */
export function thickness(requests: number): number {
  return Math.round((1.5 + Math.min(5, Math.log2(1 + requests))) * 10) / 10;
}

export type LineKind = "masked" | "clear" | "unread" | "call" | "idle";

export function lineKind(recipient: RecipientView): LineKind {
  if (recipient.requests === 0) return "idle";
  if (recipient.warnings.includes("in_the_clear")) return "clear";
  if (!recipient.inspected || recipient.warnings.includes("parts_not_inspected")) return "unread";
  // What a tool gets is what the agent needs to do its work: the values themselves.
  return recipient.edge === "tool" ? "call" : "masked";
}
