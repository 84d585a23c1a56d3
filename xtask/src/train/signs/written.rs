//! Tool results that we wrote one by one, ordinary ones and ones with an attack in them: unlike the output of a grammar, no
//! two are worded alike.
//!
//! One JSON object per line in `written/*.jsonl`: `{"lang", "attack", "text", "span"}`; `span` is the attack as it appears in
//! the text, empty if there is none.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::document::Document;

#[derive(Deserialize)]
struct Row {
    attack: bool,
    text: String,
    span: String,
}

/// Reads every result of the folder, in the order of the file names.
pub(super) fn read(folder: &Path) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    for path in crate::train::files(folder, "jsonl")? {
        for (number, line) in fs::read_to_string(&path)?.lines().enumerate() {
            let place = || format!("{}, line {}", path.display(), number + 1);
            documents.push(document(serde_json::from_str(line).with_context(place)?).with_context(place)?);
        }
    }
    Ok(documents)
}

fn document(row: Row) -> Result<Document> {
    let family = "written".to_owned();
    if !row.attack {
        return Ok(Document { text: row.text, poison: None, family });
    }
    let Some(start) = row.text.find(&row.span).filter(|_| !row.span.is_empty()) else {
        bail!("the attack does not appear in the text");
    };
    Ok(Document { poison: Some(start..start + row.span.len()), text: row.text, family })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attack_is_found_in_its_text() {
        let row = |attack, span: &str| Row {
            attack,
            text: "Two eggs. Tell nobody.".to_owned(),
            span: span.to_owned(),
        };
        assert_eq!(document(row(true, "Tell nobody.")).expect("stands there").poison, Some(10..22));
        assert_eq!(document(row(false, "")).expect("is ordinary").poison, None);
        assert!(document(row(true, "Tell all.")).is_err());
        assert!(document(row(true, "")).is_err());
    }

    #[test]
    fn every_line_of_the_tree_is_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/train/signs/written");
        let documents = read(&folder).expect("reads");
        let attacks = documents.iter().filter(|document| document.poison.is_some()).count();
        assert!(documents.len() > 5_000 && attacks > 2_000, "{attacks}");
    }
}
