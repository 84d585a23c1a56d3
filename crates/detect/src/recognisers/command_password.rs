//! Passwords passed on a program's command line: `mysql -pSECRET`, `sshpass -p SECRET`, `redis-cli -a SECRET`, `curl -u
//! name:SECRET`. Each program's manual page defines which option holds one, so here even a plain word is a password;
//! placeholders, ports and port mappings are not.

use std::ops::Range;

use ombud_core::DataType;

use super::made::stands_for_a_value;
use super::url::is_placeholder;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "command_password",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "mysql ",
        "mysqldump ",
        "mysqladmin ",
        "mysqlimport ",
        "mariadb ",
        "mariadb-dump ",
        "mariadb-admin ",
        "mycli ",
        "sshpass ",
        "redis-cli ",
        "valkey-cli ",
        "docker login ",
        "podman login ",
        "oc login ",
        "az login ",
        "mongo ",
        "mongosh ",
        "mongodump ",
        "mongorestore ",
        "mongoexport ",
        "mongoimport ",
        "sqlcmd ",
        "ldapsearch ",
        "ldapadd ",
        "ldapmodify ",
        "unzip ",
        "zip ",
        "7z ",
        "7za ",
        "rdesktop ",
        "xfreerdp ",
        "smbclient ",
        "openssl ",
        "curl ",
        "wget ",
    ]),
    labels: &[],
    find,
};

/// How a program accepts a password.
struct Usage {
    /// The option and its value are one word: `-pSECRET`, `pass:SECRET`.
    glued: &'static [&'static str],
    /// The value is the next word: `-p SECRET`.
    spaced: &'static [&'static str],
    /// Separator between a user name and its password, where the value is both.
    after: Option<char>,
}

const NOTHING: &[&str] = &[];

/// The usage of a program, by the words of its trigger. Case matters: `mysql -P` is a port.
fn usage(program: &str) -> Usage {
    let of = |glued, spaced, after| Usage { glued, spaced, after };
    match program {
        "redis-cli" | "valkey-cli" => of(NOTHING, &["-a", "--pass"], None),
        "sshpass" => of(&["-p"], &["-p"], None),
        "sqlcmd" => of(&["-P"], &["-P"], None),
        "unzip" | "zip" => of(NOTHING, &["-P"], None),
        "7z" | "7za" => of(&["-p"], NOTHING, None),
        "xfreerdp" => of(&["/p:"], NOTHING, None),
        "openssl" => of(&["pass:"], NOTHING, None),
        "smbclient" => of(NOTHING, &["-U"], Some('%')),
        "curl" | "wget" => of(NOTHING, &["-u", "--user", "-U", "--proxy-user"], Some(':')),
        _ if program.starts_with("ldap") => of(&["-w"], &["-w"], None),
        // With a space after `-p` they prompt for the password; the next word is a database.
        _ if program.starts_with("my") || program.starts_with("mariadb") => of(&["-p"], NOTHING, None),
        _ => of(NOTHING, &["-p", "--password"], None),
    }
}

fn find(text: &Text<'_>, command: Range<usize>) -> Option<Found> {
    // `some-mysql`, `my_zip`: the end of another name. A path may precede it.
    if text.before(command.start).is_some_and(|b| is_word(b) || matches!(b, b'-' | b'_' | b'.' | b':')) {
        return None;
    }
    let program = text.slice(command.clone()).trim_end().to_ascii_lowercase();
    let usage = usage(&program);
    let mut words = Words::from(text, command.end);
    while let Some(word) = words.next() {
        let written = text.slice(word.clone());
        let found = if usage.spaced.contains(&written) {
            let value = words.next()?;
            password(text, value.clone(), usage.after).filter(|_| !is_prose(text, value, words.clone()))
        } else if let Some(option) = usage.glued.iter().find(|option| is_glued(written, option)) {
            password(text, word.start + option.len()..word.end, usage.after)
        } else {
            None
        };
        if let Some(span) = found {
            return Some(Found::labelled(span, 0.85));
        }
    }
    None
}

/// `mongo -p asks for the password`: a sentence about the option.
fn is_prose(text: &Text<'_>, value: Range<usize>, mut behind: Words<'_, '_>) -> bool {
    const GO_ON: &[&str] = &[
        "for", "the", "to", "is", "are", "a", "an", "and", "or", "with", "will", "that", "in", "on", "of",
        "as", "you", "your", "it", "if", "when", "should", "must", "can", "does", "option", "flag",
    ];
    let plain = text.slice(value).bytes().all(|b| b.is_ascii_lowercase());
    plain && behind.next().is_some_and(|next| GO_ON.contains(&text.slice(next)))
}

/// `-pSECRET`, but not the name of another option with one dash too few: `-port`, `-prompt`.
fn is_glued(word: &str, option: &str) -> bool {
    const NAMES: &[&str] =
        &["-port", "-prompt", "-protocol", "-pager", "-password", "-print", "-pipe", "-plugin", "-parallel"];
    word.len() > option.len() && word.starts_with(option) && !NAMES.iter().any(|name| word.starts_with(name))
}

/// The password in a value, without quotation marks and without the user name before it.
fn password(text: &Text<'_>, value: Range<usize>, after: Option<char>) -> Option<Range<usize>> {
    let mut value = unquoted(text, value);
    if let Some(sign) = after {
        let (name, _) = text.slice(value.clone()).split_once(sign)?;
        if name.is_empty() || stands_for_a_value(name) || name.contains('/') {
            return None;
        }
        value.start += name.len() + sign.len_utf8();
    }
    let written = text.slice(value.clone()).trim_end_matches([',', '.', '\\']);
    value.end = value.start + written.len();
    is_password(written).then_some(value)
}

fn unquoted(text: &Text<'_>, value: Range<usize>) -> Range<usize> {
    match text.slice(value.clone()).as_bytes() {
        [first @ (b'"' | b'\''), .., last] if first == last => value.start + 1..value.end - 1,
        _ => value,
    }
}

/// False for what may take the place of a password without being one.
fn is_password(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // `8080`, `3306:3306`, `127.0.0.1:80:80`.
    let port = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b',' | b'/'))
        && (digits != value.len() || digits < 6);
    let constant = value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    (4..=64).contains(&value.len())
        && !port
        && !constant
        && !value.starts_with(['-', '/', '~', '@', '(', '`', '!'])
        && !value.starts_with("./")
        && !value.contains("://")
        && !value.contains("$(")
        && !value.contains('…')
        && !is_about(value)
        && !is_placeholder(value)
        && !stands_for_a_value(value)
}

/// True if each of its words is one that manuals use as a stand-in for a password: `my-secret-pw`.
fn is_about(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "my",
        "the",
        "a",
        "an",
        "db",
        "user",
        "username",
        "root",
        "some",
        "new",
        "old",
        "strong",
        "secret",
        "secretpw",
        "pass",
        "password",
        "passwd",
        "passwort",
        "passphrase",
        "passcode",
        "pwd",
        "pw",
        "token",
        "key",
        "apikey",
        "word",
        "here",
        "value",
        "string",
        "mypass",
        "mypassword",
        "mysecret",
        "mypwd",
        "thepassword",
        "dbpass",
        "dbpassword",
        "dbpwd",
        "userpass",
        "userpassword",
        "rootpassword",
        "rootpass",
        "prompt",
        "none",
        "null",
        "stdin",
        "hidden",
        "mysecretpassword",
    ];
    let meant = |word: &str| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    // `root` alone is a password that many servers really have.
    value != "root"
        && value.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).all(meant)
}

/// Maximum number of bytes of a command that are read.
const LONGEST: usize = 300;

/// The words of a command, as split by a shell: quotation marks keep a word together, a backslash at the end of a line
/// continues it, and `|`, `;`, `&` and non-ASCII characters end the command.
#[derive(Clone)]
struct Words<'a, 't> {
    text: &'a Text<'t>,
    at: usize,
    end: usize,
}

impl<'a, 't> Words<'a, 't> {
    fn from(text: &'a Text<'t>, at: usize) -> Self {
        Self { text, at, end: at + LONGEST }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.at = self.text.run(self.at, LONGEST, |b| matches!(b, b' ' | b'\t'));
            match self.text.ahead(self.at, 3) {
                [b'\\', b'\r', b'\n'] => self.at += 3,
                [b'\\', b'\n', ..] => self.at += 2,
                _ => return,
            }
        }
    }
}

impl Iterator for Words<'_, '_> {
    type Item = Range<usize>;

    /// The next word, including its quotation marks.
    fn next(&mut self) -> Option<Range<usize>> {
        self.skip_blanks();
        let start = self.at;
        let mut quote = None;
        while let Some(byte) = self.text.byte(self.at).filter(|_| self.at < self.end) {
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                (None, b' ' | b'\t' | b'|' | b';' | b'&' | b')' | b'`') | (_, b'\n' | b'\r') => break,
                (None, _) if !byte.is_ascii() => break,
                _ => {}
            }
            self.at += 1;
        }
        // An unclosed quotation mark belongs to the text around the command.
        let open = quote.is_some();
        let end = if open {
            self.text.slice(start..self.at).find(['"', '\'']).map_or(start, |at| start + at)
        } else {
            self.at
        };
        if open {
            self.end = end;
        }
        (end > start).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn passwords_of_commands_are_found() {
        check(
            DataType::Secret,
            &[
                "mysql -h db1 -u root -p[[Tr0ub4dor]] shop < dump.sql",
                "$ mysql -uroot -p[[sunflower]] -e 'show tables'",
                "/usr/bin/mysqldump --single-transaction -u app -p'[[k!te flies]]' shop | gzip > x.gz",
                "mysql -u root \\\n  -P 3307 \\\n  -p[[Wint3r!]] shop",
                "`mariadb -p[[blauwal]]`",
                "mysqladmin -u root -p\"[[Winter2024]]\" shutdown",
                "mysql -uroot -p[[123456]]",
                "sshpass -p [[hunter]] ssh deploy@10.0.0.5",
                "sshpass -p'[[gr8 news]]' scp a b:",
                "sshpass -p[[Feb-2019]] rsync -a x y",
                "redis-cli -h 10.1.2.3 -p 6380 -a [[granatapfel]] ping",
                "redis-cli --pass [[regenwald]] info",
                "docker login -u jane -p [[dckr9pw]] registry.example.com",
                "mongosh --host db -u admin -p [[mongolei]] --authenticationDatabase admin",
                "sqlcmd -S host -U sa -P [[Str0ng!Pw]] -Q 'select 1'",
                "sqlcmd -S host -U sa -P[[Str0ng!Pw]]",
                "ldapsearch -x -D cn=admin,dc=x -w [[adminpw7]] -b dc=x",
                "unzip -P [[opensesame]] backup.zip",
                "7z x a.7z -p[[opensesame]]",
                "xfreerdp /v:10.0.0.7 /u:jane /p:[[Summer#1]]",
                "smbclient //nas/share -U jane%[[Geheim7]]",
                "openssl enc -aes-256-cbc -in a -out b -pass pass:[[apfelkuchen]]",
                "curl -u admin:[[geranium]] https://example.com/api",
                "curl -s -X POST --user \"jane:[[two words]]\" https://example.com",
                "在服务器上执行 mysql -uroot -p[[abcd1234]]，然后导出",
                "先 sshpass -p [[mima888]] ssh root@10.0.0.8。",
            ],
        );
    }

    #[test]
    fn ports_places_of_passwords_and_other_options_are_not() {
        check(
            DataType::Secret,
            &[
                "mysql -u root -p",
                "mysql -u root -p shop",
                "mysql -h db -P 3306 -u app -p",
                "mysql -port 3306 -u root",
                "mysql -p$MYSQL_PWD shop",
                "mysql -p\"${DB_PASSWORD}\" shop",
                "mysql -u root -p<password> shop",
                "mysql -u root -p[password] shop",
                "mysql -u root -ppassword",
                "mysql -uroot -pYOUR_PASSWORD",
                "mysql -uroot -pmy-secret-pw",
                "docker run --name mysql -p3306:3306 mysql:8",
                "docker run --name some-mysql -p8080:80 -d mysql:8",
                "docker run -p 8080:80 --name mongo -p 27017:27017 mongo:7",
                "docker login -u jane --password-stdin registry.example.com",
                "mkdir -p secret && ssh -p 2222 host",
                "nmap -p 22,80 host",
                "sshpass -e ssh host",
                "sshpass -f file ssh host",
                "sshpass -p \"$SSHPASS\" ssh host",
                "sshpass -p password ssh host",
                "sshpass -p 'your_password' ssh host",
                "redis-cli -p 6379 ping",
                "redis-cli -a $REDIS_PASSWORD ping",
                "redis-cli -a <password> ping",
                "redis-cli -a \"$(cat /run/secrets/redis)\" ping",
                "mongo -p asks for the password",
                "zip -P is not safe",
                "openssl req -passout env:PASS",
                "openssl rsa -passout pass:$PASS -in x",
                "curl -u user:password https://example.com",
                "curl -u $USER:$PASS https://example.com",
                "curl -u name: https://example.com",
                "curl https://example.com -u username:<token>",
                "curl -U proxyuser https://example.com",
                "the option of mysql -pSECRET shows it to everybody",
            ],
        );
    }
}
