//! What `cargo metadata` reports about this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::command;

/// The workspace: where it is and which packages it resolves to.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// Ids of the packages in this repository.
    #[serde(rename = "workspace_members")]
    members: Vec<String>,
    packages: Vec<Package>,
    resolve: Resolve,
}

/// One package of the graph, ours or external.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as its manifest declares it.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

impl Dependency {
    /// Whether it ends up in the product, unlike one that only tests use.
    pub(crate) fn ships(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDep>,
}

#[derive(Debug, Deserialize)]
struct NodeDep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Debug, Deserialize)]
struct DepKind {
    kind: Option<String>,
}

impl Workspace {
    /// Loads the metadata from cargo.
    pub(crate) fn load() -> Result<Self> {
        let json = command::output(Command::new("cargo").args(["metadata", "--format-version", "1"]))?;
        Self::parse(&json)
    }

    /// Parses the JSON of `cargo metadata`.
    pub(crate) fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).context("the output of `cargo metadata` has an unexpected format")
    }

    /// The packages in this repository.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.members.contains(&package.id))
    }

    /// The names of everything that `package` links or builds with, including itself but not test-only dependencies.
    pub(crate) fn closure(&self, package: &Package) -> Vec<&str> {
        let mut reached = vec![package.id.as_str()];
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            let node = self.resolve.nodes.iter().find(|node| node.id == id);
            let shipped = node.iter().flat_map(|node| &node.deps).filter(|dep| dep.ships());
            for dep in shipped {
                if !reached.contains(&dep.pkg.as_str()) {
                    reached.push(&dep.pkg);
                }
            }
        }
        self.packages.iter().filter(|p| reached.contains(&p.id.as_str())).map(|p| p.name.as_str()).collect()
    }

    /// Path of a file in the repository.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// The files that git tracks or would track, relative to the root.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let listed = command::output(&mut git)?;
        let mut files: Vec<PathBuf> = listed.split_terminator('\0').map(PathBuf::from).collect();
        files.sort();
        files.dedup();
        // A tracked file that somebody has just deleted is listed but no longer exists.
        files.retain(|file| self.path(file).is_file());
        Ok(files)
    }

    /// The release binary of the product.
    pub(crate) fn release_binary(&self) -> PathBuf {
        self.target.join("release/ombud")
    }

    /// Builds the product the way a user does.
    pub(crate) fn build_release(&self) -> Result<PathBuf> {
        let args = ["build", "--release", "--package", "ombud"];
        command::run(Command::new("cargo").current_dir(&self.root).args(args))?;
        Ok(self.release_binary())
    }
}

impl NodeDep {
    fn ships(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
    }
}
