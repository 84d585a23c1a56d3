//! Password hashes, which can be cracked offline: crypt(5) (`$1$`, `$2b$`, `$5$`, `$6$`, `$y$`, Cisco's `$8$`, `$9$`),
//! Argon2, scrypt, phpass, PBKDF2 as written by Django and passlib, and Kerberos responses as written by cracking tools.

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "password_hash",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "$1$",
        "$2a$",
        "$2b$",
        "$2x$",
        "$2y$",
        "$5$",
        "$6$",
        "$7$",
        "$8$",
        "$9$",
        "$y$",
        "$gy$",
        "$apr1$",
        "$argon2i$",
        "$argon2d$",
        "$argon2id$",
        "$scrypt$",
        "$pbkdf2-sha256$",
        "$pbkdf2-sha512$",
        "pbkdf2_sha256$",
        "pbkdf2_sha1$",
        "$krb5asrep$",
        "$krb5tgs$",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, name: Range<usize>) -> Option<Found> {
    if text.before(name.start).is_some_and(|b| is_word(b) || b == b'$') {
        return None;
    }
    // Kerberos responses contain the names of a user and a realm.
    let kerberos = text.slice(name.clone()).contains("krb5");
    let end = text
        .run(name.end, 4096, |b| is_word(b) || b"./$=,+-_".contains(&b) || kerberos && b"@:*".contains(&b));
    let rest = text.slice(name.end..end).trim_end_matches(['.', ',', ':', '$']);
    let hash = rest.rsplit('$').next().unwrap_or_default();
    (hash.len() >= 20 && is_random(hash)).then(|| Found::validated(name.start..name.end + rest.len(), 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn hashes_are_found() {
        check(
            DataType::Secret,
            &[
                "root:[[$6$52450745$k5ka2p8bFuSmoVT1tzOyyuaREkkKBcCNqoDKzYiJL9RaE8yMnPgh2XzzF0NDrUhgrcLwg78xs1w5pJiypEdFX/]]:19000:",
                "hash [[$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW]]",
                "[[$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b3dWRWJTmaaJObG]]",
            ],
        );
    }

    #[test]
    fn shell_variables_are_not() {
        check(
            DataType::Secret,
            &["echo $1$2", "awk '{print $5$6}'", "$1$salt$short", "cost $5$ per month, $6$ later"],
        );
    }
}
