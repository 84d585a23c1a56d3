//! The policy and the one pure function that applies it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::category::{Class, DataCategory, DataType};
use crate::detection::{DECLARED, Detection};
use crate::exchange::{Exchange, OpaqueKind};

/// What happens to a value of a category before it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It leaves as it is.
    Allow,
    /// It is replaced by a token, which is restored in the response.
    Mask,
    /// It is replaced by a token that is never restored.
    Redact,
    /// The request waits until somebody approves sending this value.
    Ask,
    /// The request does not leave.
    Block,
}

/// What replaces a masked value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// A token such as `PHONE_7Q2K4M8N`.
    #[default]
    Token,
    /// A made-up value of the same kind from a reserved range, if the type has one; otherwise a token.
    Realistic,
}

/// What may leave, and in which form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Actions per category; a category that is absent has the default of its class.
    pub masking: BTreeMap<DataCategory, Action>,
    /// Actions for parts that cannot be read; only `allow`, `ask` and `block` make sense here.
    pub opaque: BTreeMap<OpaqueKind, Action>,
    /// Detections below this score are ignored.
    pub min_score: f32,
    /// What replaces masked values.
    pub style: Style,
    /// The same for individual types, by their canonical names.
    pub styles: BTreeMap<DataType, Style>,
    /// Actions per category for individual recipients, by provider id or host.
    pub recipients: BTreeMap<String, BTreeMap<DataCategory, Action>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            masking: BTreeMap::new(),
            opaque: BTreeMap::new(),
            min_score: 0.5,
            style: Style::Token,
            styles: BTreeMap::new(),
            recipients: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Whether there are settings for this recipient alone.
    pub fn knows(&self, provider: &str, host: &str) -> bool {
        [provider, host].iter().any(|name| self.recipients.contains_key(*name))
    }

    /// The policy for one recipient: settings for it alone take precedence over settings for all. If both its id and its
    /// host have settings, the stricter action counts.
    #[must_use]
    pub fn toward(mut self, provider: &str, host: &str) -> Self {
        let mut own: BTreeMap<DataCategory, Action> = BTreeMap::new();
        for (category, action) in
            [provider, host].iter().filter_map(|name| self.recipients.get(*name)).flatten()
        {
            let known = own.entry(*category).or_insert(*action);
            *known = (*known).max(*action);
        }
        self.masking.extend(own);
        self
    }

    /// The action for a type of data, whatever the value.
    pub fn action(&self, kind: DataType) -> Action {
        self.by_category(kind.category())
    }

    /// The action for a value that was found.
    ///
    /// Organisations, places that are not addresses, and ages pass unless the operator declared the value or set an
    /// action for `edu.work`, `loc.coarse` or `demo.basic`: they do not identify a natural person (GDPR recital 14, PIPL
    /// Art. 4), and a model that may not read "Beijing" or "Microsoft" gives poor answers. What they reveal about a
    /// person is tied to the name, which is masked.
    ///
    /// A label (what a passage is about) has nothing to mask: it passes unless the operator wants its category asked
    /// about or blocked.
    pub fn action_on(&self, found: &Detection) -> Action {
        let category = found.category();
        if found.kind.is_label() {
            let told = self.masking.get(&category).copied();
            return told
                .filter(|action| matches!(action, Action::Ask | Action::Block))
                .unwrap_or(Action::Allow);
        }
        let impersonal =
            matches!(found.kind, DataType::Org | DataType::Age) || category == DataCategory::LocCoarse;
        if impersonal && found.recogniser != DECLARED && !self.masking.contains_key(&category) {
            return Action::Allow;
        }
        self.by_category(category)
    }

    /// What replaces values of this type.
    pub fn style(&self, kind: DataType) -> Style {
        self.styles.get(&kind).copied().unwrap_or(self.style)
    }

    fn by_category(&self, category: DataCategory) -> Action {
        self.masking.get(&category).copied().unwrap_or(match category.class() {
            Class::Ordinary | Class::Sensitive | Class::Content => Action::Mask,
            Class::Secret => Action::Redact,
            Class::NotPersonal => Action::Allow,
        })
    }

    /// The action for a part that cannot be read. Images and audio pass and are reported as not inspected; text hidden in
    /// a file or in token numbers would pass unmasked, so it is held back unless the operator says otherwise.
    pub fn opaque_action(&self, kind: OpaqueKind) -> Action {
        self.opaque.get(&kind).copied().unwrap_or(match kind {
            OpaqueKind::Image | OpaqueKind::Audio | OpaqueKind::Sealed => Action::Allow,
            OpaqueKind::File | OpaqueKind::Tokens => Action::Block,
        })
    }
}

/// A replacement to be made in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Index of the slot in the exchange.
    pub slot: usize,
    /// Bytes of the slot's text.
    pub span: Range<usize>,
    /// The type of the value there.
    pub kind: DataType,
    /// Whether the value may be restored in the response.
    pub restorable: bool,
}

/// Why a request does not leave, or waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A value of this type is in this slot.
    Value {
        /// Index of the slot.
        slot: usize,
        /// Bytes of the slot's text.
        span: Range<usize>,
        /// The type of the value.
        kind: DataType,
    },
    /// A part cannot be read.
    Opaque(OpaqueKind),
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It leaves as it is.
    Pass,
    /// It leaves with these replacements, in ascending order of slot and span.
    Rewrite(Vec<Edit>),
    /// It waits for approval.
    Ask(Reason),
    /// It does not leave.
    Block(Reason),
}

/// Facts about the conversation that the decision depends on.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `(slot, start)` of values that were approved for leaving in the clear in this request.
    pub approved: BTreeSet<(usize, usize)>,
}

/// Decides on a request. Pure: the same arguments give the same decision. `detections` has one list per slot, without
/// overlaps. Precedence: block over ask over rewrite over pass.
pub fn decide<D: AsRef<[Detection]>>(
    policy: &Policy,
    exchange: &Exchange,
    detections: &[D],
    facts: &Facts,
) -> Decision {
    let mut edits = Vec::new();
    let mut ask = None;
    for opaque in &exchange.opaque {
        match policy.opaque_action(opaque.kind) {
            Action::Block => return Decision::Block(Reason::Opaque(opaque.kind)),
            Action::Ask => ask = Some(Reason::Opaque(opaque.kind)),
            Action::Allow | Action::Mask | Action::Redact => {}
        }
    }
    for (slot, found) in detections.iter().enumerate() {
        for detection in found.as_ref().iter().filter(|found| found.score >= policy.min_score) {
            let reason = || Reason::Value { slot, span: detection.span.clone(), kind: detection.kind };
            let edit =
                |restorable| Edit { slot, span: detection.span.clone(), kind: detection.kind, restorable };
            match policy.action_on(detection) {
                Action::Allow => {}
                Action::Mask => edits.push(edit(true)),
                Action::Redact => edits.push(edit(false)),
                Action::Block => return Decision::Block(reason()),
                Action::Ask if facts.approved.contains(&(slot, detection.span.start)) => {}
                Action::Ask => ask = ask.or_else(|| Some(reason())),
            }
        }
    }
    match ask {
        Some(reason) => Decision::Ask(reason),
        None if edits.is_empty() => Decision::Pass,
        None => Decision::Rewrite(edits),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::detection::PLACE;
    use crate::exchange::{Edge, Opaque};

    fn exchange(opaque: &[OpaqueKind]) -> Exchange {
        Exchange {
            edge: Edge::Model,
            wire: "test",
            body: Bytes::new(),
            slots: Vec::new(),
            opaque: opaque.iter().map(|&kind| Opaque { kind, span: 0..0 }).collect(),
            model: None,
            stream: false,
            tools: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn found(kind: DataType, score: f32) -> Vec<Detection> {
        vec![Detection { span: 3..9, kind, score, recogniser: "test" }]
    }

    fn policy(category: DataCategory, action: Action) -> Policy {
        Policy { masking: [(category, action)].into(), ..Policy::default() }
    }

    #[test]
    fn personal_data_is_masked_and_secrets_are_one_way_by_default() {
        let decision = decide(
            &Policy::default(),
            &exchange(&[]),
            &[found(DataType::Phone, 0.9), found(DataType::Secret, 0.9)],
            &Facts::default(),
        );
        let Decision::Rewrite(edits) = decision else { panic!("{decision:?}") };
        assert_eq!(edits.iter().map(|edit| edit.restorable).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn organisations_and_mere_places_pass_unless_the_operator_says_otherwise() {
        let value = |kind, recogniser| Detection { span: 3..9, kind, score: 0.9, recogniser };
        let (org, city) = (value(DataType::Org, "tagger"), value(DataType::Location, PLACE));
        let (declared, address) = (value(DataType::Org, DECLARED), value(DataType::Location, "tagger"));
        let action =
            |policy: &Policy| [&org, &city, &declared, &address].map(|found| policy.action_on(found));
        let [allow, mask] = [Action::Allow, Action::Mask];
        assert_eq!(action(&Policy::default()), [allow, allow, mask, mask]);
        assert_eq!(action(&policy(DataCategory::EduWork, Action::Mask)), [mask, allow, mask, mask]);
        assert_eq!(action(&policy(DataCategory::LocCoarse, Action::Mask)), [allow, mask, mask, mask]);
    }

    #[test]
    fn labels_pass_and_can_be_asked_about_but_never_masked() {
        let label = Detection { span: 3..3, kind: DataType::Health, score: 0.8, recogniser: "label" };
        let action = |policy: &Policy| policy.action_on(&label);
        assert_eq!(action(&Policy::default()), Action::Allow);
        for (told, then) in
            [(Action::Ask, Action::Ask), (Action::Block, Action::Block), (Action::Mask, Action::Allow)]
        {
            assert_eq!(action(&policy(DataCategory::HealthRecord, told)), then);
        }
    }

    #[test]
    fn an_age_passes_and_a_date_of_birth_does_not() {
        let value = |kind| Detection { span: 3..9, kind, score: 0.9, recogniser: "test" };
        let action =
            |policy: &Policy| [DataType::Age, DataType::BirthDate].map(|kind| policy.action_on(&value(kind)));
        assert_eq!(action(&Policy::default()), [Action::Allow, Action::Mask]);
        assert_eq!(
            action(&policy(DataCategory::DemoBasic, Action::Redact)),
            [Action::Redact, Action::Redact]
        );
    }

    #[test]
    fn a_recipient_has_its_own_actions_and_the_stricter_of_two_names_counts() {
        let phone = |action| BTreeMap::from([(DataCategory::ContactPhone, action)]);
        let recipients = BTreeMap::from([
            ("one".to_owned(), phone(Action::Allow)),
            ("api.one.example".to_owned(), phone(Action::Block)),
        ]);
        let policy = Policy { recipients, ..Policy::default() };
        let toward = |id: &str, host: &str| policy.clone().toward(id, host).action(DataType::Phone);
        assert_eq!(toward("one", "other.example"), Action::Allow);
        assert_eq!(toward("one", "api.one.example"), Action::Block);
        assert_eq!(toward("two", "two.example"), Action::Mask);
        assert!(policy.knows("x", "api.one.example") && !policy.knows("x", "y"));
    }

    #[test]
    fn a_low_score_is_ignored() {
        let decision =
            decide(&Policy::default(), &exchange(&[]), &[found(DataType::Phone, 0.3)], &Facts::default());
        assert_eq!(decision, Decision::Pass);
    }

    #[test]
    fn block_wins_over_ask_and_ask_over_rewrite() {
        let mut rules = policy(DataCategory::ContactPhone, Action::Ask);
        let both = [found(DataType::Phone, 0.9), found(DataType::Card, 0.9)];
        assert!(matches!(decide(&rules, &exchange(&[]), &both, &Facts::default()), Decision::Ask(_)));
        rules.masking.insert(DataCategory::FinBankCard, Action::Block);
        assert!(matches!(decide(&rules, &exchange(&[]), &both, &Facts::default()), Decision::Block(_)));
    }

    #[test]
    fn an_approved_value_leaves() {
        let rules = policy(DataCategory::ContactPhone, Action::Ask);
        let facts = Facts { approved: [(0, 3)].into() };
        assert_eq!(decide(&rules, &exchange(&[]), &[found(DataType::Phone, 0.9)], &facts), Decision::Pass);
    }

    #[test]
    fn hidden_text_is_held_and_pictures_pass() {
        let none: &[Vec<Detection>] = &[];
        let judge = |kind| decide(&Policy::default(), &exchange(&[kind]), none, &Facts::default());
        assert_eq!(judge(OpaqueKind::Image), Decision::Pass);
        assert_eq!(judge(OpaqueKind::Tokens), Decision::Block(Reason::Opaque(OpaqueKind::Tokens)));
        assert_eq!(judge(OpaqueKind::File), Decision::Block(Reason::Opaque(OpaqueKind::File)));
    }
}
