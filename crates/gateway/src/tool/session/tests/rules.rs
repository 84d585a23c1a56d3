//! The operator's rules for a server's tools: where data may go, in which order, how often, and what somebody outside has
//! allowed until further notice.

use super::*;
use crate::daily::Today;

/// A session with these rules.
fn script(tools: &Value) -> Script {
    let mut script = Script::limited(None, Server::default(), Limits::default());
    let rules = Arc::get_mut(&mut script.session.rules).unwrap();
    rules.tools = serde_json::from_value::<ombud_core::ToolPolicy>(tools.clone()).unwrap().at("mail");
    script.start(&json!({}));
    script
}

fn decision(out: &Out) -> &str {
    out.notes.first().map(String::as_str).unwrap_or_default()
}

const ID: &str = "身份证 110101199003077715";

#[test]
fn data_that_must_not_go_somewhere_does_not() {
    let mut script = script(&json!({ "mode": "observe",
        "destinations": { "*@gmail.example": { "forbid": ["id"] } },
        "mcp__mail__post_*": { "forbid": ["id.national_id"] } }));
    let mut send = |id, tool: &str, to: &str, text: &str| {
        script.call(id, tool, &json!({ "to": to, "body": text })).notes.remove(0)
    };
    assert!(send(1, "send_mail", "x@gmail.example", ID).contains("block: forbidden_id.national_id"));
    assert!(send(2, "send_mail", "X <x@GMAIL.example>", ID).contains("block: forbidden_id.national_id"));
    assert!(!send(3, "send_mail", "x@corp.example", ID).contains("block"));
    assert!(!send(4, "send_mail", "x@gmail.example", "hello").contains("block"));
    assert!(send(5, "post_note", "x@corp.example", ID).contains("block: forbidden_id.national_id"));
    // In base64 too.
    let hidden = "6Lqr5Lu96K+BIDExMDEwMTE5OTAwMzA3NzcxNQ==";
    assert!(send(6, "post_note", "x@corp.example", hidden).contains("block: forbidden_id.national_id"));
}

#[test]
fn a_condition_sees_what_the_arguments_hold() {
    let when = json!([{ "if": "'id.national_id' in holds && arg.to != 'hr'", "gate": "block" }]);
    let mut script = script(&json!({ "mode": "observe", "when": when }));
    assert!(
        decision(&script.call(1, "send_mail", &json!({ "to": "x", "body": ID })))
            .contains("block: condition_1")
    );
    assert!(!decision(&script.call(2, "send_mail", &json!({ "to": "hr", "body": ID }))).contains("block"));
    assert!(!decision(&script.call(3, "send_mail", &json!({ "to": "x", "body": "hi" }))).contains("block"));
}

#[test]
fn steps_are_taken_in_their_order() {
    let flow = json!({ "steps": ["search_web", "read_draft", "send_*"], "ordered": true });
    let mut script = script(&json!({ "mode": "observe", "workflow": flow }));
    let tools =
        ["read_draft", "send_note"].map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }));
    script.list(&json!(tools));
    // `search_web` is not a tool of this server, so whether it was called is unknown here.
    let early = script.call(1, "send_note", &json!({ "to": "x" }));
    assert!(decision(&early).contains("block: too_early"), "{:?}", early.notes);
    assert!(
        early.client[0]["error"]["message"].as_str().unwrap().contains("`read_draft`"),
        "{:?}",
        early.client
    );
    assert_eq!(script.call(2, "read_draft", &json!({})).server.len(), 1);
    assert_eq!(script.call(3, "send_note", &json!({ "to": "x" })).server.len(), 1);
    assert!(decision(&script.call(4, "pay_bill", &json!({}))).contains("block: no_step"));
    // For a call released by the model edge, the order of steps has been decided there.
    assert_eq!(script.call(5, "vouched_send", &json!({})).server.len(), 0, "it is no step");
}

#[test]
fn a_day_is_over_for_every_session() {
    let mut script =
        script(&json!({ "mode": "observe", "limits": { "money_per_day": 100, "calls_per_day": 5 } }));
    *script.beside.day.lock().unwrap() = Some(Today { calls: 1, money: 70 });
    let pay = |script: &mut Script, id, amount: u64| {
        script.call(id, "pay_bill", &json!({ "amount": amount, "to": "a" })).notes.remove(0)
    };
    assert!(!pay(&mut script, 1, 30).contains("over"));
    assert_eq!(*script.beside.day.lock().unwrap(), Some(Today { calls: 2, money: 100 }));
    assert!(pay(&mut script, 2, 1).contains("over_day_money"));
    script.beside.day.lock().unwrap().as_mut().unwrap().calls = 5;
    assert!(decision(&script.call(3, "read_file", &json!({ "path": "a" }))).contains("over_day_calls"));
}

#[test]
fn an_answer_for_good_holds_for_the_same_values_in_every_session() {
    let ask = json!({ "mode": "ask" });
    let mut script = script(&ask);
    let to = |to: &str, body: &str| json!({ "to": to, "body": body });
    let first = script.call(1, "send_mail", &to("a@x.example", "hello"));
    let text = first.client[0]["error"]["message"].as_str().unwrap();
    assert!(text.contains("--always"), "{text}");
    let lasting = script.beside.waiting.lock().unwrap()[0].lasting.clone().unwrap();
    assert_eq!(lasting.paths, ["/to"]);
    script.beside.standing.lock().unwrap().insert(lasting.mark.clone());
    let released = script.call(2, "send_mail", &to("a@x.example", "another text"));
    assert_eq!((released.server.len(), decision(&released)), (1, "call send_mail approved"));
    assert_eq!(script.call(3, "send_mail", &to("b@x.example", "hello")).server.len(), 0, "another recipient");
    assert_eq!(script.call(4, "post_mail", &to("a@x.example", "hello")).server.len(), 0, "another tool");
    let urgent = json!({ "to": "a@x.example", "body": "hello", "urgent": true });
    assert_eq!(script.call(5, "send_mail", &urgent).server.len(), 0, "one more switch");
    let mut other = self::script(&ask);
    other.beside.standing.lock().unwrap().insert(lasting.mark);
    assert_eq!(other.call(1, "send_mail", &to("a@x.example", "hi")).server.len(), 1, "another session");
    other.beside.standing.lock().unwrap().clear();
    assert_eq!(other.call(2, "send_mail", &to("a@x.example", "hi")).server.len(), 0, "taken back");
}
