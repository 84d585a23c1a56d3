//! Signed notes (c2sp.org/signed-note) with Ed25519, and witnesses' cosignatures (c2sp.org/tlog-cosignature).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::tree::sha256;
use crate::text::{base64, from_base64, hex};

/// Key type of a plain Ed25519 signature.
const ED25519_KEY: u8 = 0x01;
/// Key type of an Ed25519 cosignature with a time.
const COSIGNATURE_KEY: u8 = 0x04;

/// A key that signs notes.
pub struct Signer {
    name: String,
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl Signer {
    /// A signer with this seed. `name` receives the public key in hexadecimal and returns the key's name.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>, name: impl FnOnce(&str) -> String) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { name: name(&hex(&public)), pair, public })
    }

    /// The name of the key, which is also the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key in the form that verifiers take.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), kind: ED25519_KEY, public: self.public }
    }

    /// Signs a note: `text` (which ends in a newline), a blank line and one signature.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = self.verifier().id().to_vec();
        signature.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n\u{2014} {} {}\n", self.name, base64(&signature))
    }
}

/// A public key against which a note is checked: of a log, or of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: u8,
    public: [u8; 32],
}

impl VerifierKey {
    /// Parses `<name>+<key id>+<base64>`; `None` if it is malformed or its id does not match its key.
    pub fn parse(vkey: &str) -> Option<Self> {
        let mut parts = vkey.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, from_base64(parts.next()?)?);
        let (&kind, public) = key.split_first()?;
        let fits = matches!(kind, ED25519_KEY | COSIGNATURE_KEY)
            && !name.is_empty()
            && !name.contains(char::is_whitespace);
        let key = Self { name: name.to_owned(), kind, public: public.try_into().ok()? };
        (fits && hex(&key.id()) == id).then_some(key)
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the key of a witness (whose signatures carry a time).
    pub fn is_witness(&self) -> bool {
        self.kind == COSIGNATURE_KEY
    }

    /// The first four bytes of `SHA-256(name ‖ 0x0A ‖ kind ‖ public key)`.
    pub fn id(&self) -> [u8; 4] {
        let mut bytes = self.name.as_bytes().to_vec();
        bytes.extend_from_slice(&[b'\n', self.kind]);
        bytes.extend_from_slice(&self.public);
        let [a, b, c, d, ..] = sha256(&bytes);
        [a, b, c, d]
    }

    /// The text form, `<name>+<key id>+<base64>`.
    pub fn vkey(&self) -> String {
        let mut key = vec![self.kind];
        key.extend_from_slice(&self.public);
        format!("{}+{}+{}", self.name, hex(&self.id()), base64(&key))
    }

    fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

/// A signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A parsed note; nothing about it has been checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its last newline.
    pub text: String,
    lines: Vec<Line>,
}

/// What a key says about a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It signed the note; a witness also says when, in seconds since 1970.
    Signed(Option<u64>),
    /// There is a signature under its name and id, but it is wrong.
    Forged,
    /// It did not sign.
    Absent,
}

impl Note {
    /// Parses a note; `None` if it is not one.
    pub fn parse(note: &str) -> Option<Self> {
        // Bounded as the specification advises; a checkpoint has some hundred bytes.
        let split = note.rfind("\n\n")?;
        let (text, signatures) = (note.get(..=split)?, note.get(split + 2..)?);
        let lines: Option<Vec<Line>> = signatures.strip_suffix('\n')?.split('\n').map(Line::parse).collect();
        let lines = lines.filter(|lines| !lines.is_empty() && lines.len() <= 100)?;
        let clean = note.chars().all(|c| c == '\n' || c >= ' ');
        clean.then(|| Self { text: text.to_owned(), lines })
    }

    /// What `key` says about this note.
    pub fn judge(&self, key: &VerifierKey) -> Judgement {
        let id = key.id();
        match self.lines.iter().find(|line| line.name == key.name && line.id == id) {
            None => Judgement::Absent,
            Some(line) if key.is_witness() => line.cosigned(&self.text, key),
            Some(line) if key.accepts(self.text.as_bytes(), &line.signature) => Judgement::Signed(None),
            Some(_) => Judgement::Forged,
        }
    }

    /// Number of signature lines that belong to none of the keys.
    pub fn unknown(&self, keys: &[VerifierKey]) -> usize {
        let known = |line: &Line| keys.iter().any(|key| line.name == key.name && line.id == key.id());
        self.lines.iter().filter(|line| !known(line)).count()
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = from_base64(signature)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let fits = !name.is_empty() && !name.contains('+') && !signature.is_empty();
        fits.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }

    fn cosigned(&self, text: &str, key: &VerifierKey) -> Judgement {
        let Some((time, signature)) = self.signature.split_first_chunk::<8>() else {
            return Judgement::Forged;
        };
        let time = u64::from_be_bytes(*time);
        if key.accepts(format!("cosignature/v1\ntime {time}\n{text}").as_bytes(), signature) {
            Judgement::Signed(Some(time))
        } else {
            Judgement::Forged
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signer() -> Signer {
        Signer::from_seed(&Zeroizing::new([9; 32]), |_| "log.example/a".to_owned()).unwrap()
    }

    /// A witness's cosignature, made here according to the specification.
    fn cosigned(note: &str, text: &str, time: u64) -> (String, VerifierKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap();
        let public = pair.public_key().as_ref().try_into().unwrap();
        let key = VerifierKey { name: "witness.example".to_owned(), kind: COSIGNATURE_KEY, public };
        let mut blob = key.id().to_vec();
        blob.extend_from_slice(&time.to_be_bytes());
        blob.extend_from_slice(pair.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes()).as_ref());
        (format!("{note}\u{2014} witness.example {}\n", base64(&blob)), key)
    }

    #[test]
    fn a_signed_note_verifies_with_its_vkey_only() {
        let signer = signer();
        let note = Note::parse(&signer.sign("a text\nof two lines\n")).unwrap();
        let key = VerifierKey::parse(&signer.verifier().vkey()).unwrap();
        assert_eq!(key, signer.verifier());
        assert_eq!(note.judge(&key), Judgement::Signed(None));
        let other = Signer::from_seed(&Zeroizing::new([8; 32]), |_| "log.example/a".to_owned()).unwrap();
        assert_eq!(note.judge(&other.verifier()), Judgement::Absent);
        assert_eq!(note.unknown(&[]), 1);
    }

    #[test]
    fn the_example_of_the_specification_verifies() {
        // The example of c2sp.org/signed-note.
        let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let signature =
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
        let note = format!("This is an example message.\n\n\u{2014} example.com/foo {signature}\n");
        let key = VerifierKey::parse(vkey).unwrap();
        assert_eq!(key.vkey(), vkey);
        assert_eq!(Note::parse(&note).unwrap().judge(&key), Judgement::Signed(None));
        assert!(VerifierKey::parse(&vkey.replace("530d", "530e")).is_none());
        assert_eq!(Note::parse(&note.replace("an ex", "the ex")).unwrap().judge(&key), Judgement::Forged);
    }

    #[test]
    fn a_cosignature_carries_its_time() {
        let text = "log.example/a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let (note, key) = cosigned(&signer().sign(text), text, 1_790_000_000);
        let parsed = Note::parse(&note).unwrap();
        assert_eq!(parsed.judge(&key), Judgement::Signed(Some(1_790_000_000)));
        assert_eq!(parsed.judge(&signer().verifier()), Judgement::Signed(None));
        let (forged, _) = cosigned(&signer().sign(text), "another\n", 1_790_000_000);
        assert_eq!(Note::parse(&forged).unwrap().judge(&key), Judgement::Forged);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_note_is_noticed(at: usize, bit in 0_u8..8) {
            let signer = signer();
            let mut bytes = signer.sign("origin\n5\nroot\n").into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let judged = String::from_utf8(bytes).ok().and_then(|note| Note::parse(&note))
                .map(|note| note.judge(&signer.verifier()));
            prop_assert!(judged != Some(Judgement::Signed(None)));
        }

        #[test]
        fn hostile_notes_and_keys_never_panic(note in "\\PC*\n\n(\u{2014} [a-z+ ]{0,9} [A-Za-z0-9+/=]{0,99}\n)*", key in "\\PC*") {
            let _ = Note::parse(&note);
            let _ = VerifierKey::parse(&key);
        }
    }
}
