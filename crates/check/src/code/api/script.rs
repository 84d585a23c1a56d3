//! What is known of JavaScript and its frameworks.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::value::{Argument, Shape, Value, given};
use super::{last, root};
use crate::facts::Taint;

/// Packages that pass what strangers say to callbacks, in addition to [`SERVERS`].
const HEARING: &[&str] = &[
    "ws",
    "socketio",
    "wechaty",
    "wechat4u",
    "discord",
    "eris",
    "telegraf",
    "grammy",
    "node-telegram-bot-api",
    "@slack/bolt",
    "@slack/web-api",
    "@slack/events-api",
    "whatsapp-web_js",
    "@whiskeysockets/baileys",
    "@line/bot-sdk",
    "@larksuiteoapi/node-sdk",
    "icqq",
    "oicq",
    "koishi",
    "botbuilder",
    "matrix-bot-sdk",
    "twitch-js",
    "tmi_js",
    "@trpc/server",
    "probot",
    "bottender",
    "imapflow",
    "imap",
    "mailparser",
    "@nestjs/common",
    "@apollo/server",
    "apollo-server",
    "apollo-server-express",
    "graphql-yoga",
    "@graphql-tools/schema",
];

/// Packages that serve HTTP requests.
const SERVERS: &[&str] = &[
    "express",
    "fastify",
    "hono",
    "koa",
    "@koa/router",
    "koa-router",
    "@hono/node-server",
    "@hono/zod-openapi",
    "elysia",
    "@hapi/hapi",
    "restify",
    "polka",
    "micro",
    "h3",
    "nitro",
    "http2",
    "koa-bodyparser",
    "@fastify/websocket",
    "express-ws",
    "uWebSockets_js",
    "find-my-way",
    "@tinyhttp/app",
    "restana",
    "hyper-express",
    "itty-router",
    "@sveltejs/kit",
    "firebase-functions",
    "@google-cloud/functions-framework",
    "@azure/functions",
];

/// Whether a call passes HTTP requests to the functions that it takes.
pub(in crate::code) fn serves(path: &str) -> bool {
    let plain = matches!(root(path), "http" | "https") && last(path) == "createServer";
    let global = [
        "js.framework",
        "js.guarded",
        "js.middleware",
        "js.Deno.serve",
        "js.Bun.serve",
        "js.defineEventHandler",
        "js.eventHandler",
    ];
    // A web socket server hears whoever connects; a client hears one server.
    let sockets = matches!(root(path), "ws" | "socket_io" | "socketio")
        && (path.contains("Server") || path.contains("createServer"));
    SERVERS.contains(&root(path)) || plain || sockets || global.contains(&path)
}

/// Returns the taint of a member that a browser or the language computes: a length is a number, and what is read from an
/// element as markup was escaped when it was put there as text. What was put there as markup ran already.
pub(in crate::code) fn of_element(taint: Taint, name: &str) -> Taint {
    match name {
        "length" => Taint::NONE,
        "innerHTML" | "outerHTML" if taint != Taint::NONE => taint | Taint::CHECKED,
        _ => taint,
    }
}

/// Names of callback parameters through which a handler responds or passes on.
const ANSWERS: &[&str] = &[
    "res", "response", "reply", "resp", "next", "done", "resolve", "reject", "error", "err", "env", "_next",
];

/// Returns what is said to the functions that a call takes, if somebody outside says it.
pub(in crate::code) fn hears(path: &str) -> Option<Taint> {
    let name = last(path);
    match root(path) {
        "js" => global_hears(path, name),
        "swift" => super::swift::hears(path),
        "http" | "https" | "net" if name == "createServer" => Some(Taint::USER),
        "readline" | "inquirer" | "prompts" => Some(Taint::LOCAL),
        "ai_sdk" if name.contains("Text") || name.contains("Object") => Some(Taint::MODEL),
        "ai_sdk" => matches!(name, "tool" | "dynamicTool").then_some(Taint::TOOL),
        "@modelcontextprotocol/sdk" | "fastmcp" => Some(Taint::TOOL),
        "@openai/agents" | "llama_index" => matches!(name, "tool" | "from").then_some(Taint::TOOL),
        root if root.starts_with("langchain") => {
            name.to_ascii_lowercase().ends_with("tool").then_some(Taint::TOOL)
        }
        // What the person at this machine asks in another window of the program.
        "electron" if path.contains("ipcMain") => Some(Taint::LOCAL),
        "vscode" if name == "createChatParticipant" => Some(Taint::LOCAL),
        // The client chooses freely what it sends over a socket.
        "ws" | "socketio" | "socket_io" => Some(Taint::USER | Taint::BODY),
        root if HEARING.contains(&root) || SERVERS.contains(&root) => Some(Taint::USER),
        _ => None,
    }
}

fn global_hears(path: &str, name: &str) -> Option<Taint> {
    match path {
        // The props of a page come from the developer's own code.
        "js.page" => Some(Taint::NONE),
        "js.framework"
        | "js.guarded"
        | "js.middleware"
        | "js.Deno.serve"
        | "js.Bun.serve"
        | "js.addEventListener"
        | "js.defineEventHandler"
        | "js.eventHandler" => Some(Taint::USER),
        _ => {
            let listens = matches!(name, "addEventListener" | "onmessage");
            if listens && ["js.WebSocket().", "js.EventSource()."].iter().any(|made| path.starts_with(made)) {
                return Some(Taint::WEB);
            }
            let typed = path.starts_with("js.jsx.") || path.starts_with("js.process.stdin.on");
            // The page calls a component's event handlers.
            let told = name == "addListener"
                && ["js.chrome.", "js.browser."].iter().any(|own| path.starts_with(own));
            (typed || told || name == "addEventListener" || path == "js.on").then_some(Taint::LOCAL)
        }
    }
}

/// Whether a handler responds through a parameter with this name instead of hearing something.
pub(in crate::code) fn is_answer(name: &str) -> bool {
    ANSWERS.contains(&name)
}

/// Whether a call returns the function that it was given.
pub(in crate::code) fn gives_back(path: &str) -> bool {
    let name = last(path);
    match root(path) {
        "react" => matches!(name, "useCallback" | "useMemo" | "memo" | "forwardRef" | "cache" | "useEvent"),
        "lodash" | "lodash-es" | "underscore" => matches!(name, "debounce" | "throttle" | "memoize" | "once"),
        "p-limit" | "p-retry" | "p-queue" | "use-debounce" | "express-async-handler" => true,
        "util" => name == "promisify",
        "next" => matches!(name, "unstable_cache"),
        _ => false,
    }
}

/// Builtins whose result says nothing of the arguments.
const CLEARS: &[&str] = &[
    "js.Number",
    "js.parseInt",
    "js.parseFloat",
    "js.isNaN",
    "js.Number.parseInt",
    "js.Number.parseFloat",
    "js.Number.isInteger",
    "js.Array.isArray",
    "js.Date",
    "js.Date.now",
    "js.Symbol",
    "js.Intl",
    "js.crypto.randomUUID",
    "js.crypto.subtle.digest",
    "js.performance.now",
];

/// Builtins that return their argument.
const SAME: &[&str] = &[
    "js.String",
    "js.JSON.stringify",
    "js.JSON.parse",
    "js.structuredClone",
    "js.Object.freeze",
    "js.Object",
    "js.Promise.resolve",
    "js.Promise.all",
    "js.Promise.race",
    "js.Promise.any",
    "js.decodeURIComponent",
    "js.encodeURI",
    "js.atob",
    "js.btoa",
    "js.URL",
    "js.Readonly",
];

/// Builtins that return the items of their argument.
const ITEMS: &[&str] = &[
    "js.Array.from",
    "js.Object.values",
    "js.Object.entries",
    "js.Object.keys",
    "js.Set",
    "js.Promise.allSettled",
];

/// Evaluates a builtin, if it does nothing besides returning a value.
pub(in crate::code) fn builtin(path: &str, arguments: &[Argument]) -> Option<Value> {
    let first = || given(arguments, 0, "value").cloned().unwrap_or_default();
    let plain = |value: Value| Value { taint: value.deep_taint().without(Taint::CONSENT), ..value };
    if CLEARS.contains(&path) || path.starts_with("js.Math.") || path.starts_with("js.console.") {
        return Some(Value::default());
    }
    if path == "js.RegExp" {
        return Some(Value::new(Value::path(path).called(arguments), Taint::NONE));
    }
    if let Some(method) = path.strip_prefix("js.RegExp().") {
        let found = arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
        return Some(Value::of(if method == "test" { Taint::NONE } else { found.without(Taint::CONSENT) }));
    }
    if path == "js.Boolean" {
        return Some(Value::of(first().taint.and(Taint::CONSENT)));
    }
    // `new URL("/chat", base)`
    if let ("js.URL", Some(base)) = (path, given(arguments, 1, "base")) {
        return Some(plain(super::super::builtin::below(base, &first())));
    }
    if matches!(path, "js.Map" | "js.WeakMap") && arguments.is_empty() {
        return Some(Value::new(Shape::Dict(Rc::default()), Taint::NONE));
    }
    // `new Map([["send", send]])`
    if let ("js.Map", Shape::List(pairs)) = (path, &first().shape) {
        let taint = first().deep_taint().without(Taint::CONSENT);
        return Some(Value::new(Shape::Dict(Rc::new(by_pairs(pairs))), taint));
    }
    if SAME.contains(&path) {
        let value = plain(first());
        // A confined path may climb again once it is decoded.
        let held = if path == "js.decodeURIComponent" { Taint::CHECKED } else { Taint::NONE };
        return Some(Value { taint: value.taint.without(held), ..value });
    }
    if ITEMS.contains(&path) && !arguments.iter().any(|one| matches!(one.value.shape, Shape::Functions(_))) {
        let value = first();
        let items = vec![value.item(None)];
        return Some(Value::new(Shape::List(Rc::new(items)), value.deep_taint().without(Taint::CONSENT)));
    }
    (path == "js.Object.assign").then(|| merged(arguments))
}

/// Builds a dictionary from a list of pairs, using those with known keys.
fn by_pairs(pairs: &[Value]) -> BTreeMap<String, Value> {
    let pair = |pair: &Value| match &pair.shape {
        Shape::List(pair) => match pair.as_slice() {
            [key, value] => Some((key.known_text()?.to_owned(), value.clone())),
            _ => None,
        },
        _ => None,
    };
    pairs.iter().filter_map(pair).collect()
}

/// `Object.assign({}, a, b)`
fn merged(arguments: &[Argument]) -> Value {
    let mut all = BTreeMap::new();
    let mut taint = Taint::NONE;
    for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
        taint |= argument.value.deep_taint();
        if let Shape::Dict(items) = &argument.value.shape {
            all.extend(items.iter().map(|(key, item)| (key.clone(), item.clone())));
        }
    }
    Value::new(Shape::Dict(Rc::new(all)), taint.without(Taint::CONSENT))
}

/// Whether a path is the environment.
pub(in crate::code) fn is_environment(path: &str) -> bool {
    matches!(path, "js.process.env" | "js.import_meta.env" | "js.Bun.env" | "process.env" | "process")
        && path != "process"
}

/// Returns the origins of what a builtin or a framework returns.
pub(in crate::code) fn source(path: &str) -> Option<Taint> {
    let name = last(path);
    Some(match root(path) {
        "js" => return global_source(path),
        // What a page shows of a conversation with a model.
        _ if ["useChat().messages", "useCompletion().completion", "useObject().object"]
            .iter()
            .any(|part| path.ends_with(part)) =>
        {
            Taint::MODEL
        }
        "readline" if matches!(name, "question" | "prompt") => Taint::LOCAL,
        "vscode" if matches!(name, "showInputBox" | "getText") => Taint::LOCAL,
        "inquirer" | "@inquirer/prompts" | "prompts" | "enquirer" | "@clack/prompts" => Taint::LOCAL,
        "next" if matches!(name, "cookies" | "headers" | "useSearchParams") => Taint::USER,
        "fs" | "fs-extra"
            if matches!(name, "readFileSync" | "readFile" | "readJson" | "createReadStream") =>
        {
            Taint::FILE
        }
        "imapflow" | "mailparser" if path.contains("()") => Taint::WEB | Taint::USER,
        "googleapis"
        | "@notionhq/client"
        | "@octokit/rest"
        | "octokit"
        | "puppeteer"
        | "puppeteer-core"
        | "playwright"
        | "rss-parser"
        | "@mendable/firecrawl-js"
        | "@tavily/core"
        | "exa-js"
        | "serpapi"
        | "duck-duck-scrape"
            if path.contains("()") =>
        {
            Taint::WEB
        }
        _ => return None,
    })
}

/// Extension APIs that return the content of somebody's page.
const EXTENSIONS: &[&str] =
    &["scripting.executeScript()", "tabs.executeScript()", "tabs.sendMessage()", "tabs.captureVisibleTab()"];

fn global_source(path: &str) -> Option<Taint> {
    let page = path.starts_with("js.document.") || path.starts_with("js.window.document.");
    Some(match path {
        "js.prompt()" | "js.window.prompt()" => Taint::LOCAL,
        _ if path.starts_with("js.process.argv") || path.starts_with("js.Deno.args") => Taint::LOCAL,
        _ if page && matches!(last(path), "value" | "textContent" | "innerText") => Taint::LOCAL,
        _ if path.starts_with("js.location.") || path.starts_with("js.window.location.") => {
            if matches!(last(path), "hash" | "search" | "href") { Taint::USER } else { return None }
        }
        _ if path.starts_with("js.Bun.file()") => Taint::FILE,
        // What an extension reads from the open page.
        _ if EXTENSIONS.iter().any(|call| path.ends_with(call)) => Taint::WEB,
        _ => return None,
    })
}

/// Converts method names to Python style: `fromTexts` becomes `from_texts`; classes stay as they are.
pub(in crate::code) fn snake(path: &str) -> String {
    let mut made = String::with_capacity(path.len() + 8);
    for (index, part) in path.split('.').enumerate() {
        if index > 0 {
            made.push('.');
        }
        let method = part.starts_with(|ch: char| ch.is_ascii_lowercase());
        for ch in part.chars() {
            if method && ch.is_ascii_uppercase() {
                made.push('_');
                made.push(ch.to_ascii_lowercase());
            } else {
                made.push(ch);
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told() {
        assert_eq!(
            snake("chromadb.ChromaClient().getOrCreateCollection().query"),
            "chromadb.ChromaClient().get_or_create_collection().query"
        );
        assert_eq!(hears("express().post"), Some(Taint::USER));
        assert_eq!(hears("lodash.map"), None);
        assert_eq!(source("js.document.getElementById().value"), Some(Taint::LOCAL));
        assert!(is_environment("js.process.env") && !is_environment("js.process"));
    }
}
