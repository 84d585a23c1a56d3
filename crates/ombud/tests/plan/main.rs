//! `ombud plan` and `ombud notice` through the binary, over a log that the ledger wrote.

#[cfg(test)]
mod project;
#[cfg(test)]
mod verbs;
