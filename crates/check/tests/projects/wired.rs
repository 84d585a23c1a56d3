//! How the parts of a program find each other: folders without an index file, injected services, objects shared by all,
//! settings from the environment.

use ombud_check::Report;

use crate::project::{checked, lines};

const LLM: &str = "from openai import OpenAI\nclient = OpenAI()\ndef ask(q):\n    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': q}])\n";

fn has(report: &Report, rule: &str) -> bool {
    lines(report).iter().any(|line| line.starts_with(rule))
}

#[test]
fn a_folder_is_a_package_by_itself() {
    let route = |import: &str, call: &str| {
        format!(
            "from fastapi import FastAPI\n{import}\napi = FastAPI()\n@api.get('/r')\ndef r(q: str):\n    return {call}(q)\n"
        )
    };
    for (file, main, import, call) in [
        ("app/llm.py", "app/main.py", "from app import llm", "llm.ask"),
        ("services/llm.py", "main.py", "from services import llm as model", "model.ask"),
        ("app/services/llm.py", "app/main.py", "from app.services import llm", "llm.ask"),
        ("app/services/llm.py", "app/main.py", "from .services import llm", "llm.ask"),
        ("app/services/llm.py", "main.py", "import app.services.llm", "app.services.llm.ask"),
    ] {
        let report = checked(&[(file, LLM), (main, &route(import, call))]);
        assert!(has(&report, "endpoint-without-authentication"), "{import}: {:?}", lines(&report));
    }
    // An outside package stays one.
    let other =
        checked(&[("other/llm.py", LLM), ("main.py", &route("from elsewhere import llm", "llm.ask"))]);
    assert!(!has(&other, "endpoint-without-authentication"));
}

#[test]
fn what_is_injected_has_a_type() {
    let app = |parameter: &str| {
        format!(
            "from typing import Annotated\nfrom fastapi import FastAPI, Depends\nfrom openai import OpenAI\nclass Svc:\n    def __init__(self):\n        self.llm = OpenAI()\n    def ask(self, q):\n        return self.llm.chat.completions.create(model='gpt-4o', messages=[{{'role': 'user', 'content': q}}])\ndef get_svc():\n    return Svc()\nSvcDep = Annotated[Svc, Depends(Svc)]\napp = FastAPI()\n@app.post('/c')\ndef chat(q: str, svc: {parameter}):\n    return svc.ask(q)\n"
        )
    };
    for parameter in
        ["Annotated[Svc, Depends(get_svc)]", "Annotated[Svc, Depends()]", "SvcDep", "Svc = Depends(get_svc)"]
    {
        let report = checked(&[("main.py", &app(parameter))]);
        assert!(has(&report, "endpoint-without-authentication"), "{parameter}: {:?}", lines(&report));
    }
}

#[test]
fn a_client_that_is_kept_for_the_whole_program_is_the_one_that_is_made() {
    let route = "import { prisma } from '../../../lib/db'\nexport async function POST(req: Request) {\n  const { userId } = await req.json()\n  return Response.json(await prisma.memory.findMany({ where: { userId } }))\n}\n";
    for db in [
        "const g = globalThis as unknown as { prisma?: PrismaClient }\nexport const prisma = g.prisma ?? new PrismaClient()\nif (process.env.NODE_ENV !== 'production') g.prisma = prisma\n",
        "const g = global as any\nexport const prisma = g.prisma || new PrismaClient()\n",
    ] {
        let db = format!("import {{ PrismaClient }} from '@prisma/client'\n{db}");
        let report = checked(&[("src/lib/db.ts", &db), ("src/app/api/chat/route.ts", route)]);
        assert!(has(&report, "retrieval-without-consent"), "{:?}", lines(&report));
    }
}

#[test]
fn settings_are_variables_of_the_environment() {
    let program = |class: &str| {
        format!(
            "from openai import OpenAI\nfrom pydantic import BaseModel, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nclass S({class}\ns = S()\nc = OpenAI(base_url=s.base_url)\nprint(c.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}]))\n"
        )
    };
    let severity = |class: &str| {
        let report = checked(&[("main.py", &program(class))]);
        let found = report.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked");
        found.map(|one| format!("{:?}", one.severity))
    };
    let address = "https://api.deepseek.com/v1";
    for class in [
        format!("BaseSettings):\n    base_url: str = '{address}'"),
        format!("BaseSettings):\n    base_url: str = Field('{address}', alias='LLM_URL')"),
        format!(
            "BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n    base_url: str = '{address}'"
        ),
    ] {
        assert_ne!(severity(&class).as_deref(), Some("Error"), "{class}");
    }
    assert_eq!(severity(&format!("BaseModel):\n    base_url: str = '{address}'")).as_deref(), Some("Error"));
}

const CALL: &str = "chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])";

#[test]
fn a_client_that_the_application_holds_is_known_where_it_is_read() {
    for (app, route) in [
        (
            "app = FastAPI()\napp.state.llm = OpenAI()\n",
            format!(
                "@app.post('/c')\ndef c(q: str, request: Request):\n    return request.app.state.llm.{CALL}\n"
            ),
        ),
        (
            "async def lifespan(app):\n    app.state.llm = OpenAI()\n    yield\napp = FastAPI(lifespan=lifespan)\n",
            format!("@app.post('/c')\ndef c(q: str, req: Request):\n    return req.app.state.llm.{CALL}\n"),
        ),
    ] {
        let text = format!("from fastapi import FastAPI, Request\nfrom openai import OpenAI\n{app}{route}");
        let report = checked(&[("main.py", &text)]);
        assert!(has(&report, "endpoint-without-authentication"), "{app}: {:?}", lines(&report));
    }
    let main = "from flask import Flask\nfrom openai import OpenAI\ndef create_app():\n    app = Flask(__name__)\n    app.llm = OpenAI()\n    app.extensions['other'] = OpenAI()\n    from routes import bp\n    app.register_blueprint(bp)\n    return app\n";
    for held in ["llm", "extensions['other']"] {
        let routes = format!(
            "from flask import Blueprint, current_app, request\nbp = Blueprint('c', __name__)\n@bp.post('/c')\ndef c():\n    q = request.json['q']\n    return current_app.{held}.{CALL}\n"
        );
        let report = checked(&[("main.py", main), ("routes.py", &routes)]);
        assert!(has(&report, "endpoint-without-authentication"), "{held}: {:?}", lines(&report));
    }
}

#[test]
fn one_comes_to_a_function_through_a_graph_a_task_and_a_queue() {
    let work = format!("from openai import OpenAI\nllm = OpenAI()\ndef work(q):\n    return llm.{CALL}\n");
    let graph = format!(
        "{work}from fastapi import FastAPI\nfrom langgraph.graph import StateGraph\ng = StateGraph(dict)\ng.add_node('m', work)\ngraph = g.compile()\napp = FastAPI()\n@app.post('/c')\ndef c(q: str):\n    return graph.invoke({{'m': q}})\n"
    );
    let task = |send: &str| {
        format!(
            "from celery import Celery\ntasks = Celery('t')\n{}from fastapi import FastAPI\napp = FastAPI()\n@app.post('/c')\ndef c(q: str):\n    return {send}\n",
            work.replace("def work", "@tasks.task\ndef work")
        )
    };
    let queue = "import asyncio\nfrom fastapi import FastAPI\nfrom openai import OpenAI\nllm = OpenAI()\nqueue = asyncio.Queue()\nasync def worker():\n    while True:\n        q = await queue.get()\n        llm.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])\napp = FastAPI()\n@app.post('/c')\nasync def c(q: str):\n    await queue.put(q)\n";
    let all = [graph, task("work.delay(q).id"), task("work.apply_async(args=[q]).id"), queue.to_owned()];
    for text in all {
        let report = checked(&[("main.py", &text)]);
        assert!(has(&report, "endpoint-without-authentication"), "{text}: {:?}", lines(&report));
    }
}

#[test]
fn models_are_known_by_their_name_and_by_their_module() {
    for (imports, made, ask) in [
        (
            "from langchain.agents import create_agent",
            "create_agent('openai:gpt-4o', tools=[])",
            "llm.invoke({'messages': [q]})",
        ),
        (
            "from langgraph.prebuilt import create_react_agent",
            "create_react_agent('anthropic:claude', tools=[])",
            "llm.invoke({'messages': [q]})",
        ),
        (
            "from llama_index.llms.dashscope import DashScope",
            "DashScope(model_name='qwen-max')",
            "llm.complete(q)",
        ),
        ("from llama_index.llms.openai_like import OpenAILike", "OpenAILike(model='x')", "llm.complete(q)"),
        ("from langchain_xai import ChatXAI", "ChatXAI(model='grok')", "llm.invoke(q)"),
        ("from xai_sdk import Client", "Client().chat.create(model='grok-4')", "llm.append(q)"),
    ] {
        let text = format!("{imports}\nllm = {made}\nq = input()\n{ask}\n");
        let report = checked(&[("main.py", &text)]);
        assert!(has(&report, "personal-data-unmasked"), "{made}: {:?}", lines(&report));
    }
    let prompt = "from langchain_core.prompts import ChatPromptTemplate\nllm = ChatPromptTemplate.from_messages([])\nllm.invoke(input())\n";
    assert!(!has(&checked(&[("main.py", prompt)]), "personal-data-unmasked"));
    let module = "import dspy\nclass T(dspy.Module):\n    def __init__(self):\n        self.p = dspy.ChainOfThought('q -> a')\n    def forward(self, q):\n        return self.p(q=q)\nT()(q=input())\n";
    assert!(has(&checked(&[("main.py", module)]), "personal-data-unmasked"));
}

#[test]
fn what_a_framework_keeps_by_itself_is_kept() {
    let written = |text: &str| has(&checked(&[("main.py", text)]), "memory-write-without-consent");
    let graph = |saver: &str| {
        format!(
            "import sqlite3\nfrom fastapi import FastAPI\nfrom langchain_openai import ChatOpenAI\nfrom langgraph.checkpoint.memory import InMemorySaver\nfrom langgraph.checkpoint.sqlite import SqliteSaver\nfrom langgraph.prebuilt import create_react_agent\nagent = create_react_agent(ChatOpenAI(), tools=[], checkpointer={saver})\napp = FastAPI()\n@app.post('/c')\ndef c(q: str):\n    return agent.invoke({{'messages': [q]}})\n"
        )
    };
    assert!(written(&graph("SqliteSaver(sqlite3.connect('x'))")) && !written(&graph("InMemorySaver()")));
    let session = |session: &str| {
        format!(
            "from agents import Agent, Runner, SQLiteSession\nfrom fastapi import FastAPI\nagent = Agent(name='x')\napp = FastAPI()\n@app.post('/c')\nasync def c(q: str, u: str):\n    return await Runner.run(agent, q, session={session})\n"
        )
    };
    assert!(written(&session("SQLiteSession(u, 'x.db')")) && !written(&session("SQLiteSession(u)")));
}

#[test]
fn a_class_that_a_mark_registers_is_found_in_the_table() {
    let text = format!(
        "from fastapi import FastAPI\nfrom openai import OpenAI\nPROVIDERS = {{}}\ndef provider(name):\n    def keep(cls):\n        PROVIDERS[name] = cls\n        return cls\n    return keep\n@provider('openai')\nclass Own:\n    def __init__(self):\n        self.llm = OpenAI()\n    def ask(self, q):\n        return self.llm.{CALL}\napp = FastAPI()\n@app.post('/c')\ndef c(q: str, p: str):\n    return PROVIDERS[p]().ask(q)\n"
    );
    let report = checked(&[("main.py", &text)]);
    assert!(has(&report, "endpoint-without-authentication"), "{:?}", lines(&report));
}

#[test]
fn a_method_is_no_name_of_its_file() {
    // A class's `load` method is not the `load` function that is called.
    let code = |call: &str| {
        format!(
            "from fastapi import FastAPI\nfrom helpers import load\nimport subprocess\napi = FastAPI()\nclass Shell:\n    def load(self, text):\n        subprocess.run(text, shell=True)\n@api.get('/r')\ndef r(q: str):\n    return {call}(q)\n"
        )
    };
    let other =
        checked(&[("helpers.py", "def load(text):\n    return len(text)\n"), ("main.py", &code("load"))]);
    assert!(!has(&other, "untrusted-to-exec"), "{:?}", lines(&other));
    let own = checked(&[
        ("helpers.py", "def load(text):\n    return len(text)\n"),
        ("main.py", &code("Shell().load")),
    ]);
    assert!(has(&own, "untrusted-to-exec"), "{:?}", lines(&own));
}

#[test]
fn an_object_that_a_file_gives_away_answers_by_its_methods() {
    let llm = "const OpenAI = require('openai')\nclass Llm {\n  constructor() { this.client = new OpenAI() }\n  async ask(q) {\n    return this.client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: q }] })\n  }\n}\n";
    let app = |import: &str, call: &str| {
        format!(
            "const express = require('express')\n{import}\nconst app = express()\napp.post('/c', async (req, res) => res.json(await {call}(req.body.q)))\n"
        )
    };
    for (given, import, call) in [
        ("module.exports = new Llm()\n", "const llm = require('./llm')", "llm.ask"),
        ("module.exports = new Llm()\n", "const { ask } = require('./llm')", "ask"),
        ("module.exports = { llm: new Llm() }\n", "const { llm } = require('./llm')", "llm.ask"),
        ("exports.llm = new Llm()\n", "const all = require('./llm')", "all.llm.ask"),
    ] {
        let report = checked(&[("llm.js", &format!("{llm}{given}")), ("app.js", &app(import, call))]);
        assert!(has(&report, "endpoint-without-authentication"), "{given}{import}: {:?}", lines(&report));
    }
}
