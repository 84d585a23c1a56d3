//! What a node's request does: calls a model, reads or writes a memory, or sends something, and whether others on the network
//! can listen.

use std::ops::Range;

use super::graph::{Act, recipient, store};
use crate::facts::{Facts, Template, host_of, loopback, near};
use crate::providers::Providers;
use crate::tree::Node;

/// A request as an export describes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'n> {
    pub url: &'n Node,
    pub method: &'n str,
    pub body: Option<&'n Node>,
}

/// Returns what a request does, each act with its span.
pub(crate) fn acts(
    facts: &mut Facts,
    file: usize,
    request: Request<'_>,
    providers: &Providers,
) -> Vec<(Range<usize>, Act)> {
    let place = request.url.span.clone();
    let url = request.url.text().trim_start_matches('=');
    let host = host_of(url);
    let mut acts = Vec::new();
    if is_plain(url) {
        acts.push((place.clone(), Act::Plain));
    }
    if host.as_deref().is_some_and(loopback) {
        return acts;
    }
    if let Some((name, usage)) = memory_of(url, &request.method.to_ascii_lowercase()) {
        let known = facts.stores.len();
        let id = store(facts, &name, !name.contains(':'));
        if let Some(made) = facts.stores.get_mut(known) {
            made.host = host;
        }
        let act = match usage {
            Use::Read => Act::Read(id),
            Use::Write => Act::Write(id),
            Use::Erase => Act::Erase(id),
        };
        acts.push((place.clone(), act));
        acts.extend(everybody(request).map(|(at, name)| (at, Act::Shared(name))));
    } else {
        let act = sent(host, providers);
        if let Act::Model(who) = &act {
            let named = request.body.and_then(model_in);
            super::asks(facts, file, &place, who, None);
            if let Some(asked) = facts.models.last_mut() {
                asked.name = named.map(|name| Template::text(&name));
            }
        }
        acts.push((place, act));
    }
    acts
}

/// Returns the model named in a JSON body: the string after `"model":`, wherever the platform keeps the body.
fn model_in(body: &Node) -> Option<String> {
    let mut texts = Vec::new();
    body.texts(&mut texts);
    let after = texts.iter().find_map(|text| text.text().split_once("\"model\""))?.1;
    let name = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split('"').next()?;
    (!name.is_empty() && !name.contains("{{")).then(|| name.to_owned())
}

/// Whether traffic to an address is unencrypted and leaves the local network.
pub(crate) fn is_plain(url: &str) -> bool {
    url.starts_with("http://") && host_of(url).is_some_and(|host| !near(&host))
}

fn sent(host: Option<String>, providers: &Providers) -> Act {
    let Some(known) = host.as_deref().and_then(|host| providers.by_host(host)) else {
        return Act::Send(host);
    };
    let mut who = recipient(&known.id, providers);
    (who.fixed, who.open) = (!known.local, false);
    who.host = host;
    Act::Model(who)
}

enum Use {
    Read,
    Write,
    Erase,
}

/// Recognises memory services, and Dify's knowledge base API, by their URL.
fn memory_of(url: &str, method: &str) -> Option<(String, Use)> {
    let service = [("api.mem0.ai", "mem0"), ("api.getzep.com", "zep"), ("/memories", "memory")];
    let known = service.into_iter().find(|(part, _)| url.contains(part)).map(|(_, name)| name.to_owned());
    let name = known.or_else(|| dataset(url))?;
    let path = url.split('?').next().unwrap_or(url).trim_end_matches('/');
    let asks = ["/search", "/query", "/retrieve"].iter().any(|end| path.ends_with(end));
    let does = match method {
        "delete" => Use::Erase,
        "get" => Use::Read,
        _ if asks => Use::Read,
        _ => Use::Write,
    };
    Some((name, does))
}

/// Parses `/v1/datasets/{id}/document/create-by-text` and `…/retrieve`.
fn dataset(url: &str) -> Option<String> {
    let (id, rest) = url.split_once("/v1/datasets/")?.1.split_once('/')?;
    let known = rest.starts_with("document") || rest.starts_with("retrieve");
    let short: String = id.chars().take(8).collect();
    (known && !short.contains('{')).then(|| format!("dify:{short}"))
}

/// Returns the id that all users share in a memory, if it is hard-coded.
fn everybody(request: Request<'_>) -> Option<(Range<usize>, String)> {
    let mut texts = vec![request.url];
    if let Some(body) = request.body {
        body.texts(&mut texts);
    }
    let inside = texts.into_iter().find_map(|text| Some((text.span.clone(), fixed_id(text.text())?)));
    inside.or_else(|| request.body.and_then(row))
}

/// Names of the ids that separate one person's items from another's.
const IDS: &[&str] = &["user_id", "userId", "uid", "session_id", "sessionId", "conversation_id", "run_id"];

/// Finds `"user_id": "everybody"` in a body, or `user_id=everybody` in a URL.
fn fixed_id(text: &str) -> Option<String> {
    IDS.iter().find_map(|id| {
        let (before, rest) = text.split_once(id)?;
        let value = match before.chars().next_back()? {
            '"' => rest.strip_prefix('"')?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?,
            '?' | '&' => rest.strip_prefix('=')?,
            _ => return None,
        };
        let value: String = value.chars().take_while(|ch| !matches!(ch, '"' | '&' | '\n')).collect();
        is_constant(&value).then_some(value)
    })
}

/// Finds a form row: `key: user_id`, `value: everybody`.
fn row(body: &Node) -> Option<(Range<usize>, String)> {
    let own = [body.text_of("key"), body.text_of("name")].iter().any(|key| IDS.contains(key));
    let value = body.get("value").filter(|value| own && is_constant(value.text()));
    let found = value.map(|value| (value.span.clone(), value.text().to_owned()));
    let inner = || body.fields().iter().map(|(_, node)| node).chain(body.items()).find_map(row);
    found.or_else(inner)
}

/// Whether a value contains no placeholder that is filled in at run time.
pub(super) fn is_constant(value: &str) -> bool {
    !value.is_empty() && !value.contains("{{") && !value.contains('$') && !value.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_written_out_are_told_from_references() {
        for text in [r#"{"q": "x", "user_id": "all"}"#, "https://m.example/memories?user_id=all&k=1"] {
            assert_eq!(fixed_id(text).as_deref(), Some("all"), "{text}");
        }
        for text in [
            r#"{"user_id": "{{user}}"}"#,
            r#"{"my_user_id": "all"}"#,
            "https://m.example/memories?user_id={{user}}",
            r#"{"text": "user_id"}"#,
            r#"{"user_id": ""}"#,
        ] {
            assert_eq!(fixed_id(text), None, "{text}");
        }
    }

    #[test]
    fn knowledge_bases_are_told_by_their_address() {
        let name = dataset("https://api.dify.ai/v1/datasets/7f5e1f7e-3b1c/document/create-by-text");
        assert_eq!(name.as_deref(), Some("dify:7f5e1f7e"));
        assert_eq!(dataset("https://api.example.com/v1/datasets/{{id}}/document/x"), None);
    }
}
