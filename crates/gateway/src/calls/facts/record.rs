//! Records of structured results that the user named: the contact Anna, the event “Lunch”, the mail from Tom.
//!
//! Results of reading the agent's own tools count; pages from the network do not, since anybody can write
//! `{"name": "Anna", "email": "…"}` there.

use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::{Origin, Role};

use super::super::Prepared;
use super::super::approve::past;
use crate::attribute::identifier::{Kind, terms};
use crate::attribute::index::{Field, is_ideograph};
use crate::attribute::{Source, folded, weight};

/// What the user names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Somebody, by a name.
    Person,
    /// A thing, by its title.
    Thing,
}

/// Fields that hold somebody's address.
const ADDRESSES: &str = "email mail email_address address phone phone_number mobile tel id user_id uid handle username account \
    channel_id chat_id open_id 邮箱 电子邮箱 电话 手机 手机号 账号 微信";

/// Fields that hold the address of whoever wrote the record.
const SENDERS: &str = "from sender author reply-to from_email sender_email 发件人 发送人 来自 作者";

/// Fields that hold somebody's name.
const NAMES: &str = "name full_name display_name first_name last_name nickname contact title from sender author 姓名 名字 名称 昵称 联系人 发件人";

/// Fields that say what a thing is.
const LABELS: &str = "name title subject summary label filename file file_name path description event task from sender 名称 标题 主题 文件名 任务 名字";

/// Words of names that say nothing.
const COMMON: &[&str] = &[
    "the", "team", "mail", "info", "support", "admin", "service", "noreply", "no-reply", "inc", "ltd", "com",
    "and", "for", "new", "re", "fwd", "from", "with", "your", "you", "all",
];

/// Whether a field of a tool's result is this value as a whole.
pub(super) fn is_listed(known: &Prepared, value: &str) -> bool {
    results(known).any(|source| source.index.fields.iter().any(|field| field.value == value))
}

/// Whether the value stands in a record that the user named, in a field that says who or what the record is.
pub(super) fn is_of_a_named_record(known: &Prepared, value: &str, named: Named) -> bool {
    let sources = results(known).filter(|source| reads(&source.origin));
    let mut fields = sources.flat_map(|source| source.index.fields.iter().map(move |field| (source, field)));
    fields.any(|(source, field)| holds(&field.value, value) && is_named(known, source, field, value, named))
}

/// Whether the user named what the result was read from: `read_file("bill.txt")` where they wrote “bill.txt”.
pub(super) fn names_its_source(known: &Prepared, origin: &Origin) -> bool {
    let Origin::Tool { call: Some(id), .. } = origin else { return false };
    let call = known.exchange.calls.iter().find(|call| call.id.as_deref() == Some(id));
    call.is_some_and(|call| {
        let arguments = folded(&past(&known.exchange, call));
        let mut found = terms(&arguments).into_iter().filter(|term| weight(&term.canonical) >= 4);
        found.any(|term| {
            known.context.identifier(term.kind, &term.canonical).iter().any(|hit| hit.origin == Origin::User)
        })
    })
}

fn results(known: &Prepared) -> impl Iterator<Item = &Source> {
    known.context.sources.iter().filter(|source| source.role == Role::ToolResult)
}

fn reads(origin: &Origin) -> bool {
    match origin {
        Origin::Tool { name: Some(name), .. } => classify(name, Hints::default()) == Effect::Read,
        _ => false,
    }
}

/// The value as a whole, or as the only address in the field: `Anna <anna@example.com>`.
fn holds(field: &str, value: &str) -> bool {
    if field == value || !field.contains(value) {
        return field == value;
    }
    let mut emails = terms(field).into_iter().filter(|term| term.kind == Kind::Email);
    emails.next().is_some_and(|email| email.canonical == value) && emails.next().is_none()
}

fn is(list: &str, key: &str) -> bool {
    let key = key.replace([' ', '-'], "_");
    list.split_ascii_whitespace().any(|word| word == key || word.replace('-', "_") == key)
}

fn is_named(known: &Prepared, source: &Source, field: &Field, value: &str, named: Named) -> bool {
    let siblings = || source.index.fields.iter().filter(|other| other.record == field.record);
    match named {
        Named::Thing => {
            siblings().filter(|other| is(LABELS, &other.key)).any(|label| known.mentions_thing(&label.value))
        }
        Named::Person if is(SENDERS, &field.key) => {
            // Whoever writes a mail chooses the name beside the address: the two must agree.
            let display = field.value.replace(value, " ");
            let local = value.split('@').next().unwrap_or_default();
            let agrees = |name: &str| names_of(name).any(|word| word.is_ascii() && value.contains(word));
            known.mentions_person(local) || (known.mentions_person(&display) && agrees(&display))
        }
        // In a plain text only its head names the sender; the rest is prose.
        Named::Person if field.record == 0 => false,
        Named::Person if is(ADDRESSES, &field.key) => {
            siblings().filter(|other| is(NAMES, &other.key)).any(|name| known.mentions_person(&name.value))
        }
        Named::Person => false,
    }
}

/// The words of a name that tell it from others.
fn names_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|ch: char| !ch.is_alphanumeric())
        .filter(|word| word.chars().count() >= if word.chars().all(is_ideograph) { 2 } else { 3 })
        .filter(|word| !COMMON.contains(word))
}

impl Prepared {
    /// Whether the user's own words hold a word of this name.
    fn mentions_person(&self, name: &str) -> bool {
        names_of(name).any(|word| self.says(word))
    }

    /// Whether they hold this title, or at least half of its telling words.
    fn mentions_thing(&self, title: &str) -> bool {
        if weight(title) >= 4 && self.says(title) {
            return true;
        }
        let words: Vec<&str> = names_of(title).filter(|word| weight(word) >= 4).collect();
        let said = words.iter().filter(|word| self.says(word)).count();
        said > 0 && said * 2 >= words.len()
    }

    fn says(&self, word: &str) -> bool {
        self.turns.iter().any(|(_, turn)| {
            turn.match_indices(word).any(|(at, _)| {
                let letter =
                    |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_ideograph(ch));
                let before = turn.get(..at).and_then(|text| text.chars().next_back());
                let after = turn.get(at + word.len()..).and_then(|text| text.chars().next());
                let (first, last) = (word.chars().next(), word.chars().next_back());
                !(letter(before) && letter(first) || letter(after) && letter(last))
            })
        })
    }
}
