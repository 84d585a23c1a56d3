//! A third-party verifier (Cloudflare's `signed_note` and `tlog_tiles`) accepts what we export, and what we prove.

use std::path::PathBuf;

use ombud_ledger::tlog::{leaf_hash, proof, tile};
use ombud_ledger::{Ledger, Reader, export};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::tile::{Tile, TileHashReader, TileReader};
use tlog_tiles::tlog::{
    Error, Hash, HashReader, check_record, check_tree, prove_record, stored_hash_index, tree_hash,
};

use crate::support::filled;

/// Reads tiles from an exported folder.
struct Folder(PathBuf);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        // Their path contains the height, ours (C2SP) does not.
        Ok(tiles.iter().map(|tile| self.read(&tile.path().replacen("tile/8/", "tile/", 1))).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

impl Folder {
    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The checkpoint's size and root, after their code has checked its signature.
    fn checkpoint(&self) -> (u64, Hash) {
        let vkey = String::from_utf8(self.read("vkey")).unwrap();
        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(vkey.trim_end()).unwrap())]);
        let note = Note::from_bytes(&self.read("checkpoint")).unwrap();
        let (verified, unverified) = note.verify(&known).unwrap();
        assert_eq!((verified.len(), unverified.len()), (1, 0));
        let checkpoint = tlog_tiles::checkpoint::Checkpoint::from_bytes(note.text()).unwrap();
        assert!(vkey.starts_with(checkpoint.origin()));
        (checkpoint.size(), *checkpoint.hash())
    }
}

async fn accepted(count: u64) {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), count).await;
    export(home.path(), out.path()).unwrap();
    let folder = Folder(out.path().to_owned());
    let (size, root) = folder.checkpoint();
    assert_eq!(size, count);
    let reader = TileHashReader::new(size, root, &folder);
    assert_eq!(tree_hash(size, &reader).unwrap(), root);
    let mut ours = Reader::open(home.path()).await.unwrap();
    for index in [0, count / 2, count - 1] {
        let theirs = prove_record(size, index, &reader).unwrap();
        let text = ours.proof(index).await.unwrap().unwrap();
        let (_, hashes, _) = proof::parse_file(&text).unwrap();
        assert_eq!(theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), hashes);
        let (bundle, width) = (index / 256, (size - index / 256 * 256).min(256));
        let bytes = folder.read(&tile::entries_path(bundle, width));
        let leaf = leaf_hash(tile::entries(&bytes).unwrap()[usize::try_from(index % 256).unwrap()]);
        check_record(&theirs, size, root, index, Hash(leaf)).unwrap();
        assert_eq!(reader.read_hashes(&[stored_hash_index(0, index)]).unwrap(), [Hash(leaf)]);
    }
}

#[tokio::test]
async fn a_foreign_verifier_accepts_exported_logs() {
    for count in [1, 2, 255, 256, 257, 600] {
        accepted(count).await;
    }
}

#[tokio::test]
async fn a_foreign_verifier_accepts_a_log_with_three_levels_of_tiles() {
    accepted(66_000).await;
}

#[tokio::test]
async fn a_foreign_verifier_accepts_that_the_log_only_grew() {
    let home = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for count in [3, 250, 40] {
        let ledger = Ledger::open(home.path()).await.unwrap();
        crate::support::append(&ledger, 0, count);
        ledger.close().await.unwrap();
        drop(ledger);
        let out = tempfile::tempdir().unwrap();
        export(home.path(), out.path()).unwrap();
        seen.push(Folder(out.path().to_owned()).checkpoint());
    }
    let mut reader = Reader::open(home.path()).await.unwrap();
    for (at, &(size, root)) in seen.iter().enumerate() {
        for &(old, old_root) in &seen[..at] {
            let hashes = reader.consistency(old, size).await.unwrap();
            let theirs: Vec<Hash> = hashes.into_iter().map(Hash).collect();
            check_tree(&theirs, size, root, old, old_root).unwrap();
        }
    }
}
