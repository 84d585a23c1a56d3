//! `ombud sim`: the simulated model and the simulated world, for an agent that is started by hand.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;
use ombud_attack::sim::Simulator;
use ombud_attack::world::World;
use ombud_core::{Lang, say};
use ombud_gateway::server;
use tokio::net::TcpListener;

use crate::cli::Chinese;
use crate::fault;
use crate::output::Terminal;

/// `ombud sim`
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8799")]
    pub listen: String,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese =
    &[("sim", "启动模拟模型和模拟环境，供手动运行的智能体使用"), ("sim listen", "监听地址")];

/// Serves both at one address until it is stopped.
pub(crate) async fn sim(args: Sim, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let listen = &args.listen;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| fault::no_listener(error, listen, lang))?;
    let url = format!("http://{}", listener.local_addr()?);
    terminal.out(&format!("export OPENAI_BASE_URL={url}/v1"))?;
    terminal.out(&format!("export ANTHROPIC_BASE_URL={url}"))?;
    for (name, value) in keys().into_iter().chain(variables(&url, lang)) {
        terminal.out(&format!("export {name}={}", value.to_string_lossy()))?;
    }
    terminal.note(&say!(lang,
        en: "A gullible model and a simulated world. They obey and believe everything; nothing leaves this machine. Ctrl-C stops them.",
        zh: "一个轻信的模型和一个模拟环境：说什么都信，说什么都照做；任何内容都不会离开本机。按 Ctrl-C 停止。"));
    let routes = Simulator::default().beside().merge(World::new(lang)?.router());
    server::serve(listener, routes, async {
        // Without signals it runs until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    })
    .await?;
    Ok(0)
}

/// The simulated model and world next to a gateway in this process.
pub(crate) struct Simulated {
    model: String,
    world: String,
}

impl Simulated {
    /// Serves both on free ports of their own: a child may reach the model's address only through the gateway.
    pub(crate) async fn start(terminal: Terminal) -> Result<Self> {
        let world = serve(World::new(terminal.lang)?.router()).await?;
        Ok(Self { model: serve(Simulator::default().router()).await?, world })
    }

    /// Address of the model.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// Address of the world.
    pub(crate) fn world(&self) -> &str {
        &self.world
    }

    /// The variables that an agent needs.
    pub(crate) fn environment(&self, lang: Lang) -> Vec<(String, OsString)> {
        keys().into_iter().chain(variables(&self.world, lang)).collect()
    }
}

/// Serves routes on a free port until the process ends, and returns the address.
pub(crate) async fn serve(routes: axum::Router) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(server::serve(listener, routes, std::future::pending()));
    Ok(url)
}

/// The variables that lead an agent to the world.
pub(crate) fn variables(world: &str, lang: Lang) -> Vec<(String, OsString)> {
    vec![("OMBUD_WORLD".into(), world.into()), ("OMBUD_WORLD_LANG".into(), lang.tag().into())]
}

/// The keys that SDKs expect even for a model that needs none.
pub(crate) fn keys() -> Vec<(String, OsString)> {
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"].map(|name| (name.to_owned(), "simulated".into())).into()
}
