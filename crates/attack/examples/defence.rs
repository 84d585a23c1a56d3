//! Figures for the tool-call rules: `cargo xtask bench defence [--aside] [--why] [--tasks] [--worlds DIR]`.
//!
//! Without `--aside`, only the worlds that the rules were developed with are replayed; with `--worlds`, those of a folder
//! instead of the built-in ones. `--why` prints every question and every goal reached, `--tasks` leaves out the attacks.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;

use ombud_attack::suite::{Problem, Rules, World, builtin, load, score, tasks};
use ombud_core::ToolPolicy;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let folder = std::env::args().skip_while(|argument| argument != "--worlds").nth(1);
    let worlds = folder.map_or_else(|| Ok(builtin()?), |folder| worlds_of(Path::new(&folder)))?;
    let rules = Rules::new(ToolPolicy::default());
    let chosen = worlds.iter().filter(|world| has("--aside") || !world.aside);
    let report = if has("--tasks") { tasks(&rules, chosen) } else { score(&rules, chosen) };
    println!("{}", report.table());
    if has("--why") {
        report.notes.iter().for_each(|note| println!("{note}"));
    }
    Ok(())
}

/// Loads the worlds of a folder, sorted by file name.
fn worlds_of(folder: &Path) -> Result<Vec<World>, Box<dyn std::error::Error>> {
    let files =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let mut files: Vec<_> =
        files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| -> Result<World, Box<dyn std::error::Error>> {
        let loaded: Result<World, Problem> =
            load(&file.display().to_string(), &std::fs::read_to_string(file)?);
        Ok(loaded?)
    };
    files.iter().map(read).collect()
}
