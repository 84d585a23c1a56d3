//! What rules found in an answer, in a trace.

use anyhow::Result;
use ombud_core::event::{AnswerFinding, AnswerNoticeRecord};
use ombud_core::gate::{quoted, told_rule};
use ombud_core::{Say, say};
use serde::Serialize;
use serde_json::Value;

use super::print::{by, clean};
use crate::output::Terminal;

/// Values printed for each finding.
const MOST_VALUES: usize = 8;

/// What one rule found.
#[derive(Debug, Serialize)]
pub(super) struct NoticeTrace {
    #[serde(flatten)]
    pub(super) record: AnswerFinding,
    /// What it is about: an address, or values; empty if that was erased.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<String>,
}

/// The findings of a record. What they are about is in the encrypted details.
pub(super) fn noticed(record: &AnswerNoticeRecord, details: Option<&[u8]>) -> Vec<NoticeTrace> {
    let details: Vec<Value> =
        details.and_then(|details| serde_json::from_slice(details).ok()).unwrap_or_default();
    let of = |(at, found): (usize, &AnswerFinding)| {
        let values = details.get(at).map(values).unwrap_or_default();
        NoticeTrace { record: found.clone(), values }
    };
    record.found.iter().enumerate().map(of).collect()
}

fn values(details: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let address = details.get("address").and_then(text);
    let listed = details.get("values").and_then(Value::as_array);
    address.into_iter().chain(listed.into_iter().flatten().filter_map(text)).collect()
}

pub(super) fn print(noticed: &[NoticeTrace], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    if !noticed.is_empty() {
        terminal.out(&say!(lang, en: "Noticed in the response:", zh: "回答中发现："))?;
    }
    for notice in noticed {
        let what = clean(&told_rule(&notice.record.rule, &notice.record.decision, lang));
        let values: Vec<String> = notice.values.iter().take(MOST_VALUES).map(|value| quoted(value)).collect();
        let values = values.join(" ");
        terminal.out(format!("  {what} {values}").trim_end())?;
        for overlap in &notice.record.overlaps {
            let (slot, origin, by) = (overlap.slot, clean(&overlap.origin.say(lang)), by(&overlap.by, lang));
            terminal.out(&say!(lang,
                en: "    overlaps with {slot} ({origin}), {by}",
                zh: "    与 {slot}（{origin}）重合，{by}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn findings_get_what_they_are_about_and_live_without_it() {
        let found = |rule: &str| AnswerFinding {
            rule: rule.to_owned(),
            decision: "would_ask".to_owned(),
            form: "text".to_owned(),
            carries: Vec::new(),
            overlaps: Vec::new(),
        };
        let record = AnswerNoticeRecord {
            found: vec![found("answer.link_data"), found("answer.others"), found("answer.prompt")],
            more: 0,
        };
        let details = json!([{ "address": "https://x.example/?a" }, { "values": ["a@x.example", "b@x.example", 3] }, {}]);
        let of = |details: Option<&[u8]>| {
            noticed(&record, details).into_iter().map(|notice| notice.values).collect::<Vec<_>>()
        };
        let about = of(Some(details.to_string().as_bytes()));
        assert_eq!(about, [vec!["https://x.example/?a"], vec!["a@x.example", "b@x.example"], vec![]]);
        assert!(of(None).iter().all(Vec::is_empty) && of(Some(b"not json")).len() == 3);
    }
}
