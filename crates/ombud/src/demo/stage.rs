//! The folder in which the demonstration runs, and the commands that it runs there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use ombud_attack::sim::Simulator;
use ombud_attack::world::World;
use ombud_core::{Lang, say};
use tokio::process::Command;

use crate::output::Terminal;
use crate::sim;

/// Where the demonstration runs.
pub(super) struct Stage {
    folder: PathBuf,
    terminal: Terminal,
    simulator: Simulator,
    /// Base URL of the simulated model, and address of the simulated world.
    model: String,
    world: String,
    /// Whether the provider in the environment answers instead of the simulated one.
    real: bool,
}

/// What a command printed on standard output.
pub(super) struct Played {
    pub(super) out: String,
}

impl Stage {
    /// Creates the folder, which is kept: it holds the reports that are shown. Starts the simulated model and world.
    pub(super) async fn open(real: bool, terminal: Terminal) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("ombud-demo-{}", std::process::id()));
        // A new folder that nobody else can read.
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).with_context(|| folder.display().to_string())?;
        let simulator = Simulator::default();
        // Two addresses: only what goes to a provider's address goes through the gateway.
        let model = sim::serve(simulator.router()).await? + "/v1";
        let world = sim::serve(World::new(terminal.lang)?.router()).await?;
        Ok(Self { folder, terminal, simulator, model, world, real })
    }

    pub(super) fn lang(&self) -> Lang {
        self.terminal.lang
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.join(".ombud")
    }

    /// Address of the simulated world.
    pub(super) fn world(&self) -> &str {
        &self.world
    }

    /// Writes the assistant's `ombud.toml`.
    pub(super) fn configure(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.folder.join(crate::config::FILE), text)?)
    }

    /// Bodies that the simulated provider received, oldest first.
    pub(super) fn received(&self) -> Vec<Bytes> {
        self.simulator.received()
    }

    pub(super) fn say(&self, text: &str) -> Result<()> {
        self.terminal.tell(text)
    }

    pub(super) fn heading(&self, text: &str) -> Result<()> {
        self.terminal.out(&format!("\n── {text} ──"))
    }

    /// Prints the output of a command, indented.
    pub(super) fn show(&self, text: &str) -> Result<()> {
        let folder = format!("{}/", self.folder.display());
        for line in text.trim_matches('\n').trim_end().lines() {
            self.terminal.out(format!("  {}", line.replace(&folder, "")).trim_end())?;
        }
        Ok(())
    }

    /// Runs `ombud …` in the folder and shows the command.
    pub(super) async fn ombud(&self, args: &[&str], expected: i32) -> Result<Played> {
        self.terminal.out(&format!("▸ ombud {}", args.join(" ")))?;
        self.play(args, expected).await
    }

    /// Runs `ombud run -- …`; the addresses that a real project would have in its environment are not shown.
    pub(super) async fn run(&self, command: &[&str]) -> Result<Played> {
        self.terminal.out(&format!("▸ ombud run -- {}", quoted(command)))?;
        let mut args = vec!["run"];
        if !self.real {
            args.extend(["--upstream", self.model.as_str()]);
        }
        args.push("--");
        args.extend(command);
        self.play(&args, 0).await
    }

    async fn play(&self, args: &[&str], expected: i32) -> Result<Played> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        command
            .env_remove("OMBUD_HOME") // By variable: after `--` a flag would belong to the agent.
            .env("OMBUD_LANG", self.lang().tag())
            .env("PYTHONIOENCODING", "utf-8");
        command.envs(sim::variables(&self.world, self.lang()));
        if !self.real {
            command.envs(sim::keys()).env_remove("OPENAI_BASE_URL");
        }
        let output = command.output().await?;
        if output.status.code() == Some(expected) {
            return Ok(Played { out: String::from_utf8_lossy(&output.stdout).into_owned() });
        }
        let typed = args.join(" ");
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        let folder = self.folder.display();
        bail!(say!(self.lang(),
            en: "`ombud {typed}` did not give the expected result: {last}. The demonstration needs `python3`; its folder is {folder}",
            zh: "`ombud {typed}` 的结果不符合预期：{last}。演示需要 `python3`；演示目录是 {folder}"))
    }
}

/// Words for a shell, quoted only where needed.
fn quoted(words: &[&str]) -> String {
    crate::journey::typed(&words.iter().map(OsString::from).collect::<Vec<_>>())
}
