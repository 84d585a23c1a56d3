//! The start-up hooks that lead children with a hard-coded address through the gateway.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Every file of the hooks, by its name below the folder.
const FILES: &[(&str, &str)] = &[
    ("python/sitecustomize.py", include_str!("python/sitecustomize.py")),
    ("python/_ombud_hook.py", include_str!("python/_ombud_hook.py")),
    ("node-hook.cjs", include_str!("node-hook.cjs")),
];

/// Where the hooks were written.
pub(crate) struct Hooks {
    /// To put in front of `PYTHONPATH`.
    pub python: PathBuf,
    /// To require from `NODE_OPTIONS`.
    pub node: PathBuf,
}

/// Writes the hooks into the state folder.
pub(crate) fn install(home: &Path) -> Result<Hooks> {
    let folder = std::path::absolute(home)?.join("hook");
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        // Children of other runs may be reading it, so it is replaced as a whole, and only if it differs.
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            continue;
        }
        let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, &path))
            .with_context(|| path.display().to_string())?;
    }
    Ok(Hooks { python: folder.join("python"), node: folder.join("node-hook.cjs") })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_hook_that_a_child_is_reading_is_replaced_as_a_whole() {
        let home = tempfile::tempdir().unwrap();
        let hooks = install(home.path()).unwrap();
        fs::write(&hooks.node, "of another version").unwrap();
        let mut reader = fs::File::open(&hooks.node).unwrap();
        install(home.path()).unwrap();
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "of another version");
        assert_eq!(fs::read_to_string(&hooks.node).unwrap(), include_str!("node-hook.cjs"));
        assert_eq!(fs::read_dir(hooks.node.parent().unwrap()).unwrap().count(), 2, "nothing is left over");
    }
}
