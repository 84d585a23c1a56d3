//! `ombud scan --signs`: signs of injection in files or standard input.

use anyhow::Result;
use ombud_core::gate::quoted;
use ombud_core::{Hiding, Lang, Say, Sign, say};
use ombud_detect::injection;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{input, jsonl};
use crate::cli;
use crate::output::Terminal;

/// An output line.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    signs: Vec<Row>,
}

/// A sign for programs: offsets in Unicode code points, end exclusive.
#[derive(Debug, Serialize)]
struct Row {
    start: usize,
    end: usize,
    sign: &'static str,
    hidden: Vec<&'static str>,
    score: f32,
    explanation: String,
}

pub(super) fn scan(args: &cli::Scan, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    if args.filter.jsonl {
        return jsonl::lines(args, terminal, |line, out| {
            let signs: Vec<Row> =
                injection::signs(&line.text).iter().map(|sign| row(&line.text, sign, lang)).collect();
            let any = !signs.is_empty();
            serde_json::to_writer(out, &Found { id: line.id.as_deref(), signs })?;
            Ok(any)
        });
    }
    let mut count = 0;
    for (name, text) in input::texts(&args.filter.files, terminal) {
        let text = text?;
        let found = injection::signs(&text);
        for sign in &found {
            let Row { start, end, sign: kind, score, explanation, .. } = row(&text, sign, lang);
            let words = quoted(text.get(sign.span.clone()).unwrap_or_default());
            let colon = say!(lang, en: ": ", zh: "：");
            terminal.out(&format!("{name}{start}-{end}\t{kind}\t{score}\t{explanation}{colon}{words}"))?;
        }
        count += found.len();
    }
    terminal.note(&say!(lang,
        en: "{count} sign(s) of injection. A sign raises suspicion; it proves nothing",
        zh: "{count} 处注入迹象。迹象只提示可疑，并非证据"));
    Ok(u8::from(count > 0))
}

fn row(text: &str, sign: &Sign, lang: Lang) -> Row {
    let chars = |to: usize| text.get(..to).map_or(0, |part| part.chars().count());
    Row {
        start: chars(sign.span.start),
        end: chars(sign.span.end),
        sign: sign.kind.id(),
        hidden: sign.hidden.iter().map(|hiding| Hiding::id(*hiding)).collect(),
        score: (sign.score * 100.0).round() / 100.0,
        explanation: sign.say(lang),
    }
}
