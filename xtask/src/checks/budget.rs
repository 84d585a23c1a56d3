//! The size budget: what one person can read in one sitting.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::rust_source;
use crate::term;
use crate::workspace::Workspace;

/// Maximum lines of a file that are neither blank nor test code.
const FILE_LINES: usize = 600;
/// Maximum lines of a function, from its signature to its closing brace.
const FUNCTION_LINES: usize = 90;
/// Maximum lines of the median function.
const MEDIAN_LINES: usize = 8;

/// Files that are tables, and of what; a table may be as long as it needs to be.
const TABLES: &[(&str, &str)] = &[];

/// The measurements.
#[derive(Debug, Default)]
struct Sizes {
    functions: Vec<usize>,
    complaints: Vec<String>,
}

/// Returns everything over budget. Also prints the sizes themselves, since they drift before they break.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut sizes = Sizes::default();
    for file in workspace.files()? {
        if is_production(&file) {
            measure(&file.to_string_lossy(), &fs::read_to_string(workspace.path(&file))?, &mut sizes);
        }
    }
    sizes.functions.sort_unstable();
    let at =
        |percent: usize| sizes.functions.get(sizes.functions.len() * percent / 100).copied().unwrap_or(0);
    let (median, longest) = (at(50), sizes.functions.last().copied().unwrap_or(0));
    term::line(&format!(
        "   {} functions: median {median}, p90 {}, p99 {}, longest {longest} lines",
        sizes.functions.len(),
        at(90),
        at(99)
    ));
    if median > MEDIAN_LINES {
        sizes
            .complaints
            .push(format!("the median function has {median} lines; the budget is {MEDIAN_LINES}"));
    }
    Ok(sizes.complaints)
}

/// Whether a file is Rust that ships or builds: no tests, benches, examples or fuzz targets.
fn is_production(file: &Path) -> bool {
    let aside = ["tests", "benches", "examples", "fuzz", "fuzz_targets"];
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.extension().is_some_and(|extension| extension == "rs")
        && !file.iter().any(|part| aside.iter().any(|aside| part == *aside))
        && name != "tests.rs"
        && !name.ends_with("_tests.rs")
}

fn measure(file: &str, text: &str, sizes: &mut Sizes) {
    let lines = rust_source::production_lines(text);
    if lines > FILE_LINES && TABLES.iter().all(|(table, _)| *table != file) {
        sizes.complaints.push(format!("{file}: {lines} lines; the budget is {FILE_LINES}"));
    }
    for function in rust_source::functions(text) {
        sizes.functions.push(function.lines);
        if function.lines > FUNCTION_LINES {
            let rust_source::Function { name, line, lines } = function;
            sizes
                .complaints
                .push(format!("{file}:{line}: `{name}` has {lines} lines; the budget is {FUNCTION_LINES}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        let mut sizes = Sizes::default();
        measure("a.rs", text, &mut sizes);
        sizes.complaints
    }

    #[test]
    fn a_function_of_91_lines_is_too_long_and_one_of_90_is_not() {
        let function = |body: usize| format!("fn f() {{\n{}}}\n", "    x();\n".repeat(body));
        assert!(complaints(&function(88)).is_empty());
        assert_eq!(complaints(&function(89)), ["a.rs:1: `f` has 91 lines; the budget is 90"]);
    }

    #[test]
    fn a_file_of_601_lines_is_too_long_but_its_tests_are_free() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    // x\n    fn f() {}\n".repeat(700));
        assert!(complaints(&("const A: u8 = 1;\n".repeat(600) + &tests)).is_empty());
        assert_eq!(complaints(&"const A: u8 = 1;\n".repeat(601)), ["a.rs: 601 lines; the budget is 600"]);
    }

    #[test]
    fn tests_and_examples_are_no_production() {
        assert!(is_production(Path::new("crates/core/src/lib.rs")));
        for aside in ["crates/a/tests/x.rs", "crates/a/examples/x.rs", "crates/a/src/tests.rs", "docs/a.md"] {
            assert!(!is_production(Path::new(aside)), "{aside}");
        }
    }
}
