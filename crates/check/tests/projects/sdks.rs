//! Model calls through the software development kits of providers, and through the web pages of assistants.

use crate::project::checked;

/// What is said of a bot that passes on what people write with this call, after this import.
fn told(file: &str, import: &str, call: &str) -> String {
    let text = if file == "bot.py" {
        format!(
            "{import}\nfrom telegram.ext import ApplicationBuilder, MessageHandler, filters\nasync def on(update, context):\n    text = update.message.text\n    answer = {call}\n    await update.message.reply_text(str(answer))\napp = ApplicationBuilder().token('x').build()\napp.add_handler(MessageHandler(filters.TEXT, on))\napp.run_polling()\n"
        )
    } else {
        format!(
            "{import}\nimport TelegramBot from 'node-telegram-bot-api'\nconst bot = new TelegramBot('x', {{ polling: true }})\nbot.on('message', async (msg) => {{\n  const text = msg.text\n  const answer = await {call}\n  bot.sendMessage(msg.chat.id, String(answer))\n}})\n"
        )
    };
    let report = checked(&[(file, &text)]);
    let found = report.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked");
    found.map(|one| one.message.en.clone()).unwrap_or_default()
}

const MESSAGES: &str = "[{'role': 'user', 'content': text}]";

#[test]
fn clients_of_python() {
    for (import, call, to) in [
        ("import erniebot", "erniebot.ChatCompletion.create(messages=MESSAGES)", "configuration"),
        ("from swarm import Agent, Swarm", "Swarm().run(agent=Agent(), messages=MESSAGES)", "openai"),
        ("from phi.assistant import Assistant", "Assistant().run(text)", "openai"),
        ("from qwen_agent.agents import Assistant", "Assistant(llm={}).run(messages=MESSAGES)", "dashscope"),
        ("from dashscope import ImageSynthesis", "ImageSynthesis.call(model='m', prompt=text)", "dashscope"),
        ("import zhipuai", "zhipuai.model_api.invoke(model='m', prompt=MESSAGES)", "configuration"),
        (
            "import aisuite",
            "aisuite.Client().chat.completions.create(model='m', messages=MESSAGES)",
            "configuration",
        ),
        ("from sparkai.llm.llm import ChatSparkLLM", "ChatSparkLLM().generate([MESSAGES])", "configuration"),
        ("from camel.agents import ChatAgent", "ChatAgent('x').step(text)", "configuration"),
        ("from gradio_client import Client", "Client('org/space').predict(text)", "configuration"),
        ("from revChatGPT.V3 import Chatbot", "Chatbot(api_key=key).ask(text)", "openai"),
    ] {
        let told = told("bot.py", import, &call.replace("MESSAGES", MESSAGES));
        assert!(told.contains(to), "{call}: {told}");
    }
}

#[test]
fn clients_of_scripts() {
    for (import, call, to) in [
        ("import { ChatGPTAPI } from 'chatgpt'", "new ChatGPTAPI({}).sendMessage(text)", "openai"),
        (
            "import { HfInference } from '@huggingface/inference'",
            "new HfInference('k').textGeneration({ inputs: text })",
            "configuration",
        ),
        (
            "import { CozeAPI } from '@coze/api'",
            "new CozeAPI({}).chat.createAndPoll({ additional_messages: MESSAGES })",
            "configuration",
        ),
        (
            "import { ChatClient } from 'dify-client'",
            "new ChatClient('k').createChatMessage({}, text, 'u')",
            "configuration",
        ),
        (
            "import { OpenRouter } from '@openrouter/sdk'",
            "new OpenRouter({}).chat.send({ messages: MESSAGES })",
            "configuration",
        ),
    ] {
        let told = told("bot.ts", import, &call.replace("MESSAGES", MESSAGES));
        assert!(told.contains(to), "{call}: {told}");
    }
}

#[test]
fn behind_the_page_of_an_assistant_nothing_can_be_masked() {
    for (file, import, call, host) in [
        (
            "bot.py",
            "from EdgeGPT.EdgeGPT import Chatbot",
            "await (await Chatbot.create()).ask(prompt=text)",
            "copilot.microsoft.com",
        ),
        ("bot.py", "from revChatGPT.V1 import Chatbot", "list(Chatbot(config={}).ask(text))", "chatgpt.com"),
        (
            "bot.py",
            "from poe_api_wrapper import PoeApi",
            "list(PoeApi('t').send_message('m', text))",
            "poe.com",
        ),
        ("bot.py", "from hugchat import hugchat", "hugchat.ChatBot(cookies={}).chat(text)", "huggingface.co"),
        (
            "bot.ts",
            "import { BingAIClient } from '@waylaidwanderer/chatgpt-api'",
            "new BingAIClient({}).sendMessage(text)",
            "copilot.microsoft.com",
        ),
    ] {
        let told = told(file, import, call);
        assert!(told.contains(host) && told.contains("hard-coded"), "{call}: {told}");
    }
    // Another method of that package asks nobody.
    assert_eq!(told("bot.py", "from EdgeGPT import Chatbot", "Chatbot().close(text)"), "");
}

#[test]
fn members_of_a_namespace_are_called_by_its_name() {
    let files = [
        (
            "src/openai.ts",
            "export namespace OpenAI {\n  export interface Message { role: string }\n  export async function complete(context: Message[]) {\n    await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: JSON.stringify({ model: 'm', messages: context }) })\n  }\n}\n",
        ),
        (
            "src/index.ts",
            "import { OpenAI } from './openai'\nexport default {\n  async fetch(request: Request) {\n    const update = await request.json()\n    await OpenAI.complete([{ role: 'user', content: update.message.text }])\n  },\n}\n",
        ),
    ];
    let report = checked(&files);
    let found = report.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked");
    assert_eq!(found.map(|one| one.place.path.as_str()), Some("src/openai.ts"));
}

#[test]
fn what_a_platform_runs_hears_people() {
    let function = |import: &str| {
        let text = format!(
            "const cloud = require('{import}')\nconst OpenAI = require('openai')\nconst axios = require('axios')\nconst ai = new OpenAI()\nconst log = cloud.db.table('chatLog')\nmodule.exports = async function (params, context) {{\n  const text = params.event.text\n  await log.save({{ text }})\n  await ai.chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: text }}] }})\n  await axios.post('https://open.feishu.cn/open-apis/im/v1/messages', {{ content: text }})\n}}\n"
        );
        let report = checked(&[("chat.js", &text)]);
        report.findings.iter().map(|one| one.rule.0).collect::<Vec<_>>()
    };
    let found = function("aircode");
    assert!(
        found.contains(&"personal-data-unmasked") && found.contains(&"memory-write-without-consent"),
        "{found:?}"
    );
    // A chat platform is nobody's model.
    assert!(!found.contains(&"unknown-relay"), "{found:?}");
    assert!(!function("lodash").contains(&"personal-data-unmasked"));
}

#[test]
fn questions_from_other_places() {
    const ASK: &str =
        "ai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: text }] })";
    let found = |file: &str, text: &str| {
        let report = checked(&[(file, text)]);
        report.findings.iter().filter(|one| one.rule.0 == "personal-data-unmasked").count()
    };
    for heard in [
        "import { ipcMain } from 'electron'\nipcMain.handle('ask', async (event, text) => CALL)",
        "chrome.runtime.onMessage.addListener((text, sender, reply) => { CALL.then(reply) })",
        "import { ApolloServer } from '@apollo/server'\nnew ApolloServer({ resolvers: { Mutation: { ask: async (_, { text }) => CALL } } })",
        "import * as vscode from 'vscode'\nconst text = await vscode.window.showInputBox()\nawait CALL",
    ] {
        let text =
            format!("import OpenAI from 'openai'\nconst ai = new OpenAI()\n{}\n", heard.replace("CALL", ASK));
        assert_eq!(found("main.ts", &text), 1, "{heard}");
    }
    for heard in [
        "from pywebio.input import input as ask\ntext = ask('?')\nCALL",
        "from nicegui import ui\nfield = ui.input()\ndef send():\n    text = field.value\n    CALL\nui.button('x', on_click=send)",
        "import tweepy\nclass Stream(tweepy.StreamingClient):\n    def on_tweet(self, tweet):\n        text = tweet.text\n        CALL\nStream('t').filter()",
    ] {
        let call = "ai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])";
        let text = format!("from openai import OpenAI\nai = OpenAI()\n{}\n", heard.replace("CALL", call));
        assert_eq!(found("main.py", &text), 1, "{heard}");
    }
}
