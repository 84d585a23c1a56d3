//! Changes `http` to `https` in a literal address.
//!
//! Unsafe: whether the peer supports HTTPS is not known here.

use std::ops::Range;

use ombud_core::finding::Bilingual;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::code::span;
use super::{Case, Fix, Fixer, Safety};
use crate::facts::{host_of, near};

pub(super) const FIXER: Fixer = Fixer { rules: &["connection-not-checked"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let literal = match case.code {
        Some(code) => of_call(code.call(case.at())?)?,
        None => case.at().clone(),
    };
    let text = case.file.text.get(literal.clone())?;
    let at = literal.start + text.find("http://")? + "http".len();
    let title = Bilingual::new("use `https`", "改用 `https`");
    let left = Bilingual::new(
        "make sure that the peer supports HTTPS before you release this",
        "发布前请确认对方支持 https",
    );
    Some(Fix::new(title, Safety::Unsafe, vec![case.edit(at..at, "s")]).leaving(left))
}

/// Returns the only unencrypted address among the arguments of a call; `None` if there are several.
fn of_call(call: &ruff_python_ast::ExprCall) -> Option<Range<usize>> {
    let named = call.arguments.keywords.iter().map(|one| &one.value);
    let all = call.arguments.args.iter().chain(named).filter_map(Expr::as_string_literal_expr);
    let is_open = |text: &str| text.starts_with("http://") && host_of(text).is_some_and(|host| !near(&host));
    let mut open = all.filter(|text| is_open(text.value.to_str()));
    let first = open.next().map(|text| span(text.range()));
    first.filter(|_| open.next().is_none())
}
