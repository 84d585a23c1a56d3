//! Finds known values in a text. A finder serves one request, so it must cost next to nothing to build: building an
//! automaton over the same values takes longer than reading a chat.

use std::ops::Range;

/// Size in bits of the filter over the first two bytes of the values.
const FILTER: usize = 4096;

/// Known values in byte order, and a filter over their starts.
pub(super) struct Finder<'a> {
    values: Vec<&'a str>,
    filter: [u64; FILTER / 64],
    longest: usize,
}

impl<'a> Finder<'a> {
    /// A finder of `values`, which must be distinct and in byte order. A value of one byte is never found.
    pub(super) fn new(values: impl Iterator<Item = &'a str>) -> Self {
        let values: Vec<&str> = values.collect();
        let mut filter = [0; FILTER / 64];
        for value in &values {
            if let [first, second, ..] = value.as_bytes()
                && let Some(word) = filter.get_mut(place(*first, *second) / 64)
            {
                *word |= 1 << (place(*first, *second) % 64);
            }
        }
        let longest = values.iter().map(|value| value.len()).max().unwrap_or_default();
        Self { values, filter, longest }
    }

    /// The occurrences of values in a text from left to right, the longest where several start, without overlaps; each
    /// with the index of its value.
    pub(super) fn places(&self, text: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some([first, second, ..]) = bytes.get(at..) {
                if self.may_begin(*first, *second)
                    && let Some((number, value)) = self.longest_at(bytes.get(at..).unwrap_or_default())
                {
                    let span = at..at + value.len();
                    at = span.end;
                    return Some((number, span));
                }
                at += 1;
            }
            None
        })
    }

    fn may_begin(&self, first: u8, second: u8) -> bool {
        let place = place(first, second);
        self.filter.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// The longest value that `rest` starts with. A value that sorts before `rest` but is not a prefix of it shares some
    /// bytes with it; a shorter match must be within these.
    fn longest_at(&self, rest: &[u8]) -> Option<(usize, &'a str)> {
        let mut rest = rest.get(..self.longest).unwrap_or(rest);
        while rest.len() > 1 {
            let number = self.values.partition_point(|value| value.as_bytes() <= rest).checked_sub(1)?;
            let value = *self.values.get(number)?;
            if rest.starts_with(value.as_bytes()) {
                return (value.len() > 1).then_some((number, value));
            }
            let shared = rest.iter().zip(value.as_bytes()).take_while(|(left, right)| left == right).count();
            rest = rest.get(..shared)?;
        }
        None
    }
}

fn place(first: u8, second: u8) -> usize {
    (usize::from(first) << 5 ^ usize::from(second)) % FILTER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(values: &[&str], text: &str) -> Vec<String> {
        let mut values = values.to_vec();
        values.sort_unstable();
        let finder = Finder::new(values.iter().copied());
        let places: Vec<_> = finder.places(text).collect();
        assert!(places.iter().all(|(number, span)| values[*number] == &text[span.clone()]));
        places.into_iter().map(|(_, span)| text[span].to_owned()).collect()
    }

    #[test]
    fn the_longest_value_wins() {
        assert_eq!(found(&["ab", "abcd", "abce", "bc"], "abcf abcd"), ["ab", "abcd"]);
        assert_eq!(found(&["王建", "王建国", "建国哥"], "王建国哥，王建"), ["王建国", "王建"]);
        assert_eq!(found(&["a", "ba"], "aaba"), ["ba"]);
        assert_eq!(found(&[], "anything"), [""; 0]);
    }

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(values in prop::collection::btree_set("[ab王]{2,5}", 1..20), text in "[ab王 ]{0,60}") {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let automaton = aho_corasick::AhoCorasick::builder()
                .match_kind(aho_corasick::MatchKind::LeftmostLongest)
                .build(&values)
                .unwrap();
            let expected: Vec<_> = automaton.find_iter(&text).map(|hit| (hit.pattern().as_usize(), hit.span().range())).collect();
            let finder = Finder::new(values.iter().copied());
            prop_assert_eq!(finder.places(&text).collect::<Vec<_>>(), expected);
        }
    }
}
