//! Chat-bot tokens: Telegram (`<8 to 10 digits>:<35 characters>`, the form used by the Bot API) and Discord (three parts,
//! the first being the bot's number in base64).

use std::ops::Range;

use ombud_core::DataType;

use super::keyword_secret::vendors;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "bot_token",
    kind: DataType::Secret,
    trigger: Trigger::Word(8..=28, Head::Any),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let part = |b: u8| is_word(b) || b == b'_' || b == b'-';
    let end_of = |at: usize| text.run(at, 64, part);
    let telegram = text.byte(word.end) == Some(b':')
        && (8..=10).contains(&word.len())
        && text.ahead(word.start, word.len()).iter().all(u8::is_ascii_digit);
    let end = if telegram {
        let end = end_of(word.end + 1);
        let named = || vendors::before(text, word.start);
        let marked = (34..=37).contains(&(end - word.end)) && text.ahead(word.end + 1, 2) == b"AA";
        (marked || end - word.end == 36 && named()).then_some(end)?
    } else {
        let discord =
            (23..=28).contains(&word.len()) && matches!(text.byte(word.start), Some(b'M' | b'N' | b'O'));
        let second = end_of(word.end + 1);
        let third = end_of(second + 1);
        let dots = text.byte(word.end) == Some(b'.') && text.byte(second) == Some(b'.');
        (discord && dots && second - word.end == 7 && (27..=38).contains(&(third - second - 1)))
            .then_some(third)?
    };
    let span = word.start..end;
    let joined = text.before(word.start).is_some_and(|b| matches!(b, b'.' | b'-' | b'_'));
    (!joined && !text.byte(end).is_some_and(part)).then(|| Found::validated(span, 0.95))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn tokens_are_found() {
        check(
            DataType::Secret,
            &[
                "TG=[[110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1]] ",
                "telegram: [[1234567890:h3YLlUHP8-STgTic38bCZXDJ_6s05ERgsaM]]",
                "[[MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs]]",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Secret,
            &[
                "110201543:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
                "110201543:AAshort",
                "Main4NjIyNDgzNDcxOTI1Mj.method.call",
            ],
        );
    }
}
