//! `cargo xtask train`: the model that tags names and addresses.

use std::process::ExitCode;

use crate::term;

/// There is nothing to train yet, and it says so.
pub(crate) fn run() -> ExitCode {
    term::error(
        "there is no trained model before step 3. Today's detection is deterministic: formats, checksums and context \
         words. It does not find names or postal addresses.\n       To measure what it does find: cargo xtask eval --data DIR",
    );
    ExitCode::from(2)
}
