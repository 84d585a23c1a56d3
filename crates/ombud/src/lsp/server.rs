//! The server without its transport: messages in, messages out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ombud_core::{Lang, say};
use serde_json::{Value, json};

use super::project::Project;
use super::text::{Lines, changed};
use super::wire::Frame;
use super::{actions, diagnostics, uri};
use crate::check::Profile;

/// Settings from the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The language given by flag.
    pub lang: Option<Lang>,
    /// The language to use if the editor names none either.
    pub otherwise: Lang,
    /// What the agent is for.
    pub profile: Option<Profile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    ShutDown,
    /// It has ended, with this exit code.
    Ended(u8),
}

/// One editor's server.
pub(super) struct Server {
    settings: Settings,
    lang: Lang,
    stage: Stage,
    /// Whether the editor has received our response to `initialize`, and may be sent more.
    ready: bool,
    projects: Vec<Project>,
}

/// Codes of JSON-RPC and of the protocol.
mod code {
    pub(super) const PARSE: i32 = -32700;
    pub(super) const INVALID_REQUEST: i32 = -32600;
    pub(super) const UNKNOWN_METHOD: i32 = -32601;
    pub(super) const INVALID_PARAMS: i32 = -32602;
    pub(super) const NOT_INITIALIZED: i32 = -32002;
    pub(super) const CANCELLED: i32 = -32800;
}

type Answer = Result<Value, (i32, String)>;

impl Server {
    pub(super) fn new(settings: Settings) -> Self {
        let lang = settings.lang.unwrap_or(settings.otherwise);
        Self { settings, lang, stage: Stage::New, ready: false, projects: Vec::new() }
    }

    /// The exit code, once the editor has exited.
    pub(super) fn ended(&self) -> Option<u8> {
        match self.stage {
            Stage::Ended(code) => Some(code),
            _ => None,
        }
    }

    /// Handles incoming messages and returns the responses. [`Self::findings`] follow: one check for all changes.
    pub(super) fn batch(&mut self, frames: Vec<Frame>) -> Vec<Value> {
        let cancelled = cancelled(&frames);
        let mut out = Vec::new();
        for frame in frames {
            if self.ended().is_some() {
                return out;
            }
            out.extend(self.frame(frame, &cancelled));
        }
        out
    }

    fn frame(&mut self, frame: Frame, cancelled: &BTreeSet<String>) -> Option<Value> {
        let message = match frame {
            Frame::Message(message) => message,
            Frame::Broken => return Some(failed(&Value::Null, code::PARSE, &self.unreadable())),
            Frame::TooLong => return Some(failed(&Value::Null, code::INVALID_REQUEST, &self.too_long())),
        };
        let id = message.get("id").filter(|id| id.is_string() || id.is_number());
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            // A response to a request that we never made needs none.
            let answer = message.get("result").is_some() || message.get("error").is_some();
            return (!answer).then(|| failed(id.unwrap_or(&Value::Null), code::INVALID_REQUEST, "no method"));
        };
        let params = message.get("params").unwrap_or(&Value::Null);
        let Some(id) = id else {
            self.notification(method, params);
            return None;
        };
        let answer = if cancelled.contains(&id.to_string()) {
            Err((code::CANCELLED, say!(self.lang, en: "cancelled", zh: "已取消")))
        } else {
            self.request(method, params)
        };
        Some(match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err((code, why)) => failed(id, code, &why),
        })
    }

    fn unreadable(&self) -> String {
        say!(self.lang, en: "this message is not JSON", zh: "这条消息不是 JSON")
    }

    fn too_long(&self) -> String {
        say!(self.lang, en: "this message is longer than 32 MiB and was skipped", zh: "这条消息超过 32 MiB，已跳过")
    }

    fn request(&mut self, method: &str, params: &Value) -> Answer {
        match (self.stage, method) {
            (Stage::New, "initialize") => Ok(self.initialize(params)),
            (Stage::New, _) => {
                Err((code::NOT_INITIALIZED, say!(self.lang, en: "not initialized", zh: "尚未初始化")))
            }
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                Ok(Value::Null)
            }
            (Stage::Running, "textDocument/codeAction") => self.actions(params),
            (Stage::Running, "textDocument/hover") => Ok(json!(self.hover(params))),
            (Stage::Running, "initialize") | (Stage::ShutDown | Stage::Ended(_), _) => {
                Err((code::INVALID_REQUEST, say!(self.lang, en: "not at this time", zh: "此时不可用")))
            }
            (Stage::Running, _) => {
                Err((code::UNKNOWN_METHOD, say!(self.lang, en: "unknown method", zh: "未知方法")))
            }
        }
    }

    fn initialize(&mut self, params: &Value) -> Value {
        let text = |path: &str| params.pointer(path).and_then(Value::as_str);
        let locale =
            text("/initializationOptions/lang").filter(|tag| !tag.is_empty()).or_else(|| text("/locale"));
        let spoken = self.settings.lang.or_else(|| locale.and_then(Lang::from_tag));
        self.lang = spoken.unwrap_or(self.settings.otherwise);
        let profile = text("/initializationOptions/profile")
            .and_then(|name| clap::ValueEnum::from_str(name, true).ok());
        self.settings.profile = self.settings.profile.or(profile);
        for folder in folders(params) {
            self.open(&folder);
        }
        self.stage = Stage::Running;
        json!({
            "capabilities": {
                "positionEncoding": "utf-16",
                "textDocumentSync": {"openClose": true, "change": 1, "save": {"includeText": false}},
                "codeActionProvider": {"codeActionKinds": ["quickfix"]},
                "hoverProvider": true,
                "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
            },
            "serverInfo": {"name": "ombud", "version": env!("CARGO_PKG_VERSION")},
        })
    }

    /// A folder that cannot be checked is left out: the editor shows it, without findings.
    fn open(&mut self, root: &Path) {
        self.projects.extend(Project::open(root, self.settings.profile, self.lang).ok());
    }

    fn notification(&mut self, method: &str, params: &Value) {
        match (self.stage, method) {
            (Stage::ShutDown, "exit") => self.stage = Stage::Ended(0),
            (_, "exit") => self.stage = Stage::Ended(1),
            (Stage::Running, "initialized") => self.ready = true,
            (Stage::Running, "textDocument/didOpen") => self.opened(params),
            (Stage::Running, "textDocument/didChange") => self.changed(params),
            (Stage::Running, "textDocument/didClose") => self.closed(params),
            (Stage::Running, "textDocument/didSave" | "workspace/didChangeWatchedFiles") => {
                self.projects.iter_mut().for_each(Project::reload);
            }
            (Stage::Running, "workspace/didChangeWorkspaceFolders") => self.moved(params),
            _ => {}
        }
    }

    fn moved(&mut self, params: &Value) {
        let named = |list: &str| {
            params.pointer(list).and_then(Value::as_array).into_iter().flatten().filter_map(folder)
        };
        for gone in named("/event/removed") {
            self.projects.retain(|project| !project.is_at(&gone));
        }
        for new in named("/event/added") {
            self.open(&new);
        }
    }

    /// The project of a document and its path there.
    fn place(&mut self, params: &Value) -> Option<(&mut Project, String, String)> {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str)?;
        let path = uri::path(uri)?;
        let holding = self.projects.iter_mut().filter_map(|project| {
            let relative = project.relative(&path)?;
            Some((project, relative))
        });
        let (project, relative) = holding.max_by_key(|(project, _)| project.depth())?;
        Some((project, relative, uri.to_owned()))
    }

    fn opened(&mut self, params: &Value) {
        let text =
            params.pointer("/textDocument/text").and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.place(params).is_none() {
            // A file outside every folder is a project of its own.
            let path = params.pointer("/textDocument/uri").and_then(Value::as_str).and_then(uri::path);
            let alone = path.filter(|path| path.is_file());
            if let Some(path) = alone {
                self.open(&path);
            }
        }
        if let Some((project, path, uri)) = self.place(params) {
            project.set(&path, &uri, text);
        }
    }

    fn changed(&mut self, params: &Value) {
        let changes = params.get("contentChanges").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some((project, path, uri)) = self.place(params) else { return };
        // Only an open file can change.
        let Some(text) = project.text(&path).map(|text| changed(text, &changes)) else { return };
        project.set(&path, &uri, text);
    }

    fn closed(&mut self, params: &Value) {
        if let Some((project, path, _)) = self.place(params) {
            project.close(&path);
        }
    }

    fn actions(&mut self, params: &Value) -> Answer {
        let lang = self.lang;
        let Some(range) = params.get("range").filter(|range| range.is_object()) else {
            return Err((code::INVALID_PARAMS, say!(lang, en: "`range` is missing", zh: "缺少 `range`")));
        };
        let Some((project, path, _)) = self.place(params).filter(|_| actions::wanted(params)) else {
            return Ok(json!([]));
        };
        project.look();
        let found = project.last().map(|report| actions::all(project, report, &path, range, lang));
        Ok(json!(found.unwrap_or_default()))
    }

    fn hover(&mut self, params: &Value) -> Option<Value> {
        let lang = self.lang;
        let (project, path, _) = self.place(params)?;
        project.look();
        let report = project.last()?;
        let position = params.get("position").unwrap_or(&Value::Null);
        let at = Lines::new(diagnostics::text(report, &path)).byte(position);
        diagnostics::hover(report, &path, at, lang)
    }

    /// The diagnostics to publish now, for every project in which something changed.
    pub(super) fn findings(&mut self) -> Vec<Value> {
        if self.stage != Stage::Running || !self.ready {
            return Vec::new();
        }
        let lang = self.lang;
        let stale = self.projects.iter_mut().filter_map(|project| project.take_untold().then_some(project));
        let all = stale.flat_map(|project| diagnostics::all(project, lang));
        all.map(|(uri, found)| published(&uri, &found)).collect()
    }

    /// How many files were parsed since the beginning.
    #[cfg(test)]
    pub(super) fn parsed(&self) -> usize {
        self.projects.iter().map(Project::parsed).sum()
    }
}

fn published(uri: &str, found: &[Value]) -> Value {
    let params = json!({"uri": uri, "diagnostics": found});
    json!({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params})
}

fn failed(id: &Value, code: i32, why: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}})
}

/// The ids of cancelled requests.
fn cancelled(frames: &[Frame]) -> BTreeSet<String> {
    let id = |frame: &Frame| match frame {
        Frame::Message(message)
            if message.get("method").and_then(Value::as_str) == Some("$/cancelRequest") =>
        {
            message.pointer("/params/id").map(Value::to_string)
        }
        _ => None,
    };
    frames.iter().filter_map(id).collect()
}

/// The folders that the editor has open.
fn folders(params: &Value) -> Vec<PathBuf> {
    let several = params.get("workspaceFolders").and_then(Value::as_array);
    let several: Vec<PathBuf> = several.into_iter().flatten().filter_map(folder).collect();
    if !several.is_empty() {
        return several;
    }
    let root = params.get("rootUri").and_then(Value::as_str).and_then(uri::path);
    root.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from)).into_iter().collect()
}

fn folder(entry: &Value) -> Option<PathBuf> {
    entry.get("uri").and_then(Value::as_str).and_then(uri::path)
}
