//! Vulnerabilities that policies overlook: the list of the whole system, and what every list has to keep to.

use std::collections::BTreeSet;

use berth_db::query;
use berth_types::{
    Timestamp,
    api::{CveAllowlist, CveItem},
};

use crate::{
    Domain, Error, Result, audit,
    authz::{SignedIn, SystemAccess, UpdateConfiguration},
};

/// The list of the whole system. Before it was ever set it is empty, and was never made.
///
/// # Errors
/// What the database says.
pub async fn get(domain: &Domain, _access: &SignedIn) -> Result<CveAllowlist> {
    let row = query::allowlist::get(&mut domain.db.reader().await?.conn()).await?;
    let Some(row) = row else { return Ok(CveAllowlist { items: Some(Vec::new()), ..CveAllowlist::default() }) };
    let items: Vec<CveItem> = serde_json::from_str(&row.items).map_err(Error::internal)?;
    Ok(CveAllowlist {
        id: Some(row.id),
        project_id: None,
        expires_at: row.expires_at,
        items: Some(items),
        creation_time: row.created_at,
        update_time: row.updated_at,
    })
}

/// Replaces the list of the whole system.
///
/// # Errors
/// [`Error::BadRequest`] for an id that is empty or comes twice.
pub async fn put(domain: &Domain, access: &SystemAccess<UpdateConfiguration>, list: &CveAllowlist) -> Result<()> {
    let items = list.items.as_deref().unwrap_or_default();
    check(items)?;
    let text = serde_json::to_string(items).map_err(Error::internal)?;
    let args = (access.actor().clone(), text, list.expires_at, domain.now());
    domain
        .db
        .write(args, |tx, (actor, text, expires_at, now): &(_, _, _, Timestamp)| {
            Box::pin(async move {
                query::allowlist::put(tx, text, *expires_at, *now).await?;
                let entry = audit::Entry::success("update", "configuration", "CVE allowlist");
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Whether a list can be followed.
///
/// # Errors
/// [`Error::BadRequest`] for an id that is empty or comes twice.
pub(crate) fn check(items: &[CveItem]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for item in items {
        if item.cve_id.is_empty() {
            return Err(Error::BadRequest("an entry of the CVE allowlist has no cve_id".to_owned()));
        }
        if !seen.insert(item.cve_id.as_str()) {
            return Err(Error::BadRequest(format!("{} is in the CVE allowlist twice", item.cve_id)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_there_once_and_not_empty() {
        let list = |ids: &[&str]| check(&ids.iter().map(|id| CveItem { cve_id: (*id).to_owned() }).collect::<Vec<_>>());
        assert!(list(&[]).is_ok());
        assert!(list(&["CVE-2020-0001", "GHSA-1"]).is_ok());
        assert!(list(&["CVE-2020-0001", "CVE-2020-0001"]).is_err());
        assert!(list(&[""]).is_err());
    }
}
