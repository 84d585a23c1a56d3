//! `ombud policy explain`: one call, the rule that decided it, and what would change that.

use anyhow::{Result, bail};
use ombud_core::gate::{
    ArgumentFacts, CallDecision, CallFacts, Doubt, Gate, Met, Preset, Ruled, quoted, told, told_unseen,
};
use ombud_core::{Lang, Say, ToolPolicy, say};
use ombud_ledger::read::Reader;
use serde::Serialize;

use super::again::{Again, decide, seen};
use super::recorded::{self, Recorded};
use super::{Explain, Outcome, clean};
use crate::cli::Format;
use crate::output::Terminal;
use crate::{config, journey};

/// A call explained.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    pub(super) call: String,
    pub(super) tool: String,
    /// What was decided, as the log says it.
    pub(super) then: String,
    /// What the policy of now decides; absent if the contents are gone.
    pub(super) now: Option<String>,
    /// The rule that sets the gate.
    pub(super) rule: Option<String>,
    pub(super) gate: Option<Gate>,
    pub(super) facts: Option<CallFacts>,
    /// What each mode and each preset would make of it.
    pub(super) otherwise: Vec<(String, Outcome)>,
    /// Lines of `ombud.toml` that would let it pass.
    pub(super) lines: Option<String>,
}

/// `ombud policy explain`
pub(super) async fn explain(args: &Explain, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let again = Again::by(config::read(args.config.as_deref(), lang)?);
    let mut reader = Reader::open(&config::home()).await?;
    let calls = find(&mut reader, &args.target).await?;
    if calls.is_empty() {
        let target = clean(&args.target);
        bail!(say!(lang,
            en: "there is no tool call `{target}` in this log. `ombud log show` lists the newest entries, `ombud policy test` all calls that come out otherwise",
            zh: "日志中没有工具调用 `{target}`。`ombud log show` 列出最新的记录，`ombud policy test` 列出结果有变化的调用"));
    }
    for call in &calls {
        let explained = explained(&again, call, lang);
        match args.format {
            Format::Json => terminal.out(&serde_json::to_string(&explained)?)?,
            Format::Text => print(&explained, call, terminal)?,
        }
    }
    Ok(0)
}

/// The calls that a word names: an exchange, one call of it, or a call's own id.
async fn find(reader: &mut Reader, target: &str) -> Result<Vec<Recorded>> {
    let whole = recorded::of(reader, target).await?;
    if !whole.is_empty() {
        return Ok(whole);
    }
    let (exchange, id) = target.split_once('/').map_or((target, None), |(exchange, id)| (exchange, Some(id)));
    // The beginning of an exchange's id is enough where only one begins so.
    if let [exchange] = reader.exchanges(exchange, 2).await?.as_slice() {
        let calls = recorded::of(reader, exchange).await?;
        return Ok(calls
            .into_iter()
            .filter(|call| id.is_none_or(|id| call.id.as_deref() == Some(id)))
            .collect());
    }
    let mut named = recorded::all(reader).await?;
    named.retain(|call| call.id.as_deref() == Some(target));
    // An id may come again in another conversation: the newest is meant.
    Ok(named.pop().into_iter().collect())
}

pub(super) fn explained(again: &Again, call: &Recorded, lang: Lang) -> Explained {
    let (policy, known) = (again.policy(), again.facts(call));
    let decision = known.as_ref().map(|facts| decide(policy, call, facts));
    let seen = seen(policy, call);
    let ruled = known.as_ref().map(|facts| seen.ruled_call(&call.tool, facts));
    // What no gate can loosen is told instead of the gate.
    let fixed = known
        .as_ref()
        .zip(decision.as_ref())
        .and_then(|(facts, decision)| Some((Gate::Block, fixed_rule(&seen, &call.tool, facts, decision)?)));
    let otherwise = known.as_ref().map(|facts| otherwise(policy, call, facts)).unwrap_or_default();
    Explained {
        call: call.name(),
        tool: call.tool.clone(),
        then: call.then.clone(),
        now: decision.as_ref().map(CallDecision::id),
        gate: fixed.as_ref().map(|(gate, _)| *gate).or(ruled.map(|(gate, _)| gate)),
        rule: fixed
            .map(|(_, rule)| rule)
            .or_else(|| ruled.map(|(_, rule)| rule_in_words(rule, (call, &seen), known.as_ref(), lang))),
        lines: decision.as_ref().and_then(|decision| lines(call, decision)),
        facts: known,
        otherwise,
    }
}

/// What each mode and each preset would make of a call, everything else as it is.
fn otherwise(policy: &ToolPolicy, call: &Recorded, facts: &CallFacts) -> Vec<(String, Outcome)> {
    // An approval was the answer to a question of then.
    let facts = CallFacts { approved: false, ..facts.clone() };
    let modes =
        [("allow", Gate::Allow), ("observe", Gate::Observe), ("ask", Gate::Ask), ("block", Gate::Block)];
    let with_mode = modes.map(|(name, gate)| {
        (format!("mode = \"{name}\""), ToolPolicy { mode: Some(gate), ..policy.clone() })
    });
    let with_preset = Preset::ALL.map(|(preset, name)| {
        (format!("preset = \"{name}\""), ToolPolicy { mode: None, preset: Some(preset), ..policy.clone() })
    });
    let all = with_mode.into_iter().chain(with_preset);
    all.map(|(name, policy)| (name, Outcome::of(&decide(&policy, call, &facts)))).collect()
}

/// The places in `ombud.toml` that withhold a call whatever its gate is.
fn fixed_rule(policy: &ToolPolicy, tool: &str, facts: &CallFacts, decision: &CallDecision) -> Option<String> {
    match decision.doubts().first()? {
        Doubt::NoStep | Doubt::TooEarly { .. } => Some("[tools] workflow".to_owned()),
        Doubt::Forbidden { category } => {
            let tables = policy.tables(tool).filter(|(_, rule)| rule.forbid.contains(category));
            let tables = tables.map(|(table, _)| format!("[tools.{}] forbid", name(table)));
            let there =
                policy.destinations_of(&facts.arguments).filter(|(_, to)| to.forbid.contains(category));
            let there = there.map(|(to, _)| format!("[tools.destinations.{}] forbid", name(to)));
            Some(tables.chain(there).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn rule_in_words(
    rule: Ruled,
    (call, policy): (&Recorded, &ToolPolicy),
    facts: Option<&CallFacts>,
    lang: Lang,
) -> String {
    let effect = facts.and_then(|facts| serde_json::to_value(facts.effect).ok());
    let effect = effect.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    match rule {
        Ruled::Condition(met) => condition_in_words(met, &call.tool, policy),
        Ruled::Tool => {
            let table = policy.tables(&call.tool).find(|(_, rule)| rule.gate.is_some());
            format!("[tools.{}] gate", name(table.map_or(&*call.tool, |(table, _)| table)))
        }
        Ruled::Effect => format!("[tools.effects] {effect}"),
        Ruled::Mode if call.server.is_some() => {
            say!(lang, en: "[tools] mode, or observing at a tool's edge", zh: "[tools] mode，或工具侧默认只观察")
        }
        Ruled::Mode => "[tools] mode".to_owned(),
        Ruled::Preset => "[tools] preset".to_owned(),
        Ruled::Fresh => say!(lang,
            en: "nothing in ombud.toml: a fresh project asks about whatever acts",
            zh: "ombud.toml 没有相关设置：新项目会对有实际效果的调用先询问"),
    }
}

/// The place of a condition in `ombud.toml`: those of several tables of a tool are counted on.
fn condition_in_words(met: Met, tool: &str, policy: &ToolPolicy) -> String {
    if !met.own {
        return format!("[[tools.when]] {}", met.number);
    }
    let tables =
        policy.tables(tool).flat_map(|(table, rule)| (1..=rule.when.len()).map(move |at| (table, at)));
    let place = usize::try_from(met.number).ok().and_then(|number| number.checked_sub(1));
    let (table, at) = place.and_then(|place| tables.into_iter().nth(place)).unwrap_or((tool, 0));
    format!("[[tools.{}.when]] {at}", name(table))
}

/// A tool's name as a key in TOML.
fn name(tool: &str) -> String {
    serde_json::Value::from(clean(tool)).to_string()
}

/// Lines that let a call pass: its doubtful values as the operator's own, or the tool's own gate.
fn lines(call: &Recorded, decision: &CallDecision) -> Option<String> {
    let fixed = |doubt: &Doubt| {
        matches!(
            doubt,
            Doubt::Forbidden { .. }
                | Doubt::Leaks { .. }
                | Doubt::Condition { .. }
                | Doubt::NoStep
                | Doubt::TooEarly { .. }
                | Doubt::Guardian
                | Doubt::Secret
        )
    };
    if Outcome::of(decision) == Outcome::Allowed || decision.doubts().iter().any(fixed) {
        return None;
    }
    let tool = name(&call.tool);
    let values = decision.values().is_some()
        || matches!(decision, CallDecision::Block(doubts) if doubts.iter().all(|doubt| doubt.place().is_some()));
    if !values {
        return Some(format!("[tools.{tool}]\ngate = \"observe\""));
    }
    let mut given: Vec<String> = Vec::new();
    for (path, value) in decision.doubts().iter().filter_map(|doubt| doubt.place()) {
        let key = path.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap_or_default();
        let line = format!("{} = [{}]", name(key), serde_json::Value::from(value));
        given.extend((!given.contains(&line)).then_some(line));
    }
    Some(format!("[tools.{tool}.arguments]\n{}", given.join("\n")))
}

fn print(explained: &Explained, call: &Recorded, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let told = if call.server.is_some() { told_unseen } else { told };
    let (id, tool, then) = (clean(&explained.call), clean(&explained.tool), told(&explained.then, lang));
    let effect = explained.facts.as_ref().map(|facts| facts.effect).or(call.effect);
    let does = effect.map(|effect| effect.say(lang)).unwrap_or_default();
    terminal.out(&say!(lang, en: "{tool}, which {does}  ({id})", zh: "{tool}（{does}）  {id}"))?;
    terminal.out(&say!(lang, en: "  then: {then}", zh: "  当时：{then}"))?;
    let (Some(now), Some(facts)) = (&explained.now, &explained.facts) else {
        return terminal.tell(&say!(lang,
            en: "  Its contents are erased, so the policy of now cannot be asked. `ombud log trace` shows what the log itself still says.",
            zh: "  内容已删除，无法按当前规则重新判断。`ombud log trace` 可查看日志本身仍保留的信息。"));
    };
    let now = told(now, lang);
    terminal.out(&say!(lang, en: "  now:  {now}", zh: "  现在：{now}"))?;
    if let (Some(rule), Some(gate)) = (&explained.rule, explained.gate) {
        let gate = gate_in_words(gate, lang);
        terminal.out(&say!(lang, en: "  rule: {rule} ({gate})", zh: "  规则：{rule}（{gate}）"))?;
    }
    print_facts(facts, terminal)?;
    print_otherwise(&explained.otherwise, terminal)?;
    if let Some(lines) = &explained.lines {
        terminal.out(
            &say!(lang, en: "To let it pass, ombud.toml has to say (change the key where the table stands there already):", zh: "若要放行，ombud.toml 中应写明（该表已存在时，修改其中的键）："),
        )?;
        lines.lines().try_for_each(|line| terminal.out(&format!("    {line}")))?;
    }
    journey::next("ombud policy test", terminal);
    Ok(())
}

fn gate_in_words(gate: Gate, lang: Lang) -> String {
    match gate {
        Gate::Allow => say!(lang, en: "allow: doubts are not even noted", zh: "allow：不记录疑点"),
        Gate::Observe => {
            say!(lang, en: "observe: doubts are noted, the call is released", zh: "observe：记录疑点并放行")
        }
        Gate::Ask => say!(lang, en: "ask: the user decides", zh: "ask：由用户决定"),
        Gate::Block => say!(lang, en: "block: what is doubtful is withheld", zh: "block：可疑的调用会被拦下"),
    }
}

fn print_facts(facts: &CallFacts, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let wish = if facts.asked {
        say!(lang, en: "the user's words ask for such an effect", zh: "用户的话要求了这类操作")
    } else {
        say!(lang, en: "the user's words do not ask for such an effect", zh: "用户的话没有要求这类操作")
    };
    let others = if facts.tainted {
        say!(lang, en: "third parties' text is in the context", zh: "上下文中有第三方内容")
    } else {
        say!(lang, en: "no third party's text is in the context", zh: "上下文中没有第三方内容")
    };
    terminal.out(&say!(lang, en: "  {wish}; {others}", zh: "  {wish}；{others}"))?;
    if !facts.holds.is_empty() {
        let held: Vec<String> = facts.holds.iter().map(|category| category.say(lang)).collect();
        let held = held.join(if lang == Lang::Zh { "、" } else { ", " });
        terminal.out(&say!(lang, en: "  the arguments hold: {held}", zh: "  参数中含有：{held}"))?;
    }
    for argument in &facts.arguments {
        let (path, part, value) = (clean(&argument.path), argument.part.say(lang), quoted(&argument.value));
        let from = origins(argument, lang);
        terminal.out(
            &say!(lang, en: "  {path}  {part} {value}: {from}", zh: "  {path}  {part} {value}：{from}"),
        )?;
    }
    Ok(())
}

/// Where a value stands, in words.
fn origins(argument: &ArgumentFacts, lang: Lang) -> String {
    let mut from = Vec::new();
    let mut add = |holds: bool, words: String| from.extend(holds.then_some(words));
    add(argument.user, say!(lang, en: "the user's own words", zh: "用户自己的话"));
    add(argument.operator, say!(lang, en: "your own prompts", zh: "开发者的提示词"));
    add(argument.record, say!(lang, en: "a record that the user named", zh: "用户提到的记录"));
    add(argument.listed, say!(lang, en: "a field of a listing", zh: "列表中的一项"));
    if let Some(origin) = &argument.instructed {
        let origin = clean(&origin.say(lang));
        add(true, say!(lang, en: "{origin}, which asks for such a call", zh: "{origin}（其中要求这样做）"));
    } else if let Some(origin) = &argument.outside {
        add(true, clean(&origin.say(lang)));
    }
    if from.is_empty() {
        from.push(say!(lang, en: "appears nowhere in the context", zh: "在上下文中没有出现"));
    }
    from.join(if lang == Lang::Zh { "、" } else { ", " })
}

/// One line for each outcome, with the modes and presets that lead to it.
fn print_otherwise(otherwise: &[(String, Outcome)], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    terminal
        .out(&say!(lang, en: "Under [tools], everything else as it is:", zh: "若只改 [tools] 中的一项："))?;
    for outcome in [Outcome::Allowed, Outcome::Asked, Outcome::Blocked] {
        let with: Vec<&str> =
            otherwise.iter().filter(|(_, other)| *other == outcome).map(|(name, _)| &**name).collect();
        if !with.is_empty() {
            let (outcome, with) = (outcome.say(lang), with.join(", "));
            terminal.out(&say!(lang, en: "  {outcome}: {with}", zh: "  {outcome}：{with}"))?;
        }
    }
    Ok(())
}
