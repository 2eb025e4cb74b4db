//! Functions over a connection, one module a noun. They know no rule and no permission.

pub mod allowlist;
pub mod artifact;
pub mod audit;
pub mod backup;
pub mod bulk;
pub mod content;
pub mod event;
pub mod facts;
pub mod find;
pub mod fsck;
pub mod gc;
pub mod identity;
pub mod immutable;
pub mod job;
pub mod jobservice;
pub mod key;
pub mod label;
pub mod list;
pub mod maintenance;
pub mod measure;
pub mod member;
pub mod metadata;
pub mod overview;
#[cfg(test)]
mod plan;
pub mod preheat;
pub mod project;
pub mod pulls;
pub mod purge;
pub mod push;
pub mod quota;
pub mod registry;
pub mod remote;
pub mod replication;
pub mod repository;
pub mod retention;
pub mod robot;
pub mod scanner;
pub mod second_factor;
pub mod selection;
pub mod session;
pub mod setting;
pub mod setup;
pub mod shelf;
pub mod statistics;
pub mod tag;
pub mod throttle;
pub mod token;
pub mod usage;
pub mod user;
pub mod usergroup;
pub mod view;
pub mod webhook;
pub mod whole;

/// Arguments of one statement. Both databases take more; this keeps statements few and cached.
const CHUNK: usize = 100;

/// `count` marks from `$first` on, for `IN (…)`.
fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Lets transactions take turns that write a table in which rows are about one another, such as the only default one. On
/// SQLite they do anyway. It comes before the first write of such a row.
async fn take_turns(conn: &mut crate::Conn<'_>, table: &'static str) -> crate::Result<()> {
    if conn.backend() == crate::Backend::Postgres {
        conn.execute(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"), &[]).await?;
    }
    Ok(())
}

/// Ids as arguments.
fn as_values(ids: &[i64]) -> Vec<crate::Value> {
    ids.iter().map(|id| crate::Value::from(*id)).collect()
}

/// An id and more ids as arguments.
fn with_ids(first: i64, ids: &[i64]) -> Vec<crate::Value> {
    std::iter::once(first).chain(ids.iter().copied()).map(crate::Value::from).collect()
}
