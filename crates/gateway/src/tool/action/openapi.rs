//! An `OpenAPI` document (3.x; Swagger 2.0 as far as it is equivalent) as a list of operations: what may be called, with
//! what, and where the credential goes. Anything that the document does not name does not exist here.

use http::HeaderName;
use ombud_core::effect::Effect;
use ombud_core::{Lang, Say, say};
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Maximum number of operations considered.
const MOST_OPERATIONS: usize = 2048;

/// Maximum length of a chain of references.
const DEEPEST: usize = 16;

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch"];

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.say(Lang::En))]
pub enum Unusable {
    /// It is neither JSON nor YAML.
    Text,
    /// It names no operation.
    Empty,
    /// It gives no address, and neither do the settings.
    Address,
    /// None of its security schemes can be carried out by Ombud.
    Scheme,
    /// The name of the header or cookie for the credential is invalid.
    Name,
    /// The credential holds characters that are not allowed in a header or cookie.
    Credential,
}

impl Say for Unusable {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Text => say!(lang, en: "it is neither JSON nor YAML", zh: "它既不是 JSON 也不是 YAML"),
            Self::Empty => say!(lang,
                en: "it names no operation under `paths`", zh: "它的 `paths` 中没有任何操作"),
            Self::Address => say!(lang,
                en: "it gives no absolute server address; set `url`", zh: "它没有给出完整的服务器地址；请设置 `url`"),
            Self::Scheme => say!(lang,
                en: "Ombud supports none of its security schemes. Declare one of apiKey (in header, query or cookie), http bearer, http basic or oauth2 under components.securitySchemes, or remove `secret_env` if the API needs no credential",
                zh: "Ombud 不支持它的任何一种安全方案。请在 components.securitySchemes 中写明 apiKey（in 为 header、query 或 cookie）、http bearer、http basic 或 oauth2 之一；如果该 API 不需要凭据，请去掉 `secret_env`"),
            Self::Name => say!(lang,
                en: "the `name` of its apiKey scheme is not the name of a header or cookie; correct it under components.securitySchemes",
                zh: "它的 apiKey 方案中的 `name` 不是有效的请求头或 Cookie 名称；请在 components.securitySchemes 中改正"),
            Self::Credential => say!(lang,
                en: "the credential in `secret_env` contains a character that is not allowed in a header (perhaps a line break) or, for a cookie, a space, comma, semicolon, quote or backslash; set the variable again without it",
                zh: "`secret_env` 中的凭据含有不能放进请求头的字符（可能是换行）；用作 Cookie 时，也不能含空格、逗号、分号、引号或反斜杠。请去掉该字符后重新设置变量"),
        }
    }
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
    /// Whether it has security schemes, none of which can be carried out.
    pub closed: bool,
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
    /// A query parameter.
    Query(String),
    /// A cookie.
    Cookie(String),
}

impl Place {
    /// Checks whether this credential can be sent there at all. Otherwise requests would silently go without it.
    pub(super) fn takes(&self, secret: &str) -> Result<(), Unusable> {
        if let Self::Header(name) | Self::Cookie(name) = self
            && name.parse::<HeaderName>().is_err()
        {
            return Err(Unusable::Name);
        }
        let fits = match self {
            // RFC 6265 §4.1.1, `cookie-octet`: anything else could begin a second cookie.
            Self::Cookie(_) => secret
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')),
            Self::Header(_) | Self::Bearer => !secret.chars().any(char::is_control),
            Self::Query(_) | Self::Basic => true,
        };
        if fits { Ok(()) } else { Err(Unusable::Credential) }
    }
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its method in upper case.
    pub method: String,
    /// Its path, piece by piece.
    pub pieces: Vec<Piece>,
    /// Its `operationId`, or method and path.
    pub name: String,
    /// Names of its query parameters.
    pub query: Vec<String>,
    /// Names of its header parameters in lower case.
    pub headers: Vec<String>,
    /// Media types that its body may have.
    pub media: Vec<String>,
    /// Its definition as a tool, in JSON: name, description, schema of the arguments.
    pub definition: String,
    /// The least effect class, by its method.
    pub least: Effect,
}

/// A piece of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A literal segment.
    Literal(String),
    /// `{name}`, with the text before and after it: prefix, name, suffix.
    Named(String, String, String),
}

impl Document {
    /// Reads a document.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let root = serde_json::from_str(text).or_else(|_| yaml(text)).map_err(|()| Unusable::Text)?;
        let (place, closed) = place(&root);
        let mut document = Self { base: base(&root), operations: Vec::new(), place, closed };
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

    /// The operation for a method and a path of decoded segments, and the values of its path parameters. A literal path
    /// takes precedence over one with parameters.
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

/// The security scheme that Ombud uses, and whether there are schemes but none that it supports. Schemes required by the
/// whole document are preferred, and a cookie comes last, since few mean programs by it.
fn place(root: &Value) -> (Option<Place>, bool) {
    let schemes = root.pointer("/components/securitySchemes").or_else(|| root.get("securityDefinitions"));
    let Some(schemes) = schemes.and_then(Value::as_object) else { return (None, false) };
    let demands = root.get("security").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let places = schemes.iter().filter_map(|(name, scheme)| {
        let demanded = demands.iter().any(|demand| demand.get(name).is_some());
        Some((demanded, place_of(resolved(root, scheme))?))
    });
    let found = places.min_by_key(|(demanded, place)| (!demanded, matches!(place, Place::Cookie(_))));
    let closed = found.is_none() && !schemes.is_empty();
    (found.map(|(_, place)| place), closed)
}

fn place_of(scheme: &Value) -> Option<Place> {
    let text = |key| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = || text("name").to_owned();
    Some(match (text("type"), text("in"), text("scheme").to_ascii_lowercase().as_str()) {
        ("apiKey", "header", _) => Place::Header(name()),
        ("apiKey", "query", _) => Place::Query(name()),
        ("apiKey", "cookie", _) => Place::Cookie(name()),
        ("http", _, "bearer") | ("oauth2" | "openIdConnect", ..) => Place::Bearer,
        ("http", _, "basic") | ("basic", ..) => Place::Basic,
        _ => return None,
    })
}

/// Follows references inside the document.
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
        media: media(root, operation),
        definition: definition.to_string(),
        least: least(&method),
        method,
        name,
    }
}

/// The media types of a body; in Swagger 2.0 they are listed under `consumes`.
fn media(root: &Value, operation: &Value) -> Vec<String> {
    let body = operation.get("requestBody").map(|body| resolved(root, body));
    let content = body.and_then(|body| body.get("content")?.as_object());
    let consumes = operation.get("consumes").or_else(|| root.get("consumes")).and_then(Value::as_array);
    let named = consumes.into_iter().flatten().filter_map(Value::as_str);
    content.into_iter().flat_map(Map::keys).map(String::as_str).chain(named).map(str::to_owned).collect()
}

/// The properties of a JSON body, through any references.
fn body(root: &Value, operation: &Value) -> Map<String, Value> {
    let body = operation.get("requestBody").map(|body| resolved(root, body));
    let schemas = body.and_then(|body| body.get("content")?.as_object());
    let schema = schemas.and_then(|content| content.values().find_map(|media| media.get("schema")));
    let schema = schema.map(|schema| resolved(root, schema));
    schema.and_then(|schema| schema.get("properties")?.as_object()).cloned().unwrap_or_default()
}

/// The least effect class of a method (RFC 9110 §9.2.1: `GET` and `HEAD` are safe).
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

/// A mapping key as text: status codes are numbers in YAML.
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
    fn the_place_of_the_credential() {
        let with = |schemes: Value, security: Value| {
            let text = json!({ "paths": { "/x": { "get": {} } }, "security": security,
                "components": { "securitySchemes": schemes } });
            let document = Document::read(&text.to_string()).unwrap();
            (document.place, document.closed)
        };
        let cookie = json!({ "type": "apiKey", "in": "cookie", "name": "sid" });
        let (bearer, digest) =
            (json!({ "type": "http", "scheme": "Bearer" }), json!({ "type": "http", "scheme": "digest" }));
        assert_eq!(with(json!({ "a": cookie }), json!([])), (Some(Place::Cookie("sid".into())), false));
        assert_eq!(with(json!({ "a": cookie, "b": bearer }), json!([])), (Some(Place::Bearer), false));
        let demanded = with(json!({ "a": cookie, "b": bearer }), json!([{ "a": [] }]));
        assert_eq!(demanded, (Some(Place::Cookie("sid".into())), false));
        assert_eq!(with(json!({ "a": digest }), json!([{ "a": [] }])), (None, true));
        assert_eq!(with(json!({}), json!([])), (None, false));
    }

    #[test]
    fn what_cannot_carry_the_credential_says_so() {
        let cookie = Place::Cookie("sid".into());
        assert_eq!(cookie.takes("abc=+/%3B-_~"), Ok(()));
        for secret in ["a;b=c", "a b", "a,b", "a\"b", "a\\b", "a\nb", "密"] {
            assert_eq!(cookie.takes(secret), Err(Unusable::Credential), "{secret:?}");
        }
        assert_eq!(Place::Bearer.takes("a b"), Ok(()));
        assert_eq!(Place::Header("X-Key".into()).takes("a\nb"), Err(Unusable::Credential));
        for place in [Place::Header("X Key".into()), Place::Cookie(String::new())] {
            assert_eq!(place.takes("a"), Err(Unusable::Name));
        }
    }

    #[test]
    fn what_is_no_document() {
        assert_eq!(Document::read("{\"openapi\": \"3.0.0\"}").unwrap_err(), Unusable::Empty);
        assert_eq!(Document::read("{").unwrap_err(), Unusable::Text);
        let round = r##"{"paths":{"/x":{"$ref":"#/paths/~1x"}}}"##;
        assert_eq!(Document::read(round).unwrap_err(), Unusable::Empty);
    }
}
