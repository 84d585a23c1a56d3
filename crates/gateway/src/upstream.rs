//! The way to the providers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};

use crate::refusal::Refusal;

/// Headers that belong to one connection (RFC 9110 §7.6.1), or that the client library sets itself.
const HOP_BY_HOP: &[HeaderName] = &[
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::EXPECT,
];

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte of an answer. Reasoning models may think for minutes before the first.
    pub read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_mins(10) }
    }
}

/// A client for all providers, with one pool of connections.
#[derive(Debug, Clone)]
pub struct Upstream {
    client: reqwest::Client,
    /// For providers on this machine, which no proxy of the environment could reach.
    loopback: reqwest::Client,
}

impl Upstream {
    /// Makes the client. It follows no redirects (a redirect could lead data to another recipient), asks for no
    /// compression, and uses the proxy that the environment names.
    pub fn new(patience: Patience) -> Result<Self, reqwest::Error> {
        let client = builder(patience).build()?;
        let loopback = builder(patience).no_proxy().build()?;
        Ok(Self { client, loopback })
    }

    /// Sends a request and waits for the head of the answer.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<reqwest::Response, Refusal> {
        let client = if is_loopback(url) { &self.loopback } else { &self.client };
        let request = client.request(method, url).headers(headers).body(body);
        request.send().await.map_err(|error| failure(&error, url))
    }
}

fn builder(patience: Patience) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(64)
}

/// Whether a URL is of this machine.
pub fn is_loopback(url: &str) -> bool {
    let host = host(url);
    let name = host.strip_prefix('[').map_or_else(
        || host.rsplit_once(':').map_or(host, |parts| parts.0),
        |rest| rest.split(']').next().unwrap_or_default(),
    );
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What went wrong on the way, without the URL's path or query.
pub fn failure(error: &reqwest::Error, url: &str) -> Refusal {
    let host = host(url).to_owned();
    if error.is_timeout() && !error.is_connect() {
        Refusal::Timeout(host)
    } else if error.is_body() || error.is_decode() {
        Refusal::Cut(host)
    } else {
        Refusal::Unreachable(host)
    }
}

/// Host and port of a URL.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |parts| parts.1);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The client's headers as they go on: without those of the connection, of Ombud, and without an offer of compression,
/// which would hide the answer from the restorer.
pub fn request_headers(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(from.len());
    for (name, value) in from {
        let ours = name.as_str().starts_with("x-ombud-") || *name == header::ACCEPT_ENCODING;
        if !ours && !HOP_BY_HOP.contains(name) {
            to.append(name, value.clone());
        }
    }
    to.insert(header::ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
    to
}

/// The provider's headers as they go back.
pub fn response_headers(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(from.len() + 1);
    for (name, value) in from {
        if !HOP_BY_HOP.contains(name) {
            to.append(name, value.clone());
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_and_of_ombud_stay_here() {
        let mut from = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer k"),
            ("x-ombud-session", "s"),
            ("host", "h"),
            ("accept-encoding", "gzip"),
        ] {
            from.insert(name, value.parse().unwrap());
        }
        let to = request_headers(&from);
        assert_eq!(to.len(), 2);
        assert_eq!(to["authorization"], "Bearer k");
        assert_eq!(to["accept-encoding"], "identity");
    }

    #[test]
    fn loopback_needs_no_proxy() {
        for url in ["http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:8080/v1"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "http://10.0.0.1:80/", "https://localhost.example.com/"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn a_host_is_all_that_errors_show() {
        assert_eq!(host("https://api.example.com:8443/v1/x?key=1"), "api.example.com:8443");
    }
}
