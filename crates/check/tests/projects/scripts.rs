//! JavaScript and TypeScript: each rule over the graph, with what it must find and what it must not.

use crate::project::{checked, lines};

fn of(text: &str) -> Vec<String> {
    lines(&checked(&[("agent.ts", text)])).iter().map(|line| line.replace("agent.ts:", "")).collect()
}

fn of_rule(rule: &str, text: &str) -> Vec<String> {
    of(text).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

/// An Express app around a memory: `{before}` is the code before the read, `{wrap}` the code before the handler.
fn app(before: &str, wrap: &str) -> String {
    format!(
        "import {{ ChromaClient }} from 'chromadb';\nimport express from 'express';\nimport * as consents from './consents';\nimport {{ requireConsent }} from 'ombud';\n\
         const app = express();\nconst client = new ChromaClient({{ path: 'http://chroma:8000' }});\n\
         const notes = await client.getOrCreateCollection({{ name: 'memory' }});\n\
         const keep = async (text: string) => {{ await notes.add({{ ids: ['1'], documents: [text] }}); }};\n\
         async function recall(text: string, user: any) {{\n{before}  return notes.query({{ queryTexts: [text] }});\n}}\n\
         app.post('/chat', {wrap}async (req, res) => {{\n  const {{ text }} = req.body;\n  const found = await recall(text, req.user);\n  if (await consents.hasConsent(1)) await keep(text);\n  res.json(found);\n}});\n"
    )
}

#[test]
fn a_read_on_which_nobody_was_asked_is_found_with_the_way_to_it() {
    let report = checked(&[("agent.ts", &app("", ""))]);
    let found = report.findings.iter().find(|one| one.rule.0 == "retrieval-without-consent").unwrap();
    assert_eq!(found.place.line, 10);
    let way: Vec<u32> = found.path.iter().map(|step| step.place.line).collect();
    assert_eq!(way.last(), Some(&10));
    assert!(way.contains(&14), "{way:?}");
    assert!(!lines(&report).iter().any(|line| line.starts_with("memory-write-without-consent")));
}

#[test]
fn what_asks_and_leaves_closes_the_way() {
    for before in [
        "  if (!(await consents.hasConsent(1))) return null;\n",
        "  if (!(await consents.hasConsent(1))) { throw new Error('no'); }\n",
        "  const ok = await consents.hasConsent(1);\n  if (!ok) { return null; }\n",
        "  if (text.length < 3 || !user.hasConsented) return null;\n",
        "  if (user.consent !== true) return null;\n",
        "  switch (user.consent) { case 'yes': break; default: return null; }\n",
        "  await consents.requireConsent(1);\n",
    ] {
        assert!(of_rule("retrieval-without-consent", &app(before, "")).is_empty(), "{before}");
    }
    for wrap in ["requireConsent('memory'), ", "requireConsent, "] {
        assert!(of_rule("retrieval-without-consent", &app("", wrap)).is_empty(), "{wrap}");
    }
}

/// The memory of [`app`], with `recall` defined as given; `sdk` is the import of the consent function.
fn behind(sdk: &str, defined: &str) -> String {
    let plain = "async function recall(text: string, user: any) {\n  return notes.query({ queryTexts: [text] });\n}\n";
    let text = app("", "").replace("import { requireConsent } from 'ombud';", sdk).replace(plain, defined);
    assert!(text.contains(sdk) && text.contains(defined));
    text
}

/// Wrappers and decorators of the read; `GUARD` is the SDK's function.
const GUARDED: &[&str] = &[
    "const recall = GUARD('memory', async (text: string, user: any) => {\n  return notes.query({ queryTexts: [text] });\n});\n",
    "const recall = GUARD('memory', function read(text: string, user: any) { return notes.query({ queryTexts: [text] }); }, { notice: 'May I?' });\n",
    "const read = async (text: string) => notes.query({ queryTexts: [text] });\nconst recall = GUARD('memory', read);\n",
    "const recall = GUARD('memory')(async (text: string, user: any) => notes.query({ queryTexts: [text] }));\n",
    "class Memory {\n  @GUARD('memory')\n  async find(text: string) { return notes.query({ queryTexts: [text] }); }\n}\nconst memory = new Memory();\nconst recall = (text: string, user: any) => memory.find(text);\n",
    "class Memory {\n  @GUARD('memory')\n  find = async (text: string) => notes.query({ queryTexts: [text] });\n}\nconst memory = new Memory();\nconst recall = (text: string, user: any) => memory.find(text);\n",
    "const recall = (text: string, user: any) => ombud.subject(user.id, GUARD('memory', async () => notes.query({ queryTexts: [text] })));\n",
];

#[test]
fn the_consent_of_the_sdk_counts() {
    let rule = "retrieval-without-consent";
    for (sdk, guard) in [
        (
            "import { userConsentRequired } from 'ombud'; import * as ombud from 'ombud';",
            "userConsentRequired",
        ),
        ("import { userConsentRequired as must } from 'ombud'; import * as ombud from 'ombud';", "must"),
        ("import * as ombud from 'ombud';", "ombud.userConsentRequired"),
        ("import ombud from 'ombud';", "ombud.userConsentRequired"),
        ("const ombud = require('ombud');", "ombud.userConsentRequired"),
        (
            "const { userConsentRequired } = require('ombud'); const ombud = require('ombud');",
            "userConsentRequired",
        ),
    ] {
        for defined in GUARDED {
            let text = behind(sdk, &defined.replace("GUARD", guard));
            assert!(of_rule(rule, &text).is_empty(), "{sdk} {defined}: {:?}", of(&text));
        }
    }
}

#[test]
fn asking_by_the_sdk_counts_where_its_answer_does() {
    let rule = "retrieval-without-consent";
    let reads = |before: &str| {
        let read = "async function recall(text: string, user: any) {\nBEFORE  return notes.query({ queryTexts: [text] });\n}\n";
        of_rule(rule, &behind("import * as ombud from 'ombud';", &read.replace("BEFORE", before))).len()
    };
    assert_eq!(reads("  await ombud.consent.ensure('memory');\n"), 0);
    assert_eq!(reads("  if (!(await ombud.consent.ask('memory'))) return null;\n"), 0);
    assert_eq!(reads("  await ombud.consent.ask('memory');\n"), 1);
    assert_eq!(reads("  try { await ombud.consent.ensure('memory'); } catch (e) { console.log(e); }\n"), 1);
    assert_eq!(reads("  await ombud.consent.withdraw('memory');\n"), 1);
}

#[test]
fn a_namesake_that_does_not_ask_does_not_count() {
    let rule = "retrieval-without-consent";
    let wrapper = "export function userConsentRequired(purpose, work) {\n  return async (...given) => {\n    console.log(purpose);\n    return work(...given);\n  };\n}\n";
    let decorator = "export function userConsentRequired(purpose) {\n  return (work, context) => async function (...given) {\n    return work.apply(this, given);\n  };\n}\n";
    for (namesake, defined) in [(wrapper, GUARDED[0]), (wrapper, GUARDED[2]), (decorator, GUARDED[4])] {
        let sdk = "import { userConsentRequired } from './mine';";
        let text = behind(sdk, &defined.replace("GUARD", "userConsentRequired"));
        let found = lines(&checked(&[("agent.ts", &text), ("mine.ts", namesake)]));
        assert!(found.iter().any(|line| line.starts_with(rule)), "{defined}: {found:?}");
    }
    for defined in [
        "const recall = async (text: string, user: any) => { userConsentRequired('memory', () => 1); return notes.query({ queryTexts: [text] }); };\n",
        "userConsentRequired('memory', async () => 1);\nconst recall = async (text: string, user: any) => notes.query({ queryTexts: [text] });\n",
    ] {
        let text = behind("import { userConsentRequired } from 'ombud';", defined);
        assert_eq!(of_rule(rule, &text).len(), 1, "{defined}");
    }
}

#[test]
fn what_only_looks_like_it_does_not() {
    for before in [
        "",
        "  if (!(await consents.hasConsent(1))) { console.log('no'); }\n",
        "  if (await consents.hasConsent(1)) { console.log('yes'); }\n",
        "  try { await consents.requireConsent(1); } catch (e) { console.log(e); }\n",
        "  consents.recordConsent(1);\n",
        "  // if (!consents.hasConsent(1)) return null;\n",
    ] {
        assert_eq!(of_rule("retrieval-without-consent", &app(before, "")).len(), 1, "{before}");
    }
}

#[test]
fn a_middleware_of_the_project_counts_if_it_stops() {
    let files = |body: &str| {
        let middleware = format!("function askFirst(req, res, next) {{\n{body}}}\n");
        let text = app("", "askFirst, ") + &middleware;
        lines(&checked(&[("agent.ts", &text)]))
            .into_iter()
            .filter(|line| line.starts_with("retrieval-without-consent"))
            .count()
    };
    assert_eq!(files("  if (!req.session.consent) { return res.status(403).end(); }\n  next();\n"), 0);
    assert_eq!(files("  if (!req.session.consent) { console.log('none'); }\n  next();\n"), 1);
}

#[test]
fn a_wrapper_of_the_project_counts_if_it_stops() {
    let files = |body: &str| {
        let route = "import { withConsent } from '../../lib/consent';\nimport { search } from '../../lib/memory';\n\
                     export const POST = withConsent(async (req: Request) => {\n  const { q } = await req.json();\n  return Response.json(await search(q));\n});\n";
        let consent = format!(
            "export function withConsent(handler) {{\n  return async (req) => {{\n{body}    return handler(req);\n  }};\n}}\n"
        );
        let memory = "import MemoryClient from 'mem0ai';\nconst memory = new MemoryClient({ apiKey: process.env.MEM0 });\nexport const search = (q: string) => memory.search(q, { user_id: 'u' });\n";
        let report = checked(&[
            ("src/app/chat/route.ts", route),
            ("src/lib/consent.ts", &consent),
            ("src/lib/memory.ts", memory),
        ]);
        lines(&report)
            .into_iter()
            .filter(|line| line.starts_with("retrieval-without-consent"))
            .collect::<Vec<_>>()
    };
    let asks = "    if (!(await req.hasConsent())) return new Response('no', { status: 403 });\n";
    assert!(files(asks).is_empty(), "{:?}", files(asks));
    assert_eq!(files(""), ["retrieval-without-consent@src/lib/memory.ts:3"]);
}

#[test]
fn a_consent_check_that_cannot_say_no() {
    let rule = "consent-not-functional";
    let text =
        app("  if (!hasConsent(1)) return null;\n", "") + "function hasConsent(user) {\n  return true;\n}\n";
    assert_eq!(of_rule(rule, &text).len(), 1);
    assert!(!of_rule("retrieval-without-consent", &text).is_empty());
    let real = text.replace("return true", "return store.get(user) === 'yes'");
    assert!(of_rule(rule, &real).is_empty());
}

#[test]
fn a_fixed_address_with_what_people_say() {
    let rule = "personal-data-unmasked";
    let text = "import OpenAI from 'openai';\nimport express from 'express';\nconst ai = new OpenAI({ baseURL: 'https://api.deepseek.com/v1', apiKey: process.env.KEY });\n\
                const app = express();\napp.post('/', async (req, res) => {\n  const answer = await ai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: req.body.q }] });\n  res.json(answer);\n});\n";
    assert_eq!(of_rule(rule, text), ["personal-data-unmasked@6"]);
    for (from, to) in [
        ("'https://api.deepseek.com/v1'", "process.env.BASE"),
        ("'https://api.deepseek.com/v1'", "'http://localhost:11434/v1'"),
        ("content: req.body.q", "content: 'hello'"),
        ("from 'openai'", "from './mine'"),
        ("app.post('/', async", "unused(async"),
    ] {
        let changed = text.replace(from, to).replace("unused(async", "void (async");
        assert!(of_rule(rule, &changed).is_empty(), "{from} → {to}: {:?}", of(&changed));
    }
    // The library's default address: one warning, if nothing starts the agent behind the gateway.
    let own = text.replace("baseURL: 'https://api.deepseek.com/v1', ", "");
    let report = checked(&[("a.ts", &own)]);
    let one = report.findings.iter().find(|one| one.rule.0 == rule).unwrap();
    assert_eq!(one.severity, ombud_core::finding::Severity::Warning);
    let fetched = "import http from 'http';\nhttp.createServer(async (req, res) => {\n  const r = await fetch('https://api.deepseek.com/chat/completions', { method: 'POST', body: JSON.stringify({ messages: [req.url] }) });\n  res.end(await r.text());\n}).listen(1);\n";
    assert_eq!(of_rule(rule, fetched).len(), 1, "{:?}", of(fetched));
    let axios = "import axios from 'axios';\nconst api = axios.create({ baseURL: 'https://api.deepseek.com' });\nconst rl = require('readline').createInterface({ input: process.stdin });\nrl.question('> ', (q) => { api.post('/chat/completions', { messages: [q] }).then((r) => console.log(r.data)); });\n";
    assert_eq!(of_rule(rule, axios).len(), 1, "{:?}", of(axios));
    let vercel = "import { streamText } from 'ai';\nimport { createOpenAI } from '@ai-sdk/openai';\nconst deepseek = createOpenAI({ baseURL: 'https://api.deepseek.com/v1' });\nexport async function POST(req: Request) {\n  const { messages } = await req.json();\n  const result = streamText({ model: deepseek('deepseek-chat'), messages });\n  return result.toDataStreamResponse();\n}\n";
    let route = checked(&[("app/api/chat/route.ts", vercel)]);
    assert!(
        lines(&route).contains(&"personal-data-unmasked@app/api/chat/route.ts:6".to_owned()),
        "{:?}",
        lines(&route)
    );
    let elsewhere = checked(&[("lib/chat.ts", vercel), ("main.ts", "import './lib/chat';\n")]);
    assert!(!lines(&elsewhere).iter().any(|line| line.starts_with(rule)), "{:?}", lines(&elsewhere));
    let chain = "import { ChatOpenAI } from '@langchain/openai';\nimport { ChatPromptTemplate } from '@langchain/core/prompts';\nconst llm = new ChatOpenAI({ configuration: { baseURL: 'https://api.deepseek.com' } });\nconst chain = ChatPromptTemplate.fromTemplate('{q}').pipe(llm);\nprocess.stdin.on('data', async (q) => console.log(await chain.invoke({ q: q.toString() })));\n";
    assert_eq!(of_rule(rule, chain).len(), 1, "{:?}", of(chain));
}

const MODEL: &str = "import OpenAI from 'openai';\nimport cp, { exec, spawn, execFile } from 'node:child_process';\nimport vm from 'node:vm';\nimport { Pool } from 'pg';\nimport DOMPurify from 'dompurify';\nconst c = new OpenAI();\nconst pool = new Pool();\nasync function answer() {\n  const r = await c.chat.completions.create({ model: 'm', messages: [] });\n  return r.choices[0].message.content;\n}\n";

#[test]
fn what_a_model_writes_is_not_run() {
    let rule = "untrusted-to-exec";
    for (line, found) in [
        ("eval(await answer());", 1),
        ("new Function('x', await answer())();", 1),
        ("exec(`ls ${await answer()}`);", 1),
        ("cp.execSync('ls ' + (await answer()));", 1),
        ("spawn('ls', [await answer()]);", 0),
        ("spawn('ls', [await answer()], { shell: true });", 1),
        ("spawn('bash', ['-c', await answer()]);", 1),
        ("execFile('ls', [await answer()]);", 0),
        ("vm.runInNewContext(await answer());", 1),
        ("await pool.query('select * from t where a = ' + (await answer()));", 1),
        ("await pool.query('select * from t where a = $1', [await answer()]);", 0),
        ("await pool.query({ text: 'select 1 where a = $1', values: [await answer()] });", 0),
        ("document.getElementById('x').innerHTML = await answer();", 1),
        ("document.getElementById('x').innerHTML = DOMPurify.sanitize(await answer());", 0),
        ("document.getElementById('x').textContent = await answer();", 0),
        ("/x/.exec(await answer());", 0),
        ("class E { eval(x) { return x; } }\nnew E().eval(await answer());", 0),
        ("const exec2 = { exec: (x) => x };\nexec2.exec(await answer());", 0),
        ("exec('ls ' + Number(await answer()));", 0),
        ("if (false) { eval(await answer()); }", 0),
        ("answer().then((text) => eval(text));", 1),
        ("const parts = [await answer()];\nparts.forEach((part) => exec(part));", 1),
        ("const all = await Promise.all([answer()]);\nall.map((x) => exec(x));", 1),
        ("let kept = '';\nconst set = async () => { kept = await answer(); };\nawait set();\nexec(kept);", 1),
        ("const { content: code = 'x' } = { content: await answer() };\neval(code);", 1),
        ("for (const line of (await answer()).split('\\n')) exec(line);", 1),
        (
            "const run = (f, x) => f(x);\nclass Box {\n  constructor(private text: string) {}\n  go() { eval(this.text); }\n}\nnew Box(await answer()).go();",
            1,
        ),
    ] {
        assert_eq!(
            of_rule(rule, &format!("{MODEL}{line}\n")).len(),
            found,
            "{line}: {:?}",
            of(&format!("{MODEL}{line}\n"))
        );
    }
    let page = "import { useChat } from '@ai-sdk/react';\nimport { generateText } from 'ai';\nexport default async function Page() {\n  const { text } = await generateText({ model: 'openai/gpt-5', prompt: 'x' });\n  return <div dangerouslySetInnerHTML={{ __html: text }} />;\n}\n";
    let found = lines(&checked(&[("app/page.tsx", page)]));
    assert!(found.contains(&"untrusted-to-exec@app/page.tsx:5".to_owned()), "{found:?}");
    let style = page.replace("<div", "<style");
    assert!(
        lines(&checked(&[("app/page.tsx", &style)]))
            .iter()
            .all(|line| !line.starts_with("untrusted-to-exec"))
    );
}

#[test]
fn tools_get_what_a_model_chose() {
    let rule = "untrusted-to-exec";
    let vercel = "import { tool, generateText } from 'ai';\nimport { exec } from 'child_process';\nimport { openai } from '@ai-sdk/openai';\nconst run = tool({ description: 'run a command', execute: async ({ command }) => { exec(command); } });\nawait generateText({ model: openai('gpt-5'), prompt: 'x', tools: { run } });\n";
    assert_eq!(of_rule(rule, vercel), ["untrusted-to-exec@4"]);
    let mcp = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { execSync } from 'child_process';\nconst server = new McpServer({ name: 's', version: '1' });\nserver.tool('run', 'run it', { command: z.string() }, async ({ command }) => ({ content: execSync(command).toString() }));\n";
    assert_eq!(of_rule(rule, mcp), ["untrusted-to-exec@4"]);
    let bot = "const { Client } = require('discord.js');\nconst client = new Client();\nclient.on('messageCreate', async (message) => { eval(message.content); });\n";
    assert_eq!(of_rule(rule, bot), ["untrusted-to-exec@3"]);
    let wechaty = "import { WechatyBuilder } from 'wechaty';\nconst bot = WechatyBuilder.build();\nbot.on('message', onMessage);\nasync function onMessage(msg) { eval(msg.text()); }\nbot.start();\n";
    assert_eq!(of_rule(rule, wechaty), ["untrusted-to-exec@4"]);
    let own = "const emitter = new Emitter();\nemitter.on('message', (m) => eval(m));\n";
    assert!(of_rule(rule, own).is_empty());
}

#[test]
fn a_loop_is_counted() {
    let rule = "tool-loop-without-limit";
    let agent = |head: &str, extra: &str| {
        format!(
            "import OpenAI from 'openai';\nconst c = new OpenAI();\nasync function run(m: any[]) {{\n  let n = 0;\n  {head} {{\n    const r = await c.chat.completions.create({{ model: 'x', messages: m }});\n    const message = r.choices[0].message;\n{extra}    if (!message.tool_calls) return message;\n    m.push(message);\n  }}\n}}\nrun([process.argv[2]]);\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("while (true)", "")), ["tool-loop-without-limit@5"]);
    assert_eq!(of_rule(rule, &agent("for (;;)", "")), ["tool-loop-without-limit@5"]);
    assert!(of_rule(rule, &agent("for (let i = 0; i < 5; i++)", "")).is_empty());
    assert!(of_rule(rule, &agent("while (n < 5)", "    n++;\n")).is_empty());
    assert!(of_rule(rule, &agent("while (true)", "    n++;\n    if (n > 5) break;\n")).is_empty());
}

#[test]
fn conversations_are_not_left_lying_about() {
    let rule = "plaintext-chat-store";
    for (write, found) in [
        ("fs.writeFileSync('x.json', JSON.stringify({ q, a }));", 1),
        ("await fs.promises.appendFile('chat.log', a);", 1),
        ("localStorage.setItem('chat-history', JSON.stringify([q, a]));", 1),
        ("db.prepare('INSERT INTO messages VALUES (?, ?)').run(q, a);", 1),
        ("db.prepare('SELECT * FROM messages WHERE q = ?').get(q);", 0),
        ("localStorage.setItem('theme', 'dark');", 0),
        ("fs.writeFileSync('report.md', a);", 0),
        ("await prisma.message.create({ data: { q, a } });", 0),
        (
            "const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);\nfs.writeFileSync('x', cipher.update(q + a));",
            0,
        ),
    ] {
        let text = format!(
            "import fs from 'fs';\nimport crypto from 'crypto';\nimport Database from 'better-sqlite3';\nimport {{ PrismaClient }} from '@prisma/client';\nimport OpenAI from 'openai';\nconst prisma = new PrismaClient();\nconst db = new Database('x.db');\nconst q = prompt('?');\nconst r = await new OpenAI().responses.create({{ input: q }});\nconst a = r.output_text;\n{write}\n"
        );
        assert_eq!(of_rule(rule, &text).len(), found, "{write}: {:?}", of(&text));
    }
}

#[test]
fn somebody_must_be_able_to_go() {
    let keep = "import { MemoryClient } from 'mem0ai';\nconst memory = new MemoryClient({ apiKey: process.env.K });\nexport async function forget(user) { await memory.deleteAll({ user_id: user }); }\nawait memory.add([{ role: 'user', content: prompt('?') }]);\n";
    assert_eq!(of_rule("no-erase-path", keep), ["no-erase-path@4"]);
    assert!(of_rule("no-erase-path", &format!("{keep}await forget('u');\n")).is_empty());
    assert_eq!(of_rule("memory-write-without-consent", keep), ["memory-write-without-consent@4"]);
    let asked = keep.replace("await memory.add", "if (confirm('May I remember this?')) await memory.add");
    assert!(of_rule("memory-write-without-consent", &asked).is_empty(), "{:?}", of(&asked));
}

#[test]
fn tools_that_act_are_listed() {
    let tools = "import OpenAI from 'openai';\nconst send = { type: 'function', function: { name: 'send_mail', description: 'Send a mail' } };\nconst drop = { type: 'function', function: { name: 'delete_file', description: 'Delete' } };\nnew OpenAI().chat.completions.create({ tools: [send, drop], messages: [] });\n";
    assert_eq!(
        of_rule("tool-without-confirmation", tools),
        ["tool-without-confirmation@2", "tool-without-confirmation@3"]
    );
    let reads = tools
        .replace("send_mail", "read_mail")
        .replace("Send a mail", "Read")
        .replace("delete_file", "read_file")
        .replace("Delete", "Read");
    assert!(of_rule("tool-without-confirmation", &reads).is_empty());
}

#[test]
fn a_provider_that_trains_is_told() {
    let text = "import { generateText } from 'ai';\nimport { deepseek } from '@ai-sdk/deepseek';\nawait generateText({ model: deepseek('deepseek-chat'), prompt: 'x' });\n";
    assert_eq!(of_rule("provider-trains-by-default", text).len(), 1);
    assert!(of_rule("provider-trains-by-default", &text.replace("deepseek", "openai")).is_empty());
}

#[test]
fn names_are_followed_through_files() {
    let files = [
        ("tsconfig.json", "{ \"compilerOptions\": { \"paths\": { \"@/*\": [\"./src/*\"] } } }"),
        (
            "src/lib/ai.ts",
            "import OpenAI from 'openai';\nexport const ai = new OpenAI({ baseURL: 'https://api.deepseek.com' });\n",
        ),
        ("src/lib/index.ts", "export * from './ai';\nexport { ask as question } from './ask';\n"),
        (
            "src/lib/ask.ts",
            "import { ai } from '@/lib/ai';\nexport default {};\nexport const ask = (content: string) =>\n  ai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }] });\n",
        ),
        (
            "src/app/api/chat/route.ts",
            "import { question } from '@/lib';\nexport async function POST(req: Request) {\n  return Response.json(await question((await req.json()).text));\n}\n",
        ),
    ];
    let found = lines(&checked(&files));
    assert!(found.contains(&"personal-data-unmasked@src/lib/ask.ts:4".to_owned()), "{found:?}");
    let commonjs = [
        (
            "server.js",
            "const express = require('express');\nconst { ask } = require('./ask');\nconst app = express();\napp.get('/', (req, res) => ask(req.query.q).then((a) => res.send(a)));\n",
        ),
        (
            "ask.js",
            "const { OpenAI } = require('openai');\nconst client = new OpenAI({ baseURL: 'https://api.deepseek.com' });\nasync function ask(q) {\n  return client.chat.completions.create({ messages: [q] });\n}\nmodule.exports = { ask };\n",
        ),
    ];
    let found = lines(&checked(&commonjs));
    assert!(found.contains(&"personal-data-unmasked@ask.js:4".to_owned()), "{found:?}");
}

#[test]
fn hostile_scripts_end() {
    for text in [
        format!("x = {}1{}", "(".repeat(1500), ")".repeat(1500)),
        format!("x = {}1", "!".repeat(20_000)),
        format!("x = a{}", ".b".repeat(20_000)),
        format!("x = a{}", ".b()".repeat(5_000)),
        format!("x = 1{}", " + 1".repeat(20_000)),
        format!("x = {}1", "a => ".repeat(2_000)),
        format!("x = {}1", "a ? b : ".repeat(3_000)),
        "if (a) ".repeat(3_000) + ";",
        "`${".repeat(900) + &"}`".repeat(900),
        "a = b = ".repeat(3_000) + "c",
        "\u{0}\u{1}\u{feff}".to_owned(),
    ] {
        checked(&[("a.js", &text)]);
    }
    let circle = [
        ("a.ts", "export * from './b';\nimport { b } from './b';\nexport const a = () => b();\n"),
        ("b.ts", "export * from './a';\nimport { a } from './a';\nexport const b = () => a();\na();\n"),
    ];
    checked(&circle);
}

#[test]
fn broken_scripts_are_named_and_the_rest_is_read() {
    let report = checked(&[
        ("bad.ts", "import { from\n"),
        ("types.d.ts", "export declare const x: number;\n"),
        ("it.test.ts", "eval(prompt('x'));\n"),
        ("good.js", "import express from 'express';\nexpress().get('/', (req) => eval(req.query.x));\n"),
        ("min.js", &format!("var a={};\n", "[1,2],".repeat(8_000))),
    ]);
    let gaps: Vec<&str> = report.gaps.iter().map(|gap| gap.path.as_str()).collect();
    assert_eq!(gaps, ["bad.ts", "it.test.ts", "min.js"]);
    assert!(lines(&report).contains(&"untrusted-to-exec@good.js:2".to_owned()), "{:?}", lines(&report));
}
