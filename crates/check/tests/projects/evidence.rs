//! The evidence that a finding requires: code that resembles a finding but is none, next to code that is one.

use ombud_check::Options;

use crate::project::{checked, checked_with, lines, of_rule};

fn told(files: &[(&str, &str)], rule: &str) -> Vec<String> {
    let own = |line: &String| line.split('@').next() == Some(rule);
    lines(&checked(files)).into_iter().filter(own).collect()
}

#[test]
fn rows_that_only_say_when_and_which_hold_nothing_that_was_said() {
    let text = |statement: &str| {
        format!(
            "import sqlite3, discord\nfrom openai import OpenAI\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        c = sqlite3.connect('x.db')\n        c.execute('INSERT INTO messages (chat_id, content) VALUES (?, ?)', (message.channel.id, message.content))\n        rows = c.execute('{statement}', (message.author.id,)).fetchall()\n        OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': str(rows)}}])\n"
        )
    };
    for (statement, reads, writes) in [
        ("SELECT content FROM messages WHERE chat_id = ?", 1, 1),
        ("SELECT * FROM messages WHERE chat_id = ?", 1, 1),
        ("SELECT id, created_at FROM messages WHERE chat_id = ?", 0, 1),
        ("SELECT COUNT(*) FROM messages WHERE chat_id = ?", 0, 1),
        ("INSERT INTO conversations (user_id) VALUES (?)", 0, 1),
        ("INSERT INTO conversations (title) VALUES (?)", 0, 2),
        ("UPDATE conversations SET last_active_at = 1 WHERE id = ?", 0, 1),
    ] {
        assert_eq!(of_rule("retrieval-without-consent", &text(statement)).len(), reads, "{statement}");
        assert_eq!(of_rule("memory-write-without-consent", &text(statement)).len(), writes, "{statement}");
    }
}

#[test]
fn what_a_registry_picks_is_run_in_one_place() {
    let rule = "untrusted-to-exec";
    let tool = "import { execSync } from 'child_process';\nexport class RunTool {\n  name = 'run_command';\n  description = 'Runs a command.';\n  parameters = { type: 'object', properties: { command: { type: 'string' } } };\n  execute(args) { return execSync(args.command).toString(); }\n}\nexport class NoteTool {\n  name = 'note';\n  description = 'Keeps a note.';\n  parameters = { type: 'object', properties: { text: { type: 'string' } } };\n  execute(args) { return args.text; }\n}\n";
    let registry = "export class Registry {\n  tools = new Map();\n  register(tool) { this.tools.set(tool.name, tool); }\n  execute(name, args) { const tool = this.tools.get(name); return tool.execute(args); }\n}\n";
    let agent = "import OpenAI from 'openai';\nimport { Registry } from './registry.js';\nimport { RunTool, NoteTool } from './tools.js';\nconst all = new Registry();\nall.register(new RunTool());\nall.register(new NoteTool());\nasync function main() {\n  for (let i = 0; i < 5; i++) {\n    const answer = await new OpenAI().chat.completions.create({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: process.argv[2] }] });\n    for (const call of answer.choices[0].message.tool_calls) {\n      console.log(all.execute(call.function.name, JSON.parse(call.function.arguments)));\n    }\n  }\n}\nmain();\n";
    let files = [("tools.js", tool), ("registry.js", registry), ("agent.js", agent)];
    assert_eq!(told(&files, rule), ["untrusted-to-exec@tools.js:6"]);
    // Neither `execute` nor a method of any other object looked up by key is the name of a tool.
    let asked = told(&files, "tool-without-confirmation");
    assert_eq!(asked, ["tool-without-confirmation@tools.js:6"]);
}

#[test]
fn a_branch_for_the_kind_of_an_event_carries_out_no_tool() {
    let rule = "tool-without-confirmation";
    let text = |compared: &str| {
        format!(
            "import os\nfrom openai import OpenAI\nTOOLS = [{{'type': 'function', 'function': {{'name': 'message', 'description': 'Send a message to somebody.', 'parameters': {{}}}}}}]\ndef handle(event, name, args):\n    if {compared} == 'message':\n        send_push(args)\ndef send_push(args):\n    os.system('push ' + args['id'])\ndef main():\n    answer = OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}], tools=TOOLS)\n    call = answer.choices[0].message.tool_calls[0]\n    handle(read(), call.function.name, call.function.arguments)\ndef read():\n    return {{'type': 'x'}}\nmain()\n"
        )
    };
    assert_eq!(of_rule(rule, &text("name")), ["tool-without-confirmation@7"]);
    assert_eq!(of_rule(rule, &text("event['type']")), ["tool-without-confirmation@3"]);
}

#[test]
fn a_tool_that_is_called_after_a_start_and_only_looks_needs_no_question() {
    let rule = "tool-without-confirmation";
    let text = |body: &str| {
        format!(
            "import subprocess, requests\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef run_session(name: str) -> str:\n    \"\"\"Run a session.\"\"\"\n    {body}\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &text("return requests.get('https://api.example.com/session').text")).len(), 0);
    assert_eq!(of_rule(rule, &text("return subprocess.run(['x', name]).stdout")).len(), 1);
    assert_eq!(
        of_rule(rule, &text("return requests.post('https://api.example.com/session', json=name).text")).len(),
        1
    );
}

#[test]
fn a_folder_called_after_the_program_is_no_conversation() {
    let agent = |file: &str| {
        format!(
            "import json, sys\nfrom openai import OpenAI\nasked = sys.argv[1]\nanswer = OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': asked}}]).choices[0].message.content\nwith open('{file}', 'w') as f:\n    json.dump({{'name': asked}}, f)\n"
        )
    };
    for (file, found) in [
        ("my-ai-chat/package.json", 0),
        ("my-chat/data.json", 0),
        ("chats/data.json", 1),
        ("data/chat.json", 1),
    ] {
        let all = [("agent.py", agent(file))];
        let files = [("agent.py", all[0].1.as_str())];
        assert_eq!(told(&files, "plaintext-chat-store").len(), found, "{file}");
        assert_eq!(told(&files, "memory-write-without-consent").len(), found, "{file}");
    }
}

#[test]
fn what_a_service_signed_no_client_chose() {
    let rule = "untrusted-to-exec";
    let text = |check: &str, path: &str| {
        format!(
            "import os, hmac\nfrom flask import Flask, request, abort\napp = Flask(__name__)\ndef verify_signature(body, given):\n    return hmac.compare_digest(body, given)\n@app.post('/hook')\ndef hook():\n    raw = request.get_data()\n{check}    event = parse(raw)\n    open('/srv/in/' + {path}, 'wb').write(b'x')\ndef parse(raw):\n    import json\n    return json.loads(raw)\n"
        )
    };
    let checked = "    if not verify_signature(raw, request.headers['X-Signature']):\n        abort(401)\n";
    assert_eq!(of_rule(rule, &text("", "event['id']")).len(), 1);
    assert_eq!(of_rule(rule, &text(checked, "event['id']")).len(), 0);
    // The service assigned the id; the words are those of whoever wrote to it.
    assert_eq!(of_rule(rule, &text(checked, "event['message']['text']")).len(), 1);
    let nothing = "    if not verify_signature('constant', 'constant'):\n        abort(401)\n";
    assert_eq!(of_rule(rule, &text(nothing, "event['id']")).len(), 1);
    let other = "    note = request.args['note']\n    if not verify_signature(note, request.headers['X-Signature']):\n        abort(401)\n";
    assert_eq!(of_rule(rule, &text(other, "event['id']")).len(), 1);
    let beside = "    name = request.args['name']\n    if not verify_signature(raw, request.headers['X-Signature']):\n        abort(401)\n";
    assert_eq!(of_rule(rule, &text(beside, "name")).len(), 1);
}

#[test]
fn a_name_that_says_decrypt_decrypts_nothing_by_itself() {
    let rule = "untrusted-to-exec";
    let text = |body: &str, part: &str| {
        format!(
            "from flask import Flask, request\nfrom cryptography.fernet import Fernet\napp = Flask(__name__)\nbox = Fernet(open('key').read())\ndef decrypt_it(x):\n    {body}\n@app.post('/hook')\ndef hook():\n    event = decrypt_it(request.json['t'])\n    open('/srv/in/' + {part}, 'wb').write(b'x')\n"
        )
    };
    assert_eq!(of_rule(rule, &text("return x", "event['id']")).len(), 1);
    assert_eq!(of_rule(rule, &text("return box.decrypt(x)", "event['id']")).len(), 0);
    assert_eq!(of_rule(rule, &text("return box.decrypt(x)", "event['text']")).len(), 1);
}

#[test]
fn a_text_that_was_cut_is_still_what_it_was() {
    let rule = "untrusted-to-exec";
    let model = |line: &str| {
        format!(
            "import subprocess, os\nfrom openai import OpenAI\nout = OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}]).choices[0].message.content\n{line}\n"
        )
    };
    for line in [
        "eval(out.split('</think>')[-1])",
        "subprocess.run(out.split('</cmd>')[0], shell=True)",
        "subprocess.run('ls ' + out.split('/')[0], shell=True)",
    ] {
        assert_eq!(of_rule(rule, &model(line)), [format!("{rule}@4")], "{line}");
    }
    let file = |path: &str| {
        format!(
            "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef take():\n    name = request.args['name']\n    return open({path}).read()\n"
        )
    };
    for path in [
        "os.path.join('/srv/files', *name.split('/'))",
        "'/srv/files/' + '/'.join(name.split('/'))",
        "'/srv/files/' + name.rsplit('/', 1)[0]",
    ] {
        assert_eq!(of_rule(rule, &file(path)).len(), 1, "{path}");
    }
    assert!(of_rule(rule, &file("'/srv/files/' + os.path.basename(name)")).is_empty());
    let script = "import OpenAI from 'openai';\nconst answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [{ role: 'user', content: process.argv[2] }] });\neval(answer.choices[0].message.content.split('</think>').pop());\n";
    assert_eq!(told(&[("run.mjs", script)], rule), ["untrusted-to-exec@run.mjs:3"]);
}

#[test]
fn a_page_of_a_provider_and_a_hint_are_no_address() {
    let rule = "hardcoded-provider";
    for (line, found) in [
        ("base = 'https://api.deepseek.com'", 1),
        ("print('Get a key at https://api.deepseek.com')", 0),
        ("help = 'https://api.deepseek.com/keys'", 0),
        ("url = 'https://api.deepseek.com/v1/chat/completions'", 1),
    ] {
        assert_eq!(of_rule(rule, &format!("{line}\n")).len(), found, "{line}");
    }
}

#[test]
fn a_program_of_which_nothing_is_known_is_asked_nothing() {
    let rule = "personal-data-unmasked";
    let text = |arguments: &str| {
        format!(
            "const {{ execFile }} = require('child_process');\nfunction ask(args) {{ execFile('claude', {arguments}, () => {{}}); }}\nrequire('readline').createInterface({{ input: process.stdin }}).on('line', line => ask(JSON.parse(line)));\n"
        )
    };
    assert_eq!(told(&[("run.js", &text("args"))], rule).len(), 0);
    assert_eq!(told(&[("run.js", &text("['-p', args[0]]"))], rule).len(), 1);
    assert_eq!(told(&[("run.js", &text("['plugin', args[0]]"))], rule).len(), 0);
}

#[test]
fn a_worker_and_those_who_run_the_place_are_told_nothing_by_strangers() {
    let rule = "memory-write-without-consent";
    let task = |caller: &str| {
        let tasks = "from celery import shared_task\nimport chromadb\nnotes = chromadb.PersistentClient().get_collection('notes')\n@shared_task\ndef keep(number, text):\n    notes.add(ids=[str(number)], documents=[text])\n";
        let views = format!(
            "from flask import Flask, request\nfrom tasks import keep\napp = Flask(__name__)\n@app.post('/')\ndef say():\n    {caller}\n    return ''\n"
        );
        told(&[("tasks.py", tasks), ("views.py", &views)], rule).len()
    };
    assert_eq!(task("keep.delay(1, request.json['text'])"), 1);
    assert_eq!(task("keep.delay(1, 'opening hours')"), 0);
    let admin = |base: &str, import: &str| {
        format!(
            "import chromadb\n{import}\nnotes = chromadb.PersistentClient().get_collection('notes')\nclass Pages({base}):\n    def post(self, request, queryset):\n        for page in queryset:\n            notes.add(ids=['1'], documents=[page.text])\n"
        )
    };
    let of = |text: &str| told(&[("app/admin.py", text)], rule).len();
    assert_eq!(of(&admin("admin.ModelAdmin", "from django.contrib import admin")), 0);
    let view = admin("View", "from django.views import View").replace("queryset", "pages");
    assert_eq!(of(&view), 1);
}

#[test]
fn rows_that_anybody_may_make_are_behind_an_open_door() {
    let rule = "endpoint-without-authentication";
    let models =
        "from django.db import models\nclass ChatSession(models.Model):\n    name = models.CharField()\n";
    let view = |mark: &str| {
        format!(
            "from django.http import JsonResponse\nfrom django.contrib.auth.decorators import login_required\nfrom .models import ChatSession\n{mark}def create(request):\n    ChatSession.objects.create(name=request.POST['name'])\n    return JsonResponse({{}})\ndef health(request):\n    return JsonResponse({{'ok': True}})\n"
        )
    };
    let of = |mark: &str| {
        let urls = "from django.urls import path\nfrom . import views\nurlpatterns = [path('create/', views.create), path('health/', views.health)]\n";
        told(
            &[
                ("app/__init__.py", ""),
                ("app/models.py", models),
                ("app/views.py", &view(mark)),
                ("app/urls.py", urls),
            ],
            rule,
        )
    };
    assert_eq!(of(""), ["endpoint-without-authentication@app/views.py:4"]);
    assert!(of("@login_required\n").is_empty());
}

#[test]
fn a_line_about_a_failure_is_no_record() {
    let rule = "tool-calls-unlogged";
    let text = |before: &str| {
        format!(
            "import logging, requests\nfrom mcp.server.fastmcp import FastMCP\nlog = logging.getLogger('x')\nmcp = FastMCP('x')\n@mcp.tool()\ndef delete_event(number: str) -> str:\n    try:\n{before}        return requests.delete('https://api.example.com/' + number).text\n    except Exception as error:\n        log.error('failed: %s', error)\n        return ''\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &text("")).len(), 1);
    assert_eq!(of_rule(rule, &text("        log.info('delete %s', number)\n")).len(), 0);
}

#[test]
fn a_question_that_is_narrowed_in_a_helper_is_nobody_elses() {
    let rule = "memory-shared-by-all";
    let text = |condition: &str| {
        format!(
            "from fastapi import FastAPI\nfrom openai import OpenAI\nfrom sqlalchemy.orm import DeclarativeBase, Session, mapped_column\napp = FastAPI()\nclass Base(DeclarativeBase):\n    pass\nclass Message(Base):\n    conversation_id = mapped_column()\n    content = mapped_column()\nclass Service:\n    def __init__(self, db: Session):\n        self.db = db\n        self.talk = read_talk()\n    def history(self):\n        return (\n            self.db.query(Message)\n            {condition}\n            .all()\n        )\n    def answer(self, key, text):\n        self.db.add(Message(conversation_id=key, content=text))\n        past = self.history()\n        return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': str(past) + text}}])\n@app.post('/chat')\ndef chat(key: str, text: str, db: Session):\n    return Service(db).answer(key, text)\n"
        )
    };
    assert_eq!(of_rule(rule, &text(".filter(Message.conversation_id == self.talk)")).len(), 0);
    assert_eq!(of_rule(rule, &text(".order_by(Message.id)")).len(), 1);
}

#[test]
fn a_configuration_in_which_an_assistant_may_do_all_is_told_of_once() {
    let rule = "mcp-server-reaches-too-much";
    let yaml = |mode: &str| {
        format!(
            "agent:\n  # modes: default, bypassPermissions\n  permission_mode: \"{mode}\"\n  cli_args:\n    - \"--verbose\"\n"
        )
    };
    assert_eq!(told(&[("config.yml", &yaml("bypassPermissions"))], rule), [format!("{rule}@config.yml:3")]);
    assert!(told(&[("config.yml", &yaml("default"))], rule).is_empty());
    let settings = |list: &str| {
        format!("{{\n  \"permissions\": {{\n    \"{list}\": [\n      \"Bash(*)\"\n    ]\n  }}\n}}\n")
    };
    assert_eq!(told(&[(".claude/settings.json", &settings("allow"))], rule).len(), 1);
    assert!(told(&[(".claude/settings.json", &settings("deny"))], rule).is_empty());
    assert!(told(&[("other/settings.json", &settings("allow"))], rule).is_empty());
}

#[test]
fn a_library_hears_people_in_the_history_that_it_is_given() {
    let rule = "personal-data-unmasked";
    let text = |name: &str| {
        format!(
            "from openai import OpenAI\nclass Handler:\n    def __init__(self):\n        self.client = OpenAI(base_url='https://api.deepseek.com')\n    def generate_answer(self, {name}):\n        return self.client.chat.completions.create(model='m', messages=[{{'role': m['role'], 'content': m['content']}} for m in {name}])\n"
        )
    };
    let of = |name: &str| {
        let text = text(name);
        let found =
            lines(&checked_with(&[("lib/__init__.py", ""), ("lib/handler.py", &text)], &Options::default()));
        found.iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!(of("history"), 1);
    assert_eq!(of("weights"), 0);
}

#[test]
fn whose_talk_a_request_says_by_its_key() {
    let rule = "identity-from-body";
    let store = "import { readFileSync, writeFileSync } from 'fs';\nimport { join, basename } from 'path';\nexport class SessionStore {\n  load(key) { return JSON.parse(readFileSync(join('sessions', basename(key)), 'utf8')); }\n  save(key, turns) { writeFileSync(join('sessions', basename(key)), JSON.stringify(turns)); }\n}\n";
    let server = |key: &str| {
        format!(
            "import express from 'express';\nimport {{ SessionStore }} from './store.js';\nconst app = express();\nconst all = new SessionStore();\napp.get('/history', (req, res) => {{\n  res.json(all.load({key}));\n}});\napp.listen(3000);\n"
        )
    };
    let of = |key: &str| told(&[("store.js", store), ("server.js", &server(key))], rule).len();
    assert_eq!(of("String(req.query.session)"), 1);
    assert_eq!(of("'everybody'"), 0);
}

#[test]
fn a_socket_without_encryption_to_a_far_host() {
    let rule = "connection-not-checked";
    let of = |url: &str| {
        told(&[("page.js", &format!("const s = new WebSocket('{url}');\ns.send('x');\n"))], rule).len()
    };
    assert_eq!(of("ws://chat.example.com/x"), 1);
    for near in ["wss://chat.example.com/x", "ws://localhost:3000/x", "ws://192.168.1.4/x"] {
        assert_eq!(of(near), 0, "{near}");
    }
}

#[test]
fn the_state_of_a_program_is_no_conversation() {
    let rule = "plaintext-chat-store";
    let text = |name: &str| {
        format!(
            "import json\nfrom openai import OpenAI\ndef ask(said):\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': said}}]).choices[0].message.content\ndef main():\n    {name} = {{}}\n    {name}['a'] = input()\n    {name}['b'] = ask({name}['a'])\n    with open('out/data.json', 'w') as f:\n        json.dump({name}, f)\nmain()\n"
        )
    };
    assert_eq!(of_rule(rule, &text("history")).len(), 1);
    assert_eq!(of_rule(rule, &text("state")).len(), 0);
}

#[test]
fn whoever_is_asked_for_consent_may_be_anybody() {
    let rule = "endpoint-without-authentication";
    let text = |mark: &str| {
        format!(
            "from flask import Flask, request\nfrom flask_login import login_required\nfrom ombud import user_consent_required\nfrom openai import OpenAI\napp = Flask(__name__)\n@app.post('/ask')\n{mark}def ask():\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': request.json['q']}}]).choices[0].message.content\n"
        )
    };
    assert_eq!(of_rule(rule, &text("")).len(), 1);
    assert_eq!(of_rule(rule, &text("@user_consent_required('memory')\n")).len(), 1);
    assert_eq!(of_rule(rule, &text("@login_required\n")).len(), 0);
}

#[test]
fn what_helps_fits_the_place() {
    let fix = |text: &str, rule: &str| {
        let report = checked(&[("agent.py", text)]);
        let found = report.findings.iter().find(|one| one.rule.0 == rule).and_then(ombud_check::advice);
        found.map(|advice| advice.fix.en).unwrap_or_default()
    };
    let model = "from openai import OpenAI\nimport os, sqlite3\nsaid = OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': input()}]).choices[0].message.content\n";
    let shell = fix(&format!("{model}os.system(said)\n"), "untrusted-to-exec");
    let rows = fix(
        &format!("{model}sqlite3.connect('x').execute('select * from t where a = ' + said)\n"),
        "untrusted-to-exec",
    );
    assert!(shell.contains("without a shell") && rows.contains("Bind values"), "{shell}\n{rows}");
    assert!(!fix(model, "personal-data-unmasked").contains("base_url"));
    let fixed = model.replace("OpenAI()", "OpenAI(base_url='https://api.deepseek.com')");
    assert!(fix(&fixed, "personal-data-unmasked").contains("base_url"));
}
