//! What went wrong in a run, from its log: requests that were refused or failed, and calls that did not reach the agent.

use std::collections::BTreeMap;

use anyhow::Result;
use ombud_core::event::{Event, EventKind, Party, ResponseRecord};
use ombud_core::gate::was_released;
use ombud_core::{Lang, say};
use ombud_ledger::read::{Contents, Reader, Record};
use serde_json::Value;

use crate::document::one_line;
use crate::output::Terminal;
use crate::words;

/// Entries read at once.
const PAGE: u32 = 500;

/// Entries searched at most: a server may have run for months.
const LATELY: u64 = 20_000;

/// Reasons and calls listed one by one.
const SHOWN: usize = 5;

/// Why a request got no usable response.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Ombud did not send it, for the reason with this code.
    Refused(String),
    /// It was sent and failed with this code.
    Failed(String),
    /// The provider responded with this status to a request without these headers.
    Status(u16, Vec<String>),
}

impl Cause {
    fn told(&self, lang: Lang) -> String {
        match self {
            Self::Refused(code) => {
                let why = words::reason_and_remedy(code, lang);
                say!(lang, en: "not sent: {why}", zh: "未发送：{why}")
            }
            Self::Failed(code) => words::reason_and_remedy(code, lang),
            Self::Status(status, headers) => {
                let names = one_line(&headers.join(", "));
                let hint = match status {
                    401 | 403 if !headers.is_empty() => say!(lang,
                        en: " to a request without {names}: if it needs that header, name it in `headers` under [gateway] in ombud.toml",
                        zh: "，且该请求未带 {names}：如确需该请求头，请把它写入 ombud.toml 中 [gateway] 的 `headers`"),
                    401 | 403 => say!(lang, en: ", check the provider's key", zh: "，请检查服务商的密钥"),
                    404 => {
                        say!(lang, en: ", check the model's name and the base URL", zh: "，请检查模型名称和接口地址")
                    }
                    429 => {
                        say!(lang, en: ", the account may be over its quota", zh: "，账户可能已达限额")
                    }
                    _ => String::new(),
                };
                say!(lang, en: "the provider returned {status}{hint}", zh: "服务商返回 {status}{hint}")
            }
        }
    }
}

/// A call that was not released: its tool, its name in the log, and the digest by which a repetition is recognised.
struct Held {
    tool: String,
    name: String,
    stands: Option<String>,
}

/// What was seen of a run.
#[derive(Default)]
pub(super) struct Outcome {
    /// The cause of each exchange that has one.
    causes: BTreeMap<String, Cause>,
    /// Calls that are still held; a later approval has released the others.
    held: Vec<Held>,
    /// Headers that were left out, with the number of requests.
    headers: BTreeMap<String, u64>,
    /// Headers that were left out, by exchange, until its response is recorded.
    without: BTreeMap<String, Vec<String>>,
    /// Texts that were inspected on the way to each provider.
    looked_at: BTreeMap<String, u64>,
    /// Whether older entries were skipped.
    cut: bool,
}

impl Outcome {
    /// Reads the log from entry `first` on.
    pub(super) async fn read(reader: &mut Reader, first: u64) -> Result<Self> {
        let newest = reader.len().await?.saturating_sub(LATELY);
        let (mut outcome, mut next) = (Self { cut: newest > first, ..Self::default() }, first.max(newest));
        loop {
            let page = reader.page(next, PAGE).await?;
            let Some(last) = page.last() else { return Ok(outcome) };
            next = last.seq + 1;
            for record in &page {
                let Some(event) = &record.event else { continue };
                // A released call matters only if it is one of those held before.
                let stands = match &event.kind {
                    EventKind::ToolIntent { decision, .. }
                        if !was_released(decision) || !outcome.held.is_empty() =>
                    {
                        stands(reader, record).await?
                    }
                    _ => None,
                };
                outcome.take(event, stands);
            }
        }
    }

    /// Takes in the next entry.
    fn take(&mut self, event: &Event, stands: Option<String>) {
        let exchange = event.exchange.clone().unwrap_or_default();
        match &event.kind {
            // A request that was sent and failed has its response recorded before the client is told.
            EventKind::Refused { code, .. } => {
                self.causes.entry(exchange).or_insert_with(|| Cause::Refused(code.clone()));
            }
            EventKind::Request(request) => {
                *self.looked_at.entry(request.provider.clone()).or_default() +=
                    request.slots.values().sum::<u64>();
                self.left_out(&request.headers);
                self.without.insert(exchange, request.headers.clone());
            }
            EventKind::Response(answer) => {
                let without = self.without.remove(&exchange).unwrap_or_default();
                if let Some(cause) = cause(answer, without) {
                    self.causes.insert(exchange, cause);
                }
            }
            EventKind::ToolIntent { decision, .. } if was_released(decision) => {
                self.held.retain(|held| stands.is_none() || held.stands != stands);
            }
            EventKind::ToolIntent { tool, call, .. } => {
                let name =
                    call.as_deref().map_or_else(|| exchange.clone(), |call| format!("{exchange}/{call}"));
                self.hold(tool, &name, stands);
            }
            EventKind::ToolCall(call) if !was_released(&call.decision) => {
                self.hold(&call.tool, &exchange, None);
            }
            EventKind::ToolCall(call) => self.left_out(&call.headers),
            _ => {}
        }
    }

    fn left_out(&mut self, headers: &[String]) {
        for name in headers {
            *self.headers.entry(name.clone()).or_default() += 1;
        }
    }

    /// A repeated call is the same question and replaces the earlier one.
    fn hold(&mut self, tool: &str, name: &str, stands: Option<String>) {
        self.held.retain(|held| stands.is_none() || held.stands != stands);
        self.held.push(Held { tool: one_line(tool), name: one_line(name), stands });
    }

    /// The first request that got no usable response, if there is one.
    pub(super) fn trouble(&self) -> Option<String> {
        self.causes.keys().next().map(|exchange| one_line(exchange))
    }

    /// Whether nothing of what was sent to a provider was inspected; false if entries were skipped, which may say
    /// otherwise.
    pub(super) fn unread(&self, provider: &str) -> bool {
        !self.cut && self.looked_at.get(provider) == Some(&0)
    }

    /// Prints it: as warnings if `always` is set, otherwise beside the result like the lines above it.
    pub(super) fn print(&self, always: bool, terminal: Terminal) {
        let say = |line: &String| if always { terminal.warn(line) } else { terminal.note(line) };
        self.lines(terminal.lang).iter().for_each(say);
    }

    fn lines(&self, lang: Lang) -> Vec<String> {
        let mut lines = Vec::new();
        let mut by_cause: BTreeMap<&Cause, Vec<&str>> = BTreeMap::new();
        for (exchange, cause) in &self.causes {
            by_cause.entry(cause).or_default().push(exchange);
        }
        let count = self.causes.len();
        if count > 0 {
            lines.push(say!(lang,
                en: "ombud: {count} request(s) got no usable response:",
                zh: "ombud：{count} 个请求没有得到可用的回答："));
        }
        for (cause, exchanges) in by_cause.iter().take(SHOWN) {
            let (why, count) = (cause.told(lang), exchanges.len());
            let first = exchanges.first().copied().map(one_line).unwrap_or_default();
            lines.push(format!("  {count} × {why}  ombud log show {first}"));
        }
        more(by_cause.len(), "ombud log show", lang, &mut lines);
        let count = self.headers.len();
        if count > 0 {
            let shown =
                self.headers.iter().take(SHOWN).map(|(name, count)| format!("{} ×{count}", one_line(name)));
            let names = shown.collect::<Vec<_>>().join(", ");
            lines.push(say!(lang,
                en: "ombud: {count} header(s) left out because of what they hold: {names}. List those that may be sent in `headers` under [gateway] in ombud.toml",
                zh: "ombud：{count} 个请求头因其内容未发送：{names}。可以发送的，请写入 ombud.toml 中 [gateway] 的 `headers`"));
        }
        more(count, "ombud log show -n 100", lang, &mut lines);
        let count = self.held.len();
        if count > 0 {
            lines.push(say!(lang,
                en: "ombud: {count} tool call(s) did not reach the agent; why:",
                zh: "ombud：{count} 次工具调用没有到达智能体，查看原因："));
        }
        for Held { tool, name, .. } in self.held.iter().take(SHOWN) {
            lines.push(format!("  {tool}  ombud policy explain {name}"));
        }
        more(count, "ombud log show -n 100", lang, &mut lines);
        if self.cut {
            lines.push(say!(lang,
                en: "  (based on the newest {LATELY} log entries only)",
                zh: "  （这里只看了日志中最新的 {LATELY} 条记录）"));
        }
        lines
    }
}

/// Adds that there are more than were listed.
fn more(count: usize, command: &str, lang: Lang, lines: &mut Vec<String>) {
    if let Some(left) = count.checked_sub(SHOWN).filter(|left| *left > 0) {
        lines.push(say!(lang, en: "  and {left} more: {command}", zh: "  另有 {left} 项：{command}"));
    }
}

fn cause(answer: &ResponseRecord, without: Vec<String>) -> Option<Cause> {
    // A client that disconnected is no failure.
    if answer.fault == Party::Client {
        return None;
    }
    match &answer.code {
        Some(code) => Some(Cause::Failed(code.clone())),
        None => (answer.status >= 400).then_some(Cause::Status(answer.status, without)),
    }
}

/// The digest by which a repetition of a call is recognised: keyed, of its tool and arguments.
async fn stands(reader: &Reader, record: &Record) -> Result<Option<String>> {
    let Contents::Parts(parts) = reader.contents(record).await? else { return Ok(None) };
    let details = parts.first().and_then(|part| serde_json::from_slice::<Value>(part).ok());
    Ok(details.and_then(|details| Some(details.get("stands")?.as_str()?.to_owned())))
}

#[cfg(test)]
mod tests {
    use ombud_gateway::record;

    use super::*;

    fn intent(call: &str, decision: &str) -> Event {
        let (tool, call, decision) = ("send_mail".to_owned(), Some(call.to_owned()), decision.to_owned());
        let kind = EventKind::ToolIntent {
            tool,
            call,
            complete: true,
            decision,
            effect: None,
            arguments: Vec::new(),
            weighed: None,
        };
        Event { exchange: Some("e1".to_owned()), ..record::event(kind) }
    }

    fn of(events: &[(Event, Option<&str>)]) -> Outcome {
        let mut outcome = Outcome::default();
        for (event, stands) in events {
            outcome.take(event, stands.map(str::to_owned));
        }
        outcome
    }

    #[test]
    fn calls_that_were_held_are_named_unless_a_yes_released_them_later() {
        let outcome = of(&[
            (intent("c1", "release"), None),
            (intent("c2", "ask: no_intent"), Some("a")),
            (intent("c3", "would_ask: no_intent"), None),
            (intent("c4", "ask: no_intent"), Some("b")),
            // The same call again, and then the user's approval.
            (intent("c5", "ask: no_intent"), Some("a")),
            (intent("c6", "approved"), Some("a")),
        ]);
        assert_eq!(
            outcome.lines(Lang::En),
            [
                "ombud: 1 tool call(s) did not reach the agent; why:",
                "  send_mail  ombud policy explain e1/c4"
            ]
        );
    }

    #[test]
    fn a_yes_that_was_used_up_releases_nothing_afterwards() {
        let asked = || (intent("c1", "ask: no_intent"), Some("a"));
        let outcome = of(&[asked(), (intent("c2", "approved"), Some("a")), asked()]);
        assert_eq!(outcome.held.len(), 1);
        assert!(
            of(&[(intent("c2", "approved"), None), (intent("c3", "release"), None)])
                .lines(Lang::Zh)
                .is_empty()
        );
    }

    fn refused(exchange: &str, code: &str) -> (Event, Option<&'static str>) {
        let kind = EventKind::Refused { code: code.to_owned(), provider: None };
        (Event { exchange: Some(exchange.to_owned()), ..record::event(kind) }, None)
    }

    fn answered(exchange: &str, answer: ResponseRecord) -> (Event, Option<&'static str>) {
        let kind = EventKind::Response(Box::new(answer));
        (Event { exchange: Some(exchange.to_owned()), ..record::event(kind) }, None)
    }

    fn answer(status: u16, code: Option<&str>, fault: Party) -> ResponseRecord {
        ResponseRecord {
            status,
            complete: true,
            bytes: 0,
            restored: 0,
            unknown_tokens: 0,
            tokens: None,
            request_id: None,
            model: None,
            finish: None,
            ms: (0, 0),
            fault,
            code: code.map(str::to_owned),
        }
    }

    #[test]
    fn headers_that_were_left_out_are_named_and_stand_beside_a_refused_login() {
        let sent = |exchange: &str, headers: &[&str]| {
            let record = serde_json::json!({
                "kind": "llm.request", "provider": "openai", "host": "h", "wire": "openai.chat", "model": null, "stream": false,
                "bytes": [1, 1], "slots": {}, "found": {}, "masked": {}, "opaque": {}, "headers": headers,
            });
            let kind = serde_json::from_value(record).unwrap();
            (Event { exchange: Some(exchange.to_owned()), ..record::event(kind) }, None)
        };
        let outcome = of(&[
            sent("e1", &["x-login"]),
            answered("e1", answer(401, None, Party::Developer)),
            sent("e2", &["x-login", "x-user"]),
            answered("e2", answer(200, None, Party::None)),
            sent("e3", &[]),
            answered("e3", answer(401, None, Party::Developer)),
        ]);
        assert_eq!(
            outcome.lines(Lang::En),
            [
                "ombud: 2 request(s) got no usable response:",
                "  1 × the provider returned 401, check the provider's key  ombud log show e3",
                "  1 × the provider returned 401 to a request without x-login: if it needs that header, name it in `headers` under [gateway] in ombud.toml  ombud log show e1",
                "ombud: 2 header(s) left out because of what they hold: x-login ×2, x-user ×1. List those that may be sent in `headers` under [gateway] in ombud.toml",
            ]
        );
        assert!(outcome.lines(Lang::Zh).iter().any(|line| line.contains("x-login ×2")));
    }

    #[test]
    fn requests_without_a_good_answer_are_counted_by_their_cause() {
        let gone = "ombud_provider_unreachable";
        let outcome = of(&[
            answered("e1", answer(200, None, Party::None)),
            answered("e2", answer(0, Some(gone), Party::Network)),
            // The client is told of the same failure: this is not a second one.
            refused("e2", gone),
            refused("e3", "ombud_not_json"),
            refused("e4", "ombud_not_json"),
            answered("e5", answer(401, None, Party::Developer)),
            answered("e6", answer(200, Some("client_gone"), Party::Client)),
        ]);
        assert_eq!(outcome.trouble().as_deref(), Some("e2"));
        assert_eq!(
            outcome.lines(Lang::En),
            [
                "ombud: 4 request(s) got no usable response:",
                "  2 × not sent: the request was not valid JSON (write the body with a JSON library)  ombud log show e3",
                "  1 × the provider could not be reached (check the network, the proxy and --upstream)  ombud log show e2",
                "  1 × the provider returned 401, check the provider's key  ombud log show e5",
            ]
        );
        assert!(outcome.lines(Lang::Zh)[1].contains("未发送：请求不是合法的 JSON"));
    }
}
