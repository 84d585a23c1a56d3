//! Differences between two flow maps.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Amount, FlowMap, RecipientKind};
use crate::category::DataCategory;

/// Something that one flow map shows and the other lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// What the recipient is.
    pub kind: RecipientKind,
    /// Its name.
    pub recipient: String,
    /// What is missing.
    pub what: What,
    /// Evidence: `path:line` or ids of exchanges.
    pub evidence: BTreeSet<String>,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "lacks", rename_all = "snake_case")]
pub enum What {
    /// The recipient itself, with everything it receives.
    Recipient {
        /// What it receives.
        categories: BTreeSet<DataCategory>,
    },
    /// A category that this recipient receives.
    Category {
        /// The category.
        category: DataCategory,
    },
    /// The other side says that this category is masked before it leaves; it was seen in the clear.
    Masking {
        /// The category.
        category: DataCategory,
    },
    /// What this recipient is used for.
    Purpose {
        /// The purpose.
        purpose: String,
    },
    /// The country: the other side states a different one, or none.
    Country {
        /// The recipient's country according to this side.
        shown: String,
        /// What the other side states; empty if nothing.
        stated: BTreeSet<String>,
    },
}

/// Placeholder for a country that nobody states.
const UNKNOWN: &str = "unknown";

/// Returns everything that `shown` shows and `other` lacks, by recipient. Recipients are the same if kind and name match,
/// whether they were inspected or not. An unknown country neither contradicts nor proves anything.
pub fn compare(shown: &FlowMap, other: &FlowMap) -> Vec<Difference> {
    let others = folded(other);
    let mut found = Vec::new();
    for ((kind, name), mine) in folded(shown) {
        let mut add = |what, evidence: &BTreeSet<String>| {
            found.push(Difference { kind, recipient: name.to_owned(), what, evidence: evidence.clone() });
        };
        let Some(theirs) = others.get(&(kind, name)) else {
            add(What::Recipient { categories: mine.data.keys().copied().collect() }, &mine.evidence);
            continue;
        };
        for (&category, amount) in &mine.data {
            let evidence = mine.shown.get(&category).unwrap_or(&mine.evidence);
            match theirs.data.get(&category) {
                None => add(What::Category { category }, evidence),
                Some(said) if said.masked > 0 && said.clear == 0 && amount.clear > 0 => {
                    add(What::Masking { category }, evidence);
                }
                Some(_) => {}
            }
        }
        for purpose in mine.purposes.difference(&theirs.purposes) {
            add(What::Purpose { purpose: (*purpose).to_owned() }, &mine.evidence);
        }
        for country in mine.countries.difference(&theirs.countries) {
            let stated = theirs.countries.iter().map(|&country| country.to_owned()).collect();
            add(What::Country { shown: (*country).to_owned(), stated }, &mine.evidence);
        }
    }
    found.sort();
    found
}

/// One recipient, with inspected and uninspected flows combined.
#[derive(Default)]
struct View<'a> {
    data: BTreeMap<DataCategory, Amount>,
    shown: BTreeMap<DataCategory, BTreeSet<String>>,
    purposes: BTreeSet<&'a str>,
    countries: BTreeSet<&'a str>,
    evidence: BTreeSet<String>,
}

fn folded(map: &FlowMap) -> BTreeMap<(RecipientKind, &str), View<'_>> {
    let mut views: BTreeMap<_, View<'_>> = BTreeMap::new();
    for (recipient, flow) in &map.recipients {
        let view = views.entry((recipient.kind, recipient.name.as_str())).or_default();
        for (category, amount) in &flow.data {
            let sum = view.data.entry(*category).or_default();
            sum.masked = sum.masked.saturating_add(amount.masked);
            sum.clear = sum.clear.saturating_add(amount.clear);
        }
        for (category, evidence) in &flow.shown {
            view.shown.entry(*category).or_default().extend(evidence.iter().cloned());
        }
        view.purposes.extend(flow.purposes.iter().map(String::as_str));
        view.evidence.extend(flow.evidence.iter().cloned());
        if recipient.country != UNKNOWN {
            view.countries.insert(&recipient.country);
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flow::{Flow, Recipient};

    fn recipient() -> impl Strategy<Value = Recipient> {
        let kind = prop_oneof![Just(RecipientKind::Provider), Just(RecipientKind::Store)];
        (kind, "[ab]", prop_oneof![Just("CN"), Just("US"), Just("unknown")], any::<bool>()).prop_map(
            |(kind, name, country, inspected)| Recipient {
                kind,
                name,
                country: country.to_owned(),
                inspected,
            },
        )
    }

    fn category() -> impl Strategy<Value = DataCategory> {
        prop_oneof![
            Just(DataCategory::ContactPhone),
            Just(DataCategory::CommChat),
            Just(DataCategory::HealthRecord)
        ]
    }

    fn flow() -> impl Strategy<Value = Flow> {
        let amount = (0..3_u64, 0..3_u64).prop_map(|(masked, clear)| Amount { masked, clear });
        let data = prop::collection::btree_map(category(), amount, 0..3);
        (data, prop::collection::btree_set("[pq]", 0..2)).prop_map(|(data, purposes)| Flow {
            data,
            purposes,
            evidence: ["e".to_owned()].into(),
            ..Flow::default()
        })
    }

    fn map() -> impl Strategy<Value = FlowMap> {
        prop::collection::btree_map(recipient(), flow(), 0..5).prop_map(|recipients| FlowMap { recipients })
    }

    fn lacks_masking_only(found: &[Difference]) -> bool {
        found.iter().all(|difference| matches!(difference.what, What::Masking { .. }))
    }

    proptest! {
        #[test]
        fn a_map_lacks_nothing_of_itself(map in map()) {
            prop_assert_eq!(compare(&map, &map), []);
        }

        #[test]
        fn the_sum_lacks_nothing_of_a_part(one in map(), two in map()) {
            let mut sum = one.clone();
            sum.merge(&two);
            prop_assert_eq!(compare(&one, &sum), []);
            prop_assert_eq!(compare(&two, &sum), []);
        }

        #[test]
        fn what_the_sum_adds_is_what_the_other_part_adds(one in map(), two in map()) {
            let mut sum = one.clone();
            sum.merge(&two);
            // A category that is masked in one part and clear in the other shows up in both comparisons alike.
            let added: BTreeSet<_> = compare(&two, &one).into_iter().map(|d| (d.kind, d.recipient, d.what)).collect();
            let in_sum: BTreeSet<_> = compare(&sum, &one).into_iter().map(|d| (d.kind, d.recipient, d.what)).collect();
            prop_assert_eq!(in_sum, added);
        }

        #[test]
        fn adding_a_category_is_always_noticed(map in map(), who in recipient()) {
            let mut more = map.clone();
            more.to(who).data.insert(DataCategory::FinBankCard, Amount { masked: 1, clear: 0 });
            let found = compare(&more, &map);
            prop_assert!(!found.is_empty() && !lacks_masking_only(&found));
        }
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        let who = |country: &str| Recipient {
            kind: RecipientKind::Provider,
            name: "deepseek".into(),
            country: country.into(),
            inspected: true,
        };
        let mut shown = FlowMap::default();
        let flow = shown.to(who("CN"));
        flow.data.insert(DataCategory::ContactPhone, Amount { masked: 1, clear: 1 });
        flow.data.insert(DataCategory::CommChat, Amount { masked: 0, clear: 1 });
        flow.purposes.insert("memory".into());
        flow.shown_by("exchange-1");
        flow.category_shown_by(DataCategory::ContactPhone, "exchange-2");
        let mut said = FlowMap::default();
        said.to(who("SG")).data.insert(DataCategory::ContactPhone, Amount { masked: 1, clear: 0 });
        let found = compare(&shown, &said);
        let whats: Vec<_> =
            found.iter().map(|d| (d.what.clone(), d.evidence.iter().next().unwrap().as_str())).collect();
        assert_eq!(
            whats,
            [
                (What::Category { category: DataCategory::CommChat }, "exchange-1"),
                (What::Masking { category: DataCategory::ContactPhone }, "exchange-2"),
                (What::Purpose { purpose: "memory".into() }, "exchange-1"),
                (What::Country { shown: "CN".into(), stated: ["SG".to_owned()].into() }, "exchange-1"),
            ]
        );
        let gone = compare(&shown, &FlowMap::default());
        assert_eq!(gone.len(), 1);
        assert!(matches!(&gone[0].what, What::Recipient { categories } if categories.len() == 2));
    }
}
