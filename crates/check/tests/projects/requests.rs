//! Models called without an SDK: a request whose body has the form of a chat.

use crate::project::{checked, lines};

fn told(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let found = lines(&checked(files));
    found.iter().filter_map(|line| line.strip_prefix(rule)?.strip_prefix('@')).map(str::to_owned).collect()
}

#[test]
fn a_body_says_that_a_model_is_asked() {
    let bot = |body: &str| {
        format!(
            "import httpx\nfrom nonebot.plugin import on_message\nclass Asker:\n    url = None\n    def body(self):\n        return {{'model': 'm', 'temperature': 0.1, 'messages': []}}\n    async def ask(self, text):\n        body = self.body()\n        body['messages'].append({{'role': 'user', 'content': text}})\n        async with httpx.AsyncClient() as client:\n            return (await client.post(self.url, json={body})).json()\nclass Other(Asker):\n    def __init__(self, url):\n        self.url = url\nheard = on_message()\n@heard.handle()\nasync def answer(event):\n    await heard.finish(await Other('x').ask(event.get_plaintext()))\n"
        )
    };
    let rule = "personal-data-unmasked";
    assert_eq!(told(rule, &[("bot.py", &bot("body"))]), ["bot.py:11"]);
    assert!(told(rule, &[("bot.py", &bot("{'text': text}"))]).is_empty());
    let server = |body: &str| {
        format!(
            "import express from 'express';\nconst app = express();\nclass Asker {{\n  constructor(settings) {{ this.base = settings.base; }}\n  async ask(body) {{\n    return (await fetch(`${{this.base}}/talk`, {{ method: 'POST', body: JSON.stringify({body}) }})).json();\n  }}\n}}\nconst asker = new Asker(settings);\napp.post('/', async (req, res) => res.json(await asker.ask(req.body.text)));\n"
        )
    };
    assert_eq!(
        told(rule, &[("server.js", &server("{ model: 'm', messages: [{ role: 'user', content: body }] }"))]),
        ["server.js:6"]
    );
    assert!(told(rule, &[("server.js", &server("{ messages: [body] }"))]).is_empty());
}

#[test]
fn a_relay_stands_where_its_address_does() {
    let settings = "BASE = 'https://relay.example/v1'\n";
    let bot = "import sys\nfrom openai import OpenAI\nfrom settings import BASE\nai = OpenAI(base_url=BASE)\ndef ask(text):\n    return ai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\nask(input())\nai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': input()}])\n";
    assert_eq!(told("unknown-relay", &[("bot.py", bot), ("settings.py", settings)]), ["settings.py:1"]);
}

#[test]
fn settings_that_trust_whoever_answers() {
    let rule = "connection-not-checked";
    let store = |settings: &str| {
        format!(
            "import {{ connect }} from 'store';\nexport function open(config, isCloud) {{\n  return connect({{\n    {settings}\n  }});\n}}\nopen(load(), true);\n"
        )
    };
    for (settings, found) in [
        ("url: `http://${config.host}:8123`, password: config.password", 1),
        ("url: `https://${config.host}:8123`, password: config.password", 0),
        ("url: `http://${config.host}:8123`", 0),
        ("url: 'http://localhost:8123', password: config.password", 0),
        ("options: { trustServerCertificate: !isCloud }", 1),
        ("options: { trustServerCertificate: config.trust ?? false }", 0),
        ("skipSslCertificateValidation: true", 1),
        ("skipSslCertificateValidation: false", 0),
    ] {
        assert_eq!(told(rule, &[("store.js", &store(settings))]).len(), found, "{settings}");
    }
    let client = |argument: &str| {
        format!("from elasticsearch import Elasticsearch\nElasticsearch('https://x.example', {argument})\n")
    };
    assert_eq!(told(rule, &[("app.py", &client("verify_certs=False"))]).len(), 1);
    assert!(told(rule, &[("app.py", &client("verify_certs=True"))]).is_empty());
}

#[test]
fn events_that_a_server_sends_are_asked_for_by_a_client() {
    let text = "import { fetchEventSource } from '@microsoft/fetch-event-source';\nimport express from 'express';\nexpress().post('/x', async (req, res) => {\n  await fetchEventSource('https://api.openai.com/v1/chat/completions', { method: 'POST', body: JSON.stringify({ model: 'x', messages: [{ role: 'user', content: req.body.q }] }) });\n});\n";
    let found = crate::project::lines(&crate::project::checked(&[("s.js", text)]));
    assert!(found.contains(&"personal-data-unmasked@s.js:4".to_owned()), "{found:?}");
    let other = text.replace("fetchEventSource", "showEventSource");
    let found = crate::project::lines(&crate::project::checked(&[("s.js", &other)]));
    assert!(!found.iter().any(|line| line.starts_with("personal-data-unmasked")), "{found:?}");
}

#[test]
fn a_name_that_begins_like_this_machine_is_another() {
    let bot = |base: &str| {
        format!(
            "import sys\nfrom openai import OpenAI\nai = OpenAI(base_url='{base}')\nprint(ai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}]))\n"
        )
    };
    let rule = "unknown-relay";
    for far in ["http://127.0.0.1.relay.example/v1", "http://10.0.0.7.relay.example/v1"] {
        assert_eq!(told(rule, &[("bot.py", &bot(far))]), ["bot.py:3"], "{far}");
    }
    for near in ["http://127.0.0.1:8000/v1", "http://0.0.0.0:8000/v1", "http://10.0.0.7/v1"] {
        assert!(told(rule, &[("bot.py", &bot(near))]).is_empty(), "{near}");
    }
}

#[test]
fn an_address_beside_a_variable_holds_until_somebody_sets_it() {
    let rule = "personal-data-unmasked";
    let bot = |base: &str| {
        format!(
            "import os\nimport requests\nrequests.post({base} + '/chat/completions', json={{'model': 'm', 'messages': [{{'role': 'user', 'content': input()}}]}})\n"
        )
    };
    let written = bot("os.environ.get('DEEPSEEK_API_BASE', 'https://api.deepseek.com')");
    let report = crate::project::checked(&[("bot.py", &written)]);
    let found = report.findings.iter().find(|one| one.rule.0 == rule).unwrap();
    assert_eq!(found.severity, ombud_core::finding::Severity::Warning);
    assert!(told(rule, &[("bot.py", &written), ("ombud.toml", "")]).is_empty(), "it is led there");
    assert!(
        told(rule, &[("bot.py", &bot("os.environ['DEEPSEEK_API_BASE']"))]).is_empty(),
        "nothing is known"
    );
    let near = bot("os.environ.get('BASE', 'http://localhost:8000/v1')");
    assert!(told(rule, &[("bot.py", &near)]).is_empty(), "this machine");
}
