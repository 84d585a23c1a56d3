//! Node graphs of any format: what flows along the edges, and what each node does with it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::facts::{
    Call, Deed, Entry, Facts, Flaw, Function, FunctionId, Recipient, Sink, Store, StoreId, Taint,
};
use crate::providers::Providers;

/// What a node does with its input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    Model(Recipient),
    Read(StoreId),
    Write(StoreId),
    /// Writes content chosen by the developer, whatever the input.
    Load(StoreId),
    Erase(StoreId),
    Run(Sink),
    Send(Option<String>),
    Shared(String),
    /// Puts this into a system prompt.
    System(Taint),
    /// Puts the input, without this, into a system prompt.
    Prompt(Taint),
    /// Stores the input as a row of a table.
    Keep,
    /// Sends without encryption.
    Plain,
    /// Runs its own code on the input.
    Enter(Vec<FunctionId>),
}

/// Maximum number of parameters of a node's function.
const PARAMETERS: usize = 24;

/// A node.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub id: String,
    pub name: String,
    pub span: Range<usize>,
    /// Whether it is started from outside.
    pub entry: bool,
    /// The origins that it adds to what flows on.
    pub adds: Taint,
    /// Whether its input flows on.
    pub passes: bool,
    /// What it works on, where the export says so; otherwise all of its input.
    pub content: Option<Taint>,
    /// What it does, each with its span.
    pub acts: Vec<(Range<usize>, Act)>,
}

/// A graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub steps: Vec<Step>,
    /// Pairs of source and target ids.
    pub edges: Vec<(String, String)>,
}

impl Graph {
    /// Adds the graph to the facts: a node becomes a function, an edge a call.
    pub(super) fn assemble(self, facts: &mut Facts, file: usize) {
        let ids: BTreeMap<&str, usize> =
            self.steps.iter().enumerate().map(|(index, step)| (step.id.as_str(), index)).collect();
        let edges: Vec<(usize, usize)> = self
            .edges
            .iter()
            .filter_map(|(from, to)| Some((*ids.get(from.as_str())?, *ids.get(to.as_str())?)))
            .collect();
        let incoming = flow(&self.steps, &edges);
        let first: FunctionId = facts.functions.len();
        for (step, content) in self.steps.iter().zip(&incoming) {
            // An entry node works on the input it was started with.
            let given = if step.entry { step.adds } else { Taint::NONE };
            facts.functions.push(step.function(file, step.content.unwrap_or(*content | given)));
        }
        for (from, to) in edges {
            let Some(function) = facts.functions.get_mut(first + from) else { continue };
            let target = self.steps.get(to).map(|step| step.name.clone()).unwrap_or_default();
            let (span, callees) = (function.span.clone(), vec![first + to]);
            function.calls.push(Call { span, target, callees, ..Call::default() });
        }
    }
}

impl Step {
    fn function(&self, file: usize, content: Taint) -> Function {
        let calls = self.acts.iter().map(|(span, act)| act.call(span.clone(), self.name.clone(), content));
        Function {
            name: self.name.clone(),
            file,
            span: self.span.clone(),
            entry: self.entry.then_some(Entry::Handler),
            calls: calls.collect(),
            ..Function::default()
        }
    }
}

impl Act {
    /// Builds the call that performs the act.
    pub(crate) fn call(&self, span: Range<usize>, target: String, content: Taint) -> Call {
        if let Self::Enter(callees) = self {
            let arguments = vec![content; PARAMETERS];
            return Call { span, target, callees: callees.clone(), arguments, ..Call::default() };
        }
        Call { span, target, does: vec![self.deed(content)], ..Call::default() }
    }

    fn deed(&self, content: Taint) -> Deed {
        match self.clone() {
            Self::Model(recipient) => Deed::Model { recipient, content },
            Self::Read(store) => Deed::Retrieve(store),
            Self::Write(store) => Deed::Store(store, content),
            Self::Erase(store) => Deed::Erase(store),
            Self::Run(sink) => Deed::Run { sink, content, given: None },
            Self::Send(host) => Deed::Send { host, content },
            Self::Shared(name) => Deed::Shared { name, content },
            Self::Load(store) => Deed::Store(store, Taint::FILE),
            Self::System(content) => Deed::SystemPrompt(content),
            Self::Prompt(other) => Deed::SystemPrompt(content.without(other)),
            Self::Keep => Deed::Persist { content, conversation: false, remote: true },
            Self::Plain | Self::Enter(_) => Deed::Flaw(Flaw::Unencrypted),
        }
    }
}

/// Computes each node's input: everything that upstream nodes add, through nodes that pass their input on.
fn flow(steps: &[Step], edges: &[(usize, usize)]) -> Vec<Taint> {
    let mut incoming = vec![Taint::NONE; steps.len()];
    for _ in 0..=steps.len().min(256) {
        let mut changed = false;
        for &(from, to) in edges {
            let (Some(step), Some(&before)) = (steps.get(from), incoming.get(from)) else { continue };
            let out = step.adds | if step.passes { before } else { Taint::NONE };
            if let Some(slot) = incoming.get_mut(to) {
                changed |= (*slot | out) != *slot;
                *slot |= out;
            }
        }
        if !changed {
            break;
        }
    }
    incoming
}

/// Returns the store with this name, creating it on first use.
pub(crate) fn store(facts: &mut Facts, name: &str, remembers_people: bool) -> StoreId {
    if let Some(id) = facts.stores.iter().position(|store| store.name == name) {
        return id;
    }
    let product = name.split(':').next().unwrap_or_default().to_owned();
    let name = name.to_owned();
    facts.stores.push(Store { name, product, through_edge: false, host: None, remembers_people, own: false });
    facts.stores.len() - 1
}

/// Returns the recipient for a provider id. Exports do not contain the address, which can be changed on the platform.
pub(crate) fn recipient(id: &str, providers: &Providers) -> Recipient {
    let known = providers.by_id(id);
    Recipient {
        provider: known.map(|known| known.id.clone()),
        host: None,
        fixed: false,
        open: known.is_some(),
        local: known.is_some_and(|known| known.local),
    }
}

/// Returns the provider named in a node type: `lmChatOpenAi`, `chatAnthropic`.
pub(super) fn provider_of(kind: &str) -> &'static str {
    const NAMES: &[(&str, &str)] = &[
        ("azure", ""),
        ("bedrock", ""),
        ("openrouter", "openrouter"),
        ("openai", "openai"),
        ("anthropic", "anthropic"),
        ("claude", "anthropic"),
        ("gemini", "gemini"),
        ("googlepalm", "gemini"),
        ("googlegenerative", "gemini"),
        ("deepseek", "deepseek"),
        ("mistral", "mistral"),
        ("groq", "groq"),
        ("grok", "xai"),
        ("xai", "xai"),
        ("ollama", "ollama"),
        ("cohere", "cohere"),
        ("tongyi", "dashscope"),
        ("qwen", "dashscope"),
        ("bailian", "dashscope"),
        ("dashscope", "dashscope"),
        ("doubao", "ark"),
        ("zhipu", "zhipu"),
        ("moonshot", "moonshot"),
        ("kimi", "moonshot"),
    ];
    let kind = kind.to_ascii_lowercase();
    NAMES.iter().find(|(name, _)| kind.contains(name)).map_or("", |(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str, adds: Taint, passes: bool) -> Step {
        Step { id: id.into(), adds, passes, ..Step::default() }
    }

    #[test]
    fn what_comes_in_flows_on_through_what_passes() {
        let steps = [
            step("a", Taint::USER, false),
            step("b", Taint::NONE, true),
            step("c", Taint::MODEL, false),
            step("d", Taint::NONE, false),
        ];
        let into = flow(&steps, &[(0, 1), (1, 2), (2, 3), (3, 0)]);
        assert_eq!(into, [Taint::NONE, Taint::USER, Taint::USER, Taint::MODEL]);
    }

    #[test]
    fn providers_are_told_by_the_type() {
        assert_eq!(provider_of("lmChatOpenRouter"), "openrouter");
        assert_eq!(provider_of("lmChatAzureOpenAi"), "");
        assert_eq!(provider_of("chatAnthropic"), "anthropic");
    }
}
