//! Why a request is not answered by the provider, reported in the error format that the client's SDK expects.

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
    /// The path belongs to no wire format that Ombud can read. What cannot be read does not leave.
    Path(String),
    /// The path is known, but not with this method.
    Method(String),
    /// No provider with this id.
    Provider(String),
    /// The path cannot be joined to the provider's base.
    Address(ProviderError),
    /// The client does not present a key of this gateway.
    Key,
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// The client disconnected or sent an incomplete body.
    Body,
    /// The body is compressed.
    Encoded,
    /// The body is not JSON that can be forwarded.
    Json(JsonError),
    /// The policy blocks a value of this type.
    Blocked(DataType),
    /// The policy requires approval before a value of this type leaves; the token names the value.
    Ask(DataType, String),
    /// The policy blocks, or requires approval for, a part that cannot be read.
    Opaque(OpaqueKind),
    /// The client sends requests too often; the value is the number of seconds until one is allowed.
    Rate(u64),
    /// The conversation has used up its budget of this many tokens.
    Tokens(u64),
    /// The log cannot be written; nothing is forwarded.
    Ledger,
    /// The provider cannot be reached at this host.
    Unreachable(String),
    /// The provider did not respond in time.
    Timeout(String),
    /// The response ended early.
    Cut(String),
    /// The response has this content type instead of JSON or a stream.
    Garbage(String),
    /// The provider redirects the request to this address. A client that followed would send the same body there: unmasked,
    /// bypassing Ombud.
    Redirected(String),
    /// The response is compressed although the request ruled that out: no call in it could be decided on.
    AnswerEncoded,
    /// The response is larger than what is held in memory.
    AnswerTooLarge,
    /// A frame of a streamed response cannot be read, so nobody can judge what it requests.
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

    /// The party that failed.
    pub fn party(&self) -> Party {
        match self {
            Self::Ledger => Party::Gateway,
            Self::Body => Party::Client,
            Self::Unreachable(_) => Party::Network,
            // Either the provider moved, or the address was never right: that cannot be told here.
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

    /// The response to the client, in the format of its SDK. `x-should-retry` tells the SDK that retrying helps only where
    /// the failure was temporary.
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

    /// The error object in the format of a dialect, with the text that explains it.
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
                en: "`{path}` accepts only POST requests, so nothing was sent.",
                zh: "`{path}` 接口要求使用 POST，因此未发送任何内容。"),
            Self::Path(path) => path_text(path, lang),
            Self::Provider(id) => say!(lang,
                en: "there is no provider `{id}`. `ombud providers` lists the known ones; to add it, declare [providers.{id}] in ombud.toml.",
                zh: "没有名为 `{id}` 的模型服务商。`ombud providers` 可列出已知服务商；要新增，请在 ombud.toml 中加入 [providers.{id}]。"),
            Self::Address(error) => error.say(lang),
            Self::Key => say!(lang,
                en: "this gateway requires its own key in the header `x-ombud-key`, and the one sent (if any) is not it. Ask whoever runs it, or see `keys` under [serve] in ombud.toml.",
                zh: "此网关要求在请求头 `x-ombud-key` 中提供它自己的密钥，而请求没有带，或带错了。请向运行此网关的人索取，或查看 ombud.toml 中 [serve] 下的 `keys`。"),
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
                en: "the request body is compressed, so it cannot be checked and was not sent. Turn off request compression in the client.",
                zh: "请求体经过压缩，无法检查，因此未发送。请在客户端关闭请求压缩。"),
            Self::Json(error) => json_text(error, lang),
            Self::Blocked(kind) => {
                let (name, id) = (kind.category().say(lang), kind.category().id());
                say!(lang,
                    en: "the request contains data of the kind “{name}”, which ombud.toml blocks; nothing was sent. To mask it instead, set `\"{id}\" = \"mask\"` under [policy.masking].",
                    zh: "请求中含有“{name}”类数据，ombud.toml 禁止发送，因此未发送任何内容。若要改为脱敏后发送，请在 [policy.masking] 下设置 `\"{id}\" = \"mask\"`。")
            }
            Self::Ask(kind, token) => {
                let (name, id) = (kind.category().say(lang), kind.category().id());
                say!(lang,
                    en: "the request contains data of the kind “{name}”, for which ombud.toml requires approval; nothing was sent. To let this value leave once, send the request again with the header `x-ombud-approve: {token}`; to always mask it, set `\"{id}\" = \"mask\"` under [policy.masking].",
                    zh: "请求中含有“{name}”类数据，ombud.toml 规定须经批准，因此未发送任何内容。若这一次放行该值，请带上请求头 `x-ombud-approve: {token}` 重发；若要一律脱敏，请在 [policy.masking] 下设置 `\"{id}\" = \"mask\"`。")
            }
            Self::Opaque(kind) => opaque_text(*kind, lang),
            Self::Rate(wait) => say!(lang,
                en: "this client sends more requests than ombud.toml allows, so nothing was sent. Try again in {wait} s; the limit is `requests_per_minute` under [limits].",
                zh: "该客户端的请求频率超过 ombud.toml 的限制，因此未发送任何内容。请在 {wait} 秒后再试；限额由 [limits] 下的 `requests_per_minute` 设定。"),
            Self::Tokens(most) => say!(lang,
                en: "this conversation has used up its {most} tokens, so nothing was sent. Start a new one, or raise `tokens` under [limits] in ombud.toml.",
                zh: "本次对话的 {most} 个词元额度已用完，因此未发送任何内容。请开始新的对话，或调高 ombud.toml 中 [limits] 下的 `tokens`。"),
            Self::Ledger => say!(lang,
                en: "the log cannot be written, so nothing was sent. Check the free disk space and the permissions of the `.ombud` folder, then start Ombud again.",
                zh: "日志无法写入，因此未发送任何内容。请检查磁盘空间和 `.ombud` 目录权限，然后重新启动 Ombud。"),
            Self::Unreachable(host) => say!(lang,
                en: "{host} cannot be reached. Check the network and the proxy settings of this machine; the request was recorded.",
                zh: "无法连接 {host}。请检查本机网络和代理设置；该请求已记录。"),
            Self::Timeout(host) => say!(lang,
                en: "{host} did not respond in time. Try again, or raise `timeout_s` under [gateway] in ombud.toml.",
                zh: "{host} 未在规定时间内响应。请重试，或调高 ombud.toml 中 [gateway] 下的 `timeout_s`。"),
            Self::Redirected(to) if to.is_empty() => say!(lang,
                en: "the provider redirects the request to an address that cannot be read. Ombud does not follow redirects: whoever is there would receive it unmasked. Check the base URL of the provider.",
                zh: "服务商要求把请求转到别处（重定向），但新地址无法识别。Ombud 不会跟随重定向，否则对方会收到未脱敏的内容。请检查该服务商的接口地址。"),
            Self::Redirected(to) => say!(lang,
                en: "the provider redirects the request to {to}. Ombud does not follow redirects: what is sent there would not be masked. If that is the provider's new address, set it as `base` under [providers.ID] in ombud.toml, or with `--upstream`.",
                zh: "服务商要求把请求转到 {to}（重定向）。Ombud 不会跟随，否则发往那里的内容不会脱敏。若这确实是服务商的新地址，请在 ombud.toml 的 [providers.ID] 中修改 `base`，或使用 `--upstream`。"),
            Self::AnswerEncoded => say!(lang,
                en: "the provider compressed its response although the request ruled that out, so it cannot be restored and tool calls in it cannot be checked. A proxy in between may be the cause: turn off response compression there.",
                zh: "请求已注明不要压缩，服务商仍压缩了回答，因此无法还原内容，也无法检查其中的工具调用。可能是中间的代理所为：请在那里关闭压缩。"),
            Self::Cut(host) => say!(lang,
                en: "{host} ended its response early. The provider failed, not your code; the record says so.",
                zh: "{host} 的回答中途断开。出错的是服务商，不是你的代码；记录中已注明。"),
            Self::Garbage(kind) if kind.ends_with("json") => say!(lang,
                en: "the provider's response is declared as `{kind}` but is not valid JSON, so it was not passed on: what cannot be read may hold a tool call. The provider failed, not your code; the record says so.",
                zh: "服务商的回答声称是 `{kind}`，但不是合法的 JSON，因此未转交：无法读取的内容里可能有工具调用。出错的是服务商，不是你的代码；记录中已注明。"),
            Self::Garbage(kind) => say!(lang,
                en: "the provider responded with `{kind}` instead of JSON or an event stream. Is the base URL right? A captive portal or proxy may have responded instead.",
                zh: "服务商返回的是 `{kind}`，而不是 JSON 或事件流。请检查接口地址；也可能是网络登录页或代理代为应答。"),
            Self::AnswerTooLarge => say!(lang,
                en: "the provider's response is larger than Ombud can hold in memory; request a streamed or smaller response.",
                zh: "服务商的回答超出 Ombud 的内存上限；请改用流式输出，或让回答短一些。"),
            Self::Frame => say!(lang,
                en: "the provider sent a piece of its response that is not valid JSON or is not allowed at that point. A tool call could be hidden in it, so the response ends here. Try again, or request a response that is not streamed.",
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

/// The message for a path that no wire reads.
fn path_text(path: &str, lang: Lang) -> String {
    if path.trim_matches('/').is_empty() {
        return say!(lang,
                en: "this is a gateway, not a web page: send requests to /v1/chat/completions or another API that Ombud can read. `ombud console` shows what passed through.",
                zh: "这里是网关，不是网页：请把请求发往 /v1/chat/completions 等 Ombud 能读懂的接口。经过的请求可用 `ombud console` 查看。");
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
            en: "the request has a duplicate key in one object (byte {at}). Two parsers could see two different requests, so nothing was sent. Send each key once.",
            zh: "请求中同一对象的键重复（第 {at} 字节）。不同的解析器可能读出不同的请求，因此未发送任何内容。请保证每个键只出现一次。"),
    }
}

fn opaque_text(kind: OpaqueKind, lang: Lang) -> String {
    match kind {
        OpaqueKind::Tokens => say!(lang,
            en: "the text to embed was sent as token numbers, in which nothing can be masked, so it was not forwarded. Send text: with LangChain, `OpenAIEmbeddings(check_embedding_ctx_length=False)`. To let it through unread, set `tokens = \"allow\"` under [policy.opaque].",
            zh: "待向量化的文本是以词元编号形式发来的，无法脱敏，因此未发送任何内容。请直接发送文本：LangChain 请用 `OpenAIEmbeddings(check_embedding_ctx_length=False)`。若要不经检查放行，请在 [policy.opaque] 下设置 `tokens = \"allow\"`。"),
        OpaqueKind::File => say!(lang,
            en: "the request contains a file (such as a PDF) that Ombud cannot read, so nothing was sent. Send its text, or set `file = \"allow\"` under [policy.opaque] to let files through unread.",
            zh: "请求中含有 Ombud 无法读取的文件（如 PDF），因此未发送任何内容。请改发文件中的文字；或在 [policy.opaque] 下设置 `file = \"allow\"`，不经检查放行。"),
        OpaqueKind::Image | OpaqueKind::Audio | OpaqueKind::Sealed => {
            let (en, zh) = match kind {
                OpaqueKind::Image => ("an image", "图片"),
                OpaqueKind::Audio => ("a recording", "录音"),
                _ => ("a sealed block", "加密块"),
            };
            say!(lang,
                en: "the request contains {en}, which ombud.toml does not let through; nothing was sent. See [policy.opaque].",
                zh: "请求中含有{zh}，ombud.toml 不允许放行，因此未发送任何内容。见 [policy.opaque]。")
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
