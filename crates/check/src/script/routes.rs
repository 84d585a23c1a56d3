//! Exports that a framework calls, judging by the path of the file and the name of the export.

use crate::code::DEFAULT_EXPORT;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Folders in which the default export of every file is an endpoint.
const ENDPOINTS: &[&str] = &["pages/api/", "server/api/", "server/routes/", "api/", "functions/", "netlify/"];

/// Whether a framework calls an export with input from outside.
pub(super) fn is_called(path: &str, export: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let within = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    if export == DEFAULT_EXPORT {
        let page =
            matches!(stem, "page" | "layout" | "template" | "middleware" | "proxy" | "worker" | "_worker");
        return page || within("pages/") || ENDPOINTS.iter().any(|folder| within(folder));
    }
    match export {
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" => {
            METHODS.contains(&export) && (stem == "route" || stem == "+server" || within("api/"))
        }
        "handler" | "getServerSideProps" => true,
        "loader" | "action" => within("routes/"),
        "middleware" | "proxy" => stem == export,
        "load" | "actions" => stem.starts_with("+page") || stem.starts_with("+layout"),
        _ => false,
    }
}

/// Whether a package belongs to a platform for functions, which runs what a file exports: `AirCode`, Laf, `CloudBase`.
pub(super) fn is_platform(package: &str) -> bool {
    matches!(package, "aircode" | "@lafjs/cloud" | "wx-server-sdk" | "@cloudbase/node-sdk")
}

/// Whether such a platform runs an export of this name.
pub(super) fn is_run(export: &str) -> bool {
    matches!(export, DEFAULT_EXPORT | "main")
}

/// Whether a framework calls an export before every request: the middleware of Next.js, which is next to the routes.
pub(super) fn is_middleware(path: &str, export: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let own = matches!(stem, "middleware" | "proxy") && (export == DEFAULT_EXPORT || export == stem);
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let other = ["server", "api", "lib", "utils", "functions", "routes", "middleware", "middlewares"];
    own && (folder.is_empty() || last == "src" || folder.split('/').count() < 3 && !other.contains(&last))
}

/// Whether the framework authenticates the caller before such an export, unless configured otherwise: Strapi controllers.
pub(super) fn is_guarded(path: &str) -> bool {
    let within = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    within("src/api/") && within("controllers/")
}

/// Whether such an export renders a page, which returns no data of its own.
pub(super) fn is_page(path: &str, export: &str) -> bool {
    let within = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    export == DEFAULT_EXPORT && !ENDPOINTS.iter().any(|folder| within(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_told_by_place_and_name() {
        assert!(
            is_called("src/app/api/chat/route.ts", "POST") && is_called("pages/api/chat.ts", DEFAULT_EXPORT)
        );
        assert!(is_called("app/page.tsx", DEFAULT_EXPORT) && is_called("lambda/index.js", "handler"));
        assert!(!is_called("src/lib/db.ts", "POST") && !is_called("src/lib/db.ts", DEFAULT_EXPORT));
        assert!(!is_called("src/app/api/chat/route.ts", "helper"));
        assert!(is_page("app/page.tsx", DEFAULT_EXPORT) && !is_page("pages/api/chat.ts", DEFAULT_EXPORT));
    }
}
