//! What Harbor's Terraform provider sends and reads back: after an apply a plan has to be empty.
//!
//! Bodies are as its Go structs encode them, with their zero values and all; answers are compared as it decodes them, so a
//! field that is missing counts as its zero value.

use std::fmt::Write;

use berth_testkit::{ADMIN_PASSWORD, Client, Image, TestApp, on_both};
use serde_json::{Value, json};

use crate::scanners::Adapter;

const API: &str = "/api/v2.0";
/// Go's zero time, which the provider sends where it knows none.
const NEVER: &str = "0001-01-01T00:00:00Z";
const GIB: i64 = 1 << 30;

on_both!(
    projects_stay_as_applied,
    storage_quotas_are_found_and_changed,
    members_stay_as_applied,
    people_and_groups_stay_as_applied,
    robots_stay_as_applied,
    labels_and_immutable_tags_stay_as_applied,
    retentions_stay_as_applied_and_are_taken_over,
    webhooks_stay_as_applied,
    registries_and_replications_stay_as_applied,
    the_configuration_stays_as_applied,
    schedules_stay_as_applied,
    scans_of_everything_stay_as_applied,
    preheat_instances_stay_as_applied,
    lists_are_read_to_their_end,
);

/// The provider: its ids are the paths of `Location` without the API's own.
struct Provider(Client);

impl Provider {
    fn of(app: &TestApp) -> Self {
        Provider(app.admin())
    }

    async fn create(&self, path: &str, body: &Value) -> String {
        let location = self.0.post(&format!("{API}{path}")).json(body).send().await.expect(201).location();
        location.replace("/api", "").replace("/v2.0", "")
    }

    async fn update(&self, id: &str, body: &Value) {
        self.0.put(&format!("{API}{id}")).json(body).send().await.expect(200);
    }

    async fn patch(&self, id: &str, body: &Value) {
        self.0.patch(&format!("{API}{id}")).json(body).send().await.expect(200);
    }

    async fn get(&self, id: &str) -> Value {
        self.0.get(&format!("{API}{id}")).send().await.expect(200).json()
    }

    #[track_caller]
    fn expect(found: &Value, expected: &Value) {
        let mut drift = String::new();
        compare("", expected, found, &mut drift);
        assert!(drift.is_empty(), "a plan would change:\n{drift}in {found}");
    }

    async fn reads(&self, id: &str, expected: Value) -> Value {
        let found = self.get(id).await;
        Self::expect(&found, &expected);
        found
    }

    /// Deletes it, which a refresh then notices.
    async fn delete(&self, id: &str) {
        self.0.delete(&format!("{API}{id}")).send().await.expect(200);
        self.0.get(&format!("{API}{id}")).send().await.expect(404);
    }

    /// The resource of a schedule: the first is posted, others are put.
    async fn schedule(&self, path: &str, kind: &str, cron: &str, parameters: &Value) -> u16 {
        let body = timetable(kind, cron, parameters);
        let address = format!("{API}{path}");
        let is_set = !self.0.get(&address).send().await.expect(200).body.is_empty();
        let request = if is_set { self.0.put(&address) } else { self.0.post(&address) };
        let status = request.json(&body).send().await.expect(if is_set { 200 } else { 201 }).status;
        let found = self.reads(path, json!({ "schedule": { "type": kind, "cron": cron } })).await;
        let told: Value = serde_json::from_str(found["job_parameters"].as_str().unwrap_or("{}")).unwrap();
        Self::expect(&told, parameters);
        status
    }

    /// Pages of a list until one is empty.
    async fn pages(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for page in 1.. {
            let listed = self.get(&path.replace("PAGE", &page.to_string())).await;
            let listed = listed.as_array().unwrap();
            if listed.is_empty() {
                break;
            }
            all.extend_from_slice(listed);
        }
        all
    }
}

fn timetable(kind: &str, cron: &str, parameters: &Value) -> Value {
    let schedule = if cron.is_empty() { json!({ "type": kind }) } else { json!({ "type": kind, "cron": cron }) };
    json!({ "schedule": schedule, "creation_time": NEVER, "update_time": NEVER, "parameters": parameters })
}

fn compare(at: &str, expected: &Value, found: &Value, drift: &mut String) {
    match (expected, found) {
        (Value::Object(expected), _) => {
            for (name, value) in expected {
                compare(&format!("{at}.{name}"), value, &found[name], drift);
            }
        }
        (Value::Array(wanted), Value::Array(there)) if wanted.len() == there.len() => {
            for (index, value) in wanted.iter().enumerate() {
                compare(&format!("{at}[{index}]"), value, &there[index], drift);
            }
        }
        (_, Value::Null) if [json!(null), json!(false), json!(0), json!(""), json!([])].contains(expected) => {}
        _ if expected == found => {}
        _ => writeln!(drift, "{at}: {found} instead of {expected}").unwrap(),
    }
}

fn number(id: &str) -> i64 {
    id.rsplit('/').next().unwrap().parse().unwrap()
}

/// A project as the provider describes it when nothing but its name is given.
fn project(name: &str) -> Value {
    json!({
        "project_name": name, "cve_allowlist": {}, "storage_limit": -1,
        "metadata": {
            "enable_content_trust": "false", "enable_content_trust_cosign": "false", "auto_scan": "true",
            "severity": "low", "reuse_sys_cve_allowlist": "true", "public": "false", "prevent_vul": "false",
            "auto_sbom_generation": "false", "proxy_speed_kb": "-1", "proxy_cache_local_on_not_found": "false",
        },
    })
}

async fn projects_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let mut body = project("applied");
    let id = provider.create("/projects", &body).await;
    let shown =
        json!({ "name": "applied", "project_id": number(&id), "metadata": body["metadata"], "cve_allowlist": {} });
    provider.reads(&id, shown).await;

    body["cve_allowlist"] = json!({ "items": [{ "cve_id": "CVE-2024-1" }, { "cve_id": "CVE-2024-2" }] });
    body["metadata"] = json!({
        "enable_content_trust": "true", "enable_content_trust_cosign": "true", "auto_scan": "false",
        "severity": "high", "reuse_sys_cve_allowlist": "false", "public": "true", "prevent_vul": "true",
        "auto_sbom_generation": "true", "proxy_speed_kb": "100", "proxy_cache_local_on_not_found": "true",
    });
    provider.update(&id, &body).await;
    let shown = json!({ "metadata": body["metadata"], "cve_allowlist": body["cve_allowlist"] });
    provider.reads(&id, shown).await;

    // With `force_destroy` it removes the repositories first, their slashes encoded twice.
    app.admin().push("applied/deep/app", "v1", &Image::new("deep", 1)).await;
    let repositories = provider.pages("/projects/applied/repositories?page=PAGE&page_size=100").await;
    assert_eq!(repositories[0]["name"], "applied/deep/app");
    provider.delete("/projects/applied/repositories/deep%252Fapp").await;
    provider.delete(&id).await;
}

async fn storage_quotas_are_found_and_changed(app: &TestApp) {
    let provider = Provider::of(app);
    let mut body = project("limited");
    body["storage_limit"] = json!(5 * GIB);
    let id = provider.create("/projects", &body).await;
    provider.reads("/configurations", json!({ "quota_per_project_enable": { "value": true } })).await;
    // The provider asks with a slash before the question mark.
    let quotas = provider.pages("/quotas/?page=PAGE&page_size=100").await;
    let of_project = |quota: &&Value| quota["ref"]["id"] == number(&id);
    let quota = quotas.iter().find(of_project).unwrap();
    Provider::expect(quota, &json!({ "hard": { "storage": 5 * GIB }, "ref": { "name": "limited" } }));
    let path = format!("/quotas/{}", quota["id"]);
    for storage in [10 * GIB, -1] {
        provider.update(&path, &json!({ "hard": { "storage": storage } })).await;
        provider.reads(&path, json!({ "hard": { "storage": storage } })).await;
    }
    // The other fields of a project go with its limit, which the project itself does not take.
    provider.update(&id, &body).await;
    provider.reads(&path, json!({ "hard": { "storage": -1 } })).await;
}

async fn members_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    app.user("erin").await;
    let id = provider.create("/projects", &project("crewed")).await;
    let members = format!("{id}/members");
    let group = provider.create("/usergroups", &json!({ "group_name": "deck", "group_type": 3 })).await;
    let of_user = |role: i64| json!({ "role_id": role, "member_group": {}, "member_user": { "username": "erin" } });
    let of_group = |role: i64| {
        let group = json!({ "group_type": 3, "id": number(&group) });
        json!({ "role_id": role, "member_group": group, "member_user": {} })
    };
    for (body, entity) in [(&of_user as &dyn Fn(i64) -> Value, "erin"), (&of_group, "deck")] {
        let member = provider.create(&members, &body(2)).await;
        let shown = |role: i64| json!({ "role_id": role, "project_id": number(&id), "entity_name": entity });
        provider.reads(&member, shown(2)).await;
        for role in [1, 3, 4, 5] {
            provider.update(&member, &body(role)).await;
            provider.reads(&member, shown(role)).await;
        }
        provider.delete(&member).await;
    }
}

async fn people_and_groups_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let mut body = json!({
        "username": "erin", "password": "Deck-Hand-5", "new_password": "Deck-Hand-5", "realname": "Erin",
        "email": "erin@example.com",
    });
    let id = provider.create("/users", &body).await;
    let shown = json!({
        "username": "erin", "realname": "Erin", "email": "erin@example.com", "sysadmin_flag": false, "comment": "",
    });
    provider.reads(&id, shown).await;
    body["realname"] = json!("Erin E.");
    body["email"] = json!("erin.e@example.com");
    body["password"] = json!("Deck-Hand-6");
    body["new_password"] = json!("Deck-Hand-6");
    body["sysadmin_flag"] = json!(true);
    for part in ["", "/sysadmin", "/password"] {
        provider.update(&format!("{id}{part}"), &body).await;
    }
    let shown = json!({ "realname": "Erin E.", "email": "erin.e@example.com", "sysadmin_flag": true });
    provider.reads(&id, shown).await;
    app.anonymous().basic("erin", "Deck-Hand-6").get(&format!("{API}/users/current")).send().await.expect(200);
    // A flag that is false is left out.
    body.as_object_mut().unwrap().remove("sysadmin_flag");
    provider.update(&format!("{id}/sysadmin"), &body).await;
    provider.reads(&id, json!({ "sysadmin_flag": false })).await;
    provider.delete(&id).await;

    let body = json!({ "group_name": "deck", "group_type": 3 });
    let id = provider.create("/usergroups", &body).await;
    provider.reads(&id, body).await;
    provider.delete(&id).await;
}

async fn robots_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    provider.create("/projects", &project("built")).await;
    provider.update("/configurations", &json!({ "robot_name_prefix": "harbor@" })).await;
    let may = |action: &str, resource: &str| json!([{ "action": action, "resource": resource }]);
    let mut body = json!({
        "name": "everywhere", "level": "system", "description": "builds", "duration": -1,
        "permissions": [
            { "access": may("create", "label"), "kind": "system", "namespace": "/" },
            { "access": may("push", "repository"), "kind": "project", "namespace": "built" },
            { "access": may("pull", "repository"), "kind": "project", "namespace": "*" },
        ],
    });
    let id = provider.create("/robots", &body).await;
    let mut shown = body.clone();
    shown["name"] = json!("harbor@everywhere");
    shown["disable"] = json!(false);
    let robot = provider.reads(&id, shown).await;
    // A secret of one's own follows, by the id that the answer says.
    provider.patch(&format!("/robots/{}", robot["id"]), &json!({ "secret": "Of-My-0wn-choice" })).await;
    let pull = app.anonymous().basic("harbor@everywhere", "Of-My-0wn-choice");
    pull.get("/service/token?service=harbor-registry").send().await.expect(200);
    // An update names the robot as it was read.
    body["name"] = json!("harbor@everywhere");
    body["description"] = json!("builds all");
    body["disable"] = json!(true);
    provider.update(&id, &body).await;
    provider.reads(&id, body).await;
    provider.delete(&id).await;

    let mut body = json!({
        "name": "one", "level": "project", "duration": 30,
        "permissions": [{
            "access": [
                { "action": "pull", "resource": "repository", "effect": "allow" },
                { "action": "push", "resource": "repository" },
            ],
            "kind": "project", "namespace": "built",
        }],
    });
    let id = provider.create("/robots", &body).await;
    body["name"] = json!("harbor@built+one");
    provider.reads(&id, body.clone()).await;
    body["duration"] = json!(60);
    provider.update(&id, &body).await;
    provider.reads(&id, body).await;
    provider.delete(&id).await;
}

async fn labels_and_immutable_tags_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let of = provider.create("/projects", &project("sealed")).await;
    for (scope, project) in [("g", 0), ("p", number(&of))] {
        let mut body = json!({
            "name": "approved", "description": "", "color": "#FFFFFF", "scope": scope, "project_id": project, "id": 0,
            "deleted": false,
        });
        let id = provider.create("/labels", &body).await;
        let fields = |body: &Value| {
            json!({
                "name": body["name"], "description": body["description"], "color": body["color"], "scope": scope,
            })
        };
        provider.reads(&id, fields(&body)).await;
        for description in ["checked", ""] {
            body["description"] = json!(description);
            body["color"] = json!("#48960C");
            provider.update(&id, &body).await;
            provider.reads(&id, fields(&body)).await;
        }
        provider.delete(&id).await;
    }

    let mut body = json!({
        "disabled": true, "action": "immutable", "template": "immutable_template",
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
        "tag_selectors": [{ "kind": "doublestar", "decoration": "excludes", "pattern": "latest" }],
    });
    let id = provider.create(&format!("{of}/immutabletagrules"), &body).await;
    // Rules are read by their list. One that starts disabled is disabled by an update.
    let (list, _) = id.rsplit_once('/').unwrap();
    let list = format!("{list}?page=1&page_size=15");
    body["id"] = json!(number(&id));
    provider.update(&id, &body).await;
    provider.reads(&list, json!([body])).await;
    body["disabled"] = json!(false);
    body["tag_selectors"][0] = json!({ "kind": "doublestar", "decoration": "matches", "pattern": "v*" });
    body["scope_selectors"]["repository"][0]["decoration"] = json!("repoExcludes");
    provider.update(&id, &body).await;
    provider.reads(&list, json!([body])).await;
    provider.0.delete(&format!("{API}{id}")).send().await.expect(200);
    provider.reads(&list, json!([])).await;
}

async fn retentions_stay_as_applied_and_are_taken_over(app: &TestApp) {
    let provider = Provider::of(app);
    let of = provider.create("/projects", &project("kept")).await;
    let rule = |template: &str, params: Value, disabled: bool| {
        json!({
            "disabled": disabled, "action": "retain", "params": params, "template": template,
            "scope_selectors": {
                "repository": [{ "kind": "doublestar", "decoration": "repoExcludes", "pattern": "old/**" }],
            },
            "tag_selectors": [{
                "kind": "doublestar", "decoration": "matches", "pattern": "{latest,snapshot}",
                "extras": "{\"untagged\":true}",
            }],
        })
    };
    let policy = |rules: Value, cron: &str| {
        json!({
            "algorithm": "or", "rules": rules, "scope": { "level": "project", "ref": number(&of) },
            "trigger": { "kind": "Schedule", "references": {}, "settings": { "cron": cron } },
        })
    };
    let rules = json!([
        rule("nDaysSinceLastPull", json!({ "nDaysSinceLastPull": 5 }), false),
        rule("nDaysSinceLastPush", json!({ "nDaysSinceLastPush": 6 }), false),
        rule("latestPulledN", json!({ "latestPulledN": 7 }), true),
        rule("latestPushedK", json!({ "latestPushedK": 8 }), false),
        rule("always", json!({}), false),
    ]);
    let daily = policy(rules, "0 0 0 * * *");
    let id = provider.create("/retentions", &daily).await;
    provider.reads(&id, daily).await;
    let one = policy(json!([rule("always", json!({}), false)]), "");
    provider.update(&id, &one).await;
    provider.reads(&id, one.clone()).await;
    // To delete is to leave no rule; the next one finds what is left by the project and takes it over.
    let none = policy(json!([]), "");
    provider.update(&id, &none).await;
    provider.reads(&id, none).await;
    provider.0.post(&format!("{API}/retentions")).json(&one).send().await.refused(400, "BAD_REQUEST");
    let left = provider.reads(&of, json!({ "metadata": { "retention_id": number(&id).to_string() } })).await;
    let id = format!("/retentions/{}", left["metadata"]["retention_id"].as_str().unwrap());
    provider.update(&id, &one).await;
    provider.reads(&id, one).await;
}

async fn webhooks_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let of = provider.create("/projects", &project("told")).await;
    let mut body = json!({
        "update_time": NEVER, "creation_time": NEVER, "creator": "", "project_id": 0, "id": 0,
        "name": "hook", "description": "", "enabled": true,
        // The name of the last key is a slip of the provider's.
        "targets": [{
            "type": "http", "auth_header": "", "skip_cert_verify": false, "address": "https://hook.example.com",
            "payload_format:omitempty": "",
        }],
        "event_types": [
            "DELETE_ARTIFACT", "PULL_ARTIFACT", "PUSH_ARTIFACT", "QUOTA_EXCEED", "QUOTA_WARNING", "REPLICATION",
            "SCANNING_FAILED", "SCANNING_COMPLETED", "TAG_RETENTION",
        ],
    });
    let id = provider.create(&format!("{of}/webhook/policies"), &body).await;
    let fields = |body: &Value| {
        let target = &body["targets"][0];
        json!({
            "name": body["name"], "description": body["description"], "enabled": body["enabled"],
            "event_types": body["event_types"],
            "targets": [{
                "type": target["type"], "address": target["address"], "auth_header": target["auth_header"],
                "skip_cert_verify": target["skip_cert_verify"],
            }],
        })
    };
    provider.reads(&id, fields(&body)).await;
    body["enabled"] = json!(false);
    body["description"] = json!("tells another");
    body["event_types"] = json!(["PUSH_ARTIFACT"]);
    body["targets"][0]["auth_header"] = json!("Bearer of-news");
    body["targets"][0]["skip_cert_verify"] = json!(true);
    provider.update(&id, &body).await;
    provider.reads(&id, fields(&body)).await;
    provider.delete(&id).await;
}

async fn registries_and_replications_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let url = app.url().as_str().trim_end_matches('/').to_owned();
    let body = json!({ "credential": { "type": "basic" }, "name": "far", "url": url, "type": "docker-registry" });
    let registry = provider.create("/registries", &body).await;
    let shown = json!({
        "id": number(&registry), "name": "far", "url": url, "type": "docker-registry", "description": "",
        "insecure": false, "ca_certificate": "", "status": "healthy", "credential": { "access_key": "" },
    });
    provider.reads(&registry, shown).await;
    let body = json!({
        "access_key": "admin", "access_secret": ADMIN_PASSWORD, "name": "farther", "url": url, "insecure": true,
        "description": "elsewhere", "ca_certificate": "",
    });
    provider.update(&registry, &body).await;
    let shown = json!({
        "name": "farther", "description": "elsewhere", "insecure": true, "credential": { "access_key": "admin" },
    });
    provider.reads(&registry, shown).await;

    let far = json!({ "id": number(&registry) });
    let push = json!({
        "name": "push", "id": 0, "src_registry": {}, "dest_registry": far, "dest_namespace_replace_count": -1,
        "trigger": { "type": "manual", "trigger_settings": {} }, "enabled": true, "override": true, "speed": -1,
    });
    let pull = json!({
        "name": "pull", "id": 0, "src_registry": far, "dest_registry": {}, "dest_namespace_replace_count": 2,
        "dest_namespace": "mirror", "enabled": false, "copy_by_chunk": true, "single_active_replication": true,
        "trigger": { "type": "scheduled", "trigger_settings": { "cron": "0 0/15 * * * *" } },
        "filters": [
            { "type": "name", "value": "library/alpine" },
            { "type": "tag", "value": "3.*.*", "decoration": "matches" },
            { "type": "resource", "value": "artifact" },
            { "type": "label", "value": ["qa"], "decoration": "matches" },
        ],
    });
    for (body, near) in [(push, "src_registry"), (pull, "dest_registry")] {
        let id = provider.create("/replication/policies", &body).await;
        let mut shown = body.clone();
        shown["id"] = json!(number(&id));
        // Which of the two is ourselves says whether it pushes or pulls.
        shown[near] = json!({ "id": 0 });
        provider.reads(&id, shown.clone()).await;
        let mut body = body;
        for (name, value) in [
            ("trigger", json!({ "type": "event_based", "trigger_settings": {} })),
            ("deletion", json!(true)),
            ("name", json!(format!("{near}-is-near"))),
        ] {
            // A pull has no events here to be based on.
            if name == "name" || near == "src_registry" {
                body[name] = value.clone();
                shown[name] = value;
            }
        }
        provider.update(&id, &body).await;
        provider.reads(&id, shown).await;
        provider.delete(&id).await;
    }
    provider.delete(&registry).await;
}

async fn the_configuration_stays_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let banner = "{\"closable\":true,\"message\":\"low tide\",\"type\":\"info\",\"fromDate\":\"01/01/2025\",\"toDate\":\"12/31/2035\"}";
    let system = json!({
        "project_creation_restriction": "adminonly", "read_only": false, "robot_token_duration": 30,
        "token_expiration": 30, "session_timeout": 60, "quota_per_project_enable": true,
        "robot_name_prefix": "harbor@", "storage_per_project": 100 * GIB, "scanner_skip_update_pulltime": true,
        "skip_audit_log_database": false, "banner_message": banner, "notification_enable": false,
        "disabled_audit_log_event_types": "create_artifact,delete_artifact",
    });
    let mut bare = system.clone();
    bare["banner_message"] = json!("");
    bare["notification_enable"] = json!(true);
    // What belongs to one way of signing in, without the way itself.
    let ldap = json!({
        "ldap_url": "ldap://ldap.example.com", "ldap_base_dn": "dc=example", "ldap_uid": "cn",
        "ldap_verify_cert": true, "ldap_search_dn": "cn=reader", "ldap_group_base_dn": "dc=groups",
        "ldap_group_search_filter": "objectclass=group", "ldap_group_attribute_name": "cn",
        "ldap_group_admin_dn": "cn=admins", "ldap_group_membership_attribute": "memberof", "ldap_scope": 2,
        "ldap_group_search_scope": 1, "oidc_verify_cert": false, "oidc_auto_onboard": false, "oidc_logout": false,
    });
    let oidc = json!({
        "oidc_name": "idp", "oidc_endpoint": "https://idp.example.com", "oidc_client_id": "harbor",
        "oidc_groups_claim": "groups", "oidc_scope": "openid,email", "oidc_verify_cert": true,
        "oidc_auto_onboard": true, "oidc_logout": true, "oidc_user_claim": "preferred_username",
        "oidc_admin_group": "admins", "primary_auth_mode": true, "ldap_scope": 0, "ldap_group_search_scope": 0,
        "ldap_verify_cert": false,
    });
    for (body, secret) in
        [(system, None), (bare, None), (ldap, Some("ldap_search_password")), (oidc, Some("oidc_client_secret"))]
    {
        let mut sent = body.clone();
        if let Some(secret) = secret {
            sent[secret] = json!("Never-shown-again-1");
            sent["self_registration"] = json!(false);
            sent["scan_all_policy"] = json!({ "parameter": {} });
        }
        provider.update("/configurations", &sent).await;
        let shown = body.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!({ "value": value })));
        let all = provider.reads("/configurations", Value::Object(shown.collect())).await;
        assert_eq!(all["auth_mode"]["value"], "db_auth");
        assert!(!all.to_string().contains("Never-shown-again-1"), "{all}");
    }

    let allowlist = json!({ "items": [{ "cve_id": "CVE-2024-1" }], "expires_at": 1_900_000_000 });
    provider.update("/system/CVEAllowlist", &allowlist).await;
    provider.reads("/system/CVEAllowlist", allowlist).await;
    provider.update("/system/CVEAllowlist", &json!({})).await;
    provider.reads("/system/CVEAllowlist", json!({ "items": [], "expires_at": 0 })).await;
}

async fn schedules_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    for (path, first, second) in [
        ("/system/gc/schedule", json!({ "delete_untagged": true, "workers": 1 }), json!({ "workers": 3 })),
        (
            "/system/purgeaudit/schedule",
            json!({ "audit_retention_hour": 24, "include_operations": "create,pull" }),
            json!({ "audit_retention_hour": 48, "include_event_types": "create_artifact,delete_artifact" }),
        ),
    ] {
        assert_eq!(provider.schedule(path, "Daily", "0 0 0 * * *", &first).await, 201);
        for (kind, cron) in [("Hourly", "0 0 * * * *"), ("Weekly", "0 0 0 * * 0"), ("Custom", "0 5 0 * * *")] {
            assert_eq!(provider.schedule(path, kind, cron, &second).await, 200);
        }
        // A destroyed schedule can be made again.
        provider.update(path, &timetable("None", "", &json!({}))).await;
        assert_eq!(provider.schedule(path, "Daily", "0 0 0 * * *", &first).await, 201);
    }
}

async fn scans_of_everything_stay_as_applied(app: &TestApp) {
    const PATH: &str = "/system/scanAll/schedule";
    let provider = Provider::of(app);
    let of = provider.create("/projects", &project("scanned")).await;
    for name in ["Clair", "Other"] {
        provider
            .create("/scanners", &json!({ "name": name, "url": format!("{}/{name}", Adapter::start().await.url) }))
            .await;
    }
    assert_eq!(provider.schedule(PATH, "Daily", "0 0 0 * * *", &json!({})).await, 201);
    assert_eq!(provider.schedule(PATH, "Custom", "0 5 0 * * *", &json!({})).await, 200);
    let scanners = provider.get("/scanners").await;
    let other = scanners.as_array().unwrap().iter().find(|scanner| scanner["name"] == "Other").unwrap();
    let path = format!("/scanners/{}", other["uuid"].as_str().unwrap());
    provider.patch(&path, &json!({ "is_default": true, "create_time": NEVER, "update_time": NEVER })).await;
    provider.reads(&path, json!({ "is_default": true, "name": "Other" })).await;
    provider.update(&format!("{of}/scanner"), &json!({ "uuid": other["uuid"] })).await;
    provider.reads(&format!("{of}/scanner"), json!({ "name": "Other" })).await;
    provider.update(PATH, &timetable("None", "", &json!({}))).await;
    assert_eq!(provider.schedule(PATH, "Weekly", "0 0 0 * * 0", &json!({})).await, 201);
}

async fn preheat_instances_stay_as_applied(app: &TestApp) {
    let provider = Provider::of(app);
    let mut body = json!({
        "name": "mesh", "description": "", "vendor": "dragonfly", "endpoint": "https://mesh.example.com",
        "auth_mode": "NONE", "auth_info": {}, "enabled": true, "default": false, "insecure": false,
    });
    let id = provider.create("/p2p/preheat/instances", &body).await;
    let fields = |body: &Value| {
        let mut shown = body.clone();
        shown.as_object_mut().unwrap().remove("auth_info");
        shown
    };
    provider.reads(&id, fields(&body)).await;
    body["description"] = json!("peers");
    body["auth_mode"] = json!("BASIC");
    body["auth_info"] = json!({ "username": "mesh", "password": "Peer-to-peer-1" });
    body["enabled"] = json!(false);
    body["insecure"] = json!(true);
    provider.update(&id, &body).await;
    provider.reads(&id, fields(&body)).await;
    provider.delete(&id).await;
}

async fn lists_are_read_to_their_end(app: &TestApp) {
    let provider = Provider::of(app);
    for index in 0..12 {
        provider.create("/projects", &project(&format!("many-{index}"))).await;
        app.user(&format!("hand-{index}")).await;
        provider.create("/usergroups", &json!({ "group_name": format!("crew-{index}"), "group_type": 3 })).await;
        let body = json!({
            "name": format!("robot-{index}"), "level": "system", "duration": -1, "permissions": [{
                "kind": "system", "namespace": "/", "access": [{ "resource": "label", "action": "create" }],
            }],
        });
        provider.create("/robots", &body).await;
        app.member("many-0", &format!("hand-{index}"), berth_testkit::Role::Guest).await;
    }
    for (path, expected) in [
        // With the project and the person that a fresh server has.
        ("/projects?page=PAGE", 13),
        ("/projects?name=many-1&page=PAGE", 3),
        ("/users?page=PAGE", 13),
        ("/users?page=PAGE&q=username=hand-3", 1),
        ("/usergroups?page=PAGE", 12),
        ("/robots?page=PAGE", 12),
        ("/robots?page=PAGE&q=Level=system", 12),
        ("/projects/many-0/members?page=PAGE", 13),
        ("/registries?name=nothing&page=PAGE", 0),
    ] {
        assert_eq!(provider.pages(path).await.len(), expected, "{path}");
    }
}
