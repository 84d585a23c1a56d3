//! The proxy for connections that bypass the gateway: they are counted and recorded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use ombud_core::{Say, say};
use ombud_gateway::tunnel::{self, Credential, Outcome, Parents, TunnelConfig, Visit, child_env};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::gate::Gate;
use crate::output::Terminal;

/// Connections to one host with one outcome.
#[derive(Debug, Clone)]
pub(crate) struct Visited {
    /// The host.
    pub host: String,
    /// `tunnelled`, `refused` or `failed`.
    pub outcome: &'static str,
    /// The provider whose host it is.
    pub provider: Option<String>,
    /// How many.
    pub count: u64,
}

type Visits = Arc<Mutex<BTreeMap<(String, &'static str), Visited>>>;

/// A running proxy, and what went through it.
pub(crate) struct Proxy {
    visits: Visits,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
    credential: Credential,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts it on a free port. If the user's own proxy is one that ours cannot go through (SOCKS), the child keeps that
    /// one, and the user is warned that connections bypassing the gateway are not watched.
    pub(crate) async fn start(gate: &Gate, terminal: Terminal) -> Result<Self> {
        let parents = match Parents::from_env(|name| std::env::var(name).ok()) {
            Ok(parents) => parents,
            Err(error) => {
                terminal.warn(&error.say(terminal.lang));
                terminal.warn(&say!(terminal.lang,
                    en: "ombud: the agent keeps your own proxy; connections that bypass the gateway are not listed for this run.",
                    zh: "ombud：智能体沿用你自己的代理；本次运行不会列出绕过网关的连接。"));
                return Ok(Self { visits: Visits::default(), running: None });
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let credential = Credential::random();
        let providers = Arc::new(gate.gateway.config.providers.clone());
        let config = TunnelConfig {
            credential: Some(credential.clone()),
            parents,
            lang: gate.gateway.config.lang,
            tell: gate.gateway.config.tell,
            ..TunnelConfig::new(providers, format!("http://{}", gate.address))
        };
        let visits = Visits::default();
        let (seen, gateway) = (Arc::clone(&visits), Arc::clone(&gate.gateway));
        let observer = Arc::new(move |visit: Visit| {
            let (outcome, provider) = name(&visit.outcome);
            gateway.visited(&visit.host, visit.port, outcome);
            if let Ok(mut seen) = seen.lock() {
                let key = (visit.host.clone(), outcome);
                let row =
                    seen.entry(key).or_insert(Visited { host: visit.host, outcome, provider, count: 0 });
                row.count += 1;
            }
        });
        let task = tokio::spawn(tunnel::serve(listener, config, observer));
        Ok(Self { visits, running: Some(Running { address, credential, task }) })
    }

    /// The variables that make a child use it.
    pub(crate) fn environment(&self) -> Vec<(String, OsString)> {
        let Some(running) = &self.running else { return Vec::new() };
        let no_proxy = ["NO_PROXY", "no_proxy"].iter().find_map(|name| std::env::var(name).ok());
        let vars = child_env(running.address, &running.credential, no_proxy.as_deref()).into_iter();
        vars.map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    /// Stops it and returns which hosts were visited.
    pub(crate) async fn close(self) -> Vec<Visited> {
        if let Some(running) = self.running {
            running.task.abort();
            // It was aborted, so its result means nothing.
            let _ = running.task.await;
        }
        self.visits.lock().map(|visits| visits.values().cloned().collect()).unwrap_or_default()
    }
}

fn name(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Tunnelled => ("tunnelled", None),
        Outcome::Refused(provider) => ("refused", Some(provider.clone())),
        Outcome::Failed => ("failed", None),
    }
}
