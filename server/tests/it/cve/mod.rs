//! What went wrong in other registries, tried on this one. Each test has the number of the report in its name;
//! `docs/CONFORMANCE.md` lists which one answers which.

mod content;
mod outside;
mod people;
mod tags;
mod tokens;
