//! Terminal output. Lines go to stdout and failures to stderr; it is not an error if the reader has gone away.

use std::io::Write as _;

/// Prints one line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a failure.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "error: {text}");
}
