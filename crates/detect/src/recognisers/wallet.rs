//! Crypto wallet addresses: base58check (Bitcoin, Litecoin, Dogecoin, Dash, Tron), bech32 and bech32m (BIP 173, BIP 350),
//! and Ethereum's with the EIP-55 capitals, or after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

mod check;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "wallet",
    kind: DataType::Wallet,
    trigger: Trigger::Word(26..=64, Head::Any),
    labels: &[
        "wallet",
        "wallet address",
        "btc address",
        "eth address",
        "bitcoin address",
        "ethereum address",
        "usdt address",
        "钱包",
        "钱包地址",
        "收款地址",
        "转账地址",
        "提币地址",
        "充值地址",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let written = text.slice(word.clone());
    if written.starts_with("0x") && written.len() == 42 {
        return ethereum(text, word);
    }
    let valid = match written.as_bytes() {
        [b'1' | b'3' | b'L' | b'M' | b'D' | b'X' | b'T', ..] if written.len() <= 35 => check::base58(written),
        [b'b' | b'B' | b'l' | b'L', ..] => check::bech32(written),
        _ => false,
    };
    valid.then(|| Found::validated(word, 0.96))
}

/// Capitals that match the hash prove an address; without capitals a label is required.
fn ethereum(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let digits = text.slice(word.start + 2..word.end);
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    if check::eip55(digits) {
        return Some(Found::validated(word, 0.96));
    }
    text.labels(word.start).announce(DataType::Wallet).then(|| Found::labelled(word, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Wallet,
            &[
                "pay to [[1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]] now",
                "[[bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4]]",
                "钱包地址：[[0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed]]",
                "[[0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed]]",
                "[[BC1P5CYXNUXMEUWUVKWFEM96LQZSZD02N6XDCJRS20CAC6YQJJWUDPXQKEDRCR]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::Wallet,
            &[
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
            ],
        );
    }
}
