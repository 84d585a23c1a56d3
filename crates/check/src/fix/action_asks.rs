//! Makes a GPT action that changes something ask the user again.
//!
//! Safe: the action still does the same thing, but only after approval.

use ombud_core::finding::Bilingual;

use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer = Fixer { rules: &["action-without-confirmation"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let flag = case.file.text.get(case.at().clone())?;
    let title = Bilingual::new("ask the user before running this action", "执行此操作前先征求用户同意");
    let edit = case.edit(case.at().clone(), flag.replacen("false", "true", 1));
    flag.contains("false").then(|| Fix::new(title, Safety::Safe, vec![edit]))
}
