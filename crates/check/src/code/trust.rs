//! Settings that trust any peer, judged by how their condition is written.

use ruff_python_ast::{Arguments, CmpOp, Expr, ExprDict, UnaryOp};

/// `{trustServerCertificate: !isCloud}`: any peer is trusted, except for one kind of server;
/// `{rejectUnauthorized: process.env.X === "true"}`: any peer is trusted unless somebody sets a variable.
pub(super) fn unless(node: &ExprDict) -> bool {
    node.items.iter().any(|item| {
        let key = item.key.as_ref().and_then(|key| key.as_string_literal_expr());
        let turned =
            matches!(&item.value, Expr::UnaryOp(not) if not.op == UnaryOp::Not && not.operand.is_name_expr());
        match key.map(|key| key.value.to_str()) {
            Some("trustServerCertificate") => turned,
            Some("rejectUnauthorized") => is_set(&item.value),
            _ => false,
        }
    })
}

/// `process.env.STRICT === "true"`
fn is_set(test: &Expr) -> bool {
    let Expr::Compare(node) = test else { return false };
    let set = |side: &Expr| matches!(side, Expr::StringLiteral(written) if matches!(written.value.to_str(), "true" | "1"));
    node.ops.iter().all(|op| *op == CmpOp::Eq) && node.comparators.iter().any(set)
}

/// `jwt.decode(token, options={"verify_signature": False})`, judged by its spelling.
pub(super) fn looks_at_no_signature(arguments: &Arguments) -> bool {
    let off = |value: &Expr| matches!(value, Expr::BooleanLiteral(node) if !node.value);
    let named =
        |name: &str| arguments.keywords.iter().find(|one| one.arg.as_ref().is_some_and(|arg| arg == name));
    let within = |options: &Expr| match options {
        Expr::Dict(node) => node.items.iter().any(|item| {
            let key = item.key.as_ref().and_then(Expr::as_string_literal_expr);
            key.is_some_and(|key| key.value.to_str() == "verify_signature") && off(&item.value)
        }),
        _ => false,
    };
    named("options").is_some_and(|one| within(&one.value))
        || named("verify").is_some_and(|one| off(&one.value))
}
