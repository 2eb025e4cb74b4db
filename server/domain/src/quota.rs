//! Quotas: how much a project may hold. The limit is the project's own, so a quota has the project's row id.
//!
//! What a push may add is [`crate::policy`]'s to decide.

use std::collections::BTreeMap;

use berth_db::query;
use berth_types::{
    api::{Quota, QuotaRefObject, QuotaUpdateReq, ResourceList},
    page::Paged,
    query::ListQuery,
};
use serde_json::Value;

use crate::{
    Domain, Error, Result, audit,
    authz::{ListQuotas, ReadSystemQuota, SystemAccess, UpdateQuota},
    project::STORAGE_BYTES_MAX,
};

/// What quotas are of.
const PROJECT: &str = "project";

/// Of what quotas are listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    /// The kind of thing; only projects have quotas.
    pub reference: Option<String>,
    /// Its row id.
    pub reference_id: Option<String>,
}

fn shown(row: query::quota::Quota) -> Quota {
    let reference = BTreeMap::from([
        ("id".to_owned(), Value::from(row.project_id)),
        ("name".to_owned(), Value::from(row.project_name)),
        ("owner_name".to_owned(), Value::from(row.owner_name)),
    ]);
    Quota {
        id: row.project_id,
        reference: QuotaRefObject(reference),
        hard: ResourceList::of_storage(row.storage_bytes_max),
        used: ResourceList::of_storage(row.storage_bytes_used),
        creation_time: row.created_at,
        update_time: row.updated_at,
    }
}

/// The quotas of projects, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListQuotas>,
    filters: &Filters,
    query: &ListQuery,
) -> Result<Paged<Quota>> {
    let nothing = Ok(Paged { items: Vec::new(), total: 0 });
    if filters.reference.as_deref().is_some_and(|reference| reference != PROJECT) {
        return nothing;
    }
    let project = match filters.reference_id.as_deref().map(str::parse::<i64>) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return nothing,
    };
    let mut reader = domain.db.reader().await?;
    Ok(query::quota::list(&mut reader.conn(), project, query).await?.map(shown))
}

/// The quota of one project.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadSystemQuota>, id: i64) -> Result<Quota> {
    let found = query::quota::get(&mut domain.db.reader().await?.conn(), id).await?;
    found.map(shown).ok_or_else(|| missing(id))
}

/// Changes the limit of a project, also to less than it holds: then nothing more is added.
///
/// # Errors
/// [`Error::BadRequest`] for a limit that cannot be; [`Error::NotFound`] where there is no such quota.
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateQuota>,
    id: i64,
    request: &QuotaUpdateReq,
) -> Result<()> {
    let limit = limit_of(request)?;
    let args = (access.actor().clone(), id, limit, domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, limit, now)| {
            Box::pin(async move {
                let found = query::quota::get(tx, *id).await?.ok_or_else(|| missing(*id))?;
                query::quota::set_limit(tx, *id, *limit, *now).await?;
                let entry = audit::Entry::success("update", "quota", found.project_name.as_str())
                    .described(format!("set the quota of project {} to {limit} bytes", found.project_name))
                    .in_project(berth_types::ProjectId(*id));
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

fn missing(id: i64) -> Error {
    Error::NotFound(format!("quota {id} not found"))
}

fn limit_of(request: &QuotaUpdateReq) -> Result<i64> {
    let hard = request.hard.as_ref().filter(|hard| !hard.is_empty());
    let hard = hard.ok_or_else(|| Error::BadRequest("hard required in body".to_owned()))?;
    if let Some(other) = hard.keys().find(|name| *name != ResourceList::STORAGE) {
        return Err(Error::BadRequest(format!("resource {other} not support")));
    }
    checked(hard.get(ResourceList::STORAGE).and_then(Value::as_i64).unwrap_or_default())
}

/// A limit in bytes: positive, or −1 for none.
fn checked(limit: i64) -> Result<i64> {
    if limit < 1 && limit != -1 {
        return Err(Error::BadRequest(format!("invalid non-positive value for quota limit, value={limit}")));
    }
    if limit > STORAGE_BYTES_MAX {
        let text = format!("exceeded 1024TB, which is {STORAGE_BYTES_MAX} Bytes, value={limit}");
        return Err(Error::BadRequest(text));
    }
    Ok(limit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_is_positive_or_none() {
        let limit = |hard: Value| limit_of(&QuotaUpdateReq { hard: serde_json::from_value(hard).unwrap() });
        for hard in [
            json!(null),
            json!({}),
            json!({ "shoes": 1 }),
            json!({ "storage": 5, "shoes": 1 }),
            json!({ "storage": 0 }),
            json!({ "storage": -2 }),
            json!({ "storage": STORAGE_BYTES_MAX + 1 }),
        ] {
            assert!(matches!(limit(hard.clone()), Err(Error::BadRequest(_))), "{hard}");
        }
        for fits in [-1, 1, STORAGE_BYTES_MAX] {
            assert_eq!(limit(json!({ "storage": fits })).unwrap(), fits);
        }
    }
}
