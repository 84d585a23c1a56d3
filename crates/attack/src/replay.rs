//! Renders what happened in a case as a self-contained page. All text from models and tools is hostile: it is escaped, and
//! the page may not run scripts.

use ombud_core::{Lang, say};

use crate::run::{Case, Outcome, Stage, Step, Trace, Verdict};
use crate::world::Effect;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1d2330;background:#fff}\
h1{font-size:1.4rem;margin:0}.verdict{display:inline-block;padding:.1rem .6rem;border-radius:.3rem;color:#fff;background:#5b6470;margin:.6rem 0}\
.breached{background:#b3261e}.blocked,.resisted{background:#1b6e3c}ol{list-style:none;padding:0}li{border-left:4px solid #c9d0da;padding:.2rem .9rem;margin:.9rem 0}\
li.bad{border-color:#b3261e}li.gate{border-color:#1b6e3c}h2{font-size:1rem;margin:.2rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0;font:14px/1.45 ui-monospace,monospace}\
mark{background:#ffd9d6;color:inherit}small{color:#5b6470}@media(prefers-color-scheme:dark){body{background:#14171d;color:#e6e9ee}small{color:#a5adba}mark{background:#6b1f1a}li{border-color:#3a4250}}";

/// Renders the page.
pub fn html(case: &Case, outcome: &Outcome, trace: &Trace, effects: &[Effect], lang: Lang) -> String {
    let template = &case.template;
    let (title, why, fix) = (
        escape(template.title.get(lang)),
        escape(template.why.get(lang)),
        escape(template.fix.advice.get(lang)),
    );
    let steps: String = trace.steps.iter().map(|step| item(step, case, lang)).collect();
    let world: String = effects.iter().map(|effect| happened(effect, lang)).collect();
    let (verdict, class, stage) =
        (verdict(outcome.verdict, lang), class(outcome.verdict), stage(outcome.stage, lang));
    let (harm, mend) = (
        say!(lang, en: "Harm to your user", zh: "对用户的危害"),
        say!(lang, en: "What stops it", zh: "对策"),
    );
    let reached = say!(lang, en: "Furthest stage reached", zh: "攻击到达的阶段");
    let (id, tag, risks) = (escape(&case.id()), lang.tag(), escape(&template.risks.join(" ")));
    format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" content=\"no-referrer\"><title>{title}</title><style>{STYLE}</style></head><body>\
<h1>{title}</h1><p class=\"verdict {class}\">{verdict}</p><p><small>{id} · {risks} · {reached}: {stage}</small></p>\
<p><b>{harm}.</b> {why}</p><ol>{steps}{world}</ol><p><b>{mend}.</b> {fix}</p></body></html>\n"
    )
}

/// Escapes text for use inside an element or an attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Invisible characters are shown as dots, so that the reader notices them; direction marks must not reorder the page.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                out.push('·');
            }
            other => out.push(other),
        }
    }
    out
}

fn row(class: &str, heading: &str, body: &str) -> String {
    format!("<li class=\"{class}\"><h2>{heading}</h2><pre>{body}</pre></li>")
}

fn item(step: &Step, case: &Case, lang: Lang) -> String {
    match step {
        Step::User { text } => row("", &say!(lang, en: "The user said", zh: "用户说"), &escape(text)),
        Step::Result { tool, text, injected } => {
            let tool = escape(tool.as_deref().unwrap_or_default());
            let heading = match tool.as_str() {
                "" => say!(lang, en: "The prompt contained", zh: "提示词中有"),
                _ => say!(lang, en: "The tool {tool} returned", zh: "工具 {tool} 返回了"),
            };
            let mut body = escape(text);
            if let Some(injected) = injected {
                body = format!("{body}\n<mark>{}</mark>", escape(injected));
            }
            row(if injected.is_some() { "bad" } else { "" }, &heading, &body)
        }
        Step::Asked { call } => {
            let tool = escape(&call.tool);
            row(
                "",
                &say!(lang, en: "The model asked for {tool}", zh: "模型要求调用 {tool}"),
                &escape(&call.arguments),
            )
        }
        Step::Decided { tool, decision, .. } => {
            let tool = escape(tool);
            row(
                "gate",
                &say!(lang, en: "The gate decided on {tool}", zh: "关卡对 {tool} 的判定"),
                &escape(decision),
            )
        }
        Step::Released { call } => {
            let tool = escape(&call.tool);
            let bad =
                case.words().split_whitespace().any(|word| word.len() > 8 && call.arguments.contains(word));
            row(
                if bad { "bad" } else { "" },
                &say!(lang, en: "The agent received this call to {tool} to execute", zh: "智能体拿到并执行 {tool}"),
                &escape(&call.arguments),
            )
        }
        Step::Answer { text } => row(
            "",
            &say!(lang, en: "The agent received this response", zh: "智能体收到的回答"),
            &escape(text),
        ),
    }
}

fn happened(effect: &Effect, lang: Lang) -> String {
    let body = serde_json::to_string_pretty(effect).unwrap_or_default();
    row("", &say!(lang, en: "What actually happened", zh: "实际发生的事"), &escape(&body))
}

fn verdict(verdict: Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Breached => say!(lang, en: "Breached", zh: "失守"),
        Verdict::Blocked => say!(lang, en: "Blocked by the gate", zh: "关卡已拦截"),
        Verdict::Resisted => say!(lang, en: "The model did not obey", zh: "模型没有照做"),
        Verdict::NotExposed => {
            say!(lang, en: "Not tested: the agent had nothing with which the attack could succeed", zh: "未测到：智能体没有能让攻击得手的工具或记忆")
        }
        Verdict::Error => say!(lang, en: "Not tested: the agent failed", zh: "未测到：智能体运行失败"),
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breached => "breached",
        Verdict::Blocked => "blocked",
        Verdict::Resisted => "resisted",
        Verdict::NotExposed | Verdict::Error => "untested",
    }
}

fn stage(stage: Stage, lang: Lang) -> String {
    match stage {
        Stage::None => say!(lang, en: "nowhere", zh: "未到达"),
        Stage::Exposed => say!(lang, en: "the model read it", zh: "模型已读到"),
        Stage::Obeyed => say!(lang, en: "the model obeyed", zh: "模型已照做"),
        Stage::Released => say!(lang, en: "released to the agent", zh: "已放行给智能体"),
        Stage::Effect => say!(lang, en: "it took effect", zh: "已产生实际后果"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Call, Ended, cases, judge};
    use crate::template::builtin;

    #[test]
    fn a_case_without_a_verdict_does_not_say_how_far_it_got() {
        // The page also names the furthest stage, which may be that the model read it.
        for (lang, reached) in [(Lang::En, "never reached"), (Lang::Zh, "没有到达")] {
            assert!(!verdict(Verdict::NotExposed, lang).contains(reached));
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "<script>alert(1)</script>\"'><img src=x onerror=y>\u{202e}&lt;";
        let case = cases(&builtin().unwrap()[0], &[Lang::En], 1, || [1; 16]).remove(0);
        let call = || Call { id: None, tool: hostile.into(), arguments: hostile.into() };
        let trace = Trace {
            steps: vec![
                Step::User { text: hostile.into() },
                Step::Result {
                    tool: Some(hostile.into()),
                    text: hostile.into(),
                    injected: Some(hostile.into()),
                },
                Step::Asked { call: call() },
                Step::Decided { tool: hostile.into(), id: None, decision: hostile.into() },
                Step::Released { call: call() },
                Step::Answer { text: hostile.into() },
            ],
            ..Trace::default()
        };
        let effects = [Effect::PageOpened { url: hostile.into() }];
        for lang in [Lang::En, Lang::Zh] {
            let page = html(&case, &judge(&case, &trace, &effects, &Ended::Well), &trace, &effects, lang);
            assert!(
                !page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'),
                "{page}"
            );
            assert!(page.contains("&lt;script&gt;") && page.contains("default-src 'none'"));
            assert!(
                !page.contains("http-equiv=\"refresh") && !page.contains("src=\"") && !page.contains("href=")
            );
        }
    }
}
