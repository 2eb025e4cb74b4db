//! Functions over a connection, one module a noun. They know no rule and no permission.

pub mod artifact;
pub mod audit;
pub mod list;
pub mod member;
pub mod metadata;
pub mod project;
pub mod push;
pub mod registry;
pub mod repository;
pub mod statistics;
pub mod tag;

use crate::Value;

/// Arguments of one statement. Both databases take more; this keeps statements few and cached.
const CHUNK: usize = 100;

/// `$first, …` for `count` arguments.
fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// An argument, then row ids.
fn with_ids(first: impl Into<Value>, ids: &[i64]) -> Vec<Value> {
    std::iter::once(first.into()).chain(ids.iter().map(|id| Value::from(*id))).collect()
}

/// Row ids as arguments.
fn as_values(ids: &[i64]) -> Vec<Value> {
    ids.iter().map(|id| Value::from(*id)).collect()
}
