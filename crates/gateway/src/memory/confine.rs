//! Requests are confined to the items of one subject: ids are prefixed with the subject's pseudonym, items carry its tag,
//! and filters require the tag. The same id used by two subjects thus names two items, and neither can name the other's.

use serde_json::{Map, Value, json};

use super::TAG;
use super::chroma::Operation;
use super::closed::Closed;
use super::fields::{Fields, Malformed};

/// Separates pseudonym and id.
const SEPARATOR: char = ':';

/// Replaces secrets in texts before they are stored; `None` if there are none.
pub type Clean<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The id under which a subject's item is stored.
pub fn stored_id(subject: &str, id: &str) -> String {
    format!("{subject}{SEPARATOR}{id}")
}

/// The subject's own id of a stored item; `None` if it is not the subject's.
pub fn own_id<'a>(subject: &str, stored: &'a str) -> Option<&'a str> {
    stored.strip_prefix(subject)?.strip_prefix(SEPARATOR)
}

/// The filter that matches only the subject's items.
pub fn own(subject: &str) -> Value {
    json!({ TAG: { "$eq": subject } })
}

/// A request body as it may be forwarded.
pub struct Confined {
    /// The body.
    pub body: Vec<u8>,
    /// Number of items it names by id, where it names any.
    pub items: Option<u64>,
}

/// Confines a request body to a subject. A count becomes a `get` without content.
pub fn request(
    operation: Operation,
    body: &[u8],
    subject: &str,
    clean: Clean<'_>,
) -> Result<Confined, Closed> {
    if operation == Operation::Count {
        let body = json!({ "where": own(subject), "include": [] });
        return Ok(Confined { body: body.to_string().into_bytes(), items: None });
    }
    let mut fields = Fields::parse(body)?;
    known(operation, &fields)?;
    let ids = own_ids(operation, &mut fields, subject)?;
    if matches!(operation, Operation::Add | Operation::Upsert | Operation::Update) {
        let count = ids.ok_or(Closed::Field("ids"))?;
        metadatas(operation, &mut fields, subject, count, clean)?;
        documents(&mut fields, count, clean)?;
    } else {
        let filter = fields.get::<Value>("where")?.filter(|filter| !empty(filter));
        let aimed = ids.is_some() || filter.is_some() || fields.raw("where_document").is_some();
        if operation == Operation::Delete && !aimed {
            return Err(Closed::Field("ids"));
        }
        fields.set("where", &both(own(subject), filter)?)?;
    }
    Ok(Confined { body: fields.to_vec()?, items: ids })
}

/// Refuses unknown fields: one of them could widen what the request reaches.
fn known(operation: Operation, fields: &Fields) -> Result<(), Closed> {
    const WRITE: &[&str] = &["ids", "embeddings", "metadatas", "documents", "uris"];
    const READ: &[&str] = &["ids", "where", "where_document", "include", "limit", "offset"];
    const QUERY: &[&str] =
        &["ids", "where", "where_document", "include", "query_embeddings", "n_results", "limit", "offset"];
    let list = match operation {
        Operation::Query => QUERY,
        Operation::Get | Operation::Delete => READ,
        _ => WRITE,
    };
    let strange = fields.names().find(|name| !list.contains(name) && fields.raw(name).is_some());
    strange.map_or(Ok(()), |name| Err(Closed::Unknown(name.chars().take(40).collect())))
}

fn own_ids(operation: Operation, fields: &mut Fields, subject: &str) -> Result<Option<u64>, Closed> {
    let Some(ids) = fields.get::<Vec<String>>("ids").map_err(|_| Closed::Field("ids"))? else {
        return Ok(None);
    };
    // To Chroma an empty list of ids means all items, and the filter makes that all of the subject's. A reader may mean that; for
    // a write or a deletion it is not guessed.
    if ids.is_empty() {
        let reads = matches!(operation, Operation::Get | Operation::Query);
        return if reads { Ok(None) } else { Err(Closed::Field("ids")) };
    }
    let ids: Vec<String> = ids.iter().map(|id| stored_id(subject, id)).collect();
    fields.set("ids", &ids)?;
    Ok(Some(ids.len() as u64))
}

fn metadatas(
    operation: Operation,
    fields: &mut Fields,
    subject: &str,
    count: u64,
    clean: Clean<'_>,
) -> Result<(), Closed> {
    let given = fields.get::<Vec<Option<Map<String, Value>>>>("metadatas");
    let given = given.map_err(|_| Closed::Field("metadatas"))?;
    if given.is_none() && operation == Operation::Update {
        return Ok(());
    }
    let mut given = given.unwrap_or_else(|| (0..count).map(|_| None).collect());
    if given.len() as u64 != count {
        return Err(Closed::Field("metadatas"));
    }
    for metadata in &mut given {
        let metadata = metadata.get_or_insert_default();
        if metadata.keys().any(|key| key.eq_ignore_ascii_case(TAG)) {
            return Err(Closed::Reserved);
        }
        for value in metadata.values_mut() {
            if let Some(text) = value.as_str().and_then(clean) {
                *value = text.into();
            }
        }
        metadata.insert(TAG.to_owned(), subject.into());
    }
    Ok(fields.set("metadatas", &given)?)
}

fn documents(fields: &mut Fields, count: u64, clean: Clean<'_>) -> Result<(), Closed> {
    let given = fields.get::<Vec<Option<String>>>("documents").map_err(|_| Closed::Field("documents"))?;
    let Some(mut given) = given else { return Ok(()) };
    if given.len() as u64 != count {
        return Err(Closed::Field("documents"));
    }
    let mut changed = false;
    for text in given.iter_mut().flatten() {
        if let Some(cleaned) = clean(text) {
            *text = cleaned;
            changed = true;
        }
    }
    if changed {
        fields.set("documents", &given)?;
    }
    Ok(())
}

fn empty(filter: &Value) -> bool {
    filter.is_null() || filter.as_object().is_some_and(Map::is_empty)
}

fn both(own: Value, theirs: Option<Value>) -> Result<Value, Closed> {
    match theirs {
        None => Ok(own),
        Some(theirs) if theirs.is_object() => Ok(json!({ "$and": [own, theirs] })),
        Some(_) => Err(Closed::Field("where")),
    }
}

impl From<Malformed> for Closed {
    fn from(_: Malformed) -> Self {
        Self::NotJson
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confined(operation: Operation, body: &Value) -> Result<Value, Closed> {
        let body = request(operation, body.to_string().as_bytes(), "sub_a", &|_| None)?.body;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn what_is_written_is_tagged_and_named_apart() {
        let body = json!({ "ids": ["1", "sub_b:1"], "documents": ["x", null], "metadatas": [{ "k": 1 }, null], "embeddings": null });
        let written = confined(Operation::Upsert, &body).unwrap();
        assert_eq!(written["ids"], json!(["sub_a:1", "sub_a:sub_b:1"]));
        assert_eq!(written["metadatas"], json!([{ "k": 1, TAG: "sub_a" }, { TAG: "sub_a" }]));
        assert!(confined(Operation::Update, &json!({ "ids": ["1"] })).unwrap().get("metadatas").is_none());
    }

    #[test]
    fn filters_are_narrowed_and_never_widened() {
        let own = json!({ TAG: { "$eq": "sub_a" } });
        let theirs = json!({ "$or": [{ TAG: "sub_b" }, { "k": 1 }] });
        for operation in [Operation::Get, Operation::Query, Operation::Delete] {
            let read = confined(operation, &json!({ "ids": ["1"], "where": theirs })).unwrap();
            assert_eq!(read["where"], json!({ "$and": [own, theirs] }));
            assert_eq!(read["ids"], json!(["sub_a:1"]));
        }
        for nothing in [json!({}), json!({ "where": null }), json!({ "where": {} }), json!({ "ids": null })] {
            assert_eq!(confined(Operation::Get, &nothing).unwrap()["where"], own);
            assert!(confined(Operation::Delete, &nothing).is_err(), "this would delete everything");
        }
        let none = json!({ "ids": [], "where": theirs }).to_string();
        for operation in [Operation::Get, Operation::Query] {
            let read = request(operation, none.as_bytes(), "sub_a", &|_| None).unwrap();
            // No item is named, so none is counted, and whatever is found is the subject's.
            assert_eq!(read.items, None);
            let read: Value = serde_json::from_slice(&read.body).unwrap();
            assert_eq!(read["where"], json!({ "$and": [own, theirs] }));
        }
        for operation in [Operation::Delete, Operation::Add, Operation::Upsert, Operation::Update] {
            assert!(confined(operation, &json!({ "ids": [] })).is_err());
        }
        let counted = request(Operation::Count, b"", "sub_a", &|_| None).unwrap().body;
        assert_eq!(serde_json::from_slice::<Value>(&counted).unwrap()["where"], own);
    }

    #[test]
    fn what_would_escape_is_refused() {
        let bad = [
            json!({ "ids": ["1"], "metadatas": [{ TAG: "sub_b" }] }),
            json!({ "ids": ["1"], "metadatas": [{ "OMBUD_subject": null }] }),
            json!({ "ids": ["1", "2"], "metadatas": [{}] }),
            json!({ "ids": "1" }),
            json!({ "documents": ["x"] }),
            json!({ "ids": ["1"], "documents": "x" }),
            json!({ "ids": ["1"], "tenant": "other" }),
        ];
        for body in bad {
            assert!(confined(Operation::Add, &body).is_err(), "{body}");
        }
        assert!(confined(Operation::Get, &json!({ "where": ["x"] })).is_err());
        assert!(request(Operation::Get, br#"{"where":1,"where":2}"#, "sub_a", &|_| None).is_err());
    }

    #[test]
    fn secrets_do_not_get_into_the_store() {
        let clean: Clean<'_> = &|text| text.contains("key").then(|| "[SECRET]".to_owned());
        let body =
            json!({ "ids": ["1", "2"], "documents": ["my key", "tea"], "metadatas": [{ "a": "key" }, null] });
        let body = request(Operation::Add, body.to_string().as_bytes(), "sub_a", clean).unwrap().body;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["documents"], json!(["[SECRET]", "tea"]));
        assert_eq!(body["metadatas"][0]["a"], "[SECRET]");
    }
}
