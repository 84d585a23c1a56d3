//! What Python's `str` prints for lists, tuples, sets, dictionaries and objects: `[{'a': 1}]`, `Mail(id='1', to=['x'])`.

use super::{DEEPEST, Field, Fields, Place};
use crate::attribute::index::fold;

/// Returns the fields of such a text; `None` unless all of it is of this form.
pub(super) fn read(text: &str) -> Option<Vec<Field>> {
    let whole = text.ends_with([']', '}', ')'])
        && text.starts_with(|ch: char| matches!(ch, '[' | '{' | '(') || ch.is_alphabetic());
    if !whole {
        return None;
    }
    let mut reader = Reader { text, at: 0, fields: Fields::new() };
    reader.value("", Place::default(), 0)?;
    (reader.rest().is_empty()).then_some(reader.fields.all)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    fields: Fields,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Consumes this character if it comes next; returns whether it did.
    fn eat(&mut self, wanted: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn value(&mut self, key: &str, place: Place, depth: usize) -> Option<()> {
        self.blanks();
        if depth > DEEPEST {
            return None;
        }
        match self.rest().chars().next()? {
            '[' => self.list(']', key, place, depth),
            '(' => self.list(')', key, place, depth),
            '{' => self.braces(key, place, depth),
            '\'' | '"' => {
                let text = self.string()?;
                self.fields.add(place, key, &text);
                Some(())
            }
            _ => self.word(key, place, depth),
        }
    }

    fn list(&mut self, end: char, key: &str, place: Place, depth: usize) -> Option<()> {
        self.at += 1;
        while !self.eat(end) {
            self.value(key, place, depth + 1)?;
            if !self.eat(',') {
                return self.eat(end).then_some(());
            }
        }
        Some(())
    }

    /// A dictionary or a set.
    fn braces(&mut self, key: &str, place: Place, depth: usize) -> Option<()> {
        self.at += 1;
        let inside = place.inside(self.fields.record());
        while !self.eat('}') {
            let before = self.fields.all.len();
            self.value(key, inside, depth + 1)?;
            if self.eat(':') {
                // What was just read is a key.
                let name = self.fields.all.get(before).map(|field| field.value.clone());
                self.fields.all.truncate(before);
                self.value(&name.unwrap_or_default(), inside, depth + 1)?;
            }
            if !self.eat(',') {
                return self.eat('}').then_some(());
            }
        }
        Some(())
    }

    /// Reads a number, a constant, or a class name with its contents.
    fn word(&mut self, key: &str, place: Place, depth: usize) -> Option<()> {
        let rest = self.rest();
        let part = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '.' | '-' | '+');
        let word =
            rest.get(..rest.find(|ch| !part(ch)).unwrap_or(rest.len())).filter(|word| !word.is_empty())?;
        self.at += word.len();
        if self.rest().starts_with('(') {
            return self.object(key, place, depth);
        }
        let number = word.starts_with(|ch: char| ch.is_ascii_digit() || ch == '-');
        if number {
            self.fields.add(place, key, word);
        }
        (number || matches!(word, "None" | "True" | "False" | "nan" | "inf")).then_some(())
    }

    fn object(&mut self, key: &str, place: Place, depth: usize) -> Option<()> {
        self.at += 1;
        let inside = place.inside(self.fields.record());
        while !self.eat(')') {
            let name = self.name();
            match name {
                Some(name) => self.value(&fold(name), inside, depth + 1)?,
                None => self.value(key, inside, depth + 1)?,
            }
            if !self.eat(',') {
                return self.eat(')').then_some(());
            }
        }
        Some(())
    }

    /// Reads the `name=` before a value.
    fn name(&mut self) -> Option<&'t str> {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|ch: char| !(ch.is_alphanumeric() || ch == '_')).filter(|end| *end > 0)?;
        rest.get(end..)?.starts_with('=').then(|| self.at += end + 1)?;
        rest.get(..end)
    }

    fn string(&mut self) -> Option<String> {
        let rest = self.rest();
        let quote = rest.chars().next()?;
        let mut text = String::new();
        let mut escaped = false;
        for (at, ch) in rest.char_indices().skip(1) {
            match ch {
                _ if escaped => {
                    text.push(match ch {
                        'n' | 'r' => '\n',
                        't' => '\t',
                        other => other,
                    });
                    escaped = false;
                }
                '\\' => escaped = true,
                ch if ch == quote => {
                    self.at += at + 1;
                    return Some(text);
                }
                ch => text.push(ch),
            }
        }
        None
    }
}
