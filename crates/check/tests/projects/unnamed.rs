//! Things without a name of their own: functions in a table or a line, parts of something held elsewhere, files named by the
//! system.

use crate::project::{checked, lines, of, of_rule};

/// The findings of one rule, in files given as `(name, text)`.
fn told(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let found = lines(&checked(files));
    found.iter().filter_map(|line| line.strip_prefix(rule)?.strip_prefix('@')).map(str::to_owned).collect()
}

#[test]
fn tools_in_a_table_of_lambdas() {
    let server = |table: &str| {
        format!(
            "import os\nfrom mcp import types\nfrom mcp.server import Server\napp = Server('pots')\nSPECS = [{{'name': 'pots_delete', 'description': 'Delete a pot', 'schema': {{'type': 'object', 'properties': {{}}}}}}]\nclass Shelf:\n    def put(self, folder, name, text):\n        with open(os.path.join(folder, name), 'w') as file:\n            file.write(text)\n    def delete_pot(self, name):\n        return self.api.delete(name)\nTABLE = {{\n    {table}\n}}\n@app.list_tools()\nasync def offered():\n    return [types.Tool(name=s['name'], description=s['description'], inputSchema=s['schema']) for s in SPECS]\n@app.call_tool()\nasync def chosen(name, arguments):\n    return TABLE[name](Shelf(), arguments)\n"
        )
    };
    let deletes = server("'pots_delete': lambda s, a: s.delete_pot(a['name']),");
    assert_eq!(told("tool-without-confirmation", &[("s.py", &deletes)]), ["s.py:13"]);
    let puts = server("'pots_put': lambda s, a: s.put(a['folder'], a['name'], 'x'),");
    assert_eq!(told("untrusted-to-exec", &[("s.py", &puts)]), ["s.py:8"]);
    let fixed = server("'pots_put': lambda s, a: s.put('pots', 'one', 'x'),");
    assert!(told("untrusted-to-exec", &[("s.py", &fixed)]).is_empty());
}

#[test]
fn a_lambda_that_a_library_calls_is_a_function() {
    let tool = |run: &str| {
        format!(
            "import subprocess\nfrom langchain.tools import Tool\nall = [Tool(name='look', description='Look', func={run})]\n"
        )
    };
    let rule = "untrusted-to-exec";
    assert_eq!(of_rule(rule, &tool("lambda what: subprocess.run(what, shell=True)")).len(), 1);
    assert!(of_rule(rule, &tool("lambda what: subprocess.run(['ls', what])")).is_empty());
    assert!(of_rule(rule, &tool("lambda what: subprocess.run('ls', shell=True)")).is_empty());
    // A lambda without arguments is evaluated in place, with what is known there.
    let later = "import subprocess\ndef later(what):\n    return what()\ndef ask():\n    text = input()\n    return later(lambda: print(text))\nask()\n";
    assert!(of(later).is_empty());
}

#[test]
fn what_a_plug_in_describes_to_its_host_is_told_what_it_is_for() {
    let plugin = |put: &str, run: &str| {
        format!(
            "import {{ execSync }} from 'child_process';\nexport default function register(host) {{\n  host.{put}({{\n    name: 'look',\n    description: 'Look',\n    handler: async (given) => execSync({run}),\n  }});\n}}\n"
        )
    };
    let rule = "untrusted-to-exec";
    for put in ["registerCommand", "registerTool"] {
        assert_eq!(told(rule, &[("p.ts", &plugin(put, "`look ${given.args}`"))]), ["p.ts:6"], "{put}");
        assert!(told(rule, &[("p.ts", &plugin(put, "'look'"))]).is_empty(), "{put}");
    }
    assert!(told(rule, &[("p.ts", &plugin("registerTheme", "`look ${given.args}`"))]).is_empty());
}

#[test]
fn methods_that_begin_with_a_capital_act() {
    let server = |send: &str| {
        format!(
            "import phone\nfrom mcp import types\nfrom mcp.server import Server\napp = Server('p')\nline = phone.Line()\n@app.call_tool()\nasync def chosen(name, arguments):\n    if name == 'send_note':\n        if 'who' not in arguments:\n            raise ValueError('who')\n        {send}\n@app.list_tools()\nasync def offered():\n    return [types.Tool(name='send_note', description='Send a note', inputSchema={{}})]\n"
        )
    };
    let rule = "tool-without-confirmation";
    assert_eq!(told(rule, &[("s.py", &server("line.SendNote(arguments['who'])"))]), ["s.py:11"]);
    // The request is only built here, and sent by another call.
    let made = "note = phone.SendNoteRequest(arguments['who'])\n        line.send_note(note)";
    assert_eq!(told(rule, &[("s.py", &server(made))]), ["s.py:12"]);
}

#[test]
fn a_conversation_is_one_by_its_form() {
    let keeper = |class: &str, kept: &str| {
        format!(
            "import json, os, tempfile\nfrom openai import OpenAI\nai = OpenAI()\nclass {class}:\n    def save(self, who, said):\n        handle, path = tempfile.mkstemp()\n        with os.fdopen(handle, 'w') as file:\n            json.dump({kept}, file)\n        os.replace(path, f'{{who}}/state.json')\nkeeper = {class}()\nsaid = [{{'role': 'user', 'content': input()}}]\nai.chat.completions.create(model='m', messages=said)\nkeeper.save('x', said)\n"
        )
    };
    let rule = "plaintext-chat-store";
    assert_eq!(of_rule(rule, &keeper("StateStore", "{'history': said}")), ["plaintext-chat-store@8"]);
    assert!(of_rule(rule, &keeper("StateStore", "{'count': len(said)}")).is_empty());
    let rule = "memory-write-without-consent";
    assert_eq!(of_rule(rule, &keeper("StateStore", "{'history': said}")), ["memory-write-without-consent@8"]);
    assert!(of_rule(rule, &keeper("PromptCache", "{'history': said}")).is_empty());
}

#[test]
fn what_is_put_into_a_part_is_put_into_the_whole() {
    let memory = |part: &str| {
        format!(
            "import json\nfrom openai import OpenAI\nai = OpenAI()\nclass ConversationMemory:\n    def __init__(self):\n        self.all = {{}}\n        self.other = {{}}\n    def add(self, kind, line):\n        part = {part}\n        part['lines'].append(line)\n        self.keep()\n    def keep(self):\n        with open('state.json', 'w') as file:\n            json.dump(self.all, file)\nmemory = ConversationMemory()\nsaid = input()\nai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': said}}])\nmemory.add('x', said)\n"
        )
    };
    let rule = "plaintext-chat-store";
    assert_eq!(of_rule(rule, &memory("self.all[kind]")), ["plaintext-chat-store@14"]);
    assert_eq!(of_rule(rule, &memory("self.all.get(kind)")), ["plaintext-chat-store@14"]);
    assert!(of_rule(rule, &memory("self.other[kind]")).is_empty());
    // A name that walks along the structure it is part of must reach a fixed point.
    let along = "class Tree:\n    def last(self, text):\n        one = self.top[0]\n        while one:\n            one = one.below[0]\n            one.append(text)\nTree().last(input())\n";
    assert!(of(along).is_empty());
}

#[test]
fn what_a_constructor_reads_comes_up_where_its_object_asks() {
    let store = "import json\nclass ChatMemory:\n    def load(self):\n        with open('history.json') as file:\n            return json.load(file)\n    def save(self, said):\n        with open('history.json', 'w') as file:\n            json.dump(said, file)\n";
    let agent = |asks: &str| {
        format!(
            "from openai import OpenAI\nfrom store import ChatMemory\nai = OpenAI()\nclass Agent:\n    def __init__(self, store):\n        self.store = store\n        self.said = store.load()\n    def ask(self, text):\n        self.said.append(text)\n        self.store.save(self.said)\n        return {asks}\nprint(Agent(ChatMemory()).ask(input()))\n"
        )
    };
    let rule = "retrieval-without-consent";
    let told = |asks: &str| told(rule, &[("agent.py", &agent(asks)), ("store.py", store)]);
    let asks =
        "ai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': str(self.said)}])";
    assert_eq!(told(asks), ["7"]);
    assert!(told("len(self.said)").is_empty());
}

#[test]
fn an_upload_that_lies_in_a_temporary_file() {
    let route = |put: &str| {
        format!(
            "import shutil, tempfile, uuid\nimport chromadb\nfrom fastapi import FastAPI, UploadFile\nfrom openai import OpenAI\nfrom pypdf import PdfReader\napp = FastAPI()\nnotes = chromadb.PersistentClient(path='x').get_or_create_collection(name='notes')\n@app.post('/put')\ndef put(file: UploadFile):\n    with tempfile.NamedTemporaryFile(delete=False) as temp:\n        {put}\n        path = temp.name\n    for page in PdfReader(path).pages:\n        notes.add(documents=[page.extract_text()], ids=[str(uuid.uuid4())])\n    with open(path) as again:\n        again.read()\n"
        )
    };
    let rule = "memory-write-without-consent";
    assert_eq!(of_rule(rule, &route("shutil.copyfileobj(file.file, temp)")).len(), 1);
    assert_eq!(of_rule(rule, &route("temp.write(file.file.read())")).len(), 1);
    assert!(of_rule(rule, &route("temp.write(b'x')")).is_empty());
    // The system named the file, not the client.
    assert!(of_rule("untrusted-to-exec", &route("shutil.copyfileobj(file.file, temp)")).is_empty());
}

#[test]
fn clients_of_python_that_check_nobody_by_themselves() {
    let rule = "connection-not-checked";
    for (call, found) in [
        ("smtplib.SMTP_SSL(HOST)", 1),
        ("smtplib.SMTP_SSL(HOST, 465, context=ssl.create_default_context())", 0),
        ("smtplib.SMTP_SSL('localhost')", 0),
        ("smtplib.SMTP(HOST, 587).starttls()", 1),
        ("smtplib.SMTP(HOST, 587).starttls(context=made)", 0),
        ("smtplib.SMTP('localhost', 587).starttls()", 0),
        ("imaplib.IMAP4_SSL(HOST)", 1),
        ("imaplib.IMAP4_SSL(HOST, ssl_context=made)", 0),
        ("poplib.POP3_SSL(HOST)", 1),
        ("ftplib.FTP_TLS(HOST)", 1),
        ("ftplib.FTP(HOST)", 0),
    ] {
        let text = format!(
            "import ftplib, imaplib, os, poplib, smtplib, ssl\nfrom x import made\nHOST = os.environ['H']\n{call}\n"
        );
        assert_eq!(of_rule(rule, &text).len(), found, "{call}");
    }
}

#[test]
fn addresses_in_messages_of_a_chat() {
    let bot = |given: &str, look: &str| {
        format!(
            "import discord, httpx, validators\nfrom urllib.parse import urlparse\nfrom discord.ext import commands\nbot = commands.Bot('!')\ndef look(url):\n    {look}\n@bot.event\nasync def on_message(message):\n    url = message.content\n    look(url)\n    await message.channel.send(httpx.get({given}, follow_redirects=True).text)\n"
        )
    };
    let rule = "untrusted-to-exec";
    let form = "return urlparse(url).scheme == 'https'";
    assert_eq!(of_rule(rule, &bot("url", form)).len(), 1);
    assert_eq!(of_rule(rule, &bot("url", "print(url)")).len(), 1);
    assert!(of_rule(rule, &bot("url", "assert urlparse(url).hostname == 'x.example'")).is_empty());
    // The chat platform supplied it.
    assert!(of_rule(rule, &bot("message.attachments[0].url", form)).is_empty());
}

#[test]
fn a_server_that_reads_and_writes_says_which_statements_may_change() {
    let server = "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nimport sqlite3 from 'sqlite3';\nconst db = new sqlite3.Database('x');\nconst server = new Server({ name: 'x' }, {});\nfunction all(query) {\n  return new Promise((done) => db.all(query, (failed, rows) => done(rows)));\n}\nasync function readQuery(query) {\n  if (!query.toLowerCase().startsWith('select')) throw new Error('no');\n  return all(query);\n}\nasync function writeQuery(query) {\n  const small = query.toLowerCase();\n  if (small.startsWith('select')) throw new Error('read_query');\n  if (!(small.startsWith('insert') || small.startsWith('update'))) throw new Error('no');\n  return all(query);\n}\nasync function listTables() {\n  return all('SELECT name FROM sqlite_master');\n}\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [\n  { name: 'read_query', description: 'Run a query', inputSchema: {} },\n  { name: 'write_query', description: 'Run a change', inputSchema: {} },\n  { name: 'list_tables', description: 'Tables', inputSchema: {} },\n] }));\nserver.setRequestHandler(CallToolRequestSchema, async (request) => {\n  const { name, arguments: args } = request.params;\n  switch (name) {\n    case 'read_query':\n      return await readQuery(args.query);\n    case 'write_query':\n      return await writeQuery(args.query);\n    case 'list_tables':\n      return await listTables();\n  }\n});\n";
    assert_eq!(told("tool-without-confirmation", &[("s.js", server)]), ["s.js:33"]);
}

#[test]
fn a_name_of_a_package_comes_before_a_file_of_it() {
    let command = "import discord, httpx\nfrom chat import bot\n@bot.tree.command(name='peek')\nasync def peek(interaction: discord.Interaction, url: str):\n    await interaction.followup.send(httpx.get(url).text)\n";
    let package = "from discord.ext import commands\nbot = commands.Bot('!')\n";
    let run = "from chat import bot\nfrom chat import peek\nbot.run('x')\n";
    let rule = "untrusted-to-exec";
    let files = |package| [("chat/__init__.py", package), ("chat/bot.py", run), ("chat/peek.py", command)];
    assert_eq!(told(rule, &files(package)), ["chat/peek.py:5"]);
    // Otherwise the import means the file, which has no such decorator.
    assert!(told(rule, &files("")).is_empty());
}
