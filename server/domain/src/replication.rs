//! Replication policies: what is copied between this server and another registry, and when.
//!
//! Policies are kept and checked; runs come with a later release, so there is none to be listed.

use berth_db::{DbError, query};
use berth_types::{
    ProjectName,
    api::{
        ReplicationExecution, ReplicationFilter, ReplicationPolicy, ReplicationTask, ReplicationTrigger,
        ReplicationTriggerSettings,
    },
    glob::Glob,
    name::REPO_NAME_BYTES_MAX,
    page::Paged,
    query::ListQuery,
};
use serde_json::Value;

use crate::{
    Domain, Error, Result, audit,
    authz::{
        CreateReplication, CreateReplicationPolicy, DeleteReplicationPolicy, ListReplicationPolicies, ListReplications,
        ReadReplication, ReadReplicationPolicy, SystemAccess, UpdateReplicationPolicy,
    },
    cron::{self, BadCron},
    remote,
};
use query::{
    remote as registries,
    replication::{self as rows, Values},
};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// The most filters of a policy.
const FILTERS_MAX: usize = 64;
/// The most labels of a filter.
const LABELS_MAX: usize = 128;

/// Policies, those whose name contains a text where one is given. Newest first.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListReplicationPolicies>,
    name: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<ReplicationPolicy>> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let found = rows::list(&mut conn, name, query).await?;
    let items = describe(&mut conn, found.items).await?;
    Ok(Paged { items, total: found.total })
}

/// One policy.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadReplicationPolicy>, id: i64) -> Result<ReplicationPolicy> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = rows::find(&mut conn, id).await?.ok_or_else(|| missing(id))?;
    describe(&mut conn, vec![row]).await?.into_iter().next().ok_or_else(|| missing(id))
}

fn missing(id: i64) -> Error {
    Error::NotFound(format!("replication policy {id} not found"))
}

/// Turns rows into what clients see, with one query for the registries of all of them.
async fn describe(conn: &mut berth_db::Conn<'_>, policies: Vec<rows::Policy>) -> Result<Vec<ReplicationPolicy>> {
    let sides = policies.iter().flat_map(|row| [row.values.source_id, row.values.destination_id]);
    let mut ids: Vec<i64> = sides.flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let found = registries::among(conn, &ids).await?;
    let side = |id: Option<i64>| match id {
        Some(id) => found.get(&id).cloned().map(remote::shown),
        None => Some(remote::local()),
    };
    policies
        .into_iter()
        .map(|row| {
            let values = row.values;
            let filters: Vec<ReplicationFilter> = serde_json::from_str(&values.filters).map_err(Error::internal)?;
            Ok(ReplicationPolicy {
                id: row.id,
                name: values.name,
                description: values.description,
                src_registry: side(values.source_id),
                dest_registry: side(values.destination_id),
                dest_namespace: values.namespace,
                dest_namespace_replace_count: i8::try_from(values.replace_count).ok(),
                trigger: Some(ReplicationTrigger {
                    kind: values.trigger_type,
                    trigger_settings: values.cron.map(|cron| ReplicationTriggerSettings { cron }),
                }),
                filters: Some(filters),
                replicate_deletion: values.deletion,
                deletion: values.deletion,
                overrides: values.overrides,
                enabled: values.enabled,
                creation_time: row.created_at,
                update_time: row.updated_at,
                speed: i32::try_from(values.speed_kb).ok(),
                copy_by_chunk: Some(values.copy_by_chunk),
                single_active_replication: Some(values.single_active),
            })
        })
        .collect()
}

/// Adds a policy, and says its row id.
///
/// # Errors
/// [`Error::BadRequest`] for one that cannot be; [`Error::NotFound`] for a missing registry; [`Error::Conflict`] for a
/// taken name.
pub async fn create(
    domain: &Domain,
    access: &SystemAccess<CreateReplicationPolicy>,
    request: &ReplicationPolicy,
) -> Result<i64> {
    let values = checked(request)?;
    let args = (access.actor().clone(), values, domain.now());
    domain
        .db
        .write(args, |tx, (actor, values, now)| {
            Box::pin(async move {
                find_registry(tx, values).await?;
                let id = rows::insert(tx, values, *now).await.map_err(|error| taken(error, &values.name))?;
                let entry = audit::Entry::success("create", "replication_policy", &values.name);
                audit::record(tx, actor, *now, &entry).await?;
                Ok(id)
            })
        })
        .await
}

async fn find_registry(conn: &mut berth_db::Conn<'_>, values: &Values) -> Result<()> {
    let Some(id) = values.source_id.or(values.destination_id) else { return Ok(()) };
    match registries::find(conn, id).await? {
        Some(_) => Ok(()),
        None => Err(remote::missing(id)),
    }
}

fn taken(error: DbError, name: &str) -> Error {
    Error::taken(error, || format!("replication policy {name} already exists"))
}

/// Changes a policy: what is left out becomes what it is in a new one.
///
/// # Errors
/// [`Error::NotFound`], and as [`create`].
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateReplicationPolicy>,
    id: i64,
    request: &ReplicationPolicy,
) -> Result<()> {
    let values = checked(request)?;
    let args = (access.actor().clone(), id, values, domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, values, now)| {
            Box::pin(async move {
                if rows::find(tx, *id).await?.is_none() {
                    return Err(missing(*id));
                }
                find_registry(tx, values).await?;
                rows::update(tx, *id, values, *now).await.map_err(|error| taken(error, &values.name))?;
                let entry = audit::Entry::success("update", "replication_policy", &values.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

/// Removes a policy.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(domain: &Domain, access: &SystemAccess<DeleteReplicationPolicy>, id: i64) -> Result<()> {
    let args = (access.actor().clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, now)| {
            Box::pin(async move {
                let found = rows::find(tx, *id).await?.ok_or_else(|| missing(*id))?;
                rows::delete(tx, *id).await?;
                let entry = audit::Entry::success("delete", "replication_policy", found.values.name);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await
}

fn checked(request: &ReplicationPolicy) -> Result<Values> {
    let refused = |text: String| Err(Error::BadRequest(text));
    if request.name.is_empty() {
        return refused("empty name".to_owned());
    }
    if request.name.len() > NAME_BYTES_MAX {
        return refused(format!("the max length of name is {NAME_BYTES_MAX}"));
    }
    crate::limit::check_description(&request.description)?;
    let side = |registry: &Option<berth_types::api::Registry>| {
        registry.as_ref().map(|registry| registry.id).filter(|id| *id != 0)
    };
    let (source_id, destination_id) = (side(&request.src_registry), side(&request.dest_registry));
    if source_id.is_some() == destination_id.is_some() {
        let text = "either src_registry or dest_registry should be empty and the other one shouldn't be empty";
        return refused(text.to_owned());
    }
    let namespace = &request.dest_namespace;
    if !namespace.is_empty() && !is_namespace(namespace) {
        return refused(format!("invalid destination namespace: {namespace}"));
    }
    let replace_count = request.dest_namespace_replace_count.unwrap_or(-1);
    if replace_count < -1 {
        return refused(format!("invalid dest_namespace_replace_count: {replace_count}, it should be -1 or more"));
    }
    let filters = request.filters.as_deref().unwrap_or_default();
    if filters.len() > FILTERS_MAX {
        return refused(format!("a policy has {FILTERS_MAX} filters at most"));
    }
    filters.iter().try_for_each(check_filter)?;
    let trigger = request.trigger.clone().unwrap_or_else(by_hand);
    check_trigger(&trigger)?;
    if trigger.kind == "event_based" && source_id.is_some() {
        return refused(
            "the trigger event_based needs this server as the source: nothing is heard of others".to_owned(),
        );
    }
    let speed = request.speed.unwrap_or_default();
    if speed < -1 {
        return refused(format!("invalid speed: {speed}, it should be -1 or more"));
    }
    Ok(Values {
        name: request.name.clone(),
        description: request.description.clone(),
        source_id,
        destination_id,
        namespace: namespace.clone(),
        replace_count: i64::from(replace_count),
        trigger_type: trigger.kind,
        cron: trigger.trigger_settings.map(|settings| settings.cron),
        filters: serde_json::to_string(filters).map_err(Error::internal)?,
        deletion: request.replicate_deletion || request.deletion,
        overrides: request.overrides,
        enabled: request.enabled,
        speed_kb: i64::from(speed),
        copy_by_chunk: request.copy_by_chunk.unwrap_or_default(),
        single_active: request.single_active_replication.unwrap_or_default(),
    })
}

fn by_hand() -> ReplicationTrigger {
    ReplicationTrigger { kind: "manual".to_owned(), trigger_settings: None }
}

/// The grammar of repositories, of which a project alone is one here.
fn is_namespace(text: &str) -> bool {
    text.len() <= REPO_NAME_BYTES_MAX && text.split('/').all(|part| part.parse::<ProjectName>().is_ok())
}

fn check_filter(filter: &ReplicationFilter) -> Result<()> {
    let refused = |text: String| Err(Error::BadRequest(text));
    match filter.kind.as_str() {
        "name" | "tag" | "resource" => {
            let Value::String(value) = &filter.value else {
                return refused("the type of filter value isn't string".to_owned());
            };
            if filter.kind == "resource" {
                if !matches!(value.as_str(), "image" | "artifact") {
                    return refused(format!("invalid resource filter: {value}"));
                }
            } else if let Err(error) = value.parse::<Glob>() {
                return refused(format!("invalid {} filter: {value}: {error}", filter.kind));
            }
        }
        "label" => {
            let is_names = |values: &Vec<Value>| values.len() <= LABELS_MAX && values.iter().all(Value::is_string);
            if !filter.value.as_array().is_some_and(is_names) {
                return refused("the type of label filter value isn't string slice".to_owned());
            }
        }
        _ => return refused("invalid filter type".to_owned()),
    }
    if !matches!(filter.decoration.as_str(), "" | "matches" | "excludes") {
        return refused(format!("invalid filter decoration, :{}", filter.decoration));
    }
    Ok(())
}

fn check_trigger(trigger: &ReplicationTrigger) -> Result<()> {
    let refused = |text: String| Err(Error::BadRequest(text));
    match trigger.kind.as_str() {
        "manual" | "event_based" => return Ok(()),
        "scheduled" => {}
        _ => return refused("invalid trigger type".to_owned()),
    }
    let cron = trigger.trigger_settings.as_ref().map(|settings| settings.cron.as_str()).unwrap_or_default();
    if cron.is_empty() {
        return refused("the cron string cannot be empty when the trigger type is scheduled".to_owned());
    }
    match cron::check(cron) {
        Ok(()) => {}
        Err(error @ BadCron::Seconds) => return refused(error.to_string()),
        Err(_) => return refused(format!("invalid cron string for scheduled trigger: {cron}")),
    }
    if cron.split_whitespace().nth(1) == Some("*") {
        let text = "* is not allowed for the Minutes field of the cron setting of replication policy";
        return refused(text.to_owned());
    }
    Ok(())
}

/// The runs of policies. There is none.
pub fn executions(_access: &SystemAccess<ListReplications>) -> Paged<ReplicationExecution> {
    Paged { items: Vec::new(), total: 0 }
}

/// Runs a policy.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Precondition`] for a policy that is switched off; else [`Error::NotYet`].
pub async fn start(domain: &Domain, _access: &SystemAccess<CreateReplication>, policy_id: i64) -> Result<i64> {
    let found = rows::find(&mut domain.db.reader().await?.conn(), policy_id).await?;
    let policy = found.ok_or_else(|| missing(policy_id))?;
    if !policy.values.enabled {
        return Err(Error::Precondition(format!("the policy {policy_id} is disabled")));
    }
    Err(Error::NotYet("runs of replication policies"))
}

/// A run. There is none.
///
/// # Errors
/// [`Error::NotFound`].
pub fn execution(_access: &SystemAccess<ReadReplication>, id: i64) -> Result<ReplicationExecution> {
    Err(no_execution(id))
}

fn no_execution(id: i64) -> Error {
    Error::NotFound(format!("replication execution {id} not found"))
}

/// Stops a run. There is none.
///
/// # Errors
/// [`Error::NotFound`].
pub fn stop(_access: &SystemAccess<CreateReplication>, id: i64) -> Result<()> {
    Err(no_execution(id))
}

/// The tasks of a run. There is none.
///
/// # Errors
/// [`Error::NotFound`].
pub fn tasks(_access: &SystemAccess<ListReplications>, execution_id: i64) -> Result<Paged<ReplicationTask>> {
    Err(no_execution(execution_id))
}

/// What a task had to say. There is none.
///
/// # Errors
/// [`Error::NotFound`].
pub fn log(_access: &SystemAccess<ReadReplication>, task_id: i64) -> Result<String> {
    Err(Error::NotFound(format!("replication task {task_id} not found")))
}

#[cfg(test)]
mod tests {
    use berth_types::api::Registry;
    use serde_json::json;

    use super::*;

    fn policy() -> ReplicationPolicy {
        ReplicationPolicy {
            name: "mirror".to_owned(),
            dest_registry: Some(Registry { id: 7, ..Registry::default() }),
            ..ReplicationPolicy::default()
        }
    }

    fn said(policy: &ReplicationPolicy) -> String {
        match checked(policy) {
            Err(Error::BadRequest(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_left_out_has_a_meaning() {
        let values = checked(&policy()).unwrap();
        assert_eq!((values.source_id, values.destination_id), (None, Some(7)));
        assert_eq!((values.trigger_type.as_str(), values.cron), ("manual", None));
        assert_eq!((values.replace_count, values.speed_kb, values.filters.as_str()), (-1, 0, "[]"));
    }

    #[test]
    fn filters_are_checked() {
        let filter = |kind: &str, value: Value, decoration: &str| ReplicationPolicy {
            filters: Some(vec![ReplicationFilter { kind: kind.to_owned(), value, decoration: decoration.to_owned() }]),
            ..policy()
        };
        for (kind, value) in
            [("name", json!("a/**")), ("tag", json!("v*")), ("resource", json!("image")), ("label", json!(["a"]))]
        {
            assert!(checked(&filter(kind, value, "excludes")).is_ok(), "{kind}");
        }
        assert_eq!(said(&filter("shoe", json!("a"), "")), "invalid filter type");
        assert_eq!(said(&filter("name", json!(5), "")), "the type of filter value isn't string");
        assert_eq!(said(&filter("resource", json!("shoe"), "")), "invalid resource filter: shoe");
        assert_eq!(said(&filter("tag", json!("x"), "shoe")), "invalid filter decoration, :shoe");
        assert_eq!(said(&filter("label", json!("x"), "")), "the type of label filter value isn't string slice");
        assert_eq!(said(&filter("label", json!([5]), "")), "the type of label filter value isn't string slice");
        assert!(said(&filter("name", json!("["), "")).starts_with("invalid name filter: ["));
    }

    #[test]
    fn triggers_are_checked() {
        let with = |kind: &str, cron: Option<&str>| ReplicationPolicy {
            trigger: Some(ReplicationTrigger {
                kind: kind.to_owned(),
                trigger_settings: cron.map(|cron| ReplicationTriggerSettings { cron: cron.to_owned() }),
            }),
            ..policy()
        };
        assert!(checked(&with("scheduled", Some("0 0 2 * * *"))).is_ok());
        assert!(checked(&with("event_based", None)).is_ok());
        assert_eq!(said(&with("shoe", None)), "invalid trigger type");
        assert_eq!(said(&with("scheduled", Some("x"))), "invalid cron string for scheduled trigger: x");
        for cron in [None, Some("")] {
            let text = "the cron string cannot be empty when the trigger type is scheduled";
            assert_eq!(said(&with("scheduled", cron)), text);
        }
        let text = "the 1st field (indicating Seconds of time) of the cron setting must be 0";
        assert_eq!(said(&with("scheduled", Some("5 0 2 * * *"))), text);
        assert!(said(&with("scheduled", Some("0 * 2 * * *"))).starts_with("* is not allowed for the Minutes field"));
        let pulling = ReplicationPolicy {
            src_registry: Some(Registry { id: 7, ..Registry::default() }),
            dest_registry: Some(Registry::default()),
            ..with("event_based", None)
        };
        assert!(said(&pulling).starts_with("the trigger event_based"));
    }

    #[test]
    fn names_and_numbers_are_checked() {
        let sides = "either src_registry or dest_registry should be empty and the other one shouldn't be empty";
        assert_eq!(said(&ReplicationPolicy { name: String::new(), ..policy() }), "empty name");
        assert_eq!(said(&ReplicationPolicy { dest_registry: None, ..policy() }), sides);
        assert_eq!(said(&ReplicationPolicy { src_registry: policy().dest_registry, ..policy() }), sides);
        for namespace in ["A B", "a//b", "/a", "a/", "-"] {
            let policy = ReplicationPolicy { dest_namespace: namespace.to_owned(), ..policy() };
            assert_eq!(said(&policy), format!("invalid destination namespace: {namespace}"));
        }
        assert!(checked(&ReplicationPolicy { dest_namespace: "a/b-c/d".to_owned(), ..policy() }).is_ok());
        assert!(said(&ReplicationPolicy { speed: Some(-7), ..policy() }).starts_with("invalid speed"));
        let flattened = ReplicationPolicy { dest_namespace_replace_count: Some(-5), ..policy() };
        assert!(said(&flattened).starts_with("invalid dest_namespace_replace_count"));
    }
}
