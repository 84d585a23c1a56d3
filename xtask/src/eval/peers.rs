//! `cargo xtask eval --peers`: other programs on the same sets, with the same scorer, in the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{DOCUMENT, Score};
use crate::command;
use crate::term;
use crate::tools::Venv;
use crate::workspace::Workspace;

/// The programs: the names of their files in `xtask/peers`, and their names on the page.
const PEERS: &[(&str, &str)] =
    &[("presidio", "Presidio"), ("argus-redact", "argus-redact"), ("datafog", "DataFog")];

/// Runs one system over one set.
const RUNNER: &str = "xtask/peers/run.py";
/// Maps their types to ours.
const TYPES: &str = "xtask/peers/types.json";

/// Their types to our types.
type Mapping = BTreeMap<String, String>;

/// A program that takes part, or why it does not.
struct System {
    /// Its name for [`RUNNER`].
    id: &'static str,
    title: &'static str,
    /// The Python that runs it.
    python: Result<PathBuf, String>,
    /// `None` for Ombud, whose types are those of the sets.
    types: Option<Mapping>,
}

/// What the runner reports about a run.
#[derive(Debug, Deserialize)]
struct Run {
    version: String,
    /// CPU time after start-up.
    seconds: f64,
    bytes: f64,
}

/// One program on one set.
struct Row {
    title: String,
    found: Result<Found, String>,
}

struct Found {
    all: Score,
    /// F1 over the types that the program supports.
    own: f64,
    seconds_per_mb: f64,
}

/// Measures all programs and writes their section of the page; the rest of the page stays.
pub(crate) fn run(workspace: &Workspace, data: &Path, python: &Path) -> Result<ExitCode> {
    let folder = data.join("pii");
    let sets = super::all_sets(workspace, &folder)?;
    let ombud = workspace.build_release()?;
    let types = mappings(workspace)?;
    let systems = systems(workspace, python, &types);
    let out = workspace.target.join("eval/peers");
    fs::create_dir_all(&out)?;
    let mut tables = BTreeMap::new();
    for set in &sets {
        let name = super::name_of(set);
        term::line(&format!("\n── {name}"));
        let measured = |system| row(system, workspace, &folder.join("score.py"), set, &out, &ombud);
        tables.insert(name, systems.iter().map(measured).collect::<Vec<_>>());
    }
    let path = workspace.path(DOCUMENT);
    let document = put_in(&fs::read_to_string(&path)?, &section(&tables, &types));
    fs::write(path, document)?;
    term::line("\nwritten: docs/quality.md");
    Ok(ExitCode::SUCCESS)
}

fn mappings(workspace: &Workspace) -> Result<BTreeMap<String, Mapping>> {
    let text = fs::read_to_string(workspace.path(TYPES))?;
    serde_json::from_str(&text).with_context(|| format!("{TYPES} is not a table of types"))
}

/// Ombud and the other programs; each table names those that could not be installed.
fn systems(workspace: &Workspace, python: &Path, types: &BTreeMap<String, Mapping>) -> Vec<System> {
    let ombud = System { id: "ombud", title: "Ombud", python: Ok(python.to_path_buf()), types: None };
    let peers = PEERS.iter().map(|&(id, title)| {
        let venv = Venv::peer(workspace, python, id);
        let python = venv.map(|venv| venv.program("python")).map_err(|error| first_line(&error));
        System { id, title, python, types: types.get(id).cloned().or_else(|| Some(Mapping::new())) }
    });
    std::iter::once(ombud).chain(peers).collect()
}

fn row(system: &System, workspace: &Workspace, scorer: &Path, set: &Path, out: &Path, ombud: &Path) -> Row {
    let title = system.title.to_owned();
    let python = match &system.python {
        Ok(python) => python,
        Err(why) => return Row { title, found: Err(format!("could not be installed: {why}")) },
    };
    let predicted = out.join(format!("{}.{}.jsonl", super::name_of(set), system.id));
    let mut runner = Command::new(python);
    runner.arg(workspace.path(RUNNER)).arg(system.id).arg(set).arg(&predicted).arg(ombud);
    term::line(&format!("  {title}"));
    match measured(system, &mut runner, scorer, set, &predicted) {
        Ok((version, found)) => Row { title: format!("{title} {version}"), found: Ok(found) },
        Err(error) => Row { title, found: Err(format!("did not run: {}", first_line(&error))) },
    }
}

fn measured(
    system: &System,
    runner: &mut Command,
    scorer: &Path,
    set: &Path,
    predicted: &Path,
) -> Result<(String, Found)> {
    let Run { version, seconds, bytes } = serde_json::from_str(&command::output(runner)?)
        .context("the runner's output has an unexpected format")?;
    let all = super::judged(scorer, set, predicted, None)?;
    let own = match &system.types {
        None => all.micro.f1,
        Some(types) => own_f1(types, &all, |known| super::judged(scorer, set, predicted, Some(known)))?,
    };
    Ok((version, Found { all, own, seconds_per_mb: seconds / (bytes / 1e6) }))
}

/// F1 over those types of a set that a program supports.
fn own_f1(types: &Mapping, all: &Score, judged: impl Fn(&str) -> Result<Score>) -> Result<f64> {
    let known: BTreeSet<&str> = types.values().map(String::as_str).collect();
    let asked: Vec<&str> = all.types.keys().map(String::as_str).filter(|one| known.contains(one)).collect();
    if asked.is_empty() { Ok(0.0) } else { Ok(judged(&asked.join(","))?.micro.f1) }
}

fn first_line(error: &anyhow::Error) -> String {
    // A table cell is a single line without a bar.
    let text = format!("{error:#}");
    let first = text.lines().next().unwrap_or_default();
    first.replace('|', "/")
}

const START: &str = "<!-- cargo xtask eval --peers -->\n";
const END: &str = "<!-- end of cargo xtask eval --peers -->\n\n";

const HEAD: &str = "## Compared with other programs · 与其他工具对比

Made by `cargo xtask eval --peers --data DIR`: all programs in one run, on every text of the sets above, with the same
scorer. Each is installed from PyPI and runs with its defaults: Presidio with its default recognisers and spaCy's
`en_core_web_md` (PyPI has no Chinese model, so it reads Chinese as if it were English), argus-redact in its `fast` mode (its
`ner` mode needs weights from a model hub), DataFog with its default engine, which has only patterns. We know these sets and
the other programs do not, although `en_presidio_dev` was made with Presidio's own templates; some of the sets were looked
at while Ombud was developed, so take the differences as an upper bound. What a program reports under a type that no set
labels (dates, ages, pronouns, …) is left out. This section is updated less often than the tables above: its rows for Ombud
may come from an older model.

本节由 `cargo xtask eval --peers --data DIR` 生成：同一次运行、上文各评测集的全部文本、同一个评分脚本。各工具均从 PyPI 安装并按默认方式运行：Presidio
使用默认识别器和 spaCy 的 `en_core_web_md`（PyPI 上没有中文模型，因此它把中文当英文读），argus-redact 使用 `fast` 模式（`ner` 模式需要从模型站下载权重），
DataFog 使用默认引擎（只有正则）。开发 Ombud 时看过其中一些评测集，而其他工具没有，因此差距应视为上限。评测集未标注的类型（日期、年龄、代词等）不计。本节更新得比上文少，其中 Ombud 的数字可能来自较早的模型。

*F1*: over all types of the set, each value counted once. *own F1*: over those types that the program supports. s/MB:
seconds of CPU time per megabyte of text, after start-up, on a shared machine.
「F1」按评测集的全部类型计算，「own F1」只计该工具支持的类型；s/MB 为启动之后处理每兆字节文本的 CPU 秒数。

";

fn section(tables: &BTreeMap<String, Vec<Row>>, types: &BTreeMap<String, Mapping>) -> String {
    let mut text = HEAD.to_owned();
    for (set, rows) in tables {
        let _ = write!(text, "### {set}\n\n| | F1 | own F1 | PERSON F1 | leak | over | s/MB |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
        for row in rows {
            line(row, &mut text);
        }
        text.push('\n');
    }
    text.push_str("How their types map to ours · 类型对应关系:\n\n");
    for (id, title) in PEERS {
        let pairs = types.get(*id).into_iter().flatten();
        let shown: Vec<String> = pairs.map(|(theirs, ours)| format!("`{theirs}` {ours}")).collect();
        let _ = writeln!(text, "- {title}: {}", shown.join(", "));
    }
    text.push('\n');
    text
}

fn line(row: &Row, text: &mut String) {
    let title = &row.title;
    let _ = match &row.found {
        Err(why) => writeln!(text, "| {title}: {why} | | | | | | |"),
        Ok(Found { all, own, seconds_per_mb }) => {
            let person = all.types.get("PERSON").filter(|row| row.gold > 0);
            let person = person.map_or_else(String::new, |row| format!("{:.3}", row.f1));
            let (f1, leak, over) = (all.micro.f1, all.micro.leak, all.micro.over);
            writeln!(
                text,
                "| {title} | {f1:.3} | {own:.3} | {person} | {leak:.3} | {over:.3} | {seconds_per_mb:.2} |"
            )
        }
    };
}

/// The section of a page, including its markers; empty if there is none.
pub(super) fn section_of(document: &str) -> &str {
    let start = document.find(START);
    let found = start.and_then(|start| {
        let rest = document.get(start..)?;
        rest.get(..rest.find(END)? + END.len())
    });
    found.unwrap_or_default()
}

/// Returns the page with this section, with or without its markers, in place of the existing one or before the section on signs.
pub(super) fn put_in(document: &str, section: &str) -> String {
    let plain = document.replacen(section_of(document), "", 1);
    if section.is_empty() {
        return plain;
    }
    let marked = if section.starts_with(START) { section.to_owned() } else { [START, section, END].concat() };
    let place =
        ["## Signs of injection", "## Reading the numbers"].iter().find_map(|title| plain.find(title));
    let (before, after) = plain.split_at(place.unwrap_or(plain.len()));
    [before, &marked, after].concat()
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn the_section_is_put_in_once_and_outlives_the_others() {
        let page =
            table::with_signs("# Page\n\n## Reading the numbers\n", "## Signs of injection\n\nfirst\n\n");
        assert_eq!((section_of(&page), put_in(&page, "")), ("", page.clone()));
        let once = put_in(&page, "peers, measured\n\n");
        let twice = put_in(&once, "peers, again\n\n");
        assert_eq!(twice.replace("again", "measured"), once);
        let signs = table::with_signs(&twice, "## Signs of injection\n\nsecond\n\n");
        assert!(signs.contains("peers, again") && signs.contains("second") && !signs.contains("first"));
        assert_eq!(put_in(&page, section_of(&twice)), twice);
    }

    #[test]
    fn who_could_not_be_installed_is_in_the_table() {
        let error = anyhow::anyhow!("no | wheel\nand more");
        let row =
            Row { title: "X".into(), found: Err(format!("could not be installed: {}", first_line(&error))) };
        let text = section(&BTreeMap::from([("en_dev".into(), vec![row])]), &BTreeMap::new());
        assert!(text.contains("| X: could not be installed: no / wheel | | | | | | |\n"), "{text}");
    }

    #[test]
    fn a_program_is_asked_for_the_types_that_it_knows() {
        let score = |f1| Score {
            micro: super::super::Row { f1, ..Default::default() },
            types: ["PERSON", "QQ"].map(|name| (name.to_owned(), super::super::Row::default())).into(),
        };
        let knows: Mapping = [("person", "PERSON"), ("name", "PERSON"), ("mac", "MAC")]
            .map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned()))
            .into();
        let judged = |types: &str| {
            assert_eq!(types, "PERSON");
            Ok(score(0.5))
        };
        assert!((own_f1(&knows, &score(0.1), judged).unwrap() - 0.5).abs() < 1e-9);
        assert!(own_f1(&Mapping::new(), &score(0.1), |_| unreachable!()).unwrap() < 1e-9);
    }

    #[test]
    fn every_peer_has_requirements_and_types_that_exist() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let types: BTreeMap<String, Mapping> =
            serde_json::from_str(&fs::read_to_string(folder.join("types.json")).unwrap()).unwrap();
        assert_eq!(types.len(), PEERS.len());
        for (id, _) in PEERS {
            assert!(folder.join(format!("{id}.txt")).exists());
            assert!(types[*id].values().all(|ours| table::is_type(ours)), "{id}");
        }
    }
}
