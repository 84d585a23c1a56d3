//! YAML. The whole text must be one document whose root is a list or a mapping; aliases are not resolved and yield no value.

use saphyr_parser::{Event, Parser};

use super::{DEEPEST, Field, Fields, Place};
use crate::attribute::index::fold;

/// A nesting level of the reader.
struct Level {
    place: Place,
    /// The key of the values at this level.
    key: String,
    /// `None` in a list; in a mapping, whether the next scalar is a key.
    mapping: Option<bool>,
}

/// Returns the fields of a YAML document; `None` if the text is not one.
pub(super) fn read(text: &str) -> Option<Vec<Field>> {
    let mut fields = Fields::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.ok()?;
        match event {
            Event::DocumentStart(_) => documents += 1,
            Event::SequenceStart(..) => open(&mut levels, &mut fields, false)?,
            Event::MappingStart(..) => open(&mut levels, &mut fields, true)?,
            Event::SequenceEnd | Event::MappingEnd => close(&mut levels),
            Event::Scalar(value, ..) => scalar(levels.last_mut()?, &value, &mut fields)?,
            Event::Alias(_) => scalar(levels.last_mut()?, "", &mut fields)?,
            _ => {}
        }
        if documents > 1 {
            return None;
        }
    }
    let list = fields.records != 1;
    (list || fields.all.len() > 1).then_some(fields.all)
}

fn open(levels: &mut Vec<Level>, fields: &mut Fields, mapping: bool) -> Option<()> {
    // No tool returns a mapping whose keys are lists or mappings.
    if levels.len() >= DEEPEST || levels.last().is_some_and(|level| level.mapping == Some(true)) {
        return None;
    }
    let (place, key) = levels.last().map_or_else(Default::default, |level| (level.place, level.key.clone()));
    let place = if mapping { place.inside(fields.record()) } else { place };
    levels.push(Level { place, key, mapping: mapping.then_some(true) });
    Some(())
}

fn close(levels: &mut Vec<Level>) {
    levels.pop();
    if let Some(level) = levels.last_mut() {
        level.mapping = level.mapping.map(|_| true);
    }
}

/// Handles a scalar; `None` if it is a key with whitespace, which no program would write.
fn scalar(level: &mut Level, value: &str, fields: &mut Fields) -> Option<()> {
    match level.mapping {
        Some(true) if value.contains(char::is_whitespace) => return None,
        Some(true) => {
            level.key = fold(value);
            level.mapping = Some(false);
        }
        Some(false) => {
            add(level, value, fields);
            level.mapping = Some(true);
        }
        None => add(level, value, fields),
    }
    Some(())
}

fn add(level: &Level, value: &str, fields: &mut Fields) {
    if !matches!(value, "null" | "~" | "true" | "false") {
        fields.add(level.place, &level.key, value);
    }
}
