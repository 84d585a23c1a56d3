//! Consent and confirmation, in the forms that frameworks provide.

use crate::project::{checked, lines, of_rule};

const WRITE: &str = "memory-write-without-consent";
const TOOL: &str = "tool-without-confirmation";

fn app(head: &str, decorator: &str, body: &str) -> String {
    format!(
        "from fastapi import FastAPI, HTTPException, Depends, Request\nfrom fastapi.responses import JSONResponse\nfrom pymongo import MongoClient\ndb = MongoClient()['app']\nmemories = db['memories']\nusers = db['users']\napp = FastAPI()\n{head}@app.post('/w'{decorator})\ndef w(user: str, t: str):\n{body}    memories.insert_one({{'user': user, 'text': t}})\n"
    )
}

fn writes(head: &str, decorator: &str, body: &str) -> usize {
    of_rule(WRITE, &app(head, decorator, body)).len()
}

const REQUIRE: &str = "def require_memory_consent(user: str) -> str:\n    doc = db['consents'].find_one({'user': user})\n    if not doc or not doc.get('granted'):\n        raise HTTPException(403)\n    return user\n";

#[test]
fn a_dependency_that_comes_back_with_consent_only_closes_the_way() {
    let depends = ", dependencies=[Depends(require_memory_consent)]";
    assert_eq!(writes(REQUIRE, depends, ""), 0);
    assert_eq!(writes(REQUIRE, "", "    require_memory_consent(user)\n"), 0);
    assert_eq!(writes(REQUIRE, "", ""), 1);
    // A check that lets everyone pass, or only validates its argument, asks nobody.
    for fake in [
        "def require_memory_consent(user: str):\n    return user\n",
        "def require_memory_consent(user: str):\n    if not user:\n        raise HTTPException(400)\n    return user\n",
    ] {
        assert_eq!(writes(fake, depends, ""), 1, "{fake}");
    }
}

#[test]
fn an_answer_that_is_kept_is_an_answer() {
    let manager = |answer: &str| {
        format!(
            "class ConsentManager:\n    def __init__(self, col):\n        self.col = col\n    def check(self, user, purpose):\n        doc = self.col.find_one({{'user': user}})\n        return {answer}\nconsents = ConsentManager(db['consents'])\n"
        )
    };
    let asks = "    if not consents.check(user, 'memory'):\n        raise HTTPException(403)\n";
    assert_eq!(writes(&manager("bool(doc and doc.get('granted'))"), "", asks), 0);
    assert_eq!(writes(&manager("True"), "", asks), 1);
    for body in [
        "    u = users.find_one({'_id': user})\n    if not u or not u['memory_opt_in']:\n        return\n",
        "    u = users.find_one({'_id': user})\n    if not u.get('memory_enabled'):\n        return\n",
        "    if not db['consents'].find_one({'user': user, 'granted': True}):\n        return\n",
    ] {
        assert_eq!(writes("", "", body), 0, "{body}");
    }
    for (head, body) in [
        ("", "    if not users.find_one({'_id': user}):\n        return\n"),
        ("", "    if not db['consents'].find_one({'user': user}):\n        return\n"),
        ("import os\n", "    if not os.getenv('memory_enabled'):\n        return\n"),
        ("settings = {'memory_enabled': True}\n", "    if not settings['memory_enabled']:\n        return\n"),
    ] {
        assert_eq!(writes(head, "", body), 1, "{body}");
    }
}

#[test]
fn a_middleware_stands_before_every_route() {
    let gate = |test: &str| {
        format!(
            "@app.middleware('http')\nasync def gate(request: Request, call_next):\n{test}    return await call_next(request)\n"
        )
    };
    let asks = "    if not db['consents'].find_one({'user': request.headers.get('x-user'), 'granted': True}):\n        return JSONResponse({'error': 'no'}, 403)\n";
    assert_eq!(writes(&gate(asks), "", ""), 0);
    assert_eq!(writes(&gate(""), "", ""), 1);
    assert_eq!(
        writes(&gate(&asks.replace("return JSONResponse({'error': 'no'}, 403)", "print('no')")), "", ""),
        1
    );
}

#[test]
fn a_server_of_tools_has_its_client_ask() {
    let tool = |ask: &str| {
        format!(
            "from mcp.server.fastmcp import Context, FastMCP\nimport httpx\nmcp = FastMCP('f')\n@mcp.tool()\nasync def transfer(iban: str, amount: float, ctx: Context) -> str:\n{ask}    return httpx.post('https://bank.example.org/transfers', json={{'iban': iban, 'amount': amount}}).text\n"
        )
    };
    let asks = "    answer = await ctx.elicit(message='Send?', schema=Ok)\n    if answer.action != 'accept':\n        return 'no'\n";
    let heeds_nothing = "    await ctx.elicit(message='Send?', schema=Ok)\n";
    let found = |ask: &str| of_rule(TOOL, &tool(ask)).len();
    assert_eq!((found(asks), found(heeds_nothing), found("")), (0, 1, 1));
}

#[test]
fn a_library_that_is_told_to_asks() {
    let python = |option: &str| {
        of_rule(TOOL, &format!(
            "from agents import Agent, Runner, function_tool\nimport requests\n@function_tool{option}\ndef pay(to: str) -> str:\n    return requests.post('https://bank.example.org/pay', json={{'to': to}}).text\nRunner.run_sync(Agent(name='x', tools=[pay]), input())\n"
        ))
        .len()
    };
    assert_eq!((python("(needs_approval=True)"), python("(needs_approval=False)"), python("")), (0, 1, 1));
    let script = |option: &str| {
        let text = format!(
            "import {{ Agent, tool }} from '@openai/agents'\nimport {{ z }} from 'zod'\nconst pay = tool({{ name: 'pay', description: 'Pay', parameters: z.object({{ to: z.string() }}), {option}\n  execute: async ({{ to }}) => (await fetch('https://bank.example.org/pay', {{ method: 'POST', body: to }})).text() }})\nexport const agent = new Agent({{ name: 'x', instructions: 'y', tools: [pay] }})\n"
        );
        lines(&checked(&[("a.ts", &text)])).iter().filter(|line| line.starts_with(TOOL)).count()
    };
    assert_eq!((script("needsApproval: true,"), script("")), (0, 1));
}

#[test]
fn what_is_approved_says_nothing_of_the_tool_beside_it() {
    let agent = |mail: &str, pay: &str| {
        let text = format!(
            "import {{ Agent, tool, webSearchTool }} from '@openai/agents'\nimport {{ z }} from 'zod'\nconst send = (url) => fetch(url, {{ method: 'POST', body: 'x' }})\nconst mail = tool({{ name: 'send_mail', description: 'Send a mail', parameters: z.object({{}}), {mail} execute: async () => (await fetch('https://mail.example.org/send', {{ method: 'POST', body: 'x' }})).text() }})\nconst pay = tool({{ name: 'pay', description: 'Pay', parameters: z.object({{}}), {pay} execute: async () => (await fetch('https://bank.example.org/pay', {{ method: 'POST', body: 'x' }})).text() }})\nexport const agent = new Agent({{ name: 'x', instructions: 'y', tools: [webSearchTool(), mail, pay] }})\n"
        );
        lines(&checked(&[("a.ts", &text)]))
            .iter()
            .filter(|line| line.starts_with("untrusted-and-powerful"))
            .count()
    };
    let approved = "needsApproval: true,";
    assert_eq!((agent("", ""), agent("", approved), agent(approved, approved)), (1, 1, 0));
}

#[test]
fn what_answers_at_once_does_not_go_on() {
    let flask = |head: &str, body: &str| {
        let text = format!(
            "from flask import Flask, abort, request\nfrom pymongo import MongoClient\nfrom consents import has_consent\ndb = MongoClient()['app']\nmemories = db['memories']\napp = Flask(__name__)\n{head}@app.post('/w')\ndef w():\n{body}    memories.insert_one({{'text': request.json['t']}})\n    return ''\n"
        );
        of_rule(WRITE, &text).len()
    };
    let asks = "    if not has_consent(request.json['user']):\n        abort(403)\n";
    assert_eq!((flask("", asks), flask("", "")), (0, 1));
    let before = |body: &str| format!("@app.before_request\ndef gate():\n{body}");
    assert_eq!(flask(&before(asks), ""), 0);
    assert_eq!(flask(&before("    if not has_consent(1):\n        return '', 403\n"), ""), 0);
    assert_eq!(flask(&before("    if not has_consent(1):\n        print('no')\n"), ""), 1);
    assert_eq!(
        flask(
            &before(
                "    if request.path == '/w':\n        return None\n    if not has_consent(1):\n        abort(403)\n"
            ),
            ""
        ),
        1
    );
}

#[test]
fn a_middleware_of_a_script_stands_before_every_route() {
    let rule = "retrieval-without-consent@server.js";
    let server = |before: &str, after: &str| {
        format!(
            "const express = require('express');\nconst {{ Memory }} = require('mem0ai/oss');\nconst app = express();\nconst memory = new Memory();\nfunction requireConsent(req, res, next) {{\n  if (!req.session.user.consented) return res.status(403).end();\n  next();\n}}\n{before}app.post('/ask', async (req, res) => {{\n  res.json(await memory.search(req.body.text, {{ userId: req.session.user.id }}));\n}});\n{after}app.listen(3000);\n"
        )
    };
    let of = |before: &str, after: &str| {
        let text = server(before, after);
        lines(&checked(&[("server.js", &text)])).iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!(of("", ""), 1);
    assert_eq!(of("app.use(requireConsent);\n", ""), 0);
    assert_eq!(of("", "app.use(requireConsent);\n"), 1);
    assert_eq!(of("app.use('/other', requireConsent);\n", ""), 1);
    assert_eq!(of("app.use(express.json());\n", ""), 1);
    let open = server("app.use(requireConsent);\n", "")
        .replace("return res.status(403).end();", "console.log('no');");
    let found = lines(&checked(&[("server.js", &open)]));
    assert!(found.iter().any(|line| line.starts_with(rule)), "{found:?}");
}
