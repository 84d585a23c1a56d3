//! The tokens that one request made.

use std::collections::HashMap;

use ombud_core::DataType;

use super::token::Token;

/// A keyed digest of `(type, value, attempt)`: 40 bits that nobody without the key can predict. `attempt` is 0 unless
/// two values of one request met in the same token.
pub type Mint<'a> = &'a dyn Fn(DataType, &str, u32) -> [u8; 5];

/// Which token stands for which value in one request. Dropped with the request: an answer can only get back what its
/// own request sent.
#[derive(Default)]
pub struct Minted {
    values: HashMap<Token, Value>,
    tokens: HashMap<(DataType, Box<str>), Token>,
}

struct Value {
    text: Box<str>,
    restorable: bool,
}

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// A value that the answer gets back.
    Value(&'a str),
    /// A value that is never turned back.
    OneWay,
}

impl Minted {
    /// The token for a value; the same value gives the same token. A value that was once restorable stays so only if
    /// every use of it is.
    pub fn token(&mut self, kind: DataType, value: &str, restorable: bool, mint: Mint<'_>) -> Token {
        let key = (kind, Box::from(value));
        if let Some(&token) = self.tokens.get(&key) {
            if let Some(known) = self.values.get_mut(&token) {
                known.restorable &= restorable;
            }
            return token;
        }
        // 40 bits: among 10,000 values of one request two meet with a probability of about 1 in 20,000. The second
        // then takes the next attempt, which stays stable as long as the history keeps its order.
        let mut token = Token::new(kind, mint(kind, value, 0));
        let mut attempt = 1;
        while self.values.contains_key(&token) {
            token = Token::new(kind, mint(kind, value, attempt));
            attempt += 1;
        }
        self.values.insert(token, Value { text: Box::from(value), restorable });
        self.tokens.insert(key, token);
        token
    }

    /// Adds a known pair, as when a stored table is read back.
    pub fn insert(&mut self, token: Token, value: &str, restorable: bool) {
        self.values.insert(token, Value { text: Box::from(value), restorable });
        self.tokens.insert((token.kind, Box::from(value)), token);
    }

    /// What a token stands for, if this request made it.
    pub fn meaning(&self, token: &Token) -> Option<Meaning<'_>> {
        let value = self.values.get(token)?;
        Some(if value.restorable { Meaning::Value(&value.text) } else { Meaning::OneWay })
    }

    /// Every token with its value, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Token, &str)> {
        self.values.iter().map(|(token, value)| (*token, &*value.text))
    }

    /// True if nothing was masked.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Number of distinct values.
    pub fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mint that lets every first attempt collide.
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
