//! Numbers of bank accounts, after a label: 7 to 22 digits in groups. Cards and international numbers with a check are
//! their own recognisers' and win.

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
    let (number, span) = behind(text, &label, 7..=22)?;
    let dated = matches!(number.as_slice(), [1 | 2, 9 | 0, ..]) && number.len() == 8 && span.len() > 8;
    (!dated).then(|| Found::labelled(span, 0.72))
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
