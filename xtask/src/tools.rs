//! Tools that the machine may lack: Debian packages through apt, everything else prebuilt from `PyPI` into a venv under
//! the target directory. Outside that directory, only apt changes anything, which is announced before it runs.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command;
use crate::term;
use crate::workspace::Workspace;

/// A program that the machine itself must provide.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) program: &'static str,
    /// Arguments with which it starts, does nothing and succeeds.
    pub(crate) probe: &'static [&'static str],
    /// The Debian package that provides it.
    pub(crate) apt: &'static str,
    pub(crate) why: &'static str,
}

/// What every verb may rely on after set-up.
pub(crate) const NEEDS: &[Need] = &[
    Need { program: "git", probe: &["--version"], apt: "git", why: "the list of files that are checked" },
    Need { program: "cc", probe: &["--version"], apt: "gcc", why: "the C parts of aws-lc and SQLite" },
    Need { program: "c++", probe: &["--version"], apt: "g++", why: "libFuzzer" },
    Need {
        program: "python3",
        probe: &["--version"],
        apt: "python3",
        why: "end-to-end tests and the demo agent",
    },
    Need { program: "node", probe: &["--version"], apt: "nodejs", why: "the start-up hook of Node children" },
    Need {
        program: "npm",
        probe: &["--version"],
        apt: "npm",
        why: "the clients that the Node hook is tested with",
    },
    Need { program: "chromium", probe: &["--version"], apt: "chromium", why: "the tests of the console" },
    Need {
        program: "python3",
        probe: &["-m", "ensurepip", "--version"],
        apt: "python3-venv",
        why: "the test venvs",
    },
];

impl Need {
    /// Whether the machine has it.
    pub(crate) fn met(&self) -> bool {
        command::succeeds(Command::new(self.program).args(self.probe))
    }

    /// Installs it through apt if it is missing.
    pub(crate) fn ensure(&self) -> Result<()> {
        if self.met() {
            return Ok(());
        }
        let Self { program, apt, why, .. } = self;
        if !command::succeeds(Command::new("apt-get").arg("--version")) {
            bail!(
                "`{program}` is missing ({why}); install your system's counterpart of the Debian package `{apt}` and try again"
            );
        }
        term::line(&format!("  installing {apt} through apt: {why}"));
        command::run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
        let install = ["install", "--yes", "--quiet=2", "--no-install-recommends", apt];
        command::run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install))
            .with_context(|| format!("`{apt}` could not be installed; as root: apt-get install {apt}"))
    }
}

/// A Python venv under the target directory, made from exactly one requirements file.
#[derive(Debug)]
pub(crate) struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// The prebuilt tools.
    pub(crate) fn tools(workspace: &Workspace) -> Result<Self> {
        Self::ensure(workspace, "tools-venv", "xtask/requirements-tools.txt")
    }

    /// The SDKs that the end-to-end tests drive.
    pub(crate) fn e2e(workspace: &Workspace) -> Result<Self> {
        Self::ensure(workspace, "e2e-venv", "tests/e2e/requirements.txt")
    }

    /// The HTTP clients that the Python start-up hook is tested with.
    pub(crate) fn hooks(workspace: &Workspace) -> Result<Self> {
        Self::ensure(workspace, "hooks-venv", "tests/hooks/requirements.txt")
    }

    /// `LiteLLM`, which the gateway is compared with.
    pub(crate) fn bench(workspace: &Workspace) -> Result<Self> {
        Self::ensure(workspace, "bench-tools/litellm", "xtask/requirements-bench.txt")
    }

    /// semgrep, which the check is compared with.
    pub(crate) fn semgrep(workspace: &Workspace) -> Result<Self> {
        Self::ensure(workspace, "bench-tools/semgrep", "xtask/requirements-semgrep.txt")
    }

    /// A program that detection is compared with, installed by this Python.
    pub(crate) fn peer(workspace: &Workspace, python: &Path, name: &str) -> Result<Self> {
        let requirements = format!("xtask/peers/{name}.txt");
        Self::ensure_by(workspace, python, &format!("eval-peers/{name}"), &requirements)
    }

    /// Creates the venv, or recreates it if the requirements have changed.
    fn ensure(workspace: &Workspace, name: &str, requirements: &str) -> Result<Self> {
        Self::ensure_by(workspace, Path::new("python3"), name, requirements)
    }

    fn ensure_by(workspace: &Workspace, python: &Path, name: &str, requirements: &str) -> Result<Self> {
        let dir = workspace.target.join(name);
        let wanted = fs::read_to_string(workspace.path(requirements))
            .with_context(|| format!("{requirements} cannot be read"))?;
        let stamp = dir.join("requirements.installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self { dir });
        }
        term::line(&format!("  installing {requirements} from PyPI into {}", dir.display()));
        command::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&dir))?;
        let pip =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "-r"];
        command::run(Command::new(dir.join("bin/python")).args(pip).arg(workspace.path(requirements)))
            .context("pip could not install them; is PyPI (or the mirror in your pip.conf) reachable?")?;
        fs::write(&stamp, wanted)?;
        Ok(Self { dir })
    }

    /// Path of a program in the venv.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join("bin").join(name)
    }
}

/// Installs the npm packages that the Node start-up hook is tested with; returns the folder that contains `node_modules`.
pub(crate) fn hook_modules(workspace: &Workspace) -> Result<PathBuf> {
    modules(workspace, "tests/hooks/package.json", "hooks-node")
}

/// The same for the MCP packages of the end-to-end tests.
pub(crate) fn e2e_modules(workspace: &Workspace) -> Result<PathBuf> {
    modules(workspace, "tests/e2e/package.json", "e2e-node")
}

fn modules(workspace: &Workspace, package: &str, name: &str) -> Result<PathBuf> {
    let dir = workspace.target.join(name);
    let wanted = fs::read_to_string(workspace.path(package))?;
    let stamp = dir.join("package.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(dir);
    }
    term::line(&format!("  installing {package} from npm into {}", dir.display()));
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("package.json"), &wanted)?;
    let args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    command::run(Command::new("npm").current_dir(&dir).args(args))
        .context("npm could not install them; is the npm registry (or your mirror) reachable?")?;
    fs::write(&stamp, wanted)?;
    Ok(dir)
}

/// Installs exactly the npm packages of a folder's lock file, where Node looks for them.
pub(crate) fn npm_modules(dir: &Path) -> Result<()> {
    let wanted = fs::read_to_string(dir.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", dir.display()))?;
    let stamp = dir.join("node_modules/package-lock.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    term::line(&format!("  installing what {} locks from npm", dir.join("package-lock.json").display()));
    let args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    command::run(Command::new("npm").current_dir(dir).args(args))
        .context("npm could not install them; is the npm registry (or your mirror) reachable?")?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

/// `PATH` with `dir` in front.
pub(crate) fn path_with(dir: &Path) -> Result<OsString> {
    let rest = env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(dir.to_path_buf()).chain(env::split_paths(&rest));
    env::join_paths(dirs).context("the target directory's path cannot be used in PATH")
}
