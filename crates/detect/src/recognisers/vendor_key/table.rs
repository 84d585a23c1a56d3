//! The key prefixes of each vendor: one block per vendor, as documented or as shown in its published examples.

use std::ops::RangeInclusive;

use crate::text::is_word;

/// The characters of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
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
    pub(crate) fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Plain => is_word(byte),
            Self::Url => is_word(byte) || b"-_".contains(&byte),
            Self::Dotted => is_word(byte) || b"-_.".contains(&byte),
            Self::Base64 => is_word(byte) || b"-_+/=".contains(&byte),
        }
    }
}

/// Additional properties of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// None: it must look random.
    None,
    /// Its last six characters are the CRC-32 of the rest in base 62; a mismatch lowers the score.
    Crc32,
    /// It need not look random: no ordinary text continues like this after the prefix.
    Length,
    /// It is in capitals.
    Capitals,
    /// It starts with the number of a team or an account.
    Number,
}

/// One format of one vendor.
#[derive(Debug)]
pub(super) struct Row {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "says whose key it is, to readers and to the test that counts")
    )]
    pub(super) vendor: &'static str,
    pub(super) prefix: &'static str,
    pub(super) body: Body,
    /// Number of characters after the prefix.
    pub(super) lengths: RangeInclusive<usize>,
    pub(super) check: Check,
}

macro_rules! vendors {
    (@check) => { Check::None };
    (@check $check:ident) => { Check::$check };
    ($($vendor:literal { $($prefix:literal $body:ident $lengths:expr $(, $check:ident)?;)* })*) => {
        /// Every prefix, in the order of the rows.
        pub(super) const PREFIXES: &[&str] = &[$($($prefix,)*)*];

        /// Every format.
        pub(super) static ROWS: &[Row] = &[$($(Row {
            vendor: $vendor, prefix: $prefix, body: Body::$body, lengths: $lengths, check: vendors!(@check $($check)?),
        },)*)*];
    };
}

vendors! {
    // Models and related services. `sk-` alone: OpenAI, and those that follow it (DeepSeek, Moonshot, DashScope,
    // SiliconFlow, MiniMax, Baichuan, Stability and others).
    "OpenAI" { "sk-" Url 20..=256; "sk-proj-" Url 24..=256; "sk-svcacct-" Url 24..=256; "sk-admin-" Url 24..=256; }
    "Anthropic" { "sk-ant-" Url 24..=256; }
    "OpenRouter" { "sk-or-v1-" Hex 64..=64; }
    "Langfuse" { "sk-lf-" Url 36..=36; }
    "Helicone" { "sk-helicone-" Url 24..=64; }
    "Groq" { "gsk_" Plain 40..=64; }
    "xAI" { "xai-" Url 60..=100; }
    "Perplexity" { "pplx-" Plain 32..=64; }
    "NVIDIA" { "nvapi-" Url 40..=96; }
    "Tavily" { "tvly-" Url 20..=64; }
    "Replicate" { "r8_" Plain 37..=37; }
    "Hugging Face" { "hf_" Plain 30..=48; "api_org_" Plain 30..=48; }
    "Jina" { "jina_" Url 40..=80; }
    "LangSmith" { "lsv2_pt_" Url 40..=64; "lsv2_sk_" Url 40..=64; }
    "Pinecone" { "pcsk_" Url 40..=96; }
    "Firecrawl" { "fc-" Hex 32..=32; }
    "E2B" { "e2b_" Hex 40..=40; }
    "ModelScope" { "ms-" Url 36..=36; }
    "Coze" { "pat_" Plain 64..=64; "sat_" Plain 64..=64; "czu_" Plain 40..=64; }
    "Dify" { "app-" Plain 24..=24; "dataset-" Plain 24..=24; }
    "FastGPT" { "fastgpt-" Plain 40..=64; }
    "Qianfan" { "bce-v3/ALTAK-" Base64 40..=96; }
    "ElevenLabs" { "sk_" Hex 48..=48; }
    "Cerebras" { "csk-" Plain 40..=64; }
    "Together" { "tgp_v1_" Url 40..=64; }
    "Fireworks" { "fw_" Plain 22..=24; }
    "Voyage" { "pa-" Url 43..=43; }
    "Anyscale" { "esecret_" Plain 24..=40; }
    "Runpod" { "rpa_" Plain 40..=48; }
    "Browserbase" { "bb_live_" Url 24..=40; }
    "Mem0" { "m0-" Plain 40..=40; }
    "Brave Search" { "BSA" Url 28..=28; }
    "Weights & Biases" { "wandb_v1_" Url 60..=96; }
    "Friendli" { "flp_" Plain 40..=48; }
    "LlamaCloud" { "llx-" Plain 48..=48; }
    // Clouds.
    "Amazon" {
        "AKIA" Plain 16..=16, Capitals; "ASIA" Plain 16..=16, Capitals; "ABIA" Plain 16..=16, Capitals;
        "ACCA" Plain 16..=16, Capitals; "A3T0" Plain 16..=16, Capitals;
        "ABSK" Base64 100..=160; "da2-" Plain 26..=26;
    }
    "Google" {
        "AIza" Url 35..=35; "ya29." Url 20..=512; "GOCSPX-" Url 28..=28; "1//0" Url 60..=160; "APA91b" Url 130..=140;
    }
    "reCAPTCHA" { "6L" Url 38..=38, Length; }
    "Alibaba Cloud" { "LTAI" Plain 12..=26; }
    "Tencent Cloud" { "AKID" Plain 32..=36; }
    "Volcengine" { "AKLT" Base64 36..=64; }
    "Baidu Cloud" { "ALTAK" Plain 20..=24; }
    "DigitalOcean" {
        "dop_v1_" Hex 64..=64; "doo_v1_" Hex 64..=64; "dor_v1_" Hex 64..=64; "DO00" Plain 16..=16;
    }
    "Databricks" { "dapi" Hex 32..=34; "dose" Hex 32..=34; "dkea" Hex 32..=34; }
    "Supabase" { "sbp_" Plain 40..=40; "sb_secret_" Url 24..=48; }
    "Vercel" { "vck_" Plain 40..=64; "vcp_" Plain 40..=64; "vercel_blob_rw_" Url 30..=64; }
    "HashiCorp Vault" { "hvs." Url 24..=160; "hvb." Url 80..=400; "hvr." Url 24..=160; }
    "Tailscale" {
        "tskey-auth-" Url 24..=80; "tskey-api-" Url 24..=80; "tskey-client-" Url 24..=80; "tskey-scim-" Url 24..=80;
        "tskey-webhook-" Url 24..=80; "tskey-secret-" Url 12..=80, Length;
    }
    "Pulumi" { "pul-" Hex 40..=40; }
    "Doppler" {
        "dp.pt." Plain 40..=44; "dp.ct." Plain 40..=44; "dp.sa." Plain 40..=44; "dp.st." Dotted 40..=80;
        "dp.scim." Plain 40..=44; "dp.audit." Plain 40..=44;
    }
    "Fly" { "fo1_" Url 43..=43; "FlyV1 fm2_" Base64 60..=1200; }
    "Heroku" { "HRKU-" Url 36..=64; }
    "Render" { "rnd_" Plain 28..=40; }
    "Netlify" { "nfp_" Plain 36..=40; "nfc_" Plain 36..=40; }
    "Cloudflare" { "v1.0-" Url 140..=200; }
    "Scaleway" { "SCW" Plain 17..=17; }
    "PlanetScale" { "pscale_tkn_" Url 32..=64; "pscale_pw_" Url 32..=64; "pscale_oauth_" Url 32..=64; }
    "Neon" { "napi_" Plain 60..=68; "npg_" Plain 12..=24; }
    "CockroachDB" { "CCDB1_" Url 60..=80; }
    "Aiven" { "AVNS_" Url 16..=24; "aivenv1" Base64 100..=300; }
    "Fauna" { "fnA" Url 36..=40; }
    "Xata" { "xau_" Plain 30..=40; }
    "Confluent" { "cflt" Base64 60..=64; }
    "Deno Deploy" { "ddp_" Plain 36..=36; "ddo_" Plain 36..=36; "ddw_" Plain 36..=36; }
    "Docker Swarm" { "SWMTKN-1-" Url 70..=90; "SWMKEY-1-" Base64 40..=60; }
    "Infracost" { "ico-" Plain 32..=32; }
    "1Password" { "ops_" Base64 250..=1200; }
    "Snowflake" { "ver:1-hint:" Dotted 40..=300; }
    "Yandex Cloud" { "AQVN" Url 35..=38; "t1." Dotted 60..=300; "y0_" Url 40..=64; "YCAJE" Url 20..=20; "YCAJE" Url 25..=25; }
    "Elastic" { "essu_" Base64 60..=100; }
    "MongoDB Atlas" { "mdb_sa_sk_" Url 36..=48; "mdb_sa_id_" Hex 24..=24; }
    // Code hosts, registries and build services.
    "GitHub" {
        "ghp_" Plain 36..=36, Crc32; "gho_" Plain 36..=36, Crc32; "ghu_" Plain 36..=36, Crc32; "ghs_" Plain 36..=36, Crc32;
        "ghr_" Plain 36..=76, Crc32; "github_pat_" Url 60..=100;
    }
    "GitLab" {
        "glpat-" Dotted 20..=64; "gldt-" Url 20..=32; "glrt-" Dotted 20..=64; "glptt-" Hex 40..=40; "glcbt-" Url 20..=40;
        "glft-" Url 20..=40; "glimt-" Url 25..=40; "glagent-" Url 50..=64; "glsoat-" Url 20..=40; "gloas-" Hex 64..=64;
        "glffct-" Url 20..=40; "GR1348941" Url 20..=20; "GR1348941_" Url 19..=20;
    }
    "Bitbucket" { "ATBB" Plain 32..=32; "ATCTT3" Base64 100..=240; }
    "Atlassian" { "ATATT3" Base64 100..=240; }
    "npm" { "npm_" Plain 36..=36, Crc32; }
    "PyPI" { "pypi-AgE" Url 50..=512; }
    "RubyGems" { "rubygems_" Hex 48..=48; }
    "crates.io" { "cio" Plain 32..=40; }
    "Clojars" { "CLOJARS_" Hex 60..=60; }
    "Docker Hub" { "dckr_pat_" Url 27..=27; "dckr_oat_" Url 27..=40; }
    "NuGet" { "oy2" Plain 43..=43; }
    "Artifactory" { "AKCp" Plain 60..=80; "cmVmdGtuOjAx" Plain 48..=64; }
    "Buildkite" { "bkua_" Hex 40..=40; }
    "CircleCI" { "CCIPAT_" Url 40..=80; "CCIPRJ_" Url 40..=80; }
    "Sourcegraph" { "sgp_" Url 40..=64; "slk_" Hex 64..=64; "sgd_" Hex 64..=64; }
    "Sentry" { "sntrys_" Base64 60..=300; "sntryu_" Hex 64..=64; }
    "Postman" { "PMAK-" Url 50..=72; "PMAT-" Plain 26..=26; }
    "SonarQube" { "squ_" Hex 40..=40; "sqp_" Hex 40..=40; "sqa_" Hex 40..=40; }
    "ReadMe" { "rdme_" Plain 64..=72; }
    "Prefect" { "pnu_" Plain 36..=36; "pnb_" Plain 36..=36; }
    "Dependency-Track" { "odt_" Plain 32..=48; }
    "Thunderstore" { "tss_" Plain 24..=64; }
    "Ionic" { "ion_" Plain 40..=44; }
    "Expo" { "ExponentPushToken[" Plain 20..=24; }
    "Terraform Cloud" { ".atlasv1." Url 60..=80, Length; }
    "Rancher" { "kubeconfig-u-" Dotted 60..=90; }
    // Productivity.
    "Figma" { "figd_" Url 40..=48; }
    "Linear" { "lin_api_" Plain 40..=40; "lin_oauth_" Hex 64..=64; }
    "Notion" { "ntn_" Plain 40..=50; "secret_" Plain 43..=43; }
    "Airtable" { "pat" Dotted 79..=79; }
    "Typeform" { "tfp_" Dotted 40..=64; }
    "ClickUp" { "pk_" Url 40..=48; }
    "Contentful" { "CFPAT-" Url 43..=64; }
    "HubSpot" { "pat-na1-" Url 36..=36; "pat-na2-" Url 36..=36; "pat-eu1-" Url 36..=36; "pat-ap1-" Url 36..=36; }
    "Adobe" { "p8e-" Url 32..=32; "p8-" Url 32..=32; }
    "Dropbox" { "sl." Url 130..=1200; "sl.u." Url 130..=1400; }
    "Frame.io" { "fio-u-" Url 60..=72; }
    "Box" { "1!" Url 140..=200; }
    "Intercom" { "dG9rO" Base64 40..=60; }
    "Teamwork" { "tkn.v1_" Base64 60..=90; }
    "Zoho" { "1000." Dotted 65..=65; }
    "Asana" { "0/" Hex 32..=32; }
    "Sanity" { "skE" Plain 77..=120; }
    "Fleetbase" { "flb_live_" Plain 16..=40; "flb_test_" Plain 16..=40; }
    "Close" { "api_" Dotted 44..=50; }
    "Front" { "front.token." Dotted 40..=200; }
    "Mapbox" { "pk.eyJ" Dotted 40..=160; "sk.eyJ" Dotted 40..=160; "tk.eyJ" Dotted 40..=240; }
    "Adafruit IO" { "aio_" Plain 28..=28; }
    "Ubidots" { "BBFF-" Plain 30..=36; "BBUS-" Plain 30..=36; }
    "Nightfall" { "NF-" Plain 32..=32; }
    "Voiceflow" { "VF.DM." Dotted 30..=60; "VF.WS." Dotted 30..=60; }
    "Scrapfly" { "scp-live-" Hex 32..=32; "scp-test-" Hex 32..=32; }
    "StackHawk" { "hawk." Dotted 38..=46; }
    "PubNub" { "pub-c-" Url 36..=36; "sub-c-" Url 36..=36; "sec-c-" Plain 40..=64; }
    "OneSignal" { "os_v2_app_" Plain 80..=110; "os_v2_org_" Plain 80..=110; }
    "Socket" { "sktsec_" Url 40..=64; }
    "Rootly" { "rootly_" Hex 64..=64; }
    "Stytch" { "secret-live-" Base64 36..=48; "secret-test-" Base64 36..=48; }
    "Statsig" { "secret-" Plain 40..=48; "console-" Plain 40..=48; }
    "LaunchDarkly" { "sdk-" Url 36..=36; "mob-" Url 36..=36; }
    "ConfigCat" { "configcat-sdk-1/" Base64 40..=60; }
    "Flagsmith" { "ser." Plain 20..=24; }
    "Liveblocks" { "sk_prod_" Url 24..=64; "sk_dev_" Url 24..=64; }
    "Duffel" { "duffel_live_" Url 43..=43; "duffel_test_" Url 43..=43; }
    "Storecove" { "storecove_" Plain 36..=48; }
    "Supernotes" { "supernotes_sk-" Plain 40..=48; }
    "Dfuse" { "web_" Hex 32..=32; "server_" Hex 32..=32; }
    "Mailsac" { "k_" Plain 40..=48; }
    // Messengers and mail.
    "Slack" {
        "xoxb-" Url 20..=96, Number; "xoxp-" Url 20..=120, Number; "xoxa-" Url 20..=120, Number;
        "xoxr-" Url 20..=120, Number; "xoxs-" Url 20..=120, Number; "xoxc-" Url 20..=120, Number;
        "xoxd-" Base64 60..=200; "xoxe-" Url 20..=200, Number; "xoxe.xoxp-" Url 60..=240; "xapp-" Base64 24..=160;
        "xwfp-" Url 20..=120, Number;
    }
    "SendGrid" { "SG." Dotted 60..=72; }
    "Mailgun" { "key-" Hex 32..=32; "pubkey-" Hex 32..=32; }
    "Brevo" { "xkeysib-" Url 70..=90; "xsmtpsib-" Url 70..=90; }
    "MailerSend" { "mlsn." Hex 64..=64; }
    "Modal" { "ak-" Plain 22..=22; "as-" Plain 22..=22; }
    "Resend" { "re_" Url 30..=40; }
    "Mandrill" { "md-" Url 22..=22; }
    "Twilio" { "SK" Hex 32..=32; }
    "Telnyx" { "KEY0" Url 50..=60; "KEYU" Url 50..=60; }
    "FullStory" { "na1." Base64 80..=140; "eu1." Base64 80..=140; }
    "Twitter" { "AAAAAAAAAAAAAAAAAAAAA" Base64 60..=120; }
    "Facebook" { "EAACEdEose0cBA" Plain 40..=300; "EAA" Plain 90..=300; }
    "Instagram" { "IGQV" Url 60..=240; "IGAA" Url 60..=240; }
    "Twitch" { "live_" Url 40..=46, Number; }
    "DingTalk" { "SEC" Hex 64..=64; }
    "Lark" { "t-" Dotted 40..=42; "u-" Dotted 40..=42; }
    "ServerChan" { "SCT" Plain 28..=40; "sctp" Plain 28..=48; }
    "Matrix" { "syt_" Url 36..=90; }
    // Payments.
    "Stripe" {
        "sk_live_" Plain 16..=128; "sk_test_" Plain 16..=128; "rk_live_" Plain 16..=128; "rk_test_" Plain 16..=128;
        "whsec_" Base64 24..=64; "sk_org_" Plain 40..=128;
    }
    "Square" {
        "sq0atp-" Url 22..=22; "sq0csp-" Url 43..=43; "sq0idp-" Url 22..=22; "sandbox-sq0atb-" Url 22..=22;
        "sandbox-sq0csb-" Url 43..=43; "EAAA" Url 58..=64;
    }
    "Shopify" {
        "shpat_" Hex 32..=32; "shpss_" Hex 32..=32; "shpca_" Hex 32..=32; "shppa_" Hex 32..=32; "shptka_" Hex 32..=32;
        "shprt_" Hex 32..=32;
    }
    "PayPal" { "access_token$production$" Url 40..=64; "access_token$sandbox$" Url 40..=64; }
    "Razorpay" { "rzp_live_" Plain 14..=24; "rzp_test_" Plain 14..=24; }
    "Flutterwave" { "FLWSECK-" Url 32..=48; "FLWSECK_TEST-" Url 12..=48; }
    "Plaid" { "access-sandbox-" Url 36..=36; "access-production-" Url 36..=36; "access-development-" Url 36..=36; }
    "EasyPost" { "EZAK" Plain 54..=56; "EZTK" Plain 54..=56; }
    "Shippo" { "shippo_live_" Hex 40..=40; "shippo_test_" Hex 40..=40; }
    "Pagar.me" { "ak_live_" Plain 24..=40; "ak_test_" Plain 24..=40; }
    "Midtrans" { "SB-Mid-server-" Url 20..=32; "Mid-server-" Url 20..=32; }
    "Xendit" { "xnd_production_" Plain 40..=80; "xnd_development_" Plain 40..=80; }
    "Mercado Pago" { "APP_USR-" Url 60..=80; }
    "Paddle" { "pdl_live_apikey_" Url 40..=64; "pdl_sdbx_apikey_" Url 40..=64; }
    "GoCardless" { "live_" Base64 40..=40; "sandbox_" Base64 40..=40; }
    "Lob" { "live_pub_" Hex 31..=35; "test_pub_" Hex 31..=35; }
    "Braintree" { "access_token$" Dotted 40..=80; }
    "Adyen" { "AQE" Base64 100..=240; }
    "Coinbase" { "organizations/" Base64 60..=100; }
    "Column" { "live_" Plain 27..=34; }
    // Observability.
    "Grafana" { "glsa_" Url 40..=48; "glc_" Base64 32..=400; "eyJrIjoi" Base64 60..=200; }
    "New Relic" {
        "NRAK-" Plain 27..=27; "NRII-" Url 32..=32; "NRAA-" Hex 27..=27; "NRRA-" Hex 42..=42; "NRBR-" Hex 19..=19;
        "NRIQ-" Url 32..=32; "NRSP-" Url 24..=48; "px-api-" Url 36..=36; "px-dep-" Url 36..=36;
    }
    "PostHog" { "phx_" Plain 40..=48; }
    "Honeycomb" { "hcaik_" Plain 58..=58; "hcbik_" Plain 58..=58; }
    "Dynatrace" { "dt0c01." Dotted 85..=95; "dt0s01." Dotted 85..=95; "dt0s16." Dotted 85..=95; }
    "Axiom" { "xaat-" Url 36..=36; "xapt-" Url 36..=36; }
    "Logfire" { "pylf_v1_" Url 40..=60; }
    // Cryptography.
    "age" { "AGE-SECRET-KEY-1" Plain 58..=58; "AGE-PLUGIN-" Url 40..=120; }
    "Bitcoin" { "xprv" Plain 107..=107; "yprv" Plain 107..=107; "zprv" Plain 107..=107; }
    "Nostr" { "nsec1" Plain 58..=58; }
}
