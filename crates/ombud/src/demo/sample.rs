//! The sample assistant and the SDK, embedded, so that the demonstration needs neither a checkout nor a network.

use std::fs;
use std::path::Path;

use anyhow::Result;
use rust_embed::RustEmbed;

/// The Python SDK.
#[derive(RustEmbed)]
#[folder = "../../sdk/python/ombud"]
#[include = "*.py"]
struct Sdk;

const FAULTY: &str = include_str!("../../../../examples/assistant-faulty/agent.py");
const MENDED: &str = include_str!("../../../../examples/assistant-mended/agent.py");
const CONFIGURATION: &str = include_str!("../../../../examples/assistant-mended/ombud.toml");

/// Which of the two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Twin {
    /// With the usual faults.
    Faulty,
    /// Without them; it needs the SDK.
    Mended,
}

/// Writes the assistant as `agent.py`, and what it needs beside it.
pub(super) fn put(folder: &Path, twin: Twin) -> Result<()> {
    let source = match twin {
        Twin::Faulty => FAULTY,
        Twin::Mended => MENDED,
    };
    fs::write(folder.join("agent.py"), source)?;
    if matches!(twin, Twin::Mended) {
        let package = folder.join("ombud");
        fs::create_dir_all(&package)?;
        for name in Sdk::iter() {
            if let Some(file) = Sdk::get(&name) {
                fs::write(package.join(&*name), file.data)?;
            }
        }
    }
    Ok(())
}

/// The mended twin's configuration with the store at this address.
pub(super) fn configuration(store: &str) -> String {
    CONFIGURATION.replace("http://127.0.0.1:8000", store)
}
