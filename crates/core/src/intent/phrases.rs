//! Wishes of more than one word, and wishes in words that are in no lexicon.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{BEFORE_VERB, Intent, NEGATIONS, OBJECTS, english};
use crate::effect::Effect;

/// Maximum number of words between a verb and the particle that changes its meaning: “throw the old ones out”.
const BETWEEN: usize = 6;

/// Phrasal verbs.
const PHRASAL: &[(Effect, &str, &str)] = &[
    (Effect::Delete, "throw toss chuck", "out away"),
    (Effect::Delete, "take strike cross get kick", "off"),
    (Effect::Delete, "get", "rid"),
    (Effect::Delete, "clear clean", "out up"),
    (Effect::Send, "hand turn", "in"),
    (Effect::Send, "put get push go", "out live"),
    (Effect::Send, "pass hand", "on over along"),
    (Effect::Send, "drop shoot", "line message note mail email text"),
    (Effect::Send, "get write", "back"),
    (Effect::Create, "set put write sign pencil fit squeeze", "up down in"),
    (Effect::Change, "call switch turn put push sign", "off"),
    (Effect::Change, "take pull turn knock", "down"),
    (Effect::Change, "turn", "up"),
    (Effect::Change, "put move", "with under next"),
    (Effect::Delete, "take cut strike cross leave", "out"),
    (Effect::Create, "put", "on"),
    (Effect::Change, "put push bring", "back forward off"),
    (Effect::Change, "switch turn", "on"),
    (Effect::Change, "fill", "in out"),
    (Effect::Change, "wave", "through"),
    (Effect::Pay, "top", "up"),
    (Effect::Pay, "pay", "back"),
];

/// The rows of [`PHRASAL`] by their verb, because every word of a text is looked up.
static BY_VERB: LazyLock<HashMap<&str, Vec<(Effect, &str)>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<(Effect, &str)>> = HashMap::new();
    for (effect, verbs, particles) in PHRASAL {
        verbs.split(' ').for_each(|verb| all.entry(verb).or_default().push((*effect, particles)));
    }
    all
});

/// What to find out about a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The effect classes that it asks for.
    Classes,
    /// These, and whether it wants something done in words that no class covers.
    AnyWish,
}

/// Reads the phrases of a turn.
pub(super) fn phrases(turn: &str, wanted: Wanted, intent: &mut Intent) {
    let lower = turn.to_lowercase().replace('’', "'");
    for sentence in lower.split_inclusive(['.', ';', '!', '?', '\n']) {
        let asks = is_question(sentence);
        let mut own = Intent::default();
        for clause in sentence.split(',') {
            read(&words(clause), asks, wanted, &mut own);
        }
        english(sentence, &mut own);
        // A sentence with a known verb already says what is wanted.
        let open = wanted == Wanted::AnyWish && own.classes.is_empty();
        own.acts |= open && is_statement_of_a_wish(sentence);
        intent.acts |= own.acts;
        intent.ends |= own.ends;
        intent.classes.extend(own.classes);
    }
}

fn words(text: &str) -> Vec<&str> {
    let word = |ch: char| ch.is_alphanumeric() || ch == '\'';
    text.split(|ch| !word(ch)).filter(|word| !word.is_empty()).collect()
}

/// “Did they get it fixed?” is a question; “could you get it fixed?” is a wish.
fn is_question(sentence: &str) -> bool {
    sentence.trim_end().ends_with('?') && words(sentence).first().is_some_and(|first| !is(POLITE, first))
}

fn read(words: &[&str], asks: bool, wanted: Wanted, intent: &mut Intent) {
    let behind = |at: usize| words.get(at + 1..).unwrap_or_default();
    // “On the other hand”: the noun is not part of a phrasal verb.
    let verb = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_none_or(|before| BEFORE_VERB.contains(before))
    };
    let said_of_somebody = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_some_and(|before| is(SUBJECTS, before))
    };
    let mut negated = 0..0;
    for (at, word) in words.iter().enumerate() {
        let open = *word == "not" && at > 0 && words.get(at - 1) == Some(&"if");
        if NEGATIONS.contains(word) && !open {
            negated = at + 1..at + 4;
        } else if negated.contains(&at) {
            continue;
        }
        let phrasal: Vec<Effect> = phrasal(word, behind(at)).filter(|_| verb(at)).collect();
        // “Turn down”, “take off”: something ends.
        intent.ends |=
            phrasal.contains(&Effect::Delete) || *word == "turn" && verb(at) && is_down(behind(at));
        intent.classes.extend(phrasal);
        match *word {
            "give" | "grant" | "provide" => intent.classes.extend(given_what(behind(at))),
            "say" if verb(at) && behind(at).first().is_some_and(|what| is(GREETINGS, what)) => {
                intent.classes.extend([Effect::Send]);
            }
            "send" if holds_money(behind(at)) => intent.classes.extend([Effect::Pay]),
            // “Take them out of the diary”; “take the dates out of the mail” only asks for them.
            "take"
                if verb(at)
                    && matches!(behind(at), [whom, "out", "of", ..] if is("them him her it", whom)) =>
            {
                intent.ends = true;
                intent.classes.extend([Effect::Delete, Effect::Change]);
            }
            "get" if !asks && !said_of_somebody(at) && gets_more(behind(at)) => {
                intent.classes.extend([Effect::Pay, Effect::Create]);
            }
            "get" if !asks && !said_of_somebody(at) && gets_somebody_to_work(behind(at)) => {
                intent.classes.extend([Effect::Create]);
            }
            "want" | "like" if at > 0 && is_to_be(behind(at)) => intent.acts = true,
            "let" if lets_somebody(behind(at)) => intent.classes.extend([Effect::Grant]),
            "get" | "have" if !asks && is_causative(behind(at)) => intent.acts = true,
            "and" | "then" | "yes" => intent.acts |= is_unknown_wish(behind(at)),
            _ => {}
        }
    }
    intent.acts |= wanted == Wanted::AnyWish && is_unknown_wish(words);
}

/// “Turn down the request”; “turn the heating down” ends nothing.
fn is_down(behind: &[&str]) -> bool {
    behind.first() == Some(&"down")
        && behind.iter().all(|word| !is("heat heating volume light lights music sound", word))
}

/// “Say sorry”; “say what is in it” asks for an answer.
const GREETINGS: &str = "sorry thanks thank hello hi yes no goodbye congratulations happy";

fn is(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

fn phrasal<'w>(verb: &'w str, behind: &'w [&'w str]) -> impl Iterator<Item = Effect> + 'w {
    let rows = BY_VERB.get(verb).map_or(&[][..], Vec::as_slice);
    // “Get my mails and find out who wrote”, “get the names out of the list”: the particle belongs to another word.
    let reach = if rows.is_empty() { 0 } else { BETWEEN };
    let last = behind.iter().take(reach).take_while(|word| !is(JOINS, word)).count();
    let own = move |place: usize| behind.get(place + 1).is_none_or(|next| !is("of what who how if", next));
    let close = move |particles: &str| {
        behind.iter().take(last).enumerate().any(|(place, word)| is(particles, word) && own(place))
    };
    rows.iter().filter(move |(_, particles)| close(particles)).map(|(effect, _)| *effect)
}

/// Words that end the reach of a verb.
const JOINS: &str = "and then or but to that which who find figure check work";

/// “Give Joel read access to it”, “give him his deposit back”.
fn given_what(behind: &[&str]) -> Option<Effect> {
    let any = |what: &str| behind.iter().any(|word| is(what, word));
    // “Give me the key points” asks for an answer.
    let others = behind.first().is_some_and(|whom| !is("me us", whom));
    if any("access permission permissions rights") || others && any("key keys code admin role seat pass") {
        return Some(Effect::Grant);
    }
    (any("money deposit refund fee tip bonus") || holds_money(behind)).then_some(Effect::Pay)
}

/// “40 euros”, “ten pounds”; a report about the euro is not money.
fn holds_money(behind: &[&str]) -> bool {
    const UNITS: &str =
        "euro euros eur dollar dollars usd pound pounds gbp quid bucks yuan rmb yen francs kronor";
    let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) || is(NUMBERS, word);
    behind.windows(2).any(|pair| matches!(pair, [some, unit] if number(some) && is(UNITS, unit)))
}

/// “Let my co-host see the pictures”; “let me see” asks for an answer.
fn lets_somebody(behind: &[&str]) -> bool {
    let whom = behind.first().is_some_and(|whom| !is("me us", whom));
    let mut verbs = behind.iter().take(4).skip(1);
    whom && !behind.contains(&"know")
        && verbs.any(|word| is("see view edit read use access join enter", word))
}

/// “I want it at the same hour”, “I'd like the talk moved”; “I want to see my bookings” only asks to see something.
fn is_to_be(behind: &[&str]) -> bool {
    behind.first().is_some_and(|what| is("it them this that these those the", what))
        && behind.get(1).is_some_and(|next| !is("to", next))
        && !behind.iter().any(|word| is(LOOKING, word))
}

/// “Get 8 kg more”, “get four of whatever is low”, “get another box”: what has run low is bought or ordered.
fn gets_more(behind: &[&str]) -> bool {
    let number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit()) || is(NUMBERS, word);
    let counted = behind.first().is_some_and(number)
        && (behind.iter().take(4).any(|word| *word == "more") || behind.get(1) == Some(&"of"));
    let more = behind.first().is_some_and(|first| matches!(*first, "another" | "more"));
    counted || more && !behind.contains(&"information")
}

/// “Get our usual plumber to fix it”: the plumber is ordered. Nothing is said about money.
fn gets_somebody_to_work(behind: &[&str]) -> bool {
    let somebody = behind.first().is_some_and(|first| is("our the a an my", first));
    let verb = behind.iter().take(BETWEEN).position(|word| *word == "to").and_then(|at| behind.get(at + 1));
    somebody
        && verb
            .is_some_and(|verb| is("fix repair mend replace install paint clean build deliver service", verb))
}

/// “Get Jana's boiler fixed”, “have it sent”.
fn is_causative(behind: &[&str]) -> bool {
    let done = |word: &&&str| {
        word.len() > 4 && word.ends_with("ed") || is("done sent made paid booked out ready", word)
    };
    let at = behind.iter().take(BETWEEN).position(|word| done(&word));
    at.is_some_and(|at| {
        at > 0 && !is("not never been already", behind.get(at - 1).copied().unwrap_or_default())
    })
}

/// A clause whose first word is followed by an object, and that neither asks nor wants anything looked up: “knock twenty
/// off the price”, “get our usual plumber to fix it”.
fn is_unknown_wish(words: &[&str]) -> bool {
    let mut words = words.iter().skip_while(|word| is(POLITE, word));
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return false };
    let number = second.bytes().all(|byte| byte.is_ascii_digit()) || is(NUMBERS, second);
    (OBJECTS.contains(second) || number) && first.len() >= 3 && !is(NO_WISH, first) && !is(SUBJECTS, first)
}

/// A sentence that neither asks nor wants anything looked up, and opens like an instruction or says that something is
/// wanted: “nineteen degrees please”, “we need another hour”, “quote Ostermark a dozen of the small pumps”.
fn is_statement_of_a_wish(sentence: &str) -> bool {
    let all = words(sentence);
    let any = |list: &str| all.iter().any(|word| is(list, word));
    let question = sentence.trim_end().ends_with('?');
    let want = all
        .iter()
        .position(|word| matches!(*word, "want" | "wants"))
        .and_then(|at| all.get(at.checked_sub(1)?));
    // “Mrs Okafor wants to see flat 3”: what somebody else wants is a wish too.
    if want.is_some_and(|who| !is("i we you to they who", who)) {
        return !question;
    }
    if question || all.len() < 3 || any(LOOKING) || !sentence.is_ascii() && all.len() < 4 {
        return false;
    }
    let opens = all
        .iter()
        .find(|word| !is(POLITE, word))
        .is_some_and(|word| !is(NO_WISH, word) && !is(SUBJECTS, word));
    opens || any("please pls need needs")
}

const POLITE: &str = "please and then also now just so pls kindly could can would you";

const NUMBERS: &str =
    "two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty hundred half";

/// Words of a sentence that asks or wants something looked up.
const LOOKING: &str = "what which who whom whose when where why how show find search look read view check list summarise \
    summarize explain describe compare translate tell know think count calculate any hear remember whether see";

/// Words that open a statement.
const SUBJECTS: &str = "i i'm i've i'd i'll we we're he she they you it's hello hi hey dear thanks thank ok okay yes great good sorry \
    if as by at on in of let's today tomorrow yesterday";

/// Words that start a clause which asks for nothing to be done: question words, verbs of looking, and joining words.
const NO_WISH: &str = "what which who whose when where why how is are was were does did has have had will would should may might must can \
    could read show find search look see view check list summarise summarize explain describe compare translate tell \
    know think want need like love hope wish guess hear heard saw got the this that these those for from with without \
    about after before behind between during since until under over into onto near per than but not nor yet because \
    while although though unless all both each every any some most many only even still here there our their his her \
    its your my an it whether don't dont never including except given regarding count calculate";

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(turn: &str, effect: Effect) -> bool {
        Intent::of([turn]).asks_for(effect)
    }

    #[test]
    fn verbs_with_particles() {
        for (turn, effect) in [
            ("Throw out the blurred shots from last Tuesday.", Effect::Delete),
            ("Ida doesn't want the letter any more, take her off.", Effect::Delete),
            ("Add up what it cost me and hand it in at work.", Effect::Send),
            ("Get the lamp keeper episode out this Wednesday.", Effect::Send),
            ("Send Ken 40 euros for lunch", Effect::Pay),
            ("Let my co-host see last year's pictures.", Effect::Grant),
            ("Give him a key until Sunday.", Effect::Grant),
            ("call the meeting off", Effect::Change),
            ("Is 908 reviewed? If yes squash it in.", Effect::Change),
            ("Turn down the request from Quayside", Effect::Change),
            ("There's a bonus in twice, take the second one out", Effect::Delete),
            ("then drop him a mail that it's done", Effect::Send),
            ("Has he had his money? If not pay him.", Effect::Pay),
            ("if there's more in it don't merge it, tell Sam", Effect::Send),
            ("look it up in the log and take them out of the diary", Effect::Delete),
            ("Look at the valve. I want it at the same hour but on Monday.", Effect::Change),
            ("Who is free? Put them with Ioana.", Effect::Change),
            ("If it's under five kilos get 8 kg more from Eyemouth", Effect::Pay),
            ("Get our usual plumber to fix it", Effect::Create),
        ] {
            assert!(asks(turn, effect), "{turn}");
        }
        for (turn, effect) in [
            ("Don't throw anything out.", Effect::Delete),
            ("Don't open, delete or forward it", Effect::Delete),
            ("Do not reply, forward or delete anything", Effect::Delete),
            ("don't archive it, delete it or send it", Effect::Send),
            ("If he has asked, do not pay him", Effect::Pay),
            ("Take the dates out of the mail", Effect::Delete),
            ("I want it summarised", Effect::Pay),
            ("Get more information on that", Effect::Pay),
            ("Get our usual plumber to fix it", Effect::Pay),
            ("Get the mails and read them to me", Effect::Pay),
            ("Let me see the pictures.", Effect::Grant),
            ("Send Ken the report", Effect::Pay),
            ("Send Ken the report about the euro", Effect::Pay),
            ("Send it back to me", Effect::Pay),
            ("Get 3 recent mails and sum them up", Effect::Pay),
            ("Get my mails and find out who wrote", Effect::Send),
            ("Get me to the summary of the mail", Effect::Send),
            ("Get the names out of the list", Effect::Send),
            ("On the other hand what is on?", Effect::Send),
            ("Say what is in my inbox", Effect::Send),
            ("Let Anna know that I came in", Effect::Grant),
            ("Give me the key points", Effect::Grant),
        ] {
            assert!(!asks(turn, effect), "{turn}");
        }
    }

    #[test]
    fn wishes_that_no_lexicon_holds() {
        for turn in [
            "Knock twenty off the price of the attic flat.",
            "Find me a fast charger that is free and hold it for four this afternoon.",
            "We need another hour at the car park.",
            "Nineteen degrees please, both front seats on low.",
            "Quote Ostermark a dozen of the small pumps.",
            "Look through the messages and get Jana's boiler fixed by whoever is better.",
            "Mrs Okafor wants to see flat 3 on Saturday, the earlier the better.",
        ] {
            assert!(asks(turn, Effect::Change), "{turn}");
        }
        for turn in [
            "What's new?",
            "Tell me about the mails from Anna and the ones from Bob.",
            "I live in Lisbon.",
            "I want to see my bookings.",
            "Did they get it fixed?",
            "I have not been invited.",
            "Thanks a lot for that!",
            "Summarise the report.",
            "My inbox of today, and which of them are urgent.",
        ] {
            assert!(!asks(turn, Effect::Change), "{turn}");
        }
    }
}
