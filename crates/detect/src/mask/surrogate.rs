//! Realistic surrogates: values that look like the real ones and belong to nobody.
//!
//! A model that reads `199-9912-3456` writes about a telephone number as usual, where a token might make it stumble.
//! Numbers come from ranges that are not allocated (mobiles from 199-99, identity numbers of the area 999, 555-01xx,
//! social security numbers from 999-1x on, cards of the unassigned issuer 999999, the networks of RFC 5737 and 3849),
//! addresses from the domains of RFC 2606, names from lists of rare ones, of the same script, length and, where the name
//! shows it, gender. They are chosen by the same keyed digest that mints tokens, so the same value gets the same
//! surrogate when the history is sent again.
//!
//! A surrogate is used only if it does not already occur in the request and is not part of another; otherwise a token is
//! used.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use ombud_core::DataType;

use super::minted::Mint;

mod name;
mod number;
mod stage;

pub(super) use stage::{Part, Stage};

/// Whether a text occurs anywhere in the request as received.
pub type Stands<'a> = &'a dyn Fn(&str) -> bool;

/// Number of surrogates tried before a token is used.
const ATTEMPTS: u32 = 8;

/// The surrogates of one request.
#[derive(Default)]
pub(super) struct Surrogates {
    /// Real value to surrogate.
    made: HashMap<(DataType, Box<str>), Box<str>>,
    /// Spellings and the values they stand for, in no particular order.
    spellings: Vec<(Box<str>, Box<str>)>,
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl Surrogates {
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Every surrogate with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.made.iter().map(|((_, value), made)| (&**made, &**value))
    }

    /// The surrogate of a value, created if necessary; `None` if its type has none, or all that were tried occur in the
    /// request.
    pub(super) fn of(
        &mut self,
        kind: DataType,
        value: &str,
        mint: Mint<'_>,
        stands: Stands<'_>,
    ) -> Option<&str> {
        let key = (kind, Box::from(value));
        if !self.made.contains_key(&key) {
            let free = |made: &String| made != value && !stands(made) && !self.meets(made);
            let made = (0..ATTEMPTS)
                .map_while(|attempt| make(kind, value, mint(kind, value, attempt)))
                .find(free)?;
            self.insert(kind, value, &made);
        }
        self.made.get(&key).map(|made| &**made)
    }

    /// The type of the value that a surrogate stands for.
    pub(super) fn kind_of(&self, made: &str) -> Option<DataType> {
        self.made.iter().find(|(_, other)| &***other == made).map(|((kind, _), _)| *kind)
    }

    /// Adds a known pair.
    pub(super) fn insert(&mut self, kind: DataType, value: &str, made: &str) {
        self.made.insert((kind, Box::from(value)), Box::from(made));
        let mut spellings = vec![made.to_owned()];
        if !made.is_ascii() {
            // As JSON may write it.
            spellings.extend([escaped(made, false), escaped(made, true)]);
            spellings.dedup();
        }
        self.spellings.extend(spellings.into_iter().map(|spelling| (spelling.into(), Box::from(value))));
        self.automaton = OnceLock::new();
    }

    /// True if a surrogate is part of another, or contains one: a response could then not tell them apart.
    fn meets(&self, made: &str) -> bool {
        self.made.values().any(|other| other.contains(made) || made.contains(&**other))
    }

    /// Finds the spellings, the longest one at each position.
    fn automaton(&self) -> Option<&AhoCorasick> {
        let build = || {
            let spellings = self.spellings.iter().map(|(spelling, _)| spelling.as_bytes());
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(spellings).ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }
}

/// The text with each non-ASCII character as `\uXXXX`.
fn escaped(text: &str, capitals: bool) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        // Writing into a string cannot fail.
        let _ = match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => write!(out, "{}", char::from(byte)),
            None if capitals => write!(out, "\\u{unit:04X}"),
            None => write!(out, "\\u{unit:04x}"),
        };
    }
    out
}

/// True if values of this type can have a surrogate at all.
pub fn has_surrogates(kind: DataType) -> bool {
    use DataType::{Card, CnId, Email, Ip, Person, Phone, Ssn};
    matches!(kind, Card | CnId | Email | Ip | Person | Phone | Ssn)
}

/// Derives a surrogate from the bits of a digest.
fn make(kind: DataType, value: &str, bits: [u8; 5]) -> Option<String> {
    let mut draw = Draw::new(bits);
    match kind {
        DataType::Person => name::make(value, &mut draw),
        DataType::Phone => number::phone(value, &mut draw),
        DataType::Card => number::card(value, &mut draw),
        DataType::CnId => number::identity(value, &mut draw),
        DataType::Ssn => number::social_security(value, &mut draw),
        DataType::Email => email(value, &mut draw),
        DataType::Ip => address(value, &mut draw),
        _ => None,
    }
}

/// An endless sequence of draws from the bits of a digest (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn new(bits: [u8; 5]) -> Self {
        Self(bits.iter().fold(0x9e37_79b9, |sum, byte| sum << 8 ^ u64::from(*byte)))
    }

    /// A number below `below`.
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % below.max(1)
    }

    fn digit(&mut self) -> u8 {
        u8::try_from(self.below(10)).unwrap_or_default()
    }

    fn one<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> Option<&'l T> {
        let index = usize::try_from(self.below(list.len() as u64)).ok()?;
        list.get(index).copied()
    }
}

/// An e-mail address in a domain reserved by RFC 2606.
fn email(value: &str, draw: &mut Draw) -> Option<String> {
    const STARTS: [&str; 16] = [
        "bre", "cal", "dor", "fen", "gal", "hol", "jor", "kel", "lom", "mir", "nor", "pel", "rin", "sol",
        "tav", "wil",
    ];
    const ENDS: [&str; 16] = [
        "an", "bert", "da", "den", "el", "fin", "gard", "ia", "ken", "lo", "mar", "nix", "ro", "sen", "ton",
        "vik",
    ];
    let (local, _) = value.split_once('@')?;
    let mut made = format!("{}{}", draw.one(&STARTS)?, draw.one(&ENDS)?);
    if local.len() > 9 {
        made = format!("{made}.{}{}", draw.one(&STARTS)?, draw.one(&ENDS)?);
    }
    let domain = draw.one(&["example.com", "example.net", "example.org"])?;
    Some(format!("{made}{}@{domain}", 100 + draw.below(900)))
}

/// An address in the documentation networks (RFC 5737, RFC 3849).
fn address(value: &str, draw: &mut Draw) -> Option<String> {
    match value.parse().ok()? {
        IpAddr::V4(_) => {
            let network = draw.one(&["192.0.2", "198.51.100", "203.0.113"])?;
            Some(format!("{network}.{}", 1 + draw.below(254)))
        }
        IpAddr::V6(_) => Some(format!(
            "2001:db8:{:x}:{:x}::{:x}",
            1 + draw.below(0xfffe),
            1 + draw.below(0xfffe),
            1 + draw.below(0xfffe)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: DataType, value: &str) -> String {
        make(kind, value, [1, 2, 3, 4, 5]).unwrap_or_default()
    }

    #[test]
    fn addresses_come_from_reserved_networks_and_domains() {
        assert!(
            ["192.0.2.", "198.51.100.", "203.0.113."]
                .iter()
                .any(|net| made(DataType::Ip, "8.8.8.8").starts_with(net))
        );
        assert!(made(DataType::Ip, "2400:3200::1").starts_with("2001:db8:"));
        assert!(made(DataType::Email, "wang.wei@qq.com").contains("@example."));
        assert_eq!(make(DataType::Ip, "10.0.0.0/8", [0; 5]), None);
    }

    #[test]
    fn one_that_stands_in_the_request_is_not_taken() {
        let mint = |_: DataType, value: &str, attempt: u32| {
            [u8::try_from(value.len()).unwrap(), u8::try_from(attempt).unwrap(), 7, 7, 7]
        };
        let mut surrogates = Surrogates::default();
        let first = surrogates.of(DataType::Phone, "13912345678", &mint, &|_| false).unwrap().to_owned();
        let mut others = Surrogates::default();
        let second =
            others.of(DataType::Phone, "13912345678", &mint, &|text| text == first).unwrap().to_owned();
        assert_ne!(first, second);
        assert_eq!(Surrogates::default().of(DataType::Phone, "13912345678", &mint, &|_| true), None);
        // Another value with the same digest gets another surrogate.
        assert_ne!(surrogates.of(DataType::Phone, "13812345678", &mint, &|_| false), Some(first.as_str()));
    }
}
