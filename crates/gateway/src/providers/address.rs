//! The address of an upstream, built from a base and the rest of a request's path.
//!
//! Whatever the client wrote, the address has the base's host, and no HTTP library has anything left to normalise: what was
//! checked is what is sent.

use ombud_core::{Lang, Say, say};

/// Why no address can be built. The messages never repeat the base or the path, which may hold secrets or personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressFault {
    /// The base is not `http(s)://host[:port][/path]`.
    #[error("{}", self.say(Lang::En))]
    Base,
    /// The path does not begin with exactly one slash.
    #[error("{}", self.say(Lang::En))]
    NotAbsolute,
    /// The path has a `.` or `..` segment, encoded or not.
    #[error("{}", self.say(Lang::En))]
    DotSegment,
    /// The path or query has a character that must be percent-encoded.
    #[error("{}", self.say(Lang::En))]
    Character,
    /// The path is percent-encoded too many times over.
    #[error("{}", self.say(Lang::En))]
    Encoding,
}

impl Say for AddressFault {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Base => say!(lang,
                en: "an upstream address must look like https://api.example.com/v1: http or https, a host, no user name, no query. Check --upstream and ombud.toml",
                zh: "上游地址应形如 https://api.example.com/v1：http 或 https 开头，有主机名，不含用户名和查询参数。请检查 --upstream 和 ombud.toml"),
            Self::NotAbsolute => say!(lang,
                en: "the request path must begin with exactly one slash. Check the client's base_url for a double slash",
                zh: "请求路径必须以斜杠开头，且只能有一个。请检查客户端的 base_url 是否多写了斜杠"),
            Self::DotSegment => say!(lang,
                en: "the request path contains `.` or `..`, so it was not forwarded. Use the full path in the client",
                zh: "请求路径含有“.”或“..”，未被转发。请在客户端写出完整路径"),
            Self::Character => say!(lang,
                en: "the request path contains a character that is not allowed in a URL (a space, a brace, a backslash, a non-ASCII letter …). Percent-encode it in the client",
                zh: "请求路径含有不能直接写在网址里的字符（空格、花括号、反斜杠、中文等）。请在客户端做百分号编码"),
            Self::Encoding => say!(lang,
                en: "the request path is percent-encoded more than three times, so it was not forwarded. Encode it once in the client",
                zh: "请求路径被百分号编码了三层以上，未被转发。请在客户端只编码一次"),
        }
    }
}

/// Builds the upstream address of a request in the OpenAI form.
///
/// `base` is exactly what an OpenAI SDK takes as `base_url`; it may or may not end in `/v1`. `rest` is the path (and query)
/// of the request, with or without a leading `/v1` of our own. If `rest` already begins with the base's own path, that path
/// is not doubled; otherwise a leading `/v1` is removed and the remainder appended.
///
/// ```
/// # use ombud_gateway::providers::upstream_url;
/// let zhipu = "https://open.bigmodel.cn/api/paas/v4";
/// let url = "https://open.bigmodel.cn/api/paas/v4/chat/completions";
/// assert_eq!(upstream_url(zhipu, "/v1/chat/completions").unwrap(), url);
/// assert_eq!(upstream_url(zhipu, "/api/paas/v4/chat/completions").unwrap(), url);
/// ```
pub fn upstream_url(base: &str, rest: &str) -> Result<String, AddressFault> {
    join(base, rest, |path| below(path, "/v1").unwrap_or(path))
}

/// Builds the upstream address of a request in the Anthropic form: `base` has no `/v1`, and `rest` keeps its own
/// (`/v1/messages`).
pub fn anthropic_url(base: &str, rest: &str) -> Result<String, AddressFault> {
    join(base, rest, |path| path)
}

/// `rest` on the host of `origin`, unchanged.
pub(super) fn verbatim(origin: &str, rest: &str) -> Result<String, AddressFault> {
    join(origin, rest, |path| path)
}

/// True if `path` is for the Anthropic endpoint at `base`: below the base's own path, or an Anthropic method.
pub(super) fn is_anthropic(base: &str, path: &str) -> bool {
    below(path, self::path(base)).is_some()
        || ["/v1/messages", "/v1/complete"].iter().any(|method| below(path, method).is_some())
}

/// `scheme://host[:port]` of a base.
pub(super) fn origin(base: &str) -> Result<&str, AddressFault> {
    split(base).map(|(origin, _)| origin)
}

/// `host[:port]` of a base.
pub(super) fn authority(base: &str) -> Option<&str> {
    origin(base).ok()?.split_once("://").map(|(_, authority)| authority)
}

/// The path of a base, empty if it has none.
pub(super) fn path(base: &str) -> &str {
    split(base).map_or("", |(_, path)| path)
}

/// What follows `prefix` in `path`, if it matches whole segments. An empty prefix matches nothing.
pub(super) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let tail = path.strip_prefix(prefix)?;
    (!prefix.is_empty() && (tail.is_empty() || tail.starts_with(['/', '?']))).then_some(tail)
}

fn join(base: &str, rest: &str, own_prefix: impl Fn(&str) -> &str) -> Result<String, AddressFault> {
    let (origin, base_path) = split(base)?;
    check(rest)?;
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let (head, tail) =
        if below(path, base_path).is_some() { ("", path) } else { (base_path, own_prefix(path)) };
    let tail = tail.trim_start_matches('/');
    let mut url = format!("{origin}{head}");
    if !tail.is_empty() || head.is_empty() {
        url.push('/');
        url.push_str(tail);
    }
    if let Some(query) = query {
        url.push('?');
        url.push_str(query);
    }
    Ok(url)
}

/// Origin and path of a base.
fn split(base: &str) -> Result<(&str, &str), AddressFault> {
    let scheme = ["https://", "http://"].iter().find(|scheme| base.starts_with(*scheme));
    let after = base.get(scheme.ok_or(AddressFault::Base)?.len()..).ok_or(AddressFault::Base)?;
    let end = base.len() - after.len() + after.find('/').unwrap_or(after.len());
    let (origin, path) = base.split_at(end);
    let authority = after.split('/').next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let sound = super::host_keys(authority).is_some()
        && !base.contains('?')
        && (path.is_empty() || check(path).is_ok() && !path.contains("//"));
    if sound { Ok((origin, path)) } else { Err(AddressFault::Base) }
}

fn check(rest: &str) -> Result<(), AddressFault> {
    if !rest.starts_with('/') || rest.starts_with("//") {
        return Err(AddressFault::NotAbsolute);
    }
    if rest.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'#' | b'\\')) {
        return Err(AddressFault::Character);
    }
    let mut path = rest.split('?').next().unwrap_or_default().as_bytes().to_vec();
    if path.iter().any(|byte| b"\"<>^`{|}".contains(byte)) {
        return Err(AddressFault::Character);
    }
    for _ in 0..4 {
        if path.iter().any(u8::is_ascii_control) {
            return Err(AddressFault::Character);
        }
        if path.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dots) {
            return Err(AddressFault::DotSegment);
        }
        if !path.contains(&b'%') {
            return Ok(());
        }
        let decoded = decode(&path);
        if decoded == path {
            return Ok(());
        }
        path = decoded;
    }
    Err(AddressFault::Encoding)
}

/// True for `.` and `..`, also with the path parameters (`..;x`) that some servers strip first.
fn is_dots(segment: &[u8]) -> bool {
    let name = segment.split(|&byte| byte == b';').next().unwrap_or_default();
    matches!(name, b"." | b"..")
}

/// One round of percent-decoding; anything that is not an escape stays.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escape = (byte == b'%').then(|| digit(at + 1).zip(digit(at + 2))).flatten();
        let value = escape.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        decoded.push(value.unwrap_or(byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    decoded
}
