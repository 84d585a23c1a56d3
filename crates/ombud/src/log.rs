//! `ombud log`: show, verify, export.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use ombud_core::event::{
    AnswerNoticeRecord, Counts, DeclaredRecord, Event, EventKind, Party, RequestRecord, ResponseRecord,
    is_whole,
};
use ombud_core::{DataCategory, Lang, Say, gate, say};
use ombud_ledger::read::{Contents, Reader, Record};
use ombud_ledger::tlog::VerifierKey;
use ombud_ledger::verify::{self, Policy, Report};
use serde_json::json;

use crate::cli::{self, Format};
use crate::config;
use crate::document::one_line;
use crate::output::Terminal;
use crate::words;

/// `ombud log show`
pub(crate) async fn show(args: &cli::Show, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let mut reader = Reader::open(&config::home()).await?;
    let records = match &args.exchange {
        Some(typed) => {
            let id = exchange(&mut reader, typed, lang).await?;
            reader.exchange(&id).await?
        }
        None => reader.newest(args.count).await?,
    };
    for record in &records {
        if args.format == Format::Json {
            terminal.out(&String::from_utf8_lossy(&record.leaf))?;
            continue;
        }
        terminal.out(&line(record, lang))?;
        if args.content {
            content(&reader, record, terminal).await?;
        }
    }
    if args.format == Format::Text && !args.content && records.iter().any(is_exchange) {
        terminal.note(&say!(lang,
            en: "What was said: `ombud log show EXCHANGE --content`. Where it came from: `ombud log trace EXCHANGE`",
            zh: "查看内容：`ombud log show 编号 --content`。查看来源：`ombud log trace 编号`"));
    }
    warn_of_damage(terminal);
    Ok(0)
}

fn is_exchange(record: &Record) -> bool {
    record.event.as_ref().is_some_and(|event| event.exchange.is_some())
}

/// Largest log, in bytes, that is verified in passing: less than a second of work.
const QUICKLY: u64 = 256 * 1024 * 1024;

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// Warns if the log just shown was changed after it was signed: then what it shows proves nothing.
pub(crate) fn warn_of_damage(terminal: Terminal) {
    if size(&config::home().join("journal")) > QUICKLY {
        terminal.note(&say!(terminal.lang,
            en: "This log is large and was not verified just now: run `ombud log verify`",
            zh: "日志较大，这次没有校验；请运行 `ombud log verify`"));
        return;
    }
    let told = match verify::verify(&config::home(), &Policy::default()) {
        Ok(report) if report.is_whole() => return,
        Ok(_) => say!(terminal.lang,
            en: "ombud: WARNING: this log is DAMAGED, so what is shown here may not be what happened. `ombud log verify` says where",
            zh: "ombud：警告：日志已损坏，此处显示的内容可能与实际不符。`ombud log verify` 会指出位置"),
        Err(_) => say!(terminal.lang,
            en: "ombud: WARNING: this log could not be verified. `ombud log verify` says why",
            zh: "ombud：警告：无法校验日志。`ombud log verify` 会说明原因"),
    };
    terminal.warn(&told);
}

/// The exchange that is meant: its id, or an unambiguous prefix of it.
pub(crate) async fn exchange(reader: &mut Reader, typed: &str, lang: Lang) -> Result<String> {
    const NAMED: u32 = 5;
    let mut ids = reader.exchanges(typed, NAMED + 1).await?;
    if ids.iter().any(|id| id == typed) {
        return Ok(typed.to_owned());
    }
    match ids.len() {
        1 => Ok(ids.remove(0)),
        0 => bail!(say!(lang,
            en: "there is no exchange `{typed}` in this log. `ombud log show` lists the newest",
            zh: "日志中没有编号为 `{typed}` 的交换。`ombud log show` 可列出最新的记录")),
        _ => {
            ids.truncate(NAMED as usize);
            let ids = ids.join("\n  ");
            bail!(say!(lang,
                en: "several exchanges begin with `{typed}`; type more of the one you mean:\n  {ids}",
                zh: "有多个交换的编号以 `{typed}` 开头，请输入得更完整一些：\n  {ids}"))
        }
    }
}

/// One entry on one line.
fn line(record: &Record, lang: Lang) -> String {
    let Some(event) = &record.event else {
        let seq = record.seq;
        return say!(lang, en: "{seq:>6}  (written by a newer version)", zh: "{seq:>6}  （由较新版本写入）");
    };
    let time = event.t.get(..19).unwrap_or(&event.t).replace('T', " ");
    let exchange = event.exchange.as_deref().unwrap_or("-");
    let what = what(event, lang);
    format!("{:>6}  {time}  {what}  [{exchange}]", record.seq)
}

/// Parts that left without being inspected.
fn unread(request: &RequestRecord, lang: Lang) -> String {
    match request.opaque.values().sum::<u64>() + u64::from(request.wire == "unread") {
        0 => String::new(),
        parts => say!(lang, en: ", {parts} part(s) not inspected", zh: "，{parts} 个部分未检查"),
    }
}

/// Headers that were not sent, if any.
fn left_out(headers: &[String], lang: Lang) -> String {
    let names = one_line(&headers.join(", "));
    match (headers, lang) {
        ([], _) => String::new(),
        (_, Lang::En) => format!("; headers left out: {names}"),
        (_, Lang::Zh) => format!("；未发送的请求头：{names}"),
    }
}

/// Number of signs of injection in a request, if any.
fn signs(count: usize, lang: Lang) -> String {
    match count {
        0 => String::new(),
        _ => say!(lang, en: "; {count} sign(s) of injection", zh: "；{count} 处注入迹象"),
    }
}

fn erased(subject: &str, count: u64, residue: &BTreeMap<String, Option<u64>>, lang: Lang) -> String {
    if !is_whole(residue) {
        let places = residue.iter().filter(|(_, left)| **left != Some(0));
        let places = places.map(|(place, _)| place.as_str()).collect::<Vec<_>>().join(", ");
        return say!(lang,
            en: "data of {subject} NOT ERASED COMPLETELY: {count} item(s) deleted; left or unknown in: {places}",
            zh: "{subject} 的数据未全部删除：已删除 {count} 项；仍有残留或情况不明：{places}");
    }
    if count == 0 {
        return say!(lang, en: "no data was held about {subject}, so nothing was erased", zh: "没有 {subject} 的数据，因此没有删除任何内容");
    }
    say!(lang, en: "data of {subject} erased: {count} item(s)", zh: "已删除 {subject} 的数据：{count} 项")
}

fn what(event: &Event, lang: Lang) -> String {
    match &event.kind {
        EventKind::RunStart { mode, version } => {
            let mode = words::state(mode, lang);
            say!(lang, en: "start  {mode} {version}", zh: "启动  {mode} {version}")
        }
        EventKind::RunEnd { exit } => {
            let exit = exit
                .map_or_else(String::new, |code| say!(lang, en: ", exit code {code}", zh: "，退出码 {code}"));
            say!(lang, en: "end{exit}", zh: "结束{exit}")
        }
        EventKind::Request(request) => {
            let (provider, host, wire) = (&request.provider, &request.host, &request.wire);
            let masked = masked(&request.masked, lang);
            let signs = signs(request.signs.len(), lang);
            let unread = unread(request, lang);
            let headers = left_out(&request.headers, lang);
            say!(lang, en: "request → {provider} ({host}, {wire}): {masked}{unread}{headers}{signs}", zh: "请求 → {provider}（{host}，{wire}）：{masked}{unread}{headers}{signs}")
        }
        EventKind::Response(answer) => answered(answer, lang),
        EventKind::ToolIntent { tool, decision, .. } => {
            let decision = gate::told(decision, lang);
            say!(lang, en: "tool call {tool}: {decision}", zh: "工具调用 {tool}：{decision}")
        }
        EventKind::AnswerNotice(notice) => {
            let findings = findings(notice, lang);
            say!(lang, en: "noticed in the response: {findings}", zh: "回答中发现：{findings}")
        }
        EventKind::ToolCall(call) => {
            let (server, tool) = (&call.server, &call.tool);
            let decision = gate::told_unseen(&call.decision, lang);
            let headers = left_out(&call.headers, lang);
            say!(lang, en: "{server}: call to {tool}: {decision}{headers}", zh: "{server}：调用 {tool}：{decision}{headers}")
        }
        EventKind::ToolResult(result) => {
            let (server, tool, outcome) = (&result.server, &result.tool, words::state(&result.outcome, lang));
            let masked = masked(&result.masked, lang);
            say!(lang, en: "{server}: result of {tool}: {outcome}, {masked}", zh: "{server}：{tool} 的结果：{outcome}，{masked}")
        }
        EventKind::ToolNotice(notice) => {
            let (server, tool, what) =
                (&notice.server, notice.tool.as_deref().unwrap_or("-"), words::state(&notice.what, lang));
            say!(lang, en: "{server}: {tool}: {what}", zh: "{server}：{tool}：{what}")
        }
        EventKind::SourcesDeclared { sources } => {
            let (count, names) = (sources.len(), declared(sources, lang));
            say!(lang, en: "the agent declared the sources of {count} text(s): {names}", zh: "智能体声明了 {count} 段文本的来源：{names}")
        }
        EventKind::Consent(consent) => {
            let (subject, purpose) = (subject(event), &consent.purpose);
            let state = consent_state(&consent.state, lang);
            say!(lang, en: "consent {state} by {subject} for {purpose}", zh: "用户{state}：{subject}，用途 {purpose}")
        }
        EventKind::MemoryAccess(access) => {
            let (store, operation) = (&access.store, words::state(&access.operation, lang));
            let outcome = words::state(&access.outcome, lang);
            say!(lang, en: "memory {store} {operation}: {outcome}", zh: "记忆库 {store} {operation}：{outcome}")
        }
        EventKind::SubjectErased { deleted, residue, .. } => {
            erased(subject(event), deleted.values().sum(), residue, lang)
        }
        EventKind::Refused { code, provider } => refused(code, provider.as_deref(), lang),
        EventKind::Gap { dropped } => say!(lang,
            en: "after a crash, {dropped} byte(s) of an unfinished write were set aside",
            zh: "崩溃后，未写完的 {dropped} 字节已另存"),
        EventKind::EraseIntent {} => say!(lang, en: "erasure begins", zh: "开始删除"),
        EventKind::Erased { keys, .. } => {
            say!(lang, en: "erased: {keys} key(s) destroyed", zh: "已删除：销毁 {keys} 个密钥")
        }
        EventKind::Tunnel { host, outcome } => {
            let outcome = words::state(outcome, lang);
            say!(lang, en: "outside the gateway: {host} {outcome}", zh: "未经网关：{host} {outcome}")
        }
    }
}

/// A response as it was received, if one was.
fn answered(answer: &ResponseRecord, lang: Lang) -> String {
    let (status, restored) = (answer.status, answer.restored);
    let end = match (&answer.code, answer.complete) {
        (Some(code), _) => failure(code, answer.fault, lang),
        (None, false) => " …".to_owned(),
        (None, true) => String::new(),
    };
    if status == 0 {
        return say!(lang, en: "no response{end}", zh: "没有收到回答{end}");
    }
    say!(lang, en: "response {status}: {restored} value(s) restored{end}", zh: "回答 {status}：还原 {restored} 个值{end}")
}

/// What the client was told instead of a response; the provider is unknown if none was chosen yet.
fn refused(code: &str, provider: Option<&str>, lang: Lang) -> String {
    let why = words::reason(code, lang);
    let whose =
        provider.map_or_else(String::new, |provider| say!(lang, en: " ({provider})", zh: "（{provider}）"));
    if words::is_failure(code) {
        say!(lang, en: "failed{whose}: {why}", zh: "失败{whose}：{why}")
    } else {
        say!(lang, en: "refused{whose}: {why}", zh: "已拒绝{whose}：{why}")
    }
}

/// What went wrong with an answer, and who is responsible.
fn failure(code: &str, fault: Party, lang: Lang) -> String {
    let why = words::reason(code, lang);
    match words::party(fault, lang) {
        Some(party) => say!(lang, en: "; {why} ({party})", zh: "；{why}（{party}）"),
        None => say!(lang, en: "; {why}", zh: "；{why}"),
    }
}

/// Origins of declared texts that are named on one line.
const MOST_NAMES: usize = 4;

/// The origins of declared texts, each once; only a few of many.
fn declared(sources: &[DeclaredRecord], lang: Lang) -> String {
    let mut names: Vec<String> = sources.iter().map(|source| source.origin.say(lang)).collect();
    names.sort();
    names.dedup();
    let more = if names.len() > MOST_NAMES { "…" } else { "" };
    names.truncate(MOST_NAMES);
    names.join(if lang == Lang::Zh { "、" } else { ", " }) + more
}

/// The rules that matched an answer, each once with what was decided.
fn findings(notice: &AnswerNoticeRecord, lang: Lang) -> String {
    let mut told: Vec<String> =
        notice.found.iter().map(|found| gate::told_rule(&found.rule, &found.decision, lang)).collect();
    told.dedup();
    told.join(if lang == Lang::Zh { "；" } else { "; " })
}

fn subject(event: &Event) -> &str {
    event.subject.as_deref().unwrap_or("-")
}

/// The state of a consent in words.
pub(crate) fn consent_state(state: &str, lang: Lang) -> String {
    match state {
        "given" => say!(lang, en: "given", zh: "同意"),
        "refused" => say!(lang, en: "refused", zh: "拒绝"),
        "withdrawn" => say!(lang, en: "withdrawn", zh: "撤回同意"),
        other => other.to_owned(),
    }
}

fn masked(counts: &Counts, lang: Lang) -> String {
    if counts.is_empty() {
        return say!(lang, en: "masked nothing", zh: "未脱敏任何内容");
    }
    // By category, as in the summary of a run and in the plan.
    let mut sums: BTreeMap<DataCategory, u64> = BTreeMap::new();
    for (kind, count) in counts {
        *sums.entry(kind.category()).or_default() += count;
    }
    let one = |(category, count): (&DataCategory, &u64)| format!("{} ×{count}", category.say(lang));
    let sums = sums.iter().map(one).collect::<Vec<_>>().join(if lang == Lang::Zh { "、" } else { ", " });
    say!(lang, en: "masked {sums}", zh: "已脱敏 {sums}")
}

/// Prints the contents: of a request, what the agent sent and what the provider received.
async fn content(reader: &Reader, record: &Record, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    match reader.contents(record).await? {
        Contents::None => {}
        Contents::Erased => terminal.out(&say!(lang, en: "        (erased)", zh: "        （已删除）"))?,
        Contents::Parts(parts) => {
            let body = parts.first().map(|part| part.as_slice()).unwrap_or_default();
            match (record.event.as_ref().map(|event| &event.kind), parts.get(1)) {
                (Some(EventKind::Request(_)), Some(patches)) => {
                    let received = patched(body, patches);
                    terminal.out(&say!(lang, en: "    sent by the agent:", zh: "    智能体发出："))?;
                    terminal.out(&indented(body))?;
                    terminal.out(
                        &say!(lang, en: "    as it left for the provider:", zh: "    发往服务商的内容："),
                    )?;
                    terminal.out(&indented(&received))?;
                }
                _ => terminal.out(&indented(body))?,
            }
        }
    }
    Ok(())
}

/// The body as the provider received it, from the original and the recorded replacements.
pub(crate) fn patched(body: &[u8], patches: &[u8]) -> Vec<u8> {
    use ombud_gateway::wire::splice::{Patch, splice};
    let rows: Vec<(usize, usize, String)> = serde_json::from_slice(patches).unwrap_or_default();
    let mut patches: Vec<Patch> =
        rows.into_iter().map(|(start, end, with)| Patch { range: start..end, with }).collect();
    splice(body, &mut patches)
}

/// Decodes the `\u` escapes of JSON written in ASCII only, for letters, digits and CJK punctuation. Everything else stays
/// escaped: it could be invisible or control the terminal.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (shown, length) = escaped_character(escape).map_or((None, 2), |(ch, length)| (Some(ch), length));
        let length = escape.char_indices().map(|(i, _)| i).find(|i| *i >= length).unwrap_or(escape.len());
        let (read, behind) = escape.split_at(length);
        match shown {
            Some(ch) => out.push(ch),
            None => out.push_str(read),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The character encoded by `\uXXXX` or a surrogate pair, and the length of the escape.
fn escaped_character(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let pair = [first, unit(6).unwrap_or_default()];
    let mut units = char::decode_utf16(pair);
    let ch = units.next()?.ok()?;
    let visible = !ch.is_ascii()
        && (ch.is_alphanumeric() || matches!(ch, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}'));
    visible.then_some((ch, 6 * ch.len_utf16()))
}

/// Model text is hostile: none of it may control the terminal.
fn indented(bytes: &[u8]) -> String {
    let text: String = unescaped(&String::from_utf8_lossy(bytes))
        .chars()
        .map(|ch| if ch.is_control() && ch != '\n' { '\u{fffd}' } else { ch })
        .collect();
    text.trim_end().lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

/// What to say about a text that is not a log's public key.
pub(crate) fn no_key(lang: Lang) -> String {
    say!(lang,
        en: "this is not the public key of a log. A key looks like `name+1a2b3c4d+…`; it is in the file `vkey` of an export, and `ombud selftest -o FILE` prints it",
        zh: "这不是日志公钥。公钥形如 `name+1a2b3c4d+…`，位于导出目录的 `vkey` 文件中；`ombud selftest -o 文件` 也会显示它")
}

/// `ombud log verify`
pub(crate) fn verify(args: &cli::Verify, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let source = args.source.clone().unwrap_or_else(config::home);
    let key = match &args.vkey {
        Some(text) => match VerifierKey::parse(text.trim()) {
            Some(key) => Some(key),
            None => bail!(no_key(lang)),
        },
        None => None,
    };
    let report = verify::verify(&source, &Policy { log: key, ..Policy::default() })?;
    match args.format {
        Format::Json => terminal.out(&as_json(&report).to_string())?,
        Format::Text => print(&report, &source.display().to_string(), terminal)?,
    }
    if !report.is_whole() && matches!(args.format, Format::Text) {
        terminal.note(&say!(lang,
            en: "Keep this folder unchanged: it is evidence. Restore a backup, or start a new log: OMBUD_HOME=FOLDER",
            zh: "请原样保留该目录，它是证据。可恢复备份，或另建日志：OMBUD_HOME=目录"));
    }
    Ok(u8::from(!report.is_whole()))
}

/// The report in words.
pub(crate) fn print(report: &Report, source: &str, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let (entries, payloads) = (report.entries, report.payloads);
    if let Some(damage) = report.first_damage() {
        let (what, more) = (damage.say(lang), report.damage.len() - 1);
        terminal.out(&say!(lang, en: "DAMAGED: {source}", zh: "已损坏：{source}"))?;
        terminal.out(&say!(lang, en: "  first: {what}", zh: "  首处：{what}"))?;
        if more > 0 {
            terminal.out(&say!(lang, en: "  and {more} more", zh: "  另有 {more} 处"))?;
        }
    } else {
        terminal.out(&say!(lang,
            en: "intact: {entries} entries and {payloads} encrypted contents in {source} are unchanged since they were signed",
            zh: "完好：{source} 中的 {entries} 条记录和 {payloads} 份加密内容与签名时一致"))?;
    }
    for gap in &report.not_covered {
        let gap = gap.say(lang);
        terminal.out(&say!(lang, en: "  not covered: {gap}", zh: "  未覆盖：{gap}"))?;
    }
    Ok(())
}

fn as_json(report: &Report) -> serde_json::Value {
    json!({
        "whole": report.is_whole(),
        "entries": report.entries,
        "payloads": report.payloads,
        "origin": report.origin,
        "damage": report.damage.iter().map(|damage| json!({
            "entry": damage.entry, "file": damage.file, "what": damage.say(Lang::En),
        })).collect::<Vec<_>>(),
        "not_covered": report.not_covered.iter().map(|gap| gap.say(Lang::En)).collect::<Vec<_>>(),
    })
}

/// `ombud log export`
pub(crate) fn export(args: &cli::Export, terminal: Terminal) -> Result<u8> {
    let exported = ombud_ledger::export(&config::home(), &args.output)?;
    let (lang, folder) = (terminal.lang, args.output.display());
    let (entries, payloads) = (exported.entries, exported.payloads);
    terminal.tell(&say!(lang,
        en: "{folder}: {entries} entries and {payloads} encrypted contents. Anyone can verify it: ombud log verify {folder}",
        zh: "{folder}：{entries} 条记录，{payloads} 份加密内容。任何人都可以校验：ombud log verify {folder}"))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_about_a_key_names_what_shows_one() {
        for lang in [Lang::En, Lang::Zh] {
            let told = no_key(lang);
            // `ombud log verify` prints no key.
            assert!(told.contains("`vkey`") && told.contains("`ombud selftest -o "), "{told}");
            assert!(!told.contains("log verify"), "{told}");
        }
    }
}
