//! Any stream, cut anywhere: no panic, and the cuts do not change what the client gets.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ombud_core::DataType;
use ombud_detect::mask::Minted;
use ombud_gateway::channel::stream::{AnswerStream, Step};
use ombud_gateway::wire::Wire;

const WIRES: [Wire; 3] = [Wire::Chat, Wire::Responses, Wire::Messages];

fn run(wire: Wire, pieces: &[&[u8]]) -> Vec<u8> {
    let mut minted = Minted::default();
    minted.token(DataType::Phone, "13912345678", true, &|_, _, _| [0, 0, 0, 0, 1]);
    let mut stream = AnswerStream::new(wire, Arc::new(minted));
    let mut out = Vec::new();
    let mut take = |steps: Vec<Step>| {
        for step in steps {
            match step {
                Step::Forward(bytes) | Step::Release(_, bytes) => out.extend(bytes),
            }
        }
    };
    for piece in pieces {
        match stream.push(piece) {
            Ok(steps) => take(steps),
            Err(_) => return Vec::new(),
        }
    }
    take(stream.end());
    out
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (kind, cut, bytes) = input;
    let wire = WIRES[usize::from(kind) % WIRES.len()];
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(cut).max(1)).collect();
    assert_eq!(run(wire, &[bytes]), run(wire, &pieces));
});
