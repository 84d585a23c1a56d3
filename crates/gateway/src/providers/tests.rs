use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn builtin() -> Providers {
    Providers::builtin().unwrap()
}

fn base_on(base: &str) -> ProviderOverride {
    ProviderOverride { base: Some(base.to_owned()), ..ProviderOverride::default() }
}

#[test]
fn the_table_is_sound() {
    let all = builtin();
    assert!(all.iter().count() >= 19);
    for provider in all.iter() {
        assert_eq!(all.facts_of(provider).len(), provider.facts.len(), "{}: a fact is missing", provider.id);
        assert!(provider.hosts.iter().all(|host| all.by_host(host) == Some(provider)), "{}", provider.id);
        for (name, value) in &provider.env {
            assert!(value.starts_with("{gateway}"), "{name}");
        }
        assert!(provider.local || provider.base.starts_with("https://"), "{}", provider.id);
    }
    let unknown = all.by_id("qianfan").unwrap();
    assert_eq!(unknown.country, UNKNOWN_COUNTRY);
    assert!(all.by_id("ollama").unwrap().local);
}

#[test]
fn errors_read_like_all_others() {
    let id = || "foo".to_owned();
    let errors = [
        ProviderError::Registry,
        ProviderError::Id,
        ProviderError::NoBase { id: id() },
        ProviderError::Host { id: id() },
        ProviderError::Country { id: id() },
        ProviderError::HostTaken { host: id(), owner: id() },
        ProviderError::Address(AddressFault::Base),
        ProviderError::Address(AddressFault::NotAbsolute),
        ProviderError::Address(AddressFault::DotSegment),
        ProviderError::Address(AddressFault::Character),
        ProviderError::Address(AddressFault::Encoding),
    ];
    for error in errors {
        let (en, zh) = (error.say(Lang::En), error.say(Lang::Zh));
        assert!(en.starts_with(char::is_lowercase) && !en.ends_with('.'), "{en}");
        assert!(!zh.contains("供应商") && !zh.ends_with('。'), "{zh}");
    }
}

#[test]
fn no_variable_belongs_to_two_providers() {
    let mut seen = BTreeMap::new();
    for provider in builtin().iter() {
        for name in provider.env.keys() {
            assert_eq!(seen.insert(name.clone(), provider.id.clone()), None, "{name}");
        }
    }
}

#[rstest]
#[case("api.deepseek.com", Some("deepseek"))]
#[case("API.DeepSeek.COM", Some("deepseek"))]
#[case("api.deepseek.com.", Some("deepseek"))]
#[case("api.deepseek.com:443", Some("deepseek"))]
#[case("api.deepseek.com.:443", Some("deepseek"))]
#[case("api.deepseek.com.evil.example", None)]
#[case("xapi.deepseek.com", None)]
#[case("deepseek.com", None)]
#[case("api.deepseek.com:x", None)]
#[case("127.0.0.1:11434", Some("ollama"))]
#[case("127.0.0.1:11435", None)]
#[case("127.0.0.1", None)]
#[case("[::1]:443", None)]
#[case("", None)]
#[case(":443", None)]
fn a_host_is_matched_exactly(#[case] host: &str, #[case] id: Option<&str>) {
    assert_eq!(builtin().by_host(host).map(|provider| provider.id.clone()).as_deref(), id);
}

#[rstest]
#[case("https://api.openai.com/v1", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions")]
#[case("https://api.openai.com/v1/", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions")]
#[case("https://api.deepseek.com", "/v1/chat/completions", "https://api.deepseek.com/chat/completions")]
#[case("https://api.deepseek.com/v1", "/chat/completions", "https://api.deepseek.com/v1/chat/completions")]
#[case("https://a.example/api/v3", "/v1/embeddings", "https://a.example/api/v3/embeddings")]
#[case("https://a.example/api/v3", "/api/v3/embeddings", "https://a.example/api/v3/embeddings")]
#[case("https://a.example/api/v3", "/api/v33/x", "https://a.example/api/v3/api/v33/x")]
#[case("https://a.example/v1", "/v1", "https://a.example/v1")]
#[case("https://a.example", "/v1", "https://a.example/")]
#[case("https://a.example/v1", "/v1beta/models", "https://a.example/v1/v1beta/models")]
#[case("https://a.example/v1", "/v1/models?limit=2&q=a/../b", "https://a.example/v1/models?limit=2&q=a/../b")]
#[case("http://127.0.0.1:8000/v1", "/v1//models", "http://127.0.0.1:8000/v1//models")]
#[case("https://a.example", "/v1//evil.example/x", "https://a.example/evil.example/x")]
#[case("https://a.example/v1", "/v1/models/a%2Fb", "https://a.example/v1/models/a%2Fb")]
fn the_openai_shape(#[case] base: &str, #[case] rest: &str, #[case] url: &str) {
    assert_eq!(upstream_url(base, rest).unwrap(), url);
}

#[rstest]
#[case("https://api.anthropic.com", "/v1/messages", "https://api.anthropic.com/v1/messages")]
#[case(
    "https://api.deepseek.com/anthropic",
    "/v1/messages",
    "https://api.deepseek.com/anthropic/v1/messages"
)]
#[case("https://a.example/anthropic/", "/anthropic/v1/messages", "https://a.example/anthropic/v1/messages")]
#[case("https://a.example/v1", "/v1/messages", "https://a.example/v1/messages")]
fn the_anthropic_shape(#[case] base: &str, #[case] rest: &str, #[case] url: &str) {
    assert_eq!(anthropic_url(base, rest).unwrap(), url);
}

#[rstest]
#[case("/v1/../admin", AddressFault::DotSegment)]
#[case("/v1/%2e%2e/admin", AddressFault::DotSegment)]
#[case("/v1/%252E./admin", AddressFault::DotSegment)]
#[case("/v1/..%2fadmin", AddressFault::DotSegment)]
#[case("/v1/..%5cadmin", AddressFault::DotSegment)]
#[case("/v1/..;a/admin", AddressFault::DotSegment)]
#[case("/v1/./x", AddressFault::DotSegment)]
#[case("//evil.example/v1", AddressFault::NotAbsolute)]
#[case("@evil.example/v1", AddressFault::NotAbsolute)]
#[case("", AddressFault::NotAbsolute)]
#[case("/v1/a b", AddressFault::Character)]
#[case("/v1/a\r\nHost: x", AddressFault::Character)]
#[case("/v1/a%0d%0aHost:x", AddressFault::Character)]
#[case("/v1/x?a=\n", AddressFault::Character)]
#[case("/\\evil.example", AddressFault::Character)]
#[case("/v1/x#y", AddressFault::Character)]
#[case("/v1/中", AddressFault::Character)]
#[case("/v1/%2525252525", AddressFault::Encoding)]
fn a_hostile_path_is_refused(#[case] rest: &str, #[case] fault: AddressFault) {
    assert_eq!(upstream_url("https://a.example/v1", rest), Err(fault));
    assert_eq!(anthropic_url("https://a.example", rest), Err(fault));
}

#[rstest]
#[case("ftp://a.example")]
#[case("https://")]
#[case("https://user:pass@a.example/v1")]
#[case("https://a.example/v1?key=1")]
#[case("https://a.example/v1#x")]
#[case("https://a.example/../v1")]
#[case("https://a.example//v1")]
#[case("https://a example/v1")]
#[case("api.example.com/v1")]
fn a_base_that_cannot_be_used(#[case] base: &str) {
    assert_eq!(upstream_url(base, "/v1/models"), Err(AddressFault::Base));
    assert!(builtin().with_override("mine", base_on(base)).is_err());
}

#[rstest]
#[case("deepseek", "/chat/completions", None, "https://api.deepseek.com/v1/chat/completions")]
#[case("deepseek", "/v1/messages", None, "https://api.deepseek.com/anthropic/v1/messages")]
#[case("deepseek", "/anthropic/v1/messages", None, "https://api.deepseek.com/anthropic/v1/messages")]
#[case("deepseek", "/beta/completions", None, "https://api.deepseek.com/beta/completions")]
#[case(
    "deepseek",
    "/beta/completions",
    Some("api.deepseek.com"),
    "https://api.deepseek.com/beta/completions"
)]
#[case(
    "deepseek",
    "/chat/completions",
    Some("api.deepseek.com"),
    "https://api.deepseek.com/chat/completions"
)]
#[case("deepseek", "/chat/completions", Some("evil.example"), "https://api.deepseek.com/v1/chat/completions")]
#[case("openai", "/v1/responses", Some("eu.api.openai.com:443"), "https://eu.api.openai.com/v1/responses")]
#[case("zhipu", "/api/paas/v4/embeddings", None, "https://open.bigmodel.cn/api/paas/v4/embeddings")]
#[case(
    "gemini",
    "/v1beta/models/m:x?key=k",
    None,
    "https://generativelanguage.googleapis.com/v1beta/models/m:x?key=k"
)]
#[case("gemini", "/v1/models", None, "https://generativelanguage.googleapis.com/v1beta/openai/models")]
#[case("anthropic", "/v1/messages", None, "https://api.anthropic.com/v1/messages")]
#[case("openrouter", "/api/v1/messages", None, "https://openrouter.ai/api/v1/messages")]
#[case("ollama", "/api/chat", None, "http://127.0.0.1:11434/api/chat")]
#[case(
    "ollama",
    "/v1/chat/completions",
    Some("localhost:11434"),
    "http://localhost:11434/v1/chat/completions"
)]
fn a_request_finds_its_upstream(
    #[case] id: &str,
    #[case] rest: &str,
    #[case] host: Option<&str>,
    #[case] url: &str,
) {
    assert_eq!(builtin().by_id(id).unwrap().upstream(rest, host).unwrap(), url);
}

#[test]
fn every_env_value_leads_back_to_the_provider() {
    for provider in builtin().iter() {
        for (name, value) in provider.env_for("http://127.0.0.1:9") {
            let Some(prefix) = value.strip_prefix(&format!("http://127.0.0.1:9/p/{}", provider.id)) else {
                assert!(["openai", "anthropic"].contains(&provider.id.as_str()), "{name}");
                continue;
            };
            let url = provider.upstream(&format!("{prefix}/x"), None).unwrap();
            assert!(url.starts_with(address::origin(&provider.base).unwrap()), "{name}: {url}");
            assert!(!url.contains("/v1/v1"), "{name}: {url}");
        }
    }
}

#[test]
fn a_foreign_base_forgets_what_was_known() {
    let all = builtin().with_override("zhipu", base_on("http://127.0.0.1:8000/v1/")).unwrap();
    let mirror = all.by_id("zhipu").unwrap();
    assert_eq!((mirror.country.as_str(), mirror.local), (UNKNOWN_COUNTRY, false));
    assert_eq!((mirror.facts.len(), mirror.anthropic_base.as_deref()), (0, None));
    // A client that still uses the old address reaches the new one, even if the hook names the old host.
    for host in [None, Some("open.bigmodel.cn")] {
        let url = mirror.upstream("/api/paas/v4/chat/completions", host).unwrap();
        assert_eq!(url, "http://127.0.0.1:8000/v1/chat/completions");
    }
    assert_eq!(all.by_host("open.bigmodel.cn"), Some(mirror));
    assert_eq!(all.by_host("127.0.0.1:8000"), Some(mirror));
}

#[test]
fn another_path_on_the_same_host_keeps_what_is_known() {
    let all = builtin().with_override("deepseek", base_on("https://api.deepseek.com/beta")).unwrap();
    let provider = all.by_id("deepseek").unwrap();
    assert_eq!((provider.country.as_str(), provider.facts.len()), ("CN", 1));
}

#[test]
fn a_local_provider_that_is_moved_is_no_longer_local() {
    let all = builtin().with_override("ollama", base_on("https://ollama.example/v1")).unwrap();
    assert!(!all.by_id("ollama").unwrap().local);
}

#[test]
fn a_new_provider() {
    let change: ProviderOverride = serde_json::from_str(
        r#"{"base":"https://llm.example/v1","hosts":["Native.Example"],"country":"DE","local":true}"#,
    )
    .unwrap();
    let all = builtin().with_override("mine", change).unwrap();
    let mine = all.by_id("mine").unwrap();
    assert_eq!((mine.country.as_str(), mine.local), ("DE", true));
    assert_eq!(all.by_host("llm.example:443"), Some(mine));
    assert_eq!(all.by_host("native.example"), Some(mine));
}

#[test]
fn a_wrong_override_is_refused() {
    let refused = |id: &str, change: ProviderOverride| builtin().with_override(id, change).unwrap_err();
    let with = |hosts: &[&str], country: Option<&str>| ProviderOverride {
        hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
        country: country.map(str::to_owned),
        ..base_on("https://a.example/v1")
    };
    assert!(matches!(refused("mine", ProviderOverride::default()), ProviderError::NoBase { .. }));
    assert!(matches!(refused("Mine!", base_on("https://a.example")), ProviderError::Id));
    assert!(matches!(refused("mine", with(&["https://x"], None)), ProviderError::Host { .. }));
    assert!(matches!(refused("mine", with(&[], Some("China"))), ProviderError::Country { .. }));
    let taken = refused("mine", with(&["api.openai.com"], None));
    assert!(matches!(taken, ProviderError::HostTaken { ref owner, .. } if owner == "openai"));
    assert!(serde_json::from_str::<ProviderOverride>(r#"{"bas":"x"}"#).is_err());
}

#[test]
fn an_error_does_not_repeat_a_credential() {
    let error = builtin().with_override("mine", base_on("https://me:hunter2@a.example/v1")).unwrap_err();
    for text in [error.to_string(), error.say(Lang::Zh), format!("{error:?}")] {
        assert!(!text.contains("hunter2"));
    }
}

const BASES: [&str; 5] = [
    "https://api.deepseek.com",
    "https://api.openai.com/v1",
    "https://open.bigmodel.cn/api/paas/v4",
    "http://127.0.0.1:8000/v1",
    "https://[::1]:8443/a/b",
];

fn rest() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("/".to_owned()),
        Just("..".to_owned()),
        Just("%2e".to_owned()),
        Just("%252f".to_owned()),
        Just("@".to_owned()),
        Just("\\".to_owned()),
        Just(":".to_owned()),
        Just("?".to_owned()),
        Just("v1".to_owned()),
        Just("/api/paas/v4".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,3}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| format!("/{}", parts.concat()))
}

proptest! {
    #[test]
    fn the_host_never_changes(base in 0..BASES.len(), rest in rest()) {
        let base = BASES[base];
        let expected = reqwest::Url::parse(base).unwrap();
        for url in [upstream_url(base, &rest), anthropic_url(base, &rest)].into_iter().flatten() {
            let parsed = reqwest::Url::parse(&url).unwrap();
            prop_assert_eq!(parsed.origin(), expected.origin());
            prop_assert_eq!(parsed.username(), "");
            prop_assert_eq!(parsed.fragment(), None);
            // Nothing was left to normalise: the path that was checked is the path that is sent.
            let path = url.split('?').next().unwrap().strip_prefix(address::origin(base).unwrap()).unwrap();
            prop_assert_eq!(parsed.path(), if path.is_empty() { "/" } else { path });
            prop_assert!(parsed.path().starts_with(expected.path().trim_end_matches('/')));
        }
    }

    #[test]
    fn any_host_is_answered(host in "\\PC{0,40}") {
        let _ = builtin().by_host(&host);
    }
}

#[test]
fn with_one_server_in_everybodys_place_no_route_leads_to_a_provider() {
    let own = ProviderOverride {
        anthropic_base: Some("https://relay.example/claude".into()),
        ..base_on("https://relay.example/v1")
    };
    let before = builtin().with_override("upstream", own).unwrap();
    let all = before.clone().all_at("http://127.0.0.1:4001").unwrap();
    let hosts: Vec<(String, String)> =
        before.hosts().map(|(host, id)| (host.to_owned(), id.to_owned())).collect();
    for (host, id) in &hosts {
        assert_eq!(all.id_of(host), Some(&**id), "{host} is still led through the gateway");
        let (old, new) = (before.by_id(id).unwrap(), all.by_id(id).unwrap());
        let below = old.base_paths().into_iter().map(|base| format!("{base}/chat/completions"));
        for rest in below.chain(["/v1/messages", "/v1/responses", "/x?y=1"].map(str::to_owned)) {
            let url = new.upstream(&rest, Some(host)).unwrap();
            assert!(url.starts_with("http://127.0.0.1:4001/"), "{id} {rest}: {url}");
        }
        assert!(old.base_paths().iter().all(|path| new.base_paths().contains(path)), "{id}");
        assert_eq!((&*new.id, &*new.country, new.local), ("upstream", UNKNOWN_COUNTRY, false), "{id}");
    }
    assert_eq!(all.id_of("127.0.0.1:4001"), Some("upstream"));
}
