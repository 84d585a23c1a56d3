//! Entities in a text that an argument can be made of.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// `https://…`
    Url,
    /// A mail address.
    Mail,
    /// A telephone number.
    Phone,
    /// An account or card number.
    Account,
    /// A file name.
    File,
    /// Words in quotation marks.
    Quote,
    /// A number, with or without a currency.
    Amount,
}

/// Patterns in the order in which they claim a span. Kinds that a gateway may mask also match the form of the token.
const PATTERNS: &[(Kind, &str)] = &[
    (Kind::Url, r#"https?://[^\s<>"'`，。；：！？、（）《》「」“”\]\[\\]+|(?-u:\b)URL_[0-9A-Z]{8}(?-u:\b)"#),
    (Kind::Mail, r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|(?-u:\b)EMAIL_[0-9A-Z]{8}(?-u:\b)"),
    (
        Kind::Account,
        r"(?-u:\b)(?:IBAN|CARD)_[0-9A-Z]{8}(?-u:\b)|(?-u:\b)[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}(?-u:\b)|[0-9]{15,22}",
    ),
    (
        Kind::File,
        r"[A-Za-z0-9_-]+\.(?:txt|md|csv|pdf|docx?|xlsx?|json|ya?ml|toml|log|key|pem|env|ics|vcf|db|zip)(?-u:\b)|(?-u:\b)id_(?:rsa|ed25519)(?-u:\b)",
    ),
    (Kind::Phone, r"(?-u:\b)PHONE_[0-9A-Z]{8}(?-u:\b)|\+?[0-9][0-9 ()-]{7,}[0-9]"),
    (Kind::Quote, r#"“[^”\n]{1,400}”|"[^"\n]{1,400}"|「[^」\n]{1,400}」|‘[^’\n]{1,400}’"#),
    (Kind::Amount, r"[0-9]+(?:[.,][0-9]+)*"),
];

static COMPILED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    PATTERNS.iter().filter_map(|(kind, pattern)| Some((*kind, Regex::new(pattern).ok()?))).collect()
});

/// All entities of a kind, in order. One inside the match of an earlier pattern does not count, unless that is a quotation.
pub(super) fn all(text: &str, wanted: Kind) -> Vec<String> {
    let mut taken: Vec<Range<usize>> = Vec::new();
    for (kind, pattern) in COMPILED.iter() {
        let found = pattern.find_iter(text).map(|hit| hit.range()).filter(|span| free(&taken, span));
        let spans: Vec<Range<usize>> = found.map(|span| trimmed(text, span, *kind)).collect();
        if *kind == wanted {
            return spans
                .into_iter()
                .filter_map(|span| text.get(span).map(|part| bare(part).to_owned()))
                .collect();
        }
        if *kind != Kind::Quote {
            taken.extend(spans);
        }
    }
    Vec::new()
}

/// The first entity of a kind.
pub(super) fn first(text: &str, wanted: Kind) -> Option<String> {
    all(text, wanted).into_iter().next()
}

/// Every span that must not be cut.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let found = COMPILED
        .iter()
        .flat_map(|(kind, pattern)| pattern.find_iter(text).map(|hit| trimmed(text, hit.range(), *kind)));
    found.collect()
}

fn free(taken: &[Range<usize>], span: &Range<usize>) -> bool {
    taken.iter().all(|other| span.end <= other.start || other.end <= span.start)
}

/// Trims trailing punctuation: a full stop after an address belongs to the sentence.
fn trimmed(text: &str, span: Range<usize>, kind: Kind) -> Range<usize> {
    if kind == Kind::Quote {
        return span;
    }
    let part = text.get(span.clone()).unwrap_or_default();
    span.start..span.start + part.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ' ', '(', '-']).len()
}

fn bare(quoted: &str) -> &str {
    quoted.trim_matches(['“', '”', '"', '「', '」', '‘', '’'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_valid() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn things_are_told_apart() {
        let text = "Pay 12.50 EUR to DE75512108001245126199, see https://a.example/x?d=1. Ask li@b.example or 199 0000 1234; file a.txt.";
        assert_eq!(all(text, Kind::Url), ["https://a.example/x?d=1"]);
        assert_eq!(all(text, Kind::Mail), ["li@b.example"]);
        assert_eq!(all(text, Kind::Account), ["DE75512108001245126199"]);
        assert_eq!(all(text, Kind::File), ["a.txt"]);
        assert_eq!(all(text, Kind::Phone), ["199 0000 1234"]);
        assert_eq!(all(text, Kind::Amount), ["12.50"]);
        assert_eq!(all("写信给EMAIL_7Q2K4M8N，说“好”", Kind::Mail), ["EMAIL_7Q2K4M8N"]);
    }
}
