//! Packages as components.

use ombud_check::packages::{Artifact, Ecosystem, Package, Packages};
use serde_json::{Value, json};

use super::part::{Names, Part, escaped, hashes};

/// Every package in the manifests and lock files.
pub(super) fn all(packages: &Packages, names: &Names<'_>) -> Vec<Part> {
    let references: Vec<String> = packages.all.iter().map(|package| reference(package, names)).collect();
    let one = |(package, reference): (&Package, &String)| part(package, reference, &references, names);
    packages.all.iter().zip(&references).map(one).collect()
}

/// The package URL of a name and a version.
pub(super) fn purl(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> String {
    let kind = match ecosystem {
        Ecosystem::Npm => "npm",
        Ecosystem::PyPi => "pypi",
    };
    let name: Vec<String> = name.split('/').map(escaped).collect();
    let version = version.map(|version| format!("@{}", escaped(version))).unwrap_or_default();
    format!("pkg:{kind}/{}{version}", name.join("/"))
}

fn reference(package: &Package, names: &Names<'_>) -> String {
    let url = purl(package.ecosystem, &names.clean(&package.name), package.version.as_deref());
    match &package.range {
        Some(range) if package.version.is_none() => format!("{url}#{}", names.clean(range)),
        _ => url,
    }
}

fn part(package: &Package, reference: &str, references: &[String], names: &Names<'_>) -> Part {
    let mut part = Part::component("library", reference.to_owned(), &names.clean(&package.name));
    part.say("kind", "package");
    part.set("purl", purl(package.ecosystem, &names.clean(&package.name), package.version.as_deref()));
    if let Some(version) = &package.version {
        part.set("version", names.clean(version));
    } else {
        part.unpinned();
    }
    if let Some(range) = &package.range {
        part.say("range", names.clean(range));
    }
    if package.development {
        part.set("scope", "excluded");
        part.say("development", "true");
    }
    part.direct = package.direct;
    part.needs_known = package.needs.is_some();
    part.needs = package.needs.iter().flatten().filter_map(|need| references.get(*need)).cloned().collect();
    part.places = package.places.iter().map(|path| (names.clean(path), 0)).collect();
    files(package, &mut part);
    part
}

/// The hash of the one file; where there are several, each with its own.
fn files(package: &Package, part: &mut Part) {
    match package.files.as_slice() {
        [] => {}
        [one] if one.hashes.len() == 1 => part.set("hashes", hashes(&one.hashes)),
        all => {
            let url = |file: &Artifact| file.at.clone().unwrap_or_else(|| part.reference.clone());
            let rows: Vec<Value> = all
                .iter()
                .map(|file| json!({"type": "distribution", "url": url(file), "hashes": hashes(&file.hashes)}))
                .collect();
            part.set("externalReferences", rows);
        }
    }
}
