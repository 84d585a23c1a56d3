//! Pages, in files of their own and in strings of code, and what their own server sends them.

use crate::project::{checked, lines};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

const RULE: &str = "untrusted-to-exec";

/// A page with an input field, whose response is inserted into it.
fn page(puts: &str) -> String {
    format!(
        "<html><body><div id=\"log\"></div><input id=\"q\"><button onclick=\"send()\">x</button>\n<script>\nasync function send() {{\n  const q = document.getElementById('q').value;\n  const r = await fetch('/ask', {{ method: 'POST', body: JSON.stringify({{ q }}) }});\n  const d = await r.json();\n  document.getElementById('log').{puts};\n}}\n</script></body></html>\n"
    )
}

#[test]
fn an_answer_becomes_part_of_the_page() {
    let raw = page("innerHTML += '<p>' + d.answer + '</p>'");
    let text = page("textContent += d.answer");
    assert_eq!(at(RULE, &[("static/index.html", &raw)]), ["untrusted-to-exec@static/index.html:7"]);
    assert!(at(RULE, &[("static/index.html", &text)]).is_empty());
    let adds = page("insertAdjacentHTML('beforeend', d.answer)");
    assert_eq!(at(RULE, &[("static/index.html", &adds)]), ["untrusted-to-exec@static/index.html:7"]);
}

#[test]
fn a_page_stands_in_a_text_of_code() {
    let raw = page("innerHTML += '<p>' + d.answer + '</p>'");
    let python = |text: &str, sign: &str| {
        format!(
            "from flask import Flask\napp = Flask(__name__)\nPAGE = {sign}'''{text}'''\n@app.get('/')\ndef index():\n    return PAGE\n"
        )
    };
    assert_eq!(at(RULE, &[("app.py", &python(&raw, ""))]), ["untrusted-to-exec@app.py:9"]);
    let filled = raw.replace('{', "{{").replace('}', "}}");
    assert_eq!(at(RULE, &[("app.py", &python(&filled, "f"))]), ["untrusted-to-exec@app.py:9"]);
    let script = page("innerHTML += \\`<p>\\${d.answer}</p>\\`");
    let server =
        format!("import express from 'express';\nexpress().get('/', (req, res) => res.send(`{script}`));\n");
    assert_eq!(at(RULE, &[("server.js", &server)]), ["untrusted-to-exec@server.js:8"]);
    let broken = python(&raw.replace("async function", "async function ("), "");
    assert!(lines(&checked(&[("app.py", &broken)])).is_empty());
}

#[test]
fn what_comes_in_over_a_socket_of_the_page() {
    let text = "const log = document.querySelector('#log');\nconst ws = new WebSocket('wss://' + location.host);\nws.onmessage = (event) => {\n  log.innerHTML += JSON.parse(event.data).text;\n};\nnew EventSource('/stream').addEventListener('message', (event) => {\n  log.insertAdjacentHTML('beforeend', event.data);\n});\n";
    let found = at(RULE, &[("chat.js", text)]);
    assert_eq!(found, ["untrusted-to-exec@chat.js:4", "untrusted-to-exec@chat.js:7"]);
    let worker = text.replace("WebSocket('wss://' + location.host)", "Worker('/count.js')");
    assert_eq!(at(RULE, &[("chat.js", &worker)]), ["untrusted-to-exec@chat.js:7"]);
}

#[test]
fn a_server_of_ones_own_is_no_provider() {
    let page = |address: &str| {
        format!(
            "const box = document.querySelector('textarea');\nbox.addEventListener('change', async () => {{\n  const r = await fetch({address}, {{ method: 'POST', body: JSON.stringify({{ text: box.value }}) }});\n  document.body.innerHTML = (await r.json()).html;\n}});\n"
        )
    };
    let rule = "personal-data-unmasked";
    assert!(at(rule, &[("chat.js", &page("'/api/chat'"))]).is_empty());
    assert_eq!(at(RULE, &[("chat.js", &page("'/api/chat'"))]), ["untrusted-to-exec@chat.js:4"]);
    let other = page("'https://relay.example/v1/chat/completions'");
    assert_eq!(at(rule, &[("chat.js", &other)]).len(), 1);
}

#[test]
fn what_has_its_place_in_a_record_says_nothing_of_the_rest() {
    let text = "const state = { messages: [], count: 0 };\nconst box = document.querySelector('textarea');\nfunction draw() {\n  document.querySelector('#count').innerHTML = `<b>${state.count}</b>`;\n  document.querySelector('#log').innerHTML = state.messages.join('');\n}\nbox.addEventListener('change', async () => {\n  const r = await fetch('/ask', { method: 'POST', body: JSON.stringify({ text: box.value }) });\n  state.messages.push((await r.json()).html);\n  state.count = state.messages.length;\n  draw();\n});\n";
    let found = at(RULE, &[("chat.js", text)]);
    assert_eq!(found, ["untrusted-to-exec@chat.js:5"]);
}

#[test]
fn what_was_escaped_or_counted_is_no_markup() {
    let put = |helper: &str, text: &str| {
        let puts = format!("innerHTML = {text}");
        let page = page(&puts).replace("<script>\n", &format!("<script>\n{helper}\n"));
        at(RULE, &[("static/index.html", &page)]).len()
    };
    let chain =
        "function shown(s) { return s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'); }";
    let table = "const shown = (s) => String(s).replace(/[&<>\"']/g, (sign) => SIGNS[sign]);";
    let copied = "function shown(s) { const box = document.createElement('i'); box.textContent = s; return box.innerHTML; }";
    for (helper, text, found) in [
        (chain, "'<p>' + shown(d.answer) + '</p>'", 0),
        (table, "`<p>${shown(d.answer)}</p>`", 0),
        (copied, "shown(d.answer)", 0),
        ("", "`<b>${d.answer.length}</b>`", 0),
        ("const KINDS = { a: '<b>A</b>' };", "KINDS[d.answer] || ''", 0),
        ("", "d.answer.includes('x') ? '<b>yes</b>' : '<i>no</i>'", 0),
        ("function shown(s) { return s.replace(/&/g, '&amp;'); }", "shown(d.answer)", 1),
        (chain, "shown(d.name) + d.answer", 1),
        ("function shown(s) { return s.replace(/[a-z]/g, (sign) => SIGNS[sign]); }", "shown(d.answer)", 1),
    ] {
        assert_eq!(put(helper, text), found, "{helper} {text}");
    }
}
