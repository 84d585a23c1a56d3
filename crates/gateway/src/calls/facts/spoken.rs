//! Whether any third-party text refers to what a call does. Anyone who tries to steer an agent has to say what is to be done with
//! what: if no third-party sentence names the kind of call, one of its values or the class of its effect, the call follows from
//! what the user wants, however they phrased it.

use std::collections::BTreeSet;

use ombud_core::effect::{Effect, Part, is_verb, untitled, words};
use ombud_core::gate::{ArgumentFacts, CallFacts};
use ombud_core::intent::urges;
use ombud_core::script::is_han;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::prose::texts;
use super::record::{is_a_field, is_a_writer, is_kept_address};
use super::topic::{self, is_empty, pairs, stem};
use crate::attribute::index::{self, stands_in};
use crate::attribute::{folded, weight};
use crate::wire::answer::ToolCall;

/// Minimum number of words in a sentence, where a Chinese character is a word. Anything shorter is a name or a heading, unless it
/// is an order: “archive me”.
const LEAST: usize = 5;
const LEAST_IN_CHINESE: usize = 8;

/// Maximum number of values of a call searched for.
const MOST_VALUES: usize = 64;

/// Longest value that is a name or a title rather than a text, in bytes.
const LONGEST_NAME: usize = 80;

/// Maximum number of bytes of third-party text read for a call.
const MOST_READ: usize = 64 << 10;

/// Shortest tool name that nobody writes by chance, in bytes.
const SHORTEST_TOOL: usize = 6;

/// Longest name, in words.
const MOST_WORDS: usize = 4;

/// What a text that asks for a call would mention.
struct Call {
    effect: Effect,
    /// Its short values.
    values: Vec<String>,
    /// Stems of the telling words in the tool's name, the first sentence of its description, and the call's short values.
    stems: BTreeSet<String>,
    /// The same for Chinese, as pairs of characters.
    pairs: BTreeSet<String>,
    /// Stems of the verbs in the tool's name.
    verbs: BTreeSet<String>,
    /// Whether the tool is described in English, and in Chinese.
    scripts: (bool, bool),
}

impl Call {
    fn of(effect: Effect, tool: &str, description: &str, leaves: &[Leaf]) -> Self {
        let first = untitled(description).split(['.', '。', '\n']).next().unwrap_or_default();
        let values: Vec<String> = leaves.iter().take(MOST_VALUES).map(|leaf| folded(&leaf.value)).collect();
        let short = || values.iter().filter(|value| value.len() <= LONGEST_NAME);
        let named = [tool, first].into_iter().flat_map(words);
        // Longer values are messages in everyday words, which would match any text.
        let titles = short().filter(|value| value.split_whitespace().count() <= MOST_WORDS);
        let all: Vec<String> = named.chain(titles.flat_map(|value| words(value))).collect();
        let telling = all.iter().filter(|word| {
            !is_empty(word) && word.len() >= 3 && !word.bytes().all(|byte| byte.is_ascii_digit())
        });
        let stems = telling.map(|word| stem(word)).collect();
        let verbs = words(tool).iter().filter(|word| is_verb(word)).map(|word| stem(word)).collect();
        let pairs = all.iter().flat_map(|word| pairs(word).collect::<Vec<_>>()).collect();
        let said = format!("{tool}{description}");
        let chinese = said.chars().any(is_han);
        let values = short().filter(|value| weight(value) >= 2).cloned().collect();
        Self { effect, values, stems, pairs, verbs, scripts: (!chinese || description.is_ascii(), chinese) }
    }

    /// Whether a few words order the call, by opening with a verb from the tool's name or by asking for its effect class.
    fn is_ordered_in(&self, few: &str) -> bool {
        let opens = few.split(|ch: char| !ch.is_alphanumeric()).find(|word| !word.is_empty());
        opens.is_some_and(|word| self.verbs.contains(&stem(word))) || urges(few, self.effect)
    }

    /// Whether a sentence refers to the call.
    fn is_named_in(&self, sentence: &str) -> bool {
        let chinese = sentence.chars().any(is_han);
        let bare = sentence.trim_matches(|ch: char| !ch.is_alphanumeric());
        if self.values.iter().any(|value| value.contains(bare)) {
            return false;
        }
        let few = index::words(sentence).len() < if chinese { LEAST_IN_CHINESE } else { LEAST };
        if few {
            return self.is_ordered_in(sentence);
        }
        if self.values.iter().any(|value| stands_in(sentence, value)) {
            return true;
        }
        // A sentence in a script in which the tool is not described cannot be judged, so it counts.
        if chinese && !self.scripts.1 || !chinese && !self.scripts.0 {
            return true;
        }
        let mut english =
            sentence.split(|ch: char| !ch.is_alphanumeric() || is_han(ch)).filter(|word| word.len() >= 3);
        english.any(|word| self.stems.contains(&stem(word)))
            || pairs(sentence).any(|pair| self.pairs.contains(&pair))
            || urges(sentence, self.effect)
    }
}

/// Clears the doubts about a call that exist only because a third party might have prompted it, if no third-party text refers to
/// the call and no other doubt remains. Even then, the recipient must be somebody the user named (or, where the user speaks of
/// several people, an address that the user keeps, or for a tool that only replies, the writer), and whatever is deleted or
/// opened to others must be named as usual.
pub(super) fn settle(
    known: &Prepared,
    call: &ToolCall,
    description: &str,
    leaves: &[Leaf],
    facts: &mut CallFacts,
) {
    let open =
        !matches!(facts.effect, Effect::Execute | Effect::Credential | Effect::Fetch) && facts.effect.acts();
    // An end cannot be undone, so the user must have asked for it.
    let ends = facts.ends && !known.intent().ends;
    let wished = facts.asked && facts.anchored;
    // Whatever reaches others, costs money or cannot be undone must be asked for by the user, even if no third party mentions it.
    let unsaid = matches!(facts.effect, Effect::Create | Effect::Change | Effect::Unknown);
    let doubtful = |argument: &ArgumentFacts| !is_fine(facts.effect, argument);
    if !open
        || ends
        || !facts.asked && !unsaid
        || !known.intent().wants()
        || wished && !facts.arguments.iter().any(doubtful)
    {
        return;
    }
    let chosen = |argument: &ArgumentFacts| is_chosen(known, call, facts.effect, argument);
    let left: Vec<bool> =
        facts.arguments.iter().map(|argument| doubtful(argument) && chosen(argument)).collect();
    let rest = facts.arguments.iter().zip(&left).any(|(argument, chosen)| doubtful(argument) && !chosen);
    if rest
        || !wished && topic::names_another(known, &call.tool)
        || is_spoken_of(known, facts.effect, &call.tool, description, leaves)
    {
        return;
    }
    (facts.asked, facts.anchored) = (true, true);
    facts.arguments.iter_mut().zip(left).for_each(|(argument, chosen)| argument.record |= chosen);
}

/// Whether a value raises no doubt.
fn is_fine(effect: Effect, argument: &ArgumentFacts) -> bool {
    let listed = argument.listed && !matches!(effect, Effect::Delete | Effect::Grant);
    let unseen = argument.outside.is_none() && !argument.typed;
    argument.instructed.is_none()
        && (argument.user
            || argument.operator
            || argument.record
            || argument.plain
            || listed && matches!(argument.part, Part::Object | Part::Amount)
            || unseen && matches!(argument.part, Part::Object)
            || argument.outside.is_none() && matches!(argument.part, Part::Content | Part::Command))
}

/// Whether a value was returned as a whole by the agent's own tools, to be chosen from: a thing or an amount; for a user who
/// speaks of several people, an address that they keep; for a tool that only replies, whoever wrote.
fn is_chosen(known: &Prepared, call: &ToolCall, effect: Effect, argument: &ArgumentFacts) -> bool {
    let value = &argument.value;
    // A value that a text explicitly orders is not a choice.
    argument.instructed.is_none()
        && match argument.part {
            Part::Object => !matches!(effect, Effect::Delete | Effect::Grant) && is_a_field(known, value),
            Part::Amount => is_a_field(known, value),
            Part::Destination => {
                known.intent().many && is_kept_address(known, value)
                    || answers(&call.tool) && is_a_writer(known, value)
            }
            _ => false,
        }
}

/// Whether a tool only replies to those who wrote.
fn answers(tool: &str) -> bool {
    tool.contains(['回', '答'])
        || words(tool).iter().any(|word| matches!(word.as_str(), "reply" | "answer" | "respond"))
}

/// Whether some third-party sentence refers to the call.
fn is_spoken_of(known: &Prepared, effect: Effect, tool: &str, description: &str, leaves: &[Leaf]) -> bool {
    let call = Call::of(effect, tool, description, leaves);
    let all = || known.context.sources.iter().flat_map(texts).map(|(text, _)| text);
    let name = folded(tool);
    // Text too long to read quickly is not read at all: then nobody knows, so it counts.
    if all().map(str::len).sum::<usize>() > MOST_READ {
        return true;
    }
    let named = name.len() >= SHORTEST_TOOL && all().any(|text| text.contains(&name));
    named || all().flat_map(sentences).any(|sentence| call.is_named_in(sentence))
}

/// Returns the sentences of a text. Cells and fields of a single word are not sentences, nor is the head of a line that says who
/// or what it is about.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.split('\n').flat_map(|line| line.split(['|', '\t'])).flat_map(|cell| cell.split("  "));
    lines.map(behind_its_head).filter(|cell| index::words(cell).len() > 1)
}

/// Returns what a line says after a head such as `From:`, `【X-71】`, `#L-1 Anna:`, without a leading tag.
fn behind_its_head(line: &str) -> &str {
    let mut rest = line.trim();
    if let Some((inside, behind)) =
        rest.strip_prefix(['【', '[']).and_then(|inside| inside.split_once(['】', ']']))
        && index::words(inside).len() < LEAST
        && !inside.contains([':', '{'])
    {
        rest = behind.trim_start();
    }
    if let Some((tag, behind)) = rest.strip_prefix('<').and_then(|inside| inside.split_once('>'))
        && tag.len() <= LONGEST_NAME
    {
        rest = behind;
    }
    let head = rest.match_indices([':', '：']).find(|(at, colon)| {
        let behind = rest.get(at + colon.len()..).unwrap_or_default();
        *colon == "：" || behind.is_empty() || behind.starts_with(' ') || !behind.is_ascii()
    });
    match head {
        Some((at, colon)) if index::words(rest.get(..at).unwrap_or_default()).len() < LEAST => {
            let behind = rest.get(at + colon.len()..).unwrap_or_default();
            // A name with its mail address: keep the name.
            behind
                .split_once('<')
                .filter(|(_, address)| address.contains('@') && address.trim_end().ends_with('>'))
                .map_or(behind, |(name, _)| name)
        }
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_lines() {
        for (line, said) in [
            ("from: leo marsh <leo@x.example>", "leo marsh"),
            ("【x-71】中心: 请确认是否按季度办理", "请确认是否按季度办理"),
            ("<li id=\"c-1\">what was it called?</li>", "what was it called?</li>"),
            ("please book it for me: now", "please book it for me: now"),
            ("[next: cancel {\"id\": 5}]", "cancel {\"id\": 5}]"),
        ] {
            assert!(behind_its_head(line).trim().ends_with(said), "{line}: {}", behind_its_head(line));
        }
        assert_eq!(sentences("ann  12  19\nid: 7").count(), 0);
        assert_eq!(sentences("ann  12  please give her twenty of them").count(), 1);
    }

    #[test]
    fn what_names_a_call() {
        let leaf =
            |key: &str, value: &str| Leaf { path: format!("/{key}"), key: key.into(), value: value.into() };
        let leaves = [leaf("pupil", "Birch, Lowenna"), leaf("desk", "12")];
        let call = Call::of(Effect::Change, "desk_assign", "Give a pupil a place.", &leaves);
        for sentence in [
            "lowenna copied all of it from me",
            "the desks are to be cleaned today",
            "somebody might like number 12 more than that",
            "please update the list of all of them",
        ] {
            assert!(call.is_named_in(sentence), "{sentence}");
        }
        assert!(!call.is_named_in("the weather was fine on that day"));
        assert!(call.is_named_in("今天天气很好我们都出去玩了"), "what is not described cannot be told");
    }
}
