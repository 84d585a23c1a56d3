//! The hand-labelled real texts: their format, and that the detector's performance on them does not drop.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use ombud_core::DataType;
use ombud_detect::Detector;
use serde::Deserialize;

const ZH: &str = include_str!("real/zh_real_dev.jsonl");
const EN: &str = include_str!("real/en_real_dev.jsonl");
const ZH_OWN: &str = include_str!("real/zh_own_dev.jsonl");
const EN_OWN: &str = include_str!("real/en_own_dev.jsonl");
const README: &str = include_str!("real/README.md");

const STYLES: &[&str] = &[
    "chat",
    "dev-log",
    "diary",
    "essay",
    "fiction",
    "forum",
    "letter",
    "microblog",
    "news",
    "official",
    "reference",
    "speech",
    "tweet",
];
const LICENCES: &[&str] = &["Apache-2.0", "BSD-3-Clause", "MIT", "PostgreSQL", "public-domain"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    text: String,
    entities: Vec<Entity>,
    source: String,
    style: String,
    licence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entity {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

fn rows(set: &str) -> Vec<Row> {
    let rows: Vec<Row> = set.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(rows.len(), set.lines().count(), "rows of another form");
    rows
}

#[test]
fn every_row_has_the_form() {
    for set in [ZH, EN] {
        let rows = rows(set);
        assert!(rows.len() >= 500, "{} rows", rows.len());
        let without = rows.iter().filter(|row| row.entities.is_empty()).count();
        assert!(without * 5 >= rows.len(), "only {without} rows without an entity");
        let styles: HashSet<&str> = rows.iter().map(|row| row.style.as_str()).collect();
        assert!(styles.len() >= 5, "{styles:?}");
        for row in &rows {
            check(row);
        }
    }
}

#[test]
fn our_own_sets_have_the_form_and_enough_of_each_style() {
    for (set, styles) in [(ZH_OWN, &["news", "microblog", "chat"][..]), (EN_OWN, &["tweet"])] {
        let rows = rows(set);
        for style in styles {
            assert!(rows.iter().filter(|row| row.style == *style).count() >= 60, "{style}");
        }
        let without = rows.iter().filter(|row| row.entities.is_empty()).count();
        assert!(without * 8 >= rows.len(), "only {without} rows without an entity");
        rows.iter().for_each(check);
    }
}

fn check(row: &Row) {
    let Row { id, text, entities, source, style, licence } = row;
    assert!(
        STYLES.contains(&style.as_str()) && LICENCES.contains(&licence.as_str()),
        "{id}: {style}, {licence}"
    );
    let title = match source.split_once('《') {
        Some((_, title)) => title.split('》').next(),
        None => source.split(',').next(),
    };
    assert!(title.is_some_and(|title| README.contains(title)), "{id}: the README does not name {source}");
    let chars: Vec<char> = text.chars().collect();
    let mut done = 0;
    for entity in entities {
        assert!(done <= entity.start && entity.start < entity.end && entity.end <= chars.len(), "{id}");
        assert!(DataType::from_name(&entity.kind).is_some(), "{id}: {}", entity.kind);
        let span = &chars[entity.start..entity.end];
        assert!(!span[0].is_whitespace() && !span[span.len() - 1].is_whitespace(), "{id}");
        done = entity.end;
    }
}

#[test]
fn no_row_occurs_twice() {
    let (mut ids, mut texts) = (HashSet::new(), HashSet::new());
    for row in [ZH, EN, ZH_OWN, EN_OWN].into_iter().flat_map(rows) {
        assert!(ids.insert(row.id.clone()), "{}", row.id);
        let plain: String = row.text.chars().filter(|c| c.is_alphanumeric()).collect();
        assert!(texts.insert(plain), "{}", row.id);
    }
}

/// The harmonic mean of the share of labelled names that are found and the share of reported names that are right. A
/// value counts if half of its characters are covered by the other side.
fn person_f1(set: &str) -> f64 {
    let detector = Detector::default();
    let (mut found, mut labelled, mut right, mut reported) = (0_u32, 0_u32, 0_u32, 0_u32);
    for row in rows(set) {
        let name = DataType::Person.name();
        let gold: Vec<Range<usize>> =
            row.entities.iter().filter(|e| e.kind == name).map(|e| e.start..e.end).collect();
        let chars = char_offsets(&row.text);
        let seen: Vec<Range<usize>> = detector
            .detect(&row.text)
            .iter()
            .filter(|d| d.kind == DataType::Person)
            .map(|d| chars[&d.span.start]..chars[&d.span.end])
            .collect();
        found += covered(&gold, &seen);
        labelled += count(&gold);
        right += covered(&seen, &gold);
        reported += count(&seen);
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
    let (recall, precision) = (share(found, labelled), share(right, reported));
    2.0 * recall * precision / (recall + precision)
}

fn char_offsets(text: &str) -> BTreeMap<usize, usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).enumerate().map(|(n, at)| (at, n)).collect()
}

fn covered(spans: &[Range<usize>], by: &[Range<usize>]) -> u32 {
    let inside = |at: usize| by.iter().any(|range| range.contains(&at));
    let half = |span: &&Range<usize>| (*span).clone().filter(|at| inside(*at)).count() * 2 >= span.len();
    spans.iter().filter(half).map(|_| 1).sum()
}

fn count(spans: &[Range<usize>]) -> u32 {
    spans.iter().map(|_| 1).sum()
}

/// Minimum scores, a little below the last measured ones; `cargo xtask eval` prints the figures.
#[test]
fn names_in_real_text_are_found_as_well_as_before() {
    for (name, set, floor) in
        [("zh_real", ZH, 0.74), ("en_real", EN, 0.84), ("zh_own", ZH_OWN, 0.84), ("en_own", EN_OWN, 0.80)]
    {
        let reached = person_f1(set);
        assert!(reached > floor, "{name}: PERSON F1 fell to {reached:.3}");
    }
}
