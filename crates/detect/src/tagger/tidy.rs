//! From a span of tokens to what is reported: without loose marks at its ends, and only if a name can look like that.

use ombud_core::DataType;

use super::Entity;
use super::assistant;
use super::code;
use super::common;
use super::decode::Found;
use super::lexicon::Lexicon;
use super::token::{Kind, Shape, Token};

/// Maximum length in bytes of a person's or an organisation's name; beyond that, the model has gone wrong.
const LONGEST_PERSON: usize = 64;
const LONGEST_ORG: usize = 120;
/// The same for an address.
const LONGEST_PLACE: usize = 240;

/// The entity of a span, if it can be one; `vets` rejects isolated common words.
pub(super) fn tidy(
    text: &str,
    tokens: &[Token],
    found: &Found,
    lexicon: Lexicon<'_>,
    vets: bool,
) -> Option<Entity> {
    let mut span = tokens.get(found.tokens.clone())?;
    while let [first, rest @ ..] = span
        && loose(text, first, Side::Begin(found.kind))
    {
        span = rest;
    }
    while let [rest @ .., last] = span
        && (loose(text, last, Side::End) || goes_on(found.kind, rest, last))
    {
        span = rest;
    }
    if found.kind == DataType::Person {
        span = bare_name(text, span);
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
    // A single letter or character is more often an initial or a pronoun than a name.
    let short = span.len() == 1 && text.get(bytes.clone())?.chars().count() < 2;
    // A list of models and standards is not an address.
    let codes = span.iter().filter(|token| token.kind == Kind::Code).count();
    if !named
        || linked
        || short
        || codes > 2
        || bytes.len() > longest
        || is_standard(span)
        || is_path(text, span)
        || is_language(text, span)
        || found.kind == DataType::Person
            && (code::vetoes(text, span, found.score, lexicon)
                || assistant::vetoes(text, span)
                || vets && common::vetoes(text, span, found.score, lexicon))
    {
        return None;
    }
    let coarse = found.kind == DataType::Location && !is_address(text.get(bytes.clone())?);
    Some(Entity { span: bytes, kind: found.kind, score: found.score, coarse })
}

/// A Chinese name of at least three characters without the title after it, the start of the following text, or the word
/// that addresses or introduces somebody: 慕容博远教授, 于谦于昨晚, 让媛媛来. 张老师 is kept, because nothing else is known of the person.
fn bare_name<'t>(text: &str, span: &'t [Token]) -> &'t [Token] {
    // 先生 and 老师 stay with the name, in labels as in speech.
    const TITLES: &[&str] =
        &["教授", "医生", "律师", "博士", "经理", "主任", "院长", "局长", "警官", "委员", "部长"];
    if span.iter().any(|token| token.kind != Kind::Han) {
        return span;
    }
    let written = |part: &[Token]| match (part.first(), part.last()) {
        (Some(first), Some(last)) => text.get(first.start..last.end).unwrap_or_default(),
        _ => "",
    };
    let name = written(span);
    if span.len() >= 4 && TITLES.iter().any(|title| name.ends_with(title)) {
        return span.get(..span.len() - 2).unwrap_or(span);
    }
    match span {
        [rest @ .., last]
            if rest.len() >= 2 && "的了在被于".contains(written(std::slice::from_ref(last))) =>
        {
            rest
        }
        [first, a, b]
            if a.id == b.id && "让请给找叫问跟和与".contains(written(std::slice::from_ref(first))) =>
        {
            span.get(1..).unwrap_or(span)
        }
        _ => span,
    }
}

/// True if a name in Chinese characters is followed by lower-case Latin letters, `王建国abc`: they belong to the text.
fn goes_on(kind: DataType, name: &[Token], last: &Token) -> bool {
    let chinese = name.last().is_some_and(|token| token.kind == Kind::Han);
    kind == DataType::Person
        && chinese
        && !last.spaced
        && last.kind == Kind::Word
        && last.shape == Shape::Lower
}

/// Adds an entity, or extends the previous one if both belong together: the two words of a name, a street and its city.
pub(super) fn join(text: &str, entity: Entity, out: &mut Vec<Entity>) {
    match out.last_mut().filter(|last| is_one(text, last, &entity)) {
        Some(last) => {
            last.span.end = entity.span.end;
            last.score = last.score.min(entity.score);
        }
        None => out.push(entity),
    }
}

fn is_one(text: &str, last: &Entity, next: &Entity) -> bool {
    let gap = text.get(last.span.end..next.span.start).unwrap_or_default();
    let latin = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_alphabetic);
    match (last.kind, next.kind) {
        (DataType::Person, DataType::Person) => {
            gap == " " && last.span.end.checked_sub(1).is_some_and(latin) && latin(next.span.start)
        }
        (DataType::Location, DataType::Location) => gap == ", " && !last.coarse,
        _ => false,
    }
}

/// True for the names of standards and models, `RFC 5322`: a number, and no words except short ones in capitals.
fn is_standard(span: &[Token]) -> bool {
    let telling = |token: &Token| match token.kind {
        Kind::Word => token.shape != Shape::Upper || token.end - token.start > 3,
        kind => kind == Kind::Han,
    };
    let numbered = span.iter().any(|token| matches!(token.kind, Kind::Number | Kind::Code));
    numbered && !span.iter().any(telling)
}

/// True for what is joined like code and paths, `console.log` and `usr/lib`: lower-case words with a mark between and no
/// space.
fn is_path(text: &str, span: &[Token]) -> bool {
    let small = |token: &Token| token.shape == Shape::Lower && token.end - token.start > 1;
    span.windows(3).any(|three| match three {
        [left, mark, right] => {
            small(left)
                && small(right)
                && matches!(text.get(left.end..right.start), Some("." | "/" | "\\" | "="))
                && mark.kind == Kind::Mark
        }
        _ => false,
    })
}

/// True for the lower-case word that opens a fenced block or a code span in Markdown: its language, or the code itself.
fn is_language(text: &str, span: &[Token]) -> bool {
    match span {
        [word] => {
            word.shape == Shape::Lower
                && text
                    .get(..word.start)
                    .is_some_and(|before| before.ends_with('`') || before.ends_with("~~~"))
        }
        _ => false,
    }
}

/// What occurs in an address but not in the name of a city or country.
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

/// True if a place is written as an address: with a number, or with the name of a road or a building.
fn is_address(place: &str) -> bool {
    place.bytes().any(|b| b.is_ascii_digit())
        || PARTS.iter().any(|part| place.contains(part))
        || place
            .split(|c: char| !c.is_alphabetic())
            .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// The side of a span on which a token is.
#[derive(Debug, Clone, Copy)]
enum Side {
    Begin(DataType),
    End,
}

/// True if a token at one side of a span is not part of it. A closing bracket, and a dot after an abbreviation, may be
/// part of it; so may what opens an address (`#12`).
fn loose(text: &str, token: &Token, side: Side) -> bool {
    let mark = text.get(token.start..token.end).unwrap_or_default();
    match (token.kind, side) {
        (Kind::Mark, Side::Begin(DataType::Location)) => !matches!(mark, "(" | "#"),
        (Kind::Line, _) | (Kind::Mark, Side::Begin(_)) => true,
        (Kind::Mark, Side::End) => !matches!(mark, ")" | "."),
        _ => false,
    }
}
