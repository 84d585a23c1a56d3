//! The gateway under load, compared with a direct connection and, on request, with other gateways, in one run.
//!
//! One provider, one client and every contestant share the machine. The loads are interleaved: each is applied to every
//! contestant in turn, so that a machine that slows down in the meantime slows down for all.

mod contestant;
mod count;
mod http;
mod load;
mod mock;
mod process;
mod prompt;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum as _};

use crate::command;
use crate::term;
use crate::workspace::Workspace;
use contestant::{Contestant, Rival};
use load::{Shot, Target};
use mock::Mock;
use process::Server;
use prompt::Shape;
use report::{Figures, Needs, Row};

/// The client's key; `LiteLLM` requires this prefix.
const KEY: &str = "sk-bench-0123456789abcdef";

/// File that `--write` puts the tables into.
const DOCUMENT: &str = "docs/performance.md";

/// How often a contestant is started to measure its start-up time; slow ones are started once.
const STARTS: usize = 5;
const SLOW_START: Duration = Duration::from_secs(1);

/// Requests per conversation.
const TURNS: u64 = 8;

/// Options of the bench.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench gateway", bin_name = "cargo xtask bench gateway")]
struct Options {
    /// Other gateways to measure in the same run; each is installed if missing.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAMES")]
    with: Vec<Rival>,
    /// Run only loads whose title contains this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    load: String,
    /// Send this many requests per load, for a profile or a quick look.
    #[arg(long, value_name = "NUMBER")]
    requests: Option<u64>,
    /// Also count Ombud's instructions per request, with valgrind.
    #[arg(long)]
    instructions: bool,
    /// Measure this binary instead of a fresh release build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write the tables to docs/performance.md.
    #[arg(long)]
    write: bool,
}

/// One load.
#[derive(Debug, Clone, Copy)]
struct Load {
    kilobytes: usize,
    stream: bool,
    connections: usize,
    /// The provider's delay, in milliseconds.
    delay: u64,
    turns: u64,
    /// Whether everything but the last message stays the same throughout a conversation.
    resent: bool,
    requests: u64,
}

impl Load {
    fn title(&self) -> String {
        let Self { kilobytes, stream, connections, delay, turns, resent, .. } = self;
        let kind = if *stream { "23 events" } else { "whole" };
        let plural = if *connections == 1 { "" } else { "s" };
        let delay = if *delay > 0 { format!(", provider answers after {delay} ms") } else { String::new() };
        let fresh = if *turns == 1 { ", each request a new conversation" } else { "" };
        let again = if *resent { ", history sent again" } else { "" };
        format!("{kilobytes} KB, {kind}, {connections} connection{plural}{delay}{fresh}{again}")
    }

    fn shape(&self) -> Shape {
        let Self { kilobytes, stream, turns, resent, .. } = *self;
        Shape { size: kilobytes * 1024, stream, turns, resent }
    }
}

/// All loads, small ones first.
fn loads() -> Vec<Load> {
    let usual = Load {
        kilobytes: 1,
        stream: false,
        connections: 1,
        delay: 0,
        turns: TURNS,
        resent: false,
        requests: 3000,
    };
    let mut loads = vec![
        usual,
        Load { delay: 2, requests: 1500, ..usual },
        Load { delay: 50, requests: 180, ..usual },
        Load { turns: 1, requests: 1000, ..usual },
        Load { connections: 32, requests: 20_000, ..usual },
    ];
    for (kilobytes, requests) in [(1, 3000), (16, 1000), (256, 200)] {
        for stream in [false, true] {
            let one = Load { kilobytes, stream, requests, ..usual };
            if kilobytes > 1 || stream {
                loads.push(one);
            }
            if kilobytes > 1 && !stream {
                loads.push(Load { resent: true, ..one });
            }
            loads.push(Load {
                connections: 64,
                requests: requests * if kilobytes == 1 { 6 } else { 2 },
                ..one
            });
        }
    }
    loads
}

/// A running contestant, and the most memory it was seen using.
struct Running {
    contestant: Contestant,
    server: Server,
    start: Duration,
    idle: process::Usage,
    loaded: u64,
}

/// Measures, prints the tables, and writes them if asked to.
pub(super) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let program = "cargo xtask bench gateway".to_owned();
    let options = match Options::try_parse_from(std::iter::once(&program).chain(args)) {
        Ok(options) => options,
        Err(error) => {
            error.print()?;
            return Ok(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)));
        }
    };
    if cfg!(debug_assertions) {
        // The client must not be the bottleneck.
        return optimised(workspace, args);
    }
    let binary = match &options.binary {
        Some(binary) => {
            fs::canonicalize(binary).with_context(|| format!("no binary at {}", binary.display()))?
        }
        None => workspace.build_release()?,
    };
    let mut contestants = vec![Contestant::ombud(binary)?];
    for rival in &options.with {
        contestants.push(Contestant::rival(workspace, *rival)?);
    }
    let mock = Mock::start()?;
    let folder = workspace.target.join("bench-gateway");
    let mut running = Vec::new();
    for contestant in contestants {
        running.push(begin(contestant, &folder, &mock)?);
    }
    let mut text = format!("{}\n", circumstances());
    term::line(&text);
    let mut number = 0;
    for load in loads().into_iter().filter(|load| load.title().contains(&options.load)) {
        let load = Load { requests: options.requests.unwrap_or(load.requests), ..load };
        let table = report::table(&load.title(), &rows(load, &mock, &mut running, &mut number)?);
        term::line(&table);
        text += &(table + "\n");
    }
    let table = report::needs(&running.iter().map(needs).collect::<Vec<_>>(), &absent(&options.with));
    term::line(&table);
    text += &table;
    if options.instructions {
        let table = instructions(&running, &folder, &mock, &options.load, &mut number)?;
        term::line(&table);
        text += &("\n".to_owned() + &table);
    }
    if options.write {
        fs::write(workspace.path(DOCUMENT), document(&text))?;
        term::line(&format!("written {DOCUMENT}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs this bench in a release build of `xtask`.
fn optimised(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&workspace.root).args([
        "run",
        "--release",
        "--package",
        "xtask",
        "--",
        "bench",
        "gateway",
    ]);
    command::run(cargo.args(args))?;
    Ok(ExitCode::SUCCESS)
}

/// Starts a contestant several times and leaves the last instance running.
fn begin(contestant: Contestant, folder: &Path, mock: &Mock) -> Result<Running> {
    term::line(&format!("  starting {}", contestant.version));
    let folder = folder.join(contestant.name);
    let start = || -> Result<Server> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let listen = process::free_address()?;
        Server::start(contestant.command(&folder, mock.address, listen)?, listen, &folder)
    };
    let mut server = start()?;
    let mut times = vec![server.started];
    while times.len() < STARTS && server.started < SLOW_START {
        drop(server);
        server = start()?;
        times.push(server.started);
    }
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    std::thread::sleep(Duration::from_millis(500));
    let idle = server.usage()?;
    Ok(Running { contestant, server, start: middle, idle, loaded: idle.resident })
}

/// Applies one load to the direct connection and to every contestant.
fn rows(load: Load, mock: &Mock, running: &mut [Running], number: &mut u64) -> Result<Vec<Row>> {
    let direct = Target { address: mock.address };
    let outcome = measure(load, direct, mock, number, || Ok(Duration::ZERO))?;
    let mut rows = vec![Row { name: "direct", figures: Figures::of(&outcome.0, mock, None) }];
    for one in running {
        let target = Target { address: one.server.address };
        let (outcome, cpu) = measure(load, target, mock, number, || Ok(one.server.usage()?.cpu))?;
        let used = process::Usage { cpu, ..one.server.usage()? };
        rows.push(Row { name: one.contestant.name, figures: Figures::of(&outcome, mock, Some(used)) });
        one.loaded = one.loaded.max(used.resident);
    }
    Ok(rows)
}

/// Warms up, then measures; `cpu` reads the processor time that the contestant has used so far.
fn measure(
    load: Load,
    target: Target,
    mock: &Mock,
    number: &mut u64,
    cpu: impl Fn() -> Result<Duration>,
) -> Result<(load::Outcome, Duration)> {
    let warm = shots(target, load, (load.requests / 10).min(500), number);
    let shots = shots(target, load, load.requests, number);
    mock.reset(Duration::from_millis(load.delay.min(1)));
    load::fire(target, warm, load.connections)?;
    mock.reset(Duration::from_millis(load.delay));
    let before = cpu()?;
    let outcome = load::fire(target, shots, load.connections)?;
    Ok((outcome, cpu()?.saturating_sub(before)))
}

/// The next `count` requests of a load.
fn shots(target: Target, load: Load, count: u64, number: &mut u64) -> Vec<Shot> {
    let first = *number;
    *number += count;
    (first..*number).map(|number| Shot::new(target, &prompt::prompt(number, load.shape()))).collect()
}

/// Counts Ombud's instructions per request, under every load with one connection. Ombud is the first of the running contestants.
fn instructions(
    running: &[Running],
    folder: &Path,
    mock: &Mock,
    only: &str,
    number: &mut u64,
) -> Result<String> {
    let mut counts = Vec::new();
    let Some(ombud) = running.first() else { return Ok(String::new()) };
    let alike = |load: &Load| load.connections == 1 && load.delay == 0 && load.title().contains(only);
    for load in loads().into_iter().filter(alike) {
        counts.push((load.title(), count::thousands(&ombud.contestant, folder, mock, load, number)?));
    }
    Ok(report::instructions(&counts))
}

fn needs(running: &Running) -> Needs {
    let Running { contestant, start, idle, loaded, .. } = running;
    Needs {
        name: contestant.name,
        about: format!("{} | {}", contestant.version, contestant.does),
        size: contestant.size,
        start: *start,
        idle: *idle,
        loaded: *loaded,
    }
}

fn absent(with: &[Rival]) -> Vec<&'static str> {
    let name = |rival: &Rival| match rival {
        Rival::Nginx => "nginx",
        Rival::Cloakpipe => "CloakPipe",
        Rival::Litellm => "LiteLLM",
    };
    Rival::value_variants().iter().filter(|rival| !with.contains(rival)).map(name).collect()
}

/// Describes the machine.
fn circumstances() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |m| m.1);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = read("/proc/sys/kernel/osrelease");
    let busy = read("/proc/loadavg");
    let revision = command::output(Command::new("git").args(["describe", "--always", "--dirty"]));
    format!(
        "{model}, {cores} cores, Linux {}; load average when it began {}; revision {}.",
        kernel.trim(),
        busy.split(' ').next().unwrap_or("unknown"),
        revision.unwrap_or_default().trim()
    )
}

/// The page around the tables.
fn document(tables: &str) -> String {
    format!(
        "# Performance · 性能

What the gateway costs, measured and written by `cargo xtask bench gateway --write`; do not edit this page. Provider,
client and all contestants share the cores of one machine, without TLS, over loopback. Prompts have personal data in
every paragraph, differ in every request, and belong to conversations of {TURNS} requests; where the history is sent again,
as agents do, only the last message of a request is new in its conversation. Times exclude the provider: its
deliberate delay is subtracted, request by request. `added` is the difference from a direct connection. `in the clear`
is the share of requests whose email address reached the provider, `restored` the share of responses in which the
client found it. CPU is the user and kernel time of the contestant with all its processes; resident is its memory
right after the load, including what earlier loads left behind. A load ends after ten seconds, so slow contestants
have fewer responses. CloakPipe rewrites its whole vault for values that it has not seen, so it slows down in the
course of a run like this one; with values that repeat it is much faster.

本页由 `cargo xtask bench gateway --write` 生成，请勿手工修改。模拟服务商、客户端与各网关共用同一台机器，经回环地址、不含 TLS。
每个请求的每一段都含不同的个人信息；标有 `history sent again` 的负载与真实智能体一样重发历史，同一会话中只有最后一条消息是新的；时间已扣除服务商有意等待的部分；`added` 为相对直连增加的时间；`in the clear` 为邮箱以明文到达
服务商的请求比例；`restored` 为客户端收到还原后邮箱的比例；`resident` 为该负载刚结束时的常驻内存（含先前负载留下的部分）。
CloakPipe 遇到未见过的值时会重写整个代号库，因此在此类测试中越来越慢；若值重复出现则快得多。

{tables}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_have_titles_of_their_own() {
        let mut titles: Vec<String> = loads().iter().map(Load::title).collect();
        assert_eq!(titles.len(), 18);
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), 18);
    }

    #[test]
    fn options_are_understood() {
        let options =
            Options::try_parse_from(["bench", "--with", "nginx,litellm", "--load", "1 KB"]).unwrap();
        assert_eq!(options.with, [Rival::Nginx, Rival::Litellm]);
        assert_eq!(absent(&options.with), ["CloakPipe"]);
        assert!(!options.write && options.binary.is_none());
    }
}
