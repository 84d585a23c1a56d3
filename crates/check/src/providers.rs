//! Known model providers, as passed in by the caller.

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Other names for it: the company, its models, in lower case.
    pub also: Vec<String>,
    /// Hosts of its API, `host` or `host:port`, in lower case.
    pub hosts: Vec<String>,
    /// ISO 3166-1 alpha-2, or `unknown`.
    pub country: String,
    /// Whether requests stay on this machine.
    pub local: bool,
    /// Whether it trains on what it receives unless the developer opts out: `yes`, `no`, a condition, or `unknown`.
    pub trains: String,
    /// Whether its terms exclude services for minors.
    pub no_minors: bool,
    /// Variables that `ombud run` sets for it, each with the path that its base URL includes: `/v1`.
    pub bases: Vec<(String, String)>,
}

/// All providers.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    all: Vec<Provider>,
}

impl Providers {
    /// Creates a table of providers.
    pub fn new(all: Vec<Provider>) -> Self {
        Self { all }
    }

    /// Returns the provider with this id.
    pub fn by_id(&self, id: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.id == id)
    }

    /// Returns the provider whose API is at a host, with or without its port.
    pub fn by_host(&self, host: &str) -> Option<&Provider> {
        let name = host.rsplit_once(':').map_or(host, |parts| parts.0);
        let at =
            |wanted: &str| self.all.iter().find(|provider| provider.hosts.iter().any(|own| own == wanted));
        at(host).or_else(|| at(name))
    }

    /// Returns all hosts.
    pub fn hosts(&self) -> Vec<&str> {
        self.all.iter().flat_map(|provider| provider.hosts.iter().map(String::as_str)).collect()
    }
}
