//! Software development kits that call models, by package.

use super::models::ends_with_path;
use crate::facts::Recipient;

/// How model calls are recognised: package, suffix of the path without calls, default provider.
const CALLS: &[(&str, &[&str], &str)] = &[
    ("openai", OPENAI, "openai"),
    ("vertexai", &["generate_content", "generate_content_async", "send_message", "send_message_async"], ""),
    (
        "haystack",
        &["OpenAIGenerator.run", "OpenAIChatGenerator.run", "AzureOpenAIChatGenerator.run"],
        "openai",
    ),
    ("groq", OPENAI, "groq"),
    ("together", OPENAI, "together"),
    ("zhipuai", ZHIPU, "zhipu"),
    ("zai", OPENAI, "zai"),
    ("volcenginesdkarkruntime", OPENAI, "ark"),
    ("qianfan", &["do", "chat.completions.create"], "qianfan"),
    ("mistralai", &["chat.complete", "chat.stream", "chat"], "mistral"),
    ("anthropic", &["messages.create", "messages.stream", "completions.create"], "anthropic"),
    (
        "dashscope",
        &[
            "Generation.call",
            "MultiModalConversation.call",
            "TextEmbedding.call",
            "Application.call",
            "AioGeneration.call",
            "AioMultiModalConversation.call",
            "MultiModalEmbedding.call",
            "ImageSynthesis.call",
            "ImageSynthesis.async_call",
            "VideoSynthesis.call",
            "VideoSynthesis.async_call",
        ],
        "dashscope",
    ),
    (
        "google",
        &[
            "generate_content",
            "generate_content_stream",
            "generate_content_async",
            "send_message",
            "send_message_async",
            "send_message_stream",
            "embed_content",
            "Runner.run",
            "Runner.run_async",
        ],
        "gemini",
    ),
    ("cohere", &["chat", "chat_stream", "generate", "embed"], "cohere"),
    ("ollama", &["chat", "generate", "embed", "embeddings"], "ollama"),
    ("@openai/agents", &["run"], "openai"),
    ("claude_agent_sdk", &["query"], "anthropic"),
    ("claude_code_sdk", &["query"], "anthropic"),
    ("langfuse", OPENAI, "openai"),
    ("g4f", OPENAI, ""),
    ("huggingface_hub", &["chat_completion", "text_generation", "chat.completions.create"], "huggingface"),
    ("replicate", &["run", "async_run", "stream", "predictions.create"], "replicate"),
    (
        "boto3",
        &["invoke_model", "invoke_model_with_response_stream", "converse", "converse_stream"],
        "bedrock",
    ),
    ("azure", &["complete"], ""),
    ("agents", &["Runner.run", "Runner.run_sync", "Runner.run_streamed"], "openai"),
    ("pydantic_ai", &["run", "run_sync", "run_stream", "iter"], ""),
    ("smolagents", &["run"], ""),
    ("browser_use", &["run", "run_sync"], ""),
    ("autogen_agentchat", &["run", "run_stream", "on_messages"], ""),
    ("autogen", &["initiate_chat", "generate_reply", "a_initiate_chat"], ""),
    ("semantic_kernel", &["invoke_prompt", "invoke", "get_chat_message_content", "get_response"], ""),
    ("cozepy", &["chat.create", "chat.stream", "chat.create_and_poll"], ""),
    ("dspy", &["Predict", "ChainOfThought", "ReAct"], ""),
    (
        "instructor",
        &[
            "chat.completions.create",
            "messages.create",
            "create",
            "create_with_completion",
            "create_partial",
            "create_iterable",
        ],
        "",
    ),
    ("xai_sdk", &["chat.create.append", "chat.create.sample", "chat.create.stream", "image.sample"], "xai"),
    ("litellm", &["completion", "acompletion", "embedding", "aembedding", "responses", "aresponses"], ""),
    ("sparkai", &["generate", "agenerate", "stream", "astream", "invoke", "ainvoke"], ""),
    ("erniebot", OPENAI, "qianfan"),
    ("tencentcloud", &["HunyuanClient.ChatCompletions", "HunyuanClient.GetEmbedding"], "hunyuan"),
    ("qwen_agent", &["run", "run_nonstream", "chat"], "dashscope"),
    ("camel", &["step", "astep"], ""),
    ("swarm", &["Swarm.run"], "openai"),
    ("aisuite", OPENAI, ""),
    ("gradio_client", &["predict", "submit"], ""),
    ("metagpt", &["aask", "aask_batch", "acompletion_text"], ""),
    ("lagent", &["chat", "stream_chat", "generate", "stream_generate"], ""),
    ("marvin", &["run", "extract", "cast", "classify", "generate", "summarize"], "openai"),
    (
        "letta_client",
        &["agents.messages.create", "agents.messages.create_stream", "agents.messages.stream"],
        "",
    ),
    ("ibm_watsonx_ai", &["chat", "chat_stream", "generate", "generate_text", "generate_text_stream"], ""),
    ("fal_client", &["run", "run_async", "submit", "submit_async", "subscribe", "stream"], ""),
    ("revChatGPT", &["V3.Chatbot.ask", "V3.Chatbot.ask_stream", "V3.Chatbot.ask_stream_async"], "openai"),
    ("chatgpt", &["send_message"], "openai"),
    ("@waylaidwanderer/chatgpt-api", &["ChatGPTClient.send_message"], "openai"),
    (
        "@huggingface/inference",
        &[
            "text_generation",
            "text_generation_stream",
            "chat_completion",
            "chat_completion_stream",
            "request",
        ],
        "huggingface",
    ),
    (
        "@azure/openai",
        &["get_chat_completions", "stream_chat_completions", "get_completions", "get_embeddings"],
        "",
    ),
    ("@aws-sdk/client-bedrock-runtime", &["send"], "bedrock"),
    ("@coze/api", &["chat.create", "chat.stream", "chat.create_and_poll"], ""),
    ("dify-client", &["create_chat_message", "create_completion_message", "create_message"], ""),
    ("dify_client", &["create_chat_message", "create_completion_message"], ""),
    ("@openrouter/sdk", &["chat.send", "call_model"], "openrouter"),
];

const OPENAI: &[&str] = &[
    "chat.completions.create",
    "chat.completions.parse",
    "chat.completions.stream",
    "responses.create",
    "responses.stream",
    "responses.parse",
    "completions.create",
    "embeddings.create",
    "images.generate",
    "images.edit",
    "audio.transcriptions.create",
    "audio.translations.create",
    "threads.messages.create",
    "threads.runs.create",
    "chat.completions.run_tools",
    "create_chat_completion",
    "create_completion",
    "create_embedding",
    "create_transcription",
    "ChatCompletion.create",
    "ChatCompletion.acreate",
    "Completion.create",
    "Embedding.create",
];

/// What Zhipu's package had before it took the form of `OpenAI`'s, and has since.
const ZHIPU: &[&str] = &[
    "chat.completions.create",
    "embeddings.create",
    "images.generations",
    "model_api.invoke",
    "model_api.sse_invoke",
    "model_api.async_invoke",
];

/// Packages that speak to the web page of an assistant as a browser would: suffixes of the path without calls, host. No
/// variable changes the address.
const PAGES: &[(&str, &[&str], &str)] = &[
    ("EdgeGPT", ASKS, "copilot.microsoft.com"),
    ("re_edge_gpt", ASKS, "copilot.microsoft.com"),
    ("sydney", ASKS, "copilot.microsoft.com"),
    ("@waylaidwanderer/chatgpt-api", &["BingAIClient.send_message"], "copilot.microsoft.com"),
    ("revChatGPT", ASKS, "chatgpt.com"),
    ("poe_api_wrapper", &["send_message"], "poe.com"),
    ("poe", &["send_message"], "poe.com"),
    ("bardapi", &["get_answer"], "gemini.google.com"),
    ("claude_api", &["send_message", "create_new_chat"], "claude.ai"),
    ("hugchat", &["chat", "query"], "huggingface.co"),
    ("characterai", &["send_message"], "character.ai"),
    ("PyCharacterAI", &["send_message"], "character.ai"),
];

const ASKS: &[&str] = &["ask", "ask_async", "ask_stream", "ask_stream_raw", "ask_stream_async", "compose"];

/// Whether a package calls models.
pub(super) fn knows(package: &str) -> bool {
    CALLS.iter().chain(PAGES).any(|(of, ..)| *of == package)
}

/// Returns the default provider of a package's model call, empty if there is none. `plain` is the path without calls.
pub(super) fn provider(package: &str, plain: &str) -> Option<&'static str> {
    found(CALLS, package, plain)
}

/// Returns the host of an assistant's web page to which a call leads.
pub(super) fn page(package: &str, plain: &str) -> Option<&'static str> {
    found(PAGES, package, plain)
}

/// The recipient behind a web page.
pub(super) fn at_page(host: &str) -> Recipient {
    Recipient { provider: None, host: Some(host.to_owned()), fixed: true, open: false, local: false }
}

fn found(table: &'static [(&str, &[&str], &str)], package: &str, plain: &str) -> Option<&'static str> {
    let fits = |endings: &[&str]| endings.iter().any(|ending| ends_with_path(plain, ending));
    table.iter().find(|(of, endings, _)| *of == package && fits(endings)).map(|(.., to)| *to)
}
