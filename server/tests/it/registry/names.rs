//! Names: those with the API's own words in them, and those that are none.

use berth_testkit::{Image, TestApp, blob_path, on_both};

on_both!(words_of_the_api_are_good_names, other_names_are_refused, a_path_cannot_climb, a_project_has_to_be_there,);

async fn words_of_the_api_are_good_names(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    for within in [
        "manifests",
        "blobs",
        "uploads",
        "tags",
        "referrers",
        "tags/list",
        "blobs/uploads",
        "manifests/latest",
        "blobs/b",
        "a/manifests/b",
        "v2",
        "api",
        "a.b_c__d-e--f",
        "0",
    ] {
        let repo = format!("library/{within}");
        admin.push(&repo, "list", &image).await;
        admin.pull(&repo, "list", &image).await;
        let tags = admin.get(&format!("/v2/{repo}/tags/list")).send().await.expect(200).json();
        assert_eq!(tags["name"], repo);
        admin.get(&format!("/v2/{repo}/referrers/{}", image.manifest.digest)).send().await.expect(200);
    }
    // Percent-encoding is another way to write the same.
    let encoded = format!("/v2/library/manifests/blobs/{}", image.blobs[0].digest).replace(':', "%3A");
    admin.get(&encoded).send().await.expect(200);
    admin.get("/v2/library%2Fmanifests/manifests/list").send().await.expect(200);
}

async fn other_names_are_refused(app: &TestApp) {
    let admin = app.admin();
    let long = format!("library/{}", "a".repeat(250));
    for name in [
        "single",
        "Library/app",
        "library/App",
        "library/a..b",
        "library/a___b",
        "library/-a",
        "library/a-",
        "library/a.",
        "library//a",
        "library/a/",
        "/library/a",
        "library/a%20b",
        "library/%C3%A9",
        "library/a%00b",
        "library/a%0Ab",
        "library/a'b",
        "library/a;b",
        "library/%252e%252e",
        long.as_str(),
    ] {
        for (method, path) in [
            ("GET", format!("/v2/{name}/manifests/v1")),
            ("GET", format!("/v2/{name}/tags/list")),
            ("POST", format!("/v2/{name}/blobs/uploads/")),
            ("PUT", format!("/v2/{name}/manifests/v1")),
        ] {
            let reply = admin.request(method.parse().unwrap(), &path).send().await;
            assert!(
                reply.status == 400 && reply.code() == "NAME_INVALID",
                "{method} {path}: {} {}",
                reply.status,
                reply.text()
            );
        }
    }
    let nearly = format!("library/{}", "a".repeat(240));
    admin.push(&nearly, "v1", &Image::new("image", 1)).await;
}

async fn a_path_cannot_climb(app: &TestApp) {
    let credential = "Authorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==";
    for path in [
        "/v2/library/../../etc/manifests/passwd",
        "/v2/library/..%2f..%2fetc/blobs/uploads/x",
        "/v2/library/a/manifests/..%2fx",
        "/v2/library/a/blobs/..%2f..%2fberth.db",
        "/v2/%2e%2e/%2e%2e/manifests/x",
        "/v2/library/a/blobs/uploads/..",
        "/v2/library/a/blobs/sha256:..",
        "/v2/library/%ff/manifests/x",
        "/v2/library/a/manifests/%",
        "/v2/library/a/manifests/%zz",
        "/v2/library/a\\b/manifests/x",
        "/v2/./library/a/manifests/x",
    ] {
        let answer = app
            .raw(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{credential}\r\nConnection: close\r\n\r\n").as_bytes())
            .await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "404"), "{path}: {answer}");
    }
}

async fn a_project_has_to_be_there(app: &TestApp) {
    let image = Image::new("image", 1);
    let admin = app.admin();
    admin.post("/v2/missing/app/blobs/uploads/").send().await.refused(404, "NAME_UNKNOWN");
    admin.put_manifest("missing/app", "v1", &image.manifest).await.refused(404, "NAME_UNKNOWN");
    // Others learn nothing: a private project looks the same as none.
    app.project("private", false).await;
    let user = app.user("user").await;
    for client in [user, app.anonymous()] {
        for path in [
            blob_path("X/app", &image.blobs[0].digest),
            "/v2/X/app/manifests/v1".to_owned(),
            "/v2/X/app/tags/list".to_owned(),
        ] {
            let private = client.get(&path.replace('X', "private")).send().await.refused(401, "UNAUTHORIZED");
            let missing = client.get(&path.replace('X', "missing")).send().await.refused(401, "UNAUTHORIZED");
            assert_eq!(private.text().replace("private", "missing"), missing.text());
            assert_eq!(
                private.header("www-authenticate").replace("private", "missing"),
                missing.header("www-authenticate")
            );
        }
    }
}
