// Starts `ombud lsp` for the open folders. Everything shown comes from there.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

// Files that the check reads: sources of agents, and files that declare tools, servers and instructions.
const LANGUAGES = ["python", "javascript", "javascriptreact", "typescript", "typescriptreact", "swift"];
const FILES = "**/*.{py,pyw,js,mjs,cjs,jsx,ts,tsx,mts,cts,vue,svelte,swift,json,yaml,yml,toml,md,mdc}";

let client;
let watcher;
let turn = Promise.resolve();

function settings() {
  return vscode.workspace.getConfiguration("ombud");
}

function chosen(name, nothing) {
  const value = settings().get(name, nothing);
  return value === nothing ? undefined : value;
}

function create() {
  const command = settings().get("path", "ombud");
  const run = { command, args: ["lsp"], transport: TransportKind.stdio };
  const selector = LANGUAGES.map((language) => ({ scheme: "file", language }));
  selector.push({ scheme: "file", pattern: FILES });
  return new LanguageClient("ombud", "Ombud", { run, debug: run }, {
    documentSelector: selector,
    initializationOptions: { lang: chosen("language", "auto"), profile: chosen("profile", "none") },
    synchronize: { fileEvents: watcher },
  });
}

async function start() {
  client = create();
  try {
    await client.start();
  } catch (error) {
    const zh = vscode.env.language.toLowerCase().startsWith("zh");
    const path = settings().get("path", "ombud");
    vscode.window.showErrorMessage(zh
      ? `无法启动 ${path}：请安装 ombud，或在设置 ombud.path 中填写其完整路径。`
      : `${path} could not be started: install ombud, or set its full path in the setting ombud.path.`);
    client = undefined;
  }
}

async function stop() {
  const old = client;
  client = undefined;
  // A server that has ended by itself, or never started, cannot be stopped, which is no reason not to start another.
  if (old) await old.stop().catch(() => {});
}

/** Does one thing after another: two changes of the settings in a row must not leave two servers behind. */
function inTurn(...steps) {
  for (const step of steps) turn = turn.then(step);
  return turn;
}

const restart = () => inTurn(stop, start);

async function activate(context) {
  watcher = vscode.workspace.createFileSystemWatcher(FILES);
  context.subscriptions.push(
    watcher,
    vscode.commands.registerCommand("ombud.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("ombud")) return restart();
    }),
  );
  await inTurn(start);
}

module.exports = { activate, deactivate: () => inTurn(stop) };
