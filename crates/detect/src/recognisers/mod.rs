//! The recognisers, one a file. To add one: write the file, add its line to the list below.

use std::ops::{Range, RangeInclusive};

use ombud_core::DataType;

use crate::resolve::{Candidate, Strength};
use crate::text::Text;

/// Declares the modules and the list in one go, so that a recogniser is one line.
macro_rules! recognisers {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every recogniser; at most 64.
        pub(crate) static ALL: &[&Recogniser] = &[$(&$module::RECOGNISER,)*];
    };
}

recognisers! {
    bearer,
    bot_token,
    card,
    cn_id,
    cn_landline,
    cn_mobile,
    db_url,
    driver_licence,
    email,
    email_spelled,
    hk_id,
    iban,
    ipv4,
    ipv6,
    jwt,
    labelled_secret,
    mac,
    mo_id,
    otpauth,
    passport,
    pem,
    permit,
    phone_international,
    phone_labelled,
    phone_nanp,
    plate,
    qq,
    ssn,
    tw_id,
    url,
    uscc,
    vendor_key,
    webhook,
    wechat,
    zhipu_key,
}

/// Where a recogniser wants to read.
pub(crate) enum Trigger {
    /// Words of this length that hold a digit (a word is a run of ASCII letters and digits; all lengths from 64 on count
    /// as 64), which begin as told.
    Word(RangeInclusive<usize>, Head),
    /// Every place where one of these stands, in either case.
    Literals(&'static [&'static str]),
    /// Every place where one of the recogniser's labels stands as a whole word, in either case.
    Labels,
}

/// What a word begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    Digit,
    Letter,
    Any,
}

/// A recogniser: who it is, where it reads, and the function that reads.
pub(crate) struct Recogniser {
    /// Stable name, for explanations.
    pub(crate) id: &'static str,
    pub(crate) kind: DataType,
    pub(crate) trigger: Trigger,
    /// Words that announce a value of this type, in English (lower case) and Chinese.
    pub(crate) labels: &'static [&'static str],
    /// Reads at a trigger. It may look at a bounded piece of text on both sides, or at one run of characters if no other
    /// trigger reads the same run again: the whole scan must stay linear.
    pub(crate) find: fn(&Text<'_>, Range<usize>) -> Option<Found>,
}

impl Recogniser {
    pub(crate) fn read(&self, text: &Text<'_>, place: Range<usize>) -> Option<Candidate> {
        (self.find)(text, place).map(|found| Candidate {
            span: found.span,
            kind: self.kind,
            strength: found.strength,
            score: found.score,
            recogniser: self.id,
        })
    }
}

/// What a recogniser found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Bytes of the normalised text, on character boundaries.
    pub(crate) span: Range<usize>,
    pub(crate) strength: Strength,
    /// 0 to 1.
    pub(crate) score: f32,
}

impl Found {
    /// A check digit or a closed list agrees.
    pub(crate) fn validated(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Validated, score }
    }

    /// The form agrees, and a label names it.
    pub(crate) fn labelled(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Context, score }
    }

    /// Only the form agrees.
    pub(crate) fn shape(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Shape, score }
    }
}

#[cfg(test)]
mod testing {
    use std::sync::LazyLock;

    use ombud_core::DataType;

    use crate::Detector;

    /// The values of one type that the whole detector finds.
    pub(super) fn values(kind: DataType, text: &str) -> Vec<String> {
        static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::default);
        let found = DETECTOR.detect(text);
        found.into_iter().filter(|d| d.kind == kind).map(|d| text[d.span].to_owned()).collect()
    }

    /// Checks that each text holds exactly the value between `[[` and `]]`, or nothing if there is none.
    pub(super) fn check(kind: DataType, marked: &[&str]) {
        for text in marked {
            let plain = text.replace("[[", "").replace("]]", "");
            let expected: Vec<&str> =
                text.split("[[").skip(1).filter_map(|rest| rest.split("]]").next()).collect();
            assert_eq!(values(kind, &plain), expected, "in {plain:?}");
        }
    }
}
