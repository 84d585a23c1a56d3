//! A source of facts: absent, damaged, or read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ombud_core::{Lang, Say, say};
use serde::de::DeserializeOwned;

use crate::fault;

/// The largest report or notice that is read, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A text of a report in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Bilingual {
    en: String,
    zh: String,
}

impl Bilingual {
    /// The text of something in both languages.
    pub(crate) fn said(what: &impl Say) -> Self {
        Self { en: what.say(Lang::En), zh: what.say(Lang::Zh) }
    }

    /// The text in a language, fit for one line.
    pub(crate) fn of(&self, lang: Lang) -> String {
        crate::document::one_line(match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        })
    }
}

/// A source of facts.
#[derive(Debug, Clone)]
pub(crate) enum Input<T> {
    /// It does not exist.
    Absent,
    /// It exists but cannot be used.
    Damaged(Damage),
    /// What it says.
    Read(T),
}

impl<T> Input<T> {
    /// What it says, if it was read.
    pub(crate) fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Absent | Self::Damaged(_) => None,
        }
    }

    /// What is wrong with it, if something is.
    pub(crate) fn damage(&self) -> Option<&Damage> {
        match self {
            Self::Damaged(damage) => Some(damage),
            Self::Absent | Self::Read(_) => None,
        }
    }
}

/// Why a source cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The file or folder.
    pub path: PathBuf,
    /// The field and the position reported by the parser, or the cause.
    pub why: Why,
    /// The command that generates it again.
    pub command: &'static str,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The system does not allow it to be read.
    System(std::io::ErrorKind),
    /// It was read but makes no sense.
    Unreadable(Bilingual),
    /// A field is absent or of the wrong kind.
    Field(String),
    /// A later version of Ombud wrote it.
    Newer(String),
    /// It is larger than [`LARGEST`].
    TooLarge,
}

impl Say for Damage {
    fn say(&self, lang: Lang) -> String {
        let (path, command) = (self.path.display(), self.command);
        match &self.why {
            Why::System(kind) => unreadable(&path, &fault::io(&(*kind).into(), lang), command, lang),
            Why::Unreadable(cause) => unreadable(&path, &cause.of(lang), command, lang),
            Why::Field(field) => say!(lang,
                en: "{path} is not what this version of Ombud writes: {field}. Generate it again: `{command}`",
                zh: "{path} 与本版本的格式不符：{field}。请重新生成：`{command}`"),
            Why::Newer(schema) => say!(lang,
                en: "{path} was written by a newer version of Ombud (schema `{schema}`). Update Ombud, or generate it again: `{command}`",
                zh: "{path} 由较新版本的 Ombud 写入（schema `{schema}`）。请升级 Ombud，或重新生成：`{command}`"),
            Why::TooLarge => say!(lang,
                en: "{path} is larger than 32 MiB, so it was not read. Generate it again: `{command}`",
                zh: "{path} 超过 32 MiB，没有读取。请重新生成：`{command}`"),
        }
    }
}

fn unreadable(path: &std::path::Display<'_>, cause: &str, command: &str, lang: Lang) -> String {
    say!(lang,
        en: "{path} cannot be read ({cause}). Generate it again: `{command}`",
        zh: "无法读取 {path}（{cause}）。请重新生成：`{command}`")
}

/// Reads a text file of bounded size. Bytes that are not UTF-8 are replaced.
pub(crate) fn text(path: &Path, command: &'static str) -> Input<String> {
    let damaged = |why| Input::Damaged(Damage { path: path.to_owned(), why, command });
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Input::Absent,
        Err(error) => return damaged(Why::System(error.kind())),
    };
    let mut bytes = Vec::new();
    match file.take(LARGEST + 1).read_to_end(&mut bytes) {
        Err(error) => damaged(Why::System(error.kind())),
        Ok(_) if bytes.len() as u64 > LARGEST => damaged(Why::TooLarge),
        Ok(_) => Input::Read(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// A JSON report whose `schema` is `family/N`: read if N is at most `version`. A report without a schema is read as it is.
pub(crate) fn json<T: DeserializeOwned>(
    path: &Path,
    family: &str,
    version: u32,
    command: &'static str,
) -> Input<T> {
    let text = match text(path, command) {
        Input::Read(text) => text,
        Input::Absent => return Input::Absent,
        Input::Damaged(damage) => return Input::Damaged(damage),
    };
    match parse(&text, family, version) {
        Ok(value) => Input::Read(value),
        Err(why) => Input::Damaged(Damage { path: path.to_owned(), why, command }),
    }
}

/// Parses a report that was already read.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, family: &str, version: u32) -> Result<T, Why> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default)]
        schema: Option<String>,
    }
    let field = |error: serde_json::Error| Why::Field(error.to_string());
    let head: Head = serde_json::from_str(text).map_err(field)?;
    if let Some(schema) = head.schema {
        let schema = crate::document::one_line(&schema);
        let number = schema.strip_prefix(family).and_then(|rest| rest.strip_prefix('/'));
        match number.and_then(|number| number.parse::<u32>().ok()) {
            Some(number) if number > version => return Err(Why::Newer(schema)),
            Some(_) => {}
            None => return Err(Why::Field(format!("schema `{schema}` instead of `{family}/{version}`"))),
        }
    }
    serde_json::from_str(text).map_err(field)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Report {
        cases: Vec<u32>,
    }

    #[test]
    fn each_damage_names_the_file_the_field_and_the_command() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.json");
        let read = || json::<Report>(&path, "ombud.test", 1, "ombud test");
        assert!(matches!(read(), Input::Absent));
        for (text, part) in [
            ("", "EOF"),
            ("[]", "invalid"),
            ("{\"schema\":\"ombud.test/1\"}", "missing field `cases`"),
            ("{\"schema\":\"ombud.test/2\",\"cases\":[]}", "newer version"),
            ("{\"schema\":\"other/1\",\"cases\":[]}", "schema `other/1`"),
            ("{\"schema\":7}", "invalid type"),
            ("{\"cases\":[\"x\"]}", "line 1 column"),
            (&"[".repeat(100_000), "invalid type"),
            (&format!("{{\"x\":{}", "[".repeat(100_000)), "EOF"),
        ] {
            std::fs::write(&path, text).unwrap();
            let damage = read().damage().cloned().unwrap();
            for lang in [Lang::En, Lang::Zh] {
                let said = damage.say(lang);
                assert!(said.contains("r.json") && said.contains("ombud test"), "{said}");
            }
            assert!(damage.say(Lang::En).contains(part), "{part}: {}", damage.say(Lang::En));
        }
        for text in ["{\"schema\":\"ombud.test/1\",\"cases\":[1]}", "{\"cases\":[1],\"later\":{}}"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read().read(), Some(&Report { cases: vec![1] }));
        }
    }
}
