// The extension in editors/vscode and the server that it starts, without an editor: `node run.mjs --ombud PATH`.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const extension = join(here, "../../editors/vscode");
const at = process.argv.indexOf("--ombud");
if (at < 0) throw new Error("say where the binary is: node run.mjs --ombud target/release/ombud");
const ombud = resolve(process.argv[at + 1]);

const json = (name) => JSON.parse(readFileSync(join(extension, name), "utf8"));

// A minimal client of the protocol.
class Editor {
  constructor(folder, options) {
    this.child = spawn(ombud, ["lsp"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((done) => this.child.on("exit", done));
    this.next = 0;
    this.answers = new Map();
    this.published = [];
    this.waiting = [];
    this.read();
    this.folder = folder;
    this.options = options;
  }

  read() {
    let bytes = Buffer.alloc(0);
    this.child.stdout.on("data", (data) => {
      bytes = Buffer.concat([bytes, data]);
      for (;;) {
        const head = bytes.indexOf("\r\n\r\n");
        if (head < 0) return;
        const length = Number(/Content-Length: (\d+)/i.exec(bytes.subarray(0, head))[1]);
        if (bytes.length < head + 4 + length) return;
        this.take(JSON.parse(bytes.subarray(head + 4, head + 4 + length)));
        bytes = bytes.subarray(head + 4 + length);
      }
    });
  }

  take(message) {
    if (message.id !== undefined) this.answers.get(message.id)?.(message);
    else if (message.method === "textDocument/publishDiagnostics") {
      this.published.push(message.params);
      this.waiting.splice(0).forEach((wake) => wake());
    }
  }

  send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  ask(method, params) {
    const id = ++this.next;
    this.send({ id, method, params });
    return new Promise((done) => this.answers.set(id, done));
  }

  async findings(uri) {
    for (;;) {
      const index = this.published.findIndex((one) => one.uri === uri);
      if (index >= 0) return this.published.splice(index, 1)[0].diagnostics;
      await new Promise((wake) => this.waiting.push(wake));
    }
  }

  async open() {
    const { result } = await this.ask("initialize", {
      processId: process.pid, rootUri: pathToFileURL(this.folder).href, capabilities: {}, ...this.options,
    });
    this.send({ method: "initialized", params: {} });
    return result;
  }

  async close() {
    await this.ask("shutdown", null);
    this.send({ method: "exit" });
    return this.ended;
  }
}

function applied(text, edits) {
  const lines = text.split("\n");
  const offset = ({ line, character }) => lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  const ordered = [...edits].sort((one, other) => offset(other.range.start) - offset(one.range.start));
  return ordered.reduce((all, { range, newText }) =>
    all.slice(0, offset(range.start)) + newText + all.slice(offset(range.end)), text);
}

const cases = {
  async "findings, a fix, and the finding is gone"() {
    const folder = mkdtempSync(join(tmpdir(), "ombud-editor-"));
    try {
      const file = join(folder, "agent.py");
      const text = "from openai import OpenAI\n# 给用户的话 😀\nc = OpenAI(base_url=\"https://api.deepseek.com\")\n";
      writeFileSync(file, "");
      const editor = new Editor(folder, { locale: "zh-cn" });
      const { capabilities } = await editor.open();
      assert.equal(capabilities.positionEncoding, "utf-16");
      const uri = pathToFileURL(file).href;
      editor.send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "python", version: 1, text } } });
      const [finding] = await editor.findings(uri);
      assert.equal(finding.code, "hardcoded-provider");
      assert.match(finding.message, /模型服务商/);
      const { result: actions } = await editor.ask("textDocument/codeAction", {
        textDocument: { uri }, range: finding.range, context: { diagnostics: [finding], only: ["quickfix"] },
      });
      const mended = applied(text, actions[0].edit.changes[uri]);
      assert.match(mended, /import os\nfrom openai/);
      assert.match(mended, /os\.environ\.get\("DEEPSEEK_API_BASE", "https:\/\/api\.deepseek\.com"\)/);
      editor.send({ method: "textDocument/didChange", params: { textDocument: { uri, version: 2 }, contentChanges: [{ text: mended }] } });
      assert.deepEqual(await editor.findings(uri), []);
      const { result: hover } = await editor.ask("textDocument/hover", { textDocument: { uri }, position: { line: 0, character: 0 } });
      assert.equal(hover, null);
      assert.equal(await editor.close(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  async "what is no message ends nothing"() {
    const folder = mkdtempSync(join(tmpdir(), "ombud-editor-"));
    try {
      const editor = new Editor(folder, {});
      editor.child.stdin.write("Content-Length: 5\r\n\r\n{\"a\":garbage\r\n\r\n");
      await editor.open();
      const { error } = await editor.ask("no/such/method", {});
      assert.equal(error.code, -32601);
      assert.equal(await editor.close(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  async "a project is looked at again when a file changes, and Ctrl-C ends with the last look's code"() {
    const folder = mkdtempSync(join(tmpdir(), "ombud-editor-"));
    try {
      const file = join(folder, "agent.py");
      writeFileSync(file, "a = 1\n");
      const child = spawn(ombud, ["--lang", "en", "check", "--watch", "--gate", "warning"], { cwd: folder });
      const ended = new Promise((done) => child.on("exit", done));
      let out = "";
      let wake = () => {};
      child.stdout.on("data", (data) => { out += data; wake(); });
      const says = async (words) => {
        while (!out.includes(words)) await new Promise((done) => { wake = done; });
        out = out.slice(out.indexOf(words) + words.length);
      };
      await says("Nothing was found");
      writeFileSync(file, "URL = \"https://api.deepseek.com\"\n");
      await says("warning[hardcoded-provider]");
      await says("+ agent.py:1 hardcoded-provider: ");
      await says("now 1 finding(s)");
      writeFileSync(join(folder, "other.py"), "b = 1\n");
      await says("no change: 1 finding(s)");
      child.kill("SIGINT");
      assert.equal(await ended, 1);
      assert.doesNotMatch(out, /\u001b/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  "the manifest is whole"() {
    const manifest = json("package.json");
    const [english, chinese] = [json("package.nls.json"), json("package.nls.zh-cn.json")];
    const used = [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]);
    assert.ok(used.length > 5);
    for (const texts of [english, chinese]) assert.deepEqual(Object.keys(texts).sort(), [...new Set(used)].sort());
    for (const text of Object.values(chinese)) assert.match(text, /[\u4e00-\u9fff]/);
    assert.ok(existsSync(join(extension, manifest.main)));
    for (const file of ["LICENSE", "README.md"]) assert.ok(existsSync(join(extension, file)), `vsce asks about a missing ${file}`);
    const [, languages] = /LANGUAGES = \[(.*)\]/.exec(readFileSync(join(extension, manifest.main), "utf8"));
    for (const language of JSON.parse(`[${languages}]`)) assert.ok(manifest.activationEvents.includes(`onLanguage:${language}`));
    const source = readFileSync(join(extension, manifest.main), "utf8");
    const declared = Object.keys(manifest.contributes.configuration.properties);
    const read = [...source.matchAll(/(?:\.get|chosen)\("(\w+)"/g)].map((match) => `ombud.${match[1]}`);
    assert.deepEqual([...new Set(read)].sort(), declared.sort());
    for (const { command } of manifest.contributes.commands) assert.ok(source.includes(`registerCommand("${command}"`));
    for (const name of ["vscode-languageclient"]) assert.ok(manifest.dependencies[name] && source.includes(`require("${name}/node")`));
    const version = execFileSync(ombud, ["--version"], { encoding: "utf8" });
    assert.ok(version.includes(manifest.version), `${version} and the extension are of one version`);
  },

  "its profiles are those of the binary"() {
    const help = execFileSync(ombud, ["--lang", "en", "lsp", "--help"], { encoding: "utf8" });
    const { enum: profiles } = json("package.json").contributes.configuration.properties["ombud.profile"];
    const known = [...help.matchAll(/^\s+- (\w+):/gm)].map((match) => match[1]);
    assert.deepEqual(profiles.filter((one) => one !== "none").sort(), known.sort());
  },

  async "the extension starts the server as it is set, and again when that changes"() {
    const started = [];
    const values = { path: "/opt/ombud", language: "zh", profile: "none" };
    let changed;
    let watchers = 0;
    const vscode = {
      env: { language: "en" },
      window: { showErrorMessage: (text) => started.push({ error: text }) },
      commands: { registerCommand: (name, run) => ({ name, run }) },
      workspace: {
        getConfiguration: () => ({ get: (name) => values[name] }),
        createFileSystemWatcher: (pattern) => { watchers += 1; return pattern; },
        onDidChangeConfiguration: (run) => { changed = run; return {}; },
      },
    };
    class LanguageClient {
      constructor(id, name, server, options) { Object.assign(this, { id, server, options }); }
      async start() {
        if (this.server.run.command === "absent") throw new Error("ENOENT");
        started.push({ ...this.server.run, ...this.options.initializationOptions });
      }
      async stop() {
        await new Promise(setImmediate);
        started.push("stopped");
        if (values.path === "crashed") throw new Error("it ended by itself");
      }
    }
    const load = Module._load;
    Module._load = (name, ...rest) => ({ vscode, "vscode-languageclient/node": { LanguageClient, TransportKind: { stdio: 0 } } })[name] ?? load(name, ...rest);
    try {
      const { activate, deactivate } = createRequire(import.meta.url)(join(extension, "extension.js"));
      const context = { subscriptions: [] };
      await activate(context);
      assert.deepEqual(started.splice(0), [{ command: "/opt/ombud", args: ["lsp"], transport: 0, lang: "zh", profile: undefined }]);
      Object.assign(values, { language: "auto", profile: "kids" });
      await changed({ affectsConfiguration: () => true });
      assert.deepEqual(started.splice(0), ["stopped", { command: "/opt/ombud", args: ["lsp"], transport: 0, lang: undefined, profile: "kids" }]);
      // Two changes in a row leave one server, and one that has ended by itself is replaced all the same.
      values.path = "crashed";
      await Promise.all([changed({ affectsConfiguration: () => true }), changed({ affectsConfiguration: () => true })]);
      assert.deepEqual(started.splice(0).map((one) => one.command ?? one), ["stopped", "crashed", "stopped", "crashed"]);
      assert.equal(watchers, 1);
      values.path = "absent";
      await context.subscriptions.find((one) => one.name === "ombud.restart").run();
      assert.match(started.splice(0)[1].error, /ombud\.path/);
      await deactivate();
      assert.deepEqual(started, []);
    } finally {
      Module._load = load;
    }
  },
};

for (const [name, run] of Object.entries(cases)) {
  await run();
  console.log(`ok    ${name}`);
}
