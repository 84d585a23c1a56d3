//! Whether the user's own words refer to what a call is about: to a noun in the tool's name or description, to one of its values,
//! or to the record that one of its values names.

use std::collections::BTreeSet;

use ombud_core::effect::{Effect, Hints, classify, ends_by_description, is_verb, told, untitled, words};
use ombud_core::script::is_han;

use super::super::Prepared;
use super::super::arguments::Leaf;
use crate::attribute::index::{self, stands_in};
use crate::attribute::{folded, weight};
use crate::wire::answer::ToolCall;

/// Maximum number of tools examined.
const MOST_TOOLS: usize = 128;

/// Longest value of which a single word is enough, in bytes.
const LONGEST_NAME: usize = 80;

/// Words in tool names and descriptions that say nothing about their purpose.
const EMPTY: &str = "the and for with from into onto new all data item items info information details detail tool api \
    manager service system app user users custom default this that your their its which will can any one two use uses \
    using given specified based provided details number text string value values list get time date day type id name \
    optional required return returns";

/// Whether the user's words refer to the call's tool or one of its values.
pub(super) fn is_touched(known: &Prepared, tool: &str, description: &str, leaves: &[Leaf]) -> bool {
    let turns: Vec<&str> = known.turns.iter().map(|turn| turn.1.as_str()).collect();
    let first = description.split(['.', '。', '\n']).next().unwrap_or_default();
    let said = Said::of(&turns);
    said.speaks_of(tool)
        || said.speaks_of(first)
        || leaves.iter().any(|leaf| said.gives(&leaf.value) || said.speaks_of_what(&leaf.key))
        || said.cannot_tell(tool, description)
}

/// Whether the user points to a message and their own words refer to what this tool does: then what is left to the message is
/// left for that purpose.
pub(super) fn is_tied(
    known: &Prepared,
    effect: Effect,
    call: &ToolCall,
    description: &str,
    leaves: &[Leaf],
) -> bool {
    if known.pointed().is_empty() {
        return false;
    }
    let turns: Vec<&str> = known.turns.iter().map(|turn| turn.1.as_str()).collect();
    let first = description.split(['.', '。', '\n']).next().unwrap_or_default();
    let said = Said::of(&turns);
    said.speaks_of(&call.tool)
        || said.speaks_of(first)
        || leaves.iter().any(|leaf| said.speaks_of_what(&leaf.key))
        || is_called_for(known, effect, &call.tool, description, leaves)
}

/// Whether the user's words name another tool that does what they ask for: “schedule an interview”, where there is a tool
/// `schedule_interview`, does not ask for `add_scorecard`, whoever it is about.
pub(super) fn names_another(known: &Prepared, tool: &str) -> bool {
    let turns: Vec<&str> = known.turns.iter().map(|turn| turn.1.as_str()).collect();
    let said = Said::of(&turns);
    let others = known.exchange.tools.iter().filter(|other| other.name != tool).take(MOST_TOOLS);
    others.filter(|other| said.speaks_of(&other.name)).any(|other| {
        let effect = known.effect_of(&other.name);
        effect.acts() && known.intent().asks_for(effect)
    })
}

/// Whether a clause of the user's words opens with an action from this tool's name: “License it to them” for `images.license`,
/// “关掉它” for 关闭. Verbs that most tools are named after do not count.
pub(super) fn is_ordered(known: &Prepared, tool: &str, description: &str) -> bool {
    let names = words(tool);
    let english: BTreeSet<String> =
        names.iter().filter(|word| word.is_ascii() && tells_an_act(word)).map(|word| stem(word)).collect();
    let other = names.iter().map(String::as_str).chain([untitled(description)]).filter_map(first_two);
    let chinese: Vec<String> = other.filter(|verb| acts(verb)).collect();
    known.turns.iter().any(|(_, turn)| {
        clauses(turn).any(|clause| opening(clause).is_some_and(|word| english.contains(&stem(word))))
            || chinese.iter().any(|verb| is_wished(turn, verb))
    })
}

/// Whether the user asks for what the name of a paying tool says: its arguments may make the effect worse, as those of a standing
/// order do.
pub(super) fn is_named_wish(prepared: Option<&Prepared>, effect: Effect, tool: &str) -> bool {
    let named = classify(tool, Hints::default());
    let money = effect == Effect::Pay && matches!(named, Effect::Create | Effect::Change);
    money && prepared.is_some_and(|known| known.intent().asks_for(named))
}

/// Whether the user asks for what the tool's description opens with: `write_to_tenant`, “Send a message …”. It does not soften a
/// worse effect in the tool's name.
pub(super) fn is_told_wish(
    prepared: Option<&Prepared>,
    effect: Effect,
    tool: &str,
    description: &str,
) -> bool {
    let open = matches!(effect, Effect::Create | Effect::Change | Effect::Send | Effect::Unknown)
        && !ends_by_description(tool, description);
    let told = told(description).filter(|told| open && told.acts() && *told != Effect::Fetch);
    told.is_some_and(|told| prepared.is_some_and(|known| known.intent().asks_for(told)))
}

fn tells_an_act(word: &str) -> bool {
    is_telling(word) && !is_general(word) && acts(word)
}

/// Whether a word by itself names an action.
fn acts(word: &str) -> bool {
    let effect = classify(word, Hints::default());
    effect.acts() && effect != Effect::Unknown
}

/// Whether the user's words order the call: by a word of the tool's name where an order has its verb (“DM him”, “coupon for …:
/// CABLE10”), by an argument's value there (“praise for everybody”), by the single-character verb of the tool's name or
/// description (“派了吧” for 把订单派给骑手), or by giving the text to be written word for word.
pub(super) fn is_called_for(
    known: &Prepared,
    effect: Effect,
    tool: &str,
    description: &str,
    leaves: &[Leaf],
) -> bool {
    let harmless = matches!(effect, Effect::Send | Effect::Create | Effect::Change | Effect::Unknown)
        && (known.intent().ends || !ends_by_description(tool, description));
    let own = tool.rsplit("__").next().unwrap_or(tool);
    let names: BTreeSet<String> =
        words(own).into_iter().filter(|word| !is_general(word) && !is_empty(word)).collect();
    let value = |word: &str| leaves.iter().any(|leaf| word.len() >= 4 && folded(&leaf.value) == word);
    let opens = |turn: &str| {
        clauses(turn).filter_map(heads).any(|(word, next)| {
            !is(PREPOSITIONS, next) && (names.contains(word) || effect != Effect::Send && value(word))
        })
    };
    let verbs = verbs_of(tool, description);
    let said = |turn: &str| opens(turn) || verbs.iter().any(|verb| is_wished_by(turn, *verb));
    // The recipient of a message must be somebody the user names.
    let whom = || leaves.iter().any(|leaf| weight(&leaf.value) >= 3 && known.says(&folded(&leaf.value)));
    harmless
        && (known.turns.iter().any(|(_, turn)| said(turn)) && (effect != Effect::Send || whom())
            || leaves.iter().any(|leaf| is_dictated(known, &leaf.value)))
}

/// Words that make the word before them a noun: “mail from Tom”.
const PREPOSITIONS: &str = "of from about in on at by with is was are were has have and or to";

fn is(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

pub(super) fn is_empty(word: &str) -> bool {
    is(EMPTY, word) || word.len() < 2 || !word.is_ascii()
}

/// Returns the first two words of a clause, after polite words and a short condition: “if worse log a concern”.
fn heads(clause: &str) -> Option<(&str, &str)> {
    const POLITE: &str = "please then also just now so and pls kindly yes ok";
    let mut words = clause
        .split(|ch: char| !(ch.is_alphanumeric() || ch == '\''))
        .filter(|word| !word.is_empty())
        .skip_while(|word| is(POLITE, word));
    let (first, next) = (words.next()?, words.next()?);
    if first == "if" && is("so not worse better yes no free ok", next) {
        Some((words.next()?, words.next()?))
    } else {
        Some((first, next))
    }
}

/// Characters that are verbs by themselves in tool names and in orders.
const CHARACTERS: &str = "发回寄派付缴交转退订租约改换移延评签踢删补续撤关停结批收赔报贴挂";

/// Those of them that are rarely part of another word: they count anywhere in the first clause.
const SELDOM: &str = "订派缴转退寄付租踢删续撤";

/// Returns the single-character verbs in a tool's name or description.
fn verbs_of(tool: &str, description: &str) -> BTreeSet<char> {
    let first = untitled(description).split(['。', '；', '，', '\n', '（', '(']).next().unwrap_or_default();
    let chars: Vec<char> = first.chars().collect();
    let told = chars.iter().enumerate().filter(|(at, verb)| {
        let next = chars.get(at + 1).is_some_and(|next| "给到掉成回入".contains(*next));
        *at == 0 || next || SELDOM.contains(**verb)
    });
    // 【结案】: a title says what is done just as the name does.
    let title = description.strip_prefix('【').and_then(|rest| rest.split('】').next()).unwrap_or_default();
    let named = tool.chars().chain(title.chars()).filter(|ch| is_han(*ch));
    let all = named.chain(told.map(|(_, verb)| *verb)).filter(|verb| CHARACTERS.contains(*verb));
    // 缴 and 交, 关 and 停 are synonyms.
    let alike = |verb: char| match verb {
        '缴' => Some('交'),
        '关' => Some('停'),
        _ => None,
    };
    all.flat_map(|verb| std::iter::once(verb).chain(alike(verb))).collect()
}

/// Whether a clause orders this: “都交了”, “派给他”, “照规定退”, “回他一声”. What has been done or is being asked about is not an order.
fn is_wished_by(turn: &str, verb: char) -> bool {
    const DONE: &[&str] = &["已经", "已", "刚", "昨", "上次", "上回", "是不是", "有没有", "说", "要是"];
    let clauses = turn.split(['，', '。', '；', '！', '？', '\n', ',', ';', '!', '?']);
    clauses.filter(|clause| clause.contains(verb)).any(|clause| {
        let asks = ["吗", "什么", "多少", "谁", "哪", "几", "怎么"].iter().any(|word| clause.contains(word));
        let done =
            DONE.iter().any(|word| clause.split(verb).next().is_some_and(|before| before.contains(word)));
        !asks
            && !done
            && clause.char_indices().filter(|(_, ch)| *ch == verb).any(|(at, ch)| {
                let before = clause.get(..at).unwrap_or_default();
                let rest = clause.get(at + ch.len_utf8()..).unwrap_or_default();
                let next = rest.chars().next();
                let denied = before.chars().rev().take(2).any(|ch| "不别勿没未".contains(ch));
                let by = ["按", "照", "依"].iter().any(|by| before.starts_with(by)) && next.is_none();
                let ends = rest.trim_end_matches(['吧', '啊', '呗', ' ']) == "了";
                let goes_on = next
                    .is_some_and(|next| "掉上给到成过下一二两三四五六七八九十他她它群回“「".contains(next));
                !denied && (by || ends || goes_on)
            })
    })
}

/// Whether the user dictates a text word for word: nearly all of its words, and more than a name, inside an order that says more
/// than the text. Numbers in it may have been left open. An address is not a text, and a question about words is not an order.
fn is_dictated(known: &Prepared, value: &str) -> bool {
    let value = folded(value);
    if !known.intent().wants() || value.contains('@') || value.contains("://") {
        return false;
    }
    let chinese: Vec<String> = pairs(&value).collect();
    let english: Vec<&str> = value
        .split(|ch: char| !ch.is_alphanumeric() || is_han(ch))
        .filter(|word| word.chars().all(char::is_alphabetic) && !word.is_empty())
        .collect();
    let (all, least) = if chinese.is_empty() { (english.len(), 3) } else { (chinese.len(), 6) };
    if all < least || value.len() > 400 {
        return false;
    }
    let said = |turn: &str| {
        let more = index::words(turn).len() > index::words(&value).len() + 1;
        if !more || turn.trim_end().ends_with(['?', '？', '吗']) {
            return false;
        }
        let english = english.iter().filter(|word| stands_in(turn, word)).count();
        let said = if chinese.is_empty() {
            english
        } else {
            chinese.iter().filter(|pair| turn.contains(pair.as_str())).count()
        };
        said * 10 >= all * 9
    };
    known.turns.iter().any(|(_, turn)| said(turn))
}

/// Returns the parts of a turn that may be orders. A question is not one.
fn clauses(turn: &str) -> impl Iterator<Item = &str> {
    let sentences =
        turn.split_inclusive(['.', ';', '!', '?', '\n']).filter(|sentence| !sentence.ends_with('?'));
    sentences.flat_map(|sentence| sentence.split([',', ':'])).flat_map(|clause| clause.split(" and "))
}

/// Returns the first word of a clause after polite words, if something follows it.
fn opening(clause: &str) -> Option<&str> {
    const POLITE: &[&str] =
        &["please", "then", "also", "just", "now", "so", "and", "pls", "kindly", "yes", "ok"];
    let mut words = clause.split(|ch: char| !(ch.is_alphanumeric() || ch == '\''));
    let mut words = words.by_ref().filter(|word| !word.is_empty()).skip_while(|word| POLITE.contains(word));
    let first = words.next()?;
    words.next().map(|_| first)
}

/// Returns the first two characters of a Chinese name or description.
fn first_two(text: &str) -> Option<String> {
    let two: String = text.chars().take(2).take_while(|ch| is_han(*ch)).collect();
    (two.chars().count() == 2).then_some(two)
}

/// Whether a turn contains a two-character verb that is not negated, asked about or merely describing something.
fn is_wished(turn: &str, verb: &str) -> bool {
    turn.match_indices(verb).any(|(at, _)| {
        let before: Vec<char> = turn.get(..at).unwrap_or_default().chars().rev().take(2).collect();
        let after = turn.get(at + verb.len()..).unwrap_or_default();
        let denied = before.iter().any(|ch| "不别勿没未已".contains(*ch));
        let clause = after.split(['，', '。', '；', '！', '\n', ',']).next().unwrap_or_default();
        let asks =
            ["?", "？", "吗", "什么", "多少", "谁", "哪", "几"].iter().any(|word| clause.contains(word));
        let describes = after.starts_with(['的', '过', '者', '人', '费', '单', '时', '率']);
        !denied && !asks && !describes
    })
}

/// The user's words, stemmed.
struct Said {
    stems: Vec<String>,
    text: String,
}

impl Said {
    fn of(turns: &[&str]) -> Self {
        let text = turns.join("\n");
        Self { stems: stems(&text), text }
    }

    /// Whether they contain a telling word of a name or sentence.
    fn speaks_of(&self, name: &str) -> bool {
        let all = words(name);
        let telling: Vec<&String> = all.iter().filter(|word| !is_verb(word)).collect();
        let telling =
            if telling.iter().any(|word| is_telling(word)) { telling } else { all.iter().collect() };
        telling.into_iter().any(|word| self.has(word))
            || all.iter().any(|word| is_verb(word) && !is_general(word) && self.has(word))
    }

    fn has(&self, word: &str) -> bool {
        if word.chars().any(is_han) {
            let short = (2..=3).contains(&word.chars().count());
            // “把假批了” for 批假
            return pairs(word).any(|pair| self.text.contains(&pair))
                || short && word.chars().all(|ch| is_han(ch) && self.text.contains(ch));
        }
        is_telling(word) && self.stems.contains(&stem(word))
    }

    /// Whether they refer to what an argument is called: “the price”.
    fn speaks_of_what(&self, key: &str) -> bool {
        let key = words(key);
        key.len() == 1 && key.iter().any(|word| !is_verb(word) && !is("hours hour", word) && self.has(word))
    }

    /// Whether a value, or a telling word of it, was given by the user.
    fn gives(&self, value: &str) -> bool {
        let value = folded(value);
        let short = value.chars().count() <= 3 && value.chars().all(char::is_alphanumeric);
        if short {
            return self.stems.contains(&value);
        }
        if value.len() <= LONGEST_NAME && stands_in(&self.text, &value) {
            return true;
        }
        if !value.chars().any(char::is_alphabetic) {
            return self.gives_number(&value);
        }
        let number = |word: &String| is_number(word) && self.stems.contains(word);
        let given: BTreeSet<String> =
            words(&value).into_iter().filter(|word| self.has(word) || number(word)).collect();
        // In a longer text a single common word is a coincidence.
        given.len() > usize::from(value.len() > LONGEST_NAME) && value.len() <= 400
    }

    /// Whether they give this date or number: a part of it proves nothing, since others share it. For a time, the day is enough.
    fn gives_number(&self, value: &str) -> bool {
        let day = value.split_whitespace().next().filter(|_| value.contains(['-', '/', ':']));
        stands_in(&self.text, day.unwrap_or(value))
    }

    /// Whether the user writes Chinese and the tool has no Chinese name or description.
    fn cannot_tell(&self, tool: &str, description: &str) -> bool {
        let chinese = |text: &str| text.chars().any(is_han);
        chinese(&self.text) && !chinese(tool) && !chinese(description)
    }
}

/// Whether a verb is one that half of all tools are named after. “Close it” or “approve it” says what is meant, “send it” does
/// not.
fn is_general(verb: &str) -> bool {
    const GENERAL: &str = "get list read search find query show view check send create add make set write save store update edit change \
        modify delete remove put move open upload download post share insert append fetch run execute load select submit";
    GENERAL.split_ascii_whitespace().any(|general| general == verb)
}

fn is_number(word: &str) -> bool {
    word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_telling(word: &str) -> bool {
    word.chars().count() >= 3 && !EMPTY.split_ascii_whitespace().any(|empty| empty == word)
}

fn stems(text: &str) -> Vec<String> {
    let words = text.split(|ch: char| !ch.is_alphanumeric() || is_han(ch));
    words.filter(|word| !word.is_empty()).map(stem).collect()
}

/// Strips the endings of plural and tense, so that words that differ only in them become equal.
pub(super) fn stem(word: &str) -> String {
    let ends = ["ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e", "y"];
    let bare = ends.iter().find_map(|end| word.strip_suffix(end).filter(|bare| bare.len() >= 3));
    bare.unwrap_or(word).to_owned()
}

/// Pairs of neighbouring Chinese characters.
pub(super) fn pairs(word: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = word.chars().filter(|ch| is_han(*ch)).collect();
    (1..chars.len()).filter_map(move |at| Some(chars.get(at - 1..=at)?.iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_one_character() {
        for (turn, verb) in
            [("派了吧", '派'), ("电费燃气费都交了，家用卡", '交'), ("照规定退", '退'), ("回他一声", '回')]
        {
            assert!(is_wished_by(turn, verb), "{turn}");
        }
        for (turn, verb) in
            [("昨天派了", '派'), ("先别交了", '交'), ("退了几次？", '退'), ("派送到了吗", '派')]
        {
            assert!(!is_wished_by(turn, verb), "{turn}");
        }
        let verbs = verbs_of("AssignRider", "把订单派给骑手");
        assert!(verbs.contains(&'派') && !verbs.contains(&'骑'), "{verbs:?}");
        assert!(verbs_of("jiaofei", "缴一张账单。").contains(&'交'));
    }

    #[test]
    fn openings() {
        assert_eq!(heads("please dm him"), Some(("dm", "him")));
        assert_eq!(heads("if worse log a concern"), Some(("log", "a")));
        assert_eq!(heads("if it rains"), Some(("if", "it")));
    }
}
