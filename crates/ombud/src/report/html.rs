//! For people, as one page: no scripts, no external resources, all text escaped.

use ombud_core::finding::{Finding, Severity};
use ombud_core::{Lang, Say, say};

use super::excerpt::excerpt;
use super::map::{carried, country, kind};
use super::{View, gap, message, severity, unknown};
use crate::document::{Part, hidden, html, one_line};

/// The report.
pub(crate) fn text(view: &View<'_>) -> String {
    let lang = view.lang;
    let title = say!(lang, en: "What ombud check found", zh: "ombud check 检查结果");
    let mut parts = vec![Part::Heading(1, title.clone()), Part::Text(summary(view))];
    parts.extend(view.report.findings.iter().flat_map(|finding| one(view, finding)));
    parts.extend(flow(view));
    parts.extend(waived(view));
    parts.extend(gaps(view));
    parts.push(Part::Text(say!(lang,
        en: "A check that found nothing is no proof. See how the agent behaves: `ombud run -- CMD` and `ombud attack -- CMD`.",
        zh: "没有发现问题不等于证明安全。请查看实际表现：`ombud run -- 命令` 和 `ombud attack -- 命令`。")));
    html(&title, &parts, lang)
}

fn summary(view: &View<'_>) -> String {
    let (lang, report) = (view.lang, view.report);
    let [errors, warnings, notes] =
        [Severity::Error, Severity::Warning, Severity::Info].map(|level| view.count(level));
    let (files, understood, known) = (report.files.len(), report.understood, report.known.len());
    let counted = say!(lang,
        en: "{errors} error(s), {warnings} warning(s), {notes} note(s) in {files} file(s); the flow of data was followed in {understood}.",
        zh: "{files} 个文件中有 {errors} 个错误、{warnings} 个警告、{notes} 个提示；其中 {understood} 个文件分析了数据流。");
    match known {
        0 if report.saw_nothing() => format!("{counted} {}", unknown(report, lang)),
        0 => counted,
        _ => {
            say!(lang, en: "{counted} {known} finding(s) are in the baseline.", zh: "{counted}基线中已有 {known} 个问题。")
        }
    }
}

/// One finding: what and where, then the harm, the path to it and what to do.
fn one(view: &View<'_>, finding: &Finding) -> Vec<Part> {
    let lang = view.lang;
    let (level, what) = (severity(finding.severity, lang), one_line(&message(finding, lang)));
    let (rule, path, line) = (finding.rule.0, one_line(&finding.place.path), finding.place.line);
    let known = if view.report.is_new(finding) {
        String::new()
    } else {
        say!(lang, en: " (in the baseline)", zh: "（已在基线中）")
    };
    let mut parts = vec![
        Part::Heading(2, say!(lang, en: "{level}: {what}{known}", zh: "{level}：{what}{known}")),
        Part::Text(format!("`{path}:{line}` · {rule}")),
    ];
    parts.extend(shown(view, finding));
    let known = ombud_check::advice(finding);
    let mut items: Vec<String> =
        known.map(|known| labelled(&harm(lang), &known.harm.say(lang), lang)).into_iter().collect();
    items.extend(
        super::way(finding, lang).map(|way| labelled(&say!(lang, en: "Path", zh: "路径"), &way, lang)),
    );
    items.extend(known.map(|known| labelled(&say!(lang, en: "Fix", zh: "修复"), &known.fix.say(lang), lang)));
    parts.push(Part::List(items));
    parts
}

fn harm(lang: Lang) -> String {
    say!(lang, en: "Harm", zh: "危害")
}

fn labelled(label: &str, text: &str, lang: Lang) -> String {
    say!(lang, en: "{label}: {text}", zh: "{label}：{text}")
}

/// The lines of the source, secrets hidden.
fn shown(view: &View<'_>, finding: &Finding) -> Option<Part> {
    let text = view.source(&finding.place.path)?;
    let found = excerpt(text, finding.place.span.clone(), view.detector)?;
    let lines =
        found.text.lines().enumerate().map(|(i, line)| format!("{:>5}  {line}", found.first_line + i));
    Some(Part::Source(visible(&lines.collect::<Vec<_>>().join("\n"))))
}

/// Makes hidden characters in the source visible.
fn visible(text: &str) -> String {
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

fn flow(view: &View<'_>) -> Vec<Part> {
    let lang = view.lang;
    let head = say!(lang, en: "Data flow", zh: "数据流向");
    let columns = [
        say!(lang, en: "recipient", zh: "接收方"),
        say!(lang, en: "what it is", zh: "类型"),
        say!(lang, en: "country", zh: "国家或地区"),
        say!(lang, en: "what it receives", zh: "收到的内容"),
        say!(lang, en: "where the code shows it", zh: "代码位置"),
    ];
    let rows: Vec<Vec<String>> = view
        .report
        .flow
        .recipients
        .iter()
        .map(|(who, flow)| {
            let data: Vec<String> =
                flow.data.iter().map(|(category, amount)| carried(*category, *amount, lang)).collect();
            let at: Vec<String> = flow.evidence.iter().map(|at| one_line(at)).collect();
            vec![
                one_line(&who.name),
                kind(who.kind, lang),
                country(who, lang),
                data.join("; "),
                at.join(", "),
            ]
        })
        .collect();
    if rows.is_empty() {
        Vec::new()
    } else {
        vec![Part::Heading(2, head), Part::Table(columns.to_vec(), rows)]
    }
}

fn waived(view: &View<'_>) -> Vec<Part> {
    let lang = view.lang;
    let items: Vec<String> =
        view.report.waived.iter().map(|waived| one_line(&super::waived(waived, lang))).collect();
    section(say!(lang, en: "Waived", zh: "已豁免"), items)
}

fn gaps(view: &View<'_>) -> Vec<Part> {
    let lang = view.lang;
    let items: Vec<String> = view.report.gaps.iter().map(|one| one_line(&gap(one, lang))).collect();
    section(say!(lang, en: "Not checked", zh: "没有检查的部分"), items)
}

fn section(head: String, items: Vec<String>) -> Vec<Part> {
    if items.is_empty() { Vec::new() } else { vec![Part::Heading(2, head), Part::List(items)] }
}
