//! The whole server through its door, on SQLite and PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bad_input;
mod contract;
mod crash;
mod people;
mod permissions;
mod process;
mod registry;
