//! What the headers of a request would tell its provider. Those of the SDKs and of the provider's own protocol go as they are; in
//! any other one, what the policy does not let leave takes the whole header out: with a token in its place nobody would know it.
//! A key may leave in a header that shows a login by its name.

use http::{HeaderMap, HeaderName};
use ombud_core::event::Counts;
use ombud_core::{Action, DataType, Detection, Policy};
use ombud_detect::Detector;

use crate::caller::percent;

/// Headers in which providers, and gateways before them, are shown a client's key, organisation or project.
const KEYS: &[&str] = &[
    "authorization",
    "api-key",
    "x-api-key",
    "x-auth-token",
    "x-goog-api-key",
    "x-goog-user-project",
    "x-amz-security-token",
    "ocp-apim-subscription-key",
    "openai-organization",
    "openai-project",
    "helicone-auth",
    "cf-aig-authorization",
    "x-portkey-api-key",
];

/// Headers of the protocol and of SDKs, which say something of a program and nothing of a person.
const PROGRAMS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "host",
    "openai-beta",
    "pragma",
    "user-agent",
    "x-amz-date",
    "x-dashscope-sse",
    "x-goog-api-client",
];

/// SDKs name all their headers so.
const FAMILIES: &[&str] = &["x-stainless-", "anthropic-", "sec-fetch-"];

/// Of the headers that stay behind so many are named, each by so many letters.
const MOST_NAMED: usize = 32;
const LONGEST_NAME: usize = 64;

/// Headers that stayed behind.
#[derive(Debug, Default)]
pub struct Withheld {
    /// Their names.
    pub names: Vec<String>,
    /// What was found in them, per type.
    pub found: Counts,
}

/// Whether a header shows a login by its name, whoever the provider is: `x-acme-key`. A key in it is meant to leave.
fn shows_login(name: &HeaderName) -> bool {
    let last = name.as_str().rsplit(['-', '_']).next().unwrap_or_default();
    matches!(last, "key" | "apikey" | "token" | "auth" | "authorization")
}

fn is_standard(name: &HeaderName) -> bool {
    let name = name.as_str();
    KEYS.contains(&name) || PROGRAMS.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Takes out what must not leave.
pub fn withhold(detector: &Detector, policy: &Policy, headers: &mut HeaderMap) -> Withheld {
    let mut withheld = Withheld::default();
    let mut left_out: Vec<HeaderName> = Vec::new();
    for (name, value) in headers.iter().filter(|(name, _)| !is_standard(name)) {
        let login = shows_login(name);
        let held = |found: &Detection| {
            found.score >= policy.min_score
                && policy.action_on(found) != Action::Allow
                && !(login && found.kind == DataType::Secret)
        };
        let text = String::from_utf8_lossy(&percent(value.as_bytes())).into_owned();
        let mut here = 0;
        for found in detector.detect(&text).into_iter().filter(held) {
            *withheld.found.entry(found.kind).or_default() += 1;
            here += 1;
        }
        if here > 0 && !left_out.contains(name) {
            left_out.push(name.clone());
        }
    }
    for name in left_out {
        headers.remove(&name);
        if withheld.names.len() < MOST_NAMED {
            withheld.names.push(name.as_str().chars().take(LONGEST_NAME).collect());
        }
    }
    withheld
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ombud_detect::Options;

    use super::*;

    fn after(policy: &Policy, pairs: &[(&'static str, &str)]) -> (BTreeSet<String>, Withheld) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let withheld = withhold(&Detector::new(&Options::default()), policy, &mut headers);
        (headers.keys().map(ToString::to_string).collect(), withheld)
    }

    #[test]
    fn a_header_of_the_program_s_own_keeps_what_is_personal_here() {
        let pairs = [
            ("x-user-email", "anna.berg@example.com"),
            ("x-phone", "%31%33%39%37%30%38%33%34%35%31%32"),
            ("x-customer", "手机号13970834512"),
            ("cookie", "theme=dark; mail=anna.berg@example.com"),
            ("x-feature", "new-layout"),
            ("x-trace", "9f1c2a77-3b8e-4f00-a1b2-0123456789ab"),
            ("authorization", "Bearer sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"),
            ("x-api-key", "sk-ant-REDACTED"),
            ("openai-organization", "org-0123456789abcdefghijklmn"),
            ("anthropic-version", "2023-06-01"),
            ("x-stainless-runtime-version", "3.12.4"),
            ("user-agent", "OpenAI/Python 1.99.0"),
        ];
        let (kept, withheld) = after(&Policy::default(), &pairs);
        assert_eq!(withheld.names, ["x-user-email", "x-phone", "x-customer", "cookie"]);
        assert_eq!(withheld.found, Counts::from([(DataType::Email, 2), (DataType::Phone, 2)]));
        assert_eq!(kept, pairs.iter().skip(4).map(|pair| pair.0.to_owned()).collect());
    }

    #[test]
    fn a_secret_in_a_foreign_header_stays_and_what_the_policy_allows_goes() {
        let secret = [("x-debug", "token sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH")];
        assert_eq!(after(&Policy::default(), &secret).1.names, ["x-debug"]);
        let login = [
            ("x-acme-key", "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"),
            ("x-user-token", "anna.berg@example.com"),
        ];
        assert_eq!(after(&Policy::default(), &login).1.names, ["x-user-token"]);
        let all = ombud_core::DataCategory::ALL.iter().map(|category| (*category, Action::Allow)).collect();
        let open = Policy { masking: all, ..Policy::default() };
        let email = [("x-user-email", "anna.berg@example.com")];
        assert!(after(&open, &email).0.contains("x-user-email"));
    }

    #[test]
    fn of_a_header_that_comes_twice_no_value_leaves() {
        let pairs = [("x-user", "one"), ("x-user", "anna.berg@example.com"), ("x-user", "13970834512")];
        let (kept, withheld) = after(&Policy::default(), &pairs);
        assert!(kept.is_empty());
        assert_eq!((withheld.names.len(), withheld.found.len()), (1, 2));
    }
}
