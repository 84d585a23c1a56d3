//! API keys that their vendor gave a prefix of its own: model providers, clouds, forges, messengers, payment services.
//!
//! Each row has the prefix and what follows it, as the vendors document it or as their own published examples show it. The
//! body must look random (a digit or both cases, no row of `x`), so that `sk-learn` and `sk-your-key-here` stay.

use std::ops::{Range, RangeInclusive};

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

/// What a body is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// Hexadecimal digits of one case.
    Hex,
    /// Letters and digits.
    Plain,
    /// Letters, digits, `-` and `_`.
    Url,
    /// Letters, digits, `-`, `_` and `.`.
    Dotted,
    /// Base64 of either alphabet, with `=`.
    Base64,
}

impl Body {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Plain => is_word(byte),
            Self::Url => is_word(byte) || b"-_".contains(&byte),
            Self::Dotted => is_word(byte) || b"-_.".contains(&byte),
            Self::Base64 => is_word(byte) || b"-_+/=".contains(&byte),
        }
    }
}

macro_rules! keys {
    ($($prefix:literal $body:ident $length:expr;)*) => {
        const PREFIXES: &[&str] = &[$($prefix),*];
        const KEYS: &[(&str, Body, RangeInclusive<usize>)] = &[$(($prefix, Body::$body, $length)),*];
    };
}

keys! {
    // Models. `sk-` alone: OpenAI, DeepSeek, Moonshot, DashScope, SiliconFlow and those that follow them.
    "sk-" Url 20..=256;
    "sk-ant-" Url 24..=256;
    "sk-proj-" Url 24..=256;
    "sk-or-v1-" Hex 64..=64;
    "gsk_" Plain 40..=64;
    "xai-" Plain 60..=100;
    "pplx-" Plain 32..=64;
    "nvapi-" Url 40..=96;
    "tvly-" Url 20..=64;
    "r8_" Plain 37..=37;
    "hf_" Plain 30..=48;
    "api_org_" Plain 30..=48;
    "jina_" Url 40..=80;
    "lsv2_pt_" Url 40..=64;
    "lsv2_sk_" Url 40..=64;
    "pcsk_" Url 40..=96;
    "fc-" Hex 32..=32;
    "e2b_" Hex 40..=40;
    "ms-" Url 36..=36;
    "pat_" Plain 64..=64;
    "app-" Plain 24..=24;
    "dataset-" Plain 24..=24;
    "bce-v3/ALTAK-" Base64 40..=96;
    // Clouds.
    "AKIA" Plain 16..=16;
    "ASIA" Plain 16..=16;
    "ABIA" Plain 16..=16;
    "ACCA" Plain 16..=16;
    "A3T0" Plain 16..=16;
    "AIza" Url 35..=35;
    "ya29." Url 20..=512;
    "GOCSPX-" Url 28..=28;
    "LTAI" Plain 12..=26;
    "AKID" Plain 32..=36;
    "AKLT" Base64 36..=64;
    "ALTAK" Plain 20..=24;
    "dop_v1_" Hex 64..=64;
    "doo_v1_" Hex 64..=64;
    "dor_v1_" Hex 64..=64;
    "dapi" Hex 32..=34;
    "sbp_" Hex 40..=40;
    "hvs." Url 24..=160;
    "hvb." Url 80..=400;
    "tskey-auth-" Url 24..=80;
    "tskey-api-" Url 24..=80;
    "pul-" Hex 40..=40;
    "dp.pt." Plain 40..=44;
    "dp.st." Dotted 40..=80;
    "fo1_" Url 43..=43;
    // Forges, registries and build services.
    "ghp_" Plain 36..=36;
    "gho_" Plain 36..=36;
    "ghu_" Plain 36..=36;
    "ghs_" Plain 36..=36;
    "ghr_" Plain 36..=76;
    "github_pat_" Url 60..=100;
    "glpat-" Dotted 20..=64;
    "gldt-" Url 20..=32;
    "glrt-" Dotted 20..=64;
    "glptt-" Hex 40..=40;
    "glcbt-" Url 20..=40;
    "npm_" Plain 36..=36;
    "pypi-AgE" Url 50..=512;
    "rubygems_" Hex 48..=48;
    "dckr_pat_" Url 27..=27;
    "oy2" Plain 43..=43;
    "AKCp" Plain 60..=80;
    "bkua_" Hex 40..=40;
    "CCIPAT_" Url 40..=80;
    "sgp_" Url 40..=64;
    "sntrys_" Base64 60..=300;
    "PMAK-" Url 50..=72;
    "ATATT3" Base64 100..=240;
    "figd_" Url 40..=48;
    "lin_api_" Plain 40..=40;
    "ntn_" Plain 40..=50;
    // Messengers and mail.
    "xoxb-" Url 20..=96;
    "xoxp-" Url 20..=120;
    "xoxa-" Url 20..=120;
    "xoxr-" Url 20..=120;
    "xoxs-" Url 20..=120;
    "xoxe-" Url 20..=200;
    "xapp-" Base64 24..=160;
    "SG." Dotted 60..=72;
    "key-" Hex 32..=32;
    // Money.
    "sk_live_" Plain 16..=128;
    "sk_test_" Plain 16..=128;
    "rk_live_" Plain 16..=128;
    "rk_test_" Plain 16..=128;
    "whsec_" Base64 24..=64;
    "sq0atp-" Url 22..=22;
    "sq0csp-" Url 43..=43;
    "shpat_" Hex 32..=32;
    "shpss_" Hex 32..=32;
    "shpca_" Hex 32..=32;
    "shppa_" Hex 32..=32;
    // Observation.
    "glsa_" Url 40..=48;
    "glc_" Base64 32..=400;
    "NRAK-" Plain 27..=27;
    "NRII-" Url 32..=32;
    "phx_" Plain 40..=48;
    "aio_" Plain 28..=28;
    "AGE-SECRET-KEY-1" Plain 58..=58;
}

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "vendor_key",
    kind: DataType::Secret,
    trigger: Trigger::Literals(PREFIXES),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    let written = text.slice(place.clone());
    let (_, body, lengths) = KEYS.iter().find(|(prefix, _, _)| *prefix == written)?;
    let end = text.run(place.end, lengths.end() + 1, |b| body.has(b));
    let value = text.slice(place.end..end).trim_end_matches(['.', '-']);
    let span = place.start..place.end + value.len();
    let cut = text.byte(span.end).is_some_and(is_word) || text.before(place.start).is_some_and(is_word);
    let shaped = is_random(value) || written.starts_with("xox") && names_a_team(value);
    (lengths.contains(&value.len()) && !cut && shaped).then(|| Found::validated(span, 0.96))
}

/// Slack's tokens begin with the number of the team, which no ordinary text does after that prefix.
fn names_a_team(value: &str) -> bool {
    let team = value.split('-').next().unwrap_or_default();
    team.len() >= 5 && team.bytes().all(|byte| byte.is_ascii_digit())
}

/// True if no person chose these characters: a piece of twelve or more holds a digit or both cases, and there are more than
/// five different characters.
pub(super) fn is_random(value: &str) -> bool {
    let pieces = value.split(['-', '_', '.', '/']);
    let longest = pieces.max_by_key(|piece| piece.len()).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| longest.as_bytes().iter().any(test);
    let mixed = has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let seen = value.bytes().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f));
    longest.len() >= 8 && mixed && seen.count_ones() > 5
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// Builds keys at run time, so that no scanner takes this file for a leak.
    fn random(length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|i| letters[(i * i * 7 + i * 13 + 5) % letters.len()]).collect()
    }

    #[test]
    fn every_row_is_found_between_quotes_and_chinese() {
        for (prefix, body, lengths) in KEYS {
            let alphabet = if *body == Body::Hex { "0123456789abcdef" } else { "aB3dE6gH9jK2mN5pQ8sT1v" };
            let key = format!("{prefix}{}", random(*lengths.start(), alphabet));
            check(DataType::Secret, &[&format!("k = \"[[{key}]]\","), &format!("钥匙[[{key}]]，请保密")]);
        }
    }

    #[test]
    fn a_team_number_is_enough_for_slack() {
        check(DataType::Secret, &["token [[xoxb-12345-67890-NOTAREALTOKENATALL]]", "xoxb-your-token-goes-here"]);
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Secret,
            &[
                "sk-learn-classification-report",
                "sk-your-api-key-goes-here-please",
                "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "task-20240105-abcdefghijklmnop1234",
                "AKIAXXXXXXXXXXXXXXXX",
                "app-component-container-12",
                "ms-windows-store-app-package-name-xyz",
                "npm_config_registry",
                "hf_hub_download",
            ],
        );
    }
}
