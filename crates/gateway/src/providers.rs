//! The model providers Ombud knows: where their APIs are, which hosts belong to whom, in which country.
//!
//! The table is `registry/providers.json`, compiled in. `ombud.toml` may add a provider or change one. Nothing here
//! does I/O; the addresses of upstreams are put together by [`upstream_url`] and [`anthropic_url`] only.

use std::collections::BTreeMap;

use ombud_core::{Lang, Say, say};
use serde::Deserialize;

mod address;

pub use address::{AddressFault, anthropic_url, upstream_url};

/// The country of a provider of which no fact says where it processes requests.
pub const UNKNOWN_COUNTRY: &str = "unknown";

/// The id under which a server is recorded that stands in the place of providers.
const STAND_IN: &str = "upstream";

/// What stands in the place of a country for this very machine or the operator's own.
pub const LOCAL: &str = "local";

const REGISTRY: &str = include_str!("../../../registry/providers.json");

/// Somebody who answers at the model edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The id in routes (`/p/<id>/…`): small letters, digits and hyphens.
    pub id: String,
    /// The name that a person reads.
    pub name: String,
    /// How people call it beside that: the company, its models, in small letters.
    pub also: Vec<String>,
    /// What an OpenAI SDK takes as `base_url`; without a slash at its end.
    pub base: String,
    /// What an Anthropic SDK takes as `base_url`, where the provider has such an endpoint.
    pub anthropic_base: Option<String>,
    /// Exact API hosts in small letters, `host` or `host:port`.
    pub hosts: Vec<String>,
    /// Path prefixes of the host that are forwarded as they are instead of being appended to `base`.
    pub native_roots: Vec<String>,
    /// ISO 3166-1 alpha-2 (or the reserved `EU`), or [`UNKNOWN_COUNTRY`], which is never shown as safe.
    pub country: String,
    /// True if the requests stay on this machine, as far as the registry or the developer says.
    pub local: bool,
    /// Base-URL variables that SDKs read, with `{gateway}` for `http://127.0.0.1:PORT`.
    pub env: BTreeMap<String, String>,
    /// Ids of the facts about it; empty if nothing is known about retention or training.
    pub facts: Vec<String>,
    /// The path of the registry's base when the developer has put another host in its place.
    replaced_path: Option<String>,
}

impl Provider {
    /// The country of those who answer, or [`LOCAL`] where nobody says another one and the address is of this machine.
    pub fn place(&self) -> &str {
        let here = self.local || crate::upstream::is_loopback(&self.base);
        if here && self.country == UNKNOWN_COUNTRY { LOCAL } else { &self.country }
    }

    /// The variables to set for a gateway at `gateway` (`http://127.0.0.1:PORT`, no slash at its end).
    pub fn env_for<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = (&'a str, String)> {
        self.env.iter().map(move |(name, value)| (name.as_str(), value.replace("{gateway}", gateway)))
    }

    /// The paths of its bases: what a request that was addressed to the provider itself begins with.
    pub fn base_paths(&self) -> Vec<&str> {
        let bases = [Some(self.base.as_str()), self.anthropic_base.as_deref()].into_iter().flatten();
        let native = self.native_roots.iter().map(String::as_str);
        bases.map(address::path).chain(self.replaced_path.as_deref()).chain(native).collect()
    }

    /// The upstream address of a request whose target is `/p/<id>` followed by `rest` (a path, perhaps with a query).
    ///
    /// `addressed_host` is the host the client had in mind, if the start-up hook says so: the request then goes to that
    /// very host and path, provided that the host is one of this provider's. Otherwise a path of the Anthropic shape
    /// goes to the Anthropic base, a native path to the host as it is, and all else under `base`.
    pub fn upstream(&self, rest: &str, addressed_host: Option<&str>) -> Result<String, ProviderError> {
        let path = rest.split('?').next().unwrap_or_default();
        if let Some(host) = addressed_host.and_then(|host| self.own_host(host))
            && self.replaced_path.is_none()
        {
            return Ok(address::verbatim(&format!("{}://{host}", self.scheme()), rest)?);
        }
        if let Some(base) = self.anthropic_base.as_deref()
            && address::is_anthropic(base, path)
        {
            return Ok(anthropic_url(base, rest)?);
        }
        if let Some(tail) = self
            .replaced_path
            .as_deref()
            .and_then(|old| address::below(rest, old))
            .filter(|tail| !tail.is_empty())
        {
            return Ok(upstream_url(&self.base, tail)?);
        }
        if self.native_roots.iter().any(|root| address::below(path, root).is_some()) {
            return Ok(address::verbatim(address::origin(&self.base)?, rest)?);
        }
        Ok(upstream_url(&self.base, rest)?)
    }

    fn own_host(&self, host: &str) -> Option<&str> {
        let (name, full) = host_keys(host)?;
        self.hosts.iter().map(String::as_str).find(|own| *own == full || *own == name)
    }

    fn scheme(&self) -> &str {
        if self.base.starts_with("http://") { "http" } else { "https" }
    }
}

/// Whether a provider trains models on requests unless the developer objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trains {
    /// It does not.
    No,
    /// It depends on the tier, on an upstream or on a condition.
    Depends,
    /// It does.
    Yes,
    /// Nobody says; never shown as safe.
    #[default]
    Unknown,
}

/// What is known about a provider's handling of data, as of a date. Texts are for people; a missing number is unknown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ProviderFact {
    /// Id of the fact row.
    pub id: String,
    /// Days that requests are kept; `None` is unknown or not fixed.
    pub retention_days: Option<u32>,
    /// What the number leaves out.
    pub retention_note: String,
    /// Whether requests train models unless the developer objects: `yes`, `no`, `unknown` or a condition.
    pub trains_default: String,
    /// The same in one word.
    #[serde(default)]
    pub trains: Trains,
    /// Whether its terms let minors in: `excluded`, or empty where nobody knows.
    #[serde(default)]
    pub minors: String,
    /// Where requests are processed, in the source's words.
    pub region: String,
    /// How to get zero data retention.
    pub zdr: String,
    /// Where this was read.
    pub sources: Vec<String>,
    /// When.
    pub date: String,
    /// The newest day on which a source is known to have been read, `YYYY-MM-DD`; `None` counts as stale.
    #[serde(default)]
    pub checked: Option<String>,
    /// How far to trust it.
    pub confidence: String,
}

/// A change to a provider, or a new one, as `ombud.toml` states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderOverride {
    /// What an OpenAI SDK takes as `base_url`. A new provider needs it.
    pub base: Option<String>,
    /// What an Anthropic SDK takes as `base_url`.
    pub anthropic_base: Option<String>,
    /// Further API hosts, `host` or `host:port`.
    pub hosts: Vec<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// True if the developer answers for it that requests stay under their own control.
    pub local: Option<bool>,
}

/// All providers.
#[derive(Debug, Clone, PartialEq)]
pub struct Providers {
    rows: BTreeMap<String, Provider>,
    owners: BTreeMap<String, String>,
    facts: BTreeMap<String, ProviderFact>,
}

impl Providers {
    /// The table that is compiled in.
    pub fn builtin() -> Result<Self, ProviderError> {
        let registry: Registry = serde_json::from_str(REGISTRY).map_err(|_| ProviderError::Registry)?;
        let facts = registry.facts.into_iter().map(|fact| (fact.id.clone(), fact)).collect();
        let mut all = Self { rows: BTreeMap::new(), owners: BTreeMap::new(), facts };
        for row in registry.providers {
            all.insert(row.into())?;
        }
        Ok(all)
    }

    /// The provider with this id.
    pub fn by_id(&self, id: &str) -> Option<&Provider> {
        self.rows.get(id)
    }

    /// The provider to whom exactly this host belongs. Takes `host`, `host.` and `host:port`, in any case.
    pub fn by_host(&self, host: &str) -> Option<&Provider> {
        self.rows.get(self.id_of(host)?)
    }

    /// The id in routes of the provider to whom this host belongs.
    pub fn id_of(&self, host: &str) -> Option<&str> {
        let (name, full) = host_keys(host)?;
        self.owners.get(&full).or_else(|| self.owners.get(&name)).map(String::as_str)
    }

    /// The same table with one server (`http://host:port`) in everybody's place. Routes and hosts stay as they are, so a client
    /// is found whatever it wrote out, and none of them leads to the provider itself any more. Records name the server.
    pub fn all_at(mut self, server: &str) -> Result<Self, ProviderError> {
        for provider in self.rows.values_mut() {
            let moved = |base: &str| format!("{server}{}", address::path(base));
            // With it a request that tells the host that it was addressed to does not go there.
            provider.replaced_path.get_or_insert_with(|| address::path(&provider.base).to_owned());
            provider.base = moved(&provider.base);
            provider.anthropic_base = provider.anthropic_base.as_deref().map(moved);
            STAND_IN.clone_into(&mut provider.id);
            UNKNOWN_COUNTRY.clone_into(&mut provider.country);
            provider.local = false;
            provider.facts.clear();
        }
        // A child may reach the server itself through the gateway only.
        let own = server.split_once("://").map_or(server, |(_, host)| host).to_owned();
        let base = (!self.rows.contains_key(STAND_IN)).then(|| format!("{server}/v1"));
        self.with_override(
            STAND_IN,
            ProviderOverride { base, hosts: vec![own], ..ProviderOverride::default() },
        )
    }

    /// All providers, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.rows.values()
    }

    /// Every known host (`host` or `host:port`) with the id of its provider, by host.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.owners.iter().map(|(host, id)| (host.as_str(), id.as_str()))
    }

    /// What is known about a provider. An empty answer means that nothing is.
    pub fn facts_of(&self, provider: &Provider) -> Vec<&ProviderFact> {
        provider.facts.iter().filter_map(|id| self.facts.get(id)).collect()
    }

    /// The same table with one provider added or changed.
    ///
    /// A base on a host that is not the provider's own makes it somebody else: country, facts, locality and Anthropic
    /// endpoint of the old one are forgotten unless the change states them.
    pub fn with_override(mut self, id: &str, change: ProviderOverride) -> Result<Self, ProviderError> {
        let old = self.rows.remove(id);
        self.owners.retain(|_, owner| owner != id);
        let provider = changed(id, old, change)?;
        self.insert(provider)?;
        Ok(self)
    }

    fn insert(&mut self, mut provider: Provider) -> Result<(), ProviderError> {
        validate(&provider)?;
        for host in &provider.hosts {
            if let Some(owner) = self.owners.insert(host.clone(), provider.id.clone()) {
                return Err(ProviderError::HostTaken { host: host.clone(), owner });
            }
        }
        // The host of a base is the provider's own too, unless it is another's (a proxy that serves several).
        if let Some((name, full)) = address::authority(&provider.base).and_then(host_keys)
            && !self.owners.contains_key(&name)
            && !self.owners.contains_key(&full)
        {
            self.owners.insert(full.clone(), provider.id.clone());
            provider.hosts.push(full);
        }
        self.rows.insert(provider.id.clone(), provider);
        Ok(())
    }
}

/// Why a provider or an address was not taken. Addresses are not repeated in it: they may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The table that is compiled in cannot be read.
    #[error("{}", self.say(Lang::En))]
    Registry,
    /// An id is not made of small letters, digits and hyphens.
    #[error("{}", self.say(Lang::En))]
    Id,
    /// A new provider has no base.
    #[error("{}", self.say(Lang::En))]
    NoBase {
        /// Id of the provider.
        id: String,
    },
    /// A host is not a plain host name.
    #[error("{}", self.say(Lang::En))]
    Host {
        /// Id of the provider.
        id: String,
    },
    /// A country is not a code.
    #[error("{}", self.say(Lang::En))]
    Country {
        /// Id of the provider.
        id: String,
    },
    /// A host belongs to two providers.
    #[error("{}", self.say(Lang::En))]
    HostTaken {
        /// The host.
        host: String,
        /// The provider who has it.
        owner: String,
    },
    /// A base or a path cannot be used.
    #[error(transparent)]
    Address(#[from] AddressFault),
}

impl Say for ProviderError {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Registry => say!(lang,
                en: "The provider table inside this binary is damaged. Install Ombud again.",
                zh: "程序内置的供应商表已损坏。请重新安装 Ombud。"),
            Self::Id => say!(lang,
                en: "A provider id may have small letters, digits and hyphens only (40 at most). Rename the table [providers.<id>] in ombud.toml.",
                zh: "供应商 id 只能用小写字母、数字和连字符（最多 40 个）。请修改 ombud.toml 中 [providers.<id>] 的名称。"),
            Self::NoBase { id } => say!(lang,
                en: "Provider `{id}` is not known, so it needs its address. Add to ombud.toml, under [providers.{id}]: base = \"https://…/v1\"",
                zh: "不认识供应商“{id}”，需要写明地址。请在 ombud.toml 的 [providers.{id}] 下加上：base = \"https://…/v1\""),
            Self::Host { id } => say!(lang,
                en: "A host of provider `{id}` is not a plain host name. In ombud.toml write hosts = [\"api.example.com\"], without https:// and without a path.",
                zh: "供应商“{id}”的某个主机名不正确。请在 ombud.toml 中写成 hosts = [\"api.example.com\"]，不带 https:// 和路径。"),
            Self::Country { id } => say!(lang,
                en: "The country of provider `{id}` is not a two-letter code. In ombud.toml write country = \"CN\", or leave it out if it is not known.",
                zh: "供应商“{id}”的国家不是两位代码。请在 ombud.toml 中写成 country = \"CN\"；不清楚就删去这一行。"),
            Self::HostTaken { host, owner } => say!(lang,
                en: "The host {host} belongs to provider `{owner}` already. Remove it from ombud.toml, or change [providers.{owner}] instead.",
                zh: "主机 {host} 已属于供应商“{owner}”。请从 ombud.toml 中删去它，或改为修改 [providers.{owner}]。"),
            Self::Address(fault) => fault.say(lang),
        }
    }
}

#[derive(Deserialize)]
struct Registry {
    providers: Vec<Row>,
    facts: Vec<ProviderFact>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    #[serde(default)]
    also: Vec<String>,
    facts: Vec<String>,
    api: Api,
}

#[derive(Deserialize)]
struct Api {
    base: String,
    anthropic_base: Option<String>,
    hosts: Vec<String>,
    #[serde(default)]
    native_roots: Vec<String>,
    country: String,
    #[serde(default)]
    local: bool,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

impl From<Row> for Provider {
    fn from(row: Row) -> Self {
        let Row { id, name, also, facts, api } = row;
        let Api { base, anthropic_base, hosts, native_roots, country, local, env } = api;
        Self {
            id,
            name,
            also,
            base,
            anthropic_base,
            hosts,
            native_roots,
            country,
            local,
            env,
            facts,
            replaced_path: None,
        }
    }
}

fn changed(id: &str, old: Option<Provider>, change: ProviderOverride) -> Result<Provider, ProviderError> {
    let trim = |base: String| base.trim_end_matches('/').to_owned();
    let mut provider = match (old, change.base.map(trim)) {
        (None, None) => return Err(ProviderError::NoBase { id: id.to_owned() }),
        (None, Some(base)) => nobody(id, base),
        (Some(old), None) => old,
        (Some(old), Some(base)) => rebased(old, base),
    };
    for host in change.hosts {
        let (_, host) = host_keys(&host).ok_or_else(|| ProviderError::Host { id: id.to_owned() })?;
        if !provider.hosts.contains(&host) {
            provider.hosts.push(host);
        }
    }
    provider.anthropic_base = change.anthropic_base.map(trim).or(provider.anthropic_base);
    provider.country = change.country.unwrap_or(provider.country);
    provider.local = change.local.unwrap_or(provider.local);
    Ok(provider)
}

/// A provider of whom only the address is known.
fn nobody(id: &str, base: String) -> Provider {
    Provider {
        id: id.to_owned(),
        name: id.to_owned(),
        also: Vec::new(),
        base,
        anthropic_base: None,
        hosts: Vec::new(),
        native_roots: Vec::new(),
        country: UNKNOWN_COUNTRY.to_owned(),
        local: false,
        env: BTreeMap::new(),
        facts: Vec::new(),
        replaced_path: None,
    }
}

/// `old` at another base. On a foreign host, what was known about the old one no longer holds.
fn rebased(old: Provider, base: String) -> Provider {
    let own = address::authority(&base).is_some_and(|host| old.own_host(host).is_some());
    if own {
        return Provider { base, ..old };
    }
    let replaced_path = old.replaced_path.or_else(|| Some(address::path(&old.base).to_owned()));
    Provider {
        name: old.name,
        also: old.also,
        hosts: old.hosts,
        native_roots: old.native_roots,
        env: old.env,
        replaced_path,
        ..nobody(&old.id, base)
    }
}

fn validate(provider: &Provider) -> Result<(), ProviderError> {
    let id = || provider.id.clone();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if provider.id.is_empty() || provider.id.len() > 40 || !provider.id.bytes().all(plain) {
        return Err(ProviderError::Id);
    }
    address::origin(&provider.base)?;
    if let Some(base) = &provider.anthropic_base {
        address::origin(base)?;
    }
    let code = provider.country.len() == 2 && provider.country.bytes().all(|byte| byte.is_ascii_uppercase());
    if !code && provider.country != UNKNOWN_COUNTRY {
        return Err(ProviderError::Country { id: id() });
    }
    if provider.hosts.iter().any(|host| host_keys(host).is_none_or(|(_, full)| full != *host)) {
        return Err(ProviderError::Host { id: id() });
    }
    Ok(())
}

/// A host in its two spellings, without and with its port, in small letters and without a dot at the end. `None` if it
/// is no host name, IPv4 address or bracketed IPv6 address.
fn host_keys(host: &str) -> Option<(String, String)> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse::<u16>().ok()?)),
        _ => (host, None),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let valid = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && name.len() <= 253
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
    };
    let full = port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
    valid.then_some((name, full))
}

#[cfg(test)]
mod tests;
