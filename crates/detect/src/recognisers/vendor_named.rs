//! Keys of services without a key prefix: a machine-generated value directly after the service's name (`chartmogul
//! a1b2…`, `findl=123e4567-…`). The names are those that mean nothing else.

use std::ops::Range;

use ombud_core::DataType;

use super::keyword_secret::{value, vendors};
use super::made::{Made, made};
use super::{Found, Recogniser, Trigger};
use crate::label::{is_whole, link};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "vendor_named",
    kind: DataType::Secret,
    trigger: Trigger::Literals(vendors::DISTINCT),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, name: Range<usize>) -> Option<Found> {
    let span = value(text, name.end)?;
    let whole = is_whole(text.as_str(), name.start, name.end);
    let least = if link(text, name.end).explicit { Made::Perhaps } else { Made::Uuid };
    (whole && made(text.slice(span.clone())) >= least).then(|| Found::labelled(span, 0.7))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found() {
        check(
            DataType::Secret,
            &[
                "chartmogul [[a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6]]",
                "findl=[[123e4567-e89b-12d3-a456-426614174000]]",
                "everhour=[[ABCD-1234-123456-abcdef-12345678]]",
                "surveybot = '[[abcdef1234567890ABCDEF1234567890]]'",
            ],
        );
    }

    #[test]
    fn words_about_a_service_are_not() {
        check(
            DataType::Secret,
            &[
                "virustotal found 12 engines",
                "https://urlscan.io/result/12",
                "pixabay-photo-of-a-cat-2024",
                "chartmogul = require('chartmogul')",
            ],
        );
    }
}
