//! `secret-in-source`
//!
//! What it does: finds API keys, private keys and database credentials in source and configuration, except in `.env` files.
//!
//! A URL with credentials counts only if it opens something: not on this machine, a reserved host name, or a neighbouring
//! service whose password is a plain word. In tests, and in Python docstrings, only keys in a vendor's own format count: a URL
//! with credentials there is an example.
//!
//! Why it matters: anyone who reads the repository or the published app can act, and pay, in the developer's name, and read
//! what the users stored.
//!
//! Instead of `OpenAI(api_key="sk-…")` write `OpenAI()` and keep the key in the environment.

use std::ops::Range;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};
use ombud_core::{Class, Detection};

use super::{Context, Project, Rule, Text, finding, place};
use crate::check::is_test;
use crate::facts::{host_of, loopback};
use crate::python::docstrings;
use crate::walk::Source;

pub(crate) const ID: RuleId = RuleId("secret-in-source");

pub(super) const RULE: Rule = Rule {
    id: ID,
    risks: &["S09"],
    severity: Severity::Error,
    title: Text { en: "the source contains a secret", zh: "源码中含有密钥" },
    harm: Text {
        en: "Anyone who reads the repository or the exported app can act in your name, spend your money, and read what your users stored.",
        zh: "任何能看到代码库或导出文件的人都能冒用你的身份、花你的钱，并读取你的用户存下的内容。",
    },
    fix: Text {
        en: "Revoke it with its issuer first, then keep the new one in the environment and out of the repository's history. Anyone who has an app can extract what is in it (Swift source, `Info.plist`, `.xcconfig`): keep such a key on your server.",
        zh: "先到签发方作废它，再把新密钥放进环境变量，不要留在代码库历史里。App 里带的东西（Swift 源码、`Info.plist`、`.xcconfig`）人人可得：密钥只能放在服务端。",
    },
    example: "- client = OpenAI(api_key=\"sk-…\")\n+ client = OpenAI()  # OPENAI_API_KEY\n",
    graph: Some(exported),
};

/// Minimum score of vendor formats and checksums; guesses from context stay below it.
const SURE: f32 = 0.9;

/// Score of a value that a label in code gives away (`PASSWORD = "…"`).
const LABELLED: f32 = 0.8;

/// Recognisers of keys with a vendor's own format, which nobody writes as a test value.
const OWN_FORM: &[&str] =
    &["vendor_key", "own_form_key", "bot_token", "webhook", "azure_key", "truenas_key", "zhipu_key"];

pub(crate) fn run(source: &Source, context: &Context<'_>) -> Vec<Finding> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    if name.starts_with(".env") {
        return Vec::new();
    }
    let test = is_test(&source.path);
    let secret = |found: &Detection| {
        let sure = found.score >= SURE || found.score >= LABELLED && is_written_in_code(source, &found.span);
        sure && found.kind.category().class() == Class::Secret
    };
    // A credential has a recognisable format. Names, which may have the better claim to a span, are only detected if there is
    // one.
    if !context.detector.detect_formed(&source.text).iter().any(secret) {
        return Vec::new();
    }
    let found = context.detector.detect(&source.text).into_iter().filter(secret);
    let mut documents: Option<Vec<Range<usize>>> = None;
    let mut documented = |span: &Range<usize>| {
        let all = documents.get_or_insert_with(|| documentation(source));
        all.iter().any(|range| range.start <= span.start && span.end <= range.end)
    };
    found
        .filter(|found| OWN_FORM.contains(&found.recogniser) || !test && !documented(&found.span))
        .filter(|found| !opens_nothing(source.text.get(found.span.clone()).unwrap_or_default()))
        .map(|found| Finding {
            rule: ID,
            severity: Severity::Error,
            confidence: if found.score >= SURE { Confidence::High } else { Confidence::Medium },
            place: place(source, found.span),
            subject: found.recogniser.to_owned(),
            message: Bilingual::new("a secret is written here in the clear", "这里有一个明文的密钥"),
            path: Vec::new(),
            fingerprint: String::new(),
        })
        .collect()
}

/// Whether a labelled value is a real one: quoted, in a program or its settings, neither a placeholder nor a plain word.
fn is_written_in_code(source: &Source, span: &Range<usize>) -> bool {
    let code = [
        "py", "ipynb", "js", "mjs", "cjs", "ts", "tsx", "jsx", "json", "yaml", "yml", "toml", "swift",
        "plist", "xcconfig", "vue", "svelte", "html", "htm",
    ];
    let ending = source.path.rsplit_once('.').map_or("", |parts| parts.1);
    let quoted = source
        .text
        .as_bytes()
        .get(span.start.wrapping_sub(1))
        .is_some_and(|byte| matches!(byte, b'"' | b'\''));
    let value = source.text.get(span.clone()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    code.contains(&ending)
        && !is_lesson(&source.path)
        && quoted
        && value.len() >= 8
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !stands_for_another(value)
}

/// Whether a file is in a folder for documentation or examples.
fn is_lesson(path: &str) -> bool {
    const FOLDERS: &[&str] =
        &["docs", "doc", "docs_src", "examples", "example", "tutorial", "tutorials", "samples"];
    path.split('/').rev().skip(1).any(|folder| FOLDERS.contains(&folder))
}

/// Returns the spans that are documentation.
fn documentation(source: &Source) -> Vec<Range<usize>> {
    let python = source.path.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "py" | "pyw"));
    if python { docstrings(&source.text) } else { Vec::new() }
}

/// Whether a URL with credentials leads to nothing that others could reach: this machine, a reserved host name, or a neighbour
/// in a container network with the image's default password.
fn opens_nothing(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let end = rest.rfind('@').map_or(0, |at| at + 1);
    let (login, behind) = rest.split_at(end);
    // The first of several hosts.
    let behind = behind.split([',', ';']).next().unwrap_or_default();
    let Some(host) = host_of(&format!("x://{behind}")) else { return false };
    let name = host.split(':').next().unwrap_or_default();
    let neighbour = !host.starts_with('[') && !name.contains('.');
    loopback(&host) || is_reserved(name) || neighbour && is_guessable(login.trim_end_matches('@'))
}

/// Whether a host name is reserved by RFC 2606 or RFC 6761.
fn is_reserved(name: &str) -> bool {
    const ENDINGS: &[&str] =
        &["example", "test", "invalid", "localhost", "example.com", "example.org", "example.net"];
    ENDINGS
        .iter()
        .any(|ending| name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether the password equals the user name or is a plain word, as in tutorials.
fn is_guessable(login: &str) -> bool {
    let Some((user, password)) = login.split_once(':') else { return false };
    let word = password.trim_end_matches(|c: char| c.is_ascii_digit());
    user == password || word.len() <= 12 && word.chars().all(|c| c.is_ascii_lowercase())
}

/// Reports what a low-code export carries in its dedicated secret fields, whatever its format.
fn exported(project: &Project<'_>) -> Vec<Finding> {
    let one = |(file, span): &(usize, std::ops::Range<usize>)| {
        let message = Bilingual::new("this file contains a secret in the clear", "这个文件里带着明文密钥");
        finding(&RULE, Severity::Error, Confidence::High, project.facts.place(*file, span.clone()), message)
    };
    let real = |(file, span): &&(usize, Range<usize>)| {
        let text = project.facts.files.get(*file).and_then(|file| file.text.get(span.clone()));
        !text.is_some_and(stands_for_another)
    };
    project.facts.secrets.iter().filter(real).map(one).collect()
}

/// Whether a value is a placeholder for a secret: it says so, or repeats one character.
fn stands_for_another(value: &str) -> bool {
    const WORDS: &[&str] =
        &["masked", "redacted", "your_", "your-", "placeholder", "changeme", "example", "removed"];
    const SAME: usize = 10;
    let lower = value.to_ascii_lowercase();
    let bytes = value.as_bytes();
    let run = bytes.windows(SAME).any(|part| part.iter().all(|byte| part.first() == Some(byte)));
    run || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_of_tutorials_open_nothing() {
        for value in [
            "amqp://guest:guest@localhost:5672//",
            "redis://:s3cr3t@127.0.0.1:6379/0",
            "https://user1:p4ssw0rd@proxy.example.com/",
            "postgres://postgres:postgres@db:5432/app",
            "redis://:secret1@cache/0",
            "cache+memcached://user:secret@s1:11211;s2:11211/",
        ] {
            assert!(opens_nothing(value), "{value}");
        }
    }

    #[test]
    fn what_stands_for_a_secret_is_none() {
        assert!(
            stands_for_another("MASKED000000")
                && stands_for_another("sk-xxxxxxxxxxxxxx")
                && stands_for_another("YOUR_KEY")
        );
        assert!(!stands_for_another("app-Xk29fLq81mZt") && !stands_for_another("hunter2"));
    }

    #[test]
    fn logins_that_lead_somewhere_count() {
        for value in [
            "postgres://app:hunter2@db.prod.internal:5432/users",
            "redis://:vMaVyaT2kFOo@cache:6379/0",
            "mongodb://admin:admin@203.0.113.9:27017/app",
            "sk-0123456789",
        ] {
            assert!(!opens_nothing(value), "{value}");
        }
    }
}
