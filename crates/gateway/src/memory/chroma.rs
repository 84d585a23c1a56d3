//! What a path of Chroma's HTTP API requests. Anything not listed is refused.

use http::Method;

/// What a request asks of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Nothing that concerns a user: versions, tenants, creating and listing collections.
    Admin,
    /// Deletes or changes a whole collection or database.
    Manage,
    /// Adds items; existing ones are kept.
    Add,
    /// Adds items or overwrites existing ones.
    Upsert,
    /// Changes existing items.
    Update,
    /// Reads items by id or filter.
    Get,
    /// Reads items near a vector.
    Query,
    /// Counts items.
    Count,
    /// Deletes items.
    Delete,
}

impl Operation {
    /// Its class in the log.
    pub fn class(self) -> &'static str {
        match self {
            Self::Admin | Self::Manage => "admin",
            Self::Add | Self::Upsert | Self::Update => "write",
            Self::Get | Self::Query | Self::Count => "read",
            Self::Delete => "delete",
        }
    }

    /// Whether it reaches items.
    pub fn reaches_items(self) -> bool {
        !matches!(self, Self::Admin | Self::Manage)
    }

    /// Whether it changes items.
    pub fn changes_items(self) -> bool {
        matches!(self, Self::Add | Self::Upsert | Self::Update | Self::Delete)
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'p> {
    /// The requested operation.
    pub operation: Operation,
    /// Path of the collection list, such as `/api/v2/tenants/t/databases/d/collections`; empty if there is none.
    pub collections: &'p str,
    /// Id or name of the collection in the path.
    pub collection: Option<&'p str>,
}

/// Parses a path such as `/api/v2/tenants/t/databases/d/collections/c/query`. `None` for anything not known to be harmless
/// or confinable.
pub fn target<'p>(method: &Method, path: &'p str) -> Option<Target<'p>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if !segments.iter().all(|segment| plain(segment)) {
        return None;
    }
    let admin = |operation| Some(Target { operation, collections: "", collection: None });
    let (rest, in_database) = match segments.as_slice() {
        ["api", "v2", "tenants", _, "databases", _, rest @ ..] => (rest, true),
        // Of version 1, only the paths by which clients learn that it is gone.
        ["api", "v1"] | ["api", "v1", "heartbeat" | "version"] if *method == Method::GET => {
            (segments.get(2..)?, false)
        }
        ["api", "v2", rest @ ..] => (rest, false),
        _ => return None,
    };
    let (get, post) = (*method == Method::GET, *method == Method::POST);
    match rest {
        []
        | ["heartbeat" | "version" | "pre-flight-checks" | "healthcheck"]
        | ["auth", "identity"]
        | ["tenants" | "databases", _]
        | ["tenants", _, "databases"]
            if get =>
        {
            admin(Operation::Admin)
        }
        ["tenants" | "databases"] | ["tenants", _, "databases"] if post => admin(Operation::Admin),
        ["collections_count"] if get && in_database => admin(Operation::Admin),
        ["collections"] if (get || post) && in_database => admin(Operation::Admin),
        ["reset"] if post => admin(Operation::Manage),
        [] if *method == Method::DELETE && in_database => admin(Operation::Manage),
        ["collections", id, below @ ..] if in_database => {
            let operation = on_collection(method, below)?;
            let end = path.find("/collections/")? + "/collections".len();
            Some(Target { operation, collections: path.get(..end)?, collection: Some(id) })
        }
        _ => None,
    }
}

fn on_collection(method: &Method, below: &[&str]) -> Option<Operation> {
    match (method.as_str(), below) {
        ("GET", []) => Some(Operation::Admin),
        ("PUT" | "DELETE", []) => Some(Operation::Manage),
        ("GET", ["count"]) => Some(Operation::Count),
        ("POST", ["add"]) => Some(Operation::Add),
        ("POST", ["upsert"]) => Some(Operation::Upsert),
        ("POST", ["update"]) => Some(Operation::Update),
        ("POST", ["get"]) => Some(Operation::Get),
        ("POST", ["query"]) => Some(Operation::Query),
        ("POST", ["delete"]) => Some(Operation::Delete),
        _ => None,
    }
}

/// True if no two parsers could read the segment differently.
fn plain(segment: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~');
    !matches!(segment, "" | "." | "..") && segment.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: &str = "/api/v2/tenants/default_tenant/databases/default_database";

    fn operation(method: &str, path: &str) -> Option<Operation> {
        target(&method.parse().unwrap(), path).map(|target| target.operation)
    }

    #[test]
    fn what_reaches_items_is_told_from_the_rest() {
        let item = |op: &str| format!("{DATABASE}/collections/0b1c/{op}");
        assert_eq!(operation("POST", &item("query")), Some(Operation::Query));
        assert_eq!(operation("POST", &item("upsert")), Some(Operation::Upsert));
        assert_eq!(operation("GET", &item("count")), Some(Operation::Count));
        assert_eq!(operation("DELETE", &format!("{DATABASE}/collections/notes")), Some(Operation::Manage));
        assert_eq!(operation("POST", "/api/v2/reset"), Some(Operation::Manage));
        assert_eq!(operation("DELETE", DATABASE), Some(Operation::Manage));
        assert_eq!(operation("POST", &format!("{DATABASE}/collections")), Some(Operation::Admin));
        assert_eq!(operation("GET", "/api/v2/heartbeat"), Some(Operation::Admin));
        assert_eq!(operation("POST", "/api/v1/collections/0b1c/get"), None);
        let path = item("get");
        let found = target(&Method::POST, &path).unwrap();
        assert_eq!(
            (found.collection, found.collections),
            (Some("0b1c"), &*format!("{DATABASE}/collections"))
        );
    }

    #[test]
    fn what_is_not_known_or_ambiguous_is_refused() {
        for path in
            ["/collections/c/search", "/collections/c/fork", "/collections/c/get/x", "/collections/../x"]
        {
            assert_eq!(operation("POST", &format!("{DATABASE}{path}")), None, "{path}");
        }
        for path in ["", "/", "/api/v3/heartbeat", "/api/v2//reset", "/api/v2/%72eset", "/docs"] {
            assert_eq!(operation("POST", path), None, "{path}");
        }
        assert_eq!(operation("GET", &format!("{DATABASE}/collections/c/get")), None);
    }
}
