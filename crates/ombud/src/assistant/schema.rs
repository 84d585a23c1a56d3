//! The tools' schemas in the user's language: people read the descriptions too, before they allow a call.

use ombud_core::Lang;
use schemars::Schema;
use serde_json::Value;

/// Chinese descriptions by position: `takes path`, `gives total`, or the name of a part and its field (`Found line`).
pub(super) type Chinese = &'static [(&'static str, &'static str)];

/// The schema in a language.
pub(super) fn told(schema: Schema, root: &str, chinese: Chinese, lang: Lang) -> Value {
    let mut schema = schema.to_value();
    if lang == Lang::Zh {
        each(&mut schema, root, &mut |place, text| {
            if let Some((_, told)) = chinese.iter().find(|row| row.0 == place) {
                (*told).clone_into(text);
            }
        });
    }
    schema
}

/// Visits the description of each field of the schema and of its parts.
fn each(schema: &mut Value, root: &str, visit: &mut impl FnMut(&str, &mut String)) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        if let Some(Value::String(text)) = field.get_mut("description") {
            visit(&format!("{root} {name}"), text);
        }
    }
    let parts = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for (name, part) in parts.into_iter().flatten() {
        each(part, name, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::TOOLS;
    use super::*;

    #[test]
    fn every_description_of_a_field_exists_in_chinese_and_every_row_is_used() {
        for tool in TOOLS {
            let mut places = Vec::new();
            for (schema, root) in [((tool.takes)(), "takes"), ((tool.gives)(), "gives")] {
                let mut english = schema.clone().to_value();
                each(&mut english, root, &mut |place, _| places.push(place.to_owned()));
                let mut chinese = told(schema, root, tool.chinese, Lang::Zh);
                each(&mut chinese, root, &mut |place, text| {
                    assert!(!text.is_ascii(), "{} {place}: {text}", tool.name);
                });
            }
            for (place, _) in tool.chinese {
                assert!(places.iter().any(|known| known == place), "{} {place}", tool.name);
            }
        }
    }
}
