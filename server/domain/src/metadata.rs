//! Settings of projects: text by key, each checked before it is kept.

use std::collections::BTreeMap;

use berth_db::query;
use berth_types::api::METADATA_KEYS;

use crate::{
    Domain, Error, Result, audit,
    authz::{CreateMetadata, DeleteMetadata, ListMetadata, ProjectAccess, ProjectAction, ReadMetadata, UpdateMetadata},
    project,
};

/// Severities that a project can be told to stop at.
const SEVERITIES: [&str; 6] = ["none", "negligible", "low", "medium", "high", "critical"];

/// All settings of a project.
///
/// # Errors
/// What the database says.
pub async fn list(domain: &Domain, access: &ProjectAccess<ListMetadata>) -> Result<BTreeMap<String, String>> {
    read(domain, access).await
}

/// One setting of a project; nothing where it was never set.
///
/// # Errors
/// What the database says.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadMetadata>, key: &str) -> Result<BTreeMap<String, String>> {
    let mut all = read(domain, access).await?;
    all.retain(|name, _| name == key);
    Ok(all)
}

async fn read<A: ProjectAction>(domain: &Domain, access: &ProjectAccess<A>) -> Result<BTreeMap<String, String>> {
    let id = access.project_id().0;
    let mut found = query::metadata::of(&mut domain.db.reader().await?.conn(), &[id]).await?;
    let mut settings = found.remove(&id).unwrap_or_default();
    settings.retain(|key, _| !key.starts_with('.'));
    Ok(settings)
}

/// Adds the one setting of a request.
///
/// # Errors
/// [`Error::BadRequest`] where it is not one, or not a setting; [`Error::Conflict`] where it is set already.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateMetadata>,
    given: &BTreeMap<String, String>,
) -> Result<()> {
    let mut pairs = given.iter();
    let (Some((key, value)), None) = (pairs.next(), pairs.next()) else {
        return Err(Error::BadRequest("only allow one key/value pair".to_owned()));
    };
    let value = checked(key, value)?;
    write(domain, access, key, Some(value), Mode::New).await
}

/// Sets a setting.
///
/// # Errors
/// [`Error::BadRequest`] where it is no setting.
pub async fn update(
    domain: &Domain,
    access: &ProjectAccess<UpdateMetadata>,
    key: &str,
    given: &BTreeMap<String, String>,
) -> Result<()> {
    let value = checked(key, given.get(key).map(String::as_str).unwrap_or_default())?;
    write(domain, access, key, Some(value), Mode::Any).await
}

/// Removes a setting. One that is not set is fine.
///
/// # Errors
/// What the database says.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteMetadata>, key: &str) -> Result<()> {
    // Only what clients may set can be removed by them.
    if !METADATA_KEYS.contains(&key) {
        return Ok(());
    }
    write(domain, access, key, None, Mode::Any).await
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    New,
    Any,
}

async fn write<A: ProjectAction>(
    domain: &Domain,
    access: &ProjectAccess<A>,
    key: &str,
    value: Option<String>,
    mode: Mode,
) -> Result<()> {
    let args = (access.clone(), key.to_owned(), value, mode, domain.now());
    let written = domain
        .db
        .write(args, |tx, (access, key, value, mode, now)| {
            Box::pin(async move {
                let id = access.project_id();
                match value {
                    Some(value) if *mode == Mode::New => {
                        if !query::metadata::insert(tx, id.0, key, value).await? {
                            let text = format!("metadata {key} already exists for project {id}");
                            return Err(Error::Conflict(text));
                        }
                    }
                    Some(value) => query::metadata::put(tx, id.0, key, value).await?,
                    None => {
                        if !query::metadata::delete(tx, id.0, key).await? {
                            return Ok(());
                        }
                    }
                }
                if key == "public" {
                    query::project::set_public(tx, id.0, value.as_deref() == Some("true")).await?;
                }
                query::project::touch(tx, id.0, *now).await?;
                let name = &access.project().name;
                let text = format!("update project: {name}, {}", project::told(key, value.as_ref()));
                let entry = audit::Entry::success("update", "project", name.as_str()).in_project(id).described(text);
                audit::record(tx, access.actor(), *now, &entry).await
            })
        })
        .await;
    domain.forget_standings();
    written
}

/// The value of a setting in the form that is kept.
///
/// # Errors
/// [`Error::BadRequest`] in Harbor's words.
pub(crate) fn checked(key: &str, value: &str) -> Result<String> {
    let invalid = || Error::BadRequest(format!("invalid value: {value}"));
    match key {
        "public"
        | "enable_content_trust"
        | "enable_content_trust_cosign"
        | "prevent_vul"
        | "auto_scan"
        | "auto_sbom_generation"
        | "reuse_sys_cve_allowlist"
        | "proxy_referrer_api"
        | "proxy_cache_local_on_not_found" => match value {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok("true".to_owned()),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok("false".to_owned()),
            _ => Err(invalid()),
        },
        "severity" => {
            let severity = value.to_ascii_lowercase();
            if SEVERITIES.contains(&severity.as_str()) { Ok(severity) } else { Err(invalid()) }
        }
        "proxy_speed_kb" => value.parse::<i32>().map(|number| number.to_string()).map_err(|_| invalid()),
        "max_upstream_conn" => match value.parse::<i32>() {
            // -1 means no limit.
            Ok(number) if number >= -1 => Ok(number.to_string()),
            _ => Err(Error::BadRequest(format!("invalid value for max_upstream_conn: {value}"))),
        },
        "proxy_cache_filter_pattern" | "proxy_cache_filter_kind" => {
            let text = "can not update the normal project with proxy cache filter metadata";
            Err(Error::BadRequest(text.to_owned()))
        }
        _ => Err(Error::BadRequest(format!("invalid key: {key}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_in_one_form() {
        for (key, given, kept) in [
            ("auto_scan", "t", "true"),
            ("public", "False", "false"),
            ("severity", "HIGH", "high"),
            ("proxy_speed_kb", "100", "100"),
            ("max_upstream_conn", "-1", "-1"),
        ] {
            assert_eq!(checked(key, given).unwrap(), kept, "{key}");
        }
    }

    #[test]
    fn what_a_later_run_would_trip_over_is_refused() {
        for (key, value) in [
            ("auto_scan", "maybe"),
            ("severity", "shoe"),
            ("public", ""),
            ("proxy_speed_kb", "fast"),
            ("max_upstream_conn", "-5"),
            ("proxy_cache_filter_kind", "glob"),
            ("retention_id", "7"),
            ("shoe", "1"),
            (".cve_allowlist", "{}"),
        ] {
            assert!(matches!(checked(key, value), Err(Error::BadRequest(_))), "{key}");
        }
    }
}
