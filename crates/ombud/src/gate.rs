//! Starting and stopping a gateway: what `run`, `serve` and `attack` share.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use ombud_core::event::EventKind;
use ombud_core::say;
use ombud_detect::Detector;
use ombud_gateway::{Config, Gateway, record, server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api;
use crate::console::Console;
use crate::output::Terminal;
use crate::share;

/// The file in a home that holds the address of its gateway.
const ADDRESS: &str = "address";

/// The address of a home's gateway, if it is recorded.
pub(crate) fn served_at(home: &Path) -> Option<String> {
    let url = std::fs::read_to_string(home.join(ADDRESS)).ok()?;
    Some(url.trim().to_owned())
}

/// A running gateway.
pub(crate) struct Gate {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// Where it listens.
    pub address: SocketAddr,
    /// The number of the log entry with which it began.
    pub first: u64,
    console: Console,
    /// Serves the log to other processes.
    shared: Option<JoinHandle<()>>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Gate {
    /// Opens the log and starts to serve.
    pub(crate) async fn open(
        home: &Path,
        config: Config,
        detector: Detector,
        listener: TcpListener,
        mode: &str,
    ) -> Result<Self> {
        Self::open_as(home, config, detector, listener, mode, &[]).await
    }

    /// Like `open`, but browsers reach it under these names too.
    pub(crate) async fn open_as(
        home: &Path,
        config: Config,
        detector: Detector,
        listener: TcpListener,
        mode: &str,
        hosts: &[String],
    ) -> Result<Self> {
        let ledger = share::open(home).await?;
        let start = EventKind::RunStart { version: env!("CARGO_PKG_VERSION").into(), mode: mode.into() };
        let begun = ledger.append(record::event(start), None)?;
        ledger.durable(&begun).await?;
        let gateway = Gateway::new(config, detector, ledger)?;
        let address = listener.local_addr()?;
        let console = Console::beside(&gateway, hosts);
        let own = api::router(Arc::clone(&gateway)).merge(console.routes());
        let router = console.guarded(own.merge(server::router(Arc::clone(&gateway))));
        let (stop, stopped) = oneshot::channel();
        let until = async {
            // A dropped sender stops the server too.
            let _ = stopped.await;
        };
        let edges = (Arc::clone(&gateway), console.porter());
        let server = tokio::spawn(server::serve_edges(listener, router, edges, until));
        let shared = share::offer(home, &gateway);
        tokio::spawn(crate::subject::resume(Arc::clone(&gateway)));
        // Only a convenience for verbs in other processes: without it they report that the log is in use.
        let _ = std::fs::write(home.join(ADDRESS), format!("http://{address}\n"));
        Ok(Self { gateway, address, first: begun.seq, console, shared, stop, server })
    }

    /// Prints where the console is.
    pub(crate) fn announce_console(&self, terminal: Terminal) {
        let lang = terminal.lang;
        terminal.note(&match self.console.link(self.address) {
            Some(link) => say!(lang,
                en: "  console: {link} (while this runs; afterwards: `ombud console`)",
                zh: "  控制台：{link}（运行期间有效；之后请用 `ombud console`）"),
            None => say!(lang,
                en: "  console: not available, as its token cannot be stored; `ombud console` says why",
                zh: "  控制台：不可用，因为无法保存令牌；运行 `ombud console` 可查看原因"),
        });
    }

    /// Stops serving, gives open exchanges a moment to end, and closes the log.
    pub(crate) async fn close(self, exit: Option<i64>) -> Result<()> {
        self.console.close();
        // The receiver is gone only if the server has ended already.
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), self.server).await;
        let _ = std::fs::remove_file(self.gateway.ledger.home().join(ADDRESS));
        self.shared.iter().for_each(JoinHandle::abort);
        // Failing to write the last entry must not hide what the log holds.
        let _ = self.gateway.ledger.append(record::event(EventKind::RunEnd { exit }), None);
        self.gateway.ledger.close().await?;
        Ok(())
    }
}
