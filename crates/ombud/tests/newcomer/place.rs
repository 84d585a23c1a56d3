//! A folder of its own, and a gateway that serves in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run printed, and its exit code.
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// A folder.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// `ombud` in the folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ombud"));
        command.args(args).current_dir(self.dir.path()).env("OMBUD_LANG", "en").env_remove("OMBUD_HOME");
        command
    }

    /// Types it, with something to read.
    pub(crate) fn piped(&self, args: &[&str], input: &str) -> Said {
        let pipes = |command: &mut Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut child = pipes(&mut self.command(args));
        // One that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    pub(crate) fn ombud(&self, args: &[&str]) -> Said {
        self.piped(args, "")
    }

    /// A gateway that serves in the folder.
    pub(crate) fn serve(&self, args: &[&str]) -> Served {
        let mut all = args.to_vec();
        all.extend(["serve", "--listen", "127.0.0.1:0"]);
        let mut child = self.command(&all).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        let address = line.rsplit("http://").next().unwrap().trim().to_owned();
        Served { child, told, address }
    }
}

/// A gateway that serves.
pub(crate) struct Served {
    child: Child,
    told: BufReader<std::process::ChildStderr>,
    address: String,
}

impl Served {
    /// The status and the body of an answer.
    pub(crate) fn asked(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Ends it as a person does, and gives what it said.
    pub(crate) fn ended(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        let mut rest = String::new();
        self.told.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap();
        rest
    }
}
