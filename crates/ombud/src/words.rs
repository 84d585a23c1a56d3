//! The log's stable codes in words for people. Programs get the codes (`--format json`); a code from a later version is
//! shown as it is.

use ombud_core::event::Party;
use ombud_core::{Lang, say};

/// Code, English, Chinese.
type Row = (&'static str, &'static str, &'static str);

/// Why a request was not sent, or got no usable response.
const REASONS: &[Row] = &[
    (
        "ombud_path_not_readable",
        "the path belongs to no API that Ombud can read",
        "路径不属于 Ombud 能读懂的接口",
    ),
    ("ombud_wrong_method", "the API does not support this method", "接口不支持这种请求方法"),
    ("ombud_unknown_provider", "no such provider", "没有这个服务商"),
    ("ombud_bad_address", "the address cannot be used", "地址无法使用"),
    ("ombud_key_required", "the gateway's own key was missing or wrong", "网关自己的密钥缺失或不对"),
    ("ombud_body_too_large", "the request was too large", "请求过大"),
    ("ombud_body_incomplete", "the request ended early", "请求体未传完"),
    (
        "ombud_body_compressed",
        "the request was compressed and could not be checked",
        "请求体经过压缩，无法检查",
    ),
    ("ombud_duplicate_key", "the same key twice in the request", "请求中有重复的键"),
    ("ombud_too_deep", "the request was nested too deeply", "请求嵌套过深"),
    ("ombud_not_utf8", "the request was not UTF-8", "请求不是 UTF-8"),
    ("ombud_not_json", "the request was not valid JSON", "请求不是合法的 JSON"),
    ("ombud_value_blocked", "it holds data that ombud.toml blocks", "含有 ombud.toml 禁止发送的数据"),
    ("ombud_approval_needed", "a person has to agree first", "须先经人同意"),
    ("ombud_part_not_readable", "a part that cannot be read", "有无法读取的部分"),
    ("ombud_too_many_requests", "too many requests", "请求过于频繁"),
    ("ombud_token_budget", "the conversation has used up its tokens", "本次对话的词元额度已用完"),
    ("ombud_log_unwritable", "the log could not be written", "日志无法写入"),
    ("ombud_provider_unreachable", "the provider could not be reached", "无法连接服务商"),
    ("ombud_provider_timeout", "the provider did not respond in time", "服务商未在规定时间内响应"),
    ("ombud_answer_cut", "the provider ended its response early", "服务商的回答中途断开"),
    ("ombud_answer_not_readable", "the response was neither JSON nor a stream", "回答不是 JSON 或事件流"),
    ("ombud_redirected", "the provider redirected the request", "服务商把请求重定向到别处"),
    (
        "ombud_answer_compressed",
        "the response was compressed and could not be checked",
        "回答经过压缩，无法检查",
    ),
    ("ombud_answer_too_large", "the response was too large", "回答过大"),
    ("ombud_frame_not_readable", "part of the response could not be read", "回答中有一段无法读取"),
    ("ombud_value_in_address", "personal data or a secret in the address", "请求地址中有个人信息或密钥"),
    ("ombud_subject_required", "no subject was given for the data", "没有说明是谁的数据"),
    ("ombud_consent_required", "no proof of consent", "没有同意凭证"),
    ("ombud_consent_invalid", "the proof of consent is not valid", "同意凭证无效"),
    ("ombud_consent_expired", "the proof of consent has expired", "同意凭证已过期"),
    ("ombud_consent_other_purpose", "the consent is for another purpose", "同意的是别的用途"),
    ("ombud_consent_other_subject", "the consent is another user's", "同意来自别的用户"),
    ("ombud_consent_withdrawn", "the consent was withdrawn", "同意已撤回"),
    ("ombud_consent_unknown", "the consent records could not be read", "无法读取同意记录"),
    ("ombud_unknown_store", "no such memory store", "没有这个记忆库"),
    ("ombud_store_not_managed", "it would affect all users' data", "会影响所有用户的数据"),
    ("ombud_collection_not_listed", "the collection is not listed", "集合不在列表中"),
    ("ombud_field_malformed", "a field is missing or has the wrong shape", "字段缺失或格式不对"),
    ("ombud_field_unknown", "a field that Ombud does not know", "有 Ombud 不认识的字段"),
    ("ombud_metadata_reserved", "a key reserved for Ombud", "用了 Ombud 专用的键"),
    ("client_gone", "the client disconnected", "客户端已断开"),
    ("stream_without_end", "the stream ended without its end mark", "事件流没有结束标记"),
    ("answer_encoded", "the response is compressed", "回答经过压缩"),
];

/// Remedies for some of them.
const REMEDIES: &[Row] = &[
    (
        "ombud_path_not_readable",
        "`pass` under [gateway] in ombud.toml lets it through unread",
        "可用 ombud.toml 中 [gateway] 的 `pass` 不经检查放行",
    ),
    ("ombud_unknown_provider", "`ombud providers` lists them", "`ombud providers` 可列出"),
    (
        "ombud_body_too_large",
        "`max_body_mib` under [gateway] in ombud.toml",
        "可调高 ombud.toml 中 [gateway] 的 `max_body_mib`",
    ),
    ("ombud_body_compressed", "switch compression off in the client", "请在客户端关闭压缩"),
    ("ombud_duplicate_key", "write the body with a JSON library", "请用 JSON 库生成请求体"),
    ("ombud_not_json", "write the body with a JSON library", "请用 JSON 库生成请求体"),
    (
        "ombud_value_blocked",
        "[policy.masking] in ombud.toml decides",
        "由 ombud.toml 的 [policy.masking] 决定",
    ),
    (
        "ombud_approval_needed",
        "[policy.masking] in ombud.toml decides",
        "由 ombud.toml 的 [policy.masking] 决定",
    ),
    (
        "ombud_part_not_readable",
        "[policy.opaque] in ombud.toml decides",
        "由 ombud.toml 的 [policy.opaque] 决定",
    ),
    ("ombud_too_many_requests", "[limits] in ombud.toml decides", "由 ombud.toml 的 [limits] 决定"),
    ("ombud_token_budget", "[limits] in ombud.toml decides", "由 ombud.toml 的 [limits] 决定"),
    (
        "ombud_log_unwritable",
        "check the disk space and the permissions of .ombud",
        "请检查磁盘空间和 .ombud 的权限",
    ),
    (
        "ombud_provider_unreachable",
        "check the network, the proxy and --upstream",
        "请检查网络、代理和 --upstream",
    ),
    (
        "ombud_provider_timeout",
        "`timeout_s` under [gateway] in ombud.toml",
        "可调高 ombud.toml 中 [gateway] 的 `timeout_s`",
    ),
    ("ombud_answer_not_readable", "is the base URL right?", "请检查接口地址"),
    ("ombud_redirected", "give its new address: --upstream", "请用 --upstream 给出新地址"),
    ("ombud_value_in_address", "send it in the body", "请放在请求体中发送"),
];

/// How calls, connections and memory requests ended; what was noticed; how a call was weighed.
const STATES: &[Row] = &[
    ("ok", "succeeded", "正常结束"),
    ("error", "server error", "服务器报错"),
    ("tool_error", "tool error", "工具报错"),
    ("input_required", "the server asks for more", "服务器要求补充信息"),
    ("allowed", "allowed", "已允许"),
    ("intended", "about to change something", "即将更改"),
    ("tunnelled", "passed through unread", "未检查直接放行"),
    ("refused", "refused", "已拒绝"),
    ("failed", "could not be reached", "无法连接"),
    ("read", "read", "读取"),
    ("write", "write", "写入"),
    ("delete", "delete", "删除"),
    ("admin", "collection changed", "更改集合"),
    ("definition_changed", "the definition of a tool changed", "工具的定义发生变化"),
    ("hidden_text", "hidden text in a definition", "定义中有隐藏文字"),
    ("instruction", "gives the model orders", "对模型下命令"),
    ("shadows_tool", "has the name of another server's tool", "与其他服务器的工具同名"),
    ("speaks_of_other_tool", "mentions another server's tool", "提到其他服务器的工具"),
    ("malformed_message", "a message that cannot be read", "消息无法读取"),
    ("message_too_large", "a message that is too large", "消息过大"),
    ("too_many_notifications", "too many notifications", "通知过多"),
    ("too_many_requests", "too many requests", "请求过多"),
    ("unknown_id", "a response without a request", "回答没有对应的请求"),
    ("request_without_id", "a request without an id", "没有编号的请求"),
    ("request_id", "an invalid request id", "请求编号无效"),
    ("ask", "ask", "先询问"),
    ("block", "withhold", "拦下"),
    ("allow", "release", "放行"),
    ("redact", "mask", "脱敏"),
    ("released", "released", "已放行"),
    ("redacted", "released after masking", "脱敏后放行"),
    ("asked", "the user was asked", "已询问用户"),
    ("withheld", "withheld", "已拦下"),
    ("tool", "this tool's own gate", "该工具自己的设置"),
    ("effect", "[tools.effects]", "[tools.effects]"),
    ("mode", "[tools] mode", "[tools] mode"),
    ("preset", "[tools] preset", "[tools] preset"),
    ("fresh", "no setting in ombud.toml", "ombud.toml 未作设置"),
    ("secret", "secrets are never restored", "密钥不会还原"),
    ("workflow", "the declared steps", "声明的步骤"),
    ("forbid", "forbid", "forbid"),
    ("limits", "[tools.limits]", "[tools.limits]"),
    ("standing", "a standing approval by the user", "用户给出的长期许可"),
    ("run", "run", "run"),
    ("serve", "serve", "serve"),
];

fn found(table: &[Row], code: &str, lang: Lang) -> Option<String> {
    let (_, en, zh) = table.iter().find(|row| row.0 == code)?;
    Some(match lang {
        Lang::En => (*en).to_owned(),
        Lang::Zh => (*zh).to_owned(),
    })
}

/// Why a request was refused or failed.
pub(crate) fn reason(code: &str, lang: Lang) -> String {
    found(REASONS, code, lang).unwrap_or_else(|| code.to_owned())
}

/// Whether the request with this code was sent and then failed.
pub(crate) fn is_failure(code: &str) -> bool {
    let failed = ["ombud_provider_", "ombud_answer_"].iter().any(|kind| code.starts_with(kind));
    failed || matches!(code, "ombud_redirected" | "ombud_frame_not_readable")
}

/// The same, with a remedy where there is one.
pub(crate) fn reason_and_remedy(code: &str, lang: Lang) -> String {
    let why = reason(code, lang);
    match found(REMEDIES, code, lang) {
        Some(remedy) => say!(lang, en: "{why} ({remedy})", zh: "{why}（{remedy}）"),
        None => why,
    }
}

/// A state, an action or a setting.
pub(crate) fn state(code: &str, lang: Lang) -> String {
    if let Some(number) = code.strip_prefix("condition_own_") {
        return say!(lang, en: "condition {number} of this tool", zh: "该工具的第 {number} 个条件");
    }
    if let Some(number) = code.strip_prefix("condition_") {
        return say!(lang, en: "condition {number} of [tools]", zh: "[tools] 的第 {number} 个条件");
    }
    found(STATES, code, lang).unwrap_or_else(|| reason(code, lang))
}

/// Who failed, if anybody.
pub(crate) fn party(party: Party, lang: Lang) -> Option<String> {
    Some(match party {
        Party::None => return None,
        Party::Provider => say!(lang, en: "the provider failed", zh: "服务商出错"),
        Party::Network => say!(lang, en: "the network failed", zh: "网络出错"),
        Party::Developer => say!(lang, en: "the request or the account", zh: "问题在请求或账户"),
        Party::Client => say!(lang, en: "on the client's side", zh: "问题在客户端一方"),
        Party::Gateway => say!(lang, en: "Ombud failed", zh: "Ombud 出错"),
        Party::Unknown => say!(lang, en: "it is unknown who is at fault", zh: "责任方不明"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes in a source file.
    fn codes(source: &str) -> Vec<&str> {
        let (code, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
        code.split('"').filter(|word| word.starts_with("ombud_") && word.len() > 7).collect()
    }

    #[test]
    fn every_refusal_has_words_in_both_languages() {
        let model = codes(include_str!("../../gateway/src/refusal.rs"));
        let memory = codes(include_str!("../../gateway/src/memory/closed.rs"));
        assert!(model.len() > 25 && memory.len() > 12, "{} {}", model.len(), memory.len());
        for code in
            model.into_iter().chain(memory).filter(|code| *code != "ombud_error" && *code != "ombud_subject")
        {
            assert!(found(REASONS, code, Lang::Zh).is_some(), "{code}");
            assert_ne!(reason(code, Lang::En), reason(code, Lang::Zh));
        }
    }

    #[test]
    fn every_trait_of_a_definition_has_words() {
        use ombud_gateway::tool::hidden::Flag;
        let (server, tool) = (String::new, String::new);
        let flags = [
            Flag::Invisible,
            Flag::Comment,
            Flag::Instruction,
            Flag::Shadows(server()),
            Flag::Mentions(server(), tool()),
        ];
        for code in flags.iter().map(Flag::code) {
            assert!(found(STATES, code, Lang::Zh).is_some(), "{code}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_called_absent() {
        // The API has the same reason in more words: `Closed::Denied`.
        assert!(reason("ombud_consent_unknown", Lang::En).contains("could not be read"));
        // A wrong key is refused with the same code as none.
        assert!(reason("ombud_key_required", Lang::En).ends_with("missing or wrong"));
    }

    #[test]
    fn what_no_table_knows_is_shown_as_it_stands() {
        assert_eq!(reason("later_code", Lang::Zh), "later_code");
        assert_eq!(reason_and_remedy("ombud_too_deep", Lang::En), reason("ombud_too_deep", Lang::En));
        assert!(REMEDIES.iter().all(|row| found(REASONS, row.0, Lang::En).is_some()));
        assert_eq!(state("condition_own_2", Lang::Zh), "该工具的第 2 个条件");
        assert_eq!(party(Party::None, Lang::En), None);
        assert!(is_failure("ombud_provider_timeout") && is_failure("ombud_redirected"));
        assert!(!is_failure("ombud_not_json") && !is_failure("ombud_path_not_readable"));
    }
}
