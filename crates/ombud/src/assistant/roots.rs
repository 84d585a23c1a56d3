//! Where a tool may read: inside the folders given by the person who started the server.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use ombud_core::{Lang, say};

/// The folders, with symlinks resolved.
pub(super) struct Roots(Vec<PathBuf>);

impl Roots {
    /// The given folders; the current one if none is given.
    pub(super) fn new(named: &[PathBuf], lang: Lang) -> Result<Self> {
        let here = [PathBuf::from(".")];
        let named = if named.is_empty() { here.as_slice() } else { named };
        let real = |path: &PathBuf| {
            let shown = path.display();
            path.canonicalize().with_context(
                || say!(lang, en: "the root {shown} cannot be used", zh: "无法使用目录 {shown}"),
            )
        };
        named.iter().map(real).collect::<Result<_>>().map(Self)
    }

    /// The folders for people.
    pub(super) fn shown(&self) -> String {
        self.0.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    /// The real path of what a model asks for. A link out of the roots is refused, and whether something exists outside is
    /// not revealed.
    pub(super) fn inside(&self, asked: &str, lang: Lang) -> Result<PathBuf> {
        let real = self.0.iter().filter_map(|root| root.join(asked).canonicalize().ok());
        let found = real.into_iter().find(|path| self.0.iter().any(|root| path.starts_with(root)));
        match found {
            Some(path) => Ok(path),
            None => bail!(refused(&crate::document::one_line(asked), &self.shown(), lang)),
        }
    }
}

fn refused(asked: &str, roots: &str, lang: Lang) -> String {
    say!(lang,
        en: "`{asked}` is not inside {roots}, or does not exist. Give a path inside; to allow another folder, start the server with --root FOLDER",
        zh: "`{asked}` 不在 {roots} 之内，或不存在。请给出其中的路径；如需允许其他目录，请用 --root 目录 启动服务器")
}
