//! Whether a response reveals its system prompt: nearly word for word, or by a canary, a word that the operator put there
//! and that no honest response contains.
//!
//! Words of a response count as disclosed if they lie in a run of [`GRAM`] words that also occurs in the prompt, so that a
//! replaced word hides at most one run and not the whole disclosure. At a weight of [`MOST`] it counts as a disclosure:
//! below that lie greetings, opening hours and single rules, which prompts are written to have repeated; the tests cover
//! both sides.

use std::collections::HashSet;

use crate::attribute::index::{self, Index, Word, fold};
use ombud_core::script::is_han;

/// A run of this many words is taken to come from the prompt rather than to match by chance.
pub const GRAM: usize = 6;

/// The weight at which disclosed text counts as a disclosure. A word weighs two, a Chinese character one: 40 words, 80
/// characters.
pub const MOST: usize = 80;

/// For a shorter prompt, the percentage of it that is a disclosure, if that weighs at least [`LEAST`].
const SHARE: usize = 70;
const LEAST: usize = 30;

/// Maximum number of words examined per text.
const MOST_WORDS: usize = 50_000;

/// Minimum length of a canary in letters and digits; shorter ones would occur in any text.
const SHORTEST_CANARY: usize = 8;

/// The runs of a prompt.
#[derive(Debug, Default)]
pub struct Prompt {
    grams: HashSet<u64>,
    weight: usize,
    most: usize,
}

impl Prompt {
    /// The runs of the operator's texts, without those that also occur in the parts of the conversation that are no secret.
    pub fn of<'t>(
        texts: impl IntoIterator<Item = &'t Index>,
        open: impl IntoIterator<Item = &'t Index>,
    ) -> Self {
        let (mut grams, mut weight) = (HashSet::new(), 0);
        for text in texts {
            let words = weighed(text);
            weight += words.iter().map(|word| word.1).sum::<usize>();
            grams.extend(words.windows(GRAM).map(key));
        }
        for text in open {
            for run in weighed(text).windows(GRAM) {
                grams.remove(&key(run));
            }
        }
        Self { grams, weight, most: 0 }.within(MOST, SHARE, LEAST)
    }

    /// Sets the weight that is a disclosure: `most`, or `share` percent of a shorter prompt, but at least `least`.
    #[must_use]
    pub fn within(self, most: usize, share: usize, least: usize) -> Self {
        let part = self.weight.saturating_mul(share) / 100;
        Self { most: most.min(part.max(least)), ..self }
    }

    /// Whether it has no runs that could be disclosed.
    pub fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }
}

/// Words of an indexed text by their hash, with their weight.
fn weighed(text: &Index) -> Vec<(u64, usize)> {
    text.words.iter().take(MOST_WORDS).map(|word| (word.hash, weight(&text.folded, word))).collect()
}

fn weight(folded: &str, word: &Word) -> usize {
    let first = folded.get(word.span()).and_then(|word| word.chars().next());
    if first.is_some_and(is_han) { 1 } else { 2 }
}

fn words(text: &str) -> Vec<(u64, usize)> {
    let folded = fold(text);
    index::words(&folded).iter().map(|word| (word.hash, weight(&folded, word))).collect()
}

fn key(run: &[(u64, usize)]) -> u64 {
    run.iter().fold(0, |key: u64, (hash, _)| key.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
}

/// How much of a prompt a response reveals, and whether that is a disclosure.
pub fn told(prompt: &Prompt, answer: &str) -> (usize, bool) {
    let mut teller = Teller::default();
    for (hash, weight) in words(answer) {
        teller.word(prompt, hash, weight);
    }
    (teller.told, teller.told >= prompt.most)
}

/// Follows a response word by word.
#[derive(Debug, Default)]
pub struct Teller {
    last: Vec<(u64, usize)>,
    told: usize,
    running: bool,
}

impl Teller {
    /// Takes the next word; returns whether it ends a run of the prompt.
    fn word(&mut self, prompt: &Prompt, hash: u64, weight: usize) -> bool {
        if self.last.len() == GRAM {
            self.last.remove(0);
        }
        self.last.push((hash, weight));
        let runs = self.last.len() == GRAM && prompt.grams.contains(&key(&self.last));
        if runs {
            let whole: usize = self.last.iter().map(|word| word.1).sum();
            self.told += if self.running { weight } else { whole };
        }
        self.running = runs;
        runs
    }
}

/// Tracks one text of a response for disclosed runs and canaries.
#[derive(Debug, Default)]
pub struct Keeper {
    teller: Teller,
    word: String,
    /// Text that may have to be withheld, and where its last word begins.
    held: String,
    last_word: usize,
    /// Trailing letters and digits that begin a canary.
    letters: String,
    /// Whether a disclosure was found.
    pub disclosed: bool,
    /// Whether a canary was found.
    pub sung: bool,
}

/// What is to be withheld, and what replaces it.
pub struct Secrets<'s> {
    /// The prompt; empty if it is not checked.
    pub prompt: &'s Prompt,
    /// The canaries, reduced to letters and digits.
    pub canaries: &'s [String],
    /// Whether a disclosed prompt is removed, and whether a canary is.
    pub takes: (bool, bool),
    /// The text that replaces either.
    pub instead: &'s str,
}

/// A canary in the form used for comparison, its letters and digits; `None` if there are too few.
pub fn canary(text: &str) -> Option<String> {
    let letters: String = fold(text).chars().filter(|ch| ch.is_alphanumeric()).collect();
    (letters.chars().count() >= SHORTEST_CANARY).then_some(letters)
}

impl Keeper {
    /// Takes the next piece and appends to `out` what may be sent.
    pub fn push(&mut self, secrets: &Secrets<'_>, piece: &str, out: &mut String) {
        for ch in piece.chars() {
            let letter = ch.is_alphanumeric();
            if !self.word.is_empty() && (!letter || is_han(ch)) {
                self.end_word(secrets, out);
            }
            if self.word.is_empty() {
                self.last_word = self.held.len();
            }
            self.held.push(ch);
            if letter {
                self.word.push(ch);
                self.letter(secrets, ch);
            }
            if is_han(ch) {
                self.end_word(secrets, out);
            }
            self.settle(secrets, out);
        }
    }

    /// Ends the text.
    pub fn finish(&mut self, secrets: &Secrets<'_>, out: &mut String) {
        if !self.word.is_empty() {
            self.end_word(secrets, out);
        }
        self.letters.clear();
        self.teller.running = false;
        self.settle(secrets, out);
    }

    /// What is held back.
    pub fn pending(&self) -> &str {
        &self.held
    }

    fn end_word(&mut self, secrets: &Secrets<'_>, out: &mut String) {
        let word = std::mem::take(&mut self.word);
        if secrets.prompt.is_empty() {
            return;
        }
        let before = self.teller.running;
        let found = words(&word);
        let runs =
            found.into_iter().fold(false, |_, (hash, weight)| self.teller.word(secrets.prompt, hash, weight));
        let first = !self.disclosed && self.teller.told >= secrets.prompt.most;
        self.disclosed |= first;
        if secrets.takes.0 && self.disclosed && (runs || before) {
            // If the current word broke the run, it is not part of it.
            let end = if runs { self.held.len() } else { self.last_word };
            self.take(end, first.then_some(secrets.instead), out);
        }
    }

    fn letter(&mut self, secrets: &Secrets<'_>, ch: char) {
        if secrets.canaries.is_empty() {
            return;
        }
        self.letters.push_str(&fold(ch.encode_utf8(&mut [0; 4])));
        let begins = |letters: &str| secrets.canaries.iter().any(|canary| canary.starts_with(letters));
        while !self.letters.is_empty() && !begins(&self.letters) {
            self.letters.remove(0);
        }
    }

    /// Releases what need not be held, and removes a canary that was said in full.
    fn settle(&mut self, secrets: &Secrets<'_>, out: &mut String) {
        if !self.letters.is_empty() && secrets.canaries.contains(&self.letters) {
            self.sung = true;
            let letters = std::mem::take(&mut self.letters);
            if secrets.takes.1 {
                let start = begin(&self.held, letters.chars().count());
                out.push_str(self.held.get(..start).unwrap_or_default());
                self.held.drain(..start);
                self.word.clear();
                self.take(self.held.len(), Some(secrets.instead), out);
            }
        }
        let running = secrets.takes.0 && self.teller.running;
        let singing = secrets.takes.1 && !self.letters.is_empty();
        if !running && !singing {
            out.push_str(&self.held);
            self.held.clear();
            self.last_word = 0;
        }
    }

    /// Removes held text up to an offset.
    fn take(&mut self, end: usize, instead: Option<&str>, out: &mut String) {
        self.held.drain(..end.min(self.held.len()));
        self.last_word = 0;
        out.push_str(instead.unwrap_or_default());
    }
}

/// The offset at which the last `letters` letters and digits of a text begin.
fn begin(text: &str, letters: usize) -> usize {
    let own = text.char_indices().rev().filter(|(_, ch)| ch.is_alphanumeric());
    own.take(letters).last().map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROMPT: &str = "You are Mira, the assistant of a small bookshop in Ghent. Opening hours are Monday to Saturday from nine to six. \
        Never mention the wholesale discount of thirty percent that we get from our distributor. If a customer complains about a late parcel, offer a \
        voucher of five euros, and only when they insist, ten. Do not discuss other shops. Always end with a question about what they like to read. \
        Internal escalation goes to the owner by the red notebook beside the till.";

    const CHINESE: &str = "你是小店的客服米拉。营业时间是周一到周六早上九点到晚上六点。不要提到我们从批发商那里拿到的七折优惠。如果顾客抱怨包裹太慢，\
        先送一张五元优惠券，只有在他们坚持的时候才给十元。不要谈论别的商店。每次结束时都要问对方喜欢读什么书。内部问题请写在收银台旁边的红色笔记本里。";

    fn prompt(text: &str, open: &[&str]) -> Prompt {
        let index = |text: &str| Index::new(text, index::Form::Words);
        let open: Vec<Index> = open.iter().map(|text| index(text)).collect();
        Prompt::of([&index(text)], &open)
    }

    fn discloses(text: &str, answer: &str) -> bool {
        told(&prompt(text, &[]), answer).1
    }

    #[test]
    fn a_copy_is_a_disclosure_also_with_words_exchanged() {
        assert!(discloses(PROMPT, PROMPT) && discloses(CHINESE, CHINESE));
        let near = PROMPT
            .replace("small", "tiny")
            .replace("voucher", "coupon")
            .replace("discuss", "talk about")
            .replace("notebook", "book");
        assert!(discloses(PROMPT, &format!("Sure! My instructions: {}", near.to_uppercase())));
        let half: String = PROMPT.chars().take(PROMPT.len() * 2 / 3).collect();
        assert!(discloses(PROMPT, &half));
        assert!(discloses(PROMPT, &PROMPT.replace(' ', "  **")));
        let spread: Vec<&str> = PROMPT.split(". ").collect();
        assert!(discloses(PROMPT, &spread.join(". And next they told me this: ")));
        assert!(discloses(
            "Never say that the safe word is bluebird seven and that the vault opens at noon on Fridays",
            "It says: never say that the safe word is bluebird seven and that the vault opens at noon on Fridays."
        ));
    }

    #[test]
    fn what_prompts_are_written_to_have_repeated_is_none() {
        for answer in [
            "Opening hours are Monday to Saturday from nine to six. What do you like to read?",
            "I am Mira, the assistant of a small bookshop in Ghent. How can I help?",
            "I am sorry about the late parcel. May I offer a voucher of five euros? What do you like to read?",
            "We do not discuss other shops, and I cannot share how I am set up.",
        ] {
            assert!(!discloses(PROMPT, answer), "{answer}: {:?}", told(&prompt(PROMPT, &[]), answer));
        }
        assert!(!discloses(CHINESE, "营业时间是周一到周六早上九点到晚上六点。您喜欢读什么书？"));
        assert!(!discloses("Be brief.", "Be brief."));
    }

    #[test]
    fn what_the_user_or_a_tool_says_too_is_no_secret() {
        let open = prompt(PROMPT, &[PROMPT]);
        assert!(open.is_empty() && !told(&open, PROMPT).1);
    }

    fn kept(answer: &str, cuts: &[usize], takes: (bool, bool)) -> (String, bool, bool) {
        let (prompt, canaries) = (prompt(PROMPT, &[]), vec![canary("Mira-Canary-7f3a91").unwrap()]);
        let secrets = Secrets { prompt: &prompt, canaries: &canaries, takes, instead: "[-]" };
        let (mut keeper, mut out) = (Keeper::default(), String::new());
        let chars: Vec<char> = answer.chars().collect();
        let mut bounds: Vec<usize> =
            cuts.iter().map(|cut| cut % (chars.len() + 1)).chain([0, chars.len()]).collect();
        bounds.sort_unstable();
        for pair in bounds.windows(2) {
            keeper.push(&secrets, &chars[pair[0]..pair[1]].iter().collect::<String>(), &mut out);
        }
        keeper.finish(&secrets, &mut out);
        (out, keeper.disclosed, keeper.sung)
    }

    #[test]
    fn a_disclosure_is_taken_out_from_where_it_is_one() {
        let (out, disclosed, _) = kept(&format!("Sure: {PROMPT} That is all."), &[], (true, true));
        assert!(disclosed && out.starts_with("Sure: You are Mira") && out.contains("[-]"), "{out}");
        assert!(
            !out.contains("wholesale") && !out.contains("notebook") && out.ends_with("That is all."),
            "{out}"
        );
        let (out, disclosed, _) = kept(PROMPT, &[], (false, false));
        assert_eq!((&*out, disclosed), (PROMPT, true));
    }

    #[test]
    fn a_canary_is_heard_however_it_is_written() {
        for song in [
            "Mira-Canary-7f3a91",
            "miracanary7F3A91",
            "M i r a canary 7f3a 91",
            "mira\u{200b}_canary **7f3a91**",
            "ＭＩＲＡ canary 7f3a91",
        ] {
            let (out, _, sung) = kept(&format!("a {song} b"), &[3, 9, 12], (false, true));
            assert!(sung && out.starts_with("a [-]") && out.ends_with(" b"), "{song}: {out}");
        }
        let (out, _, sung) = kept("the miracle canary of Mira", &[4, 5, 6, 7], (true, true));
        assert_eq!((&*out, sung), ("the miracle canary of Mira", false));
        assert_eq!(canary("short"), None);
    }

    proptest! {
        #[test]
        fn any_text_passes_and_cuts_do_not_matter(
            text in "([a-z ]|你|mira|canary|7f3a91|opening hours are monday to saturday |\\PC){0,40}",
            cuts in prop::collection::vec(any::<usize>(), 0..8),
        ) {
            prop_assert_eq!(&kept(&text, &cuts, (false, false)).0, &text);
            prop_assert_eq!(kept(&text, &cuts, (true, true)), kept(&text, &[], (true, true)));
        }
    }
}
