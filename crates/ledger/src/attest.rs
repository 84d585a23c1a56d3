//! Statements signed with the key of the log, as signed notes (c2sp.org/signed-note).
//!
//! The first line of a statement says what it is, such as `ombud.selftest/1`. A checkpoint starts with the name of its
//! key, so neither can be mistaken for the other.

use std::path::Path;

use crate::error::Error;
use crate::keys::{Keys, LOG};
use crate::tlog::VerifierKey;

/// Signs a statement of this kind with the log's key of `home`, creating the key if there is none. `text` receives the
/// public key; what it returns must not contain an empty line.
pub fn attest(home: &Path, kind: &str, text: impl FnOnce(&VerifierKey) -> String) -> Result<String, Error> {
    let keys = Keys::of(home);
    keys.ensure(&[LOG])?;
    let signer = keys.signer()?;
    let text = text(&signer.verifier());
    Ok(signer.sign(&format!("{kind}\n{text}\n")))
}

/// The public key of the log of `home`, if it has one.
pub fn log_key(home: &Path) -> Option<VerifierKey> {
    Keys::of(home).signer().ok().map(|signer| signer.verifier())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::note::{Judgement, Note};

    #[test]
    fn a_statement_is_signed_by_the_log() {
        let home = tempfile::tempdir().unwrap();
        assert!(log_key(home.path()).is_none());
        let note = attest(home.path(), "test/1", |_| "{\"a\":1}".to_owned()).unwrap();
        let key = log_key(home.path()).unwrap();
        assert_eq!(Note::parse(&note).unwrap().judge(&key), Judgement::Signed(None));
        assert_eq!(Note::parse(&note.replace(":1", ":2")).unwrap().judge(&key), Judgement::Forged);
    }
}
