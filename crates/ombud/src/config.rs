//! `ombud.toml`, environment and flags, in increasing precedence.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use ombud_core::gate::Kept;
use ombud_core::{AnswerPolicy, DataType, Lang, Policy, ToolPolicy, say};
use ombud_detect::{Detector, Options};
use ombud_gateway::Config;
use ombud_gateway::gateway::as_it_is;
use ombud_gateway::memory::{Memory, Store};
use ombud_gateway::pace::Limits;
use ombud_gateway::providers::{ProviderOverride, Providers};
use ombud_gateway::tool::Server;
use ombud_gateway::tool::action::Settings;
use ombud_gateway::upstream::Patience;
use serde::Deserialize;

use crate::declared::{Agent, Notice, Words};
use crate::fault;

/// The name of the configuration file.
pub(crate) const FILE: &str = "ombud.toml";

/// The file. An unknown key is an error: a misspelt protection must not be silently absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// The language of Ombud's own texts in this project; see [`crate::language`].
    pub lang: Option<Lang>,
    /// What the agent is.
    pub agent: Agent,
    /// What to find in addition to what is detected.
    pub detect: Detect,
    /// What may leave.
    pub policy: Policy,
    /// What happens to tool calls.
    pub tools: ToolPolicy,
    /// Who may approve calls outside the conversation.
    pub approvals: crate::approvals::Section,
    /// What answers may link to.
    pub answers: AnswerPolicy,
    /// How fast and how much clients may request.
    pub limits: Limits,
    /// The gateway.
    pub gateway: GatewaySection,
    /// `ombud check`.
    pub check: crate::check::CheckSection,
    /// `ombud attack`.
    pub attack: Attack,
    /// `ombud serve`.
    pub serve: Serve,
    /// What the notice says in addition to what is observed.
    pub notice: Notice,
    /// HTTP tools behind the tool edge.
    pub actions: BTreeMap<String, Settings>,
    /// MCP servers behind the tool edge.
    pub mcp: BTreeMap<String, Server>,
    /// Memory stores behind the gateway.
    pub memory: BTreeMap<String, Store>,
    /// Providers to add or change.
    pub providers: BTreeMap<String, ProviderOverride>,
}

/// `[detect]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Detect {
    /// Names of people that are always masked.
    pub names: Vec<String>,
    /// Countries whose numbers are looked for, in two letters; all if absent.
    pub locales: Option<Vec<String>>,
}

/// `[gateway]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GatewaySection {
    /// What an OpenAI SDK takes as `base_url`.
    pub upstream: Option<String>,
    /// What an Anthropic SDK takes as `base_url`.
    pub upstream_anthropic: Option<String>,
    /// Path endings that pass unread.
    pub pass: Vec<String>,
    /// Headers that are sent unchanged, whatever they hold.
    pub headers: Vec<String>,
    /// The largest body in MiB.
    pub max_body_mib: usize,
    /// Seconds to wait for the next byte of a response.
    pub timeout_s: u64,
}

impl Default for GatewaySection {
    fn default() -> Self {
        Self {
            upstream: None,
            upstream_anthropic: None,
            pass: Vec::new(),
            headers: Vec::new(),
            max_body_mib: 32,
            timeout_s: 600,
        }
    }
}

/// `[attack]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Attack {
    /// Whether the agent reads the user's words from standard input, not from its last argument.
    pub stdin: bool,
    /// Folders with templates of the operator's own.
    pub templates: Vec<PathBuf>,
}

/// `[serve]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Serve {
    /// Address to listen on.
    pub listen: Option<String>,
    /// Keys that clients must present.
    pub keys: Vec<String>,
    /// Names under which browsers reach the gateway, besides `localhost` and IP addresses.
    pub hosts: Vec<String>,
}

/// Flags that override the file.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    /// `--upstream`
    pub upstream: Option<String>,
    /// `--upstream-anthropic`
    pub upstream_anthropic: Option<String>,
}

/// The default state folder, in the current folder.
pub(crate) const HOME: &str = ".ombud";

/// The state folder: `OMBUD_HOME`, or `.ombud` in the current folder.
pub(crate) fn home() -> PathBuf {
    env::var_os("OMBUD_HOME").map_or_else(|| PathBuf::from(HOME), PathBuf::from)
}

/// Reads the file; a missing one counts as empty, unless it was named.
pub(crate) fn read(path: Option<&Path>, lang: Lang) -> Result<File> {
    let (path, named) = (path.unwrap_or(Path::new(FILE)), path.is_some());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => {
            let mut file = File::default();
            file.tools.kept = kept(path, &home());
            return Ok(file);
        }
        Err(error) => return Err(error).with_context(|| unreadable(path, lang)),
    };
    let mut file: File = toml::from_str(&text).map_err(|error| {
        let why = fault::configuration(&path.display().to_string(), &text, &error, lang);
        let path = path.display();
        anyhow!(say!(lang,
            en: "{path} is not a valid configuration, so nothing was started.\n{why}\n`ombud init --print` shows a valid one.",
            zh: "{path} 不是有效的配置，因此没有启动。\n{why}\n`ombud init --print` 可以显示一份有效的配置。"))
    })?;
    known_locales(&file, lang)?;
    file.tools.kept = kept(path, &home());
    Ok(file)
}

/// Where this project keeps what its gate depends on: as named, and as resolved on the disk.
pub(crate) fn kept(file: &Path, home: &Path) -> Kept {
    let both = |path: &Path| {
        let mut paths: Vec<PathBuf> = [std::path::absolute(path).ok(), std::fs::canonicalize(path).ok()]
            .into_iter()
            .flatten()
            .collect();
        paths.dedup();
        paths
    };
    let mut homes = both(home);
    // Where the project itself is the home, only what belongs to Ombud in it is protected.
    let around = env::current_dir().is_ok_and(|here| homes.iter().any(|home| here.starts_with(home)));
    if around {
        homes = homes.iter().flat_map(|home| STATE.map(|name| home.join(name))).collect();
    }
    Kept { homes, files: both(file) }
}

/// What no agent may change in a home.
const STATE: [&str; 7] = ["approvals", "console.token", "journal", "keys", "mcp", "spent", "state.db"];

/// A misspelt country would silently switch its numbers off.
fn known_locales(file: &File, lang: Lang) -> Result<()> {
    let known = ombud_detect::locales();
    let unknown = |locale: &&String| !known.iter().any(|other| other.eq_ignore_ascii_case(locale));
    let Some(wrong) = file.detect.locales.iter().flatten().find(unknown) else { return Ok(()) };
    let known = known.join(", ");
    Err(anyhow!(say!(lang,
        en: "`locales` under [detect] names `{wrong}`, for which there are no detection rules, so nothing was started.\nKnown: {known}.",
        zh: "[detect] 的 `locales` 中有 `{wrong}`，没有这个地区的识别规则，因此没有启动。\n可用的有：{known}。")))
}

fn unreadable(path: &Path, lang: Lang) -> String {
    let path = path.display();
    say!(lang, en: "cannot read {path}", zh: "无法读取 {path}")
}

/// The detector that the file describes.
pub(crate) fn detector(file: &File) -> Detector {
    Detector::new(&detection(file))
}

/// The detector for source code, where modules and classes look like names of people and companies.
pub(crate) fn code_detector(file: &File) -> Detector {
    Detector::new(&Options { without_names: true, ..detection(file) })
}

fn detection(file: &File) -> Options {
    let declared = file.detect.names.iter().map(|name| (DataType::Person, name.clone())).collect();
    Options { declared, locales: file.detect.locales.clone(), ..Options::default() }
}

/// The provider table with the file's changes.
pub(crate) fn providers(file: &mut File, lang: Lang) -> Result<Providers> {
    let mut providers = Providers::builtin()?;
    for (id, change) in std::mem::take(&mut file.providers) {
        let problem = say!(lang, en: "[providers.{id}] in {FILE} cannot be used", zh: "{FILE} 中的 [providers.{id}] 无法使用");
        providers = providers.with_override(&id, change).context(problem)?;
    }
    Ok(providers)
}

/// The gateway's configuration from file, environment and flags.
pub(crate) fn gateway(mut file: File, flags: &Flags, lang: Lang) -> Result<Config> {
    let local: BTreeSet<String> = file
        .providers
        .iter()
        .filter(|(_, change)| change.local == Some(true))
        .map(|(id, _)| id.clone())
        .collect();
    let mut providers = providers(&mut file, lang)?;
    let upstream = flags
        .upstream
        .clone()
        .or(file.gateway.upstream)
        .or_else(|| inherited(&["OPENAI_BASE_URL", "OPENAI_API_BASE"]));
    let anthropic = flags
        .upstream_anthropic
        .clone()
        .or(file.gateway.upstream_anthropic)
        .or_else(|| inherited(&["ANTHROPIC_BASE_URL"]));
    let mut openai_id = "openai".to_owned();
    if let Some(base) = upstream {
        (providers, openai_id) = with_base(providers, "upstream", &base, false)?;
    }
    let mut anthropic_id = "anthropic".to_owned();
    if let Some(base) = anthropic {
        (providers, anthropic_id) = with_base(providers, "upstream-anthropic", &base, true)?;
    }
    let memory = memory(file.memory, &file.agent, &file.notice, lang)?;
    if file.serve.keys.iter().any(|key| key.trim().is_empty()) {
        return Err(anyhow!(say!(lang,
            en: "[serve] in {FILE}: one of `keys` is empty, which lets everybody in. Remove it, or use a key of at least 16 characters",
            zh: "{FILE} 的 [serve]：`keys` 中有一个为空，等于对所有人开放。请删去它，或写上不少于 16 个字符的密钥")));
    }
    Ok(Config {
        policy: file.policy,
        tools: file.tools,
        answers: file.answers,
        limits: file.limits,
        lang,
        providers,
        openai: openai_id,
        anthropic: anthropic_id,
        local,
        pass: file.gateway.pass,
        headers: file.gateway.headers.iter().map(|name| name.to_ascii_lowercase()).collect(),
        keys: file.serve.keys,
        max_body: file.gateway.max_body_mib.saturating_mul(1024 * 1024),
        patience: Patience { read: Duration::from_secs(file.gateway.timeout_s), ..Patience::default() },
        memory,
        interceptor: None,
        tell: as_it_is,
    })
}

/// The same gateway with the simulated model at `server` in place of every provider: no key is shown to anybody, and no
/// text leaves this machine through it.
pub(crate) fn simulated(config: Config, server: &str) -> Result<Config> {
    Ok(Config { providers: config.providers.all_at(server)?, ..config })
}

/// The memory stores, after their names and addresses were checked.
fn memory(stores: BTreeMap<String, Store>, agent: &Agent, notice: &Notice, lang: Lang) -> Result<Memory> {
    for (name, store) in &stores {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || !name.bytes().all(letter) {
            return Err(anyhow!(say!(lang,
                en: "[memory.{name}] in {FILE}: a name has letters, digits, `-` and `_` only",
                zh: "{FILE} 中的 [memory.{name}]：名称只能含字母、数字、`-` 和 `_`")));
        }
        if !(store.url.starts_with("http://") || store.url.starts_with("https://")) {
            return Err(anyhow!(say!(lang,
                en: "[memory.{name}] in {FILE}: url must look like http://127.0.0.1:8000",
                zh: "{FILE} 中的 [memory.{name}]：url 应形如 http://127.0.0.1:8000")));
        }
    }
    let words = |words: Option<&Words>| words.and_then(|words| words.of(lang)).map(str::to_owned);
    let name = words(notice.operator.as_ref()).or_else(|| agent.name.clone()).unwrap_or_default();
    let contact = words(notice.contact.as_ref()).unwrap_or_default();
    Ok(Memory { stores, controller: (name, contact) })
}

/// A base-URL variable that is already set says where the agent wanted to go.
fn inherited(names: &[&str]) -> Option<String> {
    first_set(names, |name| env::var(name).ok())
}

/// The first of these variables with a value: an empty one does not hide the next.
fn first_set(names: &[&str], value: impl Fn(&str) -> Option<String>) -> Option<String> {
    names.iter().find_map(|name| value(name).filter(|value| !value.trim().is_empty()))
}

/// The table with this base, and the id of its entry: the known provider's if the host belongs to one.
fn with_base(
    providers: Providers,
    fallback: &str,
    base: &str,
    anthropic: bool,
) -> Result<(Providers, String)> {
    let base = base.trim_end_matches('/').to_owned();
    let host = ombud_gateway::upstream::host(&base);
    let known = providers.by_host(host).map(|provider| provider.id.clone());
    let id = known.clone().unwrap_or_else(|| fallback.to_owned());
    let change = if anthropic {
        let keep = providers.by_id(&id).map(|provider| provider.base.clone());
        ProviderOverride {
            base: Some(keep.unwrap_or_else(|| base.clone())),
            anthropic_base: Some(base),
            ..ProviderOverride::default()
        }
    } else {
        ProviderOverride { base: Some(base), ..ProviderOverride::default() }
    };
    Ok((providers.with_override(&id, change)?, id))
}

#[cfg(test)]
mod tests {
    use ombud_core::Effect;
    use ombud_core::gate::Gate;

    use super::*;

    #[test]
    fn an_empty_key_is_everybodys() {
        let made = |keys: &str| {
            let file: File = toml::from_str(&format!("[serve]\nkeys = {keys}")).unwrap();
            gateway(file, &Flags::default(), Lang::En).map(drop)
        };
        assert!(made("[]").is_ok() && made("[\"short\"]").is_ok());
        for keys in ["[\"\"]", "[\" \", \"0123456789abcdef\"]"] {
            assert!(made(keys).unwrap_err().to_string().contains("`keys`"), "{keys}");
        }
    }

    #[test]
    fn tools_by_name_and_in_general() {
        let file: File = toml::from_str(
            "[tools]\nmode = \"ask\"\n[tools.\"send-mail\"]\neffect = \"send\"\ngate = \"block\"",
        )
        .unwrap();
        let gate = |tool| file.tools.gate(tool, Effect::Read);
        assert_eq!((gate("x"), gate("send-mail")), (Gate::Ask, Gate::Block));
        assert_eq!((file.tools.effect("x"), file.tools.effect("send-mail")), (None, Some(Effect::Send)));
        let fresh = |effect| File::default().tools.gate("x", effect);
        assert_eq!((fresh(Effect::Read), fresh(Effect::Send)), (Gate::Observe, Gate::Ask));
    }

    #[test]
    fn an_empty_variable_hides_no_other() {
        let value = |name: &str| match name {
            "A" => Some(" ".to_owned()),
            "B" => Some("http://relay.example/v1".to_owned()),
            _ => None,
        };
        assert_eq!(first_set(&["A", "B"], value).as_deref(), Some("http://relay.example/v1"));
        assert_eq!(first_set(&["A", "C"], value), None);
    }

    #[test]
    fn a_misspelt_protection_of_a_tool_is_an_error() {
        for text in [
            "[tools]\nmdoe = \"ask\"",
            "[tools]\nmode = \"maybe\"",
            "[tools.x]\ngat = \"ask\"",
            "[tools.x]\neffect = \"sends\"",
        ] {
            assert!(toml::from_str::<File>(text).is_err(), "{text}");
        }
    }
}
