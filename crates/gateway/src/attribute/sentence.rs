//! Sentence boundaries of a text. Computed once per text, because a context is searched again for every call.

use super::index::Word;

/// Returns the indices into `words` at which a sentence of the folded text ends, ascending; the last is the number of words.
pub(super) fn ends(folded: &str, words: &[Word]) -> Box<[u32]> {
    let between = |pair: &[Word]| {
        let [before, after] = pair else { return "" };
        folded.get(before.span().end..after.span().start).unwrap_or_default()
    };
    let inner = words.windows(2).enumerate().filter(|(_, pair)| is_end(between(pair))).map(|(at, _)| at + 1);
    let last = (!words.is_empty()).then_some(words.len());
    inner.chain(last).filter_map(|end| u32::try_from(end).ok()).collect()
}

/// Whether a sentence or a field ends between two words; JSON and Python quote fields.
fn is_end(between: &str) -> bool {
    let bytes = between.as_bytes();
    // Nearly all words are joined by one space.
    if bytes == b" " {
        return false;
    }
    let quoted = |pair: &[u8]| pair[0] == b'\'' && matches!(pair[1], b',' | b':' | b'}' | b']');
    between.contains(['\n', '!', '?', '。', '！', '？', '；', ';', '"'])
        || bytes.windows(2).any(|pair| pair == b". " || quoted(pair))
}

#[cfg(test)]
mod tests {
    use crate::attribute::index::{Form, Index};

    #[test]
    fn ends_of_sentences_and_fields() {
        let sentences = |text: &str| -> Vec<String> {
            let index = Index::new(text, Form::Words);
            let span = |words: &[crate::attribute::index::Word]| {
                words.first().unwrap().span().start..words.last().unwrap().span().end
            };
            index.sentences().map(|words| index.folded[span(words)].to_owned()).collect()
        };
        assert_eq!(
            sentences("  We met at 4.15. Then, at noon? Bye"),
            ["we met at 4.15", "then, at noon", "bye"]
        );
        assert_eq!(sentences("{'a': 'one', 'b': 'two'}"), ["a", "one", "b", "two"]);
        assert_eq!(sentences("你好。再见"), ["你好", "再见"]);
        assert_eq!(sentences(" . "), Vec::<String>::new());
    }
}
