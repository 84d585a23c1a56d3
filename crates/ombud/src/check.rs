//! `ombud check`: reads the project and reports which protections its users lack.

pub(crate) mod baseline;
mod kept;
pub(crate) mod mend;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, FromArgMatches as _, ValueEnum};
use ombud_check::{Day, Options, Provider};
use ombud_core::finding::Severity;
use ombud_core::{Lang, say};
use ombud_gateway::providers::Providers;
use serde::Deserialize;

use crate::cli::Chinese;
use crate::fault::Advised;
use crate::output::Terminal;
use crate::{config, journey, report};

/// What is printed instead of findings.
#[derive(Debug, Args)]
pub(crate) struct Instead {
    /// Print the flow of data instead of findings
    #[arg(long)]
    pub map: bool,
    /// Print what the agent is made of, for other programs: models, prompts, tools, servers, packages, stores
    #[arg(long)]
    pub bom: bool,
}

/// `ombud check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Folder or file to check (default: this folder)
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub path: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the output to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub instead: Instead,
    /// What makes the exit code 1 (default: release)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub gate: Option<Gate>,
    /// Treat the findings in this file as known: they do not count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings to this file, as the baseline of later checks
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Show only what is not in the baseline
    #[arg(long)]
    pub new_only: bool,
    #[command(flatten)]
    pub mend: mend::Mend,
    /// Check again whenever a file changes
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "diff", "map", "bom", "output", "write_baseline", "format"])]
    pub watch: bool,
    /// What the agent is for; makes some findings more severe
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
    /// Stage of the project: in `dev` the exit code is never 1
    #[arg(long, value_enum, default_value_t = Stage::Release)]
    pub stage: Stage,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Stage of a project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Only developers use it: findings are shown but stop nothing
    Dev,
    /// People use it
    #[default]
    Release,
}

/// What an agent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Profile {
    /// It talks with people
    Chat,
    /// It keeps people company and remembers them
    Companion,
    /// Children use it
    Kids,
    /// People tell it about their health
    Health,
    /// It handles money
    Finance,
    /// It works by itself
    Automation,
    /// It makes images
    Image,
}

impl From<Profile> for ombud_check::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Chat => Self::Chat,
            Profile::Companion => Self::Companion,
            Profile::Kids => Self::Kids,
            Profile::Health => Self::Health,
            Profile::Finance => Self::Finance,
            Profile::Automation => Self::Automation,
            Profile::Image => Self::Image,
        }
    }
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with source excerpts
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub Actions annotations
    Github,
    /// One page for people, without scripts
    Html,
    /// Mermaid diagram, with --map
    Mermaid,
    /// SVG image, with --map
    Svg,
}

/// What stops a release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gate {
    /// Errors: a required protection is missing
    #[default]
    #[value(alias = "error")]
    #[serde(alias = "error")]
    Release,
    /// Warnings too: a protection is weak
    Warning,
    /// Anything at all
    Note,
    /// Nothing; findings that would stop a release are counted
    Warn,
    /// Nothing
    Off,
}

impl Gate {
    /// Lowest severity that makes the exit code 1, if any does.
    pub(crate) fn stops(self) -> Option<Severity> {
        match self {
            Self::Release => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Info),
            Self::Warn | Self::Off => None,
        }
    }
}

/// `[check]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CheckSection {
    /// Functions that report whether there is consent: `package.module.function`.
    pub consent_functions: Vec<String>,
    /// What stops a release.
    pub gate: Option<Gate>,
    /// What the agent is for.
    pub profile: Option<Profile>,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("check", "检查项目源码或低代码导出文件：用户缺少哪些保护"),
    ("check path", "要检查的目录或文件（默认为当前目录）"),
    ("check output", "写入此文件"),
    ("check map", "只显示数据流向，不显示问题"),
    ("check bom", "输出智能体的物料清单：模型、提示词、工具、服务器、软件包、存储，供其他程序使用"),
    ("check baseline", "此文件中的问题视为已知，不计入判定"),
    ("check write_baseline", "把发现的问题写入此文件，作为以后检查的基线"),
    ("check new_only", "只显示基线中没有的问题"),
    ("check fix", "自动修复不会改变程序行为的问题"),
    ("check unsafe_fixes", "也修复会改变程序行为的问题；请先用 --diff 查看"),
    ("check diff", "只显示 --fix 将作的修改，不写入"),
    ("check watch", "文件变化时重新检查"),
    ("check profile", "智能体的用途：部分问题会因此更严重"),
    ("check stage", "项目所处阶段：dev 阶段退出码不会为 1"),
    ("check gate", "什么情况下退出码为 1（默认 release：缺少必要保护）"),
];

/// What a check needs, settled by the command line and `ombud.toml`.
pub(crate) struct Ready {
    gate: Gate,
    /// All that is known about providers; `providers` is the part that the check needs.
    table: Providers,
    providers: ombud_check::Providers,
    detector: ombud_detect::Detector,
    options: Options,
}

impl Ready {
    fn new(args: &Check, lang: Lang) -> Result<Self> {
        let mut file = config::read(configuration(args).as_deref(), lang)?;
        let table = config::providers(&mut file, lang)?;
        let providers = known(&table);
        let gate = args.gate.or(file.check.gate).unwrap_or_default();
        let options = options(args, &file);
        Ok(Self { gate, table, providers, detector: config::code_detector(&file), options })
    }

    pub(crate) fn look(&self) -> mend::Look<'_> {
        mend::Look { providers: &self.providers, detector: &self.detector, options: &self.options }
    }
}

/// Checks once, or again and again. 0: nothing at or above the gate; 1: something is; 2: it could not be checked.
pub(crate) async fn run(args: &Check, terminal: Terminal) -> Result<u8> {
    if !args.watch {
        return check(args, terminal);
    }
    let ready = Ready::new(args, terminal.lang)?;
    if args.new_only && args.baseline.is_none() {
        bail!(new_to_what(terminal.lang));
    }
    watch::watch(args, &ready.look(), ready.gate, terminal).await
}

fn check(args: &Check, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let ready = Ready::new(args, lang)?;
    let (look, gate) = (ready.look(), ready.gate);
    if !args.instead.map && matches!(args.format, Format::Mermaid | Format::Svg) {
        bail!(drawn_without_map(lang));
    }
    if args.instead.bom && (args.instead.map || !matches!(args.format, Format::Text | Format::Json)) {
        bail!(bom_alone(lang));
    }
    if args.new_only && args.baseline.is_none() {
        bail!(new_to_what(lang));
    }
    let mut found = match args.mend.asked(lang)? {
        None => ombud_check::check(&args.path, look.providers, look.detector, look.options)
            .with_context(|| unreadable(&args.path, lang))?,
        Some(asked) => {
            let done = mend::mended(args, &look, &|_| true, lang)?;
            if asked == mend::Asked::Show {
                return Ok(u8::from(mend::show(&done, look.detector, terminal)?));
            }
            mend::write(&done, terminal)?;
            done.report
        }
    };
    baseline::compare(args, &mut found, lang)?;
    if let Some(path) = args.write_baseline.as_deref().map(Path::display) {
        let command = journey::check(&args.path);
        terminal.note(&say!(lang, en: "wrote {path}; from now on: {command} --baseline {path}", zh: "已写入 {path}；以后运行：{command} --baseline {path}"));
    }
    let own = kept::is_project(&args.path, &config::home());
    if own {
        kept::keep(&report::View { report: &found, lang, detector: look.detector }, terminal);
    }
    if args.new_only {
        found.new_only();
    }
    let view = report::View { report: &found, lang, detector: look.detector };
    let text = if args.instead.bom {
        bom(args, &view, &ready.table, terminal)?
    } else {
        shown(args, &view, terminal)?
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, format!("{}\n", text.trim_end()))
                .with_context(|| crate::fault::unwritable(path, lang))?;
        }
        None if text.is_empty() => {}
        None => terminal.out(text.trim_end())?,
    }
    let saw = !found.saw_nothing();
    if !own && args.format == Format::Text {
        kept::remark(terminal);
    }
    if args.format == Format::Text && !args.instead.bom && found.understood > 0 {
        journey::next(&onward(&found, args, terminal), terminal);
    }
    if !saw && args.stage == Stage::Release && (args.format != Format::Text || args.instead.map) {
        let why = report::unknown(&found, lang);
        terminal.note(&say!(lang, en: "ombud: {why}", zh: "ombud：{why}"));
    }
    if gate == Gate::Warn && saw && !args.instead.map && !args.instead.bom {
        terminal.note(&would_stop(&found, &journey::check(&args.path), lang));
    }
    Ok(verdict(&found, gate, args.stage, args.instead.map || args.instead.bom))
}

/// The command that comes next. `ombud run` cannot start what a platform, an MCP client or a phone starts.
fn onward(report: &ombud_check::Report, args: &Check, terminal: Terminal) -> String {
    let lang = terminal.lang;
    let code = |file: &ombud_check::facts::File| {
        ombud_check::Language::of(file.path.rsplit('/').next().unwrap_or(&file.path)).is_some()
    };
    let of = |formats: &[&str]| {
        report.kinds.keys().any(|kind| formats.iter().any(|format| kind.starts_with(format)))
    };
    if report.files.iter().any(code) && report.files.iter().filter(|file| code(file)).all(is_swift) {
        return say!(lang,
            en: "ombud serve   (then point the app's own server at this gateway)",
            zh: "ombud serve   （然后让 App 自己的服务器使用这个网关）");
    }
    if report.files.iter().any(code) || !of(&["dify:", "n8n:", "coze:", "flowise:", "langflow:", "mcp:"]) {
        let (there, start) = (journey::there(&args.path), journey::start(&args.path, terminal));
        return format!("{there}ombud run{} -- {start}", simulated());
    }
    if of(&["mcp:"]) {
        return say!(lang, en: "ombud connect <your MCP client>", zh: "ombud connect <MCP 客户端>");
    }
    say!(lang,
        en: "ombud serve   (then set the model provider's address, in the settings of the platform, to this gateway)",
        zh: "ombud serve   （然后在平台设置中把模型服务商的地址改为这个网关）")
}

/// As for the texts of findings, what is written in Swift is an app: it runs on a phone.
fn is_swift(file: &ombud_check::facts::File) -> bool {
    ombud_check::Language::of(&file.path) == Some(ombud_check::Language::Swift)
}

/// What `--gate warn` reports instead of stopping.
fn would_stop(report: &ombud_check::Report, command: &str, lang: Lang) -> String {
    let stops = |finding: &&ombud_core::finding::Finding| {
        finding.severity >= Severity::Error && report.is_new(finding)
    };
    let count = report.findings.iter().filter(stops).count();
    say!(lang,
        en: "ombud: {count} finding(s) would stop a release; with --gate warn nothing does. To stop: {command} --gate release",
        zh: "ombud：有 {count} 个问题会阻止发布；--gate warn 不会阻止。需要阻止时：{command} --gate release")
}

/// The result in the requested format.
fn shown(args: &Check, view: &report::View<'_>, terminal: Terminal) -> Result<String> {
    Ok(match (args.instead.map, args.format) {
        (true, Format::Json) => report::json::map(view)?,
        (true, Format::Mermaid) => report::map::mermaid(view),
        (true, Format::Svg) => report::map::svg(view),
        (_, Format::Html) => report::html::text(view),
        (true, _) => terminal.carried(&report::map::text(view)),
        (false, Format::Text | Format::Mermaid | Format::Svg) => {
            report::text::text(view, &journey::check(&args.path), terminal)
        }
        (false, Format::Json) => report::json::text(view)?,
        (false, Format::Sarif) => report::sarif::text(view)?,
        (false, Format::Github) => report::github::text(view),
    })
}

/// What the agent is made of. The document is for programs; its size is reported separately, on standard error.
fn bom(args: &Check, view: &report::View<'_>, providers: &Providers, terminal: Terminal) -> Result<String> {
    let (text, count) = report::bom::text(&report::bom::stock(view, providers, &args.path))?;
    let report::bom::Count { components, services, unknown } = count;
    terminal.note(&say!(terminal.lang,
        en: "{components} component(s), {services} service(s); {unknown} of them have unknown details, marked `ombud:unknown`",
        zh: "{components} 个组件，{services} 个服务；其中 {unknown} 项有未知内容，已用 `ombud:unknown` 标明"));
    Ok(text)
}

/// The exit code: 1 if something new is at or above the gate, 2 if nothing could be read or analysed, 0 in a stage that
/// stops nothing.
fn verdict(report: &ombud_check::Report, gate: Gate, stage: Stage, map: bool) -> u8 {
    match stage {
        Stage::Dev => 0,
        // Having nothing to read is no pass: the path may be wrong.
        Stage::Release if report.saw_nothing() => 2,
        // A map shows where data goes; it does not judge.
        Stage::Release if map => 0,
        Stage::Release => u8::from(gate.stops().is_some_and(|least| report.breaches(least))),
    }
}

/// The arguments for a path and a profile, as if they had been typed.
pub(crate) fn typed(path: &Path, profile: Option<&str>) -> Result<Check, clap::Error> {
    let command = Check::augment_args(clap::Command::new("check"));
    let mut words: Vec<std::ffi::OsString> = vec!["check".into()];
    words.extend(profile.map(|profile| format!("--profile={profile}").into()));
    words.extend(["--".into(), path.into()]);
    Check::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// A check of a path with fixes, as if it had been typed.
pub(crate) fn prepared(path: &Path, unsafe_fixes: bool, lang: Lang) -> Result<(Check, Ready)> {
    let mut args = typed(path, None)?;
    args.mend.unsafe_fixes = unsafe_fixes;
    let ready = Ready::new(&args, lang)?;
    Ok((args, ready))
}

/// The options from the command line and `ombud.toml`.
pub(crate) fn options(args: &Check, file: &config::File) -> Options {
    settled(args.profile, configuration(args).is_some(), file)
}

/// The configuration that applies: the one given, the project's own, or the one in this folder.
pub(crate) fn configuration(args: &Check) -> Option<PathBuf> {
    let here = PathBuf::from(config::FILE);
    let own = Some(args.path.join(config::FILE)).filter(|_| args.path != Path::new("."));
    args.config.clone().or_else(|| own.into_iter().chain([here]).find(|path| path.is_file()))
}

/// The options from `ombud.toml`, and the profile if one is given; `configured` is whether there is such a file.
pub(crate) fn settled(profile: Option<Profile>, configured: bool, file: &config::File) -> Options {
    let asks = matches!(file.tools.mode, Some(ombud_core::gate::Gate::Ask | ombud_core::gate::Gate::Block));
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Options {
        consent_functions: file.check.consent_functions.clone(),
        tools_ask: asks,
        gateway: configured,
        audience: file.agent.jurisdictions.iter().cloned().collect(),
        told: file.notice.recipients.keys().cloned().collect(),
        retention: file.notice.retention.is_some(),
        profile: profile.or(file.check.profile).map(Into::into),
        today: Day::parse(&today.to_string()),
    }
}

fn new_to_what(lang: Lang) -> String {
    say!(lang,
        en: "--new-only needs a baseline: ombud check --baseline FILE --new-only (ombud check --write-baseline FILE creates one)",
        zh: "--new-only 需要基线：ombud check --baseline 文件 --new-only（可用 ombud check --write-baseline 文件 生成）")
}

fn bom_alone(lang: Lang) -> String {
    say!(lang,
        en: "--bom writes only CycloneDX JSON; drop --map and --format: ombud check --bom -o bom.json",
        zh: "--bom 只输出 CycloneDX JSON，请去掉 --map 和 --format：ombud check --bom -o bom.json")
}

fn drawn_without_map(lang: Lang) -> String {
    say!(lang,
        en: "mermaid and svg draw the data flow; add --map: ombud check --map --format svg -o flow.svg",
        zh: "mermaid 和 svg 用来绘制数据流向，请加上 --map：ombud check --map --format svg -o flow.svg")
}

/// Without a key, the simulated model still shows what the agent sends.
fn simulated() -> &'static str {
    if has_key() { "" } else { " --simulated" }
}

/// Whether a provider's key is set in the environment.
pub(crate) fn has_key() -> bool {
    let has = |name| std::env::var_os(name).is_some_and(|key| !key.is_empty());
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY"].into_iter().any(has)
}

fn unreadable(path: &Path, lang: Lang) -> Advised {
    let path = path.display();
    Advised {
        what: say!(lang, en: "{path} was not checked", zh: "{path} 未能检查"),
        advice: say!(lang, en: "Give an existing folder or file that you may read: ombud check PATH", zh: "请给出存在且有权读取的目录或文件：ombud check 路径"),
    }
}

fn unwritable_source(path: &Path, lang: Lang) -> Advised {
    let path = path.display();
    Advised {
        what: say!(lang, en: "{path} was not fixed", zh: "{path} 未能修复"),
        advice: say!(lang, en: "Check that you may write to it and its folder.", zh: "请确认你有权写入该文件及其目录。"),
    }
}

/// What `check` needs to know about the providers.
pub(crate) fn known(providers: &Providers) -> ombud_check::Providers {
    let trains = |provider| {
        let facts = providers.facts_of(provider);
        let all: Vec<&str> = facts.iter().map(|fact| fact.trains_default.as_str()).collect();
        // Where several tiers differ, the one that trains counts: the tier cannot be seen from outside.
        let worst = all.iter().find(|trains| !matches!(**trains, "no" | "unknown"));
        let unknown = all.iter().find(|trains| **trains == "unknown");
        worst.or(unknown).or(all.first()).map_or_else(|| "unknown".to_owned(), |trains| (*trains).to_owned())
    };
    let all = providers
        .iter()
        .map(|provider| Provider {
            id: provider.id.clone(),
            name: provider.name.clone(),
            also: provider.also.clone(),
            hosts: provider.hosts.clone(),
            country: provider.country.clone(),
            local: provider.local,
            trains: trains(provider),
            no_minors: providers.facts_of(provider).iter().any(|fact| fact.minors == "excluded"),
            bases: bases(provider),
        })
        .collect();
    ombud_check::Providers::new(all)
}

/// The variables that `ombud run` sets for a provider, each with its path below the provider's address at the gateway.
fn bases(provider: &ombud_gateway::providers::Provider) -> Vec<(String, String)> {
    let door = format!("/p/{}", provider.id);
    let path = |value: String| value.strip_prefix(&door).map(str::to_owned).unwrap_or(value);
    provider.env_for("").map(|(name, value)| (name.to_owned(), path(value))).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        check: Check,
    }

    fn line(words: &[&str]) -> Check {
        Line::parse_from(std::iter::once("check").chain(words.iter().copied())).check
    }

    /// A project with one error, in its own folder.
    fn faulty(dir: &Path) -> ombud_check::Report {
        let agent = "from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.post('/')\ndef one():\n    os.system(request.json)\n";
        std::fs::write(dir.join("agent.py"), agent).unwrap();
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        ombud_check::check(
            &dir.join("agent.py"),
            &ombud_check::Providers::default(),
            &detector,
            &Options::default(),
        )
        .unwrap()
    }

    #[test]
    fn what_runs_on_a_phone_is_not_started_by_run() {
        let dir = tempfile::tempdir().unwrap();
        let next = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            let (providers, options) = (ombud_check::Providers::default(), Options::default());
            let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
            let report = ombud_check::check(dir.path(), &providers, &detector, &options).unwrap();
            onward(&report, &line(&[]), Terminal::new(Lang::En, true))
        };
        let app = "let url = URL(string: \"https://api.openai.com/v1/chat/completions\")!\n";
        assert!(next("Chat.swift", app).starts_with("ombud serve "), "{}", next("Chat.swift", app));
        assert!(next("agent.py", "import openai\n").contains("ombud run"));
    }

    #[test]
    fn a_stage_stops_nothing_and_a_baseline_only_what_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let mut report = faulty(dir.path());
        assert_eq!(verdict(&report, Gate::Release, Stage::Release, false), 1);
        assert_eq!(verdict(&report, Gate::Release, Stage::Dev, false), 0);
        for (word, code) in
            [("release", 1), ("error", 1), ("warning", 1), ("note", 1), ("warn", 0), ("off", 0)]
        {
            let gate = line(&["--gate", word]).gate.unwrap_or_default();
            assert_eq!(verdict(&report, gate, Stage::Release, false), code, "{word}");
        }
        assert!(would_stop(&report, "ombud check", Lang::En).contains("1 finding(s)"));
        assert!(would_stop(&report, "ombud check", Lang::Zh).contains("1 个问题"));
        let path = dir.path().join("known.json").display().to_string();
        baseline::compare(&line(&["--write-baseline", &path]), &mut report, Lang::En).unwrap();
        assert_eq!(verdict(&report, Gate::Release, Stage::Release, false), 0);
        let mut later = faulty(dir.path());
        baseline::compare(&line(&["--baseline", &path]), &mut later, Lang::En).unwrap();
        assert_eq!(verdict(&later, Gate::Note, Stage::Release, false), 0);
    }

    #[test]
    fn a_baseline_that_is_none_is_told_in_both_languages() {
        let dir = tempfile::tempdir().unwrap();
        let mut report = faulty(dir.path());
        let path = dir.path().join("known.json");
        let args = line(&["--baseline", &path.display().to_string()]);
        let absent = baseline::compare(&args, &mut report, Lang::Zh).unwrap_err();
        let advised = absent.downcast_ref::<Advised>().unwrap();
        assert!(advised.advice.contains("--write-baseline"), "{advised:?}");
        let absent = absent.to_string();
        assert!(absent.contains("无法读取基线"), "{absent}");
        std::fs::write(&path, "{\"schema\": 1}").unwrap();
        let broken = baseline::compare(&args, &mut report, Lang::En).unwrap_err().to_string();
        assert!(broken.contains("is not a baseline (line 1"), "{broken}");
        let broken = baseline::compare(&args, &mut report, Lang::Zh).unwrap_err().to_string();
        assert!(broken.contains("（第 1 行不是") && !broken.contains("line 1"), "{broken}");
        assert_eq!(verdict(&report, Gate::Release, Stage::Release, false), 1);
    }
}
