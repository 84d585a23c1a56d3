use proptest::prelude::*;
use rstest::rstest;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::head::{HeadFault, MAX_HEAD, Request, authority, read_head};
use super::*;

const GATEWAY: &str = "http://127.0.0.1:7777";

fn config() -> TunnelConfig {
    TunnelConfig::new(Arc::new(Providers::builtin().unwrap()), GATEWAY)
}

/// A running proxy, and the visits it reports.
struct Proxy {
    address: SocketAddr,
    visits: UnboundedReceiver<Visit>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    async fn start(config: TunnelConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, visits) = unbounded_channel();
        let observer: Observer = Arc::new(move |visit| sender.send(visit).unwrap_or_default());
        Self { address, visits, task: tokio::spawn(serve(listener, config, observer)) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` and reads to the end of the response.
    async fn ask(&self, bytes: &[u8]) -> String {
        let mut client = self.connect().await;
        // A proxy that refuses early may have hung up before everything is written.
        let _ = client.write_all(bytes).await;
        read_all(&mut client).await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads until the text ends with `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A server that reads to the end of input, and only then responds with what it received, doubled.
async fn echo_after_end() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let got = read_all(&mut stream).await;
                let _ = stream.write_all(format!("{got}{got}").as_bytes()).await;
            });
        }
    });
    address
}

/// A server that reads one head, sends `answer`, and reports the head.
async fn answering(answer: &'static str) -> (SocketAddr, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, heads) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Ok(raw) = read_head(&mut stream).await else { continue };
            sender.send(String::from_utf8(raw.head).unwrap()).unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
            // An established tunnel echoes.
            let (mut from, mut to) = stream.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        }
    });
    (address, heads)
}

#[tokio::test]
async fn a_tunnel_passes_both_ways_and_half_closed() {
    let mut proxy = Proxy::start(config()).await;
    let server = echo_after_end().await;
    let mut client = proxy.connect().await;
    // The first bytes arrive together with the head.
    client
        .write_all(format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n\r\nab").as_bytes())
        .await
        .unwrap();
    assert_eq!(read_until(&mut client, "\r\n\r\n").await, ESTABLISHED);
    client.write_all(b"cd").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(read_all(&mut client).await, "abcdabcd");
    let visit = proxy.visits.recv().await.unwrap();
    let expected = Visit {
        host: "127.0.0.1".into(),
        port: server.port(),
        outcome: Outcome::Tunnelled,
        bytes_up: 4,
        bytes_down: 8,
    };
    assert_eq!(visit, expected);
}

#[rstest]
#[case("CONNECT api.deepseek.com:443 HTTP/1.1\r\n\r\n", "api.deepseek.com", 443)]
#[case("CONNECT API.DeepSeek.Com.:443 HTTP/1.1\r\n\r\n", "api.deepseek.com", 443)]
#[case("CONNECT api.deepseek.com:8443 HTTP/1.1\r\n\r\n", "api.deepseek.com", 8443)]
#[case("POST http://api.deepseek.com/chat/completions HTTP/1.1\r\n\r\n", "api.deepseek.com", 80)]
#[case("POST https://api.deepseek.com/chat/completions HTTP/1.1\r\n\r\n", "api.deepseek.com", 443)]
#[tokio::test]
async fn a_known_provider_is_refused_with_the_line_to_change(
    #[case] request: &str,
    #[case] host: &str,
    #[case] port: u16,
) {
    for (lang, word) in [(Lang::En, "refused"), (Lang::Zh, "拒绝")] {
        let mut proxy = Proxy::start(TunnelConfig { lang, ..config() }).await;
        let answer = proxy.ask(request.as_bytes()).await;
        let status = "HTTP/1.1 403 Ombud: set base_url=http://127.0.0.1:7777/p/deepseek/v1\r\n";
        assert!(answer.starts_with(status), "{answer}");
        assert!(answer.contains("base_url=\"http://127.0.0.1:7777/p/deepseek/v1\"") && answer.contains(word));
        let visit = proxy.visits.recv().await.unwrap();
        assert_eq!((visit.host.as_str(), visit.port), (host, port));
        assert_eq!(visit.outcome, Outcome::Refused("deepseek".into()));
    }
}

#[tokio::test]
async fn plain_http_is_forwarded_one_request_a_connection() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let (server, mut heads) = answering(answer).await;
    let mut proxy = Proxy::start(config()).await;
    let mut client = proxy.connect().await;
    let request = format!(
        "GET http://{server}/a?b=1 HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Connection: keep-alive\r\n\
         Proxy-Authorization: Basic eA==\r\nConnection: keep-alive\r\nX-Own: 1\r\n\r\n"
    );
    client.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_until(&mut client, "hi").await, answer);
    let head = heads.recv().await.unwrap();
    let expected = format!("GET /a?b=1 HTTP/1.1\r\nHost: {server}\r\nX-Own: 1\r\nConnection: close");
    assert_eq!(head, expected);
    drop(client);
    assert_eq!(proxy.visits.recv().await.unwrap().outcome, Outcome::Tunnelled);
}

#[tokio::test]
async fn https_in_the_clear_is_not_passed_on() {
    let mut proxy = Proxy::start(config()).await;
    let answer = proxy.ask(b"GET https://example.com/ HTTP/1.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    assert_eq!(proxy.visits.recv().await.unwrap().outcome, Outcome::Failed);
}

#[tokio::test]
async fn the_credential_of_the_run_is_demanded() {
    let credential = Credential::random();
    let mut proxy = Proxy::start(TunnelConfig { credential: Some(credential.clone()), ..config() }).await;
    let server = echo_after_end().await;
    for wrong in ["", "Proxy-Authorization: Basic eDp5\r\n", "Authorization: Basic eDp5\r\n"] {
        let answer = proxy.ask(format!("CONNECT {server} HTTP/1.1\r\n{wrong}\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 407 "), "{answer}");
        assert!(answer.contains("Proxy-Authenticate: Basic"));
    }
    // What an independent client makes of the URL: reqwest has its own proxy support.
    let url = credential.proxy_url(proxy.address);
    assert!(!format!("{credential:?}").contains(url.split([':', '@']).nth(2).unwrap()));
    let client = reqwest::Client::builder().proxy(reqwest::Proxy::all(url).unwrap()).build().unwrap();
    let (server, _heads) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
    let text = client.get(format!("http://{server}/")).send().await.unwrap().text().await.unwrap();
    assert_eq!(text, "hi");
    drop(client);
    assert_eq!(proxy.visits.recv().await.unwrap().port, server.port());
    assert!(proxy.visits.try_recv().is_err(), "a request without the credential was reported as a visit");
}

#[tokio::test]
async fn the_users_own_proxy_is_gone_through() {
    let (parent, mut heads) = answering("HTTP/1.1 200 OK\r\nVia: x\r\n\r\nearly").await;
    let env = |name: &str| (name == "HTTPS_PROXY").then(|| format!("http://me:p%40ss@{parent}/"));
    let mut proxy = Proxy::start(TunnelConfig { parents: Parents::from_env(env).unwrap(), ..config() }).await;
    let mut client = proxy.connect().await;
    client.write_all(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n").await.unwrap();
    let answer = read_until(&mut client, "early").await;
    assert_eq!(answer, format!("{ESTABLISHED}early"));
    client.write_all(b"through").await.unwrap();
    assert_eq!(read_until(&mut client, "through").await, "through");
    let head = heads.recv().await.unwrap();
    assert_eq!(head.lines().next(), Some("CONNECT example.com:443 HTTP/1.1"));
    assert!(head.contains("Proxy-Authorization: Basic bWU6cEBzcw=="), "{head}");
    drop(client);
    let visit = proxy.visits.recv().await.unwrap();
    assert_eq!((visit.bytes_up, visit.bytes_down), (7, 12));
}

#[tokio::test]
async fn plain_http_goes_through_the_users_own_proxy_in_the_absolute_form() {
    let (parent, mut heads) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let env = |name: &str| (name == "http_proxy").then(|| parent.to_string());
    let proxy = Proxy::start(TunnelConfig { parents: Parents::from_env(env).unwrap(), ..config() }).await;
    let mut client = proxy.connect().await;
    client.write_all(b"GET http://example.com?q HTTP/1.1\r\n\r\n").await.unwrap();
    read_until(&mut client, "\r\n\r\n").await;
    let head = heads.recv().await.unwrap();
    assert_eq!(head.lines().next(), Some("GET http://example.com/?q HTTP/1.1"));
}

#[tokio::test]
async fn a_parent_that_says_no_is_told_apart() {
    let (parent, _heads) = answering("HTTP/1.1 403 Forbidden\r\n\r\n").await;
    let parents =
        Parents { secure: Some(ParentProxy::parse(&parent.to_string()).unwrap()), ..Parents::default() };
    let mut proxy = Proxy::start(TunnelConfig { parents, ..config() }).await;
    let answer = proxy.ask(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 Your own proxy answered 403\r\n"), "{answer}");
    assert_eq!(proxy.visits.recv().await.unwrap().outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_host_that_cannot_be_reached() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut proxy = Proxy::start(config()).await;
    let answer = proxy.ask(format!("CONNECT {closed} HTTP/1.1\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert_eq!(proxy.visits.recv().await.unwrap().outcome, Outcome::Failed);
}

#[rstest]
#[case(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "400")]
#[case(b"\r\n\r\n", "400")]
#[case(b"CONNECT example.com HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT example.com:0 HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT example.com:99999 HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT :443 HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT a%00b:443 HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT user@example.com:443 HTTP/1.1\r\n\r\n", "400")]
#[case(b"CONNECT example.com:443 HTTP/2.0\r\n\r\n", "400")]
#[case(b"CONNECT example.com:443 HTTP/1.1\r\nA : b\r\n\r\n", "400")]
#[case(b"CONNECT example.com:443 HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "400")]
#[case(b"GET http://example.com/ HTTP/1.1\r\nA: b\nHost: c\r\n\r\n", "400")]
#[case(b"GET http://user@example.com/ HTTP/1.1\r\n\r\n", "400")]
#[case(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "400")]
#[case(b"GET ftp://example.com/ HTTP/1.1\r\n\r\n", "400")]
#[tokio::test]
async fn garbage_is_refused_and_no_visit(#[case] bytes: &[u8], #[case] status: &str) {
    let mut proxy = Proxy::start(config()).await;
    let answer = proxy.ask(bytes).await;
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(proxy.visits.try_recv().is_err());
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let proxy = Proxy::start(config()).await;
    let mut head = b"CONNECT example.com:443 HTTP/1.1\r\nA: ".to_vec();
    head.resize(2 * MAX_HEAD, b'a');
    assert!(proxy.ask(&head).await.starts_with("HTTP/1.1 431 "));
    // An endless one ends with an error of its own.
    let mut client = proxy.connect().await;
    while client.write_all(&head).await.is_ok() {}
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_let_go() {
    let config =
        TunnelConfig { handshake_timeout: Duration::from_millis(50), max_connections: 1, ..config() };
    let proxy = Proxy::start(config).await;
    let mut slow = proxy.connect().await;
    slow.write_all(b"CONNECT exam").await.unwrap();
    // The only slot is taken; the next client gets it when the slow one is dropped.
    let answer = proxy.ask(b"CONNECT api.deepseek.com:443 HTTP/1.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(read_all(&mut slow).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_tunnel_that_is_stopped_under_way_is_reported() {
    let mut proxy = Proxy::start(config()).await;
    let server = echo_after_end().await;
    let mut client = proxy.connect().await;
    client.write_all(format!("CONNECT {server} HTTP/1.1\r\n\r\nabc").as_bytes()).await.unwrap();
    read_until(&mut client, "\r\n\r\n").await;
    proxy.task.abort();
    assert!((&mut proxy.task).await.unwrap_err().is_cancelled());
    // It has been reported by now, not some time later.
    let visit = proxy.visits.try_recv().unwrap();
    assert_eq!(visit.outcome, Outcome::Tunnelled);
    assert_eq!(read_all(&mut client).await, "");
}

#[rstest]
#[case("socks5://127.0.0.1:7890", TunnelError::ParentScheme { scheme: "socks5" })]
#[case("https://proxy.example", TunnelError::ParentScheme { scheme: "https" })]
#[case("http://", TunnelError::ParentAddress)]
#[case("http://user:hunter2@a b:1", TunnelError::ParentAddress)]
#[case("hunter2://x", TunnelError::ParentScheme { scheme: "?" })]
fn a_parent_that_cannot_be_used(#[case] url: &str, #[case] error: TunnelError) {
    let given = ParentProxy::parse(url).unwrap_err();
    assert_eq!(given, error);
    for text in [given.to_string(), given.say(Lang::Zh), format!("{given:?}")] {
        assert!(!text.contains("hunter2") && text.contains(&['P', 'H'][..]));
    }
}

#[test]
fn a_parents_credential_is_not_shown() {
    let parent = ParentProxy::parse("http://me:hunter2@127.0.0.1:7890").unwrap();
    assert_eq!((parent.host.as_str(), parent.port), ("127.0.0.1", 7890));
    let shown = format!("{parent:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(parent.authorization.as_deref().unwrap()));
}

#[test]
fn small_letters_win_and_all_proxy_is_the_last_resort() {
    let env = |name: &str| match name {
        "https_proxy" => Some("http://small:1".to_owned()),
        "HTTPS_PROXY" => Some("http://large:2".to_owned()),
        "ALL_PROXY" => Some("http://all:3".to_owned()),
        _ => None,
    };
    let parents = Parents::from_env(env).unwrap();
    assert_eq!(parents.secure.unwrap().host, "small");
    assert_eq!(parents.plain.unwrap().host, "all");
    assert_eq!(Parents::from_env(|_| Some("  ".to_owned())).unwrap(), Parents::default());
}

#[rstest]
#[case("*", "a.example", true)]
#[case("example.com", "example.com", true)]
#[case("example.com", "api.example.com", true)]
#[case(".example.com", "api.example.com", true)]
#[case("*.example.com", "api.example.com", true)]
#[case("example.com", "badexample.com", false)]
#[case("x,  Example.COM ,y", "example.com", true)]
#[case("example.com:443", "example.com", true)]
#[case("example.com:80", "example.com", false)]
#[case("10.0.0.0/8", "10.2.3.4", true)]
#[case("10.0.0.0/8", "11.2.3.4", false)]
#[case("0.0.0.0/0", "11.2.3.4", true)]
#[case("10.0.0.0/33", "10.0.0.0", false)]
#[case("2.3.4", "1.2.3.4", false)]
#[case("::1", "::1", true)]
#[case("[::1]:443", "::1", true)]
#[case("", "example.com", false)]
#[case(".", "example.com", false)]
#[case(",,:,/", "example.com", false)]
fn who_is_exempt(#[case] list: &str, #[case] host: &str, #[case] covered: bool) {
    assert_eq!(NoProxy::parse(list).covers(host, 443), covered);
}

#[test]
fn loopback_and_exempt_hosts_are_reached_directly() {
    let parent = ParentProxy::parse("http://127.0.0.1:7890").unwrap();
    let parents = Parents { secure: Some(parent), plain: None, exempt: NoProxy::parse("internal.example") };
    for direct in ["127.0.0.1", "127.9.9.9", "localhost", "::1", "internal.example"] {
        assert!(parents.for_target(direct, 443, true).is_none(), "{direct}");
    }
    assert!(parents.for_target("example.com", 443, true).is_some());
    assert!(parents.for_target("example.com", 80, false).is_none());
}

#[test]
fn the_childs_variables() {
    let credential = Credential::random();
    let address: SocketAddr = "127.0.0.1:5".parse().unwrap();
    let env = child_env(address, &credential, Some("corp.example"));
    let value = |name: &str| env.iter().find(|(given, _)| *given == name).unwrap().1.clone();
    assert_eq!(value("no_proxy"), "corp.example,127.0.0.1,localhost,::1");
    assert_eq!(value("HTTPS_PROXY"), credential.proxy_url(address));
    assert_eq!(value("http_proxy"), value("HTTP_PROXY"));
    assert_eq!(child_env(address, &credential, None)[0].1, "127.0.0.1,localhost,::1");
}

#[tokio::test]
async fn a_head_is_found_however_it_is_cut() {
    let text = b"CONNECT a:1 HTTP/1.1\r\nA: b\r\n\r\nrest";
    for size in 1..text.len() {
        let (mut client, mut server) = tokio::io::duplex(size);
        tokio::spawn(async move { client.write_all(text).await.unwrap() });
        let mut raw = read_head(&mut server).await.unwrap();
        server.read_to_end(&mut raw.early).await.unwrap();
        assert_eq!((raw.head.as_slice(), raw.early.as_slice()), (&text[..26], &b"rest"[..]), "{size}");
    }
}

#[tokio::test]
async fn a_head_has_a_largest_size() {
    let mut fits = vec![b'a'; MAX_HEAD - 4];
    fits.extend_from_slice(b"\r\n\r\n");
    assert_eq!(read_head(&mut fits.as_slice()).await.unwrap().head.len(), MAX_HEAD - 4);
    assert_eq!(read_head(&mut vec![b'a'; MAX_HEAD].as_slice()).await.unwrap_err(), HeadFault::TooLarge);
    assert_eq!(read_head(&mut b"abc".as_slice()).await.unwrap_err(), HeadFault::Closed);
}

proptest! {
    #[test]
    fn any_head_is_answered(head in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(request) = Request::parse(&head) {
            let _ = Target::of(&request);
        }
    }

    #[test]
    fn what_is_forwarded_has_one_host_and_no_smuggled_line(
        host in "[a-z]{1,8}\\.example(:[1-9][0-9]{0,3})?",
        path in "(/[!-~]{0,20})?",
        headers in prop::collection::vec(("[A-Za-z-]{1,12}", "[ -~\\t]{0,12}"), 0..5),
    ) {
        let mut head = format!("GET http://{host}{path} HTTP/1.1");
        for (name, value) in &headers {
            head.extend(["\r\n", name.as_str(), ": ", value.as_str()]);
        }
        let request = Request::parse(head.as_bytes()).unwrap();
        let target = Target::of(&request).unwrap();
        let Kind::Plain { path } = target.kind else { panic!() };
        let forwarded = forwarded_head(&target, path, &request, None);
        let again = Request::parse(forwarded.strip_suffix("\r\n\r\n").unwrap().as_bytes()).unwrap();
        prop_assert_eq!(again.values("host").count(), 1);
        prop_assert_eq!(again.values("connection").count(), 1);
        prop_assert!(again.target.starts_with('/'));
        prop_assert!(again.headers.len() <= request.headers.len() + 2);
    }

    #[test]
    fn any_authority_is_answered(text in "\\PC{0,30}") {
        if let Some((host, port)) = authority(&text, Some(80)) {
            prop_assert!(port != 0 && !host.is_empty() && !host.contains(['/', '@', ' ']));
        }
    }
}

#[test]
fn the_page_of_the_proxy_names_the_command_that_opens_the_console() {
    for lang in [Lang::En, Lang::Zh] {
        let told = not_a_server(lang);
        assert!(told.contains("`ombud console`") && !told.contains("`ombud serve`"), "{told}");
    }
}
