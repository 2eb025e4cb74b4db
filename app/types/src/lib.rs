//! The vocabulary of Berth: names, digests, roles, wire shapes and paths.
//!
//! Everything here compiles for the server and for the browser, knows no I/O and is parsed once, at the edge
//! (`TryFrom`/`FromStr`), so that the rest of the code carries proofs instead of strings.

pub mod api;
pub mod audit;
pub mod digest;
pub mod error;
pub mod glob;
pub mod id;
pub mod manifest;
pub mod media_type;
pub mod name;
mod new_name;
pub mod page;
pub mod policy;
pub mod query;
pub mod range;
pub mod referral;
#[cfg(not(target_arch = "wasm32"))]
pub mod rule;
pub mod scope;
pub mod time;
pub mod url;

pub use digest::{Algorithm, Digest};
pub use error::{ErrorCode, ErrorEnvelope};
pub use id::{ArtifactId, MemberId, ProjectId, RepositoryId, RobotId, TagId, UserId};
pub use name::{ProjectName, Reference, RepoName, TagName};
pub use new_name::{NewNameError, new_project_name, suggested_project_name};
pub use policy::{Action, Resource, Role};
pub use time::{Clock, Timestamp};
