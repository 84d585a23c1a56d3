//! Single calls that are flawed in themselves, and revealing arguments: a key in the page, a check that is off, a
//! system prompt with other people's words, one name for everybody.

use std::collections::BTreeMap;

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::{last, names, root};
use crate::facts::{Deed, Flaw, Taint, Template};

/// Returns the flaws of a call, judged by its arguments.
pub(in crate::code) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Vec<Deed> {
    let mut found = Vec::new();
    if key_in_page(path, arguments) {
        found.push(Deed::Flaw(Flaw::KeyInBrowser));
    }
    if unchecked(path, object, arguments) {
        found.push(Deed::Flaw(Flaw::CertificateUnchecked));
    }
    if unencrypted(path, arguments) {
        found.push(Deed::Flaw(Flaw::Unencrypted));
    }
    if weak(path, arguments) {
        found.push(Deed::Flaw(Flaw::WeakCipher));
    }
    if fixed(path, arguments) {
        found.push(Deed::Flaw(Flaw::FixedKey));
    }
    // `dispatcher.do_without_validation(body)`
    let without = names(last(path), &["without", "skip"])
        && names(last(path), &["validation", "verification", "signature"])
        && arguments.iter().any(|one| one.value.taint != Taint::NONE);
    if without || root(path) == "slack_bolt" && is_off(arguments, "request_verification_enabled") {
        found.push(Deed::Flaw(Flaw::SignatureUnchecked));
    }
    if offers_to_all(path, object, arguments) {
        found.push(Deed::Flaw(Flaw::OffersToAll));
    }
    if shows_page_to_all(path, arguments) {
        found.push(Deed::Flaw(Flaw::PageForAll));
    }
    if arguments.iter().any(|argument| has_word(&argument.value, UNASKED, 0)) {
        found.push(Deed::Flaw(Flaw::SkipsPermissions));
    }
    found.extend(super::switches::of(path, arguments));
    if runs_code_unasked(path, arguments) {
        found.push(Deed::Flaw(Flaw::AsksNobody));
    }
    found
}

fn is_off(arguments: &[Argument], name: &str) -> bool {
    named(arguments, &[name]).is_some_and(|value| value.shape == Shape::Bool(false))
}

/// Whether a value is one of these texts, or defaults to one unless a variable overrides it.
fn says(value: Option<&Value>, of: &[&str]) -> bool {
    let text = value.and_then(Value::template).map(Template::shown);
    text.is_some_and(|text| of.contains(&text.as_str()))
}

/// Addresses on which every machine can reach this one.
const EVERYWHERE: &[&str] = &["0.0.0.0", "::"];
/// Network transports through which tools are called.
const NETWORK: &[&str] = &["sse", "http", "streamable-http", "httpStream", "streamable_http"];

/// `FastMCP("x").run(transport="sse", host="0.0.0.0")` without anything that authenticates the caller.
fn offers_to_all(path: &str, object: Option<&Made>, arguments: &[Argument]) -> bool {
    const GUARDS: &[&str] = &["auth", "auth_server_provider", "token_verifier", "middleware", "authenticate"];
    // `uvicorn.run(mcp.sse_app(), host="0.0.0.0")`
    if path == "uvicorn.run" {
        let app = given(arguments, 0, "app").and_then(Value::made).filter(|app| {
            matches!(root(&app.path), "mcp" | "fastmcp")
                && matches!(last(&app.path), "sse_app" | "streamable_http_app" | "http_app")
        });
        return app.is_some_and(|app| app.setting(GUARDS).is_none())
            && says(named(arguments, &["host"]), EVERYWHERE);
    }
    if !matches!(root(path), "mcp" | "fastmcp") {
        return false;
    }
    let setting =
        |names: &[&str]| named(arguments, names).or_else(|| object.and_then(|object| object.setting(names)));
    let open = setting(GUARDS).is_none();
    match last(path) {
        "run" | "run_async" | "run_http_async" => {
            open && says(given(arguments, 0, "transport"), NETWORK) && says(setting(&["host"]), EVERYWHERE)
        }
        // In a script it listens on all interfaces by default.
        "start" => {
            open && says(named(arguments, &["transportType"]), NETWORK) && setting(&["host"]).is_none()
        }
        _ => false,
    }
}

/// `gradio.ChatInterface(…).launch(share=True)`: a page that everybody may use.
fn shows_page_to_all(path: &str, arguments: &[Argument]) -> bool {
    let on = |name: &str| named(arguments, &[name]).is_some_and(|value| value.shape == Shape::Bool(true));
    let open = || on("share") || says(named(arguments, &["server_name"]), EVERYWHERE);
    root(path) == "gradio" && last(path) == "launch" && open() && named(arguments, &["auth"]).is_none()
}

/// Options of coding agents that make them ask nobody any more.
pub(crate) const UNASKED: &[&str] = &[
    "bypassPermissions",
    "--dangerously-skip-permissions",
    "--allow-dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--dangerously-allow-all",
];

/// `UserProxyAgent("u", human_input_mode="NEVER", code_execution_config={…})`: runs what a model writes without asking.
fn runs_code_unasked(path: &str, arguments: &[Argument]) -> bool {
    let never = || named(arguments, &["human_input_mode"]).and_then(Value::known_text) == Some("NEVER");
    let runs = || {
        named(arguments, &["code_execution_config"])
            .is_some_and(|value| !matches!(value.shape, Shape::Bool(false) | Shape::None))
    };
    matches!(root(path), "autogen" | "pyautogen" | "ag2" | "autogen_agentchat") && never() && runs()
}

/// Whether the key or the initialisation vector of an encryption is hard-coded.
fn fixed(path: &str, arguments: &[Argument]) -> bool {
    let out = |index: usize, name: &str| given(arguments, index, name).is_some_and(is_written_out);
    match (root(path), last(path)) {
        ("Crypto" | "Cryptodome", "new") if path.contains(".Cipher.") => {
            out(0, "key") || out(2, "iv") || ["iv", "IV", "nonce"].iter().any(|name| out(usize::MAX, name))
        }
        ("cryptography", "CBC" | "CTR" | "CFB" | "OFB" | "GCM") if path.contains("modes") => {
            out(0, "initialization_vector")
        }
        ("cryptography", "Fernet" | "AESGCM" | "ChaCha20Poly1305" | "AES") => out(0, "key"),
        ("cryptography", "encrypt") if path.contains("AESGCM()") || path.contains("ChaCha20Poly1305()") => {
            out(0, "nonce")
        }
        ("crypto", "createCipheriv") => out(1, "key") || out(2, "iv"),
        ("crypto-js", "encrypt") => out(1, "key"),
        _ => false,
    }
}

/// Whether a value is a literal text, or the bytes of one; an empty or short key is a placeholder.
fn is_written_out(value: &Value) -> bool {
    let bytes = |made: &Made| {
        let wraps = [
            "js.Buffer.from()",
            "js.Buffer.alloc()",
            "crypto-js.enc.Utf8.parse()",
            "crypto-js.enc.Hex.parse()",
        ];
        wraps.contains(&made.path.as_str())
            && made
                .given
                .first()
                .is_some_and(|one| is_written_out(&one.value) || matches!(one.value.shape, Shape::Number(_)))
    };
    value.known_text().is_some_and(|text| text.len() >= 8) || value.made().is_some_and(|made| bytes(made))
}

/// Prefixes of variables that bundlers write into the page.
const PUBLIC: &[&str] = &["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_"];

fn key_in_page(path: &str, arguments: &[Argument]) -> bool {
    let allowed =
        named(arguments, &["dangerouslyAllowBrowser"]).is_some_and(|on| on.shape == Shape::Bool(true));
    let client = matches!(
        root(path),
        "openai"
            | "anthropic"
            | "google"
            | "groq"
            | "mistralai"
            | "cohere"
            | "together"
            | "langchain_openai"
            | "langchain_anthropic"
    );
    let key = named(arguments, &["apiKey", "openAIApiKey", "anthropicApiKey"]).or_else(|| {
        let first = given(arguments, 0, "apiKey");
        first.filter(|_| path.ends_with("GoogleGenerativeAI"))
    });
    // The key that bypasses every rule of the database.
    let service = given(arguments, 1, "supabaseKey").filter(|_| path == "@supabase/supabase-js.createClient");
    let past = |text: &Template| is_public(text) && text.variables().any(|name| names(name, &["service"]));
    client && (allowed || key.and_then(Value::template).is_some_and(is_public))
        || service.and_then(Value::template).is_some_and(past)
}

/// Whether a literal is a key and not a placeholder: at least 20 letters, digits, `-`, `_` or `.`, with both letters
/// and digits.
pub(in crate::code) fn looks_like_key(text: &str) -> bool {
    let bare = text.trim_start_matches("Bearer ").trim();
    let signs = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '.');
    let mixed =
        bare.contains(|ch: char| ch.is_ascii_digit()) && bare.contains(|ch: char| ch.is_ascii_alphabetic());
    let small = bare.to_ascii_lowercase();
    let placeholder = ["your", "xxx", "example", "replace", "key-here", "placeholder"];
    bare.len() >= 20
        && mixed
        && bare.chars().all(signs)
        && !placeholder.iter().any(|word| small.contains(word))
}

/// Headers that carry credentials.
const LETS_IN: &[&str] = &["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// Whether a request carries a key that every visitor of a page can read: one that a bundler inserts, or, in the
/// source of a page, a literal.
pub(in crate::code) fn shows_key_to_visitors(address: &Template, arguments: &[Argument], page: bool) -> bool {
    let shown = |text: &Template| is_public(text) || page && text.known().is_some_and(looks_like_key);
    address.shown().contains("key=") && is_public(address)
        || arguments.iter().any(|one| has_header(&one.value, one.name.as_deref(), &shown, 0))
}

fn has_header(value: &Value, name: Option<&str>, shown: &dyn Fn(&Template) -> bool, depth: usize) -> bool {
    let lets_in = name.is_some_and(|name| LETS_IN.contains(&name.to_ascii_lowercase().as_str()));
    if lets_in && value.template().is_some_and(shown) {
        return true;
    }
    match &value.shape {
        Shape::Dict(items) if depth < 4 => {
            items.iter().any(|(key, item)| has_header(item, Some(key), shown, depth + 1))
        }
        _ => false,
    }
}

fn is_public(text: &Template) -> bool {
    text.variables().any(|name| {
        PUBLIC.iter().any(|prefix| name.starts_with(prefix))
            && names(name, &["key", "secret", "token", "apikey"])
    })
}

/// Arguments of database and service clients that disable verification when `false`, and below when `true`.
const UNCHECKED: &[&str] =
    &["verify_certs", "verify_ssl", "ssl_verify", "validate_certs", "ssl_verify_cert", "validate_ssl"];
const TRUSTED: &[&str] = &[
    "tlsAllowInvalidCertificates",
    "tlsInsecure",
    "trust_server_certificate",
    "skipSslCertificateValidation",
    "ignore_https_errors",
    "ignoreHTTPSErrors",
    "acceptInsecureCerts",
];

/// Options that make programs trust any peer.
const TRUSTING: &[&str] = &[
    "--ignore-certificate-errors",
    "--no-check-certificate",
    "--trusted-host",
    "global.trusted-host",
    "http.sslVerify=false",
];
/// Packages that start programs.
const STARTS: &[&str] = &[
    "subprocess",
    "os",
    "asyncio",
    "child_process",
    "execa",
    "selenium",
    "seleniumwire",
    "undetected_chromedriver",
    "playwright",
    "pyppeteer",
    "puppeteer",
    "puppeteer-core",
    "selenium-webdriver",
];

/// Whether a program is started with such an option.
fn trusts_anybody(path: &str, arguments: &[Argument]) -> bool {
    STARTS.contains(&root(path)) && arguments.iter().any(|argument| has_word(&argument.value, TRUSTING, 0))
}

/// Whether a value contains one of the words: a command line, or its list form.
fn has_word(value: &Value, wanted: &[&str], depth: usize) -> bool {
    let said = |value: &Value| {
        let text = value.template().map(Template::shown).unwrap_or_default();
        text.split_whitespace().any(|word| wanted.contains(&word))
    };
    let deeper = |value: &Value| depth < 3 && has_word(value, wanted, depth + 1);
    match &value.shape {
        Shape::Text(_) => said(value),
        Shape::List(items) => items.iter().any(deeper),
        Shape::Dict(items) => items.values().any(deeper),
        _ => false,
    }
}

/// Clients of Python's standard library that verify no certificate without a context: their default comes from
/// `ssl._create_stdlib_context`, which is the unverified one.
const WITHOUT_CONTEXT: &[&str] = &[
    "smtplib.SMTP_SSL",
    "smtplib.SMTP().starttls",
    "imaplib.IMAP4_SSL",
    "imaplib.IMAP4().starttls",
    "poplib.POP3_SSL",
    "poplib.POP3().stls",
    "ftplib.FTP_TLS",
];

/// Whether such a client is given no context, and does not connect to this machine or network.
fn takes_anybody(object: Option<&Made>, arguments: &[Argument]) -> bool {
    let given_one = |one: &Argument| {
        let context = one.name.as_deref().is_some_and(|name| names(name, &["context"]));
        one.spread || context && one.value.shape != Shape::None
    };
    let host = |given: &[Argument]| {
        let host = named(given, &["host"]).or_else(|| given.first().map(|first| &first.value));
        host.and_then(Value::known_text).is_some_and(crate::facts::near)
    };
    let here = host(arguments) || object.is_some_and(|made| host(&made.given));
    // Positions differ between versions: any from the third on may be the context.
    !arguments.iter().any(given_one) && arguments.len() < 4 && !here
}

fn unchecked(path: &str, object: Option<&Made>, arguments: &[Argument]) -> bool {
    if trusts_anybody(path, arguments) {
        return true;
    }
    let off = |name: &str| named(arguments, &[name]).is_some_and(|value| value.shape == Shape::Bool(false));
    if path == "ssl.SSLContext" {
        // Only the client protocol verifies certificates by default; others are configured for it afterwards, if at all.
        let protocol = given(arguments, 0, "protocol").and_then(Value::outside).unwrap_or_default();
        return names(protocol, &["tlsv1*", "sslv*"]);
    }
    let on = |name: &str| named(arguments, &[name]).is_some_and(|value| value.shape == Shape::Bool(true));
    if UNCHECKED.iter().any(|name| off(name)) || TRUSTED.iter().any(|name| on(name)) {
        return true;
    }
    if WITHOUT_CONTEXT.contains(&path) {
        return takes_anybody(object, arguments);
    }
    match root(path) {
        "requests" | "httpx" | "curl_cffi" => off("verify"),
        "aiohttp" => off("ssl") || off("verify_ssl"),
        "ssl" => last(path) == "_create_unverified_context",
        "https" | "tls" | "undici" | "axios" | "got" | "node-fetch" => off("rejectUnauthorized"),
        _ => false,
    }
}

/// `{ssl: {rejectUnauthorized: false}}`, `{trustServerCertificate: true}`: settings of any client that trust any peer.
pub(in crate::code) fn trusts(items: &BTreeMap<String, Value>) -> bool {
    let said = |key: &str, what: bool| items.get(key).is_some_and(|value| value.shape == Shape::Bool(what));
    said("rejectUnauthorized", false)
        || said("trustServerCertificate", true)
        || said("skipSslCertificateValidation", true)
}

/// Setting keys that hold an address.
const ADDRESSES: &[&str] =
    &["url", "host", "uri", "baseURL", "baseUrl", "base_url", "endpoint", "node", "nodes", "hosts"];
/// Setting keys that hold a credential.
const CREDENTIALS: &[&str] =
    &["password", "passwd", "token", "apiKey", "api_key", "secret", "http_auth", "basic_auth", "accessToken"];

/// Whether settings combine an address of `http://` and a configured host with a credential, which may thus be sent
/// anywhere in the clear.
pub(in crate::code) fn shows_key(items: &BTreeMap<String, Value>) -> bool {
    ADDRESSES.iter().any(|name| items.get(*name).and_then(Value::template).is_some_and(leads_anywhere))
        && holds_key(items)
}

/// Whether a request carries such a credential to such an address in its body:
/// `post(f"http://{HOST}/sql", json={"password": …})`.
pub(in crate::code) fn carries_key_in_clear(address: &Template, arguments: &[Argument]) -> bool {
    let body = |argument: &Argument| match &argument.value.shape {
        Shape::Dict(items) => holds_key(items),
        _ => false,
    };
    leads_anywhere(address) && arguments.iter().any(body)
}

fn leads_anywhere(address: &Template) -> bool {
    address.shown().strip_prefix("http://").is_some_and(|rest| rest.starts_with('{'))
}

fn holds_key(items: &BTreeMap<String, Value>) -> bool {
    let key = |value: &Value| !matches!(value.shape, Shape::None) && value.known_text() != Some("");
    CREDENTIALS.iter().any(|name| items.get(*name).is_some_and(key))
}

/// Returns the store of a vector search that does not say whose items it wants, in a collection with a fixed name.
pub(in crate::code) fn unfiltered(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<String> {
    const FILTERS: &[&str] = &[
        "where",
        "filter",
        "query_filter",
        "filters",
        "namespace",
        "where_document",
        "expr",
        "ids",
        "search_kwargs",
    ];
    let searches = matches!(last(path), "query" | "search" | "query_points" | "similarity_search")
        && matches!(
            root(path),
            "chromadb" | "qdrant_client" | "@pinecone-database/pinecone" | "pinecone" | "pymilvus"
        );
    let store = searches.then(|| super::stores::of(path, object, arguments)).flatten();
    let (_, store) = store.filter(|(does, _)| *does == super::stores::Use::Read)?;
    let settings = object.into_iter().flat_map(Made::chain).flat_map(|made| made.given.iter());
    let of_somebody =
        |argument: &Argument| argument.value.known_text().is_none() && argument.value.template().is_some();
    let chosen =
        arguments.iter().any(|argument| argument.name.as_deref().is_some_and(|name| FILTERS.contains(&name)));
    let spread = arguments.iter().any(|argument| argument.spread);
    // `client.collection(user)`, `index.namespace(user)`
    let own = settings.into_iter().any(|argument| of_somebody(argument) && argument.name.is_none());
    (!chosen && !spread && !own).then_some(store.name)
}

/// Whether an address leads outside the operator's own network without encryption.
pub(in crate::code) fn is_open(address: &Template) -> bool {
    let shown = address.shown();
    let host = crate::facts::host_of(&shown).filter(|_| shown.starts_with("http://"));
    host.is_some_and(|host| !crate::facts::near(&host))
}

/// Whether a client of mail, a store or a web socket connects without the encryption that it has to be told to use.
fn unencrypted(path: &str, arguments: &[Argument]) -> bool {
    let on = |name: &str| named(arguments, &[name]).is_some_and(|value| value.shape == Shape::Bool(true));
    match path {
        // Port 587 starts in the clear and is expected to upgrade; whether port 25 does is not visible here.
        "smtplib.SMTP" | "smtplib.SMTP().connect" => {
            let host = given(arguments, 0, "host");
            let port = match given(arguments, 1, "port") {
                Some(port) => port.number(),
                None => host.and_then(Value::known_text).map(port_of_mail),
            };
            matches!(port, Some(0 | 25)) && host.is_some_and(is_far)
        }
        "chromadb.HttpClient" | "chromadb.AsyncHttpClient" => {
            !on("ssl") && given(arguments, 0, "host").is_some_and(is_far)
        }
        "js.WebSocket" | "websockets.connect" | "websocket.create_connection" | "websocket.WebSocketApp" => {
            let address = given(arguments, 0, "url").or_else(|| given(arguments, 0, "uri"));
            let address = address.and_then(Value::template).map(Template::shown).unwrap_or_default();
            address
                .strip_prefix("ws://")
                .is_some_and(|rest| is_open(&Template::text(&format!("http://{rest}"))))
        }
        _ => false,
    }
}

/// Returns the port in the address of a mail server: without one, `smtplib` uses 25.
fn port_of_mail(host: &str) -> i64 {
    match host.split_once(':') {
        Some((_, port)) => port.parse().unwrap_or(25),
        None => 25,
    }
}

/// Whether a host is known to be outside the operator's own network.
fn is_far(host: &Value) -> bool {
    let text = host.known_text().unwrap_or_default();
    let bare = text.trim_start_matches("http://");
    !bare.is_empty() && !text.starts_with("https://") && !crate::facts::near(bare)
}

fn weak(path: &str, arguments: &[Argument]) -> bool {
    let said = |argument: &Argument| {
        let path = argument.value.outside().unwrap_or_default();
        matches!(last(path), "MODE_ECB" | "ECB")
    };
    match root(path) {
        "Crypto" | "Cryptodome" => {
            let old = path.contains(".DES.") || path.contains(".ARC4.") || path.contains(".DES3.");
            last(path) == "new" && (old || arguments.iter().any(said))
        }
        "cryptography" => matches!(last(path), "ECB" | "ARC4" | "TripleDES"),
        "crypto" => weak_of_node(last(path), arguments),
        "crypto-js" => {
            matches!(path, "crypto-js.DES.encrypt" | "crypto-js.RC4.encrypt") || arguments.iter().any(said)
        }
        _ => false,
    }
}

fn weak_of_node(name: &str, arguments: &[Argument]) -> bool {
    let algorithm = given(arguments, 0, "algorithm").and_then(Value::known_text).unwrap_or_default();
    let algorithm = algorithm.to_ascii_lowercase();
    name == "createCipher"
        || name == "createCipheriv"
            && (algorithm.ends_with("-ecb") || algorithm.starts_with("des") || algorithm.starts_with("rc4"))
}

/// `graph.invoke(input, config={"configurable": {"thread_id": "1"}})`: one conversation, whoever asks.
fn one_thread(path: &str, arguments: &[Argument]) -> Option<String> {
    let runs = matches!(
        super::script::snake(last(path)).as_str(),
        "invoke" | "ainvoke" | "stream" | "astream" | "astream_events" | "stream_events"
    );
    if !runs || !super::models::is_framework(root(path)) {
        return None;
    }
    let inside = |value: &Value| match &value.shape {
        Shape::Dict(items) => items.get("configurable").cloned(),
        _ => None,
    };
    let settings = named(arguments, &["configurable"]).cloned();
    let settings = settings.or_else(|| arguments.iter().find_map(|argument| inside(&argument.value)))?;
    let Shape::Dict(settings) = &settings.shape else { return None };
    let key = ["thread_id", "session_id"].iter().find_map(|key| settings.get(*key))?;
    key.known_text().map(str::to_owned)
}

/// Returns the literal name that everybody shares in a memory of people, if there is one.
pub(in crate::code) fn shared(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<String> {
    const KEYS: &[&str] = &[
        "user_id",
        "userId",
        "session_id",
        "sessionId",
        "thread_id",
        "threadId",
        "run_id",
        "agent_id",
        "resourceId",
    ];
    if let Some(name) = one_thread(path, arguments) {
        return Some(name);
    }
    let package = root(path);
    let people = matches!(package, "mem0" | "zep_cloud" | "letta_client" | "@mastra/core")
        || package.starts_with("langchain") && path.contains("ChatMessageHistory");
    if !people {
        return None;
    }
    let settings = object.into_iter().flat_map(Made::chain).flat_map(|made| made.given.iter());
    let keys: Vec<&Argument> = arguments
        .iter()
        .chain(settings)
        .filter(|argument| argument.name.as_deref().is_some_and(|name| KEYS.contains(&name)))
        .collect();
    let fixed = !keys.is_empty() && keys.iter().all(|key| key.value.known_text().is_some());
    keys.first().filter(|_| fixed).and_then(|key| key.value.known_text()).map(str::to_owned)
}
