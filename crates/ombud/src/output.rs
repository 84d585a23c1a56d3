//! Standard output carries the result, standard error everything else. A reader that goes away is no error.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use ombud_core::{Lang, Say, say};
use ombud_gateway::providers::ProviderError;

/// Where texts go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// The language to speak.
    pub lang: Lang,
    quiet: bool,
}

impl Terminal {
    /// A terminal in a language.
    pub(crate) fn new(lang: Lang, quiet: bool) -> Self {
        Self { lang, quiet }
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
    #[expect(
        clippy::unused_self,
        reason = "every line goes through the terminal, so that it can be silenced or coloured in one place"
    )]
    pub(crate) fn warn(self, line: &str) {
        // There is nowhere left to tell that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// What went wrong, and exit code 2. A closed pipe is a reader that had enough.
    pub(crate) fn failure(self, error: &anyhow::Error) -> ExitCode {
        if error.chain().any(is_broken_pipe) {
            return ExitCode::SUCCESS;
        }
        let lang = self.lang;
        let what = error.chain().map(|cause| told(cause, lang)).collect::<Vec<_>>().join(": ");
        self.warn(&say!(lang, en: "ombud: {what}", zh: "ombud：{what}"));
        ExitCode::from(2)
    }
}

/// The text of an error in the user's language, where it has one.
fn told(error: &(dyn std::error::Error + 'static), lang: Lang) -> String {
    let ledger = error.downcast_ref::<ombud_ledger::Error>().map(|error| error.say(lang));
    let provider = error.downcast_ref::<ProviderError>().map(|error| error.say(lang));
    let verify = error.downcast_ref::<ombud_ledger::verify::Error>().map(|error| error.say(lang));
    ledger.or(provider).or(verify).unwrap_or_else(|| error.to_string())
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Help and version go to standard output with 0, mistakes to standard error with 2.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    let _ = error.print();
    code
}
