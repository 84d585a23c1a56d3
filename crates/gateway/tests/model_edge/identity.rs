//! Which tokens belong to whom.

use serde_json::{Value, json};

use super::harness::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_value_gives_the_same_token_when_the_history_is_sent_again() {
    let rig = Rig::new(echo).await;
    rig.post("/v1/chat/completions", chat(&format!("我的手机是{PHONE}"))).await;
    let first = token(&rig.last(), "PHONE");
    let history = json!({ "model": "m", "messages": [
        { "role": "user", "content": format!("我的手机是{PHONE}") },
        { "role": "assistant", "content": format!("好的，{PHONE}") },
        { "role": "user", "content": "再说一遍" },
    ]});
    rig.post("/v1/chat/completions", history.to_string()).await;
    assert_eq!(rig.last().matches(&first).count(), 2);
    assert!(!rig.last().contains(PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_client_keys_and_two_sessions_have_nothing_in_common() {
    let rig = Rig::new(echo).await;
    let mut tokens = Vec::new();
    for (key, session) in [("one", ""), ("two", ""), ("one", "a"), ("one", "b")] {
        rig.post_as(key, session, "/v1/chat/completions", chat(&format!("call {PHONE}"))).await;
        tokens.push(token(&rig.last(), "PHONE"));
    }
    let all = tokens.clone();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4);
    // A token of the first caller in the second caller's request is an ordinary word.
    let answer = rig.post_as("two", "", "/v1/chat/completions", chat(&format!("who is {}?", all[0]))).await;
    assert_eq!(said(&value(answer).await), format!("who is {}?", all[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_told_is_masked_by_its_short_forms_too() {
    let rig = Rig::new(echo).await;
    let history = json!({ "model": "m", "messages": [
        { "role": "user", "content": "你好，我叫王建国，请帮我写一封信。" },
        { "role": "assistant", "content": "好的，王先生。" },
        { "role": "user", "content": "老王的信写好了吗？" },
    ]});
    let answer = rig.post("/v1/chat/completions", history.to_string()).await;
    let sent = rig.last();
    assert!(["王建国", "王先生", "老王"].iter().all(|form| !sent.contains(form)), "{sent}");
    assert_eq!(sent.matches(&token(&sent, "PERSON")).count(), 3, "one person, one token: {sent}");
    assert_eq!(said(&value(answer).await), "老王的信写好了吗？");
    // Another conversation knows nothing of him.
    rig.post("/v1/chat/completions", chat("老王的信写好了吗？")).await;
    assert!(!rig.last().contains(&token(&sent, "PERSON")), "{}", rig.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_that_begin_alike_do_not_mix() {
    let rig = Rig::new(echo).await;
    let begin = json!({ "role": "user", "content": "please help me" });
    let ask = |value: &str| {
        json!({ "model": "m", "messages": [begin, { "role": "user", "content": value }] }).to_string()
    };
    let other = "13800138000";
    rig.post("/v1/chat/completions", ask(PHONE)).await;
    let theirs = token(&rig.last(), "PHONE");
    // The second conversation mentions the token of the first, next to a value of its own.
    let answer = rig.post("/v1/chat/completions", ask(&format!("{other} and {theirs}"))).await;
    assert_eq!(said(&value(answer).await), format!("{other} and {theirs}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_history_restores_only_what_is_still_in_it() {
    let rig = Rig::new(echo).await;
    rig.post("/v1/chat/completions", chat(&format!("{PHONE} {EMAIL}"))).await;
    let (phone, email) = (token(&rig.last(), "PHONE"), token(&rig.last(), "EMAIL"));
    let answer = rig.post("/v1/chat/completions", chat(&format!("{EMAIL} {phone} {email}"))).await;
    assert_eq!(said(&value(answer).await), format!("{EMAIL} {phone} {EMAIL}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn embeddings_stay_consistent_over_sessions() {
    let rig = Rig::new(|_, _| json(r#"{"object":"list","data":[]}"#)).await;
    for session in ["a", "b"] {
        let body = json!({ "model": "e", "input": [format!("tel {PHONE}")] }).to_string();
        rig.post_as("one", session, "/v1/embeddings", body).await;
    }
    let bodies = rig.bodies();
    assert_eq!(token(&bodies[0], "PHONE"), token(&bodies[1], "PHONE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_one_way() {
    let rig = Rig::new(echo).await;
    let answer = rig.post("/v1/chat/completions", chat(&format!("my key is {KEY}"))).await;
    let placeholder = token(&rig.last(), "SECRET");
    assert!(!rig.last().contains(KEY));
    assert_eq!(said(&value(answer).await), format!("my key is {placeholder}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_with_keys_wants_one() {
    let rig = Rig::with(echo, |config| config.keys = vec!["a-long-enough-key".into()]).await;
    let answer = rig.post("/v1/chat/completions", chat("hi")).await;
    assert_eq!(answer.status(), 401);
    let request = rig
        .client
        .post(format!("{}/v1/chat/completions", rig.url))
        .header("x-ombud-key", "a-long-enough-key");
    assert_eq!(request.body(chat("hi")).send().await.unwrap().status(), 200);
    assert_eq!(rig.bodies().len(), 1);
    // An empty key in the list, as an unset template variable leaves behind, belongs to nobody.
    let keys = vec![String::new(), "a-long-enough-key".into()];
    let rig = Rig::with(echo, |config| config.keys = keys).await;
    for shown in [None, Some("")] {
        let request = rig.client.post(format!("{}/v1/chat/completions", rig.url)).body(chat("hi"));
        let request = shown.into_iter().fold(request, |request, key| request.header("x-ombud-key", key));
        assert_eq!(request.send().await.unwrap().status(), 401, "{shown:?}");
    }
    assert!(rig.bodies().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_inside_its_body_is_let_go() {
    let second = std::time::Duration::from_millis(200);
    let rig = Rig::with(echo, |config| config.patience.read = second).await;
    let half = futures_util::stream::once(async { Ok::<_, std::io::Error>("{\"model\":") });
    let half = futures_util::StreamExt::chain(half, futures_util::stream::pending());
    let request = rig.client.post(format!("{}/v1/chat/completions", rig.url));
    let answer = request.body(reqwest::Body::wrap_stream(half)).send().await.unwrap();
    assert_eq!(value(answer).await["error"]["code"], "ombud_body_incomplete");
    assert!(rig.bodies().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_leaves_in_the_clear_only_with_the_approval_that_was_asked_for() {
    let rig = Rig::with(echo, |config| {
        config.policy.masking.insert(ombud_core::DataCategory::ContactPhone, ombud_core::Action::Ask);
    })
    .await;
    let refused = rig.post("/v1/chat/completions", chat(&format!("call {PHONE}"))).await;
    assert_eq!(refused.status(), 403);
    let error: Value = value(refused).await;
    assert_eq!(error["error"]["code"], "ombud_approval_needed");
    let code = token(error["error"]["message"].as_str().unwrap(), "PHONE");
    assert!(rig.bodies().is_empty());
    let approve = |text: String| {
        let request = rig.client.post(format!("{}/v1/chat/completions", rig.url));
        request
            .header("authorization", "Bearer client-one")
            .header("x-ombud-approve", &code)
            .body(chat(&text))
            .send()
    };
    assert_eq!(approve("call 13800138000".into()).await.unwrap().status(), 403);
    assert_eq!(approve(format!("call {PHONE}")).await.unwrap().status(), 200);
    assert!(rig.last().contains(PHONE));
}
