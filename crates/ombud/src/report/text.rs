//! For people: the source, the path to it, the harm, the fix.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ombud_check::{Fix, Safety};
use ombud_core::finding::{Finding, Severity};
use ombud_core::{Lang, Say, say};

use super::excerpt::{Excerpt, excerpt};
use super::{View, gap, message, severity, unknown, waived};
use crate::document::one_line;
use crate::output::Terminal;

/// Gaps that are listed one by one.
const MAX_GAPS: usize = 12;

/// The whole report.
pub(crate) fn text(view: &View<'_>, command: &str, terminal: Terminal) -> String {
    let mut out = String::new();
    for finding in &view.report.findings {
        out.push_str(&one(view, finding));
        out.push_str("\n\n");
    }
    out.push_str(&summary(view, command, terminal));
    out
}

/// One finding.
pub(crate) fn one(view: &View<'_>, finding: &Finding) -> String {
    let lang = view.lang;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let mut name = severity(finding.severity, lang);
    if !view.report.is_new(finding) {
        name = say!(lang, en: "known {name}", zh: "已知{name}");
    }
    let what = message(finding, lang);
    let title = level.with_name(name).primary_title(what).id(finding.rule.0);
    let shown = view
        .source(&finding.place.path)
        .and_then(|text| excerpt(text, finding.place.span.clone(), view.detector));
    let mut group = Group::with_title(title);
    let path = one_line(&finding.place.path);
    if let Some(Excerpt { text, first_line, span }) = shown {
        group = group.element(
            Snippet::source(text)
                .line_start(first_line)
                .path(path)
                .annotation(AnnotationKind::Primary.span(span)),
        );
    }
    let mut groups = vec![group];
    let note =
        |label: String, text: String| Group::with_title(Level::NOTE.with_name(label).secondary_title(text));
    if let Some(way) = super::way(finding, lang) {
        groups.push(note(say!(lang, en: "path", zh: "路径"), way));
    }
    if let Some(advice) = ombud_check::advice(finding) {
        groups.push(note(say!(lang, en: "harm", zh: "危害"), advice.harm.say(lang)));
        groups.push(note(say!(lang, en: "fix", zh: "修复"), advice.fix.say(lang)));
    }
    if let Some(fix) = view.report.fix(finding) {
        groups.push(note(say!(lang, en: "automatic", zh: "自动修复"), by_machine(fix, lang)));
    }
    let text = Renderer::plain().render(&groups);
    // The library puts a Latin colon after the label in front of a line.
    let wide = |text: String, word| text.replace(&format!("\n{word}: "), &format!("\n{word}："));
    ["路径", "危害", "修复", "自动修复"].into_iter().fold(text, wide).trim_end().to_owned()
}

/// The automatic fix, and what to type for it.
fn by_machine(fix: &Fix, lang: Lang) -> String {
    let title = fix.title.say(lang);
    match fix.safety {
        Safety::Safe => say!(lang, en: "{title}: --fix", zh: "{title}：--fix"),
        Safety::Unsafe => {
            say!(lang, en: "{title}: --fix --unsafe-fixes", zh: "{title}：--fix --unsafe-fixes")
        }
    }
}

/// How many findings can be fixed automatically.
fn mendable(view: &View<'_>, command: &str) -> Option<String> {
    let fixes = || view.report.findings.iter().filter_map(|finding| view.report.fix(finding));
    let safe = fixes().filter(|fix| fix.safety == Safety::Safe).count();
    let more = fixes().count() - safe;
    match (safe, more) {
        (0, 0) => None,
        (0, more) => Some(say!(view.lang,
            en: "{more} can be fixed automatically after review: {command} --diff --unsafe-fixes",
            zh: "其中 {more} 个可在查看后自动修复：{command} --diff --unsafe-fixes")),
        (safe, 0) => Some(say!(view.lang,
            en: "{safe} can be fixed automatically: {command} --fix (--diff shows the changes first)",
            zh: "其中 {safe} 个可自动修复：{command} --fix（可先用 --diff 查看）")),
        (safe, more) => Some(say!(view.lang,
            en: "{safe} can be fixed automatically: {command} --fix (--diff shows the changes first); {more} more with --unsafe-fixes",
            zh: "其中 {safe} 个可自动修复：{command} --fix（可先用 --diff 查看）；加上 --unsafe-fixes 可再修复 {more} 个")),
    }
}

fn summary(view: &View<'_>, command: &str, terminal: Terminal) -> String {
    let (lang, report) = (view.lang, view.report);
    let [errors, warnings, notes] =
        [Severity::Error, Severity::Warning, Severity::Info].map(|level| view.count(level));
    let (files, understood) = (report.files.len(), report.understood);
    let mut lines = vec![say!(lang,
        en: "{errors} error(s), {warnings} warning(s), {notes} note(s) in {files} file(s); the flow of data was followed in {understood}.",
        zh: "{files} 个文件中有 {errors} 个错误、{warnings} 个警告、{notes} 个提示；其中 {understood} 个文件分析了数据流。")];
    lines.extend(mendable(view, command));
    let known = report.known.len();
    if known > 0 {
        lines.push(say!(lang, en: "{known} finding(s) are in the baseline and do not count.", zh: "基线中已有 {known} 个问题，不计入判定。"));
    }
    for one in &report.waived {
        let text = waived(one, lang);
        lines.push(say!(lang, en: "waived: {text}", zh: "已豁免：{text}"));
    }
    if !report.gaps.is_empty() {
        lines.push(say!(lang, en: "Not checked:", zh: "没有检查的部分："));
        lines.extend(report.gaps.iter().take(MAX_GAPS).map(|one| format!("  {}", gap(one, lang))));
        let more = report.gaps.len().saturating_sub(MAX_GAPS);
        if more > 0 {
            lines.push(say!(lang, en: "  and {more} more (--format json shows all)", zh: "  另有 {more} 项（--format json 可查看全部）"));
        }
    }
    lines.push(next(view));
    terminal.carried(&lines.join("\n"))
}

fn next(view: &View<'_>) -> String {
    let lang = view.lang;
    match view.report.findings.first() {
        Some(finding) => {
            let rule = finding.rule.0;
            say!(lang, en: "More about the first: ombud explain {rule}", zh: "第一条的详细说明：ombud explain {rule}")
        }
        None if view.report.saw_nothing() => unknown(view.report, lang),
        None if !view.report.known.is_empty() => {
            say!(lang, en: "Nothing new was found. Without --new-only the known ones are shown too", zh: "没有新问题。去掉 --new-only 可同时查看已知问题")
        }
        None => say!(lang,
            en: "Nothing was found. That is no proof: see how the agent behaves with ombud run -- CMD and ombud attack -- CMD",
            zh: "没有发现问题。但这不等于证明安全：请用 ombud run -- 命令 和 ombud attack -- 命令 看它的实际表现"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Spoken;

    #[test]
    fn a_folder_without_anything_to_read_is_not_called_clean() {
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        let told = |report: &ombud_check::Report, lang| {
            text(&View { report, lang, detector: &detector }, "ombud check", Terminal::new(lang, false))
        };
        let nothing = ombud_check::Report::default();
        assert!(told(&nothing, Lang::En).ends_with("ombud check PATH"));
        assert!(told(&nothing, Lang::Zh).contains("无法得出结论"));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.py"), "print(1)\n").unwrap();
        let providers = ombud_check::Providers::default();
        let options = ombud_check::Options::default();
        let clean = ombud_check::check(dir.path(), &providers, &detector, &options).unwrap();
        assert!(told(&clean, Lang::En).contains("That is no proof"));
    }

    #[test]
    fn the_next_command_stays_in_the_language() {
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("a.py"),
            "import requests\nrequests.get(\"https://example.com\", verify=False)\n",
        )
        .unwrap();
        let providers = ombud_check::Providers::default();
        let report =
            ombud_check::check(dir.path(), &providers, &detector, &ombud_check::Options::default()).unwrap();
        let view = View { report: &report, lang: Lang::Zh, detector: &detector };
        let spoken = |told| Terminal::of(Spoken { lang: Lang::Zh, told }, false);
        let rule = report.findings[0].rule.0;
        assert!(
            text(&view, "ombud check", spoken(true)).ends_with(&format!("：ombud --lang zh explain {rule}"))
        );
        assert!(text(&view, "ombud check", spoken(false)).ends_with(&format!("：ombud explain {rule}")));
    }
}
