//! The rows that the table's requests are about, made by the administrator: those that stay, and one for each deletion.

use std::collections::BTreeMap;

use berth_testkit::{ADMIN_PASSWORD, Client, Image, PASSWORD, Role, TestApp};
use serde_json::{Value, json};

use super::request;
use crate::scanners::Adapter;

const API: &str = "/api/v2.0";
/// A row that does not exist.
pub const MISSING: &str = "999999";

/// Everybody's rows.
pub struct World<'a> {
    app: &'a TestApp,
    admin: Client,
    values: BTreeMap<&'static str, String>,
    made: u32,
}

/// A project and one of everything in it. Holds the values of all parameters.
pub struct Place {
    /// Its name.
    pub project: &'static str,
    values: BTreeMap<&'static str, String>,
}

/// A request of the table, whole.
#[derive(PartialEq)]
pub struct Filled {
    /// Path and query.
    pub path: String,
    /// JSON.
    pub body: Option<String>,
}

fn last(location: &str) -> String {
    location.rsplit('/').next().unwrap().to_owned()
}

impl<'a> World<'a> {
    /// Makes what belongs to no project.
    pub async fn new(app: &'a TestApp, adapter: &Adapter) -> Self {
        let mut world = World { app, admin: app.admin(), values: BTreeMap::new(), made: 0 };
        app.user("victim").await;
        let users = world.get("/users?q=username%3Dvictim").await;
        let url = app.url().as_str().trim_end_matches('/').to_owned();
        world.values = [
            ("adapter", adapter.url.clone()),
            ("url", url),
            ("user_id", users[0]["user_id"].to_string()),
            ("addition", "build_history".to_owned()),
            ("job_type", "all".to_owned()),
            ("meta_name", "auto_scan".to_owned()),
            ("tag_name", "v1".to_owned()),
            ("setting_name", "session_timeout".to_owned()),
            ("reference", "v1".to_owned()),
            ("repository_name", "app".to_owned()),
            ("preheat_instance_name", "net".to_owned()),
            ("n", "first".to_owned()),
        ]
        .into();
        // What nothing runs for yet, and sessions, which are the caller's own.
        for name in
            ["operation_id", "eid", "tid", "execution_id", "task_id", "report_id", "session_id", "replication_id"]
        {
            world.values.insert(name, MISSING.to_owned());
        }
        world.keep("group_id", "/usergroups").await;
        world.keep("registration_id", "/scanners").await;
        world.keep("registry_id", "/registries").await;
        world.keep("policy_id", "/replication/policies").await;
        let put = "/p2p/preheat/instances/{preheat_instance_name}";
        let network = world.text(request::body("PUT", &format!("{API}{put}")).unwrap());
        world.post("/p2p/preheat/instances", network).await;
        let network = world.get("/p2p/preheat/instances/net").await;
        world.values.insert("provider_id", network["id"].to_string());
        for (name, resource) in [("gc_id", "/system/gc"), ("purge_id", "/system/purgeaudit")] {
            world.keep(name, &format!("{resource}/schedule")).await;
            let run = format!("{resource}/{}", world.values[name]);
            while ["Pending", "Running"].contains(&world.get(&run).await["job_status"].as_str().unwrap()) {
                tokio::task::yield_now().await;
            }
        }
        world.values.insert("job_id", world.values["gc_id"].clone());
        let pools = world.get("/jobservice/pools").await;
        world.values.insert("pool_id", pools[0]["worker_pool_id"].as_str().unwrap().to_owned());
        world
    }

    /// Makes a project with one of everything, for members that come later.
    pub async fn place(&mut self, project: &'static str, public: bool) -> Place {
        let id = self.app.project(project, public).await;
        let image = Image::new("image", 1);
        self.admin.push(&format!("{project}/app"), "v1", &image).await;
        let source = Image::new("source", 1);
        self.admin.push(&format!("{project}/source"), "v1", &source).await;
        let artifact = self.get(&format!("/projects/{project}/repositories/app/artifacts/v1")).await;
        let mut place = Place { project, values: self.values.clone() };
        let icon = artifact["icon"].as_str().unwrap_or_default().to_owned();
        place.values.extend([
            ("project", project.to_owned()),
            ("project_name", project.to_owned()),
            ("project_name_or_id", project.to_owned()),
            ("project_id", id.to_string()),
            ("source", source.manifest.digest.to_string()),
            ("digest", icon),
            // A number that is none of this rule's until there is one.
            ("immutable_rule_id", "0".to_owned()),
        ]);
        self.app.member(project, "victim", Role::Developer).await;
        let members = self.get(&format!("/projects/{project}/members?entityname=victim")).await;
        place.values.insert("mid", members[0]["id"].to_string());
        for (name, list) in [
            ("label_id", "/labels"),
            ("robot_id", "/robots"),
            ("immutable_rule_id", "~/immutabletagrules"),
            ("webhook_policy_id", "~/webhook/policies"),
            ("preheat_policy_name", "~/preheat/policies"),
        ] {
            let made = self.make(&place, list).await;
            place.values.insert(name, made);
        }
        let robot = self.get(&format!("/robots/{}", place.values["robot_id"])).await;
        place.values.insert("robot_name", robot["name"].as_str().unwrap().to_owned());
        let preheat = &place.values["preheat_policy_name"];
        let preheat = self.get(&format!("/projects/{project}/preheat/policies/{preheat}")).await;
        place.values.insert("preheat_policy_id", preheat["id"].to_string());
        let quotas = self.get("/quotas?page_size=100").await;
        let mut quotas = quotas.as_array().unwrap().iter();
        let quota = quotas.find(|quota| quota["ref"]["name"] == project).unwrap();
        place.values.insert("quota_id", quota["id"].to_string());
        place
    }

    async fn get(&self, path: &str) -> Value {
        self.admin.get(&format!("{API}{path}")).send().await.expect(200).json()
    }

    async fn post(&self, path: &str, body: String) -> String {
        let request = self.admin.post(&format!("{API}{path}")).header("content-type", "application/json").body(body);
        last(&request.send().await.expect(201).location())
    }

    /// Makes a row that belongs to no project, and keeps its id.
    async fn keep(&mut self, name: &'static str, list: &str) {
        let body = self.text(request::body("POST", &format!("{API}{list}")).unwrap());
        let id = self.post(list, body).await;
        self.values.insert(name, id);
    }

    fn text(&self, text: &str) -> String {
        words(text, &self.values)
    }

    /// Makes one more of what a list holds, as the table's own request does. Returns its id, or its name.
    async fn make(&mut self, place: &Place, list: &str) -> String {
        self.made += 1;
        let path = list.replacen('~', &format!("/projects/{}", place.project), 1);
        let template = list.replacen('~', "/projects/{project_name}", 1);
        let spelled = request::body("POST", &format!("{API}{template}")).unwrap();
        let mut values = place.values.clone();
        values.insert("n", format!("spare-{}", self.made));
        self.post(&path, words(spelled, &values)).await
    }

    /// Makes what one request needs for itself: the row that is deleted, or that a body names.
    async fn spare(&mut self, place: &Place, method: &str, path: &str, caller: &str) -> Option<String> {
        let short = request::short(path);
        let project = place.project;
        if short.starts_with("/retentions") && short != "/retentions/metadatas" {
            return self.retention(place, short != "/retentions").await;
        }
        match (method, short.as_str()) {
            (_, "~/metadatas/{meta_name}") => {
                let metadata = format!("{API}/projects/{project}/metadatas");
                let body = json!({ "auto_scan": "true" });
                let status = self.admin.post(&format!("{metadata}/")).json(&body).send().await.status;
                assert!([200, 409].contains(&status), "{status}");
                None
            }
            ("POST", "~/metadatas/") => {
                // One that is set cannot be made.
                let metadata = format!("{API}/projects/{project}/metadatas/auto_scan");
                let status = self.admin.delete(&metadata).send().await.status;
                assert!([200, 404].contains(&status), "{status}");
                None
            }
            ("POST", "~/members") | ("DELETE", "~/members/{mid}" | "/users/{user_id}") => {
                self.made += 1;
                let name = format!("spare-{}", self.made);
                self.app.user(&name).await;
                match short.as_str() {
                    "~/members" => Some(name),
                    "~/members/{mid}" => {
                        self.app.member(project, &name, Role::Guest).await;
                        let members = self.get(&format!("/projects/{project}/members?entityname={name}")).await;
                        Some(members[0]["id"].to_string())
                    }
                    _ => {
                        let users = self.get(&format!("/users?q=username%3D{name}")).await;
                        Some(users[0]["user_id"].to_string())
                    }
                }
            }
            ("POST", "~/repositories/{repository_name}/artifacts/{reference}/labels") => {
                Some(self.make(place, "/labels").await)
            }
            ("DELETE", "~/repositories/{repository_name}/artifacts/{reference}/labels/{label_id}") => {
                let label = self.make(place, "/labels").await;
                let labels = format!("{API}/projects/{project}/repositories/app/artifacts/v1/labels");
                let body = json!({ "id": label.parse::<i64>().unwrap() });
                self.admin.post(&labels).json(&body).send().await.expect(200);
                Some(label)
            }
            ("DELETE", "~/repositories/{repository_name}/artifacts/{reference}/tags/{tag_name}") => {
                self.made += 1;
                let name = format!("spare-{}", self.made);
                let tags = format!("{API}/projects/{project}/repositories/app/artifacts/v1/tags");
                self.admin.post(&tags).json(&json!({ "name": name })).send().await.expect(201);
                Some(name)
            }
            (
                "DELETE",
                "~/repositories/{repository_name}" | "~/repositories/{repository_name}/artifacts/{reference}",
            )
            | ("DELETE", "/v2/{project_name}/{repository_name}/manifests/{reference}") => {
                self.made += 1;
                let (name, is_repository) = (format!("spare-{}", self.made), short.ends_with("{repository_name}"));
                let image = Image::new(&name, 1);
                let repository = if is_repository { name.as_str() } else { "app" };
                self.admin.push(&format!("{project}/{repository}"), &name, &image).await;
                Some(if short.starts_with("/v2/") { image.manifest.digest.to_string() } else { name })
            }
            ("DELETE", "/api/berth/v1/sessions/{id}") => self.session(caller).await,
            ("DELETE", own) if own.starts_with("/api/berth/v1/users/current/") => self.own(own, caller).await,
            ("DELETE", "/api/berth/v1/settings/{setting_name}") => {
                let changed = json!({ "session_timeout": 61 });
                self.admin.put(&format!("{API}/configurations")).json(&changed).send().await.expect(200);
                None
            }
            // 412 while it holds repositories.
            ("DELETE", "~") => None,
            ("DELETE", _) if short.starts_with("/v2/") || !short.ends_with('}') => None,
            ("DELETE", _) => {
                let (list, _) = short.rsplit_once('/').unwrap();
                Some(self.make(place, list).await)
            }
            _ => None,
        }
    }

    /// The retention policy of a project, which has one at most. Nothing where there is to be none.
    async fn retention(&mut self, place: &Place, wanted: bool) -> Option<String> {
        let project = self.get(&format!("/projects/{}", place.project)).await;
        match (project["metadata"]["retention_id"].as_str(), wanted) {
            (Some(id), true) => Some(id.to_owned()),
            (Some(id), false) => {
                self.admin.delete(&format!("{API}/retentions/{id}")).send().await.expect(200);
                None
            }
            (None, true) => Some(self.make(place, "/retentions").await),
            (None, false) => None,
        }
    }

    /// A session of the caller's own. Nobody has none.
    async fn session(&self, caller: &str) -> Option<String> {
        let (name, password) = match caller {
            "anonymous" => return None,
            "sysadmin" => ("admin", ADMIN_PASSWORD),
            name => (name, PASSWORD),
        };
        let browser = self.app.session(name, password).await;
        let sessions = browser.get("/api/berth/v1/sessions").send().await.expect(200).json();
        Some(sessions[0]["id"].as_str().unwrap().to_owned())
    }

    /// Something that belongs to the caller alone. Nobody has none.
    async fn own(&mut self, path: &str, caller: &str) -> Option<String> {
        let (name, password) = match caller {
            "anonymous" => return None,
            "sysadmin" => ("admin", ADMIN_PASSWORD),
            name => (name, PASSWORD),
        };
        self.made += 1;
        let list = path.rsplit_once('/').unwrap().0;
        let body = json!({ "list": "audit", "name": format!("own-{}", self.made), "query": "" });
        let reply = self.app.anonymous().basic(name, password).post(list).json(&body).send().await;
        (reply.status == 201).then(|| reply.location().rsplit('/').next().unwrap().to_owned())
    }

    /// A request of one caller, with what it needs for itself.
    pub async fn request(&mut self, place: &Place, method: &str, path: &str, caller: &str) -> Filled {
        let spare = self.spare(place, method, path, caller).await;
        self.made += 1;
        let mut filled =
            place.fill(method, path, spare.as_deref(), self.made).expect("parameters that were filled before");
        let password = if caller == "sysadmin" { ADMIN_PASSWORD } else { PASSWORD };
        filled.body = filled.body.map(|body| body.replace("$password", password));
        filled
    }
}

impl Place {
    /// A request, or the parameter that nobody has a value for.
    pub fn fill(&self, method: &str, path: &str, spare: Option<&str>, n: u32) -> Result<Filled, String> {
        let mut values = self.values.clone();
        values.insert("n", n.to_string());
        values.insert("spare", spare.unwrap_or(MISSING).to_owned());
        let mut filled = path.to_owned();
        while let Some((before, rest)) = filled.split_once('{') {
            let (name, after) = rest.split_once('}').unwrap();
            let value = match (name, spare) {
                // Of a retention all requests name the one that there is.
                ("id", Some(spare)) if path.contains("/retentions/") => spare,
                (_, Some(spare)) if after.is_empty() && method == "DELETE" => spare,
                ("id", _) => &values[identity(path)],
                _ => values.get(name).ok_or_else(|| format!("{method} {path}: {name}"))?,
            };
            filled = format!("{before}{value}{after}");
        }
        let query = request::query(method, path).map(|query| format!("?{}", words(query, &values)));
        let body = request::body(method, path).map(|body| words(body, &values));
        Ok(Filled { path: format!("{filled}{}", query.unwrap_or_default()), body })
    }
}

/// What `{id}` is the id of.
fn identity(path: &str) -> &'static str {
    let known = [
        ("/quotas/", "quota_id"),
        ("/registries/", "registry_id"),
        ("/replication/policies/", "policy_id"),
        ("/replication/executions/", "replication_id"),
        // Differs from place to place, as the real ones do.
        ("/retentions/", "project_id"),
        ("/sessions/", "session_id"),
        // Only nobody has none of their own, and is asked who it is first.
        ("/users/current/", "session_id"),
    ];
    known.iter().find(|(part, _)| path.contains(part)).map_or("nothing", |(_, name)| name)
}

/// Words behind `$`, longest first, so that `$project` does not end `$project_id`.
fn words(text: &str, values: &BTreeMap<&'static str, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in values.iter().rev() {
        text = text.replace(&format!("${name}"), value);
    }
    text
}
