//! `/v2/` itself, methods that do not exist, and the address in the challenge.

use berth_testkit::{Backend, Client, Started, TestApp, on_both};

on_both!(the_base_asks_who_is_there, what_does_not_exist_is_refused_in_the_envelope,);

async fn the_base_asks_who_is_there(app: &TestApp) {
    let realm = format!("Bearer realm=\"http://{}/service/token\",service=\"harbor-registry\"", app.host());
    for reply in [app.anonymous().get("/v2/").send().await, app.anonymous().bearer("nonsense").get("/v2/").send().await]
    {
        let reply = reply.refused(401, "UNAUTHORIZED");
        assert!(reply.header("www-authenticate").starts_with(&realm), "{}", reply.header("www-authenticate"));
        assert_eq!(reply.header("docker-distribution-api-version"), "registry/2.0");
    }
    let wrong = app.anonymous().basic("admin", "wrong").get("/v2/").send().await.refused(401, "UNAUTHORIZED");
    assert_eq!(wrong.header("www-authenticate"), "Basic realm=\"harbor\"");
    let right = app.admin().get("/v2/").send().await.expect(200);
    assert_eq!((right.text().as_str(), right.header("docker-distribution-api-version")), ("{}", "registry/2.0"));
    app.admin().head("/v2/").send().await.expect(200);
}

async fn what_does_not_exist_is_refused_in_the_envelope(app: &TestApp) {
    let admin = app.admin();
    for path in ["/v2/nothing", "/v2/library/a/shoes/x", "/v2/library/a/tags/lists", "/v2/library/a/manifests"] {
        admin.get(path).send().await.refused(404, "NOT_FOUND");
    }
    for (method, path) in [
        ("PATCH", "/v2/"),
        ("POST", "/v2/_catalog"),
        ("PUT", "/v2/library/a/tags/list"),
        ("POST", "/v2/library/a/manifests/v1"),
        ("PUT", "/v2/library/a/blobs/sha256:00"),
        ("GET", "/v2/library/a/blobs/uploads/"),
        ("DELETE", "/v2/library/a/referrers/sha256:00"),
    ] {
        let reply = admin.request(method.parse().unwrap(), path).send().await.refused(405, "UNSUPPORTED");
        assert!(!reply.header("allow").is_empty() && !reply.header("allow").contains(method));
    }
}

async fn realm(app: &TestApp, headers: &[(&str, &str)]) -> String {
    let request = headers.iter().fold(app.anonymous(), |client: Client, (name, value)| client.with(name, value));
    let reply = request.get("/v2/").send().await.refused(401, "UNAUTHORIZED");
    let challenge = reply.header("www-authenticate");
    let (_, rest) = challenge.split_once("realm=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_realm_is_the_external_address() {
    let settings = [("http.external_url", "https://registry.example.com:8443")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    let headers = [("host", "other.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")];
    assert_eq!(realm(&app, &headers).await, "https://registry.example.com:8443/service/token");
}

#[tokio::test]
async fn forwarded_headers_count_from_trusted_proxies_only() {
    let headers = [("x-forwarded-host", "registry.example.com"), ("x-forwarded-proto", "https")];
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    assert_eq!(realm(&app, &headers).await, format!("http://{}/service/token", app.host()));

    let settings = [("http.trusted_proxies", "127.0.0.0/8")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    assert_eq!(realm(&app, &headers).await, "https://registry.example.com/service/token");
    let nonsense = [("x-forwarded-host", "a b\"c"), ("x-forwarded-proto", "gopher")];
    assert_eq!(realm(&app, &nonsense).await, "http://localhost/service/token");
}

#[tokio::test]
async fn before_set_up_everybody_waits() {
    let app = TestApp::start_with(Backend::Sqlite, Started::Fresh, &[]).await.unwrap();
    for path in ["/v2/", "/v2/library/a/manifests/v1", "/service/token?service=harbor-registry", "/api/v2.0/projects"] {
        app.anonymous().get(path).send().await.refused(503, "SERVICE_UNAVAILABLE");
    }
    app.anonymous().get("/healthz").send().await.expect(200);
}
