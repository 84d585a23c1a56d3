//! Deciding a recorded call again.

use ombud_core::ToolPolicy;
use ombud_core::gate::{CallDecision, CallFacts, decide_call};
use ombud_gateway::attribute::Attributor;
use ombud_gateway::calls::facts_again;
use ombud_gateway::wire::answer::ToolCall;

use super::recorded::Recorded;

/// The facts about a call under this policy; `None` if neither they nor what they are made of are held any more.
pub(super) fn facts(attributor: &Attributor, policy: &ToolPolicy, call: &Recorded) -> Option<CallFacts> {
    let known = call.facts.as_ref();
    let again = call
        .request
        .as_ref()
        .zip(call.arguments.as_ref())
        .map(|(request, arguments)| facts_again(request, attributor, policy, &written(call, arguments)));
    let declared = |known: &CallFacts| CallFacts {
        effect: policy.effect(&call.tool).unwrap_or(known.effect),
        ..known.clone()
    };
    let mut facts = again.or_else(|| known.map(declared))?;
    // What only the gateway of then could know: what was masked, what the user approved, what a text showed signs of.
    facts.secret = known.map_or_else(|| names(&call.then, "secret"), |known| known.secret);
    facts.approved = known.map_or(call.then == "approved", |known| known.approved);
    facts.standing = known.is_some_and(|known| known.standing);
    facts.holds = known.map(|known| known.holds.clone()).unwrap_or_default();
    facts.leaks = known.map(|known| known.leaks.clone()).unwrap_or_default();
    // Arguments that were cut off are recorded without their end: by what is left of them they would be readable.
    facts.readable &= known.is_none_or(|known| known.readable);
    facts.exact = known.is_none_or(|known| known.exact);
    facts.signs = known.map_or_else(|| names(&call.then, "signs"), |known| known.signs);
    Some(facts)
}

/// Whether a recorded decision names this doubt.
fn names(decision: &str, doubt: &str) -> bool {
    decision.split_once(':').is_some_and(|(_, doubts)| doubts.split(',').any(|id| id.trim() == doubt))
}

fn written(call: &Recorded, arguments: &str) -> ToolCall {
    ToolCall {
        tool: call.tool.clone(),
        id: call.id.clone(),
        complete: call.complete,
        written: arguments.to_owned(),
        arguments: arguments.to_owned(),
        ..ToolCall::default()
    }
}

/// The decision on a call with these facts, where it was decided.
pub(super) fn decide(policy: &ToolPolicy, call: &Recorded, facts: &CallFacts) -> CallDecision {
    let edge = call.edge.then(|| policy.without_user());
    let decision = decide_call(edge.as_ref().unwrap_or(policy), &call.tool, facts);
    if call.vouched && !facts.secret { CallDecision::Release(Vec::new()) } else { decision }
}

/// Whether the call was held back for what the policy says nothing of: a server that changed its tool.
pub(super) fn is_beyond(call: &Recorded) -> bool {
    names(&call.then, "definition_changed")
}
