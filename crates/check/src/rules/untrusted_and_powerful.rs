//! `untrusted-and-powerful`
//!
//! What it does: examines the tools given to one model (`tools=[…]`): a tool that returns what strangers wrote (a web page, an
//! email, an upload) next to one that sends, pays, deletes, grants or runs, without human approval: neither `[tools] mode =
//! "ask"`, nor a framework interrupt, nor a question in the tool itself.
//!
//! Why it matters: a sentence on a web page is enough to make the agent act in the user's name. Of the three (untrusted input,
//! private data, power to act) an agent should have at most two without a person in the loop.
//!
//! Reference: Meta, Agents Rule of Two (2025); OWASP ASI01, ASI02; risks S02, S07, A04.

use std::collections::BTreeSet;

use ombud_core::effect::Effect;
use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::tool_without_confirmation::asks;
use super::{Project, Rule, Text, finding};
use crate::facts::{Agent, Call, Deed, Held, Reach, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("untrusted-and-powerful"),
    risks: &["S02", "S07", "A04"],
    severity: Severity::Error,
    title: Text {
        en: "one agent reads untrusted content and can act on it",
        zh: "同一个智能体既读陌生内容又能直接行动",
    },
    harm: Text {
        en: "A sentence hidden in a web page or an email can make the agent send, pay, delete or run something in the user's name.",
        zh: "网页或邮件里藏的一句话，就能让智能体以用户的名义发送、付款、删除或执行操作。",
    },
    fix: Text {
        en: "Have a person approve the powerful tool before it runs (`[tools] mode = \"ask\"` in ombud.toml and `ombud run`, or the framework's interrupt), or split the two kinds of tools between two agents.",
        zh: "在高风险工具执行前征求人工同意（ombud.toml 中 `[tools] mode = \"ask\"` 并用 `ombud run` 启动，或使用框架的中断功能），或把两类工具分给两个智能体。",
    },
    example: "- create_react_agent(model, [read_page, send_mail])\n+ create_react_agent(model, [read_page, send_mail], interrupt_before=[\"tools\"])\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    if project.options.tools_ask {
        return Vec::new();
    }
    let (asking, doing) =
        (Reach::leading(project.facts, is_question), Reach::leading(project.facts, does_something));
    let view = View { project, asking, doing };
    let (mut told, mut same) = (BTreeSet::new(), BTreeSet::new());
    let agents = project.facts.agents.iter().filter(|agent| !agent.asks);
    agents
        .filter_map(|agent| Some((agent, view.one(agent)?)))
        // The list that a model is given and the table in which its calls are looked up hold the same tools.
        .filter(|(agent, _)| same.insert(agent.holds.iter().map(|held| &held.name).collect::<BTreeSet<_>>()))
        .map(|(_, one)| one)
        .filter(|one| told.insert(one.message.en.clone()))
        .collect()
}

struct View<'a> {
    project: &'a Project<'a>,
    /// For each function, whether it leads to a question to a person.
    asking: Vec<bool>,
    /// For each function, whether it leads to an outside effect.
    doing: Vec<bool>,
}

impl View<'_> {
    fn one(&self, agent: &Agent) -> Option<Finding> {
        let acts = agent.holds.iter().find(|held| self.acts(held))?;
        // A result returned by an acting tool only reports the outcome of its action.
        let reads = agent.holds.iter().find(|held| self.reads(held) && (held.reads || !is_grave(held)))?;
        let (from, to) = (&reads.name, &acts.name);
        let message = Bilingual::new(
            format!(
                "`{from}` gives this agent untrusted content and `{to}` lets it act on it, with no human approval in between"
            ),
            format!("`{from}` 把陌生内容交给这个智能体，`{to}` 又让它据此行动，中间没有任何人工确认"),
        );
        // For a server, the fix belongs where it offers the acting tool.
        let facts = self.project.facts;
        let offered = facts.tools.iter().find(|tool| agent.server && !acts.known && tool.name == acts.name);
        let (file, span) = offered.map_or((agent.file, &agent.span), |tool| (tool.file, &tool.span));
        let place = facts.place(file, span.clone());
        Some(finding(&RULE, Severity::Error, Confidence::High, place, message))
    }

    /// Whether a tool returns what strangers wrote.
    fn reads(&self, held: &Held) -> bool {
        let given = |id: usize| {
            let function = self.project.facts.functions.get(id);
            function.map_or(Taint::NONE, |function| self.project.reach.sources(id, function.returns))
        };
        held.reads || held.function.is_some_and(|id| given(id).has(Taint::WEB | Taint::UPLOAD))
    }

    /// Whether a tool has a serious effect without asking, judging by its purpose and by what its function does.
    fn acts(&self, held: &Held) -> bool {
        let at = |all: &[bool]| held.function.is_some_and(|id| all.get(id) == Some(&true));
        let function = held.function.and_then(|id| self.project.facts.functions.get(id));
        let approved = function.is_some_and(|function| function.approved);
        is_grave(held) && !approved && !at(&self.asking) && (held.known || at(&self.doing))
    }
}

/// Whether a tool's purpose affects others or cannot be undone.
fn is_grave(held: &Held) -> bool {
    matches!(held.effect, Effect::Send | Effect::Pay | Effect::Delete | Effect::Execute | Effect::Grant)
}

/// Whether a call asks a person.
fn is_question(call: &Call) -> bool {
    asks(&call.target) || call.target == "input"
}

/// Whether a call does anything outside the program.
fn does_something(call: &Call) -> bool {
    let acts = call.does.iter().any(|deed| {
        matches!(
            deed,
            Deed::Run { .. }
                | Deed::Send { .. }
                | Deed::Publish(_)
                | Deed::Erase(_)
                | Deed::Store(..)
                | Deed::Persist { .. }
        )
    });
    acts || call.callees.is_empty() && call.target.contains('.') && !call.target.starts_with("js.")
}
