//! What the interface of the console returns, in JSON. Times are RFC 3339 in UTC; offsets in texts are UTF-16 code units,
//! as browsers count them. Texts that the page cannot know (names of categories) come in both languages.

use ombud_core::{DataCategory, Lang, Say};
use serde::Serialize;
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Bilingual {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Bilingual {
    pub(crate) fn of(text: &impl Say) -> Self {
        Self { en: text.say(Lang::En), zh: text.say(Lang::Zh) }
    }
}

/// A category of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Category {
    /// Id of `registry/categories.json`.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
}

impl From<DataCategory> for Category {
    fn from(category: DataCategory) -> Self {
        Self { id: category.id().to_owned(), name: Bilingual::of(&category) }
    }
}

/// The edge of the agent at which a recipient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EdgeName {
    /// Model providers.
    Model,
    /// Tools.
    Tool,
    /// Memory and vector stores.
    Memory,
    /// Hosts that were reached without the gateway.
    Outside,
}

/// What a person should know about a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Warning {
    /// Values left in the clear.
    InTheClear,
    /// What was sent there was not inspected by Ombud.
    NotInspected,
    /// Parts of what was sent there could not be read.
    PartsNotInspected,
    /// Its country is unknown.
    CountryUnknown,
}

/// How much of one category a recipient received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CategoryAmount {
    /// The category.
    pub category: Category,
    /// Values replaced before they left.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
}

/// A recipient of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RecipientView {
    /// Its edge.
    pub edge: EdgeName,
    /// Provider id, tool name, store name or host.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// ISO 3166-1 alpha-2, `unknown` if it is not known, `local` for this machine.
    pub country: String,
    /// False if what it received was not inspected by Ombud.
    pub inspected: bool,
    /// Requests, calls or connections.
    pub requests: u64,
    /// Requests that did not reach it because they were refused.
    pub refused: u64,
    /// Requests that were sent and did not reach it.
    pub lost: u64,
    /// Parts that were not inspected.
    pub opaque: u64,
    /// When it was first seen.
    pub first: String,
    /// When it was last seen.
    pub last: String,
    /// What it received, by category.
    pub data: Vec<CategoryAmount>,
    /// What to know about it.
    pub warnings: Vec<Warning>,
}

/// The flow map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FlowView {
    /// When the oldest entry of the log was written; the map covers what came since.
    pub since: Option<String>,
    /// When the newest entry was written.
    pub until: Option<String>,
    /// Entries of the log that the map covers so far.
    pub read: u64,
    /// Entries of the log.
    pub entries: u64,
    /// Whether a gateway runs in this process, or only its log is shown.
    pub live: bool,
    /// The recipients, by edge and name.
    pub recipients: Vec<RecipientView>,
}

/// One entry of the log, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventRow {
    /// Its number in the log.
    pub seq: u64,
    /// When it was written.
    pub t: String,
    /// Its kind, such as `llm.request`; `later` if a later version wrote it.
    pub kind: String,
    /// The exchange it belongs to.
    pub exchange: Option<String>,
    /// The conversation it belongs to.
    pub conversation: Option<String>,
    /// Who or what it is about: provider, tool, store, host, mode.
    pub about: Option<String>,
    /// A stable code: decision, outcome, reason of a refusal, state of a consent.
    pub code: Option<String>,
    /// Values masked.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
    /// HTTP status, values restored, items, keys destroyed: what the kind counts.
    pub count: Option<u64>,
}

/// The newest entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventList {
    /// The entries.
    pub events: Vec<EventRow>,
}

/// What the stream sends when the log has grown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Update {
    /// The flow map as it is now.
    pub flow: FlowView,
    /// The newest entries, newest first.
    pub events: Vec<EventRow>,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ConversationRow {
    /// Its pseudonymous id.
    pub id: String,
    /// When it began.
    pub first: String,
    /// When it was last seen.
    pub last: String,
    /// Number of its newest entry: the cursor of the list.
    pub seq: u64,
    /// Exchanges with providers.
    pub exchanges: u64,
    /// Tool calls that the model asked for.
    pub tools: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Responses that failed.
    pub failed: u64,
    /// Values masked.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
    /// Parts that were not inspected.
    pub opaque: u64,
    /// Who responded.
    pub providers: Vec<String>,
    /// Whether its contents were erased, at least up to the entry that was then the newest.
    pub erased: bool,
}

/// Conversations, the last active first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ConversationList {
    /// A page of them.
    pub conversations: Vec<ConversationRow>,
    /// What to give as `before` for the next page.
    pub next: Option<u64>,
}

/// An exchange in the list of its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ExchangeRow {
    /// The value of `x-ombud-receipt`.
    pub id: String,
    /// When it began.
    pub t: String,
    /// Number of its first entry.
    pub seq: u64,
    /// The provider.
    pub provider: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// Values masked.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
    /// Parts that were not inspected.
    pub opaque: u64,
    /// Tools that the model asked for.
    pub tools: Vec<String>,
    /// HTTP status of the response.
    pub status: Option<u16>,
    /// Stable code of a failure or refusal.
    pub code: Option<String>,
}

/// The exchanges of a conversation, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ExchangeList {
    /// A page of them.
    pub exchanges: Vec<ExchangeRow>,
    /// What to give as `from` for the next page.
    pub next: Option<u64>,
}

/// Whether the contents can still be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentState {
    /// They can.
    Readable,
    /// Their key was destroyed.
    Erased,
    /// Nothing was kept.
    None,
    /// They do not match the log's commitment: damaged or swapped.
    Damaged,
}

/// Where a text came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OriginView {
    /// `operator`, `user`, `model`, `tool`, `memory`, `retrieved` or `unknown`.
    pub from: String,
    /// The tool, store or source, where it is known.
    pub name: Option<String>,
}

/// How a marked part of a text left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpanState {
    /// Replaced by a token, which is restored in the response.
    Masked,
    /// Replaced by a placeholder that is never restored.
    OneWay,
    /// Left as it is.
    Clear,
    /// A token in a response that this request did not mint: left in place.
    UnknownToken,
}

/// A marked part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SpanView {
    /// Where it begins, in UTF-16 code units of the passage's text.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// How it left.
    pub state: SpanState,
    /// Its category.
    pub category: Category,
    /// The text on the other side: for a request, what the provider saw; for a response, what the agent received.
    pub other: String,
    /// The token, where there is one: the same value has the same token on both sides.
    pub token: Option<String>,
}

/// What a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// A slot of the request.
    Request,
    /// A text of the response.
    Answer,
}

/// A text of an exchange with what is marked in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Passage {
    /// The side that it belongs to.
    pub side: Side,
    /// Its number on that side.
    pub index: u64,
    /// Its role: a role of the request, or `text`, `arguments`, `refusal`, `reasoning`, `raw` of a response.
    pub role: String,
    /// Where it came from.
    pub origin: OriginView,
    /// The tool, for the arguments of a call.
    pub tool: Option<String>,
    /// Where this page begins in the whole text, in UTF-16 code units.
    pub from: u64,
    /// The text of this page: of a request as the agent sent it, of a response as the provider sent it.
    pub text: String,
    /// Length of the whole text in UTF-16 code units.
    pub length: u64,
    /// Marked parts of this page, by position; they may overlap.
    pub spans: Vec<SpanView>,
}

/// A part of the request that was not inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OpaqueView {
    /// What it is: `image`, `audio`, `file`, `tokens` or `sealed`.
    pub kind: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The request of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RequestView {
    /// Id of the provider.
    pub provider: String,
    /// Host it went to.
    pub host: String,
    /// Wire format; `unread` if the operator let it pass unread.
    pub wire: String,
    /// The model asked for.
    pub model: Option<String>,
    /// Bytes of the body as the agent sent it.
    pub bytes_sent: u64,
    /// Bytes of the body as it left.
    pub bytes_seen: u64,
    /// Values masked.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
    /// Whether its texts can be read.
    pub state: ContentState,
    /// How many texts it has.
    pub passages: u64,
    /// Parts that were not inspected.
    pub opaque: Vec<OpaqueView>,
}

/// The response of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AnswerView {
    /// HTTP status, 0 if none came.
    pub status: u16,
    /// Whether it ended as its wire format requires.
    pub complete: bool,
    /// Tokens restored.
    pub restored: u64,
    /// Tokens that the request did not mint.
    pub unknown_tokens: u64,
    /// The model that responded.
    pub model: Option<String>,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// Milliseconds to the last byte.
    pub ms: u64,
    /// Who failed: `none`, `provider`, `network`, `developer`, `client`, `gateway` or `unknown`.
    pub fault: String,
    /// Stable code of the failure.
    pub code: Option<String>,
    /// Whether its texts can be read.
    pub state: ContentState,
    /// Whether the response was longer than what is kept of one, so that its end is missing here.
    pub cut: bool,
    /// How many texts it has.
    pub passages: u64,
}

/// A passage of the context in which the value of an argument also appears. It says what was seen, never what caused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OverlapView {
    /// Number of the request's passage.
    pub slot: u64,
    /// Its origin.
    pub origin: OriginView,
    /// How it was matched: `token`, `identifier` or `text`.
    pub by: String,
}

/// An argument of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ArgumentView {
    /// Its path in the arguments, such as `/to/0`.
    pub path: String,
    /// What it means for the effect, such as `destination`.
    pub part: Option<String>,
    /// Where its value appears in the context.
    pub overlaps: Vec<OverlapView>,
}

/// A tool call that the model asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolView {
    /// The tool.
    pub tool: String,
    /// The provider's id of the call.
    pub call: Option<String>,
    /// False if the stream ended inside the arguments.
    pub complete: bool,
    /// The decision as logged.
    pub decision: String,
    /// The same in words.
    pub told: Bilingual,
    /// Whether the call went to the agent.
    pub released: bool,
    /// What the call does, such as `send`.
    pub effect: Option<String>,
    /// Where its arguments came from.
    pub arguments: Vec<ArgumentView>,
}

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ExchangeView {
    /// The value of `x-ombud-receipt`.
    pub id: String,
    /// When it began.
    pub t: String,
    /// The conversation it belongs to.
    pub conversation: Option<String>,
    /// The request, if one left.
    pub request: Option<RequestView>,
    /// The response, if there was one.
    pub answer: Option<AnswerView>,
    /// Code of the refusal, if it did not leave.
    pub refused: Option<String>,
    /// Tool calls that the model asked for.
    pub tools: Vec<ToolView>,
    /// What rules found in the response.
    pub notices: Vec<NoticeView>,
}

/// What a rule found in a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NoticeView {
    /// The rule, such as `answer.link_data`.
    pub rule: String,
    /// What it found and what was done, in words.
    pub told: Bilingual,
    /// Whether the response went out unchanged.
    pub left: bool,
    /// Where the matched text appears in the context.
    pub overlaps: Vec<OverlapView>,
}

/// Texts of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PassageList {
    /// A page of them, in order.
    pub passages: Vec<Passage>,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ConsoleProblem {
    /// Stable code.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}
