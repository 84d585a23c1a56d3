use super::*;

fn rows(name: &str, text: &str) -> Vec<Row> {
    parse(name, text).unwrap().rows
}

fn short(rows: &[Row]) -> Vec<String> {
    let version =
        |row: &Row| row.version.clone().or_else(|| row.range.clone().map(|range| format!("({range})")));
    rows.iter().map(|row| format!("{} {}", row.name, version(row).unwrap_or_default())).collect()
}

#[test]
fn requirements_are_read_line_by_line() {
    let hash = "a".repeat(64);
    let text = format!(
        "# own\n-r base.txt\n--index-url https://user:pass@pypi.example/simple\nOpenAI[datalib] == 1.2.3 ; python_version > '3.8'  # pinned\n\
         chroma_db>=0.5,<0.6\nflask\nown @ git+https://token@git.example/a/own@abc\n./local\n-e .\n\
         httpx==0.27.0 \\\n    --hash=sha256:{hash} \\\n    --hash=sha256:{hash}\nhttps://user:pass@host/x.whl\nx==1.*\n"
    );
    let rows = rows("requirements.txt", &text);
    assert_eq!(
        short(&rows),
        [
            "openai 1.2.3",
            "chroma-db (>=0.5,<0.6)",
            "flask ",
            "own (git+https://git.example/a/own@abc)",
            "httpx 0.27.0",
            "x (==1.*)"
        ]
    );
    assert_eq!(rows[4].files[0].hashes[0].hex, hash);
    assert!(
        !rows.iter().any(|row| format!("{row:?}").contains("pass") || format!("{row:?}").contains("token"))
    );
}

#[test]
fn projects_in_toml_are_read() {
    let text = "[project]\nname='a'\ndependencies=['openai>=1','x==2']\n[project.optional-dependencies]\nweb=['flask']\n\
                [dependency-groups]\ndev=['pytest', {include-group='x'}]\n[tool.poetry.dependencies]\npython='^3.11'\nmem0ai='0.1.2'\n\
                httpx={version='^0.27'}\n[tool.poetry.group.test.dependencies]\nruff='*'\n";
    let rows = rows("pyproject.toml", text);
    assert_eq!(
        short(&rows),
        ["openai (>=1)", "x 2", "flask ", "pytest ", "httpx (^0.27)", "mem0ai 0.1.2", "ruff (*)"]
    );
    assert_eq!(
        rows.iter().filter(|row| row.development).map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["pytest", "ruff"]
    );
}

#[test]
fn what_node_asks_for_is_read() {
    let text = r#"{"dependencies": {"openai": "^4.1.0", "ai": "5.0.1", "own": "workspace:*", "a": "npm:real@1.0.0",
        "git": "git+https://token@git.example/x.git"}, "devDependencies": {"vitest": "~3.0.0"}}"#;
    assert_eq!(
        short(&rows("web/package.json", text)),
        [
            "real 1.0.0",
            "ai 5.0.1",
            "git (git+https://git.example/x.git)",
            "openai (^4.1.0)",
            "vitest (~3.0.0)"
        ]
    );
}

const NPM: &str = r#"{"lockfileVersion": 3, "packages": {
    "": {"dependencies": {"a": "^1"}},
    "node_modules/a": {"version": "1.0.0", "integrity": "sha512-AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw==",
        "resolved": "https://user:pw@registry.example/a.tgz?token=x", "dependencies": {"b": "^2"}},
    "node_modules/a/node_modules/b": {"version": "2.0.0"},
    "node_modules/b": {"version": "1.0.0", "dev": true},
    "packages/own": {"version": "0.0.1"}}}"#;

#[test]
fn an_npm_lock_says_which_version_needs_which() {
    let rows = rows("package-lock.json", NPM);
    assert_eq!(short(&rows), ["a 1.0.0", "b 1.0.0", "b 2.0.0"]);
    assert_eq!(
        rows[0].needs.as_deref(),
        Some([2].as_slice()),
        "the one inside comes before the one at the top"
    );
    let file = &rows[0].files[0];
    assert_eq!(file.at.as_deref(), Some("https://registry.example/a.tgz"));
    assert_eq!((file.hashes[0].algorithm.as_str(), &file.hashes[0].hex[..8]), ("sha512", "00010203"));
    let old = r#"{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}}}"#;
    assert_eq!(short(&super::parse("package-lock.json", old).unwrap().rows), ["a 1.0.0", "b 2.0.0"]);
}

#[test]
fn locks_of_python_are_read() {
    let hash = "b".repeat(64);
    let uv = format!(
        "version = 1\n[[package]]\nname = 'me'\nversion = '0'\nsource = {{ editable = '.' }}\n[[package]]\nname = 'openai'\nversion = '1.2.3'\n\
         dependencies = [{{ name = 'Httpx' }}]\nsdist = {{ url = 'https://files.example/o.tar.gz', hash = 'sha256:{hash}' }}\n\
         [[package]]\nname = 'httpx'\nversion = '0.27.0'\n"
    );
    let found = rows("uv.lock", &uv);
    assert_eq!(short(&found), ["openai 1.2.3", "httpx 0.27.0"]);
    assert_eq!(
        (found[0].needs.as_deref(), found[1].needs.as_deref()),
        (Some([1].as_slice()), Some([].as_slice()))
    );
    let poetry = format!(
        "[[package]]\nname = 'openai'\nversion = '1.2.3'\nfiles = [{{file = 'o.whl', hash = 'sha256:{hash}'}}]\n\
         [package.dependencies]\nhttpx = '>=0.2'\n[[package]]\nname = 'httpx'\nversion = '0.27.0'\n"
    );
    let found = rows("poetry.lock", &poetry);
    assert_eq!(found[0].needs.as_deref(), Some([1].as_slice()));
    assert_eq!(found[0].files[0].at.as_deref(), Some("o.whl"));
    let pipfile =
        format!(r#"{{"default": {{"flask": {{"version": "==3.0.0", "hashes": ["sha256:{hash}"]}}}}}}"#);
    assert_eq!(short(&rows("Pipfile.lock", &pipfile)), ["flask 3.0.0"]);
}

#[test]
fn locks_of_yarn_and_pnpm_are_read() {
    let sha =
        "sha512-AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw==";
    let first = format!(
        "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.1.0\"\n  resolved \"https://r.example/a.tgz#x\"\n  integrity {sha}\n  dependencies:\n    b \"^2.0.0\"\n\nb@^2.0.0:\n  version \"2.0.1\"\n"
    );
    let found = rows("yarn.lock", &first);
    assert_eq!(short(&found), ["@s/a 1.1.0", "b 2.0.1"]);
    assert_eq!(found[0].needs.as_deref(), Some([1].as_slice()));
    assert_eq!(found[0].files[0].at.as_deref(), Some("https://r.example/a.tgz"));
    let berry = "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0\":\n  version: 1.0.0\n  dependencies:\n    b: \"npm:^2.0.0\"\n\n\"b@npm:^2.0.0\":\n  version: 2.0.0\n\n\"own@workspace:.\":\n  version: 0.0.0\n";
    let found = rows("yarn.lock", berry);
    assert_eq!(
        (short(&found), found[0].needs.as_deref()),
        (vec!["a 1.0.0".to_owned(), "b 2.0.0".to_owned()], Some([1].as_slice()))
    );
    let pnpm = format!(
        "lockfileVersion: '9.0'\n\npackages:\n\n  '@s/a@1.1.0':\n    resolution: {{integrity: {sha}}}\n\n  b@2.0.1(p@1.0.0):\n    resolution: {{integrity: {sha}}}\n\nsnapshots:\n\n  b@2.0.1:\n    dependencies: {{}}\n"
    );
    let found = rows("pnpm-lock.yaml", &pnpm);
    assert_eq!(short(&found), ["@s/a 1.1.0", "b 2.0.1"]);
    assert_eq!(found[1].files[0].hashes[0].algorithm, "sha512");
}

#[test]
fn a_manifest_and_its_lock_become_one_list() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("package.json", r#"{"dependencies": {"a": "^1", "c": "^3"}}"#);
    write("package-lock.json", NPM);
    write("api/requirements.txt", "flask==3.0.0\n");
    write("api/go.mod", "module x\n");
    write("tests/package.json", r#"{"dependencies": {"never": "1.0.0"}}"#);
    write("node_modules/x/package.json", r#"{"dependencies": {"never": "1.0.0"}}"#);
    write("web/package.json", "{ broken");
    let found = packages(dir.path());
    let shown: Vec<String> = found
        .all
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one.name,
                one.version.as_deref().unwrap_or("?"),
                if one.direct { "direct" } else { "" }
            )
        })
        .collect();
    assert_eq!(shown, ["a 1.0.0 direct", "b 1.0.0 ", "b 2.0.0 ", "c ? direct", "flask 3.0.0 direct"]);
    assert_eq!(found.all[0].needs, Some([2].into()), "what the lock says");
    assert_eq!(found.all[0].places, ["package-lock.json".to_owned(), "package.json".to_owned()].into());
    assert_eq!(found.unread, ["api/go.mod", "web/package.json"]);
}

#[test]
fn hostile_manifests_are_harmless() {
    let names = [
        "requirements.txt",
        "pyproject.toml",
        "package.json",
        "package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "uv.lock",
        "Pipfile.lock",
    ];
    let texts = [
        "",
        "\u{feff}",
        "[",
        "{\"packages\": []}",
        "\"",
        "packages:\n  :\n  @\n  é@1.0.0:\n",
        "é@\"\n  x\n    \"",
        "lockfileVersion: 9\npackages:\n  /é/1_:\n",
        "@:\n  version\n",
    ];
    for name in names {
        for text in texts {
            let _ = parse(name, text);
        }
        let _ = parse(name, &"[{\"a@".repeat(20_000));
    }
    assert!(hash("sha512-").is_none() && hash("sha256:xyz").is_none() && hash("é-é").is_none());
}
