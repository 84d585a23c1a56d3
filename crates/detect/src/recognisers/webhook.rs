//! Webhook URLs of messengers: anyone who knows the path or key can post. Slack, 企业微信, 飞书 (Lark), Discord, Teams; only
//! the secret part is reported. That of 钉钉 follows `access_token=`, which is a label.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "webhook",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "hooks.slack.com/services/",
        "/cgi-bin/webhook/send?key=",
        "/open-apis/bot/v2/hook/",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        ".webhook.office.com/webhookb2/",
        "outlook.office.com/webhook/",
        "thingsboard.cloud/api/v1/",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, path: Range<usize>) -> Option<Found> {
    let end = text.run(path.end, 256, |b| is_word(b) || b"/-_@".contains(&b));
    let value = text.slice(path.end..end).trim_end_matches(['/', '-']);
    let telling = value.len() >= 24 && value.bytes().any(|b| b.is_ascii_digit());
    telling.then(|| Found::validated(path.end..path.end + value.len(), 0.95))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::Secret,
            &[
                "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=[[0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0]]，",
                "https://open.feishu.cn/open-apis/bot/v2/hook/[[0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0]]",
                "https://discord.com/api/webhooks/[[123456789012345678/AbCdEfGhIjKlMnOpQrStUvWxYz]]",
            ],
        );
    }

    #[test]
    fn documentation_is_not() {
        check(
            DataType::Secret,
            &["https://hooks.slack.com/services/YOUR/WEBHOOK/URL", "discord.com/api/webhooks/docs"],
        );
    }
}
