//! The tools of a server that describes them, instead of registering them one by one, are in one hand too: tools that
//! bring in strangers' words are held together with tools that act.

use ombud_core::effect::Effect;

use super::api::names;
use super::state::State;
use crate::facts::{Agent, Held, Tool};

/// Words of tools that bring in what strangers wrote.
const STRANGERS: &[&str] = &[
    "mail",
    "mails",
    "email*",
    "inbox",
    "message*",
    "thread*",
    "issue*",
    "pull",
    "comment*",
    "tweet*",
    "timeline",
    "page*",
    "web",
    "website*",
    "url",
    "browse*",
    "scrape*",
    "crawl*",
    "feed*",
    "rss",
    "news",
    "notification*",
    "dm",
    "dms",
    "review*",
    "ticket*",
    "html",
    "event*",
];

/// Records a server whose tools both read and act.
pub(super) fn note(state: &mut State<'_>) {
    if state.agents.iter().any(|agent| agent.server) {
        return;
    }
    let served = |tool: &&Tool| state.served.contains(&(tool.file, tool.span.start));
    let tools: Vec<&Tool> = state.tools.iter().map(|(_, tool)| tool).filter(served).collect();
    let (reads, acts) = (tools.iter().find(|tool| reads(tool)), tools.iter().find(|tool| acts(tool)));
    let (Some(reads), Some(acts)) = (reads, acts) else { return };
    let held = |tool: &Tool, reads: bool| Held {
        name: tool.name.clone(),
        effect: tool.effect,
        function: tool.function,
        reads,
        known: !reads,
    };
    let holds = vec![held(reads, true), held(acts, false)];
    // The site at which the acting tool is offered along with the others.
    let (file, span) = (acts.file, acts.span.clone());
    let agent = Agent { file, span, holds, asks: false, server: true };
    state.agents.push(agent);
}

/// Whether a tool brings in what strangers wrote, judged by its name.
fn reads(tool: &Tool) -> bool {
    let brings = matches!(tool.effect, Effect::Read | Effect::Fetch);
    brings
        && names(&tool.name, STRANGERS)
        && !names(&tool.name, &["count", "status", "schema*", "template*", "folder*"])
}

/// Whether a tool reaches others, or has an irreversible effect.
fn acts(tool: &Tool) -> bool {
    matches!(tool.effect, Effect::Send | Effect::Pay | Effect::Execute | Effect::Grant | Effect::Delete)
}
