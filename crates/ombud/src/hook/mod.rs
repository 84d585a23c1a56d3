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
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(Hooks { python: folder.join("python"), node: folder.join("node-hook.cjs") })
}
