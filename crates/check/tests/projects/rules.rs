//! The other rules: what they must find, and what they must not.

use crate::project::{checked, lines, of, of_rule};

#[test]
fn a_fixed_address_with_what_people_say() {
    let rule = "personal-data-unmasked";
    let text = "import os; from openai import OpenAI as Client\nc = Client(base_url='https://api.deepseek.com/v1')\ndef ask(q):\n    return c.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])\nprint(ask(input()))\n";
    assert_eq!(of_rule(rule, text), ["personal-data-unmasked@4"]);
    for change in [
        ("'https://api.deepseek.com/v1'", "os.environ['X']"),
        ("base_url='https://api.deepseek.com/v1'", "base_url='http://localhost:11434/v1'"),
        ("ask(input())", "ask('hello')"),
        ("'content': q", "'content': __import__('x') and 'hi'"),
        ("from openai import OpenAI as Client", "from mine import Client"),
        ("print(ask(input()))", "print(1)\nprint(len)\nask\ndef other(): pass\nother()"),
    ] {
        assert!(of_rule(rule, &text.replace(change.0, change.1)).is_empty(), "{change:?}");
    }
    let env = "import os\nfrom openai import OpenAI\nc = OpenAI(base_url=os.getenv('LLM', 'https://api.deepseek.com'))\nc.chat.completions.create(messages=input())\n";
    assert!(of(env).iter().all(|line| !line.starts_with("hardcoded")), "{:?}", of(env));
    // The default of a variable applies until the variable is set.
    assert_eq!(of_rule(rule, env), ["personal-data-unmasked@4"]);
    let masked = "from presidio_anonymizer import AnonymizerEngine\n".to_owned()
        + &text.replace("ask(input())", "ask(AnonymizerEngine().anonymize(text=input()).text)");
    assert!(of_rule(rule, &masked).is_empty());
    let web = "import requests\nprint(requests.post('https://api.deepseek.com/chat/completions', json={'messages': [input()]}).json())\n";
    assert_eq!(of_rule(rule, web).len(), 1);
    let chain = "from langchain_openai import ChatOpenAI\nfrom langchain_core.prompts import ChatPromptTemplate\nllm = ChatOpenAI(openai_api_base='https://api.deepseek.com')\nchain = ChatPromptTemplate.from_template('{q}') | llm\nprint(chain.invoke({'q': input()}))\n";
    assert_eq!(of_rule(rule, chain).len(), 1);
}

#[test]
fn what_a_model_writes_is_not_run() {
    let rule = "untrusted-to-exec";
    let model = "import subprocess, os, sqlite3, shlex\nfrom openai import OpenAI\nc = OpenAI()\ndef answer():\n    return c.chat.completions.create(messages=[]).choices[0].message.content\n";
    for (line, found) in [
        ("exec(answer())", 1),
        ("eval(f'1 + {answer()}')", 1),
        ("os.system('ls ' + answer())", 1),
        ("subprocess.run(answer(), shell=True)", 1),
        ("subprocess.run(['ls', answer()])", 0),
        ("subprocess.run(['ls', shlex.quote(answer())], shell=False)", 0),
        ("os.system('ls ' + shlex.quote(answer()))", 0),
        ("sqlite3.connect('x').execute('select * from t where a = ' + answer())", 1),
        ("sqlite3.connect('x').execute('select * from t where a = ?', (answer(),))", 0),
        ("exec('print(1)')", 0),
        ("os.system('ls ' + str(int(answer())))", 0),
        ("import re\nre.compile('x').exec = 1\nprint(eval)", 0),
        ("class E:\n    def eval(self, x): return x\nE().eval(answer())", 0),
        ("if False:\n    exec(answer())", 0),
        ("raise SystemExit\nexec(answer())", 0),
    ] {
        assert_eq!(of_rule(rule, &format!("{model}{line}\n")).len(), found, "{line}");
    }
    let through = format!("{model}def run(text):\n    exec(text)\ndef safe():\n    run('1')\nsafe()\n");
    assert!(of_rule(rule, &through).is_empty());
    assert_eq!(of_rule(rule, &format!("{through}run(answer())\n")), ["untrusted-to-exec@11"]);
    let library = "class Box(other.Thing):\n    def run(self, code):\n        exec(code)\nimport other\nclass Web(other.Thing):\n    def run(self, code):\n        exec(code)\n";
    assert!(of_rule(rule, library).is_empty());
    let bot = "import discord\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        exec(message.content)\n";
    assert_eq!(of_rule(rule, bot), ["untrusted-to-exec@4"]);
    let tool = "from langchain_core.tools import tool\nimport os\n@tool\ndef shell(command: str):\n    return os.popen(command).read()\n";
    assert_eq!(of_rule(rule, tool), ["untrusted-to-exec@5"]);
}

#[test]
fn what_a_function_is_called_is_no_strangers_word() {
    let rule = "untrusted-to-exec";
    let make = |text: &str| {
        format!("import inspect\nimport other\ndef head(fun):\n    exec({text})\nother.register(head)\n")
    };
    assert_eq!(of_rule(rule, &make("fun")).len(), 1);
    assert_eq!(of_rule(rule, &make("'def %s(): pass' % fun.__name__")).len(), 0);
    assert_eq!(of_rule(rule, &make("'def f%s: pass' % inspect.signature(fun)")).len(), 0);
    assert_eq!(of_rule(rule, &make("fun.name")).len(), 1);
    let kept = "class Later:\n    def __init__(self, f):\n        object.__setattr__(self, 'f', f)\ndef run(text):\n    exec(text)\nLater(run)\n";
    assert!(of_rule(rule, kept).is_empty());
}

#[test]
fn a_login_in_an_explanation_is_an_example() {
    let rule = "secret-in-source";
    let login = "postgres://app:hunter2Xq@db.prod.internal:5432/users";
    assert_eq!(of_rule(rule, &format!("def f():\n    return '{login}'\n")).len(), 1);
    assert!(of_rule(rule, &format!("def f():\n    \"\"\"Takes `{login}`.\"\"\"\n")).is_empty());
    assert_eq!(of_rule(rule, &format!("X = \"\"\"\n{login}\n\"\"\"\n")).len(), 1);
    let key = format!("sk-ant-api03-{}AA", "aB3dE6gH9j".repeat(9) + "xyz");
    assert_eq!(of_rule(rule, &format!("def f():\n    \"\"\"Uses {key}\"\"\"\n")).len(), 1);
}

#[test]
fn a_loop_is_counted() {
    let rule = "tool-loop-without-limit";
    let agent = |head: &str, extra: &str| {
        format!(
            "from openai import OpenAI\nimport itertools\nc = OpenAI()\ndef step(m):\n    return c.chat.completions.create(messages=m).choices[0].message\ndef run(m):\n    n = 0\n    {head}\n        message = step(m)\n{extra}        if not message.tool_calls:\n            return message\n        m.append(str(message))\nrun([input()])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("while True:", "")), ["tool-loop-without-limit@8"]);
    assert!(of_rule(rule, &agent("for _ in range(5):", "")).is_empty());
    assert!(of_rule(rule, &agent("while n < 5:", "        n += 1\n")).is_empty());
    assert!(
        of_rule(rule, &agent("while True:", "        n += 1\n        if n > 5:\n            break\n"))
            .is_empty()
    );
    assert!(of_rule(rule, &agent("while True:", "        m.append(input())\n")).is_empty());
    // Both reasons to go on need a limit, and a list that grows with each round is none.
    for head in ["while True or n < 5:", "while len(m) > 0:", "while not (len(m) < 1):", "while 0 < len(m):"]
    {
        assert_eq!(of_rule(rule, &agent(head, "        n += 1\n")).len(), 1, "{head}");
    }
    for head in ["while m and n < 5:", "while n < 5 or n < 9:", "while len(m) < 20:", "while not n > 5:"] {
        assert!(of_rule(rule, &agent(head, "        n += 1\n")).is_empty(), "{head}");
    }
    let left = "while left > 0:".to_owned();
    assert!(of_rule(rule, &agent(&left, "        left -= 1\n").replace("n = 0", "left = 9")).is_empty());
    let plain =
        "from openai import OpenAI\nwhile True:\n    print(OpenAI().responses.create(input=input()))\n";
    assert!(of_rule(rule, plain).is_empty());
    let chain =
        "from langchain.agents import AgentExecutor\nAgentExecutor(agent=1, tools=[], max_iterations=None)\n";
    assert_eq!(of_rule(rule, chain).len(), 1);
}

#[test]
fn conversations_are_not_left_lying_about() {
    let rule = "plaintext-chat-store";
    let chat = |write: &str| {
        format!(
            "import json, sqlite3, pathlib\nfrom cryptography.fernet import Fernet\nfrom openai import OpenAI\nq = input()\na = OpenAI().chat.completions.create(messages=[q]).choices[0].message.content\n{write}\n"
        )
    };
    for (write, found) in [
        ("with open('x.txt', 'a') as f:\n    f.write(q + a)", 1),
        ("with open('x.json', 'w') as f:\n    json.dump({'q': q, 'a': a}, f)", 1),
        ("pathlib.Path('chat.log').write_text(a)", 1),
        ("sqlite3.connect('x').execute('INSERT INTO t VALUES (?, ?)', (q, a))", 1),
        ("sqlite3.connect('x').execute('SELECT * FROM t WHERE q = ?', (q,))", 0),
        ("with open('x', 'wb') as f:\n    f.write(Fernet(b'k').encrypt((q + a).encode()))", 0),
        ("with open('report.md', 'w') as f:\n    f.write(a)", 0),
        ("with open('chats.txt') as f:\n    print(f.read(), q, a)", 0),
        ("json.dumps({'q': q, 'a': a})", 0),
    ] {
        assert_eq!(of_rule(rule, &chat(write)).len(), found, "{write}");
    }
}

#[test]
fn somebody_must_be_able_to_go() {
    let rule = "no-erase-path";
    let keep = "import chromadb\nc = chromadb.Client().get_or_create_collection('m')\ndef forget(u):\n    c.delete(where={'u': u})\nc.add(ids=['1'], documents=[input()])\n";
    assert_eq!(of_rule(rule, keep), ["no-erase-path@5"]);
    assert!(of_rule(rule, &format!("{keep}forget('1')\n")).is_empty());
}

#[test]
fn training_is_told_and_what_nobody_knows_is_no_finding() {
    let call =
        |provider: &str| format!("import litellm\nlitellm.completion(model='{provider}/x', messages=[])\n");
    let severity = |text: &str| -> Vec<String> {
        let report = checked(&[("agent.py", text)]);
        let found = report.findings.iter().filter(|f| f.rule.0 == "provider-trains-by-default");
        found.map(|f| format!("{:?}", f.severity)).collect()
    };
    assert_eq!(severity(&call("deepseek")), ["Warning"]);
    assert!(severity(&call("dashscope")).is_empty());
    assert!(severity(&call("openai")).is_empty() && severity(&call("ollama")).is_empty());
}

#[test]
fn tools_that_act_are_listed() {
    let tools = "from openai import OpenAI\nTOOLS = [{'type': 'function', 'function': {'name': n}} for n in []]\nA = {'type': 'function', 'function': {'name': 'send_mail', 'description': 'Send a mail'}}\nB = {'type': 'function', 'function': {'name': 'delete_file', 'description': 'Delete'}}\nC = {'type': 'function', 'function': {'name': 'read_file'}}\n";
    assert_eq!(
        of_rule("tool-without-confirmation", tools),
        ["tool-without-confirmation@3", "tool-without-confirmation@4"]
    );
    let asks = format!("{tools}def confirm(x):\n    return input(x)\nconfirm('?')\n");
    assert!(of_rule("tool-without-confirmation", &asks).is_empty());
}

#[test]
fn what_stands_before_the_slash_has_no_name_for_callers() {
    let define = "import json\nfrom openai import OpenAI\ndef tool(name, description, /, **more):\n    return {'type': 'function', 'function': {'name': name, 'description': description, 'parameters': more}}\n";
    let ask = "TOOLS = [tool('read_file', 'Read a file', name='Name of the file, such as notes.txt')]\nOpenAI().chat.completions.create(model='gpt-5', tools=TOOLS, messages=[])\n";
    let report = checked(&[("agent.py", &format!("{define}{ask}"))]);
    let names: Vec<&str> = report.inventory.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["read_file"]);
}

#[test]
fn waivers_need_a_reason() {
    let text = |comment: &str| {
        format!(
            "import os\nfrom openai import OpenAI\n{comment}\nexec(OpenAI().responses.create(input='x'))\n"
        )
    };
    let good = checked(&[("agent.py", &text("# ombud: allow untrusted-to-exec runs in a sandbox"))]);
    assert!(lines(&good).is_empty());
    assert_eq!(good.waived.iter().map(|w| w.reason.as_str()).collect::<Vec<_>>(), ["runs in a sandbox"]);
    let bare = of(&text("# ombud: allow untrusted-to-exec"));
    assert_eq!(bare, ["untrusted-to-exec@4", "waiver-without-reason@3"]);
    let wrong = of(&text("# ombud: allow no-such-rule because"));
    assert_eq!(wrong, ["untrusted-to-exec@4", "waiver-without-reason@3"]);
}

#[test]
fn addresses_in_comments_and_defaults_are_no_finding() {
    let rule = "hardcoded-provider";
    assert!(of_rule(rule, "# https://api.deepseek.com\n").is_empty());
    assert_eq!(of_rule(rule, "URL = 'https://api.deepseek.com'\n").len(), 1);
}
