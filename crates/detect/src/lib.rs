//! Text in, detections out: personal data and secrets in English and Chinese.
//!
//! The deterministic tier works in four steps, each linear in the length of the text:
//!
//! 1. [`normalise`] folds the spellings that people and attackers use (full width, invisible characters, look-alikes)
//!    and remembers where each byte came from.
//! 2. `scan` finds the few places that may contain a value: words with a digit, `@`, and the literals that one
//!    automaton looks for.
//! 3. Each of the `recognisers` triggered by such a place reads a bounded piece of text there and checks it.
//! 4. `resolve` settles overlaps and returns the spans in the coordinates of the original.
//!
//! [`injection`] looks for signs that a text gives the model instructions. [`mask`] turns detections into tokens and
//! back.

mod address;
mod detector;
pub mod injection;
mod label;
pub mod mask;
pub mod memory;
pub mod normalise;
mod recognisers;
mod resolve;
mod scan;
mod table;
pub mod tagger;
mod text;
mod topics;

pub use detector::{Detector, Options};
pub use recognisers::locales;
