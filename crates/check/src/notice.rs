//! The notice that a project publishes: what users are told of who gets what they say.

/// Whether a file is such a notice, by its name: `PRIVACY.md`, `privacy-policy.txt`, `隐私政策.md`.
pub(crate) fn is_notice(path: &str) -> bool {
    // What comes with a library is told by those who made it.
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

/// How people call a provider beside its own name: the company, its models, in both languages.
const ALSO: &[(&str, &[&str])] = &[
    ("openai", &["chatgpt", "gpt"]),
    ("anthropic", &["claude"]),
    ("deepseek", &["深度求索"]),
    ("moonshot", &["kimi", "月之暗面"]),
    ("zhipu", &["智谱", "glm", "chatglm", "z.ai"]),
    ("zai", &["智谱", "zhipu", "glm", "z.ai"]),
    ("dashscope", &["阿里", "通义", "千问", "百炼", "alibaba", "aliyun", "qwen", "tongyi"]),
    ("ark", &["字节", "火山", "豆包", "bytedance", "volcengine", "doubao"]),
    ("byteplus", &["字节", "火山", "豆包", "bytedance", "volcengine", "doubao"]),
    ("minimax", &["稀宇", "海螺", "hailuo"]),
    ("siliconflow", &["硅基流动", "siliconcloud"]),
    ("gemini", &["谷歌"]),
    ("xai", &["grok", "x.ai"]),
    ("qianfan", &["百度", "文心", "ernie"]),
    ("hunyuan", &["腾讯", "混元"]),
    ("modelscope", &["魔搭", "阿里", "alibaba"]),
    ("together", &["together ai", "together.ai", "together computer"]),
    ("fireworks", &["fireworks ai", "fireworks.ai"]),
    ("nvidia", &["英伟达"]),
    ("github-models", &["microsoft", "微软"]),
];

/// Whether a notice speaks of somebody, by a word of their name, one of their hosts, or what they are called else.
pub(crate) fn speaks_of(text: &str, id: &str, name: &str, hosts: &[String]) -> bool {
    // What the language needs for other things says nothing.
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
    let small = name.to_lowercase();
    let words = small.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !COMMON.contains(word));
    let long = |word: &&str| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    let family = id.strip_suffix("-intl").unwrap_or(id);
    let also = ALSO.iter().find(|row| row.0 == family).map_or(&[][..], |row| row.1);
    words.filter(long).chain(also.iter().copied()).any(|word| holds(&text, word))
        || hosts.iter().any(|host| text.contains(host.as_str()))
}

/// Whether a text holds a word that is no part of another. Chinese sets nothing between words.
fn holds(text: &str, word: &str) -> bool {
    let letter = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphabetic());
    !word.is_ascii() && text.contains(word)
        || text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
            !letter(before) && !letter(after)
        })
}

/// Whether a notice leaves the list of those who get something to another document.
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
        let host = ["api.deepseek.com".to_owned()];
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
            assert_eq!(speaks_of(text, id, name, &[]), told, "{text}");
        }
        assert!(speaks_of("to api.deepseek.com", "x", "Somebody", &host));
    }
}
