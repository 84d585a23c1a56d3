//! `ombud init`: a commented configuration in the user's language, from what the project shows. `ombud providers`.

mod agents;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ombud_check::Survey;
use ombud_core::{Lang, say};
use ombud_detect::{Detector, Options};
use ombud_gateway::providers::{LOCAL, Providers, UNKNOWN_COUNTRY};

use crate::cli;
use crate::config::FILE;
use crate::document::padded;
use crate::journey;
use crate::output::Terminal;

/// `ombud init`
pub(crate) fn init(args: &cli::Init, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    if args.agents {
        return agents::tell(Path::new("."), args.print, terminal);
    }
    let providers = Providers::builtin()?;
    let hosts: Vec<&str> = providers.hosts().map(|(host, _)| host).collect();
    let survey = ombud_check::survey(Path::new("."), &hosts, &Detector::new(&Options::default()))?;
    let text = text(&survey, &providers, terminal);
    if args.print {
        terminal.out(text.trim_end())?;
        return Ok(0);
    }
    let mut options = OpenOptions::new();
    options.write(true).create(args.force).create_new(!args.force).truncate(args.force);
    match options.open(FILE) {
        Ok(mut file) => file.write_all(text.as_bytes())?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => bail!(say!(lang,
            en: "{FILE} already exists and was not changed. `ombud init --print` shows a fresh one, `ombud init --force` overwrites it",
            zh: "{FILE} 已存在，未作改动。`ombud init --print` 可查看新生成的内容，`ombud init --force` 可覆盖")),
        Err(error) => {
            let problem = say!(lang, en: "cannot write {FILE}", zh: "无法写入 {FILE}");
            return Err(error).context(problem);
        }
    }
    ignore_state(terminal)?;
    let files = survey.files;
    terminal.out(&say!(lang,
        en: "wrote {FILE} from {files} file(s) of this project",
        zh: "已根据本项目的 {files} 个文件生成 {FILE}"))?;
    if files == 0 {
        terminal.warn(&say!(lang,
            en: "this folder contains no agent; run `ombud init` where its code or its export is",
            zh: "这个目录里没有智能体的文件；请在其源码或导出文件所在的目录中运行 `ombud init`"));
    }
    warnings(&survey, &providers, terminal);
    journey::next("ombud check", terminal);
    Ok(0)
}

/// The state folder holds keys: it must not be committed.
fn ignore_state(terminal: Terminal) -> Result<()> {
    if !Path::new(".git").exists() {
        return Ok(());
    }
    let ignored = std::fs::read_to_string(".gitignore").unwrap_or_default();
    if ignored.lines().any(|line| matches!(line.trim(), ".ombud" | ".ombud/" | "/.ombud" | "/.ombud/")) {
        return Ok(());
    }
    let gap = if ignored.is_empty() || ignored.ends_with('\n') { "" } else { "\n" };
    let mut file = OpenOptions::new().append(true).create(true).open(".gitignore")?;
    writeln!(file, "{gap}.ombud/")?;
    terminal.note(&say!(terminal.lang, en: "added .ombud/ to .gitignore: it holds the keys of the log", zh: "已把 .ombud/ 加入 .gitignore：其中有日志的密钥"));
    Ok(())
}

fn warnings(survey: &Survey, providers: &Providers, terminal: Terminal) {
    let lang = terminal.lang;
    for finding in survey.findings.iter().take(20) {
        let (path, line, subject) = (&finding.place.path, finding.place.line, &finding.subject);
        if finding.rule.0 == "secret-in-source" {
            terminal.warn(&say!(lang,
                en: "  {path}:{line} contains a secret: move it to an environment variable and revoke this one",
                zh: "  {path}:{line} 含有密钥：请移到环境变量，并作废这一个"));
        } else if let Some(provider) = providers.by_host(subject) {
            let id = &provider.id;
            terminal.note(&say!(lang,
                en: "  {path}:{line} hard-codes {subject} ({id}): `ombud run` still leads Python and Node clients through the gateway",
                zh: "  {path}:{line} 写死了 {subject}（{id}）：`ombud run` 仍会把 Python 和 Node 客户端引到网关"));
        }
    }
}

fn text(survey: &Survey, providers: &Providers, terminal: Terminal) -> String {
    let lang = terminal.lang;
    // A language given by flag is kept for the project, so that it need not be given again.
    let spoken = format!("{}lang = \"{}\"", if terminal.told { "" } else { "# " }, lang.tag());
    let found: Vec<&str> = survey
        .hosts
        .iter()
        .filter_map(|host| providers.by_host(host))
        .map(|provider| provider.id.as_str())
        .collect();
    let seen = if found.is_empty() {
        say!(lang, en: "no address is hard-coded; it comes from the client library or the environment", zh: "没有写死的地址；地址来自客户端库或环境变量")
    } else {
        found.join(", ")
    };
    let upstream = match survey
        .hosts
        .iter()
        .filter_map(|host| providers.by_host(host))
        .find(|one| one.id != "anthropic")
    {
        Some(provider) => format!("upstream = \"{}\"", provider.base),
        None => "# upstream = \"https://api.openai.com/v1\"".to_owned(),
    };
    match lang {
        Lang::En => format!(include_str!("init.en.toml"), lang = spoken, seen = seen, upstream = upstream),
        Lang::Zh => format!(include_str!("init.zh.toml"), lang = spoken, seen = seen, upstream = upstream),
    }
}

/// `ombud providers`
pub(crate) fn providers(terminal: Terminal) -> Result<u8> {
    for provider in Providers::builtin()?.iter() {
        let country = match provider.place() {
            UNKNOWN_COUNTRY => say!(terminal.lang, en: "unknown", zh: "未知"),
            LOCAL => say!(terminal.lang, en: "local", zh: "本机"),
            country => country.to_owned(),
        };
        terminal.out(&format!("{:<16} {} {}", provider.id, padded(&country, 8), provider.base))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::File;

    #[test]
    fn what_init_writes_is_a_valid_configuration() {
        let providers = Providers::builtin().unwrap();
        for lang in [Lang::En, Lang::Zh] {
            let survey = Survey { hosts: ["api.deepseek.com".to_owned()].into(), ..Survey::default() };
            let terminal = Terminal::new(lang, true);
            let text = text(&survey, &providers, terminal);
            assert!(text.contains("# lang = "));
            let file: File = toml::from_str(&text).unwrap();
            assert_eq!(
                file.gateway.upstream.as_deref(),
                Some(providers.by_id("deepseek").unwrap().base.as_str())
            );
            // Every line that is commented out is valid too.
            let all: String = text
                .lines()
                .map(|line| {
                    line.strip_prefix("# ")
                        .filter(|rest| rest.contains(" = ") || rest.starts_with('['))
                        .unwrap_or(line)
                })
                .fold(String::new(), |all, line| all + line + "\n");
            let _: File =
                toml::from_str(&all.replace("upstream = \"https://api.openai.com/v1\"", "")).unwrap();
        }
    }
}
