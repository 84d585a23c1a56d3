//! Decides a recorded call again.

use std::cell::OnceCell;

use ombud_core::ToolPolicy;
use ombud_core::gate::{CallDecision, CallFacts, Doubt, decide_call};
use ombud_gateway::attribute::Attributor;
use ombud_gateway::calls::facts_again;
use ombud_gateway::calls::held::{self, Eye};
use ombud_gateway::inspect::Inspector;
use ombud_gateway::wire::answer::ToolCall;

use super::recorded::Recorded;
use crate::config::{self, File};

/// What recorded calls are decided by.
pub(super) struct Again {
    file: File,
    attributor: Attributor,
    /// Created only when something depends on what the arguments hold.
    inspector: OnceCell<Inspector>,
}

impl Again {
    /// Decides by this configuration.
    pub(super) fn by(file: File) -> Self {
        Self { file, attributor: Attributor::default(), inspector: OnceCell::new() }
    }

    /// The rules for tools.
    pub(super) fn policy(&self) -> &ToolPolicy {
        &self.file.tools
    }

    /// The facts about a call; `None` if neither they nor what they are derived from are held any more.
    pub(super) fn facts(&self, call: &Recorded) -> Option<CallFacts> {
        let (policy, known) = (seen(&self.file.tools, call), call.facts.as_ref());
        let again = call.request.as_ref().zip(call.arguments.as_ref()).map(|(request, arguments)| {
            facts_again(request, &self.attributor, &policy, &written(call, arguments))
        });
        let declared = |known: &CallFacts| CallFacts {
            effect: policy.effect(&call.tool).unwrap_or(known.effect),
            ..known.clone()
        };
        let mut facts = again.or_else(|| known.map(declared))?;
        // What only the gateway at that time could know: what was masked, what the user approved, what showed signs of
        // injection.
        facts.secret = known.map_or_else(|| names(&call.then, "secret"), |known| known.secret);
        facts.approved = known.map_or(call.then == "approved", |known| known.approved);
        facts.outside = known.is_some_and(|known| known.outside);
        facts.standing = known.is_some_and(|known| known.standing);
        facts.holds = known.map(|known| known.holds.clone()).unwrap_or_default();
        facts.leaks = known.map(|known| known.leaks.clone()).unwrap_or_default();
        // Arguments that were cut off are recorded without their end; what is left of them could pass as readable.
        facts.readable &= known.is_none_or(|known| known.readable);
        facts.exact = known.is_none_or(|known| known.exact);
        facts.signs = known.map_or_else(|| names(&call.then, "signs"), |known| known.signs);
        if let Some(arguments) = call.arguments.as_ref().filter(|_| policy.looks_inside(&call.tool)) {
            let inspector = self.inspector.get_or_init(|| Inspector::new(config::detector(&self.file)));
            let eye = Eye { inspector, client: "", least: self.file.policy.min_score };
            facts.holds.extend(held::categories(eye, arguments));
            facts.met = policy.met(&call.tool, &facts, arguments);
        }
        Some(facts)
    }
}

/// The policy at the edge where the call was decided.
pub(super) fn seen(policy: &ToolPolicy, call: &Recorded) -> ToolPolicy {
    let at = call.server.as_ref().map(|server| policy.at(server).without_user());
    at.unwrap_or_else(|| policy.clone())
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

/// The decision on a call with these facts, at the edge where it was decided.
pub(super) fn decide(policy: &ToolPolicy, call: &Recorded, facts: &CallFacts) -> CallDecision {
    let decision = decide_call(&seen(policy, call), &call.tool, facts);
    let order = |doubt: &Doubt| matches!(doubt, Doubt::TooEarly { .. });
    let barred = decision.verdict() == "block" && !decision.doubts().iter().all(order);
    if call.vouched && !facts.secret && !barred { CallDecision::Release(Vec::new()) } else { decision }
}

/// Whether the call was held for a reason outside the policy: a server that changed its tool.
pub(super) fn is_beyond(call: &Recorded) -> bool {
    names(&call.then, "definition_changed")
}
