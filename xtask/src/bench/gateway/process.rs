//! A child process measured from outside, by what Linux shows about it and its own children in /proc.

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::command;

/// Length of a clock tick in /proc/PID/stat; the kernel shows 100 a second on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// A contestant that is not listening after this time is given up.
const START: Duration = Duration::from_mins(2);

/// How long it may take to stop by itself.
const STOP: Duration = Duration::from_secs(5);

/// A running contestant; dropping it stops the process.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// From the start of the process until it accepted a connection.
    pub(super) started: Duration,
}

/// What a process and its children have used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    /// Time on the processors, in user and kernel mode, with a resolution of 10 ms.
    pub(super) cpu: Duration,
    /// Resident memory now, in bytes.
    pub(super) resident: u64,
}

/// A loopback address that is free at the moment.
pub(super) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

impl Server {
    /// Starts a command that will listen on the address; its output goes to `output.txt` in `folder`.
    pub(super) fn start(mut command: Command, address: SocketAddr, folder: &Path) -> Result<Self> {
        let said = folder.join("output.txt");
        let out = File::create(&said)?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let program = command.get_program().to_string_lossy().into_owned();
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("could not start `{program}`"))?;
        let mut server = Self { child, address, started: Duration::ZERO };
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("`{program}` ended with {status}; its output is in {}", said.display());
            }
            if began.elapsed() > START {
                bail!("`{program}` is not listening; its output is in {}", said.display());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        server.started = began.elapsed();
        Ok(server)
    }

    /// Returns what it has used so far.
    pub(super) fn usage(&self) -> Result<Usage> {
        usage(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        if command::succeeds(Command::new("kill").args(["-TERM", &pid])) {
            let began = Instant::now();
            while began.elapsed() < STOP {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        // If this fails, the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The usage of a process with all its descendants.
fn usage(root: u32) -> Result<Usage> {
    let mut processes = HashMap::new();
    for entry in fs::read_dir("/proc").context("the bench reads /proc, so it runs on Linux only")? {
        let name = entry?.file_name();
        let Ok(pid) = name.to_string_lossy().parse::<u32>() else { continue };
        // A process that has ended in the meantime is not one of ours.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        processes.extend(read_stat(&stat).map(|(parent, cpu)| (pid, (parent, cpu))));
    }
    let mut total = Usage::default();
    for (pid, (_, cpu)) in processes.iter().filter(|(pid, _)| descends(**pid, root, &processes)) {
        total.cpu += *cpu;
        total.resident += resident(&fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default());
    }
    Ok(total)
}

fn descends(pid: u32, root: u32, processes: &HashMap<u32, (u32, Duration)>) -> bool {
    let mut at = Some(pid);
    while let Some(pid) = at {
        if pid == root {
            return true;
        }
        at = processes.get(&pid).map(|(parent, _)| *parent).filter(|parent| *parent != 0);
    }
    false
}

/// Parent and processor time from /proc/PID/stat. The name in parentheses may contain anything.
fn read_stat(stat: &str) -> Option<(u32, Duration)> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok());
    Some((ticks(1)?, TICK * (ticks(11)? + ticks(12)?)))
}

/// Resident bytes from /proc/PID/status.
fn resident(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read_as_proc_5_describes_them() {
        let stat = "42 (a b) c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 9 9 20 0 1 0 100 1000 200";
        assert_eq!(read_stat(stat), Some((7, Duration::from_secs(2))));
        assert_eq!(read_stat("nonsense"), None);
        assert_eq!(resident("Name:\ta\nVmRSS:\t    2048 kB\nThreads:\t1\n"), 2 << 20);
    }

    #[test]
    fn a_process_counts_with_its_children() {
        let mut shell = Command::new("sh").args(["-c", "sleep 30 & wait"]).spawn().unwrap();
        let own = resident(&fs::read_to_string(format!("/proc/{}/status", shell.id())).unwrap());
        let mut both = usage(shell.id()).unwrap();
        while both.resident <= own + 4096 {
            std::thread::sleep(Duration::from_millis(5));
            both = usage(shell.id()).unwrap();
        }
        let children =
            fs::read_to_string(format!("/proc/{0}/task/{0}/children", shell.id())).unwrap_or_default();
        for child in children.split_whitespace() {
            assert!(command::succeeds(Command::new("kill").arg(child)));
        }
        shell.wait().unwrap();
    }

    #[test]
    fn a_server_that_ends_at_once_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no >&2; exit 3"]);
        let error = Server::start(command, free_address().unwrap(), folder.path()).err().unwrap().to_string();
        assert!(error.contains("`sh` ended with exit status: 3"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("output.txt")).unwrap(), "no\n");
    }
}
