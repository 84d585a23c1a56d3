//! What the ledger stores. An event never contains content: texts are kept in encrypted payloads beside it, so that a
//! leaf of the log can stay forever while the words behind it can be erased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::category::DataType;
use crate::effect::Effect;
use crate::exchange::{OpaqueKind, Role};
use crate::gate::Carried;
use crate::origin::Origin;
use crate::sign::SignRecord;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of this record, 1.
    pub v: u32,
    /// UUID v7 of the event.
    pub id: String,
    /// Time in UTC, RFC 3339 with milliseconds.
    pub t: String,
    /// The exchange it belongs to: the value of `x-ombud-receipt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// Pseudonymous id of the conversation; names the key of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Digest that tells one client key from another without revealing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Pseudonym of the subject on whose behalf it happened, where the client named one; for the answer to a consent question or
    /// an erasure, the subject concerned. No [`EventKind`] has a field of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Ties this entry to its encrypted payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Commitment>,
}

/// Ties an entry to a payload that can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// SHA-256 of the ciphertext, hexadecimal.
    pub ct: String,
    /// HMAC-SHA-256 of the plaintext under a salt that exists only inside the ciphertext, hexadecimal.
    pub commit: String,
    /// Length of the ciphertext in bytes.
    pub len: u64,
}

/// Counts per detected type.
pub type Counts = BTreeMap<DataType, u64>;

/// The kinds of entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum EventKind {
    /// A gateway started.
    #[serde(rename = "run.start")]
    RunStart {
        /// Version of Ombud.
        version: String,
        /// `run`, `serve` or `demo`.
        mode: String,
    },
    /// A gateway stopped cleanly.
    #[serde(rename = "run.end")]
    RunEnd {
        /// Exit code of the child, where there was one.
        exit: Option<i64>,
    },
    /// A request is about to leave (its intent record).
    #[serde(rename = "llm.request")]
    Request(Box<RequestRecord>),
    /// A response ended, successfully or not.
    #[serde(rename = "llm.response")]
    Response(Box<ResponseRecord>),
    /// The model asked for a tool call, and it is about to be released to the agent.
    #[serde(rename = "tool.intent")]
    ToolIntent {
        /// The tool's name.
        tool: String,
        /// The id of the call, if the provider gave one.
        call: Option<String>,
        /// False if the stream ended inside the arguments.
        complete: bool,
        /// The decision: `release`, or the reason why not.
        decision: String,
        /// What the call does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effect: Option<Effect>,
        /// Where its arguments came from, if that was examined.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arguments: Vec<ArgumentRecord>,
        /// How it was decided; absent in records of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weighed: Option<Box<WeighedRecord>>,
    },
    /// A rule flagged something that a response points to; the addresses are in the payload.
    #[serde(rename = "answer.notice")]
    AnswerNotice(Box<AnswerNoticeRecord>),
    /// A call reached the tool edge and was decided on; it is forwarded only after this record is on disk.
    #[serde(rename = "tool.call")]
    ToolCall(Box<ToolCallRecord>),
    /// A call at the tool edge ended, successfully or not.
    #[serde(rename = "tool.result")]
    ToolResult(Box<ToolResultRecord>),
    /// Something about a server or one of its tool definitions that a person should know.
    #[serde(rename = "tool.notice")]
    ToolNotice(Box<ToolNoticeRecord>),
    /// An agent declared where the texts come from that it puts into prompts.
    #[serde(rename = "source.declared")]
    SourcesDeclared {
        /// The sources that were not known yet.
        sources: Vec<DeclaredRecord>,
    },
    /// A subject responded to a consent request, or withdrew consent.
    #[serde(rename = "consent")]
    Consent(Box<ConsentRecord>),
    /// A memory store was accessed.
    #[serde(rename = "memory.access")]
    MemoryAccess(Box<MemoryRecord>),
    /// The data of a subject was erased; the details are in the receipt.
    #[serde(rename = "subject.erased")]
    SubjectErased {
        /// SHA-256 of the receipt, hexadecimal.
        receipt: String,
        /// Items deleted per store.
        deleted: BTreeMap<String, u64>,
        /// Items that a probe still found, per store; `None` if the store could not be probed.
        residue: BTreeMap<String, Option<u64>>,
    },
    /// A request was not forwarded.
    #[serde(rename = "refused")]
    Refused {
        /// Stable code of the reason, as in the error that the client received.
        code: String,
        /// The provider it was meant for, where known.
        provider: Option<String>,
    },
    /// A connection was passed through without being read.
    #[serde(rename = "tunnel")]
    Tunnel {
        /// Host and port.
        host: String,
        /// `tunnelled`, `refused` or `failed`.
        outcome: String,
    },
    /// The log was opened after a crash; the remains of an unfinished write were set aside.
    #[serde(rename = "log.gap")]
    Gap {
        /// Bytes that were set aside.
        dropped: u64,
    },
    /// The keys of a conversation are about to be destroyed.
    #[serde(rename = "erase.intent")]
    EraseIntent {},
    /// The keys of a conversation were destroyed: its payloads cannot be read any more.
    #[serde(rename = "erase.done")]
    Erased {
        /// Keys destroyed in the same step, including those of other conversations.
        keys: u64,
        /// Epoch of the wrapping key since then.
        epoch: u64,
    },
}

/// A request as it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Id of the provider.
    pub provider: String,
    /// Host it goes to.
    pub host: String,
    /// Wire format.
    pub wire: String,
    /// The model requested.
    pub model: Option<String>,
    /// Whether a streamed response was requested.
    pub stream: bool,
    /// Bytes of the body before and after masking.
    pub bytes: (u64, u64),
    /// Number of slots per role: what was inspected.
    pub slots: BTreeMap<Role, u64>,
    /// Values found, per type.
    pub found: Counts,
    /// Values replaced, per type.
    pub masked: Counts,
    /// Parts that were not inspected, per kind.
    pub opaque: BTreeMap<OpaqueKind, u64>,
    /// Signs of injection in what third parties wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<SignRecord>,
    /// Names of headers that were left out because of what was found in them; their values count as found and replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
}

/// Where one argument of a tool call came from. It states what was seen, never what caused the call, and holds no
/// content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentRecord {
    /// JSON Pointer into the arguments, such as `/to/0` (RFC 6901).
    pub path: String,
    /// What it means for the effect, such as `destination`; absent where nothing depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Where its value appears in the context.
    pub overlaps: Vec<OverlapRecord>,
}

/// One location in the context where the value of an argument also appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverlapRecord {
    /// Number of the slot in its exchange.
    pub slot: u64,
    /// The slot's origin.
    pub origin: Origin,
    /// How it was matched: `token`, `identifier` or `text`.
    pub by: String,
    /// How much of the argument appears there, in percent of its letters and digits, at least 1; 0 if not measured.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub coverage: u8,
    /// Whether this is the first occurrence in the context.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nought(number: &u8) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

/// How a tool call was decided: what the rules say and what was done differ wherever a mode only observes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeighedRecord {
    /// What the rules say about it: `allow`, `redact`, `ask` or `block`.
    pub verdict: String,
    /// What was done with it: `released`, `redacted`, `asked` or `withheld`.
    pub action: String,
    /// The setting that decided the action: `fresh`, `preset`, `mode`, `effect`, `tool`, `condition_1`,
    /// `condition_own_1`, `limits`, `redact`, `forbid`, `workflow` or `secret`; `standing` where an earlier approval
    /// applies, `vouched` where the model edge had decided.
    pub rule: String,
    /// Who approved or declined it, if anybody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Voice>,
    /// Number of arguments left out of the record, because a log entry has no room for all of them.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: u64,
    /// Time taken by the decision, in microseconds.
    pub micros: u64,
}

/// Where somebody approved or declined a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The user, in the conversation.
    Conversation,
    /// The user, in a form that the client showed.
    Form,
    /// Somebody at a terminal, in the console or behind the webhook.
    Outside,
}

/// What the rules reported about one response. It holds no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerNoticeRecord {
    /// The findings, in the order of the response.
    pub found: Vec<AnswerFinding>,
    /// How many more there were.
    #[serde(default)]
    pub more: u64,
}

/// What one rule reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerFinding {
    /// The rule, such as `answer.link_data`.
    pub rule: String,
    /// The decision, in the terms of `tool.intent`: `would_ask`, `ask` or `block`.
    pub decision: String,
    /// The form in which it appeared: `image`, `link`, `definition`, `address` or `tag`; `text` if it is about words.
    pub form: String,
    /// The kinds of context data that it carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carries: Vec<Carried>,
    /// Where the address, its host and what it carried appear in the context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlaps: Vec<OverlapRecord>,
}

/// A call at the tool edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCallRecord {
    /// Name of the server or of the HTTP tool.
    pub server: String,
    /// `mcp` or `http`.
    pub via: String,
    /// The tool, or the method for reads without a tool (`resources/read`).
    pub tool: String,
    /// What the call does.
    pub effect: Effect,
    /// The decision, as in `tool.intent`.
    pub decision: String,
    /// Whether the model edge of the same home had released this very call, so that its decision holds.
    #[serde(default)]
    pub vouched: bool,
    /// Where its arguments appear in what the session has seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ArgumentRecord>,
    /// Tokens in the arguments that were restored for the tool.
    #[serde(default)]
    pub restored: u64,
    /// Headers of the client that were not forwarded because of what they contain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Values in the arguments that the tool receives, per type.
    #[serde(default)]
    pub found: Counts,
    /// How it was decided; absent in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<Box<WeighedRecord>>,
}

/// How a call at the tool edge ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResultRecord {
    /// Name of the server or of the HTTP tool.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// `ok`, `tool_error`, `error`, or the stable code of what went wrong.
    pub outcome: String,
    /// Size of the result in bytes.
    pub bytes: u64,
    /// Values found in it, per type.
    #[serde(default)]
    pub found: Counts,
    /// Values replaced before the client received it, per type.
    #[serde(default)]
    pub masked: Counts,
    /// Parts that were not inspected.
    #[serde(default)]
    pub opaque: u64,
    /// Milliseconds from the call to its result.
    pub ms: u64,
}

/// A declaration of where a text comes from. It holds no content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredRecord {
    /// The origin that the declaration gives the text.
    pub origin: Origin,
    /// Keyed digest of the text's SHA-256, hexadecimal, as long as other pseudonyms: identifies equal texts within one
    /// home, but cannot be reversed.
    pub text: String,
    /// Size of the text in bytes; absent if only its digest was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The parts of the text that the declaration covers, as byte ranges; empty for the whole text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<[u64; 2]>,
    /// Whether it applies to one session only.
    #[serde(default)]
    pub session: bool,
}

/// A part of a request whose origin the gateway did not infer from its position: it was declared, or is new in a system
/// prompt. Kept in the encrypted details of the calls that were judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidRecord {
    /// Number of the slot in its exchange.
    pub slot: u64,
    /// Bytes of the slot's text.
    pub span: [u64; 2],
    /// Its origin.
    pub origin: Origin,
}

/// Something noteworthy about a server or a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolNoticeRecord {
    /// Name of the server.
    pub server: String,
    /// The tool, if it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Stable code, such as `definition_changed`, `hidden_text` or `malformed_message`.
    pub what: String,
    /// SHA-256 of the definition, hexadecimal, if it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// The user's answer to a consent question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The purpose.
    pub purpose: String,
    /// `given`, `refused` or `withdrawn`.
    pub state: String,
    /// SHA-256 of the receipt, hexadecimal.
    pub receipt: String,
    /// SHA-256 of the notice that was shown, hexadecimal, where there was one.
    pub notice: Option<String>,
}

/// A request to a memory store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryRecord {
    /// Name of the store in `ombud.toml`.
    pub store: String,
    /// `read`, `write`, `delete` or `admin`.
    pub operation: String,
    /// Its collection, where there is one.
    pub collection: Option<String>,
    /// The purpose for which consent was proved.
    pub purpose: Option<String>,
    /// `allowed`; `intended` before something is changed; otherwise the stable code of the reason why not.
    pub outcome: String,
    /// HTTP status of the store, 0 if it was not contacted.
    pub status: u16,
    /// Items returned or written, if they could be counted.
    pub items: Option<u64>,
}

/// What became of a request to a memory store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is about to be made; its outcome has a record of its own.
    Intended,
    /// It was made.
    Allowed,
    /// There was no valid proof of consent.
    Unconsented,
    /// It was refused or failed for another reason.
    Failed,
}

impl MemoryRecord {
    /// The outcome: the one place that interprets [`MemoryRecord::outcome`], so that all screens count alike.
    pub fn access(&self) -> Access {
        match self.outcome.as_str() {
            "intended" => Access::Intended,
            "allowed" => Access::Allowed,
            // A failure to read consents says nothing about consent.
            "ombud_consent_unknown" => Access::Failed,
            "ombud_subject_required" => Access::Unconsented,
            code if code.starts_with("ombud_consent_") => Access::Unconsented,
            _ => Access::Failed,
        }
    }
}

/// Who was at fault, if anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Nobody.
    None,
    /// The provider.
    Provider,
    /// The network on the way to the provider.
    Network,
    /// The operator: quota, account, parameters.
    Developer,
    /// The client disconnected.
    Client,
    /// Ombud.
    Gateway,
    /// Not known.
    Unknown,
}

/// A response as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// HTTP status, 0 if none came.
    pub status: u16,
    /// Whether the response ended as its wire format demands.
    pub complete: bool,
    /// Bytes received from the provider.
    pub bytes: u64,
    /// Tokens restored to values.
    pub restored: u64,
    /// Well-formed tokens in the response that this request had not minted: reported, never guessed.
    pub unknown_tokens: u64,
    /// Tokens (input and output) that the provider counted, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<(u64, u64)>,
    /// The provider's own id of the request.
    pub request_id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// Milliseconds to the first byte and to the last.
    pub ms: (u64, u64),
    /// Who was at fault.
    pub fault: Party,
    /// Stable code of the failure.
    pub code: Option<String>,
}

/// Whether an erasure is complete: everything was probed afterwards, and nothing was found.
pub fn is_whole(residue: &BTreeMap<String, Option<u64>>) -> bool {
    residue.values().all(|left| *left == Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a kind are flattened into those of the event: one with the same name would be lost.
    #[test]
    fn what_names_a_subject_is_read_back_as_it_was_written() {
        let answer =
            ConsentRecord { purpose: "p".into(), state: "given".into(), receipt: "00".into(), notice: None };
        let access = MemoryRecord {
            store: "notes".into(),
            operation: "read".into(),
            collection: None,
            purpose: None,
            outcome: "allowed".into(),
            status: 200,
            items: None,
        };
        let erased =
            EventKind::SubjectErased { receipt: "00".into(), deleted: [].into(), residue: [].into() };
        for kind in [EventKind::Consent(answer.into()), EventKind::MemoryAccess(access.into()), erased] {
            let event = Event {
                v: 1,
                id: "1".into(),
                t: String::new(),
                exchange: None,
                conversation: None,
                client: None,
                subject: Some("sub_a".into()),
                kind,
                payload: None,
            };
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(text.matches("\"subject\"").count(), 1, "{text}");
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }
}
