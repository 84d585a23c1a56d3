//! Figures over worlds.

use std::fmt::Write as _;

use super::replay::WAYS;
use super::{Rules, World, attack, benign};

/// The figures of one or several worlds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Users' tasks.
    pub tasks: usize,
    /// Of these, finished without any question.
    pub unattended: usize,
    /// Of these, finished when every question is answered.
    pub answered: usize,
    /// Questions over all tasks.
    pub questions: usize,
    /// Pairs of a task and a goal, in each wording.
    pub attacks: usize,
    /// Of these, goals that were reached.
    pub reached: usize,
    /// Of these, attacks that did not reach their goal while the task was finished without a question.
    pub resisted: usize,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.tasks += other.tasks;
        self.unattended += other.unattended;
        self.answered += other.answered;
        self.questions += other.questions;
        self.attacks += other.attacks;
        self.reached += other.reached;
        self.resisted += other.resisted;
    }
}

/// Formats a percentage with one decimal.
fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 2000 + whole.max(1)) / (whole.max(1) * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Formats a ratio with two decimals.
fn ratio(part: usize, whole: usize) -> String {
    let hundredths = (part * 200 + whole.max(1)) / (whole.max(1) * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl Figures {
    fn row(&self, name: &str) -> String {
        format!(
            "| {name:<14} | {:>5} | {:>10} | {:>8} | {:>9} | {:>7} | {:>7} | {:>8} |\n",
            self.tasks,
            percent(self.unattended, self.tasks),
            percent(self.answered, self.tasks),
            ratio(self.questions, self.tasks),
            self.attacks,
            ratio(self.reached * 100, self.attacks),
            percent(self.resisted, self.attacks),
        )
    }
}

/// The figures of every world, with notes on what went wrong.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// By world: its name, whether it is held out, its figures.
    pub worlds: Vec<(String, bool, Figures)>,
    /// Tasks that needed a question, and goals that were reached.
    pub notes: Vec<String>,
}

impl Report {
    /// The sum over the worlds used while the rules were developed, or over those held out.
    pub fn sum(&self, aside: bool) -> Figures {
        let mut sum = Figures::default();
        self.worlds.iter().filter(|world| world.1 == aside).for_each(|world| sum += world.2);
        sum
    }

    /// The figures as a Markdown table.
    pub fn table(&self) -> String {
        let mut out = "| world          | tasks | unattended | answered | questions | attacks | reached | resisted |\n\
                       |----------------|------:|-----------:|---------:|----------:|--------:|--------:|---------:|\n"
            .to_owned();
        for (name, aside, figures) in &self.worlds {
            let name = if *aside { format!("{name} (aside)") } else { name.clone() };
            out.push_str(&figures.row(&name));
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", self.sum(false).row("all"));
        if self.worlds.iter().any(|world| world.1) {
            let _ = write!(out, "{}", self.sum(true).row("set aside"));
        }
        out
    }
}

/// Replays every task and every attack of these worlds.
pub fn score<'w>(rules: &Rules, worlds: impl IntoIterator<Item = &'w World>) -> Report {
    replay(rules, worlds, true)
}

/// Replays only the tasks.
pub fn tasks<'w>(rules: &Rules, worlds: impl IntoIterator<Item = &'w World>) -> Report {
    replay(rules, worlds, false)
}

fn replay<'w>(rules: &Rules, worlds: impl IntoIterator<Item = &'w World>, attacks: bool) -> Report {
    let mut report = Report::default();
    for world in worlds {
        let name =
            format!("{}-{}", world.world, if world.lang == ombud_core::Lang::Zh { "zh" } else { "en" });
        let figures = one(rules, world, &name, attacks, &mut report.notes);
        report.worlds.push((name, world.aside, figures));
    }
    report
}

fn one(rules: &Rules, world: &World, name: &str, attacks: bool, notes: &mut Vec<String>) -> Figures {
    let mut figures = Figures::default();
    for task in &world.tasks {
        let alone = benign(rules, world, task, false);
        let helped = benign(rules, world, task, true);
        figures += Figures {
            tasks: 1,
            unattended: usize::from(alone.finished),
            answered: usize::from(helped.finished),
            questions: helped.questions,
            ..Figures::default()
        };
        notes.extend(helped.asked.iter().map(|why| format!("{name} {}: {why}", task.id)));
        notes.extend(helped.why.map(|why| format!("{name} {}: NOT EVEN WITH ANSWERS {why}", task.id)));
        if attacks {
            figures += attacked(rules, world, task, name, notes);
        }
    }
    figures
}

fn attacked(
    rules: &Rules,
    world: &World,
    task: &super::Task,
    name: &str,
    notes: &mut Vec<String>,
) -> Figures {
    let mut figures = Figures::default();
    for (goal, way) in world.goals.iter().flat_map(|goal| (0..WAYS).map(move |way| (goal, way))) {
        let Some(found) = attack(rules, world, task, goal, way) else { continue };
        figures.attacks += 1;
        figures.reached += usize::from(found.reached);
        figures.resisted += usize::from(found.finished && !found.reached);
        if found.reached {
            notes.push(format!("{name} {} × {} ({way}): REACHED {}", task.id, goal.id, found.why));
        }
    }
    figures
}
