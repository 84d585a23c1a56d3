//! Decisions and doubts in words.

use super::{Doubt, Limit};
use crate::category::DataCategory;
use crate::effect::Part;
use crate::message::{Lang, Say};
use crate::origin::Origin;
use crate::say;

/// A recorded decision in words.
pub fn told(decision: &str, lang: Lang) -> String {
    told_seeing(decision, true, lang)
}

/// The same at a tool's edge: what the user said is not visible there, so it is unknown whether they asked for the call.
pub fn told_unseen(decision: &str, lang: Lang) -> String {
    told_seeing(decision, false, lang)
}

fn told_seeing(decision: &str, seen: bool, lang: Lang) -> String {
    let (kind, doubts) = decision.split_once(':').unwrap_or((decision, ""));
    let doubts: Vec<String> = doubts.split(',').map(|id| doubt_in_words(id.trim(), seen, lang)).collect();
    let doubts = doubts.join(if lang == Lang::Zh { "；" } else { "; " });
    match kind {
        "release" => say!(lang, en: "released", zh: "已放行"),
        "approved" => say!(lang, en: "released after the user agreed", zh: "用户同意后放行"),
        "would_ask" => {
            say!(lang, en: "released; would have asked: {doubts}", zh: "已放行；本应先询问：{doubts}")
        }
        "redact" => say!(lang, en: "released after masking: {doubts}", zh: "部分内容脱敏后放行：{doubts}"),
        "ask" => say!(lang, en: "withheld, the user was asked: {doubts}", zh: "已拦下并询问用户：{doubts}"),
        "block" => say!(lang, en: "withheld: {doubts}", zh: "已拦下：{doubts}"),
        "declined" => say!(lang, en: "withheld, the user said no", zh: "用户没有同意，已拦下"),
        _ => decision.to_owned(),
    }
}

/// What a rule reported about a response, in words.
pub fn told_rule(rule: &str, decision: &str, lang: Lang) -> String {
    let why = match rule {
        "answer.image_host" => {
            say!(lang, en: "image from a host that nobody named", zh: "图片来自无人提过的域名")
        }
        "answer.image_data" => {
            say!(lang, en: "image address carries conversation data", zh: "图片地址中带有对话里的数据")
        }
        "answer.link_host" => {
            say!(lang, en: "link to a host that nobody named", zh: "链接指向无人提过的域名")
        }
        "answer.prompt" => {
            say!(lang, en: "repeats the system prompt almost verbatim", zh: "几乎逐字说出了系统提示词")
        }
        "answer.others" => {
            say!(lang, en: "personal data that only third-party content brought into the conversation", zh: "仅由第三方内容带入对话的个人信息")
        }
        "answer.knowledge" => {
            say!(lang, en: "long copy of retrieved content", zh: "大段照搬检索到的资料")
        }
        "answer.canary" => {
            say!(lang, en: "contains a canary from the system prompt", zh: "含有系统提示词中的暗记")
        }
        "answer.link_data" => {
            say!(lang, en: "link carries conversation data", zh: "链接中带有对话里的数据")
        }
        other => other.to_owned(),
    };
    match decision {
        "would_ask" => say!(lang, en: "{why} (left unchanged)", zh: "{why}（未改动）"),
        "ask" => say!(lang, en: "{why} (made harmless)", zh: "{why}（已处理）"),
        "block" => say!(lang, en: "{why} (removed)", zh: "{why}（已去掉）"),
        _ => why,
    }
}

/// A category of data, given by its id, in words.
fn category(id: &str, lang: Lang) -> String {
    let known = DataCategory::ALL.iter().find(|category| category.id() == id);
    known.map_or_else(|| id.to_owned(), |category| category.say(lang))
}

fn doubt_in_words(id: &str, seen: bool, lang: Lang) -> String {
    let part = |id: &str| Part::by_id(id).map_or_else(|| id.to_owned(), |part| part.say(lang));
    match id {
        "secret" => {
            say!(lang, en: "arguments contain the placeholder of a secret", zh: "参数中含有密钥的占位符")
        }
        "unreadable" => say!(lang, en: "arguments cannot be read reliably", zh: "无法可靠地读取参数"),
        "definition_changed" => {
            say!(lang, en: "the server has changed the tool's definition", zh: "服务器改变了工具的定义")
        }
        "signs" => say!(lang, en: "third-party text shows signs of injection", zh: "第三方内容有注入迹象"),
        "forgotten" => {
            say!(lang, en: "one of its values was in a result that is no longer inspected", zh: "其中有值来自已不再检查的结果")
        }
        "steered" => {
            say!(lang, en: "third-party text made the assistant look something up first", zh: "第三方内容先让助手查看了别的内容")
        }
        "no_step" => say!(lang, en: "not a declared step", zh: "不是声明过的步骤"),
        "too_early" => {
            say!(lang, en: "the step before it has not been taken", zh: "它之前的步骤尚未执行")
        }
        "not_offered" => {
            say!(lang, en: "the request did not offer this tool", zh: "请求中没有提供这个工具")
        }
        "over_repeat" => say!(lang, en: "the same call too many times", zh: "同一调用次数过多"),
        "over_calls" => say!(lang, en: "too many calls", zh: "调用总数过多"),
        "over_money" => say!(lang, en: "too much money", zh: "金额超过上限"),
        "over_day_calls" => say!(lang, en: "too many calls today", zh: "今天的调用次数过多"),
        "over_day_money" => say!(lang, en: "too much money today", zh: "今天的金额超过上限"),
        "over_rate" => say!(lang, en: "too many calls in a minute", zh: "一分钟内调用过多"),
        "guarded" => {
            say!(lang, en: "touches Ombud's own rules or approvals", zh: "触及 Ombud 自己的规则或批准记录")
        }
        "not_asked" if !seen => {
            say!(lang, en: "what the user asked for is not visible here", zh: "此处看不到用户提过什么要求")
        }
        "not_asked" => say!(lang, en: "the user did not ask for it", zh: "用户没有提出这一要求"),
        "delegated" => say!(lang, en: "the user left the decision to a text", zh: "用户让某段文字来决定"),
        "anyone" => say!(lang, en: "anyone may have asked for it", zh: "提出要求的可能是任何人"),
        "guardian" => say!(lang,
            en: "a responsible person has to allow it outside the conversation",
            zh: "需要监护人等负责人在对话之外同意"),
        _ => match id.split_once('_') {
            Some(("condition", id)) => condition(id, lang),
            Some(("forbidden", id)) => {
                let category = category(id, lang);
                say!(lang, en: "the tool or the recipient must not be given {category}", zh: "不允许把“{category}”交给该工具或该接收方")
            }
            Some(("redacted", id)) => {
                let category = category(id, lang);
                say!(lang, en: "{category} masked in the arguments", zh: "参数中的“{category}”已脱敏")
            }
            Some(("leaks", id)) => {
                let category = category(id, lang);
                say!(lang, en: "{category} in the arguments could not be masked", zh: "参数中的“{category}”无法脱敏")
            }
            Some(("foreign", id)) => {
                let part = part(id);
                say!(lang, en: "{part} comes from third-party text", zh: "{part}来自第三方内容")
            }
            Some(("instructed", id)) => {
                let part = part(id);
                say!(lang, en: "third-party text seems to ask for it with {part}", zh: "第三方内容似乎要求这样做，并给出了{part}")
            }
            Some(("unseen", id)) => {
                let part = part(id);
                say!(lang, en: "{part} appears nowhere in the context", zh: "{part}在上下文中从未出现")
            }
            _ => id.to_owned(),
        },
    }
}

/// A condition of the operator, given by its id, in words.
fn condition(id: &str, lang: Lang) -> String {
    let number = id.rsplit('_').next().unwrap_or_default();
    let place = if id.starts_with("own") {
        say!(lang, en: "condition {number} of this tool", zh: "该工具的第 {number} 个条件")
    } else {
        say!(lang, en: "condition {number} of [tools]", zh: "[tools] 的第 {number} 个条件")
    };
    if id.contains("unsure") {
        say!(lang, en: "{place} could not be evaluated", zh: "无法判断{place}是否成立")
    } else {
        say!(lang, en: "{place} applies", zh: "符合{place}")
    }
}

/// Says that a result can no longer be inspected.
fn forgotten(lang: Lang) -> String {
    say!(lang,
        en: "one of its values was in a result that was too long or is too old to inspect, so it is unknown whether that result asked for this",
        zh: "其中有值来自过长或过旧、已不再检查的结果，因此无法判断是不是那个结果要求这样做的")
}

/// An exceeded limit, in words.
fn over(limit: Limit, lang: Lang) -> String {
    match limit {
        Limit::Repeat => say!(lang,
            en: "the same call has already been made many times",
            zh: "同样的调用已经执行过很多次"),
        Limit::Calls => say!(lang,
            en: "this conversation has reached the number of calls that the developer allows",
            zh: "本次对话的调用次数已达到开发者设定的上限"),
        Limit::Money => say!(lang,
            en: "the payments in this conversation would exceed the sum that the developer allows",
            zh: "本次对话的付款总额将超过开发者设定的上限"),
        Limit::DayCalls => say!(lang,
            en: "today's calls have reached the number that the developer allows",
            zh: "今天的调用次数已达到开发者设定的上限"),
        Limit::DayMoney => say!(lang,
            en: "today's payments would exceed the sum that the developer allows",
            zh: "今天的付款总额将超过开发者设定的上限"),
        Limit::Rate => say!(lang,
            en: "there are more calls per minute than the developer allows",
            zh: "一分钟内的调用次数超过了开发者设定的上限"),
    }
}

impl Say for Doubt {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Secret => say!(lang,
                en: "it contains the placeholder of a secret; secrets are never restored, so the tool would use or store the placeholder",
                zh: "其中含有密钥的占位符；密钥不会被还原，工具只会使用或保存占位符"),
            Self::Unreadable => {
                say!(lang, en: "its arguments cannot be read reliably", zh: "无法可靠地读取它的参数")
            }
            Self::Guarded => say!(lang,
                en: "it touches the files in which Ombud keeps its rules and the answers to its questions",
                zh: "它触及 Ombud 保存规则和答复的文件"),
            Self::NoStep => say!(lang,
                en: "it is not one of the steps that the developer declared",
                zh: "它不在开发者声明的步骤之内"),
            Self::TooEarly { after } => {
                let after = quoted(after);
                say!(lang,
                    en: "the developer requires the step {after} first, and it has not been taken in this round",
                    zh: "开发者规定它之前要先执行 {after}，而这一轮还没有执行")
            }
            Self::NotOffered => say!(lang,
                en: "the model calls a tool that this request did not offer",
                zh: "模型调用了这次请求没有提供的工具"),
            Self::Guardian => say!(lang,
                en: "children use this assistant, so someone responsible for them has to allow this",
                zh: "这个助手的使用者是孩子，这一步需要监护人等负责人同意"),
            Self::Forbidden { category } => {
                let category = category.say(lang);
                say!(lang,
                    en: "its arguments contain data that the developer does not allow for this tool or this recipient: {category}",
                    zh: "参数中含有开发者不允许交给该工具或该接收方的数据：{category}")
            }
            Self::Redacted { category } => {
                let category = category.say(lang);
                say!(lang,
                    en: "data in its arguments that the user did not provide was masked: {category}",
                    zh: "参数中不是由用户提供的数据已脱敏：{category}")
            }
            Self::Leaks { category } => {
                let category = category.say(lang);
                say!(lang,
                    en: "its arguments contain data that the developer wants masked for this tool, but that went to the model in the clear: {category}",
                    zh: "参数中含有开发者要求对该工具脱敏的数据，而它已以明文发给模型：{category}")
            }
            Self::Over { limit } => over(*limit, lang),
            Self::Condition { met } if met.holds => say!(lang,
                en: "the developer set a condition for such calls",
                zh: "开发者为这类调用设定了条件"),
            Self::Condition { .. } => say!(lang,
                en: "the developer set a condition for such calls, and it could not be determined whether this one meets it",
                zh: "开发者为这类调用设定了条件，但无法判断这一次是否符合"),
            Self::NotAsked => {
                say!(lang, en: "nothing in your own words asks for this", zh: "你自己的话里没有提出过这样的要求")
            }
            Self::Delegated => say!(lang,
                en: "you left the decision to a text, and this step comes from that text",
                zh: "你让我照着某段文字去做，而这一步正是那段文字带来的"),
            Self::Anyone => say!(lang,
                en: "anyone can write to this assistant, so this needs a separate confirmation",
                zh: "任何人都能给这个助手发消息，所以这一步需要单独确认"),
            Self::Signs => say!(lang,
                en: "a text that the assistant read gives it orders",
                zh: "助手读到的一段文字在向它下达命令"),
            Self::Forgotten => forgotten(lang),
            Self::Steered { value, origin } => {
                let (origin, value) = (inside(origin, lang), quoted(value));
                say!(lang,
                    en: "before this, {value} was looked up because {origin} said so, not you; this call may carry away what came back",
                    zh: "在此之前，助手因为{origin}里的话（而不是你的要求）查看了 {value}；这一步可能会把查到的内容带出去")
            }
            Self::Foreign { part, value, origin, .. } => {
                let (part, origin, value) = (part.say(lang), inside(origin, lang), quoted(value));
                say!(lang,
                    en: "{part} {value} does not come from you: it appears in {origin}",
                    zh: "{part} {value} 不是你给的，它出现在{origin}中")
            }
            Self::Instructed { part, value, origin, .. } => {
                let (part, origin, value) = (part.say(lang), inside(origin, lang), quoted(value));
                say!(lang,
                    en: "{part} {value} appears in {origin}, in a text that can be read as asking for this",
                    zh: "{part} {value} 出现在{origin}中，而那段文字可以理解为在要求这样做")
            }
            Self::Unseen { part, value, .. } => {
                let (part, value) = (part.say(lang), quoted(value));
                say!(lang,
                    en: "{part} {value} appears nowhere in the conversation",
                    zh: "{part} {value} 在对话中从未出现过")
            }
        }
    }
}

/// An origin inside a sentence: Chinese puts a space before text that starts with a Latin letter or a digit.
fn inside(origin: &Origin, lang: Lang) -> String {
    let said = origin.say(lang);
    let blank = lang == Lang::Zh && said.starts_with(|ch: char| ch.is_ascii_alphanumeric());
    if blank { format!(" {said}") } else { said }
}

/// A value as code: its markup must not take effect where the text is shown, and its length is bounded.
pub fn quoted(value: &str) -> String {
    const LONGEST: usize = 120;
    let clean = |ch: char| if ch == '`' || ch.is_control() { ' ' } else { ch };
    let mut text: String = value.chars().take(LONGEST).map(clean).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    format!("`{}`", text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_user_is_not_heard_nothing_is_said_of_their_wish() {
        let decision = "ask: not_asked, unseen_destination";
        assert!(told(decision, Lang::En).contains("the user did not ask for it"));
        for lang in [Lang::En, Lang::Zh] {
            let unseen = told_unseen(decision, lang);
            assert!(!unseen.contains("did not ask") && !unseen.contains("用户没有提出"), "{unseen}");
            assert_ne!(told_unseen("declined", lang), "declined");
        }
    }

    #[test]
    fn a_reason_claims_no_more_than_was_seen_and_reads_well_in_chinese() {
        let doubt = |name: Option<&str>| Doubt::Instructed {
            path: "/to".into(),
            part: Part::Destination,
            value: "bob@b.example".into(),
            origin: Origin::Tool { name: name.map(str::to_owned), call: None },
        };
        let named = doubt(Some("get"));
        assert!(named.say(Lang::Zh).contains("出现在 get 的返回结果中"), "{}", named.say(Lang::Zh));
        assert!(doubt(None).say(Lang::Zh).contains("出现在工具的返回结果中"));
        assert!(named.say(Lang::En).ends_with("in a text that can be read as asking for this"));
    }
}
