//! The pages, one folder an area. Logic is in plain structs beside them.

pub mod account;
pub mod admin;
pub(crate) mod artifact;
pub mod audit;
pub(crate) mod bulk;
mod error;
pub(crate) mod growth;
pub(crate) mod labels;
mod loaded;
pub(crate) mod project;
pub(crate) mod projects;
pub(crate) mod repository;
pub(crate) mod robots;
pub(crate) mod schedule;
pub mod search;
pub(crate) mod secret;
pub mod setup;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_up;
pub(crate) mod stored;

pub use error::{ErrorView, NotFound};
pub use loaded::{extra, loaded};
