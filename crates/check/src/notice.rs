//! The project's published privacy notice, which tells users who receives what they say.

use crate::providers::Provider;

/// Whether a file is such a notice, by its name: `PRIVACY.md`, `privacy-policy.txt`, `隐私政策.md`.
pub(crate) fn is_notice(path: &str) -> bool {
    // The notice of a library is its makers' own.
    const OTHERS: &[&str] =
        &["vendor", "vendored", "third_party", "third-party", "thirdparty", "external", "node_modules"];
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(|folder| OTHERS.contains(&folder)) {
        return false;
    }
    let Some((stem, "md" | "txt" | "markdown")) = name.rsplit_once('.') else { return false };
    let small = stem.to_lowercase();
    let mut words = small.split(['-', '_', '.', ' ']);
    let about = ["policy", "notice", "statement", "privacy", "en", "zh", "cn"];
    let english = small.starts_with("privacy") && words.all(|word| about.contains(&word));
    let chinese = small.starts_with("隐私")
        && ["政策", "声明", "告知", "说明", "协议"].iter().any(|word| small.contains(word));
    english || chinese
}

/// Whether a notice mentions a provider, by a word of its name, one of its hosts, or another name for it.
pub(crate) fn speaks_of(text: &str, who: &Provider) -> bool {
    // Words with other common uses prove nothing.
    const COMMON: &[&str] = &[
        "api",
        "cloud",
        "hosted",
        "international",
        "local",
        "models",
        "com",
        "cn",
        "www",
        "platform",
        "together",
        "fireworks",
    ];
    let text = text.to_lowercase();
    let small = who.name.to_lowercase();
    let words = small.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !COMMON.contains(word));
    let long = |word: &&str| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    words.filter(long).chain(who.also.iter().map(String::as_str)).any(|word| holds(&text, word))
        || who.hosts.iter().any(|host| text.contains(host.as_str()))
}

/// Whether a text contains a word that is not part of another. Chinese does not separate words.
fn holds(text: &str, word: &str) -> bool {
    let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphabetic());
    !word.is_ascii() && text.contains(word)
        || text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
            !letter(before) && !letter(after)
        })
}

/// Whether a notice refers to another document for the list of recipients.
pub(crate) fn hands_on(text: &str) -> bool {
    let small = text.to_lowercase();
    let list = [
        "subprocessor",
        "sub-processor",
        "子处理者",
        "第三方清单",
        "共享清单",
        "list of service providers",
        "list of providers",
    ];
    let link = ["](", "http", ".md", "href"];
    list.iter().any(|word| small.contains(word)) && link.iter().any(|word| small.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_known_by_their_names() {
        for yes in [
            "PRIVACY.md",
            "docs/privacy-policy.md",
            "privacy_notice.zh.md",
            "隐私政策.md",
            "Privacy Policy.txt",
        ] {
            assert!(is_notice(yes), "{yes}");
        }
        for no in [
            "README.md",
            "privacy.py",
            "privacy-tests.md",
            "privacy_by_design_talk.md",
            "隐私.md",
            "vendor/lib/PRIVACY.md",
        ] {
            assert!(!is_notice(no), "{no}");
        }
    }

    #[test]
    fn somebody_is_spoken_of_by_any_of_their_names() {
        let registry: serde_json::Value =
            serde_json::from_str(include_str!("../../../registry/providers.json")).unwrap();
        let also = |id: &str| {
            let rows = registry["providers"].as_array().unwrap();
            let all = rows.iter().find(|row| row["id"] == id).and_then(|row| row["also"].as_array());
            all.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
        };
        let known = |id: &str, name: &str, hosts: &[&str]| Provider {
            id: id.to_owned(),
            name: name.to_owned(),
            also: also(id),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            country: String::new(),
            local: false,
            trains: String::new(),
            no_minors: false,
            bases: Vec::new(),
        };
        for (text, id, name, told) in [
            ("We send your words to DEEPSEEK.", "deepseek", "DeepSeek", true),
            ("由深度求索（杭州深度求索人工智能）处理。", "deepseek", "DeepSeek", true),
            ("由阿里云的通义千问处理。", "dashscope", "DashScope (阿里云百炼)", true),
            ("Alibaba Cloud (Qwen) answers.", "dashscope-intl", "DashScope (international)", true),
            ("字节跳动的豆包大模型（火山引擎）", "ark", "Volcano Ark (火山方舟)", true),
            ("It is answered by Claude.", "anthropic", "Anthropic", true),
            ("您的内容会发送至月之暗面。", "moonshot", "Moonshot (月之暗面, platform.moonshot.cn)", true),
            ("Google answers", "gemini", "Google Gemini API", true),
            ("Together AI answers.", "together", "Together AI", true),
            ("We work together with partners.", "together", "Together AI", false),
            ("We use an API in the cloud.", "gemini", "Google Gemini API", false),
            ("We use OpenAI.", "deepseek", "DeepSeek", false),
            ("Coherent answers.", "cohere", "Cohere", false),
        ] {
            assert_eq!(speaks_of(text, &known(id, name, &[])), told, "{text}");
        }
        assert!(speaks_of("to api.deepseek.com", &known("x", "Somebody", &["api.deepseek.com"])));
    }
}
