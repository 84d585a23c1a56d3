//! Name surrogates: rare names of the same script and length, and of the same gender where the name shows it.

use ombud_core::script::is_han;

use super::Draw;

/// Real but rare surnames, so that a response is unlikely to mention somebody else who bears one.
const SURNAMES_ZH: [&str; 24] = [
    "郗", "亓", "逄", "阚", "谯", "郏", "鄢", "蔺", "逯", "璩", "郄", "贲", "邴", "隗", "厍", "晁", "勾",
    "敖", "阙", "訾", "辜", "鞠", "禤", "酆",
];
const COMPOUND_ZH: [&str; 8] = ["澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠"];
const MALE_ZH: [&str; 20] = [
    "承泽", "知远", "景行", "砚书", "维桢", "伯庸", "牧川", "修远", "怀瑾", "屹峰", "骏驰", "铭恺", "崇山",
    "仲谋", "昊穹", "劲松", "翰墨", "振鹭", "炳煊", "克己",
];
const FEMALE_ZH: [&str; 20] = [
    "语桐", "若汐", "疏影", "采薇", "沅芷", "清漪", "映雪", "舒窈", "念真", "婉兮", "静姝", "蕴秀", "梦瑶",
    "芷若", "素心", "黛青", "绮云", "妙音", "婵月", "兰因",
];
/// Characters that occur far more often in men's or in women's names.
const MANLY: &str = "伟强军勇刚杰涛斌超磊鹏辉波龙浩健峰毅俊飞凯雄建国志宏铁柱钢彪武";
const WOMANLY: &str = "芳娜敏静丽娟艳燕红霞玲婷雪梅兰琳倩颖莉萍娇妍媛婉琴莹蓉薇娅珊妮姗洁";

const MALE_EN: [&str; 20] = [
    "Alden", "Barnaby", "Corwin", "Dorian", "Edmund", "Fenwick", "Garrick", "Hollis", "Ivor", "Jasper",
    "Kendrick", "Leopold", "Merrick", "Ned", "Orson", "Percival", "Quentin", "Roderick", "Silas", "Thaddeus",
];
const FEMALE_EN: [&str; 20] = [
    "Ada", "Beatrix", "Cordelia", "Delphine", "Eudora", "Freya", "Ginevra", "Honora", "Isolde", "Jessamy",
    "Katrin", "Lavinia", "Maren", "Nell", "Ottilie", "Philippa", "Romilly", "Sabine", "Tamsin", "Winifred",
];
const SURNAMES_EN: [&str; 28] = [
    "Thackery",
    "Pemberley",
    "Winterbourne",
    "Ashdown",
    "Quill",
    "Holloway",
    "Marchbanks",
    "Featherstone",
    "Ravenscroft",
    "Larkspur",
    "Oakhurst",
    "Birdwhistle",
    "Culpepper",
    "Dunmore",
    "Eastlake",
    "Fairweather",
    "Greaves",
    "Hartnell",
    "Inskip",
    "Kettering",
    "Lyle",
    "Moxon",
    "Nettle",
    "Ormerod",
    "Peverell",
    "Rudd",
    "Sallow",
    "Tolliver",
];
/// The most frequent first names of women that do not end in `a`.
const WOMEN_EN: [&str; 24] = [
    "mary",
    "jennifer",
    "elizabeth",
    "susan",
    "karen",
    "nancy",
    "margaret",
    "betty",
    "ashley",
    "emily",
    "kimberly",
    "carol",
    "michelle",
    "dorothy",
    "helen",
    "rachel",
    "carolyn",
    "catherine",
    "ruth",
    "alice",
    "jane",
    "anne",
    "grace",
    "chloe",
];
const HONORIFICS: [&str; 10] = ["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "lady", "lord"];
const TITLES_ZH: [&str; 14] =
    ["先生", "女士", "小姐", "老师", "医生", "经理", "主任", "师傅", "同学", "总", "哥", "姐", "叔", "姨"];

/// A name to replace a name; `None` if it is in another script, or nothing in it is a name.
pub(super) fn make(value: &str, draw: &mut Draw) -> Option<String> {
    let latin = |ch: char| ch.is_ascii_alphabetic() || " .'-".contains(ch);
    if value.chars().all(is_han) {
        chinese(value, draw)
    } else if value.chars().all(latin) {
        english(value, draw)
    } else {
        None
    }
}

fn chinese(value: &str, draw: &mut Draw) -> Option<String> {
    if let Some(title) = TITLES_ZH.iter().find(|title| value.len() > title.len() && value.ends_with(**title))
    {
        let name = value.strip_suffix(title)?;
        let made =
            if name.chars().count() == 1 { pick(&SURNAMES_ZH, draw)?.to_owned() } else { whole(name, draw)? };
        return Some(format!("{made}{title}"));
    }
    match value.chars().next().filter(|ch| matches!(ch, '老' | '小' | '阿')) {
        Some(before) if value.chars().count() == 2 => Some(format!("{before}{}", pick(&SURNAMES_ZH, draw)?)),
        _ => whole(value, draw),
    }
}

/// Surname and given name, as long as the real ones together.
fn whole(value: &str, draw: &mut Draw) -> Option<String> {
    let given = given_zh(value, draw)?;
    let first: String = given.chars().take(1).collect();
    match value.chars().count() {
        2 => Some(format!("{}{first}", pick(&SURNAMES_ZH, draw)?)),
        3 => Some(format!("{}{given}", pick(&SURNAMES_ZH, draw)?)),
        4 => Some(format!("{}{given}", pick(&COMPOUND_ZH, draw)?)),
        _ => None,
    }
}

fn given_zh(value: &str, draw: &mut Draw) -> Option<&'static str> {
    let has = |characters: &str| value.chars().skip(1).filter(|ch| characters.contains(*ch)).count();
    let female = match has(WOMANLY).cmp(&has(MANLY)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => draw.below(2) == 0,
    };
    pick(if female { &FEMALE_ZH } else { &MALE_ZH }, draw)
}

fn english(value: &str, draw: &mut Draw) -> Option<String> {
    let words: Vec<&str> = value.split(' ').collect();
    let named: Vec<usize> =
        (0..words.len()).filter(|i| words.get(*i).is_some_and(|word| is_name(word))).collect();
    let (first, last) = (*named.first()?, *named.last()?);
    let family = named.len() > 1 || words.first().is_some_and(|word| is_honorific(word));
    let mut made = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        made.push(if !named.contains(&i) {
            (*word).to_owned()
        } else if i == last && family {
            styled(word, like(word, &SURNAMES_EN, draw)?)
        } else if i == first || word.len() > 2 {
            styled(word, like(word, first_names(word, draw), draw)?)
        } else {
            styled(word, draw.one(&["A.", "C.", "F.", "L.", "R.", "T."])?)
        });
    }
    Some(made.join(" "))
}

fn is_honorific(word: &str) -> bool {
    HONORIFICS.iter().any(|other| word.trim_end_matches('.').eq_ignore_ascii_case(other))
}

fn is_name(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_alphabetic()) && !is_honorific(word)
}

fn first_names(word: &str, draw: &mut Draw) -> &'static [&'static str] {
    let lower = word.to_ascii_lowercase();
    let female = lower.ends_with('a') || lower.ends_with("ie") || WOMEN_EN.contains(&lower.as_str());
    let unclear = word.len() < 3 && draw.below(2) == 0;
    if female || unclear { &FEMALE_EN } else { &MALE_EN }
}

/// One of the list, of nearly the same length as the word if possible.
fn like(word: &str, list: &'static [&'static str], draw: &mut Draw) -> Option<&'static str> {
    let near: Vec<&str> = list.iter().copied().filter(|name| name.len().abs_diff(word.len()) <= 2).collect();
    pick(if near.len() > 2 { &near } else { list }, draw)
}

/// The name in the letter case of the word.
fn styled(word: &str, name: &str) -> String {
    let all = |test: fn(&u8) -> bool| word.bytes().filter(u8::is_ascii_alphabetic).all(|b| test(&b));
    if word.len() > 2 && all(u8::is_ascii_uppercase) {
        name.to_ascii_uppercase()
    } else if all(u8::is_ascii_lowercase) {
        name.to_ascii_lowercase()
    } else {
        name.to_owned()
    }
}

fn pick<'l>(list: &[&'l str], draw: &mut Draw) -> Option<&'l str> {
    draw.one(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(value: &str) -> String {
        make(value, &mut Draw::new([3, 1, 4, 1, 5])).unwrap_or_default()
    }

    #[test]
    fn script_length_title_case_and_gender_stay() {
        assert_eq!(made("王建国").chars().count(), 3);
        assert!(MALE_ZH.iter().any(|name| made("王建国").ends_with(name)));
        assert!(FEMALE_ZH.iter().any(|name| made("李娜芳").ends_with(name)));
        assert_eq!(made("欧阳建国").chars().count(), 4);
        assert!(
            made("王总").ends_with('总')
                && made("老王").starts_with('老')
                && made("陈女士").ends_with("女士")
        );
        let english = made("JOHN SMITH");
        assert!(english.split(' ').count() == 2 && english == english.to_ascii_uppercase(), "{english}");
        assert!(made("Mr. Smith").starts_with("Mr. "));
        assert!(FEMALE_EN.iter().any(|name| made("Maria Lopez").starts_with(name)));
    }

    #[test]
    fn other_scripts_have_none() {
        assert_eq!(make("Дмитрий", &mut Draw::new([0; 5])), None);
        assert_eq!(make("王", &mut Draw::new([0; 5])), None);
    }
}
