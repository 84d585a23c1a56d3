//! Mistakes that libraries report, in the words of the person who has to mend them: the system's, the command line's and
//! those of a configuration.
//!
//! Libraries speak English, quote what they were given, and stop at what happened. Here each gets the user's language, the
//! next thing to type, and nothing of the value itself: what stands wrong in a file may be a key.

mod body;
mod file;
mod usage;

use std::io;

use ombud_core::{Lang, say};

pub(crate) use body::body;
pub(crate) use file::configuration;
pub(crate) use usage::usage;

/// What the system answered.
pub(crate) fn io(error: &io::Error, lang: Lang) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => say!(lang, en: "it does not exist", zh: "它不存在"),
        Kind::PermissionDenied => say!(lang, en: "this user may not do that", zh: "当前用户没有权限"),
        Kind::AlreadyExists => say!(lang, en: "it exists already", zh: "它已经存在"),
        Kind::IsADirectory => say!(lang, en: "it is a folder, not a file", zh: "它是目录，不是文件"),
        Kind::NotADirectory => {
            say!(lang, en: "part of the path is a file, not a folder", zh: "路径中有一段是文件，不是目录")
        }
        Kind::StorageFull => say!(lang, en: "the disk is full", zh: "磁盘已满"),
        Kind::QuotaExceeded => {
            say!(lang, en: "the quota of this user is used up", zh: "当前用户的磁盘配额已用完")
        }
        Kind::ReadOnlyFilesystem => say!(lang, en: "the file system is read-only", zh: "文件系统是只读的"),
        Kind::AddrInUse => {
            say!(lang, en: "another program listens on this address", zh: "这个地址已被另一个程序占用")
        }
        Kind::AddrNotAvailable => {
            say!(lang, en: "this machine has no such address", zh: "本机没有这个地址")
        }
        Kind::ConnectionRefused => say!(lang, en: "nothing listens there", zh: "那里没有程序在监听"),
        Kind::TimedOut => say!(lang, en: "it took too long", zh: "超时了"),
        Kind::InvalidInput => say!(lang, en: "it is not written as it has to be", zh: "写法无效"),
        Kind::InvalidData => say!(lang, en: "it is not text in UTF-8", zh: "它不是 UTF-8 文本"),
        _ => error.to_string(),
    }
}

/// What could not be done when an address is taken or there is none of that kind.
pub(crate) fn no_listener(address: &str, lang: Lang) -> String {
    say!(lang, en: "cannot listen on {address}", zh: "无法监听 {address}")
}

/// What to do about it, where there is one thing that helps.
pub(crate) fn remedy(error: &io::Error, lang: Lang) -> Option<String> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::NotFound => say!(lang,
            en: "Look for it with `ls`, and give the path as seen from this folder.",
            zh: "请用 `ls` 查看，并给出相对于当前目录的路径。"),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => say!(lang,
            en: "`ls -ld` shows whose it is; OMBUD_HOME=FOLDER keeps Ombud's own files elsewhere.",
            zh: "`ls -ld` 可查看属主；用 OMBUD_HOME=目录 可把 Ombud 自己的文件放到别处。"),
        Kind::StorageFull | Kind::QuotaExceeded => say!(lang,
            en: "`df -h .` shows what is left. Make room, or set OMBUD_HOME to a folder on another disk.",
            zh: "`df -h .` 可查看剩余空间。请腾出空间，或把 OMBUD_HOME 设为另一块磁盘上的目录。"),
        Kind::AddrInUse => say!(lang,
            en: "Stop it, or choose another port: --listen 127.0.0.1:0 takes a free one.",
            zh: "请停止它，或换一个端口：--listen 127.0.0.1:0 会选用空闲端口。"),
        Kind::AddrNotAvailable | Kind::InvalidInput => say!(lang,
            en: "For this machine alone: --listen 127.0.0.1:8787",
            zh: "只供本机使用：--listen 127.0.0.1:8787"),
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
    fn what_is_not_known_is_told_as_it_is() {
        let error = io::Error::other("a strange device");
        assert_eq!(io(&error, Lang::Zh), "a strange device");
        assert_eq!(remedy(&error, Lang::En), None);
    }
}
