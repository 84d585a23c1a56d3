//! What a home remembers of MCP servers: the definitions of their tools.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ombud_gateway::tool::pins::Pins;

use crate::approvals::desk::private;

/// The folder `mcp` of a home.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    folder: PathBuf,
}

impl Remembered {
    /// What a home remembers.
    pub(crate) fn at(home: &Path) -> Self {
        Self { folder: home.join("mcp") }
    }

    fn file(&self, server: &str) -> PathBuf {
        let letter = |ch: char| if ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_') { ch } else { '-' };
        let name: String = server.chars().map(letter).take(80).collect();
        self.folder.join(format!("{name}.json"))
    }

    /// What is remembered of a server.
    pub(crate) fn pins(&self, server: &str) -> Pins {
        let text = fs::read_to_string(self.file(server)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// What is remembered of every server, by name.
    pub(crate) fn all(&self) -> Vec<(String, Pins)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| {
            let path = entry.path();
            let json = path.extension().is_some_and(|extension| extension == "json");
            json.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).flatten()
        });
        let mut all: Vec<(String, Pins)> = names.map(|name| (name.clone(), self.pins(&name))).collect();
        all.sort_by(|one, two| one.0.cmp(&two.0));
        all
    }

    /// Remembers what a session knows. What was accepted meanwhile stays accepted.
    pub(crate) fn save(&self, server: &str, pins: &Pins) -> io::Result<()> {
        let (before, mut pins) = (self.pins(server), pins.clone());
        for (name, pin) in &mut pins.tools {
            let known = before.tools.get(name);
            let accepted = known.is_some_and(|known| {
                known.offered.is_none() && Some(&known.definition) == pin.offered.as_ref()
            });
            if accepted {
                pin.accept();
            }
        }
        for (name, pin) in before.tools {
            pins.tools.entry(name).or_insert(pin);
        }
        self.write(server, &pins)
    }

    fn write(&self, server: &str, pins: &Pins) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.file(server);
        // Sessions of one server may save at the same time: each its own file first.
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = private(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(pins)?)?;
        file.sync_all()?;
        fs::rename(temporary, path)
    }

    /// Accepts what a server offers for one of its tools, or for all; how many that were.
    pub(crate) fn accept(&self, server: &str, tool: Option<&str>) -> io::Result<usize> {
        let mut pins = self.pins(server);
        let names: Vec<String> =
            pins.tools.keys().filter(|name| tool.is_none_or(|tool| tool == *name)).cloned().collect();
        let count = names.iter().filter(|name| pins.accept(name)).count();
        if count > 0 {
            self.write(server, &pins)?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_meanwhile_stays_accepted() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path());
        let mut pins = Pins::default();
        pins.see("add", r#"{"name":"add","description":"old"}"#, &mut str::to_owned);
        pins.see("add", r#"{"name":"add","description":"new"}"#, &mut str::to_owned);
        known.save("calc", &pins).unwrap();
        assert_eq!(known.accept("calc", Some("add")).unwrap(), 1);
        known.save("calc", &pins).unwrap();
        let now = known.pins("calc");
        assert!(!now.is_changed("add") && now.tools["add"].definition.contains("new"));
        assert_eq!(known.accept("calc", None).unwrap(), 0);
        assert_eq!(known.all().len(), 1);
    }
}
