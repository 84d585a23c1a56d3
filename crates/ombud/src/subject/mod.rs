//! A subject's data: showing and erasing it. `ombud subject show | erase`, and the same over HTTP.

mod api;
mod elsewhere;
mod erase;
mod show;
mod verb;

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use ombud_ledger::Reader;

use crate::cli::{Chinese, Format};

pub(crate) use api::{document, router};
pub(crate) use erase::resume;
pub(crate) use verb::subject;

/// `ombud subject`
#[derive(Debug, Args)]
pub(crate) struct Subject {
    #[command(subcommand)]
    pub verb: SubjectVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SubjectVerb {
    /// Show what is held about a user: consents, items in memory stores, conversations, tokens
    Show(Which),
    /// Erase it, look for what is left, and write a receipt
    Erase(Erase),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The user's id, as the agent uses it
    #[arg(value_name = "USER")]
    pub user: String,
    /// Configuration file (default: ombud.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<std::path::PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub which: Which,
    /// Where to write the receipt (default: .ombud/reports/erased-….json)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<std::path::PathBuf>,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("subject", "查看或删除某个用户的数据"),
    ("subject show", "显示保存了某个用户的哪些数据：同意记录、记忆库条目、对话、代号"),
    ("subject erase", "删除这些数据，检查是否有残留，并出具回执"),
    ("user", "用户编号，即智能体所用的编号"),
    ("subject erase output", "回执的保存位置（默认 .ombud/reports/erased-….json）"),
];

/// The conversations in which a subject took part; their keys are the subject's alone.
async fn conversations(reader: &mut Reader, subject: &str) -> Result<Vec<String>, ombud_ledger::Error> {
    let events = reader.subject(subject).await?.into_iter().filter_map(|record| record.event);
    let named: BTreeSet<String> = events.filter_map(|event| event.conversation).collect();
    Ok(named.into_iter().collect())
}
