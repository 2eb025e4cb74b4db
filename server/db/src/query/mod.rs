//! Functions over a connection, one module a noun. They know no rule and no permission.

pub mod project;
pub mod push;
pub mod registry;
