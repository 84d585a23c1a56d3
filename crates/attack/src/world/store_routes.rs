//! The HTTP API of the vector store: version 2 of Chroma's API.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};

use super::routes::{World, bad, missing, ok, value};
use super::state::Effect;
use super::store::{Collection, Item, Selection};

const BASE: &str = "/api/v2/tenants/{tenant}/databases/{database}";

pub(super) fn router() -> Router<World> {
    let at = |rest: &str| format!("{BASE}{rest}");
    Router::new()
        .route("/api/v2", get(async || ok(json!({ "nanosecond heartbeat": 1 }))))
        .route("/api/v2/heartbeat", get(async || ok(json!({ "nanosecond heartbeat": 1 }))))
        .route("/api/v2/version", get(async || ok(json!("1.0.0"))))
        .route(
            "/api/v2/pre-flight-checks",
            get(async || ok(json!({ "max_batch_size": 1000, "supports_base64_encoding": false }))),
        )
        .route(
            "/api/v2/auth/identity",
            get(async || {
                ok(json!({ "user_id": "", "tenant": "default_tenant", "databases": ["default_database"] }))
            }),
        )
        .route(
            "/api/v2/tenants/{tenant}",
            get(async |Path(tenant): Path<String>| ok(json!({ "name": tenant }))),
        )
        .route(
            BASE,
            get(async |Path((tenant, name)): Path<(String, String)>| {
                ok(json!({ "id": "00000000-0000-4000-8000-000000000000", "name": name, "tenant": tenant }))
            }),
        )
        .route(&at("/collections"), get(list).post(create))
        .route(
            &at("/collections_count"),
            get(async |State(world): State<World>| ok(json!(world.with(|state| state.store.all().count())))),
        )
        .route(&at("/collections/{key}"), get(show).delete(drop_collection))
        .route(&at("/collections/{key}/count"), get(count))
        .route(&at("/collections/{key}/{verb}"), post(items))
}

type Key = Path<(String, String, String)>;

async fn list(State(world): State<World>) -> Response {
    ok(world.with(|state| Value::Array(state.store.all().map(Collection::shown).collect())))
}

async fn create(State(world): State<World>, body: Bytes) -> Response {
    let body = match value(&body) {
        Ok(body) => body,
        Err(error) => return *error,
    };
    let Some(name) = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
        return bad("`name` must be a string");
    };
    let again = body.get("get_or_create").and_then(Value::as_bool).unwrap_or_default();
    world.with(|state| {
        if state.store.find(name).is_some() && !again {
            return bad("the collection already exists");
        }
        let id = state.store.find(name).map(|known| known.id.clone());
        let id =
            id.unwrap_or_else(|| state.store.create(name, body.get("metadata").cloned().unwrap_or_default()));
        state.store.find(&id).map_or_else(|| missing("collection"), |collection| ok(collection.shown()))
    })
}

async fn show(State(world): State<World>, Path((_, _, key)): Key) -> Response {
    world
        .with(|state| state.store.find(&key).map_or_else(|| missing("collection"), |found| ok(found.shown())))
}

async fn drop_collection(State(world): State<World>, Path((_, _, key)): Key) -> Response {
    world.with(|state| if state.store.drop(&key) { ok(json!({})) } else { missing("collection") })
}

async fn count(State(world): State<World>, Path((_, _, key)): Key) -> Response {
    world.with(|state| {
        state.store.find(&key).map_or_else(|| missing("collection"), |found| ok(json!(found.items.len())))
    })
}

async fn items(
    State(world): State<World>,
    Path((_, _, key, verb)): Path<(String, String, String, String)>,
    body: Bytes,
) -> Response {
    let body = match value(&body) {
        Ok(body) => body,
        Err(error) => return *error,
    };
    world.with(|state| {
        let Some(collection) = state.store.find(&key) else { return missing("collection") };
        let (answer, effect) = act(collection, &verb, &body);
        state.effects.extend(effect);
        answer
    })
}

fn act(collection: &mut Collection, verb: &str, body: &Value) -> (Response, Option<Effect>) {
    let name = collection.name.clone();
    match verb {
        "add" | "upsert" | "update" => {
            let Some(items) = read(body) else {
                return (bad("`ids` and the lists next to it must have the same length"), None);
            };
            let documents = items.iter().filter_map(|item| item.document.clone()).collect();
            match verb {
                "update" => collection.change(items),
                _ => collection.put(items, verb == "upsert"),
            }
            (ok(json!({})), Some(Effect::MemoryWritten { collection: name, documents }))
        }
        "delete" => {
            let selection = selection(body);
            if selection.ids.is_none() && selection.filter.is_null() && selection.words.is_null() {
                return (bad("`ids` or `where` is needed to delete"), None);
            }
            let ids = collection.delete(&selection);
            (ok(json!({ "deleted": ids.len() })), Some(Effect::MemoryDeleted { collection: name, ids }))
        }
        "get" => {
            let selection = selection(body);
            let (skip, take) =
                (number(body, "offset").unwrap_or(0), number(body, "limit").unwrap_or(usize::MAX));
            let found: Vec<&Item> = collection.select(&selection).skip(skip).take(take).collect();
            (ok(columns(&found, body, false)), None)
        }
        "query" => (query(collection, body), None),
        _ => (missing("operation"), None),
    }
}

fn query(collection: &Collection, body: &Value) -> Response {
    let Some(vectors) = body.get("query_embeddings").and_then(Value::as_array) else {
        return bad("`query_embeddings` must be a list of vectors");
    };
    let (selection, wanted) = (selection(body), number(body, "n_results").unwrap_or(10));
    let mut answer = json!({ "ids": [], "distances": [], "documents": [], "metadatas": [], "embeddings": [], "uris": null, "include": body.get("include") });
    for vector in vectors {
        let vector: Vec<f64> = vector
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        let near = collection.nearest(&vector, wanted, &selection);
        let found: Vec<&Item> = near.iter().map(|row| row.1).collect();
        let mut columns = columns(&found, body, true);
        columns["distances"] = near.iter().map(|row| row.0).collect();
        for key in ["ids", "distances", "documents", "metadatas", "embeddings"] {
            let column = columns[key].take();
            if let Some(rows) = answer[key].as_array_mut() {
                rows.push(column);
            }
        }
    }
    for key in ["distances", "documents", "metadatas", "embeddings"] {
        if !included(body, key) {
            answer[key] = Value::Null;
        }
    }
    ok(answer)
}

fn included(body: &Value, what: &str) -> bool {
    match body.get("include").and_then(Value::as_array) {
        Some(list) => list.iter().any(|one| one.as_str() == Some(what)),
        None => what != "embeddings",
    }
}

fn columns(items: &[&Item], body: &Value, all: bool) -> Value {
    let column = |name: &str, of: &dyn Fn(&Item) -> Value| {
        if all || included(body, name) {
            Value::Array(items.iter().map(|item| of(item)).collect())
        } else {
            Value::Null
        }
    };
    json!({
        "ids": items.iter().map(|item| item.id.clone()).collect::<Vec<_>>(),
        "documents": column("documents", &|item| json!(item.document)),
        "metadatas": column("metadatas", &|item| item.metadata.clone()),
        "embeddings": column("embeddings", &|item| json!(item.embedding)),
        "uris": null, "include": body.get("include"),
    })
}

fn number(body: &Value, key: &str) -> Option<usize> {
    body.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
}

fn selection(body: &Value) -> Selection {
    let ids = body.get("ids").and_then(Value::as_array);
    let texts = |ids: &Vec<Value>| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let part = |key: &str| match body.get(key) {
        // An empty filter counts as no filter.
        Some(Value::Object(members)) if members.is_empty() => Value::Null,
        other => other.cloned().unwrap_or_default(),
    };
    Selection { ids: ids.map(texts), filter: part("where"), words: part("where_document") }
}

/// Reads the items of a request; `None` if the lengths of its lists differ.
fn read(body: &Value) -> Option<Vec<Item>> {
    let ids = body.get("ids")?.as_array()?;
    let list = |key: &str| match body.get(key) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Array(list)) if list.len() == ids.len() => Some(Some(list)),
        Some(_) => None,
    };
    let (documents, metadatas, embeddings) = (list("documents")?, list("metadatas")?, list("embeddings")?);
    let of = |list: Option<&Vec<Value>>, place: usize| {
        list.and_then(|list| list.get(place)).cloned().unwrap_or_default()
    };
    let mut items = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        let embedding = of(embeddings, place);
        items.push(Item {
            id: id.as_str()?.to_owned(),
            document: of(documents, place).as_str().map(str::to_owned),
            metadata: of(metadatas, place),
            embedding: embedding
                .as_array()
                .map(|all| all.iter().filter_map(Value::as_f64).collect())
                .unwrap_or_default(),
        });
    }
    Some(items)
}
