// Written by scripts/schema.mjs from openapi.json; do not edit.

export type Answer = {
  readonly allow: boolean;
  readonly stands: string;
};

export type AnswerView = {
  readonly code: string | null;
  readonly complete: boolean;
  readonly cut: boolean;
  readonly fault: string;
  readonly finish: string | null;
  readonly model: string | null;
  readonly ms: number;
  readonly passages: number;
  readonly restored: number;
  readonly state: ContentState;
  readonly status: number;
  readonly unknown_tokens: number;
};

export type ApprovalList = {
  readonly approvals: readonly (ApprovalRow)[];
};

export type ApprovalRow = {
  readonly arguments: string | null;
  readonly code: string;
  readonly does: Bilingual;
  readonly exchange: string;
  readonly server: string | null;
  readonly stands: string;
  readonly tool: string;
  readonly waited: number;
  readonly why: Bilingual;
};

export type ArgumentView = {
  readonly overlaps: readonly (OverlapView)[];
  readonly part: string | null;
  readonly path: string;
};

export type Bilingual = {
  readonly en: string;
  readonly zh: string;
};

export type Category = {
  readonly id: string;
  readonly name: Bilingual;
};

export type CategoryAmount = {
  readonly category: Category;
  readonly clear: number;
  readonly masked: number;
};

export type ConsoleProblem = {
  readonly code: string;
  readonly message: string;
};

export type ContentState = "readable" | "erased" | "none" | "damaged";

export type ConversationList = {
  readonly conversations: readonly (ConversationRow)[];
  readonly next: number | null;
};

export type ConversationRow = {
  readonly clear: number;
  readonly erased: boolean;
  readonly exchanges: number;
  readonly failed: number;
  readonly first: string;
  readonly id: string;
  readonly last: string;
  readonly masked: number;
  readonly opaque: number;
  readonly providers: readonly (string)[];
  readonly refused: number;
  readonly seq: number;
  readonly tools: number;
};

export type EdgeName = "model" | "tool" | "memory" | "outside";

export type EventList = {
  readonly events: readonly (EventRow)[];
};

export type EventRow = {
  readonly about: string | null;
  readonly clear: number;
  readonly code: string | null;
  readonly conversation: string | null;
  readonly count: number | null;
  readonly exchange: string | null;
  readonly kind: string;
  readonly masked: number;
  readonly seq: number;
  readonly t: string;
};

export type ExchangeList = {
  readonly exchanges: readonly (ExchangeRow)[];
  readonly next: number | null;
};

export type ExchangeRow = {
  readonly clear: number;
  readonly code: string | null;
  readonly id: string;
  readonly masked: number;
  readonly model: string | null;
  readonly opaque: number;
  readonly provider: string | null;
  readonly seq: number;
  readonly status: number | null;
  readonly t: string;
  readonly tools: readonly (string)[];
};

export type ExchangeView = {
  readonly answer: AnswerView | null;
  readonly conversation: string | null;
  readonly id: string;
  readonly notices: readonly (NoticeView)[];
  readonly refused: string | null;
  readonly request: RequestView | null;
  readonly t: string;
  readonly tools: readonly (ToolView)[];
};

export type FlowView = {
  readonly entries: number;
  readonly live: boolean;
  readonly read: number;
  readonly recipients: readonly (RecipientView)[];
  readonly since: string | null;
  readonly until: string | null;
};

export type NoticeView = {
  readonly left: boolean;
  readonly overlaps: readonly (OverlapView)[];
  readonly rule: string;
  readonly told: Bilingual;
};

export type OpaqueView = {
  readonly bytes: number;
  readonly kind: string;
};

export type OriginView = {
  readonly from: string;
  readonly name: string | null;
};

export type OverlapView = {
  readonly by: string;
  readonly origin: OriginView;
  readonly slot: number;
};

export type Passage = {
  readonly from: number;
  readonly index: number;
  readonly length: number;
  readonly origin: OriginView;
  readonly role: string;
  readonly side: Side;
  readonly spans: readonly (SpanView)[];
  readonly text: string;
  readonly tool: string | null;
};

export type PassageList = {
  readonly passages: readonly (Passage)[];
};

export type RecipientView = {
  readonly country: string;
  readonly data: readonly (CategoryAmount)[];
  readonly edge: EdgeName;
  readonly first: string;
  readonly id: string;
  readonly inspected: boolean;
  readonly last: string;
  readonly lost: number;
  readonly name: string;
  readonly opaque: number;
  readonly refused: number;
  readonly requests: number;
  readonly warnings: readonly (Warning)[];
};

export type RequestView = {
  readonly bytes_seen: number;
  readonly bytes_sent: number;
  readonly clear: number;
  readonly host: string;
  readonly masked: number;
  readonly model: string | null;
  readonly opaque: readonly (OpaqueView)[];
  readonly passages: number;
  readonly provider: string;
  readonly state: ContentState;
  readonly wire: string;
};

export type Side = "request" | "answer";

export type SpanState = "masked" | "one_way" | "clear" | "unknown_token";

export type SpanView = {
  readonly category: Category;
  readonly end: number;
  readonly other: string;
  readonly start: number;
  readonly state: SpanState;
  readonly token: string | null;
};

export type ToolView = {
  readonly arguments: readonly (ArgumentView)[];
  readonly call: string | null;
  readonly complete: boolean;
  readonly decision: string;
  readonly effect: string | null;
  readonly released: boolean;
  readonly told: Bilingual;
  readonly tool: string;
};

export type Update = {
  readonly events: readonly (EventRow)[];
  readonly flow: FlowView;
};

export type Warning = "in_the_clear" | "not_inspected" | "parts_not_inspected" | "country_unknown";
