//! Splits texts into sentences and clauses and finds the commands among them.

use super::cues::{
    FILLERS_EN, FILLERS_ZH, NEGATIONS_ZH, OBJECT_FIRST_ZH, OBLIGATIONS_EN, PAST_ZH, READERS_EN, TRIGGERS_EN,
    TRIGGERS_ZH,
};
use super::entity;
use super::lexicon::{Class, VERBS};

/// A command found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Classes that the verb may belong to.
    pub classes: Vec<Class>,
    /// The clause.
    pub clause: String,
    /// What follows the verb, to the end of the sentence.
    pub rest: String,
    /// The whole sentence.
    pub sentence: String,
    /// The sentence before.
    pub before: String,
    /// The sentence after.
    pub after: String,
}

/// Returns every command in a text, in order.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let sentences = split(text, Cut::Sentence);
    let mut found = Vec::new();
    for (number, sentence) in sentences.iter().enumerate() {
        let near = |place: Option<usize>| {
            place.and_then(|place| sentences.get(place)).map_or("", |text| text.trim())
        };
        for clause in split(sentence, Cut::Clause) {
            for (verb_end, classes) in commanded(clause) {
                let at = offset(sentence, clause) + verb_end;
                found.push(Command {
                    classes,
                    clause: clause.trim().to_owned(),
                    rest: sentence.get(at..).unwrap_or_default().trim().to_owned(),
                    sentence: sentence.trim().to_owned(),
                    before: near(number.checked_sub(1)).to_owned(),
                    after: near(Some(number + 1)).to_owned(),
                });
            }
        }
    }
    found
}

/// Offset of a part within the whole text.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Sentence,
    Clause,
}

/// Splits a text, but never inside an address, a file name, a number or a quotation.
fn split(text: &str, cut: Cut) -> Vec<&str> {
    let whole = entity::spans(text);
    let inside = |at: usize| whole.iter().any(|span| span.start < at && at < span.end);
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, ch) in text.char_indices() {
        let next = text.get(at + ch.len_utf8()..).and_then(|rest| rest.chars().next());
        let ends = match cut {
            Cut::Sentence => {
                matches!(ch, '\n' | '。' | '！' | '？' | '；' | '!' | '?' | ';')
                    || (ch == '.'
                        && next
                            .is_none_or(|next| next.is_whitespace() || matches!(next, '"' | '”' | ')' | '<')))
            }
            Cut::Clause => matches!(ch, ',' | '，' | ':' | '：' | '(' | ')' | '（' | '）' | '—'),
        };
        let joint = if cut == Cut::Clause { joint(text, at) } else { 0 };
        if (ends || joint > 0) && !inside(at) {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at + if ends { ch.len_utf8() } else { joint };
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Length of a conjunction at this offset that joins two clauses, or 0.
fn joint(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    [" and ", " then ", " but "].iter().find(|word| rest.starts_with(**word)).map_or(0, |word| word.len() - 1)
}

/// The verbs of a clause that are commands: where they end, and their classes. In Chinese, only its object distinguishes a
/// verb from a noun, so there may be several.
fn commanded(clause: &str) -> Vec<(usize, Vec<Class>)> {
    let lower = clause.to_ascii_lowercase();
    english(&lower).map_or_else(|| chinese(&lower).unwrap_or_default(), |one| vec![one])
}

fn english(clause: &str) -> Option<(usize, Vec<Class>)> {
    let starts = clause.char_indices().filter(|(at, ch)| {
        ch.is_ascii_alphabetic()
            && clause
                .get(..*at)
                .and_then(|before| before.chars().next_back())
                .is_none_or(|ch| !ch.is_alphanumeric())
    });
    for (at, _) in starts {
        let (before, here) = (clause.get(..at)?, clause.get(at..)?);
        if let Some((length, classes)) = longest(here, |verbs| verbs.en)
            && (orders(before) || handed_over(before, here))
            && !here.get(length..).unwrap_or_default().trim().is_empty()
            && !is_noun(here.get(length..).unwrap_or_default())
        {
            return Some((at + length, classes));
        }
        if let Some((length, classes)) = gerund(here)
            && before.trim_end().ends_with("mind")
        {
            return Some((at + length, classes));
        }
        if let Some((length, classes)) = longest(here, |verbs| verbs.done)
            && passive(before)
        {
            return Some((at + length, classes));
        }
    }
    assured(clause)
}

/// Whether the word is a heading or a noun: `Mail: …`, `Contact: …`, `report's`.
fn is_noun(after: &str) -> bool {
    after.starts_with(':') || after.starts_with("'s") || after.starts_with('’')
}

/// Whether this is “let … know” at the beginning of a clause.
fn handed_over(before: &str, here: &str) -> bool {
    before.trim().is_empty() && here.starts_with("let ") && here.contains(" know")
}

/// The longest verb that begins here, with every class it belongs to.
fn longest(
    here: &str,
    list: impl Fn(&super::lexicon::Verbs) -> &'static [&'static str],
) -> Option<(usize, Vec<Class>)> {
    let ends = |verb: &str| {
        here.get(verb.len()..)
            .is_some_and(|rest| !rest.starts_with(|ch: char| ch.is_ascii_alphanumeric() || ch == '-'))
    };
    let fits = |verb: &&&str| here.starts_with(**verb) && ends(verb);
    let length =
        VERBS.iter().flat_map(|verbs| list(verbs).iter()).filter(fits).map(|verb| verb.len()).max()?;
    let word = here.get(..length)?;
    let classes = VERBS.iter().filter(|verbs| list(verbs).contains(&word)).map(|verbs| verbs.class).collect();
    Some((length, classes))
}

fn gerund(here: &str) -> Option<(usize, Vec<Class>)> {
    let end = here.find(|ch: char| !ch.is_ascii_alphabetic()).unwrap_or(here.len());
    let stem = here.get(..end)?.strip_suffix("ing")?;
    let is = |verb: &&&str| **verb == stem || verb.strip_suffix('e') == Some(stem);
    let classes: Vec<Class> =
        VERBS.iter().filter(|verbs| verbs.en.iter().any(|verb| is(&verb))).map(|verbs| verbs.class).collect();
    (!classes.is_empty()).then_some((end, classes))
}

/// Whether the words before a verb in its base form make it a command.
fn orders(before: &str) -> bool {
    let plain = strip_fillers(before.trim());
    if plain.is_empty() {
        return true;
    }
    if ["not", "never", "don't", "cannot", "n't"].iter().any(|no| plain.ends_with(no)) {
        return false;
    }
    let tail = strip_trailing(plain);
    if TRIGGERS_EN.iter().any(|trigger| ends_with_words(tail, trigger) || ends_with_words(plain, trigger)) {
        return true;
    }
    let duty = OBLIGATIONS_EN.iter().find(|duty| ends_with_words(tail, duty));
    duty.and_then(|duty| tail.strip_suffix(duty))
        .is_some_and(|subject| subject.trim().is_empty() || addressed(subject))
}

/// Whether a subject is the reader of the text.
fn addressed(subject: &str) -> bool {
    subject.split(|ch: char| !ch.is_ascii_alphabetic()).any(|word| READERS_EN.contains(&word))
}

/// Whether a passive obligation precedes the verb: “… must be”, “… has to be”.
fn passive(before: &str) -> bool {
    let tail = strip_trailing(before.trim());
    let Some(duty) = tail.strip_suffix("be").map(|tail| strip_trailing(tail.trim())) else { return false };
    OBLIGATIONS_EN.iter().chain(&["is to", "are to"]).any(|word| ends_with_words(duty, word))
}

/// Recognises “make sure that X gets a copy of …”.
fn assured(clause: &str) -> Option<(usize, Vec<Class>)> {
    let starts = ["make sure", "ensure", "see to it that"];
    let (begin, start) = starts.iter().find_map(|start| Some((clause.find(start)?, start)))?;
    let verb = [" gets ", " receives ", " has ", " get ", " is sent "]
        .iter()
        .find_map(|verb| clause.get(begin..)?.find(verb).map(|at| begin + at))?;
    (verb > begin).then_some((begin + start.len(), vec![Class::Move]))
}

fn ends_with_words(text: &str, words: &str) -> bool {
    text.strip_suffix(words).is_some_and(|before| !before.ends_with(|ch: char| ch.is_ascii_alphanumeric()))
}

/// Strips all leading fillers.
fn strip_fillers(text: &str) -> &str {
    let mut text = text;
    loop {
        let bare = text.trim_start_matches(|ch: char| !ch.is_alphanumeric());
        let word = FILLERS_EN.iter().filter_map(|filler| {
            let rest = bare.strip_prefix(filler)?;
            (!rest.starts_with(|ch: char| ch.is_ascii_alphanumeric() || ch == '\'')).then_some(rest)
        });
        match word.min_by_key(|rest| rest.len()) {
            Some(rest) => text = rest,
            None => return bare,
        }
    }
}

/// Strips trailing adverbs and “please”.
fn strip_trailing(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(rest) = FILLERS_EN
        .iter()
        .find_map(|filler| text.strip_suffix(filler).filter(|rest| rest.ends_with(' ') && *filler != "you"))
    {
        text = rest.trim_end();
    }
    text
}

fn chinese(clause: &str) -> Option<Vec<(usize, Vec<Class>)>> {
    let start = clause.len() - clause.trim_start().len();
    let head = skip_chinese(clause.get(start..)?);
    let head_at = clause.len() - head.len();
    let triggered =
        TRIGGERS_ZH.iter().filter_map(|trigger| clause.find(trigger).map(|at| at + trigger.len())).min();
    // What follows “以” or “来” is the purpose of the command, not something that happened: “打开它以确认已收到”.
    let telling = clause.split(['以', '来']).next().unwrap_or(clause);
    let past = PAST_ZH.iter().any(|word| telling.contains(word));
    let object_first = OBJECT_FIRST_ZH.iter().any(|word| head.starts_with(word));
    let mut found: Vec<(usize, Vec<Class>)> = Vec::new();
    for (at, ch) in clause.char_indices().filter(|(_, ch)| !ch.is_ascii()) {
        let here = clause.get(at..)?;
        let Some((length, classes)) = longest_chinese(here) else { continue };
        // A verb before 的 is a modifier, and one inside a longer verb does not count.
        let inside = found.last().is_some_and(|last| last.0 > at);
        if inside || here.get(length..).is_some_and(|rest| rest.starts_with('的')) {
            continue;
        }
        let before = clause.get(..at)?;
        // Receiving something is not a command; making sure that somebody receives it is.
        if here.starts_with("收到") && !["确保", "让"].iter().any(|word| before.contains(word)) {
            continue;
        }
        if forbidden(before.trim_end()) {
            return Some(found);
        }
        let after_trigger = triggered.is_some_and(|trigger| trigger <= at) && !by_others(clause, past);
        let first = (at == head_at || !found.is_empty()) && !past;
        let later = object_first && at > head_at && !past;
        if ch != ' ' && (after_trigger || first || later) && settled(here, object_first, length) {
            let kept = classes.contains(&Class::Keep);
            found.push((at + length, classes));
            // What is to be kept is not a command of its own.
            if kept {
                break;
            }
        }
    }
    Some(found)
}

/// Whether the words before a verb forbid it. “能不能” and “可不可以” are requests.
fn forbidden(before: &str) -> bool {
    const ASKED: &[&str] = &["能不能", "可不可以", "要不要", "能否", "可否"];
    let asked = ASKED.iter().any(|asked| before.ends_with(asked));
    !asked && NEGATIONS_ZH.iter().any(|no| before.ends_with(no))
}

/// Whether this is a verb at all: one character that only begins a longer word is not (`发票`, `读者`, `看法`).
fn settled(here: &str, object_first: bool, length: usize) -> bool {
    const NOT: &[&str] = &[
        "发票",
        "发现",
        "发货",
        "发生",
        "发布",
        "读者",
        "看法",
        "看来",
        "转入",
        "打算",
        "打开",
        "付款人",
        "传说",
        "存在",
        "去年",
        "汇率",
        "汇总",
        "汇丰",
        "寄件",
    ];
    let word = NOT.iter().find(|word| here.starts_with(**word));
    word.is_none_or(|word| length > "字".len() && !(object_first && *word == "存在"))
}

/// Whether a clause is about somebody else or about the past: a trigger in it commands nobody.
fn by_others(clause: &str, past: bool) -> bool {
    let others = ["我", "他", "她", "他们", "我们", "有人"];
    let person = others.iter().any(|who| clause.trim_start().starts_with(who));
    (past && !["请", "必须", "务必", "须"].iter().any(|strong| clause.contains(strong)))
        || (person && !clause.contains('你'))
}

fn skip_chinese(text: &str) -> &str {
    let mut text = text;
    loop {
        let bare = text.trim_start();
        // “一字不差地”, “原封不动地”
        let manner = bare
            .char_indices()
            .take(8)
            .find(|(_, ch)| *ch == '地')
            .and_then(|(at, ch)| bare.get(at + ch.len_utf8()..));
        if let Some(rest) = manner {
            text = rest;
            continue;
        }
        let filler = FILLERS_ZH
            .iter()
            .filter(|filler| bare.starts_with(**filler) && **filler != "去")
            .map(|filler| filler.len())
            .max();
        match filler.and_then(|length| bare.get(length..)) {
            Some(rest) => text = rest,
            None => return bare,
        }
    }
}

fn longest_chinese(here: &str) -> Option<(usize, Vec<Class>)> {
    let all = VERBS.iter().flat_map(|verbs| verbs.zh.iter()).filter(|verb| here.starts_with(**verb));
    let word = *all.max_by_key(|verb| verb.len())?;
    let classes = VERBS.iter().filter(|verbs| verbs.zh.contains(&word)).map(|verbs| verbs.class).collect();
    Some((word.len(), classes))
}
