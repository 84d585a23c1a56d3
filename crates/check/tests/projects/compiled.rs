//! Programs as emitted by compilers and bundlers.

use crate::project::{checked, lines};

const SERVER: &str = "const express = require('express');\nconst { exec } = require('child_process');\nconst app = express();\n";
const AWAITER: &str = "var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {\n  return new Promise(function (resolve, reject) { generator = generator.apply(thisArg, _arguments || []); resolve(generator.next()); });\n};\n";

fn runs(files: &[(&str, &str)]) -> bool {
    lines(&checked(files)).iter().any(|line| line.starts_with("untrusted-to-exec@"))
}

/// Whether the client's input is executed by the code before the route or by the route.
fn served(before: &str, body: &str) -> bool {
    runs(&[(
        "main.js",
        &format!("{SERVER}{before}app.post('/a', (req, res) => {{ {body} }});\napp.listen(3);\n"),
    )])
}

#[test]
fn generators_that_stand_for_functions_that_await() {
    let get = "function get(q) {\n  return __awaiter(this, void 0, void 0, function* () {\n    return q;\n  });\n}\n";
    let run = "function run(q) {\n  return __awaiter(this, void 0, void 0, function* () {\n    exec(yield get(q));\n  });\n}\n";
    let before = format!("{AWAITER}{get}{run}");
    assert!(served(&before, "run(req.body.q);"));
    assert!(!served(&before, "run('ls');"));
    let route = "app.post('/b', (req, res) => __awaiter(void 0, void 0, void 0, function* () { exec(req.body.q); }));\n";
    assert!(served(&format!("{AWAITER}{route}"), ""));
    let own = "class Shell {\n  ask(q) {\n    return tslib_1.__awaiter(this, void 0, void 0, function* () { this.run(q); });\n  }\n  run(q) { exec(q); }\n}\n";
    assert!(served(own, "new Shell().ask(req.body.q);"));
    let within = "function run(q) {\n  if (!q) { return; }\n  return __async(this, null, function* () { exec(q); });\n}\n";
    assert!(served(within, "run(req.body.q);"));
    // In a real generator, `yield` yields.
    let each = "function* each(all) { for (const one of all) yield one; }\n";
    assert!(served(each, "for (const one of each(req.body.qs)) exec(one);"));
}

#[test]
fn modules_that_were_put_into_one_file() {
    let module = |inside: &str| {
        format!(
            "var __commonJS = (cb, mod) => function __require() {{ return mod; }};\nvar __toESM = (mod) => mod;\nvar require_shell = __commonJS({{ \"shell.js\"(exports2, module2) {{ \"use strict\"; {inside} }} }});\nvar import_shell = __toESM(require_shell());\n"
        )
    };
    let whole = module("module2.exports = { run: (text) => exec(text) };");
    assert!(served(&whole, "import_shell.default.run(req.body.q);"));
    assert!(served(&module("exports2.run = (text) => exec(text);"), "import_shell.run(req.body.q);"));
    assert!(!served(&module("exports2.run = () => exec('ls');"), "import_shell.run(req.body.q);"));
    let shown = "var shell_exports = {};\n__export(shell_exports, { run: () => run });\nfunction run(text) { exec(text); }\n";
    assert!(served(shown, "shell_exports.run(req.body.q);"));
}

#[test]
fn fields_and_names_that_helpers_give() {
    let field = "var Shell = class { constructor() { __publicField(this, 'run', (text) => exec(text)); } ask(text) { this.run(text); } };\n";
    assert!(served(field, "new Shell().ask(req.body.q);"));
    let named = "var run = /* @__PURE__ */ __name((text) => { exec(text); }, 'run');\n";
    assert!(served(named, "run(req.body.q);"));
}

#[test]
fn what_was_built_is_read_where_nothing_else_was_published() {
    let main = format!("{SERVER}app.post('/a', (req, res) => {{ exec(req.body.q); }});\napp.listen(3);\n");
    let start = format!("#!/usr/bin/env node\n{}import('../dist/index.js');\n", "// starts it\n".repeat(40));
    let package = "{\"name\": \"shell\", \"main\": \"dist/index.js\"}";
    let published = [("dist/index.js", main.as_str()), ("bin/start.js", &start), ("package.json", package)];
    assert!(runs(&published));
    // If its source is there, that is read instead.
    let source = "export const n = 1;\n".repeat(20);
    let [built, start, package] = published;
    assert!(!runs(&[built, start, package, ("src/index.ts", &source)]));
    assert!(!runs(&[built, start, ("package.json", "{\"name\": \"shell\", \"main\": \"bin/start.js\"}")]));
}

#[test]
fn what_a_package_offers_from_the_index_of_its_folder_is_entered() {
    let plugin = "const koishi_1 = require(\"koishi\");\nconst { exec } = require('child_process');\nexports.apply = apply;\nfunction apply(ctx, config) {\n  ctx.command('run <text>').action(async ({ session }, text) => { exec(text); });\n}\n";
    assert!(runs(&[("lib/index.js", plugin)]));
    assert!(!runs(&[("lib/index.js", &plugin.replace("apply", "other"))]));
}
