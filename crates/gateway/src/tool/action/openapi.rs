//! An `OpenAPI` document (3.x; Swagger 2.0 as far as it says the same) as a list of operations: what may be called, with what,
//! and where the credential goes. Anything that the document does not name does not exist here.

use ombud_core::effect::Effect;
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Operations that are looked at.
const MOST_OPERATIONS: usize = 2048;

/// References that are followed one after the other.
const DEEPEST: usize = 16;

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch"];

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// It is neither JSON nor YAML.
    #[error("it is neither JSON nor YAML")]
    Text,
    /// It names no operation.
    #[error("it names no operation under `paths`")]
    Empty,
    /// It says no address, and the settings say none.
    #[error("it names no absolute server address; set `url`")]
    Address,
}

/// A document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The first absolute address under `servers`.
    pub base: Option<String>,
    /// Its operations.
    pub operations: Vec<Operation>,
    /// Where the credential goes.
    pub place: Option<Place>,
}

/// Where a credential goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …`, with `user:password` as the credential.
    Basic,
    /// A header.
    Header(String),
    /// A parameter of the query.
    Query(String),
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its method in capitals.
    pub method: String,
    /// Its path, piece by piece.
    pub pieces: Vec<Piece>,
    /// Its `operationId`, or method and path.
    pub name: String,
    /// Names of its query parameters.
    pub query: Vec<String>,
    /// Names of its header parameters in lower case.
    pub headers: Vec<String>,
    /// The definition as a tool: name, description, schema of the arguments. JSON.
    pub definition: String,
    /// The least effect, by its method.
    pub least: Effect,
}

/// A piece of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Literal(String),
    /// `{name}`, with what stands before and behind it.
    Named(String, String, String),
}

impl Document {
    /// Reads a document.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let root = serde_json::from_str(text).or_else(|_| yaml(text)).map_err(|()| Unusable::Text)?;
        let mut document = Self { base: base(&root), operations: Vec::new(), place: place(&root) };
        for (path, item) in root.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let item = resolved(&root, item);
            for method in METHODS {
                if let Some(operation) = item.get(*method) {
                    document.operations.push(operation_of(&root, path, item, method, operation));
                }
            }
        }
        document.operations.truncate(MOST_OPERATIONS);
        if document.operations.is_empty() { Err(Unusable::Empty) } else { Ok(document) }
    }

    /// The operation of a method and a path of decoded pieces, and what its names stand for. A literal path goes before one
    /// with names.
    pub fn find(&self, method: &str, pieces: &[String]) -> Option<(&Operation, Vec<(String, String)>)> {
        let fits = |operation: &&Operation| operation.method == method;
        let found = self
            .operations
            .iter()
            .filter(fits)
            .filter_map(|operation| Some((operation, operation.fit(pieces)?)));
        found.min_by_key(|(_, named)| named.len())
    }
}

impl Operation {
    fn fit(&self, pieces: &[String]) -> Option<Vec<(String, String)>> {
        if self.pieces.len() != pieces.len() {
            return None;
        }
        let mut named = Vec::new();
        for (piece, given) in self.pieces.iter().zip(pieces) {
            match piece {
                Piece::Literal(literal) if literal == given => {}
                Piece::Literal(_) => return None,
                Piece::Named(before, name, after) => {
                    let value = given.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    if value.is_empty() {
                        return None;
                    }
                    named.push((name.clone(), value.to_owned()));
                }
            }
        }
        Some(named)
    }
}

fn base(root: &Value) -> Option<String> {
    let servers = root.get("servers").and_then(Value::as_array);
    let url = servers.and_then(|servers| servers.first()?.get("url")?.as_str()).map(str::to_owned);
    let swagger = || {
        let host = root.get("host")?.as_str()?;
        let scheme = root.pointer("/schemes/0").and_then(Value::as_str).unwrap_or("https");
        Some(format!("{scheme}://{host}{}", root.get("basePath").and_then(Value::as_str).unwrap_or_default()))
    };
    let absolute = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    url.or_else(swagger).filter(absolute)
}

/// The first security scheme that Ombud can carry out.
fn place(root: &Value) -> Option<Place> {
    let schemes = root.pointer("/components/securitySchemes").or_else(|| root.get("securityDefinitions"))?;
    schemes.as_object()?.values().find_map(|scheme| {
        let scheme = resolved(root, scheme);
        let text = |key| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("type"), text("in"), text("scheme").to_ascii_lowercase().as_str()) {
            ("apiKey", "header", _) => Some(Place::Header(text("name").to_owned())),
            ("apiKey", "query", _) => Some(Place::Query(text("name").to_owned())),
            ("http", _, "bearer") | ("oauth2" | "openIdConnect", ..) => Some(Place::Bearer),
            ("http", _, "basic") | ("basic", ..) => Some(Place::Basic),
            _ => None,
        }
    })
}

/// What a reference inside the document points to.
fn resolved<'v>(root: &'v Value, value: &'v Value) -> &'v Value {
    let mut value = value;
    for _ in 0..DEEPEST {
        let Some(pointer) = value.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'))
        else {
            return value;
        };
        let Some(target) = root.pointer(pointer) else { return value };
        value = target;
    }
    value
}

fn operation_of(root: &Value, path: &str, item: &Value, method: &str, operation: &Value) -> Operation {
    let method = method.to_ascii_uppercase();
    let text = |key| operation.get(key).and_then(Value::as_str);
    let name = text("operationId").map_or_else(|| format!("{method} {path}"), str::to_owned);
    let lists = [item.get("parameters"), operation.get("parameters")];
    let parameters: Vec<&Value> = lists
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .map(|parameter| resolved(root, parameter))
        .collect();
    let named = |place: &str| -> Vec<String> {
        let of = |parameter: &&&Value| parameter.get("in").and_then(Value::as_str) == Some(place);
        let name = |parameter: &&Value| Some(parameter.get("name")?.as_str()?.to_owned());
        parameters.iter().filter(of).filter_map(name).collect()
    };
    let description = text("description").or(text("summary")).unwrap_or_default();
    let mut properties = Map::new();
    for place in ["path", "query", "header"] {
        properties.extend(named(place).into_iter().map(|name| (name, json!({}))));
    }
    properties.extend(body(root, operation));
    let definition = json!({
        "name": name, "description": description,
        "inputSchema": { "type": "object", "properties": properties },
    });
    Operation {
        pieces: pieces(path),
        query: named("query"),
        headers: named("header").iter().map(|name| name.to_ascii_lowercase()).collect(),
        definition: definition.to_string(),
        least: least(&method),
        method,
        name,
    }
}

/// The properties of a JSON body, of whatever depth references say.
fn body(root: &Value, operation: &Value) -> Map<String, Value> {
    let body = operation.get("requestBody").map(|body| resolved(root, body));
    let schemas = body.and_then(|body| body.get("content")?.as_object());
    let schema = schemas.and_then(|content| content.values().find_map(|media| media.get("schema")));
    let schema = schema.map(|schema| resolved(root, schema));
    schema.and_then(|schema| schema.get("properties")?.as_object()).cloned().unwrap_or_default()
}

/// What a method may do at least (RFC 9110 §9.2.1: `GET` and `HEAD` are safe).
fn least(method: &str) -> Effect {
    match method {
        "GET" | "HEAD" | "OPTIONS" => Effect::Read,
        "DELETE" => Effect::Delete,
        "PUT" | "PATCH" => Effect::Change,
        _ => Effect::Unknown,
    }
}

fn pieces(path: &str) -> Vec<Piece> {
    let piece = |text: &str| {
        let named = text.split_once('{').and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            Some(Piece::Named(before.to_owned(), name.to_owned(), after.to_owned()))
        });
        named.unwrap_or_else(|| Piece::Literal(text.to_owned()))
    };
    path.trim_start_matches('/').split('/').map(piece).collect()
}

fn yaml(text: &str) -> Result<Value, ()> {
    let documents = Yaml::load_from_str(text).map_err(drop)?;
    documents.first().and_then(value).ok_or(())
}

fn value(yaml: &Yaml<'_>) -> Option<Value> {
    Some(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => Value::Bool(*flag),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Sequence(items) => Value::Array(items.iter().filter_map(value).collect()),
        Yaml::Mapping(members) => Value::Object(
            members.iter().filter_map(|(key, item)| Some((key_of(key)?, value(item)?))).collect(),
        ),
        Yaml::Tagged(_, inner) => value(inner)?,
        _ => return None,
    })
}

/// Status codes are numbers in YAML.
fn key_of(key: &Yaml<'_>) -> Option<String> {
    match value(key)? {
        Value::String(text) => Some(text),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
openapi: 3.1.0
servers: [{ url: 'https://api.example.com/v1' }]
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
  parameters: { id: { name: id, in: path, required: true } }
  schemas: { Order: { type: object, properties: { address: { type: string } } } }
paths:
  /orders/{id}:
    parameters: [{ $ref: '#/components/parameters/id' }]
    get: { operationId: getOrder, parameters: [{ name: full, in: query }], responses: { 200: { description: ok } } }
    delete: { summary: Cancels an order. }
  /orders/latest:
    get: { operationId: latestOrder }
  /orders:
    post:
      operationId: createOrder
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
";

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn operations_in_yaml_and_json() {
        let document = Document::read(TEXT).unwrap();
        assert_eq!(document.base.as_deref(), Some("https://api.example.com/v1"));
        assert_eq!(document.place, Some(Place::Header("X-Key".into())));
        let (found, named) = document.find("GET", &path("orders/7")).unwrap();
        assert_eq!((&*found.name, &*named), ("getOrder", &[("id".to_owned(), "7".to_owned())][..]));
        assert_eq!((&*found.query, found.least), (&["full".to_owned()][..], Effect::Read));
        assert_eq!(document.find("GET", &path("orders/latest")).unwrap().0.name, "latestOrder");
        let (cancels, _) = document.find("DELETE", &path("orders/7")).unwrap();
        assert_eq!((&*cancels.name, cancels.least), ("DELETE /orders/{id}", Effect::Delete));
        assert!(document.find("POST", &path("orders")).unwrap().0.definition.contains("address"));
        for (method, given) in
            [("PUT", "orders/7"), ("GET", "orders"), ("GET", "orders/7/items"), ("GET", "orders/")]
        {
            assert!(document.find(method, &path(given)).is_none(), "{method} {given}");
        }
        let json = json!({ "openapi": "3.0.0", "paths": { "/x": { "get": {} } } }).to_string();
        assert_eq!(Document::read(&json).unwrap().operations[0].name, "GET /x");
    }

    #[test]
    fn what_is_no_document() {
        assert_eq!(Document::read("{\"openapi\": \"3.0.0\"}").unwrap_err(), Unusable::Empty);
        assert_eq!(Document::read("{").unwrap_err(), Unusable::Text);
        let round = r##"{"paths":{"/x":{"$ref":"#/paths/~1x"}}}"##;
        assert_eq!(Document::read(round).unwrap_err(), Unusable::Empty);
    }
}
