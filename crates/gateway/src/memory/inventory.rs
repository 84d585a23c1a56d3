//! What a store holds about a subject: counts it, deletes it, and checks for residue afterwards.

use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::closed::Closed;
use super::confine::{own, own_id};
use super::pipeline::receive;
use super::{Data, Store};
use crate::upstream::{Upstream, request_headers};

/// Items scanned per request, and in total, when looking for residue.
const PAGE: usize = 1000;
const MAX_SCANNED: usize = 200_000;

/// A collection: id and name.
pub type Collection = (String, String);

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
}

/// Items of one page, with the requested fields.
#[derive(Deserialize)]
struct Page {
    ids: Vec<String>,
    #[serde(default)]
    metadatas: Option<Vec<Option<Map<String, Value>>>>,
}

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Residue {
    /// Items that still carry the subject's tag, pseudonym or id.
    pub items: u64,
    /// Items that were scanned one by one.
    pub scanned: u64,
    /// False if there were more items than the limit of the scan.
    pub complete: bool,
}

/// The collections below a path.
pub async fn collections(
    upstream: &Upstream,
    store: &Store,
    path: &str,
    headers: &HeaderMap,
) -> Result<Vec<Collection>, Closed> {
    let mut all = Vec::new();
    loop {
        let offset = all.len();
        let below = format!("{path}?limit={PAGE}&offset={offset}");
        let listed: Vec<Listed> = call(upstream, store, Method::GET, &below, None, headers).await?;
        let count = listed.len();
        all.extend(listed.into_iter().map(|listed| (listed.id, listed.name)));
        // A server without paging returns the same list every time.
        if count < PAGE || all.len() > MAX_SCANNED {
            return Ok(all);
        }
    }
}

/// Number of items that belong to a subject.
pub async fn held(upstream: &Upstream, store: &Store, subject: &str) -> Result<u64, Closed> {
    let mut count = 0;
    for path in items_of(upstream, store).await? {
        count += tagged(upstream, store, &path, subject).await?;
    }
    Ok(count)
}

/// Deletes the items of a subject; returns how many there were.
pub async fn remove(upstream: &Upstream, store: &Store, subject: &str) -> Result<u64, Closed> {
    let mut count = 0;
    for path in items_of(upstream, store).await? {
        let there = tagged(upstream, store, &path, subject).await?;
        if there > 0 {
            let body = json!({ "where": own(subject) });
            let path = format!("{path}/delete");
            let _answer: Value =
                call(upstream, store, Method::POST, &path, Some(&body), &HeaderMap::new()).await?;
            count += there;
        }
    }
    Ok(count)
}

/// Looks for residue: by tag, and by scanning all items for the pseudonym in the id and for the pseudonym or (where known)
/// the subject's own id among the metadata, which finds items written past the gateway.
pub async fn residue(
    upstream: &Upstream,
    store: &Store,
    subject: &str,
    id: Option<&str>,
) -> Result<Residue, Closed> {
    let mut found = Residue { items: 0, scanned: 0, complete: true };
    for path in items_of(upstream, store).await? {
        let tagged = tagged(upstream, store, &path, subject).await?;
        let (mut seen, mut offset) = (0, 0);
        loop {
            if offset >= MAX_SCANNED {
                found.complete = false;
                break;
            }
            let body = json!({ "limit": PAGE, "offset": offset, "include": ["metadatas"] });
            let get = format!("{path}/get");
            let page: Page =
                call(upstream, store, Method::POST, &get, Some(&body), &HeaderMap::new()).await?;
            let metadatas = page.metadatas.unwrap_or_default();
            let names = |at: usize| {
                metadatas.get(at).and_then(Option::as_ref).is_some_and(|own| names(own, subject, id))
            };
            let left = page
                .ids
                .iter()
                .enumerate()
                .filter(|(at, stored)| own_id(subject, stored).is_some() || names(*at));
            seen += left.count() as u64;
            offset += page.ids.len();
            found.scanned += page.ids.len() as u64;
            if page.ids.len() < PAGE {
                break;
            }
        }
        found.items += seen.max(tagged);
    }
    Ok(found)
}

fn names(metadata: &Map<String, Value>, subject: &str, id: Option<&str>) -> bool {
    metadata.values().filter_map(Value::as_str).any(|value| value == subject || Some(value) == id)
}

/// Paths of those collections of a store that may hold users' items.
async fn items_of(upstream: &Upstream, store: &Store) -> Result<Vec<String>, Closed> {
    let mut paths = Vec::new();
    if store.data == Data::Own {
        return Ok(paths);
    }
    for root in store.roots() {
        let listed = collections(upstream, store, &root, &HeaderMap::new()).await?;
        let used = |name: &String| store.collections.is_empty() || store.collections.contains(name);
        paths.extend(listed.iter().filter(|(_, name)| used(name)).map(|(id, _)| format!("{root}/{id}")));
    }
    Ok(paths)
}

async fn tagged(upstream: &Upstream, store: &Store, path: &str, subject: &str) -> Result<u64, Closed> {
    let body = json!({ "where": own(subject), "include": [] });
    let path = format!("{path}/get");
    let page: Page = call(upstream, store, Method::POST, &path, Some(&body), &HeaderMap::new()).await?;
    Ok(page.ids.len() as u64)
}

async fn call<T: serde::de::DeserializeOwned>(
    upstream: &Upstream,
    store: &Store,
    method: Method,
    path: &str,
    body: Option<&Value>,
    headers: &HeaderMap,
) -> Result<T, Closed> {
    let url = format!("{}{path}", store.url.trim_end_matches('/'));
    let mut headers = request_headers(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let sent = upstream.send(method, &url, headers, body.into()).await?;
    let (status, body) = receive(sent).await?;
    if !status.is_success() {
        return Err(Closed::Garbage);
    }
    serde_json::from_slice(&body).map_err(|_| Closed::Garbage)
}
