//! What an argument means for the effect of a call.

use serde::{Deserialize, Serialize};

use super::Effect;
use super::classify::words;
use crate::message::{Lang, Say};

/// The part an argument plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Who receives something.
    Destination,
    /// Who receives money, or whose money it is.
    Account,
    /// How much money.
    Amount,
    /// A network address.
    Url,
    /// What is acted on.
    Object,
    /// A file-system path.
    Path,
    /// What is executed.
    Command,
    /// A password, key or code.
    Credential,
    /// What is written or stored.
    Content,
}

impl Part {
    /// Every part.
    pub const ALL: &[Self] = &[
        Self::Destination,
        Self::Account,
        Self::Amount,
        Self::Url,
        Self::Object,
        Self::Path,
        Self::Command,
        Self::Credential,
        Self::Content,
    ];

    /// The part with this id.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|part| part.id() == id)
    }

    /// The id in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Account => "account",
            Self::Amount => "amount",
            Self::Url => "url",
            Self::Object => "object",
            Self::Path => "path",
            Self::Command => "command",
            Self::Credential => "credential",
            Self::Content => "content",
        }
    }
}

impl Say for Part {
    fn say(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::Destination => ("the recipient", "接收方"),
            Self::Account => ("the account", "账户"),
            Self::Amount => ("the amount", "金额"),
            Self::Url => ("the address", "网址"),
            Self::Object => ("the object", "操作对象"),
            Self::Path => ("the path", "路径"),
            Self::Command => ("the command", "命令"),
            Self::Credential => ("the credential", "凭据"),
            Self::Content => ("the content", "内容"),
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
        .to_owned()
    }
}

/// What a value looks like, whatever its argument is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A single e-mail address, and nothing else.
    Email,
    /// A single URL, and nothing else.
    Url,
    /// A single IBAN, and nothing else.
    Account,
    /// Anything else.
    Other,
}

const DESTINATIONS: &str = "to cc bcc recipient recipients receiver email emails mail address addresses channel channel_id \
    channel_name chat chat_id room room_id group group_id user user_id username user_name phone phone_number mobile handle \
    target reply_to to_email to_address contact contacts member members webhook_id 收件人 收件邮箱 接收人 邮箱 手机号 电话 抄送 群 联系人 成员";
const GUESTS: &str = "attendees attendee participants participant invitees guests guest share_with to recipients recipient \
    emails notify 参与人 参会人 受邀人";
const ACCOUNTS: &str = "iban account account_number account_id to_account payee beneficiary recipient card card_number wallet \
    wallet_address to address destination 收款人 收款账号 账号 账户 银行卡 收款方";
const AMOUNTS: &str = "amount price total sum value amount_cents 金额 总额";
const URLS: &str = "url uri link href endpoint webhook webhook_url callback callback_url domain host site website page 网址 链接";
const OBJECTS: &str = "id ids key name file filename file_name title message event item record issue repo repository document \
    object table collection query attachments attachment 编号 名称 文件 文件名";
const PATHS: &str = "path file file_path filepath filename file_name directory dir folder dest destination target source 路径 文件 文件名 目录";
const COMMANDS: &str =
    "command cmd commands code script sql query input expression args program statement 命令 代码 脚本";
const CREDENTIALS: &str = "password new_password passphrase secret api_key otp pin 密码 密钥 验证码";
const CONTENTS: &str = "body text message content contents subject title note notes description comment comments html markdown summary \
    reply answer caption greeting reason remark remarks 正文 内容 主题 标题 备注 留言 回复 文案 理由 原因 说明";

/// The part that the argument named `key` plays in a call of this class; `None` if nothing depends on it.
pub fn part(effect: Effect, key: &str, shape: Shape) -> Option<Part> {
    let name = words(key).join("_");
    // A Chinese name says what it is at its end: `收款账号`, `附件路径`.
    let is = |list: &str| {
        list.split_ascii_whitespace().any(|word| word == name || !word.is_ascii() && name.ends_with(word))
    };
    let id = is_id(key);
    let found = match effect {
        Effect::Read => return None,
        Effect::Fetch if is(URLS) => Some(Part::Url),
        Effect::Send | Effect::Grant if is(DESTINATIONS) => Some(Part::Destination),
        Effect::Send if is("attachments attachment file files path 附件") => Some(Part::Object),
        Effect::Pay if is(ACCOUNTS) || name.ends_with("_iban") => Some(Part::Account),
        Effect::Pay if is(AMOUNTS) => Some(Part::Amount),
        Effect::Create if is(GUESTS) => Some(Part::Destination),
        Effect::Create | Effect::Change if is(PATHS) => Some(Part::Path),
        Effect::Delete if is("path file_path filepath directory dir folder 路径 目录") => {
            Some(Part::Path)
        }
        Effect::Execute if COMMANDS.split_ascii_whitespace().any(|word| word == name) => Some(Part::Command),
        Effect::Unknown if is("to recipient recipients email 收件人") => Some(Part::Destination),
        Effect::Unknown if is("iban account payee amount 收款人") => Some(Part::Account),
        Effect::Unknown if name.is_ascii() && is("command cmd script") || name == "命令" => {
            Some(Part::Command)
        }
        Effect::Change
        | Effect::Delete
        | Effect::Grant
        | Effect::Credential
        | Effect::Pay
        | Effect::Unknown
            if id || is(OBJECTS) =>
        {
            Some(Part::Object)
        }
        // What is replied to or forwarded.
        Effect::Send if id => Some(Part::Object),
        _ => None,
    };
    found.or_else(|| by_shape(effect, shape)).or_else(|| match () {
        () if is(CREDENTIALS) => Some(Part::Credential),
        () if is(URLS) => Some(Part::Url),
        () if is(CONTENTS) => Some(Part::Content),
        () => None,
    })
}

/// Whether an argument holds the identifier of a record: `mail_id`, `issue_number`, `po_no`, `sku`, `订单编号`, `办件号`. A
/// telephone or account number is not one.
pub fn is_id(key: &str) -> bool {
    let name = words(key).join("_");
    let chinese = ["编号", "编码", "单号", "件号", "序号", "流水号", "书号", "工号", "学号", "案号"];
    let english = ["id", "ids", "no", "nos", "nr", "uid", "uuid", "sku", "skus", "isbn", "ean", "barcode"];
    let last = name.rsplit('_').next().unwrap_or_default();
    let number = name.strip_suffix("number").map(|of| of.trim_end_matches('_'));
    let of = number.or_else(|| name.strip_suffix("_no"));
    let people =
        ["phone", "mobile", "card", "account", "contact", "telephone", "fax", "house", "room", "tel"];
    if of.is_some_and(|of| people.iter().any(|other| of.ends_with(other))) {
        return false;
    }
    number.is_some()
        || english.contains(&last) && (name != "no" && name != "nos")
        || chinese.iter().any(|end| name.ends_with(end))
}

fn by_shape(effect: Effect, shape: Shape) -> Option<Part> {
    match shape {
        Shape::Email if matches!(effect, Effect::Send | Effect::Grant | Effect::Unknown) => {
            Some(Part::Destination)
        }
        Shape::Account if matches!(effect, Effect::Pay | Effect::Unknown) => Some(Part::Account),
        Shape::Url => Some(Part::Url),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_by_class_and_name() {
        for (effect, key, expected) in [
            (Effect::Send, "to", Some(Part::Destination)),
            (Effect::Send, "channelId", Some(Part::Destination)),
            (Effect::Send, "mail_id", Some(Part::Object)),
            (Effect::Change, "issue_number", Some(Part::Object)),
            (Effect::Change, "phone_number", None),
            (Effect::Send, "收件人", Some(Part::Destination)),
            (Effect::Send, "body", Some(Part::Content)),
            (Effect::Pay, "to", Some(Part::Account)),
            (Effect::Pay, "amount", Some(Part::Amount)),
            (Effect::Create, "participants", Some(Part::Destination)),
            (Effect::Create, "title", Some(Part::Content)),
            (Effect::Create, "path", Some(Part::Path)),
            (Effect::Delete, "event_id", Some(Part::Object)),
            (Effect::Execute, "command", Some(Part::Command)),
            (Effect::Fetch, "url", Some(Part::Url)),
            (Effect::Read, "to", None),
            (Effect::Send, "language", None),
        ] {
            assert_eq!(part(effect, key, Shape::Other), expected, "{effect:?} {key}");
        }
    }

    #[test]
    fn a_value_gives_itself_away() {
        assert_eq!(part(Effect::Send, "who", Shape::Email), Some(Part::Destination));
        assert_eq!(part(Effect::Create, "who", Shape::Email), None);
        assert_eq!(part(Effect::Create, "cover", Shape::Url), Some(Part::Url));
        assert_eq!(part(Effect::Pay, "x", Shape::Account), Some(Part::Account));
    }
}
