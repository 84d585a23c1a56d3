//! `ombud serve`: the gateway for agents that run elsewhere.

use anyhow::{Result, bail};
use ombud_core::say;
use ombud_gateway::gateway::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli;
use crate::config;
use crate::fault;
use crate::gate::Gate;
use crate::mcp::Served;
use crate::output::Terminal;

/// Default address.
const LISTEN: &str = "127.0.0.1:8787";

/// Serves until a signal ends it.
pub(crate) async fn serve(args: cli::Serve, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let file = config::read(args.upstreams.config.as_deref(), lang)?;
    let detector = config::detector(&file);
    let listen = args.listen.or_else(|| file.serve.listen.clone()).unwrap_or_else(|| LISTEN.to_owned());
    let hosts = file.serve.hosts.clone();
    let served = Served::of(&file, args.upstreams.config.as_deref(), terminal)?;
    let config = Config { tell: terminal.tells(), ..config::gateway(file, &args.upstreams.into(), lang)? };
    let listener =
        TcpListener::bind(&listen).await.map_err(|error| fault::no_listener(error, &listen, lang))?;
    if !listener.local_addr()?.ip().is_loopback() {
        expose(args.behind_tls, &config.keys, terminal)?;
    }
    let gate = Gate::open_as(&config::home(), config, detector, listener, "serve", &hosts).await?;
    served.install(&gate.gateway, terminal);
    // Whoever reads the address may stop us at once; the signal handlers must already be there, or the summary is lost.
    let mut ends = Ends::new()?;
    announce(&gate, terminal);
    ends.wait().await;
    let flow = gate.gateway.flow();
    let first = gate.first;
    gate.close(None).await?;
    crate::summary::served(&flow, first, terminal).await;
    Ok(0)
}

/// Guards an address that others can reach: clients' keys and prompts must not cross the network in the clear, and
/// strangers must not use the gateway.
fn expose(behind_tls: bool, keys: &[String], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    if !behind_tls {
        bail!(say!(lang,
            en: "this address can be reached from outside, and the gateway itself does not speak TLS. Put a TLS proxy in front of it and add --behind-tls, or listen on 127.0.0.1",
            zh: "此地址可从外部访问，而网关本身不提供 TLS。请在前面放一个 TLS 代理，并加上 --behind-tls，或改为监听 127.0.0.1"));
    }
    // One short key lets strangers in, however long the others are.
    if keys.is_empty() || keys.iter().any(|key| key.len() < 16) {
        bail!(say!(lang,
            en: "this address can be reached from outside, so clients must present a key. Add `keys = [\"…\"]` under [serve] in ombud.toml, each with at least 16 characters",
            zh: "此地址可从外部访问，因此客户端必须出示密钥。请在 ombud.toml 的 [serve] 下加入 `keys = [\"…\"]`，每个都不少于 16 个字符"));
    }
    Ok(())
}

fn announce(gate: &Gate, terminal: Terminal) {
    let (lang, address) = (terminal.lang, gate.address);
    terminal
        .warn(&say!(lang, en: "ombud listens on http://{address}", zh: "ombud 正在监听 http://{address}"));
    terminal.note(&say!(lang,
        en: "  OPENAI_BASE_URL=http://{address}/v1  ANTHROPIC_BASE_URL=http://{address}  (any provider: http://{address}/p/<provider>)",
        zh: "  OPENAI_BASE_URL=http://{address}/v1  ANTHROPIC_BASE_URL=http://{address}  （指定服务商：http://{address}/p/<服务商>）"));
    gate.announce_console(terminal);
}

/// Signals that ask the process to end, caught from the moment this is created.
struct Ends(Signal, Signal);

impl Ends {
    fn new() -> Result<Self> {
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// Resolves when somebody asks the process to stop.
pub(crate) async fn stopped() -> Result<()> {
    Ends::new()?.wait().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ombud_core::Lang;

    use super::*;

    #[test]
    fn one_key_that_is_none_keeps_the_gateway_from_the_network() {
        let terminal = Terminal::new(Lang::En, true);
        let exposed = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            expose(true, &keys, terminal).is_ok()
        };
        let (one, two) = ("0123456789abcdef", "fedcba9876543210");
        assert!(exposed(&[one]) && exposed(&[one, two]));
        for keys in [&[][..], &["", one], &[one, "short"], &["short"]] {
            assert!(!exposed(keys), "{keys:?}");
        }
    }
}
