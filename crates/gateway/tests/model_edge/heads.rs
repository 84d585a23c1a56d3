//! What a provider receives of a request besides its body, and what counts as sent to it.

use std::sync::{Arc, Mutex};

use axum::Router;
use http::HeaderMap;
use ombud_core::event::EventKind;
use ombud_core::{Lang, Say};
use ombud_gateway::refusal::Refusal;
use tokio::net::TcpListener;

use super::harness::{EMAIL, PHONE, Rig, json};

/// A gateway in front of a provider that keeps the headers it receives.
async fn keeping() -> (Rig, Arc<Mutex<Vec<HeaderMap>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&got);
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", upstream.local_addr().unwrap());
    let routes = Router::new().fallback(move |headers: HeaderMap| async move {
        kept.lock().unwrap().push(headers);
        json(r#"{"choices":[]}"#)
    });
    tokio::spawn(async move { axum::serve(upstream, routes).await });
    (Rig::before(&base, Arc::default(), |_| {}).await, got)
}

fn chat(text: &str) -> String {
    serde_json::json!({ "model": "m", "messages": [{ "role": "user", "content": text }] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_with_personal_data_stay_here_and_are_named_in_the_record() {
    let (rig, got) = keeping().await;
    let request = rig.client.post(format!("{}/v1/chat/completions", rig.url)).body(chat("hello"));
    let request = request.header("authorization", "Bearer client-one").header("openai-organization", "org-1");
    let request = request.header("x-user-email", EMAIL).header("cookie", format!("tel={PHONE}"));
    let request = request.header(format!("tel-{PHONE}"), EMAIL);
    let answer = request.header("x-feature", "new-layout").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let headers = got.lock().unwrap().pop().unwrap();
    assert_eq!(headers["authorization"], "Bearer client-one");
    assert_eq!(headers["openai-organization"], "org-1");
    assert_eq!(headers["x-feature"], "new-layout");
    let all = format!("{headers:?}");
    assert!(!all.contains(EMAIL) && !all.contains(PHONE) && !headers.contains_key("cookie"), "{all}");
    let event = rig.logged(|event| matches!(event.kind, EventKind::Request(_))).await;
    let EventKind::Request(record) = event.kind else { unreachable!() };
    let mut names = record.headers.clone();
    names.sort();
    assert_eq!(names, ["cookie", "tel-[PHONE]", "x-user-email"]);
    assert_eq!((record.found.values().sum::<u64>(), record.masked.values().sum::<u64>()), (3, 3));
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains(EMAIL) && !text.contains(PHONE), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_nobody_is_counted_as_lost_and_what_is_not_logged_not_at_all() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let rig = Rig::before(&base, Arc::default(), |_| {}).await;
    let answer = rig.post("/v1/chat/completions", chat(PHONE)).await;
    assert!(answer.text().await.unwrap().contains("ombud_provider_unreachable"));
    let map = rig.gateway.flow();
    let flow = map.recipients.values().next().unwrap();
    assert_eq!((flow.requests, flow.lost, flow.data.len()), (0, 1, 0));

    let (rig, got) = keeping().await;
    rig.gateway.ledger.close().await.unwrap();
    let answer = rig.post("/v1/chat/completions", chat(PHONE)).await;
    assert!(answer.text().await.unwrap().contains("ombud_log_unwritable"));
    assert!(rig.gateway.flow().recipients.is_empty() && got.lock().unwrap().is_empty());
    // A request that was sent counts, and is kept apart from lost ones.
    let (rig, _) = keeping().await;
    assert_eq!(rig.post("/v1/chat/completions", chat(PHONE)).await.status(), 200);
    let map = rig.gateway.flow();
    let flow = map.recipients.values().next().unwrap();
    assert_eq!((flow.requests, flow.lost, flow.data.len()), (1, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_told_as_the_operator_wants_commands_to_be_typed() {
    let rig = Rig::with(
        |_, _| json("{}"),
        |config| config.tell = |text, _| text.replace("`ombud ", "`ombud --lang en "),
    )
    .await;
    assert!(Refusal::Provider("x".into()).say(Lang::En).contains("`ombud providers`"));
    for path in ["/p/nowhere/v1/chat/completions", "/"] {
        let answer = rig.post(path, chat("hi")).await.text().await.unwrap();
        assert!(answer.contains("`ombud --lang en "), "{answer}");
    }
}
