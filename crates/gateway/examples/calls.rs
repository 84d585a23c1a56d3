//! Measures what deciding on a tool call costs: `cargo xtask bench calls`.
//!
//! Conversations of 50 turns on contexts of 16 and 256 KiB. Every turn adds 2 KiB of new text and ends in a call whose
//! recipient appears in a mail. An agent may drop its oldest results, so that the context keeps its length, or send all of
//! them, so that it grows by 100 KiB. Measured is what the gateway does for the call beyond forwarding: the request is
//! parsed again, its texts are attributed, and the gate decides. The first turn reads the whole context and is reported
//! separately, as is the cost of merely parsing a request of this length as JSON.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use ombud_core::{Lang, ToolPolicy};
use ombud_detect::mask::Minted;
use ombud_gateway::attribute::Attributor;
use ombud_gateway::calls::Judge;
use ombud_gateway::calls::approve::Approver;
use ombud_gateway::wire::Wire;
use ombud_gateway::wire::answer::ToolCall;
use ombud_gateway::wire::json::{Doc, Keys};
use serde_json::{Value, json};

const TURNS: usize = 50;
const CONVERSATIONS: usize = 20;
const NEW: usize = 2 * 1024;
const WORDS: &str = "the parcel of order left our house in ghent on monday and was seen by nobody since then please look where it may be \
    and write to desk or call the driver who knows the door code of the mill behind the river ";

fn main() {
    println!(
        "context | turns | cold ms | p50 ms | p99 ms | first ten, p50 | last ten, p50 | JSON alone, p50"
    );
    println!(
        "-------:|------:|--------:|-------:|-------:|---------------:|--------------:|----------------:"
    );
    for (kib, pieces, grows) in
        [(16, 8, false), (16, 8, true), (256, 128, false), (256, 128, true), (256, 1, true)]
    {
        report(&Context { bytes: kib * 1024, pieces, grows });
    }
}

/// What an agent sends with every turn.
struct Context {
    /// Its length at the first turn.
    bytes: usize,
    /// Number of tool results it is made of.
    pieces: usize,
    /// Whether new turns add to the context, or replace its oldest results.
    grows: bool,
}

fn report(context: &Context) {
    let all: Vec<Vec<[Duration; 2]>> = (0..CONVERSATIONS).map(|seed| conversation(context, seed)).collect();
    let of = |which: fn(&[Duration; 2]) -> Duration| -> Vec<Vec<Duration>> {
        all.iter().map(|turns| turns.iter().map(which).collect()).collect()
    };
    let (runs, json) = (of(|both| both[0]), of(|both| both[1]));
    let cold = at(runs.iter().filter_map(|turns| turns.first().copied()), 50);
    let warm = || runs.iter().flat_map(|turns| turns.iter().skip(1).copied());
    let first = runs.iter().flat_map(|turns| turns.iter().skip(1).take(10).copied());
    let last = runs.iter().flat_map(|turns| turns.iter().rev().take(10).copied());
    let shape = if context.pieces == 1 { "one text" } else { "texts of 2 KiB" };
    let (kib, grows) = (context.bytes / 1024, if context.grows { ", growing" } else { "" });
    println!(
        "{kib} KiB, {shape}{grows} | {TURNS} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2}",
        cold,
        at(warm(), 50),
        at(warm(), 99),
        at(first, 50),
        at(last, 50),
        at(json.iter().flatten().copied(), 50)
    );
}

/// A percentile in milliseconds.
fn at(times: impl Iterator<Item = Duration>, percent: usize) -> f64 {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// How long each turn of a conversation takes, and how long parsing its JSON alone takes.
fn conversation(context: &Context, seed: usize) -> Vec<[Duration; 2]> {
    let attributor = Attributor::default();
    let mut messages = vec![json!({ "role": "system", "content": "You help the users of a mail account." })];
    for piece in 0..context.pieces {
        results(&mut messages, &text(context.bytes / context.pieces, seed * 1000 + piece), piece);
    }
    let mut times = Vec::new();
    for turn in 0..TURNS {
        let mail = format!("From: anna{turn}@shop.example\n\n{}", text(NEW, seed * 1000 + 500 + turn));
        messages.push(json!({ "role": "user", "content": format!("Answer the mail of anna{turn} please") }));
        results(&mut messages, &mail, 1000 + turn);
        if !context.grows {
            forget_the_oldest(&mut messages);
        }
        times.push(timed(&attributor, &messages, turn));
    }
    times
}

fn timed(attributor: &Attributor, messages: &[Value], turn: usize) -> [Duration; 2] {
    let send = json!({ "type": "function", "function": { "name": "send_mail", "parameters": { "type": "object" } } });
    let body = Bytes::from(json!({ "model": "m", "tools": [send], "messages": messages }).to_string());
    let arguments = json!({ "to": format!("anna{turn}@shop.example"), "body": text(400, turn) }).to_string();
    let call = ToolCall {
        tool: "send_mail".into(),
        complete: true,
        written: arguments.clone(),
        arguments,
        ..ToolCall::default()
    };
    let start = Instant::now();
    let read = Doc::parse(&body, Keys::Unique);
    let json = start.elapsed();
    assert!(read.is_ok(), "a request that is no JSON");
    let start = Instant::now();
    let judge = Judge::alone(Some((Wire::Chat, body)), "client", Approver::new(&[7; 32], 1));
    let judged = judge.judge(attributor, &ToolPolicy::default(), &Minted::default(), &call, Lang::En);
    let time = start.elapsed();
    assert!(!judged.arguments.is_empty(), "a call without a record");
    [time, json]
}

/// Drops the oldest result with its call, and the user's turn that led to it.
fn forget_the_oldest(messages: &mut Vec<Value>) {
    let end = messages.iter().position(|message| message["role"] == "tool").map_or(1, |at| at + 1);
    messages.drain(1..end);
}

/// Appends a tool call and its result to the history.
fn results(messages: &mut Vec<Value>, text: &str, number: usize) {
    let id = format!("c{number}");
    let call =
        json!({ "id": id, "type": "function", "function": { "name": "read_mail", "arguments": "{}" } });
    messages.push(json!({ "role": "assistant", "tool_calls": [call] }));
    messages.push(json!({ "role": "tool", "tool_call_id": id, "content": text }));
}

/// Prose of a given length, with an address and a number now and then, different for every seed.
fn text(bytes: usize, seed: usize) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let (mut text, mut at) = (String::new(), seed.wrapping_mul(7919));
    while text.len() < bytes {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = words.get((at >> 33) % words.len()).copied().unwrap_or_default();
        text.push_str(word);
        text.push(' ');
        if at >> 58 == 1 {
            let found = format!("no. {} mail{}@shop.example ", at >> 44, at >> 50);
            text.push_str(&found);
        }
    }
    text
}
