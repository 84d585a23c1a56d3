//! URLs that contain a login: `scheme://user:password@host/…`. The whole URL is reported, because host, user and path
//! belong to the account. Databases and message brokers have their own type.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "url_login",
    kind: DataType::Url,
    trigger: Trigger::Literals(&["://"]),
    labels: &[],
    find: |text, colon| {
        let login = Login::read(text, &colon)?;
        (!is_database(login.scheme)).then(|| Found::validated(login.span, 0.93))
    },
};

/// A URL that contains a password.
pub(super) struct Login<'t> {
    pub(super) scheme: &'t str,
    pub(super) span: Range<usize>,
}

/// Maximum length of a URL that is read.
const LONGEST: usize = 2048;

impl<'t> Login<'t> {
    /// Reads the URL around `://`; `None` if there is no password in it, or only a placeholder.
    pub(super) fn read(text: &Text<'t>, colon: &Range<usize>) -> Option<Self> {
        let start = text.run_back(colon.start, 48, |b| b.is_ascii_alphanumeric() || b"+.-:".contains(&b));
        let start = text.run(start, colon.start - start, |b| !b.is_ascii_alphabetic());
        let scheme = text.slice(start..colon.start);
        if !(2..=40).contains(&scheme.len()) {
            return None;
        }
        let authority_end =
            text.run(colon.end, LONGEST, |b| b.is_ascii_graphic() && !b"\"'`<>/?#\\,;|".contains(&b));
        let authority = text.slice(colon.end..authority_end);
        let (user_info, host) = authority.rsplit_once('@')?;
        let (_, password) = user_info.split_once(':')?;
        if host.is_empty() || is_placeholder(password) {
            return None;
        }
        let end = text.run(authority_end, LONGEST, |b| b.is_ascii_graphic() && !b"\"'`<>\\|".contains(&b));
        let whole =
            text.slice(start..end).trim_end_matches([',', '.', ';', ':', '!', '?', ')', ']', '}', '*']);
        Some(Self { scheme, span: start..start + whole.len().max(authority_end - start) })
    }
}

/// True for a placeholder of a password: a variable, asterisks, a name in brackets, the word itself.
pub(super) fn is_placeholder(value: &str) -> bool {
    let first = value.bytes().next();
    let one_sign = value.bytes().all(|b| Some(b) == first && !b.is_ascii_digit());
    one_sign
        || matches!(first, Some(b'<' | b'{' | b'%' | b'['))
        || value
            .strip_prefix('$')
            .is_some_and(|name| name.bytes().all(|b| is_word(b) || b == b'_') || name.starts_with('('))
        || value.contains("${")
        || value.contains("{{")
        || ["password", "passwd", "pass", "pwd", "your_password", "your-password", "yourpassword", "xxx"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
}

/// Schemes of databases, brokers and directories; JDBC and driver prefixes and suffixes (`jdbc:mysql`,
/// `postgresql+psycopg2`) are ignored.
pub(super) fn is_database(scheme: &str) -> bool {
    const NAMES: &[&str] = &[
        "postgres",
        "postgresql",
        "mysql",
        "mysqlx",
        "mariadb",
        "mongodb",
        "redis",
        "rediss",
        "valkey",
        "amqp",
        "amqps",
        "mssql",
        "sqlserver",
        "oracle",
        "clickhouse",
        "cockroachdb",
        "crdb",
        "neo4j",
        "bolt",
        "cassandra",
        "couchbase",
        "couchdb",
        "influxdb",
        "nats",
        "kafka",
        "ldap",
        "ldaps",
        "tidb",
        "dm",
        "kingbase8",
        "kingbase",
        "opengauss",
        "oceanbase",
        "polardb",
        "elasticsearch",
        "es",
        "memcached",
        "snowflake",
        "redshift",
        "trino",
        "presto",
        "hive",
        "db2",
        "firebird",
        "timescaledb",
        "questdb",
        "surrealdb",
        "libsql",
        "milvus",
        "qdrant",
    ];
    let base = scheme.rsplit(':').next().unwrap_or(scheme).split('+').next().unwrap_or(scheme);
    NAMES.iter().any(|name| name.eq_ignore_ascii_case(base))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn logins_are_found() {
        check(
            DataType::Url,
            &[
                "clone [[https://jane:s3cr3t@git.example.com/a.git]], then",
                "代理[[http://u1:p%40ss@10.1.2.3:8080]]。",
                "[[ftp://x:y1@h/dir?a=b#c]]",
                r#""url":"[[https://jane:s3cr3t@example.com/x]]""#,
            ],
        );
    }

    #[test]
    fn other_addresses_are_not() {
        check(
            DataType::Url,
            &[
                "https://example.com/a:b@c",
                "https://user@example.com/",
                "https://user:${PASS}@example.com",
                "https://user:****@example.com",
                "https://example.com:8080/x",
                "://a:b@c",
                "mysql://root:abc@h/d",
            ],
        );
    }
}
