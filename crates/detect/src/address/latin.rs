//! Words of addresses in Latin letters, and what follows a street: flat, city, state, postcode, country.

use std::ops::Range;

/// Length of the longest word in bytes.
const LONGEST: usize = 24;

/// The word at `at`: letters, digits, and `'`, `.` or `-` within it.
pub(crate) fn word(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.');
    let length = rest.char_indices().find(|&(i, c)| !inner(c) || i > LONGEST).map_or(rest.len(), |(i, _)| i);
    let known = rest.get(..length)?.trim_end_matches(['.', '-', '\'', '’']);
    (!known.is_empty() && known.len() <= LONGEST && known.starts_with(char::is_alphanumeric))
        .then_some(at..at + known.len())
}

/// Where the next word starts after one space, which the dot of an abbreviation may precede.
pub(crate) fn next(text: &str, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = end + usize::from(bytes.get(end) == Some(&b'.'));
    (bytes.get(end) == Some(&b' ')).then_some(end + 1)
}

/// Where the next part starts after a comma, a line break or spaces; at most four bytes further.
pub(crate) fn part(text: &str, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let dot = end
        + usize::from(
            bytes.get(end) == Some(&b'.') && matches!(bytes.get(end + 1), Some(b',' | b' ' | b'\n')),
        );
    let gap = bytes.get(dot..)?.iter().take(4).take_while(|b| matches!(b, b' ' | b',' | b'\n')).count();
    (gap > 0).then_some(dot + gap)
}

/// True if the word starts with a capital.
pub(crate) fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// True if the word is one of these, ignoring case.
pub(crate) fn is_any(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

const UNITS: &[&str] = &[
    "Apt",
    "Apartment",
    "Suite",
    "Ste",
    "Unit",
    "Flat",
    "Floor",
    "Fl",
    "Room",
    "Rm",
    "Building",
    "Bldg",
    "Lot",
    "Box",
    "Level",
    "PMB",
    "Penthouse",
    "Trailer",
    "Space",
];

/// The end of everything that belongs to an address whose street ends at `end`.
pub(crate) fn tail(text: &str, mut end: usize) -> usize {
    for _ in 0..2 {
        end = unit(text, end).unwrap_or(end);
    }
    let mut end = city(text, end).unwrap_or(end);
    if let Some(country) = part(text, end).and_then(|at| country(text, at)) {
        end = country;
    }
    end
}

/// `Apt 4B`, `Suite 200`, `#12`, `3rd Floor`.
fn unit(text: &str, end: usize) -> Option<usize> {
    let at = part(text, end)?;
    if text.get(at..)?.starts_with('#') {
        let skip = usize::from(text.get(at + 1..)?.starts_with(' '));
        return word(text, at + 1 + skip).filter(|code| is_code(text, code)).map(|code| code.end);
    }
    let first = word(text, at)?;
    let second = next(text, first.end).and_then(|at| word(text, at))?;
    let (one, two) = (text.get(first.clone())?, text.get(second.clone())?);
    let before = is_any(one, UNITS) && is_code(text, &second);
    let behind = one.starts_with(|c: char| c.is_ascii_digit()) && is_any(two, &["Floor", "Fl"]);
    (before || behind).then_some(second.end)
}

/// A number, a letter, or both.
fn is_code(text: &str, code: &Range<usize>) -> bool {
    let known = text.get(code.clone()).unwrap_or_default();
    known.len() <= 6 && (known.len() == 1 || known.bytes().any(|b| b.is_ascii_digit()))
}

/// `Springfield, IL 62704`, `London SW1A 2AA`, `Toronto, ON M5V 2T6`: one to three words, followed by proof that they are
/// a city: a state with or without its code, or a postcode.
fn city(text: &str, end: usize) -> Option<usize> {
    let mut at = part(text, end)?;
    for _ in 0..4 {
        if let Some(found) = region(text, at).or_else(|| postcode(text, at)) {
            return Some(found);
        }
        let name = word(text, at)?;
        if !is_capital(text.get(name.clone())?) {
            return None;
        }
        at = part(text, name.end)?;
    }
    region(text, at).or_else(|| postcode(text, at))
}

/// A state or province, and the postcode that may follow.
fn region(text: &str, at: usize) -> Option<usize> {
    let state = state(text, at)?;
    Some(part(text, state).and_then(|at| postcode(text, at)).unwrap_or(state))
}

const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS",
    "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC",
    "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
    "PR", "AB", "BC", "MB", "NB", "NL", "NS", "ON", "PE", "QC", "SK", "NSW", "VIC", "QLD", "TAS", "ACT",
];
const STATE_NAMES: &[&str] = &[
    "Alabama",
    "Alaska",
    "Arizona",
    "Arkansas",
    "California",
    "Colorado",
    "Connecticut",
    "Delaware",
    "Florida",
    "Georgia",
    "Hawaii",
    "Idaho",
    "Illinois",
    "Indiana",
    "Iowa",
    "Kansas",
    "Kentucky",
    "Louisiana",
    "Maine",
    "Maryland",
    "Massachusetts",
    "Michigan",
    "Minnesota",
    "Mississippi",
    "Missouri",
    "Montana",
    "Nebraska",
    "Nevada",
    "New Hampshire",
    "New Jersey",
    "New Mexico",
    "New York",
    "North Carolina",
    "North Dakota",
    "Ohio",
    "Oklahoma",
    "Oregon",
    "Pennsylvania",
    "Rhode Island",
    "South Carolina",
    "South Dakota",
    "Tennessee",
    "Texas",
    "Utah",
    "Vermont",
    "Virginia",
    "Washington",
    "West Virginia",
    "Wisconsin",
    "Wyoming",
    "Ontario",
    "Quebec",
    "British Columbia",
    "Alberta",
];

/// The end of a state: its code in capitals, or its name.
fn state(text: &str, at: usize) -> Option<usize> {
    let code = word(text, at)?;
    let known = text.get(code.clone())?;
    if STATES.contains(&known) {
        return Some(code.end);
    }
    let rest = text.get(at..)?;
    let name = STATE_NAMES.iter().find(|name| rest.starts_with(**name))?;
    let whole = !rest.get(name.len()..)?.starts_with(char::is_alphanumeric);
    whole.then_some(at + name.len())
}

const COUNTRIES: &[&str] = &[
    "United States of America",
    "United States",
    "United Kingdom",
    "USA",
    "U.S.A.",
    "UK",
    "England",
    "Scotland",
    "Wales",
    "Northern Ireland",
    "Ireland",
    "Canada",
    "Australia",
    "New Zealand",
    "Germany",
    "Deutschland",
    "France",
    "Spain",
    "España",
    "Italy",
    "Italia",
    "Netherlands",
    "Nederland",
    "Austria",
    "Österreich",
    "Switzerland",
    "Schweiz",
    "Belgium",
    "Portugal",
];

fn country(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let name = COUNTRIES.iter().find(|name| rest.starts_with(**name))?;
    let whole = !rest.get(name.len()..)?.starts_with(char::is_alphanumeric);
    whole.then_some(at + name.len())
}

/// The end of a US, UK or Canadian postcode.
pub(crate) fn postcode(text: &str, at: usize) -> Option<usize> {
    zip(text, at).or_else(|| british(text, at)).or_else(|| canadian(text, at))
}

/// `62704`, `62704-1234`.
fn zip(text: &str, at: usize) -> Option<usize> {
    let code = word(text, at)?;
    let known = text.get(code.clone())?;
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let whole = match known.split_once('-') {
        Some((first, last)) => digits(first, 5) && digits(last, 4),
        None => digits(known, 5),
    };
    whole.then_some(code.end)
}

/// A Canadian postcode, `A9A 9A9`.
fn canadian(text: &str, at: usize) -> Option<usize> {
    let form = |word: &str, shape: &str| {
        word.len() == shape.len()
            && word
                .bytes()
                .zip(shape.bytes())
                .all(|(b, s)| if s == b'9' { b.is_ascii_digit() } else { b.is_ascii_uppercase() })
    };
    let first = word(text, at)?;
    let second = next(text, first.end).and_then(|at| word(text, at))?;
    (form(text.get(first)?, "A9A") && form(text.get(second.clone())?, "9A9")).then_some(second.end)
}

/// Postcode areas of the United Kingdom (Royal Mail).
const AREAS: &[&str] = &[
    "AB", "AL", "B", "BA", "BB", "BD", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF", "CH", "CM",
    "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E", "EC", "EH",
    "EN", "EX", "FK", "FY", "G", "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR", "HS", "HU", "HX", "IG",
    "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN", "LS", "LU", "M", "ME",
    "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR",
    "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW",
    "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "W", "WA", "WC", "WD", "WF", "WN", "WR",
    "WS", "WV", "YO", "ZE",
];

/// `SW1A 2AA`: the area from a closed list, the district, and the sector with its unit, in capitals.
pub(crate) fn british(text: &str, at: usize) -> Option<usize> {
    let outward = word(text, at)?;
    let inward = next(text, outward.end).and_then(|at| word(text, at))?;
    let (first, last) = (text.get(outward)?, text.get(inward.clone())?);
    let letters = first.len() - first.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
    let district = first.get(letters..)?;
    let known = AREAS.contains(&first.get(..letters)?);
    let numbered = (1..=2).contains(&district.len())
        && district.starts_with(|c: char| c.is_ascii_digit())
        && district.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    (known && numbered && is_inward(last)).then_some(inward.end)
}

/// A digit and two letters, excluding those that the Royal Mail does not use.
fn is_inward(code: &str) -> bool {
    let mut bytes = code.bytes();
    code.len() == 3
        && bytes.next().is_some_and(|b| b.is_ascii_digit())
        && bytes.all(|b| b.is_ascii_uppercase() && !b"CIKMOV".contains(&b))
}
