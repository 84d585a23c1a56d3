//! Where words come from, and what makes them harmless.

use super::{last, names, root};
use crate::facts::Taint;

/// Returns the origins of reading or calling a path outside the project, if it is a source.
pub(in crate::code) fn of(path: &str) -> Option<Taint> {
    let name = last(path);
    Some(match root(path) {
        "input" if path.starts_with("input(") => Taint::LOCAL,
        "sys" if path.starts_with("sys.argv") || path.starts_with("sys.stdin") => Taint::LOCAL,
        "argparse" if matches!(name, "parse_args" | "parse_known_args") => Taint::LOCAL,
        "getpass" | "prompt_toolkit" | "questionary" | "inquirer" => Taint::LOCAL,
        "rich" if path.contains("Prompt.ask") => Taint::LOCAL,
        // What a microphone heard.
        "speech_recognition" if name.starts_with("recognize") => Taint::LOCAL,
        "whisper" | "faster_whisper" if name == "transcribe" => Taint::LOCAL,
        root if is_field(root, path, name) => Taint::LOCAL,
        // Messages that a chat bot fetches.
        "wcferry" if name == "get_msg" => Taint::USER,
        "wxauto" if path.ends_with("()") && name.starts_with("Get") && name.contains("Message") => {
            Taint::USER
        }
        "flask" | "quart" if path.contains(".request.") && name != "method" => upload(path) | chosen(path),
        // `self.request.body`, `self.get_argument("q")`; `self.rfile.read()`, `self.path`
        "tornado" if path.contains("RequestHandler().request.") || name.starts_with("get_argument") => {
            Taint::USER | Taint::BODY
        }
        "tornado" if matches!(name, "get_body_argument" | "get_query_argument" | "get_json_body") => {
            Taint::USER | Taint::BODY
        }
        "http" if path.contains("RequestHandler().") && matches!(name, "read" | "path" | "readline") => {
            Taint::USER | Taint::BODY
        }
        "bottle" if path.starts_with("bottle.request.") && name != "method" => {
            let free = [".json", ".query", ".forms", ".params", ".body", ".GET", ".POST"];
            let body = free.iter().any(|part| path.contains(part));
            Taint::USER | if body { Taint::BODY } else { Taint::NONE }
        }
        // An email is what somebody said, and anybody may send one.
        "imaplib" | "poplib" | "imap_tools" | "exchangelib" | "O365" | "mailbox" if path.contains("()") => {
            Taint::WEB | Taint::USER
        }
        "feedparser"
        | "praw"
        | "ddgs"
        | "duckduckgo_search"
        | "tavily"
        | "serpapi"
        | "wikipedia"
        | "trafilatura"
        | "newspaper"
        | "youtube_transcript_api"
        | "firecrawl"
        | "googleapiclient"
        | "slack_sdk"
        | "notion_client"
        | "github"
        | "jira"
        | "arxiv"
        | "tweepy"
        | "playwright"
        | "selenium"
        | "crawl4ai"
        | "googlesearch"
        | "exa_py"
        | "newsapi"
        | "wikipediaapi"
            if path.contains("()") =>
        {
            Taint::WEB
        }
        "streamlit" if matches!(name, "file_uploader" | "camera_input" | "audio_input") => {
            Taint::USER | Taint::UPLOAD
        }
        "streamlit" if matches!(name, "chat_input" | "text_input" | "text_area") => Taint::USER,
        "gradio" if matches!(name, "Textbox" | "ChatInterface") => Taint::USER,
        "pywebio" if path.starts_with("pywebio.input.") => Taint::USER,
        "nicegui" if name == "value" && (path.contains(".input()") || path.contains(".textarea()")) => {
            Taint::USER
        }
        "open" if path == "open()" || path.starts_with("open().") => Taint::FILE,
        "pathlib" if matches!(name, "read_text" | "read_bytes") => Taint::FILE,
        "langchain_community" | "langchain" | "llama_index"
            if path.contains("Loader") || path.contains("SimpleDirectoryReader") =>
        {
            if path.contains("WebBase") || path.contains("URL") { Taint::WEB } else { Taint::FILE }
        }
        "swift" => return super::swift::source(path),
        _ => return super::script::source(path).or_else(|| heard(path, name)),
    })
}

/// Returns the taint of what a chat client returns, whatever its package: the method's name says that it fetches
/// people's messages.
fn heard(path: &str, name: &str) -> Option<Taint> {
    const BRINGS: &[&str] = &[
        "get_messages",
        "getMessages",
        "iter_messages",
        "fetch_messages",
        "fetchMessages",
        "receive_message",
        "receiveMessage",
        "get_updates",
        "getUpdates",
        "get_conversations",
        "getConversations",
        "get_chat_history",
        "getChatHistory",
        "get_new_messages",
        "getNewMessages",
        "conversations_history",
    ];
    let client =
        path.contains("().") && path.ends_with("()") && !matches!(root(path), "js" | "swift" | "super");
    (client && BRINGS.contains(&name)).then_some(Taint::USER)
}

/// Whether a path is what a person typed into a widget.
fn is_field(package: &str, path: &str, name: &str) -> bool {
    let written = || WRITTEN_INTO.iter().any(|part| path.contains(part));
    match package {
        "kivy" | "kivymd" => name == "text" && (path.contains("TextInput()") || path.contains("TextField")),
        "tkinter" | "customtkinter" | "ttkbootstrap" => name == "get" && written(),
        "flet" => name == "value" && path.contains("TextField()"),
        "PyQt5" | "PyQt6" | "PySide2" | "PySide6" => matches!(name, "text" | "toPlainText") && written(),
        _ => false,
    }
}

/// Widgets that a person fills in.
const WRITTEN_INTO: &[&str] = &["Entry()", "Text()", "Textbox()", "TextEdit()", "LineEdit()", "StringVar()"];

fn upload(path: &str) -> Taint {
    if path.contains(".files") { Taint::USER | Taint::UPLOAD } else { Taint::USER }
}

/// Marks the parts of a request that its sender chooses freely.
fn chosen(path: &str) -> Taint {
    let free = [".json", ".get_json", ".args", ".form", ".values", ".data", ".view_args", ".get_data"];
    if free.iter().any(|part| path.contains(part)) { Taint::BODY } else { Taint::NONE }
}

/// Whether the result of a call says nothing of the arguments.
pub(in crate::code) fn clears(path: &str) -> bool {
    matches!(
        path,
        "len"
            | "int"
            | "float"
            | "bool"
            | "isinstance"
            | "hash"
            | "id"
            | "type"
            | "range"
            | "abs"
            | "round"
            | "callable"
            | "hasattr"
            | "issubclass"
            | "print"
    ) || clears_script(path)
        || super::swift::clears(path)
        || matches!(path, "shlex.quote" | "pipes.quote" | "html.escape" | "re.escape" | "uuid.uuid4")
        || matches!(path, "zlib.crc32" | "zlib.adler32")
        || matches!(root(path), "random" | "secrets") && !picks(last(path))
        || matches!(root(path), "inspect" | "hashlib" | "hmac" | "time" | "uuid" | "datetime")
}

/// Whether a function of `random` or `secrets` returns some of what it was given, rather than a number.
fn picks(name: &str) -> bool {
    matches!(name, "choice" | "choices" | "sample")
}

/// The same for libraries of scripts.
fn clears_script(path: &str) -> bool {
    let name = last(path);
    match root(path) {
        "crypto" | "bcrypt" | "bcryptjs" | "argon2" | "nanoid" | "uuid" | "ulid" => {
            !path.contains("ipher") && !names(name, &["encrypt", "decrypt"])
        }
        "dompurify" | "isomorphic-dompurify" | "sanitize-html" | "xss" | "escape-html" => true,
        "validator" | "he" | "sqlstring" | "lodash" => matches!(name, "escape" | "encode" | "escapeId"),
        "shell-quote" => name == "quote",
        _ => false,
    }
}

/// Whether the result of a call is masked.
pub(in crate::code) fn masks(path: &str) -> bool {
    let name = last(path);
    match root(path) {
        "presidio_anonymizer" => name == "anonymize",
        "scrubadub" => name == "clean",
        "llm_guard" => path.contains("Anonymize") && name == "scan",
        "langchain_experimental" => path.contains("Anonymizer") && names(name, &["anonymize"]),
        "ombud" => names(name, &["redact", "mask"]),
        "redact-pii" | "@redactpii/node" | "redact-pii-light" => names(name, &["redact"]),
        _ => false,
    }
}

/// Whether the result of a call is encrypted.
pub(in crate::code) fn encrypts(path: &str) -> bool {
    // The browser's cipher, which Node also has.
    if path.ends_with("subtle.encrypt") {
        return true;
    }
    if root(path) == "crypto" {
        return path.contains("createCipheriv()");
    }
    if root(path) == "swift" {
        return super::swift::encrypts(path);
    }
    names(last(path), &["encrypt*"])
        && matches!(
            root(path),
            "crypto-js"
                | "libsodium-wrappers"
                | "tweetnacl"
                | "openpgp"
                | "cryptography"
                | "nacl"
                | "pyrage"
                | "Crypto"
                | "Cryptodome"
                | "gnupg"
                | "jwcrypto"
                | "ombud"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_by_their_whole_path() {
        assert_eq!(of("input()"), Some(Taint::LOCAL));
        assert_eq!(of("inputs.read()"), None);
        assert_eq!(of("flask.request.json()"), Some(Taint::USER | Taint::BODY));
        assert_eq!(of("flask.request.headers"), Some(Taint::USER));
        assert!(masks("presidio_anonymizer.AnonymizerEngine().anonymize") && !masks("app.anonymize"));
    }
}
