//! Paths and URLs that carry no data: the model may write them by itself.

use ombud_core::Origin;

use super::super::Prepared;
use super::Value;
use crate::attribute::identifier::{Kind, terms};

/// Whether a path is relative and leads neither upwards nor into anything hidden.
pub(super) fn is_plain_path(path: &str) -> bool {
    let path = path.trim();
    let parts = || path.split(['/', '\\']);
    !path.starts_with(['/', '\\', '~'])
        && !path.contains(':')
        && parts().all(|part| !part.starts_with('.') || part == ".")
}

/// Whether a URL has a named host and carries nothing from the context.
pub(super) fn is_plain_url(known: &Prepared, url: &str) -> bool {
    let found = terms(url);
    let host = found.iter().find(|term| term.kind == Kind::Host).map(|term| term.canonical.as_str());
    let named = host.is_some_and(|host| {
        host.contains('.') && !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let carried = found.iter().filter(|term| !matches!(term.kind, Kind::Url | Kind::Host));
    let mut stands = carried.flat_map(|term| known.context.identifier(term.kind, &term.canonical));
    named && stands.all(|hit| hit.origin == Origin::Operator)
}

/// Whether a URL is neither one that somebody wrote nor a parent of one.
pub(super) fn is_altered(known: &Prepared, value: &Value) -> bool {
    if value.kind != Some(Kind::Url) || !known.context.identifier(Kind::Url, &value.text).is_empty() {
        return false;
    }
    let above = format!("{}/", value.text.trim_end_matches('/'));
    let sources = known.context.sources.iter();
    !sources.flat_map(|source| source.index.terms()).any(|(term, places)| {
        term.starts_with(&above) && places.first().is_some_and(|place| place.0 == Kind::Url)
    })
}
