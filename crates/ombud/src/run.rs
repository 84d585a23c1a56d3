//! `ombud run -- CMD`: a gateway for the lifetime of one command.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitStatus;

use anyhow::{Context, Result};
use ombud_core::say;
use ombud_gateway::{Gateway, memory};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli;
use crate::config::{self, Flags};
use crate::gate::Gate;
use crate::hook::{self, Hooks};
use crate::journey;
use crate::mcp::Served;
use crate::output::Terminal;
use crate::sim::Simulated;
use crate::summary::{self, Seen};
use crate::tunnel::Proxy;

/// Runs the command and returns its exit code.
pub(crate) async fn run(args: cli::Run, terminal: Terminal) -> Result<u8> {
    let file = config::read(args.upstreams.config.as_deref(), terminal.lang)?;
    let detector = config::detector(&file);
    let served = Served::of(&file, args.upstreams.config.as_deref(), terminal)?;
    let simulated = if args.simulated { Some(Simulated::start(terminal).await?) } else { None };
    let mut config = config::gateway(file, &Flags::from(args.upstreams), terminal.lang)?;
    config.tell = terminal.tells();
    if let Some(simulated) = &simulated {
        config = config::simulated(config, simulated.model())?;
        config.memory.all_at(simulated.world());
    }
    let gate =
        Gate::open(&config::home(), config, detector, TcpListener::bind("127.0.0.1:0").await?, "run").await?;
    gate.announce_console(terminal);
    let proxy = Proxy::start(&gate, terminal).await?;
    let hooks = if args.no_hooks { None } else { Some(hook::install(&config::home())?) };
    let mut vars = environment(&gate.gateway, &format!("http://{}", gate.address), &proxy, hooks.as_ref());
    vars.extend(served.environment(&format!("http://{}", gate.address)));
    served.install(&gate.gateway, terminal);
    vars.extend(simulated.iter().flat_map(|simulated| simulated.environment(terminal.lang)));
    let status = child(&args.command, vars, terminal).await;
    let visits = proxy.close().await;
    let code = status.as_ref().ok().map(|status| exit_code(*status));
    let failed = code.is_some_and(|code| code != 0);
    let seen = Seen { flow: gate.gateway.flow(), visits, simulated: simulated.is_some(), failed };
    let providers = gate.gateway.config.providers.clone();
    let first = gate.first;
    gate.close(code.map(i64::from)).await?;
    status?;
    if let Some(code) = code.filter(|code| *code != 0) {
        terminal.note(&say!(terminal.lang,
            en: "ombud: the agent ended with exit code {code}",
            zh: "ombud：智能体以退出码 {code} 结束"));
    }
    let agent = journey::again(&args.command);
    if let Some(next) = summary::print(&seen, first, &agent, &providers, terminal).await? {
        journey::next(&next, terminal);
    }
    Ok(code.unwrap_or(2))
}

impl From<cli::Upstreams> for Flags {
    fn from(args: cli::Upstreams) -> Self {
        Self { upstream: args.upstream, upstream_anthropic: args.upstream_anthropic }
    }
}

async fn child(
    command: &[OsString],
    vars: Vec<(String, OsString)>,
    terminal: Terminal,
) -> Result<ExitStatus> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(vars)
        .spawn()
        .map_err(|error| cannot_start(program, error, terminal))?;
    wait(&mut child).await
}

/// The error for a program that cannot be started.
pub(crate) fn cannot_start(program: &OsStr, error: std::io::Error, terminal: Terminal) -> anyhow::Error {
    let is_folder = Path::new(program).is_dir();
    let program = Path::new(program).display();
    if is_folder {
        return anyhow::anyhow!(say!(terminal.lang,
            en: "cannot start `{program}`: it is a folder. Give the program to run, such as `python3 {program}/agent.py`",
            zh: "无法启动 `{program}`：它是一个目录。请写出要运行的程序，例如 `python3 {program}/agent.py`"));
    }
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        return anyhow::anyhow!(say!(terminal.lang,
            en: "cannot start `{program}`: it is not executable. Run `chmod +x {program}`, or put the interpreter in front, such as `python3 {program}`",
            zh: "无法启动 `{program}`：它没有执行权限。可运行 `chmod +x {program}`；脚本也可在前面加上解释器，例如 `python3 {program}`"));
    }
    if error.kind() == std::io::ErrorKind::NotFound {
        // A path is not looked up in PATH, so the advice further below does not apply to it.
        if program.to_string().contains(std::path::is_separator) {
            return anyhow::anyhow!(say!(terminal.lang,
                en: "cannot start `{program}`: there is no such file, or the interpreter that its first line names is missing. `ls -l {program}` shows whether it is there",
                zh: "无法启动 `{program}`：没有这个文件，或缺少其首行所写的解释器。可用 `ls -l {program}` 查看文件是否存在"));
        }
        return anyhow::anyhow!(say!(terminal.lang,
            en: "cannot start `{program}`: there is no such program. `command -v {program}` looks for it; a file in this folder is `./{program}`",
            zh: "无法启动 `{program}`：没有这个程序。可用 `command -v {program}` 查找；当前目录中的文件请写作 `./{program}`"));
    }
    anyhow::Error::new(error).context(say!(terminal.lang,
        en: "cannot start `{program}`. Is it installed and spelled correctly? Try the command by itself",
        zh: "无法启动 `{program}`。请确认已安装且拼写正确；可单独运行这条命令试试"))
}

/// How long a child that got the same interrupt has to end before we interrupt it.
const GROUP: std::time::Duration = std::time::Duration::from_millis(250);

/// Waits for the child, passing on requests to end.
async fn wait(child: &mut Child) -> Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            // Ctrl-C reaches a child that shares the terminal by itself; without a terminal, a signal to the whole group
            // does.
            _ = interrupt.recv() => if !at_terminal() {
                if let Ok(status) = tokio::time::timeout(GROUP, child.wait()).await {
                    return Ok(status?);
                }
                pass_on(child, rustix::process::Signal::INT);
            },
            _ = terminate.recv() => pass_on(child, rustix::process::Signal::TERM),
            _ = hangup.recv() => pass_on(child, rustix::process::Signal::HUP),
        }
    }
}

/// Whether Ctrl-C at a terminal interrupts us and the child alike: we are its foreground process group.
fn at_terminal() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| {
        rustix::termios::tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
    })
}

fn pass_on(child: &Child, signal: rustix::process::Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // A child that has just ended needs no signal.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// The child's own code, or 128 plus the signal number if a signal ended it, as shells do.
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
}

/// The variables that lead a child through the gateway.
pub(crate) fn environment(
    gateway: &Gateway,
    url: &str,
    proxy: &Proxy,
    hooks: Option<&Hooks>,
) -> Vec<(String, OsString)> {
    let mut vars: Vec<(String, OsString)> = Vec::new();
    for provider in gateway.config.providers.iter() {
        vars.extend(provider.env_for(url).map(|(name, value)| (name.to_owned(), value.into())));
    }
    vars.push(("OMBUD_GATEWAY".into(), url.into()));
    let stores = gateway.config.memory.stores.keys();
    vars.extend(stores.map(|name| (memory::variable(name), format!("{url}/m/{name}").into())));
    vars.extend(proxy.environment());
    if let Some(hooks) = hooks {
        vars.push(("OMBUD_HOOK".into(), contract(gateway, url).into()));
        vars.push(("PYTHONPATH".into(), joined(hooks.python.as_os_str(), "PYTHONPATH", ":")));
        let require = format!("--require={}", hooks.node.display());
        vars.push(("NODE_OPTIONS".into(), joined(OsStr::new(&quoted(&require)), "NODE_OPTIONS", " ")));
    }
    vars
}

/// Quotes an option: Node splits its options at spaces and reads quotation marks.
fn quoted(option: &str) -> String {
    if option.contains([' ', '"']) {
        format!("\"{}\"", option.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        option.to_owned()
    }
}

/// Puts our value in front of the existing one.
fn joined(ours: &OsStr, name: &str, separator: &str) -> OsString {
    let mut value = ours.to_owned();
    if let Some(theirs) = std::env::var_os(name).filter(|theirs| !theirs.is_empty()) {
        value.push(separator);
        value.push(theirs);
    }
    value
}

/// What the hooks need to know: which hosts go through the gateway, and under which provider.
fn contract(gateway: &Gateway, url: &str) -> String {
    let hosts: serde_json::Map<String, serde_json::Value> =
        gateway.config.providers.hosts().map(|(host, id)| (host.to_owned(), id.into())).collect();
    serde_json::json!({ "gateway": url, "hosts": hosts }).to_string()
}
