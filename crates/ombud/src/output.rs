//! Standard output carries the result, standard error everything else. A reader that closes the pipe is no error.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use anyhow::Result;
use ombud_core::{Lang, Say, say};
use ombud_gateway::gateway::{Tell, as_it_is};
use ombud_gateway::providers::ProviderError;

use crate::cli;
use crate::fault;
use crate::language::Spoken;

/// Where texts go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// The language to use.
    pub lang: Lang,
    quiet: bool,
    /// Whether suggested commands must name the language, because they would otherwise use another.
    pub told: bool,
}

impl Terminal {
    /// A terminal in a language.
    #[cfg(test)]
    pub(crate) fn new(lang: Lang, quiet: bool) -> Self {
        Self { lang, quiet, told: false }
    }

    /// A terminal in the selected language.
    pub(crate) fn of(spoken: Spoken, quiet: bool) -> Self {
        Self { lang: spoken.lang, quiet, told: spoken.told }
    }

    /// One of our own texts, with `--lang` in every Ombud command if it is needed to stay in this language. The one place
    /// that decides this.
    pub(crate) fn carried(self, text: &str) -> String {
        if self.told { carried(text, self.lang.tag()) } else { text.to_owned() }
    }

    /// How a gateway adapts its own messages.
    pub(crate) fn tells(self) -> Tell {
        if self.told { |text, lang| carried(&text, lang.tag()) } else { as_it_is }
    }

    /// A line of the result.
    #[expect(
        clippy::unused_self,
        reason = "every line goes through the terminal, so that it can be silenced or coloured in one place"
    )]
    pub(crate) fn out(self, line: &str) -> Result<()> {
        Ok(writeln!(std::io::stdout(), "{line}")?)
    }

    /// A line of the result that is entirely ours and may name commands.
    pub(crate) fn tell(self, line: &str) -> Result<()> {
        self.out(&self.carried(line))
    }

    /// A line on standard error; suppressed by `--quiet`.
    pub(crate) fn note(self, line: &str) {
        if !self.quiet {
            self.warn(line);
        }
    }

    /// A line on standard error, always shown.
    pub(crate) fn warn(self, line: &str) {
        // There is nowhere left to report that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", self.carried(line));
    }

    /// Reports an error and returns exit code 2. A closed pipe is a reader that had enough.
    pub(crate) fn failure(self, error: &anyhow::Error) -> ExitCode {
        if error.chain().any(is_broken_pipe) {
            return ExitCode::SUCCESS;
        }
        let lang = self.lang;
        let colon = say!(lang, en: ": ", zh: "：");
        let what = error.chain().map(|cause| told(cause, lang)).collect::<Vec<_>>().join(&colon);
        self.warn(&format!("ombud{colon}{what}"));
        let advised = error.downcast_ref::<fault::Advised>().map(|advised| advised.advice.clone());
        let remedy = || error.chain().find_map(io_error).and_then(|error| fault::remedy(error, lang));
        if let Some(remedy) = advised.or_else(remedy) {
            self.warn(&remedy);
        }
        ExitCode::from(2)
    }
}

/// The text with the language in each command: after the word `ombud` where one of its verbs follows.
fn carried(text: &str, tag: &str) -> String {
    const NAME: &str = "ombud ";
    let part = |ch: char| ch.is_ascii_alphanumeric() || "-_./".contains(ch);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(NAME) {
        let (before, from) = rest.split_at(at);
        let (name, behind) = from.split_at(NAME.len());
        out.push_str(before);
        out.push_str(name);
        let verb = behind.split(|ch: char| !ch.is_ascii_lowercase() && ch != '-').next().unwrap_or_default();
        let ended = !behind.get(verb.len()..).is_some_and(|end| end.starts_with(part));
        if ended && !out.trim_end_matches(NAME).ends_with(part) && (cli::is_verb(verb) || verb == "--help") {
            out.push_str("--lang ");
            out.push_str(tag);
            out.push(' ');
        }
        rest = behind;
    }
    out.push_str(rest);
    out
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

/// Help and version go to standard output with 0, errors to standard error with 2.
pub(crate) fn usage(error: &clap::Error, args: &[OsString], spoken: Spoken) -> ExitCode {
    let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    match fault::usage(error, args, spoken.lang) {
        Some(text) => Terminal::of(spoken, false).warn(&text),
        None if spoken.lang == Lang::Zh => {
            let help = error.render();
            let help = if io::stdout().is_terminal() { help.ansi().to_string() } else { help.to_string() };
            // A reader that closed the pipe has read enough.
            let _ = write!(io::stdout(), "{}", in_chinese(&help));
        }
        None => drop(error.print()),
    }
    code
}

/// Translates what clap itself writes into help.
pub(crate) fn in_chinese(help: &str) -> String {
    [("[OPTIONS]", "[选项]"), ("参数:", "参数："), ("选项:", "选项："), ("命令:", "命令：")]
        .into_iter()
        .fold(help.to_owned(), |help, (theirs, ours)| help.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_was_told_goes_on_in_commands_and_nowhere_else() {
        let told = Terminal::of(Spoken { lang: Lang::Zh, told: true }, false);
        let cases = [
            ("ombud check", "ombud --lang zh check"),
            ("ombud 正在运行，`ombud plan` 可查看", "ombud 正在运行，`ombud --lang zh plan` 可查看"),
            (
                "可运行：ombud log verify x；ombud mcp-server",
                "可运行：ombud --lang zh log verify x；ombud --lang zh mcp-server",
            ),
            ("cd /tmp/x && ombud console", "cd /tmp/x && ombud --lang zh console"),
            // Not commands: another word, a name that ends in `ombud`, a language that is given already.
            ("ombud attacks your agent", "ombud attacks your agent"),
            ("/opt/my-ombud run", "/opt/my-ombud run"),
            ("`ombud --lang en notice`", "`ombud --lang en notice`"),
            ("ombud run-time", "ombud run-time"),
        ];
        for (text, expected) in cases {
            assert_eq!(told.carried(text), expected);
            assert_eq!(Terminal::new(Lang::Zh, false).carried(text), text);
            // A gateway's messages get the same treatment as this terminal's.
            assert_eq!(told.tells()(text.to_owned(), Lang::Zh), expected);
            assert_eq!(Terminal::new(Lang::Zh, false).tells()(text.to_owned(), Lang::Zh), text);
        }
    }

    #[test]
    fn help_in_chinese_is_chinese() {
        let args: Vec<OsString> = ["ombud", "log", "show", "--help"].map(OsString::from).into();
        let help = in_chinese(&cli::parse(args, Lang::Zh).unwrap_err().to_string());
        for part in
            ["用法：ombud log show [选项] [EXCHANGE]", "选项：", "（默认 text；可选 text、json）", "退出码："]
        {
            assert!(help.contains(part), "{part}:\n{help}");
        }
        for word in ["Usage", "OPTIONS", "Options", "default", "possible", "For people"] {
            assert!(!help.contains(word), "{word}:\n{help}");
        }
    }
}
