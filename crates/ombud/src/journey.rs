//! The newcomer's way through the verbs: each ends with the command that comes next, so that nobody needs a manual.
//!
//! ```text
//! init ─▶ check ─▶ run ─▶ attack ─▶ attack --harden ─▶ plan ─▶ notice ─▶ notice check ─▶ subject erase ─▶ log verify
//! ```

use std::ffi::OsString;
use std::path::Path;

use ombud_core::say;

use crate::output::Terminal;

/// Files that agents are commonly started from, and the command for each.
const ENTRIES: &[(&str, &str)] = &[
    ("agent.py", "python3 agent.py"),
    ("main.py", "python3 main.py"),
    ("app.py", "python3 app.py"),
    ("bot.py", "python3 bot.py"),
    ("agent.js", "node agent.js"),
    ("index.js", "node index.js"),
    ("index.mjs", "node index.mjs"),
];

/// Prints the command to type next, beside the result.
pub(crate) fn next(command: &str, terminal: Terminal) {
    terminal.note(&say!(terminal.lang, en: "Next:  {command}", zh: "下一步：{command}"));
}

/// The command that checks the same files, to which switches can be added.
pub(crate) fn check(path: &Path) -> String {
    if path == Path::new(".") { "ombud check".to_owned() } else { format!("ombud check {}", word(path)) }
}

/// The `cd` to the folder in which a command has to be typed; empty for the current one.
pub(crate) fn there(folder: &Path) -> String {
    if folder == Path::new(".") || !folder.is_dir() {
        return String::new();
    }
    format!("cd {} && ", word(folder))
}

/// A path as a shell word that cannot be taken for a switch.
fn word(path: &Path) -> String {
    let path = path.to_string_lossy();
    quoted(&if path.starts_with('-') { format!("./{path}") } else { path.into_owned() })
}

/// The command that starts the agent of this folder, as far as its files show it.
pub(crate) fn start(folder: &Path, terminal: Terminal) -> String {
    let entry = ENTRIES.iter().find(|(file, _)| folder.join(file).is_file());
    entry.map_or_else(
        || say!(terminal.lang, en: "<your agent's command>", zh: "<智能体的启动命令>"),
        |(_, command)| (*command).to_owned(),
    )
}

/// An agent's command without this run's prompt, so that it can be started with another one.
pub(crate) fn again(command: &[OsString]) -> String {
    let sentence =
        |word: &OsString| word.to_string_lossy().contains(|ch: char| ch.is_whitespace() || !ch.is_ascii());
    let said = command.iter().rev().take_while(|word| sentence(word)).count();
    // `sh -c "…"` without its script would start nothing.
    let script = command
        .len()
        .checked_sub(said + 1)
        .and_then(|at| command.get(at))
        .is_some_and(|word| word == "-c" || word == "-e");
    let said = if script { said.saturating_sub(1) } else { said };
    typed(command.get(..command.len() - said).unwrap_or(command))
}

/// A command as typed, quoted for a shell.
pub(crate) fn typed(command: &[OsString]) -> String {
    command.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// A word for a POSIX shell, in single quotes if it needs them.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || "-_./=:@%+,".contains(ch);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use ombud_core::Lang;

    use super::*;

    #[test]
    fn what_was_said_is_not_said_again() {
        let words = ["python3", "agent.py", "--lang", "zh", "我的邮件说了什么？"].map(OsString::from);
        assert_eq!(again(&words), "python3 agent.py --lang zh");
        let words = ["sh", "-c", "cd x && python3 agent.py"].map(OsString::from);
        assert_eq!(again(&words), "sh -c 'cd x && python3 agent.py'");
        let words = ["node", "a b/agent.js", "--user", "emily"].map(OsString::from);
        assert_eq!(again(&words), "node 'a b/agent.js' --user emily");
    }

    #[test]
    fn a_command_can_be_typed_again() {
        let words = ["python3", "agent.py", "--lang=zh", "it's 王"].map(OsString::from);
        assert_eq!(typed(&words), r"python3 agent.py --lang=zh 'it'\''s 王'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_command_says_where_it_is_meant() {
        assert_eq!(check(Path::new(".")), "ombud check");
        assert_eq!(check(Path::new("my agent")), "ombud check 'my agent'");
        assert_eq!(check(Path::new("-x")), "ombud check ./-x");
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(there(Path::new(".")), "");
        assert_eq!(there(folder.path()), format!("cd {} && ", folder.path().display()));
        let file = folder.path().join("agent.py");
        std::fs::write(&file, "").unwrap();
        assert_eq!(there(&file), "", "a file is started by nobody knows what");
    }

    #[test]
    fn an_agent_is_known_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::new(Lang::En, true);
        assert!(start(folder.path(), terminal).starts_with('<'));
        std::fs::write(folder.path().join("main.py"), "").unwrap();
        assert_eq!(start(folder.path(), terminal), "python3 main.py");
    }
}
