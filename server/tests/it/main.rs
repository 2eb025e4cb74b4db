//! The whole server through its door, on SQLite and PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod backup;
mod bad_input;
mod bounded;
mod conformance;
mod contract;
mod crash;
mod cve;
mod fsck;
mod gc;
mod model;
mod negatives;
mod people;
mod permissions;
mod process;
mod registry;
mod sources;
mod trouble;
