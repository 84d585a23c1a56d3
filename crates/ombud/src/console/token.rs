//! The token that opens the console: random, one per home, created on first use, readable by its owner only.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use ombud_core::{Lang, say};

/// The header in which the page sends it.
pub(crate) const HEADER: &str = "x-ombud-console";

/// The name of the file in the home.
const FILE: &str = "console.token";

/// Bytes of randomness; the token is twice as many hexadecimal digits.
const BYTES: usize = 32;

/// A token. It is shown only inside the start link.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// The token of a home, created if there is none. One that others could have read, or that is malformed, is replaced.
    pub(crate) fn of(home: &Path, lang: Lang) -> Result<Self> {
        let path = home.join(FILE);
        let problem = || {
            let path = path.display();
            say!(lang,
                en: "the console's token in {path} cannot be created or read; check who owns the folder",
                zh: "无法创建或读取控制台令牌 {path}，请检查该目录属于哪个用户")
        };
        if let Some(token) = stored(&path).with_context(problem)? {
            return Ok(token);
        }
        make(&path).with_context(problem)?;
        stored(&path).with_context(problem)?.ok_or_else(|| anyhow!(problem()))
    }

    /// Replaces the token: links given out before stop working.
    pub(crate) fn renew(home: &Path, lang: Lang) -> Result<Self> {
        match fs::remove_file(home.join(FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Self::of(home, lang),
        }
    }

    /// Whether this is the token, compared in constant time.
    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), shown).is_ok()
    }

    /// The link that opens a console at an address. The fragment stays in the browser: it is in no request and no log.
    pub(crate) fn link(&self, address: std::net::SocketAddr) -> String {
        format!("http://{address}/console#token={}", self.0)
    }
}

/// The stored token, if it may be used.
fn stored(path: &Path) -> io::Result<Option<Token>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error),
    };
    let token = text.trim_end();
    let whole = token.len() == 2 * BYTES && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole && private(path)? {
        return Ok(Some(Token(token.to_owned())));
    }
    fs::remove_file(path)?;
    Ok(None)
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let others = fs::metadata(path)?.permissions().mode() & 0o077;
    Ok(others == 0)
}

#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Stores a new token atomically. If another process is faster, its token stays.
fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut text = String::with_capacity(2 * BYTES);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    let draft = PathBuf::from(format!("{}.{}", path.display(), text.get(..16).unwrap_or_default()));
    let mut file: File = owner_only().open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let placed = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match placed {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        placed => placed,
    }
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_per_home_and_private() {
        let home = tempfile::tempdir().unwrap();
        let token = Token::of(home.path(), Lang::En).unwrap();
        assert!(Token::of(home.path(), Lang::En).unwrap() == token);
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(Token::of(elsewhere.path(), Lang::En).unwrap() != token);
        assert!(private(&home.path().join(FILE)).unwrap());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no draft stays behind");
        assert!(Token::renew(home.path(), Lang::En).unwrap() != token);
    }

    #[test]
    fn one_that_others_could_read_or_that_is_cut_short_is_replaced() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(FILE);
        let first = Token::of(home.path(), Lang::En).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let second = Token::of(home.path(), Lang::En).unwrap();
        assert!(second != first && private(&path).unwrap());
        for broken in [&second.0.as_bytes()[..10], b"\xff\xfe", b""] {
            fs::write(&path, broken).unwrap();
            assert!(Token::of(home.path(), Lang::En).unwrap().0.len() == 2 * BYTES);
        }
    }

    #[test]
    fn only_the_whole_token_is_it() {
        let home = tempfile::tempdir().unwrap();
        let token = Token::of(home.path(), Lang::En).unwrap();
        assert!(token.is(token.0.as_bytes()));
        for other in [&token.0[..63], "", "0"] {
            assert!(!token.is(other.as_bytes()));
        }
    }
}
