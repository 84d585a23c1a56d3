//! The tool edge of a gateway: `[mcp.<name>]` and `[actions.<name>]` of ombud.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use ombud_core::{Lang, Origin, Say as _, say};
use ombud_detect::mask::Token;
use ombud_gateway::Gateway;
use ombud_gateway::approvals::Approvals;
use ombud_gateway::attribute::declared::Sources;
use ombud_gateway::daily::Daily;
use ombud_gateway::tool::action::{Action, Actions, Settings};
use ombud_gateway::tool::http::{Around, Hub, Surrounding};
use ombud_gateway::tool::pins::Pins;
use ombud_gateway::tool::shelf::Shelf;
use ombud_gateway::tool::stdio::Surroundings;
use ombud_gateway::tool::{Beside, Edge, Server};

use super::remembered::Remembered;
use crate::approvals::Outside;
use crate::config::{self, FILE, File};
use crate::output::Terminal;
use crate::purse::Purse;

/// What a configuration says about the tool edge.
pub(crate) struct Served {
    servers: BTreeMap<String, Server>,
    actions: BTreeMap<String, Action>,
    outside: Outside,
    /// Whether clients present keys by which they are told apart.
    keys: bool,
}

impl Served {
    /// Reads the settings and the documents that they refer to.
    pub(crate) fn of(file: &File, config: Option<&Path>, terminal: Terminal) -> Result<Self> {
        let lang = terminal.lang;
        let folder = config.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let mut actions = BTreeMap::new();
        for (name, settings) in &file.actions {
            let problem = || say!(lang, en: "[actions.{name}] in {FILE} cannot be used", zh: "{FILE} 中的 [actions.{name}] 无法使用");
            let action = action(&folder, settings, lang).with_context(problem)?;
            if let (None, Some(variable), Some(_)) =
                (&action.secret, &settings.secret_env, &action.document.place)
            {
                terminal.warn(&say!(lang,
                    en: "ombud: the variable {variable} of [actions.{name}] is not set, so its requests are sent without a credential",
                    zh: "ombud：[actions.{name}] 的环境变量 {variable} 未设置，请求将不带凭据"));
            }
            actions.insert(name.clone(), action);
        }
        let outside = Outside::of(&config::home(), &file.approvals, lang)?;
        let keys = !file.serve.keys.is_empty();
        Ok(Self { servers: file.mcp.clone(), actions, outside, keys })
    }

    /// Variables that tell a child where the servers and HTTP tools are.
    pub(crate) fn environment(&self, url: &str) -> Vec<(String, std::ffi::OsString)> {
        let name = |kind: &str, name: &str| {
            let letter = |ch: char| if ch.is_ascii_alphanumeric() { ch.to_ascii_uppercase() } else { '_' };
            format!("OMBUD_{kind}_{}", name.chars().map(letter).collect::<String>())
        };
        let servers = self.servers.keys().map(|key| (name("MCP", key), format!("{url}/mcp/{key}").into()));
        let actions = self.actions.keys().map(|key| (name("ACTION", key), format!("{url}/t/{key}").into()));
        servers.chain(actions).collect()
    }

    /// Installs the edge in a gateway.
    pub(crate) fn install(self, gateway: &Arc<Gateway>, terminal: Terminal) {
        let (home, left) = (gateway.ledger.home().to_owned(), Arc::clone(&gateway.shelf));
        let sources = Arc::clone(&gateway.sources);
        let outside: Arc<dyn Approvals> = Arc::new(self.outside);
        let _ = gateway.approvals.set(Arc::clone(&outside));
        let purse: Arc<dyn Daily> = Arc::new(Purse::at(&home, self.keys));
        let _ = gateway.daily.set(Arc::clone(&purse));
        let named: BTreeSet<String> = self.servers.keys().cloned().collect();
        let around: Arc<Around> = Arc::new(move |server: &str, tenant: &str| {
            let known = Remembered::at(&home, terminal.lang);
            // The definitions of an HTTP tool are in the operator's own file.
            let remembered = if named.contains(server) {
                known.pins(server).and_then(|pins| Ok((pins, super::others(&known, server)?)))
            } else {
                Ok(Default::default())
            };
            // The operator is told why; the client only that there is no session.
            let tell = |error: &anyhow::Error| terminal.warn(&format!("ombud: {error}"));
            let (pins, others) = remembered.inspect_err(tell).ok()?;
            let own = Own {
                outside: Arc::clone(&outside),
                purse: Arc::clone(&purse),
                shelf: Arc::clone(&left),
                sources: Arc::clone(&sources),
                known: known.clone(),
                server: server.to_owned(),
                tenant: tenant.to_owned(),
                home: home.clone(),
                terminal,
            };
            let own = Arc::new(own);
            Some(Surrounding { beside: Arc::clone(&own) as Arc<dyn Beside>, hears: own, pins, others })
        });
        let edge = Edge {
            mcp: Hub::new(self.servers, Arc::clone(&around)),
            actions: Actions::new(self.actions, around),
        };
        // It is set once, right after the gateway was created.
        let _ = gateway.edge.set(edge);
    }
}

fn action(folder: &Path, settings: &Settings, lang: Lang) -> Result<Action> {
    let path = folder.join(&settings.openapi);
    let unread = || {
        let path = path.display();
        say!(lang, en: "cannot read {path}", zh: "无法读取 {path}")
    };
    let text = std::fs::read_to_string(&path).with_context(unread)?;
    let action = Action::new(settings, &text).map_err(|unusable| anyhow::Error::msg(unusable.say(lang)));
    action.with_context(|| path.display().to_string())
}

/// The surroundings of a session in a gateway.
struct Own {
    outside: Arc<dyn Approvals>,
    purse: Arc<dyn Daily>,
    shelf: Arc<Shelf>,
    sources: Arc<Sources>,
    known: Remembered,
    server: String,
    tenant: String,
    home: PathBuf,
    terminal: Terminal,
}

impl Surroundings for Own {
    fn tell(&self, text: &str) {
        self.terminal.warn(text);
    }

    fn save(&self, pins: &Pins) {
        super::saved(&self.known, &self.server, pins, self.terminal);
    }
}

impl Beside for Own {
    fn approvals(&self) -> &dyn Approvals {
        self.outside.as_ref()
    }

    fn daily(&self) -> Option<&dyn Daily> {
        Some(self.purse.as_ref())
    }

    fn value(&self, token: &Token) -> Option<(String, bool)> {
        self.shelf.value(Some(&self.tenant), token)
    }

    fn released(&self, tool: &str, arguments: &str) -> bool {
        self.shelf.take(Some(&self.tenant), tool, arguments)
    }

    fn heard(&self, tool: &str, texts: &[&str]) {
        let origin = Origin::Tool { name: Some(tool.to_owned()), call: None };
        self.sources.heard(Some(&self.tenant), &origin, texts);
    }

    fn accepted(&self, tool: &str, definition: &str) -> bool {
        super::accepted(&self.known, &self.server, tool, definition)
    }

    fn typed(&self, command: &str) -> String {
        super::typed(command, &self.home, self.terminal)
    }
}
