//! The memory of a conversation: a name found in one of its texts is found in all of them, including its short forms.
//!
//! A chat API sends the whole history again with each turn, so the texts of one request are the conversation, and nothing
//! is kept between requests: [`recall`] is a function of these texts alone. Requests cannot learn from each other.
//!
//! A short form that fits only one person is linked to that person's token ([`Kin`]; the grammar is in
//! [`mask::token`](crate::mask::token)); one that fits two, such as 老王 for both 王建国 and 王芳, is masked without a link.
//! Precision comes first: a single given name or surname counts only if it is spelled like a name, never at the start of
//! a sentence, and never if it is a word.

mod alias;
mod common;
mod finder;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ombud_core::{DataType, Detection, PLACE};

use crate::tagger::{self, lexicon::list};
use crate::{Detector, mask};
use alias::Strictness;
pub(crate) use common::is_common_latin;
use finder::Finder;

/// The recogniser id of recalled values.
pub const MEMORY: &str = "memory";

/// A name of which the model was less certain is not looked for elsewhere.
const SURE: f32 = 0.7;
/// Maximum number of values remembered per request.
const MOST: usize = 500;

/// Short forms and the full names they stand for, within one request.
#[derive(Default)]
pub struct Kin {
    heads: HashMap<Box<str>, Box<str>>,
}

/// Names stay out of logs.
impl fmt::Debug for Kin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kin").field("forms", &self.heads.len()).finish()
    }
}

impl Kin {
    /// The full name that a value stands for, if it is a short form of one person only.
    pub fn head(&self, kind: DataType, value: &str) -> Option<&str> {
        if kind == DataType::Person { self.heads.get(value).map(AsRef::as_ref) } else { None }
    }
}

/// The result of [`recall`].
#[derive(Debug)]
pub struct Recalled {
    /// The detections of each text, including those added by memory; sorted, without overlaps.
    pub detections: Vec<Arc<[Detection]>>,
    /// Which short forms belong to whom.
    pub kin: Arc<Kin>,
}

/// Finds again, in all texts of one request, what was found in one of them or is declared. `found` are the detections of
/// each text, `declared` the names declared by the operator.
pub fn recall(texts: &[&str], found: Vec<Arc<[Detection]>>, declared: &[Box<str>]) -> Recalled {
    let known = Known::new(texts, &found, declared);
    if known.patterns.is_empty() {
        return Recalled { detections: found, kin: Arc::default() };
    }
    let finder = Finder::new(known.patterns.keys().map(String::as_str));
    let patterns: Vec<Pattern> = known.patterns.values().copied().collect();
    let again = |(text, found): (&&str, Arc<[Detection]>)| {
        let hits: Vec<Detection> = hits(&finder, &patterns, text).collect();
        merge(&found, hits).map_or(found, Into::into)
    };
    let detections: Vec<_> = texts.iter().zip(found).map(again).collect();
    let mut heads = known.heads;
    for (text, found) in texts.iter().zip(&detections) {
        unlink_ambiguous(&mut heads, text, found);
    }
    Recalled { detections, kin: Arc::new(Kin { heads }) }
}

/// Everything that `detector` finds in a single text: a name found with certainty in one place is also found in its
/// others.
pub fn detect_whole(detector: &Detector, text: &str) -> Vec<Detection> {
    let found = detector.detect(text).into();
    let recalled = recall(&[text], vec![found], detector.declared_people());
    recalled.detections.first().map(|found| found.to_vec()).unwrap_or_default()
}

/// Removes links that could not be read back: those of a short form touched by a letter, a digit or another value, and of
/// a full name followed by a letter that could be taken for that of a short form.
fn unlink_ambiguous(heads: &mut HashMap<Box<str>, Box<str>>, text: &str, found: &[Detection]) {
    for (at, detection) in found.iter().enumerate().filter(|(_, found)| found.kind == DataType::Person) {
        let Some(value) = text.get(detection.span.clone()) else { continue };
        let after = text.get(detection.span.end..).unwrap_or_default();
        let touched = found.get(at + 1).is_some_and(|next| next.span.start == detection.span.end);
        if touched || after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            heads.remove(value);
        }
        if mask::may_follow(after) {
            heads.retain(|_, head| **head != *value);
        }
    }
}

/// The patterns to look for.
#[derive(Default)]
struct Known {
    patterns: BTreeMap<String, Pattern>,
    heads: HashMap<Box<str>, Box<str>>,
}

#[derive(Clone, Copy)]
struct Pattern {
    kind: DataType,
    score: f32,
    strictness: Strictness,
}

impl Known {
    fn new(texts: &[&str], found: &[Arc<[Detection]>], declared: &[Box<str>]) -> Self {
        let mut known = Self::default();
        for name in declared {
            known.add(name.trim(), DataType::Person, 1.0);
        }
        // Single Latin words that are in no list of names, found once so far.
        let mut once: HashSet<&str> = HashSet::new();
        for (text, found) in texts.iter().zip(found) {
            for detection in found.iter().filter(|detection| detection.score >= SURE) {
                let Some(value) = text.get(detection.span.clone()).filter(|v| is_memorable(detection, v))
                else {
                    continue;
                };
                let doubtful = detection.kind == DataType::Person && detection.recogniser == "tagger";
                if doubtful && !is_told(value) && once.insert(value) {
                    continue;
                }
                known.add(value.trim(), detection.kind, detection.score);
            }
        }
        known.add_aliases();
        known
    }

    fn add(&mut self, value: &str, kind: DataType, score: f32) {
        if value.is_empty() || self.patterns.len() >= MOST {
            return;
        }
        let strictness = if kind == DataType::Person { alias::strictness(value) } else { Strictness::Whole };
        let pattern = self.patterns.entry(value.to_owned()).or_insert(Pattern { kind, score, strictness });
        pattern.score = pattern.score.max(score);
    }

    /// Adds the short forms of the full names, and links those that fit one person only.
    fn add_aliases(&mut self) {
        let names: Vec<(String, f32)> = self
            .patterns
            .iter()
            .filter(|(_, pattern)| pattern.kind == DataType::Person)
            .map(|(name, pattern)| (name.clone(), pattern.score))
            .collect();
        let mut owners: BTreeMap<String, Vec<(&str, f32, Strictness)>> = BTreeMap::new();
        for (name, score) in &names {
            for (short, strictness) in alias::forms(name) {
                owners.entry(short).or_default().push((name, *score, strictness));
            }
        }
        for (short, owners) in owners {
            if let [(name, ..)] = owners.as_slice() {
                self.heads.insert(short.as_str().into(), (*name).into());
            }
            let score = owners.iter().map(|(_, score, _)| *score).fold(0.0, f32::max);
            if let Some((_, _, strictness)) = owners.first() {
                let pattern = Pattern { kind: DataType::Person, score, strictness: *strictness };
                self.patterns.entry(short).or_insert(pattern);
            }
        }
    }
}

/// The occurrences of known values in a text. `patterns` are those of the finder's values.
fn hits<'a>(
    finder: &'a Finder<'a>,
    patterns: &'a [Pattern],
    text: &'a str,
) -> impl Iterator<Item = Detection> {
    finder.places(text).filter_map(move |(number, span)| {
        let pattern = patterns.get(number)?;
        let stands = alias::stands(text, &span, pattern.strictness);
        stands.then_some(Detection { span, kind: pattern.kind, score: pattern.score, recogniser: MEMORY })
    })
}

/// True if a value means the same wherever it occurs: a name, or something with enough digits.
fn is_memorable(detection: &Detection, value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    match detection.kind {
        DataType::Person => value.chars().count() >= 2,
        DataType::Org => false,
        DataType::Location => detection.recogniser != PLACE && digits > 0 && value.chars().count() >= 6,
        _ => value.len() >= 6 && digits >= 2,
    }
}

/// True if one occurrence is enough to look for a name elsewhere: it has several words or is Chinese, or it is in a list
/// of names but in no list of words.
fn is_told(name: &str) -> bool {
    let single = name.chars().all(|c| c.is_ascii_alphabetic());
    if !single {
        return true;
    }
    let lists = tagger::lists_of(name);
    lists & (list::GIVEN | list::FAMILY) != 0 && lists & list::WORD == 0
}

/// The detections merged with the hits, if a hit adds something. Both are sorted and without overlaps. A detection is
/// kept unless a remembered value of its type contains all of it.
fn merge(found: &[Detection], hits: Vec<Detection>) -> Option<Vec<Detection>> {
    let mut merged = Vec::new();
    let mut taken = 0;
    for hit in hits {
        let first = taken + found.get(taken..)?.partition_point(|other| other.span.end <= hit.span.start);
        let touching = found.get(first..)?.iter().take_while(|other| other.span.start < hit.span.end);
        let (count, within) =
            touching.fold((0, true), |(count, within), other| (count + 1, within && gives_way(other, &hit)));
        if within {
            merged.extend_from_slice(found.get(taken..first)?);
            merged.push(hit);
            taken = first + count;
        }
    }
    if merged.is_empty() {
        return None;
    }
    merged.extend_from_slice(found.get(taken..)?);
    Some(merged)
}

/// True if a hit replaces a detection: a shorter one of the same type, or an organisation or a place where the
/// conversation knows a person of that name.
fn gives_way(found: &Detection, hit: &Detection) -> bool {
    let smaller = found.kind == hit.kind && found.span.len() < hit.span.len();
    let mistaken = hit.kind == DataType::Person && matches!(found.kind, DataType::Org | DataType::Location);
    (smaller || mistaken) && holds(&hit.span, &found.span)
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str, name: &str) -> Arc<[Detection]> {
        let start = text.find(name).unwrap();
        let span = start..start + name.len();
        [Detection { span, kind: DataType::Person, score: 0.9, recogniser: "tagger" }].into()
    }

    /// The values found in the last text after the first has mentioned a name.
    fn told(first: &str, name: &str, last: &str) -> (Vec<String>, Arc<Kin>) {
        let recalled = recall(&[first, last], vec![person(first, name), Arc::from([])], &[]);
        let values = recalled.detections[1].iter().map(|d| last[d.span.clone()].to_owned()).collect();
        (values, recalled.kin)
    }

    #[test]
    fn a_name_is_found_again_with_its_short_forms() {
        let (values, kin) = told("我叫王建国", "王建国", "老王来了吗？王总说建国哥不来，王建国也不来。");
        assert_eq!(values, ["老王", "王总", "建国哥", "王建国"]);
        assert_eq!(kin.head(DataType::Person, "王总"), Some("王建国"));
        assert_eq!(kin.head(DataType::Person, "王建国"), None);
        let (values, kin) = told("我叫陳建國", "陳建國", "陳總來了嗎？老陳和陳建國都不來。");
        assert_eq!(values, ["陳總", "老陳", "陳建國"]);
        assert_eq!(kin.head(DataType::Person, "陳總"), Some("陳建國"));
        let (values, kin) = told(
            "I am John Smith.",
            "John Smith",
            "Ask Mr. Smith or John, and tell J. Smith that Smith is right.",
        );
        assert_eq!(values, ["Mr. Smith", "John", "J. Smith", "Smith"]);
        assert_eq!(kin.head(DataType::Person, "John"), Some("John Smith"));
    }

    #[test]
    fn words_that_equal_a_short_form_are_left_alone() {
        for (first, name, last) in [
            ("我叫王建国", "王建国", "《小王子》很好看，国王总是对的，他在建国路上班"),
            ("我叫高明", "高明", "这个办法很高明"),
            ("我叫马超", "马超", "小马过河，老马识途，马上就到"),
            ("I am Will Young.", "Will Young", "Will you come? The will of the young; Young people will."),
            ("Ask April Rose.", "April Rose", "In April the Rose blooms. Mr Rose-water"),
            ("I am Mark Hall", "Mark Hall", "Mark my words at City Hall"),
        ] {
            assert_eq!(told(first, name, last).0, [""; 0], "{last}");
        }
    }

    #[test]
    fn a_short_form_of_two_people_is_masked_without_a_link() {
        let text = "王建国和王芳";
        let found: Arc<[Detection]> =
            person(text, "王建国").iter().chain(person(text, "王芳").iter()).cloned().collect();
        let recalled = recall(&[text, "问老王"], vec![found, Arc::from([])], &[]);
        assert_eq!(recalled.detections[1].len(), 1);
        assert_eq!(recalled.kin.head(DataType::Person, "老王"), None);
    }

    #[test]
    fn a_declared_name_need_not_be_found_first() {
        let recalled = recall(&["欧阳总在吗"], vec![Arc::from([])], &["欧阳锋".into()]);
        assert_eq!(recalled.detections[0].len(), 1);
        assert_eq!(recalled.kin.head(DataType::Person, "欧阳总"), Some("欧阳锋"));
    }

    #[test]
    fn what_was_found_by_itself_stays() {
        let text = "mail john.smith@example.com, John Smith";
        let email = Detection { span: 5..27, kind: DataType::Email, score: 0.9, recogniser: "email" };
        let first = "I am John Smith";
        let recalled = recall(&[first, text], vec![person(first, "John Smith"), [email.clone()].into()], &[]);
        assert_eq!(recalled.detections[1][0], email);
        assert_eq!(recalled.detections[1].len(), 2);
    }

    #[test]
    fn a_known_person_is_no_organisation() {
        let (first, last) = ("我是周航", "别忘了带。周航");
        let at = last.find("周航").unwrap();
        let org = Detection { span: at..last.len(), kind: DataType::Org, score: 0.79, recogniser: "tagger" };
        let recalled = recall(&[first, last], vec![person(first, "周航"), [org].into()], &[]);
        let kinds: Vec<DataType> = recalled.detections[1].iter().map(|found| found.kind).collect();
        assert_eq!(kinds, [DataType::Person]);
    }

    #[test]
    fn values_with_digits_are_remembered_and_words_are_not() {
        let first = "微信号 wxid_a1b2c3，密码是 hello";
        let at = first.find("wxid").unwrap();
        let secret = first.find("hello").unwrap();
        let found = [
            Detection { span: at..at + 11, kind: DataType::Wechat, score: 0.9, recogniser: "wechat" },
            Detection {
                span: secret..secret + 5,
                kind: DataType::Secret,
                score: 0.9,
                recogniser: "labelled_secret",
            },
        ];
        let recalled = recall(&[first, "hello, add wxid_a1b2c3"], vec![found.into(), Arc::from([])], &[]);
        assert_eq!(recalled.detections[1].len(), 1);
    }
}
