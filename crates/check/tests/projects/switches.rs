//! Switches that let third-party code, requests or responses through.

use crate::project::{checked, lines, of_rule};

fn told(files: &[(&str, &str)], rule: &str) -> usize {
    lines(&checked(files)).iter().filter(|line| line.split('@').next() == Some(rule)).count()
}

#[test]
fn code_that_comes_with_a_model_is_pinned_or_told_of() {
    let rule = "dangerous-switch";
    for (arguments, found) in [
        ("'org/model', trust_remote_code=True", 1),
        ("model='org/model', trust_remote_code=True", 1),
        ("'org/model', model_kwargs={'trust_remote_code': True}", 1),
        ("input('model? '), trust_remote_code=True", 0),
        ("'org/model', trust_remote_code=False", 0),
        ("'org/model'", 0),
        ("'./models/own', trust_remote_code=True", 0),
        ("'org/model', trust_remote_code=True, revision='3c0f1f0f1f0f1f0f1f0f1f0f1f0f1f0f1f0f1f0f'", 0),
        ("'org/model', trust_remote_code=True, revision='main'", 1),
    ] {
        let text = format!("from transformers import pipeline\npipeline({arguments})\n");
        assert_eq!(of_rule(rule, &text).len(), found, "{arguments}");
    }
    let asked = "from flask import Flask, request\nfrom transformers import pipeline\napp = Flask(__name__)\n@app.post('/')\ndef load():\n    pipeline(model=request.json['model'], trust_remote_code=True)\n    return ''\n";
    assert_eq!(of_rule(rule, asked).len(), 1);
    // A repeated habit in one file is reported once.
    let twice = "from transformers import AutoModel, AutoTokenizer\nAutoModel.from_pretrained('org/m', trust_remote_code=True)\nAutoTokenizer.from_pretrained('org/m', trust_remote_code=True)\n";
    assert_eq!(of_rule(rule, twice).len(), 1);
}

#[test]
fn an_index_of_ones_own_may_be_decoded() {
    let rule = "dangerous-switch";
    let load = "from langchain_community.vectorstores import FAISS\nfrom langchain_openai import OpenAIEmbeddings\ndef load(folder):\n    return FAISS.load_local(folder, OpenAIEmbeddings(), allow_dangerous_deserialization=True)\n";
    assert_eq!(of_rule(rule, &format!("{load}load('index')\n")).len(), 1);
    let own = "def build(texts):\n    FAISS.from_texts(texts, OpenAIEmbeddings()).save_local('index')\n";
    assert_eq!(of_rule(rule, &format!("{load}{own}build(['a'])\nload('index')\n")).len(), 0);
    let brought = "from flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef ask():\n    folder = request.json['folder']\n    FAISS.load_local(folder, OpenAIEmbeddings(), allow_dangerous_deserialization=True)\n    return ''\n";
    assert_eq!(of_rule(rule, &format!("{load}{own}build(['a'])\n{brought}")).len(), 1);
    assert_eq!(
        of_rule(rule, &load.replace("=True", "=SETTING").replace("def load", "SETTING = False\ndef load"))
            .len(),
        0
    );
}

#[test]
fn any_request_and_any_code_are_told_of() {
    let rule = "dangerous-switch";
    for (line, found) in [
        ("RequestsToolkit(requests_wrapper=w, allow_dangerous_requests=True)", 1),
        ("RequestsToolkit(requests_wrapper=w, allow_dangerous_requests=False)", 0),
    ] {
        let text = format!(
            "from langchain_community.agent_toolkits.openapi.toolkit import RequestsToolkit\nw = None\n{line}\n"
        );
        assert_eq!(of_rule(rule, &text).len(), found, "{line}");
    }
    for (config, found) in [("{'use_docker': False}", 1), ("{'use_docker': True}", 0), ("False", 0)] {
        let text = format!(
            "from autogen import UserProxyAgent\nUserProxyAgent('u', human_input_mode='ALWAYS', code_execution_config={config})\n"
        );
        assert_eq!(of_rule(rule, &text).len(), found, "{config}");
    }
    for (imports, found) in [("['*']", 1), ("['math']", 0)] {
        let text = format!(
            "from smolagents import CodeAgent\nCodeAgent(tools=[], model=None, additional_authorized_imports={imports})\n"
        );
        assert_eq!(of_rule(rule, &text).len(), found, "{imports}");
    }
    // The project's own function with a parameter of that name does not count.
    let own = "def load(path, trust_remote_code=False):\n    return path\nload('org/model', trust_remote_code=True)\n";
    assert_eq!(of_rule(rule, own).len(), 0);
}

#[test]
fn filters_that_let_everything_through_are_told_of_once_a_file() {
    let rule = "moderation-off";
    let python = |threshold: &str, more: &str| {
        format!(
            "import google.generativeai as genai\nfrom google.generativeai.types import HarmCategory, HarmBlockThreshold\nSAFETY = {{HarmCategory.HARM_CATEGORY_HATE_SPEECH: {threshold}, HarmCategory.HARM_CATEGORY_HARASSMENT: {threshold}}}\nmodel = genai.GenerativeModel('m', safety_settings=SAFETY)\nprint(model.generate_content(input(), safety_settings=SAFETY).text)\n{more}"
        )
    };
    assert_eq!(of_rule(rule, &python("HarmBlockThreshold.BLOCK_NONE", "")).len(), 1);
    assert_eq!(of_rule(rule, &python("HarmBlockThreshold.BLOCK_MEDIUM_AND_ABOVE", "")).len(), 0);
    let moderated = "from openai import OpenAI\nOpenAI().moderations.create(input=input())\n";
    assert_eq!(of_rule(rule, &python("HarmBlockThreshold.BLOCK_NONE", moderated)).len(), 0);
    let script = |threshold: &str| {
        format!(
            "import {{ GoogleGenerativeAI, HarmCategory, HarmBlockThreshold }} from '@google/generative-ai';\nconst model = new GoogleGenerativeAI(process.env.KEY).getGenerativeModel({{ model: 'm', safetySettings: [{{ category: HarmCategory.HARM_CATEGORY_HARASSMENT, threshold: {threshold} }}] }});\nmodel.generateContent(process.argv[2]);\n"
        )
    };
    assert_eq!(told(&[("run.js", &script("HarmBlockThreshold.BLOCK_NONE"))], rule), 1);
    assert_eq!(told(&[("run.js", &script("HarmBlockThreshold.BLOCK_ONLY_HIGH"))], rule), 0);
    let pictures = |checker: &str| {
        format!(
            "from diffusers import StableDiffusionPipeline\npipe = StableDiffusionPipeline.from_pretrained('org/m'{checker})\npipe(input())\n"
        )
    };
    assert_eq!(of_rule(rule, &pictures(", safety_checker=None")).len(), 1);
    assert_eq!(of_rule(rule, &pictures("")).len(), 0);
    let written = "print('BLOCK_NONE')\nsettings = {'threshold': 'BLOCK_NONE'}\nprint(settings)\n";
    assert_eq!(of_rule(rule, written).len(), 0);
}

#[test]
fn a_folder_of_this_machine_and_a_container_are_no_danger() {
    let rule = "dangerous-switch";
    let model = |name: &str| {
        format!(
            "from transformers import AutoModel\nAutoModel.from_pretrained('{name}', trust_remote_code=True)\n"
        )
    };
    assert_eq!(of_rule(rule, &model("org/model")).len(), 1);
    for here in ["checkpoints/step-1000", "models/local", "runs/2026/best"] {
        assert!(of_rule(rule, &model(here)).is_empty(), "{here}");
    }
    let agent = |more: &str| {
        format!(
            "from smolagents import CodeAgent\nCodeAgent(tools=[], model=None, additional_authorized_imports=['*']{more}).run(input())\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("")).len(), 1);
    assert_eq!(of_rule(rule, &agent(", executor_type='local'")).len(), 1);
    assert!(of_rule(rule, &agent(", executor_type='docker'")).is_empty());
}

#[test]
fn who_asks_a_service_for_moderation_has_a_review() {
    let rule = "moderation-off";
    let text = |before: &str| {
        format!(
            "import requests\nfrom azure.ai.contentsafety import {import}\nimport google.generativeai as genai\nfrom google.generativeai.types import HarmBlockThreshold, HarmCategory\ndef review(text):\n    {before}\nsaid = input()\nreview(said)\nmodel = genai.GenerativeModel('gemini-3', safety_settings={{HarmCategory.HARM_CATEGORY_HARASSMENT: HarmBlockThreshold.BLOCK_NONE}})\nprint(model.generate_content(said).text)\n",
            import = if before.contains("Client") { "ContentSafetyClient" } else { "models" },
        )
    };
    assert_eq!(of_rule(rule, &text("return text")).len(), 1);
    for asked in [
        "ContentSafetyClient('https://x.example', None).analyze_text(text)",
        "requests.post('https://api.openai.com/v1/moderations', json={'input': text})",
    ] {
        assert!(of_rule(rule, &text(asked)).is_empty(), "{asked}");
    }
}

#[test]
fn a_mode_that_is_forbidden_is_not_allowed() {
    let rule = "mcp-server-reaches-too-much";
    let of = |text: &str| lines(&checked(&[("config.yml", text)])).iter().any(|line| line.starts_with(rule));
    for (text, told) in [
        ("mode: \"bypassPermissions\"\n", true),
        ("forbidden: \"bypassPermissions\"\n", false),
        ("cli_args:\n  - \"--dangerously-skip-permissions\"\n", true),
        ("forbidden_flags:\n  - \"--yes\"\n  - \"--dangerously-skip-permissions\"\n", false),
        ("denied: [\"--dangerously-skip-permissions\"]\n", false),
        ("denied: []\nargs:\n  - \"--dangerously-skip-permissions\"\n", true),
    ] {
        assert_eq!(of(text), told, "{text}");
    }
}

#[test]
fn a_route_that_takes_numbers_gives_numbers() {
    let rule = "untrusted-to-exec";
    let text = |kind: &str| {
        format!(
            "from pathlib import Path\nfrom flask import Flask\napp = Flask(__name__)\nROOT = Path('/srv')\n@app.route('/notes/<{kind}n>')\ndef note(n):\n    return (ROOT / f'{{n}}.txt').read_text()\n"
        )
    };
    assert_eq!(of_rule(rule, &text("path:")).len(), 1);
    assert!(of_rule(rule, &text("int:")).is_empty());
    // Another route of the same function accepts any text.
    let both = text("int:").replace("def note", "@app.route('/all/<path:n>')\ndef note");
    assert_eq!(of_rule(rule, &both).len(), 1);
}
