//! Standard output carries the result, standard error everything else. A reader that goes away is no error.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use ombud_core::{Lang, Say, say};
use ombud_gateway::providers::ProviderError;

use crate::fault;
use crate::language::Spoken;

/// Where texts go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// The language to speak.
    pub lang: Lang,
    quiet: bool,
    /// Whether the next command would speak another language unless it is told.
    pub told: bool,
}

impl Terminal {
    /// A terminal in a language.
    pub(crate) fn new(lang: Lang, quiet: bool) -> Self {
        Self { lang, quiet, told: false }
    }

    /// A terminal that goes on in the language it was told to speak.
    pub(crate) fn of(spoken: Spoken, quiet: bool) -> Self {
        Self { lang: spoken.lang, quiet, told: spoken.told }
    }

    /// A command of Ombud as it has to be typed to stay in this language.
    pub(crate) fn carried(self, command: &str) -> String {
        let rest = command.strip_prefix("ombud ").filter(|_| self.told);
        rest.map_or_else(|| command.to_owned(), |rest| format!("ombud --lang {} {rest}", self.lang.tag()))
    }

    /// A text in which commands stand in back quotes.
    fn quoting(self, text: &str) -> String {
        if self.told {
            text.replace("`ombud ", &format!("`ombud --lang {} ", self.lang.tag()))
        } else {
            text.to_owned()
        }
    }

    /// A line of the result.
    #[expect(
        clippy::unused_self,
        reason = "every line goes through the terminal, so that it can be silenced or coloured in one place"
    )]
    pub(crate) fn out(self, line: &str) -> Result<()> {
        Ok(writeln!(std::io::stdout(), "{line}")?)
    }

    /// A line beside the result; none with `--quiet`.
    pub(crate) fn note(self, line: &str) {
        if !self.quiet {
            self.warn(line);
        }
    }

    /// A line beside the result that is shown always.
    pub(crate) fn warn(self, line: &str) {
        // There is nowhere left to tell that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", self.quoting(line));
    }

    /// What went wrong, and exit code 2. A closed pipe is a reader that had enough.
    pub(crate) fn failure(self, error: &anyhow::Error) -> ExitCode {
        if error.chain().any(is_broken_pipe) {
            return ExitCode::SUCCESS;
        }
        let lang = self.lang;
        let colon = say!(lang, en: ": ", zh: "：");
        let what = error.chain().map(|cause| told(cause, lang)).collect::<Vec<_>>().join(&colon);
        self.warn(&format!("ombud{colon}{what}"));
        if let Some(remedy) = error.chain().find_map(io_error).and_then(|error| fault::remedy(error, lang)) {
            self.warn(&remedy);
        }
        ExitCode::from(2)
    }
}

/// The text of an error in the user's language, where it has one.
fn told(error: &(dyn std::error::Error + 'static), lang: Lang) -> String {
    let ledger = error.downcast_ref::<ombud_ledger::Error>().map(|error| error.say(lang));
    let provider = error.downcast_ref::<ProviderError>().map(|error| error.say(lang));
    let verify = error.downcast_ref::<ombud_ledger::verify::Error>().map(|error| error.say(lang));
    let check = error.downcast_ref::<ombud_check::Error>().map(|error| error.say(lang));
    let system = io_error(error).map(|error| fault::io(error, lang));
    ledger.or(provider).or(verify).or(check).or(system).unwrap_or_else(|| error.to_string())
}

fn io_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    error.downcast_ref::<io::Error>()
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    io_error(error).is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Help and version go to standard output with 0, mistakes to standard error with 2.
pub(crate) fn usage(error: &clap::Error, args: &[OsString], lang: Lang) -> ExitCode {
    let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    match fault::usage(error, args, lang) {
        Some(text) => Terminal::new(lang, false).warn(&text),
        None => drop(error.print()),
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_was_told_goes_on_in_commands_and_nowhere_else() {
        let told = Terminal::of(Spoken { lang: Lang::Zh, told: true }, false);
        assert_eq!(told.carried("ombud check"), "ombud --lang zh check");
        assert_eq!(
            told.quoting("ombud 正在运行，`ombud plan` 可查看"),
            "ombud 正在运行，`ombud --lang zh plan` 可查看"
        );
        let usual = Terminal::new(Lang::Zh, false);
        assert_eq!(
            (usual.carried("ombud check").as_str(), usual.quoting("`ombud plan`").as_str()),
            ("ombud check", "`ombud plan`")
        );
    }
}
