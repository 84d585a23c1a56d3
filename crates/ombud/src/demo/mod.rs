//! `ombud demo`: a real little agent, a provider that shows what it receives, and a log that somebody tampers with.

mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use ombud_attack::sim::Simulator;
use ombud_core::event::EventKind;
use ombud_core::say;
use ombud_gateway::server;
use ombud_ledger::read::{Contents, Reader};
use ombud_ledger::verify::{self, Policy};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::cli;
use crate::config::{self, Flags};
use crate::gate::Gate;
use crate::log;
use crate::output::Terminal;

const AGENT: &str = include_str!("agent.py");

/// Runs the demonstration.
pub(crate) async fn demo(args: &cli::Demo, terminal: Terminal) -> Result<u8> {
    let folder = std::env::temp_dir().join(format!("ombud-demo-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let result = play(args, &folder, terminal).await;
    // A folder that stays behind in the temporary directory does no harm.
    let _ = fs::remove_dir_all(&folder);
    result
}

async fn play(args: &cli::Demo, folder: &Path, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let home = folder.join(".ombud");
    let real = !args.simulated && std::env::var_os("OPENAI_API_KEY").is_some_and(|key| !key.is_empty());
    let simulator = Simulator::default();
    story::opening(real, terminal)?;
    let gate = gate(&home, real, &simulator).await?;
    let said = agent(folder, &gate, real, terminal).await?;
    gate.close(None).await?;
    let exchanges = exchanges(&home).await?;
    if exchanges.is_empty() {
        bail!(
            say!(lang, en: "the agent sent nothing; the demonstration is broken", zh: "智能体没有发送任何内容，演示出错")
        );
    }
    let received = simulator.received();
    story::side_by_side(&exchanges, (!real).then_some(&received), terminal)?;
    story::restored(folder, &said, terminal)?;
    tamper(&home, &folder.join("copy"), terminal)?;
    story::next(terminal)?;
    Ok(0)
}

/// The gateway in front of the simulated or the real provider.
async fn gate(home: &Path, real: bool, simulator: &Simulator) -> Result<Gate> {
    let file: config::File = toml::from_str(story::CONFIG)?;
    let detector = config::detector(&file);
    let mut flags = Flags::default();
    if !real {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        flags.upstream = Some(format!("http://{}/v1", listener.local_addr()?));
        tokio::spawn(server::serve(listener, simulator.router(), std::future::pending()));
    }
    let config = config::gateway(file, &flags, ombud_core::Lang::En)?;
    Gate::open(home, config, detector, TcpListener::bind("127.0.0.1:0").await?, "demo").await
}

/// Runs the agent and returns what its user sees.
async fn agent(folder: &Path, gate: &Gate, real: bool, terminal: Terminal) -> Result<String> {
    let lang = terminal.lang;
    fs::write(folder.join("agent.py"), AGENT)?;
    let mut command = Command::new("python3");
    command
        .args(["agent.py", story::message(lang)])
        .current_dir(folder)
        .env("OPENAI_BASE_URL", format!("http://{}/v1", gate.address))
        .env("NO_PROXY", "127.0.0.1")
        .env("PYTHONIOENCODING", "utf-8")
        .stderr(Stdio::piped());
    if real {
        command.env("DEMO_MODEL", std::env::var("DEMO_MODEL").unwrap_or_else(|_| "gpt-4o-mini".into()));
    } else {
        command.env("OPENAI_API_KEY", "demo");
    }
    let output = command.output().await.with_context(|| {
        say!(lang, en: "the demonstration's agent needs Python 3 (`python3`); install it and try again", zh: "演示用的智能体需要 Python 3（`python3`），请安装后重试")
    })?;
    if !output.status.success() {
        let last = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        bail!(say!(lang,
            en: "the demonstration's agent failed: {last}. With a real key in the environment, try `ombud demo --simulated`",
            zh: "演示用的智能体出错：{last}。如果环境中有真实密钥，可试试 `ombud demo --simulated`"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A request as the log holds it: what the agent sent and what left.
pub(super) struct Sent {
    /// The body of the agent.
    pub original: Vec<u8>,
    /// The body that left.
    pub left: Vec<u8>,
}

async fn exchanges(home: &Path) -> Result<Vec<Sent>> {
    let mut reader = Reader::open(home).await?;
    let mut found = Vec::new();
    for record in reader.newest(100).await? {
        let request = record.event.as_ref().is_some_and(|event| matches!(event.kind, EventKind::Request(_)));
        if !request {
            continue;
        }
        if let Contents::Parts(parts) = reader.contents(&record).await?
            && let [original, patches] = parts.as_slice()
        {
            found.push(Sent { original: original.to_vec(), left: log::patched(original, patches) });
        }
    }
    Ok(found)
}

/// Verifies the log, changes one character of a copy, and verifies that.
fn tamper(home: &Path, copy: &Path, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    story::heading(&say!(lang, en: "The log", zh: "日志"), terminal)?;
    let report = verify::verify(home, &Policy::default())?;
    log::print(&report, &say!(lang, en: "the log", zh: "日志"), terminal)?;
    // Only the journal: the databases beside it have files that vanish while they close.
    copy_folder(&home.join("journal"), &copy.join("journal"))?;
    let (from, to) = change(&copy.join("journal"))?;
    terminal.out(&say!(lang,
        en: "\nNow somebody changes one character in a copy: {from} becomes {to}.",
        zh: "\n现在有人在副本中改了一个字符：{from} 变成了 {to}。"))?;
    let report = verify::verify(copy, &Policy::default())?;
    if report.is_whole() {
        bail!(
            say!(lang, en: "the change was not noticed; this must not happen", zh: "改动未被发现，这不应发生")
        );
    }
    log::print(&report, &say!(lang, en: "the copy", zh: "副本"), terminal)
}

/// Changes the count of one kind of masked value in the journal.
fn change(journal: &Path) -> Result<(String, String)> {
    let mut segments: Vec<PathBuf> = fs::read_dir(journal)?.flatten().map(|entry| entry.path()).collect();
    segments.retain(|path| path.extension().is_some_and(|ending| ending == "seg"));
    segments.sort();
    for path in segments {
        let mut bytes = fs::read(&path)?;
        let needle = b"\"EMAIL\":1";
        if let Some(place) = bytes.windows(needle.len()).position(|window| window == needle)
            && let Some(digit) = bytes.get_mut(place + needle.len() - 1)
        {
            *digit = b'0';
            fs::write(&path, bytes)?;
            return Ok(("\"EMAIL\":1".into(), "\"EMAIL\":0".into()));
        }
    }
    bail!("the log of the demonstration holds no masked address")
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
