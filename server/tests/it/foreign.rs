//! Ids of another project open no door: every route of the description that names a row is asked for a row of somebody
//! else's. New routes are asked as soon as they are described, and have to say here what their ids are.

use std::collections::BTreeMap;

use berth_testkit::{Client, Image, Role, TestApp, on_both};
use serde_json::{Value, json};

const API: &str = "/api/v2.0";
const ARTIFACTS: &str = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts";
/// Routes whose answer does not depend on whose row is asked for, and why.
const OPEN: [(&str, &str); 5] = [
    ("/api/berth/v1/sessions/{id}", "a name of a session, which only its owner's list tells"),
    ("/api/berth/v1/settings/{setting_name}", "names of settings, which every server has"),
    ("/api/v2.0/projects/{project_name_or_id}/metadatas/{meta_name}", "names of settings, which every project has"),
    ("/api/v2.0/schedules/{job_type}/paused", "everybody who is signed in may ask"),
    ("/api/v2.0/users/{user_id}/cli_secret", "refused to everybody while people have passwords here"),
];

on_both!(ids_of_another_project_open_no_door);

/// Another project with one of everything.
struct Theirs {
    project: i64,
    image: Image,
    label: i64,
    values: BTreeMap<&'static str, String>,
    /// What `{id}` is, by what the path contains.
    ids: Vec<(&'static str, String)>,
    bodies: BTreeMap<(&'static str, String), Value>,
}

async fn make(admin: &Client, path: &str, body: Value) -> String {
    admin.post(&format!("{API}{path}")).json(&body).send().await.expect(201).location()
}

fn last(location: &str) -> String {
    location.rsplit('/').next().unwrap().to_owned()
}

fn rule() -> Value {
    json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "zz*" }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    })
}

fn hook(name: &str) -> Value {
    json!({
        "name": name, "enabled": true, "event_types": ["PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "https://hooks.example/x" }],
    })
}

fn preheat(provider: i64) -> Value {
    json!({
        "id": 1, "name": "theirs", "provider_id": provider, "enabled": true,
        "filters": r#"[{"type":"repository","value":"**"}]"#, "trigger": r#"{"type":"manual"}"#,
    })
}

fn retention(project: i64) -> Value {
    json!({
        "algorithm": "or", "rules": [], "scope": { "level": "project", "ref": project },
        "trigger": { "kind": "Schedule", "settings": { "cron": "" }, "references": {} },
    })
}

fn robot(project: &str) -> Value {
    json!({
        "name": "theirs", "level": "project", "duration": 3,
        "permissions": [{
            "kind": "project", "namespace": project, "access": [{ "resource": "repository", "action": "pull" }],
        }],
    })
}

impl Theirs {
    async fn new(app: &TestApp) -> Self {
        let (admin, project, mine) =
            (app.admin(), app.project("theirs", false).await, app.project("mine", false).await);
        app.user_in("theirs", "victim", Role::Developer).await;
        let image = Image::new("image", 1);
        admin.push("theirs/secret", "v1", &image).await;
        admin.push("mine/app", "own", &Image::new("own", 1)).await;
        let members = admin.get(&format!("{API}/projects/theirs/members?entityname=victim")).send().await.json();
        let label = json!({ "name": "theirs", "scope": "p", "project_id": project });
        let label = last(&make(&admin, "/labels", label).await);
        let rule_id = last(&make(&admin, "/projects/theirs/immutabletagrules", rule()).await);
        let hook_id = last(&make(&admin, "/projects/theirs/webhook/policies", hook("theirs")).await);
        let retention_id = last(&make(&admin, "/retentions", retention(project)).await);
        let robot_id = last(&make(&admin, "/robots", robot("theirs")).await);
        let network = json!({
            "name": "net", "vendor": "dragonfly", "endpoint": "http://net:1", "auth_mode": "NONE", "enabled": true,
        });
        let network = make(&admin, "/p2p/preheat/instances", network).await;
        let provider = admin.get(&network).send().await.expect(200).json()["id"].as_i64().unwrap();
        make(&admin, "/projects/theirs/preheat/policies", preheat(provider)).await;
        let quotas = admin.get(&format!("{API}/quotas?page_size=100")).send().await.expect(200).json();
        let mut quotas = quotas.as_array().unwrap().iter();
        let quota = quotas.find(|quota| quota["ref"]["name"] == "theirs").unwrap()["id"].to_string();
        let many = json!({ "kind": "tags", "action": "delete", "repository": "theirs/secret", "items": ["none"] });
        let many = admin.post("/api/berth/v1/bulk").json(&many).send().await.expect(202).json();
        let one = || "1".to_owned();
        let values = [
            ("mid", members[0]["id"].to_string()),
            ("user_id", members[0]["entity_id"].to_string()),
            ("label_id", label.clone()),
            ("immutable_rule_id", rule_id.clone()),
            ("webhook_policy_id", hook_id),
            ("robot_id", robot_id),
            ("preheat_policy_name", "theirs".to_owned()),
            ("preheat_instance_name", "net".to_owned()),
            ("tag_name", "v1".to_owned()),
            ("addition", "build_history".to_owned()),
            ("digest", image.manifest.digest.to_string()),
            ("job_type", "REPLICATION".to_owned()),
            ("operation_id", many["id"].to_string().trim_matches('"').to_owned()),
        ];
        // What is asked about runs, and what is the system's alone.
        let system = ["execution_id", "task_id", "report_id", "eid", "tid", "job_id", "pool_id", "registration_id"];
        let system = system.into_iter().chain(["gc_id", "purge_id", "group_id"]).map(|name| (name, one()));
        let bodies = [
            ("PUT", format!("{API}/projects/{{project_name_or_id}}/members/{{mid}}"), json!({ "role_id": 1 })),
            ("PUT", format!("{API}/projects/{{project_name_or_id}}/immutabletagrules/{{immutable_rule_id}}"), {
                let mut own = rule();
                own["id"] = json!(rule_id.parse::<i64>().unwrap());
                own
            }),
            (
                "PUT",
                format!("{API}/projects/{{project_name_or_id}}/webhook/policies/{{webhook_policy_id}}"),
                hook("taken"),
            ),
            (
                "PUT",
                format!("{API}/projects/{{project_name}}/preheat/policies/{{preheat_policy_name}}"),
                preheat(provider),
            ),
            ("PUT", format!("{API}/retentions/{{id}}"), retention(mine)),
            ("PUT", format!("{API}/labels/{{label_id}}"), json!({ "name": "taken" })),
            ("PUT", format!("{API}/scanners/{{registration_id}}"), json!({ "name": "x", "url": "http://x.example" })),
            ("POST", format!("{ARTIFACTS}/{{reference}}/tags"), json!({ "name": "taken" })),
            (
                "POST",
                "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/tags/{tag_name}/restore"
                    .to_owned(),
                json!({ "digest": image.manifest.digest }),
            ),
            ("POST", format!("{ARTIFACTS}/{{reference}}/labels"), json!({ "id": label.parse::<i64>().unwrap() })),
        ];
        Theirs {
            project,
            image,
            label: label.parse().unwrap(),
            values: values.into_iter().chain(system).collect(),
            ids: vec![
                ("/quotas/", quota),
                ("/retentions/", retention_id),
                ("/registries/", one()),
                ("/replication/", one()),
                ("/users/current/", one()),
            ],
            bodies: bodies.into_iter().map(|(method, path, body)| ((method, path), body)).collect(),
        }
    }

    /// The path of a route in `mine`, with ids of `theirs`.
    fn fill(&self, template: &str, repository: &str, reference: &str) -> String {
        let mut path = template.replace("{project_name_or_id}", "mine").replace("{project_name}", "mine");
        path = path.replace("{repository_name}", repository).replace("{reference}", reference);
        for (name, value) in &self.values {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        if let Some((_, id)) = self.ids.iter().find(|(part, _)| template.contains(part)) {
            path = path.replace("{id}", id);
        }
        assert!(!path.contains('{'), "{template} has a parameter that this test does not know");
        path
    }

    /// Everything of theirs that the routes show.
    async fn look(&self, admin: &Client) -> Vec<Value> {
        let lists = ["members", "immutabletagrules", "webhook/policies", "preheat/policies", "artifacts"];
        let mut paths: Vec<String> = lists.iter().map(|list| format!("{API}/projects/theirs/{list}")).collect();
        paths.push(format!("{API}/labels?scope=p&project_id={}", self.project));
        paths.push(format!("{API}/robots?q=Level%3Dproject,ProjectID%3D{}", self.project));
        paths.extend(self.ids.iter().take(2).map(|(part, id)| format!("{API}{part}{id}")));
        let mut seen = Vec::new();
        for path in paths {
            seen.push(admin.get(&path).send().await.expect(200).json());
        }
        seen
    }
}

/// Asks for everything of another project as an administrator of one's own.
pub async fn ids_of_another_project_open_no_door(app: &TestApp) {
    let theirs = Theirs::new(app).await;
    let mine = app.user_in("mine", "somebody", Role::ProjectAdmin).await;
    let before = theirs.look(&app.admin()).await;
    let document: Value = serde_json::from_str(&berth_api::openapi_json()).unwrap();
    let mut asked = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        let inner = template.replace("{project_name_or_id}", "").replace("{project_name}", "");
        if !inner.contains('{') || OPEN.iter().any(|(open, _)| open == template) {
            continue;
        }
        // A repository of theirs in one's own project, and a digest of theirs in a repository of one's own.
        let digest = theirs.image.manifest.digest.to_string();
        let mut places = vec![("secret", "v1")];
        if template.contains("{reference}") {
            places.push(("app", digest.as_str()));
        }
        for (repository, reference) in places {
            let filled = theirs.fill(template, repository, reference);
            for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
                let method = method.to_uppercase();
                let is_copy = method == "POST" && template == ARTIFACTS;
                let path = if is_copy { format!("{filled}?from=theirs/secret:v1") } else { filled.clone() };
                let request = mine.request(method.parse().unwrap(), &path);
                let body = theirs.bodies.iter().find(|((of, route), _)| *of == method && route == template);
                let request = match (body, method.as_str()) {
                    (Some((_, body)), _) => request.json(body),
                    (None, "POST" | "PUT" | "PATCH") => request.json(&json!({})),
                    (None, _) => request,
                };
                let reply = request.send().await;
                // Lists of what is not there may be empty, and a member that is none is changed and goes without a word,
                // as in Harbor.
                let is_nothing = reply.status == 200
                    && (reply.text().trim() == "[]" || method != "GET" && template.ends_with("{mid}"));
                assert!(
                    matches!(reply.status, 403 | 404) || is_nothing,
                    "{method} {path}: {} {}",
                    reply.status,
                    reply.text()
                );
                asked += 1;
            }
        }
    }
    assert!(asked >= 100, "{asked}");

    // Ids in bodies and queries.
    let (label, project) = (theirs.label, theirs.project);
    let theirs_label = json!({ "name": "x", "scope": "p", "project_id": project });
    for (path, body) in [
        ("/projects/mine/repositories/app/artifacts/own/labels", json!({ "id": label })),
        ("/labels", theirs_label),
        ("/robots", robot("theirs")),
        ("/retentions", retention(project)),
    ] {
        let reply = mine.post(&format!("{API}{path}")).json(&body).send().await;
        assert!(matches!(reply.status, 403 | 404), "{path}: {} {}", reply.status, reply.text());
    }
    let list = format!("/labels?scope=p&project_id={project}");
    for path in [list, format!("/robots?q=Level%3Dproject,ProjectID%3D{project}")] {
        mine.get(&format!("{API}{path}")).send().await.refused(403, "FORBIDDEN");
    }

    // Nothing of theirs has changed, and nothing of theirs is mine.
    assert_eq!(theirs.look(&app.admin()).await, before);
    app.admin().pull("theirs/secret", "v1", &theirs.image).await;
    let own = app.admin().get(&format!("{API}/projects/mine/repositories")).send().await.expect(200).json();
    let names: Vec<&Value> = own.as_array().unwrap().iter().map(|repository| &repository["name"]).collect();
    assert_eq!(names, ["mine/app"]);
}
