//! `ombud notice check`: whether the published notice covers everything that code and traffic show.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use ombud_core::flow::{Difference, FlowMap, RecipientKind, What, compare};
use ombud_core::{Lang, Say, say};
use serde::Serialize;
use serde_json::json;

use super::facts::{required, tellable};
use super::gap::Gap;
use super::{Check, Published, words};
use crate::cli::Format;
use crate::config;
use crate::document::one_line;
use crate::flowmap::{Country, Input, Known, Paths};
use crate::journey;
use crate::output::Terminal;

/// Where the notice is looked for last.
pub(crate) const DEFAULT: &str = "PRIVACY.md";

/// What shows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Witness {
    /// The source code.
    Code,
    /// The log.
    Traffic,
}

/// Something missing from the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Lack {
    /// What shows it.
    pub witness: Witness,
    /// What is missing.
    #[serde(flatten)]
    pub difference: Difference,
}

/// How far the notice is from what was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drift {
    /// Whether anything was observed that a notice must mention. Without it, nothing was compared.
    pub compared: bool,
    /// What it lacks: without it, the notice is false.
    pub lacks: Vec<Lack>,
    /// What it states although it was not observed.
    pub unseen: Vec<Difference>,
    /// Recipients that it names although they were not observed; only for a notice without a block.
    pub named: Vec<String>,
    /// Whether it was searched for words, because it has no machine-readable block.
    pub by_words: bool,
    /// Whether the block was changed by hand.
    pub edited: bool,
    /// Number of gaps still to be filled in.
    pub gaps: usize,
}

/// Compares a notice with what is known, without I/O.
pub(crate) fn drift(known: &Known, published: &Published) -> Drift {
    let (code, traffic) = (required(&known.code_flow()), required(&known.traffic_flow()));
    let claimed = |shown: &FlowMap| match &published.block {
        Some(block) => block.flow(),
        None => words::claimed(&published.text, shown, &known.providers),
    };
    let mut drift = Drift {
        compared: !(code.recipients.is_empty() && traffic.recipients.is_empty()),
        by_words: published.block.is_none(),
        edited: published.is_edited(),
        gaps: Gap::count(&published.text),
        ..Drift::default()
    };
    for (witness, shown) in [(Witness::Code, &code), (Witness::Traffic, &traffic)] {
        let lacks = compare(shown, &claimed(shown)).into_iter();
        drift.lacks.extend(lacks.map(|difference| Lack { witness, difference }));
    }
    let mut seen = tellable(&known.code_flow());
    seen.merge(&tellable(&known.traffic_flow()));
    if let Some(block) = &published.block {
        let only_who_and_what = |difference: &Difference| {
            matches!(difference.what, What::Recipient { .. } | What::Category { .. })
        };
        drift.unseen = compare(&block.flow(), &seen).into_iter().filter(only_who_and_what).collect();
    } else {
        let seen_here = |id: &str| {
            seen.recipients.keys().any(|who| who.kind == RecipientKind::Provider && who.name == id)
        };
        let named = words::providers_in(&published.text, &known.providers).into_iter();
        drift.named = named.filter(|id| !seen_here(id)).map(str::to_owned).collect();
    }
    drift
}

/// Runs the check.
pub(super) async fn check(args: &Check, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let known = Known::read(&Paths::with_config(args.config.as_deref()), lang).await?;
    super::refuse_damage(&known, lang)?;
    let published = published(args.file.as_deref(), &known, lang)?;
    if known.code.read().is_none() && known.traffic.read().is_none() {
        bail!(say!(lang,
            en: "there is nothing to compare the notice with. Run `ombud check` or `ombud run -- <CMD>` first",
            zh: "没有可与说明对照的事实。请先运行 `ombud check` 或 `ombud run -- <启动命令>`"));
    }
    let drift = drift(&known, &published);
    match args.format {
        Format::Json => terminal.out(&format!("{:#}", as_json(&drift, &published.path)))?,
        Format::Text => tell(&drift, &published.path, &known, terminal)?,
    }
    if drift.is_true() == Some(true) {
        // The notice promises erasure on request: next, see that it works.
        journey::next(&say!(lang, en: "ombud subject erase USER", zh: "ombud subject erase 用户"), terminal);
    }
    Ok(match drift.is_true() {
        Some(true) => 0,
        Some(false) => 1,
        None => 2,
    })
}

impl Drift {
    /// Whether the notice covers what was observed; `None` if there was nothing to compare it with.
    pub(crate) fn is_true(&self) -> Option<bool> {
        self.compared.then_some(self.lacks.is_empty())
    }
}

/// The notice given on the command line, or the project's.
fn published(file: Option<&Path>, known: &Known, lang: Lang) -> Result<Published> {
    let path: PathBuf = match (file, &known.notice.file) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => path.clone(),
        (None, None) => PathBuf::from(DEFAULT),
    };
    let shown = path.display();
    match Published::open(&path) {
        Input::Read(published) => Ok(published),
        Input::Damaged(damage) => bail!(damage.say(lang)),
        Input::Absent => {
            let config = config::FILE;
            bail!(say!(lang,
                en: "there is no notice at {shown}. Write one: `ombud notice -o {shown}`; or name yours: [notice] file in {config}",
                zh: "找不到隐私说明 {shown}。可以生成一份：`ombud notice -o {shown}`；或在 {config} 的 [notice] file 中写明位置"))
        }
    }
}

fn as_json(drift: &Drift, path: &Path) -> serde_json::Value {
    json!({
        "schema": "ombud.notice-check/1",
        "notice": path.display().to_string(),
        "true": drift.is_true(),
        "by_words": drift.by_words,
        "edited": drift.edited,
        "to_fill_in": drift.gaps,
        "lacks": drift.lacks,
        "unseen": drift.unseen,
        "named_but_unseen": drift.named,
    })
}

fn tell(drift: &Drift, path: &Path, known: &Known, terminal: Terminal) -> Result<()> {
    let (lang, shown) = (terminal.lang, path.display());
    if !drift.compared {
        terminal.out(&say!(lang,
            en: "no recipient outside this machine was seen, so {shown} was not compared with anything",
            zh: "没有看到本机以外的接收方，因此 {shown} 没有可对照的内容"))?;
    } else if drift.lacks.is_empty() {
        terminal.out(&say!(lang,
            en: "{shown} names every recipient and every kind of data that was seen",
            zh: "{shown} 写明了看到的所有接收方和信息种类"))?;
    } else {
        let count = drift.lacks.len();
        terminal.out(&say!(lang,
            en: "{shown} is no longer true: {count} item(s) are missing",
            zh: "{shown} 已与事实不符：缺少 {count} 项"))?;
        for lack in &drift.lacks {
            terminal.out(&format!("  - {}", lack.told(known, lang)))?;
        }
        terminal.tell(&say!(lang,
            en: "Generate it again, read it, and publish it: `ombud notice -o {shown}`. Users who agreed to the old one must be asked again.",
            zh: "请重新生成、通读后发布：`ombud notice -o {shown}`。对同意过旧版的用户，须重新征求同意。"))?;
    }
    for note in notes(drift, known, lang) {
        terminal.tell(&say!(lang, en: "  note: {note}", zh: "  提示：{note}"))?;
    }
    Ok(())
}

/// What is worth knowing but is no failure.
fn notes(drift: &Drift, known: &Known, lang: Lang) -> Vec<String> {
    let mut notes = Vec::new();
    if drift.by_words {
        notes.push(say!(lang,
            en: "this notice has no machine-readable block, so its text was searched for names. That is weaker: it cannot tell “we send” from “we never send”, and it checks no country and no purpose",
            zh: "这份说明没有机器可读的数据块，只能在文字中查找名称。这种检查较弱：分不清“会发送”和“不会发送”，也不检查国家和用途"));
    }
    if drift.edited {
        notes.push(say!(lang,
            en: "the machine-readable block was changed by hand after Ombud wrote it",
            zh: "机器可读的数据块在 Ombud 生成之后被手工改过"));
    }
    if drift.gaps > 0 {
        let gaps = drift.gaps;
        notes.push(say!(lang, en: "{gaps} gap(s) still have to be filled in: look for 【", zh: "还有 {gaps} 处待填：请查找“【待填”"));
    }
    for difference in &drift.unseen {
        let what = claim(difference, known, lang);
        notes.push(
            say!(lang, en: "it states {what}, which was not observed", zh: "说明写了“{what}”，但没有看到"),
        );
    }
    for id in &drift.named {
        notes.push(say!(lang, en: "it names {id}, which was not observed", zh: "说明提到 {id}，但没有看到"));
    }
    if known.code.read().is_none() {
        notes.push(
            say!(lang, en: "the code was not checked: `ombud check`", zh: "没有检查代码：`ombud check`"),
        );
    }
    if known.traffic.read().is_none() {
        notes.push(say!(lang,
            en: "no traffic was seen: `ombud run -- <CMD>`",
            zh: "没有看到实际流量：`ombud run -- <启动命令>`"));
    }
    notes
}

impl Lack {
    /// What is lacking, and what shows it.
    pub(crate) fn told(&self, known: &Known, lang: Lang) -> String {
        describe(&self.difference, known, lang) + &evidence(self.witness, &self.difference, lang)
    }
}

/// What one witness shows and another does not, without the evidence.
pub(crate) fn describe(difference: &Difference, known: &Known, lang: Lang) -> String {
    let who = name(difference, known, lang);
    match &difference.what {
        What::Recipient { categories } => {
            let who = recipient(difference.kind, who, lang);
            let all: Vec<String> = categories.iter().map(|category| category.say(lang)).collect();
            if all.is_empty() {
                return who;
            }
            let all = all.join(&say!(lang, en: "; ", zh: "、"));
            say!(lang, en: "{who}, which receives: {all}", zh: "{who}，它收到：{all}")
        }
        What::Category { category } => {
            let category = category.say(lang);
            say!(lang, en: "{category}, which {who} receives", zh: "{who} 收到的{category}")
        }
        What::Masking { category } => {
            let category = category.say(lang);
            say!(lang,
                    en: "that {category} reaches {who} in the clear: the notice says it is replaced by a code",
                    zh: "{category}以原文发给了 {who}：说明里写的是先换成代号")
        }
        What::Purpose { purpose } => {
            let purpose = one_line(purpose);
            say!(lang, en: "the purpose “{purpose}” of {who}", zh: "{who} 的用途“{purpose}”")
        }
        What::Country { shown, stated } => {
            let shown = Country(shown).say(lang);
            let stated: Vec<String> = stated.iter().map(|country| Country(country).say(lang)).collect();
            let stated =
                if stated.is_empty() { say!(lang, en: "none", zh: "未写明") } else { stated.join("/") };
            say!(lang, en: "that {who} is in {shown} (the notice states: {stated})", zh: "{who} 位于{shown}（说明中：{stated}）")
        }
    }
}

/// The evidence for a difference, with the command to look at it.
pub(crate) fn evidence(witness: Witness, difference: &Difference, lang: Lang) -> String {
    let shown: Vec<String> = difference.evidence.iter().take(3).map(|place| one_line(place)).collect();
    let places = shown.join(", ");
    match (witness, shown.first()) {
        (Witness::Code, Some(_)) => say!(lang, en: " [code: {places}]", zh: " [代码：{places}]"),
        (Witness::Traffic, Some(first)) => {
            say!(lang, en: " [traffic: {places}; see: `ombud log show {first}`]", zh: " [流量：{places}；查看：`ombud log show {first}`]")
        }
        (Witness::Code, None) => say!(lang, en: " [code]", zh: " [代码]"),
        (Witness::Traffic, None) => say!(lang, en: " [traffic]", zh: " [流量]"),
    }
}

/// A recipient's name, with its kind where the name does not show it.
fn recipient(kind: RecipientKind, who: String, lang: Lang) -> String {
    match kind {
        RecipientKind::Provider | RecipientKind::Host => {
            say!(lang, en: "the recipient {who}", zh: "接收方 {who}")
        }
        RecipientKind::Store | RecipientKind::Tool => who,
    }
}

fn name(difference: &Difference, known: &Known, lang: Lang) -> String {
    let id = one_line(&difference.recipient);
    match difference.kind {
        RecipientKind::Provider => {
            known.providers.by_id(&difference.recipient).map_or(id, |provider| one_line(&provider.name))
        }
        RecipientKind::Store => say!(lang, en: "memory store “{id}”", zh: "记忆库“{id}”"),
        RecipientKind::Tool => say!(lang, en: "tool “{id}”", zh: "工具“{id}”"),
        RecipientKind::Host => id,
    }
}

fn claim(difference: &Difference, known: &Known, lang: Lang) -> String {
    let who = name(difference, known, lang);
    match &difference.what {
        What::Category { category } => {
            let category = category.say(lang);
            say!(lang, en: "{category} for {who}", zh: "{who}收到{category}")
        }
        _ => recipient(difference.kind, who, lang),
    }
}
