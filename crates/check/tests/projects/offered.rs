//! What a package offers, and doors that are open where nobody set a key.

use crate::project::{checked, lines, of_rule};

fn found(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_plugin_is_entered_by_its_framework() {
    let plugin = "from openai import OpenAI\nai = OpenAI(base_url='https://api.openai.com/v1')\nclass Main:\n    def on_message(self, text):\n        return self._ask(text)\n    def _ask(self, words):\n        return ai.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': words}])\n";
    let rule = "personal-data-unmasked";
    assert_eq!(
        found(rule, &[("talker/__init__.py", ""), ("talker/core.py", plugin)]),
        ["personal-data-unmasked@talker/core.py:7"]
    );
    // Numbers are nobody's words.
    let counts =
        plugin.replace("on_message(self, text)", "add(self, count)").replace("_ask(text)", "_ask(count)");
    assert!(found(rule, &[("talker/__init__.py", ""), ("talker/core.py", &counts)]).is_empty());
    // What is private and called by nobody is dead.
    let private = plugin.replace("on_message", "_on_message");
    assert!(found(rule, &[("talker/__init__.py", ""), ("talker/core.py", &private)]).is_empty());
}

#[test]
fn a_key_that_is_only_asked_for_where_one_is_set() {
    let rule = "endpoint-without-authentication";
    let server = |guard: &str| {
        format!(
            "import os\nfrom fastapi import FastAPI, Depends, Header, HTTPException\nfrom openai import OpenAI\napp = FastAPI()\nAPI_KEY = os.getenv('API_KEY', '')\ndef verify_token(authorization: str = Header('')):\n{guard}\n@app.post('/ask', dependencies=[Depends(verify_token)])\ndef ask(text: str, who=Depends(verify_token)):\n    return OpenAI().chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': text}}])\n"
        )
    };
    for open in [
        "    if not API_KEY:\n        return\n    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if API_KEY and authorization != API_KEY:\n        raise HTTPException(401)",
    ] {
        assert_eq!(of_rule(rule, &server(open)).len(), 1, "{open}");
    }
    for shut in [
        "    if not API_KEY:\n        raise HTTPException(403)\n    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if not authorization or authorization != API_KEY:\n        raise HTTPException(401)",
    ] {
        assert!(of_rule(rule, &server(shut)).is_empty(), "{shut}");
    }
}

#[test]
fn a_question_within_one_tool_is_no_question_before_another() {
    let tools = "from langchain_core.tools import tool\nfrom langgraph.types import interrupt\nimport os\n@tool\ndef clarify(question: str):\n    return interrupt(question)\n@tool\ndef run_command(command: str):\n    os.system(command)\n@tool\ndef delete_file(path: str):\n    if interrupt('Delete?') == 'y':\n        os.remove(path)\n";
    assert_eq!(of_rule("tool-without-confirmation", tools), ["tool-without-confirmation@8"]);
    let before_all = format!("{tools}def gate(call):\n    return interrupt(call)\ngate('x')\n");
    assert!(of_rule("tool-without-confirmation", &before_all).is_empty());
}
