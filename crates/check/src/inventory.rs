//! The components of an agent, as its source shows them: the models it calls, their prompts, the tools they can call, MCP
//! servers, and stores. Only reachable code counts.

use std::collections::{BTreeMap, BTreeSet};

use ombud_core::effect::Effect;
use ombud_core::finding::Place;

pub use crate::launch::Registry;

use crate::facts::{self, Facts, Owner, Reach, Server, Template};
use crate::launch;

/// The components found.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Models that are called, each with its location.
    pub models: Vec<Model>,
    /// Their prompts.
    pub prompts: Vec<Prompt>,
    /// Tools that they can call.
    pub tools: Vec<Tool>,
    /// MCP servers that are started or connected to.
    pub servers: Vec<McpServer>,
    /// Stores of searchable items.
    pub stores: Vec<Store>,
}

/// A model that is called.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name, if hard-coded.
    pub name: Option<String>,
    /// The environment variable that can replace it.
    pub variable: Option<String>,
    /// The provider's id, if it is a known one.
    pub provider: Option<String>,
    /// The host, if hard-coded.
    pub host: Option<String>,
    /// Whether it runs on this machine.
    pub local: bool,
    /// Where it is called.
    pub place: Place,
}

/// A prompt for a model.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// How much of its text is known.
    pub words: Words,
    /// Where it is.
    pub place: Place,
    /// Whether it is a file of its own, read by assistants.
    pub whole_file: bool,
}

/// How much of a text is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// All of it.
    All(String),
    /// All but the values inserted at run time, shown as `{}`.
    Template(String),
    /// Nothing, or too little to tell it from another.
    Unknown,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its effect class.
    pub effect: Effect,
    /// Where it is defined; for a library's tool, the location of the agent.
    pub place: Place,
    /// Whether it comes with a library.
    pub of_library: bool,
}

/// An MCP server.
#[derive(Debug, Clone)]
pub struct McpServer {
    /// Its name in the configuration.
    pub name: String,
    /// How it is started or reached.
    pub launch: Launch,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Where it is configured.
    pub place: Place,
}

/// How an MCP server is started or reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// A package is fetched and run.
    Package {
        /// From which registry.
        registry: Registry,
        /// Its name.
        name: String,
        /// The version as written, if any.
        version: Option<String>,
        /// Whether the same code is fetched every time.
        fixed: bool,
    },
    /// A program of the machine or the project is run: its name, without its folder.
    Program(String),
    /// It is reached at an address.
    Remote {
        /// Scheme and host, if hard-coded; the path is omitted since it may contain a key.
        origin: Option<String>,
        /// Whether the host is outside this machine and its network.
        far: bool,
    },
}

/// A store.
#[derive(Debug, Clone)]
pub struct Store {
    /// The product and the collection's name.
    pub name: String,
    /// The product.
    pub product: String,
    /// The host, if hard-coded.
    pub host: Option<String>,
    /// Whether the host is outside this machine and its network.
    pub far: bool,
    /// Whether it is reached through Ombud's memory edge.
    pub through_edge: bool,
    /// Whose items it holds.
    pub owner: Owner,
    /// Where it is used.
    pub places: BTreeSet<(String, u32)>,
}

/// Builds the inventory.
pub(crate) fn inventory(facts: &Facts, reach: &Reach) -> Inventory {
    Inventory {
        models: models(facts, reach),
        prompts: prompts(facts, reach),
        tools: tools(facts, reach),
        servers: facts.servers.iter().map(|server| self::server(facts, server)).collect(),
        stores: stores(facts, reach),
    }
}

fn models(facts: &Facts, reach: &Reach) -> Vec<Model> {
    let runs = |model: &&facts::Model| model.function.is_none_or(|function| reach.runs(function));
    let one = |model: &facts::Model| Model {
        name: model.known(),
        variable: model.name.as_ref().and_then(|name| name.variables().next()).map(str::to_owned),
        provider: model.recipient.provider.clone(),
        host: model.recipient.host.clone(),
        local: model.recipient.local,
        place: facts.place(model.file, model.span.clone()),
    };
    facts.models.iter().filter(runs).map(one).collect()
}

fn prompts(facts: &Facts, reach: &Reach) -> Vec<Prompt> {
    let code = facts.prompts.iter().filter(|prompt| reach.runs(prompt.function));
    let code = code.map(|prompt| Prompt {
        words: prompt.words.as_ref().map_or(Words::Unknown, words),
        place: facts.place(prompt.file, prompt.span.clone()),
        whole_file: false,
    });
    let told = facts.instructions.iter().map(|told| Prompt {
        words: Words::All(told.text(facts).to_owned()),
        place: facts.place(told.file, told.part.as_ref().map_or(0..0, |part| part.span.clone())),
        whole_file: told.part.is_none(),
    });
    code.chain(told).collect()
}

/// Converts a template; a truncated text counts as unknown.
fn words(template: &Template) -> Words {
    if template.is_cut() {
        return Words::Unknown;
    }
    match template.known() {
        Some(text) => Words::All(text.to_owned()),
        None if template.shown().trim_matches(['{', '}', ' ', '\n']).is_empty() => Words::Unknown,
        None => Words::Template(template.shown()),
    }
}

/// Returns the tools defined here, and library tools held by an agent.
fn tools(facts: &Facts, reach: &Reach) -> Vec<Tool> {
    let runs = |tool: &&facts::Tool| tool.function.is_none_or(|function| reach.runs(function));
    let own = facts.tools.iter().filter(runs).map(|tool| Tool {
        name: tool.name.clone(),
        effect: tool.effect,
        place: facts.place(tool.file, tool.span.clone()),
        of_library: false,
    });
    let mut all: Vec<Tool> = own.collect();
    for agent in &facts.agents {
        for held in agent.holds.iter().filter(|held| held.known && held.function.is_none()) {
            let place = facts.place(agent.file, agent.span.clone());
            let tool = Tool { name: held.name.clone(), effect: held.effect, place, of_library: true };
            if !all.iter().any(|other| other.name == tool.name) {
                all.push(tool);
            }
        }
    }
    all
}

fn server(facts: &Facts, server: &Server) -> McpServer {
    let program = || {
        let name = server.command.text.rsplit(['/', '\\']).next().unwrap_or_default();
        Launch::Program(name.to_owned())
    };
    let launch = match (launch::fetched(server), &server.url) {
        (Some(fetched), _) => {
            let (name, version) = fetched.parts();
            let (name, version) = (name.to_owned(), version.map(str::to_owned));
            Launch::Package { registry: fetched.registry, name, version, fixed: fetched.is_fixed() }
        }
        (None, Some(url)) => remote(&url.text),
        (None, None) => program(),
    };
    let place = facts.place(server.file, server.span.clone());
    McpServer { name: server.name.clone(), launch, disabled: server.disabled, place }
}

fn remote(url: &str) -> Launch {
    let host = facts::host_of(url);
    let far = host.as_deref().is_none_or(|host| !facts::near(host));
    let scheme = url.split_once("://").map_or("", |parts| parts.0);
    Launch::Remote { origin: host.map(|host| format!("{scheme}://{host}")), far }
}

fn stores(facts: &Facts, reach: &Reach) -> Vec<Store> {
    use facts::Deed::{Erase, Retrieve, Store as Keep};
    let mut places: BTreeMap<usize, BTreeSet<(String, u32)>> = BTreeMap::new();
    for (function, call) in reach.calls(facts) {
        for deed in &call.does {
            if let Retrieve(id) | Erase(id) | Keep(id, _) = deed {
                let place = facts.call_place(function, call);
                places.entry(*id).or_default().insert((place.path, place.line));
            }
        }
    }
    let one = |(id, places): (usize, BTreeSet<(String, u32)>)| {
        let store = facts.stores.get(id)?;
        Some(Store {
            name: store.name.clone(),
            product: store.product.clone(),
            host: store.host.clone(),
            far: store.host.as_deref().is_some_and(|host| !facts::near(host)),
            through_edge: store.through_edge,
            owner: reach.owner(facts, id),
            places,
        })
    };
    places.into_iter().filter_map(one).collect()
}
