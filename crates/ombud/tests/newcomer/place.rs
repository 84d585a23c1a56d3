//! A folder of its own, and a gateway running in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
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
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { dir: tempfile::tempdir()? })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        Ok(std::fs::write(self.path(name), bytes)?)
    }

    /// `ombud` in the folder.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ombud"));
        command.args(args).current_dir(self.dir.path()).env("OMBUD_LANG", "en").env_remove("OMBUD_HOME");
        for key in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY"] {
            command.env_remove(key);
        }
        command
    }

    /// Runs it with input.
    pub(crate) fn piped(&self, args: &[&str], input: &str) -> Result<Said> {
        let mut command = self.command(args);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // One that reads no input may have ended already.
        let _ = child.stdin.take().context("stdin")?.write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        Ok(Said {
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
            code: output.status.code().context("it ended by itself")?,
        })
    }

    pub(crate) fn ombud(&self, args: &[&str]) -> Result<Said> {
        self.piped(args, "")
    }

    /// A gateway running in the folder.
    pub(crate) fn serve(&self, args: &[&str]) -> Result<Served> {
        let mut all = args.to_vec();
        all.extend(["serve", "--listen", "127.0.0.1:0"]);
        let mut child = self.command(&all).stderr(Stdio::piped()).spawn()?;
        let mut told = BufReader::new(child.stderr.take().context("stderr")?);
        let mut line = String::new();
        told.read_line(&mut line)?;
        let address = line.rsplit("http://").next().context("an address")?.trim().to_owned();
        Ok(Served { child, told, address })
    }
}

/// A running gateway.
pub(crate) struct Served {
    child: Child,
    told: BufReader<ChildStderr>,
    address: String,
}

impl Served {
    /// The status and the body of a response.
    pub(crate) fn asked(&self, method: &str, path: &str, body: &str) -> Result<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let (host, length) = (&self.address, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        write!(stream, "{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    /// Ends it as a person would, and returns its output.
    pub(crate) fn ended(mut self) -> Result<String> {
        let id = self.child.id().to_string();
        ensure!(Command::new("kill").arg(id).status()?.success(), "it does not run any more");
        let mut rest = String::new();
        self.told.read_to_string(&mut rest)?;
        self.child.wait()?;
        Ok(rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A failing test must not leave it running; one that is over has already ended.
        let _ = self.child.kill();
    }
}
