//! What the labelled suite held and mends for other projects had lost, each with its opposite.

use crate::project::{checked, lines, of_rule};

/// Lines of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_route_within_a_wrapper_that_authenticates() {
    let rule = "endpoint-without-authentication";
    let route = "import { guarded } from '@/lib/guarded';\nimport OpenAI from 'openai';\nexport const POST = guarded(async (user: string, request: Request) => {\n  const { text } = await request.json();\n  const answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [{ role: 'user', content: text }] });\n  return Response.json(answer);\n});\n";
    let wrapper = |check: &str| {
        format!(
            "import {{ auth }} from '@/auth';\nexport function guarded(inner: any) {{\n  return async (request: Request) => {{\n    {check}\n    return inner('somebody', request);\n  }};\n}}\n"
        )
    };
    let found =
        |check: &str| at(rule, &[("app/api/chat/route.ts", route), ("lib/guarded.ts", &wrapper(check))]);
    let asks = "const session = await auth();\n    if (!session) return new Response('no', { status: 401 });";
    assert!(found(asks).is_empty(), "{:?}", found(asks));
    assert!(!found("console.log(request.url);").is_empty());
}

#[test]
fn what_is_deleted_from_each_of_a_few_tables() {
    let rule = "no-erase-path";
    let file = |tables: &str| {
        format!(
            "import {{ createClient }} from '@supabase/supabase-js';\nimport express from 'express';\nconst db = createClient(process.env.A, process.env.B);\nconst app = express();\napp.post('/x', async (req, res) => {{ await db.from('messages').insert({{ user_id: req.body.user, content: req.body.text }}); res.end(); }});\napp.delete('/x', async (req, res) => {{\n  for (const table of {tables}) {{\n    await db.from(table).delete().eq('user_id', req.body.user);\n  }}\n  res.end();\n}});\n"
        )
    };
    assert!(of_rule_ts(rule, &file("['orders_of_last_year', 'messages', 'invoices']")).is_empty());
    assert_eq!(of_rule_ts(rule, &file("['orders_of_last_year', 'invoices']")).len(), 1);
}

fn of_rule_ts(rule: &str, text: &str) -> Vec<String> {
    at(rule, &[("server.ts", text)])
}

#[test]
fn a_fixed_key_beside_what_hides_people_by_hand() {
    let file = |digest: &str| {
        format!(
            "import hashlib\nfrom Crypto.Cipher import AES\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef keep():\n    phone = request.json['phone']\n    digest = {digest}\n    return AES.new(b'0123456789abcdef', AES.MODE_CBC, b'0000000000000000').encrypt(phone.encode())\n"
        )
    };
    let by_hand = file("hashlib.md5(phone.encode()).hexdigest()");
    assert_eq!(of_rule("personal-data-hashed", &by_hand).len(), 2);
    assert!(of_rule("weak-cipher", &by_hand).is_empty());
    let alone = file("None");
    assert!(of_rule("personal-data-hashed", &alone).is_empty());
    assert_eq!(of_rule("weak-cipher", &alone).len(), 1);
}

#[test]
fn consent_to_what_a_companion_is_told_is_asked_for_once() {
    let rule = "separate-consent-missing";
    let agent = |keeps: &str| {
        format!(
            "import sqlite3\nfrom openai import OpenAI\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef ask():\n    text = request.json['text']\n    {keeps}\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'system', 'content': 'You are Mia, a soulmate.'}}, {{'role': 'user', 'content': text}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("pass")).len(), 1);
    let keeps = agent("sqlite3.connect('x').execute('INSERT INTO messages (text) VALUES (?)', (text,))");
    assert_eq!(of_rule("memory-write-without-consent", &keeps).len(), 1);
    assert!(of_rule(rule, &keeps).is_empty());
}
