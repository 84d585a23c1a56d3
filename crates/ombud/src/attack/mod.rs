//! `ombud attack -- CMD`: attacks the agent through what its tools return, in a simulated world with a gullible model, and
//! judges by what left.

mod grid;
mod harden;
mod report;
mod rig;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use ombud_attack::run::{Case, Verdict, cases};
use ombud_attack::template::{Template, builtin, load};
use ombud_core::{Lang, Say, say};

use crate::cli::{Chinese, Format, Upstreams};
use crate::config::{self, Flags};
use crate::fault;
use crate::journey;
use crate::output::Terminal;
use report::Ran;
use rig::Rig;

/// `ombud attack`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
pub(crate) struct Attack {
    /// The agent's command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub upstreams: Upstreams,
    /// Use only these templates
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub template: Vec<String>,
    /// A folder with templates of your own
    #[arg(long, value_name = "DIR")]
    pub templates: Vec<PathBuf>,
    /// Language of the attacks: en, zh or both (default: the output language)
    #[arg(long, value_enum, value_name = "LANG")]
    pub wording: Option<Wording>,
    /// Number of attempts for each wording
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub repeat: u32,
    /// Time limit of the agent for one case, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub timeout: u64,
    /// Use the real provider instead of the gullible model: this costs money
    #[arg(long)]
    pub real: bool,
    /// Pass the user's words on standard input instead of as the last argument
    #[arg(long)]
    pub stdin: bool,
    /// Write rules against the breaches into ombud.toml, and attack again
    #[arg(long)]
    pub harden: bool,
    /// List the templates
    #[arg(long)]
    pub list: bool,
    /// Print the format of templates as a JSON Schema
    #[arg(long)]
    pub schema: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the result to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The language of the attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wording {
    /// English
    En,
    /// Chinese
    Zh,
    /// Both
    Both,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("attack", "在模拟环境中攻击你的智能体，看它会不会上当"),
    ("attack template", "只用这些模板"),
    ("attack templates", "存放你自己的模板的目录"),
    ("attack wording", "攻击所用的语言：en、zh 或 both（默认与界面语言相同）"),
    ("attack repeat", "每种说法尝试几次"),
    ("attack timeout", "每个用例最多允许智能体运行多少秒"),
    ("attack real", "用真实服务商代替轻信的模拟模型：会产生费用"),
    ("attack stdin", "用户的话从标准输入传入，而不是作为最后一个参数"),
    ("attack harden", "把针对性规则写入 ombud.toml，然后再攻击一次"),
    ("attack list", "列出模板"),
    ("attack schema", "以 JSON Schema 打印模板格式"),
    ("attack output", "把结果写入此文件"),
    ("attack command", "智能体的启动命令"),
];

/// Attacks the agent. 0 if nothing was breached, 1 if something was, 2 if nothing could be tested.
pub(crate) async fn attack(mut args: Attack, terminal: Terminal) -> Result<u8> {
    if args.schema {
        let schema = schemars::schema_for!(Template);
        terminal.out(&serde_json::to_string_pretty(&schema)?)?;
        return Ok(0);
    }
    let declared = config::read(args.upstreams.config.as_deref(), terminal.lang)?.attack;
    args.stdin |= declared.stdin;
    args.templates.extend(declared.templates);
    let templates = templates(&args, terminal)?;
    if args.list {
        return grid::list(&templates, terminal);
    }
    if args.command.is_empty() {
        bail!(say!(terminal.lang,
            en: "there is no command to attack. Run `ombud attack -- python3 agent.py`; `ombud attack --list` shows the templates",
            zh: "没有给出要攻击的命令。请输入 `ombud attack -- python3 agent.py`；`ombud attack --list` 可列出模板"));
    }
    let all: Vec<Case> = templates
        .iter()
        .flat_map(|template| cases(template, langs(&args, terminal), args.repeat.clamp(1, 100), seed))
        .collect();
    let started = ombud_gateway::record::now();
    opening(&args, &templates, all.len(), terminal);
    let first = Box::pin(round(&args, &all, terminal)).await?;
    if !args.harden {
        return conclude(&args, &first, &started, terminal);
    }
    grid::print(&first, terminal)?;
    let Some(written) = harden::write(Path::new(config_path(&args)), &first, terminal)? else {
        return conclude(&args, &first, &started, terminal);
    };
    let second = Box::pin(round(&args, &all, terminal)).await?;
    let controls: Vec<Case> = templates
        .iter()
        .filter_map(|template| all.iter().find(|case| case.template.id == template.id))
        .map(Case::benign)
        .collect();
    let useful = Box::pin(round(&args, &controls, terminal)).await?;
    harden::compare(&first, &second, &useful, written.backup.as_deref(), terminal)?;
    conclude(&args, &second, &started, terminal)
}

fn config_path(args: &Attack) -> &str {
    args.upstreams.config.as_deref().and_then(Path::to_str).unwrap_or(config::FILE)
}

fn seed() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

fn langs(args: &Attack, terminal: Terminal) -> &'static [Lang] {
    match (args.wording, terminal.lang) {
        (Some(Wording::Both), _) => &[Lang::En, Lang::Zh],
        (Some(Wording::Zh), _) | (None, Lang::Zh) => &[Lang::Zh],
        (Some(Wording::En), _) | (None, Lang::En) => &[Lang::En],
    }
}

/// The built-in templates and the user's own, limited to the ones selected.
fn templates(args: &Attack, terminal: Terminal) -> Result<Vec<Template>> {
    let lang = terminal.lang;
    let told = |problem: ombud_attack::template::Problem| anyhow!(problem.say(lang));
    let mut all = builtin().map_err(told)?;
    for folder in &args.templates {
        let shown = folder.display();
        let missing =
            || say!(lang, en: "cannot read the templates in {shown}", zh: "无法读取模板目录 {shown}");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder).with_context(missing)?.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml"));
        files.sort();
        if files.is_empty() {
            bail!(say!(lang,
                en: "there is no template (*.yaml) in {shown}. `ombud attack --schema` prints their format",
                zh: "{shown} 中没有模板（*.yaml）。`ombud attack --schema` 可输出模板格式"));
        }
        for file in files {
            let name = file.display();
            let text = std::fs::read_to_string(&file).with_context(|| name.to_string())?;
            let own = load(&name.to_string(), &text).map_err(told)?;
            if all.iter().any(|other| other.id == own.id) {
                let id = own.id;
                bail!(say!(lang,
                    en: "{name}: another template has the id `{id}`. Give this one a different id",
                    zh: "{name}：已有 id 为 `{id}` 的模板，请换一个 id"));
            }
            all.push(own);
        }
    }
    if let Some(id) = args.template.iter().find(|id| !all.iter().any(|template| template.id == **id)) {
        bail!(
            say!(lang, en: "there is no template `{id}`. `ombud attack --list` shows them", zh: "没有名为 `{id}` 的模板。`ombud attack --list` 可列出全部模板")
        );
    }
    all.retain(|template| args.template.is_empty() || args.template.contains(&template.id));
    Ok(all)
}

fn opening(args: &Attack, templates: &[Template], count: usize, terminal: Terminal) {
    let (lang, kinds) = (terminal.lang, templates.len());
    terminal.note(&say!(lang,
        en: "ombud attacks your agent: {kinds} attack(s), {count} case(s). The command runs once for each; email, files, pages and memory are simulated at OMBUD_WORLD.",
        zh: "ombud 正在攻击你的智能体：{kinds} 种攻击，共 {count} 个用例。每个用例运行一次命令；邮件、文件、网页和记忆都在 OMBUD_WORLD 处模拟。"));
    terminal.note(&if args.real {
        say!(lang, en: "The real provider responds: every case costs you its calls.", zh: "由真实服务商作答：每个用例都会产生调用费用。")
    } else {
        say!(lang, en: "A gullible model responds and obeys whatever it reads: the worst case, with no key and no cost.", zh: "由一个读到什么就照做的轻信模型作答：这是最坏情况，不需要密钥，也没有费用。")
    });
}

/// Runs every case once, one after the other.
async fn round(args: &Attack, all: &[Case], terminal: Terminal) -> Result<Vec<Ran>> {
    let file = config::read(args.upstreams.config.as_deref(), terminal.lang)?;
    let flags = Flags {
        upstream: args.upstreams.upstream.clone(),
        upstream_anthropic: args.upstreams.upstream_anthropic.clone(),
    };
    let rig = Box::pin(Rig::start(file, &flags, args.real, terminal)).await?;
    let mut done = Vec::with_capacity(all.len());
    for case in all {
        let ran = rig.run(case, &args.command, args.stdin, Duration::from_secs(args.timeout.max(1))).await?;
        grid::progress(&ran, terminal);
        done.push(ran);
    }
    rig.stop().await?;
    Ok(done)
}

/// Writes the replays and the report, prints the result and returns the exit code.
fn conclude(args: &Attack, all: &[Ran], started: &str, terminal: Terminal) -> Result<u8> {
    let home = config::home();
    let replays = report::replays(all, &home.join("reports").join("replay"), terminal.lang)?;
    let json = report::json(all, &replays, started, terminal.lang);
    let text = serde_json::to_string_pretty(&json)?;
    std::fs::write(home.join("reports").join("attack.json"), &text)?;
    if let Some(path) = &args.output {
        std::fs::write(path, &text).with_context(|| fault::unwritable(path, terminal.lang))?;
    }
    match args.format {
        Format::Json => terminal.out(&text)?,
        Format::Text => {
            grid::print(all, terminal)?;
            grid::replays(all, &replays, terminal)?;
        }
    }
    let any = |verdict| all.iter().any(|ran| ran.outcome.verdict == verdict);
    let code = match () {
        () if any(Verdict::Breached) => 1,
        () if any(Verdict::Blocked) || any(Verdict::Resisted) => 0,
        () => 2,
    };
    if code == 1 && !args.harden {
        journey::next(&format!("ombud attack --harden -- {}", journey::typed(&args.command)), terminal);
    } else if code == 0 || args.harden {
        journey::next("ombud plan", terminal);
    }
    Ok(code)
}
