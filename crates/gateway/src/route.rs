//! Where a request goes, and over which wire.

use std::sync::Mutex;

use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::gateway::Gateway;
use crate::lock::locked;
use crate::providers::Provider;
use crate::refusal::Refusal;
use crate::wire::{Dialect, Wire};

/// A request's route.
#[derive(Debug)]
pub struct Route<'g> {
    /// The provider that responds.
    pub provider: &'g Provider,
    /// The upstream address.
    pub url: String,
    /// The wire; `None` if the operator lets this path pass unread.
    pub wire: Option<Wire>,
    /// Whose errors the client expects.
    pub dialect: Dialect,
}

/// Cache of the last request's route, which is nearly always that of the next: its address is built and checked only once.
#[derive(Default)]
pub struct Last(Mutex<Option<Known>>);

struct Known {
    of: Of<Method, String, HeaderValue>,
    provider: String,
    url: String,
    wire: Option<Wire>,
}

/// Everything that a route depends on: method, target, the host that the client meant, and the dialect.
type Of<M, T, H> = (M, T, Option<H>, Dialect);

impl Last {
    /// Finds the route of a request.
    pub fn find<'g>(
        &self,
        gateway: &'g Gateway,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Route<'g>, Refusal> {
        let dialect = dialect(method, uri, headers);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let addressed = headers.get("x-ombud-host");
        if let Some(Known { of, provider, url, wire }) = &*locked(&self.0)
            && (&of.0, of.1.as_str(), of.2.as_ref(), of.3) == (method, target, addressed, dialect)
            && let Some(provider) = gateway.config.providers.by_id(provider)
        {
            return Ok(Route { provider, url: url.clone(), wire: *wire, dialect });
        }
        let route = find(gateway, method, uri, headers, (dialect, target))?;
        let of = (method.clone(), target.to_owned(), addressed.cloned(), dialect);
        let (provider, url) = (route.provider.id.clone(), route.url.clone());
        *locked(&self.0) = Some(Known { of, provider, url, wire: route.wire });
        Ok(route)
    }
}

/// The dialect for error responses, before anything else is known.
pub fn dialect(method: &Method, uri: &Uri, headers: &HeaderMap) -> Dialect {
    match Wire::pick(method.as_str(), uri.path()).and_then(Wire::dialect) {
        Some(dialect) => dialect,
        // Both SDKs list models at the same path.
        None if headers.contains_key("anthropic-version") => Dialect::Anthropic,
        None => Dialect::OpenAi,
    }
}

/// Determines the route of a request: `/p/<provider>/…` names a provider, everything else goes to the default of its
/// dialect.
fn find<'g>(
    gateway: &'g Gateway,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    (dialect, target): (Dialect, &str),
) -> Result<Route<'g>, Refusal> {
    let (provider, rest) = match target.strip_prefix("/p/") {
        Some(named) => {
            let end = named.find(['/', '?']).unwrap_or(named.len());
            let (id, rest) = named.split_at(end);
            let provider =
                gateway.config.providers.by_id(id).ok_or_else(|| Refusal::Provider(printable(id)))?;
            (provider, if rest.is_empty() { "/" } else { rest })
        }
        None => (gateway.default_provider(dialect)?, target),
    };
    let wire = Wire::pick_below(method.as_str(), uri.path(), &provider.base_paths());
    // An entry that consists only of `/` would open every path.
    let passes = |end: &String| {
        let end = end.trim_end_matches('/');
        !end.is_empty() && uri.path().trim_end_matches('/').ends_with(end)
    };
    if wire.is_none() && !gateway.config.pass.iter().any(passes) {
        let path = printable(uri.path());
        let posted = Wire::pick("POST", uri.path()).is_some();
        return Err(if posted { Refusal::Method(path) } else { Refusal::Path(path) });
    }
    let addressed = headers.get("x-ombud-host").and_then(|host| host.to_str().ok());
    let url = provider.upstream(rest, addressed).map_err(Refusal::Address)?;
    Ok(Route { provider, url, wire, dialect })
}

/// A piece of a path for an error: short, and without the query, which could hold data.
fn printable(path: &str) -> String {
    let kept: String = path.chars().filter(|ch| !ch.is_control()).take(80).collect();
    kept.split('?').next().unwrap_or_default().to_owned()
}
