//! What is known of Apple's frameworks and of Swift packages. An external name is `swift.Name` here: Swift imports
//! whole modules, so that nothing in a file says from which of them a name comes.

mod flaws;

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::web::{Request, is_conversation};
use super::{last, models, names};
use crate::facts::{Guard, Piece, Recipient, Taint, Template};
use crate::providers::Providers;

pub(in crate::code) use flaws::flaws;

/// Maximum nesting of addresses that is followed.
const MAX_DEPTH: usize = 8;

/// Prefix of the name of a setting that the app bundles.
pub(in crate::code) const BUNDLED: &str = "Info.plist:";

/// Returns the path after `swift.`; `None` for another language.
fn own(path: &str) -> Option<&str> {
    path.strip_prefix("swift.")
}

/// Returns the first part of a path: the type or the function.
fn head(path: &str) -> &str {
    path.split(['.', '(']).next().unwrap_or(path)
}

/// Clients of model providers: the type that creates them, the methods that call a model, the provider.
const CLIENTS: &[(&str, &[&str], &str)] = &[
    (
        "OpenAI",
        &[
            "chats",
            "chatsStream",
            "completions",
            "embeddings",
            "images",
            "imageEdits",
            "audioTranscriptions",
            "audioTranslations",
            "edits",
            "createResponse",
            "createResponseStreaming",
            "createCompletion",
            "threadsAddMessage",
            "runs",
        ],
        "openai",
    ),
    (
        "OpenAIServiceFactory",
        &[
            "startChat",
            "startStreamedChat",
            "createTranscription",
            "createTranslation",
            "createEmbeddings",
            "createImages",
            "legacyCreateImages",
            "createMessage",
            "createRun",
            "createRunStream",
            "responseCreate",
            "responseCreateStream",
        ],
        "openai",
    ),
    (
        "SwiftOpenAI",
        &["createChatCompletions", "createChatCompletionsStream", "completions", "embeddings"],
        "openai",
    ),
    (
        "OpenAISwift",
        &["sendChat", "sendCompletion", "sendStreamingChat", "sendEdits", "sendEmbeddings"],
        "openai",
    ),
    ("OpenAIKit", &["sendChatCompletion", "sendCompletion", "sendStreamCompletion"], "openai"),
    ("ChatGPTAPI", &["sendMessage", "sendMessageStream", "sendMessageWithAudio"], "openai"),
    (
        "AIProxy",
        &["chatCompletionRequest", "streamingChatCompletionRequest", "messageRequest", "createResponse"],
        "openai",
    ),
    ("AnthropicServiceFactory", &["createMessage", "streamMessage"], "anthropic"),
    ("AnthropicSwiftSDK", &["createMessage", "sendMessage"], "anthropic"),
    ("Anthropic", &["createMessage", "createStreamMessage", "message", "messages"], "anthropic"),
    (
        "GenerativeModel",
        &["generateContent", "generateContentStream", "sendMessage", "sendMessageStream"],
        "gemini",
    ),
    (
        "FirebaseAI",
        &["generateContent", "generateContentStream", "sendMessage", "sendMessageStream"],
        "gemini",
    ),
    ("VertexAI", &["generateContent", "generateContentStream", "sendMessage", "sendMessageStream"], "gemini"),
];

/// Types that run a model on the phone itself.
const ON_DEVICE: &[&str] = &[
    "LanguageModelSession",
    "SystemLanguageModel",
    "MLModel",
    "NLModel",
    "LLMModelFactory",
    "ModelContainer",
    "ChatSession",
    "LlamaContext",
    "LLM",
    "WhisperKit",
];
const RUNS_ON_DEVICE: &[&str] = &[
    "respond",
    "streamResponse",
    "prediction",
    "predictions",
    "predictedLabel",
    "generate",
    "perform",
    "transcribe",
];

/// Returns the recipient, if a call is a model call. Where no address is set, the package hard-codes it, and no
/// variable can redirect the app.
pub(super) fn recipient(path: &str, object: Option<&Made>, providers: &Providers) -> Option<Recipient> {
    let path = own(path)?;
    let (head, name) = (head(path), last(path));
    if ON_DEVICE.contains(&head) && RUNS_ON_DEVICE.contains(&name) && path.contains("()") {
        return Some(Recipient { provider: None, host: None, fixed: false, open: false, local: true });
    }
    let (.., provider) = CLIENTS
        .iter()
        .find(|(made, methods, _)| *made == head && methods.contains(&name) && path.contains("()"))?;
    if let Some(address) = object.and_then(|object| set_address(object, 0)) {
        let unknown = Recipient { provider: None, host: None, fixed: false, open: false, local: false };
        let known = address.template().map(|text| models::at(&with_scheme(text), providers));
        return known.or(Some(unknown));
    }
    let known = models::addressed(None, &[], provider, providers);
    Some(Recipient { fixed: !known.local, ..known })
}

/// Argument labels that set a client's address.
const BASES: &[&str] =
    &["host", "baseURL", "baseUrl", "overrideBaseURL", "serviceURL", "basePath", "proxyDomain"];

/// Returns the address with which a client or its configuration was created.
fn set_address(object: &Made, depth: usize) -> Option<&Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    object.chain().find_map(|made| {
        let configured = || {
            let inner = named(&made.given, &["configuration", "config"])?.made()?;
            set_address(inner, depth + 1)
        };
        named(&made.given, BASES).or_else(configured)
    })
}

/// Adds `https://` to a host that is given without a scheme.
fn with_scheme(text: &Template) -> Template {
    let bare = text.known().is_some_and(|text| !text.contains("://"));
    if !bare {
        return text.clone();
    }
    let mut whole = Template::text("https://");
    whole.push(text);
    whole
}

/// Methods of a session that send a request.
const SENDS: &[&str] = &[
    "data",
    "dataTask",
    "upload",
    "uploadTask",
    "bytes",
    "download",
    "downloadTask",
    "dataTaskPublisher",
    "webSocketTask",
    "request",
    "streamRequest",
];

/// Returns the request that a call makes, if any.
pub(super) fn request(path: &str, arguments: &[Argument]) -> Option<Request> {
    let path = own(path)?;
    let sends = matches!(
        head(path),
        "URLSession" | "AF" | "Session" | "Alamofire" | "NSURLConnection" | "EventSource"
    ) && (SENDS.contains(&last(path)) || head(path) == "EventSource" && path == "EventSource");
    if !sends {
        return None;
    }
    let target = named(arguments, &["for", "with", "from", "request", "urlRequest", "url"])
        .or_else(|| given(arguments, 0, "url"))
        .or_else(|| named(arguments, &["to"]))?;
    let content = arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    let unknown = || Template::of(Piece::Hole);
    Some(Request { address: address(target, 0).unwrap_or_else(unknown), content, chosen: Taint::NONE })
}

/// Returns the address that a `URL`, a `URLRequest` or a text represents.
pub(in crate::code) fn address(value: &Value, depth: usize) -> Option<Template> {
    if depth > MAX_DEPTH {
        return None;
    }
    let Shape::Made(made) = &value.shape else { return value.template().cloned() };
    let path = own(&made.path)?;
    let last = last(path);
    if matches!(last, "appendingPathComponent" | "appending") && path.ends_with("()") {
        let mut whole = of_parent(made, depth)?;
        let more = given(&made.given, 0, "path").or_else(|| named(&made.given, &["component"]))?;
        whole.push(&Template::text("/"));
        whole.push(&more.template().cloned().unwrap_or_else(|| Template::of(Piece::Hole)));
        return Some(whole);
    }
    let inner = named(&made.given, &["url", "string", "resolvingAgainstBaseURL"])
        .or_else(|| given(&made.given, 0, "url"))
        .filter(|_| {
            matches!(head(path), "URL" | "URLRequest" | "NSURL" | "NSMutableURLRequest" | "URLComponents")
        });
    let base = named(&made.given, &["relativeTo"]).and_then(|base| address(base, depth + 1));
    let tail = inner.and_then(|inner| address(inner, depth + 1));
    match (base, tail) {
        (Some(mut base), Some(tail)) => {
            base.push(&Template::text("/"));
            base.push(&tail);
            Some(base)
        }
        (_, Some(tail)) => Some(tail),
        _ => of_parent(made, depth),
    }
}

fn of_parent(made: &Made, depth: usize) -> Option<Template> {
    let parent = made.parent.clone()?;
    address(&Value::new(Shape::Made(parent), Taint::NONE), depth + 1)
}

/// Types for data that the phone keeps about its owner: health, people, places, dates, pictures.
const DEVICE: &[&str] = &[
    "HKHealthStore",
    "HKSampleQuery",
    "HKStatisticsQuery",
    "HKStatisticsCollectionQuery",
    "HKAnchoredObjectQuery",
    "HKSample",
    "HKQuantitySample",
    "HKCategorySample",
    "HKWorkout",
    "HKStatistics",
    "CNContactStore",
    "CNContact",
    "CLLocationManager",
    "CLLocation",
    "CLLocationUpdate",
    "CLPlacemark",
    "CLGeocoder",
    "EKEventStore",
    "EKEvent",
    "EKReminder",
    "PHAsset",
    "PHImageManager",
    "CMPedometer",
    "CMMotionManager",
    "MPMediaQuery",
];

/// Methods of these types that return none of that data.
const SILENT: &[&str] = &[
    "requestAuthorization",
    "requestAccess",
    "requestWhenInUseAuthorization",
    "requestAlwaysAuthorization",
    "requestFullAccessToEvents",
    "authorizationStatus",
    "isHealthDataAvailable",
    "startUpdatingLocation",
    "stopUpdatingLocation",
    "requestLocation",
    "delegate",
    "desiredAccuracy",
    "stop",
];

/// Returns the origins of what a framework returns. `path` ends in `()` for the result of a call.
pub(super) fn source(path: &str) -> Option<Taint> {
    let path = own(path)?;
    let (head, name) = (head(path), last(path));
    if DEVICE.contains(&head) && !SILENT.contains(&name) && path != format!("{head}()") && path.contains("()")
    {
        return Some(Taint::DEVICE);
    }
    let typed = match head {
        "typed" => !path.contains("Toggle"),
        "readLine" => path == "readLine()",
        "CommandLine" => name == "arguments",
        "UITextField" | "UITextView" | "NSTextField" | "NSTextView" | "UISearchBar" => {
            matches!(name, "text" | "attributedText" | "stringValue" | "string")
        }
        "UIPasteboard" | "NSPasteboard" => matches!(name, "string" | "strings" | "data" | "image" | "url"),
        "SFSpeechRecognizer" | "SFSpeechRecognitionResult" => {
            name == "bestTranscription" || path.contains("recognitionTask()")
        }
        "PhotosPickerItem" => name == "loadTransferable",
        _ => false,
    };
    typed.then_some(Taint::LOCAL)
}

/// Returns what is said to the closures that a call takes.
pub(super) fn hears(path: &str) -> Option<Taint> {
    let path = own(path)?;
    let name = last(path);
    let device = DEVICE.contains(&head(path)) && !SILENT.contains(&name);
    if device {
        return Some(Taint::DEVICE);
    }
    matches!(name, "recognitionTask").then_some(Taint::LOCAL)
}

/// Returns the name of a bundled setting that a call reads.
pub(in crate::code) fn setting(path: &str, arguments: &[Argument]) -> Option<String> {
    let path = own(path)?;
    let key = given(arguments, 0, "key").or_else(|| named(arguments, &["forInfoDictionaryKey"]));
    let key = key.and_then(Value::known_text)?;
    let bundled = path.starts_with("Bundle.") && last(path) == "object";
    bundled.then(|| format!("{BUNDLED}{key}"))
}

/// Returns the variable that a dictionary item represents, if the dictionary is the environment or the app's bundle.
pub(in crate::code) fn item(path: &str, key: &str) -> Option<String> {
    let path = own(path)?;
    if path.starts_with("ProcessInfo.processInfo.environment") {
        return Some(key.to_owned());
    }
    (path.starts_with("Bundle.") && last(path) == "infoDictionary").then(|| format!("{BUNDLED}{key}"))
}

/// Types whose initialisers return their argument.
const SAME: &[&str] =
    &["String", "NSString", "Substring", "LocalizedStringKey", "AttributedString", "Optional"];

pub(in crate::code) fn builtin(path: &str, arguments: &[Argument]) -> Option<Value> {
    let path = own(path)?;
    if matches!(path, "Int" | "Double" | "Float" | "UUID" | "Date" | "Bool") {
        return Some(Value::default());
    }
    let first = given(arguments, 0, "value").filter(|_| SAME.contains(&path))?;
    let text = first.template().is_some();
    text.then(|| Value { taint: first.taint.without(Taint::CONSENT), ..first.clone() })
}

/// Whether a method or member of a text returns the same text, as far as its origin matters.
pub(in crate::code) fn keeps_text(name: &str) -> bool {
    matches!(
        name,
        "rawValue"
            | "description"
            | "trimmingCharacters"
            | "lowercased"
            | "uppercased"
            | "utf8"
            | "data"
            | "addingPercentEncoding"
            | "trimmingPrefix"
            | "capitalized"
            | "unicodeScalars"
            | "dropFirst"
            | "dropLast"
            | "prefix"
            | "suffix"
            | "localizedCapitalized"
    )
}

/// Returns what is written to the preferences or to a file, and whether its name says that it is a conversation.
pub(super) fn persisted(path: &str, arguments: &[Argument]) -> Option<(Taint, bool)> {
    let path = own(path)?;
    let name = last(path);
    let all = || arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    let said = |value: Option<&Value>| {
        value.and_then(Value::template).is_some_and(|text| is_conversation(&text.shown()))
    };
    match head(path) {
        "UserDefaults" | "NSUbiquitousKeyValueStore" if matches!(name, "set" | "setValue") => {
            let content = given(arguments, 0, "value")?.deep_taint();
            Some((content, said(named(arguments, &["forKey"]))))
        }
        "FileManager" if name == "createFile" => Some((
            named(arguments, &["contents"])?.deep_taint(),
            said(named(arguments, &["atPath"])) && !is_protected(arguments),
        )),
        "ModelContext" | "modelContext" if name == "insert" => Some((all(), false)),
        _ => None,
    }
}

/// `data.write(to: url)`, `text.write(toFile: path, atomically: true)`; `None` if the file is accessible only while
/// the phone is unlocked.
pub(in crate::code) fn written(object: &Value, name: &str, arguments: &[Argument]) -> Option<(Taint, bool)> {
    let target = named(arguments, &["to", "toFile"]).filter(|_| name == "write")?;
    if is_protected(arguments) {
        return None;
    }
    let named_so = |text: Template| is_conversation(&text.shown());
    let place = address(target, 0).is_some_and(named_so) || target.made().is_some_and(|made| in_file(made));
    Some((object.deep_taint(), place))
}

fn in_file(made: &Made) -> bool {
    made.chain()
        .flat_map(|made| made.given.iter())
        .filter_map(|argument| argument.value.template())
        .any(|text| is_conversation(&text.shown()))
}

fn is_protected(arguments: &[Argument]) -> bool {
    let complete = |value: &Value| {
        value
            .known_text()
            .is_some_and(|text| text.starts_with("completeFileProtection") || text == "complete")
    };
    let says = |argument: &Argument| match &argument.value.shape {
        Shape::List(items) => items.iter().any(complete),
        Shape::Dict(items) => items.values().any(complete),
        _ => complete(&argument.value),
    };
    arguments.iter().any(says)
}

/// Whether a call encrypts its argument.
pub(super) fn encrypts(path: &str) -> bool {
    own(path).is_some_and(|path| {
        matches!(
            path,
            "AES.GCM.seal" | "ChaChaPoly.seal" | "HPKE.Sender().seal" | "SecKeyCreateEncryptedData"
        ) || head(path) == "RNCryptor" && last(path) == "encrypt"
    })
}

/// Whether the result of a call says nothing of the arguments.
pub(super) fn clears(path: &str) -> bool {
    own(path).is_some_and(|path| {
        matches!(head(path), "SHA256" | "SHA384" | "SHA512" | "HMAC" | "Insecure" | "Int" | "Double" | "Date")
            || matches!(last(path), "count" | "isEmpty" | "hashValue")
    })
}

/// Whether a call is an unkeyed hash.
pub(in crate::code) fn hashes(path: &str) -> bool {
    own(path).is_some_and(|path| {
        last(path) == "hash" && matches!(head(path), "Insecure" | "SHA256" | "SHA384" | "SHA512")
            || head(path).starts_with("CC_")
    })
}

/// Returns the protection that a call shows.
pub(super) fn guards(path: &str) -> Option<Guard> {
    let path = own(path)?;
    let logs = matches!(path, "print" | "NSLog" | "os_log" | "debugPrint")
        || head(path) == "Logger"
            && matches!(last(path), "info" | "debug" | "error" | "notice" | "log" | "warning");
    logs.then_some(Guard::Logged)
}

/// Whether a preference holds the answer to a consent question.
pub(in crate::code) fn asks_preferences(path: &str, arguments: &[Argument]) -> bool {
    let reads = own(path).is_some_and(|path| {
        head(path) == "UserDefaults" && matches!(last(path), "bool" | "object" | "string" | "value")
    });
    let key = named(arguments, &["forKey"]).and_then(Value::known_text).unwrap_or_default();
    reads && names(key, &["consent*", "agreed", "optin"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_phone_keeps_is_told_from_asking_for_it() {
        assert_eq!(source("swift.CLLocationManager().location"), Some(Taint::DEVICE));
        assert_eq!(source("swift.HKHealthStore()"), None);
        assert_eq!(source("swift.HKHealthStore().requestAuthorization()"), None);
        assert_eq!(source("swift.UITextField().text"), Some(Taint::LOCAL));
        assert_eq!(source("swift.UITextField().placeholder"), None);
    }
}
