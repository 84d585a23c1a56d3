//! The operator's rules for tools, and who may approve: order, destinations, children, and tools that no request offered.

use std::sync::Mutex;

use ombud_core::effect::Part;
use ombud_core::event::EventKind;
use ombud_core::gate::{Doubt, Preset};
use ombud_core::{DataType, Lang, Say, ToolPolicy};
use ombud_gateway::approvals::{Approvals, Pending};
use serde_json::json;

use super::harness::{EMAIL, Rig, chat, token};
use super::wires::*;

const ANNA: &str = "anna@corp.example";

fn send(to: &str) -> Asked {
    ("c1", "send_mail", json!({ "to": to, "body": "hello" }).to_string())
}

async fn rig(calls: Vec<Asked>, tools: ToolPolicy) -> Rig {
    Rig::with(move |_, _| Wire::Chat.answer("Hm.", &calls, false, 4), |config| config.tools = tools).await
}

fn policy(text: &str) -> ToolPolicy {
    serde_json::from_str(text).unwrap()
}

async fn turn(rig: &Rig, turns: &[Turn]) -> Got {
    let answer = rig.post(Wire::Chat.path(), Wire::Chat.request(turns, false)).await;
    Wire::Chat.read(&answer.text().await.unwrap(), false)
}

async fn decided(rig: &Rig, wanted: &str) {
    rig.logged(|event| matches!(&event.kind, EventKind::ToolIntent { decision, .. } if decision == wanted))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_no_request_offered_is_explained_as_such() {
    let rig = rig(vec![send(ANNA)], ToolPolicy::default()).await;
    let answer = rig.post("/v1/chat/completions", chat(&format!("send a mail to {ANNA}"))).await;
    let got = Wire::Chat.read(&answer.text().await.unwrap(), false);
    // The user named the recipient: that it appears nowhere would be another reason, and a wrong one.
    let unseen = Doubt::Unseen { path: "/to".into(), part: Part::Destination, value: ANNA.into() };
    assert!(got.text.contains("did not offer") && !got.text.contains(&unseen.say(Lang::En)), "{got:?}");
    decided(&rig, "ask: not_offered").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_of_the_providers_own_is_offered_by_its_type() {
    let item = json!({ "type": "local_shell_call", "id": "s", "call_id": "c", "status": "completed",
        "action": { "type": "exec", "command": ["rm", "-r", "notes"], "env": {} } });
    let answer =
        json!({ "id": "r", "object": "response", "status": "completed", "model": "m", "output": [item] });
    let rig = Rig::with(move |_, _| super::harness::json(answer.to_string()), |_| {}).await;
    let body = json!({ "model": "m", "input": "what is in my notes?", "tools": [{ "type": "local_shell" }] });
    let got = rig.post("/v1/responses", body.to_string()).await.text().await.unwrap();
    // Nothing in the conversation comes from a third party, so it is the model's own work, as with every offered tool.
    assert!(got.contains("local_shell_call") && !got.contains("did not offer"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_comes_too_early_is_withheld_and_comes_after_its_own() {
    let steps = policy(r#"{"mode":"allow","workflow":{"steps":["read_mail","send_mail"],"ordered":true}}"#);
    let rig = rig(vec![send(ANNA)], steps).await;
    let got = turn(&rig, &[user(&format!("send a mail to {ANNA}"))]).await;
    assert!(got.calls.is_empty() && got.text.contains("`read_mail`"), "{got:?}");
    decided(&rig, "block: too_early").await;
    // Now the history contains the step.
    let got = turn(&rig, &[user(&format!("send a mail to {ANNA}")), mail("nothing new")]).await;
    assert_eq!(got.calls.len(), 1, "{got:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_answer_follow_one_another() {
    let steps = policy(r#"{"mode":"allow","workflow":{"steps":["read_mail","send_mail"],"ordered":true}}"#);
    let read = ("c0", "read_mail", json!({ "id": "m" }).to_string());
    let rig = rig(vec![read, send(ANNA)], steps).await;
    assert_eq!(turn(&rig, &[user("read, then send")]).await.calls.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_stands_for_must_not_go_there_either() {
    let tools = policy(r#"{"mode":"allow","destinations":{"*@corp.example":{"forbid":["contact.email"]}}}"#);
    // The model knows the address only by its token, and embeds it in text.
    let rig = Rig::with(
        |_, body| {
            let token = token(&String::from_utf8_lossy(body), "EMAIL");
            let arguments = json!({ "to": "anna@corp.example", "body": format!("his: {token}") }).to_string();
            Wire::Chat.answer("Hm.", &[("c1", "send_mail", arguments)], false, 4)
        },
        |config| {
            config.tools = tools;
            config.policy.masking.insert(DataType::Email.category(), ombud_core::Action::Mask);
        },
    )
    .await;
    let got = turn(&rig, &[user(&format!("tell {EMAIL} what I said"))]).await;
    assert!(got.calls.is_empty(), "{got:?}");
    decided(&rig, "block: forbidden_contact.email").await;
}

/// An outside approver who approves whatever is waiting.
#[derive(Default)]
struct Guardian {
    waiting: Mutex<Vec<Pending>>,
    allows: Mutex<bool>,
}

impl Approvals for Guardian {
    fn wait(&self, call: &Pending, _: &str) {
        self.waiting.lock().unwrap().push(call.clone());
    }

    fn said(&self, code: &str, stands: &str) -> Option<bool> {
        let waits = |call: &Pending| call.code == code && call.stands == stands;
        (*self.allows.lock().unwrap() && self.waiting.lock().unwrap().iter().any(waits)).then_some(true)
    }

    fn settled(&self, _: &str) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_cannot_say_yes_for_who_looks_after_it() {
    let kids = ToolPolicy { preset: Some(Preset::Kids), ..ToolPolicy::default() };
    let pay = ("c1", "pay_invoice", json!({ "to": "Toy Shop", "amount": 20 }).to_string());
    let rig = rig(vec![pay], kids).await;
    let outside = std::sync::Arc::new(Guardian::default());
    let _ = rig.gateway.approvals.set(std::sync::Arc::clone(&outside) as std::sync::Arc<dyn Approvals>);
    let wish = user("please pay 20 to Toy Shop");
    let asked = turn(&rig, std::slice::from_ref(&wish)).await;
    assert!(asked.calls.is_empty() && asked.text.contains("ombud approve"), "{asked:?}");
    assert!(!asked.text.contains("reply: yes") && !asked.text.contains("reply yes"), "{asked:?}");
    let code = outside.waiting.lock().unwrap()[0].code.clone();
    for answer in ["yes".to_owned(), format!("yes {code}"), format!("always {code}")] {
        let again = turn(&rig, &[wish.clone(), Turn::Model(asked.text.clone()), user(&answer)]).await;
        assert!(again.calls.is_empty(), "{answer}: {again:?}");
    }
    *outside.allows.lock().unwrap() = true;
    assert_eq!(turn(&rig, &[wish]).await.calls.len(), 1);
    decided(&rig, "approved").await;
}
