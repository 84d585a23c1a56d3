//! `[answers]` of `ombud.toml`, and the pure decision on what an answer carries out.
//!
//! A picture in an answer is fetched by whatever shows the answer, without anybody's doing, so its address is a way out for
//! everything that the model read. A link is followed by a person, who should see where it leads. A host is trusted if the
//! user, the operator or `[answers] hosts` named it; what a third party wrote may be linked to as it stands, but nothing may
//! be added to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::fits;
use super::{Gate, Preset, ToolPolicy};

/// `[answers]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerPolicy {
    /// What happens to a link that gives cause for doubt.
    pub links: Option<Gate>,
    /// The same for what is fetched by itself: pictures, frames, style sheets.
    pub images: Option<Gate>,
    /// What happens to an answer that tells its system prompt nearly word by word.
    pub prompt: Option<Gate>,
    /// What happens to one of `canaries` in an answer.
    pub canary: Option<Gate>,
    /// What happens to personal data in an answer that only a memory, a document or a tool brought into the conversation.
    pub others: Option<Gate>,
    /// What happens to an answer that copies what was retrieved for it at length.
    pub knowledge: Option<Gate>,
    /// Words that are a copy at length; 200 where nothing is said.
    pub knowledge_words: Option<u32>,
    /// Words that stand in the system prompt only to be noticed when an answer holds them, of eight letters and digits at least.
    pub canaries: Vec<String>,
    /// Hosts that answers may point to, whatever else is said; `*` stands for any run of characters.
    pub hosts: Vec<String>,
    /// Rules by id, where they differ from the two above.
    pub rules: BTreeMap<LinkDoubt, Gate>,
}

/// Who fetches what an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    /// Whatever shows the answer: a picture, a frame, a script.
    ByItself,
    /// A person who follows it.
    ByReader,
}

/// Something of the context that an address carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// A secret, or the placeholder of one.
    Secret,
    /// A value that was masked on its way to the model.
    Personal,
    /// What a tool, a memory or a document holds, or words of the operator's prompt.
    Content,
    /// A long piece that nobody can read.
    Sealed,
}

/// What is known about an address in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct LinkFacts {
    /// Who fetches it.
    pub fetched: Fetched,
    /// The user or the operator wrote exactly this address.
    pub given: bool,
    /// The user or the operator named its host.
    pub named: bool,
    /// A third party's text holds exactly this address, so that nothing was added to it.
    pub returned: bool,
    /// A third party's text names its host.
    pub mentioned: bool,
    /// Whether the context holds anything that a third party may have written.
    pub tainted: bool,
    /// What it carries of the context.
    pub carries: Vec<Carried>,
}

/// Why an address is doubted. Its name is the rule's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkDoubt {
    /// It is fetched by itself from a host that neither the user nor the operator named.
    ImageHost,
    /// It is fetched by itself and carries something of the context.
    ImageData,
    /// It leads to a host that nobody named, in a conversation in which third parties spoke.
    LinkHost,
    /// It carries something of the context to a host that neither the user nor the operator named, or a secret to any.
    LinkData,
}

impl LinkDoubt {
    /// The stable id of the rule, `answer.link_data` for example.
    pub fn id(self) -> &'static str {
        match self {
            Self::ImageHost => "answer.image_host",
            Self::ImageData => "answer.image_data",
            Self::LinkHost => "answer.link_host",
            Self::LinkData => "answer.link_data",
        }
    }

    /// Whether the address says more than where it leads.
    pub fn is_data(self) -> bool {
        matches!(self, Self::ImageData | Self::LinkData)
    }
}

/// What becomes of an address in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkDecision {
    /// It stays as it is.
    Keep,
    /// It stays, and is recorded with what would have become of it.
    Note(LinkDoubt),
    /// Nothing is fetched by itself and the reader sees the host; where it carries data, they cannot follow it either.
    Show(LinkDoubt),
    /// It is taken out.
    Remove(LinkDoubt),
}

impl LinkDecision {
    /// The doubt behind it.
    pub fn doubt(self) -> Option<LinkDoubt> {
        match self {
            Self::Keep => None,
            Self::Note(doubt) | Self::Show(doubt) | Self::Remove(doubt) => Some(doubt),
        }
    }

    /// The decision in records, in the words that tool calls use.
    pub fn id(self) -> &'static str {
        match self {
            Self::Keep => "release",
            Self::Note(_) => "would_ask",
            Self::Show(_) => "ask",
            Self::Remove(_) => "block",
        }
    }
}

impl AnswerPolicy {
    /// Whether `[answers] hosts` names this host.
    pub fn declares(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| fits(&pattern.to_lowercase(), host))
    }

    /// The gate of a disclosed prompt, as a fresh project observes it: prompts hold much that is there to be repeated.
    pub fn prompt_gate(&self, tools: &ToolPolicy) -> Gate {
        self.prompt.or(tools.mode).unwrap_or(Gate::Observe)
    }

    /// The gate of others' personal data: what an assistant is asked for often is just that, so only its own line acts on it.
    pub fn others_gate(&self) -> Gate {
        self.others.unwrap_or(Gate::Observe)
    }

    /// The gate of a long copy of what was retrieved. Who may read a document cannot be seen here, so only its own line acts.
    pub fn knowledge_gate(&self) -> Gate {
        self.knowledge.unwrap_or(Gate::Observe)
    }

    /// The gate of a canary: no honest answer holds one, so a fresh project takes it out.
    pub fn canary_gate(&self, tools: &ToolPolicy) -> Gate {
        self.canary.or(tools.mode).unwrap_or(Gate::Ask)
    }

    /// The gate of a rule: its own, that of links or pictures, that of all tools, that of the preset; a fresh project asks.
    pub fn gate(&self, doubt: LinkDoubt, tools: &ToolPolicy) -> Gate {
        let kind = match doubt {
            LinkDoubt::ImageHost | LinkDoubt::ImageData => self.images,
            LinkDoubt::LinkHost | LinkDoubt::LinkData => self.links,
        };
        let strict = matches!(tools.preset, Some(Preset::Strict | Preset::Kids)).then_some(Gate::Block);
        let own = self.rules.get(&doubt).copied();
        own.or(kind).or(tools.mode).or(strict).unwrap_or(Gate::Ask)
    }
}

/// Decides on an address in an answer. Pure: the same arguments give the same decision.
pub fn decide_link(policy: &AnswerPolicy, tools: &ToolPolicy, facts: &LinkFacts) -> LinkDecision {
    let Some(doubt) = doubt(facts) else { return LinkDecision::Keep };
    match policy.gate(doubt, tools) {
        Gate::Allow => LinkDecision::Keep,
        Gate::Observe => LinkDecision::Note(doubt),
        Gate::Ask => LinkDecision::Show(doubt),
        Gate::Block => LinkDecision::Remove(doubt),
    }
}

fn doubt(facts: &LinkFacts) -> Option<LinkDoubt> {
    let image = facts.fetched == Fetched::ByItself;
    if facts.given {
        return None;
    }
    if carries_away(facts, image) {
        return Some(if image { LinkDoubt::ImageData } else { LinkDoubt::LinkData });
    }
    if facts.named || !facts.tainted {
        return None;
    }
    if image {
        return Some(LinkDoubt::ImageHost);
    }
    (!facts.returned && !facts.mentioned).then_some(LinkDoubt::LinkHost)
}

/// Whether an address carries more than it should to where it leads.
fn carries_away(facts: &LinkFacts, image: bool) -> bool {
    facts.carries.iter().any(|carried| match carried {
        Carried::Secret => true,
        // What a shop's own page is asked for is an order number more often than not; what is fetched unseen is another matter.
        Carried::Personal => !facts.named || image,
        Carried::Content => !facts.named || image && facts.tainted,
        Carried::Sealed => !facts.named && facts.tainted && !facts.returned,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(fetched: Fetched) -> LinkFacts {
        LinkFacts {
            fetched,
            given: false,
            named: false,
            returned: false,
            mentioned: false,
            tainted: true,
            carries: Vec::new(),
        }
    }

    fn decided(facts: &LinkFacts) -> LinkDecision {
        decide_link(&AnswerPolicy::default(), &ToolPolicy::default(), facts)
    }

    #[test]
    fn a_search_result_may_be_cited_and_its_pictures_are_not_fetched() {
        let cited = LinkFacts { returned: true, mentioned: true, ..link(Fetched::ByReader) };
        assert_eq!(decided(&cited), LinkDecision::Keep);
        let picture = LinkFacts { fetched: Fetched::ByItself, ..cited };
        assert_eq!(decided(&picture), LinkDecision::Show(LinkDoubt::ImageHost));
    }

    #[test]
    fn nothing_may_be_added_to_an_address_of_a_third_party() {
        let added = LinkFacts { mentioned: true, carries: vec![Carried::Content], ..link(Fetched::ByReader) };
        assert_eq!(decided(&added), LinkDecision::Show(LinkDoubt::LinkData));
        let sealed = LinkFacts { carries: vec![Carried::Sealed], ..added };
        assert_eq!(decided(&sealed), LinkDecision::Show(LinkDoubt::LinkData));
    }

    #[test]
    fn whoever_is_named_may_be_asked_for_things_but_gets_no_secret_and_no_silent_data() {
        let order = |carried| LinkFacts { named: true, carries: vec![carried], ..link(Fetched::ByReader) };
        assert_eq!(decided(&order(Carried::Content)), LinkDecision::Keep);
        assert_eq!(decided(&order(Carried::Secret)), LinkDecision::Show(LinkDoubt::LinkData));
        let image = |carried| LinkFacts { fetched: Fetched::ByItself, ..order(carried) };
        assert_eq!(decided(&image(Carried::Content)), LinkDecision::Show(LinkDoubt::ImageData));
        assert_eq!(decided(&image(Carried::Sealed)), LinkDecision::Keep);
    }

    #[test]
    fn where_no_third_party_spoke_addresses_are_the_models_own() {
        for fetched in [Fetched::ByItself, Fetched::ByReader] {
            let own = LinkFacts { tainted: false, ..link(fetched) };
            assert_eq!(decided(&own), LinkDecision::Keep);
            let personal = LinkFacts { carries: vec![Carried::Personal], ..own };
            assert!(decided(&personal).doubt().is_some_and(LinkDoubt::is_data));
        }
    }

    #[test]
    fn what_somebody_gave_is_left_alone() {
        let given = LinkFacts { given: true, carries: vec![Carried::Personal], ..link(Fetched::ByItself) };
        assert_eq!(decided(&given), LinkDecision::Keep);
    }

    #[test]
    fn a_rule_has_its_own_gate_before_those_of_its_kind_and_of_the_tools() {
        let mut policy = AnswerPolicy::default();
        let mut tools = ToolPolicy { preset: Some(Preset::Kids), ..ToolPolicy::default() };
        let gate = |policy: &AnswerPolicy, tools: &ToolPolicy| policy.gate(LinkDoubt::ImageHost, tools);
        assert_eq!(gate(&policy, &ToolPolicy::default()), Gate::Ask);
        assert_eq!(gate(&policy, &tools), Gate::Block);
        tools.mode = Some(Gate::Observe);
        assert_eq!(gate(&policy, &tools), Gate::Observe);
        policy.images = Some(Gate::Ask);
        assert_eq!(gate(&policy, &tools), Gate::Ask);
        policy.rules.insert(LinkDoubt::ImageHost, Gate::Allow);
        assert_eq!(gate(&policy, &tools), Gate::Allow);
        assert_eq!(decide_link(&policy, &tools, &link(Fetched::ByItself)), LinkDecision::Keep);
    }
}
