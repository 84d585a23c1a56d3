//! The command line. Help texts exist in both languages: English here, Chinese in [`CHINESE`]; a test keeps the two in
//! step.

mod exits;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ombud_core::Lang;

/// Keeps the personal data of your users away from the models your agent talks to, and proves it.
#[derive(Debug, Parser)]
#[command(name = "ombud", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Output language: en or zh
    #[arg(long, global = true, value_name = "LANG", value_parser = tag, display_order = 900)]
    pub lang: Option<String>,
    /// Print results only
    #[arg(long, short, global = true, display_order = 901)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run an agent with the gateway around it
    Run(Run),
    /// Serve the gateway for agents that run elsewhere
    Serve(Serve),
    /// Run as a proxy between an MCP client and a server
    Mcp(crate::mcp::Mcp),
    /// Offer the check to a coding assistant as an MCP server
    McpServer(crate::assistant::McpServer),
    /// Allow or decline a pending tool call
    Approve(crate::approvals::Approve),
    /// Route the servers of an MCP client through Ombud
    Connect(crate::connect::Connect),
    /// Open the flow map and the conversations in a browser
    Console(crate::console::ConsoleArgs),
    /// Generate ombud.toml from the contents of the project
    Init(Init),
    /// Check the project for protections that its users lack
    Check(crate::check::Check),
    /// Run the check as a language server for editors
    Lsp(crate::lsp::Lsp),
    /// Explain a rule of the check
    Explain(crate::explain::Explain),
    /// Find personal data and secrets in files or standard input
    Scan(Scan),
    /// Mask personal data and secrets: replace them with tokens
    Redact(Filter),
    /// Turn the tokens of `redact` back into the original values
    Restore(Filter),
    /// Test this binary's detectors on its built-in test set; with -o, sign the result
    Selftest(crate::selftest::Selftest),
    /// Inspect the log
    Log(Log),
    /// List the known model providers
    Providers,
    /// Explain how tool calls are decided, and re-test recorded ones under the current policy
    Policy(crate::policy::PolicyArgs),
    /// Plan what to do before release: risks, evidence, steps with time estimates
    Plan(crate::plan::Plan),
    /// Write the privacy notice from what is known, or check the published one
    Notice(crate::notice::Notice),
    /// Show or erase the data held about one user
    Subject(crate::subject::Subject),
    /// Attack an agent in a simulated world
    Attack(crate::attack::Attack),
    /// Serve the gullible model and the simulated world
    Sim(crate::sim::Sim),
    /// Demonstrate everything on a small agent
    Demo(Demo),
}

/// Where requests go.
#[derive(Debug, Args)]
pub(crate) struct Upstreams {
    /// Base URL of the default provider, as given to an OpenAI SDK
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// Base URL of the default Anthropic provider (without /v1)
    #[arg(long, value_name = "URL")]
    pub upstream_anthropic: Option<String>,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The agent's command
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub upstreams: Upstreams,
    /// Simulate the model (a gullible one) and the world around the agent: no key, no network
    #[arg(long)]
    pub simulated: bool,
    /// Install no start-up hooks in Python and Node child processes
    #[arg(long)]
    pub no_hooks: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub upstreams: Upstreams,
    /// Address to listen on (default: 127.0.0.1:8787)
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Allow an address that others can reach without TLS, because a proxy in front of it terminates TLS
    #[arg(long)]
    pub behind_tls: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Print it instead of writing it
    #[arg(long)]
    pub print: bool,
    /// Tell coding assistants to run the check: a section in AGENTS.md, and a Cursor rule where Cursor is used
    #[arg(long)]
    pub agents: bool,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Files to read; standard input if none is given, or for `-`
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON object per line: {"id", "text"}; offsets are in Unicode code points
    #[arg(long)]
    pub jsonl: bool,
    /// Name of the session; its tokens cannot be restored in another
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub session: String,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub filter: Filter,
    /// Look for signs of injection instead, for example in tool results
    #[arg(long)]
    pub signs: bool,
    /// With --jsonl, also exit with 1 if something is found
    #[arg(long, requires = "jsonl")]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Log {
    #[command(subcommand)]
    pub verb: LogVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogVerb {
    /// Show the newest entries, or one exchange
    Show(Show),
    /// Show where a response or a tool call came from
    Trace(crate::trace::Trace),
    /// Verify that nothing was changed
    Verify(Verify),
    /// Export the log to a folder that anyone can verify
    Export(Export),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The value of x-ombud-receipt
    #[arg(value_name = "EXCHANGE")]
    pub exchange: Option<String>,
    /// Number of entries
    #[arg(long, short = 'n', default_value_t = 20)]
    pub count: u32,
    /// Decrypt and show what was said: what the agent sent next to what the provider received
    #[arg(long)]
    pub content: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A .ombud folder or an export (default: the project's)
    #[arg(value_name = "FOLDER")]
    pub source: Option<PathBuf>,
    /// The log's public key, from a source other than the folder
    #[arg(long, value_name = "VKEY")]
    pub vkey: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A folder that does not exist yet
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Use the simulated provider even if there is a key in the environment
    #[arg(long)]
    pub simulated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Chinese help, keyed like the English: `command`, `command argument`, or the argument alone where commands share it.
const CHINESE: &[(&str, &str)] = &[
    ("", "让用户的个人信息不进入智能体所调用的大模型，并留下证据。"),
    (" lang", "所有文字的语言：en 或 zh"),
    (" quiet", "只输出结果"),
    (" help", "显示帮助"),
    (" version", "显示版本"),
    ("run", "在网关保护下运行智能体"),
    ("run command", "智能体的启动命令"),
    ("run simulated", "由轻信的模拟模型作答，并为智能体提供模拟环境：不需要密钥，也不联网"),
    ("run no_hooks", "不为 Python 和 Node 子进程安装启动钩子"),
    ("upstream", "默认服务商的接口地址，与 OpenAI SDK 的 base_url 写法相同"),
    ("upstream_anthropic", "默认 Anthropic 服务商的接口地址（不带 /v1）"),
    ("config", "配置文件（默认 ombud.toml）"),
    ("serve", "为在别处运行的智能体提供网关"),
    ("serve listen", "监听地址（默认 127.0.0.1:8787）"),
    ("serve behind_tls", "允许不用 TLS 监听他人可访问的地址，因为前面另有代理负责 TLS"),
    ("init", "根据项目内容生成 ombud.toml"),
    ("init print", "只打印，不写入"),
    ("init agents", "让编程助手运行检查：在 AGENTS.md 中写入一节；使用 Cursor 时另写一条规则"),
    ("init force", "覆盖已有文件"),
    ("scan", "在文件或标准输入中查找个人信息和密钥"),
    ("scan exit_code", "与 --jsonl 合用：有发现时退出码为 1"),
    ("files", "要读取的文件；不写或写 `-` 时读取标准输入"),
    ("scan signs", "改为查找注入迹象，适用于工具返回的内容"),
    ("redact", "给个人信息和密钥脱敏：换成代号"),
    ("restore", "把 redact 给出的代号还原成原来的值"),
    ("jsonl", "每行一个 JSON 对象：{\"id\", \"text\"}；位置以 Unicode 码点计"),
    ("session", "会话名称；一个会话的代号不能在另一个会话中还原"),
    ("log", "查看日志"),
    ("log show", "显示最新的记录，或某一次交换"),
    ("log show exchange", "x-ombud-receipt 的值"),
    ("log show count", "显示多少条记录"),
    ("log show content", "解密并显示内容：智能体发出的与服务商收到的对照"),
    ("format", "输出格式"),
    ("log verify", "检查日志是否被改动"),
    ("log verify source", ".ombud 目录或导出的目录（默认为本项目）"),
    ("log verify vkey", "日志的公钥，须来自该目录之外"),
    ("log export", "导出一个任何人都能校验的目录"),
    ("log export output", "一个尚不存在的目录"),
    ("providers", "列出已知的模型服务商"),
    ("demo", "用一个小智能体演示全部功能"),
    ("demo simulated", "即使环境中有密钥也使用模拟服务商"),
];

/// A table of Chinese help.
pub(crate) type Chinese = &'static [(&'static str, &'static str)];

/// All help tables: the one above, and one in each module that defines a verb's arguments.
const TABLES: &[Chinese] = &[
    CHINESE,
    crate::check::CHINESE,
    crate::explain::CHINESE,
    crate::lsp::CHINESE,
    crate::plan::CHINESE,
    crate::notice::CHINESE,
    crate::console::CHINESE,
    crate::trace::CHINESE,
    crate::policy::CHINESE,
    crate::approvals::CHINESE,
    crate::mcp::CHINESE,
    crate::assistant::CHINESE,
    crate::connect::CHINESE,
    crate::subject::CHINESE,
    crate::attack::CHINESE,
    crate::sim::CHINESE,
    crate::selftest::CHINESE,
];

fn chinese(place: &str) -> Option<&'static str> {
    // The full key first; then the argument alone, for arguments that several commands share.
    let rows = || TABLES.iter().flat_map(|table| table.iter());
    let row = |key: &str| rows().find(|row| row.0 == key).map(|row| row.1);
    row(place).or_else(|| row(place.rsplit(' ').next()?)).or_else(|| {
        let argument = place.rsplit(' ').next()?;
        row(&format!(" {argument}"))
    })
}

/// Layout of the Chinese help.
const CHINESE_TEMPLATE: &str = "{about}\n\n用法：{usage}\n\n{all-args}{after-help}";

fn localised(command: Command, place: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = match chinese(place) {
        Some(about) => command.about(about),
        None => command,
    };
    command = command.mut_args(|arg| {
        let heading = if arg.is_positional() { "参数" } else { "选项" };
        let arg = arg.help_heading(heading);
        match chinese(&format!("{place} {}", arg.get_id())) {
            Some(help) => with_values(arg, help),
            None => arg,
        }
    });
    for name in names {
        let place = if place.is_empty() { name.clone() } else { format!("{place} {name}") };
        command = command.mut_subcommand(&name, |sub| localised(sub, &place));
    }
    if place.is_empty() {
        command = command.disable_version_flag(true).arg(flag("version", 'V', ArgAction::Version));
    }
    command
        .disable_help_flag(true)
        .arg(flag("help", 'h', ArgAction::Help))
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .help_template(CHINESE_TEMPLATE)
}

/// Adds its help to an argument, with the default and the possible values, which clap would print in English.
fn with_values(arg: Arg, help: &str) -> Arg {
    if !arg.get_action().takes_values() {
        return arg.help(help.to_owned());
    }
    let given: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let given = Some(given.join(" ")).filter(|given| !given.is_empty() && !arg.is_hide_default_value_set());
    let possible: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    let mut notes: Vec<String> = given.map(|given| format!("默认 {given}")).into_iter().collect();
    if !possible.is_empty() {
        notes.push(format!("可选 {}", possible.join("、")));
    }
    let notes = notes.join("；");
    // Avoid two parenthesised notes in a row.
    let help = match help.strip_suffix('）') {
        _ if notes.is_empty() => help.to_owned(),
        Some(open) => format!("{open}；{notes}）"),
        None => format!("{help}（{notes}）"),
    };
    arg.help(help).hide_default_value(true).hide_possible_values(true)
}

/// Whether a word is one of the verbs.
pub(crate) fn is_verb(word: &str) -> bool {
    !word.is_empty() && Verb::has_subcommand(word)
}

/// A flag that clap would otherwise describe in English.
fn flag(name: &'static str, short: char, action: ArgAction) -> Arg {
    let help = chinese(&format!(" {name}")).unwrap_or_default();
    Arg::new(name).long(name).short(short).action(action).help(help).help_heading("选项").display_order(999)
}

/// Accepts supported languages only: falling back silently would leave the reader guessing why.
fn tag(value: &str) -> Result<String, &'static str> {
    let lower = value.to_ascii_lowercase();
    let known = ["en", "zh"].iter().any(|tag| {
        lower.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    });
    if known { Ok(value.to_owned()) } else { Err("it must be en or zh") }
}

/// Reads the arguments.
pub(crate) fn parse(args: Vec<OsString>, lang: Lang) -> Result<Cli, clap::Error> {
    let command = match lang {
        Lang::En => Cli::command(),
        Lang::Zh => localised(Cli::command(), ""),
    };
    let command = exits::told(command, "", lang);
    Cli::from_arg_matches(&command.try_get_matches_from(args)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(command: &Command, place: &str, out: &mut Vec<String>) {
        if chinese(place).is_none() {
            out.push(place.to_owned());
        }
        for arg in command.get_arguments() {
            let place = format!("{place} {}", arg.get_id());
            if arg.get_help().is_some() && chinese(&place).is_none() {
                out.push(place);
            }
        }
        for sub in command.get_subcommands() {
            let place = if place.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{place} {}", sub.get_name())
            };
            missing(sub, &place, out);
        }
    }

    #[test]
    fn every_help_text_exists_in_chinese() {
        let mut out = Vec::new();
        missing(&Cli::command(), "", &mut out);
        assert!(out.is_empty(), "{out:?}");
    }

    fn helps(command: &mut Command, out: &mut Vec<String>) {
        out.push(command.render_long_help().to_string());
        command.get_subcommands_mut().for_each(|sub| helps(sub, out));
    }

    #[test]
    fn chinese_help_is_laid_out_the_same_everywhere() {
        let mut command = localised(Cli::command(), "");
        command.build();
        let mut out = Vec::new();
        helps(&mut command, &mut out);
        assert!(out.iter().any(|help| help.contains("参数：") || help.contains("参数:")));
        for help in out {
            let at = |heading: &str| help.find(&format!("\n{heading}"));
            if let (Some(arguments), Some(options)) = (at("参数"), at("选项")) {
                assert!(arguments < options, "{help}");
            }
            assert!(!help.contains("）（"), "{help}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
