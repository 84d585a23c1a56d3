//! HTTP tools through a gateway, in front of a small API on loopback.

use std::convert::Infallible;
use std::sync::Mutex as Lock;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse as _;
use ombud_core::event::EventKind;
use ombud_core::{AnswerPolicy, Lang, Policy, ToolPolicy};
use ombud_detect::{Detector, Options};
use ombud_ledger::{Ledger, Reader};
use tokio::net::TcpListener;

use super::super::http::Hub;
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
        {{"get":{{"operationId":"getOrder","parameters":[{{"name":"full","in":"query"}},{{"name":"Cookie","in":"header"}}]}},
        "post":{{"operationId":"payOrder","parameters":[{{"name":"X-Note","in":"header"}},{{"name":"Idempotency-Key","in":"header"}}],
        "requestBody":{{"content":{{"application/json":{{}},"multipart/form-data":{{}}}}}}}}}}}}}}"#
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
        let headers = [("X-Login", "configured"), ("X-Broken", "two\nlines")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let far = Server { url: Some(format!("{api}/mcp")), headers, ..Server::default() };
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
            headers: Vec::new(),
            keys: Vec::new(),
            max_body: 64 * 1024,
            patience: Patience { read: patience, ..Patience::default() },
            memory: Memory::default(),
            interceptor: None,
            tell: crate::gateway::as_it_is,
        };
        let gateway = Gateway::new(config, Detector::new(&Options::default()), ledger).unwrap();
        let around: Arc<Around> = Arc::new(|_: &str, _: &str| {
            let (pins, others) = Default::default();
            Some(Surrounding { beside: Arc::new(Alone), hears: Arc::new(Deaf), pins, others })
        });
        let actions = Actions::new([("orders".to_owned(), action)].into(), Arc::clone(&around));
        let mcp = Hub::new([("far".to_owned(), far)].into(), around);
        assert!(gateway.edge.set(Edge { mcp, actions }).is_ok());
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

/// What an API received: its query and the headers that may hold a credential.
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
        // The document lets the agent send its own cookie, unless that is where the credential goes.
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

/// The contents of a request besides its address: headers and body.
type Said = (&'static [(&'static str, &'static str)], Vec<u8>);

#[tokio::test]
async fn what_nobody_can_read_does_not_leave_and_headers_of_the_document_are_weighed() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");
    const PHONE: &str = "call 13970834512";
    let got = Arc::new(Lock::new(Vec::new()));
    let seen = Arc::clone(&got);
    let api = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        let named = ["x-note", "user-agent", "idempotency-key"].into_iter();
        let kept: Vec<_> = named.filter(|name| headers.contains_key(*name)).collect();
        seen.lock().unwrap().push((kept, body));
        "{}"
    });
    let tools = serde_json::json!({ "mode": "observe", "payOrder": { "forbid": ["contact.phone"] } });
    let tools = serde_json::from_value::<ToolPolicy>(tools).unwrap();
    let rig = Rig::new(api, r#"{"type":"http","scheme":"bearer"}"#, tools, Duration::from_mins(1)).await;
    let form = |field: &str| {
        let head =
            b"--x\r\ncontent-disposition: form-data; name=f; filename=a.png\r\n\r\n\x89\xff\r\n--x\r\n";
        let field = format!("content-disposition: form-data; name=tel\r\n\r\n{field}\r\n--x--\r\n");
        [&head[..], field.as_bytes()].concat()
    };
    let asked: [(Said, u16, &str); 8] = [
        ((&[JSON], b"{\"tel\":\"call 13970834512\"}".to_vec()), 403, "developer does not allow"),
        ((&[JSON], b"{\"tel\":\"call 13970834512\",\"x\":\"\xfc\"}".to_vec()), 415, "payOrder"),
        ((&[JSON], PHONE.encode_utf16().flat_map(u16::to_le_bytes).collect()), 415, "UTF-8"),
        ((&[JSON, ("x-note", PHONE)], b"{}".to_vec()), 403, "developer does not allow"),
        ((&[FORM], form(PHONE)), 403, "developer does not allow"),
        ((&[FORM], form("none")), 200, "{}"),
        ((&[JSON, ("x-note", "soon"), ("idempotency-key", "7")], b"{\"n\":1}".to_vec()), 200, "{}"),
        ((&[JSON, ("user-agent", "anna.berg@example.com")], b"{}".to_vec()), 200, "{}"),
    ];
    for ((headers, body), status, words) in asked {
        let request = rig.client.post(format!("{}/t/orders/orders/7", rig.url)).body(body.clone());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        let (answered, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!(answered == status && text.contains(words), "{headers:?} {body:?}: {answered} {text}");
    }
    let sent = std::mem::take(&mut *got.lock().unwrap());
    let kept: Vec<Vec<&str>> = sent.iter().map(|sent| sent.0.clone()).collect();
    assert_eq!(kept, [vec![], vec!["x-note", "idempotency-key"], vec![]]);
    assert_eq!(sent[0].1, form("none"));
}

#[tokio::test]
async fn a_server_elsewhere_gets_no_header_that_holds_what_may_not_leave() {
    let got = Arc::new(Lock::new(Vec::new()));
    let seen = Arc::clone(&got);
    let api = Router::new().fallback(move |headers: HeaderMap| async move {
        seen.lock().unwrap().push(headers);
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#
    });
    let tools = serde_json::from_value(serde_json::json!({ "mode": "observe" })).unwrap();
    let rig = Rig::new(api, r#"{"type":"http","scheme":"bearer"}"#, tools, Duration::from_mins(1)).await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get","arguments":{}}}"#;
    let request = rig.client.post(format!("{}/mcp/far", rig.url)).body(call);
    let kept = [
        ("authorization", "Bearer mine"),
        ("x-acme-key", "AKIAQ4Z7M2X9K3T8W5B6"),
        ("mcp-param-to", "anna.berg@example.com"),
    ];
    let stays = [
        ("x-user-email", "anna.berg@example.com"),
        ("cookie", "tel=13970834512"),
        ("x-debug", "aws AKIAQ4Z7M2X9K3T8W5B6"),
    ];
    let request =
        kept.iter().chain(&stays).fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap();
    let headers = got.lock().unwrap().pop().unwrap();
    assert!(kept.iter().all(|(name, value)| headers[*name] == *value), "{headers:?}");
    assert!(stays.iter().all(|(name, _)| !headers.contains_key(*name)), "{headers:?}");
    let mut reader = Reader::open(rig.gateway.ledger.home()).await.unwrap();
    let events = reader.newest(100).await.unwrap().into_iter().filter_map(|record| record.event);
    let calls = events.filter_map(|event| match event.kind {
        EventKind::ToolCall(record) => Some(record.headers),
        _ => None,
    });
    let mut names = calls.flatten().collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["cookie", "x-debug", "x-user-email"]);
}

/// An endless response, one byte at a time.
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

const BEARER: &str = r#"{"type":"http","scheme":"bearer"}"#;

#[tokio::test]
async fn an_agent_that_works_for_long_is_not_forgotten_for_those_who_come_and_go() {
    let rig = Rig::new(Router::new(), BEARER, ToolPolicy::default(), Duration::from_mins(1)).await;
    let actions = &rig.gateway.edge.get().unwrap().actions;
    let open = |session: &str| {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-ombud-session"),
            HeaderValue::from_str(session).unwrap(),
        )]);
        actions.open(&rig.gateway, "orders", &actions.named["orders"], &headers).unwrap()
    };
    let first = Arc::downgrade(&open("the first"));
    let silent = Arc::downgrade(&open("silent"));
    for number in 0..MOST_SESSIONS + 20 {
        open(&number.to_string());
        open("the first");
    }
    assert!(first.upgrade().is_some_and(|first| Arc::ptr_eq(&first, &open("the first"))));
    assert!(silent.upgrade().is_none());
    assert!(actions.sessions.lock().unwrap().len() <= MOST_SESSIONS);
}

/// Decrements a counter when dropped.
struct Counted(Arc<std::sync::atomic::AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    }
}

#[tokio::test]
async fn the_stream_to_a_server_elsewhere_ends_with_the_session_and_with_the_next_one() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let open = Arc::new(AtomicUsize::new(0));
    let streams = Arc::clone(&open);
    let api = Router::new().fallback(move |method: http::Method| async move {
        if method != http::Method::GET {
            return r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into_response();
        }
        streams.fetch_add(1, SeqCst);
        let pings = futures_util::stream::unfold(Counted(streams), |counted| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b": ping\n\n")), counted))
        });
        ([("content-type", "text/event-stream")], Body::from_stream(pings)).into_response()
    });
    let rig = Rig::new(api, BEARER, ToolPolicy::default(), Duration::from_mins(1)).await;
    let url = format!("{}/mcp/far", rig.url);
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
    let begun = rig.client.post(&url).body(hello).send().await.unwrap();
    let session = begun.headers()["mcp-session-id"].clone();
    let mut held = Vec::new();
    let reach = async |count: usize| {
        while open.load(SeqCst) != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    for _ in 0..4 {
        held.push(rig.client.get(&url).header("mcp-session-id", &session).send().await.unwrap());
        // If earlier streams were not ended, this number would never be one again.
        reach(1).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        reach(1).await;
    }
    rig.client.delete(&url).header("mcp-session-id", &session).send().await.unwrap();
    reach(0).await;
}

#[tokio::test]
async fn a_configured_header_takes_the_place_of_the_agents_own() {
    let got = Arc::new(Lock::new(Vec::new()));
    let kept = Arc::clone(&got);
    let api = Router::new().fallback(move |headers: HeaderMap| async move {
        kept.lock().unwrap().push(headers);
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#
    });
    let rig = Rig::new(api, BEARER, ToolPolicy::default(), Duration::from_mins(1)).await;
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
    let request = rig.client.post(format!("{}/mcp/far", rig.url)).body(hello);
    let own = [("x-login", "agent"), ("x-broken", "agent"), ("x-other", "agent")];
    let request = own.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    assert!(request.send().await.unwrap().status().is_success());
    let headers = got.lock().unwrap().pop().unwrap();
    let all = |name: &str| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!(all("x-login"), ["configured"]);
    // What is configured there cannot be sent, but neither is what the agent says instead.
    assert_eq!(all("x-broken"), [""]);
    assert_eq!(all("x-other"), ["agent"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_cut_and_a_stream_is_one_however_its_type_is_spelt() {
    let broken = || async {
        let parts = futures_util::stream::unfold(0, |part| async move {
            // The first part is sent before the second fails.
            tokio::time::sleep(Duration::from_millis(20 * part)).await;
            let gone = Err(std::io::Error::other("gone"));
            Some((if part == 0 { Ok(Bytes::from_static(b"{\"jsonrpc\":")) } else { gone }, part + 1))
        });
        Response::new(Body::from_stream(parts))
    };
    let streamed = |asked: String| async move {
        let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
        let answer = serde_json::json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "content": [] } });
        ([("content-type", "Text/Event-Stream; charset=utf-8")], format!("data: {answer}\n\n"))
    };
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{}}}"#;
    for (api, words) in [
        (Router::new().fallback(broken), "ombud_answer_cut"),
        (Router::new().fallback(streamed), r#""content":[]"#),
    ] {
        let rig = Rig::new(api, BEARER, ToolPolicy::default(), Duration::from_mins(1)).await;
        let request = rig.client.post(format!("{}/mcp/far", rig.url)).body(call);
        let answer = request.send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(words), "{answer}");
    }
}
