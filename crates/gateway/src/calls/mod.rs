//! The tool calls of a response: what each would do, where its values appear in the context, and what becomes of it.

pub mod approve;
pub mod arguments;
pub mod facts;
pub mod held;
#[cfg(test)]
mod hostile;
mod posed;
pub mod question;
pub mod recent;
pub(crate) mod recorded;
pub(crate) mod released;
mod yes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::event::{ArgumentRecord, LaidRecord, Voice, WeighedRecord};
use ombud_core::gate::{CallDecision, CallFacts, Limits, ToolPolicy, decide_call};
use ombud_core::intent::Intent;
use ombud_core::{Exchange, Lang, Origin, Role};
use ombud_detect::mask::Minted;

use crate::approvals::Approvals;
use crate::attribute::constant::Constant;
use crate::attribute::declared::Sources;
use crate::attribute::envelope;
use crate::attribute::index::{self, Index};
use crate::attribute::{Attributor, Context};
use crate::caller::Caller;
use crate::daily::Daily;
use crate::gateway::Gateway;
use crate::lock::locked;
use crate::wire::Wire;
use crate::wire::answer::ToolCall;
use crate::wire::json::{Doc, Keys, Node};
use approve::{Approver, Codes, Spent};
use arguments::Arguments;
use recent::{Recent, Whose};
use recorded::{details, records, weighed};
use released::{Counted, Released};

/// Requests up to this many bytes stay parsed while waiting for the response, which may take minutes; the parsed form takes about
/// five times as much.
const MOST_KEPT: usize = 16 * 1024;

/// Judges the calls of one response. Nothing is prepared before there is a call.
pub struct Judge {
    /// The request as the agent sent it, if it has tools.
    request: Option<Arc<Asked>>,
    asker: Asker,
    /// Whether third-party text in it shows signs of injection.
    signs: bool,
    /// Calls of this response that were released, so that parallel calls share the same limits as sequential ones.
    released: Mutex<Released>,
    /// The gateway around it.
    around: Option<Around>,
}

/// What a judge uses of the gateway around it.
struct Around {
    /// Approvals from outside the conversation.
    outside: Option<Arc<dyn Approvals>>,
    /// What the client has done today, if a limit depends on it.
    daily: Option<Arc<dyn Daily>>,
    /// The calls of the last minute and the totals of sessions.
    recent: Arc<Recent>,
    /// The gateway's clock when the request came, and the instant at which it was read.
    began: (Duration, Instant),
}

impl Around {
    fn now(&self) -> Duration {
        self.began.0 + self.began.1.elapsed()
    }
}

/// A request as the agent sent it, parsed only when its response is examined.
pub struct Asked {
    wire: Wire,
    body: Bytes,
    client: String,
    /// Whether it contains the operator's own prompt.
    instructed: bool,
    /// What is known about its texts beyond their content.
    beside: Known,
    exchange: OnceLock<Option<Arc<Exchange>>>,
    prepared: OnceLock<Option<Prepared>>,
}

/// What is known about the texts of a request beyond their content.
enum Known {
    Nothing,
    /// What a gateway knows now.
    Now(Beside),
    /// What a gateway knew when the call was recorded.
    Then(Vec<LaidRecord>),
}

impl Known {
    fn mark(&self, context: &mut Context, exchange: &Exchange) {
        match self {
            Self::Nothing => {}
            Self::Now(beside) => beside.mark(context, exchange),
            Self::Then(laid) => context.lay_again(laid),
        }
    }

    /// Whether it may attribute a part of a user's turn to somebody else.
    fn may_tell_of_turns(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Now(beside) => beside.sources.knows(&beside.tenant),
            Self::Then(laid) => !laid.is_empty(),
        }
    }
}

/// What a gateway knows about the texts of a request beyond their content: the origins that its agent declares, and what is new
/// in its system prompts.
pub struct Beside {
    sources: Arc<Sources>,
    constant: Constant,
    tenant: String,
    session: String,
}

impl Beside {
    /// Gathers what a gateway knows about a caller's texts.
    pub fn of(gateway: &Gateway, caller: &Caller, exchange: &Exchange) -> Self {
        let (tenant, session) = (caller.tenant.clone(), caller.session.clone());
        let sources = Arc::clone(&gateway.sources);
        sources.saw(&tenant, exchange);
        Self { sources, constant: constant(gateway, caller, exchange), tenant, session }
    }

    fn mark(&self, context: &mut Context, exchange: &Exchange) {
        for source in &mut context.sources {
            let new = self.constant.passages(source.slot, &source.index);
            source.lay_under(new);
        }
        self.sources.mark(&self.tenant, &self.session, context, exchange);
    }
}

impl Asked {
    /// Creates a request of a client.
    pub fn new(wire: Wire, body: Bytes, client: &str) -> Self {
        Self {
            wire,
            body,
            client: client.to_owned(),
            instructed: true,
            beside: Known::Nothing,
            exchange: OnceLock::new(),
            prepared: OnceLock::new(),
        }
    }

    /// Adds what a gateway knows about its texts.
    #[must_use]
    pub fn beside(self, beside: Beside) -> Self {
        Self { beside: Known::Now(beside), ..self }
    }

    /// Adds the passages that the record of a call preserved.
    #[must_use]
    pub fn laid(self, laid: Vec<LaidRecord>) -> Self {
        Self { beside: Known::Then(laid), ..self }
    }

    /// Keeps the parsed request if it is small enough to hold until its response arrives: parsing it again costs more than most
    /// responses do.
    #[must_use]
    pub fn read(self, exchange: Exchange) -> Self {
        let kept = exchange.body.len() <= MOST_KEPT;
        Self { exchange: if kept { Some(Arc::new(exchange)).into() } else { OnceLock::new() }, ..self }
    }

    /// Sets whether the operator's own prompt is in it.
    #[must_use]
    pub fn instructed(self, instructed: bool) -> Self {
        Self { instructed, ..self }
    }

    /// Whether it may contain the operator's own prompt.
    pub fn is_instructed(&self) -> bool {
        self.instructed
    }

    /// Returns its size in bytes, a measure of the cost of parsing it.
    pub fn weight(&self) -> usize {
        self.body.len()
    }

    /// Returns the operator's own texts in it.
    pub fn instructions(&self, attributor: &Attributor) -> Vec<Arc<Index>> {
        let read = self.exchange();
        read.map(|exchange| attributor.instructions(&self.client, exchange)).unwrap_or_default()
    }

    /// Whether it offers a tool of this name.
    pub fn offers(&self, name: &str) -> bool {
        self.exchange().is_some_and(|exchange| exchange.tools.iter().any(|tool| tool.name == name))
    }

    /// Whether each of these values appears in a turn that is the user's from beginning to end. `false` is inconclusive: only a
    /// cheap check is made, which is enough for most responses.
    pub fn are_users(&self, values: &BTreeSet<&str>) -> bool {
        let Some(exchange) = self.exchange().filter(|_| !self.beside.may_tell_of_turns()) else {
            return false;
        };
        let turns =
            || exchange.slots.iter().filter(|slot| slot.role == Role::User && slot.origin == Origin::User);
        let own = |value: &&str| {
            turns()
                .any(|turn| index::stands_in(&turn.text, value) && envelope::passages(&turn.text).is_empty())
        };
        values.iter().all(own)
    }

    /// Returns the parsed request; `None` if it cannot be parsed again.
    fn exchange(&self) -> Option<&Arc<Exchange>> {
        let read = || self.wire.parse(self.body.clone()).ok().map(Arc::new);
        self.exchange.get_or_init(read).as_ref()
    }

    /// Returns the request with its texts prepared.
    pub fn prepared(&self, attributor: &Attributor) -> Option<&Prepared> {
        let read =
            || Some(Prepared::new(attributor, &self.client, Arc::clone(self.exchange()?), &self.beside));
        self.prepared.get_or_init(read).as_ref()
    }
}

/// Returns the constant part of the system prompts of a request. Without tools nothing depends on it.
fn constant(gateway: &Gateway, caller: &Caller, exchange: &Exchange) -> Constant {
    if !exchange.has_tools() {
        return Constant::default();
    }
    let subject = caller.subject.as_deref().unwrap_or_default();
    let whose = format!("{}/{subject}/{}", caller.client, caller.session);
    let prompts = gateway.attributor.prompts(&caller.client, exchange);
    gateway.prompts.turn(&whose, exchange, &prompts)
}

/// Who sent the request.
enum Asker {
    /// A caller of the gateway, with what was released by codes; its codes are derived only once there is a call.
    Caller(Caller, Arc<Spent>),
    /// A fixed approver that makes the codes.
    Fixed(Box<Approver>),
}

impl Asker {
    /// Returns the scope of the per-minute count, computed on demand because most responses hold no call.
    fn whose(&self) -> Whose {
        match self {
            // Without a session the calls of all users of a client would count as one conversation: then they share only the
            // minute.
            Self::Caller(caller, _) => Whose { scope: caller.scope(), sums: !caller.session.is_empty() },
            Self::Fixed(_) => Whose { scope: String::new(), sums: false },
        }
    }

    /// Returns the client for the daily counts.
    fn client(&self) -> &str {
        match self {
            Self::Caller(caller, _) => &caller.client,
            Self::Fixed(_) => "",
        }
    }

    fn approver(&self) -> Approver {
        match self {
            Self::Caller(caller, spent) => caller.approver().counting(spent),
            Self::Fixed(fixed) => (**fixed).clone(),
        }
    }
}

/// A request prepared for judging.
pub struct Prepared {
    /// The request.
    pub exchange: Arc<Exchange>,
    /// Its prepared texts.
    pub context: Context,
    /// The user's own words by turn, folded, with the turn's offset in the body.
    pub turns: Vec<(usize, String)>,
    /// What the user asks for, computed once a call is judged.
    intent: OnceLock<Intent>,
    /// The effect class of each tool that the request offers, computed once a call is judged.
    effects: OnceLock<BTreeMap<String, Effect>>,
    /// Values the model used before any third-party text appeared, computed once a call is judged.
    before: OnceLock<BTreeSet<String>>,
    /// The messages that the user points to, computed once a call is judged.
    pointed: OnceLock<facts::Pointed>,
}

impl Prepared {
    fn new(attributor: &Attributor, client: &str, exchange: Arc<Exchange>, beside: &Known) -> Self {
        let mut context = attributor.context(client, &exchange);
        beside.mark(&mut context, &exchange);
        let turns = context.user_turns();
        let (intent, effects, before, pointed) = Default::default();
        Self { exchange, context, turns, intent, effects, before, pointed }
    }

    /// Returns the folded arguments of calls made before any third-party text appeared.
    pub(crate) fn known_before(&self) -> &BTreeSet<String> {
        self.before.get_or_init(|| facts::used_before(self))
    }

    /// Returns the messages that the user points to.
    pub(crate) fn pointed(&self) -> &facts::Pointed {
        self.pointed.get_or_init(|| facts::Pointed::of(self))
    }

    /// Returns the effect class of a tool by its definition in the request, or by its name alone if it is no longer offered.
    pub(crate) fn effect_of(&self, tool: &str) -> Effect {
        let read = || {
            let offered = self.exchange.tools.iter();
            offered
                .map(|tool| (tool.name.clone(), Definition::of(&tool.name, Some(self)).effect(&tool.name)))
                .collect()
        };
        let known = self.effects.get_or_init(read).get(tool).copied();
        known.unwrap_or_else(|| classify(tool, Hints::default()))
    }

    /// Creates a request without user intent, as the tool edge sees it.
    pub(crate) fn without_user(exchange: Exchange, context: Context) -> Self {
        let intent = Intent::of(std::iter::empty::<&str>()).into();
        let (turns, effects, before, pointed) = Default::default();
        Self { exchange: Arc::new(exchange), context, turns, intent, effects, before, pointed }
    }

    /// Returns what the user's own words ask for, computed on demand because most responses hold no call.
    pub fn intent(&self) -> &Intent {
        self.intent.get_or_init(|| self.context.intent())
    }
}

/// The outcome of judging a call.
pub struct Judgement {
    /// The effect class of the call.
    pub effect: Effect,
    /// The decision.
    pub decision: CallDecision,
    /// Where its arguments appear in the context, without content.
    pub arguments: Vec<ArgumentRecord>,
    /// The same with content, for the encrypted payload: JSON.
    pub details: Vec<u8>,
    /// The text that replaces the call if it is not released.
    pub text: Option<String>,
    /// The item for a question about several calls, with the code that releases the call, if the user may decide.
    pub asked: Option<(String, String)>,
    /// The code for an approval from outside the conversation, if anybody is asked.
    pub waits: Option<String>,
    /// The full mark of the call.
    pub stands: String,
    /// The language in which the user is addressed.
    pub lang: Lang,
    /// How it was decided.
    pub weighed: WeighedRecord,
}

impl Judge {
    /// Creates a judge for the response to a request. `signs` says whether the request shows signs of injection.
    pub fn new(request: Option<Arc<Asked>>, caller: &Caller, spent: &Arc<Spent>, signs: bool) -> Self {
        Self {
            request,
            asker: Asker::Caller(caller.clone(), Arc::clone(spent)),
            signs,
            released: Mutex::default(),
            around: None,
        }
    }

    /// Places the judge in a gateway, where approvals may also come from outside the conversation and calls are counted per
    /// minute.
    #[must_use]
    pub fn within(self, gateway: &Gateway) -> Self {
        let outside = gateway.approvals.get().map(Arc::clone);
        let (recent, began) = (Arc::clone(&gateway.recent), (gateway.elapsed(), Instant::now()));
        let daily = gateway.daily.get().filter(|_| gateway.config.tools.limits.has_day()).map(Arc::clone);
        Self { around: Some(Around { outside, daily, recent, began }), ..self }
    }

    fn outside(&self) -> Option<&Arc<dyn Approvals>> {
        self.around.as_ref()?.outside.as_ref()
    }

    /// Counts a released call.
    fn count(&self, policy: &ToolPolicy, released: &mut Released, call: Counted) {
        released.add(call);
        let counts = policy.limits != Limits::default() || policy.workflow.ordered;
        if let Some(around) = self.around.as_ref().filter(|_| counts) {
            around.recent.add(&self.asker.whose(), around.now(), call);
            if let Some(daily) = &around.daily {
                daily.add(self.asker.client(), call.readable_money());
            }
        }
    }

    /// Returns what a call counts towards the limits, and puts the totals including it into its facts.
    fn counted(
        &self,
        policy: &ToolPolicy,
        released: &Released,
        facts: &mut CallFacts,
        call: &ToolCall,
        arguments: &Arguments,
    ) -> Counted {
        let counted = released.counted(&call.tool, facts.effect, arguments);
        facts.done = released.with(facts.done, counted);
        if let Some(around) = &self.around {
            facts.done = around.recent.beside(&self.asker.whose(), around.now(), facts.done, counted);
            if let Some(daily) = &around.daily {
                facts.done = daily.today(self.asker.client()).beside(facts.done, counted);
            }
        }
        counted.to_step(policy.reached(facts.done.reached, &call.tool))
    }

    /// Returns the answer given outside the conversation, if any.
    fn said_outside(&self, codes: &Codes) -> Option<bool> {
        let outside = self.outside()?;
        codes.codes.iter().find_map(|code| outside.said(code, &codes.stands()))
    }

    /// Creates a judge without a gateway around it.
    pub fn alone(request: Option<(Wire, Bytes)>, client: &str, approver: Approver) -> Self {
        Self::with(request.map(|(wire, body)| Asked::new(wire, body, client)), approver)
    }

    /// The same, for a request about which more is known.
    pub fn with(request: Option<Asked>, approver: Approver) -> Self {
        let request = request.map(Arc::new);
        let asker = Asker::Fixed(Box::new(approver));
        Self { request, asker, signs: false, released: Mutex::default(), around: None }
    }

    /// Returns the size in bytes of the request to be read.
    pub fn weight(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.weight())
    }

    /// Remembers a question as shown to the user, with the mark and code of each of its calls.
    pub fn pose(&self, question: &str, calls: &[(String, String)]) {
        self.asker.approver().pose(question, calls);
    }

    /// Decides on a call.
    pub fn judge(
        &self,
        attributor: &Attributor,
        policy: &ToolPolicy,
        minted: &Minted,
        call: &ToolCall,
        lang: Lang,
    ) -> Judgement {
        let began = Instant::now();
        let prepared = self.request.as_ref().and_then(|request| request.prepared(attributor));
        let arguments = Arguments::of(call);
        let definition = Definition::of(&call.tool, prepared);
        let effect = effect_of(policy, &definition, call, &arguments);
        let maker = self.asker.approver();
        let codes = maker.codes(&call.tool, &arguments.canonical);
        let stands = codes.stands();
        let approved = prepared.is_some_and(|known| {
            approve::is_given(&codes.codes, &known.turns, &known.exchange, &call.tool, &arguments.canonical)
        });
        let (mut facts, overlaps) =
            facts::of(prepared, effect, call, &arguments, minted, &definition.description, approved);
        (facts.signs, facts.offered) = (self.signs, prepared.is_some());
        facts.guarded |= facts::reaches_kept(effect, &arguments.leaves, &policy.kept);
        facts.done.reached = reached(policy, prepared);
        let mut released = locked(&self.released);
        let counted = self.counted(policy, &released, &mut facts, call, &arguments);
        facts.met = policy.met(&call.tool, &facts, &arguments.canonical);
        // First without an approval, so that one is used only where it is required.
        let given = std::mem::take(&mut facts.approved);
        let mut decision = decide_call(policy, &call.tool, &facts);
        let always = decision.values().map(|values| maker.standing(&call.tool, &values));
        if let (Some(always), Some(known)) = (&always, prepared)
            && approve::is_standing(always, &known.turns)
        {
            facts.standing = true;
            decision = decide_call(policy, &call.tool, &facts);
        }
        let ask = |once: &str, lang| {
            let codes = question::Codes { once, always: always.as_deref() };
            question::text(&decision, &call.tool, effect, &call.arguments, codes, lang)
        };
        let mut by = Voice::Conversation;
        let asks = matches!(decision, CallDecision::Ask(_));
        if asks {
            match self.said_outside(&codes) {
                // A no from outside overrides a yes in the conversation, and the code no longer releases anything.
                Some(false) => drop(maker.spend(&codes)),
                Some(true) => (facts.approved, facts.outside, by) = (true, true, Voice::Outside),
                None => {
                    facts.approved =
                        given || prepared.is_some_and(|known| agreed(known, &maker, &codes, ask));
                }
            }
            decision = decide_call(policy, &call.tool, &facts);
        }
        let mut needed = asks && decision.releases();
        if let Some(outside) = self.outside().filter(|_| needed) {
            codes.codes.iter().for_each(|code| outside.settled(code));
        }
        if needed && !maker.spend(&codes) {
            (facts.approved, needed) = (false, false);
            decision = decide_call(policy, &call.tool, &facts);
        }
        if decision.releases() {
            self.count(policy, &mut released, counted);
        }
        drop(released);
        let lang = prepared.map_or(lang, |known| question::language(&known.turns, lang));
        let code = maker.code(&call.tool, &arguments.canonical);
        let codes = question::Codes { once: &code, always: always.as_deref() };
        let text = question::text(&decision, &call.tool, effect, &call.arguments, codes, lang);
        let asked = question::item(&decision, &call.tool, effect, &call.arguments, lang);
        let by = needed.then_some(by);
        let details = details(call, effect, (&decision, &facts), &overlaps, prepared, &stands);
        let (arguments, left_out) = records(overlaps);
        Judgement {
            weighed: weighed((policy, &call.tool, &facts), &decision, (by, left_out), began),
            details,
            arguments,
            effect,
            waits: matches!(decision, CallDecision::Ask(_)).then(|| code.clone()),
            decision,
            text,
            asked: asked.map(|item| (item, code)),
            stands,
            lang,
        }
    }
}

/// Whether the user has just given a plain yes to the question about this call, in whichever language and half hour it was asked,
/// or to a question about several calls that include it.
fn agreed(
    known: &Prepared,
    maker: &Approver,
    codes: &Codes,
    ask: impl Fn(&str, Lang) -> Option<String>,
) -> bool {
    let Some(said) = approve::agreed_to(&known.turns, &known.exchange) else { return false };
    let mut ways =
        [Lang::En, Lang::Zh].into_iter().flat_map(|lang| codes.codes.iter().map(move |code| (code, lang)));
    ways.any(|(code, lang)| ask(code, lang).is_some_and(|question| question.trim() == said))
        || maker.is_posed(said, codes)
}

/// Returns the step of an ordered workflow that the calls in the history have reached.
fn reached(policy: &ToolPolicy, prepared: Option<&Prepared>) -> u32 {
    let calls = prepared.map(|known| known.exchange.calls.as_slice()).unwrap_or_default();
    policy.reached_by(calls.iter().map(|call| call.tool.as_str()))
}

/// Returns the effect class of a call. Arguments that cannot be read may do anything.
fn effect_of(policy: &ToolPolicy, definition: &Definition, call: &ToolCall, arguments: &Arguments) -> Effect {
    let known = policy.effect(&call.tool).unwrap_or_else(|| arguments.effect(definition.effect(&call.tool)));
    let readable = call.sound && call.complete && (arguments.readable || facts::is_free(arguments));
    if readable { known } else { known.or_worse(Effect::Unknown) }
}

/// Recomputes the facts about a recorded call under the current policy, whose declared effects determine what the arguments mean.
/// Whether the user approved the call then is not known here.
pub fn facts_again(
    request: &Asked,
    attributor: &Attributor,
    policy: &ToolPolicy,
    call: &ToolCall,
) -> CallFacts {
    let prepared = request.prepared(attributor);
    let definition = Definition::of(&call.tool, prepared);
    let (arguments, none) = (Arguments::of(call), Minted::default());
    let effect = effect_of(policy, &definition, call, &arguments);
    let mut facts = facts::of(prepared, effect, call, &arguments, &none, &definition.description, false).0;
    facts.offered = prepared.is_some();
    facts.done.reached = reached(policy, prepared);
    facts.guarded |= facts::reaches_kept(effect, &arguments.leaves, &policy.kept);
    facts.met = policy.met(&call.tool, &facts, &arguments.canonical);
    facts
}

/// A tool's definition in a request: its description and the names of its arguments.
#[derive(Default)]
struct Definition {
    description: String,
    arguments: Vec<String>,
}

impl Definition {
    fn of(tool: &str, prepared: Option<&Prepared>) -> Self {
        let find = |known: &Prepared| {
            let offered = known.exchange.tools.iter().find(|offered| offered.name == tool)?;
            let definition = known.exchange.body.get(offered.definition.clone())?;
            Some(Self::read(&Doc::parse(definition, Keys::Any).ok()?))
        };
        prepared.and_then(find).unwrap_or_default()
    }

    fn read(doc: &Doc<'_>) -> Self {
        let description = doc.get_str(doc.root(), "description").unwrap_or_default().into_owned();
        let mut arguments = Vec::new();
        for key in ["parameters", "input_schema"] {
            if let Some(schema) = doc.get(doc.root(), key) {
                properties(doc, schema, &mut arguments);
            }
        }
        Self { description, arguments }
    }

    fn effect(&self, tool: &str) -> Effect {
        classify(tool, Hints { description: &self.description, arguments: &self.arguments })
    }
}

/// Collects the names of properties anywhere in a schema.
pub(crate) fn properties(doc: &Doc<'_>, schema: Node, names: &mut Vec<String>) {
    for (key, value) in doc.members(schema) {
        if key == "properties" {
            names.extend(doc.members(value).map(|member| member.0.into_owned()));
            doc.members(value).for_each(|member| properties(doc, member.1, names));
        } else if matches!(&*key, "items" | "anyOf" | "oneOf" | "allOf" | "$defs" | "definitions") {
            properties(doc, value, names);
            doc.items(value).for_each(|item| properties(doc, item, names));
            if matches!(&*key, "$defs" | "definitions") {
                doc.members(value).for_each(|member| properties(doc, member.1, names));
            }
        }
    }
}
