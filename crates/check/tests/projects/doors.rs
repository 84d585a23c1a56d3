//! Routes and servers that anyone can call: what they must lead to in order to be reported.

use crate::project::{checked, lines};

const RULE: &str = "endpoint-without-authentication";

/// The lines at which routes are reported, in files given as `(name, text)`.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let found = lines(&checked(files));
    found.iter().filter_map(|line| line.strip_prefix(RULE)?.strip_prefix('@')).map(str::to_owned).collect()
}

#[test]
fn rows_of_people_lie_behind_each_route() {
    let tables = "from sqlalchemy.orm import DeclarativeBase, sessionmaker\nfrom sqlalchemy import create_engine\nMade = sessionmaker(bind=create_engine('sqlite:///x'))\nclass Base(DeclarativeBase):\n    pass\nclass Customer(Base):\n    __tablename__ = 'customers'\nclass Tariff(Base):\n    __tablename__ = 'tariffs'\ndef opened():\n    db = Made()\n    try:\n        yield db\n    finally:\n        db.close()\n";
    let routes = "from fastapi import APIRouter, Depends\nfrom sqlalchemy import func, select\nfrom sqlalchemy.orm import Session\nfrom .tables import Customer, Tariff, opened\nrouter = APIRouter()\n@router.get('/customers')\ndef all_of_them(db: Session = Depends(opened)):\n    return db.query(Customer).all()\n@router.get('/customers/{number}')\ndef one(number: int, db: Session = Depends(opened)):\n    return db.get(Customer, number)\n@router.get('/named')\ndef named(name: str, db: Session = Depends(opened)):\n    return db.scalars(select(Customer).where(Customer.name == name)).all()\n@router.delete('/tariffs/{number}')\ndef gone(number: int, db: Session = Depends(opened)):\n    db.delete(db.get(Tariff, number))\n    db.commit()\n@router.get('/tariffs')\ndef tariffs(db: Session = Depends(opened)):\n    return db.query(Tariff).all()\n@router.get('/count')\ndef count(db: Session = Depends(opened)):\n    return db.query(func.count(Customer.id)).scalar()\n";
    let app = "from fastapi import FastAPI\nfrom .routes import router\napp = FastAPI()\napp.include_router(router)\n";
    let files =
        |app: &'static str| [("shop/tables.py", tables), ("shop/routes.py", routes), ("shop/app.py", app)];
    let lines = ["shop/routes.py:10", "shop/routes.py:13", "shop/routes.py:16", "shop/routes.py:7"];
    assert_eq!(told(&files(app)), lines);
    let guarded = "from fastapi import FastAPI, Depends, HTTPException, Request\nfrom .routes import router\ndef require_user(request: Request):\n    if request.headers.get('authorization') is None:\n        raise HTTPException(401)\napp = FastAPI(dependencies=[Depends(require_user)])\napp.include_router(router)\n";
    assert!(told(&files(guarded)).is_empty());
}

#[test]
fn rows_of_a_collection_are_rows() {
    let app = |call: &str| {
        format!(
            "from flask import Flask\nfrom pymongo import MongoClient\napp = Flask(__name__)\ndb = MongoClient()['x']\n@app.get('/')\ndef shown():\n    return str(list({call}))\n"
        )
    };
    for (call, found) in [
        ("db.messages.find()", 1),
        ("db['patients'].find({})", 1),
        ("db.prices.find()", 0),
        ("db.prices.delete_many({})", 1),
    ] {
        assert_eq!(told(&[("app.py", &app(call))]).len(), found, "{call}");
    }
}

#[test]
fn what_is_signed_was_sent_by_somebody_known() {
    let app = |before: &str| {
        format!(
            "from flask import Flask, request\nfrom openai import OpenAI\napp = Flask(__name__)\nclass Sealed:\n    def is_signed(self, seal, body):\n        return seal == sha(body, self.key)\n    def _verify_signature(self, seal, body):\n        return seal == sha(body, self.key)\n    def opened(self, seal, body):\n        {before}\n        return body\nclass Hook:\n    def sealed(self) -> Sealed:\n        return Sealed()\nhook = Hook()\n@app.post('/hook')\ndef heard():\n    text = hook.sealed().opened(request.args['seal'], request.data)\n    return OpenAI().chat.completions.create(messages=[text])\n@app.get('/healthz')\ndef health():\n    return OpenAI().chat.completions.create(messages=['are you there?'])\n"
        )
    };
    assert_eq!(told(&[("app.py", &app("pass"))]), ["app.py:17"]);
    let checks = "if not self._verify_signature(seal, body):\n            raise ValueError('not signed')";
    assert!(told(&[("app.py", &app(checks))]).is_empty());
    assert_eq!(
        told(&[("app.py", &app("if not self._verify_signature(seal, body):\n            print('hm')"))]),
        ["app.py:18"]
    );
}

#[test]
fn a_list_of_keys_that_is_empty_lets_everybody_pass() {
    let server = |unset: &str| {
        format!(
            "import Fastify from 'fastify';\nimport OpenAI from 'openai';\nconst app = Fastify();\nconst ai = new OpenAI();\nasync function authenticate(request, reply, config) {{\n  const valid = config.apiKeys || [];\n  const keys = valid;\n  {unset}\n  if (!keys.includes(request.headers['x-api-key'])) {{ return reply.code(401).send(); }}\n}}\napp.addHook('onRequest', async (request, reply) => {{ await authenticate(request, reply, load()); }});\napp.post('/ask', async (request) => ai.chat.completions.create({{ messages: [{{ role: 'user', content: request.body.text }}] }}));\n"
        )
    };
    for (unset, found) in [
        ("if (keys.length === 0) { return; }", 1),
        ("if (!keys) { return; }", 1),
        ("", 0),
        ("if (keys.length === 0) { return reply.code(401).send(); }", 0),
    ] {
        assert_eq!(told(&[("server.js", &server(unset))]).len(), found, "{unset}");
    }
}

#[test]
fn a_signature_that_nobody_looks_at() {
    let app = |setting: &str| {
        format!(
            "from flask import Flask, request\nfrom slack_bolt import App, BoltRequest\nclass Bot:\n    def __init__(self, app=None):\n        self.app = app or self.made()\n    def made(self) -> App:\n        return App(signing_secret=load(){setting})\nbot = Bot()\nserver = Flask(__name__)\n@server.post('/heard')\ndef heard():\n    return bot.app.dispatch(BoltRequest(body=request.get_data().decode())).body\n"
        )
    };
    let off = app(", request_verification_enabled=False");
    assert_eq!(told(&[("app.py", &off)]), ["app.py:11", "app.py:7"]);
    assert!(told(&[("app.py", &app(""))]).is_empty());
    assert!(told(&[("app.py", &app(", request_verification_enabled=True"))]).is_empty());
}

#[test]
fn a_server_of_tools_that_every_machine_reaches() {
    let server = |made: &str, run: &str| {
        format!(
            "from fastmcp import FastMCP\nmcp = FastMCP('notes'{made})\n@mcp.tool()\ndef add(a: int, b: int) -> int:\n    return a + b\nif __name__ == '__main__':\n    mcp.run({run})\n"
        )
    };
    for (made, run, found) in [
        ("", "transport='sse', host='0.0.0.0', port=8000", 1),
        (", host='0.0.0.0'", "transport='streamable-http'", 1),
        ("", "transport='sse', host='127.0.0.1'", 0),
        ("", "transport='sse'", 0),
        (", host='0.0.0.0'", "", 0),
        (", auth=keys", "transport='sse', host='0.0.0.0'", 0),
    ] {
        assert_eq!(told(&[("server.py", &server(made, run))]).len(), found, "{made} {run}");
    }
}

#[test]
fn what_a_request_takes_out_of_a_map_is_known_again() {
    let server = |taken: &str| {
        format!(
            "import express from 'express';\nimport {{ Pool }} from 'pg';\nclass Asker {{\n  constructor() {{ this.pool = new Pool(); }}\n  async ask(text) {{ return (await this.pool.query(text)).rows; }}\n}}\nclass Held {{\n  constructor() {{ this.all = new Map(); }}\n  open(id) {{ const asker = new Asker(); this.all.set(id, {{ id, asker }}); }}\n  take(id) {{ const one = this.all.get(id); if (!one) {{ throw new Error('none'); }} return {taken}; }}\n}}\nconst held = new Held();\nconst app = express();\napp.post('/open', (req, res) => {{ held.open(req.body.id); res.end(); }});\napp.post('/ask', async (req, res) => {{ res.json(await held.take(req.body.id).ask(req.body.text)); }});\n"
        )
    };
    assert_eq!(told(&[("server.js", &server("one.asker"))]), ["server.js:15"]);
    assert!(told(&[("server.js", &server("one.id"))]).is_empty());
}

#[test]
fn the_middleware_of_next_stands_before_every_route() {
    let route = "import OpenAI from 'openai'\nconst c = new OpenAI()\nexport async function POST(req: Request) {\n  const { q } = await req.json()\n  return Response.json(await c.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: q }] }))\n}\n";
    let auth = "import NextAuth from 'next-auth'\nexport const { handlers, auth } = NextAuth({ providers: [], callbacks: { authorized: ({ auth }) => !!auth } })\n";
    let open = |middleware: &str| {
        !told(&[("middleware.ts", middleware), ("auth.ts", auth), ("app/api/c/route.ts", route)]).is_empty()
    };
    let verifies = "import { NextResponse } from 'next/server'\nimport { jwtVerify } from 'jose'\nexport async function middleware(req) {\n  try {\n    await jwtVerify(req.cookies.get('session')?.value, key)\n  } catch {\n    return NextResponse.json({ error: 'no' }, { status: 401 })\n  }\n  return NextResponse.next()\n}\n";
    let sends = "import { NextResponse } from 'next/server'\nexport function middleware(req) {\n  if (!req.cookies.get('token')) return NextResponse.redirect(new URL('/login', req.url))\n  return NextResponse.next()\n}\n";
    let clerk = |inner: &str| {
        format!(
            "import {{ clerkMiddleware }} from '@clerk/nextjs/server'\nexport default clerkMiddleware({inner})\n"
        )
    };
    let matches = |matcher: &str| format!("export const config = {{ matcher: {matcher} }}\n");
    for closed in [
        verifies.to_owned(),
        sends.to_owned(),
        clerk("async (auth, req) => { await auth.protect() }"),
        "export { auth as middleware } from './auth'\n".to_owned(),
        verifies.to_owned() + &matches("'/api/:path*'"),
        verifies.to_owned() + &matches("['/((?!_next|favicon.ico).*)']"),
    ] {
        assert!(!open(&closed), "{closed}");
    }
    for left in [
        clerk(""),
        verifies.to_owned() + &matches("['/dashboard/:path*']"),
        verifies.to_owned() + &matches("'/((?!api|_next).*)'"),
        "import { NextResponse } from 'next/server'\nexport function middleware(req) {\n  return NextResponse.redirect(new URL('/en', req.url))\n}\n".to_owned(),
    ] {
        assert!(open(&left), "{left}");
    }
}

#[test]
fn a_guard_of_the_whole_application() {
    let controller = "import { Body, Controller, Post } from '@nestjs/common'\nimport OpenAI from 'openai'\n@Controller('chat')\nexport class ChatController {\n  private c = new OpenAI()\n  @Post()\n  send(@Body('q') q: string) {\n    return this.c.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: q }] })\n  }\n}\n";
    let guard = "import jwt from 'jsonwebtoken'\nimport { UnauthorizedException } from '@nestjs/common'\nexport class JwtAuthGuard {\n  canActivate(ctx) {\n    try { jwt.verify(ctx.getArgs()[0], process.env.KEY); return true } catch { throw new UnauthorizedException() }\n  }\n}\nexport class SlowGuard {\n  canActivate(ctx) { return true }\n}\n";
    let module = |name: &str| {
        format!(
            "import {{ Module }} from '@nestjs/common'\nimport {{ APP_GUARD }} from '@nestjs/core'\nimport {{ JwtAuthGuard, SlowGuard }} from './guard'\nimport {{ ChatController }} from './chat.controller'\n@Module({{ controllers: [ChatController], providers: [{{ provide: APP_GUARD, useClass: {name} }}] }})\nexport class AppModule {{}}\n"
        )
    };
    let open = |name: &str| {
        let module = module(name);
        !told(&[
            ("src/app.module.ts", &module),
            ("src/guard.ts", guard),
            ("src/chat.controller.ts", controller),
        ])
        .is_empty()
    };
    assert!(!open("JwtAuthGuard") && open("SlowGuard"));
}

#[test]
fn a_token_of_which_nobody_checks_the_signature_says_nothing() {
    let app = |options: &str| {
        format!(
            "import jwt\nfrom fastapi import FastAPI, Header\nfrom mem0 import Memory\nm = Memory()\napp = FastAPI()\n@app.get('/r')\ndef r(q: str, authorization: str = Header()):\n    user = jwt.decode(authorization[7:], 'k', {options})['sub']\n    return m.search(q, user_id=user)\n"
        )
    };
    let open = |options: &str| !told(&[("main.py", &app(options))]).is_empty();
    assert!(
        !open("algorithms=['HS256']") && open("options={'verify_signature': False}") && open("verify=False")
    );
}
