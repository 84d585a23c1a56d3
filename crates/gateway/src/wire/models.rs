//! `GET …/models` and `GET …/models/{id}`: no body, and both kinds of client send the same request.

use super::{Calls, Format, no_frames};

/// The format.
pub static FORMAT: Format = Format {
    id: "models",
    method: "GET",
    path: "/models",
    others: &[],
    dialect: None,
    request: None,
    frame: no_frames,
    calls: Calls::None,
    across_sessions: false,
};
