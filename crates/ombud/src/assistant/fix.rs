//! The tool `fix`: what can be fixed automatically, as a diff or written.

use anyhow::Result;
use ombud_core::{Lang, say};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Chinese;
use super::{Desk, Tool, arguments};
use crate::check::mend;

pub(super) const TOOL: Tool = Tool {
    name: "fix",
    about,
    takes: || schema_for!(Takes),
    gives: || schema_for!(Gives),
    chinese: CHINESE,
    reads_only: false,
    run,
};

/// The fields in Chinese.
const CHINESE: Chinese = &[
    ("takes path", "目录或文件，相对于服务器的根目录；不写则为整个根目录"),
    ("takes fingerprints", "只修复这些标识的问题；为空则全部"),
    ("takes rules", "只修复这些规则的问题；为空则全部"),
    ("takes changes_behaviour", "也执行会改变程序行为的修复，例如让未经同意的调用停下"),
    ("takes write", "写入文件"),
    ("gives written", "是否改动了文件"),
    ("gives diff", "改动内容（统一差异格式），其中的密钥已隐去"),
    ("gives fixed", "已修复或将修复的内容"),
    ("gives yours_to_do", "之后需要由人完成的事"),
    ("gives stay", "仍然存在的问题"),
    ("gives stay_for_behaviour", "其中带 `changes_behaviour` 即可修复的数目"),
];

fn about(lang: Lang) -> String {
    say!(lang,
        en: "Fixes those findings of `check` that can be fixed automatically (see its `mends`). Without `write` it shows the diff and changes nothing. Show the person the diff before you write, above all with `changes_behaviour`; everything else that `check` reports is yours to fix.",
        zh: "修复 `check` 找到、且能够自动修复的问题（见其 `mends`）。不带 `write` 时只给出差异，不作改动。写入之前请先把差异给人看过，带 `changes_behaviour` 时尤其如此；`check` 指出的其余问题由你来修复。")
}

#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Takes {
    /// Folder or file, relative to the root of the server; the whole root if absent.
    path: Option<String>,
    /// Only findings with these fingerprints; all if empty.
    fingerprints: Vec<String>,
    /// Only findings of these rules; all if empty.
    rules: Vec<String>,
    /// Also apply fixes that change what the program does, such as a call that stops without consent.
    changes_behaviour: bool,
    /// Write the files.
    write: bool,
}

#[derive(Serialize, JsonSchema)]
struct Gives {
    /// Whether files were changed.
    written: bool,
    /// What changes, as a unified diff; secrets are hidden in it.
    diff: String,
    /// What was fixed, or would be.
    fixed: Vec<String>,
    /// What is left for a person to do.
    yours_to_do: Vec<String>,
    /// Findings that remain.
    stay: usize,
    /// Of these, how many `changes_behaviour` would fix.
    stay_for_behaviour: usize,
}

fn run(desk: &Desk, given: Value) -> Result<Value> {
    let asked: Takes = arguments(given, desk.lang)?;
    let path = desk.roots.inside(asked.path.as_deref().unwrap_or("."), desk.lang)?;
    let (args, ready) = crate::check::prepared(&path, asked.changes_behaviour, desk.lang)?;
    let look = ready.look();
    let among = |list: &[String], one: &str| list.is_empty() || list.iter().any(|item| item == one);
    let wanted = |finding: &ombud_core::finding::Finding| {
        among(&asked.rules, finding.rule.0) && among(&asked.fingerprints, &finding.fingerprint)
    };
    let done = mend::mended(&args, &look, &wanted, desk.lang)?;
    let diff = done.diff(look.detector);
    if asked.write {
        done.put(desk.lang)?;
    }
    Ok(serde_json::to_value(Gives {
        written: asked.write && !done.changes.is_empty(),
        diff,
        yours_to_do: done.yours().into_iter().map(str::to_owned).collect(),
        stay: done.report.findings.len(),
        stay_for_behaviour: done.report.fixes.len(),
        fixed: done.told.into_iter().map(|(what, _)| what).collect(),
    })?)
}
