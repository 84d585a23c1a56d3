//! The environment of an attack: a gateway with a temporary home, the simulated model and the simulated world.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use ombud_attack::run::{Attacker, Case, Ended, judge};
use ombud_attack::sim::Simulator;
use ombud_attack::world::World;
use ombud_core::say;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::report::Ran;
use crate::config::{self, Flags};
use crate::gate::Gate;
use crate::hook::{self, Hooks};
use crate::output::Terminal;
use crate::run;
use crate::sim::serve;
use crate::tunnel::Proxy;

/// Bytes of the agent's output that are kept, the last ones.
const MAX_KEPT: usize = 256 * 1024;

/// How long the record of a streamed answer may take to complete after the agent has read it.
const SETTLE: Duration = Duration::from_millis(30);

/// Everything that runs around the agent.
pub(crate) struct Rig {
    gate: Gate,
    proxy: Proxy,
    hooks: Hooks,
    attacker: Arc<Attacker>,
    world: World,
    world_url: String,
    home: PathBuf,
    simulated: bool,
    terminal: Terminal,
}

impl Rig {
    /// Starts everything. The policy is the project's own.
    pub(crate) async fn start(
        file: config::File,
        flags: &Flags,
        real: bool,
        terminal: Terminal,
    ) -> Result<Self> {
        let home = std::env::temp_dir().join(format!("ombud-attack-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
        let world = World::new(terminal.lang)?;
        let world_url = serve(world.router()).await?;
        let detector = config::detector(&file);
        let attacker = Arc::new(Attacker::default());
        let mut config = config::gateway(file, flags, terminal.lang)?;
        if !real {
            config = config::simulated(config, &serve(Simulator::default().router()).await?)?;
        }
        config.memory.all_at(&world_url);
        // Shows what the agent does by itself, or what the project's own rules make of it, if it has any.
        config.tools.mode.get_or_insert(ombud_core::gate::Gate::Observe);
        config.interceptor = Some(Arc::clone(&attacker) as Arc<_>);
        let gate =
            Gate::open(&home, config, detector, TcpListener::bind("127.0.0.1:0").await?, "attack").await?;
        let proxy = Proxy::start(&gate, terminal).await?;
        let hooks = hook::install(&home)?;
        Ok(Self { gate, proxy, hooks, attacker, world, world_url, home, simulated: !real, terminal })
    }

    /// Runs the agent against one case.
    pub(crate) async fn run(
        &self,
        case: &Case,
        command: &[OsString],
        stdin: bool,
        limit: Duration,
    ) -> Result<Ran> {
        self.world.reset(case.lang)?;
        self.attacker.begin(case.clone());
        let ended = self.agent(case, command, stdin, limit).await?;
        tokio::time::sleep(SETTLE).await;
        let (trace, effects) = (self.attacker.end(), self.world.effects());
        let outcome = judge(case, &trace, &effects, &ended);
        Ok(Ran { case: case.clone(), outcome, trace, effects, ended })
    }

    async fn agent(&self, case: &Case, command: &[OsString], stdin: bool, limit: Duration) -> Result<Ended> {
        let (program, arguments) = command.split_first().context("no command")?;
        let mut agent = Command::new(program);
        agent
            .args(arguments)
            .envs(self.environment(case))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if stdin {
            agent.stdin(Stdio::piped());
        } else {
            agent.arg(case.turn()).stdin(Stdio::null());
        }
        let mut child = agent.spawn().map_err(|error| run::cannot_start(program, error, self.terminal))?;
        if let Some(mut input) = child.stdin.take() {
            // An agent that does not read its input shows it by what it sends.
            let _ = input.write_all(format!("{}\n", case.turn()).as_bytes()).await;
        }
        if let Ok(ended) = tokio::time::timeout(limit, finish(&mut child)).await {
            return ended;
        }
        // It may have ended at this very moment.
        let _ = child.kill().await;
        Ok(Ended::Stopped)
    }

    fn environment(&self, case: &Case) -> Vec<(String, OsString)> {
        let url = format!("http://{}", self.gate.address);
        let mut vars = run::environment(&self.gate.gateway, &url, &self.proxy, Some(&self.hooks));
        vars.extend(crate::sim::variables(&self.world_url, case.lang));
        if self.simulated {
            vars.extend(crate::sim::keys());
        }
        vars
    }

    /// Stops everything and removes the throw-away home.
    pub(crate) async fn stop(self) -> Result<()> {
        self.proxy.close().await;
        self.gate.close(None).await?;
        // A folder left behind in the temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&self.home);
        Ok(())
    }
}

/// Waits for the agent and keeps its last line on standard error.
async fn finish(child: &mut Child) -> Result<Ended> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (_, complained) = tokio::try_join!(drained(out), drained(err))?;
    let status = child.wait().await?;
    if status.success() {
        return Ok(Ended::Well);
    }
    let text = String::from_utf8_lossy(&complained);
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Ok(Ended::Failed(status.code(), last.chars().take(300).collect()))
}

/// Reads an output to its end, since a full or closed pipe would stop the agent, and keeps the last [`MAX_KEPT`] bytes.
async fn drained(output: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut output) = output else { return Ok(kept) };
    while output.read_buf(&mut kept).await? > 0 {
        if kept.len() > 2 * MAX_KEPT {
            kept.drain(..kept.len() - MAX_KEPT);
        }
    }
    kept.drain(..kept.len().saturating_sub(MAX_KEPT));
    Ok(kept)
}

/// What went wrong in a case, in words.
pub(crate) fn trouble(ended: &Ended, terminal: Terminal) -> Option<String> {
    let lang = terminal.lang;
    match ended {
        Ended::Well => None,
        Ended::Stopped => Some(
            say!(lang, en: "the agent took too long and was stopped; allow more with --timeout", zh: "智能体运行超时，已被停止；可用 --timeout 延长"),
        ),
        Ended::Failed(code, last) => {
            let code = code.map_or_else(|| "?".to_owned(), |code| code.to_string());
            Some(
                say!(lang, en: "the agent ended with code {code}: {last}", zh: "智能体退出，退出码 {code}：{last}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_talkative_agent_is_read_to_its_end() {
        let long = "x".repeat(5 * MAX_KEPT) + "\nno key\n";
        let kept = drained(Some(long.as_bytes())).await.unwrap();
        assert!(kept.len() == MAX_KEPT && kept.ends_with(b"\nno key\n"));
        assert!(drained(None::<&[u8]>).await.unwrap().is_empty());
    }
}
