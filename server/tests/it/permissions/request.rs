//! What requests of the table say. `~` stands for `/projects/{project_name_or_id}` and `/projects/{project_name}`, and a
//! word behind `$` for a value of the place that is asked about.

/// Method, short path, text.
type Texts = &'static [(&'static str, &'static str, &'static str)];

const QUERIES: Texts = &[
    ("GET", "/labels", "scope=p&project_id=$project_id"),
    ("GET", "/ldap/groups/search", "groupname=x"),
    ("GET", "/robots", "q=Level%3Dproject,ProjectID%3D$project_id"),
    ("GET", "/search", "q=app"),
    ("GET", "/usergroups/search", "groupname=x"),
    ("GET", "/users/search", "username=victim"),
    ("GET", "~/webhook/jobs", "policy_id=$webhook_policy_id"),
    ("GET", "/api/berth/v1/search", "q=app"),
    ("GET", "/api/berth/v1~/candidates", "text=victim"),
    ("GET", "/api/berth/v1~/access", "username=victim&action=push"),
    ("HEAD", "/projects", "project_name=$project"),
    ("POST", "/v2/{project_name}/{repository_name}/blobs/uploads/", "digest=none"),
    ("POST", "~/repositories/{repository_name}/artifacts", "from=private/source@$source"),
];

const RULE: &str = r#"{
    "id": $immutable_rule_id, "disabled": false, "action": "immutable", "template": "immutable_template",
    "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "never-$n"}],
    "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]}
}"#;
const RETENTION: &str = r#"{
    "algorithm": "or", "rules": [], "scope": {"level": "project", "ref": $project_id},
    "trigger": {"kind": "Schedule", "settings": {"cron": ""}, "references": {}}
}"#;
const GROUP: &str = r#"{"group_name": "group-$n", "group_type": 2}"#;
const SCANNER: &str = r#"{"name": "scanner-$n", "url": "$adapter/$n"}"#;
const RUN: &str =
    r#"{"schedule": {"type": "Manual", "cron": ""}, "parameters": {"dry_run": true, "audit_retention_hour": 24}}"#;
const NO_RUNS: &str = r#"{"schedule": {"type": "None", "cron": ""}, "parameters": {}}"#;

const BODIES: Texts = &[
    (
        "POST",
        "/api/berth/v1/bulk",
        r#"{"kind": "tags", "action": "delete", "repository": "$project/app", "items": ["nothing-$n"]}"#,
    ),
    (
        "POST",
        "/api/berth/v1/bulk/preview",
        r#"{"kind": "tags", "action": "delete", "repository": "$project/app", "items": ["v1"]}"#,
    ),
    ("PATCH", "/retentions/{id}/executions/{eid}", r#"{"action": "stop"}"#),
    ("PATCH", "/scanners/{registration_id}", r#"{"is_default": true}"#),
    ("POST", "/api/berth/v1~/repositories/{repository_name}/tags/{tag_name}/restore", r#"{"digest": "$source"}"#),
    ("POST", "/api/berth/v1/users/current/second-factor", r#"{"password": "$password"}"#),
    ("POST", "/api/berth/v1/users/current/second-factor/confirm", r#"{"code": "none"}"#),
    ("POST", "/api/berth/v1/users/current/second-factor/disable", r#"{"password": "$password"}"#),
    ("POST", "/api/berth/v1/users/current/second-factor/recovery-codes", r#"{"password": "$password"}"#),
    ("POST", "/api/berth/v1/users/current/tokens", r#"{"name": "token-$n"}"#),
    ("POST", "/api/berth/v1/users/current/views", r#"{"list": "audit", "name": "view-$n", "query": ""}"#),
    ("POST", "/export/cve", r#"{"job_name": "export", "projects": [$project_id]}"#),
    ("POST", "/labels", r#"{"name": "label-$n", "scope": "p", "project_id": $project_id}"#),
    ("POST", "/ldap/users/import", r#"{"ldap_uid_list": ["x"]}"#),
    (
        "POST",
        "/p2p/preheat/instances",
        r#"{"name": "net-$n", "vendor": "dragonfly", "endpoint": "http://net-$n:1", "auth_mode": "NONE", "enabled": true}"#,
    ),
    (
        "POST",
        "/p2p/preheat/instances/ping",
        r#"{"name": "net", "vendor": "dragonfly", "endpoint": "$adapter", "auth_mode": "NONE", "enabled": true}"#,
    ),
    ("POST", "/projects", r#"{"project_name": "project-$n"}"#),
    (
        "POST",
        "/registries",
        r#"{
            "name": "registry-$n", "url": "$url", "type": "harbor",
            "credential": {"type": "basic", "access_key": "admin", "access_secret": "Administrat0r"}
        }"#,
    ),
    ("POST", "/registries/ping", r#"{"id": $registry_id}"#),
    ("POST", "/api/berth/v1/registries/check", r#"{"id": $registry_id}"#),
    ("POST", "/replication/executions", r#"{"policy_id": $policy_id}"#),
    (
        "POST",
        "/replication/policies",
        r#"{
            "name": "policy-$n", "dest_registry": {"id": $registry_id}, "enabled": true,
            "trigger": {"type": "manual", "trigger_settings": {"cron": ""}}
        }"#,
    ),
    ("POST", "/retentions", RETENTION),
    ("POST", "/retentions/{id}/executions", r#"{"dry_run": true}"#),
    (
        "POST",
        "/robots",
        r#"{
            "name": "robot-$n", "level": "project", "duration": 3,
            "permissions": [{
                "kind": "project", "namespace": "$project", "access": [{"resource": "repository", "action": "pull"}]
            }]
        }"#,
    ),
    ("POST", "/scanners", SCANNER),
    ("POST", "/scanners/ping", SCANNER),
    ("POST", "/system/gc/schedule", RUN),
    ("POST", "/system/oidc/ping", r#"{"url": "$adapter", "verify_cert": true}"#),
    ("POST", "/system/purgeaudit/schedule", RUN),
    ("POST", "/system/scanAll/schedule", r#"{"schedule": {"type": "Daily", "cron": "0 0 0 * * *"}}"#),
    ("POST", "/usergroups", GROUP),
    (
        "POST",
        "/users",
        r#"{"username": "made-$n", "email": "made-$n@example.com", "realname": "made", "password": "Passw0rd-of-all"}"#,
    ),
    ("POST", "~/immutabletagrules", RULE),
    ("POST", "~/members", r#"{"role_id": 2, "member_user": {"username": "$spare"}}"#),
    ("POST", "~/metadatas/", r#"{"auto_scan": "false"}"#),
    (
        "POST",
        "~/preheat/policies",
        r#"{
            "name": "preheat-$n", "provider_id": $provider_id, "enabled": true, "trigger": "{\"type\":\"manual\"}",
            "filters": "[{\"type\":\"repository\",\"value\":\"**\"}]"
        }"#,
    ),
    ("POST", "~/repositories/{repository_name}/artifacts/{reference}/labels", r#"{"id": $spare}"#),
    ("POST", "~/repositories/{repository_name}/artifacts/{reference}/scan", r#"{"scan_type": "vulnerability"}"#),
    ("POST", "~/repositories/{repository_name}/artifacts/{reference}/scan/stop", r#"{"scan_type": "vulnerability"}"#),
    ("POST", "~/repositories/{repository_name}/artifacts/{reference}/tags", r#"{"name": "tag-$n"}"#),
    (
        "POST",
        "~/webhook/policies",
        r#"{
            "name": "hook-$n", "enabled": true, "event_types": ["PUSH_ARTIFACT"],
            "targets": [{"type": "http", "address": "https://hooks.example/x"}]
        }"#,
    ),
    ("PUT", "/jobservice/queues/{job_type}", r#"{"action": "resume"}"#),
    ("PUT", "/labels/{label_id}", r#"{"name": "renamed-$n"}"#),
    (
        "PUT",
        "/p2p/preheat/instances/{preheat_instance_name}",
        r#"{"name": "net", "vendor": "dragonfly", "endpoint": "http://net:1", "auth_mode": "NONE", "enabled": true}"#,
    ),
    ("PUT", "/quotas/{id}", r#"{"hard": {"storage": -1}}"#),
    ("PUT", "/registries/{id}", r#"{"description": "renamed-$n"}"#),
    ("PUT", "/replication/executions/{id}", "{}"),
    (
        "PUT",
        "/replication/policies/{id}",
        r#"{
            "name": "changed-$n", "dest_registry": {"id": $registry_id}, "enabled": true,
            "trigger": {"type": "manual", "trigger_settings": {"cron": ""}}
        }"#,
    ),
    ("PUT", "/retentions/{id}", RETENTION),
    (
        "PUT",
        "/robots/{robot_id}",
        r#"{
            "id": $robot_id, "name": "$robot_name", "level": "project", "duration": 3, "disable": false,
            "permissions": [{
                "kind": "project", "namespace": "$project", "access": [{"resource": "repository", "action": "pull"}]
            }]
        }"#,
    ),
    ("PUT", "/scanners/{registration_id}", SCANNER),
    ("PUT", "/system/gc/schedule", NO_RUNS),
    ("PUT", "/system/purgeaudit/schedule", NO_RUNS),
    ("PUT", "/system/scanAll/schedule", r#"{"schedule": {"type": "None", "cron": ""}}"#),
    ("PUT", "/usergroups/{group_id}", GROUP),
    ("PUT", "/users/{user_id}", r#"{"email": "victim-$n@example.com", "realname": "victim"}"#),
    ("PUT", "/users/{user_id}/cli_secret", r#"{"secret": "Chosen-Secret1"}"#),
    ("PUT", "/users/{user_id}/password", r#"{"new_password": "Passw0rd-$n"}"#),
    ("PUT", "/users/{user_id}/sysadmin", r#"{"sysadmin_flag": false}"#),
    ("PUT", "~", r#"{"metadata": {"auto_scan": "false"}}"#),
    ("PUT", "~/immutabletagrules/{immutable_rule_id}", RULE),
    ("PUT", "~/members/{mid}", r#"{"role_id": 2}"#),
    ("PUT", "~/metadatas/{meta_name}", r#"{"auto_scan": "false"}"#),
    (
        "PUT",
        "~/preheat/policies/{preheat_policy_name}",
        r#"{
            "id": $preheat_policy_id, "name": "$preheat_policy_name", "provider_id": $provider_id, "enabled": true,
            "filters": "[{\"type\":\"repository\",\"value\":\"**\"}]", "trigger": "{\"type\":\"manual\"}"
        }"#,
    ),
    ("PUT", "~/repositories/{repository_name}", r#"{"description": "told"}"#),
    ("PUT", "~/scanner", r#"{"uuid": "$registration_id"}"#),
    (
        "PUT",
        "~/webhook/policies/{webhook_policy_id}",
        r#"{
            "name": "changed-$n", "enabled": true, "event_types": ["PUSH_ARTIFACT"],
            "targets": [{"type": "http", "address": "https://hooks.example/x"}]
        }"#,
    ),
];

/// A path as the lists above have it.
pub fn short(path: &str) -> String {
    let path = path.strip_prefix("/api/v2.0").unwrap_or(path);
    path.replacen("/projects/{project_name_or_id}", "~", 1).replacen("/projects/{project_name}", "~", 1)
}

fn find(texts: Texts, method: &str, path: &str) -> Option<&'static str> {
    let path = short(path);
    texts.iter().find(|(of, at, _)| *of == method && *at == path).map(|(.., text)| *text)
}

/// The query of a request, with words to be filled.
pub fn query(method: &str, path: &str) -> Option<&'static str> {
    find(QUERIES, method, path)
}

/// The body of a request, with words to be filled. Nothing where such a request has none.
pub fn body(method: &str, path: &str) -> Option<&'static str> {
    let has_one = match method {
        "POST" | "PUT" => true,
        "PATCH" => path.starts_with("/api/"),
        _ => false,
    };
    has_one.then(|| find(BODIES, method, path).unwrap_or("{}"))
}

/// Requests that are spelled out for paths that no longer exist.
pub fn strays<'p>(described: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<(&'static str, &'static str)> {
    let known: Vec<(&str, String)> = described.map(|(method, path)| (method, short(path))).collect();
    let all = QUERIES.iter().chain(BODIES).map(|(method, path, _)| (*method, *path));
    all.filter(|(method, path)| !known.iter().any(|(of, at)| of == method && at == path)).collect()
}
