//! Runs of encoded bytes. A signature or an image in base64 is a long run of letters, some of which may look like a name;
//! a token in their place would break it.

use std::ops::Range;

/// Minimum length of a run: 30 bytes.
const SHORTEST: usize = 40;

/// The base64 runs (in either alphabet) in a text, in order. Paths and identifiers consist of words, in which the kind of
/// letter seldom changes; in encoded bytes it changes two times out of three.
pub(super) fn encoded(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| kind(**byte).is_some()).count();
        if length >= SHORTEST && rest.get(..length).is_some_and(is_encoded) {
            found.push(start..start + length);
        }
        start += length.max(1);
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Upper,
    Lower,
    Digit,
    Mark,
}

fn kind(byte: u8) -> Option<Letter> {
    match byte {
        b'A'..=b'Z' => Some(Letter::Upper),
        b'a'..=b'z' => Some(Letter::Lower),
        b'0'..=b'9' => Some(Letter::Digit),
        b'+' | b'/' | b'-' | b'_' | b'=' => Some(Letter::Mark),
        _ => None,
    }
}

fn is_encoded(run: &[u8]) -> bool {
    let has = |letter| run.iter().any(|byte| kind(*byte) == Some(letter));
    let letter = |byte: u8| kind(byte).filter(|kind| *kind != Letter::Mark);
    let changes = |pair: &&[u8]| match pair {
        [one, two] => letter(*one).zip(letter(*two)).is_some_and(|(one, two)| one != two),
        _ => false,
    };
    let changes = run.windows(2).filter(changes).count();
    has(Letter::Upper) && has(Letter::Lower) && has(Letter::Digit) && changes * 20 >= run.len() * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_from_words() {
        let text = "key: CiQB3Amy+x7Q9LiWei0bZ4kTq8/AnnaXw2Vd5sPq1Rt9Uu==, then Anna";
        let key = 5..text.find(',').unwrap();
        assert!(encoded(text).iter().eq([&key]), "{:?}", encoded(text));
        for text in [
            "/home/AnnaMiller/Documents/2024/Reports/FinalVersion3/readme",
            "Anna-Miller-and-Li-Wei-are-here-in-Room-12-of-the-House",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "short+A1b2C3",
        ] {
            assert!(encoded(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_name_in_a_run_is_none_and_beside_it_is_one() {
        let detector = crate::Detector::default();
        let runs = (0..200_u64).map(|seed| {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".as_bytes();
            let next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                char::from(letters[(state % 64) as usize])
            };
            std::iter::repeat_with(next).take(400).collect::<String>()
        });
        for run in runs {
            let text = format!("{{\"blob\": \"{run}\"}}");
            let names =
                detector.detect(&text).into_iter().filter(|found| found.recogniser == "tagger").count();
            assert_eq!(names, 0, "{text}");
            let beside = format!("{run} was sent by Anna Miller");
            assert!(
                detector.detect(&beside).iter().any(|found| &beside[found.span.clone()] == "Anna Miller")
            );
        }
    }
}
