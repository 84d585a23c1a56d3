//! Records of structured results that the user named: the contact Anna, the event “Lunch”, the mail from Tom.
//!
//! Results of reading the agent's own tools count; pages from the network do not, since anybody can write
//! `{"name": "Anna", "email": "…"}` there.

use ombud_core::effect::{Effect, words};
use ombud_core::{Origin, Role};

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, Leaf};
use super::steered::is_said;
use crate::attribute::fields::Field;
use crate::attribute::identifier::{Kind, terms};
use crate::attribute::index::is_ideograph;
use crate::attribute::sieve::Probe;
use crate::attribute::{Source, folded, weight};
use crate::wire::answer::ToolCall;

/// Rows of one list that are looked at.
const MOST_RIVALS: usize = 64;

/// Lines of an entry of a directory in plain text.
const LONGEST_ENTRY: usize = 8;

/// What the user names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Somebody, by a name.
    Person,
    /// A thing, by its title.
    Thing,
    /// Somebody's account, by their name, where the user keeps those whom they pay.
    Account,
}

/// Fields that hold somebody's address.
const ADDRESSES: &str = "email mail email_address emails address phone phone_number mobile tel id user_id uid handle username \
    user account channel_id chat_id open_id contact 邮箱 电子邮箱 电话 手机 手机号 账号 微信";

/// Fields that hold the address of whoever wrote the record.
const SENDERS: &str = "from sender author reply_to from_email sender_email organizer organiser creator owner created_by 发件人 发送人 \
    来自 作者 组织者 创建人";

/// Fields that hold those who have to do with the record.
const COMPANY: &str = "participants participant attendees attendee members member guests guest invitees recipients to cc \
    shared_with collaborators people 参与人 参会人 参加者 成员 收件人 抄送 与会者";

/// Fields that hold somebody's name.
const NAMES: &str = "name full_name display_name first_name last_name nickname contact contact_name title from sender author \
    payee payee_name beneficiary user username 姓名 名字 名称 昵称 联系人 发件人 收款人";

/// Fields that say what somebody is to the user: who is the only one of that kind is named by it.
const ROLES: &str = "role position job job_title relation relationship trade profession department company organisation organization \
    supplier vendor firm 职务 职位 角色 关系 称呼 部门 单位 公司 供应商 岗位 身份";

/// Fields that hold an account.
const ACCOUNTS: &str = "account account_number account_no iban card recipient payee beneficiary to 账号 账户 收款账号 卡号 对方账号";

/// Words in names of tools that return whom the user knows.
const DIRECTORIES: &str = "contact contacts payee payees beneficiary beneficiaries recipients directory address book friends \
    colleagues employees 联系人 收款人 通讯录 好友";

/// Fields that say what a thing is.
const LABELS: &str = "name title subject summary label labels filename file file_name path description event task from sender \
    author item items product products merchant company channel group location category type 名称 标题 主题 文件名 任务 名字 \
    商品 事项 发件人 类型 设备";

/// Words of names that say nothing.
const COMMON: &[&str] = &[
    "the", "team", "mail", "info", "support", "admin", "service", "noreply", "no-reply", "inc", "ltd", "com",
    "and", "for", "new", "re", "fwd", "from", "with", "your", "you", "all",
];

/// Whether a field of a tool's result is this value as a whole, and the user did not name another row of that list.
pub(super) fn is_listed(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    results(known).filter(|source| source.index.sieve.may_hold(&probe)).any(|source| {
        let mut own = source.index.fields.iter().filter(|field| field.value == value);
        own.any(|field| {
            !source.index.structured || known.names(source, field) || !known.names_a_rival(source, field)
        })
    })
}

/// Whether the value stands in a record that the user named, in a field that says who or what the record is.
pub(super) fn is_of_a_named_record(known: &Prepared, value: &str, named: Named) -> bool {
    let probe = Probe::new(value);
    let sources = results(known).filter(|source| source.index.sieve.may_contain(&probe));
    let sources = sources.filter(|source| reads(known, &source.origin));
    let mut fields = sources.flat_map(|source| source.index.fields.iter().map(move |field| (source, field)));
    fields.any(|(source, field)| holds(&field.value, value) && is_named(known, source, field, value, named))
}

/// Whether the value stands in the only row of an answer to a question that was put in the user's words: whatever is in it, it is
/// what they speak of.
pub(super) fn is_of_the_only_row(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let rows = results(known).filter(|source| source.index.structured && source.index.sieve.may_hold(&probe));
    rows.filter(|source| reads(known, &source.origin)).any(|source| {
        let fields = &source.index.fields;
        let own = fields.iter().find(|field| field.value == value);
        let alone =
            |own: &Field| fields.iter().all(|other| other.key != own.key || other.record == own.record);
        own.is_some_and(alone) && is_asked_in_the_users_words(known, &source.origin)
    })
}

fn is_asked_in_the_users_words(known: &Prepared, origin: &Origin) -> bool {
    let Origin::Tool { call: Some(id), .. } = origin else { return false };
    let call = known.exchange.calls.iter().find(|call| call.id.as_deref() == Some(id));
    call.is_some_and(|call| {
        let arguments = past(&known.exchange, call);
        let arguments = Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() });
        let mut texts = arguments
            .leaves
            .iter()
            .map(|leaf| folded(&leaf.value))
            .filter(|text| weight(text) > 0)
            .peekable();
        texts.peek().is_some() && texts.all(|text| is_said(known, &text))
    })
}

/// Whether the value stands at the head of a line that the user named, as listings in plain text have it: `#118 Timeout`.
pub(super) fn is_of_a_named_line(known: &Prepared, value: &str) -> bool {
    let plain = results(known).filter(|source| !source.index.structured && reads(known, &source.origin));
    let mut lines = plain.flat_map(|source| source.index.folded.lines());
    lines.any(|line| {
        let line = line.trim_start_matches(|ch: char| !ch.is_alphanumeric());
        let rest =
            line.strip_prefix(value).filter(|rest| rest.starts_with([' ', ':', '.', ')', '\t', '：', ']']));
        let title = rest.and_then(|rest| {
            rest.trim_start_matches([':', '.', ')', '：', ']', ' ', '\t'])
                .split(['(', ':', ';', '\t', '（', '：'])
                .next()
        });
        title.is_some_and(|title| title.len() <= 200 && known.mentions_thing(title.trim()))
    })
}

/// Whether the value is the only one of its kind in an entry of a directory that answers in plain text, and the user named whom
/// the entry is about: its first line says so. “Helga Brandt, accountant / helga@example.com”.
pub(super) fn is_of_a_directory_entry(known: &Prepared, kind: Option<Kind>, value: &str) -> bool {
    let Some(kind) = kind else { return false };
    let plain = results(known).filter(|source| !source.index.structured && reads(known, &source.origin));
    let directories = plain.filter(|source| is_of_a_directory(&source.origin));
    directories.flat_map(|source| source.index.folded.split("\n\n")).any(|entry| {
        let mut own = terms(entry).into_iter().filter(|term| term.kind == kind).peekable();
        let head = entry.trim().lines().next().unwrap_or_default();
        own.peek().is_some()
            && own.all(|term| term.canonical == value)
            && entry.lines().count() <= LONGEST_ENTRY
            && known.mentions_person(head)
    })
}

/// Whether a record that the user named holds the value already, and the call names that record by its id: what stands there
/// stays there.
pub(super) fn is_kept(known: &Prepared, leaves: &[Leaf], value: &str) -> bool {
    let probe = Probe::new(value);
    let mut fields = results(known)
        .filter(|source| source.index.sieve.may_hold(&probe) && reads(known, &source.origin))
        .flat_map(|source| source.index.fields.iter().map(move |field| (source, field)));
    fields.any(|(source, field)| {
        let siblings = || source.index.record(field.record).iter();
        let id =
            |other: &Field| other.key == "id" || other.key.ends_with("_id") || other.key.ends_with("编号");
        let named = |other: &Field| id(other) && leaves.iter().any(|leaf| folded(&leaf.value) == other.value);
        field.value == value && siblings().any(named) && known.names(source, field)
    })
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

fn reads(known: &Prepared, origin: &Origin) -> bool {
    matches!(origin, Origin::Tool { name: Some(name), .. } if known.effect_of(name) == Effect::Read)
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
    match named {
        Named::Thing => known.names(source, field),
        Named::Person if is(SENDERS, &field.key) => writes(known, source, field, value),
        // In a plain text only its head names the sender; the rest is prose.
        Named::Person if !source.index.structured => false,
        Named::Person => {
            is(ADDRESSES, &field.key)
                && (known.names_somebody(source, field) || known.describes_somebody(source, field))
                || is(COMPANY, &field.key) && known.names(source, field)
                || known.intent().many && lists_people(known, source, field)
        }
        Named::Account => {
            is(ACCOUNTS, &field.key)
                && is_of_a_directory(&source.origin)
                && known.names_somebody(source, field)
        }
    }
}

/// Whoever writes a mail chooses the name beside the address: the two must agree, unless the user answers that very mail.
fn writes(known: &Prepared, source: &Source, field: &Field, value: &str) -> bool {
    let display = field.value.replace(value, " ");
    let local = value.split('@').next().unwrap_or_default();
    let agrees = |name: &str| names_of(name).any(|word| word.is_ascii() && value.contains(word));
    known.mentions_person(local)
        || (known.mentions_person(&display) && agrees(&display))
        || known.intent().replies && known.names(source, field)
}

/// “Everybody in the channel”: a row of what a tool returned that the user named by its arguments.
fn lists_people(known: &Prepared, source: &Source, field: &Field) -> bool {
    let alone = source
        .index
        .fields
        .iter()
        .filter(|other| other.record == field.record)
        .all(|other| other.key == field.key);
    (alone || is(NAMES, &field.key) || is(ADDRESSES, &field.key)) && names_its_source(known, &source.origin)
}

fn is_of_a_directory(origin: &Origin) -> bool {
    matches!(origin, Origin::Tool { name: Some(name), .. } if is_directory(name))
}

/// Whether a tool's name says that it knows whom the user knows.
pub(super) fn is_directory(tool: &str) -> bool {
    let words = words(tool);
    DIRECTORIES
        .split_ascii_whitespace()
        .any(|kind| words.iter().any(|word| word == kind || !kind.is_ascii() && word.contains(kind)))
}

/// What a Chinese thing is, where its name says of what kind: 雨伞 of 折叠雨伞.
fn head_of_a_chinese_name(title: &str) -> Option<&str> {
    let count = title.chars().count();
    let (at, _) = title.char_indices().nth(count.checked_sub(2)?)?;
    ((4..=8).contains(&count) && title.chars().all(is_ideograph)).then(|| title.get(at..))?
}

/// The words of a name that tell it from others.
fn names_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|ch: char| !ch.is_alphanumeric())
        .filter(|word| word.chars().count() >= if word.chars().all(is_ideograph) { 2 } else { 3 })
        .filter(|word| !COMMON.contains(word))
}

impl Prepared {
    /// Whether the user's own words name the record of a field by one of its labels.
    fn names(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        let mut labels = own.filter(|other| is(LABELS, &other.key) && other.value.len() <= 512);
        labels.any(|label| self.mentions_thing(&label.value))
    }

    /// Whether they name a person by a name in the record of a field.
    fn names_somebody(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        let mut names = own.filter(|other| is(NAMES, &other.key) && other.value.len() <= 128);
        names.any(|name| self.mentions_person(&name.value))
    }

    /// Whether they say what the person in the record of a field is, “the accountant”, and nobody else in the list is that.
    fn describes_somebody(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        let mut roles = own.filter(|other| is(ROLES, &other.key) && (4..=64).contains(&weight(&other.value)));
        let alone = |role: &Field| {
            let all = source.index.fields.iter();
            all.filter(|other| other.key == role.key && other.value == role.value).count() == 1
        };
        roles.any(|role| self.says(&role.value) && alone(role))
    }

    /// Whether they name another record of the same list.
    fn names_a_rival(&self, source: &Source, field: &Field) -> bool {
        let fields = source.index.fields.iter();
        let mut rivals = fields
            .filter(|other| {
                other.around == field.around && other.record != field.record && other.key == field.key
            })
            .take(MOST_RIVALS);
        rivals.any(|rival| self.names(source, rival))
    }

    /// Whether the user's own words hold a word of this name.
    fn mentions_person(&self, name: &str) -> bool {
        names_of(name).any(|word| self.says(word))
    }

    /// Whether they hold this title, or at least half of its telling words; of an address, what stands for the sender.
    fn mentions_thing(&self, title: &str) -> bool {
        if let Some(house) = title.split_once('@').and_then(|(_, domain)| domain.rsplit('.').nth(1)) {
            return self.says(title)
                || weight(house) >= 5 && (self.says(house) || self.says_in_pieces(house));
        }
        if weight(title) >= 4 && (self.says(title) || self.says_in_pieces(title)) {
            return true;
        }
        if head_of_a_chinese_name(title).is_some_and(|head| self.says(head)) {
            return true;
        }
        let words: Vec<&str> = names_of(title).filter(|word| weight(word) >= 4).collect();
        let said = words.iter().filter(|word| self.says(word) || self.says_in_pieces(word)).count();
        said > 0 && said * 2 >= words.len()
    }

    /// `gardenweekly` where the user says “Garden Weekly”, `卧室空调` where they say “卧室的空调”.
    fn says_in_pieces(&self, word: &str) -> bool {
        let squeeze =
            |text: &str| text.chars().filter(|ch| ch.is_alphanumeric() && *ch != '的').collect::<String>();
        let chinese = word.chars().any(is_ideograph);
        let wanted = squeeze(word);
        weight(&wanted) >= if chinese { 4 } else { 8 }
            && self.turns.iter().any(|(_, turn)| squeeze(turn).contains(&wanted))
    }

    fn says(&self, word: &str) -> bool {
        self.turns.iter().any(|(_, turn)| {
            turn.match_indices(word).any(|(at, _)| {
                let letter =
                    |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_ideograph(ch));
                let before = turn.get(..at).and_then(|text| text.chars().next_back());
                let after = turn.get(at + word.len()..).and_then(|text| text.chars().next());
                let (first, last) = (word.chars().next(), word.chars().next_back());
                let plural = turn.get(at + word.len()..).is_some_and(|rest| rest.starts_with('s'));
                !(letter(before) && letter(first) || letter(after) && letter(last) && !plural)
            })
        })
    }
}
