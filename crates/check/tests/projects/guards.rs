//! Safeguards for people that a project has or lacks: what is found in both languages, and what merely resembles it.

use ombud_check::Options;

use crate::project::{checked, checked_with, lines, of_rule};

fn script(rule: &str, text: &str) -> usize {
    count(rule, &[("agent.ts", text)], &Options::default())
}

fn count(rule: &str, files: &[(&str, &str)], options: &Options) -> usize {
    let found = lines(&checked_with(files, options));
    found.iter().filter(|line| line.split('@').next() == Some(rule)).count()
}

fn python(rule: &str, text: &str) -> usize {
    of_rule(rule, text).len()
}

#[test]
fn whose_memory_the_request_says() {
    let rule = "identity-from-body";
    let flask = |before: &str, user: &str| {
        format!(
            "from mem0 import Memory\nimport jwt\nfrom flask import Flask, request, session\nfrom flask_login import current_user, login_required\napp = Flask(__name__)\nm = Memory()\n@app.post('/')\n{before}def chat():\n    return m.search(request.json['text'], user_id={user})\n"
        )
    };
    assert_eq!(python(rule, &flask("", "request.json['user_id']")), 1);
    assert_eq!(python(rule, &flask("", "request.args.get('user')")), 1);
    for user in [
        "session['user_id']",
        "current_user.id",
        "jwt.decode(request.json['token'], 'k')['sub']",
        "request.headers['x-user']",
        "'everybody'",
    ] {
        assert_eq!(python(rule, &flask("", user)), 0, "{user}");
    }
    assert_eq!(python(rule, &flask("@login_required\n", "request.json['user_id']")), 0);
    let everywhere = flask("", "request.json['user_id']")
        + "@app.before_request\ndef check():\n    jwt.decode(request.headers['t'], 'k')\n";
    assert_eq!(python(rule, &everywhere), 0);
}

#[test]
fn whose_memory_a_body_with_fields_says() {
    let rule = "identity-from-body";
    let fast = |parameters: &str, user: &str| {
        format!(
            "import sqlite3\nfrom typing import Annotated\nfrom fastapi import FastAPI, Depends, HTTPException, Request\nfrom pydantic import BaseModel\napp = FastAPI()\nclass Body(BaseModel):\n    user_id: str\n    text: str\ndef db():\n    return sqlite3.connect('x')\ndef current_user(request: Request):\n    if 'id' not in request.cookies:\n        raise HTTPException(401)\n    return 1\n@app.post('/chat')\nasync def chat({parameters}):\n    return sqlite3.connect('x').execute('SELECT text FROM notes WHERE user_id = ?', ({user},)).fetchall()\n"
        )
    };
    for (parameters, user, found) in [
        ("body: Body", "body.user_id", 1),
        ("user_id: str", "user_id", 1),
        ("request: Request", "(await request.json())['user_id']", 1),
        ("body: Body, con=Depends(db)", "body.user_id", 1),
        ("body: Body, user=Depends(current_user)", "user.id", 0),
        ("body: Body, user=Depends(current_user)", "body.user_id", 0),
        ("body: Body, user: Annotated[str, Depends(current_user)]", "body.user_id", 0),
        ("request: Request", "request.state.user", 0),
        ("body: Body", "'1'", 0),
    ] {
        assert_eq!(python(rule, &fast(parameters, user)), found, "{parameters} {user}");
    }
    let login = |columns: &str| {
        format!(
            "import sqlite3\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef login():\n    d = request.get_json()\n    return sqlite3.connect('u').execute('SELECT id FROM users WHERE {columns}', (d['u'], d['p'])).fetchone()\n"
        )
    };
    assert_eq!(python(rule, &login("user_id = ? AND pw = ?")), 0);
    assert_eq!(python(rule, &login("username = ? AND salt = ?")), 0);
    assert_eq!(python(rule, &login("user_id = ? AND kind = ?")), 1);
    let held = "from fastapi import FastAPI, Depends\nfrom sqlalchemy.orm import Session, sessionmaker\napp = FastAPI()\ndef get_db():\n    yield sessionmaker()()\n@app.get('/{user_id}')\ndef all(user_id: int, db: Session = Depends(get_db)):\n    return db.query(1).filter_by(user_id=user_id).all()\n";
    assert_eq!(python(rule, held), 1);
    assert_eq!(python(rule, &held.replace("db: Session =", "db =")), 1);
    assert_eq!(python(rule, &held.replace("user_id=user_id", "id=1")), 0);
    let bot = "from mem0 import Memory\nimport discord\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        Memory().add(message.content, user_id=message.author.id)\n";
    assert_eq!(python(rule, bot), 0);
}

#[test]
fn whose_memory_a_script_is_told() {
    let rule = "identity-from-body";
    let express = |before: &str, user: &str| {
        format!(
            "import {{ MemoryClient }} from 'mem0ai';\nimport express from 'express';\nimport jwt from 'jsonwebtoken';\nimport passport from 'passport';\nconst app = express();\nconst memory = new MemoryClient();\nfunction guard(req, res, next) {{ jwt.verify(req.headers.authorization, 'k'); next(); }}\napp.post('/', {before}async (req, res) => {{\n  res.json(await memory.search(req.body.q, {{ user_id: {user} }}));\n}});\n"
        )
    };
    for (before, user, found) in [
        ("", "req.body.userId", 1),
        ("", "req.params.id", 1),
        ("", "req.session.userId", 0),
        ("", "req.user.id", 0),
        ("guard, ", "req.body.userId", 0),
        ("passport.authenticate('jwt'), ", "req.body.userId", 0),
    ] {
        assert_eq!(script(rule, &express(before, user)), found, "{before}{user}");
    }
    let everywhere = express("", "req.body.userId") + "app.use(guard);\n";
    assert_eq!(script(rule, &everywhere), 0);
    let next = |known: &str| {
        format!(
            "import {{ PrismaClient }} from '@prisma/client';\nimport {{ getServerSession }} from 'next-auth';\nconst db = new PrismaClient();\nexport async function POST(req) {{\n  {known}\n  const {{ userId, text }} = await req.json();\n  return Response.json(await db.memory.findMany({{ where: {{ userId }} }}));\n}}\n"
        )
    };
    let at = |text: String| count(rule, &[("app/api/chat/route.ts", &text)], &Options::default());
    assert_eq!(at(next("")), 1);
    assert_eq!(at(next("if (!(await getServerSession())) throw 1;")), 0);
}

#[test]
fn what_is_called_anonymous() {
    let rule = "personal-data-hashed";
    let call = |line: &str| {
        format!(
            "import hashlib, hmac, base64\nfrom flask import Flask, request\napp = Flask(__name__)\ndef anonymise(x):\n    return hashlib.sha256(x.encode()).hexdigest()\ndef encrypt(x):\n    return base64.b64encode(x.encode())\n@app.post('/')\ndef go():\n    phone = request.json['phone']\n    text = request.json['text']\n    {line}\n"
        )
    };
    for (line, found) in [
        ("hashlib.md5(phone.encode()).hexdigest()", 1),
        ("hashlib.sha256(str(request.json['id_card']).encode())", 1),
        ("anonymise(text)", 1),
        ("encrypt(text)", 1),
        ("hashlib.md5(text.encode()).hexdigest()", 0),
        ("hashlib.sha256((phone + SALT).encode())", 0),
        ("hmac.new(b'k', phone.encode(), 'sha256')", 0),
        ("base64.b64encode(phone.encode())", 0),
        ("hashlib.scrypt(phone.encode(), salt=text.encode())", 0),
        ("hashlib.md5('telephone.json'.encode())", 0),
    ] {
        assert_eq!(python(rule, &call(line)), found, "{line}");
    }
    // The rows may come from anywhere: the hashed field shows that they are about people.
    let rows = |body: &str| {
        format!(
            "import hashlib\nfrom members import rows\ndef anonymise(m):\n    return {body}\ndef main():\n    print([anonymise(m) for m in rows()])\nmain()\n"
        )
    };
    assert_eq!(python(rule, &rows("hashlib.md5(m.phone.encode()).hexdigest()")), 1);
    assert_eq!(python(rule, &rows("hashlib.md5(b'phone').hexdigest()")), 0);
    let node = |line: &str| {
        format!(
            "import crypto from 'crypto';\nimport CryptoJS from 'crypto-js';\nimport express from 'express';\nexpress().post('/', (req, res) => {{ {line} }});\n"
        )
    };
    for (line, found) in [
        ("crypto.createHash('md5').update(req.body.phone).digest('hex')", 1),
        ("CryptoJS.SHA256(req.body.idCard)", 1),
        ("crypto.createHmac('sha256', process.env.K).update(req.body.phone)", 0),
        ("crypto.createHash('md5').update(req.body.file)", 0),
    ] {
        assert_eq!(script(rule, &node(line)), found, "{line}");
    }
}

#[test]
fn a_key_that_is_written_out() {
    let rule = "weak-cipher";
    let python_of = |call: &str| {
        format!(
            "import os\nfrom Crypto.Cipher import AES\nfrom cryptography.fernet import Fernet\nIV = b'0000000000000000'\nkey = os.environ['K']\n{call}\n"
        )
    };
    for (call, found) in [
        ("AES.new(key, AES.MODE_CBC, IV)", 1),
        ("AES.new(key, AES.MODE_CBC, iv=b'1234567890123456')", 1),
        ("AES.new(b'sixteen byte key', AES.MODE_GCM)", 1),
        ("AES.new(key, AES.MODE_CBC, os.urandom(16))", 0),
        ("AES.new(key, AES.MODE_GCM)", 0),
        ("Fernet(key)", 0),
        ("Fernet(b'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=')", 1),
    ] {
        assert_eq!(python(rule, &python_of(call)), found, "{call}");
    }
    let node =
        |call: &str| format!("import crypto from 'crypto';\nconst key = process.env.K;\ncrypto.{call};\n");
    assert_eq!(script(rule, &node("createCipheriv('aes-256-cbc', key, Buffer.from('0123456789abcdef'))")), 1);
    assert_eq!(script(rule, &node("createCipheriv('aes-256-cbc', key, Buffer.alloc(16))")), 1);
    assert_eq!(script(rule, &node("createCipheriv('aes-256-cbc', key, crypto.randomBytes(16))")), 0);
}

/// An agent with a tool that reads and one that acts.
fn armed(tools: &str, call: &str) -> String {
    format!(
        "import requests, smtplib, logging\nfrom langchain_core.tools import tool\nfrom langgraph.prebuilt import create_react_agent\nfrom langchain_openai import ChatOpenAI\nfrom langchain_community.tools import ShellTool, DuckDuckGoSearchRun\n@tool\ndef read_page(url: str):\n    return requests.get(url).text\n@tool\ndef add(a: int, b: int):\n    return a + b\n@tool\ndef send_mail(to: str, text: str):\n    smtplib.SMTP('x').sendmail('me', to, text)\n@tool\ndef send_nothing(to: str):\n    return 'sent'\n@tool\ndef send_asked(to: str, text: str):\n    if input('send?') == 'y':\n        smtplib.SMTP('x').sendmail('me', to, text)\nagent = create_react_agent(ChatOpenAI(), {tools}{call})\nagent.invoke({{'messages': [input()]}})\n"
    )
}

#[test]
fn two_of_three_in_one_hand() {
    let rule = "untrusted-and-powerful";
    for (tools, call, found) in [
        ("[read_page, send_mail]", "", 1),
        ("[DuckDuckGoSearchRun(), ShellTool()]", "", 1),
        ("[read_page, add]", "", 0),
        ("[add, send_mail]", "", 0),
        ("[read_page, send_nothing]", "", 0),
        ("[read_page, send_asked]", "", 0),
        ("[read_page, send_mail]", ", interrupt_before=['tools']", 0),
        ("[read_page, send_mail]", ", interrupt_before=None", 1),
    ] {
        assert_eq!(python(rule, &armed(tools, call)), found, "{tools}{call}");
    }
    let apart = armed("[read_page]", ")\nother = create_react_agent(ChatOpenAI(), [send_mail]");
    assert_eq!(python(rule, &apart), 0);
    let asked = Options { tools_ask: true, ..Options::default() };
    assert_eq!(count(rule, &[("agent.py", &armed("[read_page, send_mail]", ""))], &asked), 0);
    let chat = "import requests, subprocess\nfrom openai import OpenAI\ndef fetch_page(url):\n    return requests.get(url).text\ndef run_command(line):\n    return subprocess.run(line, shell=True)\nTOOLS = [{'type': 'function', 'function': {'name': 'fetch_page'}}, {'type': 'function', 'function': {'name': 'run_command'}}]\nTABLE = {'fetch_page': fetch_page, 'run_command': run_command}\nreply = OpenAI().chat.completions.create(messages=[], tools=TOOLS)\nTABLE[reply.name](reply.arguments)\n";
    assert_eq!(python(rule, chat), 1);
    // The table lists the same tools in another order.
    let more = chat
        .replace(
            "def run_command",
            "def count_pages(url):\n    return requests.get(url).json()['n']\ndef run_command",
        )
        .replace("TABLE = {", "TABLE = {'count_pages': count_pages, ")
        .replace(
            "'name': 'fetch_page'}}",
            "'name': 'fetch_page'}}, {'type': 'function', 'function': {'name': 'count_pages'}}",
        );
    assert_eq!(python(rule, &more), 1);
}

#[test]
fn tools_in_the_form_of_another_api() {
    let agent = "import requests, subprocess\nfrom anthropic import Anthropic\ndef fetch_page(url):\n    return requests.get(url).text\ndef run_shell(line):\n    return subprocess.run(line, shell=True)\nTOOLS = [{'name': 'fetch_page', 'input_schema': {}}, {'name': 'run_shell', 'input_schema': {}}]\nTABLE = {'fetch_page': fetch_page, 'run_shell': run_shell}\nreply = Anthropic().messages.create(messages=[input()], tools=TOOLS)\nTABLE[reply.name](reply.input)\n";
    for rule in ["untrusted-and-powerful", "tool-without-confirmation", "tool-calls-unlogged"] {
        assert_eq!(python(rule, agent), 1, "{rule}");
        assert_eq!(
            python(
                rule,
                &agent
                    .replace("'run_shell'", "'list_things'")
                    .replace("run_shell(", "list_things(")
                    .replace(": run_shell", ": list_things")
            ),
            0,
            "{rule}"
        );
    }
    let form = "FORM = {'name': 'delete_all', 'fields': []}\nprint(FORM)\n";
    assert_eq!(python("tool-without-confirmation", form), 0);
}

#[test]
fn two_of_three_in_a_script() {
    let rule = "untrusted-and-powerful";
    let vercel = |second: &str| {
        format!(
            "import {{ generateText, tool }} from 'ai';\nimport nodemailer from 'nodemailer';\nconst mail = nodemailer.createTransport({{}});\nawait generateText({{ model: 'openai/gpt-5', prompt: 'x', tools: {{\n  readPage: tool({{ description: 'reads', execute: async ({{ url }}) => (await fetch(url)).text() }}),\n  {second} }} }});\n"
        )
    };
    let send = "sendMail: tool({ description: 'sends', execute: async ({ to, text }) => mail.sendMail({ to, text }) })";
    assert_eq!(script(rule, &vercel(send)), 1);
    assert_eq!(script(rule, &vercel(&send.replace("description: 'sends'", "needsApproval: true"))), 0);
    let unlogged = "tool-calls-unlogged";
    assert_eq!(script(unlogged, &vercel(send)), 1);
    let logged =
        send.replace("=> mail", "=> { console.log(to); return mail").replace("text }) })", "text }); } })");
    assert_eq!(script(unlogged, &vercel(&logged)), 0);
    assert_eq!(script(rule, &vercel("add: tool({ execute: async ({ a, b }) => a + b })")), 0);
}

#[test]
fn what_the_agent_did_is_written_down() {
    let rule = "tool-calls-unlogged";
    let agent = armed("[send_mail]", "");
    assert_eq!(python(rule, &agent), 1);
    assert_eq!(
        python(
            rule,
            &agent.replace(
                "    smtplib.SMTP('x').sendmail('me', to, text)\n@",
                "    logging.getLogger('t').info('send')\n    smtplib.SMTP('x').sendmail('me', to, text)\n@"
            )
        ),
        0
    );
    assert_eq!(
        python(
            rule,
            &agent
                .replace("import requests", "import langfuse, requests")
                .replace("agent = ", "langfuse.Langfuse()\nagent = ")
        ),
        0
    );
    // A logger that is only created, and a log line away from tools and models.
    let other = agent.replace(
        "@tool\ndef read",
        "log = logging.getLogger('x')\ndef start():\n    log.info('hi')\n@tool\ndef read",
    );
    assert_eq!(python(rule, &other), 1);
    let gateway = Options { gateway: true, ..Options::default() };
    assert_eq!(count(rule, &[("agent.py", &agent)], &gateway), 0);
    let reading = agent
        .replace("smtplib.SMTP('x').sendmail('me', to, text)", "return to")
        .replace("send_mail", "read_mail")
        .replace("send_nothing", "find")
        .replace("send_asked", "look");
    assert_eq!(python(rule, &reading), 0);
}

#[test]
fn a_door_that_anybody_may_walk_through_all_day() {
    let rule = "endpoint-without-limit";
    let flask = |head: &str, before: &str, given: &str| {
        format!(
            "from flask import Flask, request\nfrom flask_login import login_required\nfrom openai import OpenAI\n{head}app = Flask(__name__)\n@app.post('/')\n{before}def chat():\n    return OpenAI().chat.completions.create(messages=[request.json['q']]{given})\n@app.post('/more')\ndef more():\n    return OpenAI().chat.completions.create(messages=[request.json['q']], max_tokens=5)\n"
        )
    };
    assert_eq!(python(rule, &flask("", "", "")), 1);
    assert_eq!(python(rule, &flask("", "", ", max_tokens=500")), 0);
    assert_eq!(python(rule, &flask("", "@login_required\n", "")), 0);
    let limiter = "from flask_limiter import Limiter\nlimiter = Limiter(key_func=len)\n";
    assert_eq!(python(rule, &flask(limiter, "@limiter.limit('5/minute')\n", "")), 0);
    let alone = "from openai import OpenAI\nOpenAI().chat.completions.create(messages=[input()])\n";
    assert_eq!(python(rule, alone), 0);
    let express = |head: &str| {
        format!(
            "import express from 'express';\nimport OpenAI from 'openai';\nimport rateLimit from 'express-rate-limit';\nconst app = express();\n{head}app.post('/', async (req, res) => res.json(await new OpenAI().chat.completions.create({{ messages: [req.body.q] }})));\n"
        )
    };
    assert_eq!(script(rule, &express("")), 1);
    assert_eq!(script(rule, &express("app.use(rateLimit({ max: 5 }));\n")), 0);
}

#[test]
fn words_that_leave_the_country() {
    let rule = "personal-data-crosses-border";
    let agent = "from openai import OpenAI\nc = OpenAI(base_url='https://api.deepseek.com')\nc.chat.completions.create(messages=[input()])\nc.chat.completions.create(messages=[input()])\n";
    let of = |audience: &[&str], told: &[&str], text: &str| {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { audience: all(audience), told: all(told), ..Options::default() };
        count(rule, &[("agent.py", text)], &options)
    };
    assert_eq!(of(&["US"], &[], agent), 1);
    assert_eq!(of(&["CN"], &[], agent), 0);
    assert_eq!(of(&[], &[], agent), 0);
    assert_eq!(of(&["US"], &["deepseek"], agent), 0);
    assert_eq!(of(&["US"], &["openai"], agent), 1);
    assert_eq!(of(&["US"], &[], &agent.replace("input()", "'hello'")), 0);
    // The other provider's country is unknown, which matters where the law requires it to be disclosed.
    let elsewhere = agent.replace("https://api.deepseek.com", "https://api.openai.com");
    assert_eq!(of(&["CN"], &[], &elsewhere), 1);
    assert_eq!(of(&["CN"], &["openai"], &elsewhere), 0);
    assert_eq!(of(&["US"], &[], &elsewhere), 0);
}

#[test]
fn what_is_kept_for_ever() {
    let rule = "no-retention";
    let keep = |more: &str| {
        format!(
            "import sqlite3, redis, schedule\nfrom openai import OpenAI\nq = input()\na = OpenAI().chat.completions.create(messages=[q]).choices[0].message.content\ndb = sqlite3.connect('x')\ndb.execute('INSERT INTO chats VALUES (?, ?)', (q, a))\ndef purge_all():\n    db.execute('DELETE FROM chats')\n{more}\n"
        )
    };
    assert_eq!(python(rule, &keep("")), 1);
    assert_eq!(
        python(
            rule,
            &keep("db.execute(\"DELETE FROM chats WHERE created_at < datetime('now', '-30 days')\")")
        ),
        0
    );
    assert_eq!(python(rule, &keep("db.execute('DELETE FROM chats WHERE id = ?', (1,))")), 1);
    assert_eq!(python(rule, &keep("schedule.every().day.do(purge_all)")), 0);
    assert_eq!(python(rule, &keep("schedule.every().day.do(print)")), 1);
    assert_eq!(python(rule, &keep("redis.Redis().set('k', a, ex=3600)")), 0);
    assert_eq!(python(rule, "print(input())\n"), 0);
    let declared = Options { retention: true, ..Options::default() };
    assert_eq!(count(rule, &[("agent.py", &keep(""))], &declared), 0);
}

#[test]
fn what_a_machine_wrote_says_so() {
    let rule = "ai-output-unlabelled";
    let post = |line: &str| {
        format!(
            "import tweepy, smtplib\nfrom email.mime.text import MIMEText\nfrom openai import OpenAI\nNOTE = '(generated by AI)'\ndef write():\n    return OpenAI().chat.completions.create(messages=[{{'role': 'system', 'content': 'Say that it is AI-generated'}}]).choices[0].message.content\n{line}\n"
        )
    };
    for (line, found) in [
        ("tweepy.Client().create_tweet(text=write())", 1),
        ("smtplib.SMTP('x').sendmail('a', 'b', MIMEText(write()).as_string())", 1),
        ("tweepy.Client().create_tweet(text=f'{write()}\\n{NOTE}')", 0),
        ("tweepy.Client().create_tweet(text=write() + '（本内容由 AI 生成）')", 0),
        ("tweepy.Client().create_tweet(text='hello')", 0),
        ("tweepy.Client().search_recent_tweets(write())", 0),
        ("print(write())", 0),
    ] {
        assert_eq!(python(rule, &post(line)), found, "{line}");
    }
    let mail = |text: &str| {
        format!(
            "import nodemailer from 'nodemailer';\nimport OpenAI from 'openai';\nconst made = await new OpenAI().chat.completions.create({{ messages: [] }});\nawait nodemailer.createTransport({{}}).sendMail({{ to: 'all', text: {text} }});\n"
        )
    };
    assert_eq!(script(rule, &mail("made.choices[0].message.content")), 1);
    assert_eq!(script(rule, &mail("`${made.choices[0].message.content} — written by AI`")), 0);
    assert_eq!(script(rule, &mail("'hello'")), 0);
}

#[test]
fn a_body_with_fields_is_what_people_say() {
    let text = "from fastapi import FastAPI\nfrom pydantic import BaseModel\nfrom openai import OpenAI\napp = FastAPI()\nc = OpenAI(base_url='https://api.deepseek.com')\nclass Settings(BaseModel):\n    name: str = 'x'\nclass Body(BaseModel):\n    text: str\n@app.post('/')\ndef chat(body: Body):\n    return c.chat.completions.create(messages=[body.text])\ndef own(settings: Settings):\n    return c.chat.completions.create(messages=[settings.name])\nown(Settings())\n";
    let found: Vec<String> = lines(&checked(&[("agent.py", text)]))
        .into_iter()
        .filter(|line| line.starts_with("personal-data-unmasked"))
        .collect();
    assert_eq!(found, ["personal-data-unmasked@12"]);
}

#[test]
fn a_server_of_tools_holds_them_in_one_hand() {
    let rule = "untrusted-and-powerful";
    let server = |reads: &str, acts: &str| {
        format!(
            "import imaplib, smtplib\nfrom googleapiclient.discovery import build\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('mail')\n@mcp.tool()\ndef read_mail(number: str):\n    {reads}\n@mcp.tool()\ndef send_mail(to: str, text: str):\n    {acts}\n"
        )
    };
    let reads = "return build('gmail', 'v1').users().messages().get(id=number).execute()";
    let acts = "smtplib.SMTP('x').sendmail('me', to, text)";
    assert_eq!(python(rule, &server(reads, acts)), 1);
    assert_eq!(python(rule, &server("return imaplib.IMAP4('x').fetch(number, 'BODY')", acts)), 1);
    assert_eq!(python(rule, &server("return number", acts)), 0);
    assert_eq!(python(rule, &server(reads, "return 'sent'")), 0);
}

#[test]
fn a_text_is_sure_only_where_each_of_its_parts_is() {
    let tool = |body: &str| {
        let text = format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef run(folder, command, limit):\n    if folder not in ALLOWED:\n        return None\n    return subprocess.run({body}, shell=True)\nALLOWED = ['a', 'b']\n"
        );
        crate::project::of_rule("untrusted-to-exec", &text).len()
    };
    assert_eq!(tool("f'cd {folder} && {command}'"), 1);
    assert_eq!(tool("'cd ' + folder + ' && ' + command"), 1);
    assert_eq!(tool("f'cd {folder} && ls'"), 0);
    assert_eq!(tool("f'cd {folder} && head -n {limit} x'"), 0);
}

#[test]
fn tokens_of_a_model_are_none_of_a_caller() {
    let server = |read: &str| {
        let text = format!(
            "import express from 'express';\nimport OpenAI from 'openai';\nconst ai = new OpenAI();\nexpress().post('/x', async (req, res) => {{\n  {read}\n  try {{ res.json(await ai.chat.completions.create({{ model: 'x', messages: [{{ role: 'user', content: req.body.q }}] }})); }}\n  catch (error) {{ res.status(error.status === 401 ? 502 : 500); }}\n}});\n"
        );
        let found = crate::project::lines(&crate::project::checked(&[("s.js", &text)]));
        found.iter().any(|line| line.starts_with("endpoint-without-authentication"))
    };
    assert!(server("const onToken = (token) => res.write(token);"));
    assert!(!server("if (req.headers.authorization !== KEY) return res.status(401).end();"));
}

#[test]
fn a_limit_stands_in_the_settings_of_the_model() {
    let server = |settings: &str| {
        format!(
            "import express from 'express';\nimport {{ GoogleGenerativeAI }} from '@google/generative-ai';\nconst ai = new GoogleGenerativeAI(process.env.KEY);\nexpress().post('/x', async (req, res) => {{\n  const model = ai.getGenerativeModel({{ model: 'm'{settings} }});\n  const chat = model.startChat({{ history: [] }});\n  res.json(await chat.sendMessage(req.body.text));\n}});\n"
        )
    };
    let found = |settings: &str| {
        let text = server(settings);
        lines(&checked(&[("server.js", text.as_str())]))
            .iter()
            .any(|line| line.starts_with("endpoint-without-limit"))
    };
    assert!(found(""));
    assert!(!found(", generationConfig: { maxOutputTokens: 500 }"));
}

#[test]
fn what_is_older_than_a_date_is_let_go_of_by_any_column_of_time() {
    let text = |column: &str| {
        format!(
            "import sqlite3, telebot\nbot = telebot.TeleBot('x')\ndb = sqlite3.connect('x')\n@bot.message_handler()\ndef on(m):\n    db.execute('INSERT INTO messages (who, content) VALUES (?, ?)', (m.from_user.id, m.text))\n    db.execute('DELETE FROM messages WHERE {column} < ?', (m.date,))\n"
        )
    };
    assert!(of_rule("no-retention", &text("started_at")).is_empty());
    assert_eq!(of_rule("no-retention", &text("size")).len(), 1);
}

#[test]
fn what_an_account_is_asked_about_is_no_model() {
    let text = |path: &str| {
        format!(
            "import requests\ntext = input()\nprint(requests.get(f'https://api.deepseek.com/{path}', params={{'q': text}}).json())\n"
        )
    };
    assert!(of_rule("provider-trains-by-default", &text("user/balance")).is_empty());
    assert!(of_rule("personal-data-unmasked", &text("v1/models?x=1")).is_empty());
    assert_eq!(of_rule("provider-trains-by-default", &text("v1/answer")).len(), 1);
}

#[test]
fn a_line_about_something_else_is_no_record_of_a_call() {
    let rule = "tool-calls-unlogged";
    let text = |logs: &str, does: &str| {
        format!(
            "import logging, smtplib\nfrom langchain_core.tools import tool\nserver = None\ndef connected():\n    global server\n    server = smtplib.SMTP('x')\n    {logs}\n    return server\ndef deliver(to, text):\n    {does}\n    connected().sendmail('me', to, text)\n@tool\ndef send_mail(to: str, text: str):\n    \"\"\"Send a mail.\"\"\"\n    deliver(to, text)\n"
        )
    };
    assert_eq!(of_rule(rule, &text("logging.info('connected')", "pass")).len(), 1);
    assert!(of_rule(rule, &text("pass", "logging.info('sent')")).is_empty());
}

#[test]
fn an_agent_that_goes_on_by_calling_itself_counts() {
    let rule = "tool-loop-without-limit";
    let agent = |parameters: &str, end: &str, words: &str| {
        format!(
            "from openai import OpenAI\nai = OpenAI()\ndef run(messages{parameters}):\n    {end}\n    message = ai.chat.completions.create(model='m', messages=messages).choices[0].message\n    if message.{words}:\n        messages.append({{'role': 'tool', 'content': 'x'}})\n        return run(messages)\n    return message.content\nrun([{{'role': 'user', 'content': input()}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("", "pass", "tool_calls")), ["tool-loop-without-limit@8"]);
    assert!(of_rule(rule, &agent(", depth=0", "pass", "tool_calls")).is_empty());
    assert!(of_rule(rule, &agent("", "if len(messages) > 20: return None", "tool_calls")).is_empty());
    assert!(of_rule(rule, &agent("", "pass", "refusal")).is_empty());
}

#[test]
fn a_loop_that_runs_what_the_model_writes() {
    let rule = "tool-loop-without-limit";
    let agent = |test: &str, does: &str| {
        format!(
            "import subprocess\nfrom openai import OpenAI\nai = OpenAI()\nsaid = [{{'role': 'user', 'content': input()}}]\ndef go():\n    while {test}:\n        answer = ai.chat.completions.create(model='m', messages=said).choices[0].message.content\n        if 'DONE' in answer:\n            break\n        {does}\ngo()\n"
        )
    };
    let shell = "said.append({'role': 'user', 'content': subprocess.run(answer, shell=True)})";
    assert_eq!(of_rule(rule, &agent("True", shell)), ["tool-loop-without-limit@6"]);
    assert!(of_rule(rule, &agent("len(said) < 20", shell)).is_empty());
    assert!(of_rule(rule, &agent("True", "print(answer)")).is_empty());
}
