//! Bank account numbers, after a label: 7 to 22 digits in groups. Cards and international numbers with a check digit have
//! their own recognisers, which win.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "bank_account",
    kind: DataType::BankAccount,
    trigger: Trigger::Labels,
    labels: &[
        "bank account",
        "bank account number",
        "bank account no",
        "account number",
        "account no",
        "acct no",
        "acct number",
        "a/c no",
        "checking account",
        "savings account",
        "account no.",
        "account #",
        "account_number",
        "accountnumber",
        "bank_account",
        "acct",
        "acc no",
        "sort code",
        "sort_code",
        "bsb",
        "账号",
        "帐号",
        "账户",
        "银行账号",
        "银行帐号",
        "银行账户",
        "对公账户",
        "对公账号",
        "开户账号",
        "收款账号",
        "收款账户",
        "打款账号",
        "结算账号",
        "存折号",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let written = text.slice(label.clone()).to_ascii_lowercase();
    let lengths = match written.as_str() {
        "bsb" | "sort code" | "sort_code" => 6..=6,
        // The word may mean any account; a bank nearby says which kind.
        "账号" | "帐号" | "账户" if !beside_bank(text, label.start) => return None,
        "账号" | "帐号" | "账户" => 9..=22,
        _ => 7..=22,
    };
    let (number, span) = behind(text, &label, lengths)?;
    let dated = matches!(number.as_slice(), [1 | 2, 9 | 0, ..]) && number.len() == 8 && span.len() > 8;
    (!dated).then(|| Found::labelled(span, 0.72))
}

/// True if a bank is mentioned shortly before.
fn beside_bank(text: &Text<'_>, at: usize) -> bool {
    let from = text.as_str().ceil_char_boundary(at.saturating_sub(72));
    let before = text.slice(from..at);
    ["银行", "开户行", "支行", "信用社", "工行", "农行", "建行", "招行", "交行", "中行", "户名", "收款"]
        .iter()
        .any(|word| before.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::BankAccount,
            &[
                "对公账户：[[1100 1018 7000 5300 1234]]",
                "account number [[000123456789]].",
                "收款账号是[[33050161]]",
                "开户行：工商银行城西支行，账号：[[1202026309900012]]",
                "Account no. [[12345678]] sort code [[20-00-01]]",
                "BSB [[062-001]]",
                "{\"account_number\": \"[[12345678]]\"}",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::BankAccount,
            &["account number 12", "bank account opened 2024-01-05", "账号 1234567890"],
        );
    }
}
