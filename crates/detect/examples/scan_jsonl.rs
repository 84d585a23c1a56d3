//! Reads lines of `{"id", "text"}` from standard input and writes `{"id", "entities": [{"start", "end", "type",
//! "score"}]}`; offsets count characters (code points).

use std::io::{BufRead, Write};

use ombud_detect::{Detector, memory};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let detector = Detector::default();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let record: Value = serde_json::from_str(&line?)?;
        let text = record.get("text").and_then(Value::as_str).unwrap_or_default();
        let count = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
        let entities: Vec<Value> = memory::detect_whole(&detector, text)
            .into_iter()
            .map(|found| {
                json!({
                    "start": count(found.span.start), "end": count(found.span.end),
                    "type": found.kind.name(), "score": found.score, "recogniser": found.recogniser,
                })
            })
            .collect();
        writeln!(out, "{}", json!({ "id": record.get("id"), "entities": entities }))?;
    }
    Ok(())
}
