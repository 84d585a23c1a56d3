//! Servers of all kinds: what anyone can call, and what a page or a tool server exposes.

use crate::project::{checked, lines};

const DOOR: &str = "endpoint-without-authentication";

fn doors(file: &str, text: &str) -> Vec<String> {
    lines(&checked(&[(file, text)])).into_iter().filter(|line| line.starts_with(DOOR)).collect()
}

const ASK: &str = "from openai import OpenAI\nai = OpenAI()\ndef ask(text):\n    return ai.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': text}])\n";

#[test]
fn servers_of_python_are_known() {
    let cases = [
        "from http.server import BaseHTTPRequestHandler, HTTPServer\nclass H(BaseHTTPRequestHandler):\n    def do_POST(self):\n        ask(self.rfile.read(9))\nHTTPServer(('', 80), H).serve_forever()\n",
        "import websockets\nasync def hear(ws):\n    async for text in ws:\n        ask(text)\nwebsockets.serve(hear, '0.0.0.0', 80)\n",
        "from django.urls import path\ndef view(request):\n    ask(request.body)\nurlpatterns = [path('chat/', view)]\n",
        "from aiohttp import web\nasync def view(request):\n    ask(await request.text())\nweb.Application().add_routes([web.post('/chat', view)])\n",
        "from flask import Flask\nfrom flask_socketio import SocketIO\nio = SocketIO(Flask(__name__))\n@io.on('chat')\ndef hear(data):\n    ask(data)\n",
    ];
    for case in cases {
        assert_eq!(doors("agent.py", &format!("{ASK}{case}")).len(), 1, "{case}");
    }
    // A client uses the same verbs but is not an endpoint.
    let client = "import aiohttp, websockets\nasync def go(text):\n    async with aiohttp.ClientSession() as session:\n        await session.post('https://x.example', json=ask(text))\n    await websockets.connect('wss://x.example')\ngo(input())\n";
    assert!(doors("agent.py", &format!("{ASK}{client}")).is_empty());
}

#[test]
fn what_a_package_is_sent_is_personal() {
    let cases = [
        "import tornado.web\nclass H(tornado.web.RequestHandler):\n    def post(self):\n        ask(self.request.body)\ntornado.web.Application([('/x', H)])\n",
        "from bottle import Bottle, request\napp = Bottle()\n@app.post('/x')\ndef view():\n    ask(request.json['q'])\n",
        "def lambda_handler(event, context):\n    ask(event['body'])\n",
    ];
    for case in cases {
        let found = lines(&checked(&[("agent.py", &format!("{ASK}{case}"))]));
        assert!(found.iter().any(|line| line.starts_with("personal-data-unmasked")), "{case} {found:?}");
    }
}

const SCRIPT: &str = "import OpenAI from 'openai';\nconst ai = new OpenAI();\nconst ask = (text) => ai.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: text }] });\n";

#[test]
fn servers_of_scripts_are_known() {
    let cases = [
        "import { WebSocketServer } from 'ws';\nnew WebSocketServer({ port: 80 }).on('connection', (ws) => { ws.on('message', (text) => ask(text)); });\n",
        "import { Server } from 'socket.io';\nconst io = new Server(80);\nio.on('connection', (socket) => { socket.on('chat', (m) => ask(m.text)); });\n",
        "export default { async fetch(request, env) { const { text } = await request.json(); return ask(text); } };\n",
        "import { serve } from 'https://deno.land/std@0.1.0/http/server.ts';\nserve(async (request) => ask((await request.json()).text));\n",
    ];
    for case in cases {
        assert!(!doors("src/server.ts", &format!("{SCRIPT}{case}")).is_empty(), "{case}");
    }
    let others = [
        // Connections are authenticated beforehand; and a client only hears its server.
        "import { WebSocketServer } from 'ws';\nnew WebSocketServer({ noServer: true }).on('connection', (ws) => { ws.on('message', (text) => ask(text)); });\n",
        "import WebSocket from 'ws';\nnew WebSocket('wss://x.example').on('message', (text) => ask(text));\n",
        "export default { fetch: 'https://x.example', ask };\n",
    ];
    for case in others {
        assert!(doors("src/server.ts", &format!("{SCRIPT}{case}")).is_empty(), "{case}");
    }
}

#[test]
fn what_stands_before_a_class_of_routes_stands_before_each() {
    let controller = |guard: &str| {
        let text = format!(
            "import {{ Body, Controller, Post, UseGuards }} from '@nestjs/common';\n{SCRIPT}{guard}@Controller('chat')\nexport class Chat {{\n  @Post()\n  async chat(@Body() body) {{ return ask(body.text); }}\n}}\n"
        );
        doors("src/chat.controller.ts", &text)
    };
    assert_eq!(controller("").len(), 1);
    assert!(controller("@UseGuards(AuthGuard)\n").is_empty());
}

#[test]
fn what_is_shown_to_everybody_is_told_of() {
    let page = |given: &str| {
        let text = format!("{ASK}import gradio\ngradio.ChatInterface(ask).launch({given})\n");
        doors("agent.py", &text)
    };
    assert_eq!(page("share=True").len(), 1);
    assert_eq!(page("server_name='0.0.0.0'").len(), 1);
    for closed in ["", "share=False", "share=True, auth=('a', 'b')", "server_name='127.0.0.1'"] {
        assert!(page(closed).is_empty(), "{closed}");
    }
    let tools = |default: &str| {
        let text = format!(
            "import argparse\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nparser = argparse.ArgumentParser()\nparser.add_argument('--host', default='{default}')\nargs = parser.parse_args()\nmcp.run(transport='sse', host=args.host)\n"
        );
        doors("agent.py", &text)
    };
    assert_eq!(tools("0.0.0.0").len(), 1);
    assert!(tools("127.0.0.1").is_empty());
}

#[test]
fn tools_that_only_tell_what_everybody_may_know_need_no_guard() {
    let server = |tool: &str| {
        let text = format!(
            "import express from 'express';\nimport {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';\nimport {{ StreamableHTTPServerTransport }} from '@modelcontextprotocol/sdk/server/streamableHttp.js';\nimport {{ execSync }} from 'child_process';\nconst server = new McpServer({{ name: 'x' }});\nserver.tool('whatToEat', 'Recommends a dish', {{}}, async (args) => {tool});\nexpress().post('/mcp', async (req, res) => {{ const t = new StreamableHTTPServerTransport({{}}); await server.connect(t); await t.handleRequest(req, res); }});\n"
        );
        doors("server.js", &text).len()
    };
    assert_eq!(server("['rice', 'noodles']"), 0);
    assert_eq!(server("execSync(args.dish)"), 1);
}

#[test]
fn a_table_of_routes_is_asked_by_what_the_request_says() {
    let server = |key: &str| {
        format!(
            "import http from 'node:http';\nimport fs from 'node:fs';\nconst routes = {{\n  GET: {{ '/health': health }},\n  POST: {{ '/read': read, '/health': health }},\n}};\nfunction health(req, res) {{ res.end('ok'); }}\nfunction read(req, res) {{\n  const url = new URL(req.url, 'http://x');\n  res.end(fs.readFileSync(url.searchParams.get('path')));\n}}\nhttp.createServer((req, res) => {{\n  const handler = routes[{key}][req.url];\n  handler(req, res);\n}}).listen(3000);\n"
        )
    };
    let rule = "untrusted-to-exec";
    let found = |key: &str| {
        let text = server(key);
        lines(&checked(&[("server.js", text.as_str())])).iter().any(|line| line.starts_with(rule))
    };
    assert!(found("req.method ?? 'GET'"));
    assert!(!found("'GET'"));
}

#[test]
fn a_tool_is_told_of_where_it_is_carried_out_and_not_where_it_is_described() {
    let text = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { z } from 'zod';\nconst definition = {\n  name: 'delete-note',\n  description: 'Deletes a note for good',\n  inputSchema: { id: z.string() },\n};\nexport function register(client, server) {\n  server.registerTool(definition.name, { description: definition.description, inputSchema: definition.inputSchema }, async ({ id }) => {\n    await client.deleteNote(id);\n    return { content: [] };\n  });\n}\nconst server = new McpServer({ name: 'notes', version: '1' });\nregister(makeClient(), server);\n";
    let report = crate::project::checked(&[("a.js", text)]);
    let found: Vec<u32> = report
        .findings
        .iter()
        .filter(|one| one.rule.0 == "tool-without-confirmation")
        .map(|one| one.place.line)
        .collect();
    assert_eq!(found, [10]);
}
