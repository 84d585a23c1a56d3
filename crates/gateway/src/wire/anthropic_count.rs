//! `POST …/messages/count_tokens`: a request like that of messages, with a number as the response.

use super::{Calls, Dialect, Format, anthropic, no_frames};

/// The format.
pub static FORMAT: Format = Format {
    id: "anthropic.count_tokens",
    method: "POST",
    path: "/messages/count_tokens",
    others: &[],
    dialect: Some(Dialect::Anthropic),
    request: Some(anthropic::request),
    frame: no_frames,
    calls: Calls::None,
    across_sessions: false,
};
