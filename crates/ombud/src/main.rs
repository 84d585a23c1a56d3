//! ombud
fn main() {}
