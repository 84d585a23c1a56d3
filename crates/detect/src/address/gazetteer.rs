//! The names of Chinese provinces, cities, counties, towns and townships, as an automaton that is used directly from the
//! binary.
//!
//! The names are stored from their last character to their first, because it is the last one (省, 市, 区, 县, 镇, 乡) that
//! shows where a name may end. `docs/model-card.md` documents their sources; `cargo xtask places --data DIR` builds the
//! file.

use std::sync::OnceLock;

use fst::raw::Fst;

static FILE: &[u8] = include_bytes!("../../model/places.fst");

/// Length of the longest name in characters.
const LONGEST: usize = 12;

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With its suffix: 杭州市.
    Full,
    /// Without the suffix: 杭州. Accepted only before another part of an address.
    Short,
}

/// The longest name that ends at `end`: its start and form.
pub(crate) fn ending_at(text: &str, end: usize) -> Option<(usize, Form)> {
    names(text, end).last()
}

/// True if `text[start..end]` is a name with its suffix.
pub(crate) fn is_full(text: &str, start: usize, end: usize) -> bool {
    names(text, end).any(|found| found == (start, Form::Full))
}

/// Every name that ends at `end`, shortest first.
fn names(text: &str, end: usize) -> impl Iterator<Item = (usize, Form)> {
    let mut state = automaton().map(|fst| (fst, fst.root().addr(), 0));
    let before = text.get(..end).unwrap_or_default();
    let steps = before.char_indices().rev().take(LONGEST).map_while(move |(at, ch)| {
        let (fst, address, output) = state?;
        state = step(fst, address, output, ch);
        let (fst, address, output) = state?;
        let node = fst.node(address);
        let form = if output + node.final_output().value() == 0 { Form::Full } else { Form::Short };
        Some(node.is_final().then_some((at, form)))
    });
    steps.flatten()
}

type State = (&'static Fst<&'static [u8]>, fst::raw::CompiledAddr, u64);

/// Follows one character from a state.
fn step(fst: &'static Fst<&'static [u8]>, address: usize, output: u64, ch: char) -> Option<State> {
    let mut state = (fst, address, output);
    for byte in ch.encode_utf8(&mut [0; 4]).bytes() {
        let node = fst.node(state.1);
        let taken = node.transition(node.find_input(byte)?);
        state = (fst, taken.addr, state.2 + taken.out.value());
    }
    Some(state)
}

/// The automaton of this build. `None` only if the embedded file is invalid, which a test rules out.
fn automaton() -> Option<&'static Fst<&'static [u8]>> {
    static READ: OnceLock<Option<Fst<&'static [u8]>>> = OnceLock::new();
    READ.get_or_init(|| Fst::new(FILE).ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<(&str, Form)> {
        ending_at(text, text.len()).map(|(start, form)| (&text[start..], form))
    }

    #[test]
    fn names_of_every_level_are_known() {
        for place in
            ["浙江省", "内蒙古自治区", "杭州市", "西湖区", "清苑县", "鄂温克族自治旗", "周庄镇", "鲸园街道"]
        {
            assert_eq!(name(&format!("我在{place}")), Some((place, Form::Full)));
        }
        assert_eq!(name("寄到杭州"), Some(("杭州", Form::Short)));
        assert!(is_full("我在西湖区", "我在".len(), "我在西湖区".len()));
    }

    #[test]
    fn words_are_no_names() {
        for word in ["这个市", "上市", "地区", "居民小区", "各街道", "城镇", "", "区"] {
            assert_eq!(name(word), None, "{word}");
        }
    }
}
