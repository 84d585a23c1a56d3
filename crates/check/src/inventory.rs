//! What an agent is made of, as its source shows it: the models that it asks, what it tells them, the tools that they may
//! call, MCP servers, and stores. Only what can run is in it.

use std::collections::{BTreeMap, BTreeSet};

use ombud_core::effect::Effect;
use ombud_core::finding::Place;

pub use crate::launch::Registry;

use crate::facts::{self, Facts, Owner, Reach, Server, Template};
use crate::launch;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Models that are asked, each at its place.
    pub models: Vec<Model>,
    /// What they are told.
    pub prompts: Vec<Prompt>,
    /// Tools that they may call.
    pub tools: Vec<Tool>,
    /// MCP servers that are started or reached.
    pub servers: Vec<McpServer>,
    /// Stores of items that can be searched.
    pub stores: Vec<Store>,
}

/// A model that is asked.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name, where it is written out.
    pub name: Option<String>,
    /// The environment variable that can put another in its place.
    pub variable: Option<String>,
    /// The id of the provider that answers, if it is a known one.
    pub provider: Option<String>,
    /// The host that is asked, where it is written out.
    pub host: Option<String>,
    /// It stays on this machine.
    pub local: bool,
    /// Where it is asked.
    pub place: Place,
}

/// What a model is told.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// How much of it is known.
    pub words: Words,
    /// Where it stands.
    pub place: Place,
    /// It is a file of its own, for assistants that read it.
    pub whole_file: bool,
}

/// How much of a text is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// All of it.
    All(String),
    /// All but what is put in while the program runs, for which `{}` stands.
    Template(String),
    /// Nothing, or not enough to tell it from another.
    Unknown,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does to the world.
    pub effect: Effect,
    /// Where it is defined; the place of the agent for a library's tool.
    pub place: Place,
    /// It comes with a library.
    pub of_library: bool,
}

/// An MCP server.
#[derive(Debug, Clone)]
pub struct McpServer {
    /// Its name in the configuration.
    pub name: String,
    /// How it comes into being.
    pub launch: Launch,
    /// It is switched off.
    pub disabled: bool,
    /// Where it is configured.
    pub place: Place,
}

/// How an MCP server comes into being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// A package is fetched and run.
    Package {
        /// From where.
        registry: Registry,
        /// Its name.
        name: String,
        /// What stands where the version would, if anything does.
        version: Option<String>,
        /// The same is fetched every time.
        fixed: bool,
    },
    /// A program of the machine or the project is run: its name without its folder.
    Program(String),
    /// It is reached at an address.
    Remote {
        /// Scheme and host, if they are written out; a path may hold a key.
        origin: Option<String>,
        /// The host is not this machine or one of the same network.
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
    /// The host, where it is written out.
    pub host: Option<String>,
    /// The host is not this machine or one of the same network.
    pub far: bool,
    /// It is reached through Ombud's memory edge.
    pub through_edge: bool,
    /// Whose items it holds.
    pub owner: Owner,
    /// Where it is used.
    pub places: BTreeSet<(String, u32)>,
}

/// Takes stock.
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

/// A text that was cut at its end is not known.
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

/// Tools that are defined here, and those of libraries that an agent holds.
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
