//! `ombud lsp`: the check in an editor, over the language server protocol (3.17) on standard input and output.
//!
//! ```text
//! stdin ─▶ wire ─▶ batch of messages ─▶ server (no I/O besides reading the project) ─▶ responses ─▶ stdout
//! ```
//!
//! What arrives during a check is processed together afterwards, so that fast typing costs one check and not one per key.

mod actions;
mod diagnostics;
mod project;
mod server;
#[cfg(test)]
mod tests;
mod text;
mod uri;
mod wire;

use std::io::{self, BufReader, Write};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::Result;
use clap::Args;
use ombud_core::Lang;
use serde_json::Value;

use crate::cli::Chinese;
use crate::output::Terminal;
use server::{Server, Settings};
use wire::Frame;

/// `ombud lsp`
#[derive(Debug, Args)]
pub(crate) struct Lsp {
    /// What the agent is for; makes some findings more severe
    #[arg(long, value_enum)]
    pub profile: Option<crate::check::Profile>,
    /// Use standard input and output, which is the only transport; editors pass it by habit
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("lsp", "在编辑器中检查项目（语言服务器）"),
    ("lsp profile", "智能体的用途：部分问题会因此更严重"),
    ("lsp stdio", "使用标准输入和输出（也只有这一种方式）；编辑器习惯写上"),
];

/// Frames that may wait while a check is running.
const WAITING: usize = 1024;

/// Serves one editor until it exits. 0 after a proper shutdown, 1 otherwise.
pub(crate) fn lsp(args: &Lsp, told: bool, terminal: Terminal) -> Result<u8> {
    let (sender, frames) = sync_channel(WAITING);
    std::thread::Builder::new().spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(frame)) = wire::read(&mut input) {
            if sender.send(frame).is_err() {
                return;
            }
        }
    })?;
    // Without the flag, the editor says which language its user speaks.
    let lang: Option<Lang> = told.then_some(terminal.lang);
    let settings = Settings { lang, otherwise: terminal.lang, profile: args.profile };
    serve(Server::new(settings), &frames, &mut io::stdout().lock())
}

fn serve(mut server: Server, frames: &Receiver<Frame>, out: &mut impl Write) -> Result<u8> {
    while let Ok(first) = frames.recv() {
        let batch: Vec<Frame> = std::iter::once(first).chain(frames.try_iter()).collect();
        for message in server.batch(batch) {
            send(out, &message)?;
        }
        for message in server.findings() {
            send(out, &message)?;
        }
        if let Some(code) = server.ended() {
            return Ok(code);
        }
    }
    Ok(1)
}

fn send(out: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    out.flush()
}
