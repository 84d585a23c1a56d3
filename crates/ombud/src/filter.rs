//! `scan`, `redact` and `restore`: filters from files or standard input to standard output.

mod input;
mod jsonl;
mod signs;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result};
use ombud_core::{Action, DataType, Detection, Lang, Policy, Say, say};
use ombud_detect::mask::{self, Form, Meaning, Minted, Tally};
use ombud_detect::{Detector, memory};
use ombud_gateway::caller::{Caller, MintKey, SEED};
use ombud_ledger::Vault;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli;
use crate::config;
use crate::fault::Advised;
use crate::output::Terminal;

/// An output line.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    entities: Vec<Entity>,
    /// Categories of what the text says about somebody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<&'static str>,
}

/// An output line with its text.
#[derive(Serialize)]
struct Text<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    text: String,
}

/// A detection for programs: offsets in Unicode code points, end exclusive.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Entity {
    /// First code point.
    pub start: usize,
    /// Code point after the last.
    pub end: usize,
    /// Canonical type, such as `PHONE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// 0 to 1.
    pub score: f32,
}

/// The detections that reach the policy's minimum score, in code points.
pub(crate) fn entities(detector: &Detector, policy: &Policy, text: &str) -> Vec<Entity> {
    let (mut at, mut chars) = (0, 0);
    let mut count = |to: usize| {
        chars += text.get(at..to).map_or(0, |part| part.chars().count());
        at = to;
        chars
    };
    let found =
        memory::detect_whole(detector, text).into_iter().filter(|found| found.score >= policy.min_score);
    found
        .map(|found| Entity {
            start: count(found.span.start),
            end: count(found.span.end),
            kind: found.kind.name().to_owned(),
            // A score has no meaning beyond two decimals.
            score: (found.score * 100.0).round() / 100.0,
        })
        .collect()
}

/// What the text says about somebody, as the categories of policy, each once.
pub(crate) fn labels(detector: &Detector, text: &str) -> Vec<&'static str> {
    let mut labels: Vec<_> =
        detector.detect_with_labels(text).into_iter().filter(|found| found.kind.is_label()).collect();
    labels.sort_by_key(|found| found.kind);
    labels.dedup_by_key(|found| found.kind);
    labels.into_iter().map(|found| found.category().id()).collect()
}

/// A text with what may not leave replaced by tokens, and the values behind them. What the policy redacts is never
/// restored: secrets are one-way here too. Short forms of a name are linked to its token.
pub(crate) fn masked(detector: &Detector, policy: &Policy, key: &MintKey, text: &str) -> (String, Minted) {
    let recalled = memory::recall(&[text], vec![detector.detect(text).into()], detector.declared_people());
    let mut minted = Minted::with_kin(Arc::clone(&recalled.kin));
    let leaves =
        |found: &&Detection| found.score < policy.min_score || policy.action_on(found) == Action::Allow;
    let found = recalled.detections.iter().flat_map(|found| found.iter()).filter(|found| !leaves(found));
    let restorable = |found: &Detection| policy.action_on(found) != Action::Redact;
    let mint: mask::Mint<'_> = &|kind, value, attempt| key.mint(kind, value, attempt);
    let masked = mask::mask(text, found, &restorable, &mut minted, mint);
    (masked, minted)
}

/// `ombud scan`
pub(crate) fn scan(scan: &cli::Scan, terminal: Terminal) -> Result<u8> {
    if scan.signs {
        return signs::scan(scan, terminal);
    }
    let args = &scan.filter;
    let file = config::read(args.config.as_deref(), terminal.lang)?;
    let detector = config::detector(&file);
    if args.jsonl {
        return jsonl::lines(scan, terminal, |line, out| {
            let found = Found {
                id: line.id.as_deref(),
                entities: entities(&detector, &file.policy, &line.text),
                labels: labels(&detector, &line.text),
            };
            serde_json::to_writer(out, &found)?;
            Ok(!found.entities.is_empty())
        });
    }
    let mut count = 0;
    for (name, text) in input::texts(&args.files, terminal) {
        let found = entities(&detector, &file.policy, &text?);
        for Entity { start, end, kind, score } in &found {
            let word = word(kind, terminal.lang);
            terminal.out(&format!("{name}{start}-{end}\t{kind}\t{score}{word}"))?;
        }
        count += found.len();
    }
    terminal.note(&say!(terminal.lang, en: "{count} value(s) found", zh: "发现 {count} 个值"));
    Ok(u8::from(count > 0))
}

/// The name of a type in words, as one more column, in Chinese only: the type itself is the same in every language, for
/// programs.
fn word(kind: &str, lang: Lang) -> String {
    let known = DataType::from_name(kind).filter(|_| lang == Lang::Zh);
    known.map(|kind| format!("\t{}", kind.say(lang))).unwrap_or_default()
}

/// `ombud redact`
pub(crate) async fn redact(args: &cli::Filter, terminal: Terminal) -> Result<u8> {
    let file = config::read(args.config.as_deref(), terminal.lang)?;
    let detector = config::detector(&file);
    let vault = vault(terminal.lang)?;
    let caller = caller(&vault, &args.session)?;
    let (key, scope) = (caller.mint_key(None), caller.scope());
    if !args.jsonl {
        for (_, text) in input::texts(&args.files, terminal) {
            let (text, minted) = masked(&detector, &file.policy, &key, &text?);
            // The values behind the tokens are stored before the first token is shown.
            keep(&vault, &scope, &[minted]).await?;
            std::io::stdout().write_all(text.as_bytes())?;
        }
        return Ok(0);
    }
    let mut lines = jsonl::Lines::new(&args.files, terminal);
    while let Some(batch) = lines.batch()? {
        let (mut out, mut all) = (Vec::new(), Vec::new());
        for line in batch {
            let (text, minted) = masked(&detector, &file.policy, &key, &line.text);
            serde_json::to_writer(&mut out, &Text { id: line.id.as_deref(), text })?;
            out.push(b'\n');
            all.push(minted);
        }
        keep(&vault, &scope, &all).await?;
        jsonl::put(&out)?;
    }
    lines.end()
}

/// `ombud restore`
pub(crate) async fn restore(args: &cli::Filter, terminal: Terminal) -> Result<u8> {
    let vault = vault(terminal.lang)?;
    let scope = caller(&vault, &args.session)?.scope();
    let mut tally = Tally::default();
    let mut code = 0;
    if args.jsonl {
        let mut lines = jsonl::Lines::new(&args.files, terminal);
        while let Some(batch) = lines.batch()? {
            let mut out = Vec::new();
            for line in batch {
                let text = turned_back(&vault, &scope, line.text, &mut tally).await?;
                serde_json::to_writer(&mut out, &Text { id: line.id.as_deref(), text })?;
                out.push(b'\n');
            }
            jsonl::put(&out)?;
        }
        code = lines.end()?;
    } else {
        for (_, text) in input::texts(&args.files, terminal) {
            let restored = turned_back(&vault, &scope, text?, &mut tally).await?;
            std::io::stdout().write_all(restored.as_bytes())?;
        }
    }
    if tally.unknown > 0 {
        let unknown = tally.unknown;
        terminal.note(&say!(terminal.lang,
            en: "{unknown} token(s) are not from this session, or stand for a secret, and were left unchanged",
            zh: "{unknown} 个代号不属于本会话，或代表密钥，保持原样"));
    }
    Ok(code)
}

/// The text with the tokens of a scope restored.
pub(crate) async fn turned_back(
    vault: &Vault,
    scope: &str,
    text: String,
    tally: &mut Tally,
) -> Result<String> {
    let tokens = mask::candidates(&text);
    let names: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let known: BTreeMap<_, _> =
        if names.is_empty() { BTreeMap::new() } else { vault.get(scope, &names).await? };
    let mut minted = Minted::default();
    for token in tokens {
        if let Some(entry) = known.get(&token.to_string()) {
            minted.insert(token, &entry.value, true);
        }
    }
    if minted.is_empty() {
        tally.unknown += mask::token::spans(&text).len() as u64;
    }
    Ok(mask::restore(&minted, &text, Form::Plain, tally).unwrap_or(text))
}

/// Stores the values behind tokens, except those that are never restored.
pub(crate) async fn keep(vault: &Vault, scope: &str, minted: &[Minted]) -> Result<()> {
    keep_of(vault, None, scope, minted).await.map(drop)
}

/// The same for a subject of a tenant; false, with nothing stored, if that subject is being erased.
pub(crate) async fn keep_of(
    vault: &Vault,
    whose: Option<(&str, &str)>,
    scope: &str,
    minted: &[Minted],
) -> Result<bool> {
    let rows: Vec<(String, DataType, &str)> = minted
        .iter()
        .flat_map(|minted| {
            let kept =
                minted.iter().filter(|(token, _)| matches!(minted.meaning(token), Some(Meaning::Value(_))));
            kept.map(|(token, value)| (token.to_string(), token.kind, value))
        })
        .collect();
    if rows.is_empty() {
        return Ok(true);
    }
    let rows: Vec<(&str, DataType, &str)> =
        rows.iter().map(|(token, kind, value)| (token.as_str(), *kind, *value)).collect();
    match whose {
        Some(whose) => Ok(vault.put_of(whose, scope, &rows).await?),
        None => Ok(vault.put(scope, &rows).await.map(|()| true)?),
    }
}

fn vault(lang: Lang) -> Result<Vault> {
    let home = config::home();
    crate::files::home(&home).with_context(|| {
        let home = home.display();
        Advised {
            what: say!(lang,
                en: "cannot create {home}, where the values behind the tokens are kept encrypted",
                zh: "无法创建 {home}：代号所代表的值要加密保存在其中"),
            advice: say!(lang,
                en: "Run this in a folder that you may write to, or choose another: OMBUD_HOME=FOLDER",
                zh: "请在有写权限的目录中运行，或指定其他目录：OMBUD_HOME=目录"),
        }
    })?;
    Ok(Vault::at(&home))
}

fn caller(vault: &Vault, session: &str) -> Result<Caller> {
    Ok(Caller::from_seed(vault.derive_key(SEED, &[b"command line"])?, session))
}
