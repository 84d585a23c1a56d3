//! Branches that are only taken with consent.

use crate::code::names;
use crate::tree::Node;

/// Whether an output of a branch is taken only with consent.
pub(super) fn consented(data: &Node, handle: &str, root: &Node) -> bool {
    if data.text_of("type") != "if-else" {
        return false;
    }
    let cases = data.get("cases").map(Node::items).unwrap_or_default();
    if cases.is_empty() {
        // Version 0.1.0: a single list of conditions, with the outputs `true` and `false`.
        let positive = sure(data, true, root);
        let negative = sure(data, false, root);
        return (handle == "true" && positive) || (handle == "false" && negative);
    }
    match cases.iter().find(|case| case.text_of("case_id") == handle || case.text_of("id") == handle) {
        Some(case) => sure(case, true, root),
        // The output taken when no case holds.
        None => handle == "false" && cases.iter().any(|case| sure(case, false, root)),
    }
}

/// Whether it follows that there is consent if a case holds (or does not hold).
fn sure(case: &Node, holds: bool, root: &Node) -> bool {
    let conditions = case.get("conditions").map(Node::items).unwrap_or_default();
    let answers: Vec<Option<bool>> = conditions.iter().map(|condition| answer(condition, root)).collect();
    let all = case.text_of("logical_operator") != "or";
    let wanted = Some(holds);
    // If `yes and x` holds, consent is certain; if `yes or x` holds, only if every part implies it. The reverse if it does not
    // hold.
    if all == holds {
        answers.contains(&wanted)
    } else {
        !answers.is_empty() && answers.iter().all(|one| *one == wanted)
    }
}

/// Returns whether a condition tests for consent (`true`) or refusal (`false`); `None` if it is about neither.
fn answer(condition: &Node, root: &Node) -> Option<bool> {
    let selector = condition.get("variable_selector").map(Node::items).unwrap_or_default();
    let name = selector.last().map(Node::text).unwrap_or_default();
    let about = names(name, &["consent*", "agree*"]) || name.contains("同意");
    if !about || is_constant(selector, root) {
        return None;
    }
    let value = condition.text_of("value").trim().to_lowercase();
    let no = matches!(value.as_str(), "no" | "false" | "n" | "0" | "否" | "不同意" | "拒绝");
    let yes = matches!(value.as_str(), "yes" | "true" | "y" | "1" | "是" | "同意" | "允许" | "我同意");
    match condition.text_of("comparison_operator") {
        "is" | "=" | "contains" | "start with" => (yes || no).then_some(yes),
        "is not" | "≠" | "not contains" => (yes || no).then_some(no),
        _ => None,
    }
}

/// Whether a variable is fixed: of the environment, or a conversation variable that no node assigns to.
fn is_constant(selector: &[Node], root: &Node) -> bool {
    let [scope, name] = selector else { return false };
    if scope.text() != "conversation" {
        return scope.text() == "env";
    }
    let nodes = root.at(&["workflow", "graph", "nodes"]).map(Node::items).unwrap_or_default();
    let assigned = nodes
        .iter()
        .filter_map(|node| node.get("data"))
        .filter(|data| data.text_of("type") == "assigner")
        .any(|data| {
            let mut texts = Vec::new();
            data.texts(&mut texts);
            texts.iter().any(|text| text.text() == name.text())
        });
    !assigned
}
