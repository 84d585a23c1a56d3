//! The way out: what a model's answer points to, and what it would carry there.

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

/// Findings of one answer that are recorded one by one.
const MOST_FOUND: usize = 32;

/// How many addresses of one answer are remembered, so that each is decided once.
const MOST_KNOWN: usize = 1024;

/// What the provider's own search returned, that is remembered.
const MOST_CITED: usize = 1024;

/// What answers are watched by.
pub struct Rules {
    answers: AnswerPolicy,
    tools: ToolPolicy,
    lang: Lang,
    /// Canaries as they are compared.
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

/// Watches what one answer points to.
pub struct Guard {
    rules: Arc<Rules>,
    attributor: Arc<Attributor>,
    request: Option<Arc<Asked>>,
    minted: Arc<Minted>,
    decided: HashMap<(Fetched, String), LinkDecision>,
    cited: BTreeSet<String>,
    /// What the system prompt says, once it is needed.
    prompt: Option<Arc<Prompt>>,
    /// What was retrieved says, once it is needed.
    documents: Option<Arc<Prompt>>,
    /// What tokens stand for in this answer, once it is known.
    veiled: Option<Arc<Minted>>,
    /// The same in the arguments of tools that must not be given all.
    masked: HashMap<String, Arc<Minted>>,
    told: BTreeSet<&'static str>,
    /// Findings that were listed so far.
    listed: usize,
    /// What was found since it was last taken.
    pub seen: Seen,
}

/// What was found in one answer.
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
    /// A guard of the answer to a request; `None` where the request could not be read.
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

    /// What stands in the place of something that points somewhere; `None` leaves it.
    pub fn watch(&mut self, found: &Found<'_>) -> Option<String> {
        let targets = found.targets.iter().filter_map(|written| Some((written, target::read(written)?)));
        let decided = targets.map(|(written, target)| (self.decide(found, written, &target), target));
        // Of several addresses in one tag the worst counts.
        let (decision, target) =
            decided.collect::<Vec<_>>().into_iter().max_by_key(|(decision, _)| rank(*decision))?;
        words::instead(found, &target, decision, self.lang())
    }

    /// A whole text with what takes the place of what it points to; `None` if it stays as it is.
    pub fn whole(&mut self, text: &str, json: bool) -> Option<String> {
        let mut voice = Voice::default();
        voice.set_json(json);
        let out = voice.say(text, true, self);
        (out != text).then_some(out)
    }

    /// Whether a told prompt is only to be noted, and nothing else is looked for: then the whole text is judged at its end.
    fn only_listens(&self) -> bool {
        let gate = self.rules.answers.prompt_gate(&self.rules.tools);
        let sings = self.rules.answers.canary_gate(&self.rules.tools) != Gate::Allow
            && !self.rules.canaries.is_empty();
        gate < Gate::Ask && !sings
    }

    /// Whether a text has to be kept until it is judged: there is a prompt to tell, and none was told yet.
    fn listens(&self) -> bool {
        let gate = self.rules.answers.prompt_gate(&self.rules.tools);
        let instructed = self.request.as_ref().is_some_and(|request| request.is_instructed());
        instructed && gate != Gate::Allow && !self.told.contains("answer.prompt")
    }

    /// Whether the whole text is judged at its end.
    fn hears(&self) -> bool {
        let answers = &self.rules.answers;
        let silent = answers.others_gate() == Gate::Allow && answers.knowledge_gate() == Gate::Allow;
        self.request.is_some() && (!silent || self.only_listens() && self.listens())
    }

    /// What tokens stand for in an answer: where nothing of others may be told, their values are left out.
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

    /// Whether any tool must not be given all.
    pub fn masks(&self) -> bool {
        !self.minted.is_empty() && self.rules.tools.tools.values().any(|rule| !rule.redact.is_empty())
    }

    /// What tokens stand for in the arguments of a tool that must not be given all; `None` for every other.
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

    /// A call as the agent gets it.
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

    /// Takes note of what others brought into the conversation.
    fn judge_others(&mut self, text: &str) {
        let gate = self.rules.answers.others_gate();
        if gate == Gate::Allow || self.told.contains("answer.others") {
            return;
        }
        let minted = Arc::clone(&self.minted);
        let said = others::said(&minted, text);
        let veiled = gate >= Gate::Ask && others::is_veiled(text, self.lang());
        // Most answers hold nothing of the kind: then the context is not read for them.
        if said.is_empty() && !veiled && !others::may_hold_an_address(text) {
            return;
        }
        // And most say only what the user has said: a look tells that.
        if !veiled && self.request.as_ref().is_some_and(|request| others::are_users(request, text, &said)) {
            return;
        }
        let ground = Ground { known: self.known(), minted: &minted, cited: &self.cited };
        let told = others::told(&ground, text, &said);
        if told.is_some() || veiled {
            let (values, overlaps) = told.unwrap_or_default();
            self.told.insert("answer.others");
            // What left in the clear has no token by which it could be left out.
            let gate = if veiled { gate } else { Gate::Observe };
            let details = json!({ "rule": "answer.others", "values": values });
            self.tell_of("answer.others", gate, (vec![Carried::Personal], overlaps), details);
        }
    }

    /// Takes note of a long copy of what was retrieved.
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

    /// What was retrieved says.
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

    /// What of a text may be said of what was retrieved.
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

    /// Takes note of a text that tells the prompt. The runs of the prompt alone decide first, as they cost little: what others
    /// in the conversation said too can only make them fewer.
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

    /// What of a text may be said at all.
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
        // In a document nothing is taken out: what lies between two words of it belongs to its form.
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

    /// What the operator's prompt says and nothing else in the conversation does.
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

/// One text of an answer that comes in pieces.
#[derive(Debug, Default)]
pub struct Voice {
    keeper: Keeper,
    documents: Keeper,
    scanner: Scanner,
    json: bool,
    /// What was said so far, where it is only listened to.
    heard: String,
}

/// Bytes of a text that are listened to.
const MOST_HEARD: usize = 64 * 1024;

impl Voice {
    /// Says whether the text is JSON, before the first piece.
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

    /// The text ends: what was heard is judged.
    fn judge(&mut self, guard: &mut Guard) {
        let heard = std::mem::take(&mut self.heard);
        if guard.only_listens() {
            guard.judge(&heard);
        }
        guard.judge_others(&heard);
        guard.judge_documents(&heard);
    }

    /// What may go out of the next piece.
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

/// What a keeper lets out of the next piece.
fn kept(keeper: &mut Keeper, secrets: &Secrets<'_>, text: &str, last: bool) -> String {
    let mut out = String::with_capacity(text.len());
    keeper.push(secrets, text, &mut out);
    if last {
        keeper.finish(secrets, &mut out);
    }
    out
}

/// Contexts with more text than this are read off the threads that serve connections.
const HEAVY: usize = 64 * 1024;

/// Does work that reads so many bytes; others are served by another thread meanwhile, if it is much.
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
