//! Automatic fixes: what is written, that the finding is gone afterwards, and what is left alone.

use std::path::Path;

use ombud_check::{Mended, Options, Report, Safety, Session, mend};
use ombud_detect::Detector;

use crate::project::{look, providers};

/// A folder with files given as `(name, text)`.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Fixes everything that `rule` finds, and checks again.
fn mended(dir: &Path, rule: &str) -> (Report, Mended, Report) {
    let before = look(dir, &Options::default());
    let found = before.findings.iter().filter(|finding| finding.rule.0 == rule);
    let wanted: Vec<&str> = found.map(|finding| finding.fingerprint.as_str()).collect();
    assert!(!wanted.is_empty(), "{rule} finds nothing: {:?}", crate::project::lines(&before));
    let done = mend(&before.files, &before.fixes, &wanted, true);
    for change in &done.changes {
        std::fs::write(dir.join(&change.path), &change.after).unwrap();
    }
    let after = look(dir, &Options::default());
    (before, done, after)
}

/// The changed lines, as in a diff.
fn difference(done: &Mended) -> String {
    let mut out = String::new();
    for change in &done.changes {
        let (old, new): (Vec<&str>, Vec<&str>) =
            (change.before.split('\n').collect(), change.after.split('\n').collect());
        let went = old.iter().filter(|line| !new.contains(line)).map(|line| format!("-{line}\n"));
        let came = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+{line}\n"));
        out.extend(went.chain(came));
    }
    out
}

/// Returns the fix for the findings of a rule in one file; none of them may remain at its severity.
fn fixed(rule: &str, name: &str, text: &str) -> (Safety, String) {
    fixed_in(rule, &[(name, text)])
}

fn fixed_in(rule: &str, files: &[(&str, &str)]) -> (Safety, String) {
    let dir = folder(files);
    let (before, done, after) = mended(dir.path(), rule);
    let worst = |report: &Report| {
        let of_rule = report.findings.iter().filter(|finding| finding.rule.0 == rule);
        of_rule.map(|finding| finding.severity).max()
    };
    let left = usize::from(worst(&after) >= worst(&before));
    assert_eq!((left, done.broken.len(), done.waiting.len()), (0, 0, 0), "{}", difference(&done));
    assert!(after.gaps.iter().all(|gap| before.gaps.contains(gap)), "{:?}", after.gaps);
    let worst = done.applied.iter().filter_map(|one| before.fixes.get(one)).map(|fix| fix.safety).max();
    (worst.unwrap(), difference(&done))
}

/// Asserts that the rule has a finding that cannot be fixed automatically.
fn left_alone(rule: &str, name: &str, text: &str) {
    left_alone_in(rule, &[(name, text)]);
}

fn left_alone_in(rule: &str, files: &[(&str, &str)]) {
    let dir = folder(files);
    let (_, done, after) = mended(dir.path(), rule);
    assert!(done.changes.is_empty(), "{}", difference(&done));
    assert!(after.findings.iter().any(|finding| finding.rule.0 == rule));
}

#[test]
fn an_address_comes_from_the_variable_that_run_sets() {
    let rule = "hardcoded-provider";
    let text = "\"\"\"An agent.\"\"\"\nfrom __future__ import annotations\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url='https://api.deepseek.com/v1')\n";
    let (safety, shown) = fixed(rule, "agent.py", text);
    assert_eq!(safety, Safety::Safe);
    assert_eq!(
        shown,
        "-client = OpenAI(base_url='https://api.deepseek.com/v1')\n+import os\n+client = OpenAI(base_url=os.environ.get(\"DEEPSEEK_API_BASE\", 'https://api.deepseek.com/v1'))\n"
    );
    // A whole address is split into the base and the path.
    let (_, shown) = fixed(
        rule,
        "agent.py",
        "import json, os\nimport requests\nrequests.post(\"https://api.openai.com/v1/chat/completions\", json={})\n",
    );
    assert!(shown.ends_with("+requests.post(os.environ.get(\"OPENAI_BASE_URL\", \"https://api.openai.com/v1\") + \"/chat/completions\", json={})\n"), "{shown}");
    assert!(!shown.contains("+import"), "{shown}");
    let script = "import OpenAI from 'openai';\nexport const ai = new OpenAI({ baseURL: 'https://api.deepseek.com' });\n";
    let (_, shown) = fixed(rule, "agent.ts", script);
    assert!(shown.ends_with("+export const ai = new OpenAI({ baseURL: process.env.DEEPSEEK_API_BASE ?? 'https://api.deepseek.com' });\n"), "{shown}");
    let (_, shown) = fixed(
        rule,
        "agent.mjs",
        "const r = await fetch('https://api.deepseek.com/chat/completions', { method: 'POST' });\n",
    );
    assert!(shown.ends_with("+const r = await fetch((process.env.DEEPSEEK_API_BASE ?? 'https://api.deepseek.com') + '/chat/completions', { method: 'POST' });\n"), "{shown}");
}

#[test]
fn an_address_that_ombud_does_not_set_says_so() {
    let dir = folder(&[("a.py", "URL = 'https://api.anthropic.com'\n")]);
    let (before, ..) = mended(dir.path(), "hardcoded-provider");
    let fix = before.fixes.values().next().unwrap();
    assert!(fix.left.en.contains("ANTHROPIC_BASE_URL") && fix.left.zh.contains("$OMBUD_GATEWAY/p/anthropic"));
}

#[test]
fn an_address_in_a_text_or_a_setting_is_left_alone() {
    let rule = "hardcoded-provider";
    left_alone(rule, "agent.py", "def f(x):\n    return f'https://api.deepseek.com/{x}'\n");
    left_alone(rule, "config.yaml", "base_url: https://api.deepseek.com\n");
    left_alone(rule, "agent.py", "A = {'https://api.deepseek.com': 1}\n");
}

/// A made-up key in the vendor's format.
fn key() -> String {
    format!("sk-ant-api03-{}AA", "aB3dE6gH9j".repeat(9) + "xyz")
}

#[test]
fn a_key_goes_into_the_environment() {
    let rule = "secret-in-source";
    let key = key();
    let python = format!("from anthropic import Anthropic\n\nc = Anthropic(api_key=\"{key}\")\n");
    let (safety, shown) = fixed(rule, "agent.py", &python);
    assert_eq!(safety, Safety::Unsafe);
    assert!(
        shown.ends_with("+import os\n+c = Anthropic(api_key=os.environ[\"ANTHROPIC_API_KEY\"])\n"),
        "{shown}"
    );
    for (line, new) in [
        ("CLAUDE_KEY = 'KEY'", "CLAUDE_KEY = os.environ[\"CLAUDE_KEY\"]"),
        ("KEY = os.getenv('MY_KEY', 'KEY')", "KEY = os.environ[\"MY_KEY\"]"),
        (
            "c = {'Authorization': 'Bearer KEY'}",
            "c = {'Authorization': \"Bearer \" + os.environ[\"AUTHORIZATION\"]}",
        ),
        ("def f(claude_key='KEY'): pass", "def f(claude_key=os.environ[\"CLAUDE_KEY\"]): pass"),
        ("c = Slack(token='KEY')", "c = Slack(token=os.environ[\"SLACK_TOKEN\"])"),
        ("c = OpenAI(api_key='KEY')", "c = OpenAI(api_key=os.environ[\"OPENAI_API_KEY\"])"),
        (
            "c = OpenAI(api_key='KEY', base_url='https://api.deepseek.com')",
            "c = OpenAI(api_key=os.environ[\"DEEPSEEK_API_KEY\"], base_url='https://api.deepseek.com')",
        ),
        // What the fix for the address writes.
        (
            "c = OpenAI(api_key='KEY', base_url=os.environ.get('BASE', 'https://api.deepseek.com'))",
            "c = OpenAI(api_key=os.environ[\"DEEPSEEK_API_KEY\"], base_url=os.environ.get('BASE', 'https://api.deepseek.com'))",
        ),
    ] {
        let filled = |text: &str| {
            text.replace("'KEY'", &format!("'{key}'")).replace("Bearer KEY", &format!("Bearer {key}"))
        };
        let dir = folder(&[("agent.py", &format!("import os\n{}\n", filled(line)))]);
        let (_, done, after) = mended(dir.path(), rule);
        assert_eq!(done.changes.first().unwrap().after, format!("import os\n{new}\n"));
        assert!(after.findings.iter().all(|finding| finding.rule.0 != rule));
    }
    let script = format!(
        "import Anthropic from '@anthropic-ai/sdk';\nexport const c = new Anthropic({{ apiKey: '{key}' }});\n"
    );
    let (_, shown) = fixed(rule, "agent.ts", &script);
    assert!(
        shown.ends_with("+export const c = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY! });\n"),
        "{shown}"
    );
    let script = format!(
        "import OpenAI from 'openai';\nexport const c = new OpenAI({{ baseURL: process.env.BASE ?? 'https://api.deepseek.com', apiKey: '{key}' }});\n"
    );
    let (_, shown) = fixed(rule, "agent.ts", &script);
    assert!(shown.contains("apiKey: process.env.DEEPSEEK_API_KEY! });\n"), "{shown}");
    // Who receives the key is not known here, so no variable is the right one.
    for settings in [
        "base_url=os.environ['BASE']",
        "base_url=BASE",
        "base_url='https://llm.unknown.example'",
        "base_url='https://api.deepseek.com' if CHEAP else 'https://api.openai.com/v1'",
        "**settings",
    ] {
        let line = format!("import os\nc = OpenAI(api_key='{key}', {settings})\n");
        let dir = folder(&[("agent.py", &line)]);
        let (_, done, _) = mended(dir.path(), rule);
        assert_eq!(done.changes.len(), 0, "{settings}");
    }
    let (_, shown) = fixed(rule, "agent.mjs", &format!("const key = process.env.CLAUDE || '{key}';\n"));
    assert!(shown.ends_with("+const key = process.env.CLAUDE;\n"), "{shown}");
}

#[test]
fn no_edit_holds_a_key() {
    let key = key();
    let dir = folder(&[(
        "agent.py",
        &format!("import requests\nA = '{key}'\nB = {{'Authorization': 'Bearer {key}'}}\n"),
    )]);
    let (before, done, _) = mended(dir.path(), "secret-in-source");
    assert_eq!(done.applied.len(), 2);
    let edits = before.fixes.values().flat_map(|fix| &fix.edits);
    assert!(edits.clone().count() >= 2 && edits.clone().all(|edit| !edit.text.contains("sk-ant")));
}

#[test]
fn a_key_in_the_configuration_of_a_client_is_written_as_the_client_reads_it() {
    let rule = "secret-in-source";
    let key = key();
    let text = |value: &str| {
        format!(
            "{{\n  \"mcpServers\": {{\n    \"notes\": {{\n      \"command\": \"node\",\n      \"args\": [\"notes.js\"],\n      \"env\": {{ \"CLAUDE_KEY\": \"{value}\" }}\n    }}\n  }}\n}}\n"
        )
    };
    for (path, written) in [(".cursor/mcp.json", "${env:CLAUDE_KEY}"), (".mcp.json", "${CLAUDE_KEY}")] {
        let dir = folder(&[(path, &text(&key))]);
        let (_, done, after) = mended(dir.path(), rule);
        assert_eq!(done.changes.first().unwrap().after, text(written));
        assert!(after.findings.iter().all(|finding| finding.rule.0 != rule));
    }
    // This client does not expand variables.
    left_alone(rule, "claude_desktop_config.json", &text(&key));
}

#[test]
fn a_key_that_nobody_could_read_from_the_environment_stays() {
    let rule = "secret-in-source";
    let key = key();
    left_alone(rule, "agent.py", &format!("def f():\n    '''Uses {key}'''\n"));
    left_alone(rule, "page.tsx", &format!("'use client'\nexport const key = '{key}';\n"));
    left_alone(rule, "agent.py", &format!("print(f'{key}')\n"));
    left_alone(rule, "agent.py", &format!("a = ('x'\n '{key}')\n"));
}

#[test]
fn a_certificate_is_checked_again() {
    let rule = "connection-not-checked";
    let (safety, shown) = fixed(
        rule,
        "a.py",
        "import requests\nrequests.post('https://api.acme.dev/x', json=input(), verify=False)\n",
    );
    assert_eq!(safety, Safety::Safe);
    assert!(
        shown.ends_with("+requests.post('https://api.acme.dev/x', json=input(), verify=True)\n"),
        "{shown}"
    );
    let (safety, _) = fixed(
        rule,
        "a.py",
        "import requests\nrequests.post('https://his.clinic.local/x', json=input(), verify=False)\n",
    );
    assert_eq!(safety, Safety::Unsafe);
    let (safety, shown) = fixed(rule, "a.py", "import ssl\nc = ssl._create_unverified_context()\n");
    assert_eq!(safety, Safety::Unsafe);
    assert!(shown.ends_with("+c = ssl.create_default_context()\n"), "{shown}");
    let script =
        "import https from 'https';\nexport const agent = new https.Agent({ rejectUnauthorized: false });\n";
    let (_, shown) = fixed(rule, "a.ts", script);
    assert!(
        shown.ends_with("+export const agent = new https.Agent({ rejectUnauthorized: true });\n"),
        "{shown}"
    );
    left_alone(
        rule,
        "a.py",
        "import requests\nOFF = False\nrequests.post('https://api.acme.dev/x', json=input(), verify=OFF)\n",
    );
}

#[test]
fn a_loop_ends() {
    let rule = "tool-loop-without-limit";
    let agent = "from openai import OpenAI\nc = OpenAI()\ndef step(m):\n    return c.chat.completions.create(messages=m).choices[0].message\ndef run(m):\n    while True:\n        message = step(m)\n        if not message.tool_calls:\n            return message\n        m.append(str(message))\nrun([input()])\n";
    let (safety, shown) = fixed(rule, "agent.py", agent);
    assert_eq!(safety, Safety::Unsafe);
    assert_eq!(
        shown,
        "-    while True:\n+    for _ in range(25):\n+    else:\n+        raise RuntimeError(\"the agent wanted more than 25 rounds\")\n"
    );
    let chain =
        "from langchain.agents import AgentExecutor\nAgentExecutor(agent=1, tools=[], max_iterations=None)\n";
    let (safety, shown) = fixed(rule, "agent.py", chain);
    assert_eq!(
        (safety, shown.ends_with("+AgentExecutor(agent=1, tools=[], max_iterations=15)\n")),
        (Safety::Safe, true)
    );
    let script = "import OpenAI from 'openai';\nconst c = new OpenAI();\nconst m = [process.argv[2]];\nwhile (true) {\n  const r = await c.chat.completions.create({ model: 'm', messages: m });\n  if (!r.choices[0].message.tool_calls) break;\n  m.push(r.choices[0].message);\n}\n";
    let (safety, shown) = fixed(rule, "agent.mjs", script);
    assert_eq!(safety, Safety::Unsafe);
    assert!(
        shown.starts_with(
            "-while (true) {\n+for (let round = 0; ; round++) {\n+  if (round >= 25) throw new Error("
        ),
        "{shown}"
    );
}

#[test]
fn line_ends_and_marks_stay_as_they_are() {
    let text = "\u{feff}from openai import OpenAI\r\nc = OpenAI(base_url='https://api.deepseek.com')\r\n";
    let dir = folder(&[("agent.py", text)]);
    let (_, done, _) = mended(dir.path(), "hardcoded-provider");
    let after = &done.changes.first().unwrap().after;
    assert_eq!(
        after,
        "\u{feff}import os\r\nfrom openai import OpenAI\r\nc = OpenAI(base_url=os.environ.get(\"DEEPSEEK_API_BASE\", 'https://api.deepseek.com'))\r\n"
    );
}

#[test]
fn all_at_once_is_one_import() {
    let key = key();
    let text = format!(
        "from openai import OpenAI\nimport requests\nc = OpenAI(api_key='{key}', base_url='https://api.deepseek.com')\nprint(c.chat.completions.create(messages=[input()]))\nrequests.post('https://api.acme.dev', json=input(), verify=False)\n"
    );
    let dir = folder(&[("agent.py", &text)]);
    let before = look(dir.path(), &Options::default());
    let wanted: Vec<&str> = before.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let done = mend(&before.files, &before.fixes, &wanted, true);
    let after = &done.changes.first().unwrap().after;
    assert_eq!(after.matches("import os\n").count(), 1, "{after}");
    std::fs::write(dir.path().join("agent.py"), after).unwrap();
    let after_all = look(dir.path(), &Options::default());
    let left = crate::project::lines(&after_all);
    for rule in ["secret-in-source", "hardcoded-provider", "connection-not-checked"] {
        assert!(left.iter().all(|line| !line.starts_with(rule)), "{left:?}");
    }
    // It can be masked in transit now, but nothing shows yet that it is.
    let open = after_all.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked");
    assert_eq!(open.map(|one| one.severity), Some(ombud_core::finding::Severity::Warning));
    // Without permission for unsafe fixes, only safe ones are applied.
    let safe = mend(&before.files, &before.fixes, &wanted, false);
    assert!(safe.changes.first().unwrap().after.contains(&key) && safe.applied.len() < done.applied.len());
}

#[test]
fn what_users_said_is_read_behind_their_consent() {
    let rule = "retrieval-without-consent";
    let agent = "import chromadb\nfrom flask import Flask, request\napp = Flask(__name__)\nnotes = chromadb.Client().get_or_create_collection('chats')\n\n@app.post('/')\nasync def recall():\n    notes.add(ids=['1'], documents=[request.json['q']])\n    return notes.query(query_texts=[request.json['q']])\n";
    let (safety, shown) = fixed(rule, "agent.py", agent);
    assert_eq!(safety, Safety::Unsafe);
    assert_eq!(
        shown,
        "+from ombud import user_consent_required\n+@user_consent_required(\"memory.personalise\")\n"
    );
    let dir = folder(&[("agent.py", agent)]);
    let (_, done, _) = mended(dir.path(), rule);
    assert!(
        done.changes
            .first()
            .unwrap()
            .after
            .contains("@app.post('/')\n@user_consent_required(\"memory.personalise\")\nasync def recall():")
    );
    // Writing needs the same consent.
    let keeper = "import chromadb\nfrom flask import Flask, request\napp = Flask(__name__)\nnotes = chromadb.Client().get_or_create_collection('chats')\n\n@app.post('/')\ndef remember():\n    notes.add(ids=['1'], documents=[request.json['q']])\n    return ''\n";
    let (_, shown) = fixed("memory-write-without-consent", "agent.py", keeper);
    assert!(shown.ends_with("+@user_consent_required(\"memory.personalise\")\n"), "{shown}");
    let dir = folder(&[("agent.py", keeper)]);
    let (_, _, after) = mended(dir.path(), "memory-write-without-consent");
    assert!(after.findings.iter().all(|one| one.rule.0 != "memory-write-without-consent"));
    // A method keeps its indentation.
    let class = "import chromadb\nnotes = chromadb.Client().get_or_create_collection('chats')\nclass Memory:\n    def recall(self, q):\n        notes.add(ids=['1'], documents=[q])\n        return notes.query(query_texts=[q])\nMemory().recall(input())\n";
    let (_, shown) = fixed(rule, "agent.py", class);
    assert!(shown.ends_with("+    @user_consent_required(\"memory.personalise\")\n"), "{shown}");
    let module = "import chromadb\nnotes = chromadb.Client().get_or_create_collection('chats')\nq = input()\nnotes.add(ids=['1'], documents=[q])\nprint(notes.query(query_texts=[q]))\n";
    left_alone(rule, "agent.py", module);
}

#[test]
fn a_server_is_fetched_in_the_version_that_is_installed() {
    let rule = "mcp-server-not-pinned";
    let servers = |command: &str, package: &str| {
        format!(
            "{{\n  \"mcpServers\": {{ \"a\": {{ \"command\": \"{command}\", \"args\": [\"{package}\"] }} }}\n}}\n"
        )
    };
    let npm = servers("npx", "@acme/files@latest");
    let lock = "{\"packages\": {\"node_modules/@acme/files\": {\"version\": \"1.4.2\"}}}";
    let (safety, shown) = fixed_in(rule, &[(".mcp.json", &npm), ("package-lock.json", lock)]);
    assert_eq!(safety, Safety::Safe);
    assert!(shown.contains("\"args\": [\"@acme/files@1.4.2\"]"), "{shown}");
    let installed = ("node_modules/@acme/files/package.json", "{\"version\": \"1.5.0\"}");
    let (_, shown) = fixed_in(rule, &[(".mcp.json", &npm), installed, ("package-lock.json", lock)]);
    assert!(shown.contains("@acme/files@1.5.0"), "{shown}");
    let python = servers("uvx", "acme-time");
    let (_, shown) = fixed_in(rule, &[(".mcp.json", &python), ("requirements.txt", "acme_time==0.3.1\n")]);
    assert!(shown.contains("\"acme-time==0.3.1\""), "{shown}");
    // No version is known, and none is invented.
    left_alone(rule, ".mcp.json", &npm);
    left_alone_in(rule, &[(".mcp.json", &python), ("requirements.txt", "acme-time>=0.3\n")]);
}

#[test]
fn an_action_that_changes_something_asks() {
    let text = "{\"openapi\": \"3.1.0\", \"paths\": {\"/cards\": {\"post\": {\"operationId\": \"addCard\", \"x-openai-isConsequential\": false}}}}";
    let (safety, shown) = fixed("action-without-confirmation", "actions.json", text);
    assert_eq!(safety, Safety::Safe);
    assert!(shown.ends_with("\"x-openai-isConsequential\": true}}}}\n"), "{shown}");
}

#[test]
fn what_is_sent_in_the_clear_is_encrypted() {
    let rule = "connection-not-checked";
    let (safety, shown) =
        fixed(rule, "a.py", "import requests\nrequests.post('http://api.acme.dev/x', json=input())\n");
    assert_eq!(safety, Safety::Unsafe);
    assert!(shown.ends_with("+requests.post('https://api.acme.dev/x', json=input())\n"), "{shown}");
    let servers = "{\"mcpServers\": {\"a\": {\"url\": \"http://mcp.acme.dev/x\"}}}";
    let (_, shown) = fixed(rule, ".mcp.json", servers);
    assert!(shown.contains("+{\"mcpServers\": {\"a\": {\"url\": \"https://mcp.acme.dev/x\"}}}"), "{shown}");
    left_alone(
        rule,
        "a.py",
        "import requests\nURL = 'http://api.acme.dev/x'\nrequests.post(URL, json=input())\n",
    );
}

#[test]
fn an_answer_has_an_end() {
    let rule = "endpoint-without-limit";
    let agent = "from flask import Flask, request\nfrom openai import OpenAI\napp = Flask(__name__)\nc = OpenAI()\n\n@app.post('/')\ndef chat():\n    return c.chat.completions.create(\n        model='m',\n        messages=[request.json],\n    ).choices[0]\n";
    let (safety, shown) = fixed(rule, "agent.py", agent);
    assert_eq!(
        (safety, shown.as_str()),
        (
            Safety::Unsafe,
            "-        messages=[request.json],\n+        messages=[request.json], max_tokens=1000,\n"
        )
    );
    let script = "import express from 'express';\nimport OpenAI from 'openai';\nconst app = express();\nconst ai = new OpenAI();\napp.post('/', async (req, res) => {\n  const r = await ai.responses.create({\n    model: 'm',\n    input: req.body.text,\n  });\n  res.json(r);\n});\napp.listen(3000);\n";
    let (_, shown) = fixed(rule, "server.mjs", script);
    assert_eq!(shown, "+    max_output_tokens: 1000,\n");
}

#[test]
fn a_call_to_a_fixed_address_is_mended_at_the_address() {
    let rule = "personal-data-unmasked";
    let agent = "from openai import OpenAI\nc = OpenAI(base_url='https://api.deepseek.com')\nprint(c.chat.completions.create(messages=[input()]))\n";
    let (safety, shown) = fixed(rule, "agent.py", agent);
    assert_eq!(safety, Safety::Safe);
    assert!(shown.contains("os.environ.get(\"DEEPSEEK_API_BASE\", 'https://api.deepseek.com')"), "{shown}");
    let two = agent.replace("print(", "d = OpenAI(base_url='https://api.deepseek.com/v1')\nprint(");
    left_alone(rule, "agent.py", &two);
}

#[test]
fn people_can_delete_what_is_kept_of_them() {
    let rule = "no-erase-path";
    let fast = "import chromadb\nfrom fastapi import Depends, FastAPI\nfrom auth import current_user\napp = FastAPI()\nnotes = chromadb.Client().get_or_create_collection('chats')\n\n@app.post('/chat')\nasync def chat(text: str, user: str = Depends(current_user)):\n    notes.add(ids=['1'], documents=[text], metadatas=[{'user': user}])\n    return notes.query(query_texts=[text], where={'user': user})\n";
    let (safety, shown) = fixed(rule, "agent.py", fast);
    assert_eq!(safety, Safety::Unsafe);
    assert_eq!(
        shown,
        "+@app.delete(\"/my-data\")\n+def erase_my_data(user: str = Depends(current_user)):\n+    notes.delete(where={'user': user})\n+    return {\"erased\": True}\n"
    );
    let flask = "from flask import Flask, request, session\nfrom flask_login import login_required\nfrom mem0 import Memory\napp = Flask(__name__)\nm = Memory()\n\n@app.post('/chat')\n@login_required\ndef chat():\n    m.add(request.json['text'], user_id=session['user'])\n    return 'ok'\n\napp.run()\n";
    let dir = folder(&[("agent.py", flask)]);
    let (_, done, after) = mended(dir.path(), rule);
    let text = &done.changes.first().unwrap().after;
    let route = "    return 'ok'\n\n\n@app.delete(\"/my-data\")\n@login_required\ndef erase_my_data():\n    m.delete_all(user_id=session['user'])\n    return {\"erased\": True}\n\napp.run()\n";
    assert!(text.ends_with(route), "{text}");
    assert!(after.findings.iter().all(|finding| finding.rule.0 != rule));
    // The caller could supply someone else's id.
    left_alone(rule, "agent.py", &fast.replace("user: str = Depends(current_user)", "user: str"));
    left_alone(rule, "agent.py", &flask.replace("session['user']", "request.json['user']"));
}

/// Whole projects: the samples and those of the labelled suite.
fn whole_projects() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = |name: &str| std::fs::read_dir(root.join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        folders("examples").chain(folders("tests/check-suite")).filter(|path| path.is_dir()).collect();
    all.sort();
    all
}

fn has(report: &Report, finding: &ombud_core::finding::Finding) -> bool {
    report.findings.iter().any(|one| one.fingerprint == finding.fingerprint)
}

/// Fixes one finding. Where a rule reports one of several similar locations, the next one takes its place, so these are fixed
/// in turn.
fn mended_alone(
    session: &mut Session,
    before: &Report,
    finding: &ombud_core::finding::Finding,
    look: &impl Fn(&mut Session) -> Report,
    place: &str,
) -> Report {
    let mut round = |report: &Report| {
        let done = mend(&report.files, &report.fixes, &[&finding.fingerprint], true);
        assert_eq!((done.applied.len(), done.broken.len()), (1, 0), "{place}");
        for change in done.changes {
            session.set(&change.path, change.after);
        }
        look(session)
    };
    let mut report = round(before);
    for _ in 0..4 {
        if report.fix(finding).is_some() {
            report = round(&report);
        }
    }
    report
}

#[test]
fn every_fix_of_whole_projects_mends_its_finding_and_breaks_nothing() {
    let detector = Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
    let (mut tried, mut rules) = (0, std::collections::BTreeSet::new());
    for root in whole_projects() {
        let mut session = Session::open(&root).unwrap();
        let look =
            |session: &mut Session| session.check(&providers(), &detector, &Options::default()).unwrap();
        let before = look(&mut session);
        for finding in before.findings.iter().filter(|finding| before.fix(finding).is_some()) {
            let (path, line, rule) = (&finding.place.path, finding.place.line, finding.rule.0);
            let place = format!("{} {path}:{line} {rule}", root.display());
            let after = mended_alone(&mut session, &before, finding, &look, &place);
            let count =
                |report: &Report| report.findings.iter().filter(|one| one.rule == finding.rule).count();
            assert!(!has(&after, finding) || count(&after) < count(&before), "{place}");
            assert_eq!(after.gaps, before.gaps, "{place}");
            before.files.iter().for_each(|file| session.unset(&file.path));
            tried += 1;
            rules.insert(finding.rule.0);
        }
    }
    assert!(tried >= 25 && rules.len() >= 6, "{tried} {rules:?}");
}

#[test]
fn hostile_files_get_no_edit_that_breaks_them() {
    let key = key();
    for text in [
        format!("k = '{key}"),
        format!("k = ('{key}'"),
        format!("\u{feff}\u{feff}k = '{key}'\r"),
        format!("match x:\n    case '{key}': pass\n"),
        format!("import os;k='{key}';j='{key}'"),
        format!("def f(a='{key}', *, b='汉字{key}'): return f\"{{'{key}'}}\"\n"),
        format!("k = b'{key}' + r'{key}' '{key}'\n"),
        format!("class A:\n\tk: str = '{key}'\n\t\n"),
    ] {
        let dir = folder(&[("a.py", &text)]);
        let before = look(dir.path(), &Options::default());
        let wanted: Vec<&str> = before.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let done = mend(&before.files, &before.fixes, &wanted, true);
        let broken = |report: &Report| report.gaps.iter().filter(|gap| gap.line > 0).count();
        for change in &done.changes {
            std::fs::write(dir.path().join(&change.path), &change.after).unwrap();
        }
        assert_eq!(broken(&look(dir.path(), &Options::default())), broken(&before), "{}", difference(&done));
    }
}

#[test]
fn a_field_of_settings_is_not_read_from_the_environment_twice() {
    let class = |field: &str| {
        format!(
            "from openai import OpenAI\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    {field}\ns = S()\nOpenAI(api_key=s.api_key, base_url=s.base_url)\n"
        )
    };
    left_alone("secret-in-source", "a.py", &class(&format!("api_key: str = '{}'", key())));
    // A variable overrides it, so there is no finding.
    let report = look(
        folder(&[("a.py", &class("base_url: str = 'https://api.deepseek.com'"))]).path(),
        &Options::default(),
    );
    assert!(report.findings.iter().all(|finding| finding.rule.0 != "hardcoded-provider"));
}
