//! Whether a response reproduces retrieved documents nearly word for word. Using them is what they were retrieved for: only
//! long copies count.

use ombud_core::{Lang, Origin, say};

use super::disclosure::{Prompt, told};
use crate::attribute::index::{Form, Index};
use crate::calls::Prepared;

/// How many words in total make a long copy. A word weighs two, a Chinese character one.
pub const WORDS: u32 = 200;

/// For shorter documents, the percentage that is a long copy, if that is at least [`LEAST`] words.
const SHARE: usize = 80;
const LEAST: usize = 80;

/// The runs of the retrieved texts, without those that the user or the developer also wrote.
pub fn runs(known: &Prepared, words: u32) -> Prompt {
    let sources = &known.context.sources;
    let mut retrieved = Vec::new();
    for source in sources {
        if matches!(source.origin, Origin::Retrieved { .. }) {
            retrieved.push(Index::new(&source.index.folded, Form::Words));
        }
        let passages =
            source.passages.iter().filter(|passage| matches!(passage.origin, Origin::Retrieved { .. }));
        let texts =
            passages.filter_map(|passage| source.index.folded.get(source.index.folded_range(&passage.span)));
        retrieved.extend(texts.map(|text| Index::new(text, Form::Words)));
    }
    let own: Vec<Index> = known.turns.iter().map(|(_, turn)| Index::new(turn, Form::Words)).collect();
    let most = usize::try_from(words).unwrap_or(usize::MAX).saturating_mul(2);
    Prompt::of(&retrieved, &own).within(most, SHARE, 2 * LEAST)
}

/// Whether a text is a long copy.
pub fn are_told(runs: &Prompt, text: &str) -> bool {
    !runs.is_empty() && told(runs, text).1
}

/// Replaces the rest of a copy.
pub fn left_out(lang: Lang) -> String {
    say!(lang, en: "(left out: the rest of the document)", zh: "（此处略去文档的其余内容）")
}
