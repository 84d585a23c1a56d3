//! Fix advice that depends on the kind of file: an export is fixed on its platform, a notebook keeps its outputs, and whatever
//! ships in an app is available to everyone who has it.

use ombud_core::finding::Finding;

use super::{Text, connection_not_checked, personal_data_unmasked, secret, tool_without_confirmation};

const EXPORT: &[&str] = &["json", "yaml", "yml"];
const NOTEBOOK: &[&str] = &["ipynb"];
const APP: &[&str] = &["swift", "plist", "xcconfig"];

/// Advice for a rule's findings in files with these extensions, where it differs from the rule's advice for source code.
const FIXES: &[(&str, &[&str], Text)] = &[
    (
        secret::ID.0,
        EXPORT,
        Text {
            en: "Revoke it with its issuer first. Keep the new one in the platform's credential store (in a configuration file, refer to a variable, `${KEY}`), and export again: every copy of this file contains the old one.",
            zh: "先到签发方作废它。新密钥请放进平台的凭据或密钥变量（配置文件请写成变量 `${KEY}`），再重新导出：这个文件的每一份副本里都有旧密钥。",
        },
    ),
    (
        secret::ID.0,
        NOTEBOOK,
        Text {
            en: "Revoke it with its issuer first, then keep the new one in the environment. Cell outputs are saved in the file too: clear them before you share it (`jupyter nbconvert --clear-output --inplace FILE`), and keep the key out of the repository's history.",
            zh: "先到签发方作废它，再把新密钥放进环境变量。单元格打印过的内容也保存在文件里：分享前请清除输出（`jupyter nbconvert --clear-output --inplace 文件`），也不要留在代码库历史里。",
        },
    ),
    (
        secret::ID.0,
        APP,
        Text {
            en: "Revoke it with its issuer first. Anyone who has the app can extract what is in it: keep the new one on your server, and out of the repository's history.",
            zh: "先到签发方作废它。App 里带的东西人人可得：新密钥只能放在服务端，也不要留在代码库历史里。",
        },
    ),
    (
        personal_data_unmasked::RULE.id.0,
        EXPORT,
        Text {
            en: "Start `ombud serve` and set this provider's address, in the platform's settings or credentials, to its gateway, which masks data in transit; or add a masking step before this one.",
            zh: "启动 `ombud serve`，并在平台的设置或凭据中把该服务商的地址改为它的网关，途中会自动脱敏；或在此节点之前加一个脱敏步骤。",
        },
    ),
    (
        tool_without_confirmation::RULE.id.0,
        EXPORT,
        Text {
            en: "On the platform, add a human approval step before this one. Or call the tool through the `ombud serve` gateway with `mode = \"ask\"` under `[tools]` in ombud.toml; use `ombud connect` to put an MCP server behind it.",
            zh: "在平台上给这一步之前加一个人工确认的节点；或让它经由 `ombud serve` 的网关调用工具，并在 ombud.toml 的 `[tools]` 中设置 `mode = \"ask\"`（MCP 服务器可用 `ombud connect` 接到网关后面）。",
        },
    ),
    (
        connection_not_checked::RULE.id.0,
        EXPORT,
        Text {
            en: "Use `https:` in this address, and leave certificate verification on; add the certificate of your own CA to the platform's trusted ones.",
            zh: "请把这里的地址改为 `https:`，并保持证书校验开启；自签证书应当交给平台信任。",
        },
    ),
];

/// Returns the advice for this kind of file, if there is any.
pub(super) fn fix(finding: &Finding) -> Option<Text> {
    let ending = finding.place.path.rsplit_once('.')?.1;
    let (.., fix) =
        FIXES.iter().find(|(rule, endings, _)| *rule == finding.rule.0 && endings.contains(&ending))?;
    Some(*fix)
}
