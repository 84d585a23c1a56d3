//! The notice that a project publishes: what users are told of who gets what they say.

/// Whether a file is such a notice, by its name: `PRIVACY.md`, `privacy-policy.txt`, `隐私政策.md`.
pub(crate) fn is_notice(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, "md" | "txt" | "markdown")) = name.rsplit_once('.') else { return false };
    let small = stem.to_lowercase();
    let mut words = small.split(['-', '_', '.', ' ']);
    let about = ["policy", "notice", "statement", "privacy", "en", "zh", "cn"];
    let english = small.starts_with("privacy") && words.all(|word| about.contains(&word));
    let chinese = small.starts_with("隐私")
        && ["政策", "声明", "告知", "说明", "协议"].iter().any(|word| small.contains(word));
    english || chinese
}

/// Whether a notice speaks of somebody, by a word of their name or one of their hosts.
pub(crate) fn speaks_of(text: &str, name: &str, hosts: &[String]) -> bool {
    const COMMON: &[&str] =
        &["api", "cloud", "hosted", "international", "models", "com", "cn", "www", "platform"];
    let text = text.to_lowercase();
    let small = name.to_lowercase();
    let words = small.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !COMMON.contains(word));
    let long = |word: &&str| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    words.filter(long).any(|word| text.contains(word))
        || hosts.iter().any(|host| text.contains(host.as_str()))
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
        for no in ["README.md", "privacy.py", "privacy-tests.md", "privacy_by_design_talk.md", "隐私.md"] {
            assert!(!is_notice(no), "{no}");
        }
    }

    #[test]
    fn somebody_is_spoken_of_by_any_of_their_names() {
        let host = ["api.deepseek.com".to_owned()];
        assert!(speaks_of("We send your words to DEEPSEEK.", "DeepSeek", &host));
        assert!(speaks_of("您的内容会发送至月之暗面。", "Moonshot (月之暗面, platform.moonshot.cn)", &[]));
        assert!(speaks_of("to api.deepseek.com", "Somebody", &host));
        assert!(speaks_of("Google answers", "Google Gemini API", &[]));
        assert!(!speaks_of("We use an API in the cloud.", "Google Gemini API", &[]));
        assert!(!speaks_of("We use OpenAI.", "DeepSeek", &host));
    }
}
