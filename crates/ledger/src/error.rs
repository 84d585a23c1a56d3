//! Errors of the ledger, and what to do about them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ombud_core::{Lang, Say};

/// Why the ledger could not do what was requested.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process has this home open for writing.
    #[error(
        "{} is in use by {holder}. Stop that process, or set OMBUD_HOME to another directory",
        home.display()
    )]
    Busy {
        /// The home directory.
        home: PathBuf,
        /// The process that holds it, as it described itself.
        holder: String,
    },
    /// A write or a sync failed. The log has ended for this process: nothing is acknowledged any more, because after a
    /// failed sync the kernel may have dropped what it could not write.
    #[error(
        "the log cannot be written ({what}: {cause}), so nothing is forwarded any more. \
         Free up space on that disk or repair it, then start ombud again"
    )]
    Unwritable {
        /// What was being done.
        what: String,
        /// The error of the operating system.
        cause: Arc<std::io::Error>,
    },
    /// A file or directory of the home cannot be used.
    #[error("{what} {}: {cause}. Check that the directory exists and belongs to you (ls -ld)", path.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        cause: Arc<std::io::Error>,
    },
    /// A database of the home cannot be used.
    #[error(
        "{what} {}: {cause}. Run `ombud log verify` to see whether the log itself is intact{}",
        path.display(),
        mend(path, cause, Lang::En)
    )]
    Database {
        /// What was being done.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The error of the database.
        cause: Arc<sqlx::Error>,
    },
    /// A key file is missing or unreadable though records depend on it.
    #[error(
        "the key file {} is missing or damaged. Restore it from a backup, \
         or start a new log under a different OMBUD_HOME",
        path.display()
    )]
    Key {
        /// The path.
        path: PathBuf,
    },
    /// The journal contradicts an earlier checkpoint of it. Nothing is signed until that is explained.
    #[error(
        "{problem}. Nothing was written. Run `ombud log verify`, restore the directory, or use a different OMBUD_HOME"
    )]
    Inconsistent {
        /// The contradiction.
        problem: Problem,
    },
    /// The record cannot be written in the log's format.
    #[error("the record does not fit the log: {0}")]
    Record(Arc<crate::canonical::Error>),
    /// The record or its payload is too long.
    #[error("the {what} has {length} bytes; the log accepts at most {limit}")]
    TooLong {
        /// `record` or `payload`.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The greatest length in bytes.
        limit: usize,
    },
    /// The record names a different conversation than its payload.
    #[error("the record and its payload name different conversations")]
    Conversation,
    /// The export directory is not empty.
    #[error("{} is not empty. Name a folder that does not exist yet", path.display())]
    NotEmpty {
        /// The path.
        path: PathBuf,
    },
    /// There is no log to read.
    #[error("there is no log in {}. Run `ombud run` or `ombud serve` first, or set OMBUD_HOME", home.display())]
    NoLog {
        /// The home directory.
        home: PathBuf,
    },
    /// A payload does not decrypt to what its entry says.
    #[error("{0}. Run `ombud log verify` to see what else was changed")]
    Payload(crate::seal::OpenError),
    /// The ledger was closed.
    #[error("the log is closed")]
    Closed,
    /// The system could not provide random numbers or a cipher.
    #[error("the system's cryptography failed ({0})")]
    Crypto(&'static str),
}

/// Advice for a database error: the index is derived from the log, the state is not.
fn mend(path: &std::path::Path, cause: &sqlx::Error, lang: Lang) -> &'static str {
    // SQLite result codes: 13 the disk is full, 11 and 26 the file is damaged or not a database.
    let code =
        cause.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok()).unwrap_or(0) & 0xff;
    let derived = path.file_name().is_some_and(|name| name == "index.db");
    match (code, derived, lang) {
        (13, _, Lang::En) => ". Free up space on that disk, then try again",
        (13, _, Lang::Zh) => "。请先清理磁盘空间，再重试",
        (11 | 26, true, Lang::En) => ". This file is only an index: delete it, and it is rebuilt",
        (11 | 26, true, Lang::Zh) => "。该文件只是索引：删除后会自动重建",
        (11 | 26, false, Lang::En) => {
            ". Restore this file from a backup, or move it away: the log can then continue, but contents encrypted before \
             cannot be opened any more"
        }
        (11 | 26, false, Lang::Zh) => {
            "。请从备份恢复该文件，或将其移走：移走后日志可以继续，但此前加密的内容将无法再打开"
        }
        _ => "",
    }
}

/// How a journal contradicts itself or its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The journal has fewer entries than a published checkpoint covers: an old copy was restored, or entries were cut
    /// off.
    #[error(
        "the log has {found} entries, but a checkpoint says there were {signed}: it is an old copy, or entries were cut off"
    )]
    Shorter {
        /// Entries in the journal.
        found: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// The root of the journal is not the one that was signed.
    #[error("the first {signed} entries of the log are not those that were signed")]
    Forked {
        /// Entries that were signed.
        signed: u64,
    },
    /// The checkpoint cannot be read, is not signed by this log's key, or is missing.
    #[error("the checkpoint of the log is missing, damaged, or not signed with this log's key")]
    Checkpoint,
    /// There are keys of recorded conversations, but no entries.
    #[error("the log is empty, but keys of recorded conversations exist: its entries were removed")]
    Emptied,
    /// A segment before the last one is damaged or missing.
    #[error("journal segment {segment} is missing or damaged at byte {offset}")]
    Segment {
        /// Number of the segment.
        segment: u64,
        /// Where in the segment.
        offset: u64,
    },
}

impl Say for Problem {
    fn say(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, _) => self.to_string(),
            (Lang::Zh, Self::Shorter { found, signed }) => {
                format!("日志有 {found} 条记录，但检查点表明曾有 {signed} 条：可能恢复了旧副本，或记录被截断")
            }
            (Lang::Zh, Self::Forked { signed }) => format!("日志的前 {signed} 条记录与签名时不一致"),
            (Lang::Zh, Self::Checkpoint) => "日志检查点缺失、损坏，或不是由本日志的密钥签名".to_owned(),
            (Lang::Zh, Self::Emptied) => "日志为空，却还有已记录对话的密钥：记录已被删除".to_owned(),
            (Lang::Zh, Self::Segment { segment, offset }) => {
                format!("日志分段 {segment} 缺失，或在第 {offset} 字节处损坏")
            }
        }
    }
}

impl Say for Error {
    fn say(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::Busy { home, holder } => {
                let home = home.display();
                let holder = match holder.strip_prefix("process ") {
                    Some(number) => format!("进程 {number} "),
                    None => "另一个进程".to_owned(),
                };
                format!("{home} 正被{holder}使用。请停止该进程，或将 OMBUD_HOME 设为其他目录")
            }
            Self::Unwritable { cause, .. } => {
                let cause = system(cause);
                format!("日志无法写入（{cause}），已停止转发。请清理或修复磁盘，然后重新启动 ombud")
            }
            Self::File { path, cause, .. } => {
                format!(
                    "无法使用 {}：{}。请确认它所在的目录存在且属于你（ls -ld）",
                    path.display(),
                    system(cause)
                )
            }
            Self::Database { path, cause, .. } => {
                format!(
                    "无法使用数据库 {}：{}。请运行 `ombud log verify` 检查日志本身是否完整{}",
                    path.display(),
                    database(cause),
                    mend(path, cause, lang)
                )
            }
            Self::Key { path } => {
                format!(
                    "密钥文件 {} 缺失或损坏。请从备份恢复，或用另一个 OMBUD_HOME 建立新日志",
                    path.display()
                )
            }
            Self::Inconsistent { problem } => {
                let problem = problem.say(lang);
                format!(
                    "{problem}。未写入任何内容。请运行 `ombud log verify`，再从备份恢复该目录，或使用另一个 OMBUD_HOME"
                )
            }
            Self::Record(cause) => format!("记录不符合日志格式：{cause}"),
            Self::TooLong { what, length, limit } => {
                let what = if *what == "record" { "记录" } else { "内容" };
                format!("{what}有 {length} 字节，日志最多接受 {limit} 字节")
            }
            Self::Conversation => "记录与其内容所属的对话不一致".to_owned(),
            Self::NotEmpty { path } => format!("{} 不是空目录。请指定一个尚不存在的目录", path.display()),
            Self::NoLog { home } => {
                format!(
                    "{} 中没有日志。请先运行 `ombud run` 或 `ombud serve`，或设置 OMBUD_HOME",
                    home.display()
                )
            }
            Self::Payload(cause) => {
                let cause = cause.say(lang);
                format!("{cause}。请运行 `ombud log verify` 查看其他改动")
            }
            Self::Closed => "日志已关闭".to_owned(),
            Self::Crypto(what) => format!("系统的加密功能失败（{what}）"),
        }
    }
}

/// The operating system's error in Chinese; its number if there are no words for it.
pub(crate) fn system(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    let known = match error.kind() {
        Kind::NotFound => "它不存在",
        Kind::PermissionDenied => "当前用户没有权限",
        Kind::AlreadyExists => "同名文件已存在",
        Kind::NotADirectory => "路径中有一段是文件，不是目录",
        Kind::IsADirectory => "它是目录，不是文件",
        Kind::StorageFull | Kind::QuotaExceeded => "磁盘空间或配额已用完",
        Kind::ReadOnlyFilesystem => "文件系统是只读的",
        _ => "",
    };
    match (known, error.raw_os_error()) {
        ("", Some(number)) => format!("系统错误，代码 {number}"),
        ("", None) => error.to_string(),
        (known, _) => known.to_owned(),
    }
}

/// A database error in Chinese: its code only, none of its own text.
fn database(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => system(error),
        error => match error.as_database_error().and_then(|error| Some(error.code()?.into_owned())) {
            Some(code) => format!("SQLite 错误 {code}"),
            None => "无法打开".to_owned(),
        },
    }
}

impl Error {
    /// The error for a home without a log, as far as the directory can be read.
    pub(crate) fn no_log(home: &Path) -> Self {
        match std::fs::metadata(home.join("journal")) {
            Err(cause) if cause.kind() == std::io::ErrorKind::PermissionDenied => {
                Self::file("cannot read", home)(cause)
            }
            _ => Self::NoLog { home: home.to_owned() },
        }
    }

    /// Adapter for `map_err`: an operating-system error at a path.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { what, path, cause: Arc::new(cause) }
    }

    /// Adapter for `map_err`: a database error.
    pub(crate) fn database(what: &'static str, path: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Database { what, path, cause: Arc::new(cause) }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Inconsistent { problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_speaks_both_languages_and_names_the_next_step() {
        let io = || Arc::new(std::io::Error::other("no space"));
        let errors = [
            Error::Busy { home: "/h".into(), holder: "process 7".into() },
            Error::Unwritable { what: "journal".into(), cause: io() },
            Error::Key { path: "/h/keys".into() },
            Problem::Shorter { found: 1, signed: 2 }.into(),
        ];
        for error in errors {
            let (en, zh) = (error.say(Lang::En), error.say(Lang::Zh));
            assert!(en.contains("OMBUD_HOME") || en.contains("start ombud again"), "{en}");
            assert!(zh.contains("请") && zh != en, "{zh}");
        }
        let denied = || std::io::Error::from_raw_os_error(13);
        for (error, said) in [
            (Error::Busy { home: "/h".into(), holder: "process 7".into() }, "/h 正被进程 7 使用"),
            (Error::Busy { home: "/h".into(), holder: "another process".into() }, "/h 正被另一个进程使用"),
            (
                Error::file("cannot create", Path::new("/h/journal"))(denied()),
                "/h/journal：当前用户没有权限。",
            ),
            (
                Error::Unwritable { what: "journal".into(), cause: Arc::new(denied()) },
                "日志无法写入（当前用户没有权限）",
            ),
            (
                Error::file("cannot create", Path::new("/h"))(std::io::Error::from_raw_os_error(5)),
                "/h：系统错误，代码 5。",
            ),
        ] {
            let zh = error.say(Lang::Zh);
            assert!(zh.contains(said) && !zh.contains("os error") && !zh.contains('您'), "{zh}");
        }
    }
}
