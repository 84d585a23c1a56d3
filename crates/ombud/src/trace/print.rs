//! The trace in words.

use anyhow::Result;
use ombud_core::event::{Voice, WeighedRecord};
use ombud_core::gate::{quoted, told};
use ombud_core::{Lang, Role, Say, Trust, say};

use super::build::{CallTrace, Overlap, SignTrace, SlotTrace, Traced};
use super::notice;
use crate::output::Terminal;
use crate::words;

pub(super) fn print(trace: &Traced, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let (id, time) = (&trace.exchange, trace.time.get(..19).unwrap_or(&trace.time).replace('T', " "));
    let (provider, model) = (&trace.provider, trace.model.as_deref().unwrap_or("-"));
    terminal.out(&say!(lang,
        en: "exchange {id}, {time} UTC, {provider}, {model}",
        zh: "交换 {id}，{time} UTC，{provider}，{model}"))?;
    if trace.erased {
        terminal.out(&say!(lang,
            en: "  Contents were erased; what follows is all that the log itself still holds.",
            zh: "  内容已删除；以下仅为日志本身仍保留的信息。"))?;
    }
    if !trace.in_context.is_empty() {
        terminal.out(&say!(lang, en: "In context:", zh: "上下文中有："))?;
    }
    for slot in &trace.in_context {
        terminal.out(&line(slot, lang))?;
        for passage in &slot.passages {
            let (start, end) = (passage.span[0], passage.span[1]);
            let origin = clean(&passage.origin.say(lang));
            terminal.out(&say!(lang,
                en: "       bytes {start}–{end}: {origin}",
                zh: "       第 {start}–{end} 字节：{origin}"))?;
        }
    }
    print_signs(&trace.signs, terminal)?;
    if trace.not_inspected > 0 {
        let count = trace.not_inspected;
        terminal.out(&say!(lang,
            en: "  {count} part(s) of the request could not be read (images, files) and are not covered.",
            zh: "  请求中有 {count} 个部分（图片、文件等）无法读取，未包含在内。"))?;
    }
    for call in &trace.calls {
        print_call(call, terminal)?;
    }
    if !trace.answer.is_empty() {
        terminal.out(&say!(lang, en: "The response overlaps with:", zh: "回答与以下内容重合："))?;
        print_overlaps(&trace.answer, terminal)?;
    }
    notice::print(&trace.noticed, terminal)?;
    terminal.out(&say!(lang,
        en: "“In context” and “overlaps” are observations. What made the model respond as it did cannot be seen from outside.",
        zh: "“在上下文中”和“重合”只是观察到的事实；模型为何这样回答，从外部无法得知。"))
}

fn print_signs(signs: &[SignTrace], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    if !signs.is_empty() {
        terminal.out(&say!(lang,
            en: "Signs of injection (they raise suspicion and prove nothing):",
            zh: "注入迹象（只提示可疑，并非证据）："))?;
    }
    for sign in signs {
        let (slot, percent, [start, end]) = (sign.record.slot, sign.record.percent, sign.record.span);
        let (what, value) =
            (clean(&sign.record.say(lang)), sign.value.as_deref().map(quoted).unwrap_or_default());
        terminal.out(&say!(lang,
            en: "  {slot:>4}  bytes {start}–{end}, {percent} %: {what} {value}",
            zh: "  {slot:>4}  第 {start}–{end} 字节，{percent}%：{what} {value}"))?;
    }
    Ok(())
}

fn line(slot: &SlotTrace, lang: Lang) -> String {
    let (number, role, origin) = (slot.slot, role(slot.role, lang), clean(&slot.origin.say(lang)));
    let count = slot.characters;
    let trust = match slot.trust {
        Trust::Untrusted => say!(lang, en: ", third-party", zh: "，第三方内容"),
        _ => String::new(),
    };
    let call = slot.call.as_ref().map(|call| {
        let (id, arguments) = (clean(&call.id), quoted(&call.arguments));
        say!(lang, en: ", call {id} {arguments}", zh: "，调用 {id} {arguments}")
    });
    let call = call.unwrap_or_default();
    say!(lang,
        en: "  {number:>4}  {role}: {origin}{call}{trust}, {count} characters",
        zh: "  {number:>4}  {role}：{origin}{call}{trust}，{count} 个字符")
}

fn role(role: Role, lang: Lang) -> String {
    let (en, zh) = match role {
        Role::System => ("system prompt", "系统提示词"),
        Role::Developer => ("developer message", "开发者消息"),
        Role::User => ("user turn", "用户发言"),
        Role::Assistant => ("earlier response", "先前的回答"),
        Role::ToolCall => ("earlier tool call", "先前的工具调用"),
        Role::ToolResult => ("tool result", "工具结果"),
        Role::ToolDefinition => ("tool definition", "工具定义"),
        Role::EmbeddingInput => ("text to embed", "待向量化文本"),
        Role::Metadata => ("metadata", "元数据"),
        Role::Other => ("other part", "其他部分"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
    .to_owned()
}

fn print_call(call: &CallTrace, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let (tool, decision) = (clean(&call.tool), told(&call.decision, lang));
    let id = clean(call.id.as_deref().unwrap_or("-"));
    let does = call.effect.map(|effect| effect.say(lang)).unwrap_or_default();
    terminal.out(&say!(lang,
        en: "Tool call {id}: {tool} ({does}), {decision}",
        zh: "工具调用 {id}：{tool}（{does}），{decision}"))?;
    if let Some(weighed) = &call.weighed {
        terminal.out(&format!("  {}", self::weighed(weighed, lang)))?;
    }
    if let Some(arguments) = &call.arguments {
        let arguments = quoted(arguments);
        terminal.out(&say!(lang, en: "  arguments {arguments}", zh: "  参数 {arguments}"))?;
    }
    if call.overlaps.is_empty() {
        return terminal.out(&say!(lang,
            en: "  none of its arguments overlaps with the context",
            zh: "  它的参数与上下文没有重合"));
    }
    print_overlaps(&call.overlaps, terminal)
}

fn print_overlaps(overlaps: &[Overlap], terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    for overlap in overlaps {
        let part = overlap.part.map(|part| part.say(lang));
        let path = overlap.path.as_deref().map(clean).unwrap_or_default();
        let what = match (&overlap.value, part) {
            (Some(value), Some(part)) => format!("{path} {part} {}", quoted(value)),
            (Some(value), None) => format!("{path} {}", quoted(value)),
            (None, part) => format!("{path} {}", part.unwrap_or_default()),
        };
        let what = what.trim().to_owned();
        let (slot, origin, by) = (overlap.slot, clean(&overlap.origin.say(lang)), by(&overlap.by, lang));
        let source = overlap.source.as_ref().map(|call| {
            let (id, tool, arguments) = (clean(&call.id), clean(&call.tool), quoted(&call.arguments));
            say!(lang, en: ", from call {id} {tool} {arguments}", zh: "，来自调用 {id} {tool} {arguments}")
        });
        let source = source.unwrap_or_default();
        let share = overlap.coverage;
        let share = if matches!(share, 0 | 100) { String::new() } else { format!(" ({share} %)") };
        terminal.out(&say!(lang,
            en: "  {what}  overlaps with {slot} ({origin}{source}), {by}{share}",
            zh: "  {what}  与 {slot}（{origin}{source}）重合，{by}{share}"))?;
    }
    Ok(())
}

/// Verdict and action, the setting that decided, and who approved.
pub(super) fn weighed(weighed: &WeighedRecord, lang: Lang) -> String {
    let [verdict, action, rule] =
        [&weighed.verdict, &weighed.action, &weighed.rule].map(|code| clean(&words::state(code, lang)));
    let by = match weighed.by {
        None => String::new(),
        Some(Voice::Conversation) => say!(lang, en: ", approved in the conversation", zh: "，在对话中同意"),
        Some(Voice::Form) => {
            say!(lang, en: ", approved in a form shown by the client", zh: "，在客户端的表单中同意")
        }
        Some(Voice::Outside) => {
            say!(lang, en: ", approved outside the conversation", zh: "，在对话之外同意")
        }
    };
    say!(lang,
        en: "the rules say: {verdict}; what was done: {action}; basis: {rule}{by}",
        zh: "规则判定：{verdict}；处理：{action}；依据：{rule}{by}")
}

pub(super) fn by(by: &str, lang: Lang) -> String {
    match by {
        "token" => say!(lang, en: "exactly, by its token", zh: "按代号精确匹配"),
        "identifier" => say!(lang, en: "the same identifier", zh: "标识相同"),
        _ => say!(lang, en: "word for word", zh: "逐字相同"),
    }
}

/// Tool names and ids come from outside: none of them may control the terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|ch| if ch.is_control() { '\u{fffd}' } else { ch }).take(200).collect()
}
