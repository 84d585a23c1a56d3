//! `personal-data-crosses-border`
//!
//! What it does: compares where the users are (`[agent] jurisdictions` in ombud.toml) with the country of each provider that
//! receives what they say. A provider elsewhere is reported unless the notice names it (`[notice.recipients]`). Nothing is
//! reported if the users' countries are not declared, or the provider's is unknown and their law does not require naming it.
//! One finding per provider.
//!
//! Why it matters: the users' words become subject to another country's law, and the law where they live requires that they are
//! informed and, often, that they consent to this separately.
//!
//! Reference: PIPL Art. 38 and 39, GDPR Art. 44 to 46; risk P06.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, FunctionId, Taint};
use crate::providers::Provider;

pub(super) const RULE: Rule = Rule {
    id: RuleId("personal-data-crosses-border"),
    risks: &["P06"],
    severity: Severity::Warning,
    title: Text { en: "what users say leaves their country", zh: "用户的话会出境" },
    harm: Text {
        en: "What users say becomes subject to another country's law, and they were neither told nor asked.",
        zh: "用户说的话会受另一个国家的法律管辖，而他们既未被告知，也未被征求同意。",
    },
    fix: Text {
        en: "Choose a provider in your users' country, or name it in the notice (`[notice.recipients.ID]` with `country` and `purposes` in ombud.toml), ask for separate consent, and establish a legal basis for the transfer (standard contract, adequacy, exemption).",
        zh: "改用用户所在地的服务商；或在隐私说明中写明（ombud.toml 的 `[notice.recipients.标识]`，含 `country` 和 `purposes`），单独征得同意，并落实出境依据（标准合同、充分性认定或豁免）。",
    },
    example: "  [agent]\n  jurisdictions = [\"CN\"]\n+ [notice.recipients.openai]\n+ country = \"US\"\n+ purposes = [\"answer\"]\n",
    graph: Some(run),
};

/// Members of the European Union and the European Economic Area, between which data moves freely.
const EEA: &[&str] = &[
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", "EU",
];

fn run(project: &Project<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let calls = project.reach.calls(project.facts).flat_map(|(function, call)| {
        let abroad = call.does.iter().filter_map(move |deed| abroad(project, function, deed));
        abroad.map(move |provider| (provider, function, call))
    });
    calls
        .filter(|(provider, ..)| seen.insert(provider.id.clone()))
        .map(|(provider, function, call)| one(project, provider, function, call))
        .collect()
}

/// Returns the provider in another country to which a deed sends what people say, if the notice does not name it.
fn abroad<'a>(project: &Project<'a>, function: FunctionId, deed: &Deed) -> Option<&'a Provider> {
    let Deed::Model { recipient, content } = deed else { return None };
    let options = project.options;
    let said = project.reach.sources(function, *content);
    let provider = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id))?;
    let told = options.told.iter().any(|told| *told == provider.id || provider.hosts.contains(told));
    let nowhere = provider.local || options.audience.is_empty();
    // Where the law requires people to be told the country, an unknown country counts as abroad.
    let asked = |home: &String| home == "CN" || EEA.contains(&home.as_str());
    let unknown = nowhere || provider.country.len() != 2 && !options.audience.iter().any(asked);
    // The configuration decides which of the recipients named in the notice is used.
    let told = told || recipient.open && provider.country.len() != 2 && !options.told.is_empty();
    let home = options.audience.iter().any(|home| covers(home, &provider.country));
    (said.has(Taint::PERSON | Taint::RETRIEVED) && !told && !unknown && !home).then_some(provider)
}

fn covers(home: &str, country: &str) -> bool {
    home == country || EEA.contains(&home) && EEA.contains(&country)
}

fn one(project: &Project<'_>, provider: &Provider, function: FunctionId, call: &Call) -> Finding {
    let (name, country, homes) = (&provider.name, &provider.country, project.options.audience.join(", "));
    let message = if country.len() == 2 {
        Bilingual::new(
            format!("what users in {homes} say is sent to {name} in {country}, which no notice mentions"),
            format!("{homes} 的用户所说的话会发给位于 {country} 的 {name}，而隐私说明中没有提到"),
        )
    } else {
        Bilingual::new(
            format!(
                "what users in {homes} say is sent to {name}, whose country is unknown and which no notice mentions"
            ),
            format!("{homes} 的用户所说的话会发给 {name}，其所在国家或地区不明，而隐私说明中没有提到"),
        )
    };
    let place = project.facts.call_place(function, call);
    let path = project.reach.way(project.facts, function, call).unwrap_or_default();
    let mut found = on_the_way(finding(&RULE, Severity::Warning, Confidence::High, place, message), path);
    found.subject.clone_from(&provider.id);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn europe_is_one_and_others_are_not() {
        assert!(covers("EU", "DE") && covers("FR", "IE") && covers("CN", "CN"));
        assert!(!covers("CN", "US") && !covers("EU", "US") && !covers("HK", "CN"));
    }
}
