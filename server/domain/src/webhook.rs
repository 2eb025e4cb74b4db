//! Webhook policies: what projects tell other systems, and where.
//!
//! Deliveries come with a later release; until then no policy has one, and lists of them are empty.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use berth_db::{Conn, DbError, query};
use berth_types::{
    ProjectId, Timestamp,
    api::{
        Execution, PayloadFormat, SupportedWebhookEventTypes, Task, WebhookJob, WebhookLastTrigger, WebhookPolicy,
        WebhookTargetObject,
    },
    page::Paged,
    query::ListQuery,
};
use serde::{Deserialize, Serialize};

use crate::{
    Domain, Error, Result, audit,
    authz::{
        CreateWebhookPolicy, DeleteWebhookPolicy, ListWebhookPolicies, ProjectAccess, ProjectAction, ReadWebhookPolicy,
        UpdateWebhookPolicy,
    },
};

/// Kinds of event that policies can be about.
const EVENT_TYPES: [&str; 10] = [
    "PUSH_ARTIFACT",
    "PULL_ARTIFACT",
    "DELETE_ARTIFACT",
    "QUOTA_EXCEED",
    "QUOTA_WARNING",
    "SCANNING_FAILED",
    "SCANNING_STOPPED",
    "SCANNING_COMPLETED",
    "REPLICATION",
    "TAG_RETENTION",
];
/// Kinds of receiver.
const TARGET_TYPES: [&str; 2] = ["http", "slack"];
/// What a receiver of the kind `http` can be sent; the first one where it does not say.
const FORMATS: [&str; 2] = ["Default", "CloudEvents"];

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 255;
/// The longest address or header, in bytes.
const TARGET_TEXT_BYTES_MAX: usize = 4096;
/// Receivers of one policy.
const TARGETS_MAX: usize = 20;
/// Policies of one project.
const POLICIES_MAX: i64 = 1000;

/// A receiver as it is kept.
#[derive(Serialize, Deserialize)]
struct Target {
    kind: String,
    address: String,
    /// Sealed, in base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_header: Option<String>,
    skip_cert_verify: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    payload_format: String,
}

/// What policies can be made of.
pub fn supported(_access: &ProjectAccess<ReadWebhookPolicy>) -> SupportedWebhookEventTypes {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    SupportedWebhookEventTypes {
        event_type: owned(&EVENT_TYPES),
        notify_type: owned(&TARGET_TYPES),
        payload_formats: vec![PayloadFormat { notify_type: "http".to_owned(), formats: owned(&FORMATS) }],
    }
}

/// The policies of a project, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListWebhookPolicies>,
    query: &ListQuery,
) -> Result<Paged<WebhookPolicy>> {
    let found = query::webhook::list(&mut domain.db.reader().await?.conn(), access.project_id().0, query).await?;
    let items = found.items.into_iter().map(|row| shown(domain, row)).collect::<Result<_>>()?;
    Ok(Paged { items, total: found.total })
}

/// One policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadWebhookPolicy>, id: i64) -> Result<WebhookPolicy> {
    shown(domain, find(domain, access.project_id(), id).await?)
}

/// Adds a policy.
///
/// # Errors
/// [`Error::BadRequest`] for a policy that could never be followed; [`Error::Conflict`] for a name that is taken.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateWebhookPolicy>,
    request: &WebhookPolicy,
) -> Result<i64> {
    let content = checked(domain, access.project_id(), request)?;
    let args = (access.clone(), content, domain.now());
    domain
        .db
        .write(args, |tx, (access, content, now)| {
            Box::pin(async move {
                let project = access.project_id().0;
                if query::webhook::count(tx, project).await? >= POLICIES_MAX {
                    return Err(Error::Precondition(format!("a project has at most {POLICIES_MAX} webhook policies")));
                }
                let inserted = query::webhook::insert(tx, project, content, *now).await;
                let id = inserted.map_err(|error| taken(error, &content.name))?;
                note(tx, access, "create", &content.name, *now).await?;
                Ok(id)
            })
        })
        .await
}

/// Changes a policy.
///
/// # Errors
/// As [`create`]; [`Error::NotFound`] where the project has no such policy.
pub async fn update(
    domain: &Domain,
    access: &ProjectAccess<UpdateWebhookPolicy>,
    id: i64,
    request: &WebhookPolicy,
) -> Result<()> {
    // What is not there is said before what is wrong with the request, as in Harbor.
    find(domain, access.project_id(), id).await?;
    let content = checked(domain, access.project_id(), request)?;
    let args = (access.clone(), id, content, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, content, now)| {
            Box::pin(async move {
                let updated = query::webhook::update(tx, access.project_id().0, *id, content, *now).await;
                if !updated.map_err(|error| taken(error, &content.name))? {
                    return Err(unknown(*id));
                }
                note(tx, access, "update", &content.name, *now).await
            })
        })
        .await
}

/// Removes a policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteWebhookPolicy>, id: i64) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                let found = in_project(query::webhook::find(tx, *id).await?, access.project_id(), *id)?;
                query::webhook::delete(tx, found.project_id, *id).await?;
                note(tx, access, "delete", &found.content.name, *now).await
            })
        })
        .await
}

/// When each policy last sent something about each of its kinds of event.
///
/// # Errors
/// What the database says.
pub async fn last_triggers(
    domain: &Domain,
    access: &ProjectAccess<ReadWebhookPolicy>,
) -> Result<Vec<WebhookLastTrigger>> {
    let mut reader = domain.db.reader().await?;
    let policies = query::webhook::all(&mut reader.conn(), access.project_id().0, POLICIES_MAX).await?;
    let mut triggers = Vec::new();
    for policy in policies {
        for event_type in events(&policy)? {
            triggers.push(WebhookLastTrigger {
                policy_name: policy.content.name.clone(),
                event_type,
                enabled: policy.content.enabled,
                creation_time: policy.created_at,
                last_trigger_time: Timestamp::NEVER,
            });
        }
    }
    Ok(triggers)
}

/// The deliveries of a policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn executions(
    domain: &Domain,
    access: &ProjectAccess<ReadWebhookPolicy>,
    id: i64,
) -> Result<Paged<Execution>> {
    find(domain, access.project_id(), id).await?;
    Ok(Paged { items: Vec::new(), total: 0 })
}

/// The tasks of a delivery.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy, or the policy no such delivery.
pub async fn tasks(
    domain: &Domain,
    access: &ProjectAccess<ReadWebhookPolicy>,
    id: i64,
    execution: i64,
) -> Result<Paged<Task>> {
    find(domain, access.project_id(), id).await?;
    Err(Error::NotFound(format!("execution {execution} not found")))
}

/// What a task of a delivery wrote down.
///
/// # Errors
/// As [`tasks`].
pub async fn log(
    domain: &Domain,
    access: &ProjectAccess<ReadWebhookPolicy>,
    id: i64,
    execution: i64,
) -> Result<String> {
    find(domain, access.project_id(), id).await?;
    Err(Error::NotFound(format!("execution {execution} not found")))
}

/// The deliveries of a policy in the older form.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such policy.
pub async fn jobs(
    domain: &Domain,
    access: &ProjectAccess<ReadWebhookPolicy>,
    policy: i64,
) -> Result<Paged<WebhookJob>> {
    find(domain, access.project_id(), policy).await?;
    Ok(Paged { items: Vec::new(), total: 0 })
}

async fn find(domain: &Domain, project: ProjectId, id: i64) -> Result<query::webhook::Policy> {
    let found = query::webhook::find(&mut domain.db.reader().await?.conn(), id).await?;
    in_project(found, project, id)
}

fn in_project(found: Option<query::webhook::Policy>, project: ProjectId, id: i64) -> Result<query::webhook::Policy> {
    let found = found.ok_or_else(|| unknown(id))?;
    if found.project_id != project.0 {
        let text = format!("resource not found: project id:{project}, webhook policy id: {id} not found");
        return Err(Error::NotFound(text));
    }
    Ok(found)
}

fn unknown(id: i64) -> Error {
    Error::NotFound(format!("notificationPolicy {id} not found"))
}

fn taken(error: DbError, name: &str) -> Error {
    Error::taken(error, || format!("notification policy named {name} already exists"))
}

/// Whose secrets the headers are, for sealing.
fn vault(project: ProjectId) -> String {
    format!("webhook policy of project {project}")
}

fn checked(domain: &Domain, project: ProjectId, request: &WebhookPolicy) -> Result<query::webhook::Content> {
    if request.event_types.is_empty() {
        return Err(Error::BadRequest("empty event type".to_owned()));
    }
    for event in &request.event_types {
        if !EVENT_TYPES.contains(&event.as_str()) {
            return Err(Error::BadRequest(format!("unsupported event type {event}")));
        }
    }
    let name = &request.name;
    if request.targets.is_empty() {
        return Err(Error::BadRequest(format!("empty notification target with policy {name}")));
    }
    if request.targets.len() > TARGETS_MAX {
        return Err(Error::BadRequest(format!("a policy has at most {TARGETS_MAX} targets")));
    }
    let mut targets = Vec::with_capacity(request.targets.len());
    for target in &request.targets {
        targets.push(checked_target(domain, project, name, target)?);
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::BadRequest(format!("name is longer than {NAME_CHARS_MAX} characters")));
    }
    crate::limit::check_description(&request.description)?;
    let mut seen = BTreeSet::new();
    let events: Vec<&String> = request.event_types.iter().filter(|event| seen.insert(event.as_str())).collect();
    Ok(query::webhook::Content {
        name: name.clone(),
        description: request.description.clone(),
        enabled: request.enabled,
        targets: serde_json::to_string(&targets).map_err(Error::internal)?,
        event_types: serde_json::to_string(&events).map_err(Error::internal)?,
    })
}

fn checked_target(domain: &Domain, project: ProjectId, policy: &str, target: &WebhookTargetObject) -> Result<Target> {
    let address = checked_address(&target.address)?;
    let kind = target.kind.as_str();
    if !TARGET_TYPES.contains(&kind) {
        return Err(Error::BadRequest(format!("unsupported target type {kind} with policy {policy}")));
    }
    let format = target.payload_format.as_str();
    if kind != "http" && !format.is_empty() {
        return Err(Error::BadRequest(format!("set payload format is not allowed for {kind}")));
    }
    if !format.is_empty() && !FORMATS.contains(&format) {
        return Err(Error::BadRequest(format!("unsupported payload format type: {format}")));
    }
    let header = target.auth_header.as_str();
    if header.chars().any(char::is_control) || header.len() > TARGET_TEXT_BYTES_MAX {
        return Err(Error::BadRequest("auth_header is no header that can be sent".to_owned()));
    }
    let sealed = match header {
        "" => None,
        header => Some(STANDARD.encode(domain.seal(&vault(project), header)?)),
    };
    Ok(Target {
        kind: kind.to_owned(),
        address,
        auth_header: sealed,
        skip_cert_verify: target.skip_cert_verify,
        payload_format: match (kind, format) {
            ("http", "") => "Default".to_owned(),
            (_, format) => format.to_owned(),
        },
    })
}

/// An address as it is kept: without spaces around it, a slash at its end, or a fragment.
///
/// Whether the server goes there is decided when it does: what a name means can change.
fn checked_address(text: &str) -> Result<String> {
    let refused = |text: String| Err(Error::BadRequest(text));
    let address = text.trim();
    let address = address.split_once('#').map_or(address, |(before, _)| before).trim_end_matches('/');
    if address.is_empty() {
        return refused("empty URL".to_owned());
    }
    if address.len() > TARGET_TEXT_BYTES_MAX {
        return refused(format!("the address is longer than {TARGET_TEXT_BYTES_MAX} bytes"));
    }
    let Some((scheme, _)) = address.split_once("://") else {
        return refused(format!("invalid address {address}: it has to begin with http:// or https://"));
    };
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return refused(format!("invalid scheme: {scheme}"));
    }
    if address.contains(char::is_control) {
        return refused("an address holds no control characters".to_owned());
    }
    let url = match reqwest::Url::parse(address) {
        Ok(url) => url,
        Err(error) => return refused(format!("invalid address {address}: {error}")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused("an address holds no user and password: auth_header is the place for them".to_owned());
    }
    Ok(address.to_owned())
}

fn shown(domain: &Domain, row: query::webhook::Policy) -> Result<WebhookPolicy> {
    let vault = vault(ProjectId(row.project_id));
    let kept: Vec<Target> = serde_json::from_str(&row.content.targets).map_err(Error::internal)?;
    let mut targets = Vec::with_capacity(kept.len());
    for target in kept {
        let auth_header = match target.auth_header {
            Some(sealed) => domain.unseal(&vault, &STANDARD.decode(sealed).map_err(Error::internal)?)?,
            None => String::new(),
        };
        targets.push(WebhookTargetObject {
            kind: target.kind,
            address: target.address,
            auth_header,
            skip_cert_verify: target.skip_cert_verify,
            payload_format: target.payload_format,
        });
    }
    Ok(WebhookPolicy {
        id: row.id,
        project_id: row.project_id,
        targets,
        event_types: events(&row)?,
        name: row.content.name,
        description: row.content.description,
        creator: None,
        creation_time: Some(row.created_at),
        update_time: Some(row.updated_at),
        enabled: row.content.enabled,
    })
}

fn events(row: &query::webhook::Policy) -> Result<Vec<String>> {
    serde_json::from_str(&row.content.event_types).map_err(Error::internal)
}

async fn note<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    operation: &'static str,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let entry = audit::Entry::success(operation, "webhook_policy", name).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_could_be_called() {
        for (given, kept) in [
            ("http://hooks:8080/x/", "http://hooks:8080/x"),
            (" https://hooks.example/x?token=1#top ", "https://hooks.example/x?token=1"),
            ("HTTP://127.0.0.1:1", "HTTP://127.0.0.1:1"),
        ] {
            assert_eq!(checked_address(given).unwrap(), kept);
        }
        for (given, text) in [
            ("", "empty URL"),
            (" / ", "empty URL"),
            ("shoe", "invalid address shoe: it has to begin with http:// or https://"),
            ("ftp://127.0.0.1/x", "invalid scheme: ftp"),
            ("http://", "invalid address http:: it has to begin with http:// or https://"),
            ("http://a b/", "invalid address http://a b: invalid international domain name"),
            ("http://a\nb/", "an address holds no control characters"),
            ("http://me:secret@hooks/", "an address holds no user and password: auth_header is the place for them"),
        ] {
            assert_eq!(checked_address(given).unwrap_err().to_string(), text, "{given}");
        }
    }
}
