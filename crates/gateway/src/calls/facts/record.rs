//! Records of structured results that the user named: the contact Anna, the event “Lunch”, the mail from Tom.
//!
//! Only results of the agent's own reading tools count; pages from the network do not, since anybody can write
//! `{"name": "Anna", "email": "…"}` there.

use ombud_core::effect::{Effect, Part, is_id, words};
use ombud_core::{Origin, Role};

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, Leaf};
use super::choice;
use super::steered::is_said;
use super::sums::number;
use crate::attribute::fields::Field;
use crate::attribute::identifier::{Kind, terms};
use crate::attribute::sieve::{Probe, term_mark};
use crate::attribute::{Source, folded, weight};
use crate::wire::answer::ToolCall;
use ombud_core::script::is_han;

/// Maximum number of rows examined per list.
const MOST_RIVALS: usize = 64;

/// Maximum number of lines in a plain-text directory entry.
const LONGEST_ENTRY: usize = 8;

/// What the user names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A person, by name.
    Person,
    /// A thing, by title.
    Thing,
    /// A person's account, by name, in what the user keeps about those they pay.
    Account,
}

/// Fields that hold somebody's address.
const ADDRESSES: &str = "email mail email_address emails address phone phone_number mobile tel id user_id uid handle username \
    user account channel_id chat_id open_id contact 邮箱 电子邮箱 电话 手机 手机号 账号 微信";

/// Fields that hold the address of whoever wrote the record.
pub(super) const SENDERS: &str = "from sender author reply_to from_email sender_email organizer organiser creator owner created_by 发件人 发送人 \
    来自 作者 组织者 创建人";

/// Fields that hold the people involved in the record.
const COMPANY: &str = "participants participant attendees attendee members member guests guest invitees recipients to cc \
    shared_with collaborators people 参与人 参会人 参加者 成员 收件人 抄送 与会者";

/// Fields that hold somebody's name.
const NAMES: &str = "name full_name display_name first_name last_name nickname contact contact_name title from sender author \
    payee payee_name beneficiary user username buyer customer client tenant guest student patient supplier owner lender \
    holder insured worker employee 买家 客户 学员 顾客 业主 租客 学生 住户 供应商 被保险人 姓名 名字 名称 昵称 联系人 发件人 收款人";

/// Fields that hold somebody's role: the only person with a role can be named by it.
const ROLES: &str = "role position job job_title relation relationship trade profession department company organisation organization \
    supplier vendor firm 职务 职位 角色 关系 称呼 部门 单位 公司 供应商 岗位 身份";

/// Key endings of fields that hold somebody's name, address or account.
const NAME_ENDINGS: &str = "name 姓名 名称 名字 联系人";
const ADDRESS_ENDINGS: &str =
    "email mail emailaddress mailaddress phone mobile phonenumber 邮箱 手机 手机号 电话";
const ACCOUNT_ENDINGS: &str =
    "account bank iban accountno accountnumber card cardno cardnumber 账号 账户 卡号 银行卡";

/// Key endings of fields that hold somebody's role.
const ROLE_ENDINGS: &str = "role position jobtitle relation relationship title does occupation duty specialty 职务 职位 角色 关系 岗位 头衔";

/// Fields that hold an account.
const ACCOUNTS: &str = "account account_number account_no iban card recipient payee beneficiary to 账号 账户 收款账号 卡号 对方账号";

/// Words in the names of tools that return the people the user knows.
const DIRECTORIES: &str = "contact contacts payee payees beneficiary beneficiaries recipients directory address book addressbook phonebook friends \
    colleagues employees 联系人 收款人 通讯录 好友";

/// Fields that say what a thing is.
const LABELS: &str = "name title subject summary label labels filename file file_name path description event task from sender \
    author item items product products merchant company channel group location category type 名称 标题 主题 文件名 任务 名字 \
    商品 事项 发件人 类型 设备";

/// Words of names that identify nobody.
const COMMON: &[&str] = &[
    "the", "team", "mail", "info", "support", "admin", "service", "noreply", "no-reply", "inc", "ltd", "com",
    "and", "for", "new", "re", "fwd", "from", "with", "your", "you", "all",
];

/// Whether a whole field of a tool's result is this value, and the user named no other row of that list.
pub(super) fn is_listed(known: &Prepared, value: &str, part: Part) -> bool {
    let probe = Probe::new(value);
    // An amount of `80` may appear in a table as `80.00` or `80 元`; a name is spelt in one way only.
    let sum = (part == Part::Amount).then(|| number(value)).flatten();
    let may = |source: &&Source| sum.is_some() || source.index.sieve.may_hold(&probe);
    let is_it = |field: &&Field| field.value == value || sum.is_some() && number(&field.value) == sum;
    results(known).filter(may).any(|source| {
        let mut own = source.index.fields.iter().filter(is_it);
        own.any(|field| {
            !has_rows(source) || calls(known, source, field) || !known.names_a_rival(source, field)
        })
    })
}

/// Whether the value is in a record that the user named, in a field that says who or what the record is.
pub(super) fn is_of_a_named_record(known: &Prepared, value: &str, named: Named) -> bool {
    let probe = Probe::new(value);
    // A number is marked as an identifier, whatever its spacing.
    let may = |source: &&Source| {
        source.index.sieve.may_contain(&probe) || source.index.sieve.may_have(term_mark(value))
    };
    let sources = results(known).filter(may).filter(|source| reads(known, &source.origin));
    let mut fields = sources.flat_map(|source| source.index.fields.iter().map(move |field| (source, field)));
    fields.any(|(source, field)| {
        holds(&field.value, value)
            && is_named(known, source, field, value, named)
            && (!source.index.tabular
                || named == Named::Thing
                || is_the_only_one(known, source, field, named))
    })
}

/// Whether a whole field in a result of the agent's reading tools is this value, and the user named no other record there.
pub(super) fn is_a_field(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let mut sources = results(known).filter(|source| {
        has_rows(source) && source.index.sieve.may_hold(&probe) && reads(known, &source.origin)
    });
    sources.any(|source| {
        let mut own = source.index.fields.iter().filter(|field| field.value == value);
        own.any(|field| calls(known, source, field) || !known.names_a_rival(source, field))
    })
}

/// Whether it is a whole field that names somebody or holds their address, such as the writer of a record.
pub(super) fn is_a_writer(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let read = results(known).filter(|source| {
        has_rows(source) && source.index.sieve.may_hold(&probe) && reads(known, &source.origin)
    });
    let writes = |field: &Field| {
        field.value == value
            && (is(SENDERS, &field.key) || is(ADDRESSES, &field.key) || is_a_name(&field.key))
    };
    read.into_iter().any(|source| source.index.fields.iter().any(writes))
}

/// Whether an address is in an address or name field of what the user keeps.
pub(super) fn is_kept_address(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let kept = |source: &&Source| {
        has_rows(source)
            && (source.index.sieve.may_contain(&probe) || source.index.sieve.may_have(term_mark(value)))
            && reads(known, &source.origin)
            && is_kept_by_the_user(&source.origin)
            && !tells_of_payments(&source.origin)
    };
    let its_own = |source: &Source, field: &Field| {
        (is_an_address(&field.key) || is_a_name(&field.key))
            && holds(&field.value, value)
            && !is_a_message(source, field)
    };
    results(known).filter(kept).any(|source| source.index.fields.iter().any(|field| its_own(source, field)))
}

/// Whether no other row of a table that the user also named has a different value in this column: in plain text anybody can add a
/// row.
fn is_the_only_one(known: &Prepared, source: &Source, own: &Field, named: Named) -> bool {
    let column = source.index.fields.iter().filter(|field| field.key == own.key && field.value != own.value);
    let mut column = column;
    column.all(|field| !is_named(known, source, field, &field.value, named))
}

/// Whether the user named a record by one of its labels, and the value is what that record is called or identified by.
pub(super) fn is_of_a_record_spoken_of(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let sources = results(known).filter(|source| has_rows(source) && source.index.sieve.may_hold(&probe));
    let mut fields = sources.flat_map(|source| source.index.fields.iter().map(move |field| (source, field)));
    fields.any(|(source, field)| {
        // From a lookup made in the user's words.
        let looked_up =
            || reads(known, &source.origin) && is_asked_in_some_of_the_users_words(known, &source.origin);
        let kept = is(LABELS, &field.key)
            || is_a_name(&field.key)
            || is_id(&field.key)
            || field.key.ends_with("id")
            || field.key.ends_with('号')
            || choice::tells_apart(source, field);
        field.value == value
            && kept
            && (calls(known, source, field) || known.names_somebody(source, field) || looked_up())
    })
}

/// Whether the user's words name a record by a label, or pick it out of its list.
pub(super) fn calls(known: &Prepared, source: &Source, field: &Field) -> bool {
    known.names(source, field) || choice::picks(known, source, field)
}

pub(super) fn has_rows(source: &Source) -> bool {
    source.index.structured || source.index.tabular
}

/// Whether the value is in the only row of a result for a query made in the user's words: whatever it says is what they speak of.
pub(super) fn is_of_the_only_row(known: &Prepared, value: &str) -> bool {
    let probe = Probe::new(value);
    let rows = results(known).filter(|source| has_rows(source) && source.index.sieve.may_hold(&probe));
    rows.filter(|source| reads(known, &source.origin)).any(|source| {
        let fields = &source.index.fields;
        let own = fields.iter().find(|field| field.value == value);
        let alone =
            |own: &Field| fields.iter().all(|other| other.key != own.key || other.record == own.record);
        own.is_some_and(alone) && is_asked_in_the_users_words(known, &source.origin)
    })
}

/// Whether a result is for a query about what the user said, or about a record they named.
fn is_asked_in_the_users_words(known: &Prepared, origin: &Origin) -> bool {
    let texts = asked_with(known, origin);
    let own = |text: &String| is_said(known, text) || is_of_a_named_record(known, text, Named::Thing);
    !texts.is_empty() && texts.iter().all(own)
}

/// Whether a record the user keeps is the only result of a query about what they named: “mail the owner”.
fn is_looked_up(known: &Prepared, source: &Source, field: &Field) -> bool {
    let alone = |other: &Field| other.key != field.key || other.record == field.record;
    source.index.structured
        && is_kept_by_the_user(&source.origin)
        && !tells_of_payments(&source.origin)
        && !is_a_message(source, field)
        && source.index.fields.iter().all(alone)
        && is_asked_in_the_users_words(known, &source.origin)
}

fn is_asked_in_some_of_the_users_words(known: &Prepared, origin: &Origin) -> bool {
    asked_with(known, origin).iter().any(|text| text.chars().any(char::is_alphabetic) && is_said(known, text))
}

/// Whether a result only echoes a value from its own query: whoever asked had it before.
pub(super) fn is_repeated(known: &Prepared, origin: &Origin, value: &str) -> bool {
    weight(value) >= 3 && asked_with(known, origin).iter().any(|asked| asked == value)
}

/// Returns the argument values of the call that produced a result.
fn asked_with(known: &Prepared, origin: &Origin) -> Vec<String> {
    let Origin::Tool { call: Some(id), .. } = origin else { return Vec::new() };
    let Some(call) = known.exchange.calls.iter().find(|call| call.id.as_deref() == Some(id)) else {
        return Vec::new();
    };
    let arguments = past(&known.exchange, call);
    let arguments = Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() });
    arguments.leaves.iter().map(|leaf| folded(&leaf.value)).filter(|text| weight(text) > 0).collect()
}

/// Whether the value is the only one of its kind in an entry of a plain-text directory, and the user named the person in the
/// first line of the entry. “Helga Brandt, accountant / helga@example.com”.
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

/// Whether a record that the user named already holds the value, and the call refers to that record by its id: the value stays as
/// it is.
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

/// Whether the user named the source of the result: `read_file("bill.txt")` where they wrote “bill.txt”.
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

pub(super) fn results(known: &Prepared) -> impl Iterator<Item = &Source> {
    known.context.sources.iter().filter(|source| source.role == Role::ToolResult)
}

pub(super) fn reads(known: &Prepared, origin: &Origin) -> bool {
    matches!(origin, Origin::Tool { name: Some(name), .. } if known.effect_of(name) == Effect::Read)
}

/// Whether a field is this value, is this telephone or account number however it is spaced, or has it as the only address:
/// `Anna <anna@example.com>`.
fn holds(field: &str, value: &str) -> bool {
    let spaced = |ch: char| matches!(ch, ' ' | '-' | '+' | '(' | ')' | '.');
    let number = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    if number(value) && field.len() > value.len() && field.len() <= 2 * value.len() {
        let bare: String = field.chars().filter(|ch| !spaced(*ch)).collect();
        // With or without the country code.
        let code = if field.trim().starts_with('+') { 3 } else { 0 };
        return bare.ends_with(value) && bare.len() <= value.len() + code;
    }
    if field == value || !field.contains(value) {
        return field == value;
    }
    let mut emails = terms(field).into_iter().filter(|term| term.kind == Kind::Email);
    emails.next().is_some_and(|email| email.canonical == value) && emails.next().is_none()
}

pub(super) fn is(list: &str, key: &str) -> bool {
    let key = key.replace([' ', '-'], "_");
    list.split_ascii_whitespace().any(|word| word == key || word.replace('-', "_") == key)
}

fn is_named(known: &Prepared, source: &Source, field: &Field, value: &str, named: Named) -> bool {
    match named {
        Named::Thing => calls(known, source, field),
        Named::Person if is(SENDERS, &field.key) => writes(known, source, field, value),
        // In plain text only the head names the sender; the rest is prose.
        Named::Person
            if !(source.index.structured
                || source.index.tabular
                    && (is_kept_by_the_user(&source.origin) || is_of_a_directory(&source.origin))) =>
        {
            false
        }
        Named::Person => {
            is_an_address(&field.key)
                && (known.names_somebody(source, field) || known.describes_somebody(source, field))
                || is_an_address(&field.key) && is_looked_up(known, source, field)
                || is(COMPANY, &field.key) && known.names(source, field)
                || known.intent().many && lists_people(known, source, field)
        }
        Named::Account => {
            let own = has_rows(source)
                && ends_with(ACCOUNT_ENDINGS, &field.key)
                && is_kept_by_the_user(&source.origin)
                && !tells_of_payments(&source.origin)
                && !is_a_message(source, field);
            (own || is(ACCOUNTS, &field.key) && is_of_a_directory(&source.origin))
                && known.names_somebody(source, field)
                || ends_with(ACCOUNT_ENDINGS, &field.key) && is_looked_up(known, source, field)
        }
    }
}

/// Whether a key is one of these words or ends with one: `receiver_phone`, `emailAddress`, `结算账户`.
fn ends_with(endings: &str, key: &str) -> bool {
    let key = squeezed(key);
    endings.split_ascii_whitespace().any(|end| key.ends_with(end))
}

fn squeezed(key: &str) -> String {
    key.chars().filter(|ch| ch.is_alphanumeric()).collect()
}

fn is_an_address(key: &str) -> bool {
    is(ADDRESSES, key) || ends_with(ADDRESS_ENDINGS, key)
}

/// Whether a field holds a person's name; the name of a file or a host is nobody's.
fn is_a_name(key: &str) -> bool {
    const THINGS: &str =
        "filename hostname domainname pathname typename toolname modelname eventname tablename";
    is(NAMES, key) || ends_with(NAME_ENDINGS, key) && !ends_with(THINGS, key)
}

/// Whether a record is a message that somebody wrote: an account in it may be what its writer wants.
fn is_a_message(source: &Source, field: &Field) -> bool {
    const TEXTS: &str =
        "body text subject content message html from sender invoice 正文 内容 主题 发件人 来自 发票号 开票方";
    source.index.record(field.record).iter().any(|other| is(TEXTS, &other.key))
}

/// Whether a tool returns payments: anyone who pays a penny chooses the name beside their account.
fn tells_of_payments(origin: &Origin) -> bool {
    const PAYMENTS: &str = "transaction transactions statement statements history activity payment payments transfer transfers ledger \
        incoming received order orders booking bookings 流水 明细 交易 账单 记录 订单";
    is_called(origin, PAYMENTS)
}

/// Whether a tool returns what the user keeps, rather than what others wrote.
fn is_kept_by_the_user(origin: &Origin) -> bool {
    const WRITTEN: &str = "mail mails email emails inbox message messages chat chats thread threads doc docs document documents file \
        files pdf page pages web html note notes comment comments review reviews post posts article articles form forms invoice \
        invoices ocr transcript search knowledge wiki wikipedia news feed issue issues ticket tickets blog tweet tweets 邮件 邮箱 消息 聊天 留言 评论 文件 文档 网页 发票 来信 短信 公告 帖";
    matches!(origin, Origin::Tool { name: Some(_), .. }) && !is_called(origin, WRITTEN)
}

/// Whether the origin is a tool with one of these words in its name.
fn is_called(origin: &Origin, list: &str) -> bool {
    let Origin::Tool { name: Some(name), .. } = origin else { return false };
    let words = words(name);
    let mut kinds = list.split_ascii_whitespace();
    kinds.any(|kind| words.iter().any(|word| word == kind || !kind.is_ascii() && word.contains(kind)))
}

/// Whether the user named the writer of a record. A mail's writer chooses the name beside the address, so the two must agree,
/// unless the user replies to that very mail.
fn writes(known: &Prepared, source: &Source, field: &Field, value: &str) -> bool {
    let display = field.value.replace(value, " ");
    let local = value.split('@').next().unwrap_or_default();
    let agrees = |name: &str| names_of(name).any(|word| word.is_ascii() && value.contains(word));
    known.mentions_person(local)
        || known.pointed().is_answered_at(known, value)
        || (known.mentions_person(&display) && agrees(&display))
        || known.intent().replies && known.names(source, field)
}

/// Whether a row lists people, “everybody in the channel”, in a result that the user named by its arguments.
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

/// Whether a tool's name says that it returns the people the user knows.
pub(super) fn is_directory(tool: &str) -> bool {
    let words = words(tool);
    DIRECTORIES
        .split_ascii_whitespace()
        .any(|kind| words.iter().any(|word| word == kind || !kind.is_ascii() && word.contains(kind)))
}

/// Returns the head noun of a Chinese product name: 雨伞 of 折叠雨伞.
fn head_of_a_chinese_name(title: &str) -> Option<&str> {
    let count = title.chars().count();
    let (at, _) = title.char_indices().nth(count.checked_sub(2)?)?;
    ((4..=8).contains(&count) && title.chars().all(is_han)).then(|| title.get(at..))?
}

/// Returns the given name of a three-character Chinese name, which those who know the person use: 小满 of 贺小满.
fn given_name(name: &str) -> Option<&str> {
    let whole = name.chars().count() == 3 && name.chars().all(is_han);
    name.char_indices().nth(1).filter(|_| whole).and_then(|(at, _)| name.get(at..))
}

/// Whether a word only joins the words of a name.
fn is_joint(word: &str) -> bool {
    matches!(word, "the" | "a" | "an" | "of" | "and" | "for" | "to" | "in" | "on" | "at")
}

/// Returns the distinctive words of a name.
fn names_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|ch: char| !ch.is_alphanumeric())
        .filter(|word| word.chars().count() >= if word.chars().all(is_han) { 2 } else { 3 })
        .filter(|word| !COMMON.contains(word))
}

impl Prepared {
    /// Whether the user's own words name the record of a field by one of its labels.
    fn names(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        let mut labels = own.filter(|other| is(LABELS, &other.key) && other.value.len() <= 512);
        labels.any(|label| self.mentions_thing(&label.value))
    }

    /// Whether they name the person whom the record of a field names. A key such as `receiver_phone` requires the receiver's
    /// name, if there is one; a record without names uses those of the enclosing object.
    fn names_somebody(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        let mut found: Vec<&Field> =
            own.filter(|other| is_a_name(&other.key) && other.value.len() <= 128).collect();
        if found.is_empty() && field.around > 0 {
            // The title or the sender of the enclosing object is not the name of the person in it.
            let around = source.index.record(field.around).iter();
            found = around
                .filter(|other| ends_with(NAME_ENDINGS, &other.key) && other.value.len() <= 128)
                .collect();
        }
        let whose = |key: &str| {
            key.split(['_', ' ', '-']).next().filter(|whose| whose.len() < key.len()).map(str::to_owned)
        };
        let same = |name: &&Field| whose(&name.key) == whose(&field.key);
        if whose(&field.key).is_some() && found.iter().any(same) {
            found.retain(same);
        }
        found.iter().any(|name| self.mentions_person(&name.value))
    }

    /// Whether they name the person in a field's record by role, “the accountant”, and nobody else in the list has it.
    fn describes_somebody(&self, source: &Source, field: &Field) -> bool {
        let own = source.index.record(field.record).iter();
        // A title in something somebody wrote is not a role.
        let kept = is_kept_by_the_user(&source.origin);
        let role = |key: &str| is(ROLES, key) || kept && ends_with(ROLE_ENDINGS, key);
        let mut roles = own.filter(|other| role(&other.key) && (4..=64).contains(&weight(&other.value)));
        let alone = |role: &Field| {
            let all = source.index.fields.iter();
            all.filter(|other| other.key == role.key && other.value == role.value).count() == 1
        };
        roles.any(|role| (self.says(&role.value) || self.says_the_end_of(&role.value)) && alone(role))
    }

    /// Whether they say the end of a role: 年级组长 for 八年级年级组长.
    fn says_the_end_of(&self, role: &str) -> bool {
        let count = role.chars().count();
        let from = role.char_indices().map(|(at, _)| at).take(count.saturating_sub(2)).skip(1);
        role.chars().all(is_han) && from.filter_map(|at| role.get(at..)).any(|end| self.says(end))
    }

    /// Whether they say the end of a Chinese name, without its title: 大麦 for 群主大麦.
    pub(super) fn says_the_end_of_a_name(&self, name: &str) -> bool {
        const TITLES: &[&str] = &[
            "老师", "经理", "先生", "女士", "师傅", "教练", "主任", "客服", "助手", "同学", "用户", "妈妈",
            "爸爸", "管理", "业主",
        ];
        let whole = (3..=6).contains(&name.chars().count()) && name.chars().all(is_han);
        let mut ends = name.char_indices().skip(1).filter_map(|(at, _)| name.get(at..));
        whole && ends.any(|end| end.chars().count() >= 2 && !TITLES.contains(&end) && self.says(end))
    }

    /// Whether they say every word of a value, such as “Dorsey, Felix”, apart from joining words.
    pub(super) fn says_its_words(&self, value: &str) -> bool {
        let words = || value.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty());
        words().count() >= 2
            && words().any(|word| weight(word) >= 4 && word.chars().any(char::is_alphabetic))
            && words().all(|word| weight(word) >= 3 && self.says(word) || is_joint(word))
    }

    /// Whether they name another record of the same list.
    fn names_a_rival(&self, source: &Source, field: &Field) -> bool {
        let fields = source.index.fields.iter();
        let mut rivals = fields
            .filter(|other| {
                other.around == field.around && other.record != field.record && other.key == field.key
            })
            .take(MOST_RIVALS);
        rivals.any(|rival| calls(self, source, rival))
    }

    /// Whether the user's own words contain a word of this name.
    pub(super) fn mentions_person(&self, name: &str) -> bool {
        names_of(name).any(|word| self.says(word) || given_name(word).is_some_and(|given| self.says(given)))
    }

    /// Whether they contain this title, or at least half of its distinctive words; for an address, the sender's domain name.
    pub(super) fn mentions_thing(&self, title: &str) -> bool {
        if let Some(house) = title.split_once('@').and_then(|(_, domain)| domain.rsplit('.').nth(1)) {
            return self.says(title)
                || weight(house) >= 5 && (self.says(house) || self.says_in_pieces(house));
        }
        if weight(title) >= 4 && (self.says(title) || self.says_in_pieces(title)) {
            return true;
        }
        if head_of_a_chinese_name(title).is_some_and(|head| self.says(head)) || self.says_most_of(title) {
            return true;
        }
        let words: Vec<&str> = names_of(title).filter(|word| weight(word) >= 4).collect();
        let said = words.iter().filter(|word| self.says(word) || self.says_in_pieces(word)).count();
        said > 0 && said * 2 >= words.len()
    }

    /// Whether they say at least half of the first Chinese word of a name: 家纺 of 家纺专场, 银耳羹 of 鲜炖银耳羹12碗.
    fn says_most_of(&self, title: &str) -> bool {
        let name: Vec<char> = title.chars().take_while(|ch| is_han(*ch)).collect();
        let half = name.len().div_ceil(2).max(2);
        (3..=8).contains(&name.len())
            && (half..=name.len())
                .any(|long| name.windows(long).any(|part| self.says(&part.iter().collect::<String>())))
    }

    /// Whether they say a word in pieces: “Garden Weekly” for `gardenweekly`, “卧室的空调” for `卧室空调`.
    fn says_in_pieces(&self, word: &str) -> bool {
        let squeeze =
            |text: &str| text.chars().filter(|ch| ch.is_alphanumeric() && *ch != '的').collect::<String>();
        let chinese = word.chars().any(is_han);
        let wanted = squeeze(word);
        weight(&wanted) >= if chinese { 4 } else { 8 }
            && self.turns.iter().any(|(_, turn)| squeeze(turn).contains(&wanted))
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.turns.iter().any(|(_, turn)| {
            turn.match_indices(word).any(|(at, _)| {
                let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() && !is_han(ch));
                let before = turn.get(..at).and_then(|text| text.chars().next_back());
                let after = turn.get(at + word.len()..).and_then(|text| text.chars().next());
                let (first, last) = (word.chars().next(), word.chars().next_back());
                let plural = turn.get(at + word.len()..).is_some_and(|rest| rest.starts_with('s'));
                !(letter(before) && letter(first) || letter(after) && letter(last) && !plural)
            })
        })
    }
}
