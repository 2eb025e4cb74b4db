//! The words of the log in the language of the page, and where its resources are.

use crate::i18n::{Key, keys};
use crate::t;

/// What can be done, as the API writes it.
pub(super) const OPERATIONS: [&str; 6] = ["create", "update", "delete", "pull", "login", "logout"];
/// What it can be done to, as the API writes it.
pub(super) const KINDS: [&str; 12] = [
    "artifact",
    "tag",
    "repository",
    "project",
    "member",
    "user",
    "token",
    "robot",
    "configuration",
    "registry",
    "replication_policy",
    "usergroup",
];

/// An operation in words; a word that is not known stands for itself.
pub(super) fn operation_label(operation: &str) -> String {
    use keys::audit::operation as k;
    let key = match operation {
        "create" => k::CREATE,
        "update" => k::UPDATE,
        "delete" => k::DELETE,
        "pull" => k::PULL,
        "push" => k::PUSH,
        "login" => k::LOGIN,
        "logout" => k::LOGOUT,
        other => return other.to_owned(),
    };
    t!(key)
}

/// A kind of resource in words; a word that is not known stands for itself.
pub(super) fn kind_label(kind: &str) -> String {
    use keys::audit::resource_type as k;
    let key = match kind {
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
        "preheat_instance" | "preheat_policy" => k::PREHEAT,
        "scanner" => k::SCANNER,
        "job" => k::JOB,
        other => return other.to_owned(),
    };
    t!(key)
}

/// What happened in words: "Artifact pushed".
pub(super) fn event_text(operation: &str, kind: &str) -> String {
    match event_key(operation, kind) {
        Some(key) => t!(key),
        None => format!("{} · {}", operation_label(operation), kind_label(kind)),
    }
}

fn event_key(operation: &str, kind: &str) -> Option<Key> {
    use keys::audit::event as k;
    Some(match (operation, kind) {
        ("create", "artifact") => k::CREATE_ARTIFACT,
        ("delete", "artifact") => k::DELETE_ARTIFACT,
        ("pull", "artifact") => k::PULL_ARTIFACT,
        ("create", "tag") => k::CREATE_TAG,
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
        ("delete", "robot") => k::DELETE_ROBOT,
        ("update", "configuration") => k::UPDATE_CONFIGURATION,
        _ => return None,
    })
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
    fn unknown_words_stand_for_themselves() {
        assert_eq!(event_text("sign", "artifact"), "sign · Artifact");
        assert_eq!(event_text("create", "artifact"), "Artifact pushed");
    }
}
