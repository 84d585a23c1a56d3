//! The result as a signed note: one line with its kind, one line of JSON, and a signature by the log's key.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ombud_core::{Lang, say};
use ombud_gateway::record;
use ombud_ledger::tlog::VerifierKey;
use ombud_ledger::tlog::note::{Judgement, Note};
use ombud_ledger::{attest, log_key};
use serde::{Deserialize, Serialize};

use super::set::{self, Row};
use crate::config;
use crate::output::Terminal;

/// The first line of a result.
const KIND: &str = "ombud.selftest/1";

/// What is signed.
#[derive(Debug, Serialize, Deserialize)]
struct Statement {
    /// Version of Ombud.
    version: String,
    /// When it was made, RFC 3339, UTC.
    t: String,
    /// SHA-256 of the program that was tested, hexadecimal.
    program: String,
    /// SHA-256 of the test set.
    set: String,
    /// Whether every figure is at least the shipped one.
    as_shipped: bool,
    /// The figures.
    rows: Vec<Row>,
    /// The public key, for those who have no other source for it.
    vkey: String,
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Writes the signed result.
pub(super) fn write(file: &Path, rows: &[Row], as_shipped: bool, terminal: Terminal) -> Result<()> {
    let home = config::home();
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    let program = std::env::current_exe().and_then(fs::read).map(|bytes| sha256(&bytes));
    let mut statement = Statement {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        t: record::now(),
        program: program.unwrap_or_default(),
        set: sha256(set::texts().as_bytes()),
        as_shipped,
        rows: rows.to_vec(),
        vkey: String::new(),
    };
    let note = attest(&home, KIND, |key| {
        statement.vkey = key.vkey();
        // Strings and numbers only: it cannot fail.
        serde_json::to_string(&statement).unwrap_or_default()
    })?;
    fs::write(file, note).with_context(|| crate::fault::unwritable(file, terminal.lang))?;
    let (file, vkey) = (file.display(), statement.vkey);
    terminal.note(&say!(terminal.lang,
        en: "Signed result: {file}. Check it with `ombud selftest --verify {file}`; elsewhere add --vkey {vkey}",
        zh: "签名结果：{file}。用 `ombud selftest --verify {file}` 核对；在别处核对时加 --vkey {vkey}"));
    Ok(())
}

/// Checks the signature of a result. 0: it is valid; 1: it is not; an error if it cannot be read.
pub(super) fn verify(file: &Path, vkey: Option<&str>, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let shown = file.display();
    let text = fs::read_to_string(file)
        .with_context(|| say!(lang, en: "cannot read {shown}", zh: "无法读取 {shown}"))?;
    let Some((note, statement)) = read(&text) else {
        bail!(say!(lang,
            en: "{shown} is not a result of `ombud selftest -o FILE`, or it is incomplete",
            zh: "{shown} 不是 `ombud selftest -o 文件` 的结果，或内容不完整"));
    };
    let (key, trusted) = key(vkey, &statement, lang)?;
    let good = matches!(note.judge(&key), Judgement::Signed(_));
    let (version, t, name) = (clean(&statement.version), clean(&statement.t), key.name());
    if !good {
        terminal.out(&say!(lang,
            en: "not valid: {shown} was changed, or {name} did not sign it",
            zh: "无效：{shown} 被改动过，或不是由 {name} 签名"))?;
        return Ok(1);
    }
    let found: u32 = statement.rows.iter().map(|row| row.found).sum();
    let labelled: u32 = statement.rows.iter().map(|row| row.labelled).sum();
    terminal.tell(&say!(lang,
        en: "valid: ombud {version}, {t}, {found} of {labelled} found, signed by {name}",
        zh: "有效：ombud {version}，{t}，{labelled} 处中找到 {found} 处，签名者 {name}"))?;
    if !trusted {
        terminal.note(&say!(lang,
            en: "The key comes from the file itself: this shows that nothing was changed after signing, not who signed. Use --vkey with a key from another source.",
            zh: "所用公钥取自文件自身：只说明签名之后没有改动，不能证明签名者是谁。请用 --vkey 给出来自别处的公钥。"));
    }
    if statement.set != sha256(set::texts().as_bytes()) {
        terminal.note(&say!(lang,
            en: "It was made with the test set of another version.",
            zh: "它使用的是其他版本的测试集。"));
    }
    Ok(0)
}

fn read(text: &str) -> Option<(Note, Statement)> {
    let note = Note::parse(text)?;
    let json = note.text.strip_prefix(KIND)?.trim();
    let statement = serde_json::from_str(json).ok()?;
    Some((note, statement))
}

/// The key to check with, and whether it comes from outside the file.
fn key(vkey: Option<&str>, statement: &Statement, lang: Lang) -> Result<(VerifierKey, bool)> {
    let parse = |vkey: &str| VerifierKey::parse(vkey).with_context(|| crate::log::no_key(lang));
    if let Some(vkey) = vkey {
        return Ok((parse(vkey)?, true));
    }
    match log_key(&config::home()).filter(|key| key.vkey() == statement.vkey) {
        Some(own) => Ok((own, true)),
        None => Ok((parse(&statement.vkey)?, false)),
    }
}

/// Text from a file: none of it may control the terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|ch| !ch.is_control()).take(40).collect()
}
