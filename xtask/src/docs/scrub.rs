//! Removes what varies from run to run without meaning anything: times, ids, tokens, ports, keys, column widths.

use std::sync::LazyLock;

use regex::Regex;

/// Patterns and replacements, applied in order.
static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        // Ids and digests.
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
        (r"\b[0-9a-f]{8}…", "HEX"),
        (r"\b[0-9a-f]{16,}\b", "HEX"),
        // A verifier key: name+hash+base64.
        (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}", "+KEY"),
        (r"\b[A-Za-z0-9+/]{42,}={0,2}", "BASE64"),
        // Tokens: the type stays, the part derived from a key does not.
        (r"\b([A-Z]+)_[0-9A-HJKMNP-TV-Z]{8}\b", "${1}_TOKEN"),
        // Dates, times, durations.
        (r"\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?", "DATE"),
        (r"\b\d{2}:\d{2}:\d{2}(\.\d+)?\b", "TIME"),
        (r"\b\d+(\.\d+)? ?((ns|us|ms|s)\b|µs|毫秒|微秒|秒)", "DURATION"),
        // Sizes of what is encrypted or signed.
        (r"\b\d[\d,]*( further)? (bytes|字节)", "SIZE"),
        // Pseudonyms, and folders named after a process.
        (r"\bsub_[0-9a-f]{32}\b", "sub_HEX"),
        (r"\bombud-demo-\d+", "ombud-demo-PID"),
        // Addresses on this machine.
        (r"(127\.0\.0\.1|localhost|\[::1\]):\d+", "$1:PORT"),
        (r"(pid|进程) \d+", "$1 PID"),
        // Columns and rules are as wide as their contents.
        (r"[─═━-]{3,}", "---"),
        (r"[ \t]+", " "),
    ];
    // Chinese characters count as letters too, so a word boundary next to them has to be an ASCII one.
    let compile = |(pattern, stand_in): (&str, _)| {
        let pattern = pattern.replace(r"\b", r"(?-u:\b)");
        Regex::new(&pattern).ok().map(|regex| (regex, stand_in))
    };
    rules.into_iter().filter_map(compile).collect()
});

/// Returns the text without what varies from run to run.
pub(super) fn scrub(text: &str) -> String {
    RULES
        .iter()
        .fold(text.to_owned(), |text, (regex, stand_in)| regex.replace_all(&text, *stand_in).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles() {
        assert_eq!(RULES.len(), 16);
    }

    #[test]
    fn what_changes_from_run_to_run_is_the_same_afterwards() {
        let pairs = [
            ("took 12.3 ms", "took 4 ms"),
            ("http://127.0.0.1:4711/v1", "http://127.0.0.1:80/v1"),
            ("2026-11-22T10:00:00Z", "2027-01-02T03:04:05.678Z"),
            ("id 01890a5d-ac96-774b-bcce-b302099a8057", "id 01890a5d-ac96-774b-bcce-ffffffffffff"),
            ("a    b", "a b"),
            ("1,024 further bytes", "16120 further bytes"),
            ("另外 15248 字节", "另外 15250 字节"),
            ("/tmp/ombud-demo-17/x", "/tmp/ombud-demo-4/x"),
            ("EMAIL_0123ABCD.", "EMAIL_ZYXWVTSR."),
            ("我叫PERSON_0123ABCD，用时12毫秒", "我叫PERSON_ZYXWVTSR，用时3毫秒"),
        ];
        for (one, other) in pairs {
            assert_eq!(scrub(one), scrub(other));
        }
    }

    #[test]
    fn what_means_something_stays() {
        for (one, other) in [
            ("EMAIL_0123ABCD", "PHONE_0123ABCD"),
            ("2 values masked", "3 values masked"),
            ("13912345678", "13912345679"),
            ("api.openai.com:443", "api.openai.com:444"),
        ] {
            assert_ne!(scrub(one), scrub(other));
        }
    }
}
