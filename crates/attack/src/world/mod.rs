//! A simulated world on loopback: mail, files, web pages and a vector store. It records every effect, so that an oracle can
//! ask what really happened.

mod routes;
mod state;
mod store;
mod store_filter;
mod store_routes;

pub use routes::World;
pub use state::{Effect, Mail, State};
