//! The whole server through its door, on SQLite and PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod artifacts;
mod audit;
mod backup;
mod bad_input;
mod bounded;
mod chores;
mod conformance;
mod contract;
mod crash;
mod cve;
mod foreign;
mod fsck;
mod gc;
mod immutable;
mod label;
mod model;
mod negatives;
mod people;
mod permissions;
mod preheat;
mod process;
mod quotas;
mod registry;
mod replication;
mod retention;
mod robots;
mod scanners;
mod sources;
mod terraform;
mod trouble;
mod usergroups;
mod webhook;
