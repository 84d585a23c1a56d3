//! Canonical JSON (RFC 8785) in the ledger's profile: no floats, integers within ±(2^53−1).
//!
//! Verifiers never canonicalise again: the bytes that were hashed are the bytes that are stored. The form is canonical so
//! that two writers of the same record produce the same leaf.

use std::fmt::Display;
use std::ops::Range;

use serde::Serialize;
use serde::ser::{self, Serializer};

/// The greatest integer that every JSON reader represents exactly, 2^53 − 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a value has no canonical form in this profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The value cannot be turned into JSON.
    #[error("the record cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A float, or an integer outside ±(2^53−1).
    #[error("the record contains an unsupported number (only integers up to 2^53-1, no fractions)")]
    Number,
}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::Json(ser::Error::custom(message))
    }
}

/// The canonical bytes of a value.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(1024);
    value.serialize(Writer { out: &mut out })?;
    Ok(out)
}

/// Appends one value to `out`, without building a tree first: this runs twice in every exchange.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn number(self, magnitude: u128, number: impl Serialize) -> Result<(), Error> {
        if magnitude > u128::from(MAX_INTEGER) {
            return Err(Error::Number);
        }
        Ok(serde_json::to_writer(self.out, &number)?)
    }
}

/// Members of an array that is being written.
struct Items<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
    /// The closing bracket, and what the array is nested in.
    close: &'static [u8],
}

impl<'a> Items<'a> {
    fn open(out: &'a mut Vec<u8>, close: &'static [u8]) -> Self {
        out.push(b'[');
        Self { out, empty: true, close }
    }

    fn put<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        item.serialize(Writer { out: self.out })
    }

    fn close(self) {
        self.out.extend_from_slice(self.close);
    }
}

/// A member of an object that is being written.
struct Member {
    /// Range of `"name":value` in `out`.
    place: Range<usize>,
    /// End of the quoted name in `out`.
    name_end: usize,
    /// The first bytes of the name as a number, which tells most names apart without comparing them.
    head: u64,
}

impl Member {
    /// The quoted name.
    fn name<'o>(&self, out: &'o [u8]) -> &'o [u8] {
        out.get(self.place.start..self.name_end).unwrap_or_default()
    }
}

/// The first eight bytes after the opening quotation mark; for a shorter name they include the closing one.
fn head(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(name.iter().skip(1)).for_each(|(to, byte)| *to = *byte);
    u64::from_be_bytes(bytes)
}

/// Members of an object that is being written: they arrive in any order and are sorted at the end.
struct Members<'a> {
    out: &'a mut Vec<u8>,
    /// Where the first member starts.
    start: usize,
    /// In the order of arrival.
    written: Vec<Member>,
    close: &'static [u8],
}

impl<'a> Members<'a> {
    fn open(out: &'a mut Vec<u8>, close: &'static [u8]) -> Self {
        out.push(b'{');
        let start = out.len();
        Self { out, start, written: Vec::with_capacity(24), close }
    }

    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        let start = self.out.len();
        name.serialize(Writer { out: self.out })?;
        let written = self.out.get(start..).unwrap_or_default();
        if written.first() != Some(&b'"') {
            return Err(ser::Error::custom("the name of a member must be a text"));
        }
        let head = head(written);
        self.written.push(Member { place: start..start, name_end: self.out.len(), head });
        self.out.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Writer { out: self.out })?;
        let end = self.out.len();
        if let Some(member) = self.written.last_mut() {
            member.place.end = end;
        }
        Ok(())
    }

    /// Sorts the members. Of two with the same name, the later one is kept.
    fn close(self) -> Result<(), Error> {
        let Self { out, start, written: mut members, close } = self;
        let plain = members.iter().all(|member| is_plain(member.name(out)));
        if plain {
            members.sort_by(|a, b| a.head.cmp(&b.head).then_with(|| a.name(out).cmp(b.name(out))));
        } else {
            let mut keyed = Vec::with_capacity(members.len());
            for member in members {
                keyed.push((utf16(member.name(out))?, member));
            }
            keyed.sort_by(|a, b| a.0.cmp(&b.0));
            members = keyed.into_iter().map(|(_, member)| member).collect();
        }
        let mut sorted = Vec::with_capacity(out.len() - start + members.len() + 1);
        for (at, member) in members.iter().enumerate() {
            if members.get(at + 1).is_some_and(|next| next.name(out) == member.name(out)) {
                continue;
            }
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(out.get(member.place.clone()).unwrap_or_default());
        }
        out.truncate(start);
        out.extend_from_slice(&sorted);
        out.extend_from_slice(close);
        Ok(())
    }
}

/// Whether a quoted name can be ordered by its bytes among others of its kind. The closing quotation mark sorts before
/// every character with which a plain name may continue.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|&byte| byte == b'_' || byte == b'"' || byte.is_ascii_alphanumeric())
}

/// RFC 8785 §3.2.3 orders by UTF-16 code units, which differs from byte order for supplementary characters.
fn utf16(name: &[u8]) -> Result<Vec<u16>, Error> {
    Ok(serde_json::from_slice::<String>(name)?.encode_utf16().collect())
}

macro_rules! integers {
    ($($method:ident($type:ty) $magnitude:expr;)*) => {
        $(fn $method(self, v: $type) -> Result<(), Error> {
            let magnitude: fn($type) -> u128 = $magnitude;
            self.number(magnitude(v), v)
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    integers! {
        serialize_u8(u8) |n| n.into();
        serialize_u16(u16) |n| n.into();
        serialize_u32(u32) |n| n.into();
        serialize_u64(u64) |n| n.into();
        serialize_u128(u128) |n| n;
        serialize_i8(i8) |n| n.unsigned_abs().into();
        serialize_i16(i16) |n| n.unsigned_abs().into();
        serialize_i32(i32) |n| n.unsigned_abs().into();
        serialize_i64(i64) |n| n.unsigned_abs().into();
        serialize_i128(i128) |n| n.unsigned_abs();
    }

    fn serialize_f32(self, _: f32) -> Result<(), Error> {
        Err(Error::Number)
    }

    fn serialize_f64(self, _: f64) -> Result<(), Error> {
        Err(Error::Number)
    }

    fn serialize_bool(self, v: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if v { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), Error> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Error> {
        Ok(serde_json::to_writer(self.out, v)?)
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Error> {
        v.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut members = Members::open(self.out, b"}");
        members.name(variant)?;
        members.value(value)?;
        members.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Error> {
        Ok(Items::open(self.out, b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Error> {
        Ok(Items::open(self.out, b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Error> {
        Ok(Items::open(self.out, b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Error> {
        self.out.push(b'{');
        serde_json::to_writer(&mut *self.out, variant)?;
        self.out.push(b':');
        Ok(Items::open(self.out, b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.out, b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.out, b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        self.out.push(b'{');
        serde_json::to_writer(&mut *self.out, variant)?;
        self.out.push(b':');
        Ok(Members::open(self.out, b"}}"))
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident),*) => {
        $(impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.put(item)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

lists!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! records {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.name(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

records!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.name(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(to_vec(value).unwrap()).unwrap()
    }

    #[test]
    fn keys_are_sorted_by_utf16_units() {
        // The example of RFC 8785 §3.2.3.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        assert_eq!(
            text(&value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
             \"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\
             \"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
    }

    #[test]
    fn strings_are_escaped_as_ecmascript_does() {
        assert_eq!(
            text(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{2028}")),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}\""
        );
    }

    #[test]
    fn numbers_outside_the_profile_are_refused() {
        for number in [json!(1.5), json!(1e30), json!(MAX_INTEGER + 1), json!(-9_007_199_254_740_992_i64)] {
            assert!(matches!(to_vec(&number), Err(Error::Number)), "{number}");
        }
        assert_eq!(
            text(&json!([MAX_INTEGER, -9_007_199_254_740_991_i64, 0])),
            "[9007199254740991,-9007199254740991,0]"
        );
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Unit,
        New(u8),
        Pair(i32, char),
        Named { z: bool, a: Option<()> },
    }

    #[derive(Serialize)]
    struct Everything<'a> {
        shapes: Vec<Shape>,
        #[serde(flatten)]
        more: std::collections::BTreeMap<&'a str, (i64, u128)>,
        bytes: &'a [u8],
        a: (),
    }

    #[test]
    fn every_shape_of_serde_is_what_serde_json_makes_of_it_in_order() {
        let shapes =
            vec![Shape::Unit, Shape::New(7), Shape::Pair(-3, '\u{2028}'), Shape::Named { z: true, a: None }];
        let more = [("é", (1, 2)), ("B", (3, 4)), ("a1", (-5, 6))].into();
        let value = Everything { shapes, more, bytes: b"hi", a: () };
        let bytes = to_vec(&value).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "{\"B\":[3,4],\"a\":null,\"a1\":[-5,6],\"bytes\":[104,105],\"shapes\":[\"unit\",{\"new\":7},\
             {\"pair\":[-3,\"\u{2028}\"]},{\"named\":{\"a\":null,\"z\":true}}],\"é\":[1,2]}"
        );
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), serde_json::to_value(&value).unwrap());
    }

    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("b", 1), ("a", 2), ("b", 3)])
        }
    }

    #[test]
    fn names_are_texts_and_come_once() {
        let numbers: std::collections::BTreeMap<u8, u8> = [(1, 2)].into();
        assert!(matches!(to_vec(&numbers), Err(Error::Json(_))));

        assert_eq!(to_vec(&Twice).unwrap(), br#"{"a":2,"b":3}"#);
    }

    /// The canonical form straight from its definition: a tree whose members are sorted by their UTF-16 units.
    fn by_definition(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                format!("[{}]", items.iter().map(by_definition).collect::<Vec<_>>().join(","))
            }
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
                let member =
                    |(name, value): (&String, &Value)| format!("{}:{}", json!(name), by_definition(value));
                format!("{{{}}}", sorted.into_iter().map(member).collect::<Vec<_>>().join(","))
            }
            scalar => scalar.to_string(),
        }
    }

    proptest! {
        #[test]
        fn any_tree_has_the_form_of_its_definition(
            names in proptest::collection::vec("[a-z_\"\\\\\u{e000}-\u{e003}\u{1f600}-\u{1f603} !A]{0,3}", 1..12), number in 0..MAX_INTEGER,
        ) {
            let mut value = json!(number);
            for chunk in names.chunks(3) {
                let members = chunk.iter().map(|name| (name.clone(), value.clone()));
                value = json!([Value::Object(members.collect()), "x"]);
            }
            prop_assert_eq!(text(&value), by_definition(&value));
        }

        #[test]
        fn canonical_bytes_read_back_as_the_same_value(
            members in proptest::collection::btree_map(".*", ".*", 0..8), number in 0..MAX_INTEGER,
        ) {
            let value = json!({"m": members, "n": number, "l": [null, true]});
            let bytes = to_vec(&value).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), &value);
            prop_assert_eq!(to_vec(&serde_json::from_slice::<Value>(&bytes).unwrap()).unwrap(), bytes);
        }
    }
}
