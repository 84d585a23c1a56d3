//! Why a request to a store was not served, in the form that Chroma's clients display.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use ombud_core::{Lang, Say, say};

use crate::consent::Denial;
use crate::gateway::Config;
use crate::refusal::Refusal;

/// A request to a store that Ombud answers itself.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.say(Lang::En))]
pub enum Closed {
    /// There is no valid proof of consent for this purpose.
    Consent(Denial, String),
    /// No store has this name.
    Store(String),
    /// The path is not part of the API, or cannot be confined.
    Path,
    /// Whole collections may be deleted or changed only if the operator allows it.
    Manage(String),
    /// The collection is not on the store's list.
    Collection(String),
    /// The body is not an object, or has a duplicate key.
    NotJson,
    /// This field is missing or malformed.
    Field(&'static str),
    /// This field is unknown.
    Unknown(String),
    /// The metadata use the key reserved for the tag.
    Reserved,
    /// The store's response does not conform to its API.
    Garbage,
    /// A refusal common to all edges.
    Edge(Refusal),
}

impl From<Refusal> for Closed {
    fn from(why: Refusal) -> Self {
        Self::Edge(why)
    }
}

impl Closed {
    /// The stable code, for programs and records.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Consent(denial, _) => match denial {
                Denial::NoSubject => "ombud_subject_required",
                Denial::NoProof => "ombud_consent_required",
                Denial::Invalid => "ombud_consent_invalid",
                Denial::Expired => "ombud_consent_expired",
                Denial::OtherPurpose => "ombud_consent_other_purpose",
                Denial::OtherSubject => "ombud_consent_other_subject",
                Denial::Withdrawn => "ombud_consent_withdrawn",
                Denial::Unknown => "ombud_consent_unknown",
            },
            Self::Store(_) => "ombud_unknown_store",
            Self::Path => "ombud_path_not_readable",
            Self::Manage(_) => "ombud_store_not_managed",
            Self::Collection(_) => "ombud_collection_not_listed",
            Self::NotJson => "ombud_not_json",
            Self::Field(_) => "ombud_field_malformed",
            Self::Unknown(_) => "ombud_field_unknown",
            Self::Reserved => "ombud_metadata_reserved",
            Self::Garbage => "ombud_answer_not_readable",
            Self::Edge(why) => why.code(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Consent(..) | Self::Path | Self::Manage(_) | Self::Collection(_) => StatusCode::FORBIDDEN,
            Self::Store(_) => StatusCode::NOT_FOUND,
            Self::NotJson | Self::Field(_) | Self::Unknown(_) | Self::Reserved => StatusCode::BAD_REQUEST,
            Self::Garbage => StatusCode::BAD_GATEWAY,
            Self::Edge(why) => why.status(),
        }
    }

    /// The response. Chroma's client raises the exception class named in `error`, with the text of `message`.
    pub fn response(&self, config: &Config) -> Response {
        let status = self.status();
        let error = match status.as_u16() {
            401 | 403 => "AuthorizationError",
            404 => "NotFoundError",
            400..500 => "InvalidArgumentError",
            _ => "InternalError",
        };
        let message = format!("Ombud: {} [{}]", config.told(self), self.code());
        let body = serde_json::json!({ "error": error, "code": self.code(), "message": message });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}

impl Say for Closed {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Consent(denial, purpose) => denied(*denial, purpose, lang),
            Self::Store(name) => say!(lang,
                en: "there is no memory store `{name}`. Add [memory.{name}] with kind and url to ombud.toml, then start ombud again.",
                zh: "没有名为 `{name}` 的记忆库。请在 ombud.toml 中加入 [memory.{name}]（含 kind 和 url），然后重新启动 ombud。"),
            Self::Path => say!(lang,
                en: "this request cannot be confined to one user's items, so it was not sent. Use add, upsert, update, get, query, count or delete on a collection.",
                zh: "此请求无法限定在单个用户的数据之内，因此未发送。请使用集合的 add、upsert、update、get、query、count 或 delete。"),
            Self::Manage(name) => say!(lang,
                en: "deleting or changing a whole collection would reach the data of all users, so it was not sent. To allow it, set `manage = true` under [memory.{name}] in ombud.toml; to erase one user's data, run: ombud subject erase USER",
                zh: "删除或更改整个集合会影响所有用户的数据，因此未发送。如需允许，请在 ombud.toml 的 [memory.{name}] 下设置 `manage = true`；若只删除某个用户的数据，请运行：ombud subject erase 用户"),
            Self::Collection(name) => say!(lang,
                en: "the collection or its database is not on this store's list. Add it to `collections` or `databases` under [memory.{name}] in ombud.toml.",
                zh: "该集合或其所在的数据库不在此记忆库的列表中。请在 ombud.toml 的 [memory.{name}] 下把它加入 `collections` 或 `databases`。"),
            Self::NotJson => say!(lang,
                en: "the body is not a JSON object, or has a duplicate key; nothing was sent.",
                zh: "请求体不是 JSON 对象，或有重复的键，未发送任何内容。"),
            Self::Field(name) => say!(lang,
                en: "the field `{name}` is missing, empty or malformed; nothing was sent.",
                zh: "字段 `{name}` 缺失、为空或格式不对，未发送任何内容。"),
            Self::Unknown(name) => say!(lang,
                en: "Ombud does not know the field `{name}` and cannot tell whether it reaches other users' items; nothing was sent. Remove it from the request.",
                zh: "Ombud 不认识字段 `{name}`，无法判断它是否会触及其他用户的数据，因此未发送。请去掉该字段。"),
            Self::Reserved => say!(lang,
                en: "the metadata key `ombud_subject` marks whose item it is and is set by Ombud. Use a different key.",
                zh: "元数据键 `ombud_subject` 用来标明数据属于谁，由 Ombud 设置。请换一个键名。"),
            Self::Garbage => say!(lang,
                en: "the store's response does not conform to its API, so it was not passed on. Does the url in ombud.toml point to a Chroma server?",
                zh: "记忆库的回答不符合其接口规范，因此未转交。请检查 ombud.toml 中的 url 是否指向 Chroma 服务器。"),
            Self::Edge(Refusal::Unreachable(host)) => say!(lang,
                en: "no memory store responds at {host}. Is it running? Start it, for example with: chroma run",
                zh: "{host} 上的记忆库没有响应。它启动了吗？例如运行：chroma run"),
            Self::Edge(why) => why.say(lang),
        }
    }
}

fn denied(denial: Denial, purpose: &str, lang: Lang) -> String {
    match denial {
        Denial::NoSubject => say!(lang,
            en: "this store holds users' data, and the request does not name a user. Wrap the code in `with ombud.subject(\"user-id\"):` and pass `headers=ombud.headers()`, or send the header x-ombud-subject.",
            zh: "此记忆库存有用户的数据，而请求没有说明是哪位用户。请用 `with ombud.subject(\"用户编号\"):` 包住代码并传入 `headers=ombud.headers()`，或发送请求头 x-ombud-subject。"),
        Denial::NoProof => say!(lang,
            en: "the user has not agreed to `{purpose}`, or the request carries no proof of it. Ask the user with `@user_consent_required(\"{purpose}\")`, or POST /api/v1/consent/ask.",
            zh: "用户尚未同意“{purpose}”，或请求没有附上同意凭证。请用 `@user_consent_required(\"{purpose}\")` 征求用户同意，或调用 POST /api/v1/consent/ask。"),
        Denial::Invalid => say!(lang,
            en: "the consent proof was altered or was not issued here. Get a new one: POST /api/v1/consent/ask.",
            zh: "同意凭证被改动，或不是在此处签发的。请重新获取：POST /api/v1/consent/ask。"),
        Denial::Expired => say!(lang,
            en: "the consent proof is older than 15 minutes. Get a new one: POST /api/v1/consent/ask; the user will not be asked again.",
            zh: "同意凭证已超过 15 分钟。请重新获取：POST /api/v1/consent/ask，不会再次询问用户。"),
        Denial::OtherPurpose => say!(lang,
            en: "the user agreed to something other than `{purpose}`. Ask for this purpose too.",
            zh: "用户同意的并不是“{purpose}”。请就该用途另行征求同意。"),
        Denial::OtherSubject => say!(lang,
            en: "the consent proof belongs to a different user or session than the one in the request.",
            zh: "同意凭证属于另一位用户或另一个会话，与请求不符。"),
        Denial::Withdrawn => say!(lang,
            en: "the user withdrew consent, so access is closed. If the user still agrees to `{purpose}`, get a new proof: POST /api/v1/consent/ask.",
            zh: "用户已撤回同意，因此不再允许访问。如果用户对“{purpose}”的同意仍然有效，请重新获取凭证：POST /api/v1/consent/ask。"),
        Denial::Unknown => say!(lang,
            en: "the consent records cannot be read, so all access is closed. Run `ombud log verify` to see what is wrong.",
            zh: "无法读取同意记录，因此拒绝一切访问。请运行 `ombud log verify` 查看问题。"),
    }
}
