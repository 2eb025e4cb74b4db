//! Functions over a connection, one module a noun. They know no rule and no permission.

pub mod artifact;
pub mod audit;
pub mod backup;
pub mod fsck;
pub mod gc;
pub mod identity;
pub mod job;
pub mod key;
pub mod list;
pub mod maintenance;
pub mod member;
pub mod metadata;
pub mod project;
pub mod push;
pub mod registry;
pub mod repository;
pub mod session;
pub mod setting;
pub mod setup;
pub mod statistics;
pub mod tag;
pub mod throttle;
pub mod user;

/// Arguments of one statement. Both databases take more; this keeps statements few and cached.
const CHUNK: usize = 100;

/// `count` marks from `$first` on, for `IN (…)`.
fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Ids as arguments.
fn as_values(ids: &[i64]) -> Vec<crate::Value> {
    ids.iter().map(|id| crate::Value::from(*id)).collect()
}

/// An id and more ids as arguments.
fn with_ids(first: i64, ids: &[i64]) -> Vec<crate::Value> {
    std::iter::once(first).chain(ids.iter().copied()).map(crate::Value::from).collect()
}
