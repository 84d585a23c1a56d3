//! From a span of tokens to what is reported: without loose marks at its ends, and not if no name can look like that.

use ombud_core::DataType;

use super::Entity;
use super::decode::Found;
use super::token::{Kind, Token};

/// Bytes that the name of a person or an organisation has at most; beyond, the model has lost its way.
const LONGEST_PERSON: usize = 64;
const LONGEST_ORG: usize = 120;
/// The same for an address.
const LONGEST_PLACE: usize = 240;

/// The entity of a span, if it can be one.
pub(super) fn tidy(text: &str, tokens: &[Token], found: &Found) -> Option<Entity> {
    let mut span = tokens.get(found.tokens.clone())?;
    while let [first, rest @ ..] = span
        && loose(text, first, false)
    {
        span = rest;
    }
    while let [rest @ .., last] = span
        && loose(text, last, true)
    {
        span = rest;
    }
    let (first, last) = (span.first()?, span.last()?);
    let bytes = first.start..last.end;
    let longest = match found.kind {
        DataType::Person => LONGEST_PERSON,
        DataType::Org => LONGEST_ORG,
        _ => LONGEST_PLACE,
    };
    let named = span.iter().any(Token::may_name);
    let linked = span.iter().any(|token| token.kind == Kind::Link);
    // A single letter or character is an initial or a pronoun more often than a name.
    let short = span.len() == 1 && text.get(bytes.clone())?.chars().count() < 2;
    // A list of models and standards is no address.
    let codes = span.iter().filter(|token| token.kind == Kind::Code).count();
    if !named || linked || short || codes > 2 || bytes.len() > longest {
        return None;
    }
    let coarse = found.kind == DataType::Location && !is_address(text.get(bytes.clone())?);
    Some(Entity { span: bytes, kind: found.kind, score: found.score, coarse })
}

/// What stands in an address, and not in the name of a city or country.
const PARTS: &[&str] = &[
    "路", "街", "巷", "弄", "胡同", "大道", "号", "楼", "栋", "幢", "室", "单元", "小区", "公寓", "大厦",
    "花园", "新村", "家园", "广场",
];
/// The same in Latin letters, in lower case, as whole words.
const WORDS: &[&str] = &[
    "street",
    "st",
    "avenue",
    "ave",
    "road",
    "rd",
    "lane",
    "drive",
    "blvd",
    "boulevard",
    "way",
    "court",
    "square",
    "rue",
    "calle",
    "via",
    "apt",
    "suite",
    "flat",
    "floor",
    "building",
    "house",
];

/// True if a place is told as an address is: with a number, or with the name of a road or a building.
fn is_address(place: &str) -> bool {
    place.bytes().any(|b| b.is_ascii_digit())
        || PARTS.iter().any(|part| place.contains(part))
        || place
            .split(|c: char| !c.is_alphabetic())
            .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// True if a token at the end of a span is no part of it. A closing bracket, and a dot behind an abbreviation, may be.
fn loose(text: &str, token: &Token, at_end: bool) -> bool {
    match token.kind {
        Kind::Line => true,
        Kind::Mark => {
            let mark = text.get(token.start..token.end).unwrap_or_default();
            !(at_end && matches!(mark, ")" | ".") || !at_end && matches!(mark, "(" | "#"))
        }
        _ => false,
    }
}
