//! The way back to the default of a setting.

use berth_db::query::setting as rows;
use serde_json::{Map, Value};

use super::{Kind, change, find};
use crate::{
    Domain, Error, Result,
    authz::{SystemAccess, UpdateConfiguration},
};

/// Forgets what was set, so that the default holds, that of later versions included. Fine where nothing was set.
///
/// # Errors
/// [`Error::NotFound`] for an unknown setting; as [`super::update`] where the default may not be set now.
pub async fn reset(domain: &Domain, access: &SystemAccess<UpdateConfiguration>, name: &str) -> Result<()> {
    let known = find(name).filter(|setting| setting.kind != Kind::ScanAll);
    let setting = known.ok_or_else(|| Error::NotFound(format!("there is no setting {name}")))?;
    let changes = rows::changes(&mut domain.db.reader().await?.conn()).await?;
    if !changes.iter().any(|(changed, ..)| changed == setting.name) {
        return Ok(());
    }
    // The same rules hold as for whoever types the default in, and the log tells of it as of any change.
    let default: Map<String, Value> = [(setting.name.to_owned(), setting.default_value())].into_iter().collect();
    change(domain, access, &default, Some(setting.name)).await
}
