//! An editor session must report the same as a fresh check of the same texts, whatever the sequence of edits.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ombud_check::{Options, Report, Session, check};
use ombud_detect::Detector;

use crate::project::providers;

/// Projects of the suite with cross-file flows, in three languages.
const PROJECTS: &[&str] = &["next-companion", "clinic-flask", "ios-nightlight", "ops-agent"];
const EDITS: usize = 6;

/// A deterministic generator: the same numbers on every machine (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

fn everything(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        writeln!(text, "{finding:?} {:?}", report.fix(finding)).unwrap();
    }
    write!(text, "{:?}\n{:?}\n{:?}\n", report.flow, report.inventory, report.gaps).unwrap();
    text
}

fn write(folder: &Path, texts: &BTreeMap<String, String>) {
    for (name, text) in texts {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Returns a text with some lines removed, duplicated or moved; it may be broken afterwards, as while somebody types.
fn edited(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "import os\n".to_owned();
    }
    let at = dice.below(lines.len());
    match dice.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, ""),
        2 => lines.insert(at, lines[at]),
        _ => lines.truncate(at),
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_session_says_what_a_fresh_look_says() {
    let detector = Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
    let options = Options::default();
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check-suite");
    for (seed, name) in PROJECTS.iter().enumerate() {
        let mut dice = Dice(u64::try_from(seed).unwrap());
        let first = check(&suite.join(name), &providers(), &detector, &options).unwrap();
        let originals: BTreeMap<String, String> =
            first.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        let mut texts = originals.clone();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &texts);
        let mut session = Session::open(folder.path()).unwrap();
        session.check(&providers(), &detector, &options).unwrap();
        let paths: Vec<String> = texts.keys().cloned().collect();
        for _ in 0..EDITS {
            let path = &paths[dice.below(paths.len())];
            // From time to time, everything is undone.
            let back = dice.below(4) == 0;
            let new = if back { originals[path].clone() } else { edited(&texts[path], &mut dice) };
            texts.insert(path.clone(), new.clone());
            session.set(path, new);
            let kept = session.check(&providers(), &detector, &options).unwrap();
            // In the same folder, since fixes may contain its path.
            write(folder.path(), &texts);
            let fresh = check(folder.path(), &providers(), &detector, &options).unwrap();
            write(folder.path(), &originals);
            assert_eq!(everything(&kept), everything(&fresh), "{name}: {path}");
        }
        let afresh = check(folder.path(), &providers(), &detector, &options).unwrap();
        assert!(!everything(&afresh).is_empty() && session.parsed() < EDITS + originals.len() + 1, "{name}");
    }
}
