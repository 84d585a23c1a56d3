//! The lists of names and places: the templates draw from them, and the table in the model is made from them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use ombud_detect::normalise::normalise;
use ombud_detect::tagger::lexicon::{self, BUCKET, list};
use ombud_detect::tagger::model;
use ombud_detect::tagger::token;

use super::corpus::Record;

/// Maximum average number of entries per bucket, out of 21.
const LOAD: usize = 14;

/// The lists, one name per element.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) given: Vec<String>,
    pub(super) given_other: Vec<String>,
    pub(super) family: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) xing: Vec<String>,
    /// Chinese given names, cut from full names.
    pub(super) ming: Vec<String>,
    /// Foreign names in Chinese characters.
    pub(super) transliterated: Vec<String>,
    pub(super) diming: Vec<String>,
    pub(super) jigou: Vec<String>,
    mingren: Vec<String>,
    /// Well-known people, places and organisations, by language.
    pub(super) known_zh: Vec<String>,
    pub(super) known_en: Vec<String>,
    pub(super) major_zh: Vec<String>,
    pub(super) major_en: Vec<String>,
    pub(super) bodies_zh: Vec<String>,
    pub(super) bodies_en: Vec<String>,
    /// Common words, and words that occur next to names, in both languages.
    words: Vec<String>,
    titles: Vec<String>,
}

/// Our own lists, or ones small enough to keep here: separated by spaces or bars; lines with `#` name the source.
const OWN: [&str; 9] = [
    include_str!("lists/words_zh.txt"),
    include_str!("lists/titles_zh.txt"),
    include_str!("lists/titles_en.txt"),
    include_str!("lists/people_zh.txt"),
    include_str!("lists/people_en.txt"),
    include_str!("lists/orgs_zh.txt"),
    include_str!("lists/orgs_en.txt"),
    include_str!("lists/places_zh.txt"),
    include_str!("lists/places_en.txt"),
];

/// Minimum occurrences of a lower-case word outside names for it to be a common one.
const COMMON: u32 = 3;

impl Lists {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let xing = lines(folder, "zh_surname.txt")?;
        let people = lines(folder, "zh_person.txt")?;
        let count = |name: &str| name.chars().count();
        let ming = people
            .iter()
            .filter(|name| {
                (2..=3).contains(&count(name))
                    && xing.iter().any(|x| count(x) == 1 && name.starts_with(x.as_str()))
            })
            .filter_map(|name| {
                name.chars().next().and_then(|first| name.get(first.len_utf8()..)).map(str::to_owned)
            })
            .collect();
        let transliterated =
            people.iter().filter(|name| count(name) >= 4 || is_transliterated(name)).cloned().collect();
        Ok(Self {
            given: lines(folder, "en_first.txt")?,
            given_other: lines(folder, "intl_first.txt")?,
            family: lines(folder, "intl_last.txt")?,
            places: lines(folder, "intl_place.txt")?,
            ming,
            transliterated,
            diming: lines(folder, "zh_place.txt")?,
            jigou: lines(folder, "zh_org.txt")?,
            mingren: lines(folder, "zh_famous.txt")?,
            xing,
            words: own(OWN[0], ' '),
            titles: [own(OWN[1], ' '), own(OWN[2], ' ')].concat(),
            known_zh: own(OWN[3], ' '),
            known_en: own(OWN[4], '|'),
            bodies_zh: own(OWN[5], ' '),
            bodies_en: own(OWN[6], '|'),
            major_zh: own(OWN[7], ' '),
            major_en: own(OWN[8], '|'),
        })
    }

    /// Adds the words that occur in lower case outside names to the common ones.
    pub(super) fn learn_words(&mut self, records: &[Record]) {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for record in records.iter().filter(|record| !record.source.ends_with("+case")) {
            let inside = |at: usize| record.names.iter().any(|(span, _)| span.contains(&at));
            for (_, word) in small_words(&record.text).filter(|(at, _)| !inside(*at)) {
                *counts.entry(word).or_default() += 1;
            }
        }
        let common = counts.into_iter().filter(|(_, count)| *count >= COMMON);
        self.words.extend(common.map(|(word, _)| word.to_owned()));
    }

    /// The model's table: each name under the hash of its tokens.
    pub(super) fn table(&self) -> Vec<[u8; BUCKET]> {
        let mut entries: BTreeMap<u64, u8> = BTreeMap::new();
        for (names, bit) in [
            (&self.given, list::GIVEN),
            (&self.given_other, list::GIVEN),
            (&self.family, list::FAMILY),
            (&self.places, list::PLACE),
            (&self.xing, list::GIVEN),
            (&self.diming, list::PLACE),
            (&self.jigou, list::ORG),
            (&self.mingren, list::FAMILY),
            (&self.major_zh, list::PLACE),
            (&self.major_en, list::PLACE),
            (&self.known_zh, list::FAMILY),
            (&self.known_en, list::FAMILY),
            (&self.bodies_zh, list::ORG),
            (&self.bodies_en, list::ORG),
            (&self.words, list::WORD),
            (&self.titles, list::TITLE),
        ] {
            for name in names {
                add(&mut entries, name, bit);
            }
        }
        let mut buckets = vec![[0_u8; BUCKET]; entries.len() / LOAD + 1];
        let size = buckets.len();
        for (hash, bits) in entries {
            let [low, high] = model::check(hash).to_le_bytes();
            let free = buckets
                .get_mut(model::bucket(hash, size))
                .and_then(|bucket| bucket.as_chunks_mut::<3>().0.iter_mut().find(|entry| entry[2] == 0));
            if let Some(entry) = free {
                *entry = [low, high, bits];
            }
        }
        buckets
    }
}

/// The words of a list kept in this crate.
fn own(list: &str, apart: char) -> Vec<String> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(apart)).map(str::to_owned).collect()
}

/// The words in lower-case ASCII letters, with their offsets.
fn small_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr().addr();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase()))
        .map(move |word| (word.as_ptr().addr() - start, word))
}

/// Enters a name and its prefixes.
fn add(entries: &mut BTreeMap<u64, u8>, name: &str, bit: u8) {
    let mut ids = Vec::new();
    token::segments(&normalise(name).text, |tokens| ids.extend(tokens.iter().map(|token| token.id)));
    for length in 1..ids.len() {
        *entries.entry(lexicon::key(ids.iter().take(length).copied())).or_default() |= list::BEGINS;
    }
    *entries.entry(lexicon::key(ids)).or_default() |= bit;
}

/// Whether a name consists of characters that Chinese uses for the sounds of foreign names.
pub(super) fn is_transliterated(name: &str) -> bool {
    const SOUNDS: &str = "阿埃艾巴贝比伯布达丹德迪蒂杜多尔法菲弗夫福格戈哈赫霍基吉加杰卡凯科克拉莱劳勒雷里利琳卢鲁路罗洛马玛迈曼梅蒙米莫姆穆纳奈尼诺欧帕佩皮普乔切萨塞莎斯史苏索塔泰特蒂托瓦维温沃西希肖谢雅伊尤约泽扎詹兹";
    name.chars().count() >= 3 && name.chars().all(|c| SOUNDS.contains(c))
}

/// The lines of a list after the first, which names its source.
fn lines(folder: &Path, name: &str) -> Result<Vec<String>> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.lines().skip(1).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}
