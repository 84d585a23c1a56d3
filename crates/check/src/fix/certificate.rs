//! Re-enables a certificate check that was switched off.
//!
//! Safe if the peer is on the public internet; unsafe where it may use a self-signed certificate.

use ombud_core::finding::Bilingual;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::code::span;
use super::spot::last;
use super::{Case, Edit, Fix, Fixer, Safety};
use crate::facts::{host_of, near};

pub(super) const FIXER: Fixer = Fixer { rules: &["connection-not-checked"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let code = case.code?;
    let call = code.call(case.at())?;
    let mut edits: Vec<Edit> = switches(call)
        .filter(|(_, value)| matches!(value, Expr::BooleanLiteral(node) if !node.value))
        .map(|(_, value)| case.edit(span(value.range()), if code.script { "true" } else { "True" }))
        .collect();
    edits.extend(unverified(case, call));
    let title = Bilingual::new("verify the peer's certificate", "校验对方的证书");
    let left = Bilingual::new(
        "if the peer uses a self-signed certificate, give the client that CA's certificate file instead",
        "如果对方使用自签证书，请把签发者的证书文件交给客户端",
    );
    let safety = safety(call);
    let fix = Fix::new(title, safety, edits);
    let fix = if safety == Safety::Unsafe { fix.leaving(left) } else { fix };
    (!fix.edits.is_empty()).then_some(fix)
}

/// Keyword arguments of a call, and fields of the object literals passed to it.
fn switches(call: &ExprCall) -> impl Iterator<Item = (&str, &Expr)> {
    const NAMES: &[&str] = &["verify", "ssl", "verify_ssl", "rejectUnauthorized"];
    let keywords = call.arguments.keywords.iter();
    let named = keywords.filter_map(|one| Some((one.arg.as_ref()?.as_str(), &one.value)));
    let objects = call.arguments.args.iter().filter_map(Expr::as_dict_expr);
    let fields = objects.flat_map(|dict| dict.items.iter());
    let fields = fields
        .filter_map(|item| Some((item.key.as_ref()?.as_string_literal_expr()?.value.to_str(), &item.value)));
    named.chain(fields).filter(|(name, _)| NAMES.contains(name))
}

/// `ssl._create_unverified_context()`
fn unverified(case: &Case<'_>, call: &ExprCall) -> Option<Edit> {
    let Expr::Attribute(callee) = &*call.func else { return None };
    let name = callee.attr.range();
    (last(&call.func) == "_create_unverified_context")
        .then(|| case.edit(span(name), "create_default_context"))
}

fn safety(call: &ExprCall) -> Safety {
    let texts = call.arguments.args.iter().filter_map(Expr::as_string_literal_expr);
    let mut hosts = texts.filter_map(|text| host_of(text.value.to_str()));
    let open = hosts.next().is_some_and(|host| !near(&host) && !is_private(&host));
    if open { Safety::Safe } else { Safety::Unsafe }
}

/// True for host names and addresses for which no public CA issues certificates.
fn is_private(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host);
    let own = [".local", ".lan", ".internal", ".corp", ".home", ".intranet"]
        .iter()
        .any(|ending| name.ends_with(ending));
    own || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || host.starts_with('[')
}
