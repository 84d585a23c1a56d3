//! The vocabulary of Ombud.
//!
//! This crate has no I/O, no async, no clock and no randomness: every value that depends on the world is passed in. All
//! other crates use its terms, so a word has one meaning in a finding, a log entry and a report.

pub mod category;
pub mod detection;
pub mod effect;
pub mod event;
pub mod exchange;
pub mod finding;
pub mod flow;
pub mod gate;
pub mod host;
pub mod intent;
pub mod message;
pub mod offset;
pub mod origin;
pub mod policy;
pub mod script;
pub mod sign;

pub use category::{Class, DataCategory, DataType};
pub use detection::{DECLARED, Detection, PLACE};
pub use effect::Effect;
pub use exchange::{Codec, Edge, Exchange, OfferedTool, Opaque, OpaqueKind, PastCall, Reading, Role, Slot};
pub use gate::{AnswerPolicy, CallDecision, CallFacts, ToolPolicy, decide_call};
pub use message::{Lang, Say};
pub use offset::OffsetMap;
pub use origin::{Origin, Trust};
pub use policy::{Action, Decision, Edit, Policy, Style, decide};
pub use sign::{Hiding, Sign, SignKind, SignRecord};
