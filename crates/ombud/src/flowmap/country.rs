//! Where a recipient is, in words.

use std::sync::LazyLock;

use ombud_core::{Lang, Say, say};
pub(crate) use ombud_gateway::providers::LOCAL;
use ombud_gateway::providers::UNKNOWN_COUNTRY;
use serde::Deserialize;

const REGISTRY: &str = include_str!("../../../../registry/countries.json");

#[derive(Deserialize)]
struct Row {
    code: String,
    en: String,
    zh: String,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| serde_json::from_str(REGISTRY).unwrap_or_default());

/// A country code of a flow map: ISO 3166-1 alpha-2, `EU`, `local` or `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Country<'a>(pub &'a str);

impl Country<'_> {
    /// Whether the country is unknown.
    pub(crate) fn is_unknown(self) -> bool {
        self.0 == UNKNOWN_COUNTRY
    }

    /// Whether data sent there stays with the operator.
    pub(crate) fn is_local(self) -> bool {
        self.0 == LOCAL
    }
}

impl Say for Country<'_> {
    fn say(&self, lang: Lang) -> String {
        match self.0 {
            UNKNOWN_COUNTRY => say!(lang, en: "country unknown", zh: "国家或地区不明"),
            LOCAL => say!(lang, en: "the operator's own computer", zh: "运营者自己的电脑"),
            code => match (ROWS.iter().find(|row| row.code == code), lang) {
                (Some(row), Lang::En) => row.en.clone(),
                (Some(row), Lang::Zh) => row.zh.clone(),
                (None, _) => crate::document::one_line(code),
            },
        }
    }
}

/// Members of the European Union.
const UNION: &[&str] = &[
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
];

/// Whether a recipient in `country` is within `home`, where users are.
pub(crate) fn covers(home: &str, country: &str) -> bool {
    let both_in_union = |one: &str| one == "EU" || UNION.contains(&one);
    home == country || (both_in_union(home) && both_in_union(country))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_names() {
        assert!(ROWS.len() > 40);
        assert_eq!(Country("CN").say(Lang::Zh), "中国");
        assert_eq!(Country("EU").say(Lang::En), "European Union");
        assert_eq!(Country("ZZ").say(Lang::Zh), "ZZ");
        assert!(covers("EU", "DE") && covers("DE", "EU") && covers("FR", "DE"));
        assert!(!covers("CN", "HK") && !covers("EU", "US"));
    }
}
