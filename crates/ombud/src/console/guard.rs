//! What a browser may request. A page on the internet can make the browsers of its readers send requests to loopback,
//! directly or after pointing its own name there (DNS rebinding). So Ombud's own interface responds only to names it knows,
//! and only to its own page; the edges respond only to pages on this machine. Programs that are not browsers send neither
//! `Origin` nor `Sec-Fetch-Site` and are not affected.
//!
//! A page under a name that was pointed here sends neither of the two with a simple GET (a browser adds `Sec-Fetch-Site`
//! only for https and loopback). Only the name gives it away. So where the edges require no key, which such a page would
//! not have, they respond to no name that anybody on the internet could own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ombud_core::{Lang, say};
use ombud_gateway::server::Door;
use serde_json::json;

/// What the console and the interface may load in a browser: only what is listed, all of it from here.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// What the guard knows.
#[derive(Clone)]
pub(crate) struct Guard {
    /// Names under which this machine is reached, besides `localhost` and IP addresses; lower case, without port.
    hosts: Arc<[String]>,
    /// Whether the edges require no key.
    open: bool,
    lang: Lang,
}

/// Suffixes of names that nobody can own on the internet (RFC 6761, RFC 6762, RFC 8375, and `.internal` by ICANN, 2024).
const PRIVATE: &[&str] = &[".localhost", ".test", ".local", ".home.arpa", ".internal", ".lan"];

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refused {
    Host(String),
    Origin(String),
}

impl Guard {
    /// A guard for these names.
    pub(crate) fn new(hosts: &[String], lang: Lang) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(), open: false, lang }
    }

    /// The same in front of edges that require no key.
    #[must_use]
    pub(crate) fn open(self, open: bool) -> Self {
        Self { open, ..self }
    }

    fn judge(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        let host =
            text(headers, &header::HOST).or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
        let own = is_own(uri.path());
        let borrowed = |host| !self.knows(host) && !is_private(host);
        if own && !host.is_some_and(|host| self.knows(host)) || self.open && host.is_some_and(borrowed) {
            return Err(Refused::Host(host.unwrap_or_default().to_owned()));
        }
        match text(headers, &header::ORIGIN) {
            Some(origin) if own && !is_same(origin, host.unwrap_or_default()) => {
                return Err(Refused::Origin(origin.to_owned()));
            }
            Some(origin) if !own && !self.is_near(origin) => return Err(Refused::Origin(origin.to_owned())),
            _ => {}
        }
        let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
        let foreign = matches!(site, Some("cross-site" | "same-site"));
        // Following a link to the console is harmless: it loads the page and no data.
        let follows = is_console(uri.path())
            && text(headers, &HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
        if foreign && own && !follows {
            return Err(Refused::Origin(site.unwrap_or_default().to_owned()));
        }
        // A form or an image of a foreign page comes without `Origin` if the browser leaves it out.
        if site == Some("cross-site") && !own && headers.get(header::ORIGIN).is_none() {
            return Err(Refused::Origin("cross-site".to_owned()));
        }
        Ok(())
    }

    /// Where a request goes. The routes of the interface do their own check, so that their responses get the headers.
    pub(crate) fn door(&self, uri: &Uri, headers: &HeaderMap) -> Door {
        if is_own(uri.path()) {
            return Door::Routes;
        }
        self.judge(uri, headers).map_or_else(|refused| Door::Closed(self.refusal(&refused)), |()| Door::Edge)
    }

    /// Whether a host is known. An IP address is what it says: unlike a name, it cannot be pointed elsewhere.
    fn knows(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else { return false };
        name == "localhost" || name.parse::<IpAddr>().is_ok() || self.hosts.contains(&name)
    }

    /// Whether an origin is a page on this machine or under one of its names.
    fn is_near(&self, origin: &str) -> bool {
        let Some(name) = authority(origin).and_then(name_of) else { return false };
        let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        name == "localhost" || loopback || self.hosts.contains(&name)
    }

    fn refusal(&self, refused: &Refused) -> Response {
        let lang = self.lang;
        let (code, message) = match refused {
            Refused::Host(host) => (
                "ombud_unknown_host",
                say!(lang,
                en: "this gateway does not accept the name `{host}`, so that a page on another site cannot reach it under a name of its own. Use 127.0.0.1 or localhost, or add the name under [serve] in ombud.toml: hosts = [\"…\"]",
                zh: "此网关不接受以 `{host}` 为主机名的访问，以防其他网站的网页借自己的域名访问它。请使用 127.0.0.1 或 localhost，或在 ombud.toml 的 [serve] 下加入 hosts = [\"…\"]"),
            ),
            Refused::Origin(origin) => (
                "ombud_foreign_origin",
                say!(lang,
                en: "this request came from a page of another site ({origin}); only Ombud's own pages may make it",
                zh: "该请求来自其他网站的页面（{origin}）；此处只接受 Ombud 自己的页面发来的请求"),
            ),
        };
        let body = json!({ "code": code, "message": message, "error": { "code": code, "type": "forbidden", "message": message } });
        (StatusCode::FORBIDDEN, Json(body)).into_response()
    }
}

/// Checks a request before anything else does, and sets the headers for what browsers show.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let own = is_own(request.uri().path());
    let mut response = match guard.judge(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => guard.refusal(&refused),
    };
    if own {
        for (name, value) in HEADERS {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    response
}

/// Whether a name belongs to a private network, such as `ombud` or `host.docker.internal`.
fn is_private(host: &str) -> bool {
    name_of(host).is_some_and(|name| !name.contains('.') || PRIVATE.iter().any(|end| name.ends_with(end)))
}

fn is_console(path: &str) -> bool {
    path == "/console" || path.starts_with("/console/")
}

/// Whether a path belongs to Ombud's own interface, as opposed to the edges.
fn is_own(path: &str) -> bool {
    is_console(path) || path == "/api" || path.starts_with("/api/")
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // A value that is not text is neither ours nor absent.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The part after the scheme of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

/// Whether an origin is a page of the requested host.
fn is_same(origin: &str, host: &str) -> bool {
    authority(origin).is_some_and(|authority| !authority.is_empty() && authority.eq_ignore_ascii_case(host))
}

/// The name in `host`, `host:port` or `[v6]:port`, in lower case.
fn name_of(host: &str) -> Option<String> {
    let authority: axum::http::uri::Authority = host.parse().ok()?;
    let port = authority.as_str().strip_prefix(authority.host())?;
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    Some(name.trim_end_matches('.').to_ascii_lowercase()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(&["Gate.Example.com".to_owned()], Lang::En)
    }

    #[test]
    fn a_name_that_anybody_may_have_reaches_no_edge_without_a_key() {
        let ask = |open: bool, host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            guard().open(open).judge(&"/t/crm/customers".parse().unwrap(), &headers)
        };
        for host in ["evil.example:8787", "127.0.0.1.evil.example", "xlocalhost.example", "a@b.example"] {
            assert!(ask(true, host).is_err(), "{host}");
            // With the key, any name will do.
            assert_eq!(ask(false, host), Ok(()), "{host}");
        }
        for host in [
            "127.0.0.1:8787",
            "[::1]:8787",
            "localhost:8787",
            "192.168.1.5",
            "gate.example.com",
            "ombud:8787",
            "host.docker.internal:8787",
            "agent.localhost",
            "ombud.agents.svc.cluster.local",
        ] {
            assert_eq!(ask(true, host), Ok(()), "{host}");
        }
        let none = guard().open(true).judge(&"/v1/models".parse().unwrap(), &HeaderMap::new());
        assert_eq!(none, Ok(()), "a browser always names its host");
    }

    fn judged(path: &str, headers: &[(&'static str, &str)]) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        guard().judge(&path.parse().unwrap(), &map)
    }

    #[test]
    fn only_known_names_reach_the_interface() {
        for host in [
            "127.0.0.1:8787",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8787",
            "10.1.2.3:80",
            "gate.example.com",
            "gate.example.com.:443",
        ] {
            for path in ["/console", "/console/console.js", "/api/v1/scan", "/api/openapi.json"] {
                assert_eq!(judged(path, &[("host", host)]), Ok(()), "{host} {path}");
            }
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "a@127.0.0.1",
            "",
            "127.0.0.1:x",
            "x y",
        ] {
            assert!(judged("/api/v1/scan", &[("host", host)]).is_err(), "{host}");
            assert!(judged("/console", &[("host", host)]).is_err(), "{host}");
        }
        assert!(judged("/api/v1/scan", &[]).is_err());
        assert_eq!(judged("/v1/chat/completions", &[("host", "gateway.internal")]), Ok(()));
    }

    #[test]
    fn foreign_pages_reach_nothing() {
        let at = |path: &str, origin: &str| judged(path, &[("host", "127.0.0.1:8787"), ("origin", origin)]);
        assert_eq!(at("/api/v1/scan", "http://127.0.0.1:8787"), Ok(()));
        for origin in [
            "null",
            "http://evil.example",
            "http://127.0.0.1:9999",
            "http://localhost:8787",
            "file://",
            "",
            "http://",
        ] {
            assert!(at("/api/v1/scan", origin).is_err(), "{origin}");
        }
        for origin in ["null", "https://evil.example", "https://127.0.0.1.evil.example"] {
            assert!(at("/v1/chat/completions", origin).is_err(), "{origin}");
            assert!(at("/m/notes/api/v2/heartbeat", origin).is_err(), "{origin}");
        }
        for origin in ["http://localhost:3000", "http://127.0.0.1:5173", "https://gate.example.com"] {
            assert_eq!(at("/v1/chat/completions", origin), Ok(()), "{origin}");
        }
    }

    #[test]
    fn what_goes_to_an_edge_passes_the_same_guard() {
        let door = |path: &str, origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:8787".parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            Guard::new(&[], Lang::En).door(&path.parse().unwrap(), &headers)
        };
        for path in
            ["/v1/chat/completions", "/p/openai/v1/models", "/m/notes/api/v2/heartbeat", "/mcp/x", "/"]
        {
            assert!(matches!(door(path, "http://localhost:3000"), Door::Edge), "{path}");
            let Door::Closed(answer) = door(path, "https://evil.example") else { panic!("{path} is open") };
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        }
        // The routes check it themselves.
        for path in ["/console", "/api/v1/scan", "/api", "/console/x"] {
            assert!(matches!(door(path, "https://evil.example"), Door::Routes), "{path}");
        }
    }

    #[test]
    fn requests_that_a_foreign_page_causes_without_origin_are_known_by_their_metadata() {
        let at = |path: &str, site: &str, mode: &str| {
            judged(path, &[("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)])
        };
        assert!(at("/api/v1/console/flow", "cross-site", "no-cors").is_err());
        assert!(at("/api/v1/console/flow", "same-site", "navigate").is_err());
        assert!(at("/console/console.js", "cross-site", "no-cors").is_err());
        assert!(at("/v1/models", "cross-site", "no-cors").is_err());
        assert_eq!(at("/console", "cross-site", "navigate"), Ok(()));
        assert_eq!(at("/api/v1/console/flow", "same-origin", "cors"), Ok(()));
        assert_eq!(at("/console", "none", "navigate"), Ok(()));
    }
}
