//! Secrets that only their label gives away: `password = "…"`, `密码是…`, `API_KEY=…`, `IDENTIFIED BY '…'`, `验证码 482913`.
//!
//! Between label and value there must be a colon, an equals sign or a word such as `is`. What stands for a value (a variable, a
//! call, a word of prose, `****`) is no secret. Texts without a label, and what vendors gave a prefix, are other
//! recognisers' work.

use std::ops::Range;

use ombud_core::DataType;

use super::keyword_secret::is_no_secret;
use super::made::{Made, made};
use super::url::is_placeholder;
use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::label::{Link, link};
use crate::text::{Text, is_word};

mod chinese;
mod context;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "labelled_secret",
    kind: DataType::Secret,
    trigger: Trigger::Labels,
    labels: &[
        // Chosen by a person.
        "password",
        "passwd",
        "pwd",
        "pass",
        "passphrase",
        "passcode",
        "pgpassword",
        "sshpass",
        "rediscli_auth",
        "identified by",
        "密码",
        "口令",
        "登录密码",
        "支付密码",
        "取款密码",
        "锁屏密码",
        "解锁密码",
        "开机密码",
        "门禁密码",
        "交易密码",
        "查询密码",
        "pin码",
        "pin",
        "cvv",
        "cvv2",
        "cvc",
        // Made by a machine.
        "api_key",
        "api-key",
        "api key",
        "apikey",
        "api_token",
        "api token",
        "apitoken",
        "secret",
        "secret_key",
        "secret-key",
        "secret key",
        "secretkey",
        "client_secret",
        "client secret",
        "clientsecret",
        "app_secret",
        "appsecret",
        "access_token",
        "access token",
        "accesstoken",
        "auth_token",
        "auth token",
        "authtoken",
        "refresh_token",
        "refreshtoken",
        "session_token",
        "sessiontoken",
        "bot_token",
        "token",
        "access_key",
        "access key",
        "accesskey",
        "private_key",
        "private key",
        "privatekey",
        "secret_access_key",
        "secretaccesskey",
        "encryption_key",
        "signing_key",
        "jwt_secret",
        "jwtsecret",
        "license key",
        "account_key",
        "accountkey",
        "sharedaccesskey",
        "license_key",
        "auth_key",
        "sk",
        "密钥",
        "秘钥",
        "令牌",
        "私钥",
        // Used once.
        "验证码",
        "校验码",
        "提取码",
        "访问码",
        "动态码",
        "动态口令",
        "otp",
        "verification code",
        "one-time code",
        "security code",
    ],
    find,
};

/// What a label leads one to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chosen,
    Machine,
    Once,
    /// Some digits that somebody keeps: a PIN, a card's code, the password of a door.
    Pin,
}

fn kind(label: &str) -> Kind {
    let label = label.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| label.contains(word));
    if any(&["pin", "cvv", "cvc", "取款密码", "锁屏密码", "解锁密码", "门禁密码", "交易密码", "查询密码"])
    {
        Kind::Pin
    } else if any(&[
        "验证码",
        "提取码",
        "访问码",
        "校验码",
        "动态",
        "otp",
        "verification",
        "one-time",
        "security code",
    ]) {
        Kind::Once
    } else if any(&["pass", "pwd", "identified", "cli_auth", "密码", "口令"]) {
        Kind::Chosen
    } else {
        Kind::Machine
    }
}

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let written = text.slice(label.clone());
    let kind = kind(written);
    let link =
        in_markup(text, &label).or_else(|| in_item(text, &label)).unwrap_or_else(|| link(text, label.end));
    let by = written.eq_ignore_ascii_case("identified by");
    // `密码 Abc@1234` needs no colon, because no Chinese sentence goes on in ASCII with digits.
    let chinese = kind == Kind::Chosen
        && !written.is_ascii()
        && (link.value > label.end || is_telling(text, label.end));
    // `CVV 123`, `锁屏密码 2580`; a pin of a connector and of a postal area has a number, too.
    let pin = kind == Kind::Pin && !matches!(written.to_ascii_lowercase().as_str(), "pin");
    let netrc = kind == Kind::Chosen && !link.explicit && context::is_netrc(text, label.start);
    let option = text.before(label.start) == Some(b'-') && text.byte(label.end) == Some(b' ');
    let parted = link.explicit
        || option
        || kind == Kind::Once
        || chinese
        || pin
        || netrc
        || by && link.quote.is_some();
    if !parted
        || text.byte(label.end) == Some(b'(')
        || kind == Kind::Machine && is_no_secret(text, label.start)
    {
        return None;
    }
    // A row of labels has no value, and need not be read to its end each time.
    if text.ahead(link.value, written.len()).eq_ignore_ascii_case(written.as_bytes()) {
        return None;
    }
    let span = ascii(text, &label, &link, kind).or_else(|| {
        (kind == Kind::Chosen && !written.is_ascii()).then(|| chinese::value(text, &label, &link)).flatten()
    })?;
    Some(Found::labelled(span, 0.8))
}

/// The value, if it is of ASCII and a secret.
fn ascii(text: &Text<'_>, label: &Range<usize>, link: &Link, kind: Kind) -> Option<Range<usize>> {
    let span = value(text, link)?;
    let (value, quoted) = (text.slice(span.clone()), link.quote.is_some());
    let secret = match kind {
        Kind::Pin => return pin_value(text, label, span),
        Kind::Once if matches!(text.slice(label.clone()), "提取码" | "访问码") => {
            (4..=8).contains(&value.len()) && value.bytes().all(is_word)
        }
        Kind::Once => (4..=8).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()),
        Kind::Chosen => {
            value.len() >= 4
                && (is_chosen(value, quoted, text.slice(label.clone()))
                    || context::says_so(text, label, &span, quoted))
        }
        Kind::Machine => {
            value.len() >= 12 && is_made(value, quoted)
                || value.len() >= 8 && context::in_option(text, label, &span) && is_mixed(value)
        }
    };
    (secret && !is_reference(value, quoted)).then_some(span)
}

/// The digits of a PIN, with the key that ends it; a longer value as people choose one.
fn pin_value(text: &Text<'_>, label: &Range<usize>, span: Range<usize>) -> Option<Range<usize>> {
    let value = text.slice(span.clone());
    let digits = value.trim_end_matches('#');
    let card = text.ahead(label.start, 2).eq_ignore_ascii_case(b"cv");
    let lengths = if card { 3..=4 } else { 4..=8 };
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && lengths.contains(&digits.len());
    // `PIN码4位`, `锁屏密码 2024年起`: a number of something.
    let counted = text.char_at(span.end).is_some_and(char::is_alphabetic);
    let chosen = !card && text.slice(label.clone()).contains("密码") && is_chosen(value, false, "密码");
    (!counted && (plain || chosen && !is_reference(value, false))).then_some(span)
}

/// True if what touches a Chinese label is no word of a sentence: `密码Abc@1234`, `密码123456`.
fn is_telling(text: &Text<'_>, at: usize) -> bool {
    let end = text.run(at, 40, |b| b.is_ascii_graphic() && !ends(b));
    let value = text.slice(at..end).trim_end_matches(['.', ',', '!', '?', ':']);
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let digit = has(|b| b.is_ascii_digit());
    let sign = has(|b| b"@#$%^&*!+~?".contains(&b));
    let mixed = digit && (sign || has(|b| b.is_ascii_lowercase()));
    let number = value.bytes().all(|b| b.is_ascii_digit());
    let goes_on = text.char_at(at + value.len()).is_some_and(char::is_alphabetic);
    value.len() >= 6
        && (mixed || number)
        && value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !goes_on
}

/// Letters and digits, as few words have them: enough for a token after an option that takes nothing else.
fn is_mixed(value: &str) -> bool {
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let characters = value.bytes().all(|b| is_word(b) || matches!(b, b'-' | b'_'));
    characters && has(|b| b.is_ascii_digit()) && has(|b| b.is_ascii_alphabetic()) && made(value) != Made::No
}

/// `key="FromPassword" value="…"`, as in the settings of programs.
fn in_markup(text: &Text<'_>, label: &Range<usize>) -> Option<Link> {
    const BETWEEN: &[u8] = b"\" value=\"";
    let value = label.end + BETWEEN.len();
    (text.ahead(label.end, BETWEEN.len()) == BETWEEN).then_some(Link {
        value,
        explicit: true,
        quote: Some(b'"'),
    })
}

/// `config["SECRET_KEY"] = "…"`
fn in_item(text: &Text<'_>, label: &Range<usize>) -> Option<Link> {
    let quoted = |at: usize| text.byte(at).filter(|byte| matches!(byte, b'"' | b'\''));
    quoted(label.end).filter(|_| text.byte(label.end + 1) == Some(b']'))?;
    let spaces = |at: usize| text.run(at, 4, |byte| byte == b' ');
    let equals = spaces(label.end + 2);
    if text.byte(equals) != Some(b'=') || text.byte(equals + 1) == Some(b'=') {
        return None;
    }
    let value = spaces(equals + 1);
    let quote = quoted(value)?;
    Some(Link { value: value + 1, explicit: true, quote: Some(quote) })
}

/// Longest value that is read.
const LONGEST: usize = 256;

/// What ends a value without quotation marks.
fn ends(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b')' | b'}' | b']' | b'<' | b'>' | b'|')
}

/// The value: up to the closing quotation mark, or to what ends a word of configuration, code or prose.
fn value(text: &Text<'_>, link: &Link) -> Option<Range<usize>> {
    let start = link.value;
    let end = match link.quote {
        Some(quote) => {
            let end = text.run(start, LONGEST, |b| b != quote && b.is_ascii_graphic());
            (text.byte(end) == Some(quote) || text.byte(end).is_some_and(|b| !b.is_ascii())).then_some(end)?
        }
        None => text.run(start, LONGEST, |b| b.is_ascii_graphic() && !ends(b)),
    };
    let value = text.slice(start..end);
    let value = value.get(..next_parameter(value)).unwrap_or(value).trim_end_matches(['\\', '.', ',']);
    Some(start..start + value.len())
}

/// Where another parameter of a query begins, `…&name=`: an ampersand by itself may be a part of the value.
fn next_parameter(value: &str) -> usize {
    let ends = |at: &usize| {
        let rest = value.get(at + 1..).unwrap_or_default();
        let name =
            rest.bytes().take_while(|b| is_word(*b) || matches!(b, b'_' | b'-' | b'.' | b'[' | b']')).count();
        rest.is_empty()
            || rest.starts_with('&')
            || name > 0 && matches!(rest.as_bytes().get(name), Some(b'=' | b';'))
    };
    value.match_indices('&').map(|(at, _)| at).find(ends).unwrap_or(value.len())
}

/// A password as people choose and generators make them, not a word about one.
fn is_chosen(value: &str, quoted: bool, label: &str) -> bool {
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let digit = has(|b| b.is_ascii_digit());
    let letter = has(|b| b.is_ascii_alphabetic());
    let sign = has(|b| b.is_ascii_punctuation() && !b"_-.:/=(){}[]".contains(&b));
    if digit && !letter && !sign {
        // A number alone: `pass: 12` counts tests.
        return value.len() >= 6 && (quoted || !label.eq_ignore_ascii_case("pass"));
    }
    // A route, a selector, a piece of code, a text about passwords.
    if value.starts_with(['/', ',', '.', ':']) || value.to_ascii_lowercase().contains("password") {
        return false;
    }
    let capitals = value.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase));
    letter && (digit || sign) || quoted && capitals && has(|b| b.is_ascii_lowercase())
}

fn is_made(value: &str, quoted: bool) -> bool {
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let characters = value.bytes().all(|b| is_word(b) || b"-_.+/=~:!@#%^*".contains(&b));
    let path = value.contains("://") || value.starts_with(['/', '.', '~', '@', '#']);
    let telling = has(|b| b.is_ascii_digit()) && has(|b| b.is_ascii_alphabetic());
    let signs = quoted && !path && has(|b| b"!#$%&*+=@^~".contains(&b)) && has(|b| b.is_ascii_alphabetic());
    signs || characters && !path && telling && (quoted || value.len() >= 16) && is_random(value)
}

/// A value that only names where the secret is: a variable, a field, a call, a placeholder.
fn is_reference(value: &str, quoted: bool) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = [
        "your",
        "example",
        "changeme",
        "placeholder",
        "xxxx",
        "redacted",
        "<",
        "process.env",
        "os.environ",
        "getenv",
    ];
    let name = value.bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'_').count();
    let member = name >= 2 && matches!(value.as_bytes().get(name), Some(b'.' | b'(' | b'['));
    let constant = value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let path = !quoted && (value.starts_with("__") || value.contains("::"));
    path || is_placeholder(value)
        || words.iter().any(|word| lower.contains(word))
        || !quoted && member
        || constant && !quoted
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn secrets_are_found() {
        check(
            DataType::Secret,
            &[
                "dbPass: \"[[5scgq%$gVCV]]\",",
                "DB_PASS = \"[[##n33gFLYL!OnZ#]]\"",
                "pass := \"[[D$gmtG637XMoQ]]\"",
                "IDENTIFIED BY '[[7PAbFHz1j0GTK@Z]]';",
                "app.config[\"SECRET_KEY\"] = \"[[c9f1e07ab3d24f6c8a51b2e97d40f3aa]]\"",
                "my password is [[hunter2]], ok",
                "密码是[[abc12345]]，别告诉别人",
                "登录密码：[[Zhang@1990]]。",
                "登录密码 [[Abc@12345]]",
                "AWS_SECRET_ACCESS_KEY=[[0qk+o7XctJMmG6ydO8537c9+TofLJU1K]]",
                r#"{\"awsSecretKey\":\"[[3lyTWqHMt5UySny2drdPYheRTEzrNux8Cn5JWFHL]]\"}"#,
                "验证码[[482913]]，五分钟内有效",
                "your verification code is [[482913]]",
                "https://h/x?access_token=[[38bb7b318cc6898c80317decb34525844bc9db55]]&a=1",
                "dbPass: \"[[gKPXAWrX]]\"",
                "db-password: \"[[$aQgXaT1H#]]\"",
                "Server=host;Port=5432;User Id=username;Password=[[open]];Database=name;",
                "DB_PASSWORD=[[whiteduke]]\nDB_HOST=localhost",
                "$user = \"mg1021\"; $password = \"[[goodspec]]\";",
                "connect -password [[VMware1!]]",
                "<add key=\"FromPassword\" value=\"[[Prestigitariu$]]\"/>",
                "ensure the password is \"[[centipede]]\" and press",
                "SECRET_KEY = '[[dj-insecure-_du9e^cmago!%(^+=gr@cu@v9]]'",
                "user = Aladdin\npassword = [[open_sesame]]\n",
                "machine example.com login jane password [[pass123]]",
                "PGPASSWORD=[[wintergarten]] psql -h db",
                "PGPASSWORD='[[p4ss-phrase]]' pg_dump shop",
                "export SSHPASS=[[hunter]]\n",
                "os.environ[\"PGPASSWORD\"] = \"[[Tr0ub4dor]]\"",
                "REDISCLI_AUTH=[[granatapfel]] redis-cli ping",
                "密码是[[Birn3&apfel]]，别外传",
                "https://h/x?password=[[Birn3apfel]]&a=1",
                "账号kunde 密码[[birne@123]]",
                "密码[[Birne@1234]]，收到请回",
                "取款密码[[246810]]",
                "锁屏密码 [[1357]]",
                "门禁密码[[1357#]]",
                "PIN码[[864213]]",
                "my pin is [[4826]]",
                "CVV [[123]]",
                "链接在群里，提取码：[[x8k3]]",
                "ak: k1, sk: [[8f3b21c94ad07e65b1f2c3d4e5a69788]]",
                "restic --password=[[sonnenblume]] backup",
                "tool --password '[[sonnenblume]]' --verbose",
                "gh-cli --token=[[a1b2c3d4e5f6]] repos",
                "tool --api-key [[k3y9x0z2w8v1]]",
            ],
        );
    }

    #[test]
    fn words_about_secrets_are_not() {
        check(
            DataType::Secret,
            &[
                "password is required",
                "password: string",
                "password = os.environ['DB_PASSWORD1']",
                "\"password\": \"${DB_PASSWORD1}\"",
                "password = getPassword(1)",
                "type=\"password\" name=\"p1\"",
                "密码是必填项",
                "max_tokens: 4096",
                "token count = 123456",
                "Password=#{password1}",
                "char *password = NULL;",
                "log_passwd: __u32,",
                "private_key: pkcs8::PrivateKeyInfoRef2024<'_>",
                "socks5h://<username>:<password>@proxy-host1",
                "PASSWORD=$DB_PASSWORD1",
                "api_key = YOUR_API_KEY_12345678",
                "\"token\": \"access_token\"",
                "secret: ********",
                "Pass: 120, Fail: 3",
                "private_key_path = /etc/keys/server1.pem",
                "token: config.bot1.token",
                "\"reset-password\":\"/en/server@3/auth\"",
                "'/forgot-password' => \"cms/passwords#update1\"",
                "addPassword = \"#add-password1\";",
                "passwordLabel:\"Password:\",rememberMe1:\"Remember\"",
                "\"username\": \"string\", \"password\": \"string\"",
                "user = current_user\npassword = new_password\n",
                "PASSWORD=$(cat file)",
                "PASSWORD=required",
                "next_page_token: \"0123456789abcdef0123\"",
                "PGPASSWORD=$DB_PASSWORD psql",
                "PGPASSWORD=\"${PGPASSWORD:-}\" psql",
                "PGPASSWORD=password psql",
                "export PGPASSWORD",
                "tool --password=PASSWORD",
                "tool --password=<password>",
                "tool --password=your_password",
                "tool --password option is required",
                "tool --password=string --token=string",
                "connect pin 1234 to ground",
                "PIN码4位数字",
                "锁屏密码 2024年起可用",
                "密码8位以上",
                "密码AES256加密",
                "密码sha256加密",
                "提取码：见群公告",
                "sk: slovak",
                "cvv is required",
                "clippy --pass=early --pwd=subfolder",
                "tool --token=$TOKEN1 --token=<token1> --token={{token1}}",
                "tool --token=changeme1 --token YOUR_TOKEN_1",
                "tool --max-tokens=4096 --token-file=/run/token1",
            ],
        );
    }
}
