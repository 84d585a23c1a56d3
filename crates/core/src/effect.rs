//! What a tool call does to the world.

mod classify;
mod described;
mod given;
mod part;
mod verbs;

pub use classify::{Hints, classify, words};
pub use described::{told, untitled};
pub use part::{Part, Shape, is_id, part};

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Say};

/// Whether a word in a tool's name says what the tool does rather than what it acts on.
pub fn is_verb(word: &str) -> bool {
    matches!(verbs::english(word), Some((_, verbs::Sense::Verb)))
}

/// Whether a tool's name says that it ends something: cancelling or revoking counts as much as deleting.
pub fn ends(tool: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "cancel",
        "decline",
        "reject",
        "revoke",
        "terminate",
        "deactivate",
        "disable",
        "unsubscribe",
        "unfollow",
        "ban",
        "suspend",
        "void",
        "withdraw",
        "unpublish",
        "unassign",
        "unregister",
        "unsend",
        "archive",
    ];
    const CHINESE: &[&str] = &[
        "取消", "撤销", "撤回", "退订", "终止", "拒绝", "停用", "禁用", "解除", "退学", "退课", "退群",
        "退租", "注销", "作废", "下架", "辞退", "归档",
    ];
    let words = words(tool);
    let any = |word: &String| {
        ENDINGS.contains(&word.as_str()) || CHINESE.iter().any(|ending| word.contains(ending))
    };
    // `end_call` and `standing_order_stop` end something; `update_end_time` does not.
    let first = words.first().is_some_and(|word| matches!(word.as_str(), "end" | "stop"));
    first || words.last().is_some_and(|word| word == "stop") || words.iter().any(any)
}

/// Like [`ends`], but the first word of the description counts too: `quxiao_dingdan`, “取消订单”.
pub fn ends_by_description(tool: &str, description: &str) -> bool {
    let opening = description.split_whitespace().next().unwrap_or_default().to_lowercase();
    // “取消订单”, not “给已取消的订单退款”: in Chinese, only the first word counts, which is two characters long.
    let opening = if opening.is_ascii() {
        opening.trim_end_matches(|ch: char| !ch.is_ascii_alphanumeric())
    } else {
        opening.get(..opening.floor_char_boundary(6)).unwrap_or_default()
    };
    ends(tool) || ends(opening.strip_suffix('s').unwrap_or(opening))
}

/// The effect class of a tool. An unknown effect is treated as one that acts, never as a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks at something already within reach.
    Read,
    /// Fetches from an address; the address itself can carry data out.
    Fetch,
    /// Sends or publishes content to somebody.
    Send,
    /// Moves money.
    Pay,
    /// Creates something new.
    Create,
    /// Changes something that exists.
    Change,
    /// Deletes something.
    Delete,
    /// Gives somebody access.
    Grant,
    /// Uses or changes a credential.
    Credential,
    /// Runs code or commands.
    Execute,
    /// Not known: treated as one that acts.
    Unknown,
}

impl Effect {
    /// Whether a call of this class changes, or may change, anything outside the conversation.
    pub fn acts(self) -> bool {
        self != Self::Read
    }

    /// Rank of the harm that a call of this class can do; of two classes, the higher one counts.
    fn severity(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Fetch => 1,
            Self::Unknown => 2,
            Self::Create => 3,
            Self::Change => 4,
            Self::Send => 5,
            Self::Credential => 6,
            Self::Grant => 7,
            Self::Delete => 8,
            Self::Pay => 9,
            Self::Execute => 10,
        }
    }

    /// The more harmful of two classes.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.severity() > self.severity() { other } else { self }
    }
}

impl Say for Effect {
    fn say(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::Read => ("reads something", "读取信息"),
            Self::Fetch => ("opens an address on the network", "访问网络地址"),
            Self::Send => ("sends or publishes something", "向外发送或发布内容"),
            Self::Pay => ("moves money", "动用资金"),
            Self::Create => ("creates or stores something", "新建或保存内容"),
            Self::Change => ("changes something", "修改内容"),
            Self::Delete => ("deletes something", "删除内容"),
            Self::Grant => ("gives somebody access", "授予他人权限"),
            Self::Credential => ("uses or changes a credential", "使用或更改登录凭据"),
            Self::Execute => ("runs code or commands", "运行代码或命令"),
            Self::Unknown => ("has an unknown effect", "作用不明"),
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over() {
        for name in ["cancel_event", "orders.revokeRefund", "取消订单"] {
            assert!(ends(name), "{name}");
        }
        for name in ["update_event", "create_cancellation_policy", "update_end_time", "查询订单"] {
            assert!(!ends(name), "{name}");
        }
        assert!(ends_by_description("quxiao_dingdan", "取消订单，自动通知客人。"));
        assert!(ends_by_description("StandingOrder", "Ends a regular payment.") && ends("StandingOrderStop"));
        for (tool, description) in [("book", "Book a table."), ("退款", "给已取消的订单退款。")] {
            assert!(!ends_by_description(tool, description), "{tool}");
        }
    }

    #[test]
    fn what_is_unknown_acts() {
        assert!(Effect::Unknown.acts() && Effect::Fetch.acts() && !Effect::Read.acts());
    }
}
