//! What robots can be given (Harbor's `permissions` operation).

use serde::{Deserialize, Serialize};

use crate::policy::Permission;

/// Everything that robots can be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permissions {
    /// In a project.
    #[serde(default)]
    pub project: Vec<Permission>,
    /// In the system; empty for who administers projects only.
    #[serde(default)]
    pub system: Vec<Permission>,
}
