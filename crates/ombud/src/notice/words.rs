//! Searches a notice written by a person for names. It finds words, not meanings: "we never see your phone number" counts
//! as a mention of phone numbers.

use ombud_core::flow::{Amount, FlowMap, Recipient, RecipientKind};
use ombud_core::{DataCategory, Lang, Say};
use ombud_gateway::providers::Providers;

/// Further words for categories that are seldom called by the registry's name, in lower case.
const WORDS: &[(DataCategory, &[&str])] = &[
    (DataCategory::IdName, &["names", "full name", "名字"]),
    (
        DataCategory::IdNationalId,
        &["id card", "id number", "identity number", "social security", "身份证", "证件号"],
    ),
    (DataCategory::IdPassport, &["passports", "护照", "通行证"]),
    (
        DataCategory::IdDriver,
        &[
            "driving licence",
            "driver's license",
            "licence plate",
            "license plate",
            "驾驶证",
            "行驶证",
            "车牌",
        ],
    ),
    (DataCategory::ContactPhone, &["phone", "telephone", "mobile number", "手机号", "电话", "联系方式"]),
    (DataCategory::ContactEmail, &["email", "e-mail", "email address", "邮箱", "电子邮件地址"]),
    (DataCategory::ContactIm, &["wechat", "qq", "discord", "微信", "社交账号"]),
    (DataCategory::ContactAddress, &["address", "postal address", "住址", "地址"]),
    (DataCategory::FinBankCard, &["bank account", "card number", "银行卡", "银行账户", "账户"]),
    (DataCategory::AcctToken, &["cookie", "cookies", "session token", "登录链接", "令牌"]),
    (DataCategory::DevId, &["device id", "device identifier", "设备标识", "设备信息"]),
    (DataCategory::DevIp, &["ip addresses", "ip地址"]),
    (
        DataCategory::CommChat,
        &[
            "chat",
            "chats",
            "conversation",
            "conversations",
            "messages",
            "聊天",
            "对话",
            "你发的内容",
            "您发送的内容",
        ],
    ),
    (DataCategory::CommEmail, &["e-mails", "emails", "邮件"]),
    (DataCategory::MediaUpload, &["upload", "uploads", "uploaded files", "photos", "上传", "图片", "照片"]),
    (DataCategory::MemLongterm, &["memory", "memories", "记忆"]),
    (DataCategory::MemKb, &["knowledge base", "documents", "知识库", "文档"]),
    (DataCategory::EduWork, &["employer", "company name", "job", "cv", "公司", "单位", "职业", "简历"]),
];

/// What the text mentions, as a flow map of the recipients in `shown`. Countries and purposes are taken as stated, because
/// words cannot tell.
pub(crate) fn claimed(text: &str, shown: &FlowMap, providers: &Providers) -> FlowMap {
    let text = text.to_lowercase();
    let categories: Vec<DataCategory> =
        DataCategory::ALL.iter().copied().filter(|&category| speaks_of(&text, category)).collect();
    let mut map = FlowMap::default();
    for (recipient, flow) in &shown.recipients {
        let named = recipient.kind == RecipientKind::Tool || names(&text, recipient, providers);
        if !named {
            continue;
        }
        let claimed = map.to(recipient.clone());
        claimed.purposes.clone_from(&flow.purposes);
        for &category in &categories {
            claimed.data.insert(category, Amount { masked: 0, clear: 1 });
        }
    }
    map
}

/// The registry's providers that the text names.
pub(crate) fn providers_in<'a>(text: &str, providers: &'a Providers) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let of = |id: &str| Recipient {
        kind: RecipientKind::Provider,
        name: id.to_owned(),
        country: String::new(),
        inspected: false,
    };
    let all = providers.iter().filter(|provider| names(&text, &of(&provider.id), providers));
    all.map(|provider| provider.id.as_str()).collect()
}

fn names(text: &str, recipient: &Recipient, providers: &Providers) -> bool {
    let mut aliases = vec![recipient.name.to_lowercase()];
    if recipient.kind == RecipientKind::Provider
        && let Some(provider) = providers.by_id(&recipient.name)
    {
        aliases.push(provider.name.to_lowercase());
        // `Moonshot (月之暗面, platform.moonshot.cn)` has three names.
        aliases.extend(
            provider
                .name
                .to_lowercase()
                .split(['(', ')', ',', '（', '）', '，'])
                .map(|part| part.trim().to_owned()),
        );
        aliases.extend(provider.hosts.iter().cloned());
    }
    if let Some((host, _)) = recipient.name.rsplit_once(':') {
        aliases.push(host.to_lowercase());
    }
    // `international` or `local` is nobody's name.
    aliases.retain(|alias| {
        alias.chars().count() > 1 && !matches!(alias.as_str(), "international" | "local" | "hosted")
    });
    aliases.iter().any(|alias| holds(text, alias))
}

fn speaks_of(text: &str, category: DataCategory) -> bool {
    let more = WORDS.iter().find(|row| row.0 == category).map_or(&[][..], |row| row.1);
    [Lang::En, Lang::Zh]
        .iter()
        .map(|lang| category.say(*lang).to_lowercase())
        .flat_map(|name| name.split(['/', '、', ',']).map(|part| part.trim().to_owned()).collect::<Vec<_>>())
        .chain(more.iter().map(|word| (*word).to_owned()))
        .any(|word| holds(text, &word))
}

/// Whether a lower-case text contains a word. A Latin word must not be part of a longer one; Chinese has no gaps between
/// words, so at least two characters are required.
fn holds(text: &str, word: &str) -> bool {
    if word.chars().count() < 2 {
        return false;
    }
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let latin_start = word.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let latin_end = word.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !(latin_start && part_of_word(before) || latin_end && part_of_word(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_apart() {
        assert!(holds("we use openai.", "openai") && holds("发给openai处理", "openai"));
        assert!(!holds("we use openaire.", "openai") && !holds("groqy", "groq"));
    }

    #[test]
    fn names_and_categories_are_found_in_both_languages() {
        let providers = Providers::builtin().unwrap();
        assert_eq!(providers_in("聊天内容会发给月之暗面。", &providers), ["moonshot"]);
        assert_eq!(
            providers_in("Your chats go to the international market.", &providers),
            Vec::<&str>::new()
        );
        for (text, category) in [
            ("我们会处理你的手机号。", DataCategory::ContactPhone),
            ("we store your email address", DataCategory::ContactEmail),
            ("身份证会被打码", DataCategory::IdNationalId),
        ] {
            assert!(speaks_of(text, category), "{text}");
        }
        assert!(!speaks_of("we value your privacy", DataCategory::ContactPhone));
        assert!(!speaks_of("我们重视你的隐私", DataCategory::IdNationalId));
    }
}
