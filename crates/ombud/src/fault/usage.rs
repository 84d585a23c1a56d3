//! Errors on the command line, in Chinese. In English the parser's own messages are good.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use ombud_core::{Lang, say};

use crate::cli::Cli;
use crate::output::in_chinese;

/// The text for standard error; `None` where the parser's own is shown (help, version, English). `args` is the command line
/// as typed, program name first.
pub(crate) fn usage(error: &clap::Error, args: &[OsString], lang: Lang) -> Option<String> {
    // Many programs have this switch; the parser would suggest passing it to something else.
    if error.kind() == ErrorKind::UnknownArgument
        && value(error, ContextKind::InvalidArg).is_some_and(|arg| arg == "--json")
    {
        let verb = verb(args);
        if matches!(verb.trim(), "scan" | "redact" | "restore") {
            return Some(say!(lang,
                en: "ombud: there is no `--json`; use `--jsonl`: one JSON object per line. See: ombud {verb}--help",
                zh: "ombud：没有 `--json` 这个参数；请用 `--jsonl`，每行一个 JSON 对象。说明：ombud {verb}--help"));
        }
        return Some(say!(lang,
            en: "ombud: there is no `--json`; commands that write JSON take `--format json`. See: ombud {verb}--help",
            zh: "ombud：没有 `--json` 这个参数；能输出 JSON 的命令用 `--format json`。说明：ombud {verb}--help"));
    }
    if lang == Lang::En || !error.use_stderr() {
        return None;
    }
    let what = chinese(error)?;
    let usage = value(error, ContextKind::Usage);
    let usage = usage.map(|usage| in_chinese(&usage.replacen("Usage: ", "用法：", 1)));
    let usage = usage.map(|usage| format!("\n\n{usage}")).unwrap_or_default();
    let similar = similar(error).map(|word| format!("\n你是想输入 `{word}` 吗？")).unwrap_or_default();
    Some(format!("ombud：{what}{similar}{usage}\n\n更多说明：ombud {}--help", verb(args)))
}

fn chinese(error: &clap::Error) -> Option<String> {
    let argument = value(error, ContextKind::InvalidArg).unwrap_or_default();
    let given = value(error, ContextKind::InvalidValue).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::UnknownArgument => format!("没有 `{argument}` 这个参数。"),
        ErrorKind::InvalidSubcommand => {
            format!("没有 `{}` 这个命令。", value(error, ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::MissingRequiredArgument => format!("还缺少参数：{argument}"),
        ErrorKind::MissingSubcommand => "这个命令后面还要跟一个子命令。".to_owned(),
        ErrorKind::InvalidValue if given.is_empty() => {
            format!("`{argument}` 后面要有一个值。{}", valid(error))
        }
        ErrorKind::InvalidValue => format!("`{argument}` 的值 `{given}` 不可用。{}", valid(error)),
        ErrorKind::ValueValidation => format!("`{argument}` 的值 `{given}` 不可用。{}", reason(error)),
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => format!("`{argument}` 的值数量不对。"),
        ErrorKind::ArgumentConflict => {
            let other = value(error, ContextKind::PriorArg).unwrap_or_default();
            format!("`{argument}` 不能与 `{other}` 同时使用。")
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文本。".to_owned(),
        _ => return None,
    })
}

fn valid(error: &clap::Error) -> String {
    value(error, ContextKind::ValidValue).map(|all| format!("可用的有：{all}。")).unwrap_or_default()
}

/// The reason given by a value parser: for a number, a language, or the list of accepted values.
fn reason(error: &clap::Error) -> String {
    use std::error::Error;
    let Some(why) = error.source() else { return String::new() };
    if why.is::<std::num::ParseIntError>() {
        return "应为不太大的非负整数。".to_owned();
    }
    if value(error, ContextKind::InvalidArg).is_some_and(|arg| arg.starts_with("--lang ")) {
        return "应为 en 或 zh。".to_owned();
    }
    format!("应为：{why}")
}

fn similar(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| value(error, kind))
}

/// The verb that was typed, such as `log show `.
fn verb(args: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut typed = String::new();
    for word in args.iter().skip(1).filter_map(|word| word.to_str()).take_while(|word| *word != "--") {
        if let Some(sub) = command.find_subcommand(word).cloned() {
            typed.push_str(word);
            typed.push(' ');
            command = sub;
        }
    }
    typed
}

fn value(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(all) => Some(all.join("、")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        ContextValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> String {
        let args: Vec<OsString> =
            std::iter::once("ombud").chain(words.iter().copied()).map(Into::into).collect();
        usage(&crate::cli::parse(args.clone(), Lang::Zh).unwrap_err(), &args, Lang::Zh).unwrap()
    }

    #[test]
    fn mistakes_are_told_in_chinese_with_the_next_command() {
        let cases: &[(&[&str], &str, &str)] = &[
            (&["chek"], "没有 `chek` 这个命令", "你是想输入 `check` 吗"), // typos:ignore
            (&["check", "--colour", "red"], "没有 `--colour` 这个参数", "ombud check --help"),
            (
                &["check", "--format", "xml"],
                "`--format <FORMAT>` 的值 `xml` 不可用",
                "可用的有：text、json、sarif",
            ),
            (&["run"], "还缺少参数：<CMD>...", "ombud run --help"),
            (&["log", "show", "-n", "many"], "的值 `many` 不可用", "ombud log show --help"),
            (&["check", "--lang", "fr"], "的值 `fr` 不可用。应为 en 或 zh。", "ombud check --help"),
            (&["check", "--output"], "后面要有一个值", "ombud check --help"),
        ];
        for (words, what, next) in cases {
            let told = of(words);
            assert!(told.contains(what) && told.contains(next), "{words:?}:\n{told}");
            assert!(["error:", "Usage", "OPTIONS"].iter().all(|word| !told.contains(word)), "{told}");
        }
    }

    #[test]
    fn a_switch_of_other_programs_is_answered_with_ours() {
        let args: Vec<OsString> = ["ombud", "check", "--json"].map(Into::into).to_vec();
        for lang in [Lang::En, Lang::Zh] {
            let told = usage(&crate::cli::parse(args.clone(), lang).unwrap_err(), &args, lang).unwrap();
            assert!(told.contains("`--format json`") && told.contains("ombud check --help"), "{told}");
            // What is advised must exist.
            for verb in ["scan", "redact", "restore"] {
                let args: Vec<OsString> = ["ombud", verb, "--json"].map(Into::into).to_vec();
                let told = usage(&crate::cli::parse(args.clone(), lang).unwrap_err(), &args, lang).unwrap();
                assert!(told.contains("`--jsonl`") && !told.contains("--format"), "{told}");
                assert!(crate::cli::parse(["ombud", verb, "--jsonl"].map(Into::into).to_vec(), lang).is_ok());
            }
        }
    }

    #[test]
    fn help_is_no_mistake() {
        let args: Vec<OsString> = ["ombud", "--help"].map(Into::into).to_vec();
        assert_eq!(usage(&crate::cli::parse(args.clone(), Lang::Zh).unwrap_err(), &args, Lang::Zh), None);
    }
}
