//! What a notice may say: what code and traffic show, and what the operator declares.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use ombud_core::flow::{Flow, FlowMap, Recipient, RecipientKind};
use ombud_core::{DataCategory, Effect, Lang, say};
use serde::{Deserialize, Serialize};

use super::gap::Gap;
use crate::declared::{Audience, Words};
use crate::document::one_line;
use crate::flowmap::{Country, Known, LOCAL_MODEL, Profile, concerns_users, covers, profile};

/// The form in which a category leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// Every value was replaced by a token.
    Masked,
    /// In the clear, at least once.
    Clear,
}

/// A recipient of user data.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    /// Its role for the agent.
    pub kind: RecipientKind,
    /// Its id in flow maps.
    pub id: String,
    /// What is known about it.
    pub profile: Profile,
    /// The categories it receives.
    pub categories: BTreeMap<DataCategory, Form>,
    /// The purposes, by id.
    pub purposes: BTreeSet<String>,
    /// Whether something sent there was not inspected.
    pub unread: bool,
}

/// What a notice may say.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The language of the notice.
    pub lang: Lang,
    /// The day on which it is written.
    pub today: Date,
    /// The agent's name.
    pub name: Option<String>,
    /// Who is responsible for it.
    pub operator: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// Where the notice is published.
    pub url: Option<String>,
    /// How long data is kept.
    pub retention: Option<String>,
    /// How it is erased.
    pub erase: Option<String>,
    /// Who its users are.
    pub audience: Option<Audience>,
    /// Where they are.
    pub jurisdictions: BTreeSet<String>,
    /// What data is used for: id, and the operator's words if there are any.
    pub purposes: BTreeMap<String, Option<String>>,
    /// Who receives data, including stores; tools are listed separately.
    pub receivers: Vec<Receiver>,
    /// Tools that act, each with what it does.
    pub tools: Vec<(Effect, Receiver)>,
    /// Whether an encrypted log of conversations is kept.
    pub logged: bool,
}

impl Facts {
    /// Collects the facts.
    pub(crate) fn of(known: &Known, lang: Lang) -> Self {
        let flow = tellable(&known.flow());
        let (agent, notice) = (&known.agent, &known.notice);
        let words = |words: &Option<Words>| words.as_ref().and_then(|words| words.of(lang)).map(one_line);
        let mut purposes: BTreeMap<String, Option<String>> = BTreeMap::new();
        for id in flow.recipients.values().flat_map(|flow| &flow.purposes) {
            purposes.insert(id.clone(), None);
        }
        for (id, text) in &agent.purposes {
            purposes.insert(id.clone(), text.of(lang).map(one_line));
        }
        let traffic = known.traffic.read();
        let effect = |name: &str| traffic.and_then(|traffic| Some(traffic.tools.get(name)?.effect));
        let named = receivers(&flow, known).into_iter().map(|receiver| receiver.in_words(lang));
        let (tools, receivers) =
            named.partition::<Vec<_>, _>(|receiver| receiver.kind == RecipientKind::Tool);
        let tools =
            tools.into_iter().map(|tool| (effect(&tool.id).unwrap_or(Effect::Unknown), tool)).collect();
        Self {
            lang,
            today: known.today,
            name: agent.name.as_deref().map(one_line).filter(|name| !name.is_empty()),
            operator: words(&notice.operator),
            contact: words(&notice.contact),
            url: notice.url.as_deref().map(one_line).filter(|url| !url.is_empty()),
            retention: words(&notice.retention),
            erase: words(&notice.erase),
            audience: agent.audience,
            jurisdictions: agent.jurisdictions.clone(),
            purposes,
            receivers,
            tools,
            logged: traffic.is_some_and(|traffic| traffic.requests > 0),
        }
    }

    /// What is still to be filled in.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let worded = !self.purposes.is_empty() && self.purposes.values().all(Option::is_some);
        let absent = [
            (Gap::Operator, self.operator.is_none()),
            (Gap::Contact, self.contact.is_none()),
            (Gap::Purposes, !worded),
            (Gap::Retention, self.retention.is_none()),
            (Gap::Erase, self.erase.is_none()),
            (Gap::Audience, self.audience.is_none()),
            (Gap::Url, self.url.is_none()),
        ];
        absent.into_iter().filter(|gap| gap.1).map(|gap| gap.0).collect()
    }

    /// A fact, or the mark of the gap in its place.
    pub(crate) fn or_gap(&self, fact: Option<&String>, gap: Gap) -> String {
        fact.cloned().unwrap_or_else(|| gap.mark(self.lang))
    }

    /// Recipients other than the operator: all but local stores and local models.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Receiver> {
        self.receivers.iter().filter(|receiver| !Country(&receiver.profile.country).is_local())
    }

    /// Every category that is processed, in its least protected form.
    pub(crate) fn categories(&self) -> BTreeMap<DataCategory, Form> {
        let mut all: BTreeMap<DataCategory, Form> = BTreeMap::new();
        let everybody = self.receivers.iter().chain(self.tools.iter().map(|(_, tool)| tool));
        for (&category, &form) in everybody.flat_map(|receiver| &receiver.categories) {
            let seen = all.entry(category).or_insert(form);
            *seen = (*seen).max(form);
        }
        all
    }

    /// Whether a recipient is outside the places where users are; `None` where one of the two is unknown.
    pub(crate) fn is_abroad(&self, receiver: &Receiver) -> Option<bool> {
        let country = Country(&receiver.profile.country);
        if country.is_local() {
            return Some(false);
        }
        if country.is_unknown() || self.jurisdictions.is_empty() {
            return None;
        }
        Some(!self.jurisdictions.iter().any(|home| covers(home, country.0)))
    }
}

/// What a notice may mention: everything that concerns users.
pub(crate) fn tellable(flow: &FlowMap) -> FlowMap {
    let mut out = flow.clone();
    for flow in out.recipients.values_mut() {
        flow.data.retain(|category, _| concerns_users(*category));
    }
    out
}

/// What a notice must mention: a model on the operator's own machine passes nothing on.
pub(crate) fn required(flow: &FlowMap) -> FlowMap {
    let mut out = tellable(flow);
    out.recipients.retain(|who, _| who.kind == RecipientKind::Store || !Country(&who.country).is_local());
    out
}

/// One receiver for each recipient and country. What was seen without a country is assigned to the one seen elsewhere.
fn receivers(flow: &FlowMap, known: &Known) -> Vec<Receiver> {
    let mut all: BTreeMap<(RecipientKind, String, String), Receiver> = BTreeMap::new();
    for (recipient, went) in &flow.recipients {
        let placed = Recipient { country: place(recipient, flow), ..recipient.clone() };
        let key = (placed.kind, placed.name.clone(), placed.country.clone());
        let receiver = all.entry(key).or_insert_with(|| Receiver {
            kind: placed.kind,
            id: placed.name.clone(),
            profile: profile(&placed, &known.providers, &known.notice, known.today),
            categories: BTreeMap::new(),
            purposes: BTreeSet::new(),
            unread: false,
        });
        receiver.take(went, !recipient.inspected);
    }
    all.into_values().collect()
}

fn place(recipient: &Recipient, flow: &FlowMap) -> String {
    let same = |who: &&Recipient| who.kind == recipient.kind && who.name == recipient.name;
    let mut places = flow.recipients.keys().filter(same).map(|who| &who.country);
    let known = places.find(|country| !Country(country).is_unknown());
    known.filter(|_| Country(&recipient.country).is_unknown()).unwrap_or(&recipient.country).clone()
}

impl Receiver {
    /// A model on the operator's own machine has no name of its own.
    fn in_words(mut self, lang: Lang) -> Self {
        if self.id == LOCAL_MODEL {
            self.profile.name = say!(lang, en: "local model", zh: "本地模型");
        }
        self
    }

    fn take(&mut self, flow: &Flow, unread: bool) {
        for (&category, amount) in &flow.data {
            let form = if amount.clear == 0 && amount.masked > 0 { Form::Masked } else { Form::Clear };
            let seen = self.categories.entry(category).or_insert(form);
            *seen = (*seen).max(form);
        }
        self.purposes.extend(flow.purposes.iter().cloned());
        // A recipient that is only declared has no traffic to inspect.
        self.unread |= flow.opaque > 0 || (unread && flow.requests > 0);
    }
}
