//! `ombud mcp -- CMD`: an MCP server behind the tool edge, over standard input and output.

mod remembered;
mod served;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use ombud_core::say;
use ombud_detect::mask::Token;
use ombud_gateway::approvals::Approvals;
use ombud_gateway::attribute::Attributor;
use ombud_gateway::caller::{Caller, SEED};
use ombud_gateway::daily::Daily;
use ombud_gateway::inspect::Inspector;
use ombud_gateway::record;
use ombud_gateway::tool::pins::Pins;
use ombud_gateway::tool::session::Session;
use ombud_gateway::tool::stdio::{self, Pipes, Surroundings};
use ombud_gateway::tool::{Beside, Rules, Server};
use ombud_ledger::Vault;
use tokio::process::{Child, Command};

use crate::approvals::Outside;
use crate::cli::Chinese;
use crate::config::{self, File};
use crate::fault;
use crate::journey;
use crate::output::Terminal;
use crate::purse::Purse;
use crate::run::cannot_start;
use crate::share::{self, Shared};
use remembered::Remembered;

pub(crate) use served::Served;

/// `ombud mcp`
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// The server's command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    /// The server's name, as in `[mcp.NAME]` of ombud.toml (default: taken from the command)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Show which definitions have changed
    #[arg(long)]
    pub changes: bool,
    /// Accept the new definition of a tool, or of all that have changed
    #[arg(long, value_name = "SERVER[/TOOL]")]
    pub accept: Option<String>,
    /// Where the log is (default: `OMBUD_HOME`, or `.ombud`)
    #[arg(long, value_name = "FOLDER")]
    pub home: Option<PathBuf>,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("mcp", "在 MCP 客户端和服务器之间把关"),
    ("mcp name", "服务器的名称，对应 ombud.toml 中的 [mcp.名称]（默认取自命令）"),
    ("mcp changes", "查看哪些工具的定义有变化"),
    ("mcp accept", "接受某个工具（或所有有变化的工具）的新定义"),
    ("mcp home", "日志所在目录（默认为 OMBUD_HOME 或 .ombud）"),
    ("mcp command", "服务器的启动命令"),
];

/// `ombud mcp`
pub(crate) async fn mcp(args: Mcp, terminal: Terminal) -> Result<u8> {
    let home = args.home.clone().unwrap_or_else(config::home);
    let known = Remembered::at(&home, terminal.lang);
    if let Some(what) = &args.accept {
        return accept(&known, what, terminal);
    }
    if args.changes {
        return changes(&known, terminal);
    }
    serve(args, &home, known, terminal).await
}

fn accept(known: &Remembered, what: &str, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let (server, tool) = what.split_once('/').map_or((what, None), |(server, tool)| (server, Some(tool)));
    let count = known.accept(server, tool)?;
    if count == 0 {
        bail!(say!(lang,
            en: "no changed definition is waiting under `{what}`. `ombud mcp --changes` lists them",
            zh: "`{what}` 下没有等待接受的新定义。`ombud mcp --changes` 可列出"));
    }
    terminal.note(&say!(lang, en: "{count} new definition(s) of `{server}` accepted", zh: "已接受 `{server}` 的 {count} 个新定义"));
    Ok(0)
}

fn changes(known: &Remembered, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let mut count = 0;
    for (server, pins) in known.all()? {
        for tool in pins.tools.keys().filter(|tool| pins.is_changed(tool)) {
            count += 1;
            terminal.out(&format!("{server}/{tool}"))?;
            for line in pins.difference(tool) {
                terminal.out(&format!("    {line}"))?;
            }
        }
    }
    if count == 0 {
        terminal.note(&say!(lang, en: "no definition has changed", zh: "没有定义发生变化"));
    } else {
        terminal.note(&say!(lang, en: "To accept: ombud mcp --accept SERVER/TOOL", zh: "接受：ombud mcp --accept 服务器/工具"));
    }
    Ok(u8::from(count > 0))
}

async fn serve(args: Mcp, home: &Path, known: Remembered, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let mut file = config::read(args.config.as_deref(), lang)?;
    file.tools.kept = config::kept(args.config.as_deref().unwrap_or(Path::new(config::FILE)), home);
    let name = args.name.clone().unwrap_or_else(|| named_by(&args.command));
    let settings = file.mcp.get(&name).cloned().unwrap_or_default();
    let command = if args.command.is_empty() {
        settings.command.iter().map(OsString::from).collect()
    } else {
        args.command
    };
    if command.is_empty() {
        bail!(say!(lang,
            en: "no server to start. Put its command after `--`, for instance: ombud mcp -- npx -y @modelcontextprotocol/server-filesystem .",
            zh: "没有要启动的服务器。请在 `--` 之后写上它的命令，例如：ombud mcp -- npx -y @modelcontextprotocol/server-filesystem ."));
    }
    let journal = Arc::new(Shared::at(home));
    journal.reach().await?;
    let around = Around {
        terminal,
        known,
        outside: Outside::of(home, &file.approvals, lang)?,
        purse: Purse::at(home, false),
        server: name.clone(),
        home: home.to_owned(),
        journal: Arc::clone(&journal),
    };
    let around = Arc::new(around);
    let rules = rules(file, &name, settings, &around)?;
    let pins = around.known.pins(&name)?;
    let mut session = Session::new(Arc::new(rules), pins);
    let mut child = start(&command, terminal)?;
    let ended = carry(&mut session, journal.as_ref(), around.as_ref(), &mut child).await;
    // The end of its input told it to end; one that does not is killed.
    let _ = child.kill().await;
    journal.close().await;
    ended?;
    Ok(0)
}

fn rules(file: File, name: &str, settings: Server, around: &Arc<Around>) -> Result<Rules> {
    let lang = around.terminal.lang;
    let vault = Vault::at(&around.home);
    let seed = vault.derive_key(SEED, &[b""])?;
    let caller = Caller::from_seed(seed, &std::env::var("OMBUD_SESSION").unwrap_or_default());
    let (key, approver) = Rules::keys(&caller);
    Ok(Rules {
        inspector: Arc::new(Inspector::new(config::detector(&file))),
        attributor: Arc::new(Attributor::default()),
        server: name.to_owned(),
        via: "mcp",
        settings,
        max_message: file.gateway.max_body_mib.saturating_mul(1024 * 1024),
        patience: Duration::from_secs(file.gateway.timeout_s),
        policy: file.policy,
        tools: file.tools.at(name),
        lang,
        key,
        approver,
        keeper: caller.keeper(),
        client: caller.client.clone(),
        subject: None,
        conversation: format!("mcp-{}", record::id()),
        others: others(&around.known, name)?,
        beside: Arc::clone(around) as Arc<dyn Beside>,
        least: BTreeMap::new(),
    })
}

/// The tools of other servers, by a spelling in which look-alike names are equal.
fn others(known: &Remembered, own: &str) -> Result<BTreeMap<String, (String, String)>> {
    let mut found = BTreeMap::new();
    for (server, pins) in known.all()?.into_iter().filter(|(server, _)| server != own) {
        for tool in pins.tools.keys() {
            found.insert(ombud_gateway::tool::hidden::alike(tool), (server.clone(), tool.clone()));
        }
    }
    Ok(found)
}

fn start(command: &[OsString], terminal: Terminal) -> Result<Child> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().map_err(|error| cannot_start(program, error, terminal))
}

async fn carry(session: &mut Session, journal: &Shared, around: &Around, child: &mut Child) -> Result<()> {
    let (says, hears) = (child.stdout.take(), child.stdin.take());
    let (Some(says), Some(hears)) = (says, hears) else {
        bail!("the server has no standard input or output")
    };
    let client = Pipes { says: file(std::io::stdin().as_fd())?, hears: file(std::io::stdout().as_fd())? };
    let server = Pipes { says, hears };
    tokio::select! {
        ended = stdio::run(session, journal, around, client, server) => Ok(ended?),
        stopped = crate::serve::stopped() => stopped,
    }
}

/// Standard input or output as a file that is read and written off the serving threads.
fn file(descriptor: BorrowedFd<'_>) -> Result<tokio::fs::File> {
    Ok(tokio::fs::File::from_std(std::fs::File::from(descriptor.try_clone_to_owned()?)))
}

/// A name for a server: that of its package or script, without the launcher.
fn named_by(command: &[OsString]) -> String {
    const STARTERS: &[&str] = &[
        "npx", "uvx", "uv", "node", "python", "python3", "bunx", "deno", "docker", "run", "tool", "exec",
        "env",
    ];
    let words: Vec<String> = command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let own = |word: &&String| !word.starts_with('-') && !STARTERS.contains(&base(word));
    let word = words.iter().find(own).or(words.first()).map_or("server", |word| base(word));
    let name = word.split('@').find(|part| !part.is_empty()).unwrap_or("server");
    let stem =
        name.trim_end_matches(".py").trim_end_matches(".js").trim_end_matches(".mjs").trim_end_matches(".ts");
    stem.chars().map(|ch| if ch.is_ascii_alphanumeric() || ch == '_' { ch } else { '-' }).take(64).collect()
}

fn base(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

/// The surroundings of a session on this machine.
struct Around {
    terminal: Terminal,
    known: Remembered,
    outside: Outside,
    purse: Purse,
    server: String,
    home: PathBuf,
    journal: Arc<Shared>,
}

/// Saves what a session knows about its server.
fn saved(known: &Remembered, server: &str, pins: &Pins, terminal: Terminal) {
    // What cannot be saved counts as seen for the first time again: that is reported, not hidden.
    if let Err(error) = known.save(server, pins) {
        let lang = terminal.lang;
        let error = error.downcast_ref().map_or_else(|| error.to_string(), |error| fault::io(error, lang));
        terminal.warn(&say!(lang,
            en: "ombud: the definitions of this server's tools cannot be saved ({error})",
            zh: "ombud：无法保存此服务器的工具定义（{error}）"));
    }
}

/// A command as it has to be typed anywhere to reach this home. The default home needs no argument.
pub(crate) fn typed(command: &str, home: &Path, terminal: Terminal) -> String {
    let carried = terminal.carried(command);
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let home = whole(home);
    if home == whole(Path::new(config::HOME)) {
        return carried;
    }
    let named = if command.starts_with("ombud log ") { "" } else { "--home " };
    format!("{carried} {named}{}", journey::quoted(&home.to_string_lossy()))
}

/// Whether the operator accepted this definition.
fn accepted(known: &Remembered, server: &str, tool: &str, definition: &str) -> bool {
    // What cannot be read accepts nothing.
    let pins = known.pins(server).unwrap_or_default();
    pins.tools.get(tool).is_some_and(|pin| pin.offered.is_none() && pin.definition == definition)
}

impl Surroundings for Around {
    fn tell(&self, text: &str) {
        self.terminal.warn(text);
    }

    fn save(&self, pins: &Pins) {
        saved(&self.known, &self.server, pins, self.terminal);
    }
}

impl Beside for Around {
    fn approvals(&self) -> &dyn Approvals {
        &self.outside
    }

    fn daily(&self) -> Option<&dyn Daily> {
        Some(&self.purse)
    }

    fn value(&self, token: &Token) -> Option<(String, bool)> {
        self.journal.is_guest().then(|| share::value(&self.home, token)).flatten()
    }

    fn released(&self, tool: &str, arguments: &str) -> bool {
        self.journal.is_guest() && share::released(&self.home, tool, arguments)
    }

    fn heard(&self, tool: &str, texts: &[&str]) {
        if self.journal.is_guest() {
            share::heard(&self.home, tool, texts);
        }
    }

    fn accepted(&self, tool: &str, definition: &str) -> bool {
        accepted(&self.known, &self.server, tool, definition)
    }

    fn typed(&self, command: &str) -> String {
        typed(command, &self.home, self.terminal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reaches_the_home_that_it_is_about() {
        use crate::language::Spoken;
        use ombud_core::Lang;
        let quiet = Terminal::new(Lang::En, true);
        let told = Terminal::of(Spoken { lang: Lang::Zh, told: true }, true);
        for (command, home, terminal, whole) in [
            ("ombud approve 4F2A7K", ".ombud", quiet, "ombud approve 4F2A7K"),
            ("ombud approve 4F2A7K", "/p q/h", quiet, "ombud approve 4F2A7K --home '/p q/h'"),
            ("ombud approve 4F2A7K", "/p/h", told, "ombud --lang zh approve 4F2A7K --home /p/h"),
            ("ombud mcp --accept a/b", "/p/h", quiet, "ombud mcp --accept a/b --home /p/h"),
            ("ombud log verify", "/p/h", told, "ombud --lang zh log verify /p/h"),
        ] {
            assert_eq!(typed(command, Path::new(home), terminal), whole);
        }
        assert!(!typed("ombud approve 4F2A7K", Path::new("h"), quiet).ends_with("--home h"));
    }

    #[test]
    fn a_server_is_named_by_what_it_is() {
        for (command, name) in [
            ("npx -y @modelcontextprotocol/server-filesystem /tmp", "server-filesystem"),
            ("uvx mcp-server-git@2.1 --repository .", "mcp-server-git"),
            ("python3 ./tools/mail_server.py", "mail_server"),
            ("/opt/x/bin/github-mcp", "github-mcp"),
            ("node build/index.js", "index"),
            ("npx", "npx"),
        ] {
            let words: Vec<OsString> = command.split(' ').map(OsString::from).collect();
            assert_eq!(named_by(&words), name, "{command}");
        }
    }
}
