//! Any body on any wire: no panic; a parsed body can be masked, stays JSON, and loses no byte outside the masked spans.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ombud_core::Policy;
use ombud_detect::{Detector, Options};
use ombud_gateway::caller::Caller;
use ombud_gateway::inspect::{Inspector, apply};
use ombud_gateway::wire::Wire;

static INSPECTOR: LazyLock<Inspector> = LazyLock::new(|| Inspector::new(Detector::new(&Options::default())));

const WIRES: [Wire; 5] = [Wire::Chat, Wire::Responses, Wire::Embeddings, Wire::Messages, Wire::CountTokens];

fuzz_target!(|input: (u8, &[u8])| {
    let wire = WIRES[usize::from(input.0) % WIRES.len()];
    let Ok(exchange) = wire.parse(Bytes::copy_from_slice(input.1)) else { return };
    for slot in &exchange.slots {
        assert!(slot.span.end <= exchange.body.len(), "a slot lies in the body");
    }
    let found = INSPECTOR.remember(&exchange, INSPECTOR.detect("client", &exchange));
    let key = Caller::from_seed([7; 32], "").mint_key(Some(wire));
    let Ok(masked) = apply(&Policy::default(), &exchange, &found, &key, &BTreeSet::new()) else { return };
    assert!(
        serde_json::from_slice::<&serde_json::value::RawValue>(&masked.body).is_ok(),
        "what leaves is JSON"
    );
    if masked.patches.is_empty() {
        assert_eq!(masked.body, exchange.body, "nothing replaced, nothing changed");
    }
});
