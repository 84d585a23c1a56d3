//! Logins on a command line: `curl -u name:password`, `--user name:password`. Only the password is reported.

use std::ops::Range;

use ombud_core::DataType;

use super::made::stands_for_a_value;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "command_login",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        " -u ",
        "\n-u ",
        " --user ",
        " --proxy-user ",
        " -u '",
        " -u \"",
        " --user '",
        " --user \"",
        "psexec ",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, option: Range<usize>) -> Option<Found> {
    if text.slice(option.clone()).eq_ignore_ascii_case("psexec ") {
        return remote(text, option.end);
    }
    let end = text.run(option.end, 256, |b| b.is_ascii_graphic() && !b"'\"`|;<>,()/".contains(&b));
    let (name, password) = text.slice(option.end..end).split_once(':')?;
    let letters = password.bytes().any(|b| b.is_ascii_alphabetic());
    let telling = password.bytes().any(|b| !b.is_ascii_alphabetic());
    let start = option.end + name.len() + 1;
    let secret =
        !name.is_empty() && password.len() >= 6 && letters && telling && !stands_for_a_value(password);
    secret.then(|| Found::labelled(start..start + password.len(), 0.85))
}

/// `psexec \\\\host -u name -p password`.
fn remote(text: &Text<'_>, at: usize) -> Option<Found> {
    let line = text.slice(at..text.run(at, 160, |b| b != b'\n' && b.is_ascii()));
    let start = at + line.find(" -p ")? + 4;
    let end = text.run(start, 64, |b| b.is_ascii_graphic());
    let password = text.slice(start..end);
    let meant = stands_for_a_value(password) || password.eq_ignore_ascii_case("password");
    (password.len() >= 4 && !meant).then(|| Found::labelled(start..end, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn passwords_are_found() {
        check(
            DataType::Secret,
            &[
                "curl -X POST -u admin:[[5uC5Y4Mcvdl5]] https://example.com",
                "PSEXEC \\\\10.0.94.120 -u Administrator -p [[dev_admin]] CMD",
                "curl --user 'jane:[[s3cr3t!x]]' https://example.com",
            ],
        );
    }

    #[test]
    fn other_options_are_not() {
        check(
            DataType::Secret,
            &[
                "docker run -u 1000:1000 image",
                "sort -u a:b",
                "psexec \\\\host -u User -p $Password -i",
                "curl -u $USER:$PASSWORD",
                "curl -u user:your-password",
                "curl -u name: x",
            ],
        );
    }
}
