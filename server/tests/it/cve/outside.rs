//! Requests to other systems, and what other systems are told: nobody makes the server call where it should not, and
//! nobody gets what was meant for somebody else.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, response::IntoResponse};
use base64::{Engine, engine::general_purpose::STANDARD};
use berth_testkit::{ADMIN_PASSWORD, Backend, Client, Database, Image, Reply, Role, TestApp, on_both};
use http::StatusCode;
use serde_json::{Value, json};

use crate::process::Server;

const API: &str = "/api/v2.0";
const CHECK: &str = "/api/berth/v1/registries/check";
const SECRET: &str = "s3cret-of-a-test";
/// Addresses at which a cloud hands its credentials to whoever asks from inside, as they can be written.
const CLOUDS: [&str; 9] = [
    "http://169.254.169.254",
    "http://169.254.169.254:80/latest/meta-data",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://[::ffff:169.254.169.254]",
    "http://[fd00:ec2::254]",
    "http://100.100.100.200",
    "http://168.63.129.16",
    "https://169.254.169.254",
];

on_both!(
    cve_2020_13788_no_test_of_a_connection_calls_a_cloud,
    cve_2026_2376_no_redirect_is_followed,
    cve_2026_33540_a_realm_elsewhere_gets_no_credential,
    cve_2020_27831_notifications_are_not_for_strangers,
    cve_2024_22244_signing_in_leads_to_no_other_site,
);

/// Somebody who must not be called. The number of connections that came.
struct Trap {
    port: u16,
    calls: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, calls) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let seen = calls.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        Trap { port, calls }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Somebody who gives everybody the same answer. Its address, and how often it was asked.
async fn answering(status: u16, header: &'static str, value: &str) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let (status, value, seen) = (StatusCode::from_u16(status).unwrap(), value.to_owned(), asked.clone());
    let router = Router::new().fallback(move || {
        seen.fetch_add(1, Ordering::SeqCst);
        let value = value.clone();
        async move { (status, [(header, value)]).into_response() }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

fn registry(url: &str) -> Value {
    json!({
        "name": "other", "url": url, "type": "docker-registry",
        "credential": { "type": "basic", "access_key": "robot", "access_secret": SECRET },
    })
}

fn trial(url: &str) -> Value {
    json!({ "url": url, "type": "docker-registry", "access_key": "robot", "access_secret": SECRET })
}

fn network(url: &str) -> Value {
    json!({
        "name": "net", "vendor": "dragonfly", "endpoint": url, "enabled": true, "auth_mode": "BASIC",
        "auth_info": { "username": "robot", "password": SECRET },
    })
}

/// Every request that makes the server call an address which the request names.
async fn calls(admin: &Client, url: &str) -> Vec<(&'static str, Reply)> {
    let scanner =
        json!({ "name": "other", "url": url, "auth": "Basic", "access_credential": format!("robot:{SECRET}") });
    let post = |path: String, body: &Value| admin.post(&path).json(body).send();
    vec![
        ("a registry", post(format!("{API}/registries"), &registry(url)).await),
        ("a registry's ping", post(format!("{API}/registries/ping"), &trial(url)).await),
        ("a registry's test", post(CHECK.to_owned(), &trial(url)).await),
        ("a scanner", post(format!("{API}/scanners"), &scanner).await),
        ("a scanner's ping", post(format!("{API}/scanners/ping"), &scanner).await),
        ("a network's ping", post(format!("{API}/p2p/preheat/instances/ping"), &network(url)).await),
        (
            "a provider's ping",
            post(format!("{API}/system/oidc/ping"), &json!({ "url": url, "verify_cert": false })).await,
        ),
    ]
}

async fn cve_2020_13788_no_test_of_a_connection_calls_a_cloud(app: &TestApp) {
    let admin = app.admin();
    for url in CLOUDS {
        for (what, reply) in calls(&admin, url).await {
            assert_eq!(reply.status, 400, "{what} at {url}: {}", reply.text());
            assert!(!reply.text().contains(SECRET), "{what} at {url}");
        }
        let network = admin.post(&format!("{API}/p2p/preheat/instances")).json(&network(url)).send().await;
        assert_eq!(network.status, 400, "a network at {url}: {}", network.text());
    }
    // Nor by a change of what was named well.
    let made = admin.post(&format!("{API}/p2p/preheat/instances")).json(&network("http://net:1")).send().await;
    let path = made.expect(201).location();
    for url in CLOUDS {
        let mut moved = network(url);
        moved["name"] = json!("net");
        admin.put(&path).json(&moved).send().await.refused(400, "BAD_REQUEST");
    }
    // Who administrates nothing cannot make the server call anybody.
    let (somebody, trap) = (app.user("somebody").await, Trap::set().await);
    for client in [&somebody, &app.anonymous()] {
        for (what, reply) in calls(client, &format!("http://127.0.0.1:{}", trap.port)).await {
            assert!(matches!(reply.status, 401 | 403), "{what}: {}", reply.status);
        }
    }
    assert_eq!(trap.calls(), 0);
}

async fn cve_2026_2376_no_redirect_is_followed(app: &TestApp) {
    let (admin, trap) = (app.admin(), Trap::set().await);
    for (status, host) in
        [(301, "127.0.0.1"), (302, "localhost"), (303, "127.0.0.1"), (307, "localhost"), (308, "[::ffff:127.0.0.1]")]
    {
        let (url, asked) = answering(status, "location", &format!("http://{host}:{}/inner", trap.port)).await;
        for (what, reply) in calls(&admin, &url).await {
            // A test says step by step what it saw; everything else is refused.
            match reply.status {
                200 => assert_eq!(reply.json()["usable"], false, "{what} {status}: {}", reply.text()),
                other => assert_eq!(other, 400, "{what} {status}: {}", reply.text()),
            }
        }
        assert!(asked.load(Ordering::SeqCst) >= 7, "each asks once: {}", asked.load(Ordering::SeqCst));
        assert_eq!(trap.calls(), 0, "{status} to {host} was followed");
    }
}

async fn cve_2026_33540_a_realm_elsewhere_gets_no_credential(app: &TestApp) {
    let (admin, trap) = (app.admin(), Trap::set().await);
    let port = trap.port;
    // By plain HTTP anybody on the way could have named the place: it has to be the host that the administrator named.
    for realm in [
        format!("http://localhost:{port}/token"),
        format!("HTTP://LOCALHOST:{port}"),
        format!("https://localhost:{port}/token"),
        format!("http://127.0.0.1@localhost:{port}/token"),
        format!("http://127.0.0.1:80@localhost:{port}/token"),
        format!("http://localhost:{port}\\@127.0.0.1/token"),
        format!("http://[::ffff:127.0.0.1]:{port}/token"),
        format!("//localhost:{port}/token"),
        format!("localhost:{port}/token"),
        "http://169.254.169.254/token".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let challenge = format!("Bearer realm=\"{realm}\",service=\"other\"");
        let (url, asked) = answering(401, "www-authenticate", &challenge).await;
        admin.post(&format!("{API}/registries")).json(&registry(&url)).send().await.refused(400, "BAD_REQUEST");
        admin.post(&format!("{API}/registries/ping")).json(&trial(&url)).send().await.refused(400, "BAD_REQUEST");
        let tested = admin.post(CHECK).json(&trial(&url)).send().await.expect(200).json();
        assert_eq!(tested["usable"], false, "{realm}: {tested}");
        assert!(asked.load(Ordering::SeqCst) >= 3);
        assert_eq!(trap.calls(), 0, "{realm} was asked for a token");
    }
}

async fn cve_2020_27831_notifications_are_not_for_strangers(app: &TestApp) {
    app.project("hooked", false).await;
    let owner = app.user_in("hooked", "owner", Role::ProjectAdmin).await;
    let policies = format!("{API}/projects/hooked/webhook/policies");
    let policy = json!({
        "name": "told", "enabled": true, "event_types": ["PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "https://hooks.example/x", "auth_header": format!("Bearer {SECRET}") }],
    });
    let made = owner.post(&policies).json(&policy).send().await.expect(201).location();
    owner.get(&made).send().await.expect(200);
    let elsewhere = app.user("elsewhere").await;
    app.project("own", false).await;
    app.member("own", "elsewhere", Role::ProjectAdmin).await;
    let clients = [
        app.anonymous(),
        elsewhere,
        app.user_in("hooked", "limited", Role::LimitedGuest).await,
        app.user_in("hooked", "guest", Role::Guest).await,
        app.user_in("hooked", "developer", Role::Developer).await,
    ];
    for (number, client) in clients.iter().enumerate() {
        for path in [
            policies.clone(),
            made.clone(),
            format!("{made}/executions"),
            format!("{API}/projects/hooked/webhook/lasttrigger"),
            format!("{API}/projects/hooked/webhook/jobs?policy_id={}", made.rsplit('/').next().unwrap()),
        ] {
            let reply = client.get(&path).send().await;
            assert!(matches!(reply.status, 401 | 403 | 404), "{number} {path}: {} {}", reply.status, reply.text());
            assert!(!reply.text().contains("hooks.example") && !reply.text().contains(SECRET), "{path}");
        }
        for reply in [
            client.post(&policies).json(&policy).send().await,
            client.put(&made).json(&policy).send().await,
            client.delete(&made).send().await,
        ] {
            assert!(matches!(reply.status, 401 | 403 | 404), "{number}: {} {}", reply.status, reply.text());
        }
    }
    // Who leaves the project is told no more.
    let members = format!("{API}/projects/hooked/members");
    let found = app.admin().get(&format!("{members}?entityname=owner")).send().await.expect(200).json();
    app.admin().delete(&format!("{members}/{}", found[0]["id"])).send().await.expect(200);
    let reply = owner.get(&made).send().await;
    assert!(matches!(reply.status, 403 | 404), "{}", reply.text());
    let events = owner.get("/api/berth/v1/events?scope=project:hooked").open().await.unwrap();
    assert!(matches!(events.status().as_u16(), 403 | 404), "{}", events.status());
    // What is here for somebody's eyes only was not changed by all this.
    assert_eq!(app.admin().get(&made).send().await.expect(200).json()["name"], "told");
}

async fn cve_2024_22244_signing_in_leads_to_no_other_site(app: &TestApp) {
    app.admin().push("library/app", "v1", &Image::new("image", 1)).await;
    let evil = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "HTTPS:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        " //evil.example",
        "@evil.example",
    ];
    let session = app.session("admin", ADMIN_PASSWORD).await;
    let browser = app.anonymous().with("sec-fetch-site", "same-origin").with("accept", "text/html");
    for next in evil {
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = app.anonymous().get(&format!("/sign-in?next={query}")).header("accept", "text/html").send().await;
        let text = page.expect(200).text();
        let (_, field) = text.split_once("name=\"next\"").expect("the form says where it leads");
        assert!(field.trim_start().starts_with("value=\"/\""), "{next:?}: {field:.80}");
        // Who is signed in already is sent on at once, and stays here as well.
        let sent = session.get(&format!("/sign-in?next={query}")).header("accept", "text/html").send().await;
        assert!(matches!(sent.header("location"), "" | "/"), "{next:?}: {}", sent.header("location"));
        let form = [("principal", "admin"), ("password", ADMIN_PASSWORD), ("next", next)];
        let reply = browser.post("/_portal/sign-in").form(&form).send().await;
        assert!((300..400).contains(&reply.status), "{next:?}: {} {}", reply.status, reply.text());
        assert_eq!(reply.location(), "/", "{next:?}");
    }
    let form = [("principal", "admin"), ("password", ADMIN_PASSWORD), ("next", "/projects/library?page=1")];
    assert_eq!(browser.post("/_portal/sign-in").form(&form).send().await.location(), "/projects/library?page=1");
    // Harbor's addresses are led on to ours, never further.
    for path in ["/harbor/projects//evil.example", "/harbor/projects/1//evil.example", "/harbor//evil.example"] {
        let reply = app.anonymous().get(path).send().await;
        let to = reply.header("location");
        assert!(to.is_empty() || (to.starts_with('/') && !to.starts_with("//")), "{path}: {to}");
    }
}

/// What this server signs in with elsewhere, and what programs sign in with here, at the log's most talkative level.
#[tokio::test]
async fn cve_2025_48374_secrets_of_programs_are_in_no_log() {
    const CHOSEN: &str = "Ch0sen-for-a-robot";
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start_with(&database, "trace", "json");
    let (admin, anonymous) = (&server.admin, server.anonymous());
    let (url, asked) = answering(401, "www-authenticate", "Basic realm=\"other\"").await;
    let mut said = String::new();
    for url in [url.as_str(), "http://127.0.0.1:1", "http://nowhere.invalid", "http://169.254.169.254", "shoe"] {
        for (_, reply) in calls(admin, url).await {
            said.push_str(&reply.text());
        }
    }
    assert!(asked.load(Ordering::SeqCst) > 0);
    admin.post(&format!("{API}/p2p/preheat/instances")).json(&network("http://net:1")).send().await.expect(201);
    admin.post(&format!("{API}/projects")).json(&json!({ "project_name": "hooked" })).send().await.expect(201);
    let policy = json!({
        "name": "told", "enabled": true, "event_types": ["PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "https://hooks.example/x", "auth_header": format!("Bearer {SECRET}") }],
    });
    admin.post(&format!("{API}/projects/hooked/webhook/policies")).json(&policy).send().await.expect(201);
    let robot = json!({
        "name": "ci", "level": "system", "duration": 1,
        "permissions": [{
            "kind": "project", "namespace": "*", "access": [{ "resource": "repository", "action": "pull" }],
        }],
    });
    let made = admin.post(&format!("{API}/robots")).json(&robot).send().await.expect(201);
    let (path, body) = (made.location(), made.json());
    let (name, generated) = (body["name"].as_str().unwrap(), body["secret"].as_str().unwrap().to_owned());
    let current = format!("{API}/users/current");
    anonymous.basic(name, &generated).get(&current).send().await.expect(412);
    admin.patch(&path).json(&json!({ "secret": CHOSEN })).send().await.expect(200);
    anonymous.basic(name, CHOSEN).get(&current).send().await.expect(412);
    let scope = "/service/token?service=harbor-registry&scope=repository:library/app:pull";
    let token = anonymous.basic(name, CHOSEN).get(scope).send().await.expect(200).json();
    let token = token["token"].as_str().unwrap().to_owned();
    anonymous.bearer(&token).get("/v2/library/app/manifests/v1").send().await;
    anonymous.basic("admin", &format!("{CHOSEN} mistyped")).get(&current).send().await.expect(401);
    for path in ["auditlog-exts?page_size=100", "robots", "registries", "scanners", "p2p/preheat/instances"] {
        said.push_str(&admin.get(&format!("{API}/{path}")).send().await.expect(200).text());
    }
    said.push_str(&anonymous.get("/metrics").send().await.expect(200).text());
    let log = server.stop();
    assert!(log.lines().count() > 10, "{log}");
    let pair = |name: &str, secret: &str| STANDARD.encode(format!("{name}:{secret}"));
    let secrets = [
        SECRET.to_owned(),
        pair("robot", SECRET),
        generated.clone(),
        pair(name, &generated),
        CHOSEN.to_owned(),
        pair(name, CHOSEN),
        token,
    ];
    for secret in secrets {
        for (place, text) in [("the log", &log), ("an answer", &said)] {
            let found = text.lines().find(|line| line.contains(&secret));
            assert!(found.is_none(), "{secret} stands in {place}: {found:?}");
        }
    }
}
