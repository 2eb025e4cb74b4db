//! The whole server through its door, on SQLite and PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod artifacts;
mod audit;
mod backup;
mod bad_input;
mod bounded;
mod bulk;
mod chores;
mod conformance;
mod content;
mod contract;
mod crash;
mod cve;
mod events;
mod foreign;
mod fsck;
mod gc;
mod immutable;
mod kinds;
mod label;
mod model;
mod negatives;
mod overview;
mod own;
mod people;
mod permissions;
mod preheat;
mod process;
mod quotas;
mod registries;
mod registry;
mod replication;
mod retention;
mod robots;
mod rules;
mod scanners;
mod shelf;
mod sources;
mod terraform;
mod trouble;
mod usage;
mod usergroups;
mod webhook;
