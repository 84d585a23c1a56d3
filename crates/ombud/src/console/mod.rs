//! The console: a page on loopback that shows the flow map live, and what was said next to what the provider saw. It reads
//! the log of one home and decrypts it for the operator who holds the token; the only action it offers is to allow or
//! decline a pending tool call.
//!
//! ```text
//! guard (Host, Origin, headers) ─▶ assets: the page, without data
//!                               └▶ token ─▶ api ─▶ source ─▶ Reader ─▶ fold ─▶ flow, events, conversations
//!                                                         └▶ exchange ─▶ gateway::replay ─▶ passages
//! ```

mod api;
mod assets;
mod exchange;
mod flow;
mod fold;
mod guard;
mod live;
mod passage;
mod source;
mod token;
mod view;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use axum::Router;
use clap::Args;
use ombud_core::{Lang, say};
use ombud_gateway::{Gateway, server};
use ombud_ledger::read::Reader;
use tokio::net::TcpListener;
use utoipa::OpenApi as _;

use crate::cli::Chinese;
use crate::config::{self, Flags};
use crate::fault;
use crate::output::Terminal;
pub(crate) use api::{Console as Open, problem};
use source::{Knowledge, Source};
use token::Token;
pub(crate) use view::{Bilingual, ConsoleProblem};

/// The default address of `ombud console`, if it is free.
const LISTEN: &str = "127.0.0.1:8788";

/// Chinese help of the verb.
pub(crate) const CHINESE: Chinese = &[
    ("console", "在浏览器中查看数据流向和对话回放"),
    ("console listen", "监听地址，须为本机回环地址（默认 127.0.0.1:8788，被占用时自动换一个端口）"),
    ("console renew", "更换令牌：以前给出的链接全部失效"),
];

#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    /// Address to listen on, on this machine only (default: 127.0.0.1:8788, or a free port)
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Create a new token: links given out before stop working
    #[arg(long)]
    pub renew: bool,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The console of one home.
pub(crate) struct Console {
    /// The interface; `None` if it has no token, as in a home that cannot be written to.
    api: Option<api::Console>,
    guard: guard::Guard,
}

impl Console {
    /// The console of a running gateway that is also reached under these names. Agents run without it too.
    pub(crate) fn beside(gateway: &Arc<Gateway>, hosts: &[String]) -> Self {
        let (home, lang) = (gateway.ledger.home().to_owned(), gateway.config.lang);
        let token = Token::of(&home, lang).ok();
        let source = Source::new(&home, Knowledge::Gateway(Arc::clone(gateway)));
        let api = token.map(|token| api::Console { source, token, lang });
        Self { api, guard: guard::Guard::new(hosts, lang).open(gateway.config.keys.is_empty()) }
    }

    fn over(home: &Path, knowledge: Knowledge, lang: Lang, hosts: &[String]) -> Result<Self> {
        let token = Token::of(home, lang)?;
        let api = Some(api::Console { source: Source::new(home, knowledge), token, lang });
        Ok(Self { api, guard: guard::Guard::new(hosts, lang) })
    }

    /// The routes of the page and of its interface. They belong behind [`Console::guarded`], together with what they are
    /// merged with.
    pub(crate) fn routes(&self) -> Router {
        match &self.api {
            Some(api) => assets::router().merge(api::router(api.clone())),
            None => Router::new(),
        }
    }

    /// Checks every request to these routes for foreign host names and foreign pages.
    pub(crate) fn guarded(&self, routes: Router) -> Router {
        routes.layer(axum::middleware::from_fn_with_state(self.guard.clone(), guard::guard))
    }

    /// The same check for a request that goes to an edge without passing a router.
    pub(crate) fn porter(&self) -> server::Porter {
        let guard = self.guard.clone();
        Arc::new(move |uri, headers| guard.door(uri, headers))
    }

    /// The link that opens it, if there is one.
    pub(crate) fn link(&self, address: SocketAddr) -> Option<String> {
        self.api.as_ref().map(|api| api.token.link(address))
    }

    /// Ends the streams of open pages.
    pub(crate) fn close(&self) {
        if let Some(api) = &self.api {
            api.source.close();
        }
    }
}

/// The description of the interface, to be merged with the rest.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    api::Document::openapi()
}

/// `ombud console`: shows a home's log, also while a gateway writes to it.
pub(crate) async fn console(args: ConsoleArgs, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let home = config::home();
    // Reports what to do if there is no log yet.
    drop(Reader::open(&home).await?);
    let file = config::read(args.config.as_deref(), lang)?;
    let detector = Box::new(config::detector(&file));
    let hosts = file.serve.hosts.clone();
    let config = config::gateway(file, &Flags::default(), lang)?;
    if args.renew {
        Token::renew(&home, lang)?;
    }
    let listener = listen(args.listen.as_deref(), lang).await?;
    let knowledge = Knowledge::Configuration {
        providers: Box::new(config.providers),
        local: config.local,
        policy: config.policy,
        detector,
    };
    let console = Console::over(&home, knowledge, lang, &hosts)?;
    terminal.out(&console.link(listener.local_addr()?).unwrap_or_default())?;
    terminal.note(&say!(lang,
        en: "  open this link in a browser on this machine; Ctrl-C ends the console and nothing else",
        zh: "  请在本机浏览器中打开此链接；按 Ctrl-C 只会关闭控制台"));
    let routes = console.guarded(console.routes());
    let stop = async move {
        // Without signals it runs until it is killed.
        let _ = crate::serve::stopped().await;
        console.close();
    };
    server::serve(listener, routes, stop).await?;
    Ok(0)
}

/// Listens on this machine only: whoever opens the console reads what users said.
async fn listen(address: Option<&str>, lang: Lang) -> Result<TcpListener> {
    let wanted = address.unwrap_or(LISTEN);
    let bound = match TcpListener::bind(wanted).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse && address.is_none() => {
            TcpListener::bind("127.0.0.1:0").await
        }
        bound => bound,
    };
    let listener = bound.map_err(|error| fault::no_listener(error, wanted, lang))?;
    if !listener.local_addr()?.ip().is_loopback() {
        bail!(say!(lang,
            en: "{wanted} can be reached from outside, and the console shows what users said. Listen on 127.0.0.1; from another machine, use `ssh -L 8788:127.0.0.1:8788 HOST`",
            zh: "{wanted} 可从外部访问，而控制台会显示用户说过的话。请监听 127.0.0.1；需要从其他机器查看时，可用 `ssh -L 8788:127.0.0.1:8788 主机`"));
    }
    Ok(listener)
}

#[cfg(test)]
mod tests;
