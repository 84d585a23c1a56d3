//! Which crate may depend on which. Arrows go one way, and some dependencies belong to one crate alone.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::rust_source;
use crate::workspace::{Package, Workspace};

/// Each crate and the crates of this workspace that it may depend on. Test-only dependencies are unrestricted.
const ARROWS: &[(&str, &[&str])] = &[
    ("ombud-core", &[]),
    ("ombud-detect", &["ombud-core"]),
    ("ombud-check", &["ombud-core", "ombud-detect"]),
    ("ombud-ledger", &["ombud-core"]),
    ("ombud-gateway", &["ombud-core", "ombud-detect", "ombud-ledger"]),
    ("ombud-attack", &["ombud-core", "ombud-detect", "ombud-ledger", "ombud-gateway"]),
    (
        "ombud",
        &["ombud-core", "ombud-detect", "ombud-check", "ombud-ledger", "ombud-gateway", "ombud-attack"],
    ),
    ("xtask", &["ombud-core", "ombud-detect"]),
];

/// Dependencies that only one of our crates may name in its manifest, tests included, and why.
const DOORS: &[(&[&str], &str, &str)] = &[(
    &["sqlx", "rusqlite", "libsqlite3-sys", "tokio-postgres"],
    "ombud-ledger",
    "one crate touches a database",
)];

/// Dependencies that these crates of ours must not reach, not even transitively.
const OUT_OF_REACH: &[(&[&str], &[&str], &str)] = &[(
    &["ombud-core", "ombud-detect", "ombud-check"],
    &["tokio", "async-std", "smol", "mio", "hyper", "reqwest", "axum"],
    "nothing below the ledger is async or speaks to a network",
)];

/// Crates whose source must not touch the outside world, and what it would do so with.
const PURE: &[&str] = &["crates/core/src", "crates/detect/src"];
const WORLD: &[&str] = &[
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "println!",
];

/// Returns everything that points the wrong way.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints: Vec<String> = workspace.members().flat_map(wrong_arrows).collect();
    complaints.extend(workspace.members().flat_map(foreign_doors));
    complaints.extend(workspace.members().flat_map(|package| reached(workspace, package)));
    for file in workspace.files()? {
        if PURE.iter().any(|room| file.starts_with(room)) && file.extension().is_some_and(|x| x == "rs") {
            complaints.extend(impure(&file, &fs::read_to_string(workspace.path(&file))?));
        }
    }
    Ok(complaints)
}

fn wrong_arrows(package: &Package) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
        return vec![format!("{}: a new crate needs a row in the table of arrows", package.name)];
    };
    let ours = |name: &str| ARROWS.iter().any(|(known, _)| *known == name);
    let shipped = package.dependencies.iter().filter(|dependency| dependency.ships());
    let wrong = shipped.filter(|d| ours(&d.name) && !allowed.contains(&d.name.as_str()));
    wrong.map(|d| format!("{} must not depend on {}", package.name, d.name)).collect()
}

fn foreign_doors(package: &Package) -> Vec<String> {
    let mut complaints = Vec::new();
    for (door, owner, why) in DOORS {
        for dependency in &package.dependencies {
            if door.contains(&dependency.name.as_str()) && package.name != *owner {
                complaints.push(format!("{} names {}: {why}, {owner}", package.name, dependency.name));
            }
        }
    }
    complaints
}

fn reached(workspace: &Workspace, package: &Package) -> Vec<String> {
    let mut complaints = Vec::new();
    for (rooms, banned, why) in OUT_OF_REACH {
        if !rooms.contains(&package.name.as_str()) {
            continue;
        }
        let closure = workspace.closure(package);
        let hit = closure.iter().filter(|name| banned.contains(name));
        complaints.extend(hit.map(|name| format!("{} reaches {name}: {why}", package.name)));
    }
    complaints
}

fn impure(file: &Path, text: &str) -> Vec<String> {
    let production = rust_source::production(text);
    let lines = production.lines().enumerate();
    lines
        .flat_map(|(at, line)| {
            WORLD.iter().filter(move |word| line.contains(**word)).map(move |word| (at, word))
        })
        .map(|(at, word)| format!("{}:{}: {word} in a crate without I/O", file.display(), at + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two crates of ours and two external ones; each edge is `user -> used (kind)`.
    fn workspace(edges: &[(&str, &str, &str)]) -> Workspace {
        let mut names: Vec<&str> = edges.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
        names.sort_unstable();
        names.dedup();
        let kind = |kind: &str| if kind == "normal" { "null".to_owned() } else { format!("\"{kind}\"") };
        let of = |name: &str| edges.iter().filter(move |(from, ..)| *from == name).collect::<Vec<_>>();
        let packages: Vec<String> = names
            .iter()
            .map(|name| {
                let list = of(name);
                let list: Vec<_> = list
                    .iter()
                    .map(|(_, to, k)| format!(r#"{{"name":"{to}","kind":{}}}"#, kind(k)))
                    .collect();
                format!(r#"{{"id":"{name}","name":"{name}","dependencies":[{}]}}"#, list.join(","))
            })
            .collect();
        let nodes: Vec<String> = names
            .iter()
            .map(|name| {
                let list = of(name);
                let list: Vec<_> = list
                    .iter()
                    .map(|(_, to, k)| format!(r#"{{"pkg":"{to}","dep_kinds":[{{"kind":{}}}]}}"#, kind(k)))
                    .collect();
                format!(r#"{{"id":"{name}","deps":[{}]}}"#, list.join(","))
            })
            .collect();
        let members: Vec<_> =
            names.iter().filter(|n| n.starts_with("ombud")).map(|n| format!("\"{n}\"")).collect();
        Workspace::parse(&format!(
            r#"{{"workspace_root":"/","target_directory":"/t","workspace_members":[{}],"packages":[{}],"resolve":{{"nodes":[{}]}}}}"#,
            members.join(","),
            packages.join(","),
            nodes.join(",")
        ))
        .unwrap()
    }

    fn all(workspace: &Workspace) -> Vec<String> {
        let members = || workspace.members();
        members()
            .flat_map(wrong_arrows)
            .chain(members().flat_map(foreign_doors))
            .chain(members().flat_map(|p| reached(workspace, p)))
            .collect()
    }

    #[test]
    fn an_arrow_upwards_is_named() {
        let complaints = all(&workspace(&[("ombud-core", "ombud-detect", "normal")]));
        assert_eq!(complaints, ["ombud-core must not depend on ombud-detect"]);
        assert!(all(&workspace(&[("ombud-detect", "ombud-core", "normal")])).is_empty());
        assert!(all(&workspace(&[("ombud-core", "ombud-detect", "dev")])).is_empty());
    }

    #[test]
    fn a_second_database_user_is_named_even_in_tests() {
        let complaints = all(&workspace(&[("ombud-gateway", "sqlx", "dev")]));
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(all(&workspace(&[("ombud-ledger", "sqlx", "normal")])).is_empty());
    }

    #[test]
    fn async_is_found_however_far_away() {
        let far = [("ombud-detect", "helper", "normal"), ("helper", "tokio", "normal")];
        assert_eq!(all(&workspace(&far)).len(), 1);
        let in_tests = [("ombud-detect", "helper", "dev"), ("helper", "tokio", "normal")];
        assert!(all(&workspace(&in_tests)).is_empty());
    }

    #[test]
    fn a_pure_crate_reads_no_file_but_its_tests_may() {
        let text = "use std::fs;\n// std::env in a comment\n#[cfg(test)]\nmod tests { use std::env; }\n";
        assert_eq!(impure(Path::new("a.rs"), text), ["a.rs:1: std::fs in a crate without I/O"]);
    }
}
