//! The model providers that Ombud knows: where their APIs are, which hosts belong to them, and in which country they are.
//!
//! The table is `registry/providers.json`, compiled in. `ombud.toml` may add or change a provider. Nothing here does I/O;
//! upstream addresses are built only by [`upstream_url`] and [`anthropic_url`].

use std::collections::BTreeMap;

use ombud_core::{Lang, Say, say};
use serde::Deserialize;

mod address;

pub use address::{AddressFault, anthropic_url, upstream_url};

/// The country of a provider for which no fact says where it processes requests.
pub const UNKNOWN_COUNTRY: &str = "unknown";

/// The id recorded for a server that replaces all providers.
const STAND_IN: &str = "upstream";

/// Replaces the country for this machine or one of the operator's own.
pub const LOCAL: &str = "local";

const REGISTRY: &str = include_str!("../../../registry/providers.json");

/// A service that responds at the model edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The id in routes (`/p/<id>/…`): lower-case letters, digits and hyphens.
    pub id: String,
    /// The display name.
    pub name: String,
    /// Other names in use, such as the company or its models, in lower case.
    pub also: Vec<String>,
    /// What an OpenAI SDK takes as `base_url`, without a trailing slash.
    pub base: String,
    /// What an Anthropic SDK takes as `base_url`, where the provider has such an endpoint.
    pub anthropic_base: Option<String>,
    /// Exact API hosts in lower case, `host` or `host:port`.
    pub hosts: Vec<String>,
    /// Path prefixes on the host that are forwarded unchanged instead of being appended to `base`.
    pub native_roots: Vec<String>,
    /// ISO 3166-1 alpha-2 (or the reserved `EU`), or [`UNKNOWN_COUNTRY`], which is never shown as safe.
    pub country: String,
    /// True if the requests stay on this machine, as far as the registry or the developer says.
    pub local: bool,
    /// Base-URL variables that SDKs read, with `{gateway}` for `http://127.0.0.1:PORT`.
    pub env: BTreeMap<String, String>,
    /// Ids of the facts about it; empty if nothing is known about retention or training.
    pub facts: Vec<String>,
    /// The path of the registry's base, if the developer has replaced the host.
    replaced_path: Option<String>,
}

impl Provider {
    /// The provider's country, or [`LOCAL`] if none is stated and the address is on this machine.
    pub fn place(&self) -> &str {
        let here = self.local || crate::upstream::is_loopback(&self.base);
        if here && self.country == UNKNOWN_COUNTRY { LOCAL } else { &self.country }
    }

    /// The variables to set for a gateway at `gateway` (`http://127.0.0.1:PORT`, without a trailing slash).
    pub fn env_for<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = (&'a str, String)> {
        self.env.iter().map(move |(name, value)| (name.as_str(), value.replace("{gateway}", gateway)))
    }

    /// The paths of its bases, with which a request addressed to the provider itself begins.
    pub fn base_paths(&self) -> Vec<&str> {
        let bases = [Some(self.base.as_str()), self.anthropic_base.as_deref()].into_iter().flatten();
        let native = self.native_roots.iter().map(String::as_str);
        bases.map(address::path).chain(self.replaced_path.as_deref()).chain(native).collect()
    }

    /// The upstream address of a request whose target is `/p/<id>` followed by `rest` (a path, perhaps with a query).
    ///
    /// `addressed_host` is the host the client meant, if the start-up hook reports it: the request then goes to exactly
    /// that host and path, provided that the host is one of this provider's. Otherwise a path of the Anthropic form goes to
    /// the Anthropic base, a native path to the host unchanged, and everything else below `base`.
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

/// Whether a provider trains models on requests unless the developer opts out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trains {
    /// It does not.
    No,
    /// It depends on the tier, on an upstream or on a condition.
    Depends,
    /// It does.
    Yes,
    /// Not stated; never shown as safe.
    #[default]
    Unknown,
}

/// What is known about a provider's handling of data, as of a date. Texts are for people; a missing number means unknown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ProviderFact {
    /// Id of the fact row.
    pub id: String,
    /// Days that requests are kept; `None` means unknown or not fixed.
    pub retention_days: Option<u32>,
    /// What the number does not cover.
    pub retention_note: String,
    /// Whether requests train models unless the developer opts out: `yes`, `no`, `unknown` or a condition.
    pub trains_default: String,
    /// The same in one word.
    #[serde(default)]
    pub trains: Trains,
    /// Whether its terms admit minors: `excluded`, or empty where that is unknown.
    #[serde(default)]
    pub minors: String,
    /// Where requests are processed, in the source's words.
    pub region: String,
    /// How to get zero data retention.
    pub zdr: String,
    /// The sources.
    pub sources: Vec<String>,
    /// The date of this information.
    pub date: String,
    /// The newest day on which a source is known to have been read, `YYYY-MM-DD`; `None` counts as stale.
    #[serde(default)]
    pub checked: Option<String>,
    /// How reliable it is.
    pub confidence: String,
}

/// A change to a provider, or a new one, as stated in `ombud.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderOverride {
    /// What an OpenAI SDK takes as `base_url`. Required for a new provider.
    pub base: Option<String>,
    /// What an Anthropic SDK takes as `base_url`.
    pub anthropic_base: Option<String>,
    /// Additional API hosts, `host` or `host:port`.
    pub hosts: Vec<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// True if the developer vouches that requests stay under their own control.
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
    /// The compiled-in table.
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

    /// The provider that owns exactly this host. Takes `host`, `host.` and `host:port`, in any case.
    pub fn by_host(&self, host: &str) -> Option<&Provider> {
        self.rows.get(self.id_of(host)?)
    }

    /// The id, as used in routes, of the provider that owns this host.
    pub fn id_of(&self, host: &str) -> Option<&str> {
        let (name, full) = host_keys(host)?;
        self.owners.get(&full).or_else(|| self.owners.get(&name)).map(String::as_str)
    }

    /// Replaces every provider by one server (`http://host:port`). Routes and hosts stay, so a client is served whichever
    /// address it uses, but none of them leads to the provider itself any more. Records name the server.
    pub fn all_at(mut self, server: &str) -> Result<Self, ProviderError> {
        for provider in self.rows.values_mut() {
            let moved = |base: &str| format!("{server}{}", address::path(base));
            // This keeps a request that reports the host it was addressed to from going there.
            provider.replaced_path.get_or_insert_with(|| address::path(&provider.base).to_owned());
            provider.base = moved(&provider.base);
            provider.anthropic_base = provider.anthropic_base.as_deref().map(moved);
            STAND_IN.clone_into(&mut provider.id);
            UNKNOWN_COUNTRY.clone_into(&mut provider.country);
            provider.local = false;
            provider.facts.clear();
        }
        // A child process may reach the server itself only through the gateway.
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

    /// What is known about a provider; empty if nothing is.
    pub fn facts_of(&self, provider: &Provider) -> Vec<&ProviderFact> {
        provider.facts.iter().filter_map(|id| self.facts.get(id)).collect()
    }

    /// Adds or changes one provider.
    ///
    /// A base on a host that is not the provider's own makes it a different service: country, facts, locality and Anthropic
    /// endpoint of the old one are dropped unless the change states them.
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
        // The host of a base belongs to the provider too, unless another one owns it (a proxy that serves several).
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

/// Why a provider or an address was rejected. Addresses are not repeated in the message: they may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The compiled-in table cannot be read.
    #[error("{}", self.say(Lang::En))]
    Registry,
    /// An id contains more than lower-case letters, digits and hyphens.
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
    /// A country is not a two-letter code.
    #[error("{}", self.say(Lang::En))]
    Country {
        /// Id of the provider.
        id: String,
    },
    /// A host is claimed by two providers.
    #[error("{}", self.say(Lang::En))]
    HostTaken {
        /// The host.
        host: String,
        /// The provider that has it.
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
                en: "the provider table inside this binary is damaged. Reinstall Ombud",
                zh: "程序内置的服务商表已损坏。请重新安装 Ombud"),
            Self::Id => say!(lang,
                en: "a provider id may contain only lower-case letters, digits and hyphens (at most 40). Rename the table [providers.<id>] in ombud.toml",
                zh: "服务商 id 只能用小写字母、数字和连字符（最多 40 个）。请修改 ombud.toml 中 [providers.<id>] 的名称"),
            Self::NoBase { id } => say!(lang,
                en: "provider `{id}` is unknown, so its address is required. Add to ombud.toml, under [providers.{id}]: base = \"https://…/v1\"",
                zh: "不认识服务商“{id}”，需要写明地址。请在 ombud.toml 的 [providers.{id}] 下加上：base = \"https://…/v1\""),
            Self::Host { id } => say!(lang,
                en: "a host of provider `{id}` is not a plain host name. In ombud.toml, write hosts = [\"api.example.com\"], without https:// or a path",
                zh: "服务商“{id}”的某个主机名不正确。请在 ombud.toml 中写成 hosts = [\"api.example.com\"]，不带 https:// 和路径"),
            Self::Country { id } => say!(lang,
                en: "the country of provider `{id}` is not a two-letter code. In ombud.toml, write country = \"CN\", or leave it out if unknown",
                zh: "服务商“{id}”的国家不是两位代码。请在 ombud.toml 中写成 country = \"CN\"；不清楚就删去这一行"),
            Self::HostTaken { host, owner } => say!(lang,
                en: "the host {host} already belongs to provider `{owner}`. Remove it from ombud.toml, or change [providers.{owner}] instead",
                zh: "主机 {host} 已属于服务商“{owner}”。请从 ombud.toml 中删去它，或改为修改 [providers.{owner}]"),
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

/// A provider of which only the address is known.
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

/// `old` at another base. On a third-party host, what was known about the old one no longer holds.
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

/// A host in its two spellings, without and with its port, in lower case and without a trailing dot. `None` if it is not a
/// host name, IPv4 address or bracketed IPv6 address.
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
