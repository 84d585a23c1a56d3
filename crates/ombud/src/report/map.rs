//! The flow map, for people.

mod mermaid;
mod svg;

use ombud_core::flow::{Amount, Recipient, RecipientKind};
use ombud_core::{DataCategory, Lang, Say, say};

pub(crate) use mermaid::mermaid;
pub(crate) use svg::svg;

use super::View;

/// One block per recipient: what it is, where it is, what it receives and which lines show it.
pub(crate) fn text(view: &View<'_>) -> String {
    let lang = view.lang;
    let mut lines: Vec<String> = Vec::new();
    for (recipient, flow) in &view.report.flow.recipients {
        let (name, kind, country) = (&recipient.name, kind(recipient.kind, lang), country(recipient, lang));
        lines.push(say!(lang, en: "{name} ({kind}, {country})", zh: "{name}（{kind}，{country}）"));
        for (category, amount) in &flow.data {
            let (id, what) = (category.id(), category.say(lang));
            let masked = if amount.clear == 0 && amount.masked > 0 {
                say!(lang, en: ", masked", zh: "，已脱敏")
            } else {
                String::new()
            };
            let at = flow.shown.get(category).map(|at| at.iter().cloned().collect::<Vec<_>>().join(", "));
            let at = at.unwrap_or_default();
            lines.push(
                say!(lang, en: "  ← {what} [{id}]{masked}  {at}", zh: "  ← {what} [{id}]{masked}  {at}"),
            );
        }
        if flow.data.is_empty() {
            let at = flow.evidence.iter().cloned().collect::<Vec<_>>().join(", ");
            lines.push(say!(lang, en: "  ← nothing personal, as far as the code shows  {at}", zh: "  ← 代码中看不出有个人信息  {at}"));
        }
    }
    if lines.is_empty() {
        lines.push(say!(lang, en: "No recipient was found in code that can run.", zh: "在可执行的代码中没有发现任何接收方。"));
    }
    if !view.report.gaps.is_empty() {
        let count = view.report.gaps.len();
        lines.push(say!(lang, en: "{count} item(s) were not checked; `ombud check` lists them.", zh: "有 {count} 项没有检查；`ombud check` 会逐一列出。"));
    }
    lines.join("\n")
}

/// What a recipient is, for people.
pub(crate) fn kind(kind: RecipientKind, lang: Lang) -> String {
    match kind {
        RecipientKind::Provider => say!(lang, en: "model provider", zh: "模型服务商"),
        RecipientKind::Store => say!(lang, en: "store", zh: "存储"),
        RecipientKind::Tool => say!(lang, en: "tool", zh: "工具"),
        RecipientKind::Host => say!(lang, en: "host", zh: "主机"),
    }
}

/// Where a recipient is.
pub(super) fn country(recipient: &Recipient, lang: Lang) -> String {
    match recipient.country.as_str() {
        "unknown" => say!(lang, en: "country unknown", zh: "国家或地区不明"),
        known => crate::document::one_line(known),
    }
}

/// A category and whether all of it is masked.
pub(super) fn carried(category: DataCategory, amount: Amount, lang: Lang) -> String {
    let what = category.say(lang);
    if amount.clear == 0 && amount.masked > 0 {
        return say!(lang, en: "{what} (masked)", zh: "{what}（已脱敏）");
    }
    what
}

#[cfg(test)]
mod tests {
    use ombud_check::Report;
    use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity, Step};
    use ombud_core::flow::FlowMap;

    use super::*;

    const HOSTILE: &str = "a\"]</text></title><script>alert(1)</script><img src=x onerror='y'>\u{202e}";

    /// A report in which everything that a third party can name is hostile.
    fn hostile() -> Report {
        let mut flow = FlowMap::default();
        let who = Recipient {
            kind: RecipientKind::Host,
            name: HOSTILE.into(),
            country: HOSTILE.into(),
            inspected: false,
        };
        let to = flow.to(who);
        to.data.insert(DataCategory::CommChat, Amount { masked: 0, clear: 1 });
        to.shown_by(HOSTILE);
        let place = Place { path: HOSTILE.into(), line: 1, span: 0..HOSTILE.len() };
        let step = Step { place: place.clone(), function: HOSTILE.into() };
        let finding = Finding {
            rule: RuleId("untrusted-to-exec"),
            severity: Severity::Error,
            confidence: Confidence::High,
            place,
            subject: HOSTILE.into(),
            message: Bilingual::new(HOSTILE, HOSTILE),
            path: vec![step.clone(), step],
            fingerprint: String::new(),
        };
        let file = ombud_check::facts::File { path: HOSTILE.into(), text: HOSTILE.into() };
        Report { findings: vec![finding], flow, files: vec![file], ..Report::default() }
    }

    #[test]
    fn pictures_and_pages_hold_nothing_that_runs() {
        let report = hostile();
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        for lang in [Lang::En, Lang::Zh] {
            let view = View { report: &report, lang, detector: &detector };
            for page in [svg(&view), crate::report::html::text(&view), mermaid(&view)] {
                assert!(
                    !page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'),
                    "{page}"
                );
                assert!(page.contains("alert(1)"), "what was named is shown");
            }
            // A label ends only at its own quote: four quotes on each of the two lines.
            assert_eq!(mermaid(&view).matches('"').count(), 8);
            let picture = svg(&view);
            assert_eq!(picture.matches("<title").count() + picture.matches("</title>").count(), 2);
            assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
            assert!(!picture.contains("href") && !picture.contains("url("));
        }
    }

    #[test]
    fn an_empty_map_is_still_a_picture() {
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        let view = View { report: &Report::default(), lang: Lang::En, detector: &detector };
        assert!(svg(&view).starts_with("<svg ") && svg(&view).contains("No recipient was found"));
        assert!(mermaid(&view).starts_with("flowchart LR\n"));
    }
}
