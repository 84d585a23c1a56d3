//! Labels: what a passage says about somebody's health, faith, orientation, money, age or whereabouts.
//!
//! There is nothing to mask in them (the words are ordinary ones), but a policy may want to ask, and a notice must
//! mention them. A label is given only if one clause contains both a telling word and somebody whom it is about: a
//! pronoun, a relative, a role or a name that was found. Questions about the subject matter, suppositions and denials
//! yield none.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use ombud_core::{DataType, Detection};

use crate::text::is_word;

mod rules;

use rules::{CHILDREN, GENERAL, RULES, SCHOOLS, SUBJECTS};

/// The recogniser id of every label.
const LABEL: &str = "label";

/// Maximum number of bytes of the clause read on each side of a word.
const WINDOW: usize = 120;

/// Maximum number of labels per text: more would add nothing.
const MOST: usize = 64;

/// The meaning of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Says(DataType),
    School,
}

/// Finds labels. Immutable once made.
pub(crate) struct Topics {
    words: Option<AhoCorasick>,
    meanings: Vec<Word>,
}

impl Topics {
    pub(crate) fn new() -> Self {
        let says = RULES.iter().flat_map(|rule| rule.words.iter().map(|word| (*word, Word::Says(rule.kind))));
        let schools = SCHOOLS.iter().map(|word| (*word, Word::School));
        let (words, meanings): (Vec<_>, Vec<_>) = says.chain(schools).unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(words);
        Self { words: automaton.ok(), meanings }
    }

    /// The labels of a text, in ascending order, one of each kind per clause. `found` are its values, sorted.
    pub(crate) fn find(&self, text: &str, found: &[Detection]) -> Vec<Detection> {
        let mut labels: Vec<Detection> = Vec::new();
        let ages = found
            .iter()
            .filter(|value| value.kind == DataType::Age)
            .filter_map(|age| child(text, age, found));
        labels.extend(ages.take(MOST));
        let mut last = [usize::MAX; DataType::ALL.len()];
        for hit in self.words.iter().flat_map(|words| words.find_iter(text)) {
            let place = hit.start()..hit.end();
            let Some(word) = self.meanings.get(hit.pattern().as_usize()) else { continue };
            let clause = clause(text, &place);
            let kind = word.kind();
            let Some(known) = last.get_mut(kind as usize).filter(|known| **known != clause.start) else {
                continue;
            };
            if labels.len() < MOST && is_whole(text, &place) && word.is_said_of_somebody(text, &clause, found)
            {
                *known = clause.start;
                labels.push(label(kind, place.start));
            }
        }
        labels.sort_by_key(|label| label.span.start);
        labels
    }
}

impl Word {
    fn kind(self) -> DataType {
        match self {
            Self::Says(kind) => kind,
            Self::School => DataType::Minor,
        }
    }

    fn is_said_of_somebody(self, text: &str, clause: &Range<usize>, found: &[Detection]) -> bool {
        let words = text.get(clause.clone()).unwrap_or_default();
        let subjects = if self == Self::School { CHILDREN } else { SUBJECTS };
        let named = self != Self::School && names_somebody(found, clause);
        (named || holds(words, subjects)) && !holds(words, GENERAL)
    }
}

/// The label of a child whose age is stated: under fourteen, and the clause mentions somebody who may be a child.
fn child(text: &str, age: &Detection, found: &[Detection]) -> Option<Detection> {
    let years: u32 = text.get(age.span.clone())?.parse().ok()?;
    let clause = clause(text, &age.span);
    let words = text.get(clause.clone())?;
    (years < 14 && (names_somebody(found, &clause) || holds(words, CHILDREN)) && !holds(words, GENERAL))
        .then(|| label(DataType::Minor, age.span.start))
}

/// True if a name starts in the clause. `found` is sorted.
fn names_somebody(found: &[Detection], clause: &Range<usize>) -> bool {
    let first = found.partition_point(|value| value.span.start < clause.start);
    let inside = found.iter().skip(first).take_while(|value| value.span.start < clause.end);
    inside.into_iter().any(|value| value.kind == DataType::Person)
}

fn label(kind: DataType, at: usize) -> Detection {
    Detection { span: at..at, kind, score: 0.75, recogniser: LABEL }
}

/// The clause around a position: up to the next sentence end, or as far as is read.
fn clause(text: &str, place: &Range<usize>) -> Range<usize> {
    let ends = |ch: char| matches!(ch, '。' | '！' | '？' | '；' | '.' | '!' | '?' | ';' | '\n');
    let from = text.floor_char_boundary(place.start.saturating_sub(WINDOW));
    let to = text.ceil_char_boundary((place.end + WINDOW).min(text.len()));
    let before = text.get(from..place.start).unwrap_or_default();
    let after = text.get(place.end..to).unwrap_or_default();
    let start = before.rfind(ends).map_or(from, |at| {
        from + at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let end = after.find(ends).map_or(to, |at| place.end + at);
    start..end
}

/// True if one of the words is in the clause, ASCII ones as whole words.
fn holds(clause: &str, words: &[&str]) -> bool {
    let lower = clause.to_ascii_lowercase();
    words.iter().any(|word| lower.match_indices(word).any(|(at, _)| is_whole(&lower, &(at..at + word.len()))))
}

fn is_whole(text: &str, place: &Range<usize>) -> bool {
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let cut = |inner: Option<u8>, outer: Option<u8>| inner.is_some_and(is_word) && outer.is_some_and(is_word);
    let before = place.start.checked_sub(1).and_then(byte);
    !cut(byte(place.start), before) && !cut(byte(place.end.saturating_sub(1)), byte(place.end))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::Detector;

    fn labels(text: &str) -> Vec<DataType> {
        static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::default);
        let found = DETECTOR.detect_with_labels(text);
        found.into_iter().filter(|found| found.kind.is_label()).map(|found| found.kind).collect()
    }

    #[test]
    fn what_is_said_of_somebody() {
        for (text, kind) in [
            ("我妈上个月确诊了糖尿病，想问问饮食。", DataType::Health),
            ("My husband was diagnosed with lung cancer last week.", DataType::Health),
            ("我从小跟外婆信佛", DataType::Religion),
            ("She converted to Islam after the wedding.", DataType::Religion),
            ("我还没跟爸妈出柜", DataType::Orientation),
            ("My brother came out as gay in May.", DataType::Orientation),
            ("我网贷逾期三个月了，被催收", DataType::Finances),
            ("I am 30k in debt and my salary is gone", DataType::Finances),
            ("我女儿今年8岁，不爱写作业", DataType::Minor),
            ("my 7-year-old son refuses to sleep", DataType::Minor),
            ("我儿子在实验小学读三年级", DataType::Minor),
            ("她明天的航班，住在希尔顿 1203 房", DataType::Whereabouts),
            ("I'm staying at the Hilton in Porto", DataType::Whereabouts),
        ] {
            assert_eq!(labels(text).first(), Some(&kind), "{text}");
        }
    }

    #[test]
    fn what_is_said_of_nobody() {
        for text in [
            "如何预防糖尿病？",
            "糖尿病的典型症状有多饮、多尿、多食。",
            "What is the treatment for asthma?",
            "Depression is a common illness worldwide.",
            "The Catholic church was built in 1502.",
            "佛教徒在亚洲人数众多。",
            "贷款利率下调了 0.25 个百分点。",
            "The flight recorder was found.",
            "适合 3-6 岁儿童的绘本",
            "我35岁，在做后端开发",
            "I am not pregnant",
            "小学数学教材第三册",
        ] {
            assert_eq!(labels(text), [], "{text}");
        }
    }

    #[test]
    fn one_label_of_a_kind_for_each_clause() {
        assert_eq!(labels("我得了糖尿病、高血压。我妈也有高血压。"), [DataType::Health, DataType::Health]);
    }
}
