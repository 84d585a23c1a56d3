//! Consent before memory is read or written.

use ombud_check::Options;

use crate::project::{checked, checked_with, lines, of_rule};

const READ: &str = "retrieval-without-consent";
const WRITE: &str = "memory-write-without-consent";
const BROKEN: &str = "consent-not-functional";

/// A Flask app around a memory: `{}` is the code before the read.
fn app(before: &str, decorator: &str) -> String {
    format!(
        "import chromadb as db\nfrom flask import Flask, request\nfrom ombud import user_consent_required\nimport consents\n\
         app = Flask(__name__)\nnotes = db.PersistentClient('x').get_or_create_collection('memory')\n\
         def keep(text):\n    notes.add(ids=['1'], documents=[text])\n\
         {decorator}def recall(text):\n{before}    return notes.query(query_texts=[text])\n\
         @app.route('/chat')\ndef chat():\n    found = recall(request.json['text'])\n    if consents.has_consent(1):\n        keep(request.json['text'])\n    return str(found)\n"
    )
}

fn reads(before: &str, decorator: &str) -> usize {
    of_rule(READ, &app(before, decorator)).len()
}

#[test]
fn a_read_on_which_nobody_was_asked_is_found_with_the_way_to_it() {
    let report = checked(&[("agent.py", &app("", ""))]);
    let finding = report.findings.iter().find(|finding| finding.rule.0 == READ).unwrap();
    assert_eq!(finding.place.line, 10);
    let way: Vec<(&str, u32)> =
        finding.path.iter().map(|step| (step.function.as_str(), step.place.line)).collect();
    assert_eq!(way, [("chat", 12), ("chat", 13), ("recall", 10)]);
    assert!(!lines(&report).iter().any(|line| line.starts_with(WRITE)));
}

#[test]
fn what_asks_and_leaves_closes_the_way() {
    for before in [
        "    if not consents.has_consent(1):\n        return None\n",
        "    if not consents.has_consent(1):\n        raise PermissionError\n",
        "    if consents.has_consent(1) is False:\n        return None\n",
        "    ok = consents.has_consent(1)\n    if not ok:\n        return None\n",
        "    ok = text and consents.has_consent(1)\n    if not (ok or False):\n        pass\n    assert consents.has_consent(1)\n",
        "    if len(text) < 3 or not consents.has_consent(1):\n        return None\n",
        "    consents.require_consent(1)\n",
        "    if input('May I remember you? ') != 'y':\n        return None\n",
    ] {
        assert_eq!(reads(before, ""), 0, "{before}");
    }
}

#[test]
fn what_only_looks_like_it_does_not() {
    for before in [
        "    if not consents.has_consent(1):\n        print('no')\n",
        "    if consents.has_consent(1):\n        pass\n",
        "    if not consents.has_consent(1) and text:\n        return None\n",
        "    try:\n        consents.require_consent(1)\n    except Exception:\n        pass\n",
        "    consents.record_consent(1)\n",
        "    # if not consents.has_consent(1): return\n",
        "    if False:\n        consents.require_consent(1)\n",
        "    CONSENT = True\n    if not CONSENT:\n        return None\n",
        "    if input('Your name? ') != 'y':\n        return None\n",
    ] {
        assert_eq!(reads(before, ""), 1, "{before}");
    }
}

#[test]
fn the_decorator_counts_by_its_import() {
    assert_eq!(reads("", "@user_consent_required('memory')\n"), 0);
    let fake = app("", "@user_consent_required('memory')\n").replace(
        "from ombud import user_consent_required",
        "def user_consent_required(purpose):\n    def around(fn):\n        def inner(*a):\n            return fn(*a)\n        return inner\n    return around",
    );
    let found = checked(&[("agent.py", &fake)]);
    let rules: Vec<&str> = found.findings.iter().map(|finding| finding.rule.0).collect();
    assert!(rules.contains(&READ), "{rules:?}");
    let real = fake.replace(
        "            return fn(*a)",
        "            if not consents.has_consent(a):\n                return None\n            return fn(*a)",
    );
    assert!(of_rule(READ, &real).is_empty());
    let renamed = app("", "@must('memory')\n")
        .replace("import user_consent_required", "import user_consent_required as must");
    assert!(of_rule(READ, &renamed).is_empty());
}

#[test]
fn the_decorator_says_nothing_where_nothing_is_decorated() {
    assert_eq!(reads("    user_consent_required('memory')\n", ""), 1);
    assert_eq!(reads("    user_consent_required('memory')(print)\n", ""), 1);
    let asks = |before: &str| of_rule(READ, &format!("import ombud\n{}", app(before, ""))).len();
    assert_eq!(asks("    ombud.consent.ensure('memory')\n"), 0);
    assert_eq!(asks("    if not ombud.consent.ask('memory'):\n        return None\n"), 0);
    assert_eq!(asks("    ombud.consent.ask('memory')\n"), 1);
}

#[test]
fn a_check_that_cannot_say_no_is_none() {
    let text = app("    if not may(1):\n        return None\n", "").replace(
        "def keep",
        "def has_consent(user):\n    return True\ndef may(user):\n    return has_consent(user)\ndef keep",
    );
    assert_eq!(of_rule(READ, &text).len(), 1);
    assert_eq!(of_rule(BROKEN, &text), ["consent-not-functional@7"]);
    let real = text.replace("return True", "return user in open('c.txt').read()");
    assert!(of_rule(READ, &real).is_empty() && of_rule(BROKEN, &real).is_empty());
}

#[test]
fn an_answer_that_nobody_reads_is_none() {
    let ask = "def ask_consent(user):\n    return input('Do you agree? ') == 'y'\ndef keep";
    let unused = app("    ask_consent(1)\n", "").replace("def keep", ask);
    assert_eq!((of_rule(BROKEN, &unused).len(), of_rule(READ, &unused).len()), (1, 1));
    let unread = app("    ok = ask_consent(1)\n", "").replace("def keep", ask);
    assert_eq!(of_rule(BROKEN, &unread).len(), 1);
    let used = app("    ok = ask_consent(1)\n    if not ok:\n        return\n", "").replace("def keep", ask);
    assert!(of_rule(BROKEN, &used).is_empty() && of_rule(READ, &used).is_empty());
}

#[test]
fn a_function_that_insists_is_known_by_what_it_does() {
    let insists =
        "def gate(user):\n    if not consents.has_consent(user):\n        raise PermissionError\ndef keep";
    assert!(of_rule(READ, &app("    gate(1)\n", "").replace("def keep", insists)).is_empty());
    let shrugs = insists.replace("raise PermissionError", "print('hm')");
    assert_eq!(of_rule(READ, &app("    gate(1)\n", "").replace("def keep", &shrugs)).len(), 1);
}

#[test]
fn declared_functions_count() {
    let text = app("    if not ok_to_use(1):\n        return None\n", "")
        .replace("def keep", "def ok_to_use(user):\n    return open(user).read()\ndef keep");
    assert_eq!(of_rule(READ, &text).len(), 1);
    let options = Options { consent_functions: vec!["agent.ok_to_use".into()], ..Options::default() };
    let report = checked_with(&[("agent.py", &text)], &options);
    assert!(!report.findings.iter().any(|finding| finding.rule.0 == READ));
}

#[test]
fn one_way_without_asking_is_enough() {
    let text = app("", "").replace(
        "    found = recall(request.json['text'])\n",
        "    if not consents.has_consent(1):\n        return ''\n    found = recall(request.json['text'])\n",
    );
    assert!(of_rule(READ, &text).is_empty());
    let second =
        format!("{text}@app.route('/search')\ndef search():\n    return recall(request.args['q'])\n");
    assert_eq!(of_rule(READ, &second).len(), 1);
}

#[test]
fn stores_are_followed_across_files_and_objects() {
    let memory = "from chromadb import HttpClient as H\nclass Memory:\n    def __init__(self):\n        self.items = H().get_or_create_collection(name='notes')\n    def put(self, text):\n        self.items.upsert(ids=['1'], documents=[text])\n    def find(self, text):\n        return self.items.query(query_texts=[text])\nmemory = Memory()\n";
    let main = "from app.memory import memory as m\nimport consents\nfor line in iter(input, ''):\n    print(m.find(line))\n    if consents.has_consent():\n        m.put(line)\n";
    let report = checked(&[("app/__init__.py", ""), ("app/memory.py", memory), ("main.py", main)]);
    assert_eq!(
        lines(&report).iter().filter(|line| line.starts_with(READ)).count(),
        1,
        "{:?}",
        lines(&report)
    );
    assert!(lines(&report).contains(&"retrieval-without-consent@app/memory.py:8".to_owned()));
}

#[test]
fn names_that_only_look_like_a_store_are_none() {
    for text in [
        "class Box:\n    def query(self, text):\n        return text\nprint(Box().query(input()))\n",
        "import sqlite3\nsqlite3.connect('x').execute('select 1')\n",
        "import re\nprint(re.search('a', input()))\n",
        "collection = {}\nprint(collection.get(input()))\n",
        "import chromadb\ndef never(q):\n    return chromadb.Client().get_collection('m').query(query_texts=[q])\nprint(1)\ndef also():\n    pass\nalso()\n",
    ] {
        assert!(of_rule(READ, text).is_empty(), "{text}");
    }
}

#[test]
fn the_owner_decides() {
    let corpus = "import chromadb\nc = chromadb.Client().get_or_create_collection('docs')\nc.add(ids=['1'], documents=[open('faq.md').read()])\nprint(c.query(query_texts=[input()]))\n";
    assert!(of_rule(READ, corpus).is_empty());
    let unknown = "import chromadb\nc = chromadb.Client().get_collection('docs')\nprint(c.query(query_texts=[input()]))\n";
    let report = checked(&[("agent.py", unknown)]);
    let severities: Vec<String> =
        report.findings.iter().filter(|f| f.rule.0 == READ).map(|f| format!("{:?}", f.severity)).collect();
    assert_eq!(severities, ["Warning"]);
    let people = "from mem0 import Memory\nm = Memory()\nprint(m.search(input(), user_id='u'))\n";
    assert_eq!(of_rule(READ, people).len(), 1);
}

#[test]
fn the_memory_edge_asks_itself() {
    let text = "import os, chromadb\nc = chromadb.HttpClient(host=os.environ['OMBUD_MEMORY_NOTES']).get_or_create_collection('n')\nc.add(ids=['1'], documents=[input()])\nprint(c.query(query_texts=[input()]))\n";
    assert!(of_rule(READ, text).is_empty() && of_rule(WRITE, text).is_empty());
    assert_eq!(of_rule(READ, &text.replace("OMBUD_MEMORY_NOTES", "CHROMA_URL")).len(), 1);
}
