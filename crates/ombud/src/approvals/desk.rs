//! The folder `approvals` of a home: pending calls, and the answers to them. Several processes share it: each `ombud mcp`,
//! a gateway, the console, a terminal. The arguments of the calls are not in it; the log holds them, encrypted.
//!
//! An agent may have a tool that writes files, so an answer is signed: by a key of the home's vault, over the code, the
//! full identity of the call, and yes or no. A code is short, so another call may have the same one: the first that is
//! pending keeps it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use ombud_gateway::approvals::Pending;
use ombud_ledger::Vault;

use super::fair::makes_room;
use crate::files::put_private;

/// How long an answer waits for its call, and a call for its answer.
pub(crate) const LIFE: Duration = Duration::from_mins(15);

/// Calls that may be pending at once; beyond that, `makes_room` chooses which one is dropped.
const MOST: usize = 256;

/// The purpose of the key that signs answers.
const KEY: &str = "approvals";

/// Bytes of a signature.
const SIGNATURE: usize = 32;

/// The largest file of a call that is read, in bytes.
const LONGEST: u64 = 16 * 1024;

/// The desk of a home.
#[derive(Clone)]
pub(crate) struct Desk {
    folder: PathBuf,
    waiting: PathBuf,
    said: PathBuf,
    vault: Vault,
}

/// Why an answer is not accepted.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is not a code: six letters and digits.
    NoCode,
    /// No call with this code is pending.
    Unknown,
    /// Its arguments cannot be shown, so it cannot be approved.
    Unseen,
    /// This call can only be approved once.
    Once,
    /// The keys of the home cannot be read.
    Keys,
    /// It cannot be saved.
    Io(io::Error),
}

impl Desk {
    /// The desk of a home.
    pub(crate) fn at(home: &Path) -> Self {
        let folder = home.join("approvals");
        let (waiting, said) = (folder.join("waiting"), folder.join("said"));
        Self { folder, waiting, said, vault: Vault::at(home) }
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The signature of an answer; `None` if the keys of the home cannot be read.
    fn signature(&self, code: &str, stands: &str, allow: bool) -> Option<hmac::Tag> {
        let answer: &[u8] = if allow { b"yes" } else { b"no" };
        self.signed(&[b"answer", code.as_bytes(), stands.as_bytes(), answer])
    }

    pub(super) fn signed(&self, parts: &[&[u8]]) -> Option<hmac::Tag> {
        let key = self.vault.derive_key(KEY, &[b""]).ok()?;
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        Some(context.sign())
    }

    /// The call in a file, if this home has signed it: whoever answers reads the tool and the reason here.
    fn read(&self, path: &Path) -> Option<Pending> {
        serde_json::from_slice(&self.verified(path, b"call")?).ok()
    }

    /// The content of a file, if this home has signed it as `what`.
    pub(super) fn verified(&self, path: &Path, what: &[u8]) -> Option<Vec<u8>> {
        let small = fs::metadata(path).is_ok_and(|about| about.len() <= LONGEST);
        let whole = small.then(|| fs::read(path).ok()).flatten()?;
        let (given, text) = whole.split_at_checked(SIGNATURE)?;
        let signed = self.signed(&[what, text])?;
        verify_slices_are_equal(signed.as_ref(), given).ok()?;
        Some(text.to_vec())
    }

    /// Records a pending call. Without the record it can only be answered in the conversation or by the client.
    pub(crate) fn wait(&self, call: &Pending) -> io::Result<()> {
        let Some(code) = code_of(&call.code) else { return Ok(()) };
        crate::files::private_dir(&self.waiting)?;
        // Of two calls with the same code the first keeps it: whoever answers must have seen the one that is meant.
        if self.find(&code).is_ok_and(|other| other.stands != call.stands) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if !self.make_room(call) {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let call = serde_json::to_vec(call)?;
        let signed = self.signed(&[b"call", &call]).ok_or(io::ErrorKind::PermissionDenied)?;
        put_private(&self.waiting.join(code), &[signed.as_ref(), &call].concat())
    }

    /// Drops calls that have waited too long, and if there are too many, one of those who have most. Returns whether the
    /// new one may wait.
    fn make_room(&self, new: &Pending) -> bool {
        let (mut young, old): (Vec<_>, Vec<_>) = self.entries().into_iter().partition(|(_, age)| *age < LIFE);
        for (path, _) in old {
            // Another process may have removed it.
            let _ = fs::remove_file(path);
        }
        if young.len() < MOST {
            return true;
        }
        young.sort_by_key(|(_, age)| std::cmp::Reverse(*age));
        let mut calls: Vec<(Option<Pending>, PathBuf)> =
            young.into_iter().map(|(path, _)| (self.read(&path), path)).collect();
        while calls.len() >= MOST {
            // A file that is no call goes first.
            let none = calls.iter().position(|(call, _)| call.is_none());
            let crowd = || {
                let known = calls.iter().filter_map(|(call, _)| call.as_ref()).chain([new]);
                makes_room(&known.map(|call| (&*call.client, &*call.session)).collect::<Vec<_>>())
            };
            let place = none.or_else(crowd);
            let Some(place) = place.filter(|place| *place < calls.len()) else { return false };
            let (_, path) = calls.remove(place);
            let _ = fs::remove_file(path);
        }
        true
    }

    fn entries(&self) -> Vec<(PathBuf, Duration)> {
        let files = fs::read_dir(&self.waiting).into_iter().flatten().flatten();
        files.filter_map(|file| Some((file.path(), age(&file.path())?))).collect()
    }

    /// The pending calls and how long they have waited; the newest last.
    pub(crate) fn open(&self) -> Vec<(Pending, Duration)> {
        let young = self.entries().into_iter().filter(|(_, age)| *age < LIFE);
        let mut calls: Vec<(Pending, Duration)> =
            young.filter_map(|(path, age)| Some((self.read(&path)?, age))).collect();
        calls.sort_by_key(|(_, age)| std::cmp::Reverse(*age));
        calls
    }

    /// The pending call with this code.
    pub(crate) fn find(&self, code: &str) -> Result<Pending, Refused> {
        let code = code_of(code).ok_or(Refused::NoCode)?;
        let path = self.waiting.join(&code);
        let young = age(&path).is_some_and(|age| age < LIFE);
        young.then(|| self.read(&path)).flatten().filter(|call| call.code == code).ok_or(Refused::Unknown)
    }

    /// Allows or declines a call as it was shown: another one may have taken its code since.
    pub(crate) fn say(&self, call: &Pending, allow: bool) -> Result<(), Refused> {
        if self.find(&call.code)?.stands != call.stands {
            return Err(Refused::Unknown);
        }
        crate::files::private_dir(&self.said).map_err(Refused::Io)?;
        self.forget();
        let signed = self.signature(&call.code, &call.stands, allow).ok_or(Refused::Keys)?;
        put_private(&self.said.join(&call.code), signed.as_ref()).map_err(Refused::Io)?;
        self.settled(&call.code);
        Ok(())
    }

    /// Drops answers whose calls never came.
    fn forget(&self) {
        let answers = fs::read_dir(&self.said).into_iter().flatten().flatten().map(|file| file.path());
        for path in answers.filter(|path| age(path).is_some_and(|age| age >= LIFE)) {
            // Another process may have removed it.
            let _ = fs::remove_file(path);
        }
    }

    /// Takes the answer to a call. It counts once, and expires.
    pub(crate) fn said(&self, code: &str, stands: &str) -> Option<bool> {
        let code = code_of(code)?;
        let path = self.said.join(&code);
        let age = age(&path)?;
        let given = fs::read(&path).ok()?;
        let is = |allow: bool| {
            let signed = self.signature(&code, stands, allow);
            signed.is_some_and(|signed| verify_slices_are_equal(signed.as_ref(), &given).is_ok())
        };
        // An answer signed for another call with this code belongs to that call.
        let allow = [true, false].into_iter().find(|allow| is(*allow))?;
        // Of two processes that take it, only one removes it.
        (fs::remove_file(path).is_ok() && age < LIFE).then_some(allow)
    }

    /// Removes a call from the pending ones.
    pub(crate) fn settled(&self, code: &str) {
        if let Some(code) = code_of(code) {
            // It may not exist.
            let _ = fs::remove_file(self.waiting.join(code));
        }
    }
}

/// A code as a file name: nothing else is accepted.
fn code_of(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    (code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}

/// The age of a file; `None` if it does not exist. A clock that was set back makes it old.
fn age(path: &Path) -> Option<Duration> {
    let changed = fs::metadata(path).and_then(|about| about.modified()).ok()?;
    Some(SystemTime::now().duration_since(changed).unwrap_or(LIFE))
}

#[cfg(test)]
pub(super) mod tests {
    use ombud_core::Effect;

    use super::*;

    pub(in super::super) fn call(code: &str) -> Pending {
        Pending {
            code: code.into(),
            stands: "00ff".into(),
            server: Some("mail".into()),
            tool: "send".into(),
            effect: Effect::Send,
            decision: "ask: not_asked".into(),
            exchange: "x1".into(),
            client: "c".into(),
            session: "s".into(),
            lasting: None,
        }
    }

    /// A desk in a home that has keys.
    pub(in super::super) fn desk() -> (tempfile::TempDir, Desk) {
        let home = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            ombud_ledger::Ledger::open(home.path()).await.unwrap().close().await.unwrap();
        });
        let desk = Desk::at(home.path());
        (home, desk)
    }

    #[test]
    fn an_answer_counts_once_and_only_for_a_call_that_waits() {
        let (home, desk) = desk();
        let said = |code: &str| desk.said(code, "00ff");
        assert!(matches!(desk.say(&call("4F2A7K"), true), Err(Refused::Unknown)));
        desk.wait(&call("4F2A7K")).unwrap();
        assert_eq!(desk.open().len(), 1);
        assert_eq!(said("4F2A7K"), None);
        desk.say(&call("4F2A7K"), true).unwrap();
        assert_eq!(desk.said("4F2A7K", "00fe"), None, "another call with this code");
        assert_eq!((desk.open().len(), said("4F2A7K"), said("4F2A7K")), (0, Some(true), None));
        desk.wait(&call("5A5A5A")).unwrap();
        desk.say(&call("5A5A5A"), false).unwrap();
        assert_eq!(said("5A5A5A"), Some(false));
        desk.wait(&call("6A6A6A")).unwrap();
        desk.settled("6A6A6A");
        assert!(matches!(desk.say(&call("6A6A6A"), true), Err(Refused::Unknown)));
        // What an agent writes there does not count, nor does an answer that it moves to another code.
        desk.wait(&call("7A7A7A")).unwrap();
        fs::write(home.path().join("approvals/said/7A7A7A"), "yes").unwrap();
        assert_eq!(said("7A7A7A"), None);
        desk.say(&call("7A7A7A"), true).unwrap();
        fs::rename(home.path().join("approvals/said/7A7A7A"), home.path().join("approvals/said/8A8A8A"))
            .unwrap();
        assert_eq!((said("8A8A8A"), said("7A7A7A")), (None, None));
        // Another call with the same code does not take its place.
        desk.wait(&call("9A9A9A")).unwrap();
        assert!(desk.wait(&Pending { stands: "00fe".into(), ..call("9A9A9A") }).is_err());
        assert_eq!(desk.find("9A9A9A").unwrap().stands, "00ff");
        // Nor does an answer to the one that was shown count for it.
        let other = Pending { stands: "00fe".into(), ..call("9A9A9A") };
        assert!(matches!(desk.say(&other, true), Err(Refused::Unknown)));
    }

    #[test]
    fn an_answer_expires() {
        let (home, desk) = desk();
        let path = home.path().join("approvals/said/4F2A7K");
        let aged = |age: Duration, past: bool| {
            desk.wait(&call("4F2A7K")).unwrap();
            desk.say(&call("4F2A7K"), true).unwrap();
            let time = if past { SystemTime::now() - age } else { SystemTime::now() + age };
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            (desk.said("4F2A7K", "00ff"), path.exists())
        };
        assert_eq!(aged(LIFE / 2, true), (Some(true), false));
        assert_eq!(aged(LIFE + Duration::from_mins(1), true), (None, false));
        // A file that a clock set back puts into the future has no known age.
        assert_eq!(aged(LIFE, false), (None, false));
        // An answer that nobody takes is dropped with the next one.
        desk.wait(&call("4F2A7K")).unwrap();
        desk.say(&call("4F2A7K"), true).unwrap();
        let old = SystemTime::now() - 2 * LIFE;
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        desk.wait(&call("5A5A5A")).unwrap();
        desk.say(&call("5A5A5A"), true).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn nothing_but_a_code_is_a_name() {
        let (_home, desk) = desk();
        for code in ["", "../../x", "4F2A7", "4F2A7K7", "同意", "a/b.cd"] {
            assert!(matches!(desk.say(&call(code), true), Err(Refused::NoCode)), "{code}");
            desk.wait(&call(code)).unwrap();
            assert_eq!(desk.said(code, "00ff"), None);
        }
        assert!(desk.open().is_empty());
        // A file that somebody else put there is no call.
        fs::create_dir_all(&desk.waiting).unwrap();
        fs::write(desk.waiting.join("7B7B7B"), serde_json::to_vec(&call("7B7B7B")).unwrap()).unwrap();
        fs::write(desk.waiting.join("9B9B9B"), "{").unwrap();
        assert!(desk.find("7B7B7B").is_err() && desk.find("9B9B9B").is_err());
    }

    #[test]
    fn nobody_pushes_out_the_calls_of_others() {
        let (_home, desk) = desk();
        desk.wait(&Pending { client: "quiet".into(), ..call("9Z9Z9Z") }).unwrap();
        for number in 0..MOST + 20 {
            let session = number.to_string();
            desk.wait(&Pending { session, ..call(&format!("1A{number:04}")) }).unwrap();
        }
        assert!(desk.find("9Z9Z9Z").is_ok() && desk.open().len() <= MOST);
        assert!(desk.find("1A0000").is_err());
    }

    #[test]
    fn calls_that_wait_are_bounded() {
        let (_home, desk) = desk();
        for number in 0..MOST + 20 {
            desk.wait(&call(&format!("1A{number:04}"))).unwrap();
        }
        assert!(desk.open().len() <= MOST);
        let newest = format!("1A{:04}", MOST + 19);
        assert!(desk.find(&newest).is_ok());
    }
}
