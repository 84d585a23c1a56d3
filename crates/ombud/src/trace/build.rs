//! Builds the trace from what the log holds.

use bytes::Bytes;
use ombud_core::effect::{Effect, Part};
use ombud_core::event::{EventKind, LaidRecord, WeighedRecord};
use ombud_core::{Exchange, Origin, Role, SignRecord, Trust};
use ombud_detect::mask::token;
use ombud_detect::mask::{Form, Minted, Tally, restore};
use ombud_gateway::attribute::index::{self, Index};
use ombud_gateway::attribute::{Attributor, Context, Hit, weight};
use ombud_gateway::calls::approve;
use ombud_gateway::wire::Wire;
use ombud_gateway::wire::json::unescape;
use ombud_gateway::wire::said::said;
use ombud_gateway::{names, replay};
use serde::Serialize;
use serde_json::Value;

use super::Logged;
use super::notice::{NoticeTrace, noticed};

/// Overlaps of an answer listed at most.
const MOST: usize = 200;

/// Where an answer and its tool calls appear in what the model read.
#[derive(Debug, Serialize)]
pub(super) struct Traced {
    pub(super) exchange: String,
    pub(super) time: String,
    pub(super) provider: String,
    pub(super) wire: String,
    pub(super) model: Option<String>,
    /// Whether contents were erased: then only the log entries are left.
    pub(super) erased: bool,
    /// What was in the context, in order.
    pub(super) in_context: Vec<SlotTrace>,
    /// Signs of injection in it.
    pub(super) signs: Vec<SignTrace>,
    pub(super) calls: Vec<CallTrace>,
    /// What of the answer's text also appears in the context.
    pub(super) answer: Vec<Overlap>,
    /// What rules found in the answer.
    pub(super) noticed: Vec<NoticeTrace>,
    /// Parts of the request that could not be read.
    pub(super) not_inspected: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct SlotTrace {
    pub(super) slot: u64,
    pub(super) role: Role,
    pub(super) origin: Origin,
    pub(super) trust: Trust,
    pub(super) characters: usize,
    /// The tool call whose result it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<Source>,
    /// Parts with an origin of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) passages: Vec<Passage>,
}

/// A sign of injection, as it was recorded.
#[derive(Debug, Serialize)]
pub(super) struct SignTrace {
    #[serde(flatten)]
    pub(super) record: SignRecord,
    /// The text that matched; absent if it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) arguments: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Passage {
    pub(super) span: [usize; 2],
    pub(super) origin: Origin,
}

#[derive(Debug, Serialize)]
pub(super) struct CallTrace {
    pub(super) tool: String,
    pub(super) id: Option<String>,
    pub(super) effect: Option<Effect>,
    pub(super) decision: String,
    /// The arguments as the agent received, or would have received, them.
    pub(super) arguments: Option<String>,
    pub(super) overlaps: Vec<Overlap>,
    /// How it was decided, where that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weighed: Option<WeighedRecord>,
}

#[derive(Debug, Serialize)]
pub(super) struct Overlap {
    /// Path in the arguments; absent for an answer's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part>,
    /// The text in common; absent if it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    pub(super) slot: u64,
    pub(super) origin: Origin,
    /// `token`, `identifier` or `text`.
    pub(super) by: String,
    /// How much of the argument appears there, in percent; 0 if not measured.
    #[serde(skip_serializing_if = "is_nought")]
    pub(super) coverage: u8,
    /// Whether it is the first occurrence in the context.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) first: bool,
    /// Bytes of the slot's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span: Option<[usize; 2]>,
    /// The tool call whose result the slot is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Source>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nought(number: &u8) -> bool {
    *number == 0
}

/// The trace of an exchange, or of one of its calls.
pub(super) fn build(logged: &Logged, only: Option<&str>) -> Traced {
    let wire = Wire::by_id(&logged.request.wire);
    let read = || wire?.parse(Bytes::from(logged.sent.as_ref()?.0.clone())).ok();
    let exchange = read();
    let mut context =
        exchange.as_ref().map(|exchange| Attributor::default().context("", exchange)).unwrap_or_default();
    context.lay_again(&laid(logged));
    let sources: Vec<Option<Source>> =
        context.sources.iter().map(|source| source_of(exchange.as_ref(), &source.origin)).collect();
    let mut traced = Traced {
        exchange: logged.id.clone(),
        time: logged.time.clone(),
        provider: logged.request.provider.clone(),
        wire: logged.request.wire.clone(),
        model: logged.request.model.clone(),
        erased: logged.erased,
        in_context: slots(&context, &sources),
        signs: signs(&logged.request.signs, exchange.as_ref()),
        calls: Vec::new(),
        answer: Vec::new(),
        noticed: Vec::new(),
        not_inspected: logged.request.opaque.values().sum(),
    };
    for (kind, details) in &logged.calls {
        let call = call(kind, details.as_deref(), &traced.in_context);
        traced.calls.extend(call.filter(|call| only.is_none() || only == call.id.as_deref()));
    }
    if only.is_none() {
        traced.noticed =
            logged.notices.iter().flat_map(|(record, details)| noticed(record, details.as_deref())).collect();
    }
    if let (None, Some(wire), Some(answer)) = (only, wire, &logged.answer) {
        let minted = logged.sent.as_ref().map(|(body, patches)| minted(body, patches)).unwrap_or_default();
        for text in said(wire, answer) {
            let restored = restore(&minted, &text, Form::Plain, &mut Tally::default());
            traced.answer.extend(overlaps(&context, &restored.unwrap_or(text), &sources));
        }
        traced.answer.truncate(MOST);
    }
    traced
}

/// Passages that the gateway knew about beyond what the texts show, as the first call was judged by them.
fn laid(logged: &Logged) -> Vec<LaidRecord> {
    let mut details = logged.calls.iter().filter_map(|(_, details)| details.as_deref());
    let first =
        details.find_map(|details| serde_json::from_slice::<Value>(details).ok()?.get("laid").cloned());
    first.and_then(|laid| serde_json::from_value(laid).ok()).unwrap_or_default()
}

/// The recorded signs, with the text that matched.
fn signs(records: &[SignRecord], exchange: Option<&Exchange>) -> Vec<SignTrace> {
    let value = |record: &SignRecord| {
        let slot = exchange?.slots.get(usize::try_from(record.slot).ok()?)?;
        let [start, end] = record.span.map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        Some(slot.text.get(start..end)?.chars().take(400).collect())
    };
    let signs = records.iter().map(|record| SignTrace { value: value(record), record: record.clone() });
    signs.collect()
}

/// The call whose result an origin is.
fn source_of(exchange: Option<&Exchange>, origin: &Origin) -> Option<Source> {
    let Origin::Tool { call: Some(id), .. } = origin else { return None };
    let exchange = exchange?;
    let call = exchange.calls.iter().find(|call| call.id.as_deref() == Some(id))?;
    let arguments = approve::past(exchange, call).chars().take(400).collect();
    Some(Source { id: id.clone(), tool: call.tool.clone(), arguments })
}

fn slots(context: &Context, sources: &[Option<Source>]) -> Vec<SlotTrace> {
    let slots = context.sources.iter().zip(sources).map(|(source, call)| SlotTrace {
        slot: source.slot as u64,
        role: source.role,
        origin: source.origin.clone(),
        trust: source.origin.trust(),
        characters: source.index.folded.chars().count(),
        call: call.clone(),
        passages: source
            .passages
            .iter()
            .map(|passage| Passage {
                span: [passage.span.start, passage.span.end],
                origin: passage.origin.clone(),
            })
            .collect(),
    });
    slots.collect()
}

/// A recorded call. The log says where its arguments appear; the matching text is in the encrypted details.
fn call(kind: &EventKind, details: Option<&[u8]>, slots: &[SlotTrace]) -> Option<CallTrace> {
    let EventKind::ToolIntent { tool, call, decision, effect, arguments, weighed, .. } = kind else {
        return None;
    };
    let details: Option<Value> = details.and_then(|details| serde_json::from_slice(details).ok());
    let known = details.as_ref().and_then(|details| details.get("overlaps")?.as_array());
    // Each detail is used once: two locations that the record does not distinguish look alike.
    let mut known: Vec<&Value> = known.into_iter().flatten().collect();
    let source =
        |slot: u64| slots.iter().find(|known| known.slot == slot).and_then(|known| known.call.clone());
    let mut overlaps = Vec::new();
    for argument in arguments {
        for overlap in &argument.overlaps {
            let same = |row: &&Value| {
                let path = row.get("path").and_then(Value::as_str);
                path.is_some_and(|path| names::is_path(&argument.path, path))
                    && row.get("slot").and_then(Value::as_u64) == Some(overlap.slot)
                    && row.get("by").and_then(Value::as_str) == Some(&overlap.by)
            };
            let at = known.iter().position(same);
            let row = at.map(|at| known.remove(at));
            overlaps.push(Overlap {
                path: Some(argument.path.clone()),
                part: argument.part.as_deref().and_then(Part::by_id),
                value: row.and_then(|row| Some(row.get("value")?.as_str()?.to_owned())),
                slot: overlap.slot,
                origin: overlap.origin.clone(),
                by: overlap.by.clone(),
                coverage: overlap.coverage,
                first: overlap.first,
                span: row.and_then(|row| serde_json::from_value(row.get("span")?.clone()).ok()),
                source: source(overlap.slot),
            });
        }
    }
    Some(CallTrace {
        tool: tool.clone(),
        id: call.clone(),
        effect: *effect,
        decision: decision.clone(),
        arguments: details.and_then(|details| Some(details.get("arguments")?.as_str()?.to_owned())),
        overlaps,
        weighed: weighed.as_deref().cloned(),
    })
}

/// The identifiers and passages of a text that also appear in the context.
fn overlaps(context: &Context, text: &str, sources: &[Option<Source>]) -> Vec<Overlap> {
    let index = Index::new(text, index::Form::Words);
    let overlap = |hit: Hit, value: &str| Overlap {
        path: None,
        part: None,
        value: Some(value.to_owned()),
        slot: context.sources.get(hit.source).map_or(0, |source| source.slot as u64),
        source: sources.get(hit.source).cloned().flatten(),
        origin: hit.origin,
        by: hit.by.id().to_owned(),
        coverage: 0,
        first: false,
        span: Some([hit.span.start, hit.span.end]),
    };
    let mut found = Vec::new();
    let mut terms: Vec<_> = index.terms().filter(|(canonical, _)| weight(canonical) >= 4).collect();
    terms.sort_by_key(|(text, places)| {
        (places.first().map(|place| place.1.start), std::cmp::Reverse(text.len()), *text)
    });
    for (canonical, places) in terms {
        let Some((kind, _)) = places.first() else { continue };
        found.extend(context.identifier(*kind, canonical).into_iter().map(|hit| overlap(hit, canonical)));
    }
    for (hit, own) in context.shared(&index) {
        let value = text.get(index.original(&own)).unwrap_or_default();
        found.push(overlap(hit, value));
    }
    found
}

/// What the tokens of a request stood for, from the recorded replacements.
fn minted(body: &[u8], patches: &[u8]) -> Minted {
    let mut minted = Minted::default();
    for replay::Row(start, end, with, kind) in replay::rows(patches) {
        let value =
            body.get(start..end).and_then(|raw| std::str::from_utf8(raw).ok()).map(|raw| unescape(raw).0);
        let token = token::read(with.trim_matches('"').as_bytes());
        match (value, kind, token) {
            (Some(value), Some(kind), _) => minted.insert_surrogate(kind, &value, &with),
            (Some(value), None, Some(token)) => minted.insert(token, &value, true),
            _ => {}
        }
    }
    minted
}
