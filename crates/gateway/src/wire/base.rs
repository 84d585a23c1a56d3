//! What may precede the path of a wire: the base of a provider. `/v1/threads/abc/messages` ends like a wire's path but is
//! not one, so the base is checked and not only the ending.

/// Last segments of a base, besides versions.
const ENDS: &[&str] = &[
    "openai",
    "openapi",
    "anthropic",
    "inference",
    "compatibility",
    "compatible-mode",
    "beta",
    "compat",
    "serving-endpoints",
    "bots",
    "api",
];

/// These are followed by a user-chosen name.
const NAMED: &[&str] = &["deployments", "engines"];

/// Whether a path is a base: empty, one of `own`, or one that ends like those of the known providers (`/v1`,
/// `/api/paas/v4`, `/v1beta/openai`, `/openai/deployments/NAME`), each optionally after `/p/PROVIDER`.
pub fn is_base(path: &str, own: &[&str]) -> bool {
    let path = path
        .strip_prefix("/p/")
        .map_or(path, |named| named.find('/').and_then(|at| named.get(at..)).unwrap_or_default());
    if own.contains(&path) {
        return true;
    }
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (None, _) => true,
        (Some(last), before) => {
            is_version(last) || ENDS.contains(&last) || before.is_some_and(|before| NAMED.contains(&before))
        }
    }
}

/// `v1`, `v4`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix('v').unwrap_or_default();
    rest.starts_with(|first: char| first.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Providers;

    #[test]
    fn the_bases_of_all_known_providers_are_bases() {
        for provider in Providers::builtin().unwrap().iter() {
            for base in [Some(&provider.base), provider.anthropic_base.as_ref()].into_iter().flatten() {
                let path = base.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
                let path = path.map_or(String::new(), |(_, path)| format!("/{path}"));
                assert!(is_base(&path, &[]) && is_base(&format!("/p/x{path}"), &[]), "{base}");
            }
        }
    }

    #[test]
    fn an_operators_own_base_is_one_as_a_whole() {
        assert!(!is_base("/llm/proxy", &[]));
        assert!(is_base("/llm/proxy", &["/llm/proxy"]) && is_base("/p/mine/llm/proxy", &["/llm/proxy"]));
        assert!(!is_base("/llm/proxy/files", &["/llm/proxy"]));
    }
}
