//! Clients, and the models behind them, that look for a way around a decision or for values kept from them.

use super::*;

const ANNA: &str = "anna.berg@example.com";
const PHONE: &str = "13970834512";

/// A session that masks results, in which the client has received the tokens of a mail address and a phone number.
fn masked(mode: Gate) -> (Script, String, String) {
    let mut script = Script::with(mode, Server { results: Results::Mask, ..Server::default() });
    script.start(&json!({}));
    script.call(1, "read_contact", &json!({}));
    let content = json!([{ "type": "text", "text": format!("mail: {ANNA}, phone: {PHONE}") }]);
    let back = script.server(&json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": content } }));
    let seen = back.client[0].pointer("/result/content/0/text").unwrap().as_str().unwrap();
    let (mail, phone) = seen.strip_prefix("mail: ").unwrap().split_once(", phone: ").unwrap();
    assert!(!seen.contains(ANNA) && !seen.contains(PHONE), "{seen}");
    (script, mail.to_owned(), phone.to_owned())
}

#[test]
fn a_refusal_tells_the_client_no_value_that_was_masked() {
    for (mode, tool) in [(Gate::Ask, "send_note"), (Gate::Block, "send_note"), (Gate::Ask, "pay_never")] {
        for lang in [Lang::En, Lang::Zh] {
            let (mut script, mail, phone) = masked(mode);
            Arc::get_mut(&mut script.session.rules).unwrap().lang = lang;
            let arguments = json!({ "to": mail, "cc": "bob@b.example", "body": format!("call {phone}") });
            let refused = script.call(2, tool, &arguments);
            assert!(refused.server.is_empty() && reason(&refused.client[0]).starts_with("ombud_"));
            let text = refused.client[0].to_string();
            assert!(!text.contains(ANNA) && !text.contains(PHONE), "{text}");
            assert!(
                text.contains(&mail) && text.contains(&phone) && text.contains("bob@b.example"),
                "{text}"
            );
        }
    }
}

#[test]
fn whoever_decides_in_a_form_sees_the_values() {
    let (mut script, mail, _) = masked(Gate::Ask);
    script.start(&json!({ "elicitation": {} }));
    let asked = script.call(2, "send_note", &json!({ "to": mail }));
    assert_eq!(asked.client[0]["method"], "elicitation/create");
    assert!(asked.client[0].to_string().contains(ANNA), "{}", asked.client[0]);
}

#[test]
fn a_request_without_an_id_is_not_sent() {
    let (mut script, mail, _) = masked(Gate::Observe);
    let unnumbered = |method: &str| {
        let params = json!({ "name": "send_note", "arguments": { "to": mail } });
        json!({ "jsonrpc": "2.0", "method": method, "params": params })
    };
    for (number, method) in
        ["tools/call", "resources/read", "prompts/get", "Tools/Call", "x/new"].iter().enumerate()
    {
        let out = script.client(&unnumbered(method));
        assert_eq!((out.server.len(), reason(&out.client[0])), (0, "ombud_no_id"), "{method}");
        assert!(!out.client[0].to_string().contains(ANNA));
        // The first of its kind is recorded and reported.
        assert_eq!(out.notes.len(), usize::from(number == 0), "{method}");
    }
    let told = unnumbered("notifications/roots/list_changed");
    assert_eq!(script.client(&told).server.len(), 1);
}

#[test]
fn a_name_that_says_something_about_somebody_stands_in_no_record() {
    let mut script = Script::new(Gate::Observe);
    let arguments = json!({ "to": "bob@b.example", "notes": { ANNA: { PHONE: "hello there" } } });
    let line = call(1, &format!("{PHONE}-send_note"), &arguments).to_string();
    let steps = script.session.client(line.as_bytes(), script.now);
    let [Step::Note(note), Step::Send(Side::Server, sent)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(*sent, line.as_bytes());
    let event = serde_json::to_string(&note.event).unwrap();
    assert!(!event.contains(ANNA) && !event.contains(PHONE), "{event}");
    let EventKind::ToolCall(record) = &note.event.kind else { panic!() };
    assert_eq!(record.tool, "[PHONE]-send_note");
    let paths: Vec<&str> = record.arguments.iter().map(|argument| &*argument.path).collect();
    assert!(paths.contains(&"/to") && paths.contains(&"/notes/#0/#1"), "{paths:?}");
    // The encrypted details have all of it.
    let details = String::from_utf8_lossy(&note.content[0]).into_owned();
    assert!(details.contains(ANNA) && details.contains(PHONE), "{details}");
}
