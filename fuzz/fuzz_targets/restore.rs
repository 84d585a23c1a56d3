//! Any text, cut anywhere: restoring in pieces gives the same as restoring at once, and little is held back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ombud_core::DataType;
use ombud_detect::mask::restore::MAX_HELD;
use ombud_detect::mask::{Form, Minted, Restorer};

fn run<'a>(minted: &Minted, pieces: impl Iterator<Item = &'a str>) -> String {
    let mut restorer = Restorer::new(Form::Plain);
    let mut out = String::new();
    for piece in pieces {
        restorer.push(minted, piece, &mut out);
        assert!(restorer.pending().len() <= MAX_HELD);
    }
    restorer.finish(minted, &mut out);
    out
}

fuzz_target!(|input: (u8, &str)| {
    let (size, text) = input;
    let mut minted = Minted::default();
    minted.token(DataType::Phone, "13912345678", true, &|_, _, _| [0, 0, 0, 0, 1]);
    minted.token(DataType::Ip, "192.0.2.7", true, &|_, _, _| [1, 0, 0, 0, 0]);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let pieces = chars.chunks(usize::from(size).max(1)).map(|chunk| {
        let start = chunk[0].0;
        let end = chunk.last().map_or(start, |(at, ch)| at + ch.len_utf8());
        &text[start..end]
    });
    assert_eq!(run(&minted, std::iter::once(text)), run(&minted, pieces));
});
