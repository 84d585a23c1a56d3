//! Apple property lists: what an app declares about itself (`Info.plist`) and the data it collects (`PrivacyInfo.xcprivacy`).
//! Only the XML form is read; the binary one is reported as unread.

use std::ops::Range;

use crate::facts::{Facts, Manifest, ManifestKind, Spanned};

/// Elements nested more deeply are ignored.
const MAX_DEPTH: usize = 64;

/// Returns the kind of a file, by its name.
pub(crate) fn kind(path: &str) -> Option<ManifestKind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.')?.1 {
        "xcprivacy" => Some(ManifestKind::Privacy),
        "plist" if name.ends_with("Info.plist") => Some(ManifestKind::Info),
        _ => None,
    }
}

/// Adds what a property list declares to the facts. `file` is an index of `facts.files`.
pub(crate) fn read(facts: &mut Facts, file: usize) {
    let Some(source) = facts.files.get(file) else { return };
    let Some(kind) = kind(&source.path) else { return };
    let mut manifest = Manifest { file, kind, collects: Vec::new(), open: None };
    for value in values(&source.text) {
        match value.key.as_str() {
            "NSPrivacyCollectedDataType" => {
                let text = value.text.trim().to_owned();
                manifest.collects.push(Spanned { text, span: value.span });
            }
            "NSAllowsArbitraryLoads" if value.text == "true" => manifest.open = Some(value.span),
            _ => {}
        }
    }
    facts.manifests.push(manifest);
}

/// A value: its key, its text or kind, and its span.
struct Value {
    key: String,
    text: String,
    span: Range<usize>,
}

/// A tag: its name, whether it is a closing tag, and its span.
struct Tag<'t> {
    name: &'t str,
    closes: bool,
    span: Range<usize>,
}

/// Returns the values of a property list in order, ignoring comments.
fn values(text: &str) -> Vec<Value> {
    let (mut found, mut keys) = (Vec::new(), vec![String::new()]);
    let (mut at, mut begun) = (0, 0);
    while let Some(tag) = next(text, at) {
        at = tag.span.end;
        let within = || text.get(begun..tag.span.start).unwrap_or_default();
        match (tag.name, tag.closes) {
            ("dict" | "array", false) if keys.len() < MAX_DEPTH => keys.push(String::new()),
            ("dict" | "array", true) if keys.len() > 1 => {
                keys.pop();
            }
            ("key", true) => {
                if let Some(key) = keys.last_mut() {
                    within().trim().clone_into(key);
                }
            }
            ("string" | "integer" | "real" | "date", true) => {
                let key = keys.last().cloned().unwrap_or_default();
                found.push(Value { key, text: within().to_owned(), span: begun..tag.span.start });
            }
            ("true" | "false", false) => {
                let key = keys.last().cloned().unwrap_or_default();
                found.push(Value { key, text: tag.name.to_owned(), span: tag.span.clone() });
            }
            _ => {}
        }
        begun = at;
    }
    found
}

/// Returns the next tag, skipping comments and `<?…?>`.
fn next(text: &str, mut at: usize) -> Option<Tag<'_>> {
    loop {
        let start = at + text.get(at..)?.find('<')?;
        let rest = text.get(start..)?;
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = start + 4 + comment.find("-->")? + 3;
            continue;
        }
        let end = start + rest.find('>')? + 1;
        let inner = text.get(start + 1..end - 1)?;
        if inner.starts_with(['?', '!']) {
            at = end;
            continue;
        }
        let closes = inner.starts_with('/');
        let name = inner.trim_matches('/').split_whitespace().next().unwrap_or_default();
        return Some(Tag { name, closes, span: start..end });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_read_and_comments_are_not() {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE plist><plist><dict><key>A</key><dict><key>NSAllowsArbitraryLoads</key><true/></dict>\
                    <!-- <key>B</key><string>no</string> --><key>L</key><array><dict><key>T</key><string>x</string></dict></array><key>C</key><string>y</string></dict></plist>";
        let all: Vec<(String, String)> = values(text).into_iter().map(|one| (one.key, one.text)).collect();
        let told = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        assert_eq!(all, [told("NSAllowsArbitraryLoads", "true"), told("T", "x"), told("C", "y")]);
    }

    #[test]
    fn hostile_lists_end() {
        assert!(values(&"<dict>".repeat(100_000)).is_empty());
        assert!(values(&"<!--".repeat(100_000)).is_empty() && values("</dict></dict><key>").is_empty());
    }
}
