//! The sample assistant and the SDK, embedded, so that the demonstration needs neither a checkout nor a network.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Embeds files under their names.
macro_rules! files {
    ($($name:literal => $path:literal,)*) => {
        &[$(($name, include_str!($path)),)*]
    };
}

/// The modules of the Python SDK.
const SDK: &[(&str, &str)] = files! {
    "__init__.py" => "../../../../sdk/python/ombud/__init__.py",
    "attach.py" => "../../../../sdk/python/ombud/attach.py",
    "client.py" => "../../../../sdk/python/ombud/client.py",
    "consent.py" => "../../../../sdk/python/ombud/consent.py",
    "errors.py" => "../../../../sdk/python/ombud/errors.py",
    "guard.py" => "../../../../sdk/python/ombud/guard.py",
    "prompt.py" => "../../../../sdk/python/ombud/prompt.py",
    "settings.py" => "../../../../sdk/python/ombud/settings.py",
    "sources.py" => "../../../../sdk/python/ombud/sources.py",
    "subjects.py" => "../../../../sdk/python/ombud/subjects.py",
    "testing.py" => "../../../../sdk/python/ombud/testing.py",
};

const FAULTY: &str = include_str!("../../../../examples/assistant-faulty/agent.py");
const MENDED: &str = include_str!("../../../../examples/assistant-mended/agent.py");
const CONFIGURATION: &str = include_str!("../../../../examples/assistant-mended/ombud.toml");

/// The two variants of the assistant.
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
        for (name, source) in SDK {
            fs::write(package.join(name), source)?;
        }
    }
    Ok(())
}

/// The fixed twin's configuration with the store at this address, and without its tool gate, which the demonstration lets
/// `attack --harden` write.
pub(super) fn configuration(store: &str) -> String {
    let ungated =
        CONFIGURATION.split_once("\n# What no user asked for").map_or(CONFIGURATION, |(before, _)| before);
    ungated.replace("http://127.0.0.1:8000", store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_for_tools_is_left_to_harden() {
        assert!(CONFIGURATION.contains("[tools]"));
        let ours: crate::config::File = toml::from_str(&configuration("http://127.0.0.1:9")).unwrap();
        assert_eq!(ours.tools.mode, None);
        assert!(toml::from_str::<crate::config::File>(CONFIGURATION).unwrap().tools.mode.is_some());
    }

    #[test]
    fn every_module_of_the_sdk_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python/ombud");
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, SDK.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    }

    #[test]
    fn the_store_of_the_configuration_is_replaced() {
        assert!(configuration("http://127.0.0.1:1").contains("url = \"http://127.0.0.1:1\""));
    }
}
