//! One conversation for everyone: a list of a single shared object, or a session that a library continues.

use crate::project::of_rule;

const RULE: &str = "memory-shared-by-all";

const CLASS: &str = "from openai import OpenAI\nfrom flask import Flask, request\nai = OpenAI()\napp = Flask(__name__)\nclass Bot:\n    def __init__(self):\n        self.history = []\n    def chat(self, text):\n        self.history.append({'role': 'user', 'content': text})\n        messages = [{'role': 'system', 'content': 'x'}] + self.history[-9:]\n        return ai.chat.completions.create(model='gpt-5', messages=messages)\n";

#[test]
fn an_object_of_which_there_is_one_has_one_history() {
    let one =
        format!("{CLASS}bot = Bot()\n@app.post('/x')\ndef chat():\n    return bot.chat(request.json['q'])\n");
    assert_eq!(of_rule(RULE, &one), [format!("{RULE}@11")]);
    let each = format!("{CLASS}@app.post('/x')\ndef chat():\n    return Bot().chat(request.json['q'])\n");
    assert!(of_rule(RULE, &each).is_empty());
    let anew =
        one.replace("        self.history.append", "        self.history = []\n        self.history.append");
    assert!(of_rule(RULE, &anew).is_empty());
    // A terminal program has a single user.
    let own = format!("{CLASS}Bot().chat(input())\n");
    assert!(of_rule(RULE, &own).is_empty());
}

#[test]
fn a_session_of_a_library_is_one_history() {
    let bot = |before: &str, ask: &str| {
        let text = format!(
            "import google.generativeai as genai\nfrom langchain.memory import ConversationBufferMemory\nfrom langchain.chains import ConversationChain\nfrom langchain_openai import ChatOpenAI\nfrom langgraph.prebuilt import create_react_agent\nfrom flask import Flask, request\napp = Flask(__name__)\n{before}\n@app.post('/x')\ndef chat():\n    return {ask}\n"
        );
        of_rule(RULE, &text)
    };
    let model = "model = genai.GenerativeModel('x')";
    assert_eq!(
        bot(&format!("{model}\ntalk = model.start_chat()"), "talk.send_message(request.json['q'])").len(),
        1
    );
    assert!(bot(model, "model.start_chat().send_message(request.json['q'])").is_empty());
    let chain = |memory: &str| format!("chain = ConversationChain(llm=ChatOpenAI(){memory})");
    assert_eq!(
        bot(&chain(", memory=ConversationBufferMemory()"), "chain.predict(input=request.json['q'])").len(),
        1
    );
    let agent = "agent = create_react_agent(ChatOpenAI(), [])";
    let thread = |id: &str| {
        format!(
            "agent.invoke({{'messages': [request.json['q']]}}, config={{'configurable': {{'thread_id': {id}}}}})"
        )
    };
    assert_eq!(bot(agent, &thread("'1'")).len(), 1);
    assert!(bot(agent, &thread("request.json['who']")).is_empty());
}

#[test]
fn a_list_is_followed_to_where_the_model_is_asked() {
    let bot = |kept: &str, read: &str| {
        let text = format!(
            "import telebot\nfrom openai import OpenAI\nai = OpenAI()\nbot = telebot.TeleBot('x')\nclass Talks:\n    said = {kept}\n    @classmethod\n    def put(cls, who, text):\n        Talks.said{read}.append({{'role': 'user', 'content': text}})\n    @classmethod\n    def all(cls, who):\n        return Talks.said{read}\ndef ask(past):\n    return ai.chat.completions.create(model='gpt-5', messages=past)\n@bot.message_handler()\ndef on(m):\n    Talks.put(m.from_user.id, m.text)\n    ask(Talks.all(m.from_user.id))\n"
        );
        of_rule(RULE, &text)
    };
    assert_eq!(bot("[]", ""), [format!("{RULE}@18")]);
    assert!(bot("{}", "[who]").is_empty());
}

#[test]
fn a_buffer_that_the_program_makes_once_is_one_for_everybody() {
    let agent = |module: &str, here: &str| {
        let text = format!(
            "from fastapi import FastAPI\nfrom llama_index.core.agent.workflow import FunctionAgent\nfrom llama_index.core.memory import ChatMemoryBuffer\nfrom llama_index.llms.openai import OpenAI\n{module}agent = FunctionAgent(tools=[], llm=OpenAI())\napp = FastAPI()\n@app.post('/c')\nasync def c(q: str):\n{here}    return await agent.run(user_msg=q, memory=memory)\n"
        );
        of_rule("memory-shared-by-all", &text).len()
    };
    let made = "memory = ChatMemoryBuffer.from_defaults(token_limit=3000)\n";
    assert_eq!((agent(made, ""), agent("", &format!("    {made}"))), (1, 0));
}

#[test]
fn a_setting_that_somebody_chose_is_no_conversation() {
    let bot = |name: &str| {
        let text = format!(
            "import json, telebot\nfrom openai import OpenAI\nai = OpenAI()\nbot = telebot.TeleBot('x')\nclass Kept:\n    def __init__(self):\n        with open('kept.json') as file:\n            data = json.load(file)\n        self.{name} = data['{name}']\nkept = Kept()\n@bot.message_handler(commands=['use'])\ndef use(m):\n    kept.{name} = m.text\n@bot.message_handler()\ndef on(m):\n    ai.chat.completions.create(model='m', messages=[{{'role': 'system', 'content': kept.{name}}}, {{'role': 'user', 'content': m.text}}])\n"
        );
        of_rule(RULE, &text)
    };
    assert_eq!(bot("talk").len(), 1);
    assert!(bot("default_model").is_empty());
}

#[test]
fn a_plugin_s_settings_are_the_operators() {
    let rule = "untrusted-to-exec";
    let bot = |made: &str| {
        let text = format!(
            "import httpx, telebot\nfrom nonebot import get_plugin_config\nfrom other import unknown\nbot = telebot.TeleBot('x')\nclass Config:\n    def address(self, name):\n        return 'https://api.example.com'\nconfig = {made}\n@bot.message_handler()\ndef on(m):\n    httpx.post(config.address(m.text), json={{}})\n"
        );
        of_rule(rule, &text)
    };
    assert_eq!(bot("unknown(Config)").len(), 1);
    assert!(bot("get_plugin_config(Config)").is_empty());
}

#[test]
fn whose_conversation_in_memory_a_request_gets() {
    let rule = "identity-from-body";
    let flask = |held: &str, key: &str, before: &str| {
        let text = format!(
            "from flask import Flask, request, session\nfrom openai import OpenAI\napp = Flask(__name__)\nai = OpenAI()\n{held} = {{}}\n@app.post('/x')\ndef chat():\n{before}    data = request.json\n    user_id = {key}\n    turns = {held}.setdefault(user_id, [])\n    turns.append({{'role': 'user', 'content': data['q']}})\n    return ai.chat.completions.create(model='m', messages=turns)\n"
        );
        of_rule(rule, &text).len()
    };
    assert_eq!(flask("histories", "data['user_id']", ""), 1);
    assert_eq!(flask("histories", "session['user_id']", ""), 0);
    // What is held there belongs to nobody.
    assert_eq!(flask("prices", "data['user_id']", ""), 0);
    // It ends with the request.
    assert_eq!(flask("histories", "data['user_id']", "    histories = {}\n"), 0);
}
