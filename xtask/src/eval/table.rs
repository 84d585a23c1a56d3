//! The page that `eval` writes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Row, Score};

/// Types with a checksum or a fixed format, which the deterministic tier must find.
const FORMATTED: &[&str] = &[
    "PHONE",
    "EMAIL",
    "CARD",
    "CN_ID",
    "SSN",
    "PASSPORT",
    "PERMIT",
    "HK_ID",
    "PLATE",
    "USCC",
    "WECHAT",
    "QQ",
    "IP",
    "MAC",
    "URL",
    "IBAN",
    "DRIVER_LICENSE",
    "SECRET",
    "DB_URL",
];

/// Types found by the trained tagger; left out of the total of the formatted types.
const LEARNED: &[&str] = &["PERSON", "LOCATION", "ORG"];

/// F1 that the formatted types must reach over all sets.
const TARGET: f64 = 0.97;

/// F1 that names must reach on real text: set, type, target.
const REAL: &[(&str, &str, f64)] = &[("zh_real_dev", "PERSON", 0.85), ("en_real_dev", "PERSON", 0.80)];

const HEAD: &str = "# Detection quality · 检测质量

Made by `cargo xtask eval --data DIR`; do not edit. Two sets are real text, labelled by hand, and two (`own`) are news, posts
and chats that we wrote and labelled, all in `crates/detect/tests/real`; lists of names were extended after the errors on the
latter had been read. The others are synthetic records and prompts from outside this repository. The numbers describe these
sets, not your traffic.

本页由 `cargo xtask eval --data DIR` 生成，请勿手改。其中两个评测集是人工标注的真实文本，另两个（`own`）是我们自己撰写并标注的新闻、帖子和聊天（看过其错误之后扩充过词表），都位于 `crates/detect/tests/real`；
其余是仓库之外的中英文合成数据。数字只说明这些数据上的表现，不代表你的真实流量。

P: share of reported values that are correct (准确率). R: share of labelled values that are found (召回率). A value counts when
at least half of its characters are covered by a report of the same type; *exact* counts only identical spans.
leak: share of labelled characters that no report covers (漏出的字符比例; includes names and addresses). over: share of other
characters that a report covers (误遮的字符比例).

";

const TAIL: &str = "## Reading the numbers · 如何读这些数字

- `en_piianon_dev` leaves many telephone numbers and MAC addresses in its log lines unlabelled, and short made-up `sk-…` keys
  too. Reporting them counts as wrong here. 该集日志行中的许多电话和 MAC 地址没有标注，识别出来会被算作误报。
- `en_presidio_dev` labels bare domain names as URL. Ombud reports a URL only if it carries a login or personal data.
  该集把普通域名标为 URL；Ombud 只报告带登录信息或个人信息的 URL。
- `en_piianon_dev` and `zh_piianon_dev` label only street addresses; reporting a city or country counts as wrong.
  这两个集只标注街道地址，报告城市和国家会被算作误报。
- `en_piianon_dev` labels notaries' licence numbers as DRIVER_LICENSE; those are not reported. A driving licence number
  has no check digit and a different form in each state, so it is reported only next to a word that identifies it.
  该集把公证人执照号标为驾照号，Ombud 不报告；驾照号没有校验位，各地格式不同，只有旁边有相应词语时才报告。

## What is not covered · 尚未覆盖

- Names, addresses and organisations (PERSON, LOCATION, ORG) come from a small trained model: it misses some and reports
  some that are not names. `docs/model-card.md` says what it was trained on and where it is weak; names that you declare are
  always found. 姓名、地址和机构名由一个小模型识别，会有遗漏和误报；训练数据与弱点见 `docs/model-card.md`，你声明过的名字一定会被识别。
- Images, audio and files are not read. 图片、语音和文件不检测。
- Types without a row in a table do not occur in these sets; their recognisers are tested in `crates/detect`.
  表中没有的类型是因为评测集里没有出现，其识别器在 `crates/detect` 中另有测试。
";

/// The whole page, including the chapter on secrets.
pub(super) fn document(scores: &BTreeMap<String, Score>, secrets: &str) -> String {
    let mut text = HEAD.to_owned();
    real_text(scores, &mut text);
    text.push_str("## Formatted types over all sets · 有格式的类型（全部评测集合计）\n\n");
    let _ = writeln!(text, "Target: F1 ≥ {TARGET}.\n");
    text.push_str("| type | labelled | reported | P | R | F1 | |\n|---|--:|--:|--:|--:|--:|---|\n");
    for (name, row) in pooled(scores) {
        let note = if row.f1 < TARGET { "below target" } else { "" };
        let Row { gold, pred, precision, recall, f1, .. } = row;
        let _ =
            writeln!(text, "| {name} | {gold} | {pred} | {precision:.3} | {recall:.3} | {f1:.3} | {note} |");
    }
    for (set, score) in scores {
        let _ = write!(text, "\n## {set}\n\n");
        let _ = writeln!(text, "leak {:.3} · over {:.3}\n", score.micro.leak, score.micro.over);
        text.push_str(
            "| type | labelled | reported | P | R | F1 | exact F1 |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        for (name, row) in by_size(&score.types) {
            let Row { gold, pred, precision, recall, f1, exact_f1, .. } = row;
            let _ = writeln!(
                text,
                "| {name} | {gold} | {pred} | {precision:.3} | {recall:.3} | {f1:.3} | {exact_f1:.3} |"
            );
        }
    }
    text.push_str(secrets);
    text.push('\n');
    text.push_str(TAIL);
    text
}

/// Names in real text, compared with their targets.
fn real_text(scores: &BTreeMap<String, Score>, text: &mut String) {
    text.push_str("## Names in real text · 真实文本中的人名\n\n");
    text.push_str("| set | type | labelled | P | R | F1 | target | |\n|---|---|--:|--:|--:|--:|--:|---|\n");
    for (set, name, target, row) in real(scores) {
        let Row { gold, precision, recall, f1, .. } = row;
        let note = if *f1 < target { "below target" } else { "" };
        let _ = writeln!(
            text,
            "| {set} | {name} | {gold} | {precision:.3} | {recall:.3} | {f1:.3} | {target:.2} | {note} |"
        );
    }
    text.push('\n');
}

fn real(scores: &BTreeMap<String, Score>) -> impl Iterator<Item = (&'static str, &'static str, f64, &Row)> {
    REAL.iter()
        .filter_map(|&(set, name, target)| Some((set, name, target, scores.get(set)?.types.get(name)?)))
}

/// Returns the page with this section on signs in place of the existing one, or before the remarks.
pub(super) fn with_signs(document: &str, section: &str) -> String {
    const REMARKS: &str = "## Reading the numbers";
    let title = section.lines().next().unwrap_or_default();
    let start = document.find(title).or_else(|| document.find(REMARKS)).unwrap_or(document.len());
    let (before, rest) = document.split_at(start);
    let old = if rest.starts_with(title) { rest.find(REMARKS).unwrap_or(rest.len()) } else { 0 };
    format!("{before}{section}{}", rest.get(old..).unwrap_or_default())
}

/// The types that miss their target, one line each.
pub(super) fn below_target(scores: &BTreeMap<String, Score>) -> Vec<String> {
    let line = |name: &str, row: &Row| {
        format!("{name} F1 {:.3} (P {:.3}, R {:.3})", row.f1, row.precision, row.recall)
    };
    let formatted = pooled(scores).into_iter().filter(|(_, row)| row.f1 < TARGET);
    let names = real(scores).filter(|(_, _, target, row)| row.f1 < *target);
    let names = names.map(|(set, name, _, row)| line(&format!("{set} {name}"), row));
    formatted.map(|(name, row)| line(name, &row)).chain(names).collect()
}

/// Whether a type of this name exists on the page.
#[cfg(test)]
pub(super) fn is_type(name: &str) -> bool {
    FORMATTED.contains(&name) || LEARNED.contains(&name)
}

fn by_size(types: &BTreeMap<String, Row>) -> Vec<(&str, &Row)> {
    let mut rows: Vec<_> = types.iter().map(|(name, row)| (name.as_str(), row)).collect();
    rows.sort_by_key(|(name, row)| (LEARNED.contains(name), std::cmp::Reverse(row.gold)));
    rows
}

/// One row per formatted type, over all sets in which it is labelled or reported; hits are added up, not shares.
fn pooled(scores: &BTreeMap<String, Score>) -> Vec<(&'static str, Row)> {
    let pool = |name: &'static str| {
        let rows: Vec<&Row> = scores.values().filter_map(|score| score.types.get(name)).collect();
        let (gold, pred) = rows.iter().fold((0, 0), |(gold, pred), row| (gold + row.gold, pred + row.pred));
        let found: f64 = rows.iter().map(|row| (row.recall * f64::from(row.gold)).round()).sum();
        let right: f64 = rows.iter().map(|row| (row.precision * f64::from(row.pred)).round()).sum();
        let (precision, recall) = (share(right, pred), share(found, gold));
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        (name, Row { gold, pred, precision, recall, f1, ..Row::default() })
    };
    FORMATTED.iter().copied().map(pool).filter(|(_, row)| row.gold > 0).collect()
}

fn share(part: f64, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { part / f64::from(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(rows: &[(&str, &str, u32, u32, f64, f64)]) -> BTreeMap<String, Score> {
        let mut scores: BTreeMap<String, Score> = BTreeMap::new();
        for (set, kind, gold, pred, precision, recall) in rows.iter().copied() {
            let set = scores
                .entry(set.to_owned())
                .or_insert_with(|| Score { micro: Row::default(), types: BTreeMap::new() });
            set.types.insert(kind.to_owned(), Row { gold, pred, precision, recall, ..Row::default() });
        }
        scores
    }

    #[test]
    fn sets_are_pooled_by_hits() {
        let scores = scores(&[("a", "EMAIL", 100, 100, 1.0, 1.0), ("b", "EMAIL", 10, 10, 0.5, 0.5)]);
        let rows = pooled(&scores);
        assert_eq!((rows[0].1.gold, rows[0].1.pred), (110, 110));
        assert!((rows[0].1.f1 - 105.0 / 110.0).abs() < 1e-9);
        assert_eq!(below_target(&scores).len(), 1);
    }

    #[test]
    fn names_in_real_text_have_a_target() {
        let scores =
            scores(&[("zh_real_dev", "PERSON", 10, 10, 0.8, 0.8), ("en_real_dev", "ORG", 9, 9, 0.1, 0.1)]);
        let missed = below_target(&scores);
        assert!(matches!(missed.as_slice(), [line] if line.starts_with("zh_real_dev PERSON")), "{missed:?}");
        assert!(document(&scores, "").contains("| zh_real_dev | PERSON | 10 | 0.800 | 0.800 |"));
    }

    #[test]
    fn the_section_about_signs_is_put_in_once() {
        let document = document(&scores(&[]), "");
        let once = with_signs(&document, "## Signs\n\nfirst run\n\n");
        let twice = with_signs(&once, "## Signs\n\nsecond run\n\n");
        assert!(once.contains("first run") && !twice.contains("first run"));
        assert_eq!(twice.replace("second run", "first run"), once);
        assert!(twice.ends_with(TAIL));
    }

    #[test]
    fn names_are_shown_and_never_pooled() {
        let scores = scores(&[("a", "PERSON", 50, 0, 0.0, 0.0), ("a", "QQ", 5, 5, 1.0, 1.0)]);
        assert!(below_target(&scores).is_empty());
        let text = document(&scores, "");
        assert!(text.contains("| PERSON | 50 | 0 |"), "{text}");
        assert!(text.contains("| QQ | 5 | 5 | 1.000 | 1.000 | 1.000 |  |"), "{text}");
    }
}
