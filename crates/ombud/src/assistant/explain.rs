//! The tool `explain_rule`: what a rule is about, or which rules there are.

use anyhow::{Result, bail};
use ombud_check::Rule;
use ombud_core::{Lang, Say as _, say};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Chinese;
use super::{Desk, Tool, arguments};

pub(super) const TOOL: Tool = Tool {
    name: "explain_rule",
    about,
    takes: || schema_for!(Takes),
    gives: || schema_for!(Gives),
    chinese: CHINESE,
    reads_only: true,
    run,
};

/// The fields in Chinese.
const CHINESE: Chinese = &[
    ("takes rule", "规则名，即 `check` 给出的"),
    ("Explained example", "要去掉的行以 `-` 开头，要加入的行以 `+` 开头；列出全部规则时为空"),
    ("Explained risks", "风险编号"),
    ("Explained waiver", "用来豁免某个问题的注释；理由必须由人给出"),
];

fn about(lang: Lang) -> String {
    say!(lang,
        en: "Explains a rule of the check: harm, fix, example before and after. Without a rule it lists all of them.",
        zh: "说明一条检查规则：危害、修复方法、修复前后的示例。不指定规则时列出全部规则。")
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Takes {
    /// The rule's id, as `check` gives it.
    rule: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Gives {
    rules: Vec<Explained>,
}

#[derive(Serialize, JsonSchema)]
struct Explained {
    id: String,
    title: String,
    harm: String,
    fix: String,
    /// Lines to remove begin with `-`, lines to add with `+`; empty in the list of all rules.
    example: String,
    /// Ids of risks.
    risks: Vec<String>,
    /// The comment that accepts a finding; the reason must come from the person.
    waiver: String,
}

fn run(desk: &Desk, given: Value) -> Result<Value> {
    let asked: Takes = arguments(given, desk.lang)?;
    let rules = match asked.rule.as_deref() {
        None => ombud_check::rules()
            .iter()
            .map(|rule| Explained { example: String::new(), ..explained(rule, desk.lang) })
            .collect(),
        Some(id) => match ombud_check::rule(id) {
            Some(rule) => vec![explained(rule, desk.lang)],
            None => bail!(unknown(&crate::document::one_line(id), desk.lang)),
        },
    };
    Ok(serde_json::to_value(Gives { rules })?)
}

fn unknown(id: &str, lang: Lang) -> String {
    say!(lang,
        en: "there is no rule `{id}`; call explain_rule without one for the list",
        zh: "没有名为 `{id}` 的规则；不带参数调用 explain_rule 可列出全部规则")
}

fn explained(rule: &Rule, lang: Lang) -> Explained {
    let id = rule.id.0;
    Explained {
        id: id.to_owned(),
        title: rule.title.say(lang),
        harm: rule.harm.say(lang),
        fix: rule.fix.say(lang),
        example: rule.example.to_owned(),
        risks: rule.risks.iter().map(|risk| (*risk).to_owned()).collect(),
        waiver: say!(lang, en: "# ombud: allow {id} REASON (in TypeScript, JavaScript and Swift: // ombud: allow {id} REASON)", zh: "# ombud: allow {id} 理由（TypeScript、JavaScript 和 Swift：// ombud: allow {id} 理由）"),
    }
}
