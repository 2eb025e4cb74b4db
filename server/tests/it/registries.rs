//! Tests of connections to other registries, step by step, and where groups belong to.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use berth_testkit::{Client, Role, TestApp, on_both};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CHECK: &str = "/api/berth/v1/registries/check";
const GROUPS: &str = "/api/v2.0/usergroups";
const SECRET: &str = "s3cret-of-a-test";
/// `robot:s3cret-of-a-test`
const BASIC: &str = "Basic cm9ib3Q6czNjcmV0LW9mLWEtdGVzdA==";
const CERTIFICATE: &str = include_str!("../data/one.cert.pem");
const KEY: &str = include_str!("../data/one.key.pem");

on_both!(
    every_step_is_told_with_its_time,
    the_first_failure_says_why,
    a_credential_goes_to_no_other_host,
    a_certificate_is_told,
    only_who_reads_registries_tests_them,
    memberships_of_a_group_are_listed,
);

/// A registry that wants a token, and remembers who showed what.
struct Fake {
    url: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Fake {
    /// `realm` is where it says that tokens are; its own place where it is empty.
    async fn start(realm: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let realm = if realm.is_empty() { format!("{url}/token") } else { realm.to_owned() };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = seen.clone();
        let router = Router::new().fallback(move |request: Request| {
            let credential = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            let credential = credential.unwrap_or_default().to_owned();
            let path = request.uri().path().to_owned();
            let wants_list = request.uri().query().is_some_and(|query| query.contains("catalog"));
            notes.lock().unwrap().push((path.clone(), credential.clone()));
            let realm = realm.clone();
            async move { answer(&path, &credential, wants_list, &realm) }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Fake { url, seen }
    }

    fn saw(&self, credential: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|(_, seen)| seen == credential)
    }
}

fn answer(path: &str, credential: &str, wants_list: bool, realm: &str) -> Response {
    match (path, credential) {
        ("/token", BASIC) => {
            let token = if wants_list { "lists" } else { "plain" };
            axum::Json(json!({ "token": token })).into_response()
        }
        ("/v2/", "Bearer plain" | "Bearer lists") | ("/v2/_catalog", "Bearer lists") => "{}".into_response(),
        ("/nothing/v2/", _) => http::StatusCode::NOT_FOUND.into_response(),
        ("/v2/", _) => {
            let challenge = format!("Bearer realm=\"{realm}\",service=\"fake\"");
            (http::StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
        }
        _ => http::StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn check(client: &Client, body: &Value) -> Value {
    client.post(CHECK).json(body).send().await.expect(200).json()
}

/// `dns:passed tcp:passed …`, with the reason where there is one.
fn told(found: &Value) -> String {
    let step = |step: &Value| {
        let word = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        let reason = word("reason");
        let reason = if reason.is_empty() { reason } else { format!("({reason})") };
        format!("{}:{}{reason}", word("name"), word("state"))
    };
    found["steps"].as_array().unwrap().iter().map(step).collect::<Vec<_>>().join(" ")
}

fn registry(url: &str) -> Value {
    json!({ "type": "docker-registry", "url": url, "access_key": "robot", "access_secret": SECRET })
}

async fn every_step_is_told_with_its_time(app: &TestApp) {
    let (admin, fake) = (app.admin(), Fake::start("").await);
    let found = check(&admin, &registry(&fake.url)).await;
    assert_eq!(told(&found), "dns:passed tcp:passed tls:skipped(plain) http:passed sign_in:passed catalog:passed");
    assert_eq!(found["usable"], true);
    assert!(fake.saw(BASIC) && fake.saw("Bearer lists"));
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps[0]["addresses"], json!(["127.0.0.1"]));
    assert!(fake.url.ends_with(&steps[1]["port"].to_string()));
    assert_eq!((&steps[3]["status"], &steps[3]["scheme"]), (&json!(401), &json!("bearer")));
    for step in steps.iter().filter(|step| step["state"] != "skipped") {
        assert!(step["duration_ms"].is_u64(), "{step}");
    }
    assert!(!found.to_string().contains(SECRET) && !found.to_string().contains("cm9ib3Q6"));

    // Without a credential it is a registry all the same; this server itself lists its catalog for administrators only.
    let anonymous = check(&admin, &json!({ "type": "docker-registry", "url": fake.url })).await;
    assert_eq!(
        told(&anonymous),
        "dns:passed tcp:passed tls:skipped(plain) http:passed sign_in:skipped(anonymous) catalog:warning(not_listed)"
    );
    assert_eq!(anonymous["usable"], true);
}

async fn the_first_failure_says_why(app: &TestApp) {
    let (admin, fake) = (app.admin(), Fake::start("").await);
    let rest = |after: &str| {
        let all = ["dns", "tcp", "tls", "http", "sign_in", "catalog"];
        let at = all.iter().position(|name| *name == after).unwrap();
        all[at + 1..].iter().map(|name| format!(" {name}:skipped(not_tried)")).collect::<String>()
    };
    let wrong = json!({ "type": "docker-registry", "url": fake.url, "access_key": "robot", "access_secret": "wrong" });
    for (body, expected) in [
        (wrong, "dns:passed tcp:passed tls:skipped(plain) http:passed sign_in:failed(credential)"),
        (
            registry(&format!("{}/nothing", fake.url)),
            "dns:passed tcp:passed tls:skipped(plain) http:failed(not_a_registry)",
        ),
        (registry("http://127.0.0.1:1"), "dns:passed tcp:failed(unreachable)"),
        (registry("http://nowhere.invalid"), "dns:failed(unresolved)"),
        (registry(&fake.url.replace("http://", "https://")), "dns:passed tcp:passed tls:failed(handshake)"),
    ] {
        let found = check(&admin, &body).await;
        let last = expected.rsplit(' ').next().unwrap().split(':').next().unwrap();
        assert_eq!(told(&found), format!("{expected}{}", rest(last)));
        assert_eq!(found["usable"], false);
        let failed = found["steps"].as_array().unwrap().iter().find(|step| step["state"] == "failed").unwrap();
        assert!(!failed["message"].as_str().unwrap().is_empty(), "{failed}");
    }
    // Some clouds have an API of their own.
    let cloud = json!({ "type": "aws-ecr", "url": fake.url });
    let told = told(&check(&admin, &cloud).await);
    assert!(
        told.ends_with("http:skipped(unsupported) sign_in:skipped(unsupported) catalog:skipped(unsupported)"),
        "{told}"
    );
    // What nobody calls is refused before anything is tried.
    for url in ["http://169.254.169.254", "http://[::ffff:169.254.169.254]", "ftp://x", ""] {
        admin.post(CHECK).json(&registry(url)).send().await.refused(400, "BAD_REQUEST");
    }
}

async fn a_credential_goes_to_no_other_host(app: &TestApp) {
    let admin = app.admin();
    let thief = Fake::start("").await;
    let port = thief.url.rsplit(':').next().unwrap();
    // The same machine by another name is another host.
    let fake = Fake::start(&format!("http://localhost:{port}/token")).await;
    let found = check(&admin, &registry(&fake.url)).await;
    assert!(told(&found).contains("sign_in:failed(realm)"), "{found}");
    assert!(thief.seen.lock().unwrap().is_empty() && !fake.saw(BASIC));
    let body = json!({
        "name": "stolen", "url": fake.url, "type": "docker-registry",
        "credential": { "type": "basic", "access_key": "robot", "access_secret": SECRET },
    });
    admin.post("/api/v2.0/registries").json(&body).send().await.refused(400, "BAD_REQUEST");
    assert!(thief.seen.lock().unwrap().is_empty());

    // A stored secret does not move either.
    let honest = Fake::start("").await;
    let body = json!({
        "name": "honest", "url": honest.url, "type": "docker-registry",
        "credential": { "type": "basic", "access_key": "robot", "access_secret": SECRET },
    });
    let made = admin.post("/api/v2.0/registries").json(&body).send().await.expect(201).location();
    let id: i64 = made.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(check(&admin, &json!({ "id": id })).await["usable"], true);
    admin.post(CHECK).json(&json!({ "id": id, "url": thief.url })).send().await.refused(400, "BAD_REQUEST");
    admin.post(CHECK).json(&json!({ "id": 999_999 })).send().await.refused(404, "NOT_FOUND");
    // Nor does it go where it is no longer known who listens, or in another way.
    let path = format!("/api/v2.0/registries/{id}");
    let sent = honest.seen.lock().unwrap().len();
    for change in [
        json!({ "url": thief.url }),
        json!({ "url": format!("{}/elsewhere", honest.url) }),
        json!({ "insecure": true }),
        json!({ "ca_certificate": CERTIFICATE }),
    ] {
        let refused = admin.put(&path).json(&change).send().await.refused(400, "BAD_REQUEST");
        assert!(refused.text().contains("has to be given again"), "{change}: {}", refused.text());
        let mut asked = change.clone();
        asked["id"] = json!(id);
        admin.post(CHECK).json(&asked).send().await.refused(400, "BAD_REQUEST");
        admin.post("/api/v2.0/registries/ping").json(&asked).send().await.refused(400, "BAD_REQUEST");
    }
    let kind = json!({ "id": id, "type": "harbor" });
    admin.post("/api/v2.0/registries/ping").json(&kind).send().await.refused(400, "BAD_REQUEST");
    assert_eq!(honest.seen.lock().unwrap().len(), sent, "nothing was tried");
    // What stays as it is needs nothing, and what is given anew goes.
    let same =
        json!({ "description": "new", "url": format!("{}/", honest.url), "insecure": false, "ca_certificate": "" });
    admin.put(&path).json(&same).send().await.expect(200);
    let again = json!({ "insecure": true, "access_secret": SECRET });
    admin.put(&path).json(&again).send().await.expect(200);
    admin.put(&path).json(&json!({ "insecure": false })).send().await.expect(200);
    assert!(thief.seen.lock().unwrap().is_empty());
}

/// A registry that lets everybody in by TLS, with a certificate of its own.
async fn secured() -> String {
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not trust the certificate goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = vec![0; 4096];
                if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                    drop(stream.write_all(answer).await);
                    drop(stream.shutdown().await);
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

async fn a_certificate_is_told(app: &TestApp) {
    let (admin, url) = (app.admin(), secured().await);
    let with = |more: Value| {
        let mut body = json!({ "type": "docker-registry", "url": url });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let trusted = check(&admin, &with(json!({ "ca_certificate": CERTIFICATE }))).await;
    assert_eq!(told(&trusted), "dns:passed tcp:passed tls:passed http:passed sign_in:passed(not_asked) catalog:passed");
    let tls = &trusted["steps"][2]["tls"];
    assert_eq!((&tls["version"], &tls["chain"], &tls["server_name"]), (&json!("1.3"), &json!(1), &json!("localhost")));
    assert_eq!(tls["expires_at"], "2126-10-28T13:10:51.000Z");

    let unknown = check(&admin, &with(json!({}))).await;
    assert!(told(&unknown).contains("tls:failed(certificate) http:skipped(not_tried)"), "{unknown}");
    assert_eq!(unknown["steps"][2]["tls"], *tls, "what failed is shown");
    let lenient = check(&admin, &with(json!({ "insecure": true }))).await;
    assert!(told(&lenient).contains("tls:warning(unchecked) http:passed"), "{lenient}");
}

async fn only_who_reads_registries_tests_them(app: &TestApp) {
    let fake = Fake::start("").await;
    let user = app.user("somebody").await;
    user.post(CHECK).json(&registry(&fake.url)).send().await.refused(403, "FORBIDDEN");
    app.anonymous().post(CHECK).json(&registry(&fake.url)).send().await.refused(401, "UNAUTHORIZED");
    assert!(fake.seen.lock().unwrap().is_empty());
}

async fn memberships_of_a_group_are_listed(app: &TestApp) {
    let admin = app.admin();
    let made = async |name: &str| {
        let body = json!({ "group_name": name, "group_type": 2 });
        let location = admin.post(GROUPS).json(&body).send().await.expect(201).location();
        location.rsplit('/').next().unwrap().parse::<i64>().unwrap()
    };
    let (builders, others) = (made("builders").await, made("others").await);
    for (project, role) in [("beta", 2), ("alpha", 1), ("gone", 3)] {
        app.project(project, false).await;
        let body = json!({ "role_id": role, "member_group": { "id": builders } });
        admin.post(&format!("/api/v2.0/projects/{project}/members")).json(&body).send().await.expect(201);
    }
    admin.delete("/api/v2.0/projects/gone").send().await.expect(200);
    let path = |id: i64| format!("/api/berth/v1/usergroups/{id}/memberships");
    let list = admin.get(&format!("{}?page_size=1", path(builders))).send().await.expect(200);
    assert_eq!(list.header("x-total-count"), "2");
    let all = admin.get(&path(builders)).send().await.expect(200).json();
    let facts = |at: usize| (all[at]["project_name"].clone(), all[at]["role_name"].clone());
    assert_eq!(facts(0), (json!("alpha"), json!("projectAdmin")));
    assert_eq!(facts(1), (json!("beta"), json!("developer")));
    assert_eq!(admin.get(&path(others)).send().await.expect(200).json(), json!([]));
    admin.get(&path(999_999)).send().await.refused(404, "NOT_FOUND");
    let member = app.user_in("alpha", "somebody", Role::ProjectAdmin).await;
    member.get(&path(builders)).send().await.refused(403, "FORBIDDEN");
}
