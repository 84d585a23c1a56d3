//! What is known of Apple's frameworks and of Swift packages. A name that a file takes from outside is `swift.Name` here:
//! Swift imports whole modules, so that nothing in a file says from which of them a name comes.

mod flaws;

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::web::{Request, is_conversation};
use super::{last, models, names};
use crate::facts::{Guard, Piece, Recipient, Taint, Template};
use crate::providers::Providers;

pub(in crate::code) use flaws::flaws;

/// Deeper addresses are not put together.
const MAX_DEPTH: usize = 8;

/// Begins the name of a setting that the app carries inside itself.
pub(in crate::code) const BUNDLED: &str = "Info.plist:";

/// The path behind `swift.`; nothing if it is another language's.
fn own(path: &str) -> Option<&str> {
    path.strip_prefix("swift.")
}

/// The first part of a path: the type, or the function.
fn head(path: &str) -> &str {
    path.split(['.', '(']).next().unwrap_or(path)
}

/// Clients of model providers: the type that makes them, its methods that ask a model, the provider.
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

/// What runs a model on the phone itself.
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

/// Who answers, if a call is a model call. Where no address is set, the package has it written in: no variable leads an app
/// elsewhere.
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

/// Labels that set where a client sends.
const BASES: &[&str] =
    &["host", "baseURL", "baseUrl", "overrideBaseURL", "serviceURL", "basePath", "proxyDomain"];

/// The address with which a client was made, itself or its configuration.
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

/// A host that is given without `https://`.
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

/// The request that a call makes, if it makes one.
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

/// The address that a `URL`, a `URLRequest` or a text stands for.
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

/// Types whose objects the phone keeps about its owner: health, people, places, dates, pictures.
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

/// Methods of them that give nothing of it.
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

/// Where what a framework gives comes from. `path` ends in `()` for what a call gives.
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

/// What is said to the closures that a call takes.
pub(super) fn hears(path: &str) -> Option<Taint> {
    let path = own(path)?;
    let name = last(path);
    let device = DEVICE.contains(&head(path)) && !SILENT.contains(&name);
    if device {
        return Some(Taint::DEVICE);
    }
    matches!(name, "recognitionTask").then_some(Taint::LOCAL)
}

/// Settings that the app carries, and variables that only its developer has.
pub(in crate::code) fn setting(path: &str, arguments: &[Argument]) -> Option<String> {
    let path = own(path)?;
    let key = given(arguments, 0, "key").or_else(|| named(arguments, &["forInfoDictionaryKey"]));
    let key = key.and_then(Value::known_text)?;
    let bundled = path.starts_with("Bundle.") && last(path) == "object";
    bundled.then(|| format!("{BUNDLED}{key}"))
}

/// The variable that an item of a dictionary is, if that is the environment or what the app carries.
pub(in crate::code) fn item(path: &str, key: &str) -> Option<String> {
    let path = own(path)?;
    if path.starts_with("ProcessInfo.processInfo.environment") {
        return Some(key.to_owned());
    }
    (path.starts_with("Bundle.") && last(path) == "infoDictionary").then(|| format!("{BUNDLED}{key}"))
}

/// Calls that give what they take.
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

/// Methods and members of a text that give the same text, as far as it matters where it comes from.
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

/// What is written to the preferences or to a file, and whether its name says that it is a conversation.
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

/// `data.write(to: url)`, `text.write(toFile: path, atomically: true)`; nothing if the file is only open while the phone is.
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

/// Whether a call encrypts what it takes.
pub(super) fn encrypts(path: &str) -> bool {
    own(path).is_some_and(|path| {
        matches!(
            path,
            "AES.GCM.seal" | "ChaChaPoly.seal" | "HPKE.Sender().seal" | "SecKeyCreateEncryptedData"
        ) || head(path) == "RNCryptor" && last(path) == "encrypt"
    })
}

/// Calls whose result says nothing of what went in.
pub(super) fn clears(path: &str) -> bool {
    own(path).is_some_and(|path| {
        matches!(head(path), "SHA256" | "SHA384" | "SHA512" | "HMAC" | "Insecure" | "Int" | "Double" | "Date")
            || matches!(last(path), "count" | "isEmpty" | "hashValue")
    })
}

/// Hashes without a key.
pub(in crate::code) fn hashes(path: &str) -> bool {
    own(path).is_some_and(|path| {
        last(path) == "hash" && matches!(head(path), "Insecure" | "SHA256" | "SHA384" | "SHA512")
            || head(path).starts_with("CC_")
    })
}

/// A protection that a call shows.
pub(super) fn guards(path: &str) -> Option<Guard> {
    let path = own(path)?;
    let logs = matches!(path, "print" | "NSLog" | "os_log" | "debugPrint")
        || head(path) == "Logger"
            && matches!(last(path), "info" | "debug" | "error" | "notice" | "log" | "warning");
    logs.then_some(Guard::Logged)
}

/// Whether a key of the preferences holds the answer to a question for consent.
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
