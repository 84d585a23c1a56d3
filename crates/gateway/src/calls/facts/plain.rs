//! Paths and addresses that carry nothing: the model may write them by itself.

use ombud_core::Origin;

use super::super::Prepared;
use super::Value;
use crate::attribute::identifier::{Kind, terms};

/// A relative path that leaves its folder neither upwards nor into something hidden.
pub(super) fn is_plain_path(path: &str) -> bool {
    let path = path.trim();
    let parts = || path.split(['/', '\\']);
    !path.starts_with(['/', '\\', '~'])
        && !path.contains(':')
        && parts().all(|part| !part.starts_with('.') || part == ".")
}

/// An address that the model knows by itself and that carries nothing of the context.
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

/// Whether an address is none that somebody wrote, nor one above such an address: more than a host was added.
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
