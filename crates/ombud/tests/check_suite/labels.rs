//! Labels, findings, and how they match.

use std::fmt;
use std::path::Path;

use serde_json::Value;

/// One row of `expected.tsv`.
pub(crate) struct Label {
    pub(crate) kind: String,
    rule: String,
    path: String,
    /// The line, and the statement or node around it; nothing where the label is for the whole project.
    place: Option<(usize, usize, usize)>,
    why: String,
}

/// A finding: its rule, path, first and last line.
pub(crate) struct Found {
    rule: String,
    path: String,
    first: usize,
    last: usize,
    message: String,
}

/// How many there are of each, and those that went wrong.
#[derive(Default)]
pub(crate) struct Score {
    musts: usize,
    met: usize,
    right: usize,
    wrong: Vec<String>,
    missed: Vec<String>,
}

impl Label {
    pub(crate) fn read(file: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().skip(1).map(Self::of).collect()
    }

    fn of(row: &str) -> Self {
        let columns: Vec<&str> = row.split('\t').collect();
        let [kind, rule, path, line, from, to, why] = columns[..] else { panic!("{row}") };
        let number = |text: &str| text.parse().ok();
        let place = number(line).zip(number(from)).zip(number(to)).map(|((line, from), to)| (line, from, to));
        Self { kind: kind.into(), rule: rule.into(), path: path.into(), place, why: why.into() }
    }

    fn touches(&self, found: &Found) -> bool {
        let Some((line, from, to)) = self.place else { return false };
        self.is_about(found)
            && ((found.first..=found.last).contains(&line) || (from..=to).contains(&found.first))
    }

    fn is_about(&self, found: &Found) -> bool {
        self.rule == found.rule && self.path == found.path
    }

    fn is_at(&self, found: &Found) -> bool {
        self.is_about(found) && self.place.is_some_and(|(line, ..)| line == found.first)
    }

    fn rank(&self) -> usize {
        ["must", "may", "trap"].iter().position(|kind| *kind == self.kind).unwrap()
    }

    /// The place of the `must` label that reports the same fault.
    fn stands_for(&self) -> Option<&str> {
        let place = self.why.strip_prefix("Same fault as ")?.split_whitespace().next()?;
        Some(place.trim_end_matches(['.', ',', ';', ':']))
    }

    fn shown(&self) -> String {
        self.place.map_or_else(|| "-:-".to_owned(), |(line, ..)| format!("{}:{line}", self.path))
    }
}

impl Found {
    pub(crate) fn of(finding: &Value, project: &Path) -> Self {
        let place = &finding["place"];
        let path = place["path"].as_str().unwrap().to_owned();
        let first = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        let at = |end: &str| usize::try_from(place["span"][end].as_u64().unwrap()).unwrap();
        let bytes = std::fs::read(project.join(&path)).unwrap_or_default();
        let lines =
            bytes.get(at("start")..at("end")).unwrap_or_default().iter().filter(|byte| **byte == b'\n');
        Self {
            rule: finding["rule"].as_str().unwrap().to_owned(),
            path,
            first,
            last: first + lines.count(),
            message: finding["message"]["en"].as_str().unwrap().to_owned(),
        }
    }
}

/// The label that decides about a finding.
fn decides<'l>(labels: &'l [Label], found: &Found) -> Option<&'l Label> {
    let best = |fits: &dyn Fn(&&Label) -> bool| labels.iter().filter(fits).min_by_key(|label| label.rank());
    best(&|label| label.is_at(found))
        .or_else(|| best(&|label| label.touches(found)))
        .or_else(|| best(&|label| label.place.is_none() && label.rule == found.rule))
}

/// Compares the labels of a project with what was found in it.
pub(crate) fn score(labels: &[Label], all: &[Found]) -> Score {
    let mut score = Score::default();
    let mut met: Vec<&Label> = Vec::new();
    for found in all {
        match decides(labels, found) {
            Some(label) if label.kind == "trap" => score.wrong.push(told(found, &label.why)),
            Some(label) => {
                score.right += 1;
                let for_another = |must: &&Label| label.stands_for() == Some(must.shown().as_str());
                met.push(label);
                met.extend(labels.iter().filter(|must| must.rule == label.rule).filter(for_another));
            }
            None => score.wrong.push(told(found, "no label")),
        }
    }
    for must in labels.iter().filter(|label| label.kind == "must") {
        score.musts += 1;
        if met.iter().any(|label| std::ptr::eq(*label, must)) {
            score.met += 1;
        } else {
            score.missed.push(format!("{} {}: {}", must.rule, must.shown(), must.why));
        }
    }
    score
}

fn told(found: &Found, why: &str) -> String {
    format!("{} {}:{} “{}” ({why})", found.rule, found.path, found.first, found.message)
}

impl Score {
    pub(crate) fn add(&mut self, other: Self, project: &str) {
        self.musts += other.musts;
        self.met += other.met;
        self.right += other.right;
        self.wrong.extend(other.wrong.into_iter().map(|line| format!("{project}: {line}")));
        self.missed.extend(other.missed.into_iter().map(|line| format!("{project}: {line}")));
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
    pub(crate) fn recall(&self) -> f64 {
        self.met as f64 / self.musts.max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
    pub(crate) fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong.len()).max(1) as f64
    }
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "recall {:.3}, precision {:.3}", self.recall(), self.precision())?;
        writeln!(out, "missed:\n  {}", self.missed.join("\n  "))?;
        write!(out, "wrong:\n  {}", self.wrong.join("\n  "))
    }
}
