//! The folder `spent` of a home: what clients have done today, for `calls_per_day` and `money_per_day` under `[tools.limits]`.
//!
//! Each `ombud mcp` is a process of its own and starts at zero, so what it does is appended to a file of the day that all
//! of them read. A line is one write, short enough to be atomic. Two processes that decide at the same moment may miss each
//! other's call: a limit may be exceeded by as many calls as are decided at once. Days are in UTC.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ombud_gateway::daily::{Daily, Today};

const DAY: Duration = Duration::from_hours(24);

/// More than every limit.
const UNKNOWN: Today = Today { calls: u32::MAX, money: u64::MAX };

/// The days of a home.
pub(crate) struct Purse {
    folder: PathBuf,
    /// Whether each client has limits of its own. Without keys to tell them apart, a client could take a new name each
    /// time.
    apart: bool,
    read: Mutex<Sums>,
    /// The day on which something could not be recorded, whichever day was read last.
    lost: Mutex<Option<u64>>,
}

/// What was read from the file of a day.
#[derive(Default)]
struct Sums {
    day: u64,
    /// Bytes of the file that are included in the sums.
    bytes: u64,
    clients: HashMap<String, Today>,
}

impl Purse {
    /// The purse of a home.
    pub(crate) fn at(home: &Path, apart: bool) -> Self {
        Self { folder: home.join("spent"), apart, read: Mutex::default(), lost: Mutex::default() }
    }

    fn whose<'c>(&self, client: &'c str) -> &'c str {
        if self.apart { client } else { "all" }
    }

    fn spent(&self, day: u64, client: &str) -> io::Result<Today> {
        if *self.lost.lock().unwrap_or_else(PoisonError::into_inner) == Some(day) {
            return Ok(UNKNOWN);
        }
        let mut sums = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if sums.day != day {
            *sums = Sums { day, ..Sums::default() };
        }
        sums.read(&self.folder.join(day.to_string()))?;
        Ok(sums.clients.get(self.whose(client)).copied().unwrap_or_default())
    }

    fn count(&self, day: u64, client: &str, money: u64) {
        if self.append(day, client, money).is_err() {
            *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(day);
        }
    }

    fn append(&self, day: u64, client: &str, money: u64) -> io::Result<()> {
        crate::files::private_dir(&self.folder)?;
        let path = self.folder.join(day.to_string());
        if !path.exists() {
            self.forget(day);
        }
        let mut options = OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.append(true).create(true).open(path)?;
        file.write_all(format!("{} {money}\n", self.whose(client)).as_bytes())
    }

    /// Removes the files of other days.
    fn forget(&self, day: u64) {
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let other = file.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            if other.is_some_and(|other| other != day) {
                // Another process may have removed it.
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

impl Sums {
    /// Adds what was appended since.
    fn read(&mut self, path: &Path) -> io::Result<()> {
        let mut file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.bytes == 0 => return Ok(()),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() < self.bytes {
            return Err(io::ErrorKind::InvalidData.into());
        }
        file.seek(SeekFrom::Start(self.bytes))?;
        let mut new = String::new();
        file.read_to_string(&mut new)?;
        for line in new.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let (client, money) = line.trim_end().split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
            let money: u64 = money.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            let sum = self.clients.entry(client.to_owned()).or_default();
            *sum = Today { calls: sum.calls.saturating_add(1), money: sum.money.saturating_add(money) };
            self.bytes += line.len() as u64;
        }
        Ok(())
    }
}

fn today() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_secs() / DAY.as_secs()
}

impl Daily for Purse {
    fn today(&self, client: &str) -> Today {
        self.spent(today(), client).unwrap_or(UNKNOWN)
    }

    fn add(&self, client: &str, money: u64) {
        self.count(today(), client, money);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_begins_anew_by_coming_again() {
        let home = tempfile::tempdir().unwrap();
        let (first, second) = (Purse::at(home.path(), false), Purse::at(home.path(), false));
        assert_eq!(first.spent(5, "a").unwrap(), Today::default());
        first.append(5, "a", 20).unwrap();
        second.append(5, "b", 5).unwrap();
        for purse in [&first, &second, &Purse::at(home.path(), false)] {
            assert_eq!(purse.spent(5, "another").unwrap(), Today { calls: 2, money: 25 });
            assert_eq!(purse.spent(5, "a").unwrap(), Today { calls: 2, money: 25 });
        }
        assert_eq!(first.spent(6, "a").unwrap(), Today::default());
        first.append(6, "a", 1).unwrap();
        assert_eq!(fs::read_dir(home.path().join("spent")).unwrap().count(), 1, "a day that is over goes");
    }

    #[test]
    fn where_keys_tell_clients_apart_each_has_its_own() {
        let home = tempfile::tempdir().unwrap();
        let purse = Purse::at(home.path(), true);
        purse.append(5, "a", 20).unwrap();
        assert_eq!(purse.spent(5, "a").unwrap(), Today { calls: 1, money: 20 });
        assert_eq!(purse.spent(5, "b").unwrap(), Today::default());
    }

    #[test]
    fn what_is_not_known_is_more_than_any_limit() {
        let home = tempfile::tempdir().unwrap();
        let purse = Purse::at(home.path(), true);
        purse.add("a", 1);
        assert_eq!(purse.today("a"), Today { calls: 1, money: 1 });
        let path = home.path().join("spent").join(today().to_string());
        for damage in ["", "a one\n", "a"] {
            fs::write(&path, damage).unwrap();
            assert_eq!(purse.today("a"), UNKNOWN, "{damage:?}");
        }
    }

    #[test]
    fn what_could_not_be_written_down_is_not_forgotten_with_what_was_read() {
        let home = tempfile::tempdir().unwrap();
        // A link to nowhere: nothing is there to be read, and nothing can be written.
        std::os::unix::fs::symlink(home.path().join("none/at/all"), home.path().join("spent")).unwrap();
        let purse = Purse::at(home.path(), true);
        assert_eq!(purse.spent(4, "a").unwrap(), Today::default());
        purse.count(5, "a", 1);
        for _ in 0..2 {
            assert_eq!(purse.spent(5, "a").unwrap(), UNKNOWN);
        }
        assert_eq!(purse.spent(6, "a").unwrap(), Today::default(), "another day");
        assert_eq!(purse.spent(5, "b").unwrap(), UNKNOWN);
    }
}
