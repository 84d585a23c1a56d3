//! What is known about a recipient: its name, where it is, whether it trains on data, how long it keeps it, and as of when.

use std::collections::BTreeMap;

use jiff::civil::Date;
use ombud_core::flow::{FlowMap, Recipient, RecipientKind};
use ombud_core::host::is_loopback;
use ombud_gateway::providers::{Provider, ProviderFact, Providers, Trains, UNKNOWN_COUNTRY};

use super::country::LOCAL;
use crate::declared::Notice;
use crate::document::one_line;

/// Days after which a fact of the registry is stale.
const FRESH_DAYS: i32 = 180;

/// What is known about a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The name shown to people.
    pub name: String,
    /// Country code, `local` or `unknown`.
    pub country: String,
    /// Whether it trains on what it receives.
    pub trains: Trains,
    /// Days that it keeps requests; `None` if unknown or not fixed.
    pub retention_days: Option<u32>,
    /// When the facts were last checked, `YYYY-MM-DD`; `None` if no source is dated.
    pub checked: Option<String>,
    /// Where the facts were read.
    pub source: Option<String>,
    /// Whether the facts are older than half a year, or undated.
    pub stale: bool,
    /// Whether the operator states them in `ombud.toml`.
    pub declared: bool,
}

/// What is known about a recipient: the operator's declarations override the registry.
pub(crate) fn profile(recipient: &Recipient, providers: &Providers, notice: &Notice, today: Date) -> Profile {
    let provider = match recipient.kind {
        RecipientKind::Provider | RecipientKind::Host => {
            providers.by_id(&recipient.name).or_else(|| providers.by_host(&recipient.name))
        }
        RecipientKind::Store | RecipientKind::Tool => None,
    };
    let facts = provider.map(|provider| providers.facts_of(provider)).unwrap_or_default();
    let said = notice.about(recipient.kind, &recipient.name);
    let checked = facts.iter().map(|fact| fact.checked.clone()).min().flatten();
    let local = recipient.country == LOCAL;
    // An unknown program on a port of this machine may itself pass requests on to a provider.
    let answers = matches!(recipient.kind, RecipientKind::Provider | RecipientKind::Host);
    let perhaps_passed_on = answers && !provider.is_some_and(|provider| provider.local);
    let unanswered = said.is_none_or(|said| said.trains.is_none() || said.retention_days.is_none());
    Profile {
        name: said
            .and_then(|said| said.name.clone())
            .or_else(|| provider.map(|provider| provider.name.clone()))
            .map_or_else(|| one_line(&recipient.name), |name| one_line(&name)),
        country: said.and_then(|said| said.country.clone()).unwrap_or_else(|| recipient.country.clone()),
        trains: said
            .and_then(|said| said.trains)
            .unwrap_or_else(|| if local && !perhaps_passed_on { Trains::No } else { trains(&facts) }),
        retention_days: said.and_then(|said| said.retention_days).or_else(|| retention(&facts)),
        stale: !local && !facts.is_empty() && unanswered && is_stale(checked.as_deref(), today),
        source: facts.iter().find_map(|fact| fact.sources.first()).map(|source| one_line(source)),
        checked,
        declared: said.is_some(),
    }
}

/// The answer that all rows share, or that it depends.
fn trains(facts: &[&ProviderFact]) -> Trains {
    let mut answers: Vec<Trains> = facts.iter().map(|fact| fact.trains).collect();
    answers.sort();
    answers.dedup();
    match answers.as_slice() {
        [] => Trains::Unknown,
        [one] => *one,
        _ => Trains::Depends,
    }
}

/// The longest, if every row gives a number.
fn retention(facts: &[&ProviderFact]) -> Option<u32> {
    facts.iter().map(|fact| fact.retention_days).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn is_stale(checked: Option<&str>, today: Date) -> bool {
    let Some(date) = checked.and_then(|date| date.parse::<Date>().ok()) else { return true };
    date.until(today).map_or(true, |age| age.get_days() > FRESH_DAYS)
}

/// The same map with every recipient under the id and country that the registry and `ombud.toml` give it, so that a host
/// name in one witness and a provider id in another are the same recipient.
pub(crate) fn normalised(map: &FlowMap, providers: &Providers, notice: &Notice) -> FlowMap {
    let mut out = FlowMap::default();
    for (recipient, flow) in &map.recipients {
        let mut recipient = named(recipient, providers);
        if let Some(country) =
            notice.about(recipient.kind, &recipient.name).and_then(|said| said.country.clone())
        {
            recipient.country = country;
        }
        out.merge(&FlowMap { recipients: BTreeMap::from([(recipient, flow.clone())]) });
    }
    out
}

fn named(recipient: &Recipient, providers: &Providers) -> Recipient {
    let lower = recipient.name.to_lowercase();
    let host = || providers.by_host(&recipient.name);
    let provider = match recipient.kind {
        RecipientKind::Provider => providers
            .by_id(&lower)
            .or_else(host)
            .or_else(|| providers.iter().find(|provider| provider.name.to_lowercase() == lower)),
        RecipientKind::Host => host(),
        RecipientKind::Store | RecipientKind::Tool => None,
    };
    match provider {
        Some(provider) => Recipient {
            kind: RecipientKind::Provider,
            name: provider.id.clone(),
            country: country(provider, &recipient.country),
            inspected: recipient.inspected,
        },
        None => Recipient {
            country: if is_loopback(&recipient.name) { LOCAL.to_owned() } else { recipient.country.clone() },
            ..recipient.clone()
        },
    }
}

/// A provider reached through an address on this machine is still that provider.
fn country(provider: &Provider, seen: &str) -> String {
    match (provider.local, provider.country.as_str(), seen) {
        (true, ..) => LOCAL.to_owned(),
        (false, UNKNOWN_COUNTRY, LOCAL) => UNKNOWN_COUNTRY.to_owned(),
        (false, UNKNOWN_COUNTRY, seen) => seen.to_owned(),
        (false, stated, _) => stated.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(kind: RecipientKind, name: &str) -> Recipient {
        Recipient { kind, name: name.into(), country: UNKNOWN_COUNTRY.into(), inspected: true }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn one_recipient_has_one_name() {
        let providers = Providers::builtin().unwrap();
        let mut map = FlowMap::default();
        for (kind, name) in [
            (RecipientKind::Provider, "deepseek"),
            (RecipientKind::Provider, "DeepSeek"),
            (RecipientKind::Provider, "api.deepseek.com"),
            (RecipientKind::Host, "api.deepseek.com:443"),
            (RecipientKind::Provider, "openai"),
            (RecipientKind::Provider, "ollama"),
        ] {
            map.to(recipient(kind, name)).requests = 1;
        }
        // A proxy on this machine does not make OpenAI a part of it.
        map.to(Recipient { country: LOCAL.into(), ..recipient(RecipientKind::Provider, "openai") })
            .requests = 1;
        let all = normalised(&map, &providers, &Notice::default());
        let names: Vec<_> = all
            .recipients
            .iter()
            .map(|(who, flow)| (who.name.as_str(), who.country.as_str(), flow.requests))
            .collect();
        assert_eq!(names, [("deepseek", "CN", 4), ("ollama", LOCAL, 1), ("openai", "unknown", 2)]);
    }

    #[test]
    fn what_nobody_knows_is_unknown_and_old_facts_are_stale() {
        let (providers, notice) = (Providers::builtin().unwrap(), Notice::default());
        let of = |name: &str, date: &str| {
            profile(&recipient(RecipientKind::Provider, name), &providers, &notice, day(date))
        };
        assert_eq!(
            (of("deepseek", "2026-09-01").trains, of("deepseek", "2026-09-01").stale),
            (Trains::Yes, false)
        );
        assert!(of("deepseek", "2027-06-01").stale);
        assert_eq!(of("gemini", "2026-09-01").trains, Trains::Depends);
        let nobody = of("example", "2026-09-01");
        assert_eq!((nobody.trains, nobody.retention_days, nobody.stale), (Trains::Unknown, None, false));
        let undated = of("byteplus", "2026-09-01");
        assert!(undated.stale && undated.checked.is_none());
    }

    #[test]
    fn a_port_of_this_machine_may_lead_on() {
        let (providers, notice) = (Providers::builtin().unwrap(), Notice::default());
        let trains = |kind, name: &str| {
            let here = Recipient { country: LOCAL.into(), ..recipient(kind, name) };
            profile(&here, &providers, &notice, day("2026-09-01")).trains
        };
        assert_eq!(trains(RecipientKind::Provider, "local-model"), Trains::Unknown);
        assert_eq!(trains(RecipientKind::Provider, "ollama"), Trains::No);
        assert_eq!(trains(RecipientKind::Store, "notes"), Trains::No);
    }

    #[test]
    fn what_the_operator_states_stands_above_the_registry() {
        let providers = Providers::builtin().unwrap();
        let text = "[recipients.deepseek]\nkind = \"provider\"\ntrains = \"no\"\nretention_days = 7\ncountry = \"SG\"";
        let notice: Notice = toml::from_str(text).unwrap();
        let said =
            profile(&recipient(RecipientKind::Provider, "deepseek"), &providers, &notice, day("2027-06-01"));
        assert_eq!(
            (said.trains, said.retention_days, said.country.as_str(), said.stale),
            (Trains::No, Some(7), "SG", false)
        );
    }

    #[test]
    fn the_registry_can_be_read_by_a_program() {
        let providers = Providers::builtin().unwrap();
        for provider in providers.iter() {
            for fact in providers.facts_of(provider) {
                let plain = matches!(fact.trains_default.as_str(), "yes" | "no" | "unknown");
                let word = format!("{:?}", fact.trains).to_lowercase();
                assert!(
                    if plain { fact.trains_default == word } else { fact.trains == Trains::Depends },
                    "{}",
                    fact.id
                );
                let checked = fact.checked.as_ref().map(|date| day(date));
                assert!(checked.is_none_or(|date| date <= day("2026-11-22")), "{}", fact.id);
                // A date written out in full in the row is the one that counts.
                assert!(checked.is_some() || !fact.date.starts_with("2026-"), "{}", fact.id);
            }
            let named =
                ombud_core::Say::say(&crate::flowmap::Country(&provider.country), ombud_core::Lang::En);
            assert!(named.len() > 2, "{}", provider.country);
        }
    }

    #[test]
    fn a_declared_country_holds_for_every_witness() {
        let notice: Notice = toml::from_str("[recipients.notes]\ncountry = \"DE\"").unwrap();
        let mut map = FlowMap::default();
        map.to(recipient(RecipientKind::Store, "notes")).requests = 1;
        let all = normalised(&map, &Providers::builtin().unwrap(), &notice);
        assert_eq!(all.recipients.keys().map(|who| who.country.as_str()).collect::<Vec<_>>(), ["DE"]);
        assert_eq!(
            notice.flow(&all).recipients.keys().map(|who| who.kind).collect::<Vec<_>>(),
            [RecipientKind::Store]
        );
    }
}
