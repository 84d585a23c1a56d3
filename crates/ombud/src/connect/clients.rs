//! MCP clients and where each keeps its configuration.

use std::env;
use std::path::PathBuf;

use ombud_core::Lang;

/// Where a file is looked for.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the project.
    Project(&'static str),
    /// In the user's home.
    Home(&'static str),
    /// In the folder for application settings.
    Settings(&'static str),
}

/// Name and places; the first that exists wins. Sources: each client's own documentation, November 2026.
const CLIENTS: &[(&str, &[Place])] = &[
    ("cursor", &[Place::Project(".cursor/mcp.json"), Place::Home(".cursor/mcp.json")]),
    ("claude", &[Place::Settings("Claude/claude_desktop_config.json")]),
    ("claude-code", &[Place::Project(".mcp.json")]),
    ("vscode", &[Place::Project(".vscode/mcp.json"), Place::Settings("Code/User/mcp.json")]),
    ("windsurf", &[Place::Home(".codeium/windsurf/mcp_config.json")]),
    ("gemini", &[Place::Project(".gemini/settings.json"), Place::Home(".gemini/settings.json")]),
    ("trae", &[Place::Project(".trae/mcp.json"), Place::Settings("Trae/User/mcp.json")]),
    ("kiro", &[Place::Project(".kiro/settings/mcp.json"), Place::Home(".kiro/settings/mcp.json")]),
];

/// The names of all clients.
pub(super) fn names(lang: Lang) -> String {
    CLIENTS.iter().map(|client| client.0).collect::<Vec<_>>().join(if lang == Lang::Zh {
        "、"
    } else {
        ", "
    })
}

/// The configuration of a client: the first that exists, or else the first place.
pub(super) fn file(client: &str) -> Option<PathBuf> {
    let (_, places) = CLIENTS.iter().find(|known| known.0 == client)?;
    let paths: Vec<PathBuf> = places.iter().filter_map(|place| path(*place)).collect();
    paths.iter().find(|path| path.is_file()).or(paths.first()).cloned()
}

fn path(place: Place) -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(PathBuf::from);
    match place {
        Place::Project(path) => Some(PathBuf::from(path)),
        Place::Home(path) => Some(home()?.join(path)),
        Place::Settings(path) if cfg!(target_os = "macos") => {
            Some(home()?.join("Library/Application Support").join(path))
        }
        Place::Settings(path) => {
            let settings = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
            Some(settings.or_else(|| Some(home()?.join(".config")))?.join(path))
        }
    }
}
