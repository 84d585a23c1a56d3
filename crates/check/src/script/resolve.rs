//! Resolves an import to a file of the project or a package.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::packages;
use crate::facts::File;

const ENDINGS: &[&str] = &["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

/// The modules of a project, and the names by which they can be imported.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    /// Paths without extension.
    stems: BTreeSet<String>,
    aliases: Vec<Alias>,
    /// The project's own packages, by name.
    packages: BTreeMap<String, String>,
}

/// `"@/*": ["./src/*"]`, for files below a folder.
#[derive(Debug)]
struct Alias {
    folder: String,
    prefix: String,
    target: String,
}

impl Resolver {
    /// Collects the names of the project's scripts, and the names declared in `tsconfig.json` and `package.json`.
    pub(super) fn new<'f>(files: &[File], scripts: impl Iterator<Item = &'f str>) -> Self {
        let mut resolver = Self { stems: scripts.map(stem).collect(), ..Self::default() };
        for file in files {
            match file.path.rsplit('/').next() {
                Some("tsconfig.json" | "jsconfig.json") => resolver.add_aliases(file),
                Some("package.json") => resolver.add_package(file),
                _ => {}
            }
        }
        // The deepest configuration wins, then the longest prefix.
        resolver.aliases.sort_by_key(|alias| {
            std::cmp::Reverse((alias.folder.len(), alias.prefix.len(), alias.target.len()))
        });
        resolver
    }

    /// Returns a key that differs between resolvers with different results.
    pub(super) fn key(&self) -> String {
        format!("{self:?}")
    }

    fn add_aliases(&mut self, file: &File) {
        let Ok(config) = serde_json::from_str::<Value>(&without_comments(&file.text)) else { return };
        let folder = folder(&file.path).to_owned();
        let options = config.get("compilerOptions");
        let base = options.and_then(|options| options.get("baseUrl")).and_then(Value::as_str);
        let root = join(&folder, base.unwrap_or("."));
        let paths = options.and_then(|options| options.get("paths")).and_then(Value::as_object);
        for (name, targets) in paths.into_iter().flatten() {
            for target in targets.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let (prefix, target) = (name.trim_end_matches('*'), target.trim_end_matches('*'));
                let (prefix, target) = (prefix.to_owned(), join(&root, target));
                self.aliases.push(Alias { folder: folder.clone(), prefix, target });
            }
        }
        if base.is_some() {
            self.aliases.push(Alias { folder, prefix: String::new(), target: root });
        }
    }

    fn add_package(&mut self, file: &File) {
        let Ok(config) = serde_json::from_str::<Value>(&file.text) else { return };
        let text = |key: &str| config.get(key).and_then(Value::as_str);
        let Some(name) = text("name") else { return };
        let folder = folder(&file.path);
        let main = text("source").or_else(|| text("main")).or_else(|| text("module")).unwrap_or("index");
        let starts = [main, "src/index", "index", "src/main", "lib/index"];
        let found = starts.iter().find_map(|start| self.known(&join(folder, start)));
        if let Some(found) = found {
            self.packages.insert(name.to_owned(), found);
        }
    }

    /// Returns the name that the evaluator uses: `/path/of/file` for a file of the project, dots for a package.
    pub(super) fn module(&self, from: &str, specifier: &str) -> String {
        if specifier.starts_with('.') {
            let path = join(folder(from), specifier);
            return self.known(&path).map_or_else(|| unresolved(&path), |stem| format!("/{stem}"));
        }
        match self.aliased(from, specifier).or_else(|| self.packages.get(specifier).cloned()) {
            Some(stem) => format!("/{stem}"),
            None => packages::canonical(specifier),
        }
    }

    fn aliased(&self, from: &str, specifier: &str) -> Option<String> {
        let configured = self.aliases.iter().filter(|alias| below(from, &alias.folder)).find_map(|alias| {
            let rest = specifier.strip_prefix(&alias.prefix)?;
            self.known(&join(&alias.target, rest))
        });
        // Aliases that bundlers support by default.
        configured.or_else(|| {
            let rest = ["@/", "~/", "#/", "$lib/"].iter().find_map(|sign| specifier.strip_prefix(sign))?;
            let roots = ["src", "", "app", "src/lib", "lib"];
            roots.iter().find_map(|root| self.known(&join(root, rest)))
        })
    }

    /// Returns the stem of a file of the project.
    fn known(&self, path: &str) -> Option<String> {
        let bare = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)?.strip_suffix('.'));
        let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
        let all = [path, bare.unwrap_or(path), &index];
        all.into_iter().map(stem_of_index).find(|stem| self.stems.contains(stem))
    }
}

/// Strips the extension from a path; an index file is named by its folder.
pub(super) fn stem(path: &str) -> String {
    let bare = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)?.strip_suffix('.'));
    stem_of_index(bare.unwrap_or(path))
}

fn stem_of_index(path: &str) -> String {
    path.strip_suffix("/index").unwrap_or(path).to_owned()
}

/// Returns a name for a file that is not a script of the project: a style sheet, data, something generated.
fn unresolved(path: &str) -> String {
    format!("local/{}", path.replace('.', "_"))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |parts| parts.0)
}

fn below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Joins a path to a folder, resolving `.` and `..`.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Strips comments and trailing commas, which TypeScript's configuration files may contain.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut quoted = false;
    while let Some(ch) = rest.next() {
        match (ch, rest.peek()) {
            ('\\', _) if quoted => {
                kept.push(ch);
                kept.extend(rest.next());
                continue;
            }
            ('"', _) => quoted = !quoted,
            ('/', Some('/')) if !quoted => {
                while rest.next_if(|ch| *ch != '\n').is_some() {}
                continue;
            }
            ('/', Some('*')) if !quoted => {
                let mut before = ' ';
                rest.next();
                for ch in rest.by_ref() {
                    if before == '*' && ch == '/' {
                        break;
                    }
                    before = ch;
                }
                continue;
            }
            ('}' | ']', _) if !quoted => {
                let end = kept.trim_end().len();
                if kept.get(..end).is_some_and(|kept| kept.ends_with(',')) {
                    kept.truncate(end - 1);
                }
            }
            _ => {}
        }
        kept.push(ch);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(files: &[(&str, &str)]) -> Resolver {
        let all: Vec<File> = files
            .iter()
            .map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        let scripts = files.iter().map(|(path, _)| *path).filter(|path| !path.ends_with("json"));
        Resolver::new(&all, scripts)
    }

    #[test]
    fn files_are_found_by_every_name_that_they_have() {
        let config = "{ // paths\n \"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"#db/*\": [\"./src/db/*\",],}, },}";
        let all = resolver(&[
            ("web/tsconfig.json", config),
            ("web/src/db/client.ts", ""),
            ("web/src/lib/index.ts", ""),
            ("web/src/app/page.tsx", ""),
            ("packages/memory/package.json", "{\"name\":\"@acme/memory\",\"main\":\"dist/index.js\"}"),
            ("packages/memory/src/index.ts", ""),
            ("src/lib/ai.ts", ""),
            ("index.js", ""),
        ]);
        let from = "web/src/app/page.tsx";
        assert_eq!(all.module(from, "#db/client"), "/web/src/db/client");
        assert_eq!(all.module(from, "../lib"), "/web/src/lib");
        assert_eq!(all.module(from, "../lib/index.js"), "/web/src/lib");
        assert_eq!(all.module(from, "src/db/client.js"), "/web/src/db/client");
        assert_eq!(all.module(from, "@acme/memory"), "/packages/memory/src");
        assert_eq!(all.module(from, "@/lib/ai"), "/src/lib/ai");
        assert_eq!(all.module("a.js", "./index.js"), "/index");
        assert_eq!(all.module(from, "./style.css"), "local/web/src/app/style_css");
        assert_eq!(all.module(from, "node:fs/promises"), "fs.promises");
        assert_eq!(all.module(from, "lib"), "lib");
    }

    #[test]
    fn comments_go_and_texts_stay() {
        assert_eq!(
            without_comments("{\"a\": \"//x\", /* b */ \"c\": [1, ],}"),
            "{\"a\": \"//x\",  \"c\": [1]}"
        );
    }
}
