//! `hardcoded-provider`
//!
//! What it does: finds the address of a model provider that is written out in source or configuration.
//!
//! Why it matters: a client with a written-out `base_url` ignores the variables that lead it through the gateway, so the
//! words of the agent's users leave unmasked.
//!
//! Instead of `OpenAI(base_url="https://api.deepseek.com")` write `OpenAI()` and set `OPENAI_BASE_URL`.

use ombud_core::finding::{Confidence, Finding, RuleId, Severity};

use super::{Context, place};
use crate::walk::Source;

pub(crate) const ID: RuleId = RuleId("hardcoded-provider");

pub(crate) fn run(source: &Source, context: &Context<'_>) -> Vec<Finding> {
    let text = source.text.as_bytes();
    let part_of_name =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    context
        .automaton
        .find_iter(text)
        .filter(|found| {
            let before = found.start().checked_sub(1).and_then(|at| text.get(at));
            !part_of_name(before)
                && !text.get(found.end()).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-')
        })
        .filter_map(|found| {
            Some(Finding {
                rule: ID,
                severity: Severity::Warning,
                confidence: if source.language.is_some() { Confidence::High } else { Confidence::Medium },
                place: place(source, found.range()),
                subject: (*context.hosts.get(found.pattern().as_usize())?).to_owned(),
            })
        })
        .collect()
}
