//! The connection to the providers.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::lock::locked;
use crate::refusal::Refusal;

mod near;

use near::Near;

/// Headers that belong to one connection (RFC 9110 §7.6.1), or that the client library sets itself.
static HOP_BY_HOP: [HeaderName; 12] = [
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
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Timeouts.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For connecting.
    pub connect: Duration,
    /// For the next byte of a response. Reasoning models may think for minutes before the first.
    pub read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_mins(10) }
    }
}

/// An HTTP client for all providers, with one connection pool.
#[derive(Debug)]
pub struct Upstream {
    client: reqwest::Client,
    /// For providers on this machine, which no proxy of the environment could reach.
    loopback: reqwest::Client,
    /// For those among them that use plain HTTP.
    near: Near,
    /// The last URL, which is nearly always that of the next request too.
    last: Mutex<Option<(String, reqwest::Url)>>,
}

impl Upstream {
    /// Makes the client. It follows no redirects (a redirect could lead data to another recipient), asks for no
    /// compression, and uses the proxy that the environment names.
    pub fn new(patience: Patience) -> Result<Self, reqwest::Error> {
        let client = builder(patience).build()?;
        let loopback = builder(patience).no_proxy().build()?;
        Ok(Self { client, loopback, near: Near::new(patience), last: Mutex::default() })
    }

    /// Sends a request and waits for the head of the response.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<reqwest::Response, Refusal> {
        let near = is_loopback(url);
        if near && url.starts_with("http://") {
            return self.near.send(method, url, headers, body).await;
        }
        let client = if near { &self.loopback } else { &self.client };
        // Not with a request builder, which would copy the headers once more.
        let address = self.address(url).ok_or_else(|| Refusal::Unreachable(host(url).to_owned()))?;
        let mut request = reqwest::Request::new(method, address);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        client.execute(request).await.map_err(|error| failure(&error, url))
    }

    /// Parses a URL, or reuses the last one if it is the same.
    fn address(&self, url: &str) -> Option<reqwest::Url> {
        let mut last = locked(&self.last);
        if last.as_ref().is_none_or(|(text, _)| text != url) {
            *last = Some((url.to_owned(), url.parse().ok()?));
        }
        last.as_ref().map(|(_, address)| address.clone())
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

/// Whether a URL points to this machine.
pub fn is_loopback(url: &str) -> bool {
    ombud_core::host::is_loopback(host(url))
}

/// Classifies a transport error, without the URL's path or query.
pub fn failure(error: &reqwest::Error, url: &str) -> Refusal {
    let host = host(url).to_owned();
    if error.is_timeout() && !error.is_connect() {
        Refusal::Timeout(host)
    } else if error.is_connect() || error.is_builder() {
        Refusal::Unreachable(host)
    } else {
        // The host was reached: the connection broke, or what came back is not HTTP.
        Refusal::Cut(host)
    }
}

/// Why a response that had begun did not end.
pub fn broke(error: &reqwest::Error, url: &str) -> Refusal {
    match failure(error, url) {
        Refusal::Unreachable(host) => Refusal::Cut(host),
        why => why,
    }
}

/// The media type without parameters.
pub fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Where a redirect leads, as far as it may be shown: origin and path.
pub fn redirect(status: http::StatusCode, headers: &HeaderMap, url: &str) -> Option<String> {
    const LONGEST: usize = 200;
    if !status.is_redirection() || status == http::StatusCode::NOT_MODIFIED {
        return None;
    }
    let to = headers.get(header::LOCATION)?.to_str().unwrap_or_default();
    let to = reqwest::Url::parse(url).and_then(|url| url.join(to));
    Some(to.map_or_else(
        |_| String::new(),
        |to| {
            let shown = format!("{}{}", to.origin().ascii_serialization(), to.path());
            if shown.len() <= LONGEST { shown } else { to.origin().ascii_serialization() }
        },
    ))
}

/// Whether a message is compressed.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
}

/// Host and port of a URL.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |parts| parts.1);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The client's headers as they are forwarded: without connection headers, Ombud's own headers, and any offer of
/// compression, which would hide the response from the restorer.
pub fn request_headers(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(from.len());
    let connection = connection(from);
    for (name, value) in from {
        let ours = name.as_str().starts_with("x-ombud-") || *name == header::ACCEPT_ENCODING;
        if !ours && !HOP_BY_HOP.contains(name) && !connection.contains(name) {
            to.append(name, value.clone());
        }
    }
    to.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    to
}

/// The provider's headers as they are returned.
pub fn response_headers(from: &HeaderMap) -> HeaderMap {
    let mut to = HeaderMap::with_capacity(from.len() + 1);
    let connection = connection(from);
    for (name, value) in from {
        if !HOP_BY_HOP.contains(name) && !connection.contains(name) {
            to.append(name, value.clone());
        }
    }
    to
}

/// The headers that a message lists under `Connection`.
fn connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
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
    fn headers_that_a_message_calls_its_connection_s_own_stay_here() {
        let mut from = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "close"),
            ("x-kept", "1"),
        ] {
            from.append(name, value.parse().unwrap());
        }
        let to = request_headers(&from);
        assert_eq!(to.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept", "accept-encoding"]);
        assert_eq!(response_headers(&from).keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }

    #[test]
    fn a_redirect_shows_where_it_leads_without_its_query() {
        let mut headers = HeaderMap::new();
        let at = |status: u16, headers: &HeaderMap| {
            redirect(http::StatusCode::from_u16(status).unwrap(), headers, "http://a.example/v1/x")
        };
        assert_eq!(at(307, &headers), None);
        headers.insert("location", "/v1/x/?phone=13970834512".parse().unwrap());
        assert_eq!(at(307, &headers).as_deref(), Some("http://a.example/v1/x/"));
        headers.insert("location", "https://user:pw@b.example:8443/v1#x".parse().unwrap());
        assert_eq!(at(308, &headers).as_deref(), Some("https://b.example:8443/v1"));
        headers.insert("location", "http://[".parse().unwrap());
        assert_eq!(at(302, &headers).as_deref(), Some(""));
        assert_eq!((at(200, &headers), at(304, &headers)), (None, None));
    }

    #[test]
    fn identity_is_no_encoding() {
        let mut headers = HeaderMap::new();
        for (value, encoded) in [("", false), ("Identity", false), ("gzip", true), ("identity, br", true)] {
            headers.insert("content-encoding", value.parse().unwrap());
            assert_eq!(is_encoded(&headers), encoded, "{value}");
        }
    }

    #[test]
    fn loopback_needs_no_proxy() {
        for url in ["http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:8080/v1"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "http://10.0.0.1:80/", "http://127.0.0.1.example.com/"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn a_host_is_all_that_errors_show() {
        assert_eq!(host("https://api.example.com:8443/v1/x?key=1"), "api.example.com:8443");
    }
}
