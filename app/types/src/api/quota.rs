//! Quotas of projects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Amounts by resource. The only resource is `storage`, in bytes; −1 is no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ResourceList(pub BTreeMap<String, i64>);

impl ResourceList {
    /// The name of the resource that there is.
    pub const STORAGE: &str = "storage";

    /// Bytes of storage.
    pub fn of_storage(bytes: i64) -> Self {
        ResourceList(BTreeMap::from([(Self::STORAGE.to_owned(), bytes)]))
    }
}

/// What a quota is of: `id`, `name` and `owner_name` of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct QuotaRefObject(pub BTreeMap<String, serde_json::Value>);

/// The quota of a project. It has the project's row id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quota {
    /// Row id.
    pub id: i64,
    /// The project.
    #[serde(rename = "ref", default)]
    pub reference: QuotaRefObject,
    /// The limit.
    #[serde(default)]
    pub hard: ResourceList,
    /// What is used.
    #[serde(default)]
    pub used: ResourceList,
    /// When the project was made.
    pub creation_time: Timestamp,
    /// When the project was changed.
    pub update_time: Timestamp,
}

/// A new limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotaUpdateReq {
    /// The limit; what it leaves out stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ResourceList>))]
    pub hard: Option<BTreeMap<String, serde_json::Value>>,
}
