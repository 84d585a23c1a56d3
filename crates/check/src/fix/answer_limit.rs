//! Adds a length limit to the response of a model call that anyone can trigger.
//!
//! Unsafe: a long response may be cut off.

use std::ops::Range;

use ombud_core::finding::Bilingual;
use ruff_python_ast::{Expr, ExprCall, ExprDict};
use ruff_text_size::Ranged;

use super::code::{Code, span};
use super::spot::last;
use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer = Fixer { rules: &["endpoint-without-limit"], offer };

/// In tokens: about 700 words.
const TOKENS: usize = 1000;

fn offer(case: &Case<'_>) -> Option<Fix> {
    let code = case.code?;
    let call = code.call(case.at())?;
    let name = parameter(&call.func)?;
    let (at, text) = if code.script { in_object(code, call, name)? } else { in_call(call, name) };
    let title = Bilingual::new(
        format!("limit responses to {TOKENS} tokens (`{name}`)"),
        format!("把回答限制在 {TOKENS} 个 token 以内（`{name}`）"),
    );
    let left = Bilingual::new(
        "rate-limit each caller as well (slowapi, flask-limiter, express-rate-limit)",
        "请同时限制每个调用者的请求频率（slowapi、flask-limiter、express-rate-limit）",
    );
    Some(Fix::new(title, Safety::Unsafe, vec![case.edit(at..at, text)]).leaving(left))
}

/// Returns the name of the limit parameter in the API being called.
fn parameter(callee: &Expr) -> Option<&'static str> {
    let Expr::Attribute(method) = callee else {
        return matches!(last(callee), "generateText" | "streamText").then_some("maxOutputTokens");
    };
    match (last(&method.value), method.attr.as_str()) {
        ("completions", "create" | "stream") => Some("max_tokens"),
        ("responses", "create" | "stream") => Some("max_output_tokens"),
        _ => None,
    }
}

fn in_call(call: &ExprCall, name: &str) -> (usize, String) {
    let ends = call.arguments.args.iter().map(|one| span(one.range()).end);
    let last = ends.chain(call.arguments.keywords.iter().map(|one| span(one.range()).end)).max();
    match last {
        Some(end) => (end, format!(", {name}={TOKENS}")),
        None => (span(call.arguments.range()).end - 1, format!("{name}={TOKENS}")),
    }
}

/// Inserts right after the opening brace of the object, so that the existing fields need not be inspected.
fn in_object(code: &Code<'_>, call: &ExprCall, name: &str) -> Option<(usize, String)> {
    let object: Range<usize> =
        call.arguments.args.first().and_then(Expr::as_dict_expr).map(ExprDict::range).map(span)?;
    let inside = code.text.get(object.start + 1..object.end)?;
    let blank = inside.len() - inside.trim_start().len();
    let before = inside.get(..blank)?;
    let end = if before.contains('\n') { before } else { " " };
    Some((object.start + 1 + blank, format!("{name}: {TOKENS},{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_rule_names_the_limit_that_is_written() {
        let rule = crate::rules::rule("endpoint-without-limit").unwrap();
        let limit = format!("max_tokens={TOKENS}");
        assert!([rule.fix.en, rule.fix.zh, rule.example].iter().all(|text| text.contains(&limit)));
    }
}
