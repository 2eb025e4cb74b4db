//! The words of the log in the language of the page, and where its resources are.

use crate::i18n::{Key, keys};
use crate::t;
use berth_types::Digest;

/// An operation in words; a word that is not known stands for itself.
pub(super) fn operation_label(operation: &str) -> String {
    operation_key(operation).map_or_else(|| operation.to_owned(), |key| t!(key))
}

fn operation_key(operation: &str) -> Option<Key> {
    use keys::audit::operation as k;
    Some(match operation {
        "create" => k::CREATE,
        "update" => k::UPDATE,
        "delete" => k::DELETE,
        "pull" => k::PULL,
        "push" => k::PUSH,
        "login" => k::LOGIN,
        "logout" => k::LOGOUT,
        "restore" => k::RESTORE,
        "stop" => k::STOP,
        "pause" => k::PAUSE,
        "resume" => k::RESUME,
        _ => return None,
    })
}

/// A kind of resource in words; a word that is not known stands for itself.
pub(super) fn kind_label(kind: &str) -> String {
    kind_key(kind).map_or_else(|| kind.to_owned(), |key| t!(key))
}

fn kind_key(kind: &str) -> Option<Key> {
    use keys::audit::resource_type as k;
    Some(match kind {
        "artifact" => k::ARTIFACT,
        "tag" => k::TAG,
        "repository" => k::REPOSITORY,
        "project" => k::PROJECT,
        "member" | "project_member" => k::MEMBER,
        "user" => k::USER,
        "robot" => k::ROBOT,
        "configuration" => k::CONFIGURATION,
        "session" => k::SESSION,
        "token" => k::TOKEN,
        "label" => k::LABEL,
        "quota" => k::QUOTA,
        "registry" => k::REGISTRY,
        "replication_policy" => k::REPLICATION_POLICY,
        "usergroup" => k::USERGROUP,
        "retention" => k::RETENTION,
        "immutable_rule" => k::IMMUTABLE_RULE,
        "webhook_policy" => k::WEBHOOK_POLICY,
        "preheat_instance" => k::PREHEAT_INSTANCE,
        "preheat_policy" => keys::preheat::POLICY,
        "scanner" => k::SCANNER,
        "job" => k::JOB,
        "job_queue" => k::JOB_QUEUE,
        "gc" => keys::jobs::kind::CLEAN_UP,
        "audit_log" => keys::audit::TITLE,
        "audit_purge" => keys::jobs::kind::PURGE,
        _ => return None,
    })
}

/// What happened in words: "Artifact pushed".
pub(super) fn event_text(operation: &str, kind: &str) -> String {
    match event_key(operation, kind) {
        Some(key) => t!(key),
        None => format!("{} · {}", operation_label(operation), kind_label(kind)),
    }
}

/// A kind of event in words, by its name of Harbor (`create_artifact`); one that is not known stands for itself.
pub(crate) fn event_type_text(name: &str) -> String {
    let known = name.split_once('_').and_then(|(operation, kind)| event_key(operation, kind));
    known.map_or_else(|| name.replace('_', " "), |key| t!(key))
}

fn event_key(operation: &str, kind: &str) -> Option<Key> {
    use keys::audit::event as k;
    Some(match (operation, kind) {
        ("create", "artifact") => k::CREATE_ARTIFACT,
        ("delete", "artifact") => k::DELETE_ARTIFACT,
        ("pull", "artifact") => k::PULL_ARTIFACT,
        ("create", "tag") => k::CREATE_TAG,
        ("restore", "tag") => k::RESTORE_TAG,
        ("delete", "tag") => k::DELETE_TAG,
        ("delete", "repository") => k::DELETE_REPOSITORY,
        ("update", "repository") => k::UPDATE_REPOSITORY,
        ("create", "project") => k::CREATE_PROJECT,
        ("update", "project") => k::UPDATE_PROJECT,
        ("delete", "project") => k::DELETE_PROJECT,
        ("create", "member") => k::CREATE_MEMBER,
        ("update", "member") => k::UPDATE_MEMBER,
        ("delete", "member") => k::DELETE_MEMBER,
        ("create", "user") => k::CREATE_USER,
        ("update", "user") => k::UPDATE_USER,
        ("delete", "user") => k::DELETE_USER,
        ("login", _) => k::LOGIN_USER,
        ("logout", _) => k::LOGOUT_USER,
        ("create", "robot") => k::CREATE_ROBOT,
        ("update", "robot") => k::UPDATE_ROBOT,
        ("delete", "robot") => k::DELETE_ROBOT,
        ("update", "configuration") => k::UPDATE_CONFIGURATION,
        ("update", "quota") => k::UPDATE_QUOTA,
        ("delete", "audit_log") => k::DELETE_AUDIT_LOG,
        ("create", "gc") => k::CREATE_GC,
        ("update", "gc") => k::UPDATE_GC,
        ("stop", "gc") => k::STOP_GC,
        ("create", "audit_purge") => k::CREATE_AUDIT_PURGE,
        ("update", "audit_purge") => k::UPDATE_AUDIT_PURGE,
        ("stop", "audit_purge") => k::STOP_AUDIT_PURGE,
        ("stop", "job") => k::STOP_JOB,
        ("stop", "job_queue") => k::STOP_JOB_QUEUE,
        ("pause", "job_queue") => k::PAUSE_JOB_QUEUE,
        ("resume", "job_queue") => k::RESUME_JOB_QUEUE,
        _ => return None,
    })
}

/// A resource for a table: of a digest so much as tells it from others. The whole one is in the download and on the artifact's page.
pub(super) fn resource_text(resource: &str) -> String {
    let short = || {
        let (repository, digest) = resource.split_once('@')?;
        Some(format!("{repository}@{}", digest.parse::<Digest>().ok()?.short()))
    };
    short().unwrap_or_else(|| resource.to_owned())
}

/// The page of a resource that is still there, as far as its name tells.
pub(super) fn resource_href(operation: &str, kind: &str, resource: &str) -> Option<String> {
    if operation == "delete" || resource.is_empty() {
        return None;
    }
    match kind {
        "project" | "repository" => Some(format!("/projects/{resource}")),
        "artifact" | "tag" => {
            let (repository, reference) = resource.split_once('@').or_else(|| {
                let (repository, tag) = resource.rsplit_once(':')?;
                (!tag.contains('/')).then_some((repository, tag))
            })?;
            Some(format!("/projects/{repository}/-/artifacts/{reference}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::audit::{EVENT_TYPES, KINDS, OPERATIONS};

    #[test]
    fn digests_are_shortened() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(resource_text(&format!("team/web@{digest}")), "team/web@0123456789ab");
        for other in ["team/web:v1", "team", "robot@x", "bob@example.org"] {
            assert_eq!(resource_text(other), other);
        }
    }

    #[test]
    fn links_of_resources() {
        let href = |kind, resource| resource_href("create", kind, resource);
        assert_eq!(href("project", "lib").as_deref(), Some("/projects/lib"));
        assert_eq!(href("artifact", "lib/a/b:v1").as_deref(), Some("/projects/lib/a/b/-/artifacts/v1"));
        assert_eq!(href("artifact", "lib/a@sha256:ab").as_deref(), Some("/projects/lib/a/-/artifacts/sha256:ab"));
        assert_eq!(href("artifact", "lib/a"), None);
        assert_eq!(href("user", "mei"), None);
        assert_eq!(resource_href("delete", "project", "lib"), None);
    }

    #[test]
    fn the_server_writes_no_word_without_a_text() {
        for operation in OPERATIONS {
            assert!(operation_key(operation).is_some(), "{operation}");
        }
        for kind in KINDS {
            assert!(kind_key(kind).is_some(), "{kind}");
        }
        for event in EVENT_TYPES {
            let (operation, kind) = event.split_once('_').unwrap();
            assert!(event_key(operation, kind).is_some(), "{event}");
        }
        // In a list of choices no two may look alike.
        let labels: std::collections::BTreeSet<_> = KINDS.into_iter().map(kind_label).collect();
        assert_eq!(labels.len(), KINDS.len(), "{labels:?}");
    }

    #[test]
    fn unknown_words_stand_for_themselves() {
        assert_eq!(event_type_text("create_artifact"), "Artifact pushed");
        assert_eq!(event_type_text("sign_artifact"), "sign artifact");
        assert_eq!(event_text("sign", "artifact"), "sign · Artifact");
        assert_eq!(event_text("create", "artifact"), "Artifact pushed");
    }
}
