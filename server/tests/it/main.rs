//! The whole server through its door, on SQLite and PostgreSQL.

mod contract;
mod crash;
mod permissions;
mod registry;
