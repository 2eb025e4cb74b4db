//! Wire shapes: Harbor's schema names and fields, one file a resource.

mod artifact;
mod audit;
mod member;
mod project;
mod repository;
mod session;
mod system;
mod user;

pub use artifact::*;
pub use audit::*;
pub use member::*;
pub use project::*;
pub use repository::*;
pub use session::*;
pub use system::*;
pub use user::*;
