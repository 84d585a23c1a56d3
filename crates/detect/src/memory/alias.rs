//! The short forms of a name, and where they may occur.

use std::ops::Range;

use ombud_core::script::is_han;

use super::common::{is_common, is_common_latin};
use crate::normalise::simplify;
use crate::tagger::is_in_code;

/// The condition for accepting a form at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// No letter or digit continues it at either end.
    Whole,
    /// Like `Whole`, and the following Chinese characters do not turn it into another word: 王总 but not 王总是.
    Chinese,
    /// Like `Whole`, and not at the start of a sentence, where any word is capitalised.
    Lone,
    /// Never: it is an ordinary word.
    Never,
}

const PREFIXES: &[&str] = &["老", "小"];
/// Titles after a surname.
const TITLES: &[&str] = &[
    "总",
    "工",
    "哥",
    "姐",
    "叔",
    "伯",
    "姨",
    "董",
    "局",
    "导",
    "先生",
    "女士",
    "小姐",
    "太太",
    "老师",
    "经理",
    "主任",
    "医生",
    "大夫",
    "教授",
    "博士",
    "律师",
    "同学",
    "师傅",
    "老板",
    "队长",
    "校长",
    "院长",
    "局长",
    "处长",
    "科长",
    "书记",
    "会长",
    "部长",
    "总监",
    "秘书",
    "护士",
    "警官",
    "同志",
    "阿姨",
    "叔叔",
    "大哥",
    "大姐",
    "总经理",
];
/// The same in traditional characters, where they differ.
const TRADITIONAL_TITLES: &[&str] = &[
    "總",
    "導",
    "老師",
    "經理",
    "醫生",
    "律師",
    "同學",
    "師傅",
    "老闆",
    "隊長",
    "校長",
    "院長",
    "局長",
    "處長",
    "科長",
    "書記",
    "會長",
    "部長",
    "總監",
    "祕書",
    "護士",
    "總經理",
];
/// Forms of address after a given name.
const FAMILIAR: &[&str] = &["哥", "姐", "兄", "叔", "同志", "老师", "先生"];
/// Surnames that form another word after 老 and 小.
const NO_PREFIX: &str = "时米路于车白黄金马牛熊龙鱼石毛明华康简包方江师成鹰师心实虎板";
const COMPOUND: &[&str] = &[
    "欧阳", "司马", "诸葛", "上官", "慕容", "令狐", "皇甫", "尉迟", "公孙", "东方", "夏侯", "司徒", "长孙",
    "端木", "南宫", "独孤",
];
/// The surnames from which short forms are built; others are too rare to be worth a mistake.
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏\
锺钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍\
韦申尤毕聂丛焦向柳邢骆岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂";
const ENGLISH_TITLES: &[&str] = &["Mr", "Mrs", "Ms", "Miss", "Dr", "Prof", "Professor", "Sir", "Mx"];

/// The short forms of a full name. Empty if it is not a full name.
pub(super) fn forms(name: &str) -> Vec<(String, Strictness)> {
    if name.chars().all(is_han) { chinese(name) } else { latin(name) }
}

/// How strictly the name itself is matched.
pub(super) fn strictness(name: &str) -> Strictness {
    if name.chars().all(is_han) {
        if is_common(name) { Strictness::Never } else { Strictness::Whole }
    } else if name.contains([' ', '·']) {
        Strictness::Whole
    } else {
        lone(name)
    }
}

fn lone(word: &str) -> Strictness {
    let named = word.starts_with(char::is_uppercase) && word.chars().count() >= 3;
    if named && !is_common_latin(word) { Strictness::Lone } else { Strictness::Never }
}

fn chinese(name: &str) -> Vec<(String, Strictness)> {
    let Some((surname, given)) = split(name) else { return Vec::new() };
    let prefixes = if NO_PREFIX.contains(&*simplify(surname)) { &[] } else { PREFIXES };
    let by_surname = prefixes.iter().map(|word| format!("{word}{surname}"));
    let by_surname =
        by_surname.chain(TITLES.iter().chain(TRADITIONAL_TITLES).map(|title| format!("{surname}{title}")));
    let familiar = if given.chars().count() == 2 { FAMILIAR } else { &[] };
    let by_given = familiar.iter().map(|title| format!("{given}{title}"));
    by_surname.chain(by_given).filter(|form| form != name).map(|form| (form, Strictness::Chinese)).collect()
}

/// Surname and given name of a Chinese name of two to four characters.
fn split(name: &str) -> Option<(&str, &str)> {
    if !(2..=4).contains(&name.chars().count()) {
        return None;
    }
    let simple = simplify(name);
    let compound = COMPOUND.iter().find(|surname| simple.starts_with(**surname)).map(|surname| surname.len());
    let single = simple.chars().next().filter(|first| SURNAMES.contains(*first)).map(char::len_utf8);
    let (surname, given) = name.split_at_checked(compound.or(single)?)?;
    // 王先生 is itself a short form: taken for a full name, it would share 老王 with everybody of that surname.
    (!given.is_empty() && !TITLES.contains(&&*simplify(given))).then_some((surname, given))
}

fn latin(name: &str) -> Vec<(String, Strictness)> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
    let named = |word: &&str| word.starts_with(char::is_uppercase);
    // “Mr Smith” and “J. Smith” are themselves short forms.
    let short = first.ends_with('.') || ENGLISH_TITLES.contains(first);
    if short || !(2..=4).contains(&words.len()) || !words.iter().all(named) {
        return Vec::new();
    }
    let titled =
        ENGLISH_TITLES.iter().flat_map(|title| [format!("{title} {last}"), format!("{title}. {last}")]);
    let initial: String = first.chars().take(1).collect();
    let strong = titled.chain([format!("{initial}. {last}")]).map(|form| (form, Strictness::Whole));
    let alone = [*first, *last].into_iter().map(|word| (word.to_owned(), lone(word)));
    strong.chain(alone.filter(|(_, strictness)| *strictness != Strictness::Never)).collect()
}

/// True if a form matched at `span` is accepted there.
pub(super) fn stands(text: &str, span: &Range<usize>, strictness: Strictness) -> bool {
    let before = text.get(..span.start).and_then(|t| t.chars().next_back());
    let after = text.get(span.end..).unwrap_or_default();
    let form = text.get(span.clone()).unwrap_or_default();
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_han(c) || c == '_');
    let word = |c: char| c.is_ascii_alphanumeric();
    let cut = form.starts_with(word) && goes_on(before)
        || form.ends_with(word) && (goes_on(after.chars().next()) || is_joined(after));
    !cut && match strictness {
        Strictness::Whole => true,
        Strictness::Chinese => !makes_a_word(before, form, after),
        Strictness::Lone => !begins_a_sentence(text, span.start) && !is_in_code(text, span),
        Strictness::Never => false,
    }
}

/// A hyphen that joins another word: `Rose-water`.
fn is_joined(after: &str) -> bool {
    let mut chars = after.chars();
    chars.next() == Some('-') && chars.next().is_some_and(char::is_alphanumeric)
}

/// True if the adjacent characters belong to a Chinese form: 王总是, 国王总, 小王子.
fn makes_a_word(before: Option<char>, form: &str, after: &str) -> bool {
    let next = after.chars().next();
    let one_of = |c: Option<char>, set: &str| c.is_some_and(|c| set.contains(c));
    let title = match form.chars().next_back() {
        Some('总') => one_of(next, "是共之体结数会算部统裁经监"),
        Some('工') => one_of(next, "作程人业具资厂会地艺种匠"),
        Some('局') => one_of(next, "面势部域长"),
        Some('导') => one_of(next, "致弹师演航体游"),
        _ => false,
    };
    let small = form.starts_with(['老', '小']) && one_of(next, "子府国朝牌家冠后爷");
    // 国王 and 霸王 end with a surname; 大小 ends with a prefix.
    let prefix = one_of(before, "国霸帝女魔大从最");
    title || small || prefix
}

/// True if only spaces, quotes and list marks are between `at` and the preceding sentence end or the start of the text.
fn begins_a_sentence(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.trim_end_matches([' ', '"', '\'', '“', '‘', '(', '*', '-', '>', '#', '\u{3000}']);
    before.is_empty()
        || before.ends_with(['.', '!', '?', ':', ';', '\n', '\r', '\t', '。', '！', '？', '：', '；'])
}
