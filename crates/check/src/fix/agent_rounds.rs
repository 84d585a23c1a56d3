//! Bounds a tool loop: adds a round limit to a loop without one, and restores a library's own limit where it was disabled.
//!
//! Safe where a library's limit is restored; unsafe for the project's own loop, which may now end with an error.

use std::ops::Range;

use ombud_core::finding::Bilingual;
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtWhile};
use ruff_text_size::Ranged;

use super::code::{Code, span};
use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer = Fixer { rules: &["tool-loop-without-limit"], offer };

/// Round limit for the project's own loops: more than a legitimate task takes.
const ROUNDS: usize = 25;

/// Round limit for a library's agent: LangChain's default.
const OF_LIBRARY: usize = 15;

fn offer(case: &Case<'_>) -> Option<Fix> {
    let code = case.code?;
    match code.call(case.at()) {
        Some(call) => of_library(case, call),
        None if code.script => of_script(case, code),
        None => of_loop(case, code),
    }
}

fn title(rounds: usize) -> Bilingual {
    Bilingual::new(format!("stop after {rounds} rounds"), format!("最多运行 {rounds} 轮"))
}

/// `max_iterations=None`
fn of_library(case: &Case<'_>, call: &ExprCall) -> Option<Fix> {
    let limit = call.arguments.keywords.iter().find(|one| {
        one.arg
            .as_ref()
            .is_some_and(|name| matches!(name.as_str(), "max_iterations" | "max_iter" | "max_turns"))
    })?;
    matches!(limit.value, Expr::NoneLiteral(_)).then(|| {
        let edit = case.edit(span(limit.value.range()), OF_LIBRARY.to_string());
        Fix::new(title(OF_LIBRARY), Safety::Safe, vec![edit])
    })
}

/// Turns `while True:` into a bounded `for` with an `else` that raises an error after the last round.
fn of_loop(case: &Case<'_>, code: &Code<'_>) -> Option<Fix> {
    let (whole, test) = code.statement(|statement| match statement {
        Stmt::While(node) if is_endless(node, case.at()) => {
            Some((span(node.range()), span(node.test.range())))
        }
        _ => None,
    })?;
    let (indent, newline) = (code.indent(whole.start), code.newline());
    let unit = if indent.contains('\t') { "\t" } else { "    " };
    let head = case.edit(whole.start..test.end, format!("for _ in range({ROUNDS})"));
    let end = whole.end;
    let complaint = format!("the agent wanted more than {ROUNDS} rounds");
    let otherwise =
        format!("{newline}{indent}else:{newline}{indent}{unit}raise RuntimeError(\"{complaint}\")");
    Some(Fix::new(title(ROUNDS), Safety::Unsafe, vec![head, case.edit(end..end, otherwise)]).leaving(told()))
}

fn told() -> Bilingual {
    Bilingual::new(
        "decide what to tell the user when the limit is reached, and whether this number suits the task",
        "请决定到达上限时如何告知用户，以及这个次数是否合适",
    )
}

/// True for a loop with a constant condition and no `else` of its own, whose header contains the finding.
fn is_endless(node: &StmtWhile, at: &Range<usize>) -> bool {
    let test = span(node.test.range());
    let own = span(node.range());
    let constant = matches!(&*node.test, Expr::BooleanLiteral(_) | Expr::NumberLiteral(_));
    constant && node.orelse.is_empty() && own.start <= at.start && at.start <= test.end && at.end <= own.end
}

/// Rewrites `while (true) {` and `for (;;) {`: a counter in the header, and a throw before the first statement.
fn of_script(case: &Case<'_>, code: &Code<'_>) -> Option<Fix> {
    let start = case.at().start;
    let rest = code.text.get(start..)?;
    let open = rest.find('{').filter(|open| is_endless_head(rest.get(..*open).unwrap_or_default()))?;
    let newline = code.newline();
    let inner = code.indent(start + open + 1 + rest.get(open + 1..)?.find(|ch: char| !ch.is_whitespace())?);
    let head = case.edit(start..start + open, "for (let round = 0; ; round++) ");
    let count = format!(
        "{newline}{inner}if (round >= {ROUNDS}) throw new Error(\"the agent wanted more than {ROUNDS} rounds\");"
    );
    let at = start + open + 1;
    Some(Fix::new(title(ROUNDS), Safety::Unsafe, vec![head, case.edit(at..at, count)]).leaving(told()))
}

fn is_endless_head(head: &str) -> bool {
    let bare: String = head.chars().filter(|ch| !ch.is_whitespace()).collect();
    matches!(bare.as_str(), "while(true)" | "while(1)" | "for(;;)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_rule_names_the_limit_that_is_written() {
        let fix = &crate::rules::rule("tool-loop-without-limit").unwrap().fix;
        let limit = format!("`for _ in range({ROUNDS}):`");
        assert!(fix.en.contains(&limit) && fix.zh.contains(&limit), "{}", fix.en);
    }
}
