//! The `where` and `where_document` filters of the vector store.

use serde_json::Value;

/// Maximum nesting of a filter; anything deeper matches nothing.
const DEEPEST: usize = 16;

/// Whether metadata match a `where` filter. An unknown operator matches nothing.
pub(super) fn matches(filter: &Value, metadata: &Value) -> bool {
    fits(filter, metadata, 0)
}

fn fits(filter: &Value, metadata: &Value, depth: usize) -> bool {
    let Some(members) = filter.as_object() else { return filter.is_null() };
    depth < DEEPEST
        && members.iter().all(|(key, wanted)| {
            let several = || wanted.as_array().map(Vec::as_slice).unwrap_or_default().iter();
            match key.as_str() {
                "$and" => several().all(|part| fits(part, metadata, depth + 1)),
                "$or" => several().any(|part| fits(part, metadata, depth + 1)),
                field => compare(metadata.get(field).unwrap_or(&Value::Null), wanted),
            }
        })
}

fn compare(value: &Value, wanted: &Value) -> bool {
    let Some(operators) = wanted.as_object() else { return value == wanted };
    operators.iter().all(|(operator, operand)| {
        let number = || Some((value.as_f64()?, operand.as_f64()?));
        match operator.as_str() {
            "$eq" => value == operand,
            "$ne" => value != operand,
            "$in" => operand.as_array().is_some_and(|all| all.contains(value)),
            "$nin" => operand.as_array().is_some_and(|all| !all.contains(value)),
            "$gt" => number().is_some_and(|(a, b)| a > b),
            "$gte" => number().is_some_and(|(a, b)| a >= b),
            "$lt" => number().is_some_and(|(a, b)| a < b),
            "$lte" => number().is_some_and(|(a, b)| a <= b),
            _ => false,
        }
    })
}

/// Whether a document matches a `where_document` filter.
pub(super) fn contains(filter: &Value, document: &str) -> bool {
    says(filter, document, 0)
}

fn says(filter: &Value, document: &str, depth: usize) -> bool {
    let Some(members) = filter.as_object() else { return filter.is_null() };
    depth < DEEPEST
        && members.iter().all(|(operator, operand)| {
            let several = || operand.as_array().map(Vec::as_slice).unwrap_or_default().iter();
            match operator.as_str() {
                "$contains" => operand.as_str().is_some_and(|words| document.contains(words)),
                "$not_contains" => operand.as_str().is_some_and(|words| !document.contains(words)),
                "$and" => several().all(|part| says(part, document, depth + 1)),
                "$or" => several().any(|part| says(part, document, depth + 1)),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters() {
        let metadata = json!({ "user": "a", "n": 3 });
        for (filter, fit) in [
            (json!(null), true),
            (json!({ "user": "a" }), true),
            (json!({ "user": { "$ne": "a" } }), false),
            (json!({ "$and": [{ "user": "a" }, { "n": { "$gte": 3 } }] }), true),
            (json!({ "$or": [{ "user": "b" }, { "n": { "$in": [3] } }] }), true),
            (json!({ "user": { "$regex": ".*" } }), false),
            (json!([]), false),
        ] {
            assert_eq!(matches(&filter, &metadata), fit, "{filter}");
        }
        assert!(contains(&json!({ "$contains": "b" }), "abc") && !contains(&json!({ "$x": 1 }), "abc"));
    }
}
