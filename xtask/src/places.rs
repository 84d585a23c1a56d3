//! `cargo xtask places --data DIR`: the automaton of Chinese place names that the address recogniser reads.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::term;
use crate::workspace::Workspace;

/// Path of the automaton.
const AUTOMATON: &str = "crates/detect/model/places.fst";

/// Words for kinds of places, from the province down to the township.
const KINDS: &[&str] = &[
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "街道",
    "省",
    "市",
    "区",
    "县",
    "旗",
    "盟",
    "镇",
    "乡",
    "苏木",
];
/// Words that end like a place name but are none.
const WORDS: &[&str] = &[
    "开发区",
    "工业区",
    "商业区",
    "风景区",
    "生活区",
    "保护区",
    "示范区",
    "管理区",
    "行政区",
    "度假区",
    "住宅区",
    "大城市",
    "小城镇",
    "自治区",
    "经济区",
];
/// After one of these characters, 县 is an ordinary word and not part of a name.
const BEFORE_COUNTY: &str = "上下中东西南北各全外大旧新古山地府赤五同微深镇";

/// Reads the list of places and writes the automaton.
pub(crate) fn run(workspace: &Workspace, data: &Path) -> Result<ExitCode> {
    let list = data.join("train/gaz/zh_place.txt");
    let text = fs::read_to_string(&list).with_context(|| format!("{} cannot be read", list.display()))?;
    let places: HashSet<&str> = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    // Reversed, as the automaton is read from the last character; 0 for a name with its kind of place, 1 for one without.
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    names.extend(places.iter().filter(|name| is_short(name, &places)).map(|name| (reversed(name), 1)));
    names.extend(places.iter().filter(|name| is_full(name)).map(|name| (reversed(name), 0)));
    let automaton =
        fst::Map::from_iter(names.iter().map(|(name, form)| (name, *form)))?.into_fst().into_inner();
    fs::write(workspace.path(AUTOMATON), &automaton)?;
    term::line(&format!("written: {AUTOMATON}, {} names, {} bytes", names.len(), automaton.len()));
    Ok(ExitCode::SUCCESS)
}

fn reversed(name: &str) -> String {
    name.chars().rev().collect()
}

/// Whether a name includes its kind of place. Two characters are enough only for a county: 上市 and 地区 are ordinary words.
fn is_full(name: &str) -> bool {
    let length = name.chars().count();
    let county = || name.ends_with('县') && !name.starts_with(|first| BEFORE_COUNTY.contains(first));
    match length {
        2 => county(),
        3..=12 => !WORDS.contains(&name) && KINDS.iter().any(|kind| name.ends_with(kind)),
        _ => false,
    }
}

/// Whether this is the name of a province or city without its kind of place.
fn is_short(name: &str, places: &HashSet<&str>) -> bool {
    let with = |kind: &str| places.contains(format!("{name}{kind}").as_str());
    name.chars().count() >= 2 && ["市", "省", "自治区", "特别行政区"].into_iter().any(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_told_apart() {
        let places: HashSet<&str> = ["杭州", "杭州市", "上市", "开发区", "沛县", "各县"].into();
        let full: Vec<&str> =
            ["杭州市", "沛县", "上市", "开发区", "各县", "杭州"].into_iter().filter(|n| is_full(n)).collect();
        assert_eq!(full, ["杭州市", "沛县"]);
        assert!(is_short("杭州", &places) && !is_short("上市", &places));
    }
}
