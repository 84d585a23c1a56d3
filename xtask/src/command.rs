//! Runs child processes; errors say what was run and how it ended.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::term;

/// Formats a command as one would type it.
fn shown(command: &Command) -> String {
    let quote = |word: &OsStr| {
        let word = word.to_string_lossy();
        if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.into_owned() }
    };
    let mut words = vec![quote(command.get_program())];
    words.extend(command.get_args().map(quote));
    words.join(" ")
}

fn explain_missing(command: &Command, error: std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy().into_owned();
    if error.kind() == ErrorKind::NotFound {
        return anyhow::anyhow!("`{program}` is not installed; `cargo xtask doctor` says how to get it");
    }
    anyhow::Error::new(error).context(format!("could not start `{program}`"))
}

/// Runs a command attached to the terminal; any status but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    term::line(&format!("  $ {}", shown(command)));
    let status = command.status().map_err(|error| explain_missing(command, error))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and returns its stdout; its stderr is shown only on failure.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let out = command.stdin(Stdio::null()).output().map_err(|error| explain_missing(command, error))?;
    if !out.status.success() {
        let stderr = String::from_utf8_lossy(&out.stderr);
        bail!("`{}` ended with {}\n{}", shown(command), out.status, stderr.trim_end());
    }
    String::from_utf8(out.stdout).with_context(|| format!("`{}` did not write UTF-8", shown(command)))
}

/// Whether a command starts and succeeds; its output is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_shows_its_last_words() {
        let error =
            output(Command::new("sh").args(["-c", "echo no luck >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c 'echo no luck"), "{error}");
        assert!(error.ends_with("no luck"), "{error}");
    }

    #[test]
    fn a_missing_program_points_to_the_doctor() {
        let error = run(&mut Command::new("ombud-no-such-program")).unwrap_err().to_string();
        assert!(error.contains("cargo xtask doctor"), "{error}");
    }
}
