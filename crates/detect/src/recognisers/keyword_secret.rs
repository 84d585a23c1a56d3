//! Machine-generated secrets after a word such as `key`, `token` or `secret`, alone or at the end of a name, however the
//! two are joined: `deepgram secret 0123…`, `boxKEY 0123…`, `cloudplan-SECRET-ABCD…`, `alchemy_key = "v9…"`.
//!
//! The less distinctive the words, the stronger the evidence in the value must be: a key after `=` must look
//! machine-generated, one after a space even more so, unless a service name precedes it. Keys that are not secrets
//! (public, primary, cache, …) are ignored.

use std::ops::Range;

use ombud_core::DataType;

use super::made::{Made, made};
use super::{Found, Recogniser, Trigger};
use crate::label::{is_whole, link};
use crate::text::{Text, is_word};

pub(super) mod vendors;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "keyword_secret",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "secret",
        "token",
        "key",
        "access",
        "private",
        "credential",
        "apikey",
        "accesskey",
        "privatekey",
        "secretkey",
        "accesstoken",
        "apitoken",
        "authtoken",
        "pat",
        "api",
        "login",
        "crumb",
        "unseal key 1",
        "unseal key 2",
        "unseal key 3",
        "unseal key 4",
        "unseal key 5",
        "密钥",
        "秘钥",
        "令牌",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let span = value(text, word.end)?;
    let told = Told::read(text, &word, &span)?;
    told.allows(made(text.slice(span.clone()))).then(|| Found::labelled(span, 0.75))
}

/// What precedes a value.
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other")]
#[derive(Debug, Clone, Copy)]
struct Told {
    /// The word alone means a secret: `secret`, `token`.
    plainly: bool,
    /// A colon or an equals sign is in between.
    explicit: bool,
    /// The name of a service precedes the word.
    vendor: bool,
    /// The word is the end of a name (`maps_key`) or in capitals.
    named: bool,
}

impl Told {
    fn read(text: &Text<'_>, word: &Range<usize>, value: &Range<usize>) -> Option<Self> {
        let written = text.slice(word.clone());
        let vendor = vendors::before(text, word.start);
        if !(is_whole(text.as_str(), word.start, word.end)
            || ends_whole(text, word) && (vendor || written.len() > 6))
            || is_no_secret(text, word.start)
        {
            return None;
        }
        let joined = text.before(word.start).is_some_and(|b| is_word(b) || matches!(b, b'_' | b'-'));
        Some(Self {
            plainly: !["key", "access", "private", "credential", "pat", "api", "login"]
                .iter()
                .any(|weak| written.eq_ignore_ascii_case(weak)),
            explicit: link(text, word.end).explicit && value.start > word.end + 1
                || text.byte(word.end) == Some(b'='),
            vendor,
            named: joined || written.bytes().all(|b| b.is_ascii_uppercase()),
        })
    }

    fn allows(self, made: Made) -> bool {
        let least = match self {
            Self { vendor: true, .. } => Made::Perhaps,
            Self { plainly: true, explicit: true, .. } => Made::Uuid,
            Self { plainly: true, .. } | Self { named: true, .. } => Made::Surely,
            Self { .. } => return false,
        };
        made >= least
    }
}

/// True if the word ends where a name ends, whatever precedes it.
fn ends_whole(text: &Text<'_>, word: &Range<usize>) -> bool {
    !text.byte(word.end).is_some_and(|b| b.is_ascii_lowercase())
}

/// Words that turn a key or a token into something public.
const NO_SECRETS: &[&str] = &[
    "public",
    "primary",
    "foreign",
    "cache",
    "object",
    "sort",
    "partition",
    "idempotency",
    "row",
    "unique",
    "group",
    "index",
    "hash",
    "dedup",
    "routing",
    "storage",
    "lookup",
    "translation",
    "i18n",
    "answer",
    "map",
    "dict",
    "json",
    "range",
    "composite",
    "natural",
    "surrogate",
    "candidate",
    "shard",
    "event",
    "message",
    "file",
    "path",
    "image",
    "asset",
    "blob",
    "bucket",
    "content",
    "page",
    "next",
    "continuation",
    "sync",
    "cursor",
    "cancellation",
    "query",
    "order",
    "item",
    "sticky",
    "s3",
    "data",
    "react",
    "host",
    "known",
    "ssh-rsa",
    "publishable",
    "site",
    "resume",
    "start",
    "commit",
    "etag",
    "build",
];

/// True if the word before `at` says that what is named is public.
pub(super) fn is_no_secret(text: &Text<'_>, at: usize) -> bool {
    let end = text.run_back(at, 2, |b| matches!(b, b' ' | b'_' | b'-' | b'.'));
    let start = text.run_back(end, 16, is_word);
    let before = text.slice(start..end);
    let hump =
        before.rfind(|ch: char| ch.is_ascii_uppercase()).and_then(|at| before.get(at..)).unwrap_or(before);
    let name = text
        .slice(text.run_back(at, 32, |b| is_word(b) || matches!(b, b'_' | b'-'))..at)
        .to_ascii_lowercase();
    name.starts_with("your")
        || name.starts_with("example")
        || NO_SECRETS.iter().any(|word| before.eq_ignore_ascii_case(word) || hump.eq_ignore_ascii_case(word))
}

/// `SECRET-KEY-0123…`: the value starts after the last of the words.
fn behind_words(text: &Text<'_>, at: usize) -> usize {
    const WORDS: [&str; 7] = ["secret", "token", "key", "access", "private", "api", "id"];
    let end = text.run(at, 8, |b| b.is_ascii_alphabetic());
    let joined = text.byte(end).is_some_and(|b| matches!(b, b'-' | b'_' | b'='));
    let word = text.slice(at..end);
    if joined && WORDS.iter().any(|other| other.eq_ignore_ascii_case(word)) {
        behind_words(text, end + 1)
    } else {
        at
    }
}

/// Where to continue after a word: in Terraform the value of `variable "name" {` comes after `default`.
fn declared(text: &Text<'_>, end: usize) -> usize {
    const BLOCK: &[u8] = b"\" {";
    if text.ahead(end, BLOCK.len()) != BLOCK {
        return end;
    }
    let word = text.run(end + BLOCK.len(), 16, |b| matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
    if text.ahead(word, 7) == b"default" { word + 7 } else { end }
}

/// Maximum length of a value that is read.
const LONGEST: usize = 512;

/// The value after a word: up to a character that cannot be part of a key.
pub(super) fn value(text: &Text<'_>, end: usize) -> Option<Range<usize>> {
    let mut start = link(text, declared(text, end)).value;
    if start == end && text.byte(end).is_some_and(|b| matches!(b, b'-' | b'_')) {
        start += 1;
    }
    // A string within a string: `'"value"'`.
    start = behind_words(text, text.run(start, 1, |b| b == b'"'));
    let stop = text.run(start, LONGEST, |b| is_word(b) || b"-_.+/=~%".contains(&b));
    let value = text.slice(start..stop).trim_end_matches(['.', '-', '%']);
    (start > end && value.len() >= 10 && !value.contains("//")).then(|| start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found_however_they_are_joined() {
        check(
            DataType::Secret,
            &[
                "deepgram secret [[1234567890abcdef1234567890abcdef12345678]]",
                "boxKEY [[0123456789abcdefABCDEF1234567890]]",
                "cloudplan-SECRET-[[ABCD1234EFGH5678IJKL9012MNOP3456]]",
                "alchemy_key = \"[[v9sswdzc2it8axf4jxwqt7h]]\"",
                "某家的密钥 [[0123456789abcdef0123456789abcdef]]，请保存",
                "uclassifykey=[[MNO456STU789]]",
                "put('API_KEY', '[[951bc382db9cfee29c68634761dd6e19]]')",
                "variable \"corp_okta_api_token\" {\n  default = \"[[004EWTpRQT_HJtG_nL-agxacgzYHjxPcF99kJsFzWg]]\"",
                "Unseal Key 2: [[0tZn+7QQCxphpHwTm7/dC3LpP5JGIbYl3PK8Sy81R+P2]]",
                "cloudimage_token = [[6a3lhvh6va5lkmp7id0u9c96e38c5t]]",
                "vercelTOKEN [[abcdefghijklmnopqrstuvwx]]",
                "the access token [[a1b2c3d4e5f6a7b8c9d0a1b2]] works",
                "kontent_key = [[123e4567-e89b-12d3-a456-426614174000]]",
            ],
        );
    }

    #[test]
    fn keys_that_are_no_secrets_are_not() {
        check(
            DataType::Secret,
            &[
                "\"key\": \"d41d8cd98f00b204e9800998ecf8427e\"",
                "cache_key = \"d41d8cd98f00b204e9800998ecf8427e\"",
                "primary key 123e4567-e89b-12d3-a456-426614174000",
                "publicKey: 0123456789abcdef0123456789abcdef",
                "next_page_token = 0123456789abcdef0123456789abcdef",
                "access log-20240105-120000.txt",
                "the key to internationalization is patience",
                "key = request.headers[0]",
                "monkey 0123456789abcdef0123456789abcdef",
                "api key YOUR_API_KEY_0123456789abcdef",
                "token xxxxxxxxxxxxxxxxxxxxxxxx",
                "secret ${SECRET_VALUE_1234567890123456}",
            ],
        );
    }
}
