//! `ombud`: the binary. Exit codes: 0 clean, 1 findings or damage, 2 could not do the job; `run` returns the child's own.

mod api;
mod approvals;
mod assistant;
mod attack;
mod check;
mod cli;
mod config;
mod connect;
mod consent;
mod console;
mod declared;
mod demo;
mod document;
mod explain;
mod fault;
mod files;
mod filter;
mod flowmap;
mod gate;
mod hook;
mod init;
mod journey;
mod language;
mod log;
mod lsp;
mod mcp;
mod notice;
mod output;
mod plan;
mod policy;
mod purse;
mod report;
mod run;
mod selftest;
mod serve;
mod share;
mod sim;
mod sources;
mod subject;
mod summary;
mod told;
mod trace;
mod tunnel;
mod words;

use std::process::ExitCode;

use anyhow::Result;
use ombud_core::{Lang, say};

use cli::{Cli, LogVerb, Verb};
use output::Terminal;

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let spoken = language::of(&args);
    let cli = match cli::parse(args.clone(), spoken.lang) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error, &args, spoken),
    };
    let terminal = Terminal::of(spoken, cli.quiet);
    match start(cli, terminal) {
        Ok(code) => ExitCode::from(code),
        Err(error) => terminal.failure(&error),
    }
}

/// One runtime for every verb. Long bodies and disk I/O have threads of their own.
fn start(cli: Cli, terminal: Terminal) -> Result<u8> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build()?;
    let code = runtime.block_on(verb(cli, terminal));
    // A pending read of standard input that nobody waits for must not keep the process alive.
    runtime.shutdown_background();
    code
}

/// Threads that serve connections: one per two cores. A request spends most of its time at the provider; it costs a tenth
/// of a millisecond here, and moving it between threads costs more than a second thread gains.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2).clamp(1, 8)
}

async fn verb(cli: Cli, terminal: Terminal) -> Result<u8> {
    match cli.command {
        None => status(terminal),
        Some(Verb::Run(args)) => Box::pin(run::run(args, terminal)).await,
        Some(Verb::Serve(args)) => serve::serve(args, terminal).await,
        Some(Verb::Connect(args)) => connect::connect(&args, terminal),
        Some(Verb::Approve(args)) => approvals::approve(args, terminal).await,
        Some(Verb::Mcp(args)) => Box::pin(mcp::mcp(args, terminal)).await,
        Some(Verb::McpServer(args)) => assistant::serve(args, terminal).await,
        Some(Verb::Console(args)) => console::console(args, terminal).await,
        Some(Verb::Init(args)) => init::init(&args, terminal),
        Some(Verb::Check(args)) => check::run(&args, terminal).await,
        Some(Verb::Lsp(args)) => lsp::lsp(&args, cli.lang.is_some(), terminal),
        Some(Verb::Explain(args)) => explain::explain(&args, terminal),
        Some(Verb::Scan(args)) => filter::scan(&args, terminal),
        Some(Verb::Selftest(args)) => selftest::selftest(&args, terminal),
        Some(Verb::Redact(args)) => filter::redact(&args, terminal).await,
        Some(Verb::Restore(args)) => filter::restore(&args, terminal).await,
        Some(Verb::Log(log)) => match log.verb {
            LogVerb::Show(args) => log::show(&args, terminal).await,
            LogVerb::Trace(args) => trace::trace(&args, terminal).await,
            LogVerb::Verify(args) => log::verify(&args, terminal),
            LogVerb::Export(args) => log::export(&args, terminal),
        },
        Some(Verb::Providers) => init::providers(terminal),
        Some(Verb::Policy(args)) => policy::policy(args, terminal).await,
        Some(Verb::Plan(args)) => plan::plan(&args, terminal).await,
        Some(Verb::Notice(args)) => notice::notice(&args, terminal).await,
        Some(Verb::Subject(args)) => subject::subject(args, terminal).await,
        Some(Verb::Attack(args)) => Box::pin(attack::attack(args, terminal)).await,
        Some(Verb::Sim(args)) => sim::sim(args, terminal).await,
        Some(Verb::Demo(args)) => demo::demo(&args, terminal).await,
    }
}

/// `ombud` alone: the current state, and what to type next.
fn status(terminal: Terminal) -> Result<u8> {
    let lang: Lang = terminal.lang;
    let version = env!("CARGO_PKG_VERSION");
    let has_config = std::path::Path::new(config::FILE).exists();
    let has_log = config::home().join("journal").is_dir();
    terminal.out(&say!(lang, en: "ombud {version}: nothing leaves this machine unless your agent sends it.", zh: "ombud {version}：除了你的智能体自己发送的内容，没有任何数据离开本机。"))?;
    let (file, home) = (config::FILE, config::home().display().to_string());
    terminal.tell(&if has_config {
        say!(lang, en: "  configuration  {file}", zh: "  配置  {file}")
    } else {
        say!(lang, en: "  configuration  none; `ombud init` writes one (optional)", zh: "  配置  无；`ombud init` 可生成（可选）")
    })?;
    terminal.tell(&if has_log {
        say!(lang, en: "  log            {home}; `ombud log show`, `ombud log verify`", zh: "  日志  {home}；`ombud log show`、`ombud log verify`")
    } else {
        say!(lang, en: "  log            none yet", zh: "  日志  还没有")
    })?;
    let run = format!("ombud run -- {}", journey::start(std::path::Path::new("."), terminal));
    terminal.tell(&say!(lang, en: "Run your agent:  {run}", zh: "运行智能体：{run}"))?;
    terminal.tell(&say!(lang, en: "See it work:     ombud demo      All commands:  ombud --help", zh: "看演示：ombud demo      全部命令：ombud --help"))?;
    journey::next(if has_config { "ombud check" } else { "ombud init" }, terminal);
    Ok(0)
}
