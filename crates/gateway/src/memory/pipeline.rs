//! One exchange at the memory edge: parse, decide, confine, record, forward, filter, record.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use ombud_core::Policy;
use ombud_core::category::Class;
use ombud_core::event::{Event, EventKind, MemoryRecord};
use ombud_core::{Origin, Role};

use super::chroma::{self, Operation, Target};
use super::closed::Closed;
use super::confine;
use super::{Data, ROOT, Store, answer, inventory};
use crate::attribute::declared::beginnings;
use crate::caller;
use crate::consent::{Denial, Who};
use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::tool::judge::exchange;
use crate::{names, pipeline, record, upstream};

/// Limit of a store's response, which is held in memory; larger ones are refused.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// What is known of a request, for the log.
struct Known {
    record: MemoryRecord,
    exchange: String,
    client: String,
    /// Pseudonym of the subject, once proven.
    subject: Option<String>,
}

/// Handles one request below [`ROOT`].
pub async fn handle(gateway: Arc<Gateway>, request: Request<Body>) -> Response {
    let exchange = record::id();
    let tenant = caller::tenant_of(&gateway.ledger, request.headers());
    let mut known = Known {
        record: MemoryRecord {
            store: String::new(),
            operation: "unknown".into(),
            collection: None,
            purpose: None,
            outcome: "allowed".into(),
            status: 0,
            items: None,
        },
        exchange: exchange.clone(),
        client: tenant,
        subject: None,
    };
    let mut response = match serve(&gateway, &mut known, request).await {
        Ok(response) => response,
        Err(why) => {
            why.code().clone_into(&mut known.record.outcome);
            // Either nothing was sent, or the intent is in the log already.
            let _ = append(&gateway, &known);
            why.response(&gateway.config)
        }
    };
    if let Ok(receipt) = HeaderValue::from_str(&exchange) {
        response.headers_mut().insert("x-ombud-receipt", receipt);
    }
    response
}

async fn serve(gateway: &Gateway, known: &mut Known, request: Request<Body>) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    pipeline::admit(gateway, &parts.headers)?;
    let below = parts.uri.path().strip_prefix(ROOT).ok_or(Closed::Path)?;
    let (name, path) = below.split_at(below.find('/').unwrap_or(below.len()));
    let unknown = || Closed::Store(name.chars().filter(|ch| !ch.is_control()).take(40).collect());
    let store = gateway.config.memory.stores.get(name).ok_or_else(unknown)?;
    name.clone_into(&mut known.record.store);
    let target = chroma::target(&parts.method, path).ok_or(Closed::Path)?;
    target.operation.class().clone_into(&mut known.record.operation);
    known.record.collection = target.collection.map(str::to_owned);
    allow(gateway, known, store, name, &target, &parts.headers).await?;
    let body = pipeline::read(gateway, &parts.headers, body).await?;
    let confined = store.data == Data::User && target.operation.reaches_items();
    if !confined {
        let url = upstream_url(store, path, parts.uri.query());
        return pass(gateway, known, &parts.method, &url, &parts.headers, body).await;
    }
    let subject = known.subject.clone().ok_or(Closed::Consent(Denial::NoSubject, String::new()))?;
    let clean = |text: &str| without_secrets(gateway, text);
    let ready = confine::request(target.operation, &body, &subject, &clean)?;
    known.record.items = ready.items;
    if target.operation.changes_items() {
        intend(gateway, known).await?;
    }
    let (path, method) = match target.operation {
        Operation::Count => {
            (path.trim_end_matches('/').trim_end_matches("count").to_owned() + "get", Method::POST)
        }
        _ => (path.to_owned(), parts.method),
    };
    let headers = headers(&parts.headers);
    let url = upstream_url(store, &path, None);
    let sent = gateway.upstream.send(method, &url, headers, ready.body.into()).await?;
    let (status, body) = receive(sent).await?;
    known.record.status = status.as_u16();
    let body = if !status.is_success() {
        answer::error(&body, &subject)
    } else if target.operation.changes_items() {
        body.into()
    } else {
        let own = answer::filtered(target.operation, &body, &subject)?;
        known.record.items = Some(own.items);
        heard(gateway, known, &own.body);
        if own.foreign > 0 {
            tracing::warn!(store = known.record.store, foreign = own.foreign, "the store ignored the filter");
        }
        own.body
    };
    recorded(gateway, known).await?;
    Ok(json(status, body))
}

/// Registers what a store returned as a source of later prompts.
fn heard(gateway: &Gateway, known: &Known, body: &[u8]) {
    let origin = Origin::Memory { name: Some(known.record.store.clone()) };
    let exchange = exchange(&String::from_utf8_lossy(body), Role::ToolResult, &origin);
    let texts = beginnings(exchange.slots.iter().map(|slot| &*slot.text));
    gateway.sources.heard(Some(&known.client), &origin, &texts);
}

/// Decides whether a request is allowed: consent for users' items, `manage` for whole collections, and the list of
/// collections.
async fn allow(
    gateway: &Gateway,
    known: &mut Known,
    store: &Store,
    name: &str,
    target: &Target<'_>,
    headers: &HeaderMap,
) -> Result<(), Closed> {
    if target.operation == Operation::Manage && !store.manage {
        return Err(Closed::Manage(name.to_owned()));
    }
    if target.operation.reaches_items() && store.data == Data::User {
        let who = who(gateway, headers);
        known.record.purpose = Some(store.purpose.clone());
        let proofs = headers.get("x-ombud-consent").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let proved = gateway.desk.check(proofs, who.as_ref(), &store.purpose).await;
        let claims = proved.map_err(|denial| Closed::Consent(denial, store.purpose.clone()))?;
        known.subject = Some(claims.subject);
    }
    if target.operation.reaches_items() && !store.roots().iter().any(|root| root == target.collections) {
        return Err(Closed::Collection(name.to_owned()));
    }
    if store.collections.is_empty() || !target.operation.reaches_items() {
        return Ok(());
    }
    let listed = inventory::collections(&gateway.upstream, store, target.collections, headers).await?;
    let wanted = target.collection.unwrap_or_default();
    let name_of = listed.iter().find(|(id, own)| id == wanted || own == wanted).map(|(_, own)| own);
    match name_of {
        Some(own) if store.collections.contains(own) => Ok(()),
        _ => Err(Closed::Collection(name.to_owned())),
    }
}

/// The subject of a request, if it names one.
fn who(gateway: &Gateway, headers: &HeaderMap) -> Option<Who> {
    let session = headers.get("x-ombud-session").and_then(|value| value.to_str().ok()).unwrap_or_default();
    Some(Who {
        tenant: caller::tenant_of(&gateway.ledger, headers),
        subject: caller::subject_of(&gateway.ledger, headers)?,
        session: session.to_owned(),
    })
}

/// Forwards a request that concerns no user's items, or the operator's own, as it is.
async fn pass(
    gateway: &Gateway,
    known: &mut Known,
    method: &Method,
    url: &str,
    from: &HeaderMap,
    body: Bytes,
) -> Result<Response, Closed> {
    let quiet = method == Method::GET;
    if !quiet {
        intend(gateway, known).await?;
    }
    let sent = gateway.upstream.send(method.clone(), url, headers(from), body).await?;
    let (status, body) = receive(sent).await?;
    known.record.status = status.as_u16();
    if !quiet {
        recorded(gateway, known).await?;
    }
    Ok(json(status, body.into()))
}

/// Logs the intent of a change before it happens.
async fn intend(gateway: &Gateway, known: &mut Known) -> Result<(), Closed> {
    "intended".clone_into(&mut known.record.outcome);
    recorded(gateway, known).await?;
    "allowed".clone_into(&mut known.record.outcome);
    Ok(())
}

/// Records the access; no response goes back before that.
async fn recorded(gateway: &Gateway, known: &Known) -> Result<(), Closed> {
    let ticket = append(gateway, known)?;
    Ok(gateway.ledger.durable(&ticket).await.map_err(|_| Refusal::Ledger)?)
}

fn append(gateway: &Gateway, known: &Known) -> Result<ombud_ledger::Ticket, Refusal> {
    let kind = EventKind::MemoryAccess(Box::new(known.record.clone()));
    let event = Event {
        exchange: Some(known.exchange.clone()),
        conversation: known.subject.clone(),
        client: Some(known.client.clone()),
        subject: known.subject.clone(),
        ..record::event(names::told(gateway.inspector.detector(), None, kind))
    };
    gateway.ledger.append(event, None).map_err(|_| Refusal::Ledger)
}

fn upstream_url(store: &Store, path: &str, query: Option<&str>) -> String {
    let base = store.url.trim_end_matches('/');
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{base}{path}{query}")
}

fn headers(from: &HeaderMap) -> HeaderMap {
    upstream::request_headers(from)
}

/// Reads a response, up to [`MAX_ANSWER`].
pub(super) async fn receive(sent: reqwest::Response) -> Result<(StatusCode, Bytes), Closed> {
    let (status, host) = (sent.status(), sent.url().host_str().unwrap_or_default().to_owned());
    let body = Limited::new(reqwest::Body::from(sent), MAX_ANSWER).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => Refusal::Timeout(host),
        Some(_) => Refusal::Cut(host),
        None => Refusal::AnswerTooLarge,
    })?;
    Ok((status, body.to_bytes()))
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The text with secrets replaced, one way; `None` if there are none. A store is no place for keys, whoever put them there.
fn without_secrets(gateway: &Gateway, text: &str) -> Option<String> {
    let policy: &Policy = &gateway.config.policy;
    let found = gateway.inspector.detector().detect(text);
    let secret = |kind: ombud_core::DataType| {
        kind.category().class() == Class::Secret && policy.action(kind) != ombud_core::Action::Allow
    };
    let mut out = String::new();
    let mut done = 0;
    for value in found.iter().filter(|value| value.score >= policy.min_score && secret(value.kind)) {
        out.push_str(text.get(done..value.span.start)?);
        out.push_str("[SECRET]");
        done = value.span.end;
    }
    if done == 0 {
        return None;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_that_breaks_off_is_not_one_that_says_too_much() {
        let broken = || async {
            let parts = futures_util::stream::unfold(0, |part| async move {
                // The first part is sent before the second fails.
                tokio::time::sleep(std::time::Duration::from_millis(20 * part)).await;
                let gone = Err(std::io::Error::other("gone"));
                Some((if part == 0 { Ok(Bytes::from_static(b"{\"ids\":")) } else { gone }, part + 1))
            });
            Response::new(Body::from_stream(parts))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(broken)).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = receive(client.get(url).send().await.unwrap()).await;
        assert_eq!(answer.unwrap_err(), Closed::Edge(Refusal::Cut("127.0.0.1".into())));
    }
}
