//! A component or a service before it is written.

use std::collections::BTreeSet;

use ombud_check::packages::Hash;
use ombud_core::Class;
use ombud_core::finding::Place;
use ombud_detect::Detector;
use serde_json::{Map, Value, json};

/// Cleans names from the source for publication.
pub(super) struct Names<'a> {
    pub detector: &'a Detector,
}

impl Names<'_> {
    /// A name on one line, without secrets: whoever reads the list need not be allowed to have the keys.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = crate::document::one_line(text);
        let found = self.detector.detect(&text);
        for found in found.iter().rev().filter(|found| found.kind.category().class() == Class::Secret) {
            if text.get(found.span.clone()).is_some() {
                text.replace_range(found.span.clone(), "***");
            }
        }
        text
    }
}

/// A component or a service.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Its `bom-ref`.
    pub reference: String,
    /// Its fields.
    pub fields: Map<String, Value>,
    /// What has no field of its own.
    pub properties: Vec<(String, String)>,
    /// Names of what is unknown about it.
    pub unknown: BTreeSet<&'static str>,
    /// Where it occurs: path and line.
    pub places: BTreeSet<(String, u32)>,
    /// What it needs.
    pub needs: BTreeSet<String>,
    /// Whether what it needs is known.
    pub needs_known: bool,
    /// Whether the agent itself uses it.
    pub direct: bool,
    /// Whether it is a service, which has no evidence field.
    pub is_service: bool,
}

impl Part {
    /// A component of a type.
    pub(super) fn component(kind: &str, reference: String, name: &str) -> Self {
        let mut part = Self { reference, direct: true, needs_known: true, ..Self::default() };
        part.set("type", kind);
        part.set("name", name);
        part
    }

    /// A service.
    pub(super) fn service(reference: String, name: &str) -> Self {
        let mut part =
            Self { reference, direct: true, needs_known: true, is_service: true, ..Self::default() };
        part.set("name", name);
        part
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.fields.insert(key.to_owned(), value.into());
    }

    pub(super) fn say(&mut self, name: &str, value: impl Into<String>) {
        let row = (format!("ombud:{name}"), value.into());
        if !self.properties.contains(&row) {
            self.properties.push(row);
        }
    }

    /// Marks the version as unknown.
    pub(super) fn unpinned(&mut self) {
        self.unknown.insert("version");
        self.say("unpinned", "true");
    }

    pub(super) fn at(&mut self, place: &Place) {
        self.places.insert((place.path.clone(), place.line));
    }

    /// Merges what is known about the same thing from another place.
    pub(super) fn join(&mut self, other: Self) {
        self.places.extend(other.places);
        self.needs.extend(other.needs);
        for row in other.properties {
            if !self.properties.contains(&row) {
                self.properties.push(row);
            }
        }
        self.direct |= other.direct;
        self.needs_known &= other.needs_known;
    }

    /// The part as JSON.
    pub(super) fn json(&self) -> Value {
        const SHOWN: usize = 64;
        let mut fields = self.fields.clone();
        fields.insert("bom-ref".to_owned(), json!(self.reference));
        let mut said = self.properties.clone();
        said.extend(self.unknown.iter().map(|what| ("ombud:unknown".to_owned(), (*what).to_owned())));
        let places: Vec<_> = self.places.iter().take(SHOWN).collect();
        if self.is_service {
            said.extend(
                places.iter().map(|(path, line)| ("ombud:place".to_owned(), format!("{path}:{line}"))),
            );
        } else if !places.is_empty() {
            let rows: Vec<Value> = places.iter().map(|(path, line)| occurrence(path, *line)).collect();
            fields.insert("evidence".to_owned(), json!({"occurrences": rows}));
        }
        if !said.is_empty() {
            fields.insert("properties".to_owned(), properties(&said));
        }
        Value::Object(fields)
    }
}

/// One occurrence; a file that names a package has no line.
fn occurrence(path: &str, line: u32) -> Value {
    if line == 0 { json!({"location": path}) } else { json!({"location": path, "line": line}) }
}

/// Properties, sorted.
pub(super) fn properties(all: &[(String, String)]) -> Value {
    let mut all: Vec<_> = all.iter().collect();
    all.sort();
    all.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// Hashes by their `CycloneDX` names; other algorithms are left out.
pub(super) fn hashes(all: &[Hash]) -> Vec<Value> {
    let named = |hash: &Hash| {
        let algorithm = match hash.algorithm.as_str() {
            "md5" => "MD5",
            "sha1" => "SHA-1",
            "sha256" => "SHA-256",
            "sha384" => "SHA-384",
            "sha512" => "SHA-512",
            _ => return None,
        };
        Some(json!({"alg": algorithm, "content": hash.hex}))
    };
    all.iter().filter_map(named).collect()
}

/// A part of a package URL: everything but letters, digits, `.`, `-`, `_` and `~` is escaped.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~');
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}
