//! Exit codes of each command, as its help lists them: 0 done or clean, 1 found something, 2 could not do the job.

use clap::Command;
use ombud_core::Lang;

/// Command, English, Chinese.
type Row = (&'static str, &'static str, &'static str);

/// Commands whose exit codes need more explanation than [`OTHERS`].
const EXITS: &[Row] = &[
    (
        "",
        "0 done, or clean · 1 something was found: findings, a breach, damage · 2 the job could not be done. `run` exits with the agent's own code. The help of each command has the details",
        "0 完成或没有发现 · 1 有发现（问题、失守、损坏） · 2 未能完成。`run` 以智能体自己的退出码退出。详见各命令的帮助",
    ),
    (
        "run",
        "the agent's own (128 plus the signal number if a signal ended it) · 2 if it could not be started",
        "智能体自己的退出码（被信号终止时为 128 加信号编号） · 2 无法启动",
    ),
    (
        "check",
        "0 nothing blocks a release · 1 something does (--gate, --stage) · 2 nothing could be checked",
        "0 没有会阻止发布的问题 · 1 有（见 --gate、--stage） · 2 没有能检查的内容",
    ),
    (
        "scan",
        "0 nothing found · 1 something found · 2 the input could not be read. With --jsonl the findings are in the lines: 0 if every line was read, whatever was found (with --exit-code: 1 if something was found)",
        "0 没有发现 · 1 有发现 · 2 输入无法读取。使用 --jsonl 时结果在各行之中：全部读完即为 0，与有无发现无关（加 --exit-code 则有发现时为 1）",
    ),
    (
        "redact",
        "0 all input was read · 2 it was not, whatever was found",
        "0 全部读完 · 2 未能读完；与有无发现无关",
    ),
    ("restore", "0 all input was read · 2 it was not", "0 全部读完 · 2 未能读完"),
    ("log verify", "0 intact · 1 damaged · 2 could not be verified", "0 完好 · 1 已损坏 · 2 无法校验"),
    (
        "notice check",
        "0 the notice matches the facts · 1 something is missing from it · 2 could not be compared, or there was nothing to compare it with",
        "0 隐私说明与事实相符 · 1 有缺漏 · 2 无法对照，或没有可对照的内容",
    ),
    (
        "subject erase",
        "0 erased, and nothing was found afterwards · 1 something is left or unknown · 2 could not be done",
        "0 已删除且复查未发现残留 · 1 有残留或情况不明 · 2 未能完成",
    ),
    (
        "attack",
        "0 no breach · 1 a breach · 2 nothing could be tested",
        "0 没有失守 · 1 有失守 · 2 没有测到任何用例",
    ),
    (
        "policy test",
        "0 the current policy releases nothing beyond what was released then · 1 it does · 2 could not be done",
        "0 按当前规则没有多放行任何调用 · 1 多放行了 · 2 未能完成",
    ),
    (
        "selftest",
        "0 as good as shipped, and the signature matches · 1 worse, or the signature does not match · 2 could not be done",
        "0 不低于发布时的水平，且签名相符 · 1 低于该水平，或签名不符 · 2 未能完成",
    ),
    (
        "approve",
        "0 done · 1 nothing was allowed · 2 could not be done",
        "0 完成 · 1 未同意任何调用 · 2 未能完成",
    ),
    (
        "mcp",
        "0 the session ended · 1 definitions have changed (--changes) · 2 could not be done",
        "0 会话结束 · 1 有定义发生变化（--changes） · 2 未能完成",
    ),
    (
        "lsp",
        "0 the editor shut down cleanly · 1 the connection broke off · 2 could not be done",
        "0 编辑器正常退出 · 1 连接中断 · 2 未能完成",
    ),
];

const OTHERS: Row = ("", "0 done · 2 could not be done", "0 完成 · 2 未能完成");

/// Adds the exit codes to the help of the command and of all its subcommands.
pub(super) fn told(command: Command, place: &str, lang: Lang) -> Command {
    let (_, en, zh) = EXITS.iter().find(|row| row.0 == place).unwrap_or(&OTHERS);
    let below: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let group = command.is_subcommand_required_set() && !place.is_empty();
    let mut command = match lang {
        // A group does nothing itself: its verbs list their own codes.
        _ if group => command,
        Lang::En => command.after_help(format!("Exit code: {en}")),
        Lang::Zh => command.after_help(format!("退出码：{zh}")),
    };
    for name in below {
        let place = if place.is_empty() { name.clone() } else { format!("{place} {name}") };
        command = command.mut_subcommand(&name, |sub| told(sub, &place, lang));
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn places(command: &Command, place: &str, out: &mut Vec<String>) {
        out.push(place.to_owned());
        for sub in command.get_subcommands() {
            places(sub, format!("{place} {}", sub.get_name()).trim(), out);
        }
    }

    #[test]
    fn every_row_is_a_command() {
        let mut all = Vec::new();
        places(&Cli::command(), "", &mut all);
        for (place, ..) in EXITS {
            assert!(all.iter().any(|known| known == place), "{place}");
        }
    }

    #[test]
    fn every_help_tells_its_exit_codes_in_both_languages() {
        for (lang, word) in [(Lang::En, "Exit code: "), (Lang::Zh, "退出码：")] {
            let mut left = vec![told(Cli::command(), "", lang)];
            while let Some(mut command) = left.pop() {
                left.extend(command.get_subcommands().cloned());
                let group = command.is_subcommand_required_set() && command.get_name() != "ombud";
                assert!(!(group && command.get_name() == "notice"), "it does something by itself");
                assert_eq!(
                    command.render_help().to_string().contains(word),
                    !group,
                    "{}",
                    command.get_name()
                );
            }
        }
    }
}
