//! The proxy that the user already had (very common where providers are reached through one), and the hosts it is not for.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ombud_core::host::is_loopback;

use super::TunnelError;
use super::head::authority;

/// An HTTP proxy to go through.
#[derive(Clone, PartialEq, Eq)]
pub struct ParentProxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl fmt::Debug for ParentProxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ParentProxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl ParentProxy {
    /// Parses `http://[user:password@]host[:port]`, also without `http://`, as found in the variables.
    pub fn parse(url: &str) -> Result<Self, TunnelError> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) => return Err(TunnelError::ParentScheme { scheme: known_scheme(scheme) }),
            None => url,
        };
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (credential, address) =
            rest.rsplit_once('@').map_or((None, rest), |(credential, address)| (Some(credential), address));
        let (host, port) = authority(address, Some(80)).ok_or(TunnelError::ParentAddress)?;
        Ok(Self { host, port, authorization: credential.map(|text| basic(&unescape(text))) })
    }
}

/// What the environment says about proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parents {
    /// For tunnels (`HTTPS_PROXY`).
    pub secure: Option<ParentProxy>,
    /// For plain HTTP (`HTTP_PROXY`).
    pub plain: Option<ParentProxy>,
    /// Hosts that neither is for (`NO_PROXY`).
    pub exempt: NoProxy,
}

impl Parents {
    /// Reads the variables through `lookup`, lower case before upper case, and `ALL_PROXY` where the scheme's own variable
    /// is absent.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, TunnelError> {
        let read = |name: &str| {
            [name.to_ascii_lowercase(), name.to_ascii_uppercase()]
                .iter()
                .find_map(|name| lookup(name).filter(|value| !value.trim().is_empty()))
        };
        let proxy = |name: &str| {
            read(name).or_else(|| read("all_proxy")).map(|url| ParentProxy::parse(url.trim())).transpose()
        };
        Ok(Self {
            secure: proxy("https_proxy")?,
            plain: proxy("http_proxy")?,
            exempt: NoProxy::parse(&read("no_proxy").unwrap_or_default()),
        })
    }

    /// The proxy for a target. This machine is never reached through one, whatever the variables say.
    pub(super) fn for_target(&self, host: &str, port: u16, secure: bool) -> Option<&ParentProxy> {
        let proxy = if secure { self.secure.as_ref() } else { self.plain.as_ref() };
        proxy.filter(|_| !is_loopback(host) && !self.exempt.covers(host, port))
    }
}

/// Hosts that are reached directly: `*`, `example.com` and `.example.com` (including subdomains), `host:port`, addresses
/// and IPv4 networks (`10.0.0.0/8`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<String>);

impl NoProxy {
    /// Parses a list in the format of `NO_PROXY`. An invalid entry covers nothing.
    pub fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase());
        Self(entries.filter(|entry| !entry.is_empty()).collect())
    }

    /// True if `host` is to be reached directly.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|entry| covers(entry, host, port))
    }
}

fn covers(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" || in_network(entry, host) {
        return true;
    }
    let (name, only) = match entry.rsplit_once(':') {
        // More than one colon is an IPv6 address.
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => match digits.parse::<u16>() {
            Ok(only) => (name, Some(only)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    if only.is_some_and(|only| only != port) {
        return false;
    }
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    !name.is_empty()
        && host
            .strip_suffix(name)
            .is_some_and(|below| below.is_empty() || below.ends_with('.') && host.parse::<IpAddr>().is_err())
}

fn in_network(entry: &str, host: &str) -> bool {
    let Some((network, bits)) = entry.split_once('/') else { return false };
    let (Ok(network), Ok(host), Ok(bits)) =
        (network.parse::<std::net::Ipv4Addr>(), host.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>())
    else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
    bits <= 32 && network.to_bits() & mask == host.to_bits() & mask
}

/// The value of a `Basic` authorization.
pub(super) fn basic(credential: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode(credential))
}

/// Percent-decoding of the user name and password of a proxy URL.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let value = (byte == b'%')
            .then(|| digit(ahead.next()).zip(digit(ahead.next())))
            .flatten()
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        if value.is_some() {
            bytes = ahead;
        }
        plain.push(value.unwrap_or(byte));
    }
    plain
}

/// The scheme for an error message: only what cannot be a misplaced secret is repeated.
fn known_scheme(scheme: &str) -> &'static str {
    ["https", "socks4", "socks4a", "socks5", "socks5h"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(scheme))
        .unwrap_or("?")
}
