//! The vulnerabilities that the whole system overlooks: Harbor's `SystemCVEAllowlist`.

use serde::{Deserialize, Deserializer, Serialize};

use crate::api::{CveAllowlist, CveItem};

/// A list as a request carries one. What the server itself knows, such as its times, is not read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CveAllowlistReq {
    /// The list; none is an empty one.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub items: Vec<CveItem>,
    /// Unix seconds; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CveItem>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl From<CveAllowlistReq> for CveAllowlist {
    fn from(request: CveAllowlistReq) -> Self {
        CveAllowlist { items: Some(request.items), expires_at: request.expires_at, ..CveAllowlist::default() }
    }
}
