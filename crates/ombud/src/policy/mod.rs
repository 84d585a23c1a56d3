//! `ombud policy`: why a tool call was decided as it was, and how the current policy would decide past calls.

mod again;
mod explain;
mod file;
mod recorded;
mod test;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use ombud_core::gate::CallDecision;
use ombud_core::{Lang, say};
use serde::{Deserialize, Serialize};

use crate::cli::{Chinese, Format};
use crate::output::Terminal;

/// `ombud policy`
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Explain why a call was decided as it was, and what would change that
    Explain(Explain),
    /// Decide the recorded calls again by the current ombud.toml
    Test(Test),
}

/// `ombud policy explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A call's id, an exchange (x-ombud-receipt), or EXCHANGE/CALL
    #[arg(value_name = "CALL")]
    pub target: String,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `ombud policy test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A YAML or JSON file of calls instead of the log
    #[arg(value_name = "FILE")]
    pub calls: Option<PathBuf>,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("policy", "说明工具调用为何这样处理，或按当前规则重新判断记录下来的调用"),
    ("policy explain", "说明一次调用为何这样处理，以及怎样改会有不同结果"),
    ("policy explain target", "调用编号、交换编号（x-ombud-receipt），或 <交换编号>/<调用编号>"),
    ("policy test", "用现在的 ombud.toml 重新判断记录下来的调用"),
    ("policy test calls", "改用一个 YAML 或 JSON 文件中的调用，而不是日志"),
];

/// `ombud policy`
pub(crate) async fn policy(args: PolicyArgs, terminal: Terminal) -> Result<u8> {
    match args.verb {
        PolicyVerb::Explain(args) => explain::explain(&args, terminal).await,
        PolicyVerb::Test(args) => test::test(&args, terminal).await,
    }
}

/// The outcome of a call, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It was released to the agent.
    Allowed,
    /// The user was asked.
    Asked,
    /// It was withheld.
    Blocked,
}

impl Outcome {
    fn of(decision: &CallDecision) -> Self {
        match decision {
            CallDecision::Release(_) | CallDecision::Redact(_) | CallDecision::Approved => Self::Allowed,
            CallDecision::Ask(_) => Self::Asked,
            CallDecision::Block(_) => Self::Blocked,
        }
    }

    /// The outcome of a recorded decision. What a later version may have written counts as blocked.
    fn recorded(decision: &str) -> Self {
        if ombud_core::gate::was_released(decision) {
            Self::Allowed
        } else if decision.starts_with("ask") {
            Self::Asked
        } else {
            Self::Blocked
        }
    }

    fn say(self, lang: Lang) -> String {
        match self {
            Self::Allowed => say!(lang, en: "allowed", zh: "放行"),
            Self::Asked => say!(lang, en: "asked", zh: "询问"),
            Self::Blocked => say!(lang, en: "blocked", zh: "拦下"),
        }
    }
}

/// Tool names and ids come from outside: none of them may control the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|ch| if ch.is_control() { '\u{fffd}' } else { ch }).take(200).collect()
}

#[cfg(test)]
mod tests;
