//! The summary that `run` and `serve` print at the end: what was found and masked, who received what, where the log is. It
//! is loudest when nothing came through.

mod outcome;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use ombud_core::flow::{Amount, Flow, FlowMap, Recipient};
use ombud_core::{DataCategory, Lang, Say, say};
use ombud_detect::{Detector, Options};
use ombud_gateway::providers::{LOCAL, Providers};
use ombud_ledger::Reader;

use crate::config;
use crate::output::Terminal;
use crate::tunnel::Visited;
use outcome::Outcome;

/// What one run saw.
pub(crate) struct Seen {
    /// What went through the gateway.
    pub flow: FlowMap,
    /// Connections that bypassed it.
    pub visits: Vec<Visited>,
    /// Whether the model was simulated.
    pub simulated: bool,
    /// Whether the agent ended with an error.
    pub failed: bool,
}

/// Prints the summary of a run: what was seen, and what its log says from entry `first` on. Returns the command that comes
/// next.
pub(crate) async fn print(
    seen: &Seen,
    first: u64,
    agent: &str,
    providers: &Providers,
    terminal: Terminal,
) -> Result<Option<String>> {
    let outcome = since(first).await;
    let inspected = seen.flow.recipients.keys().any(|recipient| recipient.inspected);
    let trouble = outcome.as_ref().and_then(Outcome::trouble);
    if inspected {
        brief(&seen.flow, outcome.as_ref(), seen.simulated, terminal);
    } else if trouble.is_some() {
        terminal.warn(&say!(terminal.lang,
            en: "ombud: no request was sent to a provider: the gateway refused every one that it received",
            zh: "ombud：没有向服务商发送任何请求：到达网关的请求都被拒绝了"));
    } else {
        nothing(providers, seen.failed, terminal)?;
    }
    if let Some(outcome) = &outcome {
        outcome.print(!inspected, terminal);
    }
    bypassed(&seen.visits, terminal);
    Ok(match trouble {
        Some(exchange) => Some(format!("ombud log show {exchange}")),
        // Without a key, most agents exit before they call a model.
        None if !inspected && seen.failed && !seen.simulated && !crate::check::has_key() => {
            Some(format!("ombud run --simulated -- {agent}"))
        }
        None => inspected.then(|| format!("ombud attack -- {agent}")),
    })
}

/// What the log says from an entry on. An unreadable log is reported by the commands that inspect it, and does not make the
/// run fail.
async fn since(first: u64) -> Option<Outcome> {
    let mut reader = Reader::open(&config::home()).await.ok()?;
    Outcome::read(&mut reader, first).await.ok()
}

/// Prints the summary of a server that shuts down.
pub(crate) async fn served(flow: &FlowMap, first: u64, terminal: Terminal) {
    let outcome = since(first).await;
    brief(flow, outcome.as_ref(), false, terminal);
    if let Some(outcome) = outcome {
        outcome.print(false, terminal);
    }
}

/// The lines about what went through the gateway.
fn brief(flow: &FlowMap, outcome: Option<&Outcome>, simulated: bool, terminal: Terminal) {
    let lang = terminal.lang;
    let inspected = flow.recipients.iter().filter(|(who, _)| who.inspected);
    let requests: u64 = inspected.map(|(_, flow)| flow.requests + flow.lost).sum();
    terminal.note(&say!(lang, en: "ombud: {requests} request(s) went through the gateway", zh: "ombud：{requests} 个请求经过了网关"));
    for (recipient, flow) in flow.recipients.iter().filter(|(who, _)| who.inspected) {
        let unread = outcome.is_some_and(|outcome| outcome.unread(&recipient.name));
        terminal.note(&received(&who(recipient, simulated, lang), flow, unread, lang));
    }
    let home = config::home().display().to_string();
    terminal.note(&say!(lang,
        en: "  log: {home}   view: `ombud log show --content`   verify: `ombud log verify`",
        zh: "  日志：{home}   查看：`ombud log show --content`   校验：`ombud log verify`"));
}

/// A recipient and its country. The simulated model takes the place of every provider.
fn who(recipient: &Recipient, simulated: bool, lang: Lang) -> String {
    let Recipient { name, country, .. } = recipient;
    match country.as_str() {
        _ if simulated => {
            say!(lang, en: "the simulated model (this machine)", zh: "模拟模型（本机）")
        }
        LOCAL => say!(lang, en: "{name} (this machine)", zh: "{name}（本机）"),
        "unknown" => say!(lang, en: "{name} (country unknown)", zh: "{name}（国家或地区不明）"),
        country => say!(lang, en: "{name} ({country})", zh: "{name}（{country}）"),
    }
}

/// What a recipient got of what was sent to it; `unread` if none of it was inspected.
fn received(who: &str, flow: &Flow, unread: bool, lang: Lang) -> String {
    let Flow { requests, lost, .. } = *flow;
    if requests == 0 && lost > 0 {
        return say!(lang,
            en: "  {who}: received nothing, {lost} request(s) did not reach it",
            zh: "  {who}：没有收到任何内容，{lost} 个请求未能送达");
    }
    let masked = listed(&flow.data, |amount| amount.masked, lang);
    let masked = masked.map_or_else(
        || unmasked(flow, unread, lang),
        |masked| say!(lang, en: "masked {masked}", zh: "已脱敏 {masked}"),
    );
    let mut line = say!(lang, en: "  {who}, {requests} request(s): {masked}", zh: "  {who}，{requests} 个请求：{masked}");
    if let Some(clear) = listed(&flow.data, |amount| amount.clear, lang) {
        line += &say!(lang, en: "; LEFT IN THE CLEAR: {clear}", zh: "；未脱敏发出：{clear}");
    }
    if flow.opaque > 0 {
        let opaque = flow.opaque;
        line += &say!(lang, en: "; {opaque} part(s) not inspected", zh: "；{opaque} 个部分未检查");
    }
    if lost > 0 {
        line +=
            &say!(lang, en: "; {lost} more request(s) did not reach it", zh: "；另有 {lost} 个请求未能送达");
    }
    line
}

/// States that nothing was masked, and why.
fn unmasked(flow: &Flow, unread: bool, lang: Lang) -> String {
    if flow.data.values().any(|amount| amount.clear > 0) {
        say!(lang, en: "masked nothing", zh: "未脱敏任何内容")
    } else if unread && flow.opaque > 0 {
        say!(lang, en: "masked nothing (NOT INSPECTED)", zh: "未脱敏任何内容（未检查内容）")
    } else if flow.opaque > 0 {
        say!(lang, en: "masked nothing (nothing was found in what was inspected)", zh: "未脱敏任何内容（已检查的部分中未发现）")
    } else {
        say!(lang, en: "masked nothing (nothing was found)", zh: "未脱敏任何内容（未发现）")
    }
}

/// The categories with their amounts; `None` if there are none.
fn listed(
    data: &BTreeMap<DataCategory, Amount>,
    amount: impl Fn(&Amount) -> u64,
    lang: Lang,
) -> Option<String> {
    let items: Vec<String> = data
        .iter()
        .filter(|(_, sum)| amount(sum) > 0)
        .map(|(category, sum)| format!("{} ×{}", category.say(lang), amount(sum)))
        .collect();
    (!items.is_empty()).then(|| items.join(if lang == Lang::Zh { "、" } else { ", " }))
}

/// Nothing came through: the protection was not in force, and nobody must believe otherwise.
fn nothing(providers: &Providers, failed: bool, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    terminal.warn(&say!(lang,
        en: "ombud: WARNING: no request went through the gateway, so NOTHING WAS PROTECTED in this run.",
        zh: "ombud：警告：没有任何请求经过网关，本次运行没有受到任何保护。"));
    let hosts: Vec<&str> = providers.hosts().map(|(host, _)| host).collect();
    let survey = ombud_check::survey(Path::new("."), &hosts, &Detector::new(&Options::default()))?;
    let lines = survey.findings.iter().filter(|finding| finding.rule.0 == "hardcoded-provider");
    let mut any = false;
    for finding in lines.take(5) {
        any = true;
        let (path, line, host) = (&finding.place.path, finding.place.line, &finding.subject);
        let id = providers.id_of(host).unwrap_or_default();
        terminal.warn(&say!(lang,
            en: "  {path}:{line} hard-codes {host}: read the base URL from the environment, or use os.environ[\"OMBUD_GATEWAY\"] + \"/p/{id}\"",
            zh: "  {path}:{line} 写死了 {host}：请改为从环境变量读取接口地址，或使用 os.environ[\"OMBUD_GATEWAY\"] + \"/p/{id}\""));
    }
    if !any && failed {
        terminal.warn(&say!(lang,
            en: "  The agent failed before it called a model; see its own output above (a missing package or key, for example).",
            zh: "  智能体在调用模型之前就出错了，原因见它上面的输出（例如缺少软件包或密钥）。"));
    } else if !any {
        terminal.warn(&say!(lang,
            en: "  If the agent did call a model: make its client read OPENAI_BASE_URL or ANTHROPIC_BASE_URL, or set its base URL to $OMBUD_GATEWAY/p/<provider> (`ombud providers` lists them).",
            zh: "  如果智能体确实调用了模型：请让客户端读取 OPENAI_BASE_URL 或 ANTHROPIC_BASE_URL，或把接口地址设为 $OMBUD_GATEWAY/p/<服务商>（`ombud providers` 可列出）。"));
    }
    Ok(())
}

/// Connections that went past the gateway.
fn bypassed(visits: &[Visited], terminal: Terminal) {
    let lang = terminal.lang;
    for visit in visits.iter().filter(|visit| visit.outcome == "refused") {
        let (host, provider) = (&visit.host, visit.provider.as_deref().unwrap_or("?"));
        terminal.warn(&say!(lang,
            en: "  refused: a direct connection to {host}. Set that client's base URL to $OMBUD_GATEWAY/p/{provider}",
            zh: "  已拒绝：直连 {host}。请把该客户端的接口地址设为 $OMBUD_GATEWAY/p/{provider}"));
    }
    let others: Vec<String> = visits
        .iter()
        .filter(|visit| visit.outcome == "tunnelled")
        .map(|visit| format!("{} ×{}", visit.host, visit.count))
        .collect();
    if !others.is_empty() {
        let others = others.join(", ");
        terminal.note(
            &say!(lang, en: "  passed through uninspected: {others}", zh: "  未检查、直接放行：{others}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(requests: u64, (masked, clear): (u64, u64), opaque: u64) -> Flow {
        let data = BTreeMap::from([(DataCategory::ContactPhone, Amount { masked, clear })]);
        Flow { requests, opaque, data, ..Flow::default() }
    }

    #[test]
    fn what_reached_nobody_was_received_by_nobody() {
        let told = |flow: &Flow| received("x", flow, false, Lang::En);
        let none = Flow { lost: 1, ..Flow::default() };
        assert_eq!(told(&none), "  x: received nothing, 1 request(s) did not reach it");
        let line = told(&Flow { lost: 1, ..flow(2, (2, 0), 0) });
        assert!(line.starts_with("  x, 2 request(s): masked ") && line.contains(" ×2"), "{line}");
        assert!(line.ends_with(" ×2; 1 more request(s) did not reach it"), "{line}");
        assert!(told(&flow(1, (1, 1), 1)).contains("LEFT IN THE CLEAR"));
        assert!(received("x", &none, false, Lang::Zh).contains("没有收到任何内容"));
    }

    #[test]
    fn this_machine_is_no_unknown_country() {
        let upstream = |country: &str| Recipient {
            kind: ombud_core::flow::RecipientKind::Provider,
            name: "upstream".into(),
            country: country.into(),
            inspected: true,
        };
        assert_eq!(who(&upstream(LOCAL), false, Lang::En), "upstream (this machine)");
        assert_eq!(who(&upstream(LOCAL), false, Lang::Zh), "upstream（本机）");
        assert_eq!(who(&upstream("unknown"), false, Lang::En), "upstream (country unknown)");
    }

    #[test]
    fn what_was_not_looked_at_is_not_called_clean() {
        let told = |opaque, unread, lang| received("x", &flow(1, (0, 0), opaque), unread, lang);
        assert_eq!(told(0, false, Lang::En), "  x, 1 request(s): masked nothing (nothing was found)");
        assert_eq!(told(0, false, Lang::Zh), "  x，1 个请求：未脱敏任何内容（未发现）");
        let unread = told(1, true, Lang::En);
        assert_eq!(unread, "  x, 1 request(s): masked nothing (NOT INSPECTED); 1 part(s) not inspected");
        assert!(told(2, false, Lang::En).contains("found in what was inspected); 2 part(s)"));
        for line in [told(1, true, Lang::Zh), told(2, false, Lang::Zh)] {
            assert!(line.contains("检查") && !line.contains("（未发现）"), "{line}");
        }
        let clear = received("x", &flow(1, (0, 1), 0), false, Lang::En);
        assert!(clear.contains("masked nothing; LEFT IN THE CLEAR"), "{clear}");
    }
}
