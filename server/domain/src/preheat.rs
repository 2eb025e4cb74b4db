//! P2P networks, and which images of which projects are brought into them.
//!
//! Runs come with a later release; until then no policy has one, and lists of them are empty.

use std::collections::BTreeMap;

use berth_db::{DbError, query};
use berth_types::{
    ProjectId, Timestamp,
    api::{Execution, PreheatInstance, PreheatPolicy, PreheatVendor, ProviderUnderProject, Task},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Domain, Error, Result, audit,
    authz::{
        CreatePreheatInstance, CreatePreheatPolicy, DeletePreheatInstance, DeletePreheatPolicy, ListPreheatInstances,
        ListPreheatPolicies, ProjectAccess, ProjectAction, ReadPreheatInstance, ReadPreheatPolicy, SystemAccess,
        UpdatePreheatInstance, UpdatePreheatPolicy,
    },
    outbound::{Certificates, Get},
};

mod check;

use check::{
    VENDORS, Vendor, authorization, check_attributes, check_filters, check_trigger, checked_instance, checked_name,
    unknown_vendor,
};

/// The longest filters, trigger or extra attributes, in bytes.
const RULE_BYTES_MAX: usize = 64 << 10;
/// P2P networks that members of a project are shown.
const PROVIDERS_SHOWN_MAX: i64 = 1000;
/// What a P2P network may say about its health, in bytes.
const HEALTH_BYTES_MAX: usize = 64 << 10;

/// The kinds of P2P network.
pub fn vendors(_access: &SystemAccess<ListPreheatInstances>) -> Vec<PreheatVendor> {
    let shown = |vendor: &Vendor| PreheatVendor {
        id: vendor.id.to_owned(),
        name: vendor.name.to_owned(),
        icon: vendor.icon.to_owned(),
        maintainers: vendor.maintainers.iter().map(|name| (*name).to_owned()).collect(),
        version: vendor.version.to_owned(),
        source: vendor.source.to_owned(),
    };
    VENDORS.iter().map(shown).collect()
}

/// The P2P networks.
///
/// # Errors
/// What the database says.
pub async fn instances(
    domain: &Domain,
    _access: &SystemAccess<ListPreheatInstances>,
    query: &ListQuery,
) -> Result<Paged<PreheatInstance>> {
    let found = query::preheat::instances(&mut domain.db.reader().await?.conn(), query).await?;
    Ok(found.map(shown_instance))
}

/// The P2P networks that policies of a project can be for.
///
/// # Errors
/// What the database says.
pub async fn providers(
    domain: &Domain,
    _access: &ProjectAccess<ListPreheatPolicies>,
) -> Result<Vec<ProviderUnderProject>> {
    let mut reader = domain.db.reader().await?;
    let found = query::preheat::first_instances(&mut reader.conn(), PROVIDERS_SHOWN_MAX).await?;
    let shown = |instance: query::preheat::Instance| {
        let query::preheat::Instance { id, content, .. } = instance;
        ProviderUnderProject {
            id,
            provider: format!("{} {}-{}", content.vendor, content.name, content.endpoint),
            enabled: content.enabled,
            default: content.is_default,
        }
    };
    Ok(found.into_iter().map(shown).collect())
}

/// One P2P network.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this name.
pub async fn instance(
    domain: &Domain,
    _access: &SystemAccess<ReadPreheatInstance>,
    name: &str,
) -> Result<PreheatInstance> {
    let found = query::preheat::instance_by_name(&mut domain.db.reader().await?.conn(), name).await?;
    found.map(shown_instance).ok_or_else(|| no_instance(name))
}

/// Adds a P2P network.
///
/// # Errors
/// [`Error::BadRequest`] for one that could never be reached; [`Error::Conflict`] for a name or address that is taken.
pub async fn create_instance(
    domain: &Domain,
    access: &SystemAccess<CreatePreheatInstance>,
    request: &PreheatInstance,
) -> Result<()> {
    let content = checked_instance(domain, request, None)?;
    let args = (access.actor().clone(), content, domain.now());
    domain
        .db
        .write(args, |tx, (actor, content, now)| {
            Box::pin(async move {
                refuse_rival(tx, 0, content).await?;
                let id = query::preheat::insert_instance(tx, content, *now).await.map_err(taken_instance)?;
                if content.is_default {
                    query::preheat::keep_one_default(tx, id).await?;
                }
                let entry = audit::Entry::success("create", "preheat_instance", &content.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Changes a P2P network. A credential that is left out stays, unless the way of using one changes, or the host.
///
/// # Errors
/// As [`create_instance`]; [`Error::NotFound`] where there is none of this name.
pub async fn update_instance(
    domain: &Domain,
    access: &SystemAccess<UpdatePreheatInstance>,
    name: &str,
    request: &PreheatInstance,
) -> Result<()> {
    let found = query::preheat::instance_by_name(&mut domain.db.reader().await?.conn(), name).await?;
    let found = found.ok_or_else(|| no_instance(name))?;
    let content = checked_instance(domain, request, Some(&found.content))?;
    let args = (access.actor().clone(), name.to_owned(), found.id, content, domain.now());
    domain
        .db
        .write(args, |tx, (actor, name, id, content, now)| {
            Box::pin(async move {
                refuse_rival(tx, *id, content).await?;
                let updated = query::preheat::update_instance(tx, *id, content, *now).await;
                if !updated.map_err(taken_instance)? {
                    return Err(no_instance(name));
                }
                if content.is_default {
                    query::preheat::keep_one_default(tx, *id).await?;
                }
                let entry = audit::Entry::success("update", "preheat_instance", &content.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Removes a P2P network.
///
/// # Errors
/// [`Error::NotFound`] where there is none of this name; [`Error::Precondition`] where a policy is for it.
pub async fn delete_instance(domain: &Domain, access: &SystemAccess<DeletePreheatInstance>, name: &str) -> Result<()> {
    let args = (access.actor().clone(), name.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (actor, name, now)| {
            Box::pin(async move {
                let found = query::preheat::instance_by_name(tx, name).await?.ok_or_else(|| no_instance(name))?;
                if query::preheat::is_used(tx, found.id).await? {
                    return Err(Error::Precondition(format!(
                        "Provider [{name}] cannot be deleted as some preheat policies are using it"
                    )));
                }
                query::preheat::delete_instance(tx, found.id).await?;
                let entry = audit::Entry::success("delete", "preheat_instance", name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Asks a P2P network whether it is well: one that is kept, by id, or one that is only described.
///
/// # Errors
/// [`Error::BadRequest`] where nothing is described, or where it does not answer that it is well;
/// [`Error::NotFound`] for an id that does not exist.
pub async fn ping(
    domain: &Domain,
    _access: &SystemAccess<ReadPreheatInstance>,
    request: &PreheatInstance,
) -> Result<()> {
    let content = if request.id > 0 {
        let found = query::preheat::instance(&mut domain.db.reader().await?.conn(), request.id).await?;
        found.ok_or_else(|| no_instance(&request.id.to_string()))?.content
    } else {
        if request.endpoint.is_empty() {
            return Err(Error::BadRequest("the endpoint of the instance is required".to_owned()));
        }
        checked_instance(domain, request, None)?
    };
    let vendor = VENDORS.iter().find(|vendor| vendor.id == content.vendor);
    let vendor = vendor.ok_or_else(|| unknown_vendor(&content.vendor))?;
    let url = format!("{}{}", content.endpoint, vendor.health_path);
    let headers = match authorization(domain, &content)? {
        Some(header) => vec![("authorization", header)],
        None => Vec::new(),
    };
    let certificates = if content.insecure { Certificates::Unchecked } else { Certificates::Checked };
    let get = Get { url: &url, certificates, headers: &headers, answer_bytes_max: HEALTH_BYTES_MAX };
    let unwell = |reason: String| {
        Error::BadRequest(format!("preheat provider instance {} is not healthy: {reason}", content.endpoint))
    };
    let answer = domain.outbound.get(&get).await.map_err(|failure| unwell(failure.to_string()))?;
    match answer.status {
        200..300 => Ok(()),
        status => Err(unwell(format!("it answered with status {status}"))),
    }
}

/// The policies of a project.
///
/// # Errors
/// What the database says.
pub async fn policies(
    domain: &Domain,
    access: &ProjectAccess<ListPreheatPolicies>,
    query: &ListQuery,
) -> Result<Paged<PreheatPolicy>> {
    let mut reader = domain.db.reader().await?;
    let found = query::preheat::policies(&mut reader.conn(), access.project_id().0, query).await?;
    Ok(found.map(shown_policy))
}

/// One policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has none of this name.
pub async fn policy(domain: &Domain, access: &ProjectAccess<ReadPreheatPolicy>, name: &str) -> Result<PreheatPolicy> {
    find(domain, access.project_id(), name).await.map(shown_policy)
}

/// Adds a policy.
///
/// # Errors
/// [`Error::BadRequest`] for a policy that could never be followed; [`Error::NotFound`] for an instance that does not
/// exist; [`Error::Conflict`] for a name that is taken.
pub async fn create_policy(
    domain: &Domain,
    access: &ProjectAccess<CreatePreheatPolicy>,
    request: &PreheatPolicy,
) -> Result<()> {
    checked_name(&request.name)?;
    let args = (access.clone(), content_of(request), domain.now());
    domain
        .db
        .write(args, |tx, (access, content, now)| {
            Box::pin(async move {
                check_policy(tx, content).await?;
                let inserted = query::preheat::insert_policy(tx, access.project_id().0, content, *now).await;
                inserted.map_err(|error| taken_policy(error, &content.name))?;
                note(tx, access, "create", &content.name, *now).await
            })
        })
        .await
}

/// Changes a policy.
///
/// # Errors
/// As [`create_policy`]; [`Error::NotFound`] where the project has none of this name.
pub async fn update_policy(
    domain: &Domain,
    access: &ProjectAccess<UpdatePreheatPolicy>,
    name: &str,
    request: &PreheatPolicy,
) -> Result<()> {
    checked_name(&request.name)?;
    let args = (access.clone(), name.to_owned(), content_of(request), domain.now());
    domain
        .db
        .write(args, |tx, (access, name, content, now)| {
            Box::pin(async move {
                check_policy(tx, content).await?;
                let project = access.project_id().0;
                let found = query::preheat::policy(tx, project, name).await?.ok_or_else(|| no_policy(name))?;
                let updated = query::preheat::update_policy(tx, project, found.id, content, *now).await;
                updated.map_err(|error| taken_policy(error, &content.name))?;
                note(tx, access, "update", &content.name, *now).await
            })
        })
        .await
}

/// Removes a policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has none of this name.
pub async fn delete_policy(domain: &Domain, access: &ProjectAccess<DeletePreheatPolicy>, name: &str) -> Result<()> {
    let args = (access.clone(), name.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (access, name, now)| {
            Box::pin(async move {
                if !query::preheat::delete_policy(tx, access.project_id().0, name).await? {
                    return Err(no_policy(name));
                }
                note(tx, access, "delete", name, *now).await
            })
        })
        .await
}

/// Runs a policy, once there are runs.
///
/// # Errors
/// [`Error::NotFound`] where the project has none of this name; [`Error::NotYet`] where it has.
pub async fn run(domain: &Domain, access: &ProjectAccess<ReadPreheatPolicy>, name: &str) -> Result<i64> {
    find(domain, access.project_id(), name).await?;
    Err(Error::NotYet("preheating"))
}

/// The runs of a policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has none of this name.
pub async fn executions(
    domain: &Domain,
    access: &ProjectAccess<ListPreheatPolicies>,
    name: &str,
) -> Result<Paged<Execution>> {
    find(domain, access.project_id(), name).await?;
    Ok(Paged { items: Vec::new(), total: 0 })
}

/// One run of a policy.
///
/// # Errors
/// [`Error::NotFound`] where the project has no policy of this name, or the policy no such run.
pub async fn execution(
    domain: &Domain,
    access: &ProjectAccess<ReadPreheatPolicy>,
    name: &str,
    id: i64,
) -> Result<Execution> {
    find(domain, access.project_id(), name).await?;
    Err(no_execution(id))
}

/// Stops a run of a policy.
///
/// # Errors
/// As [`execution`].
pub async fn stop(domain: &Domain, access: &ProjectAccess<UpdatePreheatPolicy>, name: &str, id: i64) -> Result<()> {
    find(domain, access.project_id(), name).await?;
    Err(no_execution(id))
}

/// The tasks of a run.
///
/// # Errors
/// As [`execution`].
pub async fn tasks(
    domain: &Domain,
    access: &ProjectAccess<ListPreheatPolicies>,
    name: &str,
    execution: i64,
) -> Result<Paged<Task>> {
    find(domain, access.project_id(), name).await?;
    Err(no_execution(execution))
}

/// What a task of a run wrote down.
///
/// # Errors
/// As [`execution`].
pub async fn log(
    domain: &Domain,
    access: &ProjectAccess<ReadPreheatPolicy>,
    name: &str,
    execution: i64,
) -> Result<String> {
    find(domain, access.project_id(), name).await?;
    Err(no_execution(execution))
}

async fn find(domain: &Domain, project: ProjectId, name: &str) -> Result<query::preheat::Policy> {
    let found = query::preheat::policy(&mut domain.db.reader().await?.conn(), project.0, name).await?;
    found.ok_or_else(|| no_policy(name))
}

fn no_instance(name: &str) -> Error {
    Error::NotFound(format!("instance {name} not found"))
}

fn no_policy(name: &str) -> Error {
    Error::NotFound(format!("policy {name} not found"))
}

fn no_execution(id: i64) -> Error {
    Error::NotFound(format!("execution {id} not found"))
}

/// Says which of the two is taken, which the database's own error does not.
async fn refuse_rival(tx: &mut berth_db::Conn<'_>, id: i64, content: &query::preheat::InstanceContent) -> Result<()> {
    let Some(rival) = query::preheat::rival(tx, id, &content.name, &content.endpoint).await? else { return Ok(()) };
    Err(Error::Conflict(if rival.content.name == content.name {
        format!("instance {} already exists", content.name)
    } else {
        format!("endpoint {} belongs to instance {} already", content.endpoint, rival.content.name)
    }))
}

fn taken_instance(error: DbError) -> Error {
    Error::taken(error, || "the instance's name or endpoint is taken".to_owned())
}

fn taken_policy(error: DbError, name: &str) -> Error {
    Error::taken(error, || format!("policy {name} already exists"))
}

fn shown_instance(row: query::preheat::Instance) -> PreheatInstance {
    let query::preheat::Instance { id, content, created_at } = row;
    PreheatInstance {
        id,
        name: content.name,
        description: content.description,
        vendor: content.vendor,
        endpoint: content.endpoint,
        auth_mode: content.auth_mode,
        auth_info: BTreeMap::new(),
        status: "Unknown".to_owned(),
        enabled: content.enabled,
        default: content.is_default,
        insecure: content.insecure,
        setup_timestamp: created_at.0.div_euclid(1_000_000),
    }
}

fn content_of(request: &PreheatPolicy) -> query::preheat::PolicyContent {
    query::preheat::PolicyContent {
        instance_id: request.provider_id,
        name: request.name.clone(),
        description: request.description.clone(),
        filters: request.filters.clone(),
        trigger: request.trigger.clone(),
        extra_attrs: request.extra_attrs.clone(),
        enabled: request.enabled,
    }
}

/// The instance first and then what is written, as in Harbor.
async fn check_policy(tx: &mut berth_db::Conn<'_>, content: &query::preheat::PolicyContent) -> Result<()> {
    let id = content.instance_id;
    query::preheat::instance(tx, id).await?.ok_or_else(|| no_instance(&id.to_string()))?;
    for (what, text) in
        [("filters", &content.filters), ("trigger", &content.trigger), ("extra_attrs", &content.extra_attrs)]
    {
        if text.len() > RULE_BYTES_MAX {
            return Err(Error::BadRequest(format!("{what} is longer than {RULE_BYTES_MAX} bytes")));
        }
    }
    crate::limit::check_description(&content.description)?;
    check_filters(&content.filters)?;
    check_trigger(&content.trigger)?;
    check_attributes(&content.extra_attrs)
}

fn shown_policy(row: query::preheat::Policy) -> PreheatPolicy {
    let content = row.content;
    PreheatPolicy {
        id: row.id,
        name: content.name,
        description: content.description,
        project_id: row.project_id,
        provider_id: content.instance_id,
        provider_name: row.instance_name,
        filters: content.filters,
        trigger: content.trigger,
        enabled: content.enabled,
        extra_attrs: content.extra_attrs,
        creation_time: Some(row.created_at),
        update_time: Some(row.updated_at),
    }
}

async fn note<A: ProjectAction>(
    tx: &mut berth_db::Conn<'_>,
    access: &ProjectAccess<A>,
    operation: &'static str,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let entry = audit::Entry::success(operation, "preheat_policy", name).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}
