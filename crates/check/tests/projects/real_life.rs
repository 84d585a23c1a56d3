//! How independent developers build their agents: tool registries, table rows, class methods, settings in modules.

use crate::project::{checked, lines, of, of_rule};

const MODEL: &str = "import json\nfrom openai import OpenAI\nTOOLS = {}\ndef tool(function):\n    TOOLS[function.__name__] = function\n    return function\n@tool\ndef run_command(line):\n    \"\"\"执行一条命令。\"\"\"\n    import os\n    return os.popen(line).read()\n@tool\ndef clock():\n    return 'now'\n";

#[test]
fn tools_that_register_themselves_are_called_by_the_model() {
    let picked = format!(
        "{MODEL}reply = OpenAI().chat.completions.create(messages=[input()]).choices[0].message\nfor wanted in reply.tool_calls:\n    print(TOOLS[wanted.function.name](**json.loads(wanted.function.arguments)))\n"
    );
    assert_eq!(of_rule("untrusted-to-exec", &picked), ["untrusted-to-exec@11"]);
    assert_eq!(of_rule("tool-without-confirmation", &picked), ["tool-without-confirmation@11"]);
    // Neither a fixed entry nor a key that the user typed is chosen by the model.
    for call in ["TOOLS['clock']()", "TOOLS[input()]('df -h')"] {
        let fixed = format!("{MODEL}print({call})\n");
        assert!(of_rule("tool-without-confirmation", &fixed).is_empty(), "{call}");
    }
    // Assigned to a name first.
    let held = picked.replace(
        "print(TOOLS[wanted.function.name](",
        "handler = TOOLS.get(wanted.function.name)\n    print(handler(",
    );
    assert_eq!(of_rule("tool-without-confirmation", &held), ["tool-without-confirmation@11"]);
}

#[test]
fn a_key_only_picks_from_a_table_that_is_written_out() {
    let text = |order: &str| {
        format!(
            "import sqlite3\nfrom flask import Flask, request, session\napp = Flask(__name__)\ndb = sqlite3.connect('x')\nORDERS = {{'new': 'at DESC', 'cheap': 'price'}}\n@app.get('/')\ndef show():\n    who = session['user']\n    return db.execute('SELECT * FROM gifts ORDER BY ' + {order}).fetchall()\n"
        )
    };
    assert!(of_rule("untrusted-to-exec", &text("ORDERS[request.args['order']]")).is_empty());
    assert_eq!(of_rule("untrusted-to-exec", &text("request.args['order']")).len(), 1);
}

#[test]
fn class_methods_static_methods_and_fields_are_followed() {
    let text = "from dataclasses import dataclass\nfrom openai import OpenAI\n@dataclass\nclass Provider:\n    name: str\n    base: str\nALL = {'a': Provider('a', 'https://api.deepseek.com'), 'b': Provider('b', 'http://127.0.0.1:1/v1')}\nclass Chat:\n    def __init__(self, provider):\n        self.client = OpenAI(base_url=provider.base)\n    @classmethod\n    def of(cls, name):\n        return cls(ALL[name])\n    @staticmethod\n    def message(text):\n        return {'role': 'user', 'content': text}\n    def ask(self, text):\n        return self.client.chat.completions.create(messages=[self.message(text)])\nfor name in ['a', 'b']:\n    Chat.of(name).ask(input())\n";
    let report = checked(&[("agent.py", text)]);
    let names: Vec<&str> = report.flow.recipients.keys().map(|who| who.name.as_str()).collect();
    assert_eq!(names, ["deepseek"]);
}

#[test]
fn rows_of_a_table_keep_what_stands_in_them() {
    let text = "import re, os\ndef good(text):\n    return 1\ndef bad(text):\n    os.system(text)\nROUTES = [(re.compile('a'), good), (re.compile('b'), bad)]\ndef route(text):\n    for pattern, handler in ROUTES:\n        if pattern.search(text):\n            return handler\n    return good\nimport requests\nt = requests.get('https://x.example').text\nroute(t)(t)\n";
    assert_eq!(of_rule("untrusted-to-exec", text), ["untrusted-to-exec@5"]);
}

#[test]
fn routes_that_ask_nobody_are_open() {
    let rule = "endpoint-without-authentication";
    let route = |guard: &str, inside: &str| {
        format!(
            "import os\nfrom functools import wraps\nfrom flask import Flask, abort, request, session\nimport mem0\nm = mem0.Memory()\napp = Flask(__name__)\ndef signed_in(view):\n    @wraps(view)\n    def inner(*args):\n        if 'user' not in session:\n            abort(403)\n        return view(*args)\n    return inner\n@app.post('/ask')\n{guard}def ask():\n    {inside}\n"
        )
    };
    let reads = "return m.search(request.json['q'], user_id='u')";
    assert_eq!(of_rule(rule, &route("", reads)), ["endpoint-without-authentication@15"]);
    assert!(of_rule(rule, &route("@signed_in\n", reads)).is_empty());
    assert!(of_rule(rule, &route("", "return 'User-agent: *'")).is_empty());
    assert!(of_rule(rule, &route("", "return os.popen('df -h').read()")).is_empty());
    let next = "import { search } from './memory';\nexport async function POST(request) {\n  const { q } = await request.json();\n  return Response.json(await search(q));\n}\n";
    let memory = "import { MemoryClient } from 'mem0ai';\nconst memory = new MemoryClient({ apiKey: process.env.K });\nexport const search = (q) => memory.search(q, { user_id: 'u' });\n";
    let report = checked(&[("app/api/chat/route.js", next), ("app/api/chat/memory.js", memory)]);
    assert!(lines(&report).contains(&format!("{rule}@app/api/chat/route.js:2")), "{:?}", lines(&report));
    let page = checked(&[
        ("app/page.jsx", &next.replace("async function POST", "default function Page")),
        ("app/memory.js", memory),
    ]);
    assert!(!lines(&page).iter().any(|line| line.starts_with(rule)), "{:?}", lines(&page));
}

#[test]
fn what_leaves_in_the_clear_over_other_networks_is_told() {
    let rule = "connection-not-checked";
    for (call, found) in [
        ("requests.post('http://123.57.88.19:9000/ocr', data=said)", 1),
        ("requests.post('http://api.shop-tools.cn/ocr', data=said)", 1),
        ("requests.post('https://api.shop-tools.cn/ocr', data=said)", 0),
        ("requests.post('http://localhost:9000/ocr', data=said)", 0),
        ("requests.post('http://10.0.3.4/ocr', data=said)", 0),
        ("requests.post('http://ocr:9000/', data=said)", 0),
        ("requests.post('http://his.hospital.local/', data=said)", 0),
        ("requests.get('http://news.site.cn/')", 0),
        ("smtplib.SMTP('smtp.mail.cn', 25).login('a', 'b')", 1),
        ("smtplib.SMTP('localhost', 25).login('a', 'b')", 0),
        ("smtplib.SMTP_SSL('smtp.mail.cn', 465, context=safe).login('a', 'b')", 0),
        ("chromadb.HttpClient(host='chroma.school.com', port=80)", 1),
        ("chromadb.HttpClient(host='chroma.school.com', port=443, ssl=True)", 0),
        ("chromadb.HttpClient(host='chroma', port=8000)", 0),
    ] {
        let text = format!("import chromadb, requests, smtplib\nsaid = input()\n{call}\n");
        assert_eq!(of_rule(rule, &text).len(), found, "{call}");
    }
}

#[test]
fn rows_named_after_people_are_memory() {
    let text = "import redis\nfrom telegram.ext import Application, MessageHandler\nstore = redis.Redis()\ndef hear(update, context):\n    user, said = update.effective_user.id, update.message.text\n    store.set(f'seen:{update.update_id}', 1, ex=60)\n    store.rpush(f'facts:{user}', said)\n    return store.lrange(f'facts:{user}', 0, 9)\nApplication.builder().build().add_handler(MessageHandler(None, hear))\n";
    assert_eq!(of_rule("memory-write-without-consent", text), ["memory-write-without-consent@7"]);
    assert_eq!(of_rule("retrieval-without-consent", text), ["retrieval-without-consent@8"]);
}

#[test]
fn consent_that_grants_itself_is_none_and_a_stored_answer_is_one() {
    let agreed = "agreed = set()\ndef check_consent(user):\n    if user not in agreed:\n        agreed.add(user)\n    return user in agreed\nif check_consent('u'):\n    print(1)\n";
    assert_eq!(of_rule("consent-not-functional", agreed), ["consent-not-functional@2"]);
    let asked = agreed.replace(
        "        agreed.add(user)",
        "        if input('May I?') == 'y':\n            agreed.add(user)",
    );
    assert!(of_rule("consent-not-functional", &asked).is_empty());
    let always = "def ask_consent(user, send):\n    send('记住你说的话？', user)\n    granted = {user: True}\n    return granted[user]\nask_consent('u', print)\n";
    assert_eq!(of_rule("consent-not-functional", always), ["consent-not-functional@1"]);
    let stored = "import mem0\nm = mem0.Memory()\nANSWERS = {}\ndef may_remember(user):\n    return ANSWERS.get(user) == '同意'\ndef keep(user, text):\n    if not may_remember(user):\n        return\n    m.add(text, user_id=user)\nkeep(input(), input())\n";
    assert!(of_rule("memory-write-without-consent", stored).is_empty(), "{:?}", of(stored));
    let other = stored.replace("'同意'", "'vip'");
    assert_eq!(of_rule("memory-write-without-consent", &other).len(), 1);
}

#[test]
fn numbers_of_a_text_are_no_words_of_a_model() {
    let text = "import chromadb\nfrom openai import OpenAI\nclient = OpenAI()\nstore = chromadb.Client().get_or_create_collection('stickers')\ndef embed(text):\n    return client.embeddings.create(input=text).data[0].embedding\nfor line in open('stickers.txt'):\n    store.add(documents=[line], embeddings=[embed(line)])\nstore.query(query_embeddings=[embed(input())])\n";
    assert!(of_rule("retrieval-without-consent", text).is_empty(), "{:?}", of(text));
}

#[test]
fn the_state_of_a_component_holds_what_is_set() {
    let page = |content: &str| {
        format!(
            "import {{ useState }} from 'react';\nexport function Chat() {{\n  const [text, setText] = useState('');\n  async function ask() {{\n    const answer = await fetch('/api/chat');\n    setText({content});\n  }}\n  return <div onClick={{ask}} dangerouslySetInnerHTML={{{{ __html: text }}}} />;\n}}\nexport default Chat;\n"
        )
    };
    let found = |content: &str| {
        let report = checked(&[("app/page.jsx", &page(content))]);
        lines(&report).iter().filter(|line| line.starts_with("untrusted-to-exec")).count()
    };
    assert_eq!(found("await answer.text()"), 1);
    assert_eq!(found("'done'"), 0);
}

#[test]
fn a_promise_of_a_function_is_the_function() {
    let text = "import { exec, execFile } from 'node:child_process';\nimport { promisify } from 'node:util';\nconst run = promisify(exec);\nconst file = promisify(execFile);\nexport async function POST(request) {\n  const { text } = await request.json();\n  await file('espeak', [text]);\n  return run(`espeak \"${text}\"`);\n}\n";
    let report = checked(&[("app/api/say/route.js", text)]);
    let runs: Vec<String> =
        lines(&report).into_iter().filter(|line| line.starts_with("untrusted-to-exec")).collect();
    assert_eq!(runs, ["untrusted-to-exec@app/api/say/route.js:8"]);
}

#[test]
fn labelled_credentials_in_code_are_told_and_placeholders_are_not() {
    for (line, found) in [
        ("app.config['SECRET_KEY'] = 'c9f1e07ab3d24f6c8a51b2e97d40f3aa'", 1),
        ("SMTP = {'password': 'Lsh@ops2025!mail'}", 1),
        ("PASSWORD_HINT = 'ask the admin'", 0),
        ("password = 'your_password_1'", 0),
        ("app.config['SECRET_KEY'] = os.environ['KEY1']", 0),
        ("if config['SECRET_KEY'] == 'c9f1e07ab3d24f6c8a51b2e97d40f3aa': pass", 0),
    ] {
        let text = format!("import os\napp = object()\nconfig = {{}}\n{line}\n");
        assert_eq!(of_rule("secret-in-source", &text).len(), found, "{line}");
        let report = checked(&[("docs_src/lesson.py", &text)]);
        assert!(report.findings.is_empty(), "{line}");
    }
}

#[test]
fn what_is_picked_may_be_a_record_that_holds_the_tool() {
    let text = |call: &str| {
        format!(
            "import json, os\nfrom openai import OpenAI\nTOOLS = {{}}\ndef tool(name):\n    def wrap(run):\n        TOOLS[name] = {{'run': run}}\n        return run\n    return wrap\n@tool('shell')\ndef run_command(line):\n    return os.popen(line).read()\nreply = OpenAI().chat.completions.create(messages=[input()]).choices[0].message\nfor wanted in reply.tool_calls:\n    print({call}(**json.loads(wanted.function.arguments)))\n"
        )
    };
    let rule = "tool-without-confirmation";
    assert_eq!(of_rule(rule, &text("TOOLS[wanted.function.name]['run']")).len(), 1);
    assert!(of_rule(rule, &text("TOOLS['shell']['run']")).is_empty());
}
