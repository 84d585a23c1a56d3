//! Model calls through the software development kits of providers, and through the web pages of assistants.

use crate::project::checked;

/// What is said of a bot that passes on what people write with this call, after this import.
fn told(file: &str, import: &str, call: &str) -> String {
    let text = if file.ends_with(".py") {
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
