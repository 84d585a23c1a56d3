//! Names chosen by others, as they appear in records: of tools, arguments, headers, collections. A record cannot be erased,
//! so a phone number used as an argument's key must not appear in it; the encrypted details have the full names.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::event::{ArgumentRecord, EventKind, OverlapRecord};
use ombud_core::{Action, DataType, Detection, Origin, Policy};
use ombud_detect::Detector;
use ombud_detect::mask::Minted;

use crate::attribute::decoded::decoded;

/// A key with at least this many digits is a number that identifies something, not a position in a list.
const NUMBER: usize = 6;

/// The longest name of an argument, in characters; anything longer is treated as text.
const LONGEST: usize = 64;

/// Cleans names for records.
pub(crate) struct Names<'a> {
    detector: &'a Detector,
    /// What the tokens of the conversation stand for: some names are recognised only by the conversation, not by their
    /// form.
    minted: Option<&'a Minted>,
    /// Path segments checked so far; those that reveal something have a number.
    seen: BTreeMap<String, Option<usize>>,
    number: usize,
}

/// An event with its names cleaned, as it may be kept for good.
pub(crate) fn told(detector: &Detector, minted: Option<&Minted>, mut kind: EventKind) -> EventKind {
    let mut names = Names { detector, minted, seen: BTreeMap::new(), number: 0 };
    match &mut kind {
        EventKind::ToolIntent { tool, arguments, .. } => {
            names.name(tool);
            names.arguments(arguments);
        }
        EventKind::ToolCall(record) => {
            names.name(&mut record.tool);
            names.arguments(&mut record.arguments);
        }
        EventKind::ToolResult(record) => names.name(&mut record.tool),
        EventKind::ToolNotice(record) => record.tool.iter_mut().for_each(|tool| names.name(tool)),
        EventKind::Request(record) => record.headers.iter_mut().for_each(|header| names.name(header)),
        EventKind::AnswerNotice(record) => {
            record.found.iter_mut().for_each(|found| names.origins(&mut found.overlaps));
        }
        EventKind::MemoryAccess(record) => record.collection.iter_mut().for_each(|name| names.name(name)),
        EventKind::SourcesDeclared { sources } => {
            for source in sources.iter_mut() {
                names.origin(&mut source.origin);
            }
        }
        _ => {}
    }
    kind
}

/// Whether a record, as an earlier version may have written it, names somebody in clear text.
pub fn gives_away(detector: &Detector, kind: &EventKind) -> bool {
    told(detector, None, kind.clone()) != *kind
}

/// A name without the personal data and secrets in it.
pub(crate) fn plain(detector: &Detector, name: &str) -> String {
    let mut name = name.to_owned();
    Names { detector, minted: None, seen: BTreeMap::new(), number: 0 }.name(&mut name);
    name
}

/// Paths into arguments, as they appear in records.
pub(crate) fn paths(detector: &Detector, minted: &Minted, paths: &[String]) -> Vec<String> {
    let mut names = Names { detector, minted: Some(minted), seen: BTreeMap::new(), number: 0 };
    paths.iter().map(|path| names.path(path)).collect()
}

/// What the default policy would mask: even what an operator lets leave must not be kept for good.
fn found(detector: &Detector, text: &str) -> Vec<Detection> {
    detector.detect(text).into_iter().filter(masked).collect()
}

fn masked(found: &Detection) -> bool {
    let policy = Policy::default();
    found.score >= policy.min_score && policy.action_on(found) != Action::Allow
}

fn hidden(detector: &Detector, text: &str) -> Option<DataType> {
    decoded(text).iter().find_map(|text| Some(found(detector, text).first()?.kind))
}

impl Names<'_> {
    /// `13970834512-notes` becomes `[PHONE]-notes`.
    fn name(&self, name: &mut String) {
        // An identifier (`x-jarvis-agent`) is not a sentence that names somebody.
        let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        let spans: Vec<_> = if word {
            self.parts(name)
        } else {
            found(self.detector, name).into_iter().map(|found| (found.span, found.kind)).collect()
        };
        for (span, kind) in spans.into_iter().rev() {
            name.replace_range(span, &format!("[{}]", kind.tag()));
        }
        if let Some(kind) = hidden(self.detector, name) {
            *name = format!("[{}]", kind.tag());
        }
    }

    /// Values that form a part of a name by themselves: `user-13970834512`, which in running text would be taken for an id.
    fn parts(&self, name: &str) -> Vec<(Range<usize>, DataType)> {
        let formed: Vec<_> = self.detector.detect_formed(name).into_iter().filter(masked).collect();
        if !formed.is_empty() {
            return formed.into_iter().map(|found| (found.span, found.kind)).collect();
        }
        let (mut found, mut at) = (Vec::new(), 0);
        for part in name.split(|ch: char| "-_./".contains(ch)) {
            let whole = |found: &Detection| found.span == (0..part.len());
            let formed =
                self.detector.detect_formed(part).into_iter().find(|found| whole(found) && masked(found));
            found.extend(formed.map(|formed| (at..at + part.len(), formed.kind)));
            at += part.len() + 1;
        }
        found
    }

    fn origin(&self, origin: &mut Origin) {
        if let Origin::Tool { name: Some(name), .. }
        | Origin::Memory { name: Some(name) }
        | Origin::Retrieved { source: Some(name) } = origin
        {
            self.name(name);
        }
    }

    fn origins(&self, overlaps: &mut [OverlapRecord]) {
        for overlap in overlaps.iter_mut() {
            self.origin(&mut overlap.origin);
        }
    }

    fn arguments(&mut self, arguments: &mut [ArgumentRecord]) {
        for argument in arguments {
            self.origins(&mut argument.overlaps);
            argument.path = self.path(&argument.path);
        }
    }

    fn path(&mut self, path: &str) -> String {
        path.split('/').map(|segment| self.segment(segment)).collect::<Vec<_>>().join("/")
    }

    /// A segment of a path; replaced by `#0`, `#1`, … in order where it reveals something about somebody.
    fn segment(&mut self, segment: &str) -> String {
        let number = if let Some(number) = self.seen.get(segment) {
            *number
        } else {
            let number = self.tells(&segment.replace("~1", "/").replace("~0", "~")).then_some(self.number);
            self.number += usize::from(number.is_some());
            self.seen.insert(segment.to_owned(), number);
            number
        };
        number.map_or_else(|| segment.to_owned(), |number| format!("#{number}"))
    }

    fn tells(&self, key: &str) -> bool {
        let known = |value: &str| key == value || (value.chars().count() > 3 && key.contains(value));
        key.bytes().filter(u8::is_ascii_digit).count() >= NUMBER
            || key.chars().nth(LONGEST).is_some()
            || !found(self.detector, key).is_empty()
            || hidden(self.detector, key).is_some()
            || self.minted.is_some_and(|minted| minted.iter().any(|(_, value)| known(value)))
    }
}

/// Whether a path from a record matches this full path; a `#` segment matches anything.
pub fn is_path(recorded: &str, full: &str) -> bool {
    let (mut recorded, mut full) = (recorded.split('/'), full.split('/'));
    loop {
        match (recorded.next(), full.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other || one.starts_with('#') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use ombud_detect::Options;

    use super::*;

    fn paths(given: &[&str]) -> Vec<String> {
        let detector = Detector::new(&Options::default());
        let mut names = Names { detector: &detector, minted: None, seen: BTreeMap::new(), number: 0 };
        let record =
            |path: &&str| ArgumentRecord { path: (*path).to_owned(), part: None, overlaps: Vec::new() };
        let mut records: Vec<_> = given.iter().map(record).collect();
        names.arguments(&mut records);
        records.into_iter().map(|record| record.path).collect()
    }

    #[test]
    fn a_key_that_says_something_about_somebody_is_a_number_in_a_path() {
        let given = [
            "/contacts/anna.berg@example.com/note",
            "/contacts/13970834512",
            "/contacts/anna.berg@example.com/to/0",
            "/张伟",
            "/accounts/8812047733",
            "/MTM5NzA4MzQ1MTIgaXMgaGVyIHBob25l",
        ];
        let told = paths(&given);
        assert_eq!(
            told,
            ["/contacts/#0/note", "/contacts/#1", "/contacts/#0/to/0", "/#2", "/accounts/#3", "/#4"]
        );
        assert!(told.iter().zip(given).all(|(told, full)| is_path(told, full)));
        assert!(!is_path("/contacts/#0", "/contacts/a/b") && !is_path("/to", "/cc"));
        for path in [
            "",
            "/to/0",
            "/body/x~1y",
            "/收件人",
            "/customer_name",
            "/shippingAddress/line1",
            "/x-user-id",
            "/q",
        ] {
            assert_eq!(paths(&[path]), [path]);
        }
    }

    #[test]
    fn what_only_the_conversation_makes_a_name_is_known_by_its_token() {
        let (detector, mut minted) = (Detector::new(&Options::default()), Minted::default());
        minted.token(DataType::Person, "xbqz", true, &|_, _, _| [1; 5]);
        let record = ArgumentRecord { path: "/for/xbqz".into(), part: None, overlaps: Vec::new() };
        let intent = |arguments| EventKind::ToolIntent {
            tool: "look_up".into(),
            call: None,
            complete: true,
            decision: "release".into(),
            effect: None,
            arguments,
            weighed: None,
        };
        let kind = intent(vec![record.clone()]);
        assert_eq!(told(&detector, None, kind.clone()), kind);
        assert!(!gives_away(&detector, &kind));
        let mail = ArgumentRecord { path: "/for/anna.berg@example.com".into(), ..record.clone() };
        let before = intent(vec![mail]);
        assert!(gives_away(&detector, &before) && !gives_away(&detector, &told(&detector, None, before)));
        let record = ArgumentRecord { path: "/for/#0".into(), ..record };
        assert_eq!(told(&detector, Some(&minted), kind), intent(vec![record]));
    }

    #[test]
    fn names_of_tools_stay_and_what_is_personal_in_one_does_not() {
        let detector = Detector::new(&Options::default());
        assert_eq!(plain(&detector, "13970834512-notes"), "[PHONE]-notes");
        assert_eq!(plain(&detector, "user-13970834512"), "user-[PHONE]");
        for name in [
            "send_mail",
            "get_weather",
            "createIssue",
            "mcp__github__create_pull_request",
            "查询订单",
            "read_contacts",
            "Bash",
            "WebFetch",
            "tools/call",
            "resources/read",
            "x-user-email",
            "x-jarvis-agent",
            "list_invoices_v2",
            "notion-search",
            "browser_navigate",
            "puppeteer_screenshot",
            "transfer_money",
            "发送邮件",
            "获取天气",
            "jira_get_issue",
            "cookie",
        ] {
            assert_eq!(plain(&detector, name), name);
        }
    }
}
