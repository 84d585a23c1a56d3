//! An action of a GPT that changes something: the user is asked again.
//!
//! Safe: the action does what it did, after a yes.

use ombud_core::finding::Bilingual;

use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer = Fixer { rules: &["action-without-confirmation"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let flag = case.file.text.get(case.at().clone())?;
    let title = Bilingual::new("ask the user before this action", "执行此操作前先征求用户同意");
    let edit = case.edit(case.at().clone(), flag.replacen("false", "true", 1));
    flag.contains("false").then(|| Fix::new(title, Safety::Safe, vec![edit]))
}
