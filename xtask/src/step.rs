//! Steps: named pieces of work that print what runs, how long it took and what to do if they fail.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::term;

/// One piece of work. `context` is shared by all steps of a run.
pub(crate) struct Step<C> {
    /// The name that `--only` takes.
    pub(crate) name: &'static str,
    /// What it checks, in one line.
    pub(crate) about: &'static str,
    /// Steps that have to pass before it can run.
    pub(crate) needs: &'static [&'static str],
    /// What to type or do if it fails.
    pub(crate) on_failure: &'static str,
    /// The work. `Skipped` carries the reason.
    pub(crate) work: fn(&C) -> Result<Done>,
}

/// How a step ended without an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It ran and found nothing wrong.
    Passed,
    /// There was nothing to run it on; the reason is shown and counted, so that nobody mistakes it for a pass.
    Skipped(String),
}

/// How many steps ended how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: Vec<&'static str>,
    pub(crate) skipped: usize,
}

/// The steps that `only` names and those they need, in the order of `all`; all of them if `only` is empty.
pub(crate) fn select<'s, C>(all: &'s [Step<C>], only: &[String]) -> Result<Vec<&'s Step<C>>> {
    if let Some(unknown) = only.iter().find(|name| all.iter().all(|step| step.name != **name)) {
        let known: Vec<_> = all.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`; the steps are: {}", known.join(", "));
    }
    if only.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut wanted: Vec<&str> = only.iter().map(String::as_str).collect();
    // `needs` names only earlier steps, so one backward pass finds all of them.
    for step in all.iter().rev() {
        if wanted.contains(&step.name) {
            wanted.extend(step.needs);
        }
    }
    Ok(all.iter().filter(|step| wanted.contains(&step.name)).collect())
}

/// Runs the steps in order. A failure does not stop the others, except those that need the failed step.
pub(crate) fn run<C>(steps: &[&Step<C>], context: &C) -> Tally {
    let mut tally = Tally::default();
    let mut unmet: Vec<&str> = Vec::new();
    for step in steps {
        let started = Instant::now();
        term::line(&format!("\n── {}: {}", step.name, step.about));
        let outcome = match step.needs.iter().find(|need| unmet.contains(need)) {
            Some(need) => Ok(Done::Skipped(format!("`{need}` did not succeed"))),
            None => (step.work)(context),
        };
        if !matches!(outcome, Ok(Done::Passed)) {
            unmet.push(step.name);
        }
        report(step, outcome, started, &mut tally);
    }
    tally
}

fn report<C>(step: &Step<C>, outcome: Result<Done>, started: Instant, tally: &mut Tally) {
    let seconds = started.elapsed().as_secs_f32();
    match outcome {
        Ok(Done::Passed) => {
            tally.passed += 1;
            term::line(&format!("   {} passed in {seconds:.1} s", step.name));
        }
        Ok(Done::Skipped(why)) => {
            tally.skipped += 1;
            term::line(&format!("   {} SKIPPED: {why}", step.name));
        }
        Err(error) => {
            tally.failed.push(step.name);
            term::line(&format!("   {} FAILED after {seconds:.1} s: {error:#}", step.name));
            term::line(&format!("   what to do: {}", step.on_failure));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A step that counts its runs in the context and then succeeds, or one that fails.
    fn step(name: &'static str, needs: &'static [&'static str], works: bool) -> Step<Cell<u32>> {
        let work: fn(&Cell<u32>) -> Result<Done> = if works {
            |ran| {
                ran.set(ran.get() + 1);
                Ok(Done::Passed)
            }
        } else {
            |_| bail!("no")
        };
        Step { name, about: "", needs, on_failure: "", work }
    }

    #[test]
    fn only_brings_what_it_needs_in_order() {
        let all =
            [step("a", &[], true), step("b", &["a"], true), step("c", &[], true), step("d", &["b"], true)];
        let names: Vec<_> = select(&all, &["d".to_owned()]).unwrap().iter().map(|s| s.name).collect();
        assert_eq!(names, ["a", "b", "d"]);
        let error = select(&all, &["nope".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("a, b, c, d"), "{error}");
    }

    #[test]
    fn a_failure_skips_its_dependants_and_nothing_else() {
        let all =
            [step("a", &[], false), step("b", &["a"], true), step("c", &["b"], true), step("d", &[], true)];
        let ran = Cell::new(0);
        let tally = run(&all.iter().collect::<Vec<_>>(), &ran);
        assert_eq!(ran.get(), 1);
        assert_eq!(tally, Tally { passed: 1, failed: vec!["a"], skipped: 2 });
    }
}
