//! Adversarial tests: a simulated world and a gullible model in which an agent can be attacked without harm, attack
//! templates, and deterministic verdicts on what happened.

pub mod decode;
pub mod replay;
pub mod run;
pub mod sim;
pub mod suite;
pub mod template;
pub mod world;
