//! The words of permissions and states.

use super::grant::{Preset, Summary};
use super::life::Standing;
use crate::i18n::{Key, keys};
use crate::ui::{State, Status};
use crate::{t, tn};
use berth_types::policy::{Action, Resource};
use leptos::prelude::*;

/// What a resource is called.
pub(crate) const fn resource_key(resource: Resource) -> Key {
    use keys::robots::resource as k;
    match resource {
        Resource::Project => k::PROJECT,
        Resource::Accessory => k::ACCESSORY,
        Resource::Artifact => k::ARTIFACT,
        Resource::ArtifactAddition => k::ARTIFACT_ADDITION,
        Resource::ArtifactLabel => k::ARTIFACT_LABEL,
        Resource::Configuration => k::CONFIGURATION,
        Resource::ExportCve => k::EXPORT_CVE,
        Resource::ImmutableTag => k::IMMUTABLE_TAG,
        Resource::Label => k::LABEL,
        Resource::Log => k::LOG,
        Resource::Member => k::MEMBER,
        Resource::Metadata => k::METADATA,
        Resource::NotificationPolicy => k::NOTIFICATION_POLICY,
        Resource::PreheatPolicy => k::PREHEAT_POLICY,
        Resource::Quota => k::QUOTA,
        Resource::Repository => k::REPOSITORY,
        Resource::Robot => k::ROBOT,
        Resource::Sbom => k::SBOM,
        Resource::Scan => k::SCAN,
        Resource::Scanner => k::SCANNER,
        Resource::Tag => k::TAG,
        Resource::TagRetention => k::TAG_RETENTION,
        Resource::AuditLog => k::AUDIT_LOG,
        Resource::Catalog => k::CATALOG,
        Resource::User => k::USER,
        Resource::UserGroup => k::USER_GROUP,
        Resource::Registry => k::REGISTRY,
        Resource::Replication => k::REPLICATION,
        Resource::ReplicationPolicy => k::REPLICATION_POLICY,
        Resource::ReplicationAdapter => k::REPLICATION_ADAPTER,
        Resource::Distribution => k::DISTRIBUTION,
        Resource::GarbageCollection => k::GARBAGE_COLLECTION,
        Resource::PurgeAudit => k::PURGE_AUDIT,
        Resource::ScanAll => k::SCAN_ALL,
        Resource::SystemVolumes => k::SYSTEM_VOLUMES,
        Resource::LdapUser => k::LDAP_USER,
        Resource::JobserviceMonitor => k::JOBSERVICE_MONITOR,
        Resource::SecurityHub => k::SECURITY_HUB,
        Resource::PreheatInstance => k::PREHEAT_INSTANCE,
    }
}

/// What an action is called.
pub(crate) const fn action_key(action: Action) -> Key {
    use keys::robots::action as k;
    match action {
        Action::Create => k::CREATE,
        Action::Read => k::READ,
        Action::Update => k::UPDATE,
        Action::Delete => k::DELETE,
        Action::List => k::LIST,
        Action::Pull => k::PULL,
        Action::Push => k::PUSH,
        Action::Operate => k::OPERATE,
        Action::Stop => k::STOP,
        Action::ScannerPull => k::SCANNER_PULL,
    }
}

/// What a preset is called, and what it is for.
pub(super) const fn preset_keys(preset: Preset) -> (Key, Key) {
    use keys::robots::preset as k;
    match preset {
        Preset::Pull => (k::PULL, k::PULL_HINT),
        Preset::Push => (k::PUSH, k::PUSH_HINT),
        Preset::Ci => (k::CI, k::CI_HINT),
        Preset::Custom => (k::CUSTOM, k::CUSTOM_HINT),
    }
}

/// What a robot may, in one line: "Pull, push and 3 more".
pub(super) fn may_text(summary: Summary) -> String {
    use keys::robots::does as k;
    match (summary.pull, summary.push, summary.more) {
        (true, false, 0) => t!(k::PULL),
        (true, true, 0) => t!(k::PUSH),
        (false, true, 0) => t!(k::PUSH_ONLY),
        (true, false, more) => tn!(k::PULL_MORE, more),
        (_, true, more) => tn!(k::PUSH_MORE, more),
        (false, false, more) => tn!(k::OTHER, more),
    }
}

/// Where a robot of the system may it: "All projects, system".
pub(super) fn place_text(summary: Summary) -> String {
    use keys::robots::place as k;
    let mut parts = Vec::new();
    if summary.all_projects {
        parts.push(t!(k::ALL));
    } else if summary.projects > 0 {
        parts.push(tn!(keys::count::PROJECTS, summary.projects));
    }
    if summary.system {
        parts.push(t!(k::SYSTEM));
    }
    if parts.is_empty() { t!(keys::common::NONE) } else { parts.join(" + ") }
}

/// How a robot stands, as icon and words.
#[component]
pub(super) fn StandingStatus(standing: Standing) -> impl IntoView {
    use keys::robots::status as k;
    let (state, text) = match standing {
        Standing::Active => (State::Ok, t!(k::ACTIVE)),
        Standing::EndsSoon(0) => (State::Warn, t!(k::ENDS_TODAY)),
        Standing::EndsSoon(days) => (State::Warn, tn!(k::ENDS_SOON, days)),
        Standing::Disabled => (State::Wait, t!(k::DISABLED)),
        Standing::Expired => (State::Bad, t!(k::EXPIRED)),
    };
    view! { <Status state=state>{text}</Status> }
}
