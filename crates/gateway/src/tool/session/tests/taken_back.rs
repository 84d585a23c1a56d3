//! Cancellations by either side, missing responses, and late ones.

use super::*;

const READ: &str = "read_file";

fn arguments() -> Value {
    json!({ "path": "a" })
}

fn taken_back(id: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
}

fn result(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } })
}

fn asks(id: u64) -> Value {
    let params = json!({ "message": "Which?", "requestedSchema": { "type": "object", "properties": {} } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": params })
}

#[test]
fn a_call_that_is_taken_back_is_told_to_the_server_and_recorded_by_how_it_ends() {
    let mut script = Script::new(Gate::Observe);
    script.call(1, READ, &arguments());
    script.call(2, READ, &arguments());
    for id in [1, 2] {
        let told = script.client(&taken_back(&id.into()));
        assert_eq!((told.server.len(), &told.server[0]["params"]["requestId"]), (1, &id.into()));
    }
    // The server had already done its work, and the log says so.
    assert_eq!(script.server(&result(1)).notes, ["result read_file ok"]);
    assert!(out(script.session.tick(Duration::from_secs(30))).order.is_empty());
    // The client has forgotten the call, so nobody is told of its end.
    let ended = out(script.session.tick(Duration::from_secs(31)));
    assert_eq!((&*ended.order, &*ended.notes), ("n", &["result read_file ombud_cancelled".to_owned()][..]));
}

#[test]
fn what_cannot_be_recorded_of_one_request_takes_no_answer_from_the_others() {
    type End = fn(&mut Session) -> Vec<Step>;
    let answered = |end: End| {
        let mut script = Script::new(Gate::Observe);
        (1..6).for_each(|id| drop(script.call(id, READ, &arguments())));
        let list = json!({ "jsonrpc": "2.0", "id": 6, "method": "resources/list" });
        script.client(&list);
        let mut left = VecDeque::from(end(&mut script.session));
        let mut answers = Vec::new();
        while let Some(step) = left.pop_front() {
            match step {
                // The disk is full.
                Step::Note(note) => script.session.unlogged(note.about.as_ref(), &mut left),
                Step::Send(Side::Client, line) => {
                    let line: Value = serde_json::from_slice(&line).unwrap();
                    answers.push((line["id"].as_u64().unwrap(), reason(&line).to_owned()));
                }
                _ => {}
            }
        }
        answers
    };
    let ends: [(End, &str); 3] = [
        (|session| session.server_ended(Duration::ZERO), "ombud_server_ended"),
        (|session| session.oversized(Side::Server, Duration::ZERO), "ombud_message_too_large"),
        (|session| session.tick(Duration::from_secs(61)), "ombud_timeout"),
    ];
    for (end, code) in ends {
        let calls = (1..6).map(|id| (id, "ombud_log_unwritable".to_owned()));
        let all: Vec<_> = calls.chain([(6, code.to_owned())]).collect();
        assert_eq!(answered(end), all);
    }
}

#[test]
fn a_late_answer_is_no_fault_and_an_answer_to_nothing_is_one() {
    let mut script = Script::new(Gate::Observe);
    script.call(1, READ, &arguments());
    assert_eq!(out(script.session.tick(Duration::from_secs(61))).order, "ncs");
    assert!(script.server(&result(1)).order.is_empty(), "late");
    assert_eq!(script.server(&result(1)).notes, ["notice unknown_id"], "twice");
    assert!(script.server(&result(7)).client.is_empty());
}

#[test]
fn a_server_takes_back_what_it_asked_for_and_may_ask_again() {
    let mut script = Script::new(Gate::Observe);
    for round in 0..3 {
        script.now = Duration::from_mins(round);
        for id in 0..16 {
            assert_eq!(script.server(&asks(id)).client.len(), 1, "{round} {id}");
        }
        assert!(script.server(&asks(16)).client.is_empty(), "one more than may wait");
        for id in 0..16 {
            assert_eq!(script.server(&taken_back(&id.into())).client.len(), 1, "{round} {id}");
        }
        // The response came too late for the server, which has forgotten the question.
        assert!(script.client(&result(0)).server.is_empty());
    }
}

#[test]
fn a_server_takes_back_no_question_of_ours_and_nothing_that_it_did_not_ask() {
    let mut script = Script::new(Gate::Ask);
    script.start(&json!({ "elicitation": {} }));
    let asked = script.call(1, "delete_file", &arguments());
    let ours = asked.client[0]["id"].clone();
    for id in [ours.clone(), json!(1), json!("x"), json!(null), json!({})] {
        assert!(script.server(&taken_back(&id)).order.is_empty(), "{id}");
    }
    let yes = json!({ "action": "accept", "content": { "allow": true } });
    let done = script.client(&json!({ "jsonrpc": "2.0", "id": ours, "result": yes }));
    assert_eq!(done.notes, ["call delete_file approved"]);
}

#[test]
fn a_question_expires() {
    let yes = json!({ "action": "accept", "content": { "allow": true } });
    let (soon, late) = (ASKING, ASKING + Duration::from_secs(1));

    let mut script = Script::new(Gate::Ask);
    script.start(&json!({ "elicitation": {} }));
    let asked = script.call(1, "delete_file", &arguments());
    assert!(out(script.session.tick(soon)).order.is_empty());
    let ended = out(script.session.tick(late));
    // The form is withdrawn, and the call gets a response.
    assert_eq!((&*ended.order, reason(&ended.client[1])), ("cc", "ombud_not_answered"));
    let answer = json!({ "jsonrpc": "2.0", "id": asked.client[0]["id"], "result": yes });
    assert!(script.client(&answer).server.is_empty(), "a yes that comes too late");

    // The newest revision: the question is a result, and the reply a second call.
    for (when, released) in [(soon, true), (late, false)] {
        let mut script = Script::new(Gate::Ask);
        let mut first = call(1, "delete_file", &arguments());
        first["params"]["_meta"] =
            json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
        let asked = script.client(&first);
        script.session.tick(when);
        let mut again = first.clone();
        again["id"] = 2.into();
        again["params"]["requestState"] = asked.client[0]["result"]["requestState"].clone();
        again["params"]["inputResponses"] = json!({ "ombud": yes });
        let done = script.client(&again);
        assert_eq!(done.server.len() == 1, released, "{:?}", done.notes);
        let asks = |out: &Out| out.client.iter().any(|told| told["result"]["resultType"] == "input_required");
        assert_eq!(asks(&done), !released, "it is asked about anew");
    }
}
