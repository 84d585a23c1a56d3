//! Adversarial tests. Today the simulated provider that `ombud demo` talks to; templates, worlds and verdicts are built
//! on it.

pub mod sim;
