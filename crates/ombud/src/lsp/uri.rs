//! URIs of files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The path of a `file:` URI; `None` for any other.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // A host may precede the path; only this machine is accepted.
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let decoded = decoded(rest.strip_prefix('/')?)?;
    let drive = decoded.as_bytes().get(1) == Some(&b':');
    Some(PathBuf::from(if drive { decoded } else { format!("/{decoded}") }))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let decoded = if byte == b'%' { hex(bytes.next()?)? << 4 | hex(bytes.next()?)? } else { byte };
        out.push(decoded);
    }
    String::from_utf8(out).ok().filter(|path| !path.contains('\0'))
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The URI of a path.
pub(super) fn of(path: &Path) -> String {
    let shown = path.to_string_lossy().replace('\\', "/");
    let mut out = String::from("file://");
    if !shown.starts_with('/') {
        out.push('/');
    }
    for byte in shown.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_are_the_same_files() {
        for name in ["/home/a b/安.py", "/x/%41#?.ts", "/"] {
            assert_eq!(path(&of(Path::new(name))).as_deref(), Some(Path::new(name)));
        }
        assert_eq!(path("file:///c%3A/x.py").as_deref(), Some(Path::new("c:/x.py")));
        assert_eq!(path("file://localhost/x.py").as_deref(), Some(Path::new("/x.py")));
    }

    #[test]
    fn what_is_no_file_has_no_path() {
        for uri in [
            "untitled:Untitled-1",
            "file:",
            "file://",
            "file:///%4",
            "file:///%zz",
            "file:///%ff",
            "file:///a%00b",
            "",
        ] {
            assert_eq!(path(uri), None, "{uri}");
        }
    }
}
