//! Copies of records as people type them: without capitals, or all in capitals.

use super::corpus::Record;
use super::random::Random;

/// Of a hundred English records with a name, so many get a copy in lower case, and so many one in capitals.
const COPIES: (usize, usize) = (22, 5);

pub(super) fn extend(records: &mut Vec<Record>) {
    let mut random = Random::new(3);
    let mut copies = Vec::new();
    for record in records.iter() {
        // Only where the bytes stay in place.
        if !record.text.is_ascii() {
            continue;
        }
        let (lower, upper) = (random.percent(COPIES.0), random.percent(COPIES.1));
        let copy = |text: String| Record {
            text,
            names: record.names.clone(),
            source: format!("{}+case", record.source),
        };
        if lower {
            copies.push(copy(record.text.to_ascii_lowercase()));
        }
        if upper && !record.names.is_empty() {
            copies.push(copy(record.text.to_ascii_uppercase()));
        }
    }
    records.append(&mut copies);
}
