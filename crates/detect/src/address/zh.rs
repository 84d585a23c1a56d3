//! The parts of a Chinese address, from large to small: 省 市 区县 镇乡街道 村, 路 街 巷, 号 弄, 栋 单元 室.
//!
//! Each function reads at most a few dozen characters from the given position.

use std::ops::Range;

use ombud_core::script::is_han;

use super::gazetteer::{self, Form};

/// Maximum length of a road, village or estate name, in characters.
const NAME: usize = 10;
/// Maximum number of parts in one address; beyond that, it is a list.
const PARTS: usize = 16;

/// Stems that remain of a road word without its suffix but do not name a road.
const NO_ROADS: &[&str] = &[
    "道",
    "铁",
    "公",
    "高速公",
    "网",
    "线",
    "思",
    "出",
    "马",
    "十字",
    "一",
    "半",
    "走",
    "水",
    "陆",
    "销",
    "门",
    "套",
    "电",
    "回",
    "后",
    "前",
    "退",
    "活",
    "弯",
    "路",
    "上",
    "下",
    "大",
    "小",
    "步行",
    "商业",
    "逛",
    "该",
    "本",
    "条",
    "过",
    "的",
];
const ROADS: &[&str] = &["大道", "大街", "公路", "胡同", "路", "街", "巷", "弄", "道", "里"];
const ESTATES: &[&str] = &[
    "小区", "花园", "公寓", "新村", "家园", "大厦", "广场", "中心", "大楼", "社区", "苑", "城", "园", "府",
    "庭", "湾", "坊", "村", "院",
];
/// What follows a number. The first match is taken, so longer ones come first.
const UNITS: &[&str] = &[
    "号楼", "号院", "号房", "单元", "号", "弄", "栋", "幢", "座", "室", "楼", "层", "户", "房", "院", "组",
    "队", "期",
];
/// Units that only buildings have: they need no road.
const BUILDING: &[&str] = &["栋", "幢", "号楼", "单元", "室"];
const VILLAGES: &[&str] = &["村", "社区", "庄", "屯", "寨", "农场", "林场", "苏木", "园区", "开发区"];

/// Characters that may precede an address but never occur within one.
const STOPS: &str =
    "在到于住是去从往至位址的了我你您他她它们这那哪个每某走沿经离距靠临找叫给送寄发为说把被跟";

/// The address that continues after the name of a province, city, county or town that ends at `end`, and whether it has a
/// road or a number; `None` if there is no such name, or nothing smaller follows it.
pub(crate) fn from_region(text: &str, end: usize) -> Option<(Range<usize>, bool)> {
    let region = region(text, end)?;
    let at = skip_blank(text, region.end);
    let last = details(text, region.end);
    let village = village(text, at) == Some(last) && road(text, at).is_none();
    (last > region.end).then_some((region.start..last, !village))
}

/// The run of regions around the full name that ends at `end`. `None` if the name before it in the run is a full name
/// too, because that one has already yielded them all.
pub(crate) fn region(text: &str, end: usize) -> Option<Range<usize>> {
    let (mut start, Form::Full) = gazetteer::ending_at(text, end)? else { return None };
    while let Some((before, form)) = gazetteer::ending_at(text, start) {
        if form == Form::Full {
            return None;
        }
        start = before;
    }
    let mut last = end;
    while let Some(next) = next_region(text, last) {
        last = next;
    }
    Some(start..last)
}

/// The end of the region whose name starts at `start`, or after one space there.
fn next_region(text: &str, start: usize) -> Option<usize> {
    let start = skip_blank(text, start);
    let ends = text.get(start..)?.char_indices().skip(1).take(LONGEST_REGION);
    let ends = ends.map(|(at, ch)| (start + at + ch.len_utf8(), ch));
    ends.filter(|&(_, ch)| ENDS.contains(ch))
        .find(|&(end, _)| gazetteer::is_full(text, start, end))
        .map(|(end, _)| end)
}

const LONGEST_REGION: usize = 11;
/// Final characters of region names.
const ENDS: &str = "省市区县旗盟州镇乡道木";

/// Where the roads, numbers and buildings that follow `start` end; `start` if there are none.
fn details(text: &str, start: usize) -> usize {
    let mut end = start;
    for part in 0..PARTS {
        let at = skip_blank(text, end);
        let next = number(text, at)
            .or_else(|| road(text, at))
            .or_else(|| if part == 0 { village(text, at) } else { None })
            .or_else(|| building(text, at))
            .or_else(|| if part > 0 { bare_number(text, end) } else { None });
        match next {
            Some(next) => end = next,
            None => break,
        }
    }
    end
}

/// The address whose first number precedes `unit`: a road and a number, or an estate and a building. `unit` is the
/// position of 号, 弄, 栋 and the like.
pub(crate) fn from_number(text: &str, unit: usize) -> Option<Range<usize>> {
    let digits = number_before(text, unit)?;
    let end = number(text, digits)?;
    let name_end = text.get(..digits)?.trim_end_matches(' ').len();
    let name = name_before(text, name_end)?;
    let known = text.get(name.clone())?;
    let is_road = names_road(known);
    let is_estate = || ESTATES.iter().any(|word| known.len() > word.len() + 3 && known.ends_with(word));
    let unit_text = text.get(unit..end)?;
    let fits = is_road && !unit_text.starts_with('室')
        || BUILDING.iter().any(|word| unit_text.starts_with(word)) && is_estate();
    fits.then(|| with_regions(text, &name)..details(text, digits))
}

/// True if `name` is the name of a road.
fn names_road(name: &str) -> bool {
    let direction = name.trim_end_matches(['东', '西', '南', '北', '中', '段']);
    let stems = [name, direction];
    let mut stems =
        stems.iter().filter_map(|name| ROADS.iter().rev().find_map(|word| name.strip_suffix(word)));
    stems.next().is_some_and(|stem| !stem.is_empty() && !NO_ROADS.contains(&stem))
}

/// The name that ends at `end`: back to a mark, a space or a word that precedes addresses. A region within it starts the
/// address, not the name.
fn name_before(text: &str, end: usize) -> Option<Range<usize>> {
    let mut start = end;
    for (length, (at, ch)) in text.get(..end)?.char_indices().rev().enumerate() {
        let region = length > 1 && ENDS.contains(ch) && gazetteer::ending_at(text, start).is_some();
        if length >= NAME || !is_of_a_name(ch) || STOPS.contains(ch) || region {
            break;
        }
        start = at;
    }
    (start < end).then(|| shortened(text, start..end))
}

/// A name that was cut off only by the length limit is assumed to have three characters, as most roads and estates do,
/// plus its suffix.
fn shortened(text: &str, name: Range<usize>) -> Range<usize> {
    let Some(known) = text.get(name.clone()) else { return name };
    match known.char_indices().rev().nth(4) {
        Some((cut, _)) if known.chars().count() > 7 => name.start + cut + 3..name.end,
        _ => name,
    }
}

/// The start of the regions that lead up to a name.
fn with_regions(text: &str, name: &Range<usize>) -> usize {
    let mut start = name.start;
    while let Some((before, _)) =
        gazetteer::ending_at(text, text.get(..start).map_or(0, |t| t.trim_end_matches(' ').len()))
    {
        start = before;
    }
    start
}

/// The end of `12号`, `A8栋`, `3-2号`, `附1号`, `一百五十七号`, unit included.
fn number(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let digits = rest.trim_start_matches(['附', '第', '-', '#', '之']);
    let ascii =
        digits.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '#' | '.'));
    let after = if ascii.len() == digits.len() { digits.trim_start_matches(is_numeral) } else { ascii };
    let length = digits.len() - after.len();
    let unit = UNITS.iter().find(|unit| after.starts_with(**unit))?;
    let behind = after.get(unit.len()..)?;
    // 3号线 is an underground line; 12号文, 5号电池 and the fifth of a month are not houses.
    let other = ["线", "文", "电池", "机", "令", "发", "召开"]
        .iter()
        .any(|word| *unit == "号" && behind.starts_with(word));
    let lettered = matches!(*unit, "座" | "栋" | "幢") && length == 1;
    let numbered = ascii.len() == digits.len() || digits.bytes().take(length).any(|b| b.is_ascii_digit());
    (length > 0 && length <= 24 && (numbered || lettered) && !other).then(|| text.len() - behind.len())
}

/// Where the number before the unit at `unit` starts.
fn number_before(text: &str, unit: usize) -> Option<usize> {
    let before = text.get(..unit)?;
    let ascii = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    if ascii.len() < before.len() {
        return (before.len() - ascii.len() <= 12).then_some(ascii.len());
    }
    let numerals = before.trim_end_matches(is_numeral);
    (numerals.len() < before.len() && before.len() - numerals.len() <= 24).then_some(numerals.len())
}

/// A road, from its name to its suffix and direction. Without a number after it, `道` and `里` are not roads.
fn road(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let length = name_length(rest);
    let mut ends = rest.get(..length)?.char_indices().skip(1).map(|(at, _)| at);
    ends.find_map(|at| {
        let stem = rest.get(..at)?;
        let word = ROADS.iter().find(|word| rest.get(at..).is_some_and(|r| r.starts_with(**word)))?;
        let end = at + word.len();
        let direction = rest.get(end..)?.chars().next().filter(|ch| "东西南北中段".contains(*ch));
        let end = end + direction.map_or(0, char::len_utf8);
        let numbered = number(rest, end).is_some();
        let weak = matches!(*word, "道" | "里" | "弄") && !numbered;
        (!weak && !NO_ROADS.contains(&stem)).then_some(start + end)
    })
}

/// A village below a town.
fn village(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let length = name_length(rest).min(8 * 3);
    let ends = rest.get(..length)?.char_indices().skip(1).map(|(at, _)| at);
    let ends = ends.filter_map(|at| {
        let word = VILLAGES.iter().find(|word| rest.get(at..).is_some_and(|r| r.starts_with(**word)))?;
        Some(start + at + word.len())
    });
    ends.last()
}

/// A named estate or building: `龙湖天街13号楼`, `阳光小区`.
fn building(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let length = name_length(rest);
    if length >= 6
        && let Some(end) = number(text, start + length)
    {
        return Some(end);
    }
    let mut ends = rest.get(..length)?.char_indices().skip(2).map(|(at, _)| at);
    ends.find_map(|at| {
        let word =
            ESTATES.iter().take(9).find(|word| rest.get(at..).is_some_and(|r| r.starts_with(**word)))?;
        let institution = rest.get(..at)?.contains(['学', '校', '院', '局', '司', '馆', '厂', '社', '部']);
        (!institution).then_some(start + at + word.len())
    })
}

/// A room without a unit, as after `2单元`: `501`, `-301`.
fn bare_number(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let digits = rest.strip_prefix(['-', '#']).unwrap_or(rest);
    let after = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    let length = digits.len() - after.len();
    let alone =
        !after.starts_with(|c: char| c.is_ascii_alphanumeric() || "年月日元块个人岁点分%.".contains(c));
    (length > 0 && length <= 8 && alone).then(|| text.len() - after.len())
}

/// Length in bytes of the characters at the start of `rest` that may be a name.
fn name_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().take(NAME + 2);
    chars
        .find(|&(_, ch)| !is_of_a_name(ch) || STOPS.contains(ch))
        .map_or_else(|| rest.char_indices().nth(NAME + 2).map_or(rest.len(), |(at, _)| at), |(at, _)| at)
}

fn skip_blank(text: &str, at: usize) -> usize {
    at + usize::from(text.as_bytes().get(at) == Some(&b' '))
}

/// 吾斯塘·博依: a name may contain a dot.
fn is_of_a_name(ch: char) -> bool {
    is_han(ch) || ch == '·'
}

fn is_numeral(ch: char) -> bool {
    "〇零一二三四五六七八九十百甲乙丙丁".contains(ch)
}
