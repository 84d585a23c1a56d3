//! The findings of a verification, in words.

use std::path::PathBuf;

use ombud_core::{Lang, Say, say};

use crate::journal::walk::Flaw;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// The name of the log, if its checkpoint could be read.
    pub origin: Option<String>,
    /// Entries, counted from the first, that are proven to be those the checkpoint was signed over. 0 if the root is
    /// wrong.
    pub entries: u64,
    /// Encrypted payloads that match their entries.
    pub payloads: u64,
    /// The damage, lowest entry first. At most [`Report::MAX_DAMAGE`] are kept.
    pub damage: Vec<Damage>,
    /// What this verification does not cover.
    pub not_covered: Vec<NotCovered>,
    /// Seconds since 1970 at which the witnesses required by the policy had all seen this checkpoint. Before that moment,
    /// the holder of the log's key could have written anything.
    pub witnessed: Option<u64>,
}

impl Report {
    /// Maximum number of damage entries kept.
    pub const MAX_DAMAGE: usize = 1000;

    /// Whether nothing is damaged. It does not mean that everything was covered.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }

    /// The damage at the lowest entry, or to the log as a whole.
    pub fn first_damage(&self) -> Option<&Damage> {
        self.damage.first()
    }

    pub(super) fn add(&mut self, entry: Option<u64>, file: impl Into<PathBuf>, fault: Fault) {
        if self.damage.len() < Self::MAX_DAMAGE {
            self.damage.push(Damage { entry, file: file.into(), fault });
        }
    }
}

/// One case of damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The entry, if one can be named.
    pub entry: Option<u64>,
    /// The file, relative to the source.
    pub file: PathBuf,
    /// The kind of damage.
    pub fault: Fault,
}

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A file that the checkpoint vouches for is missing.
    Missing,
    /// The checkpoint is not a signed note of a log.
    Checkpoint,
    /// The checkpoint is not signed by the log's key.
    Signature,
    /// The public key is malformed.
    Key,
    /// A witness's signature is wrong.
    Cosignature,
    /// Fewer witnesses signed than the policy requires.
    Quorum,
    /// The journal cannot be read beyond this point.
    Frame(Flaw),
    /// The journal ends before the checkpoint does.
    Ends,
    /// The entries together are not those that were signed; which one was changed is unknown.
    Root,
    /// The entry is not the one that was signed.
    Entry,
    /// The tile does not match the signed tree.
    Tile,
    /// The bundle does not consist of the right number of entries.
    Bundle,
    /// The entry is signed, but is not a record of this log.
    Record,
    /// The encrypted payload does not match the entry.
    Payload,
    /// The saved frontier is damaged; it is derived, and the next start rebuilds it.
    Frontier,
}

/// Something that a verification does not cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotCovered {
    /// The log's key was taken from the folder itself.
    KeyFromFolder,
    /// No witness has signed the checkpoint: the holder of the log's key could have rewritten everything today.
    NoWitness,
    /// Signatures by keys that the policy does not name were not checked.
    UnknownSignatures(usize),
    /// Nothing has been signed yet.
    NoCheckpoint,
    /// Entries and bytes after the newest checkpoint.
    Tail {
        /// Complete entries.
        entries: u64,
        /// Bytes that are not a complete entry.
        torn: u64,
    },
    /// Bytes that were set aside after a crash.
    Dropped {
        /// Files.
        files: u64,
        /// Their total size in bytes.
        bytes: u64,
    },
    /// Payloads whose ciphertext is not in the folder.
    MissingPayloads(u64),
    /// Conversations whose keys were destroyed: their payloads can no longer be checked.
    Erased(u64),
    /// Payloads were compared as ciphertext; whether and to what they decrypt was not tried.
    Plaintext(u64),
    /// The databases next to the journal were not checked: conversation keys, vault, index.
    Databases,
}

impl Say for Flaw {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Short => say!(lang, en: "the file ends inside an entry", zh: "文件在一条记录的中间结束"),
            Self::NoFrame => {
                say!(lang, en: "no entry where one should start", zh: "此处应有一条记录，却没有")
            }
            Self::Checksum => say!(lang, en: "the checksum is wrong", zh: "校验和错误"),
            Self::Missing => say!(lang, en: "a part of the journal is missing", zh: "日志缺失一部分"),
        }
    }
}

impl Say for Fault {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Missing => say!(lang, en: "the file is missing", zh: "文件缺失"),
            Self::Checkpoint => {
                say!(lang, en: "it is not a valid checkpoint of a log", zh: "不是有效的日志检查点")
            }
            Self::Signature => {
                say!(lang, en: "the checkpoint is not signed by this log's key", zh: "检查点不是由本日志的密钥签名")
            }
            Self::Key => say!(lang, en: "the public key is malformed", zh: "公钥格式错误"),
            Self::Cosignature => say!(lang, en: "a witness's signature is wrong", zh: "见证者的签名错误"),
            Self::Quorum => {
                say!(lang, en: "fewer witnesses signed than the policy requires", zh: "签名的见证者少于策略要求")
            }
            Self::Frame(flaw) => flaw.say(lang),
            Self::Ends => {
                say!(lang, en: "the journal ends before the signed end", zh: "日志没有到签名时的末尾就结束了")
            }
            Self::Root => say!(
                lang,
                en: "the entries are not those that were signed (it is unknown which one was changed)",
                zh: "记录与签名时不一致（无法判断哪一条被更改）"
            ),
            Self::Entry => {
                say!(lang, en: "the entry is not the one that was signed", zh: "该记录与签名时不一致")
            }
            Self::Tile => {
                say!(lang, en: "the tile does not match the signed log", zh: "哈希块与已签名的日志不一致")
            }
            Self::Bundle => {
                say!(lang, en: "the bundle has the wrong number or length of entries", zh: "记录包中的条数或长度不正确")
            }
            Self::Record => {
                say!(lang, en: "the entry is signed but is not a valid record", zh: "该记录已签名，但格式无效")
            }
            Self::Payload => {
                say!(lang, en: "the encrypted payload does not match the entry", zh: "加密内容与该记录不符")
            }
            Self::Frontier => say!(
                lang,
                en: "the saved frontier is damaged (harmless: the next start rebuilds it)",
                zh: "保存的进度文件损坏（无害：下次启动会重新生成）"
            ),
        }
    }
}

impl Say for Damage {
    fn say(&self, lang: Lang) -> String {
        let (file, fault) = (self.file.display(), self.fault.say(lang));
        match self.entry {
            Some(entry) => {
                say!(lang, en: "entry {entry} ({file}): {fault}", zh: "第 {entry} 条记录（{file}）：{fault}")
            }
            None => say!(lang, en: "{file}: {fault}", zh: "{file}：{fault}"),
        }
    }
}

impl Say for NotCovered {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::KeyFromFolder => say!(
                lang,
                en: "the log's key was taken from the folder itself; to verify whose log it is, pass the key with --vkey",
                zh: "日志公钥取自该目录本身；要确认日志属于谁，请用 --vkey 指定公钥"
            ),
            Self::NoWitness => say!(
                lang,
                en: "no witness has signed: whoever holds the log's key could have rewritten all of it, \
                     so \"evidence since\" a date cannot be claimed",
                zh: "没有见证者签名：持有日志密钥的人可能重写过全部记录，因此不能说它“自某日起可作证据”"
            ),
            Self::UnknownSignatures(n) => {
                say!(lang, en: "{n} signatures by unknown keys, which were not checked", zh: "{n} 个未知密钥的签名未检查")
            }
            Self::NoCheckpoint => say!(lang, en: "nothing has been signed yet", zh: "尚未签名任何内容"),
            Self::Tail { entries, torn } => say!(
                lang,
                en: "{entries} entries and {torn} further bytes after the newest checkpoint",
                zh: "最新检查点之后的 {entries} 条记录及另外 {torn} 字节"
            ),
            Self::Dropped { files, bytes } => say!(
                lang,
                en: "{bytes} bytes in {files} files that were set aside after a crash",
                zh: "崩溃后另存的 {files} 个文件，共 {bytes} 字节"
            ),
            Self::MissingPayloads(n) => {
                say!(lang, en: "{n} payloads that are not in the folder", zh: "目录中缺少 {n} 份内容")
            }
            Self::Erased(n) => say!(
                lang,
                en: "what {n} conversations said: their keys were destroyed",
                zh: "{n} 段对话的内容：其密钥已销毁"
            ),
            Self::Plaintext(n) => say!(
                lang,
                en: "what {n} encrypted payloads say: they were compared without being opened",
                zh: "{n} 份加密内容的明文：仅比对密文，未解密"
            ),
            Self::Databases => say!(
                lang,
                en: "the databases next to the journal (conversation keys, vault, index)",
                zh: "日志旁的数据库（对话密钥、代号库、索引）"
            ),
        }
    }
}
