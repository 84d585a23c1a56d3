//! The results as files: one replay for each case, and `attack.json` for the other verbs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ombud_attack::replay;
use ombud_attack::run::{Case, Ended, Outcome, Trace, Verdict};
use ombud_attack::world::Effect;
use ombud_core::Lang;
use serde_json::{Value, json};

/// A finished case.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    /// The case.
    pub case: Case,
    /// The verdict on it.
    pub outcome: Outcome,
    /// What was seen.
    pub trace: Trace,
    /// What happened in the world.
    pub effects: Vec<Effect>,
    /// How the agent ended.
    pub ended: Ended,
}

/// Writes a replay for every case in which the model took a step; the paths are in the order of the cases.
pub(crate) fn replays(all: &[Ran], folder: &Path, lang: Lang) -> Result<Vec<Option<PathBuf>>> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let written = all.iter().map(|ran| {
        if ran.trace.steps.is_empty() {
            return Ok(None);
        }
        let path = folder.join(format!("{}.html", ran.case.id().replace('/', "_")));
        let page = replay::html(&ran.case, &ran.outcome, &ran.trace, &ran.effects, lang);
        fs::write(&path, page).with_context(|| path.display().to_string())?;
        Ok(Some(path))
    });
    written.collect()
}

/// `attack.json`.
pub(crate) fn json(all: &[Ran], replays: &[Option<PathBuf>], started: &str, lang: Lang) -> Value {
    let rows: Vec<Value> = all.iter().zip(replays).map(|(ran, replay)| row(ran, replay.as_deref())).collect();
    let untested = |ran: &&Ran| matches!(ran.outcome.verdict, Verdict::NotExposed | Verdict::Error);
    let not_tested: Vec<Value> = all
        .iter()
        .filter(untested)
        .map(|ran| json!({ "template": ran.case.template.id, "case": ran.case.id(), "why": ran.outcome.verdict, "ended": ran.ended }))
        .collect();
    let run = |id: &String| all.iter().any(|ran| ran.case.template.id == *id);
    let left_out =
        ombud_attack::template::builtin().unwrap_or_default().into_iter().map(|template| template.id);
    let not_tested: Vec<Value> =
        not_tested.into_iter().chain(left_out.filter(|id| !run(id)).map(Value::from)).collect();
    json!({ "schema": "ombud.attack/1", "started": started, "lang": lang.tag(), "cases": rows, "not_tested": not_tested })
}

fn row(ran: &Ran, replay: Option<&Path>) -> Value {
    let template = &ran.case.template;
    json!({
        "template": template.id, "version": template.version, "title": template.title, "why": template.why,
        "severity": template.severity, "case": ran.case.id(), "lang": ran.case.lang.tag(),
        "verdict": ran.outcome.verdict, "stage": ran.outcome.stage, "decision": ran.outcome.decision,
        "tool": ran.outcome.tool, "replay": replay.map(|path| path.display().to_string()),
        "risk": template.risks.first(), "risks": template.risks, "fix": template.fix.advice,
    })
}
