//! The figures of the rules for tool calls: `cargo xtask bench defence [--aside] [--why]`.
//!
//! Without `--aside` only the worlds are replayed that the rules were made with.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use ombud_attack::suite::{Rules, builtin, score};
use ombud_core::ToolPolicy;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let worlds = builtin()?;
    let rules = Rules::new(ToolPolicy::default());
    let report = score(&rules, worlds.iter().filter(|world| has("--aside") || !world.aside));
    println!("{}", report.table());
    if has("--why") {
        report.notes.iter().for_each(|note| println!("{note}"));
    }
    Ok(())
}
