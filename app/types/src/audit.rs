//! The words of the audit log: what is done, to what, and the kinds of event that Harbor names.
//!
//! The server writes no other, so that whoever shows the log can have a text for each.

/// What can be done.
pub const OPERATIONS: [&str; 10] =
    ["create", "update", "delete", "pull", "login", "logout", "restore", "stop", "pause", "resume"];

/// What it can be done to.
pub const KINDS: [&str; 25] = [
    "artifact",
    "tag",
    "repository",
    "project",
    "member",
    "user",
    "usergroup",
    "token",
    "robot",
    "label",
    "quota",
    "configuration",
    "registry",
    "replication_policy",
    "retention",
    "immutable_rule",
    "webhook_policy",
    "scanner",
    "preheat_instance",
    "preheat_policy",
    "job",
    "job_queue",
    "gc",
    "audit_log",
    "audit_purge",
];

/// The kinds of event that Harbor names: `<operation>_<kind>`. Logs are cut down and purged by them.
pub const EVENT_TYPES: [&str; 18] = [
    "create_artifact",
    "delete_artifact",
    "pull_artifact",
    "create_project",
    "delete_project",
    "update_project",
    "delete_repository",
    "login_user",
    "logout_user",
    "create_user",
    "delete_user",
    "update_user",
    "create_robot",
    "delete_robot",
    "update_configuration",
    "create_member",
    "update_member",
    "delete_member",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_made_of_operations_and_kinds() {
        for event in EVENT_TYPES {
            let (operation, kind) = event.split_once('_').unwrap();
            assert!(OPERATIONS.contains(&operation) && KINDS.contains(&kind), "{event}");
        }
    }

    #[test]
    fn no_word_stands_twice() {
        for words in [&OPERATIONS[..], &KINDS, &EVENT_TYPES] {
            assert!(words.iter().enumerate().all(|(at, word)| !words[..at].contains(word)), "{words:?}");
        }
    }
}
