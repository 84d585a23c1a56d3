//! Decides on a call at the tool edge with the same gate as for a call in a model's response. The user's own words are not
//! known here, only what earlier results of the session said; so no call with effects counts as requested, unless the model
//! edge of the same home, which saw the conversation, has released this very call.

use std::collections::BTreeSet;
use std::time::Instant;

use bytes::Bytes;
use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::event::{ArgumentRecord, Counts, WeighedRecord};
use ombud_core::gate::{CallDecision, Done, Ruled, ToolPolicy, decide_call};
use ombud_core::{DataCategory, Edge, Exchange, Origin, Role};
use ombud_detect::mask::{Meaning, Minted, Tally, Token, candidates};

use super::gone::Gone;
use super::message::Message;
use super::{Rules, lasting};
use crate::approvals::Lasting;
use crate::attribute::Context;
use crate::calls::approve::Codes;
use crate::calls::arguments::Arguments;
use crate::calls::facts::masked_for;
use crate::calls::held::{self, Eye};
use crate::calls::released::{Counted, Released};
use crate::calls::{Prepared, facts, properties, recorded};
use crate::names;
use crate::recall::Detections;
use crate::wire::answer::{ToolCall, restore_strings};
use crate::wire::collect::Collector;
use crate::wire::json::{Doc, Keys, Kind, Node};
use crate::wire::splice::{Patch, splice};

/// A call as it arrived.
pub struct Called<'a> {
    /// The tool.
    pub tool: &'a str,
    /// The client's id of the call.
    pub id: Option<String>,
    /// The message that holds it.
    pub message: &'a Message<'a>,
    /// Its arguments, if any.
    pub arguments: Option<Node>,
    /// The known definitions of the tool, as JSON: the approved one and a different one that is offered.
    pub definitions: Vec<&'a str>,
    /// The known tools of the server; empty if they were never listed.
    pub known: Vec<&'a str>,
    /// Its effect class, where the protocol defines it.
    pub fixed: Option<Effect>,
    /// The least effect class, whatever the name suggests.
    pub least: Effect,
}

/// The decision on a call.
pub struct Judged {
    /// Its effect class.
    pub effect: Effect,
    /// The gate's decision.
    pub decision: CallDecision,
    /// Whether the model edge released it.
    pub vouched: bool,
    /// Where its arguments occur in the context, without content.
    pub overlaps: Vec<ArgumentRecord>,
    /// The same with content: JSON.
    pub details: Vec<u8>,
    /// Values detected in the arguments, per type.
    pub found: Counts,
    /// What was restored.
    pub tally: Tally,
    /// The replacements that restore the tokens.
    pub patches: Vec<Patch>,
    /// The arguments as the tool receives them.
    pub arguments: String,
    /// The same as the client wrote them, with its tokens.
    pub written: String,
    /// What was restored in them: values with their tokens, the longest first.
    pub tokens: Vec<(String, String)>,
    /// The codes by which a person names this call, for this half hour and the one before.
    pub codes: Codes,
    /// The digest that identifies exactly this call.
    pub stands: String,
    /// What an approval from outside could cover until it is revoked, if that is allowed for this call.
    pub lasting: Option<Lasting>,
    /// How it counts towards the limits; `None` for protocol reads without a tool.
    pub counted: Option<Counted>,
    /// How it was weighed.
    pub weighed: WeighedRecord,
}

/// Decides on a call. `context` is what the session has seen; it is returned unchanged. `gone` holds what it has seen
/// beyond that. `released` are the earlier calls, `minute` is their number in the last minute including this one.
pub fn judge(
    rules: &Rules,
    minted: &Minted,
    (released, minute): (&Released, u32),
    (context, gone): (&mut Context, &Gone),
    called: &Called<'_>,
) -> Judged {
    let began = Instant::now();
    let redact = rules.tools.redacted(called.tool);
    let (mut call, patches, tally) = if redact.is_empty() {
        restored(minted, called)
    } else {
        // The user's words are not known here: nothing counts as supplied by the user.
        restored(&masked_for(None, minted, &redact), called)
    };
    let arguments = Arguments::of(&call);
    let exchange = exchange(&call.arguments, Role::ToolCall, &Origin::Model);
    let detections = rules.inspector.detect(&rules.client, &exchange);
    let found = counts(rules, &detections);
    let open: BTreeSet<DataCategory> = found.keys().map(|kind| kind.category()).collect();
    call.leaks = redact.intersection(&open).copied().collect();
    call.holds = open;
    if rules.tools.looks_inside(called.tool) {
        let eye = Eye { inspector: &rules.inspector, client: &rules.client, least: rules.policy.min_score };
        call.holds.extend(held::categories(eye, &call.arguments));
        call.holds.extend(held::by_tokens(&call.written, minted));
    }
    let readable = arguments.readable && call.sound;
    let effect = effect(rules, called, &arguments, readable);
    let vouched = readable && rules.beside.released(called.tool, &arguments.canonical);
    let prepared = Prepared::without_user(exchange, std::mem::take(context));
    let (mut known, overlaps) = facts::of(Some(&prepared), effect, &call, &arguments, minted, "", false);
    *context = prepared.context;
    // What else the model has read is not visible here.
    known.tainted = true;
    // A message is complete here, whatever its arguments are.
    known.exact = true;
    gone.say(&mut known);
    known.guarded |= facts::reaches_kept(effect, &arguments.leaves, &rules.tools.kept);
    let counted = called.fixed.is_none().then(|| released.counted(called.tool, effect, &arguments));
    known.done = done(rules, known.done, counted, (released, minute), vouched);
    known.met = rules.tools.met(called.tool, &known, &arguments.canonical);
    let policy = policy(rules, effect, called, vouched);
    let counted = counted.map(|call| call.to_step(policy.reached(known.done.reached, called.tool)));
    let mut decided = decide_call(&policy, called.tool, &known);
    let lasting = may_last((rules, minted), called, &decided, effect, &arguments);
    known.lasting = lasting.as_ref().is_some_and(|one| rules.beside.approvals().lasts(&one.mark));
    if known.lasting {
        decided = standing(decide_call(&policy, called.tool, &known), &decided);
    }
    // A doubt raised here was settled there with knowledge of the user's words. What is blocked here stays blocked, and so
    // does what the operator rules about the tool under a name that only this edge knows.
    let own = policy.knows_with_server(called.tool)
        && matches!(policy.ruled_call(called.tool, &known).1, Ruled::Tool);
    let barred = matches!(decided, CallDecision::Block(_)) && (own || decided.verdict() == "block");
    let lifted = vouched && !known.secret && !barred;
    let decision = if lifted && !matches!(decided, CallDecision::Redact(_)) {
        CallDecision::Release(Vec::new())
    } else {
        decided
    };
    let codes = rules.approver().codes(&format!("{}/{}", rules.server, called.tool), &arguments.canonical);
    let stands = codes.stands();
    let details = recorded::details(&call, effect, (&decision, &known), &overlaps, None, &stands);
    let (overlaps, left_out) = recorded::records(overlaps);
    let weighed = recorded::weighed((&policy, called.tool, &known), &decision, (None, left_out), began);
    Judged {
        weighed: WeighedRecord {
            rule: if lifted { "vouched".to_owned() } else { weighed.rule.clone() },
            ..weighed
        },
        details,
        overlaps,
        codes,
        stands,
        arguments: call.arguments,
        tokens: tokens(minted, &call.written),
        written: call.written,
        effect,
        decision,
        vouched,
        found,
        tally,
        patches,
        lasting,
        counted,
    }
}

/// The decision where an earlier approval applies. A call released only because of it is recorded as such.
fn standing(decided: CallDecision, without: &CallDecision) -> CallDecision {
    let only_so = !without.releases() && decided == CallDecision::Release(Vec::new());
    if only_so { CallDecision::Approved } else { decided }
}

/// Values found with sufficient confidence, per type.
fn counts(rules: &Rules, detections: &[Detections]) -> Counts {
    let mut found = Counts::new();
    let all = detections.iter().flat_map(|slot| slot.iter());
    for value in all.filter(|value| value.score >= rules.policy.min_score) {
        *found.entry(value.kind).or_default() += 1;
    }
    found
}

/// What an approval from outside could cover for this call, where it may apply more than once.
fn may_last(
    (rules, minted): (&Rules, &Minted),
    called: &Called<'_>,
    decided: &CallDecision,
    effect: Effect,
    arguments: &Arguments,
) -> Option<Lasting> {
    let bound = lasting::bound(effect, arguments).filter(|_| decided.may_last() && called.fixed.is_none())?;
    let (tool, whose) = (format!("{}/{}", rules.server, called.tool), rules.subject.as_deref());
    let mark = rules.keeper.lasting(whose.unwrap_or_default(), &tool, &bound.text);
    Some(Lasting { mark, paths: names::paths(rules.inspector.detector(), minted, &bound.paths) })
}

/// Usage including this call, if it counts: in the session, in the last minute, and today unless the model edge has counted
/// it.
fn done(
    rules: &Rules,
    alone: Done,
    counted: Option<Counted>,
    (released, minute): (&Released, u32),
    vouched: bool,
) -> Done {
    let alone = Done { minute, ..alone };
    let Some(call) = counted else { return alone };
    let done = released.with(alone, call);
    let daily = rules.beside.daily().filter(|_| rules.tools.limits.has_day() && !vouched);
    daily.map_or(done, |daily| daily.today(&rules.client).beside(done, call))
}

/// The policy without knowledge of the user's words. A tool session may last for weeks, and programs read the same thing
/// again and again: such a repetition needs approval only if the operator set a limit.
///
/// Of an ordered workflow, only this server's steps are visible here; where the model edge saw all of them, it has decided.
fn policy(rules: &Rules, effect: Effect, called: &Called<'_>, vouched: bool) -> ToolPolicy {
    let mut policy = rules.tools.without_user();
    if policy.workflow.ordered && vouched {
        policy.workflow.ordered = false;
    } else if policy.workflow.ordered && !called.known.is_empty() {
        let here = |step: &str| {
            let mut known = called.known.iter().copied().chain([called.tool]);
            known.any(|tool| policy.means(step, tool))
        };
        policy.workflow = policy.workflow.clone().seeing(here);
    }
    if !effect.acts() {
        policy.limits.repeat = policy.limits.repeat.or(Some(u32::MAX));
    }
    policy
}

/// The call with its tokens restored, and the patches that restore them in the message.
fn restored(minted: &Minted, called: &Called<'_>) -> (ToolCall, Vec<Patch>, Tally) {
    let (doc, mut tally, mut patches) = (&called.message.doc, Tally::default(), Vec::new());
    let mut call = ToolCall {
        tool: called.tool.to_owned(),
        id: called.id.clone(),
        complete: true,
        ..ToolCall::default()
    };
    let Some(node) = called.arguments else {
        "{}".clone_into(&mut call.arguments);
        "{}".clone_into(&mut call.written);
        return (call, patches, tally);
    };
    let span = match doc.kind(node) {
        Kind::String => doc.span(node).start - 1..doc.span(node).end + 1,
        _ => doc.span(node),
    };
    call.sound = doc.kind(node) == Kind::Object;
    called.message.raw(node).clone_into(&mut call.written);
    restore_strings(doc, node, minted, &[], &[], &mut tally, &mut patches);
    let inner = patches.iter().map(|patch| Patch {
        range: patch.range.start - span.start..patch.range.end - span.start,
        with: patch.with.clone(),
    });
    let whole = splice(call.written.as_bytes(), &mut inner.collect::<Vec<_>>());
    call.arguments = String::from_utf8_lossy(&whole).into_owned();
    call.one_way = tally.one_way > 0;
    (call, patches, tally)
}

/// The values behind the tokens in a text, with those tokens.
fn tokens(minted: &Minted, written: &str) -> Vec<(String, String)> {
    let value = |token: Token| match minted.meaning(&token) {
        Some(Meaning::Value(value)) => Some((value.to_owned(), token.to_string())),
        _ => None,
    };
    let mut found: Vec<_> = candidates(written).into_iter().filter_map(value).collect();
    found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    found
}

/// One JSON document as an exchange.
pub fn exchange(text: &str, role: Role, origin: &Origin) -> Exchange {
    let body = Bytes::copy_from_slice(text.as_bytes());
    let slots = Doc::parse(text.as_bytes(), Keys::Any).map(|doc| {
        let mut collector = Collector::new(&doc);
        collector.text(doc.root(), role, origin);
        collector.finish().slots
    });
    Exchange {
        edge: Edge::Tool,
        wire: "mcp",
        body,
        slots: slots.unwrap_or_default(),
        opaque: Vec::new(),
        model: None,
        stream: false,
        tools: Vec::new(),
        calls: Vec::new(),
    }
}

/// The effect class of a tool. Its definition can only raise it; unreadable arguments may do anything.
fn effect(rules: &Rules, called: &Called<'_>, arguments: &Arguments, readable: bool) -> Effect {
    let known = rules.tools.effect(called.tool).or(called.fixed).unwrap_or_else(|| {
        let defined = called.definitions.iter().map(|definition| defined(called.tool, definition));
        let named = classify(called.tool, Hints::default());
        arguments.effect(defined.fold(named, Effect::or_worse).or_worse(called.least))
    });
    if readable { known } else { known.or_worse(Effect::Unknown) }
}

fn defined(tool: &str, definition: &str) -> Effect {
    let Ok(doc) = Doc::parse(definition.as_bytes(), Keys::Any) else { return Effect::Unknown };
    let description = doc.get_str(doc.root(), "description").unwrap_or_default();
    let mut arguments = Vec::new();
    for key in ["inputSchema", "parameters"] {
        if let Some(schema) = doc.get(doc.root(), key) {
            properties(&doc, schema, &mut arguments);
        }
    }
    let told = classify(tool, Hints { description: &description, arguments: &arguments });
    hinted(&doc, told)
}

/// A server's hints about its own tool can only raise the effect class.
fn hinted(doc: &Doc<'_>, told: Effect) -> Effect {
    let says =
        |key, value| doc.path(doc.root(), &["annotations", key]).is_some_and(|node| doc.raw(node) == value);
    if says("destructiveHint", "true") && !says("readOnlyHint", "true") {
        told.or_worse(Effect::Change)
    } else if says("readOnlyHint", "false") && told == Effect::Read {
        Effect::Unknown
    } else {
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_can_raise_the_class_of_its_tool_and_never_lower_it() {
        let with = |tool: &str, annotations: &str| {
            defined(tool, &format!("{{\"name\":\"{tool}\",\"annotations\":{annotations}}}"))
        };
        assert_eq!(with("delete_file", r#"{"readOnlyHint":true,"destructiveHint":false}"#), Effect::Delete);
        assert_eq!(with("get_time", r#"{"readOnlyHint":true}"#), Effect::Read);
        assert_eq!(with("get_time", r#"{"readOnlyHint":false}"#), Effect::Unknown);
        assert_eq!(with("list_files", r#"{"destructiveHint":true}"#), Effect::Change);
        assert_eq!(defined("x", "not json"), Effect::Unknown);
    }
}
