//! Text shown to people, in English and Chinese.
//!
//! Every message is a value that implements [`Say`]. The [`say!`](crate::say) macro takes both languages at once, so a
//! missing translation does not compile.

use serde::{Deserialize, Serialize};

/// A language that Ombud supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// Parses a language tag as found in `--lang`, `OMBUD_LANG` or `LANG` (`zh`, `zh_CN.UTF-8`, `en-GB`, `C`). Returns
    /// `None` for an empty tag; an unsupported language falls back to English.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.as_str() {
            "" => None,
            _ if tag.starts_with("zh") => Some(Self::Zh),
            _ => Some(Self::En),
        }
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// Something that can be shown to a person.
pub trait Say {
    /// The text in the given language.
    fn say(&self, lang: Lang) -> String;
}

/// Formats a text in the given language; takes both languages, each with the variables it captures.
///
/// ```
/// use ombud_core::{Lang, say};
/// let n = 3;
/// assert_eq!(say!(Lang::Zh, en: "{n} values", zh: "{n} 个值"), "3 个值");
/// ```
#[macro_export]
macro_rules! say {
    ($lang:expr, en: $en:literal, zh: $zh:literal $(,)?) => {
        match $lang {
            $crate::Lang::En => format!($en),
            $crate::Lang::Zh => format!($zh),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags() {
        assert_eq!(Lang::from_tag("zh_CN.UTF-8"), Some(Lang::Zh));
        assert_eq!(Lang::from_tag("en-GB"), Some(Lang::En));
        assert_eq!(Lang::from_tag("C"), Some(Lang::En));
        assert_eq!(Lang::from_tag(""), None);
    }
}
