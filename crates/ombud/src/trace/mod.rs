//! `ombud log trace`: what was in the context of an answer or a tool call, and which of it appears there again. It says “in
//! context” and “overlaps”; that one caused the other cannot be known from outside the model.

mod build;
mod edge;
mod notice;
mod print;

use anyhow::{Result, bail};
use clap::Args;
use ombud_core::event::{AnswerNoticeRecord, EventKind, RequestRecord};
use ombud_core::{Lang, say};
use ombud_ledger::read::{Contents, Reader, Record};

use crate::cli::{Chinese, Format};
use crate::config;
use crate::log;
use crate::output::Terminal;

/// `ombud log trace`
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The value of x-ombud-receipt; with /ID of a tool call appended, only that call
    #[arg(value_name = "EXCHANGE")]
    pub target: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("log trace", "查看一个回答或一次工具调用的来源"),
    ("log trace target", "x-ombud-receipt 的值；或 <交换编号>/<工具调用编号>，只看一次工具调用"),
];

/// What the log holds about one exchange.
struct Logged {
    id: String,
    time: String,
    request: RequestRecord,
    /// The body that the agent sent, and the replacements in it; `None` if they were erased.
    sent: Option<(Vec<u8>, Vec<u8>)>,
    /// The response as the provider sent it, if it arrived and was not erased.
    answer: Option<Vec<u8>>,
    /// Whether contents were erased.
    erased: bool,
    /// The tool calls, each with its encrypted details.
    calls: Vec<(EventKind, Option<Vec<u8>>)>,
    /// What rules found in the response, each with its encrypted details.
    notices: Vec<(AnswerNoticeRecord, Option<Vec<u8>>)>,
}

/// `ombud log trace`
pub(crate) async fn trace(args: &Trace, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let (exchange, call) = match args.target.split_once('/') {
        Some((exchange, call)) => (exchange, Some(call)),
        None => (args.target.as_str(), None),
    };
    let mut reader = Reader::open(&config::home()).await?;
    let exchange = &log::exchange(&mut reader, exchange, lang).await?;
    let records = reader.exchange(exchange).await?;
    if edge::print(&reader, &records, exchange, args.format, terminal).await? {
        log::warn_of_damage(terminal);
        return Ok(0);
    }
    let logged = read(&reader, &records, exchange, lang).await?;
    let trace = build::build(&logged, call);
    if let Some(call) = call.filter(|_| trace.calls.is_empty()) {
        let known: Vec<&str> = logged.calls.iter().filter_map(|logged| call_id(&logged.0)).collect();
        let known = if known.is_empty() { "-".to_owned() } else { known.join(", ") };
        bail!(say!(lang,
            en: "exchange `{exchange}` has no tool call `{call}`; it has: {known}",
            zh: "交换 `{exchange}` 中没有工具调用 `{call}`；其中有：{known}"));
    }
    match args.format {
        Format::Json => terminal.out(&serde_json::to_string(&trace)?)?,
        Format::Text => print::print(&trace, terminal)?,
    }
    log::warn_of_damage(terminal);
    Ok(0)
}

fn call_id(kind: &EventKind) -> Option<&str> {
    match kind {
        EventKind::ToolIntent { call, .. } => call.as_deref(),
        _ => None,
    }
}

async fn read(reader: &Reader, records: &[Record], exchange: &str, lang: Lang) -> Result<Logged> {
    let mut logged: Option<Logged> = None;
    for record in records {
        let Some(event) = &record.event else { continue };
        if let EventKind::Request(request) = &event.kind {
            let parts = parts(reader, record).await?;
            logged = Some(Logged {
                id: exchange.to_owned(),
                time: event.t.clone(),
                request: (**request).clone(),
                erased: parts.is_none(),
                sent: parts
                    .and_then(|mut parts| Some((parts.first_mut().map(std::mem::take)?, parts.pop()?))),
                answer: None,
                calls: Vec::new(),
                notices: Vec::new(),
            });
        } else if let Some(logged) = &mut logged {
            match &event.kind {
                EventKind::Response(_) => {
                    let parts = parts(reader, record).await?;
                    logged.erased |= parts.is_none();
                    logged.answer = parts.and_then(|parts| parts.into_iter().next());
                }
                EventKind::ToolIntent { .. } => {
                    let parts = parts(reader, record).await?;
                    logged.erased |= parts.is_none();
                    logged.calls.push((event.kind.clone(), parts.and_then(|parts| parts.into_iter().next())));
                }
                EventKind::AnswerNotice(notice) => {
                    let parts = parts(reader, record).await?;
                    logged.erased |= parts.is_none();
                    let details = parts.and_then(|parts| parts.into_iter().next());
                    logged.notices.push(((**notice).clone(), details));
                }
                _ => {}
            }
        }
    }
    match logged {
        Some(logged) => Ok(logged),
        None => bail!(say!(lang,
            en: "nothing of exchange `{exchange}` was sent to a model, so there is nothing to trace. `ombud log show {exchange}` says why",
            zh: "交换 `{exchange}` 没有向模型发送任何内容，无从追溯。`ombud log show {exchange}` 可查看原因")),
    }
}

/// The parts of a payload; `None` if it was erased.
async fn parts(reader: &Reader, record: &Record) -> Result<Option<Vec<Vec<u8>>>> {
    Ok(match reader.contents(record).await? {
        Contents::None => Some(Vec::new()),
        Contents::Erased => None,
        Contents::Parts(parts) => Some(parts.iter().map(|part| part.to_vec()).collect()),
    })
}

/// What `log trace` shows of an exchange, for tests.
#[cfg(test)]
pub(crate) async fn shown(reader: &Reader, records: &[Record], exchange: &str) -> serde_json::Value {
    let logged = read(reader, records, exchange, Lang::En).await.unwrap();
    serde_json::to_value(build::build(&logged, None)).unwrap()
}
