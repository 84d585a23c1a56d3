//! The list of a server's tools: stored, compared, and cleared of hidden text.

use ombud_core::{Say, say};

use super::super::Results;
use super::super::hidden::{self, Flag};
use super::super::message::{Id, Message};
use super::super::pins::{Seen, hash};
use super::{Session, Side, Step};
use crate::wire::json::{Doc, Keys, Kind, Node};
use crate::wire::splice::{Patch, splice};
use ombud_core::exchange::escape_json;

/// Maximum number of flags reported per tool.
const MOST_FLAGS: usize = 8;

/// Maximum number of things reported per session.
const MOST_TOLD: usize = 4096;

impl Session {
    /// Processes a list of tools on its way to the client.
    pub(super) fn listed(&mut self, message: &Message<'_>, id: &Id) -> Vec<Step> {
        let tools: Vec<Node> =
            message.member("tools").into_iter().flat_map(|tools| message.doc.items(tools)).collect();
        let (mut steps, mut patches) = (Vec::new(), Vec::new());
        let before = self.pins.clone();
        for node in tools {
            let Some(name) = message.doc.get_str(node, "name").map(std::borrow::Cow::into_owned) else {
                continue;
            };
            let definition = message.raw(node).replace(['\n', '\r'], " ");
            if self.secretless(&definition).is_none() {
                // The list as a whole is refused below.
                continue;
            }
            let mut pins = std::mem::take(&mut self.pins);
            let seen = pins.see(&name, &definition, &mut |text| self.secretless(text).unwrap_or_default());
            self.pins = pins;
            if seen == Seen::Changed {
                steps.extend(self.changed(&name, &definition));
            }
            if self.is_withheld(&name) {
                patches.push(self.pinned(message, node, &name));
            } else {
                patches.extend(hidden_parts(&message.doc, node));
            }
            steps.extend(self.flagged(message, node, &name, &definition));
        }
        if self.pins != before {
            steps.push(Step::Save);
        }
        // Personal data stays: in a definition it is an example.
        steps.extend(self.cleaned(message, id, patches, Results::Secrets));
        steps
    }

    /// A definition without its secrets, as the client would receive it in a list.
    fn secretless(&mut self, definition: &str) -> Option<String> {
        let line = format!(r#"{{"jsonrpc":"2.0","id":0,"result":{{"tools":[{definition}]}}}}"#);
        let message = Message::read(line.as_bytes()).ok()?;
        let clean = self.clean(&message, message.body, Results::Secrets).ok()?;
        let message = Message::read(&clean.line).ok()?;
        let node = message.doc.items(message.member("tools")?).next()?;
        Some(message.raw(node).to_owned())
    }

    /// Processes what a server says about itself, its prompts and its resources: clients pass it to the model, so hidden
    /// text is removed here too.
    pub(super) fn described(&mut self, message: &Message<'_>, id: &Id) -> Vec<Step> {
        let (mut patches, mut flags) = (Vec::new(), Vec::new());
        for node in descriptions(message) {
            let text = message.doc.string(node);
            if let Some(shown) = hidden::shown(&text) {
                let with = escape_json(&shown).into_owned();
                patches.push(Patch { range: message.doc.span(node), with });
                flags.extend(hidden::flags(&text).into_iter().filter(|flag| *flag != Flag::Instruction));
            }
        }
        flags.sort();
        flags.dedup();
        let (lang, server) = (self.lang(), self.rules.server.clone());
        let mut steps = Vec::new();
        for flag in flags {
            if self.is_new(format!("\0{flag:?}")) {
                let what = flag.say(lang);
                let text = say!(lang,
                    en: "ombud: the self-description of the MCP server `{server}` {what}",
                    zh: "ombud：MCP 服务器 `{server}` 的自我说明{what}");
                steps.extend([self.notice(None, flag.code(), None), Step::Tell(text)]);
            }
        }
        steps.extend(self.cleaned(message, id, patches, self.rules.settings.results));
        steps
    }

    /// A message to the client with these parts replaced and with secrets removed.
    fn cleaned(&mut self, message: &Message<'_>, id: &Id, patches: Vec<Patch>, what: Results) -> Vec<Step> {
        let line = message.with(patches);
        let cleaned = Message::read(&line).map(|message| self.clean(&message, message.body, what));
        match cleaned {
            Ok(Ok(clean)) => vec![Step::Send(Side::Client, clean.line)],
            Ok(Err(why)) => self.refused(id, &why),
            Err(bad) => self.unreadable(&bad),
        }
    }

    /// Replaces the received definition by the accepted one, which is stored as it was seen, so hidden text is removed from
    /// it too. If what is stored cannot be read, only the name is shown: the new definition is not accepted either way.
    fn pinned(&self, message: &Message<'_>, node: Node, name: &str) -> Patch {
        let accepted = || {
            let definition = &self.pins.tools.get(name)?.definition;
            let doc = Doc::parse(definition.as_bytes(), Keys::Any).ok()?;
            let shown = splice(definition.as_bytes(), &mut hidden_parts(&doc, doc.root()));
            String::from_utf8(shown).ok()
        };
        let bare = || format!(r#"{{"name":"{}","inputSchema":{{"type":"object"}}}}"#, escape_json(name));
        Patch { range: message.doc.span(node), with: accepted().unwrap_or_else(bare) }
    }

    /// Reports a changed definition once per session, with the differences.
    fn changed(&mut self, name: &str, definition: &str) -> Vec<Step> {
        let hash = hash(definition);
        if !self.is_new(format!("{name}\0{hash}")) {
            return Vec::new();
        }
        let (lang, server) = (self.lang(), &self.rules.server);
        let lines: Vec<String> =
            self.pins.difference(name).iter().map(|line| format!("    {}", plain(line))).collect();
        let (name_shown, lines) = (plain(name), lines.join("\n"));
        let what = if self.is_withheld(name) {
            let accept = self.rules.beside.typed(&format!("ombud mcp --accept {server}/{name_shown}"));
            say!(lang,
                en: "the model keeps the old definition until you accept the new one: {accept}",
                zh: "在你接受新定义之前，模型看到的仍是旧定义：{accept}")
        } else {
            say!(lang, en: "the new definition is passed on, as ombud.toml says", zh: "按 ombud.toml 的设置，新定义已转交")
        };
        let text = say!(lang,
            en: "ombud: the MCP server `{server}` has changed the description of its tool `{name_shown}`\n{lines}\n  {what}",
            zh: "ombud：MCP 服务器 `{server}` 改变了对工具 `{name_shown}` 的描述\n{lines}\n  {what}");
        vec![self.notice(Some(name), "definition_changed", Some(hash)), Step::Tell(text)]
    }

    /// Whether a thing was not reported yet. Limited, since a server could change with every list.
    fn is_new(&mut self, what: String) -> bool {
        self.told.len() < MOST_TOLD && self.told.insert(what)
    }

    /// Reports the suspicious traits of a definition once per session.
    fn flagged(&mut self, message: &Message<'_>, node: Node, name: &str, definition: &str) -> Vec<Step> {
        let mut flags: Vec<Flag> =
            texts(&message.doc, node).iter().flat_map(|text| hidden::flags(text)).collect();
        flags.extend(self.against_others(name, definition));
        flags.sort();
        flags.dedup();
        let mut steps = Vec::new();
        for flag in flags.into_iter().take(MOST_FLAGS) {
            if !self.is_new(format!("{name}\0{flag:?}")) {
                continue;
            }
            let (lang, server, name_shown) = (self.lang(), &self.rules.server, plain(name));
            let what = flag.say(lang);
            let text = say!(lang,
                en: "ombud: the tool `{name_shown}` of the MCP server `{server}` {what}",
                zh: "ombud：MCP 服务器 `{server}` 的工具 `{name_shown}` {what}");
            steps.extend([self.notice(Some(name), flag.code(), Some(hash(definition))), Step::Tell(text)]);
        }
        steps
    }

    /// How a definition relates to tools of other servers.
    fn against_others(&self, name: &str, definition: &str) -> Vec<Flag> {
        let others = &self.rules.others;
        let shadows = others.get(&hidden::alike(name)).map(|(server, _)| Flag::Shadows(server.clone()));
        let folded = crate::attribute::folded(definition);
        let mentions = others.values().filter(|(_, tool)| speaks_of(&folded, tool));
        let mentions = mentions.map(|(server, tool)| Flag::Mentions(server.clone(), tool.clone()));
        shadows.into_iter().chain(mentions.filter(|_| !others.contains_key(&hidden::alike(name)))).collect()
    }
}

/// Whether a text mentions a tool. A name that is one common word proves nothing.
fn speaks_of(folded: &str, tool: &str) -> bool {
    let tool = crate::attribute::folded(tool);
    let part = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '-');
    tool.contains(['_', '-'])
        && folded.match_indices(&tool).any(|(at, _)| {
            let before = folded.get(..at).and_then(|text| text.chars().next_back());
            let after = folded.get(at + tool.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}

/// The strings that describe something to a model.
fn descriptions(message: &Message<'_>) -> impl Iterator<Item = Node> {
    const KEYS: [&str; 3] = ["instructions", "description", "title"];
    let doc = &message.doc;
    let inside = message.body.into_iter().flat_map(|body| doc.within(body));
    let objects = inside.filter(move |at| doc.kind(*at) == Kind::Object);
    let texts = objects.flat_map(move |at| KEYS.iter().filter_map(move |key| doc.get(at, key)));
    texts.filter(move |at| doc.kind(*at) == Kind::String)
}

/// Every string in a definition.
fn texts(doc: &Doc<'_>, node: Node) -> Vec<String> {
    strings(doc, node).map(|node| doc.string(node).into_owned()).collect()
}

fn strings<'d>(doc: &'d Doc<'_>, node: Node) -> impl Iterator<Item = Node> + 'd {
    doc.within(node).filter(|at| matches!(doc.kind(*at), Kind::String))
}

/// Patches that remove hidden text. The name itself stays: it is what the client calls.
fn hidden_parts(doc: &Doc<'_>, node: Node) -> Vec<Patch> {
    let name = doc.get(node, "name");
    let parts = strings(doc, node).filter(|at| Some(*at) != name).filter_map(|at| {
        let shown = hidden::shown(&doc.string(at))?;
        Some(Patch { range: doc.span(at), with: escape_json(&shown).into_owned() })
    });
    parts.collect()
}

/// A text from a server, made safe for a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|ch| if ch.is_control() { '\u{fffd}' } else { ch }).take(300).collect()
}
