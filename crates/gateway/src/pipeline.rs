//! One exchange at the model edge, from the first byte in to the last byte out. [`exchange`] lists the steps in order; each
//! is a separate function.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use ombud_core::event::{Event, EventKind};
use ombud_core::flow::Flow;
use ombud_core::{Action, Detection, Exchange, Policy, Role, SignRecord};
use ombud_detect::mask::Minted;
use ombud_detect::memory::Recalled;
use ombud_ledger::{Payload, Ticket};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use crate::caller::{Caller, percent};
use crate::calls::{Asked, Beside, Judge};
use crate::delivery::{self, Delivery};
use crate::gateway::Gateway;
use crate::inspect::{self, Masked};
use crate::refusal::Refusal;
use crate::route::{self, Route};
use crate::wire::Wire;
use crate::wire::splice::splice;
use crate::{heads, names, record, upstream};

/// Bodies above this size are processed off the threads that serve connections, and only a few at a time.
const HEAVY: usize = 64 * 1024;

/// How much of a body refused for its size is still read, and for how long.
const MAX_DISCARDED: usize = 512 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(30);

/// The header that carries the receipt of an exchange.
const RECEIPT: &str = "x-ombud-receipt";

/// Handles one request.
pub async fn handle(gateway: Arc<Gateway>, request: Request<Body>) -> Response {
    let id = record::id();
    let (parts, body) = request.into_parts();
    let dialect = route::dialect(&parts.method, &parts.uri, &parts.headers);
    let call = Call { id: id.clone(), method: parts.method, uri: parts.uri, headers: parts.headers };
    let mut response = match exchange(&gateway, call, body).await {
        Ok(response) => response,
        Err(refused) => {
            let kind = EventKind::Refused { code: refused.why.code().into(), provider: refused.provider };
            let event = Event { exchange: Some(id.clone()), ..record::event(kind) };
            // Nothing was forwarded, or the failure of what was is already recorded.
            let _ = gateway.ledger.append(event, None);
            refused.why.response(dialect, &gateway.config)
        }
    };
    if let Ok(receipt) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(RECEIPT, receipt);
    }
    response
}

struct Call {
    id: String,
    method: Method,
    uri: http::Uri,
    headers: HeaderMap,
}

/// A refusal with the provider, where it is already known.
struct Refused {
    why: Refusal,
    provider: Option<String>,
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self { why, provider: None }
    }
}

/// The steps of one request: parse, attribute, detect, decide, rewrite, record, forward, restore.
async fn exchange(gateway: &Arc<Gateway>, call: Call, body: Body) -> Result<Response, Refused> {
    admit(gateway, &call.headers)?;
    let route = gateway.way.find(gateway, &call.method, &call.uri, &call.headers)?;
    let named = |why| Refused { why, provider: Some(route.provider.id.clone()) };
    let caller = gateway.last.caller(&gateway.ledger, &call.headers);
    if route.wire.is_some() {
        address(gateway, &route, &caller, &call.uri).map_err(named)?;
    }
    let body = if route.wire.is_some_and(|wire| !wire.has_body()) {
        // Nothing would inspect it.
        Bytes::new()
    } else {
        read(gateway, &call.headers, body).await.map_err(named)?
    };
    let ready = prepare(gateway, &route, &call, &caller, body).await.map_err(named)?;
    if let Some(interceptor) = &gateway.config.interceptor {
        interceptor.left(&call.id, &ready.body);
    }
    let mut delivery = Delivery::new(
        Arc::clone(gateway),
        &route,
        call.id,
        ready.conversation,
        &caller,
        ready.minted,
        (ready.judge, ready.asked),
    );
    // The disk first: it is the slower of the two unless the provider takes time to think.
    let (durable, sent) = tokio::join!(
        gateway.ledger.durable(&ready.ticket),
        gateway.upstream.send(call.method, &route.url, ready.headers, ready.body),
    );
    // No byte of a response goes out before its request is on disk.
    if durable.is_err() {
        return Err(named(delivery.fail(Refusal::Ledger)));
    }
    match sent {
        Ok(answer) => delivery::deliver(delivery, answer).await.map_err(named),
        Err(why) => {
            if matches!(why, Refusal::Unreachable(_)) {
                gateway.lost(route.provider, &ready.carried);
            }
            Err(named(delivery.fail(why)))
        }
    }
}

/// A request that may leave: its intent is written.
struct Ready {
    headers: HeaderMap,
    body: Bytes,
    minted: Minted,
    conversation: String,
    ticket: Ticket,
    /// What it carries to the provider.
    carried: Flow,
    judge: Judge,
    asked: Option<Arc<Asked>>,
}

/// Turns a body that was read into one that may leave. The body and everything needed for that are freed here, unless the
/// request is small ([`Asked::read`]), since it may wait for minutes at the provider. Only a few large bodies are processed
/// at once, which bounds memory under load.
async fn prepare(
    gateway: &Gateway,
    route: &Route<'_>,
    call: &Call,
    caller: &Caller,
    body: Bytes,
) -> Result<Ready, Refusal> {
    if body.len() <= HEAVY {
        return work(gateway, route, call, caller, body);
    }
    let _turn = gateway.heavy.acquire().await.map_err(|_| Refusal::Body)?;
    match Handle::current().runtime_flavor() {
        // Another thread serves connections meanwhile.
        RuntimeFlavor::MultiThread => block_in_place(|| work(gateway, route, call, caller, body)),
        _ => work(gateway, route, call, caller, body),
    }
}

/// Parses, attributes, detects, decides, rewrites and records.
fn work(
    gateway: &Gateway,
    route: &Route<'_>,
    call: &Call,
    caller: &Caller,
    body: Bytes,
) -> Result<Ready, Refusal> {
    let exchange = intercepted(gateway, route, call, parse(route, body)?)?;
    let found = gateway.inspector.detect(&caller.client, &exchange);
    // Embedded texts must give the same tokens whatever else is sent with them.
    let recalled = if route.wire.is_some_and(Wire::across_sessions) {
        Recalled { detections: found, kin: Arc::default() }
    } else {
        gateway.inspector.remember(&exchange, found)
    };
    let signs = gateway.inspector.signs(&caller.client, &exchange);
    let suspicious = !signs.is_empty();
    let policy = policy(gateway, route);
    let key = caller.mint_key(route.wire);
    let mut masked = inspect::apply(&policy, &exchange, &recalled, &key, &approved(&call.headers))?;
    let mut headers = upstream::request_headers(&call.headers);
    let detector = gateway.inspector.detector();
    let withheld = heads::withhold_known(
        detector,
        &policy,
        &gateway.config.headers,
        &mut headers,
        &|name, value, look| {
            gateway.inspector.is_plain(&caller.client, (name.as_str(), value.as_bytes()), look)
        },
    );
    for (kind, count) in withheld.found {
        *masked.found.entry(kind).or_default() += count;
        *masked.masked.entry(kind).or_default() += count;
    }
    let conversation = caller.conversation(&exchange);
    if route.wire.is_some_and(Wire::speaks) {
        gateway.admits(&caller.client, &conversation)?;
    }
    let ticket =
        intend(gateway, route, call, caller, &conversation, &exchange, (&masked, signs, withheld.names))?;
    // A body that passes unread counts as one uninspected part.
    let opaque = (exchange.opaque.len() + usize::from(route.wire.is_none())) as u64;
    let mut carried = Flow { requests: 1, opaque, ..Flow::default() };
    carried.carry(&masked.found, &masked.masked);
    gateway.leaves(route.provider, &carried);
    // A call in the response to a request that offers no tools has nothing in its favour.
    let tools = exchange.has_tools();
    let speaks = route.wire.filter(|wire| wire.speaks());
    let instructed = exchange.slots.iter().any(|slot| matches!(slot.role, Role::System | Role::Developer));
    let beside = speaks.map(|_| Beside::of(gateway, caller, &exchange));
    let asked = speaks.zip(beside).map(|(wire, beside)| {
        let asked = Asked::new(wire, exchange.body.clone(), &caller.client);
        Arc::new(asked.instructed(instructed).beside(beside).read(exchange))
    });
    let judge =
        Judge::new(asked.clone().filter(|_| tools), caller, &gateway.spent, suspicious).within(gateway);
    Ok(Ready {
        headers,
        body: masked.body,
        minted: masked.minted,
        conversation,
        ticket,
        carried,
        judge,
        asked,
    })
}

/// Query parameters that hold a client's key for the provider, or no user data.
const OWN_PARAMETERS: &[&str] = &[
    "key",
    "api-key",
    "api_key",
    "apikey",
    "subscription-key",
    "access_token",
    "sig",
    "api-version",
    "api_version",
    "alt",
];

/// Refuses a request whose address holds personal data or a secret, since nothing can be masked there. A path segment
/// counts only if it is such a value as a whole.
fn address(gateway: &Gateway, route: &Route<'_>, caller: &Caller, uri: &http::Uri) -> Result<(), Refusal> {
    let policy = policy(gateway, route);
    let looked = |text: &str| {
        let text = String::from_utf8_lossy(&percent(text.replace('+', " ").as_bytes())).into_owned();
        (gateway.inspector.detector().detect_formed(&text), text.len())
    };
    let segments = || uri.path().split('/').map(|segment| (segment, true));
    let parameters = || {
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !OWN_PARAMETERS.iter().any(|own| own.eq_ignore_ascii_case(name))
        });
        pairs.map(|pair| (pair, false))
    };
    let target = uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    let plain = || segments().chain(parameters()).all(|(piece, _)| looked(piece).0.is_empty());
    if gateway.inspector.is_plain(&caller.client, ("address", target.as_bytes()), plain) {
        return Ok(());
    }
    let refused = |(piece, whole): (&str, bool)| {
        let (found, length) = looked(piece);
        let counts = |found: &Detection| {
            found.score >= policy.min_score
                && policy.action_on(found) != Action::Allow
                && (!whole || found.span == (0..length))
        };
        found.into_iter().find(counts).map(|found| found.kind)
    };
    let found = segments().chain(parameters()).find_map(refused);
    found.map_or(Ok(()), |kind| Err(Refusal::Query(kind)))
}

/// Checks the gateway's own key (`x-ombud-key`), where one is required.
pub fn admit(gateway: &Gateway, headers: &HeaderMap) -> Result<(), Refusal> {
    let keys = &gateway.config.keys;
    let shown = headers.get("x-ombud-key").map(HeaderValue::as_bytes).unwrap_or_default();
    let known = keys
        .iter()
        .any(|key| aws_lc_rs::constant_time::verify_slices_are_equal(key.as_bytes(), shown).is_ok());
    // An empty key in the list means an unset one: a request without a key must not match it.
    if keys.is_empty() || known && !shown.is_empty() { Ok(()) } else { Err(Refusal::Key) }
}

/// Reads the body once, up to the limit.
pub(crate) async fn read(gateway: &Gateway, headers: &HeaderMap, mut body: Body) -> Result<Bytes, Refusal> {
    let limit = gateway.config.max_body;
    if upstream::is_encoded(headers) {
        return Err(Refusal::Encoded);
    }
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        discard(body).await;
        return Err(Refusal::TooLarge(limit));
    }
    // A client that stalls in the middle gets no more patience than a provider.
    let whole = tokio::time::timeout(gateway.config.patience.read, Limited::new(&mut body, limit).collect());
    match whole.await.map_err(|_| Refusal::Body)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            discard(body).await;
            Err(Refusal::TooLarge(limit))
        }
        Err(_) => Err(Refusal::Body),
    }
}

/// Reads the rest of a refused body: a client that is still sending when the connection closes would see a reset instead of
/// the reason. Bounded in bytes and time.
async fn discard(mut body: Body) {
    let all = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > MAX_DISCARDED {
                break;
            }
        }
    };
    // On timeout the client still gets the response if it can.
    let _ = tokio::time::timeout(DISCARD_TIME, all).await;
}

/// Finds every slot with its role and origin.
fn parse(route: &Route<'_>, body: Bytes) -> Result<Exchange, Refusal> {
    match route.wire {
        Some(wire) if wire.has_body() => wire.parse(body).map_err(Refusal::Json),
        wire => Ok(unread(wire.map_or("unread", Wire::id), body)),
    }
}

/// The exchange as changed by an adversarial test.
fn intercepted(
    gateway: &Gateway,
    route: &Route<'_>,
    call: &Call,
    exchange: Exchange,
) -> Result<Exchange, Refusal> {
    let Some(interceptor) = &gateway.config.interceptor else { return Ok(exchange) };
    let mut patches = interceptor.request(&call.id, &exchange);
    if patches.is_empty() {
        return Ok(exchange);
    }
    parse(route, splice(&exchange.body, &mut patches).into())
}

/// An exchange that is not inspected: it has no text, or the operator lets its path pass.
fn unread(wire: &'static str, body: Bytes) -> Exchange {
    Exchange {
        edge: ombud_core::Edge::Model,
        wire,
        body,
        slots: Vec::new(),
        opaque: Vec::new(),
        model: None,
        stream: false,
        tools: Vec::new(),
        calls: Vec::new(),
    }
}

/// The policy for a provider: on the operator's own machine everything is allowed, and still recorded.
fn policy<'g>(gateway: &'g Gateway, route: &Route<'_>) -> Cow<'g, Policy> {
    let (id, host) = (&*route.provider.id, upstream::host(&route.url));
    let alone = gateway.config.policy.knows(id, host);
    if !gateway.config.local.contains(id) {
        let policy = &gateway.config.policy;
        return if alone { Cow::Owned(policy.clone().toward(id, host)) } else { Cow::Borrowed(policy) };
    }
    let allow = Action::Allow;
    let open = Policy {
        masking: ombud_core::DataCategory::ALL.iter().map(|category| (*category, allow)).collect(),
        ..gateway.config.policy.clone()
    };
    Cow::Owned(if alone { open.toward(id, host) } else { open })
}

/// Tokens whose values the caller allows to leave unmasked.
fn approved(headers: &HeaderMap) -> BTreeSet<String> {
    let values = headers.get_all("x-ombud-approve").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|token| token.trim().to_ascii_uppercase()).collect()
}

/// Writes the intent: once this returns, it survives a kill of the process.
fn intend(
    gateway: &Gateway,
    route: &Route<'_>,
    call: &Call,
    caller: &Caller,
    conversation: &str,
    exchange: &Exchange,
    (masked, signs, withheld): (&Masked, Vec<SignRecord>, Vec<String>),
) -> Result<Ticket, Refusal> {
    let kind =
        record::request(&route.provider.id, upstream::host(&route.url), exchange, masked, signs, withheld);
    let kind = names::told(gateway.inspector.detector(), None, kind);
    let event = Event {
        exchange: Some(call.id.clone()),
        conversation: Some(conversation.to_owned()),
        client: Some(caller.client.clone()),
        subject: caller.subject.clone(),
        ..record::event(kind)
    };
    let patches = record::patches(&masked.patches, &masked.minted);
    let payload = Payload { conversation, parts: &[&exchange.body, &patches] };
    gateway.ledger.append(event, Some(payload)).map_err(|_| Refusal::Ledger)
}
