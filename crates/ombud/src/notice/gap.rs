//! What only the operator can say. A gap is marked where it occurs and listed; it is never filled with a guess.

use ombud_core::{Lang, Say, say};

/// Something that only the operator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Who is responsible for the agent.
    Operator,
    /// How a user reaches them.
    Contact,
    /// What the data is used for.
    Purposes,
    /// How long the operator keeps it.
    Retention,
    /// How a user erases it.
    Erase,
    /// Whether children use it.
    Audience,
    /// Where the notice is published.
    Url,
}

impl Gap {
    /// Its key in `ombud.toml`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Operator => "[notice] operator",
            Self::Contact => "[notice] contact",
            Self::Purposes => "[agent] purposes",
            Self::Retention => "[notice] retention",
            Self::Erase => "[notice] erase",
            Self::Audience => "[agent] audience",
            Self::Url => "[notice] url",
        }
    }

    /// The number of gap marks in a text, in any language.
    pub(crate) fn count(text: &str) -> usize {
        text.matches("【TO FILL IN:").count() + text.matches("【待填：").count()
    }

    /// The mark in a notice.
    pub(crate) fn mark(self, lang: Lang) -> String {
        let what = self.say(lang);
        say!(lang, en: "【TO FILL IN: {what}】", zh: "【待填：{what}】")
    }
}

impl Say for Gap {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Operator => say!(lang, en: "who runs this assistant", zh: "运营者是谁"),
            Self::Contact => say!(lang, en: "how to reach you", zh: "联系方式"),
            Self::Purposes => say!(lang, en: "what the data is used for", zh: "数据用来做什么"),
            Self::Retention => say!(lang, en: "how long you keep it", zh: "保存多久"),
            Self::Erase => say!(lang, en: "how a user has it deleted", zh: "用户怎样删除"),
            Self::Audience => say!(lang, en: "whether children may use it", zh: "未成年人能否使用"),
            Self::Url => say!(lang, en: "where this notice is published", zh: "说明的网址"),
        }
    }
}
