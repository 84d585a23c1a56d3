//! `[answers]` of `ombud.toml`, and the pure decision on what a response carries out.
//!
//! An image in a response is fetched by whatever displays the response, without anybody's action, so its address is a way
//! out for everything that the model has read. A link is followed by a person, who should see where it leads. A host is
//! trusted if the user, the operator or `[answers] hosts` named it; what a third party wrote may be linked to as it is,
//! but nothing may be added to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::fits;
use super::{Gate, Preset, ToolPolicy};

/// `[answers]` of `ombud.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerPolicy {
    /// What happens to a link that raises a doubt.
    pub links: Option<Gate>,
    /// The same for what is fetched automatically: images, frames, style sheets.
    pub images: Option<Gate>,
    /// What happens to a response that repeats its system prompt almost verbatim.
    pub prompt: Option<Gate>,
    /// What happens when one of `canaries` appears in a response.
    pub canary: Option<Gate>,
    /// What happens to personal data in a response that only a memory, a document or a tool brought into the
    /// conversation.
    pub others: Option<Gate>,
    /// What happens to a response that copies at length what was retrieved for it.
    pub knowledge: Option<Gate>,
    /// Number of words that makes a copy long; 200 by default.
    pub knowledge_words: Option<u32>,
    /// Words of at least eight letters and digits placed in the system prompt only so that a response containing them is
    /// noticed.
    pub canaries: Vec<String>,
    /// Hosts that responses may point to regardless of other settings; `*` matches any run of characters.
    pub hosts: Vec<String>,
    /// Rules by id, where they differ from `links` and `images`.
    pub rules: BTreeMap<LinkDoubt, Gate>,
}

/// Who fetches what an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    /// Whatever displays the response: an image, a frame, a script.
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
    /// Content of a tool, a memory or a document, or words of the operator's prompt.
    Content,
    /// A long piece that cannot be read.
    Sealed,
}

/// What is known about an address in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct LinkFacts {
    /// Who fetches it.
    pub fetched: Fetched,
    /// The user or the operator wrote exactly this address.
    pub given: bool,
    /// The user or the operator named its host.
    pub named: bool,
    /// A third-party text contains exactly this address, so nothing was added to it.
    pub returned: bool,
    /// A third-party text names its host.
    pub mentioned: bool,
    /// Whether the context contains anything that a third party may have written.
    pub tainted: bool,
    /// What it carries from the context.
    pub carries: Vec<Carried>,
}

/// Why an address is doubtful. Its name is the rule's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkDoubt {
    /// It is fetched automatically from a host that neither the user nor the operator named.
    ImageHost,
    /// It is fetched automatically and carries something from the context.
    ImageData,
    /// It leads to a host that nobody named, in a conversation with third-party content.
    LinkHost,
    /// It carries something from the context to a host that neither the user nor the operator named, or a secret to any
    /// host.
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

    /// Whether the doubt is about data that the address carries, not only about where it leads.
    pub fn is_data(self) -> bool {
        matches!(self, Self::ImageData | Self::LinkData)
    }
}

/// What happens to an address in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkDecision {
    /// It stays as it is.
    Keep,
    /// It stays, and what would have happened to it is recorded.
    Note(LinkDoubt),
    /// Nothing is fetched automatically and the reader sees the host; if it carries data, it cannot be followed either.
    Show(LinkDoubt),
    /// It is removed.
    Remove(LinkDoubt),
}

impl LinkDecision {
    /// The doubt behind the decision.
    pub fn doubt(self) -> Option<LinkDoubt> {
        match self {
            Self::Keep => None,
            Self::Note(doubt) | Self::Show(doubt) | Self::Remove(doubt) => Some(doubt),
        }
    }

    /// The decision as recorded, in the terms used for tool calls.
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

    /// The gate for a disclosed prompt; a fresh project only observes, because prompts contain much that is meant to be
    /// repeated.
    pub fn prompt_gate(&self, tools: &ToolPolicy) -> Gate {
        self.prompt.or(tools.mode).unwrap_or(Gate::Observe)
    }

    /// The gate for other people's personal data: that is often just what an assistant is asked for, so only its own
    /// setting acts on it.
    pub fn others_gate(&self) -> Gate {
        self.others.unwrap_or(Gate::Observe)
    }

    /// The gate for a long copy of retrieved content. Who may read a document cannot be seen here, so only its own
    /// setting acts on it.
    pub fn knowledge_gate(&self) -> Gate {
        self.knowledge.unwrap_or(Gate::Observe)
    }

    /// The gate for a canary: no honest response contains one, so a fresh project removes it.
    pub fn canary_gate(&self, tools: &ToolPolicy) -> Gate {
        self.canary.or(tools.mode).unwrap_or(Gate::Ask)
    }

    /// The gate of a rule: its own, that of links or images, that of all tools, or that of the preset; a fresh project
    /// asks.
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

/// Decides on an address in a response. Pure: the same arguments give the same decision.
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

/// Whether an address carries more to its destination than it should.
fn carries_away(facts: &LinkFacts, image: bool) -> bool {
    facts.carries.iter().any(|carried| match carried {
        Carried::Secret => true,
        // What a shop's own page receives is usually an order number; what is fetched unseen is another matter.
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
