//! Projects: who may see them, making, changing and removing them.

use std::{collections::BTreeMap, num::IntErrorKind};

use berth_db::query;
use berth_types::{
    Action, ProjectId, ProjectName, Resource, Role, Timestamp, UserId,
    api::{CveAllowlist, METADATA_KEYS, Project, ProjectDeletable, ProjectReq, ProjectSummary, ProjectSummaryQuota},
    new_project_name,
    page::Paged,
    query::ListQuery,
};

use crate::{
    Actor, Domain, Error, Result, allowlist, audit,
    authz::{
        DeleteProject, ProjectAccess, ProjectCreation, ReadProject, SignedIn, UpdateProject, Visible, VisibleFilter,
    },
    metadata, remote,
};

pub use query::project::Filters;

/// How much of a project a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// With owner, settings and overlooked vulnerabilities.
    Full,
    /// With settings only, as search results are.
    Found,
    /// The row only.
    Brief,
}

/// The largest limit of storage that may be set, in bytes (Harbor).
pub(crate) const STORAGE_BYTES_MAX: i64 = 1024 << 40;

impl Visible {
    /// The same as a filter on rows.
    pub(crate) fn scope(&self) -> query::project::Scope {
        match self.filter() {
            VisibleFilter::All => query::project::Scope::All,
            VisibleFilter::Public => query::project::Scope::Public,
            VisibleFilter::Member(user) => query::project::Scope::Member(user.0),
            VisibleFilter::Projects(ids) => query::project::Scope::Among(ids.iter().map(|id| id.0).collect()),
        }
    }
}

/// The projects that somebody may see.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    visible: &Visible,
    filters: &Filters,
    query: &ListQuery,
    detail: Detail,
) -> Result<Paged<Project>> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let rows = query::project::list(&mut conn, &visible.scope(), filters, query).await?;
    let items = describe(&mut conn, visible.actor(), rows.items, detail).await?;
    Ok(Paged { items, total: rows.total })
}

/// Turns rows into what clients see, with one query for the settings and one for the roles of all of them.
pub(crate) async fn describe(
    conn: &mut berth_db::Conn<'_>,
    actor: &Actor,
    rows: Vec<query::project::Project>,
    detail: Detail,
) -> Result<Vec<Project>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut settings = match detail {
        Detail::Full | Detail::Found => query::metadata::of(conn, &ids).await?,
        Detail::Brief => BTreeMap::new(),
    };
    let roles = match actor.user_id() {
        Some(user) => query::project::roles(conn, user.0, &ids).await?,
        None => BTreeMap::new(),
    };
    let describe = |row: query::project::Project| {
        let mut settings = settings.remove(&row.id).unwrap_or_default();
        let allowlist = settings.remove(query::metadata::CVE_ALLOWLIST);
        settings.retain(|key, _| !key.starts_with('.'));
        let role = roles.get(&row.id).copied();
        Project {
            project_id: ProjectId(row.id),
            owner_id: UserId(row.owner_id),
            name: row.name,
            registry_id: None,
            creation_time: row.created_at,
            update_time: row.updated_at,
            owner_name: if detail == Detail::Full { row.owner_name } else { String::new() },
            current_user_role_id: role,
            current_user_role_ids: role.map(|role| vec![role]),
            repo_count: row.repository_count,
            metadata: settings,
            cve_allowlist: if detail == Detail::Full {
                read_allowlist(row.id, allowlist.as_deref())
            } else {
                CveAllowlist::default()
            },
        }
    };
    Ok(rows.into_iter().map(describe).collect())
}

/// Every project has a list of its own, which is empty until somebody fills it.
fn read_allowlist(project: i64, stored: Option<&str>) -> CveAllowlist {
    let stored: CveAllowlist = stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    CveAllowlist {
        id: Some(project),
        project_id: Some(project),
        expires_at: stored.expires_at,
        items: Some(stored.items.unwrap_or_default()),
        creation_time: Timestamp::NEVER,
        update_time: Timestamp::NEVER,
    }
}

/// One project.
///
/// # Errors
/// [`Error::NotFound`] where it went meanwhile.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadProject>) -> Result<Project> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row =
        query::project::by_id(&mut conn, access.project_id().0).await?.ok_or_else(|| gone(access.project_id()))?;
    let found = describe(&mut conn, access.actor(), vec![row], Detail::Full).await?;
    found.into_iter().next().ok_or_else(|| gone(access.project_id()))
}

fn gone(id: ProjectId) -> Error {
    Error::NotFound(format!("project {id} not found"))
}

/// Whether a name is taken. Everybody who is known may ask, also for projects that they may not see, as in Harbor.
///
/// # Errors
/// What the database says.
pub async fn exists(domain: &Domain, _access: &SignedIn, name: &str) -> Result<bool> {
    Ok(query::project::exists(&mut domain.db.reader().await?.conn(), name).await?)
}

/// A project to be made, checked.
struct New {
    name: ProjectName,
    owner: i64,
    settings: BTreeMap<String, String>,
    public: bool,
    storage_bytes_max: i64,
}

/// Makes a project; whoever makes it is its first administrator.
///
/// # Errors
/// [`Error::BadRequest`] for a name, limit, setting or registry that cannot be; [`Error::Conflict`] for a taken name;
/// [`Error::Forbidden`] for a cache of another registry, except for administrators, who get [`Error::NotYet`].
pub async fn create(domain: &Domain, access: &ProjectCreation, request: &ProjectReq) -> Result<ProjectId> {
    if request.registry_id.is_some() && !access.actor().is_sysadmin() {
        return Err(Error::Forbidden("Only system admin can create proxy cache project".to_owned()));
    }
    let new = check(access, request)?;
    if let Some(registry) = request.registry_id {
        remote::check_cacheable(domain, registry).await?;
        return Err(Error::NotYet("projects that are a cache of another registry"));
    }
    let args = (access.actor().clone(), new, domain.now());
    let made = domain
        .db
        .write(args, |tx, (actor, new, now)| {
            Box::pin(async move {
                let name = new.name.as_str();
                let inserted =
                    query::project::insert(tx, name, new.owner, new.public, new.storage_bytes_max, *now).await;
                let id = inserted
                    .map_err(|error| Error::taken(error, || format!("The project named {name} already exists")))?;
                for (key, value) in &new.settings {
                    query::metadata::put(tx, id, key, value).await?;
                }
                query::member::insert(tx, id, new.owner, Role::ProjectAdmin.id(), *now).await?;
                // Tokens that were made before know nothing of the new membership.
                query::user::bump_epoch(tx, new.owner).await?;
                let entry = audit::Entry::success("create", "project", name).in_project(ProjectId(id));
                audit::record(tx, actor, *now, &entry).await?;
                Ok(ProjectId(id))
            })
        })
        .await;
    domain.forget_people();
    made
}

fn check(access: &ProjectCreation, request: &ProjectReq) -> Result<New> {
    let given = &request.project_name;
    if given.is_empty() {
        let text = format!("Project name {given} is illegal in length. (greater than 255 or less than 1)");
        return Err(Error::BadRequest(text));
    }
    let illegal = || Error::BadRequest("project name is not in lower case or contains illegal characters".to_owned());
    let name = new_project_name(given).map_err(|_| illegal())?;
    if let Some(registry) = request.registry_id.filter(|registry| *registry <= 0) {
        let text = format!("bad request: {registry} is invalid value of registry_id, it should be geater than 0");
        return Err(Error::BadRequest(text));
    }
    let mut settings = BTreeMap::new();
    if let Some(public) = request.public {
        settings.insert("public".to_owned(), public.to_string());
    }
    for (key, value) in request.metadata.iter().flatten() {
        settings.insert(key.clone(), checked(key, value)?);
    }
    settings.entry("public".to_owned()).or_insert_with(|| "false".to_owned());
    let public = settings.get("public").is_some_and(|value| value == "true");
    // What others ask for is ignored, as in Harbor.
    let limit = request.storage_limit.filter(|limit| *limit != 0 && access.actor().is_sysadmin());
    Ok(New {
        name,
        owner: access.actor().user_id().unwrap_or(UserId::ADMIN).0,
        settings,
        public,
        storage_bytes_max: limit.map_or(Ok(access.storage_bytes_default()), checked_limit)?,
    })
}

fn checked_limit(limit: i64) -> Result<i64> {
    if limit < -1 {
        let text = format!("bad request: invalid non-positive value for quota limit, value={limit}");
        return Err(Error::BadRequest(text));
    }
    if limit > STORAGE_BYTES_MAX {
        let text = format!("bad request: exceeded 1024TB, which is {STORAGE_BYTES_MAX} Bytes, value={limit}");
        return Err(Error::BadRequest(text));
    }
    Ok(limit)
}

/// A setting of a project's own request: `public` has a text of its own, the rest is checked as everywhere.
fn checked(key: &str, value: &str) -> Result<String> {
    if key == "public" && !matches!(value, "true" | "false") {
        let text = format!("metadata.public should only be 'true' or 'false', but got: '{value}'");
        return Err(Error::BadRequest(text));
    }
    if let ("proxy_speed_kb", Err(error)) = (key, value.parse::<i32>()) {
        let is_number = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
        let why = if is_number { "value out of range" } else { "invalid syntax" };
        let text = format!(
            "metadata.proxy_speed_kb should by an int32, but got: '{value}', err: strconv.ParseInt: parsing {value:?}: {why}"
        );
        return Err(Error::BadRequest(text));
    }
    metadata::checked(key, value)
}

/// Changes settings and the list of overlooked vulnerabilities; what the request leaves out stays.
///
/// # Errors
/// [`Error::BadRequest`] for a setting that cannot be.
pub async fn update(domain: &Domain, access: &ProjectAccess<UpdateProject>, request: &ProjectReq) -> Result<()> {
    let mut settings = BTreeMap::new();
    for (key, value) in request.metadata.iter().flatten() {
        if METADATA_KEYS.contains(&key.as_str()) {
            settings.insert(key.clone(), checked(key, value)?);
        }
    }
    if let Some(list) = &request.cve_allowlist {
        allowlist::check(list.items.as_deref().unwrap_or_default())?;
        let stored = CveAllowlist { items: list.items.clone(), expires_at: list.expires_at, ..CveAllowlist::default() };
        let text = serde_json::to_string(&stored).map_err(Error::internal)?;
        settings.insert(query::metadata::CVE_ALLOWLIST.to_owned(), text);
    }
    let args = (access.clone(), settings, domain.now());
    let changed = domain
        .db
        .write(args, |tx, (access, settings, now)| {
            Box::pin(async move {
                let id = access.project_id();
                let before = query::metadata::of(tx, &[id.0]).await?.remove(&id.0).unwrap_or_default();
                let changed = settings.iter().filter(|(key, value)| before.get(*key) != Some(*value));
                let changed: Vec<String> = changed.map(|(key, value)| told(key, Some(value))).collect();
                for (key, value) in settings {
                    query::metadata::put(tx, id.0, key, value).await?;
                }
                if let Some(public) = settings.get("public") {
                    query::project::set_public(tx, id.0, public == "true").await?;
                }
                query::project::touch(tx, id.0, *now).await?;
                let mut entry =
                    audit::Entry::success("update", "project", access.project().name.as_str()).in_project(id);
                if !changed.is_empty() {
                    let text = format!("update project: {}, {}", access.project().name, changed.join(", "));
                    entry = entry.described(text);
                }
                audit::record(tx, access.actor(), *now, &entry).await
            })
        })
        .await;
    domain.forget_standings();
    changed
}

/// A setting of a project as the log tells it. A list is only named.
pub(crate) fn told(key: &str, value: Option<&String>) -> String {
    match value {
        Some(_) if key == query::metadata::CVE_ALLOWLIST => key.to_owned(),
        Some(value) => format!("{key}: {value}"),
        None => format!("{key} removed"),
    }
}

/// Why a project with repositories stays.
const NOT_EMPTY: &str = "the project contains repositories, can not be deleted";

/// What is said of a project that is not empty.
pub(crate) fn not_empty() -> Error {
    Error::Precondition(format!("precondition failed: {NOT_EMPTY}"))
}

/// Whether there is such a project, whoever may see it.
///
/// # Errors
/// What the database says.
pub(crate) async fn is_there(domain: &Domain, id: ProjectId) -> Result<bool> {
    Ok(query::project::by_id(&mut domain.db.reader().await?.conn(), id.0).await?.is_some())
}

/// Whether a project can be removed.
///
/// # Errors
/// What the database says.
pub async fn deletable(domain: &Domain, access: &ProjectAccess<DeleteProject>) -> Result<ProjectDeletable> {
    let mut reader = domain.db.reader().await?;
    let deletable = query::project::repository_count(&mut reader.conn(), access.project_id().0).await? == 0;
    Ok(ProjectDeletable { deletable, message: if deletable { String::new() } else { NOT_EMPTY.to_owned() } })
}

/// Removes a project. Its name is free again.
///
/// # Errors
/// [`Error::Precondition`] where it has repositories.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteProject>) -> Result<()> {
    let args = (access.clone(), domain.now());
    let deleted = domain
        .db
        .write(args, |tx, (access, now)| {
            Box::pin(async move {
                let id = access.project_id();
                query::project::lock(tx, id.0).await?;
                if query::project::repository_count(tx, id.0).await? > 0 {
                    return Err(not_empty());
                }
                if !query::project::delete(tx, id.0, *now).await? {
                    return Err(gone(id));
                }
                query::webhook::delete_all(tx, id.0).await?;
                query::preheat::delete_policies(tx, id.0).await?;
                let entry = audit::Entry::success("delete", "project", access.project().name.as_str()).in_project(id);
                audit::record(tx, access.actor(), *now, &entry).await
            })
        })
        .await;
    // Its robots went too.
    domain.forget_people();
    deleted
}

/// Counts of a project: members where the caller may list them, storage where the caller may see it.
///
/// # Errors
/// What the database says.
pub async fn summary(domain: &Domain, access: &ProjectAccess<ReadProject>) -> Result<ProjectSummary> {
    let id = access.project_id().0;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let mut summary =
        ProjectSummary { repo_count: query::project::repository_count(&mut conn, id).await?, ..Default::default() };
    if access.allows(Resource::Member, Action::List) {
        let counts = query::project::role_counts(&mut conn, id).await?;
        let count = |role: Role| counts.get(&role.id()).copied();
        summary.project_admin_count = count(Role::ProjectAdmin);
        summary.maintainer_count = count(Role::Maintainer);
        summary.developer_count = count(Role::Developer);
        summary.guest_count = count(Role::Guest);
        summary.limited_guest_count = count(Role::LimitedGuest);
    }
    if access.allows(Resource::Quota, Action::Read) {
        let (hard, used) = query::project::storage(&mut conn, id).await?;
        let bytes = |bytes: i64| BTreeMap::from([("storage".to_owned(), bytes)]);
        summary.quota = Some(ProjectSummaryQuota { hard: bytes(hard), used: bytes(used) });
    }
    Ok(summary)
}
