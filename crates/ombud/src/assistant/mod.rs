//! `ombud mcp-server`: what Ombud knows about a project, for a coding assistant, as an MCP server over standard input and
//! output.
//!
//! It speaks both eras of the protocol: the handshake (2024-11-05 to 2025-11-25) and the one without (2026-07-28). It reads
//! only inside its roots, and writes there only what [`fix`] is told to write.
//!
//! To add a tool, add its file and its line in [`TOOLS`].

mod bill;
mod check;
mod explain;
mod fix;
mod flow;
mod roots;
mod schema;
mod wire;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use ombud_core::{Lang, say};
use serde_json::Value;

use crate::cli::Chinese;
use crate::output::Terminal;
use roots::Roots;

/// `ombud mcp-server`
#[derive(Debug, Args)]
pub(crate) struct McpServer {
    /// A folder that may be read (default: the folder in which it is started)
    #[arg(long, value_name = "FOLDER")]
    pub root: Vec<PathBuf>,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("mcp-server", "以 MCP 服务器的形式，让编程助手使用检查功能"),
    ("mcp-server root", "允许查看的目录（默认为启动时所在的目录）"),
];

/// A tool.
pub(crate) struct Tool {
    /// Its name.
    name: &'static str,
    /// What it is for, for people and models.
    about: fn(Lang) -> String,
    /// The schema of its arguments.
    takes: fn() -> schemars::Schema,
    /// The schema of its result.
    gives: fn() -> schemars::Schema,
    /// Chinese descriptions of the fields of both.
    chinese: schema::Chinese,
    /// Whether it changes nothing. Clients ask before they call one that does.
    reads_only: bool,
    /// The work. An error is returned to the model, which may try something else.
    run: fn(&Desk, Value) -> Result<Value>,
}

/// The tools offered.
const TOOLS: &[Tool] = &[check::TOOL, explain::TOOL, fix::TOOL, flow::TOOL, bill::TOOL];

/// What every tool works with.
pub(crate) struct Desk {
    /// The folders that may be read.
    roots: Roots,
    /// The language of all texts.
    lang: Lang,
}

/// Serves until standard input ends.
pub(crate) async fn serve(args: McpServer, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let desk = Desk { roots: Roots::new(&args.root, lang)?, lang };
    let shown = desk.roots.shown();
    terminal.note(&say!(lang,
        en: "ombud: MCP server for {shown}; it changes files only where its tool `fix` is told to write",
        zh: "ombud：MCP 服务器，范围 {shown}；只有让工具 `fix` 写入时才会改动文件"));
    tokio::task::spawn_blocking(move || {
        wire::serve(&desk, std::io::stdin().lock(), std::io::stdout().lock())
    })
    .await
    .context("serve")??;
    Ok(0)
}

/// Reads the arguments of a tool into its type.
fn arguments<T: serde::de::DeserializeOwned>(given: Value, lang: Lang) -> Result<T> {
    let given = if given.is_null() { serde_json::json!({}) } else { given };
    serde_json::from_value(given).map_err(|why| {
        let why = crate::fault::body(&why.to_string(), lang);
        anyhow::anyhow!(
            say!(lang, en: "the arguments do not match the schema: {why}", zh: "参数不符合定义：{why}")
        )
    })
}

/// A checked project.
struct Looked {
    /// What was found.
    report: ombud_check::Report,
    /// Hides secrets.
    detector: ombud_detect::Detector,
    /// The provider table.
    providers: ombud_gateway::providers::Providers,
    /// The lowest severity that stops a release.
    gate: Option<ombud_core::finding::Severity>,
}

impl Desk {
    /// Checks a path inside the roots, as `ombud check` does.
    fn look(&self, path: Option<&str>, profile: Option<&str>) -> Result<(PathBuf, Looked)> {
        let path = self.roots.inside(path.unwrap_or("."), self.lang)?;
        let args = crate::check::typed(&path, profile)?;
        let mut file = crate::config::read(crate::check::configuration(&args).as_deref(), self.lang)?;
        let providers = crate::config::providers(&mut file, self.lang)?;
        let detector = crate::config::code_detector(&file);
        let options = crate::check::options(&args, &file);
        let report = ombud_check::check(&path, &crate::check::known(&providers), &detector, &options)?;
        let gate = file.check.gate.unwrap_or_default().stops();
        Ok((path, Looked { report, detector, providers, gate }))
    }
}

#[cfg(test)]
mod tests;
