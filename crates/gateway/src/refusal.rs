//! Why a request is not answered by the provider, told in the error shape that the client's SDK expects.

use axum::body::Body;
use axum::response::Response;
use http::{StatusCode, header};
use ombud_core::event::Party;
use ombud_core::{DataType, Lang, OpaqueKind, Say, say};

use crate::gateway::Config;
use crate::providers::ProviderError;
use crate::wire::Dialect;
use crate::wire::json::JsonError;

/// A request that Ombud answers itself.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.say(Lang::En))]
pub enum Refusal {
    /// The path belongs to no wire format that Ombud reads. What cannot be read does not leave.
    Path(String),
    /// The path is read, but not with this method.
    Method(String),
    /// No provider with this id.
    Provider(String),
    /// The path cannot be joined to the provider's base.
    Address(ProviderError),
    /// The client shows no key of this gateway.
    Key,
    /// The body is larger than so many bytes.
    TooLarge(usize),
    /// The client went away or sent a broken body.
    Body,
    /// The body is compressed.
    Encoded,
    /// The body is not JSON that we forward.
    Json(JsonError),
    /// The policy blocks a value of this type.
    Blocked(DataType),
    /// The policy asks before a value of this type leaves; the token names the value.
    Ask(DataType, String),
    /// The policy blocks or asks about a part that cannot be read.
    Opaque(OpaqueKind),
    /// The client asks too often; so many seconds later there is room.
    Rate(u64),
    /// The conversation has used up so many tokens, which is all that it has.
    Tokens(u64),
    /// The log cannot be written: nothing is forwarded.
    Ledger,
    /// The provider cannot be reached at this host.
    Unreachable(String),
    /// The provider did not answer in time.
    Timeout(String),
    /// The answer ended early.
    Cut(String),
    /// The answer is of this content type instead of JSON or a stream.
    Garbage(String),
    /// The provider sends the request elsewhere, to this address. A client that followed would send there what it sent here:
    /// the body as it was before masking, past Ombud.
    Redirected(String),
    /// The answer is compressed, although it was asked not to be: no call in it could be decided on.
    AnswerEncoded,
    /// The answer is larger than we hold in memory.
    AnswerTooLarge,
    /// A frame of a streamed answer cannot be read, so that nobody can judge what it asks for.
    Frame,
    /// The address of the request holds a value of this type, where nothing can be masked.
    Query(DataType),
}

impl Refusal {
    /// The stable code, for programs and records.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Path(_) => "ombud_path_not_readable",
            Self::Method(_) => "ombud_wrong_method",
            Self::Provider(_) => "ombud_unknown_provider",
            Self::Address(_) => "ombud_bad_address",
            Self::Key => "ombud_key_required",
            Self::TooLarge(_) => "ombud_body_too_large",
            Self::Body => "ombud_body_incomplete",
            Self::Encoded => "ombud_body_compressed",
            Self::Json(JsonError::DuplicateKey(_)) => "ombud_duplicate_key",
            Self::Json(JsonError::Depth(_)) => "ombud_too_deep",
            Self::Json(JsonError::Utf8(_)) => "ombud_not_utf8",
            Self::Json(_) => "ombud_not_json",
            Self::Blocked(_) => "ombud_value_blocked",
            Self::Ask(..) => "ombud_approval_needed",
            Self::Opaque(_) => "ombud_part_not_readable",
            Self::Rate(_) => "ombud_too_many_requests",
            Self::Tokens(_) => "ombud_token_budget",
            Self::Ledger => "ombud_log_unwritable",
            Self::Unreachable(_) => "ombud_provider_unreachable",
            Self::Timeout(_) => "ombud_provider_timeout",
            Self::Cut(_) => "ombud_answer_cut",
            Self::Garbage(_) => "ombud_answer_not_readable",
            Self::Redirected(_) => "ombud_redirected",
            Self::AnswerEncoded => "ombud_answer_compressed",
            Self::AnswerTooLarge => "ombud_answer_too_large",
            Self::Frame => "ombud_frame_not_readable",
            Self::Query(_) => "ombud_value_in_address",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Provider(_) => StatusCode::NOT_FOUND,
            Self::Key => StatusCode::UNAUTHORIZED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body | Self::Json(_) | Self::Address(_) => StatusCode::BAD_REQUEST,
            Self::Path(_)
            | Self::Blocked(_)
            | Self::Ask(..)
            | Self::Opaque(_)
            | Self::Tokens(_)
            | Self::Query(_) => StatusCode::FORBIDDEN,
            Self::Rate(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Ledger => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Unreachable(_)
            | Self::Cut(_)
            | Self::Garbage(_)
            | Self::Redirected(_)
            | Self::AnswerEncoded
            | Self::AnswerTooLarge
            | Self::Frame => StatusCode::BAD_GATEWAY,
        }
    }

    /// Who failed.
    pub fn party(&self) -> Party {
        match self {
            Self::Ledger => Party::Gateway,
            Self::Body => Party::Client,
            Self::Unreachable(_) => Party::Network,
            // A provider that moved, or an address that was never right: nothing here tells which.
            Self::Redirected(_) => Party::Unknown,
            Self::Timeout(_)
            | Self::Cut(_)
            | Self::Garbage(_)
            | Self::AnswerEncoded
            | Self::AnswerTooLarge
            | Self::Frame => Party::Provider,
            _ => Party::Developer,
        }
    }

    /// The answer to the client, in the shape of its SDK. Asking again without a change would not help, except where
    /// the provider failed: SDKs are told so.
    pub fn response(&self, dialect: Dialect, config: &Config) -> Response {
        let body = self.body(dialect, &config.told(self));
        let retry = matches!(self, Self::Unreachable(_) | Self::Timeout(_) | Self::Cut(_) | Self::Rate(_));
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers
            .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json; charset=utf-8"));
        headers
            .insert("x-should-retry", http::HeaderValue::from_static(if retry { "true" } else { "false" }));
        if let Self::Rate(wait) = self {
            headers.insert(header::RETRY_AFTER, http::HeaderValue::from(*wait));
        }
        response
    }

    /// The error object in the shape of a dialect, with the text that tells it.
    pub fn body(&self, dialect: Dialect, told: &str) -> String {
        let message = format!("Ombud: {told}");
        match dialect {
            Dialect::OpenAi => serde_json::json!({
                "error": { "message": message, "type": "ombud_error", "param": null, "code": self.code() }
            }),
            Dialect::Anthropic => serde_json::json!({
                "type": "error", "error": { "type": self.code(), "message": message }
            }),
        }
        .to_string()
    }
}

impl Say for Refusal {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Method(path) => say!(lang,
                en: "`{path}` is an API that takes POST, so nothing was sent.",
                zh: "`{path}` 接口要求使用 POST，因此未发送任何内容。"),
            Self::Path(path) => path_text(path, lang),
            Self::Provider(id) => say!(lang,
                en: "there is no provider `{id}`. `ombud providers` lists those it knows; [providers.{id}] in ombud.toml adds one.",
                zh: "没有名为 `{id}` 的模型服务商。`ombud providers` 可列出已知服务商；在 ombud.toml 中加入 [providers.{id}] 可新增一个。"),
            Self::Address(error) => error.say(lang),
            Self::Key => say!(lang,
                en: "this gateway wants its own key in the header `x-ombud-key`. Ask whoever runs it, or see `keys` under [serve] in ombud.toml.",
                zh: "此网关要求在请求头 `x-ombud-key` 中提供它自己的密钥。请向运行者索取，或查看 ombud.toml 中 [serve] 下的 `keys`。"),
            Self::TooLarge(limit) => {
                let mib = limit / (1024 * 1024);
                say!(lang,
                    en: "the request is larger than {mib} MiB, so nothing was sent. Send less, or raise `max_body_mib` under [gateway] in ombud.toml.",
                    zh: "请求超过 {mib} MiB，未发送任何内容。请减小请求，或调高 ombud.toml 中 [gateway] 下的 `max_body_mib`。")
            }
            Self::Body => say!(lang,
                en: "the request ended before its body was complete; nothing was sent.",
                zh: "请求体未传完就中断了，未发送任何内容。"),
            Self::Encoded => say!(lang,
                en: "the request body is compressed, so it cannot be checked and was not sent. Switch request compression off in the client.",
                zh: "请求体经过压缩，无法检查，未发送。请在客户端关闭请求压缩。"),
            Self::Json(error) => json_text(error, lang),
            Self::Blocked(kind) => {
                let (name, id) = (kind.category().say(lang), kind.category().id());
                say!(lang,
                    en: "the request contains data of the kind “{name}”, which ombud.toml blocks; nothing was sent. To mask it instead, set `\"{id}\" = \"mask\"` under [policy.masking].",
                    zh: "请求中含有“{name}”类数据，ombud.toml 规定禁止发送，因此未发送任何内容。若改为脱敏后发送，请在 [policy.masking] 下设置 `\"{id}\" = \"mask\"`。")
            }
            Self::Ask(kind, token) => {
                let (name, id) = (kind.category().say(lang), kind.category().id());
                say!(lang,
                    en: "the request contains data of the kind “{name}”, and ombud.toml wants to be asked; nothing was sent. To let this value leave once, send the request again with the header `x-ombud-approve: {token}`; to always mask it, set `\"{id}\" = \"mask\"` under [policy.masking].",
                    zh: "请求中含有“{name}”类数据，ombud.toml 要求先询问，因此未发送任何内容。若允许这个值离开一次，请带请求头 `x-ombud-approve: {token}` 重发；若总是脱敏，请在 [policy.masking] 下设置 `\"{id}\" = \"mask\"`。")
            }
            Self::Opaque(kind) => opaque_text(*kind, lang),
            Self::Rate(wait) => say!(lang,
                en: "this client asks more often than ombud.toml allows, so nothing was sent. There is room again in {wait} s; `requests_per_minute` under [limits] sets it.",
                zh: "该客户端的请求频率超过 ombud.toml 的限制，因此未发送。{wait} 秒后可再试；限额由 [limits] 下的 `requests_per_minute` 设定。"),
            Self::Tokens(most) => say!(lang,
                en: "this conversation has used up its {most} tokens, so nothing was sent. Begin a new one, or raise `tokens` under [limits] in ombud.toml.",
                zh: "本次对话的 {most} 个词元额度已用完，因此未发送。请开始新的对话，或调高 ombud.toml 中 [limits] 下的 `tokens`。"),
            Self::Ledger => say!(lang,
                en: "the log cannot be written, so nothing was sent. Check the free disk space and the rights of the `.ombud` folder, then start Ombud again.",
                zh: "日志无法写入，因此未发送任何内容。请检查磁盘空间和 `.ombud` 目录权限，然后重新启动 Ombud。"),
            Self::Unreachable(host) => say!(lang,
                en: "{host} cannot be reached. Check the network and the proxy settings of this machine; the request was recorded.",
                zh: "无法连接 {host}。请检查本机网络和代理设置；该请求已记录。"),
            Self::Timeout(host) => say!(lang,
                en: "{host} did not answer in time. Try again, or raise `timeout_s` under [gateway] in ombud.toml.",
                zh: "{host} 未在规定时间内回应。请重试，或调高 ombud.toml 中 [gateway] 下的 `timeout_s`。"),
            Self::Redirected(to) if to.is_empty() => say!(lang,
                en: "the provider sends the request elsewhere (a redirect), to an address that cannot be read. It is not followed: whoever is there would receive it unmasked. Check the base URL of the provider.",
                zh: "服务商要求把请求转到别处（重定向），但新地址无法识别。Ombud 不会跟随重定向，否则对方会收到未脱敏的内容。请检查该服务商的接口地址。"),
            Self::Redirected(to) => say!(lang,
                en: "the provider sends the request on to {to} (a redirect). It is not followed: what is sent there would not be masked. If that is the provider's new address, give it to Ombud: `base_url` under [providers] in ombud.toml, or `--upstream`.",
                zh: "服务商要求把请求转到 {to}（重定向）。Ombud 不会跟随，否则发往那里的内容不会脱敏。若这确实是服务商的新地址，请在 ombud.toml 的 [providers] 中修改 `base_url`，或使用 `--upstream`。"),
            Self::AnswerEncoded => say!(lang,
                en: "the provider compressed its answer although it was asked not to, so it cannot be restored, nor a tool call in it be checked. A proxy in between may do this: ask for answers without compression there.",
                zh: "服务商不顾要求压缩了回答，因此无法还原内容，也无法检查其中的工具调用。可能是中间的代理所为：请在那里关闭压缩。"),
            Self::Cut(host) => say!(lang,
                en: "{host} ended its answer early. The provider failed, not your code; the record says so.",
                zh: "{host} 的回答中途断开。出错的是服务商，不是你的代码；记录中已注明。"),
            Self::Garbage(kind) if kind.ends_with("json") => say!(lang,
                en: "the provider's answer is announced as `{kind}` but is not valid JSON, so it was not passed on: what cannot be read may hold a tool call. The provider failed, not your code; the record says so.",
                zh: "服务商的回答声称是 `{kind}`，但不是合法的 JSON，因此未转交：无法读取的内容里可能有工具调用。出错的是服务商，不是你的代码；记录中已注明。"),
            Self::Garbage(kind) => say!(lang,
                en: "the provider answered with `{kind}` instead of JSON or an event stream. Is the base URL right? A captive portal or proxy may have answered in its place.",
                zh: "服务商返回的是 `{kind}`，而不是 JSON 或事件流。请检查接口地址；也可能是网络登录页或代理代为应答。"),
            Self::AnswerTooLarge => say!(lang,
                en: "the provider's answer is larger than Ombud holds in memory; ask for a streamed or smaller answer.",
                zh: "服务商的回答超出 Ombud 的内存上限；请改用流式或减小回答。"),
            Self::Frame => say!(lang,
                en: "the provider sent a piece of its answer that is not valid JSON or does not stand where it may. A tool call could hide in it, so the answer ends here. Ask again, or ask for an answer that is not streamed.",
                zh: "服务商发来的一段回答不是合法的 JSON，或出现在不该出现的位置，其中可能藏有工具调用，因此回答到此为止。请重试，或改用非流式回答。"),
            Self::Query(kind) => {
                let name = kind.category().say(lang);
                say!(lang,
                    en: "the address of the request (its path or query) contains data of the kind “{name}”, and nothing can be masked there, so nothing was sent. Send it in the body.",
                    zh: "请求地址（路径或查询参数）中含有“{name}”类数据，那里无法脱敏，因此未发送任何内容。请放在请求体中发送。")
            }
        }
    }
}

/// What is said of a path that no wire reads.
fn path_text(path: &str, lang: Lang) -> String {
    if path.trim_matches('/').is_empty() {
        return say!(lang,
                en: "this is a gateway and no page: send requests to /v1/chat/completions and the other APIs that Ombud reads. `ombud console` shows what passed.",
                zh: "这里是网关，不是网页：请把请求发往 /v1/chat/completions 等 Ombud 能读懂的接口。`ombud console` 可查看经过的请求。");
    }
    say!(lang,
                en: "the path `{path}` belongs to no API that Ombud can read, so nothing was sent. To let such requests through unread, add `pass = [\"{path}\"]` under [gateway] in ombud.toml.",
                zh: "路径 `{path}` 不属于 Ombud 能读懂的接口，因此未发送任何内容。若要不经检查放行，请在 ombud.toml 的 [gateway] 下加入 `pass = [\"{path}\"]`。")
}

fn json_text(error: &JsonError, lang: Lang) -> String {
    match error {
        JsonError::Utf8(at) => say!(lang,
            en: "the request is not UTF-8 at byte {at}; nothing was sent. Encode it as UTF-8.",
            zh: "请求在第 {at} 字节处不是 UTF-8，未发送任何内容。请用 UTF-8 编码。"),
        JsonError::Syntax(at) => say!(lang,
            en: "the request is not valid JSON at byte {at}; nothing was sent. Write the body with a JSON library (`json.dumps(…, allow_nan=False)`, `JSON.stringify(…)`).",
            zh: "请求在第 {at} 字节处不是合法的 JSON，未发送任何内容。请用 JSON 库生成请求体（`json.dumps(…, allow_nan=False)`、`JSON.stringify(…)`）。"),
        JsonError::Depth(at) => say!(lang,
            en: "the request is nested too deeply at byte {at}; nothing was sent. Send deep data as text (a string with JSON in it).",
            zh: "请求在第 {at} 字节处嵌套过深，未发送任何内容。层次很深的数据请以文本（内含 JSON 的字符串）发送。"),
        JsonError::DuplicateKey(at) => say!(lang,
            en: "the request has the same key twice in one object (byte {at}). Two readers could see two different requests, so nothing was sent. Send each key once.",
            zh: "请求中同一对象的键重复（第 {at} 字节）。不同的读取方可能看到不同的内容，因此未发送。请保证每个键只出现一次。"),
    }
}

fn opaque_text(kind: OpaqueKind, lang: Lang) -> String {
    match kind {
        OpaqueKind::Tokens => say!(lang,
            en: "the text to embed comes as token numbers, in which nothing can be masked, so nothing was sent. Send text: with LangChain, `OpenAIEmbeddings(check_embedding_ctx_length=False)`. To let it through unread, set `tokens = \"allow\"` under [policy.opaque].",
            zh: "待向量化的文本是以词元编号形式发来的，无法脱敏，因此未发送。请直接发送文本：LangChain 请用 `OpenAIEmbeddings(check_embedding_ctx_length=False)`。若要不经检查放行，请在 [policy.opaque] 下设置 `tokens = \"allow\"`。"),
        OpaqueKind::File => say!(lang,
            en: "the request contains a file (such as a PDF) that Ombud cannot read, so nothing was sent. Send its text, or set `file = \"allow\"` under [policy.opaque] to let files through unread.",
            zh: "请求中含有 Ombud 无法读取的文件（如 PDF），因此未发送。请改发文件中的文字；或在 [policy.opaque] 下设置 `file = \"allow\"`，不经检查放行。"),
        OpaqueKind::Image | OpaqueKind::Audio | OpaqueKind::Sealed => {
            let (en, zh) = match kind {
                OpaqueKind::Image => ("a picture", "图片"),
                OpaqueKind::Audio => ("a recording", "录音"),
                _ => ("a sealed block", "加密块"),
            };
            say!(lang,
                en: "the request contains {en}, which ombud.toml does not let through; nothing was sent. See [policy.opaque].",
                zh: "请求中含有{zh}，ombud.toml 不允许放行，因此未发送。见 [policy.opaque]。")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_carry_code_and_message() {
        let refusal = Refusal::Json(JsonError::DuplicateKey(7));
        let openai: serde_json::Value =
            serde_json::from_str(&refusal.body(Dialect::OpenAi, &refusal.say(Lang::En))).unwrap();
        assert_eq!(openai["error"]["code"], "ombud_duplicate_key");
        let anthropic: serde_json::Value =
            serde_json::from_str(&refusal.body(Dialect::Anthropic, &refusal.say(Lang::Zh))).unwrap();
        assert_eq!(anthropic["error"]["type"], "ombud_duplicate_key");
        assert!(anthropic["error"]["message"].as_str().unwrap().contains("键重复"));
    }
}
