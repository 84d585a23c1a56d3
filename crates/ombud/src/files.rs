//! The user's own files that Ombud rewrites, and the home that only its owner can enter.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ombud_gateway::record;

/// Creates a folder that only its owner can enter; an existing one is left as it is.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates the home, or closes one that others can enter: whoever can reach it is taken for its owner. A folder in which
/// the user works is a project that was named as the home, and is left as it is.
pub(crate) fn home(path: &Path) -> io::Result<()> {
    private_dir(path)?;
    let around = || Some(std::env::current_dir().ok()?.starts_with(fs::canonicalize(path).ok()?));
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 && around() == Some(false) {
        // Another user's folder keeps the mode that its owner chose.
        let _ = fs::set_permissions(path, Permissions::from_mode(mode & 0o700));
    }
    Ok(())
}

/// Creates or empties a file that only its owner can read.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Writes bytes atomically to a file that only its owner can read. The sessions of a gateway share one process and may do
/// so at once, so each writes a temporary file of its own first.
pub(crate) fn put_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", record::id()));
    let temporary = path.with_file_name(name);
    let mut file = private(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

/// Replaces a text atomically: a reader sees the old one or the new one, even after a full disk or a signal. A symlink
/// stays one, and permissions are kept.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some(permissions) = permissions(&path)? else {
        return written(&path, &beside(&path), text, None);
    };
    written(&path, &beside(&path), text, Some(&permissions))
}

/// Copies a text to a file that nobody else can read before it has the permissions of the original.
pub(crate) fn copy(from: &Path, to: &Path, text: &str) -> io::Result<()> {
    written(to, &beside(to), text, permissions(from)?.as_ref())
}

/// The same under a free name beside the file: `name.bak`, `name.bak1`, …
pub(crate) fn kept(path: &Path, text: &str) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default();
    let named = |number: u32| {
        let mut name = name.to_owned();
        name.push(if number == 0 { ".bak".to_owned() } else { format!(".bak{number}") });
        path.with_file_name(name)
    };
    let free = (0..1000).map(named).find(|path| !path.exists()).ok_or(io::ErrorKind::AlreadyExists)?;
    copy(path, &free, text)?;
    Ok(free)
}

fn permissions(path: &Path) -> io::Result<Option<Permissions>> {
    match fs::metadata(path) {
        Ok(about) => Ok(Some(about.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn written(path: &Path, temporary: &Path, text: &str, permissions: Option<&Permissions>) -> io::Result<()> {
    let done = || {
        let mut options = OpenOptions::new();
        // A new file gets the user's default permissions; a copy is private until it has those of the original.
        options.write(true).create(true).truncate(true).mode(if permissions.is_some() {
            0o600
        } else {
            0o666
        });
        let mut file = options.open(temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        permissions.map_or(Ok(()), |permissions| fs::set_permissions(temporary, permissions.clone()))?;
        fs::rename(temporary, path)
    };
    done().inspect_err(|_| {
        // A half-written file is of no use.
        let _ = fs::remove_file(temporary);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).map_or(0, |about| about.permissions().mode() & 0o777)
    }

    #[test]
    fn a_home_is_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("a/new"), dir.path().join("old"));
        fs::create_dir(&old).unwrap();
        fs::set_permissions(&old, Permissions::from_mode(0o755)).unwrap();
        for path in [&new, &old] {
            home(path).unwrap();
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        let here = std::env::current_dir().unwrap();
        let before = mode(&here);
        home(&here).unwrap();
        assert_eq!(mode(&here), before, "a project stays open to those who may read it");
    }

    #[test]
    fn a_file_is_old_or_new_and_stays_as_private_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("ombud.toml"), dir.path().join("link.toml"));
        replace(&file, "one").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let kept = [kept(&file, "one").unwrap(), kept(&file, "one").unwrap()];
        replace(&link, "two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode(&file)), ("two", 0o640));
        assert_eq!(kept, ["ombud.toml.bak", "ombud.toml.bak1"].map(|name| dir.path().join(name)));
        assert!(kept.iter().all(|path| mode(path) == 0o640));
        // The new text is written in the folder of the target: if that fails, the old one stays whole.
        fs::create_dir(beside(&file)).unwrap();
        assert!(replace(&file, "three").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(names.len(), 5, "{names:?}");
    }
}
