//! The tool calls of an answer: what each would do, where its values stand in the context, and what becomes of it.

pub mod approve;
pub mod arguments;
pub mod facts;
pub mod question;

use bytes::Bytes;
use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::event::ArgumentRecord;
use ombud_core::gate::{CallDecision, Doubt, ToolPolicy, decide_call};
use ombud_core::intent::Intent;
use ombud_core::{Exchange, Lang, OfferedTool};
use ombud_detect::mask::Minted;
use serde_json::json;

use crate::attribute::{Attributor, Context};
use crate::wire::Wire;
use crate::wire::answer::ToolCall;
use crate::wire::json::{Doc, Keys, Node};
use approve::Approver;
use arguments::Arguments;
use facts::Overlap;

/// Overlaps of one argument that are recorded.
const MOST_OVERLAPS: usize = 16;

/// What the calls of one answer are judged by. Nothing is prepared before there is a call.
pub struct Judge {
    /// The request as the agent sent it, where it has tools.
    request: Option<(Wire, Bytes)>,
    approver: Approver,
    prepared: Option<Prepared>,
}

/// A request, read for judging.
pub struct Prepared {
    /// The request.
    pub exchange: Exchange,
    /// Its texts, prepared.
    pub context: Context,
    /// The user's own words by turn, folded, with their places in the body.
    pub turns: Vec<(usize, String)>,
    /// What they ask for.
    pub intent: Intent,
}

impl Prepared {
    /// Reads a request. An exchange that cannot be read again is an empty one: then nothing speaks for a call.
    pub fn new(attributor: &Attributor, wire: Wire, body: &Bytes) -> Option<Self> {
        let exchange = wire.parse(body.clone()).ok()?;
        let context = attributor.context(&exchange);
        let turns = context.user_turns();
        let intent = Intent::of(turns.iter().map(|turn| turn.1.as_str()));
        Some(Self { exchange, context, turns, intent })
    }
}

/// What was decided about a call.
pub struct Judgement {
    /// What it does.
    pub effect: Effect,
    /// What becomes of it.
    pub decision: CallDecision,
    /// Where its arguments stand in the context, without content.
    pub arguments: Vec<ArgumentRecord>,
    /// The same with content, for the encrypted payload: JSON.
    pub details: Vec<u8>,
    /// What the user reads in its place, if it is not released.
    pub text: Option<String>,
}

impl Judge {
    /// A judge of the answers to a request.
    pub fn new(request: Option<(Wire, Bytes)>, approver: Approver) -> Self {
        Self { request, approver, prepared: None }
    }

    /// Bytes of the request that judging reads.
    pub fn weight(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.1.len())
    }

    /// Decides on a call.
    pub fn judge(
        &mut self,
        attributor: &Attributor,
        policy: &ToolPolicy,
        minted: &Minted,
        call: &ToolCall,
        lang: Lang,
    ) -> Judgement {
        if self.prepared.is_none() {
            self.prepared =
                self.request.take().and_then(|(wire, body)| Prepared::new(attributor, wire, &body));
        }
        let prepared = self.prepared.as_ref();
        let arguments = Arguments::of(call);
        let offered =
            prepared.and_then(|known| known.exchange.tools.iter().find(|tool| tool.name == call.tool));
        let effect = policy.effect(&call.tool).unwrap_or_else(|| effect(&call.tool, offered, prepared));
        let code = self.approver.code(&call.tool, &arguments.canonical);
        let approved = prepared.is_some_and(|known| {
            approve::is_given(&code, &known.turns, &known.exchange, &call.tool, &arguments.canonical)
        });
        let (facts, overlaps) = facts::of(prepared, effect, call, &arguments, minted, approved);
        let decision = decide_call(policy, &call.tool, &facts);
        let lang = prepared.map_or(lang, |known| question::language(&known.turns, lang));
        let text = question::text(&decision, &call.tool, effect, &call.arguments, &code, lang);
        Judgement {
            details: details(call, effect, &decision, &overlaps),
            arguments: records(overlaps),
            effect,
            decision,
            text,
        }
    }
}

/// The class of a tool by its name and what the request says of it.
fn effect(tool: &str, offered: Option<&OfferedTool>, prepared: Option<&Prepared>) -> Effect {
    let definition =
        offered.zip(prepared).and_then(|(tool, known)| known.exchange.body.get(tool.definition.clone()));
    let doc = definition.and_then(|definition| Doc::parse(definition, Keys::Any).ok());
    let Some(doc) = doc else { return classify(tool, Hints::default()) };
    let description = doc.get_str(doc.root(), "description").unwrap_or_default();
    let mut arguments = Vec::new();
    for key in ["parameters", "input_schema"] {
        if let Some(schema) = doc.get(doc.root(), key) {
            properties(&doc, schema, &mut arguments);
        }
    }
    classify(tool, Hints { description: &description, arguments: &arguments })
}

/// Names of properties anywhere in a schema.
fn properties(doc: &Doc<'_>, schema: Node, names: &mut Vec<String>) {
    for (key, value) in doc.members(schema) {
        if key == "properties" {
            names.extend(doc.members(value).map(|member| member.0.into_owned()));
            doc.members(value).for_each(|member| properties(doc, member.1, names));
        } else if matches!(&*key, "items" | "anyOf" | "oneOf" | "allOf" | "$defs" | "definitions") {
            properties(doc, value, names);
            doc.items(value).for_each(|item| properties(doc, item, names));
            if matches!(&*key, "$defs" | "definitions") {
                doc.members(value).for_each(|member| properties(doc, member.1, names));
            }
        }
    }
}

fn records(overlaps: Vec<Overlap>) -> Vec<ArgumentRecord> {
    let record = |found: Overlap| ArgumentRecord {
        path: found.path,
        part: found.part.map(|part| part.id().to_owned()),
        overlaps: found.hits.into_iter().take(MOST_OVERLAPS).map(|hit| hit.record).collect(),
    };
    overlaps.into_iter().map(record).collect()
}

fn details(call: &ToolCall, effect: Effect, decision: &CallDecision, overlaps: &[Overlap]) -> Vec<u8> {
    let doubts: &[Doubt] = decision.doubts();
    let overlaps: Vec<_> = overlaps
        .iter()
        .flat_map(|found| found.hits.iter().take(MOST_OVERLAPS).map(move |hit| (found, hit)))
        .map(|(found, hit)| {
            json!({
                "path": found.path, "part": found.part, "slot": hit.record.slot, "origin": hit.record.origin,
                "by": hit.record.by, "span": [hit.span.start, hit.span.end], "value": hit.value,
            })
        })
        .collect();
    let details = json!({
        "tool": call.tool, "id": call.id, "effect": effect, "decision": decision.id(), "arguments": call.arguments,
        "doubts": doubts, "overlaps": overlaps,
    });
    details.to_string().into_bytes()
}
