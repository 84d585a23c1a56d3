//! `ombud connect CLIENT`: rewrites the MCP configuration of a client so that its servers run behind Ombud. Only the
//! commands in the file change; comments, unknown keys and layout stay.

mod clients;
mod edit;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use ombud_core::{Lang, say};
use ombud_detect::{Detector, Options};

use crate::cli::Chinese;
use crate::config;
use crate::files;
use crate::journey;
use crate::output::Terminal;
use crate::report::excerpt::hidden;
use edit::{Way, Wrapper};

/// `ombud connect`
#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// cursor, claude, claude-code, vscode, windsurf, gemini, trae or kiro
    #[arg(value_name = "CLIENT")]
    pub client: Option<String>,
    /// Another configuration file of the same kind
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Take the servers out of Ombud again
    #[arg(long)]
    pub undo: bool,
    /// Show what would change instead of changing it
    #[arg(long)]
    pub print: bool,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese = &[
    ("connect", "让某个 MCP 客户端的服务器经过 Ombud"),
    ("connect client", "cursor、claude、claude-code、vscode、windsurf、gemini、trae 或 kiro"),
    ("connect file", "同类的其他配置文件"),
    ("connect undo", "让这些服务器不再经过 Ombud"),
    ("connect print", "只显示将要作出的改动"),
];

/// `ombud connect`
pub(crate) fn connect(args: &Connect, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let path = file(args, lang)?;
    let shown = path.display().to_string();
    let before = fs::read_to_string(&path).with_context(|| {
        say!(lang,
        en: "cannot read the MCP configuration of this client, {shown} (another file: --file FILE)",
        zh: "无法读取此客户端的 MCP 配置 {shown}（可用 --file 指定其他文件）")
    })?;
    let backup = backup(&path);
    let wrapper = wrapper(terminal)?;
    let after =
        if args.undo { undone(&before, &backup, &wrapper, lang) } else { done(&before, &wrapper, lang) };
    let after = after.with_context(|| shown.clone())?;
    if !args.undo {
        skipped(&before, terminal);
    }
    if after == before {
        terminal.note(&say!(lang, en: "{shown}: nothing to change", zh: "{shown}：无需改动"));
        return Ok(0);
    }
    for line in difference(&before, &after) {
        terminal.out(&line)?;
    }
    if args.print {
        return Ok(0);
    }
    write(&path, &backup, &before, &after, args.undo).with_context(|| shown.clone())?;
    tell(args, &shown, &backup, terminal);
    Ok(0)
}

/// The changes without secrets: such lines are pasted where others read them.
fn difference(before: &str, after: &str) -> Vec<String> {
    let secrets = edit::secrets(before);
    let detector = Detector::new(&Options { without_names: true, ..Options::default() });
    let starred = |line: String, secret: &String| {
        let stars = "*".repeat(secret.chars().count());
        // A short one may be part of many words.
        let line = line.replace(&format!("\"{secret}\""), &format!("\"{stars}\""));
        if secret.len() < 4 { line } else { line.replace(secret.as_str(), &stars) }
    };
    let lines = edit::difference(before, after).into_iter();
    lines.map(|line| hidden(&secrets.iter().fold(line, starred), &detector)).collect()
}

fn tell(args: &Connect, shown: &str, backup: &Path, terminal: Terminal) {
    let (lang, backup) = (terminal.lang, backup.display());
    if args.undo {
        terminal.note(&say!(lang, en: "{shown} no longer goes through Ombud. Restart the client", zh: "{shown} 不再经过 Ombud。请重新启动客户端"));
        return;
    }
    let which = match (&args.file, &args.client) {
        (Some(file), _) => format!("--file {}", journey::typed(&[file.into()])),
        (None, client) => journey::typed(&[client.clone().unwrap_or_default().into()]),
    };
    terminal.note(&say!(lang,
        en: "{shown} was changed; the original is kept as {backup}. Restart the client; `ombud connect {which} --undo` takes the servers out of Ombud again",
        zh: "{shown} 已更改，原文件保存为 {backup}。请重新启动客户端；`ombud connect {which} --undo` 可让这些服务器不再经过 Ombud"));
    terminal.note(&say!(lang, en: "Once the agent has called a tool: `ombud log show`", zh: "智能体调用过工具之后：`ombud log show`"));
}

/// Servers that stay outside Ombud, and why.
fn skipped(text: &str, terminal: Terminal) {
    let lang = terminal.lang;
    for (name, way) in edit::servers(text).unwrap_or_default() {
        if way == Way::Elsewhere {
            terminal.note(&say!(lang,
                en: "`{name}` is reached over the network and is NOT behind Ombud: add [mcp.{name}] with its url to ombud.toml, and give the client http://127.0.0.1:8787/mcp/{name}",
                zh: "`{name}` 通过网络访问，没有经过 Ombud：请在 ombud.toml 中加入 [mcp.{name}] 及其 url，并让客户端使用 http://127.0.0.1:8787/mcp/{name}"));
        }
    }
}

fn file(args: &Connect, lang: Lang) -> Result<PathBuf> {
    if let Some(file) = &args.file {
        return Ok(file.clone());
    }
    let named = args.client.as_deref().and_then(clients::file);
    let known = clients::names(lang);
    let Some(file) = named else {
        bail!(say!(lang,
            en: "which client? One of {known}; or any file of that kind: ombud connect --file FILE",
            zh: "请指定客户端：{known} 之一；或同类文件：ombud connect --file 文件"));
    };
    Ok(file)
}

/// How a client, which knows neither its folder nor its path, starts this project's Ombud.
fn wrapper(terminal: Terminal) -> Result<Wrapper> {
    let here = std::env::current_dir()?;
    let own = std::env::current_exe()?;
    let absolute = |path: PathBuf| if path.is_absolute() { path } else { here.join(path) };
    let config = here.join(config::FILE);
    Ok(Wrapper {
        program: own.to_string_lossy().into_owned(),
        home: absolute(config::home()).to_string_lossy().into_owned(),
        config: config.is_file().then(|| config.to_string_lossy().into_owned()),
        lang: (terminal.told || terminal.lang != Lang::default()).then(|| terminal.lang.tag()),
    })
}

fn done(before: &str, wrapper: &Wrapper, lang: Lang) -> Result<String> {
    edit::wrapped(before, wrapper).with_context(|| unreadable(before, lang))
}

/// The text before `connect`: the backup if nothing else has changed since, otherwise the text without Ombud.
fn undone(before: &str, backup: &Path, wrapper: &Wrapper, lang: Lang) -> Result<String> {
    let old = fs::read_to_string(backup).ok();
    if let Some(old) = old.filter(|old| edit::wrapped(old, wrapper).is_some_and(|text| text == before)) {
        return Ok(old);
    }
    edit::unwrapped(before).with_context(|| unreadable(before, lang))
}

fn unreadable(text: &str, lang: Lang) -> String {
    if let Some(line) = edit::broken_at(text) {
        return say!(lang,
            en: "line {line} is not valid JSON (comments are allowed), or repeats a key, so nothing was changed. Fix that line, then run this again. Such a file holds `mcpServers` or `servers`",
            zh: "第 {line} 行不是有效的 JSON（可带注释），或有重复的键，因此没有改动。请改正该行，然后重新运行。这类文件应含有 `mcpServers` 或 `servers`");
    }
    say!(lang,
        en: "this is not an MCP configuration that can be changed safely: it must be JSON (comments are allowed) with `mcpServers` or `servers` and no repeated keys",
        zh: "这不是可以安全修改的 MCP 配置：应为含 `mcpServers` 或 `servers` 的 JSON（可带注释），且没有重复的键")
}

fn backup(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".before-ombud");
    path.with_file_name(name)
}

/// Replaces the file as a whole. The backup is that of the first change and is not overwritten by a second. Such files hold
/// keys, so a copy is as private as the original; a symlink to a collection of settings stays one.
fn write(path: &Path, backup: &Path, before: &str, after: &str, undo: bool) -> Result<()> {
    if !undo && !backup.exists() {
        files::copy(path, backup, before)?;
    }
    files::replace(path, after)?;
    if undo && backup.exists() {
        fs::remove_file(backup)?;
    }
    Ok(())
}
