//! Waivers in the source: `# ombud: allow RULE reason`, or `# ombud: allow RULE reason until 2027-01-31`, after the code on the
//! line of the finding, alone on the line above, or at the start or end of its path: a tool can be waived where it is defined
//! or where it acts.

use std::ops::Range;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};
use serde::Serialize;

use crate::facts::File;
use crate::rules;

/// The rule that reports waivers without a reason, for an unknown rule, or expired.
const ID: RuleId = rules::waiver_without_reason::RULE.id;

/// A waived finding.
#[derive(Debug, Clone, Serialize)]
pub struct Waived {
    /// The finding.
    pub finding: Finding,
    /// The developer's reason.
    pub reason: String,
    /// The date on which the waiver expires, if there is one: `2027-01-31`.
    pub until: Option<String>,
}

const MARK: &str = "ombud: allow ";

/// A calendar date, ordered chronologically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl Day {
    /// Parses `2027-01-31`; `None` if there is no such date.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut part = |length: usize| {
            parts.next().filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (year, month, day) = (part(4)?.parse().ok()?, part(2)?.parse().ok()?, part(2)?.parse().ok()?);
        ((1..=12).contains(&month) && (1..=days(year, month)).contains(&day)).then_some(Self {
            year,
            month,
            of_month: day,
        })
    }
}

fn days(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Waiver<'a> {
    line: u32,
    /// The line that it applies to: its own if it follows code, otherwise the next.
    meant: u32,
    rule: &'a str,
    reason: &'a str,
    /// The expiry date, as written.
    until: Option<&'a str>,
    span: Range<usize>,
}

/// Whether a waiver is valid on a given date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    Holds,
    NoReason,
    NoDay,
    Ended,
    NoRule,
}

impl Waiver<'_> {
    fn worth(&self, today: Option<Day>) -> Worth {
        let until = self.until.map(Day::parse);
        if rules::ALL.iter().all(|known| known.id.0 != self.rule) {
            Worth::NoRule
        } else if self.reason.is_empty() {
            Worth::NoReason
        } else if until == Some(None) {
            Worth::NoDay
        } else if until.flatten().is_some_and(|until| today.is_some_and(|today| until < today)) {
            Worth::Ended
        } else {
            Worth::Holds
        }
    }
}

/// Separates waived findings, and reports invalid and expired waivers. `today` is the date for judging them.
pub(crate) fn apply(
    findings: Vec<Finding>,
    files: &[File],
    today: Option<Day>,
) -> (Vec<Finding>, Vec<Waived>) {
    let mut kept = Vec::new();
    let mut waived = Vec::new();
    let all: Vec<(&str, Vec<Waiver<'_>>)> = files
        .iter()
        .map(|file| (file.path.as_str(), waivers(&file.path, &file.text)))
        .filter(|(_, all)| !all.is_empty())
        .collect();
    for finding in findings {
        let at = |place: &Place| {
            let here = all.iter().find(|(path, _)| *path == place.path).into_iter().flat_map(|(_, all)| all);
            here.filter(|waiver| waiver.rule == finding.rule.0 && waiver.worth(today) == Worth::Holds)
                .find(|waiver| waiver.line == place.line || waiver.meant == place.line)
        };
        let ends = [finding.path.first(), finding.path.last()];
        let on_the_way = || ends.into_iter().flatten().find_map(|step| at(&step.place));
        match at(&finding.place).or_else(on_the_way) {
            Some(found) => waived.push(Waived {
                finding,
                reason: found.reason.to_owned(),
                until: found.until.map(str::to_owned),
            }),
            None => kept.push(finding),
        }
    }
    for (path, waivers) in all {
        kept.extend(waivers.iter().filter_map(|waiver| complaint(path, waiver, today)));
    }
    (kept, waived)
}

fn complaint(path: &str, waiver: &Waiver<'_>, today: Option<Day>) -> Option<Finding> {
    let (rule, until) = (waiver.rule, waiver.until.unwrap_or_default());
    let message = match waiver.worth(today) {
        Worth::Holds => return None,
        Worth::NoRule => Bilingual::new(
            format!("this waiver is for the rule `{rule}`, which does not exist"),
            format!("此豁免所指的规则 `{rule}` 并不存在"),
        ),
        Worth::NoReason => Bilingual::new(
            format!("this waiver for `{rule}` gives no reason, so it has no effect"),
            format!("对 `{rule}` 的豁免没有写明理由，因此不生效"),
        ),
        Worth::NoDay => Bilingual::new(
            format!(
                "this waiver for `{rule}` has an invalid end date, so it has no effect; write it as `until 2027-01-31`"
            ),
            format!("对 `{rule}` 的豁免截止日期无效，因此不生效；请写成 `until 2027-01-31`"),
        ),
        Worth::Ended => Bilingual::new(
            format!(
                "this waiver for `{rule}` expired on {until}; fix the problem, or renew the waiver with a reason"
            ),
            format!("对 `{rule}` 的豁免已于 {until} 到期；请修复该问题，或写明理由重新豁免"),
        ),
    };
    Some(Finding {
        rule: ID,
        severity: Severity::Warning,
        confidence: Confidence::High,
        place: Place { path: path.to_owned(), line: waiver.line, span: waiver.span.clone() },
        subject: String::new(),
        message,
        path: Vec::new(),
        fingerprint: format!("{}:{path}:{rule}:{until}", ID.0),
    })
}

/// Splits a reason from its end date: `only in a sandbox until 2027-01-31`.
fn until(reason: &str) -> (&str, Option<&str>) {
    let Some((before, after)) = reason.rsplit_once("until ") else { return (reason, None) };
    let (before, after) = (before.trim_end(), after.trim());
    let (day, behind) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    if !day.starts_with(|ch: char| ch.is_ascii_digit()) || !day.contains('-') {
        return (reason, None);
    }
    // The reason may also follow the date.
    (if before.is_empty() { behind.trim() } else { before }, Some(day))
}

/// Finds waivers in comments: the mark after `#` or `//`.
fn waivers<'t>(path: &str, text: &'t str) -> Vec<Waiver<'t>> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let strings = Strings::of(path, text);
    let line_number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let mut start = 0;
    let mut found: Vec<Waiver<'_>> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if let Some(at) = line.find(MARK)
            && let Some(before) =
                line.get(..at).map(str::trim_end).filter(|before| before.ends_with(['#', '/']))
            && !strings.hold(start + before.len() - 1)
        {
            let rest = line.get(at + MARK.len()..).unwrap_or_default().trim();
            let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let alone = before.trim_end_matches(['#', '/']).trim().is_empty();
            let number = line_number(index + 1);
            let meant = if alone { line_number(index + 2) } else { number };
            // Consecutive waivers apply to the line below the last.
            if alone {
                let above = found.iter_mut().filter(|other| other.meant == number && other.line < number);
                above.for_each(|other| other.meant = meant);
            }
            let span = start + at..start + line.trim_end().len();
            let (reason, until) = until(reason.trim());
            found.push(Waiver { line: number, meant, rule, reason, until, span });
        }
        start += line.len() + 1;
    }
    found
}

/// The string literals of a program, in which an apparent comment is none.
struct Strings(Vec<Range<usize>>);

impl Strings {
    /// Only for program source: elsewhere, quotation marks may appear anywhere.
    fn of(path: &str, text: &str) -> Self {
        let hash = match path.rsplit('.').next().unwrap_or_default() {
            "py" | "pyi" => true,
            "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "mts" | "cts" | "swift" | "json" => false,
            _ => return Self(Vec::new()),
        };
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = next_string(text, at, hash) {
            at = start + length(text.get(start..).unwrap_or_default());
            found.push(start..at);
        }
        Self(found)
    }

    fn hold(&self, at: usize) -> bool {
        let next = self.0.partition_point(|span| span.end <= at);
        self.0.get(next).is_some_and(|span| span.start < at)
    }
}

/// Returns the start of the next string, skipping comments.
fn next_string(text: &str, mut at: usize, hash: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    loop {
        let rest = bytes.get(at..)?;
        let to = |end: &[u8]| rest.windows(end.len()).position(|part| part == end);
        at += match rest {
            [b'#', ..] if hash => to(b"\n")?,
            [b'/', b'/', ..] if !hash => to(b"\n")?,
            [b'/', b'*', ..] if !hash => to(b"*/")?,
            [b'"' | b'\'', ..] => return Some(at),
            [b'`', ..] if !hash => return Some(at),
            [] => return None,
            _ => 1,
        };
    }
}

/// Returns the length of the string that starts here. An unterminated single-line string ends with its line.
fn length(text: &str) -> usize {
    const MARKS: &[&str] = &["\"\"\"", "'''", "\"", "'", "`"];
    let mark = MARKS.iter().find(|mark| text.starts_with(**mark)).map_or("\"", |mark| *mark);
    let several = mark.len() == 3 || mark == "`";
    let bytes = text.as_bytes();
    let mut at = mark.len();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if !several => return at,
            _ if bytes.get(at..).is_some_and(|rest| rest.starts_with(mark.as_bytes())) => {
                return at + mark.len();
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert!(Day::parse("2028-02-29").is_some() && Day::parse("2027-02-29").is_none());
        assert!(
            Day::parse("2027-1-31").is_none()
                && Day::parse("2027-13-01").is_none()
                && Day::parse("+027-01-01").is_none()
        );
        assert!(Day::parse("2026-12-31") < Day::parse("2027-01-01"));
    }

    #[test]
    fn a_waiver_behind_code_speaks_for_its_own_line() {
        let lines = |path: &str, text: &str| -> Vec<(u32, u32)> {
            waivers(path, text).iter().map(|waiver| (waiver.line, waiver.meant)).collect()
        };
        assert_eq!(lines("a.py", "x = 1  # ombud: allow r why\ny = 2\n"), [(1, 1)]);
        assert_eq!(lines("a.py", "# ombud: allow r why\n# ombud: allow s why\ny = 2\n"), [(1, 3), (2, 3)]);
        let script = "const x = 1; // ombud: allow r why\n  // ombud: allow r why\n";
        assert_eq!(lines("a.ts", script), [(1, 1), (2, 3)]);
    }

    #[test]
    fn a_waiver_in_a_string_is_none() {
        for (path, text) in [
            ("a.py", "x = '# ombud: allow r why'\n"),
            ("a.py", "x = \"\"\"\n# ombud: allow r why\n\"\"\"\n"),
            ("a.ts", "const x = `\n// ombud: allow r why\n`\n"),
            ("a.ts", "const x = 'a // ombud: allow r why'\n"),
        ] {
            assert!(waivers(path, text).is_empty(), "{text}");
        }
        for (path, text) in [
            ("a.py", "x = 'it\\'s' + \"#\"  # ombud: allow r why\n"),
            ("a.tsx", "<p>Don't</p>\n// ombud: allow r why\n"),
            ("a.ts", "/* it's */ x() // ombud: allow r why\n"),
            ("a.yaml", "key: it's # ombud: allow r why\n"),
        ] {
            assert_eq!(waivers(path, text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_day_is_told_from_other_words() {
        assert_eq!(until("sandbox until 2027-01-31"), ("sandbox", Some("2027-01-31")));
        assert_eq!(until("until 2027-01-31"), ("", Some("2027-01-31")));
        assert_eq!(until("until 2027-01-31 old reason"), ("old reason", Some("2027-01-31")));
        assert_eq!(until("until we have moved"), ("until we have moved", None));
        assert_eq!(until("wait until 3 pm"), ("wait until 3 pm", None));
    }
}
