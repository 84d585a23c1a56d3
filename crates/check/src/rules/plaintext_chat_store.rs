//! `plaintext-chat-store`
//!
//! What it does: finds conversations written to a file or an SQLite database in plain text: content from a person, together
//! with a model's response or under a name that says it is a conversation. Content that went through an encryption library is
//! not reported.
//!
//! Why it matters: a stolen laptop, a backup or a mistaken upload exposes every conversation.
//!
//! Reference: PIPL Art. 51, GDPR Art. 32; risk P09.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::code::names;
use crate::facts::{Call, Deed, Facts, FunctionId, Sites, Taint, is_model};

pub(super) const RULE: Rule = Rule {
    id: RuleId("plaintext-chat-store"),
    risks: &["P09"],
    severity: Severity::Warning,
    title: Text { en: "conversations are stored in the clear", zh: "聊天记录以明文保存" },
    harm: Text {
        en: "A lost laptop, a leaked backup or a mistaken upload exposes everyone's conversations.",
        zh: "电脑丢失、备份外泄或误传文件，都会让所有人的聊天记录被人看光。",
    },
    fix: Text {
        en: "Do not store them (Ombud's log keeps an encrypted record that can be erased: `ombud log show`), or encrypt before writing: in an app, use `AES.GCM.seal` with a key from the Keychain, or `.completeFileProtection`, never `UserDefaults`.",
        zh: "不要保存（Ombud 的日志会加密留存且可删除：`ombud log show`），或在写入前加密：App 可用 `AES.GCM.seal`（密钥存钥匙串）或 `.completeFileProtection`，不要放进 `UserDefaults`。",
    },
    example: "- chats.write(json.dumps({\"asked\": text, \"answer\": answer}))\n+ chats.write(fernet.encrypt(record))\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let sites = Sites::new(facts, project.reach);
    let mut found: Vec<Finding> = Vec::new();
    // A file whose name does not suggest a conversation is reported once: a project that writes many does so by habit.
    let mut unnamed = false;
    // A function that writes one record in several calls is reported at the first.
    let mut writers: BTreeSet<FunctionId> = BTreeSet::new();
    let asked: BTreeSet<(FunctionId, &str)> = project
        .reach
        .calls(facts)
        .filter(|(function, call)| said_by_person(project, *function, call))
        .filter_map(|(function, call)| Some((function, table(facts, call)?)))
        .collect();
    for (function, call) in project.reach.calls(facts) {
        // The response is in the same table as the question, which is reported already.
        if table(facts, call).is_some_and(|table| asked.contains(&(function, table)))
            && !said_by_person(project, function, call)
        {
            continue;
        }
        for deed in &call.does {
            let Deed::Persist { content, conversation, remote: false } = deed else { continue };
            for (function, call, sources) in
                places(project, &sites, (function, call), *content, *conversation)
            {
                // If no name says that this is a conversation, the code around the write must: otherwise it may be any program
                // state.
                if !conversation && !speaks(facts, function) {
                    continue;
                }
                let Some(one) = told(project, function, call, sources, *conversation, unnamed) else {
                    continue;
                };
                unnamed |= !conversation;
                if goes_on(facts, function, call) && !writers.insert(function) {
                    continue;
                }
                if !found.iter().any(|other| other.place == one.place) {
                    found.push(one);
                }
            }
        }
    }
    found.extend(logs(project));
    found
}

/// Whether a function's text contains words for the two sides of a conversation.
pub(super) fn speaks(facts: &Facts, function: FunctionId) -> bool {
    const WORDS: &[&str] = &[
        "role",
        "assistant",
        "answer*",
        "reply",
        "replies",
        "respon*",
        "history",
        "message*",
        "conversation*",
        "question*",
        "prompt*",
        "chat*",
        "content",
        "text",
        "transcript*",
        "dialog*",
        "turn*",
        "said",
        "asked",
        "context*",
        "talk*",
        "session*",
        "memory",
        "memories",
    ];
    let known = facts.functions.get(function);
    // The body of a module and a node of a graph have no span of their own.
    let body = known.filter(|known| !known.body.is_empty());
    let text = body.and_then(|known| facts.files.get(known.file)?.text.get(known.body.clone()));
    text.is_none_or(|text| names(text, WORDS) || !text.is_ascii())
}

/// Reports log lines that contain what people said or a model answered: the first of each kind per file.
fn logs(project: &Project<'_>) -> Vec<Finding> {
    let mut seen: BTreeSet<(usize, bool)> = BTreeSet::new();
    let mut found = Vec::new();
    // Log lines of a program that calls no model are not conversations.
    if !project.reach.calls(project.facts).any(|(_, call)| is_model(call)) {
        return found;
    }
    for (function, call) in project.reach.calls(project.facts) {
        let Some(content) = call.does.iter().find_map(|deed| match deed {
            Deed::Log(content) => Some(*content),
            _ => None,
        }) else {
            continue;
        };
        let said = project.reach.sources(function, content);
        let file = project.facts.functions.get(function).map_or(0, |known| known.file);
        if said.has(Taint::PERSON | Taint::MODEL) && seen.insert((file, said.has(Taint::PERSON))) {
            found.extend(told(project, function, call, said, true, true));
        }
    }
    found
}

/// Whether a call writes to a file opened earlier, which may hold more of the same record.
fn goes_on(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let name = call.target.rsplit('.').next().unwrap_or_default();
    let file = facts.functions.get(function).and_then(|known| facts.files.get(known.file));
    let text = file.and_then(|file| file.text.get(call.span.clone())).unwrap_or_default();
    matches!(name, "write" | "writelines" | "writerow") && !text.contains("open(")
}

/// Returns the table that a call writes to through an ORM.
fn table<'f>(facts: &'f Facts, call: &Call) -> Option<&'f str> {
    call.does.iter().find_map(|deed| match deed {
        Deed::Store(id, _) => {
            facts.stores.get(*id).filter(|store| store.product == "table").map(|store| store.name.as_str())
        }
        _ => None,
    })
}

/// Whether a call writes what a person said.
fn said_by_person(project: &Project<'_>, function: FunctionId, call: &Call) -> bool {
    call.does.iter().any(|deed| match deed {
        Deed::Persist { content, .. } => {
            let said = project.reach.sources(function, *content);
            said.has(Taint::PERSON) && !said.has(Taint::MODEL)
        }
        _ => false,
    })
}

/// Returns where the written content comes from: the call itself, or each call of a helper that writes its arguments.
fn places<'f>(
    project: &'f Project<'_>,
    sites: &Sites<'f>,
    written: (FunctionId, &'f Call),
    content: Taint,
    conversation: bool,
) -> Vec<(FunctionId, &'f Call, Taint)> {
    // If the name already says that conversations are kept here, the location is the write itself.
    let helper =
        if conversation { None } else { sites.written(written.0, content, Taint::PERSON | Taint::MODEL) };
    match helper {
        Some(found) => found
            .into_iter()
            .map(|(caller, call)| (caller, call, sites.handed(caller, call, content)))
            .collect(),
        None => vec![(written.0, written.1, project.reach.sources(written.0, content))],
    }
}

fn told(
    project: &Project<'_>,
    function: FunctionId,
    call: &Call,
    sources: Taint,
    conversation: bool,
    unnamed: bool,
) -> Option<Finding> {
    // If one column of a row is encrypted, the others only hold metadata such as who and when.
    if sources.has(Taint::ENCRYPTED) {
        return None;
    }
    let (person, model) = (sources.has(Taint::PERSON), sources.has(Taint::MODEL));
    // What a model passes to a tool that remembers it was originally said by a person.
    let remembered = call.does.iter().any(|deed| matches!(deed, Deed::Store(..)));
    let chosen = sources.has(Taint::TOOL) && remembered;
    let kept = if conversation { person || model || chosen } else { person && model && !unnamed };
    if !kept {
        return None;
    }
    let message = Bilingual::new(
        "what users and the model say is written here in plain text",
        "用户说的话和模型的回答在这里被原样写入",
    );
    let sure = if person && model { Confidence::High } else { Confidence::Medium };
    let place = project.facts.call_place(function, call);
    let path = project.reach.way(project.facts, function, call).unwrap_or_default();
    Some(on_the_way(finding(&RULE, Severity::Warning, sure, place, message), path))
}
