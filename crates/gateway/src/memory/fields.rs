//! The top level of a JSON object, with each value as it was written: vectors pass through without being parsed or
//! re-serialised.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};

/// An object's fields in order. A duplicate key is an error: two parsers could see two different objects.
#[derive(Debug, Default)]
pub struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// Parses an object. The error reveals nothing of its content.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(body).map_err(|_| Malformed)
    }

    /// The field names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The text of a value; `None` if it is absent or null.
    pub fn raw(&self, name: &str) -> Option<&RawValue> {
        let value = &self.0.iter().find(|(own, _)| own == name)?.1;
        (value.get() != "null").then_some(value)
    }

    /// The value of a field; `None` if it is absent or null.
    pub fn get<'a, T: serde::Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, Malformed> {
        self.raw(name).map(|raw| serde_json::from_str(raw.get()).map_err(|_| Malformed)).transpose()
    }

    /// Replaces the value of a field, or appends the field.
    pub fn set(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), Malformed> {
        let raw = to_raw_value(value).map_err(|_| Malformed)?;
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, place)) => *place = raw,
            None => self.0.push((name.to_owned(), raw)),
        }
        Ok(())
    }

    /// Drops fields that are not in the list.
    pub fn keep(&mut self, list: &[&str]) {
        self.0.retain(|(name, _)| list.contains(&name.as_str()));
    }

    /// The object as JSON.
    pub fn to_vec(&self) -> Result<Vec<u8>, Malformed> {
        let mut out = Vec::with_capacity(self.0.iter().map(|(_, value)| value.get().len() + 24).sum());
        for (name, value) in &self.0 {
            out.push(if out.is_empty() { b'{' } else { b',' });
            serde_json::to_writer(&mut out, name).map_err(|_| Malformed)?;
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        if out.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
        Ok(out)
    }
}

/// Not a JSON object of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    // A request to a store has a dozen fields; more than 64 are not a genuine request, and checking for
                    // duplicates would be slow.
                    if fields.len() > 64 || fields.iter().any(|(own, _)| *own == name) {
                        return Err(A::Error::custom("a duplicate key, or too many keys"));
                    }
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_stays_as_it_was_written() {
        let mut fields = Fields::parse(br#"{"embeddings":[[1.10, 2e0]],"ids":["a"],"x":null}"#).unwrap();
        fields.set("ids", &["b"]).unwrap();
        let text = String::from_utf8(fields.to_vec().unwrap()).unwrap();
        assert_eq!(text, r#"{"embeddings":[[1.10, 2e0]],"ids":["b"],"x":null}"#);
        assert!(fields.raw("x").is_none() && fields.raw("y").is_none());
        assert_eq!(Fields::default().to_vec().unwrap(), b"{}");
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_is_refused() {
        for body in
            [&br#"{"ids":["a"],"ids":["b"]}"#[..], br#"{"a":1,"\u0061":2}"#, b"[]", b"{", b"", b"\xff"]
        {
            assert_eq!(Fields::parse(body).err(), Some(Malformed));
        }
    }
}
