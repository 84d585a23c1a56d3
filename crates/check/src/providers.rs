//! What is known of model providers, as the caller hands it in.

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// The name that a person reads.
    pub name: String,
    /// How people call it beside that: the company, its models, in small letters.
    pub also: Vec<String>,
    /// Hosts of its API, `host` or `host:port`, in small letters.
    pub hosts: Vec<String>,
    /// ISO 3166-1 alpha-2, or `unknown`.
    pub country: String,
    /// Requests stay on this machine.
    pub local: bool,
    /// Whether it trains on what it receives unless the developer objects: `yes`, `no`, a condition, or `unknown`.
    pub trains: String,
    /// Its terms exclude services for minors.
    pub no_minors: bool,
    /// Variables that `ombud run` sets for it, and the path of the provider's own address that they stand for: `/v1`.
    pub bases: Vec<(String, String)>,
}

/// All providers.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    all: Vec<Provider>,
}

impl Providers {
    /// A table of providers.
    pub fn new(all: Vec<Provider>) -> Self {
        Self { all }
    }

    /// The provider with this id.
    pub fn by_id(&self, id: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.id == id)
    }

    /// The provider whose API is at a host, with or without its port.
    pub fn by_host(&self, host: &str) -> Option<&Provider> {
        let name = host.rsplit_once(':').map_or(host, |parts| parts.0);
        let at =
            |wanted: &str| self.all.iter().find(|provider| provider.hosts.iter().any(|own| own == wanted));
        at(host).or_else(|| at(name))
    }

    /// Every host.
    pub fn hosts(&self) -> Vec<&str> {
        self.all.iter().flat_map(|provider| provider.hosts.iter().map(String::as_str)).collect()
    }
}
