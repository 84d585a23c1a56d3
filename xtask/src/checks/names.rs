//! No file of the repository may mention the data sets on which the product is judged: neither their contents nor their
//! names belong here. The names are stored as hashes, so that this file does not mention them either.

use std::fs;

use anyhow::Result;

use crate::workspace::Workspace;

/// 64-bit FNV-1a hashes of the reserved names in lower case, without separators or trailing digits.
const RESERVED: &[u64] = &[
    0x50a6_215f_a5bd_1c34,
    0x24f5_016f_f308_3b69,
    0x690d_d3f6_32aa_2069,
    0xf5aa_4e26_266f_9ca5,
    0x48a0_f3aa_73d0_2265,
    0x37c6_e387_5165_b014,
];

/// A name is split by separators into at most this many parts.
const PARTS: usize = 3;

/// Returns where reserved names appear.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in workspace.files()? {
        let shown = file.display().to_string();
        if mentions(&shown) {
            complaints.push(format!("{shown}: the file's name"));
        }
        let Ok(text) = String::from_utf8(fs::read(workspace.path(&file))?) else { continue };
        let lines = text.lines().enumerate().filter(|(_, line)| mentions(line));
        complaints.extend(lines.map(|(at, _)| format!("{shown}:{}", at + 1)));
    }
    Ok(complaints)
}

/// Whether a line mentions a reserved name, in any case and with any separators between its parts.
fn mentions(line: &str) -> bool {
    let words: Vec<String> = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    (0..words.len()).any(|start| {
        let mut joined = String::new();
        words.iter().skip(start).take(PARTS).any(|word| {
            joined.push_str(word);
            RESERVED.contains(&fnv1a(joined.trim_end_matches(|c: char| c.is_ascii_digit())))
        })
    })
}

/// FNV-1a: stable across runs, which the standard library's hasher is not.
fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names, assembled from their halves so that no line spells one out.
    fn names() -> Vec<String> {
        [
            ("Dojo", "Agent"),
            ("Agent", "Injec"),
            ("UT-17", "WN"),
            ("ENER", "CLU"),
            ("RA-NER", "MS"),
            ("-NER", "Weibo"),
        ]
        .map(|(back, front)| format!("{front}{back}"))
        .to_vec()
    }

    #[test]
    fn every_reserved_name_is_found_in_any_spelling() {
        for name in names() {
            for spelling in
                [name.clone(), name.to_lowercase(), name.replace('-', "_"), name.replace('-', " ")]
            {
                assert!(mentions(&format!("see data/{spelling}2020.json")), "{spelling}");
            }
        }
    }

    #[test]
    fn other_words_are_not() {
        assert!(!mentions("an agent that injects; weibo and msra are companies, walnut 17 is a nut"));
    }
}
