//! The only maker of witnesses: values that prove that somebody may do something.
//!
//! Every rule takes the witness of the action it performs. A witness has private fields and no other constructor than
//! the checks here, so a handler that forgets the check does not compile.

use std::marker::PhantomData;

use berth_db::query;
use berth_types::{
    Action, ProjectId, ProjectName, Resource, Role, Timestamp, UserId,
    policy::{Right, Standing, project_allows},
};

use crate::{Actor, ActorKind, Domain, Error, Result};

mod operation;
mod owned;
mod robots;
mod whole;

pub use operation::OperationAccess;
pub(crate) use operation::owner_of;
pub use owned::{LabelAccess, LabelScope};
pub use robots::{RobotAccess, RobotCatalogue, RobotHome, RobotsAccess};
pub use whole::{AuditView, InternalAccess, ProjectCreation, SignedIn};

mod sealed {
    pub trait Sealed {}
}

/// An action inside a project. Sealed: the list below is all there is.
pub trait ProjectAction: sealed::Sealed + Send + Sync + 'static {
    /// On what.
    const RESOURCE: Resource;
    /// What.
    const ACTION: Action;
}

/// An action on the system. Sealed: the list below is all there is.
pub trait SystemAction: sealed::Sealed + Send + Sync + 'static {
    /// On what.
    const RESOURCE: Resource;
    /// What.
    const ACTION: Action;
}

macro_rules! actions {
    ($kind:ident: $($name:ident = $resource:ident, $action:ident;)*) => {$(
        #[doc = concat!("`", stringify!($action), "` on `", stringify!($resource), "`.")]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl $kind for $name {
            const RESOURCE: Resource = Resource::$resource;
            const ACTION: Action = Action::$action;
        }
    )*};
}

actions! { ProjectAction:
    ReadProject = Project, Read;
    UpdateProject = Project, Update;
    DeleteProject = Project, Delete;
    ListRepositories = Repository, List;
    ReadRepository = Repository, Read;
    UpdateRepository = Repository, Update;
    DeleteRepository = Repository, Delete;
    Pull = Repository, Pull;
    Push = Repository, Push;
    DeleteContent = Repository, Delete;
    ListArtifacts = Artifact, List;
    ReadArtifact = Artifact, Read;
    CreateArtifact = Artifact, Create;
    DeleteArtifact = Artifact, Delete;
    ReadAddition = ArtifactAddition, Read;
    ListAccessories = Accessory, List;
    ListTags = Tag, List;
    CreateTag = Tag, Create;
    DeleteTag = Tag, Delete;
    ListMembers = Member, List;
    ReadMember = Member, Read;
    CreateMember = Member, Create;
    UpdateMember = Member, Update;
    DeleteMember = Member, Delete;
    ListMetadata = Metadata, List;
    ReadMetadata = Metadata, Read;
    CreateMetadata = Metadata, Create;
    UpdateMetadata = Metadata, Update;
    DeleteMetadata = Metadata, Delete;
    ListLogs = Log, List;
    ReadQuota = Quota, Read;
    ListWebhookPolicies = NotificationPolicy, List;
    ReadWebhookPolicy = NotificationPolicy, Read;
    CreateWebhookPolicy = NotificationPolicy, Create;
    UpdateWebhookPolicy = NotificationPolicy, Update;
    DeleteWebhookPolicy = NotificationPolicy, Delete;
    ListPreheatPolicies = PreheatPolicy, List;
    ReadPreheatPolicy = PreheatPolicy, Read;
    CreatePreheatPolicy = PreheatPolicy, Create;
    UpdatePreheatPolicy = PreheatPolicy, Update;
    DeletePreheatPolicy = PreheatPolicy, Delete;
    ListLabels = Label, List;
    CreateLabel = Label, Create;
    ReadLabel = Label, Read;
    UpdateLabel = Label, Update;
    DeleteLabel = Label, Delete;
    AddLabel = ArtifactLabel, Create;
    RemoveLabel = ArtifactLabel, Delete;
    ListImmutableRules = ImmutableTag, List;
    CreateImmutableRule = ImmutableTag, Create;
    UpdateImmutableRule = ImmutableTag, Update;
    DeleteImmutableRule = ImmutableTag, Delete;
    ListRetentionRuns = TagRetention, List;
    CreateRetention = TagRetention, Create;
    ReadRetention = TagRetention, Read;
    UpdateRetention = TagRetention, Update;
    DeleteRetention = TagRetention, Delete;
    ListRobots = Robot, List;
    ReadRobot = Robot, Read;
    CreateRobot = Robot, Create;
    UpdateRobot = Robot, Update;
    DeleteRobot = Robot, Delete;
    ReadProjectScanner = Scanner, Read;
    ChooseScanner = Scanner, Create;
    ReadScan = Scan, Read;
    CreateScan = Scan, Create;
    StopScan = Scan, Stop;
    CreateSbom = Sbom, Create;
    StopSbom = Sbom, Stop;
    CreateExport = ExportCve, Create;
}

actions! { SystemAction:
    ListUsers = User, List;
    CreateUser = User, Create;
    ReadUser = User, Read;
    UpdateUser = User, Update;
    DeleteUser = User, Delete;
    ListAudit = AuditLog, List;
    ReadConfiguration = Configuration, Read;
    UpdateConfiguration = Configuration, Update;
    ReadCatalog = Catalog, Read;
    ReadVolumes = SystemVolumes, Read;
    ListPreheatInstances = PreheatInstance, List;
    ReadPreheatInstance = PreheatInstance, Read;
    CreatePreheatInstance = PreheatInstance, Create;
    UpdatePreheatInstance = PreheatInstance, Update;
    DeletePreheatInstance = PreheatInstance, Delete;
    ListScanners = Scanner, List;
    CreateScanner = Scanner, Create;
    ReadScanner = Scanner, Read;
    UpdateScanner = Scanner, Update;
    DeleteScanner = Scanner, Delete;
    ReadScanAll = ScanAll, Read;
    CreateScanAll = ScanAll, Create;
    UpdateScanAll = ScanAll, Update;
    StopScanAll = ScanAll, Stop;
    ReadSecurityHub = SecurityHub, Read;
    ListVulnerabilities = SecurityHub, List;
    MaintainStorage = GarbageCollection, Create;
    ListCollections = GarbageCollection, List;
    ReadCollection = GarbageCollection, Read;
    CreateCollection = GarbageCollection, Create;
    UpdateCollection = GarbageCollection, Update;
    StopCollection = GarbageCollection, Stop;
    ListPurges = PurgeAudit, List;
    ReadPurge = PurgeAudit, Read;
    CreatePurge = PurgeAudit, Create;
    UpdatePurge = PurgeAudit, Update;
    StopPurge = PurgeAudit, Stop;
    ListJobs = JobserviceMonitor, List;
    ReadJobs = JobserviceMonitor, Read;
    StopJobs = JobserviceMonitor, Stop;
    ListQuotas = Quota, List;
    ReadSystemQuota = Quota, Read;
    UpdateQuota = Quota, Update;
    CreateProject = Project, Create;
    ListUserGroups = UserGroup, List;
    ReadUserGroup = UserGroup, Read;
    CreateUserGroup = UserGroup, Create;
    UpdateUserGroup = UserGroup, Update;
    DeleteUserGroup = UserGroup, Delete;
    ListLdapUsers = LdapUser, List;
    CreateLdapUser = LdapUser, Create;
    ListRegistries = Registry, List;
    CreateRegistry = Registry, Create;
    ReadRegistry = Registry, Read;
    UpdateRegistry = Registry, Update;
    DeleteRegistry = Registry, Delete;
    ListAdapters = ReplicationAdapter, List;
    ListReplicationPolicies = ReplicationPolicy, List;
    CreateReplicationPolicy = ReplicationPolicy, Create;
    ReadReplicationPolicy = ReplicationPolicy, Read;
    UpdateReplicationPolicy = ReplicationPolicy, Update;
    DeleteReplicationPolicy = ReplicationPolicy, Delete;
    ListReplications = Replication, List;
    CreateReplication = Replication, Create;
    ReadReplication = Replication, Read;
}

/// A project as far as checks know it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRef {
    /// The row.
    pub id: ProjectId,
    /// Its name.
    pub name: ProjectName,
    /// Whether anybody may read it.
    pub public: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Which signatures its images need.
    pub trust: Trust,
}

/// Which signatures an image needs in order to be pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// One of cosign.
    pub cosign: bool,
    /// One of notation.
    pub notation: bool,
}

fn trust(found: &query::project::Standing) -> Trust {
    Trust { cosign: found.trust_cosign, notation: found.trust_notation }
}

/// Proof that `actor` may do `A` in a project.
#[derive(Debug)]
pub struct ProjectAccess<A: ProjectAction> {
    project: ProjectRef,
    role: Option<Role>,
    actor: Actor,
    /// Whether quotas are off.
    unmeasured: bool,
    _action: PhantomData<fn() -> A>,
}

impl<A: ProjectAction> Clone for ProjectAccess<A> {
    fn clone(&self) -> Self {
        ProjectAccess {
            project: self.project.clone(),
            role: self.role,
            actor: self.actor.clone(),
            unmeasured: self.unmeasured,
            _action: PhantomData,
        }
    }
}

impl<A: ProjectAction> ProjectAccess<A> {
    /// Checks by name.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::Lacking`] for others who may not, both also where the
    /// project does not exist; [`Error::NotFound`] for a missing project where the caller may know.
    pub async fn check(domain: &Domain, actor: &Actor, name: &ProjectName) -> Result<Self> {
        let found = domain.standing(name, user_id(actor)).await?;
        Self::decide(actor, found.as_deref(), name.as_str())
    }

    /// Checks by id, see [`ProjectAccess::check`].
    ///
    /// # Errors
    /// As [`ProjectAccess::check`].
    pub async fn check_id(domain: &Domain, actor: &Actor, id: ProjectId) -> Result<Self> {
        let mut reader = domain.db.reader().await?;
        let found = query::project::standing_by_id(&mut reader.conn(), id.0, user_id(actor)).await?;
        Self::decide(actor, found.as_ref(), &id.to_string())
    }

    /// Checks with what is known of a project already, see [`ProjectAccess::check`].
    pub(crate) fn decide(actor: &Actor, found: Option<&query::project::Standing>, asked: &str) -> Result<Self> {
        let Some(found) = found else {
            if actor.is_sysadmin() {
                return Err(Error::NotFound(format!("project {asked} not found")));
            }
            return Err(lacking(actor, "forbidden", Right::in_project(A::RESOURCE, A::ACTION)));
        };
        let role = found.role.and_then(Role::from_id);
        let name = found.name.parse().map_err(Error::internal)?;
        let project = ProjectRef {
            id: ProjectId(found.id),
            name,
            public: found.public,
            created_at: Timestamp(found.created_at),
            trust: trust(found),
        };
        if !allows(actor, &project, role, A::RESOURCE, A::ACTION) {
            return Err(lacking(actor, "forbidden", Right::in_project(A::RESOURCE, A::ACTION)));
        }
        Ok(ProjectAccess { project, role, actor: actor.clone(), unmeasured: false, _action: PhantomData })
    }

    /// The project.
    pub fn project(&self) -> &ProjectRef {
        &self.project
    }

    /// Its row.
    pub fn project_id(&self) -> ProjectId {
        self.project.id
    }

    /// The caller's role, where there is a membership.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether the same caller may also do something else here.
    pub fn allows(&self, resource: Resource, action: Action) -> bool {
        allows(&self.actor, &self.project, self.role, resource, action)
    }

    /// The witness of another action in the same project, without asking the database again.
    ///
    /// # Errors
    /// As [`ProjectAccess::check`].
    pub fn also<B: ProjectAction>(&self) -> Result<ProjectAccess<B>> {
        if !self.allows(B::RESOURCE, B::ACTION) {
            return Err(lacking(&self.actor, "forbidden", Right::in_project(B::RESOURCE, B::ACTION)));
        }
        Ok(ProjectAccess {
            project: self.project.clone(),
            role: self.role,
            actor: self.actor.clone(),
            unmeasured: self.unmeasured,
            _action: PhantomData,
        })
    }
}

impl ProjectAccess<Push> {
    /// The same, for an installation that measures no project by its quota.
    pub(crate) fn unmeasured(self) -> Self {
        ProjectAccess { unmeasured: true, ..self }
    }

    /// Whether what it brings has to fit into the project's quota.
    pub(crate) fn is_measured(&self) -> bool {
        !self.unmeasured
    }
}

/// What somebody may in a project: the answer of the table, cut down to what a token grants.
fn allows(actor: &Actor, project: &ProjectRef, role: Option<Role>, resource: Resource, action: Action) -> bool {
    if actor.only_reads() && !matches!(action, Action::Read | Action::List | Action::Pull) {
        return false;
    }
    if let Some(grants) = &actor.grants {
        // A token says what it is good for; only the registry's own actions are in it.
        let granted = resource == Resource::Repository
            && grants.projects.get(&project.name).is_some_and(|actions| actions.contains(&action));
        // A minute for clocks that differ, as in Harbor.
        let same_project = grants.issued_at.plus_seconds(60) >= project.created_at;
        if !granted || !same_project {
            return false;
        }
    }
    if actor.is_sysadmin() {
        return true;
    }
    if project.public && project_allows(Standing::Public, resource, action) {
        return true;
    }
    if actor.robot_allows(project.id, resource, action) {
        return true;
    }
    role.is_some_and(|role| project_allows(Standing::Member(role), resource, action))
}

/// The registry actions that a token for a project may carry.
///
/// # Errors
/// Where the database does not answer. A missing project grants nothing and is no error.
pub async fn registry_actions(domain: &Domain, actor: &Actor, name: &ProjectName) -> Result<Vec<Action>> {
    let mut reader = domain.db.reader().await?;
    let found = query::project::standing_by_name(&mut reader.conn(), name.as_str(), user_id(actor)).await?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let role = found.role.and_then(Role::from_id);
    let project = ProjectRef {
        id: ProjectId(found.id),
        name: name.clone(),
        public: found.public,
        created_at: Timestamp(found.created_at),
        trust: trust(&found),
    };
    let actions = [Action::Pull, Action::Push, Action::Delete];
    Ok(actions.into_iter().filter(|action| allows(actor, &project, role, Resource::Repository, *action)).collect())
}

/// Everything that a caller may do in a project. A missing project allows nothing and is no error.
///
/// # Errors
/// Where the database does not answer.
pub async fn project_permissions(domain: &Domain, actor: &Actor, id: ProjectId) -> Result<Vec<(Resource, Action)>> {
    let mut reader = domain.db.reader().await?;
    let found = query::project::standing_by_id(&mut reader.conn(), id.0, user_id(actor)).await?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let role = found.role.and_then(Role::from_id);
    let name = found.name.parse().map_err(Error::internal)?;
    let created_at = Timestamp(found.created_at);
    let project = ProjectRef { id, name, public: found.public, created_at, trust: trust(&found) };
    let all = berth_types::policy::project_permissions(Standing::Member(Role::ProjectAdmin));
    Ok(all.into_iter().filter(|(resource, action)| allows(actor, &project, role, *resource, *action)).collect())
}

/// What somebody may in the system: everything as an administrator, what it was given as a robot, nothing with a registry
/// token.
fn system_allows(actor: &Actor, resource: Resource, action: Action) -> bool {
    if actor.only_reads() && !matches!(action, Action::Read | Action::List) {
        return false;
    }
    actor.grants.is_none() && (actor.is_sysadmin() || actor.robot_allows_system(resource, action))
}

/// Everything that a caller may do in the system.
pub fn system_permissions(actor: &Actor) -> Vec<(Resource, Action)> {
    let all = berth_types::policy::system_permissions().into_iter();
    all.filter(|(resource, action)| system_allows(actor, *resource, *action)).collect()
}

/// Proof that `actor` may do `A` in the system.
#[derive(Debug)]
pub struct SystemAccess<A: SystemAction> {
    actor: Actor,
    _action: PhantomData<fn() -> A>,
}

impl<A: SystemAction> SystemAccess<A> {
    /// Checks.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers; [`Error::Lacking`] with the caller's name for others.
    pub fn check(actor: &Actor) -> Result<Self> {
        if !system_allows(actor, A::RESOURCE, A::ACTION) {
            return Err(lacking(actor, &actor.name, Right::in_system(A::RESOURCE, A::ACTION)));
        }
        Ok(SystemAccess { actor: actor.clone(), _action: PhantomData })
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Proof that somebody may list the catalog: an administrator, or a token that says so.
#[derive(Debug)]
pub struct CatalogAccess {
    actor: Actor,
}

impl CatalogAccess {
    /// Checks.
    ///
    /// # Errors
    /// As [`SystemAccess::check`].
    pub fn check(actor: &Actor) -> Result<Self> {
        let by_token = actor.grants.as_ref().is_none_or(|grants| grants.catalog);
        let allowed = by_token && (actor.is_sysadmin() || actor.robot_allows_system(Resource::Catalog, Action::Read));
        if !allowed {
            return Err(lacking(actor, &actor.name, Right::in_system(Resource::Catalog, Action::Read)));
        }
        Ok(CatalogAccess { actor: actor.clone() })
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Proof that a person is signed in, for what belongs to that person.
#[derive(Clone, Debug)]
pub struct SelfAccess {
    user: UserId,
    actor: Actor,
}

impl SelfAccess {
    /// Checks.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::Precondition`] for robots, as Harbor says it.
    pub fn check(actor: &Actor) -> Result<Self> {
        match actor.kind {
            ActorKind::User { id, .. } if actor.grants.is_none() => Ok(SelfAccess { user: id, actor: actor.clone() }),
            ActorKind::Robot { .. } => {
                Err(Error::Precondition("get current user not available for security context: robot".to_owned()))
            }
            ActorKind::User { .. } | ActorKind::Anonymous | ActorKind::System => Err(refusal(actor, "forbidden")),
        }
    }

    /// The person.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The same, as a caller.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Proof that somebody may see and change a person's account: that person, or an administrator.
#[derive(Clone, Debug)]
pub struct PersonAccess {
    person: UserId,
    actor: Actor,
}

impl PersonAccess {
    /// Checks. `action` is what administrators need the right to; persons may read and update themselves.
    ///
    /// # Errors
    /// As [`SystemAccess::check`], whether there is such a person or not.
    pub fn check(actor: &Actor, person: UserId, action: Action) -> Result<Self> {
        let allowed = actor.grants.is_none()
            && (actor.user_id() == Some(person)
                || actor.is_sysadmin()
                || actor.robot_allows_system(Resource::User, action));
        if !allowed {
            return Err(lacking(actor, &actor.name, Right::in_system(Resource::User, action)));
        }
        Ok(PersonAccess { person, actor: actor.clone() })
    }

    /// Whose account it is.
    pub fn person(&self) -> UserId {
        self.person
    }

    /// Whether it is the caller's own.
    pub fn is_self(&self) -> bool {
        self.actor.user_id() == Some(self.person)
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Which projects a list may show. Turns into a filter on rows.
#[derive(Clone, Debug)]
pub struct Visible {
    filter: VisibleFilter,
    actor: Actor,
}

/// The filter of a [`Visible`].
#[derive(Clone, Debug, PartialEq)]
pub enum VisibleFilter {
    /// All projects.
    All,
    /// Public ones and those that the person is a member of.
    Member(UserId),
    /// Public ones and those of a robot.
    Projects(Vec<ProjectId>),
    /// Public ones.
    Public,
}

impl Visible {
    /// What a caller may see in lists. Nobody is refused: strangers see what is public.
    pub fn to(actor: &Actor) -> Self {
        let filter = match &actor.kind {
            _ if actor.is_sysadmin() => VisibleFilter::All,
            ActorKind::User { id, .. } => VisibleFilter::Member(*id),
            ActorKind::Robot { permissions, .. } => {
                if permissions.iter().any(|permission| permission.scope == crate::actor::RobotScope::AllProjects) {
                    VisibleFilter::All
                } else {
                    let ids = permissions.iter().filter_map(|permission| match permission.scope {
                        crate::actor::RobotScope::Project(id) => Some(id),
                        crate::actor::RobotScope::AllProjects | crate::actor::RobotScope::System => None,
                    });
                    VisibleFilter::Projects(ids.collect())
                }
            }
            ActorKind::Anonymous | ActorKind::System => VisibleFilter::Public,
        };
        Visible { filter, actor: actor.clone() }
    }

    /// The filter.
    pub fn filter(&self) -> &VisibleFilter {
        &self.filter
    }

    /// Whose view it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

fn user_id(actor: &Actor) -> i64 {
    // No row has this id, so an anonymous caller has no role.
    actor.user_id().map_or(0, |id| id.0)
}

fn refusal(actor: &Actor, message: &str) -> Error {
    if actor.is_anonymous() {
        return Error::Unauthorized("unauthorized".to_owned());
    }
    Error::Forbidden(message.to_owned())
}

/// The same for a caller who would need a right. It is named also where a project does not exist, so that it tells nothing.
fn lacking(actor: &Actor, message: &str, needed: Right) -> Error {
    match refusal(actor, message) {
        Error::Forbidden(message) => Error::Lacking { message, needed },
        refused => refused,
    }
}
