//! Scanners, what asks for scans, and the vulnerabilities that are overlooked.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::Request, response::IntoResponse};
use berth_testkit::{Client, Image, Role, TestApp, on_both};
use serde_json::{Value, json};

const SCANNERS: &str = "/api/v2.0/scanners";
const SCHEDULE: &str = "/api/v2.0/system/scanAll/schedule";
const ALLOWLIST: &str = "/api/v2.0/system/CVEAllowlist";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

/// An adapter that finds vulnerabilities in OCI images, and remembers who said what to it.
pub struct Adapter {
    /// Where it is.
    pub url: String,
    credentials: Arc<Mutex<Vec<String>>>,
}

impl Adapter {
    /// Starts one on a port of its own.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let credentials = Arc::new(Mutex::new(Vec::new()));
        let seen = credentials.clone();
        let router = Router::new().fallback(move |request: Request| {
            let credential = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            seen.lock().unwrap().push(credential.unwrap_or_default().to_owned());
            let path = request.uri().path().to_owned();
            async move {
                if path.starts_with("/moved/") {
                    return axum::response::Redirect::temporary("/a/api/v1/metadata").into_response();
                }
                if path.starts_with("/mute/") {
                    return axum::Json(json!({})).into_response();
                }
                axum::Json(json!({
                    "scanner": { "name": "Finder", "vendor": "Nobody", "version": "1.0" },
                    "capabilities": [{
                        "type": "vulnerability", "consumes_mime_types": [OCI], "produces_mime_types": ["x/y"],
                    }],
                }))
                .into_response()
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Adapter { url, credentials }
    }

    fn last_credential(&self) -> String {
        self.credentials.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

async fn register(admin: &Client, name: &str, url: &str) -> String {
    let body = json!({ "name": name, "url": url });
    let location = admin.post(SCANNERS).json(&body).send().await.expect(201).location();
    location.rsplit('/').next().unwrap().to_owned()
}

on_both!(
    a_credential_goes_to_the_adapter_and_to_nobody_else,
    an_adapter_that_cannot_be_used_is_refused,
    the_first_scanner_is_the_default_one,
    many_at_once_leave_one_default_scanner,
    a_project_chooses_its_scanner,
    a_scan_is_refused_for_its_reason,
    everything_is_scanned_by_schedule,
    overlooked_vulnerabilities_are_kept_whole,
    what_scans_found_is_for_those_who_may_know,
);

async fn a_credential_goes_to_the_adapter_and_to_nobody_else(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    let url = format!("{}/a", adapter.url);
    let body = json!({ "name": "one", "url": url, "auth": "Basic", "access_credential": "user:hidden" });
    let path = admin.post(SCANNERS).json(&body).send().await.expect(201).location();
    assert_eq!(adapter.last_credential(), "Basic dXNlcjpoaWRkZW4=");

    // A change without a credential keeps the one that is there, also at another path of its host, and nowhere else.
    let elsewhere = json!({ "name": "one", "url": "http://127.0.0.1:1", "auth": "Basic" });
    admin.put(&path).json(&elsewhere).send().await.refused(400, "BAD_REQUEST");
    let unverified = json!({ "name": "one", "url": url, "auth": "Basic", "skip_certVerify": true });
    admin.put(&path).json(&unverified).send().await.refused(400, "BAD_REQUEST");
    let body = json!({ "name": "one", "url": format!("{}/b", adapter.url), "auth": "Basic", "description": "new" });
    admin.put(&path).json(&body).send().await.expect(200);
    let metadata = admin.get(&format!("{path}/metadata")).send().await.expect(200).json();
    assert_eq!(metadata["scanner"]["name"], "Finder");
    assert_eq!(adapter.last_credential(), "Basic dXNlcjpoaWRkZW4=");

    for path in [path.as_str(), SCANNERS] {
        let answer = admin.get(path).send().await.expect(200).text();
        assert!(answer.contains("support_vulnerability") && answer.contains("\"description\":\"new\""), "{answer}");
        assert!(!answer.contains("hidden") && !answer.contains("dXNlcjpoaWRkZW4"), "{answer}");
    }
    // Without authentication nothing is kept, so it has to be given again.
    let without = json!({ "name": "one", "url": url });
    admin.put(&path).json(&without).send().await.expect(200);
    assert_eq!(adapter.last_credential(), "");
    let again = json!({ "name": "one", "url": url, "auth": "Bearer" });
    admin.put(&path).json(&again).send().await.refused(400, "BAD_REQUEST");
}

async fn an_adapter_that_cannot_be_used_is_refused(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    let ping = format!("{SCANNERS}/ping");
    let dead = "http://127.0.0.1:1".to_owned();
    let address_of_a_cloud = "http://169.254.169.254".to_owned();
    let (moved, mute) = (format!("{}/moved", adapter.url), format!("{}/mute", adapter.url));
    for url in [&dead, &address_of_a_cloud, &moved, &mute, &"ftp://scanner".to_owned()] {
        let body = json!({ "name": "x", "url": url });
        admin.post(&ping).json(&body).send().await.refused(400, "BAD_REQUEST");
        admin.post(SCANNERS).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    admin.post(&ping).json(&json!({ "name": "x", "url": adapter.url })).send().await.expect(200);
    assert_eq!(admin.get(SCANNERS).send().await.expect(200).json(), json!([]));
}

async fn the_first_scanner_is_the_default_one(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    let first = register(&admin, "first", &format!("{}/1", adapter.url)).await;
    let second = register(&admin, "second", &format!("{}/2", adapter.url)).await;
    let third = json!({ "name": "third", "url": format!("{}/3", adapter.url), "disabled": true });
    let third = admin.post(SCANNERS).json(&third).send().await.expect(201).location();
    let names = |rows: Value| rows.as_array().unwrap().iter().map(|row| row["name"].to_string()).collect::<String>();
    let listed = admin.get(&format!("{SCANNERS}?sort=name")).send().await.expect(200);
    assert_eq!(names(listed.json()), "\"first\"\"third\"\"second\"");
    assert_eq!(listed.json()[0]["is_default"], true);
    let found = admin.get(&format!("{SCANNERS}?ex_name=second")).send().await.expect(200);
    assert_eq!((names(found.json()).as_str(), found.header("x-total-count")), ("\"second\"", "1"));

    for (name, url) in [("first", "http://other"), ("other", &*format!("{}/1", adapter.url))] {
        let body = json!({ "name": name, "url": url });
        admin.post(SCANNERS).json(&body).send().await.refused(409, "CONFLICT");
        admin.put(&format!("{SCANNERS}/{second}")).json(&body).send().await.refused(409, "CONFLICT");
    }
    let default = json!({ "is_default": true });
    admin.patch(&third).json(&default).send().await.refused(400, "BAD_REQUEST");
    admin.patch(&format!("{SCANNERS}/{second}")).json(&default).send().await.expect(200);
    let listed = admin.get(SCANNERS).send().await.expect(200).json();
    let defaults = listed.as_array().unwrap().iter().filter(|row| row["is_default"] == true).count();
    assert_eq!((defaults, listed[0]["name"].as_str()), (1, Some("second")));
    admin.delete(&format!("{SCANNERS}/{first}")).send().await.expect(200);
    admin.delete(&format!("{SCANNERS}/{first}")).send().await.refused(404, "NOT_FOUND");

    let somebody = app.user("somebody").await;
    somebody.get(SCANNERS).send().await.refused(403, "FORBIDDEN");
    somebody.get(&format!("{SCANNERS}/{second}/metadata")).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(SCANNERS).send().await.refused(401, "UNAUTHORIZED");
}

async fn many_at_once_leave_one_default_scanner(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(register(&admin, name, &format!("{}/{name}", adapter.url)).await);
    }
    let requests = ids
        .iter()
        .cycle()
        .take(24)
        .map(|id| admin.patch(&format!("{SCANNERS}/{id}")).json(&json!({ "is_default": true })).send());
    for reply in futures_util::future::join_all(requests).await {
        reply.expect(200);
    }
    let listed = admin.get(SCANNERS).send().await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().iter().filter(|row| row["is_default"] == true).count(), 1, "{listed}");
}

async fn a_project_chooses_its_scanner(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    app.project("team", false).await;
    app.project("other", false).await;
    let owner = app.user_in("team", "owner", Role::ProjectAdmin).await;
    let guest = app.user_in("team", "guest", Role::Guest).await;
    let path = "/api/v2.0/projects/team/scanner";
    assert_eq!(guest.get(path).send().await.expect(200).text(), "", "there is none");
    register(&admin, "default", &format!("{}/1", adapter.url)).await;
    let own = register(&admin, "own", &format!("{}/2", adapter.url)).await;
    let choice = json!({ "uuid": own });
    guest.put(path).json(&choice).send().await.refused(403, "FORBIDDEN");
    owner.put("/api/v2.0/projects/other/scanner").json(&choice).send().await.refused(403, "FORBIDDEN");
    owner.put(path).json(&json!({ "uuid": "nothing" })).send().await.refused(404, "NOT_FOUND");
    assert_eq!(guest.get(path).send().await.expect(200).json()["name"], "default");
    owner.put(path).json(&choice).send().await.expect(200);
    let shown = guest.get(path).send().await.expect(200).json();
    assert_eq!(
        (&shown["name"], &shown["health"], &shown["vendor"]),
        (&json!("own"), &json!("healthy"), &json!("Nobody"))
    );
    assert_eq!(owner.get(&format!("{path}/candidates")).send().await.expect(200).header("x-total-count"), "2");
    guest.get(&format!("{path}/candidates")).send().await.refused(403, "FORBIDDEN");

    // One that answers no more says so, and one that is gone leaves the default one.
    let elsewhere = json!({ "name": "own", "url": "http://127.0.0.1:1" });
    admin.put(&format!("{SCANNERS}/{own}")).json(&elsewhere).send().await.expect(200);
    let shown = guest.get(path).send().await.expect(200).json();
    assert_eq!((&shown["health"], &shown["capabilities"]), (&json!("unhealthy"), &json!(null)));
    admin.delete(&format!("{SCANNERS}/{own}")).send().await.expect(200);
    assert_eq!(guest.get(path).send().await.expect(200).json()["name"], "default");
}

async fn a_scan_is_refused_for_its_reason(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    app.project("team", false).await;
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    admin.push("team/app", "v1", &Image::new("scan", 1)).await;
    admin.push("team/app", "docker", &Image::docker("scan", 1)).await;
    let artifacts = "/api/v2.0/projects/team/repositories/app/artifacts";
    let scan = format!("{artifacts}/v1/scan");
    let vulnerabilities = format!("{artifacts}/v1/additions/vulnerabilities");
    maintainer.post(&scan).send().await.refused(412, "PRECONDITION");
    developer.get(&vulnerabilities).send().await.refused(404, "NOT_FOUND");

    register(&admin, "default", &adapter.url).await;
    for (body, status, code) in [
        (json!({}), 412, "PRECONDITION"),
        (json!({ "scan_type": "vulnerability" }), 412, "PRECONDITION"),
        (json!({ "scan_type": "sbom" }), 400, "BAD_REQUEST"),
        (json!({ "scan_type": "shoe" }), 422, "UNPROCESSABLE_ENTITY"),
    ] {
        maintainer.post(&scan).json(&body).send().await.refused(status, code);
    }
    let refused = maintainer.post(&scan).send().await.refused(412, "PRECONDITION").text();
    assert!(refused.contains("not available yet"), "{refused}");
    maintainer.post(&format!("{artifacts}/docker/scan")).send().await.refused(400, "BAD_REQUEST");
    maintainer.post(&format!("{artifacts}/nothing/scan")).send().await.refused(404, "NOT_FOUND");
    for kind in ["vulnerability", "sbom"] {
        let body = json!({ "scan_type": kind });
        developer.post(&scan).json(&body).send().await.refused(403, "FORBIDDEN");
        developer.post(&format!("{scan}/stop")).json(&body).send().await.refused(403, "FORBIDDEN");
        maintainer.post(&format!("{scan}/stop")).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    let log = format!("{scan}/11111111-2222-3333-4444-555555555555/log");
    developer.get(&log).send().await.refused(404, "NOT_FOUND");
    assert_eq!(developer.get(&vulnerabilities).send().await.expect(200).json(), json!({}));
}

async fn everything_is_scanned_by_schedule(app: &TestApp) {
    let (admin, adapter) = (app.admin(), Adapter::start().await);
    let schedule = |kind: &str, cron: &str| json!({ "schedule": { "type": kind, "cron": cron } });
    let daily = schedule("Daily", "0 0 0 * * *");
    admin.post(SCHEDULE).json(&daily).send().await.refused(412, "PRECONDITION");
    register(&admin, "default", &adapter.url).await;
    assert_eq!(admin.get(SCHEDULE).send().await.expect(200).text(), "");
    admin.post(SCHEDULE).json(&daily).send().await.expect(201);
    admin.post(SCHEDULE).json(&daily).send().await.refused(412, "PRECONDITION");
    for bad in [schedule("Custom", "hello"), schedule("Custom", "* * * * * *"), json!({})] {
        admin.put(SCHEDULE).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    admin.put(SCHEDULE).json(&schedule("Weekly", "0 0 0 * * 0")).send().await.expect(200);
    let shown = admin.get(SCHEDULE).send().await.expect(200).json();
    assert_eq!(shown["schedule"]["type"], "Weekly");
    assert_eq!(shown["schedule"]["cron"], "0 0 0 * * 0");
    admin.put(SCHEDULE).json(&schedule("None", "")).send().await.expect(200);
    assert_eq!(admin.get(SCHEDULE).send().await.expect(200).text(), "");
    let now = admin.post(SCHEDULE).json(&schedule("Manual", "")).send().await.refused(412, "PRECONDITION").text();
    assert!(now.contains("not available yet"), "{now}");
    admin.post("/api/v2.0/system/scanAll/stop").send().await.refused(400, "BAD_REQUEST");
    let metrics = admin.get("/api/v2.0/scans/all/metrics").send().await.expect(200).json();
    assert_eq!(metrics, json!({ "total": 0, "completed": 0, "ongoing": false }));
    let somebody = app.user("somebody").await;
    somebody.put(SCHEDULE).json(&daily).send().await.refused(403, "FORBIDDEN");
}

async fn overlooked_vulnerabilities_are_kept_whole(app: &TestApp) {
    let (admin, somebody) = (app.admin(), app.user("somebody").await);
    assert_eq!(somebody.get(ALLOWLIST).send().await.expect(200).json()["items"], json!([]));
    let list = json!({ "items": [{ "cve_id": "CVE-1" }, { "cve_id": "CVE-2" }], "expires_at": 4_102_444_800_i64 });
    admin.put(ALLOWLIST).json(&list).send().await.expect(200);
    let shown = somebody.get(ALLOWLIST).send().await.expect(200).json();
    assert_eq!((&shown["items"], &shown["expires_at"]), (&list["items"], &list["expires_at"]));
    // What was shown can be sent back as it is.
    admin.put(ALLOWLIST).json(&shown).send().await.expect(200);
    app.project("team", false).await;
    for bad in [json!([{ "cve_id": "CVE-1" }, { "cve_id": "CVE-1" }]), json!([{ "cve_id": "" }])] {
        admin.put(ALLOWLIST).json(&json!({ "items": bad })).send().await.refused(400, "BAD_REQUEST");
        let project = json!({ "cve_allowlist": { "items": bad } });
        admin.put("/api/v2.0/projects/team").json(&project).send().await.refused(400, "BAD_REQUEST");
    }
    assert_eq!(admin.get(ALLOWLIST).send().await.expect(200).json()["items"], list["items"]);
    somebody.put(ALLOWLIST).json(&list).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(ALLOWLIST).send().await.refused(401, "UNAUTHORIZED");
}

async fn what_scans_found_is_for_those_who_may_know(app: &TestApp) {
    let admin = app.admin();
    let team = app.project("team", false).await;
    let other = app.project("other", false).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let guest = app.user_in("team", "guest", Role::Guest).await;
    admin.push("team/app", "v1", &Image::new("found", 1)).await;
    let summary = admin.get("/api/v2.0/security/summary").send().await.expect(200).json();
    assert_eq!((&summary["total_artifact"], &summary["scanned_cnt"]), (&json!(1), &json!(0)));
    developer.get("/api/v2.0/security/summary").send().await.refused(403, "FORBIDDEN");
    let found = admin.get("/api/v2.0/security/vul?q=severity=Critical,cvss_score_v3=[5~10]").send().await.expect(200);
    assert_eq!((found.text().as_str(), found.header("x-total-count")), ("[]", "0"));
    admin.get("/api/v2.0/security/vul?q=shoe=1").send().await.refused(400, "BAD_REQUEST");

    let export = "/api/v2.0/export/cve";
    let kind = "application/vnd.security.vulnerability.report; version=1.1";
    let of = |project: i64| json!({ "job_name": "x", "projects": [project] });
    let begin = |client: &Client, project: i64| client.post(export).header("x-scan-data-type", kind).json(&of(project));
    let refused = begin(&developer, team).send().await.refused(412, "PRECONDITION").text();
    assert!(refused.contains("not available yet"), "{refused}");
    begin(&developer, other).send().await.refused(403, "FORBIDDEN");
    begin(&guest, team).send().await.refused(403, "FORBIDDEN");
    begin(&admin, 999_999).send().await.refused(404, "NOT_FOUND");
    developer.post(export).json(&of(team)).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    assert_eq!(developer.get(&format!("{export}/executions")).send().await.expect(200).json(), json!({ "items": [] }));
    developer.get(&format!("{export}/download/1")).send().await.refused(404, "NOT_FOUND");
    app.anonymous().get(&format!("{export}/execution/1")).send().await.refused(401, "UNAUTHORIZED");
}
