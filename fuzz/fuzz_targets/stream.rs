//! Any stream, cut anywhere, its calls released or withheld: no panic, and the cuts do not change what the client receives.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ombud_core::DataType;
use ombud_detect::mask::Minted;
use ombud_gateway::channel::stream::{AnswerStream, Step};
use ombud_gateway::wire::Wire;
use ombud_gateway::wire::withhold::Withheld;

fn run(wire: Wire, pieces: &[&[u8]], withhold: bool) -> Vec<u8> {
    let mut minted = Minted::default();
    minted.token(DataType::Phone, "13912345678", true, &|_, _, _| [0, 0, 0, 0, 1]);
    let mut stream = AnswerStream::new(wire, Arc::new(minted));
    let mut out = Vec::new();
    let mut drain = |stream: &mut AnswerStream| {
        while let Some(step) = stream.step() {
            match step {
                Step::Forward(bytes) => out.extend(bytes),
                Step::Unreadable | Step::TooLarge => stream.abandon(),
                Step::Decide(calls) => {
                    let every_other = calls.iter().step_by(2).filter(|_| withhold);
                    let held = every_other.map(|call| Withheld {
                        place: call.place,
                        id: call.id.clone(),
                        text: "no".into(),
                    });
                    stream.settle(held.collect());
                }
            }
        }
    };
    for piece in pieces {
        if stream.push(piece).is_err() {
            return Vec::new();
        }
        drain(&mut stream);
    }
    stream.end();
    drain(&mut stream);
    out
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (kind, cut, bytes) = input;
    let wire = Wire::ALL[usize::from(kind) % Wire::ALL.len()];
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(cut).max(1)).collect();
    for withhold in [false, true] {
        assert_eq!(run(wire, &[bytes], withhold), run(wire, &pieces, withhold));
    }
});
