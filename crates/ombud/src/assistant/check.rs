//! The tool `check`: which protections the users lack, with the location, the harm and the fix.

use anyhow::Result;
use ombud_check::Safety;
use ombud_core::finding::{Finding, Severity};
use ombud_core::{Lang, Say as _, say};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Chinese;
use super::{Desk, Looked, Tool, arguments};
use crate::check::Profile;
use crate::report::{self, View, excerpt};

pub(super) const TOOL: Tool = Tool {
    name: "check",
    about,
    takes: || schema_for!(Takes),
    gives: || schema_for!(Gives),
    chinese: CHINESE,
    reads_only: true,
    run,
};

/// The fields in Chinese.
const CHINESE: Chinese = &[
    ("takes path", "目录或文件，相对于服务器的根目录；不写则为整个根目录"),
    ("takes profile", "智能体的用途；部分问题会因此更严重"),
    ("takes baseline", "由 `ombud check --write-baseline` 写出的基线，相对于根目录：其中的问题标为已知"),
    ("takes new_only", "略去基线中已有的问题"),
    ("takes least", "列出的最低级别"),
    ("takes limit", "最多列出多少个问题，最严重的在前；不写则为 50"),
    ("gives stops_release", "有达到门槛的新问题：此时 `ombud check` 的退出码为 1"),
    ("gives saw_nothing", "没有能够分析的源码或导出文件，因此无法得出结论"),
    ("gives total", "问题总数；`findings` 中可能较少"),
    ("gives waived", "在源码中注明理由而接受的问题数"),
    ("gives not_looked_at", "没有检查的部分及原因"),
    ("Found rule", "规则；`explain_rule` 有详细说明"),
    ("Found path", "路径，相对于所检查的目录"),
    ("Found line", "首行，从 1 起"),
    ("Found end_line", "末行"),
    ("Found message", "问题所在"),
    ("Found harm", "对用户的危害"),
    ("Found fix", "修复方法"),
    ("Found risks", "风险编号"),
    ("Found way", "到达该处的路径（有多步时）"),
    ("Found excerpt", "相关的行，不含密钥"),
    ("Found mends", "工具 `fix` 能修复；若程序行为会因此改变，须带 `changes_behaviour`"),
    ("Found fingerprint", "各次检查之间保持不变的标识"),
    ("Found known", "基线中已有"),
];

fn about(lang: Lang) -> String {
    say!(lang,
        en: "Checks an AI agent's source or low-code export: which protections its users lack, where, what harm that does and how to fix it. The analysed code is not run and nothing leaves the machine.",
        zh: "检查 AI 智能体的源码或低代码导出文件：用户缺少哪些保护、在哪里、有什么危害、如何修复。不会运行被检查的代码，数据不离开本机。")
}

#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Takes {
    /// Folder or file, relative to the root of the server; the whole root if absent.
    path: Option<String>,
    /// What the agent is for; makes some findings more severe.
    profile: Option<ProfileName>,
    /// A baseline written by `ombud check --write-baseline`, relative to the root: its findings are marked as known.
    baseline: Option<String>,
    /// Leave out what is in the baseline.
    new_only: bool,
    /// The lowest severity that is listed.
    least: Option<Level>,
    /// Maximum number of findings, the worst first; 50 if absent.
    limit: Option<usize>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ProfileName {
    Chat,
    Companion,
    Kids,
    Health,
    Finance,
    Automation,
    Image,
}

impl ProfileName {
    fn profile(self) -> Profile {
        match self {
            Self::Chat => Profile::Chat,
            Self::Companion => Profile::Companion,
            Self::Kids => Profile::Kids,
            Self::Health => Profile::Health,
            Self::Finance => Profile::Finance,
            Self::Automation => Profile::Automation,
            Self::Image => Profile::Image,
        }
    }
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum Level {
    Note,
    Warning,
    Error,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Note,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Gives {
    /// Something new is at or above the gate: `ombud check` would end with exit code 1.
    stops_release: bool,
    /// There was no source and no export that could be analysed, so nothing is known.
    saw_nothing: bool,
    /// How many findings there are; `findings` may hold fewer.
    total: usize,
    /// How many were accepted in the source with a reason.
    waived: usize,
    findings: Vec<Found>,
    /// What was not checked, and why.
    not_looked_at: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mends {
    Safely,
    ChangesBehaviour,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    /// The rule; `explain_rule` says more.
    rule: String,
    severity: Level,
    /// Path relative to what was checked.
    path: String,
    /// The first line, from 1.
    line: u32,
    /// The last line.
    end_line: u32,
    /// What is wrong.
    message: String,
    /// The harm to users.
    harm: String,
    /// How to fix it.
    fix: String,
    /// Ids of risks.
    risks: Vec<String>,
    /// The path to it, if it has several steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<String>,
    /// The lines, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
    /// The tool `fix` can fix it; only with `changes_behaviour` if that changes what the program does.
    #[serde(skip_serializing_if = "Option::is_none")]
    mends: Option<Mends>,
    /// An identifier that stays the same from one check to the next.
    fingerprint: String,
    /// It is in the baseline.
    known: bool,
}

fn run(desk: &Desk, given: Value) -> Result<Value> {
    let asked: Takes = arguments(given, desk.lang)?;
    let profile = asked.profile.and_then(|name| clap::ValueEnum::to_possible_value(&name.profile()));
    let (_, mut looked) =
        desk.look(asked.path.as_deref(), profile.as_ref().map(clap::builder::PossibleValue::get_name))?;
    if let Some(path) = &asked.baseline {
        let path = desk.roots.inside(path, desk.lang)?;
        looked.report.compare(&crate::check::baseline::read(&path, desk.lang)?);
    }
    Ok(serde_json::to_value(told(desk, &asked, looked))?)
}

fn told(desk: &Desk, asked: &Takes, mut looked: Looked) -> Gives {
    let stops_release = looked.gate.is_some_and(|least| looked.report.breaches(least));
    if asked.new_only {
        looked.report.new_only();
    }
    let view = View { report: &looked.report, lang: desk.lang, detector: &looked.detector };
    let least = asked.least.unwrap_or(Level::Note);
    let wanted: Vec<&Finding> =
        view.report.findings.iter().filter(|finding| Level::from(finding.severity) >= least).collect();
    Gives {
        stops_release,
        saw_nothing: view.report.saw_nothing(),
        total: wanted.len(),
        waived: view.report.waived.len(),
        findings: wanted
            .iter()
            .take(asked.limit.unwrap_or(50))
            .map(|finding| found(&view, finding))
            .collect(),
        not_looked_at: view.report.gaps.iter().take(50).map(|gap| report::gap(gap, desk.lang)).collect(),
    }
}

fn found(view: &View<'_>, finding: &Finding) -> Found {
    let rule = ombud_check::rule(finding.rule.0);
    let source = view.source(&finding.place.path);
    let inside = source.and_then(|text| text.get(finding.place.span.clone())).unwrap_or_default();
    let further = u32::try_from(inside.trim_end().matches('\n').count()).unwrap_or_default();
    let shown = source.and_then(|text| excerpt::excerpt(text, finding.place.span.clone(), view.detector));
    let advice = ombud_check::advice(finding);
    Found {
        rule: finding.rule.0.to_owned(),
        severity: finding.severity.into(),
        path: finding.place.path.clone(),
        line: finding.place.line,
        end_line: finding.place.line + further,
        message: report::message(finding, view.lang),
        harm: advice.map(|known| known.harm.say(view.lang)).unwrap_or_default(),
        fix: advice.map(|known| known.fix.say(view.lang)).unwrap_or_default(),
        risks: rule
            .map(|rule| rule.risks.iter().map(|risk| (*risk).to_owned()).collect())
            .unwrap_or_default(),
        way: report::way(finding, view.lang),
        excerpt: shown.map(|shown| shown.text),
        mends: view.report.fixes.get(&finding.fingerprint).map(|fix| match fix.safety {
            Safety::Safe => Mends::Safely,
            Safety::Unsafe => Mends::ChangesBehaviour,
        }),
        fingerprint: finding.fingerprint.clone(),
        known: !view.report.is_new(finding),
    }
}
