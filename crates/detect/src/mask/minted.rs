//! The tokens that one request minted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ombud_core::DataType;

use super::surrogate::{Stands, Surrogates};
use super::token::{ALIASES, Token};
use crate::memory::Kin;

/// A keyed digest of `(type, value, attempt)`: 40 bits that nobody can predict without the key. `attempt` is 0 unless two
/// values of one request collide in the same token.
pub type Mint<'a> = &'a dyn Fn(DataType, &str, u32) -> [u8; 5];

/// The token-to-value mapping of one request. Dropped with the request: a response can only get back what its own request
/// sent.
#[derive(Default)]
pub struct Minted {
    values: HashMap<Token, Value>,
    tokens: HashMap<DataType, HashMap<Arc<str>, Token>>,
    /// The types of the tokens.
    kinds: Vec<DataType>,
    /// Tokens of full names for which a short form was minted.
    bases: HashSet<Token>,
    kin: Arc<Kin>,
    pub(super) surrogates: Surrogates,
}

struct Value {
    text: Arc<str>,
    restorable: bool,
}

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// A value that is restored in the response.
    Value(&'a str),
    /// A value that is never restored.
    OneWay,
}

impl Minted {
    /// An empty mapping; short forms will be linked as `kin` says.
    pub fn with_kin(kin: Arc<Kin>) -> Self {
        Self { kin, ..Self::default() }
    }

    /// The token for a value; the same value gives the same token. A value remains restorable only if every use of it is
    /// restorable.
    pub fn token(&mut self, kind: DataType, value: &str, restorable: bool, mint: Mint<'_>) -> Token {
        if let Some(&token) = self.tokens.get(&kind).and_then(|tokens| tokens.get(value)) {
            if let Some(known) = self.values.get_mut(&token) {
                known.restorable &= restorable;
            }
            return token;
        }
        let token = self.linked(kind, value, mint).unwrap_or_else(|| self.fresh(kind, value, mint));
        self.insert(token, value, restorable);
        token
    }

    /// 40 bits: among 10,000 values of one request, two collide with a probability of about 1 in 20,000. The second then
    /// takes the next attempt, which is stable as long as the history keeps its order.
    fn fresh(&self, kind: DataType, value: &str, mint: Mint<'_>) -> Token {
        let mut token = Token::new(kind, mint(kind, value, 0));
        let mut attempt = 1;
        while self.values.contains_key(&token) {
            token = Token::new(kind, mint(kind, value, attempt));
            attempt += 1;
        }
        token
    }

    /// The token of the full name plus a letter chosen by the short form's own digest; the next free letter if two forms
    /// of one name collide. The full name itself need not be in the request, and is not added to it.
    fn linked(&self, kind: DataType, value: &str, mint: Mint<'_>) -> Option<Token> {
        let head = self.kin.head(kind, value)?;
        let base = Token::new(kind, mint(kind, head, 0));
        let [first, ..] = mint(kind, value, 0);
        let letters = ALIASES.iter().cycle().skip(usize::from(first) % ALIASES.len()).take(ALIASES.len());
        letters.map(|letter| base.alias(*letter)).find(|token| !self.values.contains_key(token))
    }

    /// True if a short form of this token's name was minted.
    pub(super) fn has_aliases(&self, token: &Token) -> bool {
        self.bases.contains(token)
    }

    /// The types of the tokens, without duplicates.
    pub(super) fn kinds(&self) -> &[DataType] {
        &self.kinds
    }

    /// Adds a known pair, for example when a stored table is read back.
    pub fn insert(&mut self, token: Token, value: &str, restorable: bool) {
        if !self.kinds.contains(&token.kind) {
            self.kinds.push(token.kind);
        }
        let text: Arc<str> = value.into();
        self.tokens.entry(token.kind).or_default().insert(Arc::clone(&text), token);
        self.values.insert(token, Value { text, restorable });
        if token.alias != 0 {
            self.bases.insert(token.alias(0));
        }
    }

    /// What a token stands for, if this request minted it.
    pub fn meaning(&self, token: &Token) -> Option<Meaning<'_>> {
        let value = self.values.get(token)?;
        Some(if value.restorable { Meaning::Value(&value.text) } else { Meaning::OneWay })
    }

    /// The same tokens and surrogates, where `instead` may give some of them a different value. One-way values stay
    /// one-way.
    #[must_use]
    pub fn shown(&self, instead: impl Fn(DataType, &str) -> Option<String>) -> Self {
        let mut shown = Self::default();
        for (token, value) in &self.values {
            let other = if value.restorable { instead(token.kind, &value.text) } else { None };
            shown.insert(*token, other.as_deref().unwrap_or(&value.text), value.restorable);
        }
        for (made, value) in self.surrogates() {
            let Some(kind) = self.surrogate_kind(made) else { continue };
            shown.insert_surrogate(kind, instead(kind, value).as_deref().unwrap_or(value), made);
        }
        shown
    }

    /// Every token with its value, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Token, &str)> {
        self.values.iter().map(|(token, value)| (*token, &*value.text))
    }

    /// The replacement for a value: a realistic surrogate that does not occur in the request and cannot be confused with
    /// another, or a token if there is none. `stands` tells whether a text occurs in the request.
    pub fn surrogate(&mut self, kind: DataType, value: &str, mint: Mint<'_>, stands: Stands<'_>) -> String {
        match self.surrogates.of(kind, value, mint, stands) {
            Some(made) => made.to_owned(),
            None => self.token(kind, value, true, mint).to_string(),
        }
    }

    /// Adds a known surrogate, for example when a record is read back.
    pub fn insert_surrogate(&mut self, kind: DataType, value: &str, made: &str) {
        self.surrogates.insert(kind, value, made);
    }

    /// Every surrogate with its value, in no particular order.
    pub fn surrogates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.surrogates.iter()
    }

    /// The type of the value that this surrogate stands for.
    pub fn surrogate_kind(&self, made: &str) -> Option<DataType> {
        self.surrogates.kind_of(made)
    }

    /// True if any value was replaced by a surrogate.
    pub fn has_surrogates(&self) -> bool {
        !self.surrogates.is_empty()
    }

    /// True if nothing was masked.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.surrogates.is_empty()
    }

    /// Number of distinct values.
    pub fn len(&self) -> usize {
        self.values.len() + self.surrogates.iter().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mint whose first attempts all collide.
    fn colliding(_: DataType, value: &str, attempt: u32) -> [u8; 5] {
        if attempt == 0 {
            [7; 5]
        } else {
            [u8::try_from(value.len()).unwrap(), u8::try_from(attempt).unwrap(), 0, 0, 0]
        }
    }

    #[test]
    fn values_that_meet_in_one_token_get_two() {
        let mut minted = Minted::default();
        let one = minted.token(DataType::Phone, "1", true, &colliding);
        let two = minted.token(DataType::Phone, "22", true, &colliding);
        assert_ne!(one, two);
        assert_eq!(minted.token(DataType::Phone, "22", true, &colliding), two);
        assert_eq!(minted.meaning(&two), Some(Meaning::Value("22")));
    }

    #[test]
    fn one_way_is_stronger() {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Secret, "s", true, &colliding);
        minted.token(DataType::Secret, "s", false, &colliding);
        assert_eq!(minted.meaning(&token), Some(Meaning::OneWay));
    }
}
