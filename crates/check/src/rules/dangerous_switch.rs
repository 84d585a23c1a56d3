//! `dangerous-switch`
//!
//! What it does: finds switches that declare themselves dangerous: `trust_remote_code=True` for a hub model that is named
//! without a commit or chosen by someone else, `allow_dangerous_requests=True`, `allow_dangerous_deserialization=True` for an
//! index that this project does not write itself, and model-written code that runs without a container (`"use_docker": False`,
//! `additional_authorized_imports=["*"]`). A switch set by a variable is not reported, and neither is a model that the owner
//! chooses. One finding per file and switch.
//!
//! Why it matters: anyone who takes over a model's repository, swaps a file or plants one sentence in a page can run a program
//! where the users' data is.
//!
//! Reference: OWASP LLM03, ASI04, ASI05; risks S11 and S12.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, Flaw, Switch};

pub(super) const RULE: Rule = Rule {
    id: RuleId("dangerous-switch"),
    risks: &["S11", "S12"],
    severity: Severity::Warning,
    title: Text {
        en: "a switch lets third-party code or requests through",
        zh: "开关放行了他人的代码或请求",
    },
    harm: Text {
        en: "Anyone who swaps a file, takes over a model's repository or plants a sentence can run a program where the users' data is.",
        zh: "有人替换文件、接管模型仓库或植入一句话，就能在存放用户数据的机器上运行程序。",
    },
    fix: Text {
        en: "Remove the switch. For a model that needs its own code, read that code, then pin it (`revision=\"<commit>\"`). Build an index here (`save_local`), or keep it in a data-only format. For requests, offer separate tools with fixed hosts. Run model-written code in a container (`\"use_docker\": True`).",
        zh: "去掉该开关。必须运行模型自带代码时，先阅读代码再锁定版本（`revision=\"<commit>\"`）；索引由本项目自己生成（`save_local`），或改用只含数据的格式；请求改为主机固定的单个工具；模型写的代码放进容器运行（`\"use_docker\": True`）。",
    },
    example: "- AutoModel.from_pretrained(\"org/model\", trust_remote_code=True)\n+ AutoModel.from_pretrained(\"org/model\", trust_remote_code=True, revision=\"3c0f…\")  # the commit that was read\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    // An index written anywhere in this project is its own, whichever part runs first.
    let writes = facts.calls().any(|(_, call)| call.target.ends_with("save_local"));
    let mut found: Vec<Finding> = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        let Some(message) = switch(call).and_then(|switch| told(switch, writes)) else { continue };
        let path = project.reach.way(facts, function, call).unwrap_or_default();
        let place = facts.call_place(function, call);
        let one = on_the_way(finding(&RULE, Severity::Warning, Confidence::High, place, message), path);
        let same = |other: &Finding| other.place.path == one.place.path && other.message == one.message;
        if !found.iter().any(same) {
            found.push(one);
        }
    }
    found
}

fn switch(call: &Call) -> Option<Switch> {
    call.does.iter().find_map(|deed| match deed {
        Deed::Flaw(Flaw::Switch(switch)) => Some(*switch),
        _ => None,
    })
}

fn told(switch: Switch, writes: bool) -> Option<Bilingual> {
    Some(match switch {
        Switch::ForeignCode => Bilingual::new(
            "code shipped with the model runs here, in whatever version is current at the time",
            "这里会运行模型仓库自带的代码，而且是届时的任意版本",
        ),
        Switch::AnyRequest => Bilingual::new(
            "the model can send any request to any address from here",
            "模型可以从这里向任意地址发送任意请求",
        ),
        Switch::Decoder { brought } if brought || !writes => Bilingual::new(
            "an index that this project did not write is deserialised here, and may hide a program",
            "这里会反序列化并非本项目生成的索引，其中可能藏有程序",
        ),
        Switch::NoContainer => Bilingual::new(
            "code written by the model runs directly on this machine, without a container",
            "模型写的代码直接在本机运行，没有容器隔离",
        ),
        Switch::Decoder { .. } | Switch::FilterOff => return None,
    })
}
