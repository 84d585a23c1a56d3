//! The proxy. One exchange reads from top to bottom in [`pipeline`]; everything it calls is a module here:
//!
//! ```text
//! server ─▶ pipeline ─▶ route ─▶ wire (parse) ─▶ inspect (detect, decide, mask) ─▶ record ─▶ upstream
//!                                                                                            │
//! client ◀─ delivery ◀─ channel / wire::answer (restore) ◀──────────────────────────────────┘
//! ```

pub mod approvals;
pub mod attribute;
pub mod caller;
pub mod calls;
pub mod channel;
pub mod consent;
pub mod daily;
pub mod delivery;
pub mod gateway;
pub mod heads;
pub mod inspect;
pub mod interceptor;
mod lock;
pub mod memory;
pub mod names;
pub mod outward;
pub mod pace;
pub mod pipeline;
pub mod providers;
pub mod recall;
pub mod record;
pub mod refusal;
pub mod replay;
pub mod route;
pub mod server;
pub mod tool;
pub mod tunnel;
pub mod upstream;
pub mod wire;

pub use gateway::{Config, Gateway};
