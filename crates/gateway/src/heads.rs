//! What the headers of a request would reveal to its provider. Headers of SDKs and of the provider's own protocol pass
//! unchanged; any other header is dropped whole if it holds something the policy does not let leave, since a token in its
//! place would mean nothing to anybody. A key may leave in a header whose name marks it as a login, and what only looks
//! like a person's number or name stays in a header whose name says that its value is machine-generated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ombud_core::event::Counts;
use ombud_core::{Action, DataType, Detection, Policy};
use ombud_detect::Detector;

use crate::attribute::decoded::decoded;
use crate::caller::percent;

/// Headers that carry a client's key, organisation or project to providers and to gateways in front of them.
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

/// Protocol and SDK headers, which describe a program, not a person.
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

/// Prefixes that SDKs use for all their headers.
const FAMILIES: &[&str] = &["x-stainless-", "anthropic-", "sec-fetch-"];

/// How many dropped headers are named, and with how many characters each.
const MOST_NAMED: usize = 32;
const LONGEST_NAME: usize = 64;

/// Headers that were dropped.
#[derive(Debug, Default)]
pub struct Withheld {
    /// Their names.
    pub names: Vec<String>,
    /// What was found in them, per type.
    pub found: Counts,
}

/// Words in a header's name that mark a login, whoever the provider is: `x-acme-key`. A key in it is meant to leave.
const LOGINS: &[&str] = &[
    "apikeys",
    "assertion",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "jwt",
    "keys",
    "oidc",
    "session",
    "tokens",
    "xsrf",
];

/// Endings of such words.
const LOGIN_ENDS: &[&str] = &["key", "token", "secret"];

/// Words in a header's name that refer to a person.
const PEOPLE: &[&str] = &[
    "author",
    "contact",
    "customer",
    "employee",
    "fullname",
    "holder",
    "member",
    "name",
    "nickname",
    "owner",
    "patient",
    "person",
    "phone",
    "recipient",
    "sender",
    "student",
    "user",
    "username",
];

/// Words in a header's name that refer to a program, whose name may also be a person's.
const TITLES: &[&str] =
    &["agent", "app", "application", "bot", "model", "project", "service", "team", "title", "workspace"];

/// Words in a header's name whose value is machine-generated: one in a few dozen such numbers looks like a person's.
const MACHINE: &[&str] = &[
    "b3",
    "build",
    "correlation",
    "date",
    "digest",
    "groupid",
    "id",
    "ids",
    "idempotency",
    "logid",
    "nonce",
    "parentid",
    "requestid",
    "sessionid",
    "sha",
    "sign",
    "signature",
    "span",
    "spanid",
    "timestamp",
    "trace",
    "traceid",
    "traceparent",
    "tracestate",
    "uuid",
    "version",
];

/// What a header's name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Describes a program.
    Program,
    /// A login.
    Login,
    /// Machine-generated.
    Machine,
    /// The name of a program.
    Title,
    /// Refers to a person.
    Person,
    /// Nothing.
    Any,
}

impl Sort {
    fn of(name: &str) -> Self {
        let words = || {
            name.split(['-', '_'])
                .map(|word| word.trim_end_matches(|ch: char| ch.is_ascii_digit() && word != "b3"))
        };
        let has = |list: &[&str]| words().any(|word| list.contains(&word));
        let programs = has(TITLES);
        if PROGRAMS.contains(&name)
            || name.ends_with("user-agent")
            || FAMILIES.iter().any(|family| name.starts_with(family))
        {
            Self::Program
        } else if has(LOGINS) || words().any(|word| LOGIN_ENDS.iter().any(|end| word.ends_with(end))) {
            Self::Login
        } else if words().any(|word| PEOPLE.contains(&word) && !(programs && word == "name")) {
            Self::Person
        } else if has(MACHINE) {
            Self::Machine
        } else if programs {
            Self::Title
        } else {
            Self::Any
        }
    }

    /// What is detected in a value.
    fn look(self, detector: &Detector, text: &str) -> Vec<Detection> {
        if self == Self::Program { detector.detect_formed(text) } else { detector.detect(text) }
    }

    /// Whether a detection in a value is what it looks like.
    fn counts(self, found: &Detection, text: &str) -> bool {
        use DataType::{DbUrl, Email, Location, Org, Person, Phone, Secret};
        let whole = || text.trim().len() == found.span.len();
        // A single word of Latin letters is a name only where names are expected.
        let phrase = || !text.is_ascii() || text.trim().contains(char::is_whitespace);
        match (self, found.kind) {
            (Self::Program, kind) => matches!(kind, Email | Phone | Secret | DbUrl),
            (Self::Login, Secret) | (Self::Title, Person | Location | Org) => false,
            // `Bearer …` is not a phrase.
            (Self::Login, Person | Location | Org) => {
                !text.is_ascii() || text.split_ascii_whitespace().count() > 2
            }
            // Inside a sentence it is not machine-generated.
            (Self::Machine, kind) => matches!(kind, Email | DbUrl) || phrase() || kind == Phone && whole(),
            (Self::Any, Person | Location | Org) => phrase(),
            _ => true,
        }
    }
}

/// Whether nothing is detected in a header, whatever the policy.
fn is_plain(detector: &Detector, name: &HeaderName, value: &HeaderValue) -> bool {
    let sort = Sort::of(name.as_str());
    readings(value.as_bytes(), sort)
        .is_some_and(|texts| texts.iter().all(|text| sort.look(detector, text).is_empty()))
}

/// The texts that a recipient could read from a value; `None` if it is in no encoding that is supported here.
fn readings(value: &[u8], sort: Sort) -> Option<Vec<String>> {
    let value = percent(value);
    let text = match String::from_utf8(value) {
        Ok(text) => text,
        // In Latin-1, non-ASCII letters stand alone among ASCII; two in a row mean another encoding.
        Err(other) => {
            let bytes = other.as_bytes();
            if bytes.windows(2).any(|pair| pair.iter().all(|byte| *byte >= 0x80)) {
                return None;
            }
            bytes.iter().map(|byte| char::from(*byte)).collect()
        }
    };
    let mut all = vec![text];
    for open in [unescaped, words] {
        all.extend(all.last().and_then(|text| open(text)));
    }
    if sort != Sort::Login {
        // Only between digits: base64 would be split into words.
        let spread: Vec<String> = all
            .iter()
            .filter(|text| text.split('+').all(is_number) && text.contains('+'))
            .map(|text| text.replace('+', " "))
            .collect();
        let hidden: Vec<String> = all.iter().flat_map(|text| decoded(text)).collect();
        all.extend(spread.into_iter().chain(hidden));
    }
    Some(all)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ')
}

/// A text with JSON character escapes (`\u738b`) decoded.
fn unescaped(text: &str) -> Option<String> {
    let mut rest = text;
    let mut units: Vec<u16> = Vec::new();
    while let Some((before, after)) = rest.split_once("\\u") {
        units.extend(before.encode_utf16());
        let code = after.get(..4).and_then(|code| u16::from_str_radix(code, 16).ok());
        rest = if code.is_some() { after.get(4..).unwrap_or_default() } else { after };
        units.push(code.unwrap_or(u16::from(b' ')));
    }
    units.extend(rest.encode_utf16());
    (rest.len() < text.len()).then(|| String::from_utf16_lossy(&units))
}

/// A text with its encoded words (RFC 2047 §2) decoded.
fn words(text: &str) -> Option<String> {
    let (mut out, mut rest, mut any) = (String::new(), text, false);
    while let Some((before, after)) = rest.split_once("=?") {
        out.push_str(before);
        let mut parts = after.splitn(3, '?');
        let (_, coding, tail) = (parts.next()?, parts.next(), parts.next());
        let word = coding.zip(tail).and_then(|(coding, tail)| {
            let (word, tail) = tail.split_once("?=")?;
            let bytes = match coding {
                "b" | "B" => STANDARD_NO_PAD.decode(word.trim_end_matches('=')).ok()?,
                "q" | "Q" => percent(word.replace('_', " ").replace('=', "%").as_bytes()),
                _ => return None,
            };
            Some((String::from_utf8_lossy(&bytes).into_owned(), tail))
        });
        any |= word.is_some();
        let (word, tail) = word.unwrap_or_else(|| ("=?".to_owned(), after));
        out.push_str(&word);
        rest = tail;
    }
    out.push_str(rest);
    any.then_some(out)
}

/// Whether a header is plain: by running the given check, or from the cached result of an earlier one.
pub type Plain<'p> = &'p dyn Fn(&HeaderName, &HeaderValue, &dyn Fn() -> bool) -> bool;

/// Removes headers that must not leave. Headers in `open` pass unchanged because the operator says so.
pub fn withhold(detector: &Detector, policy: &Policy, open: &[String], headers: &mut HeaderMap) -> Withheld {
    withhold_known(detector, policy, open, headers, &|_, _, _| false)
}

/// The same, with a cache of which headers are plain.
pub fn withhold_known(
    detector: &Detector,
    policy: &Policy,
    open: &[String],
    headers: &mut HeaderMap,
    plain: Plain<'_>,
) -> Withheld {
    let mut withheld = Withheld::default();
    let mut left_out: Vec<HeaderName> = Vec::new();
    let closed = |name: &str| !KEYS.contains(&name) && !open.iter().any(|open| open == name);
    for (name, value) in headers.iter().filter(|(name, _)| closed(name.as_str())) {
        if plain(name, value, &|| is_plain(detector, name, value)) {
            continue;
        }
        let sort = Sort::of(name.as_str());
        let held = |text: &String| {
            let held = |found: &Detection| {
                found.score >= policy.min_score
                    && policy.action_on(found) != Action::Allow
                    && sort.counts(found, text)
            };
            let found = sort.look(detector, text);
            let kinds: Vec<DataType> =
                found.iter().filter(|found| held(found)).map(|found| found.kind).collect();
            (!kinds.is_empty()).then_some(kinds)
        };
        // What cannot be read does not leave.
        let kinds = readings(value.as_bytes(), sort).map(|texts| texts.iter().find_map(held));
        let Some(kinds) = kinds.map_or(Some(Vec::new()), |kinds| kinds) else { continue };
        for kind in kinds {
            *withheld.found.entry(kind).or_default() += 1;
        }
        if !left_out.contains(name) {
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
        let open = ["x-open".to_owned()];
        let inspector = crate::inspect::Inspector::new(Detector::new(&Options::default()));
        let mut again = [headers.clone(), headers.clone()];
        let withheld = withhold(inspector.detector(), policy, &open, &mut headers);
        // Caching which headers are plain changes nothing, not even the second time.
        for again in &mut again {
            let plain: Plain<'_> =
                &|name, value, look| inspector.is_plain("c", (name.as_str(), value.as_bytes()), look);
            let same = withhold_known(inspector.detector(), policy, &open, again, plain);
            assert_eq!(
                (&*again, same.names, same.found),
                (&headers, withheld.names.clone(), withheld.found.clone())
            );
        }
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
    fn what_stands_in_a_header_in_another_writing_is_read() {
        let pairs: [(&'static str, &[u8]); 12] = [
            ("x-a", br#"{"_user":"\u738b\u5efa\u56fd","note":"\u6211\u53eb\u738b\u5efa\u56fd"}"#),
            ("x-b", br"anna.berg\u0040example.com"),
            ("x-c", b"J\xfcrgen M\xfcller, Stra\xdfe"),
            ("x-d", b"\xce\xd2\xbd\xd0\xcd\xf5\xbd\xa8\xb9\xfa"),
            ("x-e", b"=?utf-8?b?5omL5py6IDEzOTcwODM0NTEy?="),
            ("x-f", b"=?utf-8?Q?anna.berg=40example.com?="),
            ("x-g", b"139+7083+4512"),
            ("x-h", b"YW5uYS5iZXJnQGV4YW1wbGUuY29t"),
            ("user-agent", b"app (anna.berg@example.com)"),
            ("accept-language", b"anna.berg@example.com"),
            ("x-stainless-user", b"anna.berg@example.com"),
            ("anthropic-user", b"13970834512"),
        ];
        for (name, value) in pairs {
            let mut headers = HeaderMap::new();
            headers.insert(name, http::HeaderValue::from_bytes(value).unwrap());
            let withheld =
                withhold(&Detector::new(&Options::default()), &Policy::default(), &[], &mut headers);
            assert_eq!((headers.len(), withheld.names), (0, vec![name.to_owned()]), "{name}");
        }
    }

    #[test]
    fn honest_headers_stay() {
        let jwt = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiAic3ZjIiwgImlhdCI6IDE3MDAwMDAwMDB9.WhxTrFtoWhxTrFtoWhxTrFtoWhxTrFto";
        let key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
        let (bearer, cookie) = (format!("Bearer {jwt}"), format!("CF_Authorization={jwt}"));
        let pairs = [
            ("x-jwt", jwt),
            ("x-amzn-oidc-data", jwt),
            ("cf-access-jwt-assertion", jwt),
            ("accesstoken", jwt),
            ("x-authentication", &bearer),
            ("cookie", &cookie),
            ("x-api-secret", key),
            ("appkey", key),
            ("x-bearer", key),
            ("x-openai-keys", key),
            ("x-openai-apikey-1", key),
            ("x-goog-credentials", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
            ("x-title", "Emma's Kitchen Helper"),
            ("x-openrouter-title", "小明学习助手"),
            ("x-agent-name", "Alice"),
            ("x-agent", "Claude"),
            ("x-version", "10.0.0.1"),
            ("x-app-version", "10.0.0.1"),
            // Each looks like a number that a person may have.
            ("x-datadog-trace-id", "110101199003077715"),
            ("x-request-id", "4111111111111111"),
            ("x-ca-nonce", "Anna"),
            ("x-other", "xGacNW6V+6++dkc8+BZMXSI+KZi3e+Kj"),
            // The operator says so.
            ("x-open", "anna.berg@example.com"),
        ];
        let (kept, withheld) = after(&Policy::default(), &pairs);
        assert_eq!(withheld.names, Vec::<String>::new());
        assert_eq!(kept.len(), pairs.len());
        // Personal data is withheld all the same.
        let theirs = [
            ("x-user-id", "110101199003077715"),
            ("x-trace-id", "anna.berg@example.com"),
            ("x-request-id", "13970834512"),
            ("x-title", "write to anna.berg@example.com"),
            ("x-name", "Anna Berg"),
        ];
        assert_eq!(after(&Policy::default(), &theirs).1.names, theirs.map(|pair| pair.0));
    }

    #[test]
    fn of_a_header_that_comes_twice_no_value_leaves() {
        let pairs = [("x-user", "one"), ("x-user", "anna.berg@example.com"), ("x-user", "13970834512")];
        let (kept, withheld) = after(&Policy::default(), &pairs);
        assert!(kept.is_empty());
        assert_eq!((withheld.names.len(), withheld.found.len()), (1, 2));
    }
}
