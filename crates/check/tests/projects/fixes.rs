//! What a machine can mend: what is written, that the finding is gone afterwards, and what is left alone.

use std::path::Path;

use ombud_check::{Mended, Options, Report, Safety, mend};

use crate::project::look;

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

/// Mends what rule `rule` finds, all of it, and looks again.
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

/// The lines that came for the lines that went, as a difference shows them.
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

/// What is written for the findings of a rule in one file; none of them may be left.
fn fixed(rule: &str, name: &str, text: &str) -> (Safety, String) {
    fixed_in(rule, &[(name, text)])
}

fn fixed_in(rule: &str, files: &[(&str, &str)]) -> (Safety, String) {
    let dir = folder(files);
    let (before, done, after) = mended(dir.path(), rule);
    let left = after.findings.iter().filter(|finding| finding.rule.0 == rule).count();
    assert_eq!((left, done.broken.len(), done.waiting.len()), (0, 0, 0), "{}", difference(&done));
    assert!(after.gaps.iter().all(|gap| before.gaps.contains(gap)), "{:?}", after.gaps);
    let worst = done.applied.iter().filter_map(|one| before.fixes.get(one)).map(|fix| fix.safety).max();
    (worst.unwrap(), difference(&done))
}

/// A finding of the rule is there, and no machine mends it.
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
    // A whole address is the base and what is asked there.
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
    left_alone(rule, "agent.py", "print('see https://api.deepseek.com')\n");
    left_alone(rule, "agent.py", "def f():\n    '''https://api.deepseek.com'''\n");
    left_alone(rule, "config.yaml", "base_url: https://api.deepseek.com\n");
    left_alone(rule, "agent.py", "A = {'https://api.deepseek.com': 1}\n");
}

/// A key that was made up; its form is the vendor's.
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
    // This one reads no variables.
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
fn all_at_once_is_one_import_and_every_finding_gone() {
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
    let left = crate::project::lines(&look(dir.path(), &Options::default()));
    for rule in ["secret-in-source", "hardcoded-provider", "personal-data-unmasked", "connection-not-checked"]
    {
        assert!(left.iter().all(|line| !line.starts_with(rule)), "{left:?}");
    }
    // Without leave only what is safe.
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
    // A class keeps its indentation.
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
    // Nobody knows a version: none is made up.
    left_alone(rule, ".mcp.json", &npm);
    left_alone_in(rule, &[(".mcp.json", &python), ("requirements.txt", "acme-time>=0.3\n")]);
}
