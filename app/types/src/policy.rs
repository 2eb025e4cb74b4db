//! Who may do what: the role table of Harbor (projects) as data.
//!
//! The table is the only place that says what a role may do. `domain::authz` asks it to hand out witnesses, the API
//! shows it (`/users/current/permissions`, `/permissions`), the portal draws it.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the variants are Harbor's words, spelled out beside them")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All of them, in Harbor's order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Harbor's word.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// Reads Harbor's word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// What is done to a resource.
    Action {
        Create = "create", Read = "read", Update = "update", Delete = "delete", List = "list",
        Pull = "pull", Push = "push", Operate = "operate", Stop = "stop", ScannerPull = "scanner-pull",
    }
}

words! {
    /// What it is done to. Some exist in projects, some in the system, some in both.
    Resource {
        Project = "project", Accessory = "accessory", Artifact = "artifact", ArtifactAddition = "artifact-addition",
        ArtifactLabel = "artifact-label", Configuration = "configuration", ExportCve = "export-cve",
        ImmutableTag = "immutable-tag", Label = "label", Log = "log", Member = "member", Metadata = "metadata",
        NotificationPolicy = "notification-policy", PreheatPolicy = "preheat-policy", Quota = "quota",
        Repository = "repository", Robot = "robot", Sbom = "sbom", Scan = "scan", Scanner = "scanner", Tag = "tag",
        TagRetention = "tag-retention",
        AuditLog = "audit-log", Catalog = "catalog", User = "user", UserGroup = "user-group", Registry = "registry",
        Replication = "replication", ReplicationPolicy = "replication-policy", ReplicationAdapter = "replication-adapter",
        Distribution = "distribution", GarbageCollection = "garbage-collection", PurgeAudit = "purge-audit",
        ScanAll = "scan-all", SystemVolumes = "system-volumes", LdapUser = "ldap-user",
        JobserviceMonitor = "jobservice-monitor", SecurityHub = "security-hub", PreheatInstance = "preheat-instance",
    }
}

words! {
    /// Where a robot lives, and where one of its permissions holds.
    RobotLevel { System = "system", Project = "project" }
}

/// A role in a project. The numbers are Harbor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// 1: everything in the project.
    ProjectAdmin,
    /// 2: pushes and pulls.
    Developer,
    /// 3: pulls and looks.
    Guest,
    /// 4: a developer who may also delete and manage rules.
    Maintainer,
    /// 5: a guest who does not see members and logs.
    LimitedGuest,
}

impl Role {
    /// All roles, strongest first.
    pub const ALL: [Role; 5] = [Role::ProjectAdmin, Role::Maintainer, Role::Developer, Role::Guest, Role::LimitedGuest];

    /// Harbor's `role_id`.
    pub const fn id(self) -> i64 {
        match self {
            Role::ProjectAdmin => 1,
            Role::Developer => 2,
            Role::Guest => 3,
            Role::Maintainer => 4,
            Role::LimitedGuest => 5,
        }
    }

    /// Reads a `role_id`.
    pub fn from_id(id: i64) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.id() == id)
    }

    /// Harbor's `role_name`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::ProjectAdmin => "projectAdmin",
            Role::Developer => "developer",
            Role::Guest => "guest",
            Role::Maintainer => "maintainer",
            Role::LimitedGuest => "limitedGuest",
        }
    }

    /// How strong a role is, for "the strongest of several": lower is stronger.
    pub fn rank(self) -> usize {
        Role::ALL.iter().position(|role| *role == self).unwrap_or(usize::MAX)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How somebody stands to a project, as the columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// A member with this role.
    Member(Role),
    /// Anybody, signed in or not, where the project is public.
    Public,
}

/// The letters of a cell: Create, Read, Update, Delete, List; p(ull), P(ush), o(perate), s(top).
type Cell = &'static str;

/// One row a resource; columns: project admin, maintainer, developer, guest, limited guest, anybody on a public project.
#[rustfmt::skip]
const PROJECT_TABLE: &[(Resource, [Cell; 6])] = &[
    (Resource::Project,            ["RUD",    "R",      "R",     "R",   "R",   "R"]),
    (Resource::Accessory,          ["L",      "L",      "L",     "L",   "L",   "L"]),
    (Resource::Artifact,           ["CRDL",   "CRDL",   "CRL",   "RL",  "RL",  "RL"]),
    (Resource::ArtifactAddition,   ["R",      "R",      "R",     "R",   "R",   "R"]),
    (Resource::ArtifactLabel,      ["CD",     "CD",     "CD",    "",    "",    ""]),
    (Resource::Configuration,      ["RU",     "R",      "R",     "R",   "R",   ""]),
    (Resource::ExportCve,          ["CRL",    "CRL",    "CRL",   "",    "",    ""]),
    (Resource::ImmutableTag,       ["CUDL",   "CUDL",   "",      "",    "",    ""]),
    (Resource::Label,              ["CRUDL",  "CRUDL",  "RL",    "RL",  "",    "RL"]),
    (Resource::Log,                ["L",      "",       "",      "",    "",    ""]),
    (Resource::Member,             ["CRUDL",  "RL",     "RL",    "RL",  "",    ""]),
    (Resource::Metadata,           ["CRUD",   "R",      "",      "",    "",    ""]),
    (Resource::NotificationPolicy, ["CRUDL",  "RL",     "",      "",    "",    ""]),
    (Resource::PreheatPolicy,      ["CRUDL",  "",       "",      "",    "",    ""]),
    (Resource::Quota,              ["R",      "R",      "R",     "R",   "R",   ""]),
    (Resource::Repository,         ["CRUDLpP","CRUDLpP","CRULpP","RLp", "RLp", "Lp"]),
    (Resource::Robot,              ["CRUDL",  "RL",     "RL",    "RL",  "",    ""]),
    (Resource::Sbom,               ["CRs",    "CRs",    "R",     "R",   "R",   ""]),
    (Resource::Scan,               ["CRs",    "CRs",    "R",     "R",   "R",   "R"]),
    (Resource::Scanner,            ["CR",     "R",      "R",     "R",   "R",   "R"]),
    (Resource::Tag,                ["CDL",    "CDL",    "CL",    "L",   "L",   "L"]),
    (Resource::TagRetention,       ["CRUDLo", "CRUDLo", "CRUDLo","",    "",    ""]),
];

/// Whether the table grants `action` on `resource` of a project to somebody of this standing.
pub fn project_allows(standing: Standing, resource: Resource, action: Action) -> bool {
    project_row(resource).is_some_and(|row| row[column(standing)].contains(letter(action)))
}

/// Every pair that this standing has in a project, in the order of the table.
pub fn project_permissions(standing: Standing) -> Vec<(Resource, Action)> {
    let mut pairs = Vec::new();
    for (resource, row) in PROJECT_TABLE {
        for action in Action::ALL {
            if row[column(standing)].contains(letter(*action)) {
                pairs.push((*resource, *action));
            }
        }
    }
    pairs
}

/// The pairs of the system scope that a system administrator holds, as `/users/current/permissions?scope=/system` shows.
pub fn system_permissions() -> Vec<(Resource, Action)> {
    let mut pairs = Vec::new();
    for (resource, cell) in SYSTEM_TABLE {
        for action in Action::ALL {
            if cell.contains(letter(*action)) {
                pairs.push((*resource, *action));
            }
        }
    }
    pairs
}

const SYSTEM_TABLE: &[(Resource, Cell)] = &[
    (Resource::Catalog, "R"),
    (Resource::AuditLog, "L"),
    (Resource::Project, "CRUDL"),
    (Resource::User, "CRUDL"),
    (Resource::UserGroup, "CRUDL"),
    (Resource::Registry, "CRUDL"),
    (Resource::Replication, "CRULD"),
    (Resource::Distribution, "CRUDL"),
    (Resource::GarbageCollection, "CRUDL"),
    (Resource::ScanAll, "CRUDLs"),
    (Resource::SystemVolumes, "R"),
    (Resource::LdapUser, "CL"),
    (Resource::Configuration, "RU"),
    (Resource::JobserviceMonitor, "RLs"),
    (Resource::SecurityHub, "RL"),
];

/// What robots can be given in the system. The letters, too, are in Harbor's order.
const ROBOT_SYSTEM_TABLE: &[(Resource, Cell)] = &[
    (Resource::AuditLog, "L"),
    (Resource::PreheatInstance, "RCDLU"),
    (Resource::Project, "LC"),
    (Resource::ReplicationPolicy, "RCDLU"),
    (Resource::Replication, "RCL"),
    (Resource::ReplicationAdapter, "L"),
    (Resource::Registry, "RCDLU"),
    (Resource::ScanAll, "RUsC"),
    (Resource::SystemVolumes, "R"),
    (Resource::GarbageCollection, "RCLUs"),
    (Resource::PurgeAudit, "RCLUs"),
    (Resource::JobserviceMonitor, "Ls"),
    (Resource::Scanner, "RCDLU"),
    (Resource::Label, "RCDU"),
    (Resource::SecurityHub, "RL"),
    (Resource::Catalog, "R"),
    (Resource::Quota, "RL"),
    (Resource::Robot, "CRLD"),
    (Resource::User, "CRULD"),
    (Resource::LdapUser, "CL"),
    (Resource::Quota, "U"),
    (Resource::UserGroup, "CRULD"),
];

/// What robots can be given in a project.
const ROBOT_PROJECT_TABLE: &[(Resource, Cell)] = &[
    (Resource::Log, "L"),
    (Resource::Project, "RDU"),
    (Resource::Metadata, "RCDLU"),
    (Resource::Repository, "RUDLpP"),
    (Resource::Artifact, "RCLD"),
    (Resource::Scan, "CRs"),
    (Resource::Sbom, "CsR"),
    (Resource::Tag, "CLD"),
    (Resource::Accessory, "L"),
    (Resource::ArtifactAddition, "R"),
    (Resource::ArtifactLabel, "CD"),
    (Resource::Scanner, "CR"),
    (Resource::PreheatPolicy, "RCDLU"),
    (Resource::ImmutableTag, "CDLU"),
    (Resource::NotificationPolicy, "RCDLU"),
    (Resource::TagRetention, "RCDLU"),
    (Resource::Label, "RCDLU"),
    (Resource::Quota, "R"),
    (Resource::Robot, "CRLD"),
    (Resource::ExportCve, "CR"),
    (Resource::Member, "CRULD"),
];

/// Every pair that a robot can be given in the system or in a project, in Harbor's order.
pub fn robot_permissions(level: RobotLevel) -> Vec<(Resource, Action)> {
    let mut pairs = Vec::new();
    for (resource, cell) in robot_table(level) {
        for wanted in cell.chars() {
            pairs.extend(
                Action::ALL.iter().filter(|action| letter(**action) == wanted).map(|action| (*resource, *action)),
            );
        }
    }
    pairs
}

/// Whether a robot can be given a pair in the system or in a project.
pub fn robot_can_be_given(level: RobotLevel, resource: Resource, action: Action) -> bool {
    robot_table(level).iter().any(|(row, cell)| *row == resource && cell.contains(letter(action)))
}

const fn robot_table(level: RobotLevel) -> &'static [(Resource, Cell)] {
    match level {
        RobotLevel::System => ROBOT_SYSTEM_TABLE,
        RobotLevel::Project => ROBOT_PROJECT_TABLE,
    }
}

fn project_row(resource: Resource) -> Option<&'static [Cell; 6]> {
    PROJECT_TABLE.iter().find(|(row, _)| *row == resource).map(|(_, cells)| cells)
}

const fn column(standing: Standing) -> usize {
    match standing {
        Standing::Member(Role::ProjectAdmin) => 0,
        Standing::Member(Role::Maintainer) => 1,
        Standing::Member(Role::Developer) => 2,
        Standing::Member(Role::Guest) => 3,
        Standing::Member(Role::LimitedGuest) => 4,
        Standing::Public => 5,
    }
}

const fn letter(action: Action) -> char {
    match action {
        Action::Create => 'C',
        Action::Read => 'R',
        Action::Update => 'U',
        Action::Delete => 'D',
        Action::List => 'L',
        Action::Pull => 'p',
        Action::Push => 'P',
        Action::Operate => 'o',
        Action::Stop => 's',
        Action::ScannerPull => 'x',
    }
}

/// A resource and an action, as Harbor's permission answers show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// The resource's word or path.
    pub resource: String,
    /// The action's word.
    pub action: String,
}

/// The header of a refusal that names the right that the caller does not have, see [`Right`].
pub const NEEDED_HEADER: &str = "x-needed-permission";

/// A permission and where it is needed, as `project:member:create` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Right {
    /// In the system or in a project.
    pub level: RobotLevel,
    /// On what.
    pub resource: Resource,
    /// What.
    pub action: Action,
}

impl Right {
    /// A right in a project.
    pub const fn in_project(resource: Resource, action: Action) -> Self {
        Right { level: RobotLevel::Project, resource, action }
    }

    /// A right in the system.
    pub const fn in_system(resource: Resource, action: Action) -> Self {
        Right { level: RobotLevel::System, resource, action }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (level, resource, action) = (parts.next()?, parts.next()?, parts.next()?);
        let right = Right {
            level: RobotLevel::parse(level)?,
            resource: Resource::parse(resource)?,
            action: Action::parse(action)?,
        };
        parts.next().is_none().then_some(right)
    }

    /// The roles in a project that have it, strongest first; none have a right in the system.
    pub fn roles(self) -> Vec<Role> {
        let has = |role: &Role| {
            self.level == RobotLevel::Project && project_allows(Standing::Member(*role), self.resource, self.action)
        };
        Role::ALL.into_iter().filter(has).collect()
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.level, self.resource, self.action)
    }
}

impl From<Right> for String {
    fn from(right: Right) -> Self {
        right.to_string()
    }
}

impl TryFrom<String> for Right {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Right::parse(&text).ok_or("no such permission")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_read_back_and_know_their_roles() {
        let create = Right::in_project(Resource::Member, Action::Create);
        assert_eq!(create.to_string(), "project:member:create");
        assert_eq!((Right::parse("project:member:create"), create.roles()), (Some(create), vec![Role::ProjectAdmin]));
        let push = Right::in_project(Resource::Repository, Action::Push);
        assert_eq!(push.roles(), [Role::ProjectAdmin, Role::Maintainer, Role::Developer]);
        assert!(Right::in_system(Resource::Project, Action::Read).roles().is_empty());
        for odd in ["", "project:member", "project:member:fly", "ship:member:create", "project:member:create:now"] {
            assert_eq!(Right::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_table_has_as_many_pairs_as_harbors() {
        let counts: Vec<usize> =
            Role::ALL.into_iter().map(|role| project_permissions(Standing::Member(role)).len()).collect();
        assert_eq!(counts, [75, 53, 36, 20, 14]);
        assert_eq!(project_permissions(Standing::Public).len(), 12);
    }

    #[test]
    fn a_developer_pushes_and_does_not_delete() {
        let developer = Standing::Member(Role::Developer);
        assert!(project_allows(developer, Resource::Repository, Action::Push));
        assert!(!project_allows(developer, Resource::Artifact, Action::Delete));
        assert!(!project_allows(Standing::Public, Resource::Repository, Action::Push));
        assert!(project_allows(Standing::Public, Resource::Repository, Action::Pull));
    }

    #[test]
    fn robots_can_be_given_as_many_pairs_as_in_harbor() {
        for level in [RobotLevel::System, RobotLevel::Project] {
            let pairs = robot_permissions(level);
            assert_eq!(pairs.len(), 70, "{level}");
            assert!(pairs.iter().all(|(resource, action)| robot_can_be_given(level, *resource, *action)), "{level}");
        }
        assert!(!robot_can_be_given(RobotLevel::System, Resource::Robot, Action::Update));
        assert!(!robot_can_be_given(RobotLevel::Project, Resource::Project, Action::List));
        assert!(!robot_can_be_given(RobotLevel::Project, Resource::Repository, Action::ScannerPull));
    }

    #[test]
    fn the_whole_table_is_as_reviewed() {
        let mut lines = String::new();
        for role in Role::ALL {
            for (resource, action) in project_permissions(Standing::Member(role)) {
                lines.push_str(&format!("{role} {resource}:{action}\n"));
            }
        }
        for (resource, action) in project_permissions(Standing::Public) {
            lines.push_str(&format!("public {resource}:{action}\n"));
        }
        insta::assert_snapshot!(lines);
    }
}
