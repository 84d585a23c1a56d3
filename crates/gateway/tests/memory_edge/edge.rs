use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use ombud_core::event::{EventKind, MemoryRecord};
use ombud_core::{Lang, Policy};
use ombud_detect::{Detector, Options};
use ombud_gateway::consent::proof::{Claims, LIFE, Notary, Use};
use ombud_gateway::consent::{Answered, Given, Trouble, Who};
use ombud_gateway::memory::{Memory, Store};
use ombud_gateway::providers::Providers;
use ombud_gateway::upstream::Patience;
use ombud_gateway::{Config, Gateway, caller, server};
use ombud_ledger::{Ledger, Reader};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const LIST: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";
const PURPOSE: &str = "memory.personalise";

struct Rig {
    gateway: Arc<Gateway>,
    url: String,
    received: Arc<Mutex<Vec<(String, String)>>>,
    client: reqwest::Client,
    home: tempfile::TempDir,
}

impl Rig {
    /// A gateway in front of a store that responds to everything with `answer`.
    async fn new(answer: Value) -> Self {
        Self::with(answer, |_| {}).await
    }

    async fn with(answer: Value, change: impl FnOnce(&mut Store)) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let store = Router::new().fallback(move |uri: http::Uri, body: Bytes| async move {
            let body = String::from_utf8_lossy(&body).into_owned();
            kept.lock().unwrap().push((uri.path().to_owned(), body));
            let answer = if uri.path().ends_with("/collections") {
                json!([{ "id": "c1", "name": "notes" }, { "id": "c2", "name": "other" }])
            } else {
                answer
            };
            ([("content-type", "application/json")], answer.to_string()).into_response() as Response
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, store).await });
        let mut store: Store = serde_json::from_value(json!({ "kind": "chroma", "url": url })).unwrap();
        change(&mut store);
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&home.path().join("state")).await.unwrap();
        let config = Config {
            policy: Policy::default(),
            tools: ombud_core::ToolPolicy::default(),
            answers: ombud_core::AnswerPolicy::default(),
            limits: ombud_gateway::pace::Limits::default(),
            lang: Lang::En,
            providers: Providers::builtin().unwrap(),
            openai: "openai".into(),
            anthropic: "anthropic".into(),
            local: [].into(),
            pass: Vec::new(),
            headers: Vec::new(),
            keys: Vec::new(),
            max_body: 64 * 1024,
            patience: Patience::default(),
            memory: Memory { stores: [("notes".to_owned(), store)].into(), ..Memory::default() },
            interceptor: None,
            tell: ombud_gateway::gateway::as_it_is,
        };
        let gateway = Gateway::new(config, Detector::new(&Options::default()), ledger).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(server::serve(listener, server::router(Arc::clone(&gateway)), std::future::pending()));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { gateway, url, received, client, home }
    }

    fn who(&self, id: &str) -> Who {
        let tenant = caller::tenant(&self.gateway.ledger, b"");
        let subject = caller::pseudonym(&self.gateway.ledger, &tenant, id);
        Who { tenant, subject, session: String::new() }
    }

    /// Asks the subject, who agrees.
    async fn agree(&self, id: &str) -> Given {
        let who = self.who(id);
        let Answered::Ask(question) = self.gateway.desk.ask(&who, PURPOSE, None).await.unwrap() else {
            panic!("agreed already")
        };
        let (given, _) = self.gateway.desk.answer(&who, &question.request, true, "test").await.unwrap();
        given.unwrap()
    }

    async fn post(&self, path: &str, id: &str, proof: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.client.post(format!("{}/m/notes{path}", self.url)).body(body);
        let request = request.header("x-ombud-subject", id).header("x-ombud-consent", proof);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    fn sent(&self) -> Vec<(String, Value)> {
        let received = self.received.lock().unwrap();
        received
            .iter()
            .map(|(path, body)| (path.clone(), serde_json::from_str(body).unwrap_or_default()))
            .collect()
    }

    async fn records(&self) -> Vec<MemoryRecord> {
        let access = |kind| match kind {
            EventKind::MemoryAccess(record) => Some(*record),
            _ => None,
        };
        self.logged().await.into_iter().filter_map(access).collect()
    }

    async fn consents_logged(&self) -> usize {
        self.logged().await.iter().filter(|kind| matches!(kind, EventKind::Consent(_))).count()
    }

    async fn logged(&self) -> Vec<EventKind> {
        let mut reader = Reader::open(&self.home.path().join("state")).await.unwrap();
        let records = reader.newest(100).await.unwrap().into_iter();
        records.filter_map(|record| record.event).map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn without_consent_nothing_is_sent_and_the_refusal_is_recorded() {
    let rig = Rig::new(json!({ "ids": [] })).await;
    let (status, told) = rig.post(&format!("{LIST}/c1/get"), "ann", "", "{}").await;
    assert_eq!(
        (status, &told["error"], &told["code"]),
        (403, &json!("AuthorizationError"), &json!("ombud_consent_required"))
    );
    assert!(told["message"].as_str().unwrap().contains("user_consent_required"));
    assert!(rig.sent().is_empty());
    let records = rig.records().await;
    assert_eq!((records[0].outcome.as_str(), records[0].status), ("ombud_consent_required", 0));
}

#[tokio::test]
async fn a_write_is_confined_and_recorded_before_and_after() {
    let rig = Rig::new(json!({})).await;
    let given = rig.agree("ann").await;
    let body = json!({ "ids": ["1"], "documents": ["tea"], "embeddings": [[1.5]] });
    let (status, _) = rig.post(&format!("{LIST}/c1/add"), "ann", &given.proof, body.to_string()).await;
    assert_eq!(status, 200);
    let subject = rig.who("ann").subject;
    let (path, sent) = rig.sent().remove(0);
    assert_eq!(path, format!("{LIST}/c1/add"));
    assert_eq!(sent["ids"], json!([format!("{subject}:1")]));
    assert_eq!(sent["metadatas"], json!([{ "ombud_subject": subject }]));
    let outcomes: Vec<_> =
        rig.records().await.into_iter().map(|record| (record.outcome, record.items)).collect();
    assert_eq!(outcomes, [("intended".to_owned(), Some(1)), ("allowed".to_owned(), Some(1))]);
}

#[tokio::test]
async fn a_store_that_lies_gives_nothing_of_others_away() {
    let rig = Rig::new(json!({ "ids": ["x", "sub_other:1"], "documents": ["theirs", "theirs too"] })).await;
    let given = rig.agree("ann").await;
    let (status, told) = rig.post(&format!("{LIST}/c1/get"), "ann", &given.proof, "{}").await;
    assert_eq!((status, &told["documents"]), (200, &json!([])));
}

#[tokio::test]
async fn withdrawal_and_erasure_close_at_once() {
    let rig = Rig::new(json!({ "ids": [] })).await;
    let path = format!("{LIST}/c1/get");
    let given = rig.agree("ann").await;
    assert_eq!(rig.post(&path, "ann", &given.proof, "{}").await.0, 200);
    assert_eq!(rig.post(&path, "bob", &given.proof, "{}").await.1["code"], "ombud_consent_other_subject");
    let who = rig.who("ann");
    let Answered::Given(_) = rig.gateway.desk.ask(&who, PURPOSE, None).await.unwrap() else {
        panic!("asked twice")
    };
    rig.gateway.desk.withdraw(&who, PURPOSE, "test").await.unwrap();
    assert_eq!(rig.post(&path, "ann", &given.proof, "{}").await.1["code"], "ombud_consent_withdrawn");
    let given = rig.agree("ann").await;
    assert_eq!(rig.post(&path, "ann", &given.proof, "{}").await.0, 200);
    rig.gateway.desk.begin_erasure(&who.subject, &who.tenant).await.unwrap();
    assert_eq!(rig.post(&path, "ann", &given.proof, "{}").await.1["code"], "ombud_consent_withdrawn");
}

#[tokio::test]
async fn while_a_user_is_being_erased_no_consent_is_asked_stored_or_logged() {
    let rig = Rig::new(json!({})).await;
    let who = rig.who("ann");
    let desk = &rig.gateway.desk;
    let Answered::Ask(question) = desk.ask(&who, PURPOSE, None).await.unwrap() else { panic!() };
    desk.begin_erasure(&who.subject, &who.tenant).await.unwrap();
    assert_eq!(desk.ask(&who, PURPOSE, None).await, Err(Trouble::BeingErased));
    let answered = desk.answer(&who, &question.request, true, "test").await;
    assert_eq!(answered, Err(Trouble::BeingErased));
    assert_eq!(desk.withdraw(&who, PURPOSE, "test").await, Err(Trouble::BeingErased));
    assert!(desk.consents().of(&who.subject).await.unwrap().is_empty());
    assert_eq!(rig.consents_logged().await, 0);
    desk.consents().end_erasure(&who.subject).await.unwrap();
    rig.agree("ann").await;
    assert_eq!(rig.consents_logged().await, 1);
}

#[tokio::test]
async fn an_old_question_opens_nothing_after_withdrawal() {
    let rig = Rig::new(json!({})).await;
    let who = rig.who("ann");
    let Answered::Ask(question) = rig.gateway.desk.ask(&who, PURPOSE, None).await.unwrap() else { panic!() };
    rig.gateway.desk.withdraw(&who, PURPOSE, "test").await.unwrap();
    assert!(rig.gateway.desk.answer(&who, &question.request, true, "test").await.is_err());
    assert!(rig.gateway.desk.answer(&who, "x.y", true, "test").await.is_err());
    let given = rig.agree("ann").await;
    assert!(
        rig.gateway.desk.answer(&who, &given.proof, true, "test").await.is_err(),
        "a proof is no question"
    );
}

#[tokio::test]
async fn bad_input_is_refused_without_its_words() {
    let rig = Rig::new(json!({ "ids": [] })).await;
    let given = rig.agree("ann").await;
    let path = format!("{LIST}/c1/add");
    for body in ["", "[]", "{", r#"{"ids":["secret"],"ids":["secret"]}"#, r#"{"ids":"secret"}"#, "\u{0}"] {
        let (status, told) = rig.post(&path, "ann", &given.proof, body).await;
        assert_eq!(status, 400, "{body}");
        assert!(!told.to_string().contains("secret"));
    }
    let (status, _) = rig.post(&path, "ann", &given.proof, "x".repeat(70_000)).await;
    assert_eq!(status, 413);
    for path in ["/api/v2/reset", &format!("{LIST}/c1/search"), "/etc/passwd"] {
        assert_eq!(rig.post(path, "ann", &given.proof, "{}").await.0, 403, "{path}");
    }
    assert!(rig.sent().is_empty());
}

#[tokio::test]
async fn only_listed_collections_and_databases_are_reached() {
    let rig = Rig::with(json!({ "ids": [] }), |store| store.collections = vec!["notes".into()]).await;
    let given = rig.agree("ann").await;
    assert_eq!(rig.post(&format!("{LIST}/c1/get"), "ann", &given.proof, "{}").await.0, 200);
    for path in [format!("{LIST}/c2/get"), format!("{LIST}/c1/get").replace("default_database", "another")] {
        assert_eq!(rig.post(&path, "ann", &given.proof, "{}").await.1["code"], "ombud_collection_not_listed");
    }
}

#[tokio::test]
async fn the_operators_own_documents_need_no_consent() {
    let rig = Rig::with(json!({ "ids": ["1"] }), |store| store.data = ombud_gateway::memory::Data::Own).await;
    let (status, told) = rig.post(&format!("{LIST}/c1/get"), "", "", r#"{"limit":1}"#).await;
    assert_eq!((status, told), (200, json!({ "ids": ["1"] })));
    assert_eq!(rig.sent().remove(0).1, json!({ "limit": 1 }), "the body goes on as it was");
}

#[tokio::test]
async fn a_proof_that_is_over_opens_nothing() {
    let rig = Rig::new(json!({ "ids": [] })).await;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let claims = |issued: i64| Claims {
        v: 1,
        subject: rig.who("ann").subject,
        purpose: PURPOSE.into(),
        session: String::new(),
        notice: None,
        issued,
        expires: issued + LIFE,
        nonce: "n".into(),
        epoch: 0,
    };
    let notary = Notary::of(&rig.gateway.ledger).unwrap();
    let path = format!("{LIST}/c1/get");
    let proof = notary.sign(&claims(now), Use::Proof);
    assert_eq!(rig.post(&path, "ann", &proof, "{}").await.0, 200);
    let proof = notary.sign(&claims(now - LIFE - 1), Use::Proof);
    assert_eq!(rig.post(&path, "ann", &proof, "{}").await.1["code"], "ombud_consent_expired");
}
