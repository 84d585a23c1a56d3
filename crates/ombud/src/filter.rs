//! `scan`, `redact` and `restore`: filters from standard input to standard output.

mod signs;

use std::collections::BTreeMap;
use std::io::{BufRead, BufWriter, Read, Write};

use anyhow::{Context, Result};
use ombud_core::{Detection, Policy, say};
use ombud_detect::mask::{self, Form, Minted, Tally};
use ombud_detect::{Detector, memory};
use ombud_gateway::caller::{Caller, SEED};
use ombud_ledger::Vault;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cli;
use crate::config;
use crate::output::Terminal;

/// A line in.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    text: String,
}

/// A line out.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    entities: Vec<Entity>,
    /// Categories of what the text says about somebody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<&'static str>,
}

/// A line out, with its text.
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

/// The detections that the policy counts, in code points.
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
            // Two decimals are all that a score means.
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

/// The detections that are masked at the filters: all that the policy does not allow to leave.
pub(crate) fn maskable(detector: &Detector, policy: &Policy, text: &str) -> Vec<Detection> {
    let mut found = memory::detect_whole(detector, text);
    found.retain(|found| {
        found.score >= policy.min_score && policy.action_on(found) != ombud_core::Action::Allow
    });
    found
}

/// `ombud scan`
pub(crate) fn scan(scan: &cli::Scan, terminal: Terminal) -> Result<u8> {
    if scan.signs {
        return signs::scan(&scan.filter, terminal);
    }
    let args = &scan.filter;
    let file = config::read(args.config.as_deref(), terminal.lang)?;
    let detector = config::detector(&file);
    if args.jsonl {
        lines(terminal, |line, out| {
            let found = Found {
                id: line.id,
                entities: entities(&detector, &file.policy, &line.text),
                labels: labels(&detector, &line.text),
            };
            Ok(serde_json::to_writer(out, &found)?)
        })?;
        return Ok(0);
    }
    let text = input(terminal)?;
    let found = entities(&detector, &file.policy, &text);
    for entity in &found {
        let Entity { start, end, kind, score } = entity;
        terminal.out(&format!("{start}-{end}\t{kind}\t{score}"))?;
    }
    let count = found.len();
    terminal.note(&say!(terminal.lang, en: "{count} value(s) found", zh: "发现 {count} 个值"));
    Ok(u8::from(count > 0))
}

/// `ombud redact`
pub(crate) async fn redact(args: &cli::Filter, terminal: Terminal) -> Result<u8> {
    let file = config::read(args.config.as_deref(), terminal.lang)?;
    let detector = config::detector(&file);
    let vault = vault()?;
    let caller = caller(&vault, &args.session)?;
    let key = caller.mint_key(None);
    let mut minted = Minted::default();
    let mut mask = |text: &str| {
        mask::mask(text, &maskable(&detector, &file.policy, text), &mut minted, &|kind, value, n| {
            key.mint(kind, value, n)
        })
    };
    let mut masked = Vec::new();
    if args.jsonl {
        each_line(terminal, &mut |line| {
            serde_json::to_writer(&mut masked, &Text { id: line.id, text: mask(&line.text) })?;
            masked.push(b'\n');
            Ok(())
        })?;
    } else {
        masked = mask(&input(terminal)?).into_bytes();
    }
    // What the tokens stand for is safe before the first of them is shown.
    keep(&vault, &caller.scope(), &minted).await?;
    std::io::stdout().write_all(&masked)?;
    Ok(0)
}

/// `ombud restore`
pub(crate) async fn restore(args: &cli::Filter, terminal: Terminal) -> Result<u8> {
    let vault = vault()?;
    let scope = caller(&vault, &args.session)?.scope();
    let mut tally = Tally::default();
    let mut restored = Vec::new();
    if args.jsonl {
        let mut all = Vec::new();
        each_line(terminal, &mut |line| {
            all.push((line.id.map(ToOwned::to_owned), line.text));
            Ok(())
        })?;
        for (id, text) in all {
            let text = turned_back(&vault, &scope, text, &mut tally).await?;
            serde_json::to_writer(&mut restored, &Text { id: id.as_deref(), text })?;
            restored.push(b'\n');
        }
    } else {
        restored = turned_back(&vault, &scope, input(terminal)?, &mut tally).await?.into_bytes();
    }
    std::io::stdout().write_all(&restored)?;
    if tally.unknown > 0 {
        let unknown = tally.unknown;
        terminal.note(&say!(terminal.lang,
            en: "{unknown} token(s) are not of this session and stay as they are",
            zh: "{unknown} 个代号不属于本会话，保持原样"));
    }
    Ok(0)
}

/// The text with the tokens of a scope turned back.
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
    Ok(mask::restore(&minted, &text, Form::Plain, tally).unwrap_or(text))
}

/// Stores what tokens stand for.
pub(crate) async fn keep(vault: &Vault, scope: &str, minted: &Minted) -> Result<()> {
    if minted.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, ombud_core::DataType, &str)> =
        minted.iter().map(|(token, value)| (token.to_string(), token.kind, value)).collect();
    let rows: Vec<(&str, ombud_core::DataType, &str)> =
        rows.iter().map(|(token, kind, value)| (token.as_str(), *kind, *value)).collect();
    Ok(vault.put(scope, &rows).await?)
}

fn vault() -> Result<Vault> {
    let home = config::home();
    std::fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    Ok(Vault::at(&home))
}

fn caller(vault: &Vault, session: &str) -> Result<Caller> {
    Ok(Caller::from_seed(vault.derive_key(SEED, &[b"command line"])?, session))
}

fn input(terminal: Terminal) -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!(say!(terminal.lang,
            en: "standard input is not UTF-8 at byte {at}. Convert it first, for instance with `iconv -f GB18030 -t UTF-8`",
            zh: "标准输入在第 {at} 字节处不是 UTF-8。请先转换，例如 `iconv -f GB18030 -t UTF-8`"))
    })
}

/// Calls `each` for every line of JSON.
fn each_line(terminal: Terminal, each: &mut dyn FnMut(Line<'_>) -> Result<()>) -> Result<()> {
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let (line, number) = (line?, number + 1);
        if line.trim().is_empty() {
            continue;
        }
        // The error of the parser may quote the text, which must not appear in a message.
        let parsed: Line<'_> = serde_json::from_str(&line).map_err(|_| {
            anyhow::anyhow!(say!(terminal.lang,
                en: "line {number} is not an object with a string `text`: {{\"id\": 1, \"text\": \"…\"}}",
                zh: "第 {number} 行不是含有字符串 `text` 的对象：{{\"id\": 1, \"text\": \"…\"}}"))
        })?;
        each(parsed)?;
    }
    Ok(())
}

/// The same with a line of output for each line of input.
fn lines(terminal: Terminal, mut each: impl FnMut(Line<'_>, &mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout());
    each_line(terminal, &mut |line| {
        each(line, &mut out)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok(out.flush()?)
}
