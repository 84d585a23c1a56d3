//! The key files in `keys/`: one 32-byte value each, in base64, readable by the owner only.
//!
//! `log.key` signs checkpoints, `master.key` is the root of derived keys, `kek.<epoch>.key` wraps conversation keys. They
//! are kept out of every database, so that a copy of the databases decrypts nothing.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files::{private, private_dir, read_if_present, replace, sync_dir};
use crate::text::{base64, hash_from_base64};
use crate::tlog::Signer;

/// A secret of 32 bytes that is wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// Fresh random bytes of the operating system. Not those of aws-lc: its generator gathers jitter for some 90 ms on first
/// use, which exceeds the time budget for a whole start.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Crypto("random numbers"))?;
    Ok(bytes)
}

/// The keys of a home.
#[derive(Clone)]
pub(crate) struct Keys {
    dir: PathBuf,
}

impl Keys {
    /// The keys of `home`. Nothing is read yet.
    pub(crate) fn of(home: &Path) -> Self {
        Self { dir: home.join("keys") }
    }

    /// Creates the directory and those of the given keys that do not exist. A lock keeps two processes from creating the
    /// same key.
    pub(crate) fn ensure(&self, names: &[&str]) -> Result<(), Error> {
        if names.iter().all(|name| self.path(name).exists()) {
            return Ok(());
        }
        private_dir(&self.dir).map_err(Error::file("cannot create", &self.dir))?;
        let lock_path = self.dir.join("lock");
        let lock = private().write(true).create(true).truncate(false).open(&lock_path);
        let lock: File = lock.map_err(Error::file("cannot open", &lock_path))?;
        lock.lock().map_err(Error::file("cannot lock", &lock_path))?;
        for name in names.iter().filter(|name| !self.path(name).exists()) {
            let text = Zeroizing::new(base64(Zeroizing::new(random::<32>()?).as_slice()) + "\n");
            replace(&self.path(name), text.as_bytes()).map_err(Error::file("cannot write", &self.dir))?;
        }
        sync_dir(&self.dir).map_err(Error::file("cannot write", &self.dir))
    }

    /// Reads a key.
    pub(crate) fn read(&self, name: &str) -> Result<Secret, Error> {
        let path = self.path(name);
        let text = read_if_present(&path).map_err(Error::file("cannot read", &path))?.map(Zeroizing::new);
        text.as_deref()
            .and_then(|text| std::str::from_utf8(text).ok())
            .and_then(|text| hash_from_base64(text.trim_end()))
            .map(Zeroizing::new)
            .ok_or(Error::Key { path })
    }

    /// The key that signs checkpoints. Its name, the log's origin, is derived from the public key, so that no two logs
    /// share one.
    pub(crate) fn signer(&self) -> Result<Signer, Error> {
        let seed = self.read(LOG)?;
        let name = |public: &str| format!("ombud.local/{}", public.get(..16).unwrap_or(public));
        Signer::from_seed(&seed, name).ok_or_else(|| Error::Key { path: self.path(LOG) })
    }

    /// Destroys a key: overwrites the file, then removes it. On flash storage the old bytes may survive, inaccessible to
    /// the file system. It is not an error if another process was faster.
    pub(crate) fn destroy(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        let wipe = || -> std::io::Result<()> {
            let mut file = File::options().write(true).open(&path)?;
            file.write_all(&[b'0'; 45])?;
            file.sync_all()?;
            std::fs::remove_file(&path)?;
            sync_dir(&self.dir)
        };
        match wipe() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(Error::file("cannot destroy", &path)),
        }
    }

    /// Epochs of the wrapping keys that exist.
    pub(crate) fn epochs(&self) -> Result<Vec<i64>, Error> {
        let entries = std::fs::read_dir(&self.dir).map_err(Error::file("cannot read", &self.dir))?;
        let epoch = |name: &str| name.strip_prefix("kek.")?.strip_suffix(".key")?.parse().ok();
        Ok(entries.filter_map(|entry| epoch(entry.ok()?.file_name().to_str()?)).collect())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// The key that signs checkpoints.
pub(crate) const LOG: &str = "log.key";
/// The root of derived keys.
pub(crate) const MASTER: &str = "master.key";

/// File name of the key that wraps conversation keys in an epoch.
pub(crate) fn kek(epoch: i64) -> String {
    format!("kek.{epoch}.key")
}

/// Derives keys from a secret, a label and a context: HKDF-SHA-256 (RFC 5869) spelled out for one block of output, which
/// cannot fail. The first half, which depends on the secret only, is done once.
pub(crate) struct Deriver(hmac::Key);

impl Deriver {
    pub(crate) fn new(secret: &Secret) -> Self {
        let extract = hmac::sign(&hmac::Key::new(HMAC_SHA256, b"ombud/derive/1"), secret.as_slice());
        Self(hmac::Key::new(HMAC_SHA256, extract.as_ref()))
    }

    /// Each part is preceded by its length, so that different contexts cannot produce the same input.
    pub(crate) fn derive(&self, label: &str, context: &[&[u8]]) -> [u8; 32] {
        let mut expand = hmac::Context::with_key(&self.0);
        for part in std::iter::once(label.as_bytes()).chain(context.iter().copied()) {
            expand.update(&(part.len() as u64).to_be_bytes());
            expand.update(part);
        }
        expand.update(&[1]);
        let mut key = [0; 32];
        key.iter_mut().zip(expand.sign().as_ref()).for_each(|(to, from)| *to = *from);
        key
    }
}

/// Derives one key, see [`Deriver`].
pub(crate) fn derive(secret: &Secret, label: &str, context: &[&[u8]]) -> [u8; 32] {
    Deriver::new(secret).derive(label, context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_are_private() {
        let home = tempfile::tempdir().unwrap();
        let keys = Keys::of(home.path());
        keys.ensure(&[LOG, MASTER]).unwrap();
        let first = keys.read(MASTER).unwrap();
        keys.ensure(&[LOG, MASTER]).unwrap();
        assert_eq!(keys.read(MASTER).unwrap(), first);
        assert_ne!(keys.read(LOG).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(keys.path(LOG)), 0o600);
            assert_eq!(mode(keys.dir.clone()), 0o700);
        }
    }

    #[test]
    fn a_damaged_key_is_named() {
        let home = tempfile::tempdir().unwrap();
        let keys = Keys::of(home.path());
        keys.ensure(&[LOG]).unwrap();
        std::fs::write(keys.path(LOG), "short").unwrap();
        assert!(matches!(keys.read(LOG), Err(Error::Key { .. })));
        keys.destroy(LOG).unwrap();
        assert!(!keys.path(LOG).exists());
    }

    #[test]
    fn derived_keys_depend_on_every_boundary() {
        let secret = Zeroizing::new([1; 32]);
        let key = |label: &str, context: &[&[u8]]| derive(&secret, label, context);
        let base = key("mask", &[b"ab", b"c"]);
        assert_eq!(base, key("mask", &[b"ab", b"c"]));
        for other in [key("mask", &[b"a", b"bc"]), key("maska", &[b"b", b"c"]), key("mask", &[b"abc"])] {
            assert_ne!(base, other);
        }
    }
}
