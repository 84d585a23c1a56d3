//! The message that the user points to: “change it to what she wrote”, 按他说的改. What its writer says about the new state of a thing
//! the user named is what the user wants; what it says about recipients, accounts, links, other things or other actions is not.
//!
//! The platform says whose message it is: a field of its record, the head of a mail, the name before a chat line. In plain text
//! anybody can write such a line, so a person's lines count only as a single contiguous block.

use std::collections::BTreeSet;
use std::ops::Range;

use ombud_core::effect::{Effect, Part, is_id};

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::record::{SENDERS, has_rows, is, is_of_a_record_spoken_of, reads, results};
use crate::attribute::identifier::{Kind, terms};
use crate::attribute::index::stands_in;
use crate::attribute::sieve::Probe;
use crate::attribute::{Source, folded, weight};

/// Longest name before a chat line, in bytes.
const LONGEST_AUTHOR: usize = 64;

/// Maximum number of occurrences of a value examined per text.
const MOST_PLACES: usize = 16;

/// Maximum number of lines read per text.
const MOST_LINES: usize = 2_000;

/// Words with which the user refers to what somebody said, matched as whole words.
const SAID: &str = "say says said asks asked wants wanted wrote writes offers offered suggests suggested proposes proposed requests requested";

/// Nouns for somebody's words, after “his”, “her”, “Anouk's”.
const WORDS: &str =
    "mail email message note letter details words way request offer list dm reply answer post comment";

/// The same and their nouns in Chinese, matched anywhere in a turn.
const CHINESE_SAID: &str = "按他 按她 照他 照她 依他 依她 照着 的意思 说的 写的 发的 报的 点的 提的 要求 留言 来信 邮件里 消息里 聊天里 微信里 想换 想改 要改 要换";

/// Other keys under which records name their writer.
const WRITERS: &str =
    "with by buyer customer guest tenant client contact 买家 客户 顾客 客人 发信人 留言人 who name shui";

/// Marks at which somebody else's words begin inside a message.
const OTHERS: &[&str] = &[
    "\n>",
    "\n--",
    "\n==",
    "\n__",
    "fwd",
    "fw:",
    "forwarded",
    "original message",
    "转发",
    "识别",
    "写着",
    "pasted",
    "assistant",
    "助手",
];

/// The messages in a context that the user points to.
#[derive(Debug, Default)]
pub(crate) struct Pointed {
    messages: Vec<(usize, Place)>,
    /// Their senders' addresses.
    addresses: BTreeSet<String>,
}

/// Where a message is.
#[derive(Debug)]
enum Place {
    /// In this object of structured text.
    Record(u32),
    /// At this span of a folded text.
    Bytes(Range<usize>),
}

impl Pointed {
    /// Finds the messages of people whom the user names and to whose words the user refers.
    pub(crate) fn of(known: &Prepared) -> Self {
        let mut pointed = Self::default();
        if known.turns.iter().any(|(_, turn)| speaks_of_words(turn)) {
            let read = results(known).filter(|source| reads(known, &source.origin));
            read.for_each(|source| pointed.read(known, source));
        }
        pointed
    }

    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    fn read(&mut self, known: &Prepared, source: &Source) {
        let found = if source.index.structured {
            of_records(known, source)
        } else {
            of_lines(known, &source.index.folded)
        };
        for (place, author) in found {
            self.messages.push((source.slot, place));
            let emails = terms(&author).into_iter().filter(|term| term.kind == Kind::Email);
            self.addresses.extend(emails.map(|term| term.canonical));
        }
    }

    /// Whether the user wants to reply to the writer, and all of the messages came from this address.
    pub(super) fn is_answered_at(&self, known: &Prepared, address: &str) -> bool {
        let answers = || known.intent().replies || known.turns.iter().any(|(_, turn)| tells_them(turn));
        self.addresses.len() == 1 && self.addresses.contains(address) && answers()
    }

    /// Whether this span of a text, or of a field of this object, lies within such a message's own words.
    pub(super) fn covers(&self, slot: usize, record: Option<u32>, text: &str, at: &Range<usize>) -> bool {
        self.around(slot, record, text, at).is_some()
    }

    /// Returns the message's own words around this span.
    fn around<'t>(
        &self,
        slot: usize,
        record: Option<u32>,
        text: &'t str,
        at: &Range<usize>,
    ) -> Option<&'t str> {
        self.messages.iter().filter(|(own, _)| *own == slot).find_map(|(_, place)| {
            let bytes = match place {
                Place::Record(number) => (record == Some(*number)).then_some(0..text.len())?,
                Place::Bytes(bytes) => record.is_none().then(|| bytes.clone())?,
            };
            let own = own_words(text.get(bytes.clone())?);
            (bytes.start <= at.start && at.end <= bytes.start + own.len()).then_some(own)
        })
    }
}

/// Returns a message up to where somebody else's words begin in it.
fn own_words(message: &str) -> &str {
    // Brackets in the middle of a line were inserted: “[photo, text recognised]”.
    let put =
        |at: usize| message.get(..at).is_some_and(|before| !before.is_empty() && !before.ends_with('\n'));
    let brackets = message.match_indices(['[', '【']).map(|(at, _)| at).find(|at| put(*at));
    let end = OTHERS.iter().filter_map(|mark| message.find(mark)).chain(brackets).min();
    message.get(..end.unwrap_or(message.len())).unwrap_or_default()
}

/// Whether the user asks for a reply: “Write her which one”, “and confirm to her”.
fn tells_them(turn: &str) -> bool {
    const TELLS: &str = "tell write inform thank text mail email message let to";
    let words: Vec<&str> = turn.split(|ch: char| !ch.is_ascii_alphanumeric()).collect();
    words.windows(2).any(|pair| matches!(pair, [verb, "her" | "him" | "them"] if is(TELLS, verb)))
        || ["告诉她", "告诉他", "通知她", "通知他"].iter().any(|word| turn.contains(word))
}

fn speaks_of_words(turn: &str) -> bool {
    let words: Vec<&str> =
        turn.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let of = |pair: &[&str]| matches!(pair, ["his" | "her" | "their" | "s", what] if is(WORDS, what));
    words.iter().any(|word| is(SAID, word))
        || words.windows(2).any(of)
        || CHINESE_SAID.split(' ').any(|word| turn.contains(word))
}

/// Returns the objects written by somebody the user names, if they are all by the same person.
fn of_records(known: &Prepared, source: &Source) -> Vec<(Place, String)> {
    let writer = |key: &str| is(SENDERS, key) || is(WRITERS, key);
    let fields = source.index.fields.iter();
    let named: Vec<_> = fields.filter(|field| writer(&field.key) && is_named(known, &field.value)).collect();
    let one = named.iter().all(|field| named.first().is_some_and(|first| first.value == field.value));
    named.iter().filter(|_| one).map(|field| (Place::Record(field.record), field.value.clone())).collect()
}

/// Returns the chat lines, or the mail, written by somebody the user names, if they form one contiguous block.
fn of_lines(known: &Prepared, text: &str) -> Vec<(Place, String)> {
    let mut runs: Vec<(Range<usize>, String)> = Vec::new();
    let (mut at, mut own) = (0, false);
    for line in text.split_inclusive('\n').take(MOST_LINES) {
        let end = at + line.len();
        let author = author(line);
        let named = author.map(|author| is_named(known, author));
        match runs.last_mut().filter(|_| own && named != Some(false)) {
            Some((run, _)) => run.end = end,
            None if named == Some(true) => runs.push((at..end, author.unwrap_or_default().to_owned())),
            None => {}
        }
        own = named.unwrap_or(own);
        at = end;
    }
    if runs.len() > 1 {
        runs.clear();
    }
    runs.into_iter().map(|(run, author)| (Place::Bytes(run), author)).collect()
}

/// Returns the author that a line names: `【乐珊】 10:05`, `[15:10] Maike: hello`, `From: Annika Dorsey <annika@…>`.
fn author(line: &str) -> Option<&str> {
    const HEADS: &[&str] = &["from:", "发件人:", "来自:"];
    if let Some(rest) = HEADS.iter().find_map(|head| line.trim_start().strip_prefix(head)) {
        return Some(rest.trim());
    }
    if let Some((name, _)) = line.strip_prefix('【').and_then(|rest| rest.split_once('】')) {
        return Some(name);
    }
    let end = line.match_indices(':').find(|(at, _)| {
        let after = line.get(at + 1..).unwrap_or_default().chars().next();
        after.is_some_and(|after| after == ' ' || !after.is_ascii())
    });
    let (end, _) = end.filter(|(end, _)| *end <= LONGEST_AUTHOR)?;
    let head = line.get(..end)?;
    // A chat line has a time before the name.
    let timed = head.bytes().any(|byte| byte.is_ascii_digit());
    let name = head
        .trim_start_matches(|ch: char| !ch.is_alphabetic())
        .trim_end_matches(|ch: char| !ch.is_alphanumeric());
    (timed && !name.is_empty()).then_some(name)
}

/// Whether the user names this person, by at least half the words of the name, or of the local part of the address.
fn is_named(known: &Prepared, author: &str) -> bool {
    let display =
        author.split(['<', ',', '，', '(']).map(str::trim).find(|part| !part.is_empty()).unwrap_or_default();
    let name = display.split_once('@').map_or(display, |(name, _)| name);
    let words = name.split(|ch: char| !ch.is_alphanumeric()).filter(|word| weight(word) >= 3);
    let (mut all, mut said) = (0, 0);
    for word in words {
        all += 1;
        said += usize::from(known.mentions_person(word) || known.says_the_end_of_a_name(word));
    }
    said > 0 && said * 2 >= all
}

/// Whether a value is one that the user may leave to somebody's message: what a thing is to become, how much, where, when. Not
/// which thing it is, who receives something, what others are told, what is deleted, who gets access, or which account is paid.
pub(super) fn may_be_left(effect: Effect, leaf: &Leaf, part: Part) -> bool {
    let makes = matches!(effect, Effect::Create | Effect::Change | Effect::Unknown);
    let open = match part {
        Part::Content => makes || effect == Effect::Pay,
        Part::Object => makes && !is_id(&leaf.key),
        Part::Amount => effect == Effect::Pay,
        _ => false,
    };
    let digits = leaf.value.bytes().filter(u8::is_ascii_digit).count();
    let time = leaf.value.chars().all(|ch| ch.is_ascii_digit() || "-:/ T".contains(ch));
    let account = leaf.value.contains("://") || digits >= 12 && digits * 2 > leaf.value.chars().count();
    open && !leaf.value.contains('@') && (!account || time)
}

/// Whether the user left this value to somebody's message: it appears there, and is not a whole field of any structured result.
pub(super) fn is_left(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let pointed = known.pointed();
    if pointed.messages.is_empty() || value.is_empty() || is_code(value) {
        return false;
    }
    let mut found = false;
    for source in results(known).filter(|source| source.index.sieve.may_contain(&probe)) {
        let fields = || source.index.fields.iter();
        if has_rows(source) && fields().any(|field| field.value == value) {
            return false;
        }
        let stands = |record: Option<u32>, text: &str| {
            let mut places = probe.find_in(text).take(MOST_PLACES).map(|at| at..at + value.len());
            places.any(|at| {
                pointed.around(source.slot, record, text, &at).is_some_and(|own| stands_in(own, value))
            })
        };
        found |= if source.index.structured {
            fields().any(|field| stands(Some(field.record), &field.value))
        } else {
            stands(None, &source.index.folded)
        };
    }
    found
}

/// Whether a value is the code of a thing: `dome-318`, `f60518`.
fn is_code(value: &str) -> bool {
    let joined = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '.' | '#');
    value.chars().all(joined)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether the call identifies its target as something the user named; if it does so by ids, all of them must be.
pub(super) fn names_something(known: &Prepared, leaves: &[Leaf], own: &Leaf) -> bool {
    let named = |leaf: &Leaf| {
        let value = folded(&leaf.value);
        let telling = weight(&value) >= 3 && (is_id(&leaf.key) || value.chars().any(char::is_alphabetic));
        telling
            && (known.says(&value) || known.says_its_words(&value) || is_of_a_record_spoken_of(known, &value))
    };
    let mut others = leaves.iter().filter(|leaf| leaf.path != own.path);
    let mut numbers = leaves.iter().filter(|leaf| is_id(&leaf.key)).peekable();
    if numbers.peek().is_some() { numbers.all(named) } else { others.any(named) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks() {
        for (line, who) in [
            ("【乐珊】 10:05  地址填错了", Some("乐珊")),
            ("[15:10] maike: hello", Some("maike")),
            ("12-03 17:22 林雾:标题想换", Some("林雾")),
            ("from: annika dorsey <annika@x.example>", Some("annika dorsey <annika@x.example>")),
            ("the total is this: five", None),
        ] {
            assert_eq!(author(line), who, "{line}");
        }
    }

    #[test]
    fn where_others_begin() {
        for (message, own) in [
            ("to 5 mill road\n> to 9 dock road", "to 5 mill road"),
            ("to 5 mill road [photo: 9 dock road]", "to 5 mill road "),
            ("[10:05] maike: to 5 mill road", "[10:05] maike: to 5 mill road"),
            ("fwd: to 9 dock road", ""),
            ("五号。转发：九号", "五号。"),
        ] {
            assert_eq!(own_words(message), own);
        }
    }

    #[test]
    fn words_about_words() {
        for turn in ["do it as she says", "put it into her mail's place, see his note", "按她发的改"] {
            assert!(speaks_of_words(turn), "{turn}");
        }
        for turn in ["mail tom that i'm late", "summarise the article that ben posted", "给小李发邮件"]
        {
            assert!(!speaks_of_words(turn), "{turn}");
        }
    }

    #[test]
    fn what_may_be_left() {
        let may = |effect, key: &str, value: &str, part| {
            let leaf = Leaf { path: "/x".into(), key: key.into(), value: value.into() };
            may_be_left(effect, &leaf, part)
        };
        assert!(may(Effect::Change, "address", "17 Swan Court", Part::Object));
        assert!(may(Effect::Change, "until", "2026-11-16 10:00", Part::Content));
        for (effect, key, value, part) in [
            (Effect::Change, "order_id", "SW-411", Part::Object),
            (Effect::Delete, "name", "old", Part::Object),
            (Effect::Send, "text", "hello there", Part::Content),
            (Effect::Create, "iban", "NL44 KADE 0123 4444 5512 34", Part::Content),
            (Effect::Change, "mail", "a@b.example", Part::Content),
            (Effect::Pay, "to", "Ann", Part::Account),
        ] {
            assert!(!may(effect, key, value, part), "{key}");
        }
    }
}
