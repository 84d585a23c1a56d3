//! `ombud notice`: the privacy notice in three layers, built from the same facts as the plan; `ombud notice check`: whether
//! the published one is still true.

mod check;
mod facts;
mod gap;
mod layers;
mod machine;
mod published;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use ombud_core::{Lang, Say, say};
use serde_json::json;

use crate::cli::Chinese;
use crate::document::{html, markdown, text};
use crate::flowmap::{Input, Known, Paths, Traffic};
use crate::journey;
use crate::output::Terminal;
use crate::{fault, files};

pub(crate) use check::{DEFAULT, describe, drift};
pub(crate) use facts::{Facts, Form, Receiver, tellable};
pub(crate) use published::Published;

/// `ombud notice`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Notice {
    /// Layer to write (default: all)
    #[arg(long, value_enum)]
    pub layer: Option<Layer>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Md)]
    pub format: Format,
    /// Write the output to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Option<NoticeVerb>,
}

/// What else can be done with a notice.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeVerb {
    /// Check that the published notice covers everything that code and traffic show
    Check(Check),
}

/// `ombud notice check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The published notice (default: [notice] file in ombud.toml, then PRIVACY.md)
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = crate::cli::Format::Text)]
    pub format: crate::cli::Format,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How much a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layer {
    /// One line for the chat or the profile
    Line,
    /// The pop-up before the first use
    Popup,
    /// The full notice
    Full,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Plain text for people
    Text,
    /// Markdown
    Md,
    /// One HTML file without scripts
    Html,
    /// For programs
    Json,
}

/// Chinese help of both verbs.
pub(crate) const CHINESE: Chinese = &[
    ("notice", "根据已知事实生成隐私说明，或检查已发布的说明"),
    ("notice layer", "只生成哪一层（默认全部）"),
    ("notice output", "写入此文件"),
    ("notice check", "检查已发布的说明是否写明了代码和流量中出现的一切"),
    ("notice check file", "已发布的说明（默认为 ombud.toml 中的 [notice] file，其次是 PRIVACY.md）"),
];

/// `ombud notice` and `ombud notice check`
pub(crate) async fn notice(args: &Notice, terminal: Terminal) -> Result<u8> {
    if let Some(NoticeVerb::Check(args)) = &args.verb {
        return check::check(args, terminal).await;
    }
    let lang = terminal.lang;
    let known = Known::read(&Paths::with_config(args.config.as_deref()), lang).await?;
    refuse_damage(&known, lang)?;
    let facts = Facts::of(&known, lang);
    if facts.receivers.is_empty() && facts.tools.is_empty() {
        bail!(say!(lang,
            en: "nothing is known yet about where this agent's data goes, and a notice must not guess. Run `ombud check` or `ombud run -- <CMD>` first",
            zh: "还不知道这个智能体把数据发到哪里，而说明不能靠猜。请先运行 `ombud check` 或 `ombud run -- <启动命令>`"));
    }
    let written = write(&facts, args.layer, args.format);
    deliver(&written, args.output.as_deref(), terminal)?;
    remarks(&known, &facts, args, terminal);
    if let Some(file) = &args.output {
        journey::next(&format!("ombud notice check {}", journey::typed(&[file.into()])), terminal);
    }
    Ok(0)
}

/// A notice built from partly read facts would be false.
fn refuse_damage(known: &Known, lang: Lang) -> Result<()> {
    match known.code.damage().or(known.traffic.damage()) {
        Some(damage) => bail!(damage.say(lang)),
        None => Ok(()),
    }
}

/// The notice in a format.
pub(crate) fn write(facts: &Facts, layer: Option<Layer>, format: Format) -> String {
    let parts = layers::parts(facts, layer);
    let block = machine::Block::of(facts);
    match format {
        Format::Text => text(&parts),
        Format::Md => markdown(&parts) + "\n" + &block.embedded() + "\n",
        Format::Html => html(&layers::title(facts), &parts, facts.lang)
            .replace("</body>", &(block.embedded() + "\n</body>")),
        Format::Json => {
            let layer = |layer| text(&layers::parts(facts, Some(layer)));
            let gaps: Vec<_> = facts
                .gaps()
                .iter()
                .map(|gap| json!({ "key": gap.key(), "what": gap.say(facts.lang) }))
                .collect();
            let all = json!({
                "schema": "ombud.notice-document/1",
                "lang": facts.lang.tag(),
                "facts": block,
                "line": layer(Layer::Line),
                "popup": layer(Layer::Popup),
                "full": layer(Layer::Full),
                "to_fill_in": gaps,
            });
            format!("{all:#}\n")
        }
    }
}

/// The whole notice as Markdown.
#[cfg(test)]
pub(crate) fn written(known: &Known, lang: Lang) -> String {
    write(&Facts::of(known, lang), None, Format::Md)
}

/// Writes to a file, or to standard output.
pub(crate) fn deliver(text: &str, output: Option<&std::path::Path>, terminal: Terminal) -> Result<()> {
    let Some(path) = output else { return terminal.out(text.trim_end_matches('\n')) };
    let (lang, shown) = (terminal.lang, path.display());
    let cannot = || fault::unwritable(path, lang);
    // What was filled in by hand exists nowhere else.
    let old = std::fs::read_to_string(path).ok().filter(|old| old != text && !old.trim().is_empty());
    let backup = old.map(|old| files::kept(path, &old)).transpose().with_context(cannot)?;
    files::replace(path, text).with_context(cannot)?;
    terminal.note(&match backup.as_deref().map(std::path::Path::display) {
        Some(backup) => say!(lang,
            en: "wrote {shown}; the old file is kept as {backup}. What you filled in there by hand is not in the new one",
            zh: "已写入 {shown}，原文件保存为 {backup}。你在原文件中手工填写的内容不在新文件里"),
        None => say!(lang, en: "wrote {shown}", zh: "已写入 {shown}"),
    });
    Ok(())
}

/// What the operator must know about the generated notice.
fn remarks(known: &Known, facts: &Facts, args: &Notice, terminal: Terminal) {
    let lang = terminal.lang;
    for gap in facts.gaps() {
        let (what, key) = (gap.say(lang), gap.key());
        terminal.note(&say!(lang, en: "  to fill in: {what} ({key} in ombud.toml)", zh: "  待填：{what}（ombud.toml 中的 {key}）"));
    }
    if matches!(known.code, Input::Absent) {
        terminal.note(&say!(lang,
            en: "  the code was not checked: run `ombud check`, then write the notice again",
            zh: "  没有检查代码：请运行 `ombud check`，然后重新生成"));
    }
    if matches!(known.traffic, Input::Absent) {
        terminal.note(&say!(lang,
            en: "  no traffic was seen: run `ombud run -- <CMD>`, then write the notice again",
            zh: "  没有看到实际流量：请运行 `ombud run -- <启动命令>`，然后重新生成"));
    }
    if known.traffic.read().is_some_and(Traffic::may_be_simulated) {
        let stand_in = crate::plan::stand_in(lang);
        terminal.note(&say!(lang, en: "  not seen: {stand_in}", zh: "  没有看到：{stand_in}"));
    }
    if args.format == Format::Text {
        terminal.note(&say!(lang,
            en: "  plain text has no machine-readable block: `ombud notice check` can check it by words only",
            zh: "  纯文本不带机器可读的数据块，`ombud notice check` 只能按字词检查"));
    }
    for other in known.agent.languages.iter().filter(|other| **other != lang) {
        let tag = other.tag();
        terminal.note(&say!(lang,
            en: "  its users read {tag} too: `ombud --lang {tag} notice -o PRIVACY.{tag}.md`",
            zh: "  用户还使用 {tag}：`ombud --lang {tag} notice -o PRIVACY.{tag}.md`"));
    }
}
