//! `ombud plan`: turns what code, traffic and attacks have shown into one answer and the next two hours of work. The same
//! facts always give the same plan.

mod diagram;
mod disagree;
mod document;
mod done;
mod risk;
mod step;
#[cfg(test)]
mod tests;
mod unseen;
mod verdict;

pub(crate) use unseen::stand_in;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use ombud_core::flow::FlowMap;
use ombud_core::gate::Gate;
use ombud_core::{Lang, Say};
use serde_json::{Value, json};

use crate::cli::Chinese;
use crate::document::{markdown, text};
use crate::flowmap::{Input, Known, Paths};
use crate::journey;
use crate::notice::deliver;
use crate::output::Terminal;
use risk::Open;
use step::Step;
use verdict::Verdict;

/// `ombud plan`
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the output to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One screen
    Text,
    /// For programs
    Json,
    /// The whole plan, with a diagram
    Md,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese =
    &[("plan", "告诉你发布前该做什么：风险、证据、步骤和所需分钟数"), ("plan output", "写入此文件")];

/// A plan.
pub(crate) struct Drawn {
    lang: Lang,
    verdict: Verdict,
    open: Vec<Open>,
    steps: Vec<Step>,
    done: Vec<String>,
    unseen: Vec<String>,
    disagreements: Vec<String>,
    flow: FlowMap,
    diagram: String,
    declared: bool,
}

/// `ombud plan`
pub(crate) async fn plan(args: &Plan, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let known = Known::read(&Paths::with_config(args.config.as_deref()), lang).await?;
    let damages =
        [known.code.damage(), known.traffic.damage(), known.attacked.damage(), known.published.damage()];
    for damage in damages.into_iter().flatten() {
        terminal.warn(&format!("ombud: {}", damage.say(lang)));
    }
    let mut text = write(&draw(&known, lang), &known, args.format);
    if args.format == Format::Text && args.output.is_none() {
        text = terminal.carried(&text);
    }
    deliver(&text, args.output.as_deref(), terminal)?;
    journey::next("ombud notice -o PRIVACY.md", terminal);
    Ok(0)
}

/// Draws the plan.
pub(crate) fn draw(known: &Known, lang: Lang) -> Drawn {
    let open = risk::open(known, lang);
    let mut steps = step::look_first(known, lang);
    let asks = matches!(known.tools.mode, Some(Gate::Ask | Gate::Block));
    steps.extend(step::steps(&open, asks, lang));
    Drawn {
        lang,
        verdict: verdict::verdict(known, &open, lang),
        steps,
        done: done::done(known, lang),
        unseen: unseen::unseen(known, lang),
        disagreements: disagree::disagreements(known, lang),
        flow: known.flow(),
        diagram: diagram::diagram(known, lang),
        declared: matches!(known.published, Input::Read(_)),
        open,
    }
}

/// The plan in a format.
pub(crate) fn write(drawn: &Drawn, known: &Known, format: Format) -> String {
    match format {
        Format::Text => text(&document::document(drawn, known, false)),
        Format::Md => markdown(&document::document(drawn, known, true)),
        Format::Json => format!("{:#}\n", as_json(drawn, known)),
    }
}

fn as_json(drawn: &Drawn, known: &Known) -> Value {
    let verdict = &drawn.verdict;
    json!({
        "schema": "ombud.plan/1",
        "lang": drawn.lang.tag(),
        "drawn": known.today.to_string(),
        "verdict": { "answer": verdict.answer, "reasons": verdict.reasons, "limits": verdict.limits },
        "risks": drawn.open.iter().map(|open| risk_json(open, drawn.lang)).collect::<Vec<_>>(),
        "steps": drawn.steps.iter().map(step_json).collect::<Vec<_>>(),
        "done": drawn.done,
        "not_looked_at": drawn.unseen,
        "disagreements": drawn.disagreements,
        "flow": drawn.flow,
        "diagram": drawn.diagram,
    })
}

fn risk_json(open: &Open, lang: Lang) -> Value {
    json!({
        "id": open.risk.id,
        "name": open.risk.name(lang),
        "harm": open.risk.harm(lang),
        "grave": open.grave,
        "people": open.risk.people,
        "sensitivity": open.sensitivity,
        "irreversible": open.risk.irreversible,
        "proof": open.proof,
        "weight": open.weight(),
        "evidence": open.evidence.iter().map(|(_, shown)| shown).collect::<Vec<_>>(),
    })
}

fn step_json(step: &Step) -> Value {
    json!({
        "id": step.id,
        "minutes": step.minutes,
        "title": step.title,
        "command": step.command,
        "retest": step.retest,
        "closes": step.closes,
    })
}
