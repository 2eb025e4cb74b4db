//! Labels (Harbor's `label` operations).

use serde::{Deserialize, Deserializer, Serialize};

use crate::{ProjectId, Timestamp};

/// A label, or what a request says of one. What the server decides is ignored in requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Label {
    /// Row id. Names the label where one is put on an artifact.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: i64,
    /// Name, unique in its scope.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// As style sheets write colours.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// `g`: of the system; `p`: of a project.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The project of a project's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// When it was made.
    #[serde(default, deserialize_with = "shown_only", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "shown_only", skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
}

fn is_zero(id: &i64) -> bool {
    *id == 0
}

/// A time that only the server sets: one that cannot be read is as good as none.
fn shown_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(deserializer)?).ok())
}
