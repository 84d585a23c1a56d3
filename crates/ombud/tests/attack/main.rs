//! `ombud attack` end to end: the real binary, the real gateway, the sample agent.

#[cfg(test)]
mod sample;
