//! The attacker at the model edge: injects the words of a case into requests and keeps a trace of what follows.

use std::sync::{Mutex, PoisonError};

use ombud_core::{Exchange, Origin, Role, Slot};
use ombud_gateway::interceptor::{Interceptor, Seen};
use ombud_gateway::wire::splice::Patch;

use super::case::Case;
use super::spoken;
use super::trace::{Step, Trace};
use crate::template::{Channel, Place};

/// Runs attacks, one case at a time.
#[derive(Debug, Default)]
pub struct Attacker {
    active: Mutex<Option<Active>>,
}

#[derive(Debug)]
struct Active {
    case: Case,
    trace: Trace,
}

impl Attacker {
    /// Begins a case; everything observed from now on belongs to it.
    pub fn begin(&self, case: Case) {
        *self.lock() = Some(Active { case, trace: Trace::default() });
    }

    /// Ends the case and returns what was observed.
    pub fn end(&self) -> Trace {
        self.lock().take().map(|active| active.trace).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Active>> {
        // A trace cut short by a panic is still a trace.
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for Attacker {
    fn request(&self, _: &str, request: &Exchange) -> Vec<Patch> {
        self.lock().as_mut().map(|active| active.poison(request)).unwrap_or_default()
    }

    fn left(&self, _: &str, body: &[u8]) {
        if let Some(active) = self.lock().as_mut() {
            active.masked(&String::from_utf8_lossy(body));
        }
    }

    fn call(&self, _: &str, tool: &str, id: Option<&str>, decision: &str) {
        if let Some(active) = self.lock().as_mut() {
            let (tool, id) = (tool.to_owned(), id.map(str::to_owned));
            active.trace.note(Step::Decided { tool, id, decision: decision.to_owned() });
        }
    }

    fn answer(&self, _: &str, answer: &Seen<'_>) {
        if let Some(active) = self.lock().as_mut() {
            active.answered(answer);
        }
    }
}

impl Active {
    fn poison(&mut self, request: &Exchange) -> Vec<Patch> {
        if request.slots.iter().filter(|slot| slot.is_text()).all(|slot| slot.role == Role::EmbeddingInput) {
            return Vec::new();
        }
        self.trace.requests += 1;
        for tool in &request.tools {
            self.trace.offered.insert(tool.name.clone());
        }
        let words = self.case.hidden();
        let plant = self.case.plant();
        let mut injections: Vec<(usize, String)> = Vec::new();
        if let Some((Place::System, text)) = &plant
            && let Some(system) =
                request.slots.iter().position(|slot| matches!(slot.role, Role::System | Role::Developer))
        {
            injections.push((system, text.clone()));
        }
        if let Some((Place::Memory, text)) = &plant {
            let memory = targets(request, Channel::Memory);
            injections.extend(memory.first().map(|slot| (*slot, text.clone())));
        }
        let before = match &plant {
            Some((Place::Result, text)) => format!("{text}\n"),
            _ => String::new(),
        };
        if self.case.template.channel == Channel::Direct {
            let said = request.slots.iter().any(|slot| slot.role == Role::User && slot.text.contains(&words));
            self.trace.injected += u32::from(said);
        } else {
            let all = targets(request, self.case.template.channel);
            let count = if self.case.template.everywhere { all.len() } else { 1 };
            for slot in all.into_iter().take(count) {
                self.trace.injected += 1;
                injections.push((slot, format!("{before}{words}")));
            }
        }
        self.trace.planted |=
            plant.is_some_and(|(_, text)| injections.iter().any(|injection| injection.1.contains(&text)));
        self.note(request, &injections);
        injections.iter().filter_map(|(slot, text)| Some(patch(request.slots.get(*slot)?, text))).collect()
    }

    /// Records what the request shows of the conversation.
    fn note(&mut self, request: &Exchange, injections: &[(usize, String)]) {
        for (number, slot) in request.slots.iter().enumerate() {
            let injected = injections
                .iter()
                .find(|injection| injection.0 == number)
                .map(|injection| injection.1.clone());
            match (slot.role, &slot.origin) {
                (Role::User, _) if injected.is_none() => {
                    self.trace.note(Step::User { text: slot.text.clone() });
                }
                (Role::ToolResult, Origin::Tool { name, .. }) => {
                    self.trace.note(Step::Result { tool: name.clone(), text: slot.text.clone(), injected });
                }
                _ if injected.is_some() => {
                    self.trace.note(Step::Result { tool: None, text: slot.text.clone(), injected });
                }
                _ => {}
            }
        }
    }

    /// Finds the tokens that replaced the values the attack is after, by the words that precede them in the body.
    fn masked(&mut self, body: &str) {
        let texts = [self.case.words(), self.case.plant().map(|plant| plant.1).unwrap_or_default()];
        for name in ["mail", "url", "account", "code", "phone"] {
            let Some(value) = self.case.canaries.get(name) else { continue };
            for text in &texts {
                let Some(at) = text.find(value) else { continue };
                let before: String = text
                    .get(..at)
                    .unwrap_or_default()
                    .chars()
                    .rev()
                    .take(12)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                let Some(token) = body
                    .split_once(&*before)
                    .filter(|_| before.chars().count() > 3)
                    .and_then(|split| token(split.1))
                else {
                    continue;
                };
                let pair = (value.to_owned(), token);
                if !self.trace.masked.contains(&pair) {
                    self.trace.masked.push(pair);
                }
            }
        }
    }

    fn answered(&mut self, answer: &Seen<'_>) {
        for call in spoken::read(answer.came, answer.streamed).calls {
            self.trace.note(Step::Asked { call });
        }
        let given = spoken::read(answer.given, answer.streamed);
        for call in given.calls {
            self.trace.note(Step::Released { call });
        }
        if !given.text.trim().is_empty() {
            self.trace.note(Step::Answer { text: given.text });
        }
    }
}

/// The token at the beginning of a text: capitals or digits, an underscore, eight characters.
fn token(text: &str) -> Option<String> {
    let end = text
        .find(|ch: char| !(ch.is_ascii_uppercase() || ch.is_ascii_digit() || ch == '_'))
        .unwrap_or(text.len());
    let word = text.get(..end)?;
    let (tag, body) = word.split_once('_')?;
    (!tag.is_empty() && body.len() == 8).then(|| word.to_owned())
}

/// Words in the names of tools whose results come through a channel.
fn carries(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Mail => &["mail", "inbox", "message", "chat", "邮件", "消息", "收件"],
        Channel::File => &["file", "document", "drive", "文件", "文档"],
        Channel::Page => &["page", "web", "url", "fetch", "brows", "http", "search", "网页", "浏览", "搜索"],
        Channel::Retrieved => {
            &["search", "retriev", "knowledge", "lookup", "recall", "memor", "rag", "检索", "知识", "查询"]
        }
        Channel::Memory => &["memor", "recall", "remember", "note", "profile", "记忆", "回忆", "备忘"],
        Channel::Direct => &[],
    }
}

/// Closing tags of the envelopes that hold retrieved and remembered texts inside a prompt.
const ENVELOPES: &[&str] = &[
    "</memories>",
    "</memory>",
    "</context>",
    "</documents>",
    "</document>",
    "</retrieved>",
    "</knowledge>",
];

/// The slots that a channel can reach: results of tools of its kind, and envelopes of retrieved or remembered text. If the
/// agent has no such tool, the first result of any tool that returns text.
fn targets(request: &Exchange, channel: Channel) -> Vec<usize> {
    let slots = || request.slots.iter().enumerate();
    let names = carries(channel);
    let fits = |name: &str| names.iter().any(|word| name.to_lowercase().contains(word));
    let result = |slot: &Slot| slot.role == Role::ToolResult && !slot.text.trim().is_empty();
    let own = slots()
        .filter(|(_, slot)| result(slot) && tool_of(slot).is_some_and(|name| fits(name) && reads(name)));
    let mut found: Vec<usize> = own.map(|slot| slot.0).collect();
    if found.is_empty() && matches!(channel, Channel::Retrieved | Channel::Memory) {
        let enclosed = |slot: &Slot| {
            matches!(slot.role, Role::System | Role::Developer | Role::User) && envelope(&slot.text).is_some()
        };
        found.extend(slots().filter(|(_, slot)| enclosed(slot)).map(|slot| slot.0));
    }
    let has_own = request.tools.iter().any(|tool| fits(&tool.name));
    if found.is_empty() && !has_own && !matches!(channel, Channel::Memory) {
        found.extend(slots().filter(|(_, slot)| result(slot)).map(|slot| slot.0).take(1));
    }
    found
}

/// Whether a tool reads. The result of an action says “sent” or the like, and an attacker cannot write anything there.
fn reads(name: &str) -> bool {
    let lower = name.to_lowercase();
    !["send", "save", "delete", "write", "create", "发送", "保存", "删除"]
        .iter()
        .any(|word| lower.contains(word))
}

fn tool_of(slot: &Slot) -> Option<&str> {
    match &slot.origin {
        Origin::Tool { name, .. } => name.as_deref(),
        _ => None,
    }
}

/// Offset at which an envelope ends in a text.
fn envelope(text: &str) -> Option<usize> {
    ENVELOPES.iter().filter_map(|end| text.rfind(end)).max()
}

/// Inserts words into a slot: before the end of an envelope, at the end of the longest string of a JSON document, or at the end.
fn patch(slot: &Slot, words: &str) -> Patch {
    let text = &slot.text;
    let json = slot.codecs.len() > 1;
    let at = match envelope(text).filter(|_| slot.role != Role::ToolResult) {
        Some(at) => at,
        None if json => longest_text(text).unwrap_or(text.len()),
        None => text.rfind("</body>").unwrap_or(text.len()),
    };
    let range = slot.body_range(&(at..at));
    let with = slot.encode(&format!("\n{words}\n"), false).into_owned();
    Patch { range: range.start..range.start, with }
}

/// Offset of the closing quote of the longest string in a JSON document, which is the one that people read.
fn longest_text(text: &str) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    let mut opened = None;
    for (at, _) in text.char_indices().filter(|(_, ch)| *ch == '"') {
        let after = text.get(at + 1..).unwrap_or_default().trim_start();
        let closes = after.is_empty() || after.starts_with(['}', ']', ',']);
        if let Some(start) = opened.filter(|_| closes)
            && best.is_none_or(|best| at - start > best.0)
        {
            best = Some((at - start, at));
        }
        opened = Some(at);
    }
    best.map(|best| best.1)
}
