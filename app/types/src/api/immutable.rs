//! Rules against moving and removing tags (Harbor's `immutable` operations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rule: tags that it selects in repositories that it selects stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImmutableRule {
    /// Row id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: i64,
    /// Kept for clients; all rules count the same.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i64,
    /// Whether it rests.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// `immutable`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// `immutable_template`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// Kept for clients; the template has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// Which tags; the first counts.
    #[serde(default)]
    pub tag_selectors: Option<Vec<ImmutableSelector>>,
    /// Which repositories, under `repository`; the first counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scope_selectors: BTreeMap<String, Vec<ImmutableSelector>>,
}

/// What a rule selects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImmutableSelector {
    /// `doublestar`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `matches`, `excludes`, `repoMatches`, `repoExcludes`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoration: String,
    /// The pattern; an empty one selects everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pattern: String,
    /// Kept for clients.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extras: String,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_false(switch: &bool) -> bool {
    !*switch
}
