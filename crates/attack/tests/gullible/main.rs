//! Tests the simulated model against wordings that were written without sight of it.

#[cfg(test)]
mod obeys;
