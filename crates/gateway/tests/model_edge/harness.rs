//! A gateway in front of a scripted provider, both on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use ombud_core::event::{Event, EventKind, ResponseRecord};
use ombud_core::{AnswerPolicy, Lang, Policy, ToolPolicy};
use ombud_detect::{Detector, Options};
use ombud_gateway::providers::{ProviderOverride, Providers};
use ombud_gateway::upstream::Patience;
use ombud_gateway::{Config, Gateway, server};
use ombud_ledger::{Ledger, Reader};
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) const PHONE: &str = "13912345678";
pub(crate) const EMAIL: &str = "wang.wei@example.com";
pub(crate) const CN_ID: &str = "11010519491231002X";
pub(crate) const KEY: &str = "sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2mN5pQ8sT";

/// The provider's response to a path and request body.
pub(crate) type Script = Arc<dyn Fn(&str, &Bytes) -> Response + Send + Sync>;

pub(crate) struct Rig {
    pub(crate) url: String,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) received: Arc<Mutex<Vec<Bytes>>>,
    pub(crate) home: tempfile::TempDir,
    pub(crate) client: reqwest::Client,
}

#[derive(Clone)]
struct Provider {
    script: Script,
    received: Arc<Mutex<Vec<Bytes>>>,
}

async fn answer(State(provider): State<Provider>, uri: http::Uri, body: Bytes) -> Response {
    provider.received.lock().unwrap().push(body.clone());
    (provider.script)(uri.path(), &body)
}

pub(crate) fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

pub(crate) fn events(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
    response
}

impl Rig {
    pub(crate) async fn new(script: impl Fn(&str, &Bytes) -> Response + Send + Sync + 'static) -> Self {
        Self::with(script, |_| {}).await
    }

    pub(crate) async fn with(
        script: impl Fn(&str, &Bytes) -> Response + Send + Sync + 'static,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let provider = Provider { script: Arc::new(script), received: Arc::clone(&received) };
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", upstream.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(provider);
        tokio::spawn(async move { axum::serve(upstream, routes).await });
        Self::before(&base, received, change).await
    }

    /// A gateway in front of `base`, where a provider may or may not be listening.
    pub(crate) async fn before(
        base: &str,
        received: Arc<Mutex<Vec<Bytes>>>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let provider = ProviderOverride {
            base: Some(format!("{base}/v1")),
            anthropic_base: Some(base.to_owned()),
            ..ProviderOverride::default()
        };
        let mut config = Config {
            policy: Policy::default(),
            tools: ToolPolicy::default(),
            answers: AnswerPolicy::default(),
            limits: ombud_gateway::pace::Limits::default(),
            lang: Lang::En,
            providers: Providers::builtin().unwrap().with_override("mock", provider).unwrap(),
            openai: "mock".into(),
            anthropic: "mock".into(),
            local: [].into(),
            pass: Vec::new(),
            headers: Vec::new(),
            keys: Vec::new(),
            max_body: 8 * 1024 * 1024,
            patience: Patience::default(),
            memory: ombud_gateway::memory::Memory::default(),
            interceptor: None,
            tell: ombud_gateway::gateway::as_it_is,
        };
        change(&mut config);
        let ledger = Ledger::open(&home.path().join("state")).await.unwrap();
        let gateway = Gateway::new(config, Detector::new(&Options::default()), ledger).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(server::serve(listener, server::router(Arc::clone(&gateway)), std::future::pending()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, gateway, received, home, client }
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.post_as("client-one", "", path, body).await
    }

    pub(crate) async fn post_as(
        &self,
        key: &str,
        session: &str,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Response {
        let mut request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {key}"));
        if !session.is_empty() {
            request = request.header("x-ombud-session", session);
        }
        request.body(body).send().await.unwrap()
    }

    /// Returns the bodies that the provider received.
    pub(crate) fn bodies(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect()
    }

    pub(crate) fn last(&self) -> String {
        self.bodies().pop().unwrap()
    }

    /// Waits until the log holds an entry that `wanted` accepts: a failure is recorded concurrently with the response.
    pub(crate) async fn logged(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        for _ in 0..400 {
            let mut reader = Reader::open(&self.home.path().join("state")).await.unwrap();
            let events = reader.newest(200).await.unwrap().into_iter().filter_map(|record| record.event);
            if let Some(found) = events.into_iter().find(&wanted) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the log never held the entry")
    }

    pub(crate) async fn answer_record(&self) -> ResponseRecord {
        let event = self.logged(|event| matches!(event.kind, EventKind::Response(_))).await;
        match event.kind {
            EventKind::Response(record) => *record,
            _ => unreachable!(),
        }
    }
}

/// Returns the first token of a type in a text.
pub(crate) fn token(text: &str, tag: &str) -> String {
    let start = text.find(&format!("{tag}_")).unwrap_or_else(|| panic!("no {tag} token"));
    text[start..start + tag.len() + 9].to_owned()
}

/// Responds to a chat request with the text of its last message.
pub(crate) fn echo(_: &str, body: &Bytes) -> Response {
    let request: Value = serde_json::from_slice(body).unwrap();
    let said = request["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    json(
        serde_json::json!({
            "id": "c", "object": "chat.completion", "model": "m",
            "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": said } }]
        })
        .to_string(),
    )
}

pub(crate) fn chat(content: &str) -> String {
    serde_json::json!({ "model": "m", "messages": [{ "role": "user", "content": content }] }).to_string()
}

pub(crate) fn said(answer: &Value) -> String {
    answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

/// Parses the response as JSON.
pub(crate) async fn value(answer: reqwest::Response) -> Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}
