//! The second line of defence: whatever the store returns, only the subject's own items go back, without pseudonym and tag.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::TAG;
use super::chroma::Operation;
use super::closed::Closed;
use super::confine::own_id;
use super::fields::Fields;

/// Fields with one value per item.
const PARALLEL: &[&str] = &["documents", "embeddings", "uris", "distances", "data"];

/// All fields that a response may have.
const KNOWN: &[&str] =
    &["ids", "metadatas", "included", "documents", "embeddings", "uris", "distances", "data"];

/// A response as it may go back.
#[derive(Debug)]
pub struct Filtered {
    /// The body.
    pub body: Vec<u8>,
    /// Number of items in it.
    pub items: u64,
    /// Number of items that belonged to others and were removed.
    pub foreign: u64,
}

/// Filters the response to a `get`, `query` or `count`.
pub fn filtered(operation: Operation, body: &[u8], subject: &str) -> Result<Filtered, Closed> {
    let mut fields = Fields::parse(body).map_err(|_| Closed::Garbage)?;
    fields.keep(KNOWN);
    let (mut items, mut foreign) = (0, 0);
    if operation == Operation::Query {
        query(&mut fields, subject, &mut items, &mut foreign)?;
    } else {
        let ids: Vec<String> = field(&fields, "ids")?.ok_or(Closed::Garbage)?;
        let own = Own::of(&ids, subject);
        (items, foreign) = own.counts();
        if operation == Operation::Count {
            return Ok(Filtered { body: items.to_string().into_bytes(), items, foreign });
        }
        set(&mut fields, "ids", &own.ids(&ids, subject))?;
        if let Some(given) = field::<Vec<Option<Map<String, Value>>>>(&fields, "metadatas")? {
            set(&mut fields, "metadatas", &untagged(own.pick(given)?))?;
        }
        for name in PARALLEL {
            let Some(given) = field::<Vec<Box<RawValue>>>(&fields, name)? else { continue };
            // Without ids beside them, nobody can tell whose the other values are. None at all are fine.
            let empty = given.is_empty() && foreign == 0;
            let picked = if empty { given } else { own.pick(given)? };
            if foreign > 0 {
                set(&mut fields, name, &picked)?;
            }
        }
    }
    let body = fields.to_vec().map_err(|_| Closed::Garbage)?;
    Ok(Filtered { body, items, foreign })
}

/// Filters a response to several queries at once: each field is a list of lists.
fn query(fields: &mut Fields, subject: &str, items: &mut u64, foreign: &mut u64) -> Result<(), Closed> {
    let ids: Vec<Vec<String>> = field(fields, "ids")?.ok_or(Closed::Garbage)?;
    let owns: Vec<Own> = ids.iter().map(|row| Own::of(row, subject)).collect();
    for own in &owns {
        let counts = own.counts();
        *items += counts.0;
        *foreign += counts.1;
    }
    let rows: Vec<Vec<&str>> = owns.iter().zip(&ids).map(|(own, row)| own.ids(row, subject)).collect();
    set(fields, "ids", &rows)?;
    if let Some(given) = field::<Vec<Option<Vec<Option<Map<String, Value>>>>>>(fields, "metadatas")? {
        let rows = each(&owns, given, |own, row| Ok(untagged(own.pick(row)?)))?;
        set(fields, "metadatas", &rows)?;
    }
    for name in PARALLEL {
        let Some(given) = field::<Vec<Option<Vec<Box<RawValue>>>>>(fields, name)? else { continue };
        let rows = if given.is_empty() && *foreign == 0 { given } else { each(&owns, given, Own::pick)? };
        if *foreign > 0 {
            set(fields, name, &rows)?;
        }
    }
    Ok(())
}

fn each<T, U>(
    owns: &[Own],
    rows: Vec<Option<Vec<T>>>,
    pick: impl Fn(&Own, Vec<T>) -> Result<Vec<U>, Closed>,
) -> Result<Vec<Option<Vec<U>>>, Closed> {
    if rows.len() != owns.len() {
        return Err(Closed::Garbage);
    }
    owns.iter().zip(rows).map(|(own, row)| row.map(|row| pick(own, row)).transpose()).collect()
}

/// Which items of a list are the subject's.
struct Own(Vec<bool>);

impl Own {
    fn of(ids: &[String], subject: &str) -> Self {
        Self(ids.iter().map(|id| own_id(subject, id).is_some()).collect())
    }

    /// The number of items that are the subject's, and of those that are not.
    fn counts(&self) -> (u64, u64) {
        let own = self.0.iter().filter(|own| **own).count();
        (own as u64, (self.0.len() - own) as u64)
    }

    fn ids<'a>(&self, ids: &'a [String], subject: &str) -> Vec<&'a str> {
        debug_assert_eq!(self.0.len(), ids.len());
        ids.iter().filter_map(|id| own_id(subject, id)).collect()
    }

    /// The subject's items of a parallel list; a list of a different length is an error.
    fn pick<T>(&self, list: Vec<T>) -> Result<Vec<T>, Closed> {
        if list.len() != self.0.len() {
            return Err(Closed::Garbage);
        }
        Ok(list.into_iter().zip(&self.0).filter(|(_, own)| **own).map(|(item, _)| item).collect())
    }
}

fn untagged(metadatas: Vec<Option<Map<String, Value>>>) -> Vec<Option<Map<String, Value>>> {
    let strip = |mut metadata: Map<String, Value>| {
        metadata.remove(TAG);
        (!metadata.is_empty()).then_some(metadata)
    };
    metadatas.into_iter().map(|metadata| metadata.and_then(strip)).collect()
}

fn field<'a, T: serde::Deserialize<'a>>(fields: &'a Fields, name: &str) -> Result<Option<T>, Closed> {
    fields.get(name).map_err(|_| Closed::Garbage)
}

fn set(fields: &mut Fields, name: &str, value: &impl serde::Serialize) -> Result<(), Closed> {
    fields.set(name, value).map_err(|_| Closed::Garbage)
}

/// A store's own error, which may name ids, with the subject's pseudonym in front of them removed.
pub fn error(body: &[u8], subject: &str) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(&format!("{subject}:"), "").into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own(operation: Operation, body: &Value) -> (Value, u64, u64) {
        let found = filtered(operation, body.to_string().as_bytes(), "sub_a").unwrap();
        (serde_json::from_slice(&found.body).unwrap(), found.items, found.foreign)
    }

    #[test]
    fn a_store_that_ignores_the_filter_gives_nothing_away() {
        let body = json!({
            "ids": ["sub_b:1", "sub_a:1", "1", "sub_ab:1"], "documents": ["w", "x", "y", "z"],
            "metadatas": [{ "k": "w" }, { TAG: "sub_a", "k": 1 }, null, null],
            "embeddings": [[1], [2], [3], [4]], "secret": ["w"], "included": ["documents"], "uris": null,
        });
        let (seen, items, foreign) = own(Operation::Get, &body);
        assert_eq!((items, foreign), (1, 3));
        assert_eq!(
            seen,
            json!({ "ids": ["1"], "documents": ["x"], "metadatas": [{ "k": 1 }], "embeddings": [[2]], "included": ["documents"], "uris": null })
        );
        assert_eq!(own(Operation::Count, &body).0, json!(1));
    }

    #[test]
    fn each_query_is_filtered() {
        let body = json!({
            "ids": [["sub_a:1", "sub_b:1"], ["sub_b:2"]], "documents": [["x", "y"], ["z"]],
            "metadatas": [[{ TAG: "sub_a" }, { "k": 2 }], [null]], "distances": [[0.5, 0.25], [1.0]],
        });
        let (seen, items, foreign) = own(Operation::Query, &body);
        assert_eq!((items, foreign), (1, 2));
        assert_eq!(seen["ids"], json!([["1"], []]));
        assert_eq!(seen["documents"], json!([["x"], []]));
        assert_eq!(seen["metadatas"], json!([[null], []]));
        assert_eq!(seen["distances"], json!([[0.5], []]));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_none() {
        for body in ["[]", "x", "{}", r#"{"ids":["sub_b:1"],"documents":[]}"#, r#"{"ids":[1]}"#] {
            assert!(filtered(Operation::Get, body.as_bytes(), "sub_a").is_err(), "{body}");
        }
        // A value without an id could be anybody's, though every id is the subject's.
        let more = r#"{"ids":["sub_a:1"],"documents":["x","y"]}"#;
        assert!(filtered(Operation::Get, more.as_bytes(), "sub_a").is_err());
        let more = r#"{"ids":[["sub_a:1"]],"documents":[["x","y"]]}"#;
        assert!(filtered(Operation::Query, more.as_bytes(), "sub_a").is_err());
        for none in [r#"{"ids":["sub_a:1"],"documents":[],"uris":null}"#, r#"{"ids":[],"documents":[]}"#] {
            assert!(filtered(Operation::Get, none.as_bytes(), "sub_a").is_ok(), "{none}");
        }
        let short = r#"{"ids":[["sub_b:1"],[]],"documents":[["x"]]}"#;
        assert!(filtered(Operation::Query, short.as_bytes(), "sub_a").is_err());
    }
}
