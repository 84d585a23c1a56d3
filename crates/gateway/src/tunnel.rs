//! The proxy for a child of `ombud run` (`HTTPS_PROXY`): connections that do not go through the gateway go through here.
//!
//! Nothing is decrypted. A tunnel to a host is passed on unread and reported as an uninspected recipient; one to a known
//! provider is refused with the line to change, because it would carry prompts past the gateway. Plain HTTP is treated the
//! same way. If the user already had a proxy, ours goes through it and honours their `NO_PROXY`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use ombud_core::{Lang, Say, say};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::gateway::{Tell, as_it_is};
use crate::providers::Providers;

mod head;
mod parent;

use head::{HeadFault, RawHead, Request, authority, read_head, spelled};
pub use parent::{NoProxy, ParentProxy, Parents};

/// Settings of a tunnel proxy.
#[derive(Debug, Clone)]
pub struct TunnelConfig {
    /// The providers whose hosts are refused.
    pub providers: Arc<Providers>,
    /// `http://127.0.0.1:PORT` of the gateway, for the line to change.
    pub gateway: String,
    /// What the child must present; `None` lets every local process use the proxy.
    pub credential: Option<Credential>,
    /// The user's own proxies.
    pub parents: Parents,
    /// The language of refusals.
    pub lang: Lang,
    /// How refusals are rendered in it.
    pub tell: Tell,
    /// Maximum number of simultaneous connections; more wait.
    pub max_connections: usize,
    /// How long a client may take to send its head, and a parent proxy to respond.
    pub handshake_timeout: Duration,
    /// How long connecting to a target may take.
    pub connect_timeout: Duration,
}

impl TunnelConfig {
    /// The default limits: 512 connections, 10 s for a head, 30 s for connecting.
    pub fn new(providers: Arc<Providers>, gateway: impl Into<String>) -> Self {
        Self {
            providers,
            gateway: gateway.into(),
            credential: None,
            parents: Parents::default(),
            lang: Lang::default(),
            tell: as_it_is,
            max_connections: 512,
            handshake_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(30),
        }
    }
}

/// User name and password of one run, so that no other local user can use the proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credential(…)")
    }
}

impl Credential {
    /// A new one, of 122 random bits.
    pub fn random() -> Self {
        Self { password: uuid::Uuid::new_v4().simple().to_string() }
    }

    /// The proxy's URL with the credential in it, for `HTTPS_PROXY`.
    pub fn proxy_url(&self, address: SocketAddr) -> String {
        format!("http://ombud:{}@{address}", self.password)
    }

    fn admits(&self, request: &Request<'_>) -> bool {
        let expected = parent::basic(format!("ombud:{}", self.password).as_bytes());
        request.values("proxy-authorization").any(|given| {
            aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok()
        })
    }
}

/// The variables that direct a child through the proxy at `address`, in both spellings. `no_proxy` is the value of the
/// user's own variable; loopback is added to it.
pub fn child_env(
    address: SocketAddr,
    credential: &Credential,
    no_proxy: Option<&str>,
) -> Vec<(&'static str, String)> {
    let proxy = credential.proxy_url(address);
    let own = "127.0.0.1,localhost,::1";
    let exempt = no_proxy.map(str::trim).filter(|list| !list.is_empty());
    let exempt = exempt.map_or_else(|| own.to_owned(), |list| format!("{list},{own}"));
    let mut variables = vec![("NO_PROXY", exempt.clone()), ("no_proxy", exempt)];
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
        variables.push((name, proxy.clone()));
    }
    variables
}

/// A host that the child connected to, or tried to. Its content was not inspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Host name or address, in lower case.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The outcome.
    pub outcome: Outcome,
    /// Bytes that the child sent.
    pub bytes_up: u64,
    /// Bytes that the child received.
    pub bytes_down: u64,
}

/// The outcome of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was passed on unread.
    Tunnelled,
    /// It was refused, because the host belongs to the provider with this id.
    Refused(String),
    /// The host could not be reached.
    Failed,
}

/// Called with each visit when it is over, also if the proxy is stopped in the middle.
pub type Observer = Arc<dyn Fn(Visit) + Send + Sync>;

/// Why the user's own proxy cannot be used. Addresses are not repeated: they may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TunnelError {
    /// A proxy that does not use plain HTTP.
    #[error("{}", self.say(Lang::En))]
    ParentScheme {
        /// The scheme of its URL, `?` if it is not a well-known one.
        scheme: &'static str,
    },
    /// A proxy URL that cannot be read.
    #[error("{}", self.say(Lang::En))]
    ParentAddress,
}

impl Say for TunnelError {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::ParentScheme { scheme } => say!(lang,
                en: "Your proxy variable (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) names a {scheme} proxy; ombud run supports only http:// proxies. Most local proxy programs serve both on one port: export HTTPS_PROXY=http://127.0.0.1:<port>",
                zh: "代理变量（HTTPS_PROXY、HTTP_PROXY 或 ALL_PROXY）指向 {scheme} 代理；ombud run 只支持 http:// 代理。多数本地代理软件在同一端口也提供 HTTP 代理：export HTTPS_PROXY=http://127.0.0.1:<端口>"),
            Self::ParentAddress => say!(lang,
                en: "Your proxy variable (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) is not a proxy address. It should look like this: export HTTPS_PROXY=http://127.0.0.1:7890",
                zh: "代理变量（HTTPS_PROXY、HTTP_PROXY 或 ALL_PROXY）不是正确的代理地址，应形如：export HTTPS_PROXY=http://127.0.0.1:7890"),
        }
    }
}

/// The line to change when a child connects to a provider directly.
#[derive(Debug, Clone, Copy)]
pub struct DirectConnection<'a> {
    /// The host that the child wanted.
    pub host: &'a str,
    /// The provider's id.
    pub provider: &'a str,
    /// `http://127.0.0.1:PORT`.
    pub gateway: &'a str,
}

impl Say for DirectConnection<'_> {
    fn say(&self, lang: Lang) -> String {
        let Self { host, provider, gateway } = self;
        say!(lang,
            en: "Ombud refused a direct connection to {host}: what is sent there would not be masked or recorded.\nWhere the client is created, set\n    base_url=\"{gateway}/p/{provider}/v1\"    (OpenAI SDK)\n    base_url=\"{gateway}/p/{provider}\"       (Anthropic SDK)\nor remove the hard-coded address, so that the variables set by `ombud run` take effect.\n",
            zh: "Ombud 拒绝了到 {host} 的直接连接：发往那里的内容不会被脱敏，也不会被记录。\n请在创建客户端处设置\n    base_url=\"{gateway}/p/{provider}/v1\"    （OpenAI SDK）\n    base_url=\"{gateway}/p/{provider}\"       （Anthropic SDK）\n或者删去写死的地址，让 `ombud run` 设置的环境变量生效。\n")
    }
}

/// Serves the proxy until the future is dropped. Connections open at that point are closed and reported before the drop
/// returns; that is why they are not spawned as tasks.
pub async fn serve(listener: TcpListener, config: TunnelConfig, observer: Observer) {
    let mut open = FuturesUnordered::new();
    let limit = config.max_connections.max(1);
    loop {
        tokio::select! {
            client = accept(&listener), if open.len() < limit => {
                open.extend(client.map(|client| connection(client, &config, &observer)));
            }
            // An error here means that a peer hung up; the visit has been reported by then.
            Some(_) = open.next() => {}
        }
    }
}

/// Accepts the next client. `None` after a pause on failure: most likely there are no file descriptors left, so others must
/// end first.
async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    if let Ok((client, _)) = listener.accept().await {
        return Some(client);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    None
}

async fn connection(mut client: TcpStream, config: &TunnelConfig, observer: &Observer) -> io::Result<()> {
    client.set_nodelay(true)?;
    let raw = match timeout(config.handshake_timeout, read_head(&mut client)).await {
        Ok(Ok(raw)) => raw,
        Ok(Err(HeadFault::Closed)) => return Ok(()),
        Ok(Err(HeadFault::TooLarge)) => {
            return refuse(&mut client, "431 Request Header Fields Too Large", "").await;
        }
        Ok(Err(HeadFault::Malformed)) => return refuse(&mut client, BAD_REQUEST, "").await,
        Err(_) => return refuse(&mut client, "408 Request Timeout", "").await,
    };
    let Ok(request) = Request::parse(&raw.head) else { return refuse(&mut client, BAD_REQUEST, "").await };
    if config.credential.as_ref().is_some_and(|credential| !credential.admits(&request)) {
        return refuse(&mut client, UNAUTHENTICATED, "").await;
    }
    let Some(target) = Target::of(&request) else {
        return refuse(&mut client, BAD_REQUEST, &(config.tell)(not_a_server(config.lang), config.lang))
            .await;
    };
    let mut visit = Reported::new(&target, Arc::clone(observer));
    if let Some(provider) = config.providers.id_of(&spelled(&target.host, target.port)) {
        visit.outcome = Outcome::Refused(provider.to_owned());
        return refuse_provider(&mut client, config, &target.host, provider).await;
    }
    match target.kind {
        Kind::Tunnel => tunnel(client, &target, &raw, config, &mut visit).await,
        Kind::Plain { path } => {
            forward(client, &target, path, &request, &raw.early, config, &mut visit).await
        }
        Kind::SecureInTheClear => {
            refuse(
                &mut client,
                "501 Use CONNECT for https",
                &(config.tell)(use_connect(config.lang), config.lang),
            )
            .await
        }
    }
}

const BAD_REQUEST: &str = "400 Bad Request";
const UNAUTHENTICATED: &str =
    "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"ombud\"";

/// Where a request wants to go.
struct Target<'a> {
    host: String,
    port: u16,
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// `CONNECT`.
    Tunnel,
    /// A request in absolute form; `path` is what follows the host.
    Plain { path: &'a str },
    /// The same for `https://`: the client would let the proxy read it.
    SecureInTheClear,
}

impl<'a> Target<'a> {
    fn of(request: &Request<'a>) -> Option<Self> {
        if request.method == "CONNECT" {
            let (host, port) = authority(request.target, None)?;
            return Some(Self { host, port, kind: Kind::Tunnel });
        }
        let (scheme, rest) = request.target.split_once("://")?;
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (place, path) = rest.split_at(end);
        let (host, port) = authority(place, Some(if secure { 443 } else { 80 }))?;
        let kind = if secure { Kind::SecureInTheClear } else { Kind::Plain { path } };
        Some(Self { host, port, kind })
    }
}

async fn tunnel(
    mut client: TcpStream,
    target: &Target<'_>,
    raw: &RawHead,
    config: &TunnelConfig,
    visit: &mut Reported,
) -> io::Result<()> {
    let parent = config.parents.for_target(&target.host, target.port, true);
    let dialled = match parent {
        Some(parent) => dial_through(parent, target, config).await,
        None => dial(&target.host, target.port, config).await.map(|server| (server, Vec::new())),
    };
    let (mut server, early) = match dialled {
        Ok(dialled) => dialled,
        Err(fault) => return refuse_unreached(&mut client, config, &target.host, &fault).await,
    };
    visit.outcome = Outcome::Tunnelled;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    visit.down.fetch_add(early.len() as u64, Ordering::Relaxed);
    client.write_all(&early).await?;
    visit.up.fetch_add(raw.early.len() as u64, Ordering::Relaxed);
    server.write_all(&raw.early).await?;
    relay(client, server, visit).await
}

async fn forward(
    mut client: TcpStream,
    target: &Target<'_>,
    path: &str,
    request: &Request<'_>,
    early: &[u8],
    config: &TunnelConfig,
    visit: &mut Reported,
) -> io::Result<()> {
    let parent = config.parents.for_target(&target.host, target.port, false);
    let dialled = match parent {
        Some(parent) => dial(&parent.host, parent.port, config).await,
        None => dial(&target.host, target.port, config).await,
    };
    let mut server = match dialled {
        Ok(server) => server,
        Err(fault) => return refuse_unreached(&mut client, config, &target.host, &fault).await,
    };
    visit.outcome = Outcome::Tunnelled;
    let head = forwarded_head(target, path, request, parent);
    server.write_all(head.as_bytes()).await?;
    server.write_all(early).await?;
    visit.up.fetch_add((head.len() + early.len()) as u64, Ordering::Relaxed);
    relay(client, server, visit).await
}

/// The head as the target (or the parent proxy) receives it. One request per connection: a second one could be for a host
/// that must be refused.
fn forwarded_head(
    target: &Target<'_>,
    path: &str,
    request: &Request<'_>,
    parent: Option<&ParentProxy>,
) -> String {
    let place = if target.port == 80 { target.host.clone() } else { spelled(&target.host, target.port) };
    let place = if place.contains(':') && target.port == 80 { format!("[{place}]") } else { place };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let origin = if parent.is_some() { format!("http://{place}") } else { String::new() };
    let mut head = format!("{} {origin}{slash}{path} HTTP/1.1\r\nHost: {place}\r\n", request.method);
    let upgrade = request.values("connection").any(|value| value.to_ascii_lowercase().contains("upgrade"));
    for (name, value) in &request.headers {
        let hop = ["host", "connection", "keep-alive", "proxy-connection", "proxy-authorization"];
        if !hop.iter().any(|hop| name.eq_ignore_ascii_case(hop)) {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    head.push_str(if upgrade { "Connection: Upgrade\r\n" } else { "Connection: close\r\n" });
    if let Some(authorization) = parent.and_then(|parent| parent.authorization.as_deref()) {
        head.extend(["Proxy-Authorization: ", authorization, "\r\n"]);
    }
    head.push_str("\r\n");
    head
}

/// Why a target was not reached.
enum DialFault {
    TimedOut,
    NotReached,
    /// The parent proxy refused, with this status if it sent one.
    ByParent(Option<u16>),
}

async fn dial(host: &str, port: u16, config: &TunnelConfig) -> Result<TcpStream, DialFault> {
    let connected = timeout(config.connect_timeout, TcpStream::connect((host, port))).await;
    let server = connected.map_err(|_| DialFault::TimedOut)?.map_err(|_| DialFault::NotReached)?;
    server.set_nodelay(true).map_err(|_| DialFault::NotReached)?;
    Ok(server)
}

/// A tunnel through the parent proxy, and the bytes that came with its response.
async fn dial_through(
    parent: &ParentProxy,
    target: &Target<'_>,
    config: &TunnelConfig,
) -> Result<(TcpStream, Vec<u8>), DialFault> {
    let mut server = dial(&parent.host, parent.port, config).await?;
    let place = spelled(&target.host, target.port);
    let authorization = parent
        .authorization
        .as_ref()
        .map(|value| format!("Proxy-Authorization: {value}\r\n"))
        .unwrap_or_default();
    let head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n");
    let answer = async {
        server.write_all(head.as_bytes()).await.map_err(|_| DialFault::ByParent(None))?;
        read_head(&mut server).await.map_err(|_| DialFault::ByParent(None))
    };
    // The parent connects to the target before it responds, so it gets that time on top.
    let wait = config.connect_timeout + config.handshake_timeout;
    let answer = timeout(wait, answer).await.map_err(|_| DialFault::TimedOut)??;
    match head::status(&answer.head) {
        Some(200..=299) => Ok((server, answer.early)),
        status => Err(DialFault::ByParent(status)),
    }
}

/// Relays bytes both ways until both sides are done, or one breaks off.
async fn relay(client: TcpStream, server: TcpStream, visit: &Reported) -> io::Result<()> {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(pump(from_client, to_server, &visit.up), pump(from_server, to_client, &visit.down))?;
    Ok(())
}

/// One direction; the end of input is passed on as the end of output.
async fn pump<R, W>(mut from: R, mut to: W, count: &AtomicU64) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { break };
        to.write_all(part).await?;
        count.fetch_add(length as u64, Ordering::Relaxed);
    }
    to.shutdown().await
}

/// A visit that is reported when it goes out of scope, for whatever reason.
struct Reported {
    host: String,
    port: u16,
    outcome: Outcome,
    up: AtomicU64,
    down: AtomicU64,
    observer: Observer,
}

impl Reported {
    fn new(target: &Target<'_>, observer: Observer) -> Self {
        let (up, down) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { host: target.host.clone(), port: target.port, outcome: Outcome::Failed, up, down, observer }
    }
}

impl Drop for Reported {
    fn drop(&mut self) {
        (self.observer)(Visit {
            host: self.host.clone(),
            port: self.port,
            outcome: self.outcome.clone(),
            bytes_up: self.up.load(Ordering::Relaxed),
            bytes_down: self.down.load(Ordering::Relaxed),
        });
    }
}

async fn refuse_provider(
    client: &mut TcpStream,
    config: &TunnelConfig,
    host: &str,
    provider: &str,
) -> io::Result<()> {
    let gateway = config.gateway.as_str();
    let body = (config.tell)(DirectConnection { host, provider, gateway }.say(config.lang), config.lang);
    // Most clients show nothing of the response to a CONNECT but this line.
    refuse(client, &format!("403 Ombud: set base_url={gateway}/p/{provider}/v1"), &body).await
}

async fn refuse_unreached(
    client: &mut TcpStream,
    config: &TunnelConfig,
    host: &str,
    fault: &DialFault,
) -> io::Result<()> {
    let (status, why) = match fault {
        DialFault::TimedOut => (
            "504 Gateway Timeout".to_owned(),
            say!(config.lang, en: "{host} did not respond in time.", zh: "{host} 没有及时响应。"),
        ),
        DialFault::NotReached => (
            "502 Bad Gateway".to_owned(),
            say!(config.lang, en: "{host} could not be reached.", zh: "无法连接 {host}。"),
        ),
        DialFault::ByParent(code) => {
            let code = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
            (
                format!("502 Your own proxy answered {code}"),
                say!(config.lang,
                    en: "Your own proxy (HTTPS_PROXY) did not open a connection to {host}; it responded with: {code}. Check it with: curl -x \"$HTTPS_PROXY\" https://{host}",
                    zh: "你自己的代理（HTTPS_PROXY）没有连上 {host}，返回的是：{code}。可用此命令检查：curl -x \"$HTTPS_PROXY\" https://{host}"),
            )
        }
    };
    refuse(client, &status, &why).await
}

fn not_a_server(lang: Lang) -> String {
    say!(lang,
        en: "This is the proxy of `ombud run`, not a web server. For the console, run `ombud console`.\n",
        zh: "这是 `ombud run` 的代理，不是网页服务器。控制台请用 `ombud console` 打开。\n")
}

fn use_connect(lang: Lang) -> String {
    say!(lang,
        en: "The client sent a request for an https:// address to the proxy unencrypted, which Ombud does not pass on. Use a client that sends CONNECT (axios: update it, or set proxy: false).\n",
        zh: "客户端把 https:// 请求以明文交给了代理，Ombud 不会转发。请使用会发送 CONNECT 的客户端（axios：升级版本，或设置 proxy: false）。\n")
}

/// Sends an error response and closes. The client's remaining input is drained, within limits: closing a socket with unread
/// input would reset the connection, and the response would be lost.
async fn refuse(client: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await?;
    let mut rest = client.take(256 * 1024);
    let mut nowhere = tokio::io::sink();
    let _ = timeout(Duration::from_secs(1), tokio::io::copy(&mut rest, &mut nowhere)).await;
    Ok(())
}

#[cfg(test)]
mod tests;
