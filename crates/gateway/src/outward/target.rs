//! An address as a browser parses it.

use reqwest::Url;

use crate::attribute::identifier::{hidden, percent_decoded};

/// A host that cannot exist; relative addresses are resolved against it.
const NOWHERE: &str = "answer.invalid";

/// Longest piece of an address that passes for a word, in bytes.
const WORD: usize = 24;

/// Longest address that a person could be expected to read, in bytes.
const LONGEST: usize = 1024;

/// An address that leads to a host.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its host, without `www.`, in lower case; international names in ASCII.
    pub host: String,
    /// The host as written.
    pub written_host: String,
    /// The whole address as written, without scheme and `www.`.
    pub text: String,
    /// The whole address as a browser requests it.
    pub url: String,
    /// What follows the host, user information and subdomains, in every decodable spelling.
    pub pieces: Vec<String>,
    /// Whether a piece is too long to be a word, or the whole too long to be read.
    pub sealed: bool,
}

/// Parses an address; `None` if it leads to no host.
pub fn read(written: &str) -> Option<Target> {
    let written = written.trim_matches(|ch: char| ch.is_whitespace() || ch.is_control());
    let url = parse(written)?;
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    let rest =
        written.split_once("//").or_else(|| written.split_once("\\\\")).map_or(written, |split| split.1);
    let rest = rest.get(..4).filter(|head| head.eq_ignore_ascii_case("www.")).map_or(rest, |_| &rest[4..]);
    let cut = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at_checked(cut).unwrap_or((rest, ""));
    let written_host = authority.rsplit('@').next().unwrap_or_default();
    let written_host = written_host.split(':').next().unwrap_or_default().to_lowercase();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let pieces = pieces(&[behind, user, &host.replace('.', " ")]);
    let sealed =
        written.len() > LONGEST || is_sealed(behind) || is_sealed(user) || host.split('.').any(is_long);
    let text = rest.trim_end_matches('/').to_owned();
    Some(Target { host, written_host, text, url: url.to_string(), pieces, sealed })
}

/// The URL, whatever the scheme of the page that shows it.
fn parse(written: &str) -> Option<Url> {
    let www = written.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("www."));
    let full = if www { format!("http://{written}") } else { written.to_owned() };
    ["https", "http"].iter().find_map(|scheme| {
        let base = Url::parse(&format!("{scheme}://{NOWHERE}/")).ok()?;
        let url = base.join(&full).ok()?;
        url.host_str().is_some_and(|host| !host.is_empty() && host != NOWHERE).then_some(url)
    })
}

/// The parts of an address in every spelling.
fn pieces(parts: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| part.len() > 1) {
        let plain = percent_decoded(&part.replace('+', " "));
        let plain = plain.replace(['/', '?', '&', '=', '#', ';', '|'], " ");
        // Base64 is case-sensitive, so it is looked for in the original spelling.
        let exact = part.split(['/', '?', '&', '=', '#', ';', ',', '.', ':', '\\']);
        found.extend(exact.filter(|piece| piece.len() >= 8).filter_map(hidden));
        found.push(plain);
    }
    found
}

/// Whether the part after a host contains something unreadable: a long run of letters and digits without words.
fn is_sealed(behind: &str) -> bool {
    let plain = percent_decoded(behind);
    plain.split(['/', '?', '&', '=', '#', ';', ',', ' ', '+', ':']).any(is_long)
}

fn is_long(piece: &str) -> bool {
    // Hyphens join the words of a title; encoded data has few of them.
    piece
        .split(['-', '_', '.', '~', '%'])
        .any(|word| word.len() > WORD && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_browsers_read_them() {
        for written in [
            "https://evil.example/x",
            "HTTPS://WWW.Evil.Example:8443/x",
            "//evil.example/x",
            "\\\\evil.example\\x",
            "https:\\\\evil.example/x",
            "https:evil.example/x",
            "http:evil.example/x",
            "https://good.example@evil.example/x",
            "https://evil。example/x",
            "https://evil%2Eexample/x",
            "ht\ntps://evil.example/x",
            " https://ｅvil.example/x",
            "www.evil.example/x",
            "wss://evil.example./x",
        ] {
            assert_eq!(read(written).map(|target| target.host).as_deref(), Some("evil.example"), "{written}");
        }
        for written in [
            "/x",
            "a.png",
            "#top",
            "data:image/png;base64,AAAA",
            "mailto:a@evil.example",
            "javascript:x()",
            "",
            "https://",
        ] {
            assert!(read(written).is_none(), "{written}");
        }
    }

    #[test]
    fn what_an_address_says_is_decoded() {
        let pieces = |written: &str| read(written).unwrap().pieces.join("|").to_lowercase();
        assert!(pieces("https://x.example/?d=anna%40corp.example").contains("anna@corp.example"));
        assert!(pieces("https://x.example/YW5uYUBjb3JwLmV4YW1wbGU=").contains("anna@corp.example"));
        assert!(
            pieces("https://x.example/?h=616e6e6140636f72702e6578616d706c65").contains("anna@corp.example")
        );
        assert!(pieces("https://secret-4711.x.example/").contains("secret-4711"));
        assert!(pieces("https://x.example/?q=the+door+code").contains("the door code"));
    }

    #[test]
    fn what_nobody_can_read_is_told_from_words() {
        for sealed in [
            "https://x.example/?d=frpergvfsrrqoxqwertzuiopasdf",
            "https://aaaaabbbbbcccccdddddeeeee1.x.example/",
        ] {
            assert!(read(sealed).unwrap().sealed, "{sealed}");
        }
        for open in [
            "https://x.example/how-to-bake-sourdough-bread-at-home",
            "https://x.example/wiki/Donaudampfschifffahrt?lang=de",
        ] {
            assert!(!read(open).unwrap().sealed, "{open}");
        }
    }
}
