//! Counts a request's instructions in user mode with valgrind: the count does not depend on how busy the machine is. The
//! kernel's work is not included. Valgrind's processor has no SHA instructions, so hashing counts for more than it costs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::contestant::Contestant;
use super::load::{self, Target};
use super::mock::Mock;
use super::process::{self, Server};
use super::{Load, shots};
use crate::tools::Need;

/// Requests of the two runs whose difference is taken, so that the cost of starting and stopping cancels out.
const FEW: u64 = 32;
const MANY: u64 = 232;

/// Instructions per request under a load, over one connection, in thousands.
pub(super) fn thousands(
    contestant: &Contestant,
    folder: &Path,
    mock: &Mock,
    load: Load,
    number: &mut u64,
) -> Result<u64> {
    let need = Need {
        program: "valgrind",
        probe: &["--version"],
        apt: "valgrind",
        why: "it counts the instructions of a request",
    };
    need.ensure()?;
    let few = total(contestant, folder, mock, Load { requests: FEW, ..load }, number)?;
    let many = total(contestant, folder, mock, Load { requests: MANY, ..load }, number)?;
    Ok(many.saturating_sub(few) / (MANY - FEW) / 1000)
}

/// All instructions of a run, from start to stop.
fn total(contestant: &Contestant, folder: &Path, mock: &Mock, load: Load, number: &mut u64) -> Result<u64> {
    let folder = folder.join("instructions");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let file = folder.join("callgrind.out");
    let listen = process::free_address()?;
    let command = counted(&contestant.command(&folder, mock.address, listen)?, &file);
    let server = Server::start(command, listen, &folder)?;
    let target = Target { address: server.address };
    mock.reset(Duration::ZERO);
    let outcome = load::fire(target, shots(target, load, load.requests, number), 1)?;
    // The counts are written when the server ends.
    drop(server);
    anyhow::ensure!(outcome.failure.is_none(), "under valgrind: {}", outcome.failure.unwrap_or_default());
    let counts = fs::read_to_string(&file).context("valgrind wrote no counts")?;
    summary(&counts).with_context(|| format!("{} has no sum", file.display()))
}

/// The same command under valgrind.
fn counted(command: &Command, file: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", &format!("--callgrind-out-file={}", file.display())]);
    valgrind.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => valgrind.env(name, value),
            None => valgrind.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        valgrind.current_dir(folder);
    }
    valgrind
}

/// The total in a callgrind file.
fn summary(counts: &str) -> Option<u64> {
    let line = counts.lines().rev().find_map(|line| line.strip_prefix("totals: "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all_parts_is_read() {
        assert_eq!(summary("events: Ir\nfn=(1) main\n1 20\ntotals: 1234\n"), Some(1234));
        assert_eq!(summary("events: Ir\n"), None);
    }

    #[test]
    fn the_command_stays_the_same() {
        let mut command = Command::new("prog");
        command.args(["a", "b"]).env("X", "1").env_remove("Y").current_dir("/");
        let counted = counted(&command, Path::new("/f"));
        assert_eq!(counted.get_args().skip(3).collect::<Vec<_>>(), ["prog", "a", "b"]);
        assert_eq!(counted.get_envs().count(), 2);
        assert_eq!(counted.get_current_dir(), Some(Path::new("/")));
    }
}
