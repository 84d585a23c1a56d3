//! `no-erase-path`
//!
//! What it does: a project that keeps users' data needs reachable code that deletes it again: from the same store, or along
//! with the person it belongs to in the same database. One finding per project, at the first write.
//!
//! Why it matters: a user who wants to be forgotten cannot be.
//!
//! Reference: PIPL Art. 47, GDPR Art. 17; risk P10.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::plaintext_chat_store::speaks;
use super::{Project, Rule, Text, finding};
use crate::code::names;
use crate::facts::{Call, Deed, Facts, FunctionId, Owner, Store, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("no-erase-path"),
    risks: &["P10"],
    severity: Severity::Warning,
    title: Text { en: "users' data cannot be erased", zh: "用户数据无法删除" },
    harm: Text {
        en: "When users ask for their data to be deleted, there is no way to do it.",
        zh: "用户要求删除自己的数据时，根本无从删起。",
    },
    fix: Text {
        en: "Offer a command or a button that deletes the user's items from the store; with the store behind Ombud's memory edge, `ombud subject erase USER` does it. An app must delete its own file or key (`removeItem(at:)`, `removeObject(forKey:)`) and have its server delete the data too.",
        zh: "提供命令或按钮，从存储中删除该用户的条目；若存储接在 Ombud 的记忆入口之后，`ombud subject erase 用户` 即可完成。App 应删除自己的文件或键（`removeItem(at:)`、`removeObject(forKey:)`），并让服务端一并删除。",
    },
    example: "+ def erase(user):\n+     notes.delete(where={\"user\": user})\n",
    graph: Some(run),
};

/// Calls that delete data, if the name of the enclosing function says so.
const DELETES: &[&str] = &[
    "os.remove",
    "os.unlink",
    "shutil.rmtree",
    ".unlink",
    ".unlinkSync",
    ".rm",
    ".rmSync",
    ".execute",
    ".query",
    ".run",
    ".erase",
    ".removeObject",
    ".removeItem",
    ".delete",
    ".removePersistentDomain",
];

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let first = project.reach.calls(facts).find_map(|(function, call)| {
        let kept = keeps(project, function, call)?;
        let into = stores(facts, call);
        let erased = |(function, deletes): (FunctionId, &Call)| erases(facts, function, deletes, &into);
        (!project.reach.calls(facts).any(erased)).then_some((function, call, kept))
    });
    let Some((function, call, name)) = first else { return Vec::new() };
    let place = facts.call_place(function, call);
    vec![finding(&RULE, Severity::Warning, Confidence::Medium, place, told(&name))]
}

/// Returns the stores that a call writes to.
fn stores<'f>(facts: &'f Facts, call: &Call) -> Vec<&'f Store> {
    let written = call.does.iter().filter_map(|deed| match deed {
        Deed::Store(id, _) => facts.stores.get(*id),
        _ => None,
    });
    written.collect()
}

/// Whether a call deletes from one of the given stores; the list is empty if the data is in a file or an unnamed table.
fn erases(facts: &Facts, function: FunctionId, call: &Call, kept: &[&Store]) -> bool {
    // A loop over table names deletes from each of them.
    let mut from = call.does.iter().filter_map(|deed| match deed {
        Deed::Erase(id) => facts.stores.get(*id),
        _ => None,
    });
    let goes = |other: &Store| kept.is_empty() || kept.iter().any(|kept| goes_with(other, kept));
    let of_others = from.clone().next().is_some() && !from.any(goes);
    deletes(facts, function, call) && !of_others
}

/// Whether erasing one store also erases another: the same store, or the person's record in the same database.
fn goes_with(deleted: &Store, kept: &Store) -> bool {
    const WHOLE: &[&str] = &[
        "user*",
        "account*",
        "member*",
        "person*",
        "profile*",
        "session*",
        "conversation*",
        "chat*",
        "thread*",
        "client*",
    ];
    let table = |store: &Store| store.name.split_once(':').map(|(_, table)| table.to_owned());
    let same = |other: &str| table(kept).is_none_or(|own| own == other);
    let taken = |other: String| same(&other) || names(&other, WHOLE);
    deleted.name == kept.name || deleted.product == kept.product && table(deleted).is_none_or(taken)
}

/// Whether a call deletes what people said.
pub(super) fn deletes(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let erases = call.does.iter().any(|deed| matches!(deed, Deed::Erase(_)));
    // A file or table deleted by a function whose name says so.
    let written = |call: &Call| call.does.iter().any(|deed| matches!(deed, Deed::Persist { .. }));
    // Or the remainder is written back, here or in a function called from here.
    let anew = || {
        let calls = call.callees.iter().filter_map(|callee| facts.functions.get(*callee));
        written(call) || calls.flat_map(|callee| &callee.calls).any(written)
    };
    let named = facts.functions.get(function).is_some_and(|function| function.erases)
        && (DELETES.iter().any(|part| call.target.ends_with(part)) || anew());
    erases || named || call.target.contains("ombud.") && call.target.ends_with("erase")
}

/// Returns the name of the store in which a call keeps what people said; empty for a file or a table.
pub(super) fn keeps(project: &Project<'_>, function: FunctionId, call: &Call) -> Option<String> {
    let facts = project.facts;
    call.does.iter().find_map(|deed| match deed {
        Deed::Store(store, content) => {
            let said = project.reach.sources(function, *content);
            let known =
                facts.stores.get(*store).filter(|store| !store.through_edge && lasts(project, store))?;
            let people = project.reach.owner(facts, *store) == Owner::User;
            (people && said.has(Taint::PERSON | Taint::MODEL | Taint::TOOL)).then(|| known.name.clone())
        }
        Deed::Persist { content, conversation, .. } => {
            let said = project.reach.sources(function, *content);
            let both = || said.has(Taint::MODEL) && speaks(facts, function);
            (said.has(Taint::PERSON) && (*conversation || both())).then(String::new)
        }
        _ => None,
    })
}

/// Stores whose content is lost when the program ends, unless it is saved to a file.
const IN_MEMORY: &[&str] = &[
    "FAISS",
    "FaissStore",
    "InMemoryVectorStore",
    "MemoryVectorStore",
    "DocArrayInMemorySearch",
    "faiss",
    "hnswlib",
];

/// Whether a store's content outlives the program.
fn lasts(project: &Project<'_>, store: &Store) -> bool {
    const SAVES: &[&str] = &["save_local", "save", "dump", "persist", "write_index"];
    let saves = |(_, call): (FunctionId, &Call)| SAVES.iter().any(|name| call.target.ends_with(name));
    // An index is named by what it was made with: `hnswlib:cosine`.
    let product = store.name.split(':').next().unwrap_or(&store.name);
    !IN_MEMORY.contains(&product) || project.reach.calls(project.facts).any(saves)
}

/// Whether a bare vector index is lost when the program ends, because nothing saves it.
pub(super) fn is_gone(project: &Project<'_>, store: &Store) -> bool {
    matches!(store.product.as_str(), "faiss" | "hnswlib") && !lasts(project, store)
}

fn told(name: &str) -> Bilingual {
    if name.is_empty() {
        return Bilingual::new(
            "what users say is kept here, and no reachable code ever deletes it",
            "用户说的话保存在这里，而没有任何可执行的代码能再把它删掉",
        );
    }
    Bilingual::new(
        format!("what users say is kept in `{name}`, and no reachable code ever deletes it"),
        format!("用户说的话保存在 `{name}` 中，而没有任何可执行的代码能再把它删掉"),
    )
}
