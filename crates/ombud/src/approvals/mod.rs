//! `ombud approve`, and the other ways to approve a call outside a conversation: the console and a webhook.

pub(crate) mod api;
pub(crate) mod desk;
mod fair;
pub(crate) mod standing;
mod webhook;

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use ombud_core::event::EventKind;
use ombud_core::gate::{quoted, told, told_unseen};
use ombud_core::{Lang, Say as _, say};
use ombud_gateway::approvals::{Approvals, Pending};
use ombud_gateway::calls::question::shown;
use ombud_ledger::read::{Contents, Reader};
use serde::Deserialize;
use serde_json::Value;

use crate::cli::Chinese;
use crate::config::{self, FILE};
use crate::mcp;
use crate::output::Terminal;
use desk::{Desk, Refused};
use webhook::Webhook;

/// The longest time that a call may be held, in seconds: clients give up long before.
const LONGEST: u64 = 600;

/// Characters of the arguments that are shown at most.
const SHOWN: usize = 1600;

/// `[approvals]` of ombud.toml.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Section {
    /// Seconds that a call at the tool edge is held for an answer where its client cannot ask; by default the agent is told
    /// at once.
    pub wait_s: u64,
    /// Address that is notified of a pending call, and may answer.
    pub webhook: Option<String>,
    /// The environment variable with the secret that signs what is sent there.
    pub webhook_secret_env: Option<String>,
    /// Whether the arguments of the call are sent there too.
    pub webhook_arguments: bool,
    /// Whether a form that an MCP client shows may approve. A client that is the agent itself would approve its own calls.
    pub forms: Option<bool>,
}

/// Whoever may answer outside the conversations of a home.
pub(crate) struct Outside {
    desk: Desk,
    hold: Duration,
    forms: bool,
    webhook: Option<Arc<Webhook>>,
}

impl Outside {
    /// The ones of a home.
    pub(crate) fn of(home: &Path, section: &Section, lang: Lang) -> Result<Self> {
        let webhook = section.webhook.as_deref().map(|url| webhook_of(section, url, lang)).transpose()?;
        let hold = Duration::from_secs(section.wait_s.min(LONGEST));
        Ok(Self { desk: Desk::at(home), hold, forms: section.forms.unwrap_or(true), webhook })
    }
}

fn webhook_of(section: &Section, url: &str, lang: Lang) -> Result<Arc<Webhook>> {
    // What precedes an `@` is not the host.
    let clear = !ombud_gateway::upstream::host(url).contains('@');
    let near = url.starts_with("http://") && ombud_gateway::upstream::is_loopback(url);
    if !(clear && (url.starts_with("https://") || near)) {
        bail!(say!(lang,
            en: "[approvals] webhook in {FILE} must begin with https://, or be an address of this machine, so that nobody in between can answer",
            zh: "{FILE} 中 [approvals] 的 webhook 必须以 https:// 开头，或是本机地址，以防中间人代为作答"));
    }
    let secret = match &section.webhook_secret_env {
        None => None,
        Some(name) => match std::env::var(name) {
            Ok(secret) if !secret.is_empty() => Some(secret),
            _ => bail!(say!(lang,
                en: "the variable {name} that [approvals] webhook_secret_env in {FILE} names is not set",
                zh: "{FILE} 中 [approvals] webhook_secret_env 指定的环境变量 {name} 未设置")),
        },
    };
    Ok(Arc::new(Webhook::new(url, secret.as_deref(), section.webhook_arguments, lang)?))
}

impl Approvals for Outside {
    fn wait(&self, call: &Pending, arguments: &str) {
        // Without a writable desk, the ways that need none are left; the error that the agent reads says how to go on.
        if self.desk.wait(call).is_ok()
            && let Some(webhook) = &self.webhook
        {
            webhook.tell(&self.desk, call, arguments);
        }
    }

    fn said(&self, code: &str, stands: &str) -> Option<bool> {
        self.desk.said(code, stands)
    }

    fn lasts(&self, mark: &str) -> bool {
        self.desk.lasts(mark)
    }

    fn forms(&self) -> bool {
        self.forms
    }

    fn settled(&self, code: &str) {
        self.desk.settled(code);
    }

    fn hold(&self) -> Duration {
        self.hold
    }
}

/// `ombud approve`
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The code of the call; without it, pending calls are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
    /// Decline the call
    #[arg(long, requires = "code")]
    pub deny: bool,
    /// From now on, allow every call of this tool with these values, whatever its free text
    #[arg(long, requires = "code", conflicts_with = "deny")]
    pub always: bool,
    /// List the standing approvals
    #[arg(long, conflicts_with = "code")]
    pub standing: bool,
    /// Revoke a standing approval, by its name in that list
    #[arg(long, value_name = "NAME", conflicts_with_all = ["code", "standing"])]
    pub revoke: Option<String>,
    /// Where the log is (default: `OMBUD_HOME`, or `.ombud`)
    #[arg(long, value_name = "FOLDER")]
    pub home: Option<PathBuf>,
}

/// Chinese help of the verb.
pub(crate) const CHINESE: Chinese = &[
    ("approve", "同意或拒绝一次等待确认的工具调用"),
    ("approve code", "调用的代码；不写则列出所有等待确认的调用"),
    ("approve deny", "拒绝这次调用"),
    ("approve always", "以后都允许以同样的值调用此工具（正文可以不同）"),
    ("approve standing", "列出长期许可（以后都允许的调用）"),
    ("approve revoke", "按列表中的名称收回一项长期许可"),
    ("approve home", "日志所在目录（默认为 OMBUD_HOME 或 .ombud）"),
];

/// `ombud approve`
pub(crate) async fn approve(args: Approve, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let home = args.home.clone().unwrap_or_else(config::home);
    let desk = Desk::at(&home);
    if args.standing {
        return list_standing(&home, &desk, terminal).await;
    }
    if let Some(name) = &args.revoke {
        return revoke(&desk, name, terminal);
    }
    let Some(code) = args.code else { return list(&home, &desk, terminal).await };
    let call = desk.find(&code).map_err(|refused| anyhow::Error::msg(refusal(&refused, &code, lang)))?;
    if args.deny {
        desk.say(&call, false).map_err(|refused| anyhow::Error::msg(refusal(&refused, &code, lang)))?;
        let code = &call.code;
        terminal.note(&say!(lang, en: "the call {code} is declined", zh: "已拒绝调用 {code}"));
        return Ok(0);
    }
    if !show(&home, &call, terminal).await? {
        bail!(refusal(&Refused::Unseen, &code, lang));
    }
    if args.always && call.lasting.is_none() {
        bail!(refusal(&Refused::Once, &code, lang));
    }
    if !agreed(&call, args.always, &home, terminal)? {
        terminal.note(&say!(lang, en: "nothing was allowed", zh: "未同意任何调用"));
        return Ok(1);
    }
    let refused = |refused| anyhow::Error::msg(refusal(&refused, &code, lang));
    if args.always {
        let standing = desk.say_for_good(&call).map_err(refused)?;
        let name = standing.name();
        terminal.note(&say!(lang,
            en: "calls of this tool with these values are allowed from now on. `ombud approve --revoke {name}` revokes that",
            zh: "以后都允许以同样的值调用此工具。`ombud approve --revoke {name}` 可收回"));
        return Ok(0);
    }
    desk.say(&call, true).map_err(refused)?;
    let code = &call.code;
    terminal.note(&say!(lang,
        en: "the call {code} is allowed once. If the agent does not go on by itself, have it make the call again within 15 minutes",
        zh: "调用 {code} 已允许一次。如果智能体没有自动继续，请在 15 分钟内让它再调用一次"));
    Ok(0)
}

/// Asks for a yes at a terminal: an agent that runs commands has none.
fn agreed(call: &Pending, always: bool, home: &Path, terminal: Terminal) -> Result<bool> {
    let lang = terminal.lang;
    if !std::io::stdin().is_terminal() {
        let approve = mcp::typed(&format!("ombud approve {}", call.code), home, terminal);
        bail!(say!(lang,
            en: "only a person at a terminal can allow a call, and standard input is not a terminal. Run `{approve}` in a terminal, or use the console",
            zh: "只有人在终端前才能同意调用，而标准输入不是终端。请在终端中运行 `{approve}`，或使用控制台"));
    }
    terminal.warn(&if always {
        let paths = call.lasting.as_ref().map(|lasting| lasting.paths.join(" ")).unwrap_or_default();
        say!(lang,
            en: "Allow every call of this tool with just these values at {paths}, whatever its free text, until you revoke it? Type yes:",
            zh: "是否在你收回之前，一直允许以 {paths} 处的这些值调用此工具（正文可以不同）？输入 yes 表示同意：")
    } else {
        say!(lang, en: "Allow exactly this call, once? Type yes:", zh: "是否只允许这一次调用？输入 yes 表示同意：")
    });
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "同意"))
}

/// Lists the standing approvals.
async fn list_standing(home: &Path, desk: &Desk, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let all = desk.standing();
    if all.is_empty() {
        terminal.note(&say!(lang, en: "there are no standing approvals", zh: "没有长期许可"));
        return Ok(0);
    }
    for one in &all {
        let (name, tool, server) = (one.name(), quoted(&one.tool), quoted(&one.server));
        let (does, paths) = (one.effect.say(lang), one.paths.join(" "));
        terminal.out(&say!(lang,
            en: "{name}  {tool} at {server}, which {does}; with the values at {paths} of this call:",
            zh: "{name}  {tool}（{server}），{does}；{paths} 处的值与这次调用相同："))?;
        show_arguments(home, &one.call, terminal).await?;
    }
    terminal.note(&say!(lang, en: "To revoke one: ombud approve --revoke NAME", zh: "收回：ombud approve --revoke 名称"));
    Ok(0)
}

fn revoke(desk: &Desk, name: &str, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let shown: String = name.chars().filter(|ch| !ch.is_control()).take(40).collect();
    if desk.take_back(name)? == 0 {
        bail!(say!(lang,
            en: "there is no standing approval named `{shown}`. `ombud approve --standing` lists them",
            zh: "没有名为 `{shown}` 的长期许可。`ombud approve --standing` 可列出"));
    }
    terminal.note(&say!(lang, en: "{shown} is revoked: such calls are asked about again", zh: "已收回 {shown}：这类调用会重新询问"));
    Ok(0)
}

async fn list(home: &Path, desk: &Desk, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let open = desk.open();
    if open.is_empty() {
        terminal.note(&say!(lang, en: "no call is waiting for approval", zh: "没有等待确认的调用"));
        return Ok(0);
    }
    for (call, _) in &open {
        show(home, call, terminal).await?;
    }
    terminal.note(&say!(lang,
        en: "To allow one: ombud approve CODE. To decline it: ombud approve CODE --deny",
        zh: "同意：ombud approve 代码。拒绝：ombud approve 代码 --deny"));
    Ok(0)
}

/// Shows a call; returns whether its arguments could be shown.
async fn show(home: &Path, call: &Pending, terminal: Terminal) -> Result<bool> {
    let lang = terminal.lang;
    let (code, tool, does) = (&call.code, quoted(&call.tool), call.effect.say(lang));
    let server = call.server.as_deref().map(quoted);
    let at = server.map(|server| say!(lang, en: " at {server}", zh: "（{server}）")).unwrap_or_default();
    // A call with a server was made at the tool edge.
    let why = if call.server.is_some() { told_unseen } else { told }(&call.decision, lang);
    terminal.out(
        &say!(lang, en: "{code}  {tool}{at}, which {does}; {why}", zh: "{code}  {tool}{at}，{does}；{why}"),
    )?;
    show_arguments(home, call, terminal).await
}

/// Shows the arguments of a call; returns whether they could be read.
async fn show_arguments(home: &Path, call: &Pending, terminal: Terminal) -> Result<bool> {
    let lang = terminal.lang;
    let arguments = arguments(home, call).await;
    match &arguments {
        Some(arguments) => terminal.out(&format!("        {}", shown(arguments, SHOWN)))?,
        None => terminal.out(&say!(lang,
            en: "        (its arguments cannot be read from the log)", zh: "        （无法从日志中读取参数）"))?,
    }
    Ok(arguments.is_some())
}

/// The arguments of a call: the log holds them, encrypted.
pub(crate) async fn arguments(home: &Path, call: &Pending) -> Option<String> {
    let mut reader = Reader::open(home).await.ok()?;
    let records = reader.exchange(&call.exchange).await.ok()?;
    for record in records.iter().rev() {
        let kind = record.event.as_ref().map(|event| &event.kind);
        if !matches!(kind, Some(EventKind::ToolCall(_) | EventKind::ToolIntent { .. })) {
            continue;
        }
        let Ok(Contents::Parts(parts)) = reader.contents(record).await else { continue };
        let details: Option<Value> = parts.first().and_then(|part| serde_json::from_slice(part).ok());
        let text = |key: &str| details.as_ref()?.get(key)?.as_str().map(str::to_owned);
        // One exchange may hold many calls of a tool: what is shown must be what is allowed.
        if text("stands").as_ref() == Some(&call.stands) {
            return text("arguments");
        }
    }
    None
}

fn refusal(refused: &Refused, code: &str, lang: Lang) -> String {
    match refused {
        Refused::NoCode => say!(lang,
            en: "`{code}` is not the code of a call: a code has six letters and digits and is in the error that the agent received. `ombud approve` lists the pending calls",
            zh: "`{code}` 不是调用代码：代码为六位字母和数字，见智能体收到的错误信息。`ombud approve` 可列出等待确认的调用"),
        Refused::Unknown => say!(lang,
            en: "no call with the code {code} is pending: calls wait for 15 minutes. Have the agent make it again; `ombud approve` lists the pending calls",
            zh: "没有代码为 {code} 的调用在等待确认：调用最多等待 15 分钟。请让智能体再调用一次；`ombud approve` 可列出等待确认的调用"),
        Refused::Unseen => say!(lang,
            en: "the arguments of the call {code} cannot be read from the log, so it cannot be approved. Have the agent make it again",
            zh: "无法从日志中读取调用 {code} 的参数，因此不能同意。请让智能体再调用一次"),
        Refused::Once => say!(lang,
            en: "the call {code} can only be allowed once: there is more reason for doubt than that the user's request is not visible here, or that only its free text says what it does. Run `ombud approve {code}`",
            zh: "调用 {code} 只能允许一次：要么除了“看不到用户是否要求过”还有别的疑点，要么只有正文能说明它要做什么。请运行 `ombud approve {code}`"),
        Refused::Keys => say!(lang,
            en: "the keys of this folder cannot be read, so no answer can be signed. Is it the agent's folder? `--home FOLDER` selects another",
            zh: "无法读取该目录的密钥，答复无法签名。请确认这是智能体所在的目录；可用 `--home 目录` 指定"),
        Refused::Io(error) => {
            let error = crate::fault::io(error, lang);
            say!(lang, en: "the answer cannot be saved ({error})", zh: "无法保存答复（{error}）")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_on_the_way_can_be_the_webhook() {
        let taken = |url: &str| {
            let section = Section { webhook: Some(url.to_owned()), ..Section::default() };
            Outside::of(Path::new("."), &section, Lang::En).is_ok()
        };
        for url in [
            "https://hooks.example.com/x",
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
            "http://[::1]:1/x",
        ] {
            assert!(taken(url), "{url}");
        }
        for url in [
            "http://hooks.example.com/x",
            "http://127.0.0.1.evil.example/x",
            "http://localhost.evil.example/",
            "http://localhost@evil.example/",
            "https://user@evil.example/",
            "ftp://127.0.0.1/x",
            "",
        ] {
            assert!(!taken(url), "{url}");
        }
        let unset =
            Section { webhook_secret_env: Some("OMBUD_NO_SUCH_VARIABLE".into()), ..Section::default() };
        let section = Section { webhook: Some("https://hooks.example.com/x".into()), ..unset };
        assert!(Outside::of(Path::new("."), &section, Lang::Zh).is_err());
    }
}
