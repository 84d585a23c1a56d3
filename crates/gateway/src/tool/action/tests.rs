//! HTTP tools through a gateway, before a small API on loopback.

use std::convert::Infallible;
use std::sync::Mutex as Lock;
use std::time::Duration;

use axum::Router;
use ombud_core::event::EventKind;
use ombud_core::{AnswerPolicy, Lang, Policy, ToolPolicy};
use ombud_detect::{Detector, Options};
use ombud_ledger::{Ledger, Reader};
use tokio::net::TcpListener;

use super::super::stdio::Surroundings;
use super::super::{Alone, Edge};
use super::openapi::Unusable;
use super::*;
use crate::memory::Memory;
use crate::pace::Limits;
use crate::providers::Providers;
use crate::server;
use crate::upstream::Patience;

const SECRET: &str = "user:credential-0123456789";

struct Deaf;

impl Surroundings for Deaf {
    fn tell(&self, _: &str) {}

    fn save(&self, _: &Pins) {}
}

/// A document with one security scheme.
fn document(scheme: &str) -> String {
    format!(
        r#"{{"openapi":"3.1.0","components":{{"securitySchemes":{{"own":{scheme}}}}},"paths":{{"/orders/{{id}}":
        {{"get":{{"operationId":"getOrder","parameters":[{{"name":"full","in":"query"}},{{"name":"Cookie","in":"header"}}]}}}}}}}}"#
    )
}

fn settings(url: Option<String>) -> Settings {
    Settings {
        openapi: "orders.json".into(),
        url,
        secret_env: Some("ORDERS_KEY".into()),
        results: Results::default(),
    }
}

/// Serves a router on a free port.
async fn serving(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

struct Rig {
    url: String,
    client: reqwest::Client,
    gateway: Arc<Gateway>,
    _home: tempfile::TempDir,
}

impl Rig {
    async fn new(api: Router, scheme: &str, tools: ToolPolicy, patience: Duration) -> Self {
        let api = serving(api).await;
        let action = Action::with(&settings(Some(api)), &document(scheme), Some(SECRET.into())).unwrap();
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&home.path().join("state")).await.unwrap();
        let config = Config {
            policy: Policy::default(),
            tools,
            answers: AnswerPolicy::default(),
            limits: Limits::default(),
            lang: Lang::En,
            providers: Providers::builtin().unwrap(),
            openai: "openai".into(),
            anthropic: "anthropic".into(),
            local: [].into(),
            pass: Vec::new(),
            keys: Vec::new(),
            max_body: 64 * 1024,
            patience: Patience { read: patience, ..Patience::default() },
            memory: Memory::default(),
            interceptor: None,
            tell: crate::gateway::as_it_is,
        };
        let gateway = Gateway::new(config, Detector::new(&Options::default()), ledger).unwrap();
        let around: Arc<Around> = Arc::new(|_: &str, _: &str| Surrounding {
            beside: Arc::new(Alone),
            hears: Arc::new(Deaf),
            pins: Pins::default(),
            others: BTreeMap::new(),
        });
        let actions = Actions::new([("orders".to_owned(), action)].into(), around);
        assert!(gateway.edge.set(Edge { actions, ..Edge::default() }).is_ok());
        let url = serving(server::router(Arc::clone(&gateway))).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, client, gateway, _home: home }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = self.client.get(format!("{}/t/orders{path}", self.url));
        let own = [("cookie", "sid=mine; other=1"), ("x-key", "mine"), ("authorization", "Bearer mine")];
        let request = own.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

/// What an API was sent: its query and what may hold a credential.
type Got = Arc<Lock<Vec<(String, Vec<String>)>>>;

fn orders(got: &Got) -> Router {
    let got = Arc::clone(got);
    Router::new().fallback(move |uri: http::Uri, headers: HeaderMap| async move {
        let named = ["authorization", "cookie", "x-key"].into_iter();
        let sent = named.filter_map(|name| Some(format!("{name}: {}", headers.get(name)?.to_str().ok()?)));
        got.lock().unwrap().push((uri.query().unwrap_or_default().to_owned(), sent.collect()));
        "{}"
    })
}

#[tokio::test]
async fn the_credential_goes_where_the_document_says_and_nowhere_else() {
    let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
    for (scheme, query, headers) in [
        (r#"{"type":"apiKey","in":"header","name":"X-Key"}"#, "", vec![format!("x-key: {SECRET}")]),
        (r#"{"type":"apiKey","in":"query","name":"key"}"#, "&key=user%3Acredential-0123456789", Vec::new()),
        (r#"{"type":"apiKey","in":"cookie","name":"sid"}"#, "", vec![format!("cookie: sid={SECRET}")]),
        (r#"{"type":"http","scheme":"bearer"}"#, "", vec![format!("authorization: Bearer {SECRET}")]),
        (r#"{"type":"http","scheme":"basic"}"#, "", vec![format!("authorization: Basic {encoded}")]),
    ] {
        let got = Got::default();
        let rig = Rig::new(orders(&got), scheme, ToolPolicy::default(), Duration::from_mins(1)).await;
        let (status, body) = rig.get("/orders/7?full=1").await;
        assert_eq!((status, &*body), (StatusCode::OK, "{}"), "{scheme}");
        let sent = got.lock().unwrap().pop().unwrap();
        assert_eq!(sent.0, format!("full=1{query}"), "{scheme}");
        // The document lets the agent send a cookie of its own, unless that is where the credential goes.
        let own = |header: &&String| *header == "cookie: sid=mine; other=1";
        let credentials: Vec<_> = sent.1.iter().filter(|header| !own(header)).cloned().collect();
        assert_eq!(credentials, headers, "{scheme}");
        assert_eq!(sent.1.iter().any(|header| own(&header)), !scheme.contains("cookie"), "{scheme}");
    }
}

#[test]
fn what_cannot_be_carried_out_is_refused_when_it_is_loaded() {
    let with = |scheme: &str, secret: &str| {
        let settings = settings(Some("http://127.0.0.1:1".into()));
        Action::with(&settings, &document(scheme), Some(secret.to_owned())).map(|action| action.secret)
    };
    let (cookie, digest) =
        (r#"{"type":"apiKey","in":"cookie","name":"sid"}"#, r#"{"type":"http","scheme":"digest"}"#);
    assert_eq!(with(cookie, "a; admin=1").unwrap_err(), Unusable::Credential);
    assert_eq!(with(digest, "abc").unwrap_err(), Unusable::Scheme);
    for lang in [Lang::En, Lang::Zh] {
        assert!(Unusable::Scheme.say(lang).contains("secret_env"));
    }
}

/// An answer that never ends, a byte at a time.
fn dripping() -> Router {
    let drip = || async {
        let body = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
        });
        Response::new(Body::from_stream(body))
    };
    Router::new().fallback(drip)
}

#[tokio::test]
async fn a_server_that_drips_its_answer_does_not_hold_the_call() {
    let scheme = r#"{"type":"http","scheme":"bearer"}"#;
    let rig = Rig::new(dripping(), scheme, ToolPolicy::default(), Duration::from_millis(200)).await;
    let (status, body) = rig.get("/orders/7").await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT, "{body}");
    assert!(body.contains("ombud_provider_timeout") && body.contains("timeout_s"), "{body}");
    let mut reader = Reader::open(rig.gateway.ledger.home()).await.unwrap();
    let events = reader.newest(100).await.unwrap().into_iter().filter_map(|record| record.event);
    let outcomes: Vec<_> = events
        .filter_map(|event| match event.kind {
            EventKind::ToolResult(record) => Some(record.outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, ["ombud_provider_timeout"]);
}
