//! Home-made anonymisation: unkeyed hashes of personal numbers, and encodings that are called encryption.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::api::{last, names, root, words};
use super::call::all_of;
use super::deeds::add;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Disguise, FunctionId, Taint};

/// Names of functions that claim to anonymise people.
const MASKS: &[&str] = &[
    "anon",
    "anonym*",
    "pseudonym*",
    "deidentif*",
    "desensiti*",
    "obfuscat*",
    "mask*",
    "redact*",
    "scrub*",
    "depersonal*",
];
/// Names of functions that claim to anonymise or encrypt.
pub(super) const HIDES: &[&str] = &[
    "encrypt*",
    "encipher*",
    "cipher*",
    "anonym*",
    "pseudonym*",
    "desensiti*",
    "obfuscat*",
    "mask*",
    "redact*",
];

impl Walk<'_, '_> {
    /// Records what a call disguises.
    pub(super) fn disguise(&mut self, node: &ExprCall, path: &str, callee: &Value, arguments: &[Argument]) {
        let content = all_of(arguments) | callee.taint;
        let how = if hashes(path) {
            hashed_of(node).and_then(|argument| self.hashed(argument))
        } else {
            (encodes(path, arguments) && self.is_called(HIDES)).then_some(Disguise::Encoding)
        };
        if let Some(how) = how.filter(|_| !content.has(Taint::ENCRYPTED | Taint::MASKED)) {
            let call = self.call_at(node.range());
            path.clone_into(&mut call.target);
            add(&mut call.does, Deed::Disguise { how, content });
        }
    }

    /// Returns what the hash of an expression pretends to be; `None` if something else is mixed in.
    fn hashed(&self, argument: &Expr) -> Option<Disguise> {
        let name = bare(argument, 0)?;
        if is_number_of_person(&name) {
            return Some(Disguise::HashOfNumber);
        }
        // A key may also be derived from a password.
        let kept = self.is_called(&[
            "hash*",
            "password*",
            "login*",
            "register*",
            "signup",
            "verify*",
            "auth*",
            "user*",
        ]);
        if kept && names(&name, &["password", "passwd", "pwd"]) && !names(&name, &["hash*", "salt*"]) {
            return Some(Disguise::HashOfPassword);
        }
        self.is_called(MASKS).then_some(Disguise::HashAsMask)
    }

    /// Whether the current function's name contains one of these words.
    pub(super) fn is_called(&self, wanted: &[&str]) -> bool {
        let func = self.state.project.functions.get(self.function).filter(|func| func.definition.is_some());
        func.is_some_and(|func| names(func.name.rsplit('.').next().unwrap_or_default(), wanted))
    }
}

impl Walk<'_, '_> {
    /// Whether a function of the project masks its argument: its name says so, and it replaces what patterns find, or
    /// calls a function that does.
    pub(super) fn masks(&self, function: FunctionId) -> bool {
        let Some(func) = self.state.project.functions.get(function) else { return false };
        let short = func.name.rsplit('.').next().unwrap_or_default();
        names(short, MASKS) && func.definition.is_some_and(replaces)
    }
}

impl Walk<'_, '_> {
    /// `messages.map((one) => ({ ...one, content: mask(one.content) }))`: all of them, each masked.
    pub(super) fn each_masked(
        &mut self,
        name: &str,
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        let [Argument { value: Value { shape: Shape::Functions(ids), .. }, .. }] = arguments else {
            return None;
        };
        if name != "map" || !self.script {
            return None;
        }
        let made = self.enter_with(&ids.clone(), &[object.item(None)], range);
        let masked = made.deep_taint().has(Taint::MASKED);
        masked.then(|| Value::new(Shape::List(vec![made].into()), Taint::NONE))
    }
}

/// Whether a function replaces what is found in a text, or calls one that masks.
fn replaces(definition: &StmtFunctionDef) -> bool {
    struct Replaces(bool);
    impl<'a> Visitor<'a> for Replaces {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Call(call) = expression {
                let name = match &*call.func {
                    Expr::Attribute(method) => method.attr.as_str(),
                    Expr::Name(name) => name.id.as_str(),
                    _ => "",
                };
                let puts = matches!(name, "sub" | "subn" | "replace" | "replaceAll")
                    && call.arguments.args.len() > 1;
                self.0 |= puts || names(name, MASKS);
            }
            walk_expr(self, expression);
        }
    }
    let mut found = Replaces(false);
    definition.body.iter().for_each(|statement| found.visit_stmt(statement));
    found.0
}

/// Returns the input of a hash: the first argument, or the one named `data`.
fn hashed_of(node: &ExprCall) -> Option<&Expr> {
    let data = node.arguments.keywords.iter().find(|one| one.arg.as_ref().is_some_and(|name| name == "data"));
    node.arguments.args.first().or_else(|| data.map(|one| &one.value))
}

/// Whether a call is an unkeyed hash, which allows trying all inputs.
fn hashes(path: &str) -> bool {
    let name = last(path);
    match root(path) {
        "hashlib" => {
            let plain = |name: &str| {
                matches!(
                    name,
                    "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "sha3_256" | "new"
                )
            };
            plain(name) || name == "update" && path.contains("()")
        }
        "crypto" => path.contains("createHash()") && name == "update",
        "crypto-js" => matches!(name, "MD5" | "SHA1" | "SHA256" | "SHA512" | "SHA3"),
        "swift" => super::api::swift::hashes(path),
        "md5" | "js-md5" | "blueimp-md5" | "js-sha256" | "js-sha1" | "sha_js" => true,
        _ => false,
    }
}

fn encodes(path: &str, arguments: &[Argument]) -> bool {
    let base64 = || {
        arguments
            .first()
            .and_then(|one| one.value.known_text())
            .is_some_and(|text| text.starts_with("base64"))
    };
    matches!(
        path,
        "base64.b64encode"
            | "base64.urlsafe_b64encode"
            | "base64.b32encode"
            | "base64.b85encode"
            | "js.btoa"
            | "js.window.btoa"
    ) || path == "js.Buffer.from().toString" && base64()
        || root(path) == "swift" && last(path) == "base64EncodedString"
}

/// Returns the name of a value that is hashed alone: `phone`, `user.phone`, `row["phone"]`, `phone.encode()`.
fn bare(expression: &Expr, depth: usize) -> Option<String> {
    if depth > 8 {
        return None;
    }
    match expression {
        Expr::Name(node) => Some(node.id.to_string()),
        Expr::Attribute(node) if node.attr.as_str() == "utf8" => bare(&node.value, depth + 1),
        Expr::Attribute(node) => Some(node.attr.to_string()),
        Expr::Subscript(node) => match &*node.slice {
            Expr::StringLiteral(key) => Some(key.value.to_str().to_owned()),
            _ => None,
        },
        Expr::Await(node) => bare(&node.value, depth + 1),
        Expr::Call(node) => bare_call(node, depth),
        _ => None,
    }
}

fn bare_call(node: &ExprCall, depth: usize) -> Option<String> {
    match &*node.func {
        Expr::Name(name)
            if matches!(
                name.id.as_str(),
                "str" | "bytes" | "String" | "js.String" | "swift.Data" | "swift.String"
            ) =>
        {
            bare(node.arguments.args.first()?, depth + 1)
        }
        Expr::Attribute(method) => match method.attr.as_str() {
            "encode" | "strip" | "lower" | "upper" | "trim" | "toString" | "toLowerCase" | "toUpperCase"
            | "replace" | "group" | "data" | "trimmingCharacters" | "lowercased" => {
                bare(&method.value, depth + 1)
            }
            "get" | "getItem" => match node.arguments.args.first()? {
                Expr::StringLiteral(key) => Some(key.value.to_str().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether a name is that of a personal number from a space small enough to try every value.
fn is_number_of_person(name: &str) -> bool {
    let all = words(name);
    let has = |wanted: &[&str]| all.iter().any(|word| wanted.contains(&word.as_str()));
    let card = has(&["id", "identity"]) && has(&["card", "number", "no", "num"]);
    card || has(&[
        "phone",
        "mobile",
        "phonenumber",
        "telephone",
        "cellphone",
        "msisdn",
        "ssn",
        "passport",
        "idcard",
        "手机号",
        "身份证",
        "手机",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_told_from_other_things() {
        assert!(
            is_number_of_person("user_phone")
                && is_number_of_person("idCardNo")
                && is_number_of_person("id_number")
        );
        assert!(
            !is_number_of_person("telemetry")
                && !is_number_of_person("file_id")
                && !is_number_of_person("card")
        );
    }
}
