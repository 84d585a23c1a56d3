//! Keeps the report on the project itself, for `plan`, `notice` and the console.

use std::path::Path;

use ombud_core::say;

use crate::output::Terminal;
use crate::{config, files, report};

/// Whether a path is the project that this home belongs to: the folder that contains the home, or the current folder where
/// the home was moved elsewhere. What an editor or a hook checks besides (a single file, another folder) says nothing about
/// the project.
pub(super) fn is_project(path: &Path, home: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let named = home.file_name() == Some(config::HOME.as_ref());
    let around =
        std::path::absolute(home).ok().and_then(|home| home.parent().map(Path::to_owned)).filter(|_| named);
    let folder = around.map_or_else(|| std::env::current_dir().ok(), Some);
    folder.and_then(|folder| real(&folder)).is_some_and(|folder| real(path) == Some(folder))
}

/// Keeps the report for `plan` and the console. A home that cannot be written to is no reason to fail.
pub(super) fn keep(view: &report::View<'_>, terminal: Terminal) {
    let lang = terminal.lang;
    let home = config::home();
    let fresh = !home.exists();
    let kept = report::json::text(view).and_then(|text| {
        files::home(&home)?;
        std::fs::create_dir_all(home.join("reports"))?;
        if fresh {
            std::fs::write(home.join(".gitignore"), "*\n")?;
        }
        Ok(std::fs::write(home.join("reports/check.json"), text)?)
    });
    if kept.is_err() {
        let path = home.join("reports/check.json").display().to_string();
        terminal.note(&say!(lang, en: "{path} could not be written; `ombud plan` will not see this check", zh: "无法写入 {path}；`ombud plan` 将看不到这次检查"));
    }
}

/// Notes that this check is not kept, if an earlier one is.
pub(super) fn remark(terminal: Terminal) {
    let lang = terminal.lang;
    if config::home().join("reports/check.json").is_file() {
        terminal.note(&say!(lang,
            en: "ombud: this check did not cover the whole project of this folder, so `ombud plan` and `ombud notice` keep using its last full check (`ombud check`).",
            zh: "ombud：这次检查的不是本目录的整个项目，`ombud plan` 和 `ombud notice` 仍以本项目上一次的检查结果（`ombud check`）为准。"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_the_folder_of_its_home() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join(config::HOME);
        std::fs::write(dir.path().join("one.py"), "").unwrap();
        std::fs::create_dir(dir.path().join("part")).unwrap();
        assert!(is_project(dir.path(), &home) && is_project(&dir.path().join("part/.."), &home));
        for other in ["one.py", "part", "..", "nothing"] {
            assert!(!is_project(&dir.path().join(other), &home), "{other}");
        }
        // A home with another name may be anywhere: the project is the current folder.
        let away = dir.path().join("state");
        assert!(is_project(Path::new("."), &away) && !is_project(dir.path(), &away));
        assert!(!is_project(Path::new("."), &home));
    }
}
