//! Calls that are wrong in themselves, in both languages: what is found, and what merely resembles it.

use crate::project::{checked, lines, of_rule};

fn script(rule: &str, text: &str) -> usize {
    let found = lines(&checked(&[("agent.ts", text)]));
    found.iter().filter(|line| line.split('@').next() == Some(rule)).count()
}

#[test]
fn a_key_in_the_page() {
    let rule = "key-in-browser";
    let client =
        |given: &str| format!("import OpenAI from 'openai';\nconst c = new OpenAI({{ {given} }});\n");
    assert_eq!(script(rule, &client("dangerouslyAllowBrowser: true")), 1);
    assert_eq!(script(rule, &client("apiKey: process.env.NEXT_PUBLIC_OPENAI_KEY")), 1);
    assert_eq!(script(rule, &client("apiKey: import.meta.env.VITE_OPENAI_API_KEY")), 1);
    assert_eq!(script(rule, &client("apiKey: process.env.OPENAI_KEY")), 0);
    assert_eq!(script(rule, &client("baseURL: process.env.NEXT_PUBLIC_BASE_URL")), 0);
    assert_eq!(script(rule, &client("dangerouslyAllowBrowser: false")), 0);
    let own = "const c = new Client({ apiKey: process.env.NEXT_PUBLIC_OPENAI_KEY });\nclass Client {}\n";
    assert_eq!(script(rule, own), 0);
}

#[test]
fn a_certificate_that_nobody_checks() {
    let rule = "connection-not-checked";
    for (call, found) in [
        ("requests.get('https://x.example', verify=False)", 1),
        ("httpx.Client(verify=False)", 1),
        ("requests.get('https://x.example', verify='ca.pem')", 0),
        ("requests.get('https://x.example')", 0),
        ("jwt.decode('x', verify=False)", 0),
    ] {
        assert_eq!(of_rule(rule, &format!("import requests, httpx, jwt\n{call}\n")).len(), found, "{call}");
    }
    assert_eq!(
        script(rule, "import https from 'https';\nnew https.Agent({ rejectUnauthorized: false });\n"),
        1
    );
    assert_eq!(
        script(rule, "import https from 'https';\nnew https.Agent({ rejectUnauthorized: true });\n"),
        0
    );
}

#[test]
fn mail_that_crosses_the_network_in_the_clear() {
    let mails = |client: &str, then: &str| {
        let text = format!("import smtplib\nserver = {client}\n{then}server.sendmail('a', 'b', 'c')\n");
        let report = checked(&[("agent.py", &text)]);
        report.findings.iter().filter(|one| one.message.en.contains("unencrypted")).count()
    };
    assert_eq!(mails("smtplib.SMTP('mail.example.com')", ""), 1);
    assert_eq!(mails("smtplib.SMTP('mail.example.com', 25)", ""), 1);
    assert_eq!(mails("smtplib.SMTP('[2001:db8::1]', port=25)", ""), 1);
    assert_eq!(mails("smtplib.SMTP()", "server.connect('mail.example.com')\n"), 1);
    assert_eq!(mails("smtplib.SMTP('mail.example.com')", "server.starttls()\n"), 0);
    for client in [
        "smtplib.SMTP('mail.example.com', 587)",
        "smtplib.SMTP('mail.example.com:587')",
        "smtplib.SMTP('localhost')",
        "smtplib.SMTP('mailhog', 1025)",
        "smtplib.SMTP(server_name)",
    ] {
        assert_eq!(mails(client, ""), 0, "{client}");
    }
    let kept = "import smtplib\nclass Mail:\n    def __init__(self):\n        self.server = smtplib.SMTP('mail.example.com')\n    def begin(self):\n        self.server.starttls()\nMail().begin()\n";
    let report = checked(&[("agent.py", kept)]);
    assert!(!report.findings.iter().any(|one| one.message.en.contains("unencrypted")));
}

#[test]
fn encryption_that_does_not_hide() {
    let rule = "weak-cipher";
    let python = |call: &str| format!("from Crypto.Cipher import AES, DES\n{call}\n");
    assert_eq!(of_rule(rule, &python("AES.new(b'k', AES.MODE_ECB)")).len(), 1);
    assert_eq!(of_rule(rule, &python("DES.new(b'k', DES.MODE_CBC)")).len(), 1);
    assert!(of_rule(rule, &python("AES.new(b'k', AES.MODE_GCM)")).is_empty());
    let node = |call: &str| format!("import crypto from 'crypto';\ncrypto.{call};\n");
    assert_eq!(script(rule, &node("createCipheriv('aes-128-ecb', k, null)")), 1);
    assert_eq!(script(rule, &node("createCipher('aes-256-cbc', 'password')")), 1);
    assert_eq!(script(rule, &node("createCipheriv('aes-256-gcm', k, iv)")), 0);
}

#[test]
fn one_memory_for_everybody() {
    let rule = "memory-shared-by-all";
    let route = |user: &str| {
        format!(
            "from mem0 import Memory\nfrom flask import Flask, request\napp = Flask(__name__)\nm = Memory()\n@app.post('/')\ndef chat():\n    m.add(request.json['text'], user_id={user})\n"
        )
    };
    assert_eq!(of_rule(rule, &route("'default'")), ["memory-shared-by-all@7"]);
    assert!(of_rule(rule, &route("request.headers['x-user']")).is_empty());
    let alone = "from mem0 import Memory\nMemory().add(input(), user_id='me')\n";
    assert!(of_rule(rule, alone).is_empty());
    let express = |user: &str| {
        format!(
            "import {{ MemoryClient }} from 'mem0ai';\nimport express from 'express';\nconst memory = new MemoryClient();\nexpress().post('/', async (req, res) => res.json(await memory.search(req.body.q, {{ user_id: {user} }})));\n"
        )
    };
    assert_eq!(script(rule, &express("'user'")), 1);
    assert_eq!(script(rule, &express("req.session.userId")), 0);
}

#[test]
fn strangers_in_the_system_prompt() {
    let rule = "untrusted-system-prompt";
    let ask = |messages: &str| {
        format!(
            "import requests\nfrom openai import OpenAI\npage = requests.get('https://x.example').text\nOpenAI().chat.completions.create(messages={messages})\n"
        )
    };
    assert_eq!(
        of_rule(rule, &ask("[{'role': 'system', 'content': f'Help. {page}'}]")),
        ["untrusted-system-prompt@4"]
    );
    assert!(
        of_rule(rule, &ask("[{'role': 'system', 'content': 'Help.'}, {'role': 'user', 'content': page}]"))
            .is_empty()
    );
    assert!(of_rule(rule, &ask("[{'role': 'assistant', 'content': page}]")).is_empty());
    let vercel = |given: &str| {
        format!(
            "import {{ generateText }} from 'ai';\nimport express from 'express';\nexpress().post('/', async (req, res) => {{\n  await generateText({{ model: 'openai/gpt-5', {given} }});\n}});\n"
        )
    };
    assert_eq!(script(rule, &vercel("system: `You help ${req.body.name}`, prompt: 'x'")), 1);
    assert_eq!(script(rule, &vercel("system: 'You help', prompt: req.body.text")), 0);
}

#[test]
fn a_switch_that_is_set_later_counts_too() {
    let session = |value: &str| {
        of_rule(
            "connection-not-checked",
            &format!(
                "import requests\ns = requests.Session()\ns.verify = {value}\ns.get('https://x.example')\n"
            ),
        )
    };
    assert_eq!(session("False"), ["connection-not-checked@3"]);
    assert!(session("'/etc/ca.pem'").is_empty());
    let context = "import ssl\nc = ssl.create_default_context()\nc.verify_mode = ssl.CERT_NONE\n";
    assert_eq!(of_rule("connection-not-checked", context), ["connection-not-checked@3"]);
    let agent = |mode: &str| {
        of_rule(
            "tool-without-confirmation",
            &format!(
                "from autogen import UserProxyAgent\nu = UserProxyAgent('u', human_input_mode='{mode}', code_execution_config={{'work_dir': 'x'}})\n"
            ),
        )
    };
    assert_eq!(agent("NEVER").len(), 1);
    assert!(agent("ALWAYS").is_empty());
}

#[test]
fn a_check_that_is_switched_off_for_everything() {
    let rule = "connection-not-checked";
    assert_eq!(script(rule, "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'\n"), 1);
    assert_eq!(script(rule, "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '1'\n"), 0);
    for (text, found) in [
        ("import ssl\nssl._create_default_https_context = ssl._create_unverified_context\n", 1),
        ("import ssl\nssl._create_default_https_context = ssl.create_default_context\n", 0),
        ("import litellm\nlitellm.ssl_verify = False\n", 1),
        ("import litellm\nlitellm.ssl_verify = True\n", 0),
    ] {
        assert_eq!(of_rule(rule, text).len(), found, "{text}");
    }
}

#[test]
fn a_collection_read_for_everybody_is_not_taken_for_a_user() {
    let agent = "import chromadb\nfrom flask import Flask, request\napp = Flask(__name__)\nnotes = chromadb.Client().get_or_create_collection('chats')\n\n@app.post('/')\ndef chat():\n    notes.add(ids=['1'], documents=[request.json['q']], metadatas=[{'user': request.json['user']}])\n    return notes.query(query_texts=[request.json['q']])\n";
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("app.py"), agent).unwrap();
    let report = crate::project::look(dir.path(), &ombud_check::Options::default());
    let mut found = report.findings.iter().filter(|finding| finding.rule.0 == "memory-shared-by-all");
    let message = &found.next().unwrap().message.en;
    assert!(message.starts_with("`chromadb:chats` is read without selecting one user's part"), "{message}");
    assert!(found.next().is_none());
}
