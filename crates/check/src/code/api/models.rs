//! Model calls by SDK, and their recipients.

use super::super::value::{Made, Shape, Value, given};
use super::{last, root, sdks};
use crate::facts::{Recipient, Taint, Template, host_of};
use crate::providers::Providers;

/// Model classes of LangChain and `LlamaIndex`, and their default providers.
const CLASSES: &[(&str, &str)] = &[
    ("ChatOpenAI", "openai"),
    ("OpenAI", "openai"),
    ("OpenAIEmbeddings", "openai"),
    ("OpenAIEmbedding", "openai"),
    ("AzureChatOpenAI", ""),
    ("ChatAnthropic", "anthropic"),
    ("ChatTongyi", "dashscope"),
    ("Tongyi", "dashscope"),
    ("DashScopeEmbeddings", "dashscope"),
    ("ChatZhipuAI", "zhipu"),
    ("QianfanChatEndpoint", "qianfan"),
    ("ChatOllama", "ollama"),
    ("Ollama", "ollama"),
    ("OllamaLLM", "ollama"),
    ("ChatGroq", "groq"),
    ("ChatMistralAI", "mistral"),
    ("ChatGoogleGenerativeAI", "gemini"),
    ("ChatDeepSeek", "deepseek"),
    ("ChatCohere", "cohere"),
    ("ChatOpenRouter", "openrouter"),
    ("MoonshotChat", "moonshot"),
    ("ChatAlibabaTongyi", "dashscope"),
    ("ChatBaiduQianfan", "qianfan"),
    ("ChatMoonshot", "moonshot"),
    ("initChatModel", ""),
    ("init_chat_model", ""),
    ("OpenAIChat", "openai"),
    ("Claude", "anthropic"),
    ("DeepSeek", "deepseek"),
    ("Gemini", "gemini"),
    ("LLM", ""),
];

/// Methods that run a model, a chain or an agent.
const RUNS: &[&str] = &[
    "invoke",
    "ainvoke",
    "stream",
    "astream",
    "batch",
    "abatch",
    "generate",
    "agenerate",
    "predict",
    "apredict",
    "run",
    "arun",
    "call",
    "acall",
    "complete",
    "acomplete",
    "chat",
    "achat",
    "query",
    "aquery",
    "embed_query",
    "embed_documents",
    "kickoff",
    "stream_chat",
    "predict_messages",
    "stream_events",
    "print_response",
    "aprint_response",
];

/// Arguments that set the address.
const BASES: &[&str] = &[
    "base_url",
    "api_base",
    "openai_api_base",
    "openai_api_base_url",
    "azure_endpoint",
    "endpoint",
    "host",
    "anthropic_api_url",
    "dashscope_api_base",
    "zhipuai_api_base",
    "baseURL",
    "baseUrl",
    "basePath",
    "anthropicApiUrl",
];

/// Arguments that hold the options of the inner client.
const NESTED: &[&str] = &[
    "provider",
    "openai_client",
    "configuration",
    "clientOptions",
    "client_options",
    "llm_config",
    "llmConfig",
    "config_list",
    "provider",
    "client",
];

/// Whether a package is a framework whose objects contain a model.
pub(in crate::code) fn is_framework(package: &str) -> bool {
    package.starts_with("langchain")
        || matches!(package, "langgraph" | "llama_index" | "crewai" | "autogen" | "agno" | "phi")
}

/// Returns the recipient, if a call of `path` is a model call. `object` is the object of the method.
pub(in crate::code) fn recipient(
    path: &str,
    object: Option<&Made>,
    arguments: &[super::super::value::Argument],
    providers: &Providers,
) -> Option<Recipient> {
    let package = root(path);
    if let Some(recipient) = super::vercel::recipient(path, object, arguments, providers) {
        return Some(recipient);
    }
    if package == "swift" {
        return super::swift::recipient(path, object, providers);
    }
    if let Some(recipient) = super::programs::recipient(path, arguments, providers) {
        return Some(recipient);
    }
    // Most packages have nothing to do with models.
    if !is_framework(package) && !sdks::knows(package) {
        return None;
    }
    let path = &super::script::snake(path);
    let plain = path.replace("()", "");
    // `user.initiate_chat(coder)`: the other agent is asked, and has the address.
    if package == "autogen" && last(path) == "initiate_chat" {
        let others = arguments.iter().filter_map(|one| one.value.made().map(std::rc::Rc::as_ref));
        let asked = others.chain(object).find(|made| made_for(made).is_some());
        return Some(addressed(asked.or(object), &[], "openai", providers));
    }
    if is_framework(package) {
        let runs = RUNS.contains(&last(path)) || path.ends_with("()");
        let found =
            object.filter(|_| runs).and_then(|object| inner(object, 0, &|made| class(&made.path).is_some()));
        // A crew or an assistant without a model of its own uses the library's default.
        let whole = match package {
            "crewai" => last(path).starts_with("kickoff"),
            "phi" | "agno" => matches!(last(path), "run" | "arun" | "print_response" | "aprint_response"),
            _ => false,
        };
        if found.is_none() && whole {
            return Some(addressed(None, &[], "openai", providers));
        }
        let Some(model) = found else {
            let provider = object.filter(|_| runs).and_then(by_name)?;
            return Some(addressed(None, &[], provider, providers));
        };
        let named = || object.and_then(by_name).unwrap_or_default();
        if class(&model.path) == Some("")
            && matches!(last(model.maker()), "init_chat_model" | "initChatModel")
        {
            return Some(addressed(Some(&model), &[], named(), providers));
        }
        return Some(addressed(Some(&model), &[], class(&model.path).unwrap_or_default(), providers));
    }
    let Some(default) = sdks::provider(package, &plain) else {
        return sdks::page(package, &plain).map(sdks::at_page);
    };
    // A client wrapped by another library.
    let inside = object.filter(|_| package == "instructor").and_then(wrapped);
    Some(addressed(inside.or(object), arguments, default, providers))
}

/// Method paths that only model SDKs have, wherever the client comes from.
const SHAPES: &[&str] = &[
    "chat.completions.create",
    "chat.completions.parse",
    "chat.completions.stream",
    "responses.parse",
    "embeddings.create",
    "audio.transcriptions.create",
    "audio.translations.create",
    "ChatCompletion.create",
    "ChatCompletion.acreate",
    "beta.messages.create",
    "beta.messages.stream",
    "models.generate_content",
    "models.generateContent",
    "models.generate_content_stream",
    "aio.models.generate_content",
    "generate_content_async",
    "generateContentStream",
];

/// Method paths that are model calls only with one of these arguments.
const SHAPES_BY_ARGUMENT: &[(&str, &[&str])] = &[
    ("responses.create", &["input", "model"]),
    ("responses.stream", &["input", "model"]),
    ("messages.create", &["messages", "max_tokens"]),
    ("messages.stream", &["messages", "max_tokens"]),
    ("completions.create", &["prompt", "model", "messages"]),
    ("images.generate", &["prompt"]),
    // An edge worker: `env.AI.run(model, { messages })`.
    ("AI.run", &["messages", "prompt", "text"]),
];

/// Names of clients whose methods run a model.
const MODELS: &[&str] = &["llm", "chatmodel", "chain", "model", "agent", "graph"];

/// Whether the spelling of a call is that of a model call, where the client was passed in or created out of sight.
pub(in crate::code) fn is_written_as_call(
    written: &str,
    arguments: &[super::super::value::Argument],
) -> bool {
    let ends = |ending: &str| written == ending || ends_with_path(written, ending);
    let named = |name: &&str| super::super::value::named(arguments, &[name]).is_some();
    // `create(**options)`
    let spread = || arguments.iter().any(|argument| argument.spread);
    if SHAPES.iter().any(|shape| ends(shape)) {
        return true;
    }
    if SHAPES_BY_ARGUMENT.iter().any(|(shape, given)| ends(shape) && (given.iter().any(named) || spread())) {
        return true;
    }
    let mut parts = written.rsplit('.');
    let (method, object) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let object = object.trim_start_matches('_').replace('_', "").to_ascii_lowercase();
    let asks = match object.as_str() {
        "llm" => RUNS.contains(&method),
        _ => matches!(method, "invoke" | "ainvoke" | "astream" | "apredict" | "predict_messages"),
    };
    asks && !arguments.is_empty() && MODELS.iter().any(|model| object.ends_with(model))
}

/// Returns the recipient of a call of which only the spelling is known.
pub(in crate::code) fn anybody(
    arguments: &[super::super::value::Argument],
    providers: &Providers,
) -> Recipient {
    addressed(None, arguments, "", providers)
}

fn wrapped(object: &Made) -> Option<&Made> {
    object.chain().find_map(|made| made.given.first()?.value.made()).map(std::rc::Rc::as_ref)
}

/// Options of a model call that configure it and contain nobody's words.
const SETTINGS: &[&str] = &[
    "model",
    "model_name",
    "modelName",
    "temperature",
    "max_tokens",
    "maxTokens",
    "timeout",
    "api_key",
    "apiKey",
    "stream",
];

/// Returns the origins of what a call passes to a model.
pub(in crate::code) fn told(arguments: &[super::super::value::Argument]) -> Taint {
    let setting = |name: &str| SETTINGS.contains(&name);
    let one = |value: &Value| match &value.shape {
        Shape::Dict(items) if items.keys().any(|key| setting(key)) => {
            let kept = items.iter().filter(|(key, _)| !setting(key)).map(|(_, item)| item.deep_taint());
            kept.fold(value.taint, |sum, taint| sum | taint)
        }
        _ => value.deep_taint(),
    };
    let said = arguments.iter().filter(|argument| !argument.name.as_deref().is_some_and(setting));
    said.fold(Taint::NONE, |sum, argument| sum | one(&argument.value))
}

/// Whether a model call returns embeddings: they are derived from the input, and nobody reads them.
pub(in crate::code) fn embeds(path: &str) -> bool {
    let name = last(path);
    path.to_ascii_lowercase().contains("embed") || name.starts_with("embed") || name.starts_with("aembed")
}

/// Whether a call transcribes what people say in a recording.
pub(in crate::code) fn writes_down(path: &str) -> bool {
    ["audio.transcriptions.create", "audio.translations.create", "create_transcription", "Audio.transcribe"]
        .iter()
        .any(|ending| path.trim_end_matches("()").ends_with(ending))
}

pub(super) fn ends_with_path(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|before| before.ends_with('.'))
}

/// Returns the provider of a framework's model class: `Some("")` if the class does not say.
fn class(path: &str) -> Option<&'static str> {
    if !is_framework(root(path)) {
        return None;
    }
    let made = path.split("()").next().unwrap_or(path);
    let known = CLASSES.iter().find(|(name, _)| last(made) == *name).map(|(_, provider)| *provider);
    known.or_else(|| by_module(made))
}

/// Providers by the names of the modules in which frameworks keep their models.
const MAKERS: &[(&str, &str)] = &[
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("dashscope", "dashscope"),
    ("tongyi", "dashscope"),
    ("deepseek", "deepseek"),
    ("gemini", "gemini"),
    ("google", "gemini"),
    ("google_genai", "gemini"),
    ("zhipuai", "zhipu"),
    ("moonshot", "moonshot"),
    ("groq", "groq"),
    ("mistralai", "mistral"),
    ("mistral", "mistral"),
    ("cohere", "cohere"),
    ("ollama", "ollama"),
    ("openrouter", "openrouter"),
    ("together", "together"),
    ("fireworks", "fireworks"),
    ("siliconflow", "siliconflow"),
    ("perplexity", "perplexity"),
    ("nvidia", "nvidia"),
    ("xai", "xai"),
    ("bedrock", "bedrock"),
    ("bedrock_converse", "bedrock"),
    ("huggingface", "huggingface"),
];

fn maker(name: &str) -> &'static str {
    MAKERS.iter().find(|(module, _)| *module == name).map_or("", |(_, provider)| *provider)
}

/// Returns the provider of a class in a module that contains only models: `llama_index.llms.dashscope.DashScope`.
fn by_module(made: &str) -> Option<&'static str> {
    let mut parts = made.split('.');
    let (package, kind, module) = (parts.next()?, parts.next()?, parts.next());
    let is_class = last(made).starts_with(|ch: char| ch.is_ascii_uppercase());
    let models = match package {
        "llama_index" => matches!(kind, "llms" | "embeddings"),
        "agno" => kind == "models",
        "langchain_community" => matches!(kind, "chat_models" | "llms" | "embeddings"),
        _ => false,
    };
    // `langchain_xai.ChatXAI`
    if let Some(module) = module.filter(|_| models && is_class) {
        return Some(maker(module));
    }
    let chat = package.starts_with("langchain_") && module.is_none() && is_chat(last(made));
    chat.then(|| maker(package.trim_start_matches("langchain_")))
}

fn is_chat(class: &str) -> bool {
    const OTHER: &[&str] =
        &["Prompt", "Message", "Generation", "Result", "History", "Agent", "Memory", "Loader"];
    class.starts_with("Chat") && !OTHER.iter().any(|word| class.contains(word))
}

/// Framework functions that take a model by name: `create_agent("openai:gpt-4o", tools)`.
const NAMING: &[&str] = &[
    "create_agent",
    "create_react_agent",
    "create_deep_agent",
    "create_tool_calling_agent",
    "init_chat_model",
    "initChatModel",
    "createAgent",
    "createReactAgent",
    "createDeepAgent",
    "Agent",
    "create_supervisor",
];

/// Returns the provider of a model that is only named: `Some("")` if the name does not say.
fn by_name(object: &Made) -> Option<&'static str> {
    let made = object.chain().find(|made| NAMING.contains(&last(made.maker())))?;
    let plain =
        given(&made.given, 0, "model").or_else(|| super::super::value::named(&made.given, &["model", "llm"]));
    let name = plain.and_then(Value::known_text)?;
    let says = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    Some(match name.split_once([':', '/']) {
        Some((of, _)) => maker(of),
        None if says(&["gpt-", "o1", "o3", "o4"]) => "openai",
        None if says(&["claude"]) => "anthropic",
        None if says(&["gemini"]) => "gemini",
        None => "",
    })
}

/// Returns the first matching object: itself, what it was created from, or what was passed to it.
pub(in crate::code) fn inner(
    object: &Made,
    depth: usize,
    fits: &dyn Fn(&Made) -> bool,
) -> Option<std::rc::Rc<Made>> {
    if depth > 4 {
        return None;
    }
    for made in object.chain() {
        if fits(made) {
            return Some(std::rc::Rc::new(Made {
                path: made.path.clone(),
                given: std::rc::Rc::clone(&made.given),
                parent: made.parent.clone(),
                at: made.at,
            }));
        }
        let found = made.given.iter().find_map(|argument| within(&argument.value, depth + 1, fits));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn within(value: &Value, depth: usize, fits: &dyn Fn(&Made) -> bool) -> Option<std::rc::Rc<Made>> {
    match &value.shape {
        Shape::Made(made) => inner(made, depth, fits),
        Shape::List(items) if depth < 4 => items.iter().find_map(|item| within(item, depth + 1, fits)),
        Shape::Dict(items) if depth < 4 => items.values().find_map(|item| within(item, depth + 1, fits)),
        _ => None,
    }
}

/// Returns the address with which an object was created.
fn made_for(object: &Made) -> Option<&Value> {
    // `new OpenAIApi(new Configuration({basePath}))`
    let configured = || {
        let first = object.chain().find_map(|made| made.given.first()?.value.made());
        first.filter(|made| last(made.maker()) == "Configuration")?.setting(BASES)
    };
    object.setting(BASES).or_else(configured).or_else(|| {
        object.chain().find_map(|made| {
            let nested = made
                .given
                .iter()
                .filter(|one| one.name.as_deref().is_some_and(|name| NESTED.contains(&name)));
            nested.into_iter().find_map(|one| inside(&one.value, 0))
        })
    })
}

/// Returns the address within options: `llm_config={"config_list": [{"base_url": …}]}`.
fn inside(value: &Value, depth: usize) -> Option<&Value> {
    match &value.shape {
        Shape::Dict(items) => BASES
            .iter()
            .find_map(|base| items.get(*base))
            .or_else(|| items.values().filter(|_| depth < 3).find_map(|item| inside(item, depth + 1))),
        Shape::List(items) if depth < 3 => items.iter().find_map(|item| inside(item, depth + 1)),
        // OpenAIModel("…", provider=OpenAIProvider(base_url=…))
        Shape::Made(made) => super::super::value::named(&made.given, BASES),
        _ => None,
    }
}

pub(super) fn addressed(
    object: Option<&Made>,
    arguments: &[super::super::value::Argument],
    default: &str,
    providers: &Providers,
) -> Recipient {
    let base = super::super::value::named(arguments, BASES)
        .or_else(|| object.and_then(made_for))
        .or_else(|| given(arguments, usize::MAX, "base_url"));
    // Its address is unknown, but it is the user's own machine unless the model itself runs elsewhere.
    let own = providers.by_id(default).is_some_and(|provider| provider.local) && !runs_elsewhere(arguments);
    let unknown = || Recipient { provider: None, host: None, fixed: false, open: !own, local: own };
    match base.and_then(Value::template) {
        Some(template) if own && host_of(&template.shown()).is_none() => unknown(),
        Some(template) => at(template, providers),
        None if base.is_some() => unknown(),
        None => {
            let model = super::super::value::named(arguments, &["model"]).and_then(Value::known_text);
            let routed = model.and_then(|model| model.split_once('/')).map_or("", |parts| parts.0);
            let id = if default.is_empty() { routed } else { default };
            let known = providers.by_id(id);
            Recipient {
                provider: known.map(|provider| provider.id.clone()),
                host: None,
                fixed: false,
                open: true,
                local: known.is_some_and(|provider| provider.local) && !runs_elsewhere(arguments),
            }
        }
    }
}

/// Returns the recipient for an engine's model, if one is set.
pub(in crate::code) fn of_settings(model: Option<&Made>, providers: &Providers) -> Recipient {
    let provider = model.and_then(|model| class(&model.path)).unwrap_or_default();
    addressed(model, &[], provider, providers)
}

/// Whether a model of Ollama only forwards to its maker's machines: `gpt-oss:120b-cloud`.
fn runs_elsewhere(arguments: &[super::super::value::Argument]) -> bool {
    let model =
        super::super::value::named(arguments, &["model"]).and_then(Value::template).map(Template::shown);
    model.is_some_and(|model| model.ends_with("-cloud") || model.ends_with(":cloud"))
}

/// Returns the recipient at an address.
pub(in crate::code) fn at(address: &Template, providers: &Providers) -> Recipient {
    let host = crate::facts::host_of(&address.shown());
    let known = host.as_deref().and_then(|host| providers.by_host(host));
    let gateway = address.variables().any(|name| name.starts_with("OMBUD_"));
    // A private network counts as the user's own.
    let near = host.as_deref().is_some_and(crate::facts::near);
    // If nobody sets the variable, the default address applies.
    let left = host.is_some() && address.starts_with_variable() && !near && !gateway;
    Recipient {
        provider: known.map(|provider| provider.id.clone()),
        fixed: host.is_some() && !address.starts_with_variable() && !near && !gateway,
        open: left || host.is_none() && !address.starts_with_variable(),
        local: known.is_some_and(|provider| provider.local) || (near && !gateway),
        host,
    }
}
