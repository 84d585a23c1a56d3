//! The tool `flow_map`: which data goes to whom, as the code shows it.

use anyhow::Result;
use ombud_core::flow::{Flow, Recipient};
use ombud_core::{Lang, Say as _, say};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Chinese;
use super::{Desk, Tool, arguments};
use crate::document::one_line;
use crate::report;

pub(super) const TOOL: Tool = Tool {
    name: "flow_map",
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
    ("gives not_looked_at", "没有检查的部分及原因：那里的数据流向可能未列出"),
    ("Receives kind", "它对智能体起什么作用"),
    ("Receives country", "两位国家或地区代码，或 `unknown`"),
    ("Receives shown_by", "能说明这一点的代码行"),
    ("Carried category", "类别编号"),
    ("Carried name", "类别名称"),
    ("Carried masked", "全部经过脱敏"),
];

fn about(lang: Lang) -> String {
    say!(lang,
        en: "Which data of the users goes to whom: model providers, stores and hosts, with the country where it is known and the lines that show it. Use it before you write a privacy notice or add a recipient.",
        zh: "用户的哪些数据流向谁：模型服务商、存储和主机，以及已知的国家或地区和对应的代码行。编写隐私说明或增加接收方之前请使用。")
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Takes {
    /// Folder or file, relative to the root of the server; the whole root if absent.
    path: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Gives {
    recipients: Vec<Receives>,
    /// What was not checked, and why: the map may lack what happens there.
    not_looked_at: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Receives {
    name: String,
    /// Its role for the agent.
    kind: String,
    /// Two-letter country code, or `unknown`.
    country: String,
    data: Vec<Carried>,
    /// Lines that show it.
    shown_by: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Carried {
    /// The category's id.
    category: String,
    /// Its name.
    name: String,
    /// Whether all of it went through a redactor.
    masked: bool,
}

fn run(desk: &Desk, given: Value) -> Result<Value> {
    let asked: Takes = arguments(given, desk.lang)?;
    let (_, looked) = desk.look(asked.path.as_deref(), None)?;
    let recipients = looked.report.flow.recipients.iter();
    let gaps = looked.report.gaps.iter().take(50);
    Ok(serde_json::to_value(Gives {
        recipients: recipients.map(|(who, flow)| receives(who, flow, desk.lang)).collect(),
        not_looked_at: gaps.map(|gap| report::gap(gap, desk.lang)).collect(),
    })?)
}

fn receives(who: &Recipient, flow: &Flow, lang: Lang) -> Receives {
    let carried = flow.data.iter().map(|(category, amount)| Carried {
        category: category.id().to_owned(),
        name: category.say(lang),
        masked: amount.clear == 0 && amount.masked > 0,
    });
    Receives {
        name: one_line(&who.name),
        kind: report::map::kind(who.kind, lang),
        country: one_line(&who.country),
        data: carried.collect(),
        shown_by: flow.evidence.iter().map(|at| one_line(at)).collect(),
    }
}
