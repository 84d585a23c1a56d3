//! The contestants: what is measured, where it comes from and how it is started.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::KEY;
use crate::command;
use crate::term;
use crate::tools::{Need, Venv};
use crate::workspace::Workspace;

/// The release of `CloakPipe` to install; pinned, so that it is clear what a figure refers to.
const CLOAKPIPE: &str = "0.14.0";

/// Contestants other than Ombud, each measured only on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rival {
    /// A plain reverse proxy, from apt: the cost of any hop.
    Nginx,
    /// A masking proxy in Rust, from the crate registry.
    Cloakpipe,
    /// The widely used gateway in Python, from `PyPI`; it masks nothing here.
    Litellm,
}

/// A contestant between client and provider.
pub(super) struct Contestant {
    /// Its name in the tables.
    pub(super) name: &'static str,
    /// The version it reports.
    pub(super) version: String,
    /// What it does with a request here.
    pub(super) does: &'static str,
    /// Size of its program in bytes, if it is a single file.
    pub(super) size: Option<u64>,
    program: PathBuf,
    launch: fn(&Place<'_>) -> Launch,
}

/// What a contestant needs to start.
struct Place<'a> {
    program: &'a Path,
    folder: &'a Path,
    upstream: SocketAddr,
    listen: SocketAddr,
}

/// How it starts: a command, and its configuration as (file, text) if it needs one.
struct Launch {
    command: Command,
    config: Option<(PathBuf, String)>,
}

impl Contestant {
    /// Ombud itself with its defaults: masking and the encrypted log on.
    pub(super) fn ombud(program: PathBuf) -> Result<Self> {
        let version = first_line(&command::output(Command::new(&program).arg("--version"))?);
        let size = Some(fs::metadata(&program)?.len());
        let does = "masks, restores, logs (encrypted, durable before the answer)";
        Ok(Self { name: "ombud", version, does, size, program, launch: ombud })
    }

    /// A rival, installed if the machine lacks it.
    pub(super) fn rival(workspace: &Workspace, rival: Rival) -> Result<Self> {
        match rival {
            Rival::Nginx => Self::nginx(),
            Rival::Cloakpipe => Self::cloakpipe(workspace),
            Rival::Litellm => Self::litellm(workspace),
        }
    }

    fn nginx() -> Result<Self> {
        let need = Need {
            program: "nginx",
            probe: &["-v"],
            apt: "nginx-light",
            why: "the proxy that others are compared with",
        };
        need.ensure()?;
        let out = Command::new("nginx").arg("-v").output().context("could not start nginx")?;
        let version = first_line(&String::from_utf8_lossy(&out.stderr)).replace("nginx version: ", "");
        Ok(Self {
            name: "nginx",
            version,
            does: "forwards",
            size: None,
            program: "nginx".into(),
            launch: nginx,
        })
    }

    fn cloakpipe(workspace: &Workspace) -> Result<Self> {
        let root = workspace.target.join("bench-tools");
        let program = root.join("bin/cloakpipe");
        if !program.exists() {
            term::line(&format!(
                "  installing cloakpipe-cli {CLOAKPIPE} from the crate registry into {}",
                root.display()
            ));
            let mut cargo = Command::new("cargo");
            cargo.args(["install", "cloakpipe-cli", "--locked", "--version", CLOAKPIPE, "--root"]);
            command::run(cargo.arg(&root).env("CARGO_TARGET_DIR", root.join("build")))?;
        }
        let version = first_line(&command::output(Command::new(&program).arg("--version"))?);
        let size = Some(fs::metadata(&program)?.len());
        Ok(Self {
            name: "CloakPipe",
            version,
            does: "masks, restores, logs",
            size,
            program,
            launch: cloakpipe,
        })
    }

    fn litellm(workspace: &Workspace) -> Result<Self> {
        let venv = Venv::bench(workspace)?;
        let ask = "import importlib.metadata as m; print('litellm', m.version('litellm'))";
        let version = first_line(&command::output(Command::new(venv.program("python")).args(["-c", ask]))?);
        let program = venv.program("litellm");
        Ok(Self {
            name: "LiteLLM",
            version,
            does: "forwards, no masking set up",
            size: None,
            program,
            launch: litellm,
        })
    }

    /// The command that makes it listen, with its files in `folder`.
    pub(super) fn command(&self, folder: &Path, upstream: SocketAddr, listen: SocketAddr) -> Result<Command> {
        let place = Place { program: &self.program, folder, upstream, listen };
        let Launch { mut command, config } = (self.launch)(&place);
        if let Some((file, text)) = config {
            fs::write(file, text)?;
        }
        for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        command.current_dir(folder);
        Ok(command)
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn ombud(place: &Place<'_>) -> Launch {
    let mut command = Command::new(place.program);
    command.args(["serve", "--listen", &place.listen.to_string()]);
    command.args(["--upstream", &format!("http://{}/v1", place.upstream)]);
    command.env("OMBUD_HOME", place.folder.join("home"));
    Launch { command, config: None }
}

/// As many workers as it starts by itself, one per processor, kept-alive connections on both sides, nothing on disk.
fn nginx(place: &Place<'_>) -> Launch {
    let Place { folder, upstream, listen, .. } = place;
    let config = folder.join("nginx.conf");
    let text = format!(
        "daemon off; worker_processes auto; pid nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_buffer_size 1m; client_max_body_size 64m; keepalive_requests 10000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream provider {{ server {upstream}; keepalive 128; keepalive_requests 10000000; }}
  server {{
    listen {listen};
    location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }}
  }}
}}
"
    );
    let mut command = Command::new(place.program);
    command.arg("-p").arg(folder).arg("-c").arg(&config);
    Launch { command, config: Some((config, text)) }
}

/// Its defaults, plus the two detectors that the prompts need; it also masks secrets and amounts by default.
fn cloakpipe(place: &Place<'_>) -> Launch {
    let Place { folder, upstream, listen, .. } = place;
    let config = folder.join("cloakpipe.toml");
    let text = format!(
        "[proxy]\nlisten = \"{listen}\"\nupstream = \"http://{upstream}\"\napi_key_env = \"BENCH_KEY\"\n\n\
         [vault]\npath = \"vault.enc\"\n\n[detection]\nphone_numbers = true\nip_addresses = true\n"
    );
    let mut command = Command::new(place.program);
    command.arg("--config").arg(&config).arg("start").env("BENCH_KEY", KEY);
    Launch { command, config: Some((config, text)) }
}

fn litellm(place: &Place<'_>) -> Launch {
    let Place { folder, upstream, listen, .. } = place;
    let config = folder.join("litellm.yaml");
    let text = format!(
        "model_list:\n  - model_name: bench\n    litellm_params:\n      model: openai/bench\n      \
         api_base: http://{upstream}/v1\n      api_key: {KEY}\ngeneral_settings:\n  master_key: {KEY}\n\
         litellm_settings:\n  telemetry: false\n"
    );
    let mut command = Command::new(place.program);
    command.arg("--config").arg(&config).args(["--host", "127.0.0.1", "--port", &listen.port().to_string()]);
    // Otherwise it downloads a price list when it starts.
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    Launch { command, config: Some((config, text)) }
}
