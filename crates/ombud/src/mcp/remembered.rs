//! What a home remembers of MCP servers: the definitions of their tools, and calls that somebody allowed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ombud_gateway::tool::pins::Pins;

/// How long an allowed call may wait for being made.
const LIFE: Duration = Duration::from_mins(15);

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
                pin.definition = pin.offered.take().unwrap_or_default();
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

    fn allowed(&self, code: &str) -> Option<PathBuf> {
        let code = code.trim().to_ascii_uppercase();
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| self.folder.join("allowed").join(code))
    }

    /// Allows the call with this code; whether it is one.
    pub(crate) fn allow(&self, code: &str) -> io::Result<bool> {
        let Some(path) = self.allowed(code) else { return Ok(false) };
        fs::create_dir_all(self.folder.join("allowed"))?;
        private(&path)?.sync_all()?;
        Ok(true)
    }

    /// Takes the permission for the call with this code: it counts once, and not for long.
    pub(crate) fn take(&self, code: &str) -> bool {
        let Some(path) = self.allowed(code) else { return false };
        let given = fs::metadata(&path).and_then(|about| about.modified());
        let fresh = given.is_ok_and(|given| given.elapsed().is_ok_and(|age| age < LIFE));
        // Of two that take it, one removes it.
        fs::remove_file(path).is_ok() && fresh
    }
}

/// A new file that only its owner can read.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create(true).truncate(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_counts_once() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path());
        assert!(!known.take("4F2A7K"));
        assert!(known.allow(" 4f2a7k ").unwrap());
        assert!(known.take("4F2A7K") && !known.take("4F2A7K"));
        for code in ["", "../../x", "4F2A7", "4F2A7K7", "同意同意"] {
            assert!(!known.allow(code).unwrap(), "{code}");
        }
    }

    #[test]
    fn a_permission_expires() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path());
        for (age, counts) in [(LIFE / 2, true), (LIFE + Duration::from_mins(1), false)] {
            assert!(known.allow("4F2A7K").unwrap());
            let file = fs::File::options().write(true).open(known.allowed("4F2A7K").unwrap()).unwrap();
            file.set_modified(std::time::SystemTime::now() - age).unwrap();
            assert_eq!(known.take("4F2A7K"), counts, "{age:?}");
            assert!(!known.take("4F2A7K"), "what has expired is gone");
        }
        // Of what a clock that was set back makes the future, nobody knows the age.
        assert!(known.allow("4F2A7K").unwrap());
        let file = fs::File::options().write(true).open(known.allowed("4F2A7K").unwrap()).unwrap();
        file.set_modified(std::time::SystemTime::now() + LIFE).unwrap();
        assert!(!known.take("4F2A7K"));
    }

    #[test]
    fn what_was_accepted_meanwhile_stays_accepted() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path());
        let mut pins = Pins::default();
        pins.see("add", r#"{"name":"add","description":"old"}"#);
        pins.see("add", r#"{"name":"add","description":"new"}"#);
        known.save("calc", &pins).unwrap();
        assert_eq!(known.accept("calc", Some("add")).unwrap(), 1);
        known.save("calc", &pins).unwrap();
        let now = known.pins("calc");
        assert!(!now.is_changed("add") && now.tools["add"].definition.contains("new"));
        assert_eq!(known.accept("calc", None).unwrap(), 0);
        assert_eq!(known.all().len(), 1);
    }
}
