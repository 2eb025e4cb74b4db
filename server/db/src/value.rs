//! Values and rows, the same for both databases.

use berth_types::Digest;

use crate::{DbError, Result};

/// An argument of a statement, or a column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL; the variants below say its type where PostgreSQL wants one.
    Null,
    /// A number, or NULL.
    Int(Option<i64>),
    /// A text, or NULL.
    Text(Option<String>),
    /// Bytes, or NULL.
    Bytes(Option<Vec<u8>>),
    /// A switch, or NULL.
    Bool(Option<bool>),
}

macro_rules! into_value {
    ($($from:ty => $variant:ident, $convert:expr);* $(;)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Value::$variant(Some($convert(value)))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Value::$variant(value.map($convert))
            }
        }
    )*};
}

into_value! {
    i64 => Int, |value| value;
    bool => Bool, |value| value;
    String => Text, |value| value;
    &str => Text, |value: &str| value.to_owned();
    &String => Text, |value: &String| value.clone();
    Vec<u8> => Bytes, |value| value;
    &[u8] => Bytes, |value: &[u8]| value.to_owned();
    &Digest => Bytes, |value: &Digest| value.to_column();
    Digest => Bytes, |value: Digest| value.to_column();
    berth_types::Timestamp => Int, |value: berth_types::Timestamp| value.micros();
}

/// Builds the arguments of a statement: `args![id, &name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The column at a position, as a type.
    ///
    /// # Errors
    /// [`DbError::Column`] where it holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T> {
        let value = self.0.get(column).unwrap_or(&Value::Null);
        T::from_value(value).ok_or(DbError::Column { column, expected: std::any::type_name::<T>() })
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// Nothing where the value is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(value) => *value,
            Value::Bool(value) => value.map(i64::from),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => *value,
            // SQLite has no type of its own for switches.
            Value::Int(value) => value.map(|value| value != 0),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(value) => value.clone(),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(value) => value.clone(),
            _ => None,
        }
    }
}

impl FromValue for Digest {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(Some(column)) => Digest::from_column(column).ok(),
            _ => None,
        }
    }
}

impl FromValue for berth_types::Timestamp {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(berth_types::Timestamp)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null | Value::Int(None) | Value::Text(None) | Value::Bytes(None) | Value::Bool(None) => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
