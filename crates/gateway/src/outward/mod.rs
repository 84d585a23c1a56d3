//! The way out: what a model's response points to, and what it would carry there.

pub mod disclosure;
pub mod documents;
pub mod facts;
pub mod others;
pub mod scan;
pub mod target;
pub mod words;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ombud_core::event::{AnswerFinding, OverlapRecord};
use ombud_core::gate::{Carried, Fetched, Gate, LinkDecision, decide_link};
use ombud_core::{AnswerPolicy, Lang, Role, ToolPolicy};
use ombud_detect::mask::Minted;
use serde_json::{Value, json};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use crate::attribute::Attributor;
use crate::calls::facts::masked_for;
use crate::calls::{Asked, Prepared, question};
use crate::gateway::Config;
use crate::wire::answer::ToolCall;
use disclosure::{Keeper, Prompt, Secrets};
use facts::Ground;
use scan::{Found, Scanner};
use target::Target;

/// Maximum number of findings of one response that are recorded individually.
const MOST_FOUND: usize = 32;

/// Maximum number of addresses of one response that are remembered, so that each is decided once.
const MOST_KNOWN: usize = 1024;

/// Maximum number of remembered addresses that the provider's own search returned.
const MOST_CITED: usize = 1024;

/// The rules by which responses are watched.
pub struct Rules {
    answers: AnswerPolicy,
    tools: ToolPolicy,
    lang: Lang,
    /// Canaries in the form used for comparison.
    canaries: Vec<String>,
}

impl Rules {
    /// The rules of a gateway.
    pub fn of(config: &Config) -> Self {
        Self::new(config.answers.clone(), config.tools.clone(), config.lang)
    }

    fn new(answers: AnswerPolicy, tools: ToolPolicy, lang: Lang) -> Self {
        let canaries = answers.canaries.iter().filter_map(|text| disclosure::canary(text)).collect();
        Self { answers, tools, lang, canaries }
    }
}

/// Watches what one response points to.
pub struct Guard {
    rules: Arc<Rules>,
    attributor: Arc<Attributor>,
    request: Option<Arc<Asked>>,
    minted: Arc<Minted>,
    decided: HashMap<(Fetched, String), LinkDecision>,
    cited: BTreeSet<String>,
    /// The runs of the system prompt, once needed.
    prompt: Option<Arc<Prompt>>,
    /// The runs of the retrieved documents, once needed.
    documents: Option<Arc<Prompt>>,
    /// What tokens are restored to in this response, once known.
    veiled: Option<Arc<Minted>>,
    /// The same for the arguments of tools with masked categories, by tool.
    masked: HashMap<String, Arc<Minted>>,
    told: BTreeSet<&'static str>,
    /// Number of findings listed so far.
    listed: usize,
    /// Findings since they were last taken.
    pub seen: Seen,
}

/// The findings in one response.
#[derive(Debug, Default)]
pub struct Seen {
    /// The findings, without content.
    pub found: Vec<AnswerFinding>,
    /// The same with content, for the encrypted payload.
    pub details: Vec<Value>,
    /// How many more there were.
    pub more: u64,
}

impl Guard {
    /// A guard for the response to a request; `request` is `None` where it could not be read.
    pub fn new(
        rules: Arc<Rules>,
        attributor: Arc<Attributor>,
        request: Option<Arc<Asked>>,
        minted: Arc<Minted>,
    ) -> Self {
        let (decided, cited, seen) = (HashMap::new(), BTreeSet::new(), Seen::default());
        Self {
            rules,
            attributor,
            request,
            minted,
            decided,
            cited,
            prompt: None,
            documents: None,
            veiled: None,
            masked: HashMap::new(),
            told: BTreeSet::new(),
            listed: 0,
            seen,
        }
    }

    fn known(&self) -> Option<&Prepared> {
        let request = self.request.as_ref()?;
        aside(request.weight(), || request.prepared(&self.attributor))
    }

    /// Notes an address that the provider's own search returned.
    pub fn cites(&mut self, written: &str) {
        if self.cited.len() < MOST_CITED
            && let Some(target) = target::read(written)
        {
            self.cited.insert(facts::compared(&target.text));
        }
    }

    /// What replaces something that points somewhere; `None` leaves it as it is.
    pub fn watch(&mut self, found: &Found<'_>) -> Option<String> {
        let targets = found.targets.iter().filter_map(|written| Some((written, target::read(written)?)));
        let decided = targets.map(|(written, target)| (self.decide(found, written, &target), target));
        // Of several addresses in one tag, the worst counts.
        let (decision, target) =
            decided.collect::<Vec<_>>().into_iter().max_by_key(|(decision, _)| rank(*decision))?;
        words::instead(found, &target, decision, self.lang())
    }

    /// A whole text with what it points to replaced where necessary; `None` if it stays as it is.
    pub fn whole(&mut self, text: &str, json: bool) -> Option<String> {
        let mut voice = Voice::default();
        voice.set_json(json);
        let out = voice.say(text, true, self);
        (out != text).then_some(out)
    }

    /// Whether a disclosed prompt is only to be recorded and no canary is looked for: then the whole text is judged at its
    /// end.
    fn only_listens(&self) -> bool {
        let gate = self.rules.answers.prompt_gate(&self.rules.tools);
        let sings = self.rules.answers.canary_gate(&self.rules.tools) != Gate::Allow
            && !self.rules.canaries.is_empty();
        gate < Gate::Ask && !sings
    }

    /// Whether a text must be collected for judging: there is a prompt to disclose, and no disclosure was found yet.
    fn listens(&self) -> bool {
        let gate = self.rules.answers.prompt_gate(&self.rules.tools);
        let instructed = self.request.as_ref().is_some_and(|request| request.is_instructed());
        instructed && gate != Gate::Allow && !self.told.contains("answer.prompt")
    }

    /// Whether the text is collected and judged as a whole at its end.
    fn hears(&self) -> bool {
        let answers = &self.rules.answers;
        let silent = answers.others_gate() == Gate::Allow && answers.knowledge_gate() == Gate::Allow;
        self.request.is_some() && (!silent || self.only_listens() && self.listens())
    }

    /// What tokens are restored to in a response: where other people's data must not be disclosed, their values are left
    /// out.
    pub fn veiled(&mut self) -> Arc<Minted> {
        if self.rules.answers.others_gate() < Gate::Ask || self.minted.is_empty() {
            return Arc::clone(&self.minted);
        }
        if self.veiled.is_none() {
            let lang = self.lang();
            let veil = |known| Arc::new(others::veil(known, &self.minted, lang));
            self.veiled = Some(self.known().map_or_else(|| Arc::clone(&self.minted), veil));
        }
        self.veiled.clone().unwrap_or_default()
    }

    /// Whether any tool has categories of data to mask.
    pub fn masks(&self) -> bool {
        !self.minted.is_empty() && self.rules.tools.tools.values().any(|rule| !rule.redact.is_empty())
    }

    /// What tokens are restored to in the arguments of a tool with categories to mask; `None` for any other tool.
    pub fn masks_for(&mut self, tool: &str) -> Option<Arc<Minted>> {
        let rules = Arc::clone(&self.rules);
        let redact = rules.tools.redacted(tool);
        if redact.is_empty() {
            return None;
        }
        if let Some(known) = self.masked.get(tool) {
            return Some(Arc::clone(known));
        }
        let masked = Arc::new(masked_for(self.known(), &self.minted, &redact));
        self.masked.insert(tool.to_owned(), Arc::clone(&masked));
        Some(masked)
    }

    /// A call as the agent receives it.
    pub fn masked(&mut self, call: ToolCall) -> ToolCall {
        let masks = call.readings().find_map(|tool| self.masks_for(tool));
        match masks {
            Some(minted) => {
                let place = call.place;
                call.settled(place, &minted)
            }
            None => call,
        }
    }

    /// Records personal data in a text that others brought into the conversation.
    fn judge_others(&mut self, text: &str) {
        let gate = self.rules.answers.others_gate();
        if gate == Gate::Allow || self.told.contains("answer.others") {
            return;
        }
        let minted = Arc::clone(&self.minted);
        let said = others::said(&minted, text);
        let veiled = gate >= Gate::Ask && others::is_veiled(text, self.lang());
        // Most responses hold nothing of the kind; then the context need not be read.
        if said.is_empty() && !veiled && !others::may_hold_an_address(text) {
            return;
        }
        // Most others repeat only what the user said; a look at the user's turns shows that.
        if !veiled && self.request.as_ref().is_some_and(|request| others::are_users(request, text, &said)) {
            return;
        }
        let ground = Ground { known: self.known(), minted: &minted, cited: &self.cited };
        let told = others::told(&ground, text, &said);
        if told.is_some() || veiled {
            let (values, overlaps) = told.unwrap_or_default();
            self.told.insert("answer.others");
            // A value that was sent unmasked has no token by which it could be left out.
            let gate = if veiled { gate } else { Gate::Observe };
            let details = json!({ "rule": "answer.others", "values": values });
            self.tell_of("answer.others", gate, (vec![Carried::Personal], overlaps), details);
        }
    }

    /// Records a long copy of retrieved text.
    fn judge_documents(&mut self, text: &str) {
        let gate = self.rules.answers.knowledge_gate();
        let short = text.len() < documents::WORDS as usize;
        if gate == Gate::Allow || gate >= Gate::Ask || short || self.told.contains("answer.knowledge") {
            return;
        }
        if documents::are_told(&self.documents(gate), text) {
            self.told.insert("answer.knowledge");
            self.tell("answer.knowledge", gate);
        }
    }

    /// The runs of the retrieved documents.
    fn documents(&mut self, gate: Gate) -> Arc<Prompt> {
        if let Some(known) = &self.documents {
            return Arc::clone(known);
        }
        let words = self.rules.answers.knowledge_words.unwrap_or(documents::WORDS);
        let known = if gate == Gate::Allow { None } else { self.known() };
        let runs = Arc::new(known.map(|known| documents::runs(known, words)).unwrap_or_default());
        self.documents = Some(Arc::clone(&runs));
        runs
    }

    /// The part of a text that may be sent, without long copies of retrieved text.
    fn keep_documents(&mut self, keeper: &mut Keeper, text: &str, last: bool, json: bool) -> Option<String> {
        let gate = self.rules.answers.knowledge_gate();
        if gate < Gate::Ask {
            return None;
        }
        let runs = self.documents(gate);
        if runs.is_empty() {
            return None;
        }
        let instead = documents::left_out(self.lang());
        let secrets = Secrets { prompt: &runs, canaries: &[], takes: (!json, false), instead: &instead };
        let out = kept(keeper, &secrets, text, last);
        if keeper.disclosed && self.told.insert("answer.knowledge") {
            self.tell("answer.knowledge", if json { Gate::Observe } else { gate });
        }
        Some(out)
    }

    /// Records a text that discloses the prompt. The runs of the prompt alone are checked first because that is cheap: what
    /// others in the conversation also said can only remove runs.
    fn judge(&mut self, text: &str) {
        let gate = self.rules.answers.prompt_gate(&self.rules.tools);
        let Some(request) = self.request.as_ref().filter(|_| self.listens()) else { return };
        let own = aside(request.weight(), || request.instructions(&self.attributor));
        let rough = Prompt::of(own.iter().map(AsRef::as_ref), []);
        if disclosure::told(&rough, text).1 && disclosure::told(&self.prompt(gate), text).1 {
            self.told.insert("answer.prompt");
            self.tell("answer.prompt", gate);
        }
    }

    /// The part of a text that may be sent, without disclosed prompt and canaries.
    fn keep(&mut self, keeper: &mut Keeper, text: &str, last: bool, json: bool) -> Option<String> {
        let gates = [
            self.rules.answers.prompt_gate(&self.rules.tools),
            self.rules.answers.canary_gate(&self.rules.tools),
        ];
        let prompt = self.prompt(gates[0]);
        let canaries: &[String] = if gates[1] == Gate::Allow { &[] } else { &self.rules.canaries };
        if prompt.is_empty() && canaries.is_empty() {
            return None;
        }
        // Nothing is removed from JSON: what lies between two of its words may be structure.
        let takes = gates.map(|gate| gate >= Gate::Ask && !json);
        let instead = words::left_out(self.lang());
        let secrets = Secrets { prompt: &prompt, canaries, takes: takes.into(), instead: &instead };
        let out = kept(keeper, &secrets, text, last);
        let heard = [("answer.prompt", keeper.disclosed), ("answer.canary", keeper.sung)];
        for ((rule, heard), gate) in heard.into_iter().zip(gates) {
            if heard && self.told.insert(rule) {
                self.tell(rule, gate);
            }
        }
        Some(out)
    }

    /// The runs of the operator's prompt that occur nowhere else in the conversation.
    fn prompt(&mut self, gate: Gate) -> Arc<Prompt> {
        if let Some(known) = &self.prompt {
            return Arc::clone(known);
        }
        let instructed = self.request.as_ref().is_some_and(|request| request.is_instructed());
        let known = if instructed && gate != Gate::Allow { self.known() } else { None };
        let sources = || known.iter().flat_map(|known| &known.context.sources);
        let own = sources().filter(|source| matches!(source.role, Role::System | Role::Developer));
        let open = sources().filter(|source| {
            !matches!(source.role, Role::System | Role::Developer | Role::Assistant | Role::ToolDefinition)
        });
        let prompt =
            Arc::new(Prompt::of(own.map(|source| &*source.index), open.map(|source| &*source.index)));
        self.prompt = Some(Arc::clone(&prompt));
        prompt
    }

    fn tell(&mut self, rule: &str, gate: Gate) {
        self.tell_of(rule, gate, (Vec::new(), Vec::new()), json!({ "rule": rule }));
    }

    fn tell_of(
        &mut self,
        rule: &str,
        gate: Gate,
        (carries, overlaps): (Vec<Carried>, Vec<OverlapRecord>),
        details: Value,
    ) {
        let decision = match gate {
            Gate::Allow | Gate::Observe => "would_ask",
            Gate::Ask => "ask",
            Gate::Block => "block",
        };
        let (rule, decision, form) = (rule.to_owned(), decision.to_owned(), "text".to_owned());
        self.note(AnswerFinding { rule, decision, form, carries, overlaps }, details);
    }

    fn decide(&mut self, found: &Found<'_>, written: &str, target: &Target) -> LinkDecision {
        let key = (found.fetched, target.url.clone());
        if let Some(known) = self.decided.get(&key) {
            return *known;
        }
        let ground = Ground { known: self.known(), minted: &self.minted, cited: &self.cited };
        let declared = self.rules.answers.declares(&target.host);
        let (facts, overlaps) = facts::of(&ground, found.fetched, written, target, declared);
        let decision = decide_link(&self.rules.answers, &self.rules.tools, &facts);
        if self.decided.len() < MOST_KNOWN {
            self.decided.insert(key, decision);
        }
        if let Some(doubt) = decision.doubt() {
            self.note(
                AnswerFinding {
                    rule: doubt.id().to_owned(),
                    decision: decision.id().to_owned(),
                    form: found.form.id().to_owned(),
                    carries: facts.carries,
                    overlaps,
                },
                json!({ "rule": doubt.id(), "address": written, "host": target.host }),
            );
        }
        decision
    }

    fn note(&mut self, finding: AnswerFinding, details: Value) {
        if self.listed < MOST_FOUND {
            self.listed += 1;
            self.seen.found.push(finding);
            self.seen.details.push(details);
        } else {
            self.seen.more += 1;
        }
    }

    /// The user's language.
    fn lang(&self) -> Lang {
        self.known().map_or(self.rules.lang, |known| question::language(&known.turns, self.rules.lang))
    }
}

/// One text of a response that arrives in pieces.
#[derive(Debug, Default)]
pub struct Voice {
    keeper: Keeper,
    documents: Keeper,
    scanner: Scanner,
    json: bool,
    /// The text so far, where it is judged at its end.
    heard: String,
}

/// Maximum size of a text collected for judging, in bytes.
const MOST_HEARD: usize = 64 * 1024;

impl Voice {
    /// Sets whether the text is JSON; call before the first piece.
    pub fn set_json(&mut self, json: bool) {
        self.json = json;
        self.scanner.set_json(json);
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        let kept = [self.keeper.pending(), self.documents.pending(), self.scanner.pending()];
        kept.iter().any(|pending| !pending.is_empty())
    }

    fn listen(&mut self, text: &str) {
        let room = MOST_HEARD.saturating_sub(self.heard.len()).min(text.len());
        self.heard.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
    }

    /// Judges the collected text at its end.
    fn judge(&mut self, guard: &mut Guard) {
        let heard = std::mem::take(&mut self.heard);
        if guard.only_listens() {
            guard.judge(&heard);
        }
        guard.judge_others(&heard);
        guard.judge_documents(&heard);
    }

    /// What may be sent of the next piece.
    pub fn say(&mut self, text: &str, last: bool, guard: &mut Guard) -> String {
        let hears = guard.hears();
        if hears {
            self.listen(text);
        }
        let only = guard.only_listens();
        let kept = if only { None } else { guard.keep(&mut self.keeper, text, last, self.json) };
        let text = kept.as_deref().unwrap_or(text);
        let kept = guard.keep_documents(&mut self.documents, text, last, self.json);
        let text = kept.as_deref().unwrap_or(text);
        let mut out = String::with_capacity(text.len());
        self.scanner.push(text, &mut |found| guard.watch(found), &mut out);
        if last {
            self.scanner.finish(&mut |found| guard.watch(found), &mut out);
        }
        if last && hears {
            self.judge(guard);
        }
        out
    }
}

/// What a keeper releases of the next piece.
fn kept(keeper: &mut Keeper, secrets: &Secrets<'_>, text: &str, last: bool) -> String {
    let mut out = String::with_capacity(text.len());
    keeper.push(secrets, text, &mut out);
    if last {
        keeper.finish(secrets, &mut out);
    }
    out
}

/// Contexts larger than this, in bytes, are read without blocking the threads that serve connections.
const HEAVY: usize = 64 * 1024;

/// Runs work that reads `weight` bytes; if that is a lot, another thread serves connections meanwhile.
pub fn aside<T>(weight: usize, work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) if weight > HEAVY => block_in_place(work),
        _ => work(),
    }
}

fn rank(decision: LinkDecision) -> (u8, bool) {
    let data = decision.doubt().is_some_and(ombud_core::gate::LinkDoubt::is_data);
    let rank = match decision {
        LinkDecision::Keep => 0,
        LinkDecision::Note(_) => 1,
        LinkDecision::Show(_) => 2,
        LinkDecision::Remove(_) => 3,
    };
    (rank, data)
}

#[cfg(test)]
mod tests;
