//! What a home remembers about MCP servers: the definitions of their tools.
//!
//! New definitions are compared with what is remembered. So an unreadable file does not make a server one that was never
//! seen before: it is an error for whoever needs it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use ombud_core::{Lang, say};
use ombud_gateway::tool::pins::Pins;
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::files::{private, put_private};

/// Bytes of an encoded name that are used in a file name. Longer ones are cut and end in a digest.
const LONGEST: usize = 120;

/// The folder `mcp` of a home.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    folder: PathBuf,
    lang: Lang,
}

/// One of its files.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    /// The server; `None` if an earlier version wrote this.
    #[serde(default)]
    server: Option<String>,
    #[serde(flatten)]
    pins: Pins,
}

impl Remembered {
    /// What a home remembers; errors are reported in this language.
    pub(crate) fn at(home: &Path, lang: Lang) -> Self {
        Self { folder: home.join("mcp"), lang }
    }

    /// The file of a server: a different one for each name.
    fn file(&self, server: &str) -> PathBuf {
        let mut name = String::new();
        for byte in server.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
                name.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(name, "%{byte:02X}");
            }
        }
        if name.len() > LONGEST {
            name.truncate(LONGEST);
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, server.as_bytes());
            // In a short name, a percent sign is always followed by two digits.
            name.push_str("%%");
            for byte in digest.as_ref().iter().take(16) {
                let _ = write!(name, "{byte:02x}");
            }
        }
        self.folder.join(format!("{name}.json"))
    }

    fn read(&self, path: &Path) -> Result<Option<Kept>> {
        let lang = self.lang;
        let why = match fs::read(path).map(|text| serde_json::from_slice(&text)) {
            Ok(Ok(kept)) => return Ok(Some(kept)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => fault::io(&error, lang),
            Ok(Err(_)) => say!(lang, en: "it is damaged", zh: "文件已损坏"),
        };
        let path = path.display();
        Err(anyhow!(say!(lang,
            en: "the remembered tool definitions of an MCP server cannot be read ({why}), so it is unknown whether they have changed. If you trust the server as it is now, start over: rm '{path}'",
            zh: "无法读取已保存的 MCP 服务器工具定义（{why}），因此无法判断它们是否变过。如果你信任服务器目前的定义，可以重新开始：rm '{path}'")))
    }

    /// What is remembered about a server.
    pub(crate) fn pins(&self, server: &str) -> Result<Pins> {
        Ok(self.read(&self.file(server))?.map(|kept| kept.pins).unwrap_or_default())
    }

    /// What is remembered about every server, by name.
    pub(crate) fn all(&self) -> Result<Vec<(String, Pins)>> {
        let mut all = Vec::new();
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if let Some(kept) = self.read(&path)? {
                all.push((kept.server.unwrap_or(stem), kept.pins));
            }
        }
        all.sort_by(|one, two| one.0.cmp(&two.0));
        Ok(all)
    }

    /// Keeps others from changing what is remembered until this is dropped.
    fn turn(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let turn = private(&self.folder.join("lock"))?;
        turn.lock()?;
        Ok(turn)
    }

    /// Saves what a session knows. What was accepted meanwhile stays accepted.
    pub(crate) fn save(&self, server: &str, pins: &Pins) -> Result<()> {
        let _turn = self.turn()?;
        let (before, mut pins) = (self.pins(server)?, pins.clone());
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
        Ok(self.write(server, pins)?)
    }

    fn write(&self, server: &str, pins: Pins) -> io::Result<()> {
        let kept = Kept { server: Some(server.to_owned()), pins };
        put_private(&self.file(server), &serde_json::to_vec_pretty(&kept)?)
    }

    /// Accepts what a server offers for one of its tools, or for all; returns how many that were.
    pub(crate) fn accept(&self, server: &str, tool: Option<&str>) -> Result<usize> {
        let _turn = self.turn()?;
        let mut pins = self.pins(server)?;
        let names: Vec<String> =
            pins.tools.keys().filter(|name| tool.is_none_or(|tool| tool == *name)).cloned().collect();
        let count = names.iter().filter(|name| pins.accept(name)).count();
        if count > 0 {
            self.write(server, pins)?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(definitions: &[&str]) -> Pins {
        let mut pins = Pins::default();
        for text in definitions {
            let definition = format!(r#"{{"name":"add","description":"{text}"}}"#);
            pins.see("add", &definition, &mut str::to_owned);
        }
        pins
    }

    #[test]
    fn what_was_accepted_meanwhile_stays_accepted() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path(), Lang::En);
        let pins = seen(&["old", "new"]);
        known.save("calc", &pins).unwrap();
        assert_eq!(known.accept("calc", Some("add")).unwrap(), 1);
        known.save("calc", &pins).unwrap();
        let now = known.pins("calc").unwrap();
        assert!(!now.is_changed("add") && now.tools["add"].definition.contains("new"));
        assert_eq!(known.accept("calc", None).unwrap(), 0);
        assert_eq!(known.all().unwrap().len(), 1);
    }

    #[test]
    fn each_name_has_its_own_file_and_keeps_its_name() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path(), Lang::Zh);
        let (long, longer) = ("a".repeat(300), "a".repeat(301));
        let names = ["邮件", "日历", "my.server", "my-server", "my%2Eserver", "../x", "%", &long, &longer];
        for name in names {
            assert_eq!(known.pins(name).unwrap(), Pins::default(), "{name}");
            known.save(name, &seen(&[&format!("of {name}")])).unwrap();
        }
        for name in names {
            let pins = known.pins(name).unwrap();
            assert!(pins.tools["add"].definition.contains(&format!("of {name}\"")), "{name}");
        }
        let told: std::collections::BTreeSet<String> =
            known.all().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(told, names.map(str::to_owned).into());
        // What an earlier version wrote is found under its name.
        assert_eq!(known.file("calc_2"), home.path().join("mcp/calc_2.json"));
    }

    #[test]
    fn a_damaged_file_is_no_server_that_nobody_has_seen() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path(), Lang::En);
        known.save("srv", &seen(&["old"])).unwrap();
        for damage in ["{", "", "[]", r#"{"tools":{"add":1}}"#] {
            fs::write(known.file("srv"), damage).unwrap();
            let told = known.pins("srv").unwrap_err().to_string();
            assert!(told.contains("rm '") && told.contains("srv.json"), "{told}");
            assert!(known.save("srv", &seen(&["evil"])).is_err(), "{damage}");
            assert!(known.accept("srv", None).is_err() && known.all().is_err(), "{damage}");
            assert_eq!(fs::read_to_string(known.file("srv")).unwrap(), damage);
        }
    }

    #[test]
    fn sessions_that_save_at_once_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let known = Remembered::at(home.path(), Lang::En);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let known = &known;
                scope.spawn(move || {
                    let mut pins = Pins::default();
                    pins.see(&format!("tool{number}"), r#"{"name":"x"}"#, &mut str::to_owned);
                    (0..5).for_each(|_| known.save("calc", &pins).unwrap());
                });
            }
        });
        assert_eq!(known.pins("calc").unwrap().tools.len(), 8);
    }
}
