//! Streams with withheld calls, split at any byte: the splits change nothing.

use std::sync::Arc;

use ombud_detect::mask::Minted;
use ombud_gateway::channel::stream::{AnswerStream, Step};
use ombud_gateway::wire::Wire as Format;
use ombud_gateway::wire::withhold::Withheld;
use proptest::prelude::*;
use serde_json::json;

use super::wires::Wire;

/// Returns what the client receives if the calls with these numbers are withheld.
fn after(wire: Wire, pieces: &[&[u8]], withheld: &[usize]) -> String {
    let format = match wire {
        Wire::Chat => Format::Chat,
        Wire::Responses => Format::Responses,
        Wire::Messages => Format::Messages,
    };
    let mut stream = AnswerStream::new(format, Arc::new(Minted::default()));
    let (mut out, mut seen) = (Vec::new(), 0);
    let mut drain = |stream: &mut AnswerStream| {
        while let Some(step) = stream.step() {
            match step {
                Step::Forward(bytes) => out.extend(bytes),
                Step::Unreadable | Step::TooLarge => panic!("every frame can be read"),
                Step::Decide(calls) => {
                    let numbered = calls.iter().zip(seen..);
                    let held =
                        numbered.filter(|(_, number)| withheld.contains(number)).map(|(call, number)| {
                            Withheld { place: call.place, id: call.id.clone(), text: format!("no {number}") }
                        });
                    let held = held.collect();
                    seen += calls.len();
                    stream.settle(held);
                }
            }
        }
    };
    for piece in pieces {
        stream.push(piece).unwrap();
        drain(&mut stream);
    }
    stream.end();
    drain(&mut stream);
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn cuts_change_nothing_and_every_call_is_either_there_or_explained(
        wire in prop::sample::select(vec![Wire::Chat, Wire::Responses, Wire::Messages]),
        withheld in prop::collection::btree_set(0..3_usize, 0..4),
        cuts in prop::collection::vec(0..6000_usize, 0..12),
        size in 1..40_usize,
    ) {
        let calls = [("a", "one", "{}"), ("b", "two", "{\"x\":\"é中\"}"), ("c", "three", "{\"y\":[1,2]}")];
        let calls = calls.map(|(id, name, arguments)| (id, name, arguments.to_owned()));
        let withheld: Vec<usize> = withheld.into_iter().collect();
        let text = wire.answer_text("Hm.", &calls, true, size);
        let mut bounds: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= text.len()).chain([0, text.len()]).collect();
        bounds.sort_unstable();
        let pieces: Vec<&[u8]> = bounds.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
        let whole = after(wire, &[text.as_bytes()], &withheld);
        prop_assert_eq!(&whole, &after(wire, &pieces, &withheld));
        if withheld.is_empty() {
            prop_assert_eq!(&whole, &text);
        }
        let got = wire.read(&whole, true);
        let left: Vec<&str> = got.calls.iter().map(|call| &*call.0).collect();
        let expected: Vec<&str> = calls.iter().enumerate().filter(|(at, _)| !withheld.contains(at)).map(|(_, call)| call.0).collect();
        prop_assert_eq!(left, expected);
        for number in 0..3 {
            prop_assert_eq!(got.text.contains(&format!("no {number}")), withheld.contains(&number));
        }
        if !withheld.contains(&1) {
            let two = got.calls.iter().find(|call| call.0 == "b").unwrap();
            prop_assert_eq!(&two.2, &json!({ "x": "é中" }));
        }
        let ends = if withheld.len() == 3 { ["stop", "end_turn", "completed"] } else { ["tool_calls", "tool_use", "completed"] };
        prop_assert!(ends.contains(&&*got.finish), "{:?}", got);
    }
}

#[test]
fn a_call_that_never_ends_is_not_kept_for_ever() {
    let mut stream = AnswerStream::new(Format::Chat, Arc::new(Minted::default()));
    let frame = |delta: &serde_json::Value| {
        format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }))
    };
    let call = json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "function", "function": { "name": "t", "arguments": "" } }] });
    stream.push(frame(&call).as_bytes()).unwrap();
    assert_eq!(stream.step(), None, "it waits");
    // Later content waits behind the call.
    let text = frame(&json!({ "content": "x".repeat(4 << 20) }));
    let ended = (0..40).find_map(|number| {
        stream.push(text.as_bytes()).unwrap();
        stream.step().map(|step| (number, step))
    });
    assert!(matches!(ended, Some((10..20, Step::TooLarge))), "{ended:?}");
    stream.end();
    assert_eq!(stream.step(), None, "and nothing of it goes out");
}
