//! What the operator declares in `ombud.toml` about the agent and its notice. Everything is optional: what is absent is
//! unknown, and a notice shows it as a gap to fill in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ombud_core::flow::{Amount, FlowMap, Recipient, RecipientKind};
use ombud_core::{DataCategory, Lang};
use ombud_gateway::providers::{Trains, UNKNOWN_COUNTRY};
use serde::Deserialize;

/// `[agent]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Agent {
    /// The name that its users know.
    pub name: Option<String>,
    /// Who its users are.
    pub audience: Option<Audience>,
    /// Where its users are: ISO 3166-1 alpha-2, or `EU`.
    pub jurisdictions: BTreeSet<String>,
    /// Languages that its users read.
    pub languages: Vec<Lang>,
    /// What personal data is used for, by id (as in consent requests), in the users' words.
    pub purposes: BTreeMap<String, Words>,
}

/// Who uses the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Audience {
    /// Adults only.
    Adults,
    /// Children and young people among others.
    Everyone,
    /// Made for children or young people.
    Minors,
}

/// A text by the operator: one for all languages, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    /// The same whatever the language.
    Same(String),
    /// By language.
    Each {
        /// English.
        en: Option<String>,
        /// Chinese.
        zh: Option<String>,
    },
}

impl Words {
    /// The text in a language; `None` if the operator gave none.
    pub(crate) fn of(&self, lang: Lang) -> Option<&str> {
        let text = match (self, lang) {
            (Self::Same(text), _) => Some(text),
            (Self::Each { en, .. }, Lang::En) => en.as_ref(),
            (Self::Each { zh, .. }, Lang::Zh) => zh.as_ref(),
        };
        text.map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

/// `[notice]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Notice {
    /// The published notice, as a file of the project.
    pub file: Option<PathBuf>,
    /// Who is responsible for the agent: a name.
    pub operator: Option<Words>,
    /// Where a user reaches them.
    pub contact: Option<Words>,
    /// Where the notice is published.
    pub url: Option<String>,
    /// How long the operator keeps what users said.
    pub retention: Option<Words>,
    /// How a user erases what is stored about them.
    pub erase: Option<Words>,
    /// Recipients that neither code nor traffic can show, or facts about those that they do show.
    pub recipients: BTreeMap<String, DeclaredRecipient>,
}

/// `[notice.recipients."name"]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeclaredRecipient {
    /// Its role for the agent; if absent, what code or traffic show under this name, or a provider.
    pub kind: Option<RecipientKind>,
    /// The name that users read.
    pub name: Option<String>,
    /// Where it is.
    pub country: Option<String>,
    /// Whether it trains on what it receives.
    pub trains: Option<Trains>,
    /// Days that it keeps what it receives.
    pub retention_days: Option<u32>,
    /// The categories it receives.
    pub categories: BTreeSet<DataCategory>,
    /// The purposes.
    pub purposes: BTreeSet<String>,
}

impl Notice {
    /// What is declared about a recipient.
    pub(crate) fn about(&self, kind: RecipientKind, name: &str) -> Option<&DeclaredRecipient> {
        self.recipients.get(name).filter(|said| said.kind.is_none_or(|said| said == kind))
    }

    /// The flow map of the declared recipients; kinds that are not declared are taken from what was `seen`.
    pub(crate) fn flow(&self, seen: &FlowMap) -> FlowMap {
        let mut map = FlowMap::default();
        for (id, said) in &self.recipients {
            let known = seen.recipients.keys().find(|who| who.name == *id).map(|who| who.kind);
            let kind = said.kind.or(known).unwrap_or_default();
            let country = said.country.clone().unwrap_or_else(|| UNKNOWN_COUNTRY.to_owned());
            let flow = map.to(Recipient { kind, name: id.clone(), country, inspected: false });
            flow.purposes.clone_from(&said.purposes);
            flow.shown_by(crate::config::FILE);
            for &category in &said.categories {
                flow.data.insert(category, Amount { masked: 0, clear: 1 });
            }
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::File;

    #[test]
    fn everything_can_be_declared_and_nothing_must_be() {
        let file: File = toml::from_str(
            r#"
            [agent]
            name = "小安"
            audience = "adults"
            jurisdictions = ["CN"]
            languages = ["zh"]
            purposes = { answer = "回答你的问题", memory = { en = "remember you", zh = "记住你" } }
            [notice]
            file = "PRIVACY.md"
            contact = "privacy@example.com"
            retention = { zh = "30 天" }
            [notice.recipients.hosting]
            kind = "host"
            country = "CN"
            trains = "no"
            categories = ["comm.chat"]
            "#,
        )
        .unwrap();
        assert_eq!(file.agent.audience, Some(Audience::Adults));
        assert_eq!(file.agent.purposes["memory"].of(Lang::Zh), Some("记住你"));
        assert_eq!(file.notice.retention.as_ref().unwrap().of(Lang::En), None);
        assert_eq!(file.notice.flow(&FlowMap::default()).recipients.len(), 1);
        assert!(toml::from_str::<File>("[notice]\ncontakt = 1").is_err());
        assert!(toml::from_str::<File>("[agent]\naudience = \"all\"").is_err());
    }
}
