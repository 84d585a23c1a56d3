//! Members of objects: properties, callable objects, addresses chosen by a caller; and what is neither an endpoint nor a store.

use crate::project::{checked, lines};

fn told(name: &str, text: &str, rule: &str) -> Vec<String> {
    let start = format!("{rule}@{name}:");
    lines(&checked(&[(name, text)]))
        .iter()
        .filter_map(|line| line.strip_prefix(&start))
        .map(str::to_owned)
        .collect()
}

const UNMASKED: &str = "personal-data-unmasked";
const BOT: &str = "from nonebot import on_message\nfrom openai import OpenAI\nfrom base import unknown\n";

#[test]
fn a_property_is_computed_when_it_is_read() {
    let python = |mark: &str, read: &str| {
        let text = format!(
            "{BOT}class Session:\n    def __init__(self):\n        self.said = []\n    {mark}\n    def memory(self):\n        return self.said[-3:]\n    @memory.setter\n    def memory(self, value):\n        self.said = []\nsession = Session()\n@on_message().handle()\nasync def on(event):\n    session.said.append({{'role': 'user', 'content': event.get_plaintext()}})\n    OpenAI().chat.completions.create(messages={read})\n"
        );
        told(
            "bot.py",
            &text.replace(
                "    @memory.setter",
                if mark == "@property" { "    @memory.setter" } else { "    @unknown" },
            ),
            UNMASKED,
        )
    };
    assert_eq!(python("@property", "session.memory"), ["17"]);
    assert!(python("@staticmethod", "session.memory").is_empty());
    let script = |member: &str, read: &str| {
        let text = format!(
            "import {{ Client }} from 'discord.js';\nimport OpenAI from 'openai';\nclass Session {{\n  said = [];\n  {member} {{ return this.said; }}\n  set last(one) {{ this.said = []; }}\n}}\nconst session = new Session();\nnew Client().on('messageCreate', async (message) => {{\n  session.said.push({{ role: 'user', content: message.content }});\n  await new OpenAI().chat.completions.create({{ messages: {read} }});\n}});\n"
        );
        told("bot.js", &text, UNMASKED)
    };
    assert_eq!(script("get last()", "session.last"), ["11"]);
    assert_eq!(script("last2()", "session.last2()"), ["11"]);
}

#[test]
fn an_object_that_is_called_is_a_handler() {
    let text = "from slack_bolt import App\nfrom openai import OpenAI\nclass Handler:\n    def __init__(self, model):\n        self.model = model\n    def __call__(self, body, say):\n        self.model.chat.completions.create(messages=[{'role': 'user', 'content': body['event']['text']}])\napp = App(token='T')\napp.event('message')(Handler(OpenAI()))\n";
    assert_eq!(told("bot.py", text, UNMASKED), ["7"]);
    assert!(told("bot.py", &text.replace("__call__", "later"), UNMASKED).is_empty());
}

#[test]
fn what_a_function_says_that_it_gives_is_believed_if_nothing_else_is_known() {
    let text = |says: &str| {
        format!(
            "{BOT}class Backend:\n    def ask(self, text):\n        return OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': text}}])\ndef load(name){says}:\n    return unknown(name)\n@on_message().handle()\nasync def on(event):\n    load('one').ask(event.get_plaintext())\n"
        )
    };
    assert_eq!(told("bot.py", &text(" -> Backend"), UNMASKED), ["6"]);
    assert!(told("bot.py", &text(""), UNMASKED).is_empty());
}

#[test]
fn an_address_that_a_caller_chooses_is_the_address() {
    let text = |given: &str| {
        format!(
            "import os\n{BOT}class Model:\n    def __init__(self, base):\n        self.client = OpenAI(base_url=base)\n    def ask(self, text):\n        return self.client.chat.completions.create(messages=[{{'role': 'user', 'content': text}}])\nmodel = Model({given})\n@on_message().handle()\nasync def on(event):\n    model.ask(event.get_plaintext())\n"
        )
    };
    let rule = "unknown-relay";
    assert_eq!(told("bot.py", &text("'https://relay.example/v1'"), rule), ["10"]);
    assert!(told("bot.py", &text("os.environ['OPENAI_BASE_URL']"), UNMASKED).is_empty());
    assert!(told("bot.py", &text("'http://localhost:8000/v1'"), UNMASKED).is_empty());
}

#[test]
fn a_plugin_that_is_registered_is_no_door() {
    let rule = "endpoint-without-authentication";
    let text = |with: &str| {
        format!(
            "import fastify from 'fastify';\nimport OpenAI from 'openai';\nconst app = fastify();\nawait app.register(async (inner) => {{\n  inner.get('/ask', {with}async (request, reply) => {{\n    return await new OpenAI().chat.completions.create({{ messages: [{{ role: 'user', content: request.query.q }}] }});\n  }});\n}});\n"
        )
    };
    assert!(!told("server.js", &text(""), rule).contains(&"4".to_owned()));
}

#[test]
fn a_service_key_is_no_key_for_a_page() {
    let text = |key: &str| {
        format!(
            "import {{ createClient }} from '@supabase/supabase-js';\nexport const db = createClient(process.env.NEXT_PUBLIC_SUPABASE_URL, process.env.{key});\n"
        )
    };
    assert_eq!(told("db.ts", &text("NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY"), "key-in-browser"), ["2"]);
    assert!(told("db.ts", &text("NEXT_PUBLIC_SUPABASE_ANON_KEY"), "key-in-browser").is_empty());
    assert!(told("db.ts", &text("SUPABASE_SERVICE_ROLE_KEY"), "key-in-browser").is_empty());
}

#[test]
fn markup_that_a_model_wrote_is_run_by_the_page() {
    let text = |show: &str| {
        format!(
            "import streamlit as st\nfrom openai import OpenAI\nanswer = OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': st.text_input('Ask')}}]).choices[0].message.content\n{show}\n"
        )
    };
    let rule = "untrusted-to-exec";
    assert_eq!(told("app.py", &text("st.markdown(f'<b>{answer}</b>', unsafe_allow_html=True)"), rule), ["4"]);
    assert!(told("app.py", &text("st.markdown(answer)"), rule).is_empty());
    assert!(told("app.py", &text("st.markdown('<style></style>', unsafe_allow_html=True)"), rule).is_empty());
}

#[test]
fn a_store_that_ends_with_the_program_keeps_nobody() {
    let text = |then: &str| {
        format!(
            "import streamlit as st\nfrom langchain_openai import OpenAIEmbeddings\nfrom langchain_community.vectorstores import FAISS\nstore = FAISS.from_texts([st.text_area('Notes')], OpenAIEmbeddings())\n{then}\n"
        )
    };
    assert!(told("app.py", &text("store.similarity_search('x')"), "no-erase-path").is_empty());
    assert_eq!(told("app.py", &text("store.save_local('index')"), "no-erase-path"), ["4"]);
}

#[test]
fn a_model_of_ones_own_whose_address_is_handed_in_is_ones_own() {
    let text = |client: &str| {
        format!(
            "import config\n{BOT}from ollama import Client\nmodel = {client}\n@on_message().handle()\nasync def on(event):\n    model.chat(messages=[{{'role': 'user', 'content': event.get_plaintext()}}])\n"
        )
    };
    assert!(told("bot.py", &text("Client(host=config.HOST)"), UNMASKED).is_empty());
    assert_eq!(told("bot.py", &text("Client(host='https://ollama.example')"), UNMASKED), ["9"]);
}

#[test]
fn which_model_is_asked_is_nothing_that_anybody_said() {
    let text = |model: &str, said: &str| {
        format!(
            "{BOT}@on_message().handle()\nasync def on(event):\n    text = event.get_plaintext()\n    OpenAI().chat.completions.create(model={model}, messages=[{{'role': 'user', 'content': {said}}}])\n"
        )
    };
    assert!(told("bot.py", &text("text", "'ping'"), UNMASKED).is_empty());
    assert_eq!(told("bot.py", &text("'m'", "text"), UNMASKED), ["7"]);
}

#[test]
fn commands_of_a_group_within_a_group_are_entered() {
    let text = "import click\nfrom openai import OpenAI\n@click.group()\ndef cli():\n    pass\n@cli.group(chain=True)\ndef run():\n    pass\n@run.command()\ndef chat():\n    said = input('> ')\n    OpenAI().chat.completions.create(messages=[{'role': 'user', 'content': said}])\nif __name__ == '__main__':\n    cli()\n";
    assert_eq!(told("bot.py", text, UNMASKED), ["12"]);
    assert!(told("bot.py", &text.replace("@run.command()", "@unused"), UNMASKED).is_empty());
}

#[test]
fn the_address_in_a_configuration_is_the_address() {
    let text = |path: &str| {
        format!(
            "import {{ WechatyBuilder }} from 'wechaty';\nimport {{ Configuration, OpenAIApi }} from 'openai';\nconst openai = new OpenAIApi(new Configuration({{ apiKey: process.env.KEY{path} }}));\nconst bot = WechatyBuilder.build({{ name: 'x' }});\nbot.on('message', async (msg) => {{\n  await openai.createChatCompletion({{ messages: [{{ role: 'user', content: msg.text() }}] }});\n}});\n"
        )
    };
    let rule = "unknown-relay";
    assert_eq!(told("bot.js", &text(", basePath: 'https://relay.example/v1'"), rule), ["3"]);
    assert!(told("bot.js", &text(""), rule).is_empty());
    assert!(told("bot.js", &text(", basePath: 'http://127.0.0.1:8000/v1'"), UNMASKED).is_empty());
}

#[test]
fn of_a_model_of_ones_own_and_a_provider_the_provider_counts() {
    let text = |first: &str, second: &str| {
        format!(
            "import os\nfrom nonebot import on_message\nfrom langchain_openai import ChatOpenAI\nfrom langchain_ollama import ChatOllama\ndef model():\n    if os.environ.get('OWN'):\n        return {first}()\n    return {second}()\n@on_message().handle()\nasync def on(event):\n    model().invoke(event.get_plaintext())\n"
        )
    };
    assert_eq!(told("bot.py", &text("ChatOllama", "ChatOpenAI"), UNMASKED), ["11"]);
    assert_eq!(told("bot.py", &text("ChatOpenAI", "ChatOllama"), UNMASKED), ["11"]);
    assert!(told("bot.py", &text("ChatOllama", "ChatOllama"), UNMASKED).is_empty());
}

#[test]
fn a_file_that_is_written_anew_without_somebody_forgets_them() {
    let text = |name: &str| {
        format!(
            "import json\n{BOT}history = {{}}\ndef save():\n    with open('history.json', 'w') as file:\n        json.dump(history, file)\n@on_message().handle()\nasync def on(event):\n    history[event.user_id] = event.get_plaintext()\n    save()\n@on_message().handle()\nasync def {name}(event):\n    history[event.user_id] = ''\n    save()\n"
        )
    };
    let rule = "no-erase-path";
    assert_eq!(told("bot.py", &text("again"), rule), ["8"]);
    assert!(told("bot.py", &text("clear_history"), rule).is_empty());
}

#[test]
fn the_same_bundle_for_two_kinds_of_modules_is_told_of_once() {
    let text = "import OpenAI from 'openai';\nexport const client = new OpenAI({ baseURL: 'https://api.deepseek.com' });\nexport const key = 'sk-3f9a7c1e5b8d4062a7e1c9f3b5d80e26';\n";
    let all = |files: &[(&str, &str)]| {
        lines(&checked(files)).into_iter().filter(|line| line.starts_with("secret-in-source")).count()
    };
    assert_eq!(all(&[("dist/x.js", text), ("dist/x.mjs", text), ("dist/other.mjs", text)]), 2);
    // Two sources of the same name are different programs.
    assert_eq!(all(&[("index.js", text), ("index.mjs", text), ("lib/x.js", ""), ("lib/x.mjs", text)]), 3);
}

#[test]
fn what_a_running_program_is_told_is_no_command() {
    let text = |with: &str| {
        format!(
            "import subprocess\n{BOT}@on_message().handle()\nasync def on(event):\n    clip = subprocess.Popen(['xclip'], stdin=subprocess.PIPE)\n    {with}\n"
        )
    };
    let rule = "untrusted-to-exec";
    assert!(told("bot.py", &text("clip.stdin.write(event.get_plaintext())"), rule).is_empty());
    assert_eq!(told("bot.py", &text("subprocess.getoutput(event.get_plaintext())"), rule), ["8"]);
}

#[test]
fn files_that_say_nothing_of_conversations_are_told_of_once() {
    let text = |one: &str, two: &str| {
        format!(
            "{BOT}@on_message().handle()\nasync def on(event):\n    said = event.get_plaintext()\n    answer = OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': said}}])\n    open('{one}', 'w').write(f'{{said}} {{answer}}')\n    open('{two}', 'w').write(f'{{said}} {{answer}}')\n"
        )
    };
    let rule = "plaintext-chat-store";
    assert_eq!(told("bot.py", &text("out.txt", "state.txt"), rule), ["8"]);
    assert_eq!(told("bot.py", &text("chat.txt", "history.txt"), rule), ["8", "9"]);
}

#[test]
fn what_runs_in_another_thread_is_called_all_the_same() {
    let text = |call: &str| {
        format!(
            "import asyncio\n{BOT}client = OpenAI()\n@on_message().handle()\nasync def on(event):\n    said = [{{'role': 'user', 'content': event.get_plaintext()}}]\n    loop = asyncio.get_running_loop()\n    return await {call}\n"
        )
    };
    for call in [
        "asyncio.to_thread(client.chat.completions.create, messages=said)",
        "loop.run_in_executor(None, client.completions.create, said)",
    ] {
        assert_eq!(told("bot.py", &text(call), UNMASKED), ["10"], "{call}");
    }
    assert!(told("bot.py", &text("asyncio.to_thread(print, said)"), UNMASKED).is_empty());
}

#[test]
fn a_middleware_of_the_project_that_turns_strangers_away_stands_before_every_door() {
    let text = |name: &str, does: &str| {
        format!(
            "from fastapi import FastAPI\nfrom fastapi.responses import JSONResponse\nfrom openai import OpenAI\nclass {name}:\n    async def dispatch(self, request, go_on):\n        {does}\n        return await go_on(request)\ndef create():\n    app = FastAPI()\n    app.add_middleware({name}, expected='x')\n    @app.post('/chat')\n    async def chat(body: dict):\n        return OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': body['q']}}])\n    return app\napp = create()\n"
        )
    };
    let rule = "endpoint-without-authentication";
    let refuses = "if request.headers.get('x') != self.expected: return JSONResponse({}, status_code=401)";
    assert!(told("app.py", &text("BearerTokenMiddleware", refuses), rule).is_empty());
    assert_eq!(told("app.py", &text("BearerTokenMiddleware", "print(request.url)"), rule), ["12"]);
    assert_eq!(told("app.py", &text("TimingMiddleware", refuses), rule), ["12"]);
}

#[test]
fn what_a_name_says_about_authentication_has_to_be_done() {
    let rule = "endpoint-without-authentication";
    let python = |does: &str| {
        let text = format!(
            "from fastapi import FastAPI, Depends, HTTPException, Header\nfrom openai import OpenAI\napp = FastAPI()\ndef check(token):\n    {does}\ndef verify_caller(token: str = Header()):\n    check(token)\n    return token\n@app.post('/chat')\nasync def chat(body: dict, who=Depends(verify_caller)):\n    return OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': body['q']}}])\n"
        );
        told("app.py", &text, rule)
    };
    assert!(python("raise HTTPException(status_code=401)").is_empty());
    assert_eq!(python("print(token)"), ["10"]);
    let script = |name: &str, does: &str| {
        let text = format!(
            "import express from 'express';\nimport OpenAI from 'openai';\nconst app = express();\nfunction {name}(req, res, next) {{\n  {does}\n  next();\n}}\napp.use({name});\napp.post('/chat', async (req, res) => {{\n  res.json(await new OpenAI().chat.completions.create({{ messages: [{{ role: 'user', content: req.body.q }}] }}));\n}});\n"
        );
        !told("app.js", &text, rule).is_empty()
    };
    let refuses = "if (req.get('x') !== process.env.KEY) { return res.status(401).end(); }";
    assert!(!script("requireKey", refuses));
    assert!(script("requireKey", "console.log(req.url);"));
    assert!(script("timing", refuses));
}

#[test]
fn a_method_of_a_base_may_be_that_of_any_class_below_it() {
    let text = |call: &str, base: &str| {
        format!(
            "{BOT}class Backend:\n    def ask(self, text):\n        return self.send(text)\n    def send(self, text):\n        return {base}\nclass Middle(Backend):\n    pass\nclass Cloud(Middle):\n    def send(self, text):\n        return OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': text}}])\nclass Bot:\n    def __init__(self, backend: Backend):\n        self.backend = backend\n    def on(self, text):\n        return self.backend.{call}(text)\n@on_message().handle()\nasync def on(event):\n    Bot(None).on(event.get_plaintext())\n"
        )
    };
    // Concrete, and called through another method of the base class.
    assert_eq!(told("bot.py", &text("send", "''"), UNMASKED), ["13"]);
    assert_eq!(told("bot.py", &text("ask", "''"), UNMASKED), ["13"]);
    let elsewhere = text("ask", "''").replace("class Middle(Backend)", "class Middle");
    assert!(told("bot.py", &elsewhere, UNMASKED).is_empty());
}
