//! Selects the language: `--lang`, then `OMBUD_LANG`, then `lang` in the project's `ombud.toml`, `LANGUAGE`, `LC_ALL`,
//! `LC_MESSAGES` and `LANG`.

use std::env;
use std::ffi::OsString;

use ombud_core::Lang;
use serde::Deserialize;

use crate::config;

/// The language, and whether suggested commands have to repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// The language to use.
    pub lang: Lang,
    /// Whether only the flag selects it: without the flag, the next command would use another language.
    pub told: bool,
}

/// Determines the language before the command line is parsed, so that parse errors appear in it too.
pub(crate) fn of(args: &[OsString]) -> Spoken {
    chosen(flag(args), quiet())
}

/// The language without the flag.
fn quiet() -> Lang {
    let variable = |name: &str| env::var(name).ok().and_then(|tag| Lang::from_tag(&tag));
    variable("OMBUD_LANG").or_else(project).or_else(|| locale(|name| env::var(name).ok())).unwrap_or_default()
}

/// The language of the environment, in the order other programs use: `LANGUAGE` is a list of preferences, and is ignored if
/// the locale is `C` or `POSIX`.
fn locale(value: impl Fn(&str) -> Option<String>) -> Option<Lang> {
    let set = |name: &str| value(name).filter(|tag| !tag.trim().is_empty());
    let base = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    let plain = matches!(base.as_deref(), Some("C" | "POSIX"));
    let preferred = set("LANGUAGE").filter(|_| !plain);
    preferred.or(base).and_then(|tag| Lang::from_tag(&tag))
}

fn chosen(flag: Option<Lang>, quiet: Lang) -> Spoken {
    Spoken { lang: flag.unwrap_or(quiet), told: flag.is_some_and(|flag| flag != quiet) }
}

/// The value of `--lang`. Arguments after `--` belong to the agent.
fn flag(args: &[OsString]) -> Option<Lang> {
    let own: Vec<&str> = args.iter().map_while(|arg| arg.to_str()).take_while(|arg| *arg != "--").collect();
    own.iter().enumerate().find_map(|(i, arg)| match arg.strip_prefix("--lang")? {
        "" => known(own.get(i + 1)?),
        rest => known(rest.strip_prefix('=')?),
    })
}

/// A supported language. An unsupported one is reported in the language used without the flag.
fn known(tag: &str) -> Option<Lang> {
    let spoken = ["en", "zh"].iter().any(|known| tag.to_ascii_lowercase().starts_with(known));
    if spoken { Lang::from_tag(tag) } else { None }
}

/// What the project's configuration says. An unreadable file counts as silent here; the commands that need it report the
/// error.
fn project() -> Option<Lang> {
    #[derive(Deserialize)]
    struct Head {
        lang: Option<Lang>,
    }
    let text = std::fs::read_to_string(config::FILE).ok()?;
    toml::from_str::<Head>(&text).ok()?.lang
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_environment_is_read_as_others_read_it() {
        let of = |all: &[(&str, &str)]| {
            locale(|name| all.iter().find(|row| row.0 == name).map(|row| row.1.to_owned()))
        };
        assert_eq!(of(&[("LC_MESSAGES", "zh_CN.UTF-8"), ("LANG", "en_US.UTF-8")]), Some(Lang::Zh));
        assert_eq!(of(&[("LC_ALL", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN.UTF-8")]), Some(Lang::En));
        assert_eq!(of(&[("LANGUAGE", "zh:en"), ("LANG", "en_US.UTF-8")]), Some(Lang::Zh));
        assert_eq!(of(&[("LANGUAGE", "zh"), ("LC_ALL", "C")]), Some(Lang::En));
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "zh_TW.UTF-8")]), Some(Lang::Zh));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn the_flag_is_found_before_the_agents_own_words() {
        assert_eq!(flag(&words("ombud check --lang zh")), Some(Lang::Zh));
        assert_eq!(flag(&words("ombud --lang=zh-CN check")), Some(Lang::Zh));
        assert_eq!(flag(&words("ombud run -- agent --lang zh")), None);
        assert_eq!(flag(&words("ombud check --language zh")), None);
    }

    #[test]
    fn it_is_said_again_only_where_it_would_be_lost() {
        assert_eq!(chosen(Some(Lang::Zh), Lang::En), Spoken { lang: Lang::Zh, told: true });
        assert_eq!(chosen(Some(Lang::Zh), Lang::Zh), Spoken { lang: Lang::Zh, told: false });
        assert_eq!(chosen(None, Lang::Zh), Spoken { lang: Lang::Zh, told: false });
    }
}
