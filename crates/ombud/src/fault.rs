//! Errors reported by libraries, reworded for the person who has to fix them: those of the system, of the command line and
//! of a configuration.
//!
//! Libraries speak English, quote what they were given, and only say what happened. Here each error gets the user's
//! language and the next thing to type, and loses the value itself: what is wrong in a file may be a key.

mod body;
mod file;
mod usage;

use std::io;
use std::path::Path;

use ombud_core::{Lang, say};

pub(crate) use body::body;
pub(crate) use file::configuration;
pub(crate) use usage::usage;

/// Describes an error of the system.
pub(crate) fn io(error: &io::Error, lang: Lang) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => say!(lang, en: "it does not exist", zh: "它不存在"),
        Kind::PermissionDenied => {
            say!(lang, en: "this user does not have permission", zh: "当前用户没有权限")
        }
        Kind::AlreadyExists => say!(lang, en: "it exists already", zh: "它已经存在"),
        Kind::IsADirectory => say!(lang, en: "it is a folder, not a file", zh: "它是目录，不是文件"),
        Kind::NotADirectory => {
            say!(lang, en: "part of the path is a file, not a folder", zh: "路径中有一段是文件，不是目录")
        }
        Kind::StorageFull => say!(lang, en: "the disk is full", zh: "磁盘已满"),
        Kind::QuotaExceeded => {
            say!(lang, en: "the disk quota of this user is used up", zh: "当前用户的磁盘配额已用完")
        }
        Kind::ReadOnlyFilesystem => say!(lang, en: "the file system is read-only", zh: "文件系统是只读的"),
        Kind::AddrInUse => {
            say!(lang, en: "another program is listening on this address", zh: "这个地址已被另一个程序占用")
        }
        Kind::AddrNotAvailable => {
            say!(lang, en: "this machine has no such address", zh: "本机没有这个地址")
        }
        Kind::ConnectionRefused => say!(lang, en: "nothing is listening there", zh: "那里没有程序在监听"),
        Kind::TimedOut => say!(lang, en: "it took too long", zh: "超时了"),
        Kind::InvalidInput => say!(lang, en: "its format is not valid", zh: "写法无效"),
        Kind::InvalidData => say!(lang, en: "it is not UTF-8 text", zh: "它不是 UTF-8 文本"),
        // Other errors have no wording here; the system's number can be looked up.
        _ => match error.raw_os_error() {
            Some(number) if lang == Lang::Zh => format!("系统错误，代码 {number}"),
            _ => error.to_string(),
        },
    }
}

/// What could not be done, and what to type instead. The advice is on a line of its own after the reason: a command
/// followed by a reason cannot be copied.
#[derive(Debug)]
pub(crate) struct Advised {
    /// What could not be done.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl std::fmt::Display for Advised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// The error when an address is in use, not permitted or not available.
pub(crate) fn no_listener(error: io::Error, address: &str, lang: Lang) -> anyhow::Error {
    let what = say!(lang, en: "cannot listen on {address}", zh: "无法监听 {address}");
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    let error = anyhow::Error::new(error);
    if !denied {
        return error.context(what);
    }
    let advice = say!(lang,
        en: "Ports below 1024 need administrator rights. Choose a higher one; --listen 127.0.0.1:0 takes a free one.",
        zh: "1024 以下的端口只有管理员可以使用。请换一个更大的；--listen 127.0.0.1:0 会选用空闲端口。");
    error.context(Advised { what, advice })
}

/// The error when a file given by the user cannot be written; if its folder is missing, it says so.
pub(crate) fn unwritable(path: &Path, lang: Lang) -> Advised {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    let path = path.display();
    match folder.map(Path::display) {
        Some(folder) => Advised {
            what: say!(lang, en: "cannot write {path}: its folder {folder}", zh: "无法写入 {path}：所在目录 {folder}"),
            advice: say!(lang, en: "Create the folder (mkdir -p), or choose another file.", zh: "请先创建该目录（mkdir -p），或另选文件。"),
        },
        None => Advised {
            what: say!(lang, en: "cannot write {path}", zh: "无法写入 {path}"),
            advice: say!(lang, en: "Choose another file.", zh: "请另选文件。"),
        },
    }
}

/// The remedy, where there is one.
pub(crate) fn remedy(error: &io::Error, lang: Lang) -> Option<String> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::NotFound => say!(lang,
            en: "Look for it with `ls`, and give the path relative to this folder.",
            zh: "请用 `ls` 查看，并给出相对于当前目录的路径。"),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => say!(lang,
            en: "`ls -ld` shows its owner; OMBUD_HOME=FOLDER keeps Ombud's own files elsewhere.",
            zh: "`ls -ld` 可查看属主；用 OMBUD_HOME=目录 可把 Ombud 自己的文件放到别处。"),
        Kind::StorageFull | Kind::QuotaExceeded => say!(lang,
            en: "`df -h .` shows what is left. Make room, or set OMBUD_HOME to a folder on another disk.",
            zh: "`df -h .` 可查看剩余空间。请腾出空间，或把 OMBUD_HOME 设为另一块磁盘上的目录。"),
        Kind::AddrInUse => say!(lang,
            en: "Stop it, or choose another port: --listen 127.0.0.1:0 takes a free one.",
            zh: "请停止它，或换一个端口：--listen 127.0.0.1:0 会选用空闲端口。"),
        Kind::AddrNotAvailable | Kind::InvalidInput => say!(lang,
            en: "For this machine alone, on a free port: --listen 127.0.0.1:0",
            zh: "只供本机使用，并选用空闲端口：--listen 127.0.0.1:0"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_speaks_the_users_language() {
        let error = std::fs::read("/nonexistent/file").unwrap_err();
        assert_eq!(io(&error, Lang::En), "it does not exist");
        assert_eq!(io(&error, Lang::Zh), "它不存在");
        assert!(remedy(&error, Lang::Zh).unwrap().contains("`ls`"));
        let folder = std::fs::read("/").unwrap_err();
        assert_eq!(io(&folder, Lang::Zh), "它是目录，不是文件");
    }

    #[test]
    fn advice_fits_and_stands_behind_the_reason() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let error = no_listener(denied(), "127.0.0.1:80", Lang::Zh);
        let advised = error.downcast_ref::<Advised>().unwrap();
        assert!(advised.advice.contains("1024") && !advised.what.contains("--listen"), "{advised:?}");
        assert!(
            no_listener(io::ErrorKind::AddrInUse.into(), "x", Lang::En).downcast_ref::<Advised>().is_none()
        );
        let error = anyhow::Error::new(denied())
            .context(unwritable(Path::new("/nonexistent/x.html"), Lang::En))
            .context("y");
        let advised = error.downcast_ref::<Advised>().unwrap();
        assert!(
            advised.what.ends_with("its folder /nonexistent") && advised.advice.contains("mkdir"),
            "{advised:?}"
        );
        assert!(!unwritable(Path::new("x.html"), Lang::En).what.contains("folder"));
    }

    #[test]
    fn what_is_not_known_is_told_as_it_is() {
        let error = io::Error::other("a strange device");
        assert_eq!(io(&error, Lang::Zh), "a strange device");
        assert_eq!(io(&io::Error::from_raw_os_error(5), Lang::Zh), "系统错误，代码 5");
        assert_eq!(remedy(&error, Lang::En), None);
    }
}
