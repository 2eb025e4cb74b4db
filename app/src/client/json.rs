//! Reads JSON into DTOs.
//!
//! serde_json makes a whole reader for every type that is read: one that takes arrays as well for each structure, and follows the text
//! in each. In the browser this was nearly a fifth of all code. Here the text is read once, the same way for all types, and each type
//! only picks its fields from what was read.

use std::{fmt, slice};

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::{Map, Number, Value, map};

/// The value that a text holds.
///
/// # Errors
/// Where the text is no JSON, or JSON of another shape.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    T::deserialize(Reader(&serde_json::from_str(text).map_err(Unreadable::Text)?))
}

/// A part of what was read.
#[derive(Clone, Copy)]
struct Reader<'v>(&'v Value);

/// Why a text cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is no JSON.
    Text(serde_json::Error),
    /// It is of another shape.
    Shape(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Text(error) => error.fmt(formatter),
            Unreadable::Shape(why) => formatter.write_str(why),
        }
    }
}

impl std::error::Error for Unreadable {}

impl serde::de::Error for Unreadable {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Unreadable::Shape(why.to_string())
    }

    // What was found instead may be a number with a fraction, and to write one takes tables.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Unreadable::Shape(format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Unreadable::Shape(format!("expected {expected}"))
    }
}

impl<'v> Reader<'v> {
    /// What every type says that finds something else.
    #[cold]
    fn refuse(self, expected: &dyn Expected) -> Unreadable {
        let found = match self.0 {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Unreadable::Shape(format!("found {found}, expected {expected}"))
    }
}

fn number<'v, V: Visitor<'v>>(number: &Number, visitor: V) -> Result<V::Value, Unreadable> {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => visitor.visit_u64(number),
        (None, Some(number)) => visitor.visit_i64(number),
        (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn items<'v, V: Visitor<'v>>(items: &'v [Value], visitor: V) -> Result<V::Value, Unreadable> {
    visitor.visit_seq(Items(items.iter()))
}

fn fields<'v, V: Visitor<'v>>(fields: &'v Map<String, Value>, visitor: V) -> Result<V::Value, Unreadable> {
    visitor.visit_map(Fields { rest: fields.iter(), value: None })
}

/// Methods that take one kind of value and no other.
macro_rules! only {
    ($($method:ident: $kind:pat => $read:expr;)*) => {
        $(fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            match self.0 {
                $kind => $read(visitor),
                _ => Err(self.refuse(&visitor)),
            }
        })*
    };
}

/// Methods that are another by a shorter name.
macro_rules! same {
    ($($method:ident($($name:ident: $of:ty),*) = $other:ident;)*) => {
        $(fn $method<V: Visitor<'v>>(self, $($name: $of,)* visitor: V) -> Result<V::Value, Unreadable> {
            $(let _ = $name;)*
            self.$other(visitor)
        })*
    };
}

impl<'v> Deserializer<'v> for Reader<'v> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(found) => number(found, visitor),
            Value::String(text) => visitor.visit_str(text),
            Value::Array(found) => items(found, visitor),
            Value::Object(found) => fields(found, visitor),
        }
    }

    only! {
        deserialize_bool: Value::Bool(value) => |visitor: V| visitor.visit_bool(*value);
        deserialize_u64: Value::Number(found) => |visitor| number(found, visitor);
        deserialize_str: Value::String(text) => |visitor: V| visitor.visit_str(text);
        deserialize_unit: Value::Null => |visitor: V| visitor.visit_unit();
        deserialize_seq: Value::Array(found) => |visitor| items(found, visitor);
        deserialize_map: Value::Object(found) => |visitor| fields(found, visitor);
    }

    same! {
        deserialize_u8() = deserialize_u64;
        deserialize_u16() = deserialize_u64;
        deserialize_u32() = deserialize_u64;
        deserialize_i8() = deserialize_u64;
        deserialize_i16() = deserialize_u64;
        deserialize_i32() = deserialize_u64;
        deserialize_i64() = deserialize_u64;
        deserialize_f32() = deserialize_u64;
        deserialize_f64() = deserialize_u64;
        deserialize_char() = deserialize_str;
        deserialize_string() = deserialize_str;
        deserialize_identifier() = deserialize_str;
        deserialize_bytes() = deserialize_any;
        deserialize_byte_buf() = deserialize_any;
        deserialize_unit_struct(name: &'static str) = deserialize_unit;
        deserialize_tuple(length: usize) = deserialize_seq;
        deserialize_tuple_struct(name: &'static str, length: usize) = deserialize_seq;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) = deserialize_map;
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let (name, content) = match self.0 {
            Value::String(name) => (name, None),
            Value::Object(fields) => match (fields.len(), fields.iter().next()) {
                (1, Some((name, content))) => (name, Some(Reader(content))),
                _ => return Err(self.refuse(&visitor)),
            },
            _ => return Err(self.refuse(&visitor)),
        };
        visitor.visit_enum(Variant { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }
}

struct Items<'v>(slice::Iter<'v, Value>);

impl<'v> SeqAccess<'v> for Items<'v> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        self.0.next().map(|item| seed.deserialize(Reader(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields<'v> {
    rest: map::Iter<'v>,
    value: Option<Reader<'v>>,
}

impl<'v> MapAccess<'v> for Fields<'v> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(Reader(value));
        seed.deserialize(text(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(self.value.take().unwrap_or(Reader(&Value::Null)))
    }
}

struct Variant<'v> {
    name: &'v str,
    content: Option<Reader<'v>>,
}

impl<'v> EnumAccess<'v> for Variant<'v> {
    type Error = Unreadable;
    type Variant = Content<'v>;

    fn variant_seed<T: DeserializeSeed<'v>>(self, seed: T) -> Result<(T::Value, Content<'v>), Unreadable> {
        Ok((seed.deserialize(text(self.name))?, Content(self.content)))
    }
}

struct Content<'v>(Option<Reader<'v>>);

impl<'v> Content<'v> {
    fn found(self) -> Reader<'v> {
        self.0.unwrap_or(Reader(&Value::Null))
    }
}

impl<'v> VariantAccess<'v> for Content<'v> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        match self.0 {
            None => Ok(()),
            Some(content) => Err(content.refuse(&"a name alone")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'v>>(self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(self.found())
    }

    fn tuple_variant<V: Visitor<'v>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.found().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'v>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unreadable> {
        self.found().deserialize_map(visitor)
    }
}

fn text(text: &str) -> StrDeserializer<'_, Unreadable> {
    text.into_deserializer()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Structure {
        name: String,
        #[serde(default)]
        missing: Option<i64>,
        null: Option<Kind>,
        kinds: Vec<Kind>,
        pair: (u8, f64),
        by_name: BTreeMap<String, Value>,
        wrapped: Wrapped,
        small: i8,
        is: bool,
        unit: (),
        letter: char,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(i64);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Alone,
        One(Wrapped),
        Two(i64, String),
        Named { size: u64 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        A { size: u64 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(f64),
        Text(String),
        Wrapped { tagged: Tagged },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        tagged: Tagged,
        #[serde(flatten)]
        others: BTreeMap<String, Untagged>,
    }

    fn as_serde_json_does<T: DeserializeOwned + PartialEq + Debug>(value: &Value) {
        let text = value.to_string();
        match (read::<T>(&text), serde_json::from_str::<T>(&text)) {
            (Ok(here), Ok(there)) => assert_eq!(here, there, "{text}"),
            (Err(_), Err(_)) => {}
            (here, there) => panic!("{text}: {here:?}, serde_json says {there:?}"),
        }
    }

    fn structure() -> Value {
        json!({
            "unknown": {"deep": [1, {"a": null}]},
            "name": "shop \"1\" \u{1f6a2}", "null": null, "pair": [255, 3],
            "kinds": ["alone", {"one": -9}, {"two": [i64::MIN, "x"]}, {"named": {"size": u64::MAX, "more": []}}],
            "by_name": {"a": 1.5, "b": [true, {"c": null}]},
            "wrapped": -1, "small": -128, "is": true, "unit": null, "letter": "\u{e9}",
        })
    }

    #[test]
    fn values_are_those_that_serde_json_reads() {
        as_serde_json_does::<Structure>(&structure());
        assert_eq!(read::<Structure>(&structure().to_string()).unwrap().kinds.len(), 4);
        for value in [json!(1), json!(-1), json!(1.5), json!("x"), json!({"tagged": {"type": "A", "size": 7}})] {
            as_serde_json_does::<Untagged>(&value);
        }
        as_serde_json_does::<Flat>(&json!({"type": "A", "size": 1, "b": "x", "c": 2}));
        as_serde_json_does::<Result<Vec<Wrapped>, String>>(&json!({"Ok": [1, 2]}));
        as_serde_json_does::<Result<Vec<Wrapped>, String>>(&json!({"Err": "why"}));
        as_serde_json_does::<Option<Value>>(&structure());
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        let others = [json!(null), json!(true), json!(300), json!(-129), json!(0.5), json!("é"), json!([]), json!({})];
        let whole = structure();
        for name in whole.as_object().unwrap().keys() {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(name);
            as_serde_json_does::<Structure>(&without);
            for other in &others {
                let mut changed = whole.clone();
                changed[name] = other.clone();
                as_serde_json_does::<Structure>(&changed);
            }
        }
        for kind in
            [json!("other"), json!("one"), json!({"alone": 1}), json!({"alone": null, "one": 1}), json!({}), json!(7)]
        {
            as_serde_json_does::<Kind>(&kind);
        }
        for text in ["", "{", "[1", "{\"a\" 1}", "nul", "1 2"] {
            assert!(read::<Value>(text).is_err(), "{text}");
        }
    }
}
