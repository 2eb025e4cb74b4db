//! The whole server through its door, on SQLite and PostgreSQL.

mod registry;
