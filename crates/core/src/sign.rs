//! Signs of injection: passages in third-party content that give the model instructions instead of information.
//!
//! A sign raises suspicion and says why. It proves nothing and decides nothing; deciding is up to the policy.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Say};
use crate::say;

/// What a passage does that data should not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignKind {
    /// It tells the assistant to set aside its earlier instructions.
    Override,
    /// It tells the assistant to hide something from the user.
    Conceal,
    /// It gives the assistant an order.
    Order,
    /// It imitates the markers by which a model tells turns, roles and tool results apart.
    Template,
    /// A link or image that would carry conversation data to somebody's server.
    Exfiltration,
    /// Text written in invisible characters.
    Invisible,
}

impl SignKind {
    /// Every kind.
    pub const ALL: &[Self] =
        &[Self::Override, Self::Conceal, Self::Order, Self::Template, Self::Exfiltration, Self::Invisible];

    /// The stable id, as in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Conceal => "conceal",
            Self::Order => "order",
            Self::Template => "template",
            Self::Exfiltration => "exfiltration",
            Self::Invisible => "invisible",
        }
    }
}

impl Say for SignKind {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Override => say!(lang,
                en: "tells the assistant to set aside its instructions",
                zh: "要求助手抛开原有指令"),
            Self::Conceal => say!(lang,
                en: "tells the assistant to act behind the user's back",
                zh: "要求助手瞒着用户行事"),
            Self::Order => say!(lang, en: "gives the assistant an order", zh: "向助手下达命令"),
            Self::Template => say!(lang,
                en: "imitates the markers between turns or tool results",
                zh: "冒充对话轮次或工具结果的标记"),
            Self::Exfiltration => say!(lang,
                en: "a link or image that would carry data out",
                zh: "会把数据带出去的链接或图片"),
            Self::Invisible => {
                say!(lang, en: "text in invisible characters", zh: "用看不见的字符写成的文字")
            }
        }
    }
}

/// How a passage is hidden from human eyes, or from plain search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hiding {
    /// In characters without a glyph: tags, variation selectors, zero-width characters.
    Characters,
    /// In look-alike letters, or letter by letter with gaps.
    Letters,
    /// In base64.
    Base64,
    /// In hexadecimal or numeric escapes.
    Hex,
    /// In percent-encoding.
    Percent,
    /// In HTML character references.
    Entities,
    /// In rotated letters (ROT13), or backwards.
    Rotated,
    /// By a style that makes it invisible: no display, no size, no contrast, off the page.
    Style,
    /// In a comment of a markup language.
    Comment,
    /// In an attribute, such as the alternative text of an image.
    Attribute,
}

impl Hiding {
    /// Every way.
    pub const ALL: &[Self] = &[
        Self::Characters,
        Self::Letters,
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Entities,
        Self::Rotated,
        Self::Style,
        Self::Comment,
        Self::Attribute,
    ];

    /// The stable id, as in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Letters => "letters",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Entities => "entities",
            Self::Rotated => "rotated",
            Self::Style => "style",
            Self::Comment => "comment",
            Self::Attribute => "attribute",
        }
    }
}

impl Say for Hiding {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Characters => say!(lang, en: "in invisible characters", zh: "藏在不可见字符中"),
            Self::Letters => say!(lang, en: "in disguised letters", zh: "用变形的字母书写"),
            Self::Base64 => say!(lang, en: "in base64", zh: "以 base64 编码"),
            Self::Hex => say!(lang, en: "in hexadecimal", zh: "以十六进制编码"),
            Self::Percent => say!(lang, en: "in percent-encoding", zh: "以百分号编码"),
            Self::Entities => say!(lang, en: "in character references", zh: "以字符实体编码"),
            Self::Rotated => say!(lang, en: "in rotated or reversed letters", zh: "字母经过移位或倒写"),
            Self::Style => say!(lang, en: "by a style that makes it invisible", zh: "用样式隐藏而不显示"),
            Self::Comment => say!(lang, en: "in a comment", zh: "藏在注释中"),
            Self::Attribute => say!(lang, en: "in an attribute", zh: "藏在标签属性中"),
        }
    }
}

/// A sign found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// Bytes of the text in which it was found, on character boundaries. For encoded text, the whole encoded run.
    pub span: Range<usize>,
    /// What it does.
    pub kind: SignKind,
    /// How it was hidden, outermost first.
    pub hidden: Vec<Hiding>,
    /// 0 to 1. A sign is reported from 0.5 upwards.
    pub score: f32,
}

/// A recorded sign: where and what, without a word of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignRecord {
    /// Number of the slot in its exchange.
    pub slot: u64,
    /// Bytes of the slot's text.
    pub span: [u64; 2],
    /// What it does: the id of a [`SignKind`].
    pub sign: String,
    /// How it was hidden, outermost first: ids of [`Hiding`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// 0 to 100.
    pub percent: u8,
}

impl SignRecord {
    /// The record of a sign in a slot.
    pub fn new(slot: usize, sign: &Sign) -> Self {
        Self {
            slot: slot as u64,
            span: [sign.span.start as u64, sign.span.end as u64],
            sign: sign.kind.id().to_owned(),
            hidden: sign.hidden.iter().map(|hiding| hiding.id().to_owned()).collect(),
            percent: percent(sign.score),
        }
    }
}

/// The score in whole percent.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to 0 to 100 before")]
fn percent(score: f32) -> u8 {
    (score * 100.0).round().clamp(0.0, 100.0) as u8
}

impl Say for Sign {
    fn say(&self, lang: Lang) -> String {
        SignRecord::new(0, self).say(lang)
    }
}

impl Say for SignRecord {
    /// What the sign is and how it was hidden. An unknown id, from a later version, is shown as it is.
    fn say(&self, lang: Lang) -> String {
        let kind = SignKind::ALL.iter().find(|kind| kind.id() == self.sign);
        let mut text = kind.map_or_else(|| self.sign.clone(), |kind| kind.say(lang));
        for id in &self.hidden {
            let hiding = Hiding::ALL.iter().find(|hiding| hiding.id() == id);
            text.push_str(if lang == Lang::Zh { "，" } else { ", " });
            text.push_str(&hiding.map_or_else(|| id.clone(), |hiding| hiding.say(lang)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_what_and_how_in_both_languages() {
        let sign = Sign {
            span: 3..9,
            kind: SignKind::Conceal,
            hidden: vec![Hiding::Comment, Hiding::Base64],
            score: 0.987,
        };
        let record = SignRecord::new(2, &sign);
        assert_eq!((record.slot, record.span, record.percent), (2, [3, 9], 99));
        assert_eq!(
            record.say(Lang::En),
            "tells the assistant to act behind the user's back, in a comment, in base64"
        );
        assert_eq!(sign.say(Lang::Zh), "要求助手瞒着用户行事，藏在注释中，以 base64 编码");
        let later = SignRecord { sign: "newer".into(), hidden: vec!["newest".into()], ..record };
        assert_eq!(later.say(Lang::En), "newer, newest");
    }

    #[test]
    fn ids_are_those_of_the_wire_form() {
        for kind in SignKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.id());
        }
        for hiding in Hiding::ALL {
            assert_eq!(serde_json::to_value(hiding).unwrap(), hiding.id());
        }
    }
}
