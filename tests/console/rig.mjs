// What every case needs: a provider that answers from what it received, the real binary in front of it, and a browser that
// may talk only to loopback.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const PHONE = "13912345678";
export const EMAIL = "wang.wei@example.com";
export const KEY = "sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2mN5pQ8sT";

/** A provider that echoes the last user turn, or calls a tool with it if the request has tools. */
export async function provider() {
  const bodies = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      bodies.push(text);
      answer(JSON.parse(text), response);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { bodies, url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

function answer(body, response) {
  const heard = body.messages.filter((message) => message.role === "user").pop()?.content ?? "";
  const text = typeof heard === "string" ? heard : JSON.stringify(heard);
  if (body.stream) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let at = 0; at < text.length; at += 7) {
      const delta = { choices: [{ index: 0, delta: { content: text.slice(at, at + 7) } }] };
      response.write(`data: ${JSON.stringify(delta)}\n\n`);
    }
    response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    return;
  }
  const call = { id: "call_1", type: "function", function: { name: "send_mail", arguments: JSON.stringify({ to: text }) } };
  const message = body.tools ? { role: "assistant", content: null, tool_calls: [call] } : { role: "assistant", content: `You said: ${text}` };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ model: "mock", choices: [{ index: 0, message, finish_reason: body.tools ? "tool_calls" : "stop" }] }));
}

/** Starts the binary in its own folder. `link` is the start link that it printed. */
export async function ombud(binary, args, folder, more = {}) {
  const env = { PATH: process.env.PATH, HOME: folder, OMBUD_LANG: "en", ...more };
  const child = spawn(binary, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const link = await new Promise((done, fail) => {
    const hear = (chunk) => {
      said += chunk;
      const found = /http:\/\/\S+\/console#token=[0-9a-f]{64}/.exec(said);
      if (found) done(found[0]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", fail);
    child.on("exit", (code) => fail(new Error(`${args[0]} ended with ${code}:\n${said}`)));
  });
  const ended = new Promise((done) => child.on("exit", done));
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return { link, base: new URL(link).origin, token: link.split("=").pop(), stop, said: () => said };
}

export function folder() {
  const path = mkdtempSync(join(tmpdir(), "ombud-console-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Acts as an agent: sends one chat request. Returns the value of `x-ombud-receipt`. */
export async function chat(base, messages, more = {}, headers = {}) {
  const response = await fetch(`${base}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer test-key", ...headers },
    body: JSON.stringify({ model: "gpt-test", messages, ...more }),
  });
  await response.text();
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  return response.headers.get("x-ombud-receipt");
}

export async function browser(path) {
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
}

/** Opens a fresh page and records everything that it requests and everything that goes wrong in it. */
export async function open(chrome, link, options = {}) {
  const context = await chrome.newContext({ locale: "en-GB", viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { hosts: new Set(), faults: [], urls: [] };
  page.on("request", (request) => {
    seen.urls.push(request.url());
    if (!request.url().startsWith("data:")) seen.hosts.add(new URL(request.url()).hostname);
  });
  page.on("pageerror", (error) => seen.faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") seen.faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    seen.faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  if (process.env.CONSOLE_DIST) await fromFolder(page, process.env.CONSOLE_DIST);
  await page.goto(link);
  return { page, seen, close: () => context.close() };
}

/** For work on the page: serves its files from a folder, without rebuilding the binary. */
async function fromFolder(page, dist) {
  await page.route(/\/console(#.*)?$/, (route) => route.fulfill({ path: join(dist, "index.html"), contentType: "text/html" }));
  const files = { "console.js": "text/javascript", "console.css": "text/css" };
  for (const [file, contentType] of Object.entries(files)) {
    await page.route(`**/console/${file}`, (route) => route.fulfill({ path: join(dist, file), contentType }));
  }
}
