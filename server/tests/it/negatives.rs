//! What a hostile client tries besides the reports that have a number.

use std::collections::BTreeSet;

use berth_testkit::{Backend, Blob, Client, Image, Manifest, Role, Started, TestApp, blob_path, on_both};
use berth_types::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

const REPO: &str = "library/app";
const API: &str = "/api/v2.0";
const CREDENTIAL: &str = "Authorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==";

on_both!(
    a_digest_with_a_slash_leads_nowhere,
    ids_of_uploads_cannot_be_guessed,
    addresses_in_answers_are_never_the_clients,
    annotations_and_layers_without_end_are_refused_or_carried,
    an_upload_over_the_quota_is_refused,
    a_wrong_digest_leaves_nothing,
    a_project_with_repositories_stays,
    strangers_are_asked_who_they_are,
    every_change_is_in_the_audit_log,
);

async fn a_digest_with_a_slash_leads_nowhere(app: &TestApp) {
    let admin = app.admin();
    admin.push(REPO, "v1", &Image::new("image", 1)).await;
    for digest in
        ["sha256:../../x", "sha256:a/b", "sha256:..%2f..%2fberth.db", "sha256%2f:x", "sha256:%00", "../sha256:x"]
    {
        for (method, path) in [
            ("GET", format!("/v2/{REPO}/blobs/{digest}")),
            ("GET", format!("/v2/{REPO}/manifests/{digest}")),
            ("DELETE", format!("/v2/{REPO}/blobs/{digest}")),
            ("GET", format!("/v2/{REPO}/referrers/{digest}")),
            ("POST", format!("/v2/{REPO}/blobs/uploads/?digest={digest}")),
            ("POST", format!("/v2/{REPO}/blobs/uploads/?mount={digest}&from=library/x")),
        ] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let answer = app.raw(request.as_bytes()).await;
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(matches!(status, "400" | "404" | "405"), "{method} {path}: {answer}");
        }
    }
}

async fn ids_of_uploads_cannot_be_guessed(app: &TestApp) {
    let admin = app.admin();
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        let begun = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202);
        let id: uuid::Uuid = begun.header("docker-upload-uuid").parse().unwrap();
        // 122 random bits, none of which is counted or taken from the clock.
        assert_eq!(id.get_version_num(), 4);
        assert!(seen.insert(id));
    }
    let bits = seen.iter().fold([0_u32; 128], |mut bits, id| {
        for (n, bit) in bits.iter_mut().enumerate() {
            *bit += u32::from(id.as_u128() >> n & 1 == 1);
        }
        bits
    });
    // Six bits say which kind of id it is, all others differ.
    assert_eq!(bits.iter().filter(|count| **count == 0 || **count == 50).count(), 6, "{bits:?}");
}

async fn addresses_in_answers_are_never_the_clients(app: &TestApp) {
    let image = Image::new("image", 1);
    let blob = &image.blobs[0];
    app.admin().push(REPO, "v1", &image).await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-rewrite-url", "/evil.example"),
        ("x-forwarded-server", "evil.example"),
    ] {
        let admin = app.admin().with(name, value);
        let begun = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202);
        let done = admin.finish(&begun.location(), &blob.digest, blob.bytes.clone()).await.expect(201);
        let pushed = admin.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
        admin.put_manifest(REPO, "v2", &image.manifest).await.expect(201);
        let list = admin.get(&format!("/v2/{REPO}/tags/list?n=1")).send().await.expect(200);
        let rest = admin.get(&format!("{API}/projects?page_size=1")).send().await.expect(200);
        for reply in [&begun, &done, &pushed, &list, &rest] {
            for header in ["location", "link"] {
                let text = reply.header(header);
                assert!(!text.contains("evil"), "{name}: {header}: {text}");
                assert!(text.is_empty() || text.starts_with('/') || text.starts_with("</"), "{header}: {text}");
            }
        }
    }
}

async fn annotations_and_layers_without_end_are_refused_or_carried(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let good: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    let mut many = good.clone();
    many["annotations"] = (0..100_000).map(|n| (format!("key-{n}"), json!("v"))).collect();
    let many = Manifest::new(OCI_MANIFEST, &many);
    admin.put_manifest(REPO, "many", &many).await.expect(201);
    assert!(admin.get(&format!("/v2/{REPO}/manifests/many")).send().await.expect(200).body == many.bytes);
    admin.get(&format!("{API}/projects/library/repositories/app/artifacts")).send().await.expect(200);
    let mut layers = good.clone();
    layers["layers"] = json!(vec![good["layers"][0].clone(); 1_000_000 / 50]);
    let mut children = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX });
    children["manifests"] = json!(vec![image.manifest.descriptor(); 20_000]);
    for manifest in [Manifest::new(OCI_MANIFEST, &layers), Manifest::new(OCI_INDEX, &children)] {
        let reply = admin.put_manifest(REPO, "layers", &manifest).await;
        assert!(matches!(reply.status, 400 | 413) && reply.code() == "MANIFEST_INVALID", "{}", reply.status);
    }
    for (open, close) in [("[", "]"), ("{\"x\":", "}"), ("{\"annotations\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        for content_type in [OCI_MANIFEST, OCI_INDEX] {
            let put = admin.put(&format!("/v2/{REPO}/manifests/deep")).header("content-type", content_type);
            put.body(deep.clone()).send().await.refused(400, "MANIFEST_INVALID");
        }
    }
}

async fn an_upload_over_the_quota_is_refused(app: &TestApp) {
    let admin = app.admin();
    let body = json!({ "project_name": "small", "storage_limit": 10_000 });
    admin.post(&format!("{API}/projects")).json(&body).send().await.expect(201);
    let (fits, large) = (Blob::random("fits", 6000), Blob::random("large", 6000));
    admin.push_blob("small/app", &fits).await;
    let uploads = "/v2/small/app/blobs/uploads/";
    admin
        .post(&format!("{uploads}?digest={}", large.digest))
        .body(large.bytes.clone())
        .send()
        .await
        .refused(403, "DENIED");
    let location = admin.post(uploads).send().await.expect(202).location();
    let patched = admin.patch(&location).stream(&large.bytes).send().await;
    // It is refused at the latest when it would become a blob.
    if patched.status == 202 {
        admin.finish(&location, &large.digest, "").await.refused(403, "DENIED");
    } else {
        patched.refused(403, "DENIED");
    }
    admin.push_blob("library/source", &large).await;
    let mount = format!("{uploads}?mount={}&from=library/source", large.digest);
    admin.post(&mount).send().await.refused(403, "DENIED");
    for digest in [&large.digest] {
        admin.head(&blob_path("small/app", digest)).send().await.expect(404);
    }
    // What is there already costs nothing more.
    admin.push_blob("small/second", &fits).await;
    admin.push_blob("small/app", &fits).await;
}

async fn a_wrong_digest_leaves_nothing(app: &TestApp) {
    let admin = app.admin();
    let (wanted, sent) = (Blob::random("wanted", 5000), Blob::random("sent", 5000));
    let uploads = format!("/v2/{REPO}/blobs/uploads/");
    admin
        .post(&format!("{uploads}?digest={}", wanted.digest))
        .body(sent.bytes.clone())
        .send()
        .await
        .refused(400, "DIGEST_INVALID");
    let location = admin.post(&uploads).send().await.expect(202).location();
    admin.patch(&location).body(sent.bytes.clone()).send().await.expect(202);
    admin.finish(&location, &wanted.digest, "").await.refused(400, "DIGEST_INVALID");
    admin.get(&location).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    for blob in [&wanted, &sent] {
        admin.head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
        // Not even where another repository asks for it.
        let mount = format!("/v2/library/other/blobs/uploads/?mount={}&from={REPO}", blob.digest);
        admin.post(&mount).send().await.expect(202);
    }
    admin.get("/v2/_catalog").send().await.expect(200);
    let files = walk(&app.config.data.dir.join("storage"));
    assert!(
        files.iter().all(|name| !name.contains(&wanted.digest.hex()) && !name.contains(&sent.digest.hex())),
        "{files:?}"
    );
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let (mut waiting, mut names) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { waiting.push(path) } else { names.push(path.to_string_lossy().into_owned()) }
        }
    }
    names
}

async fn a_project_with_repositories_stays(app: &TestApp) {
    let id = app.project("full", false).await;
    let image = Image::new("image", 1);
    app.admin().push("full/app", "v1", &image).await;
    let owner = app.user_in("full", "owner", Role::ProjectAdmin).await;
    for client in [&app.admin(), &owner] {
        client.delete(&format!("{API}/projects/{id}")).send().await.refused(412, "PRECONDITION");
        client.delete(&format!("{API}/projects/full")).send().await.refused(412, "PRECONDITION");
        let deletable = client.get(&format!("{API}/projects/{id}/_deletable")).send().await.expect(200).json();
        assert!(deletable["deletable"] != true && deletable["message"].is_string(), "{deletable}");
    }
    app.admin().pull("full/app", "v1", &image).await;
    owner.delete(&format!("{API}/projects/full/repositories/app")).send().await.expect(200);
    owner.delete(&format!("{API}/projects/{id}")).send().await.expect(200);
    app.admin().get("/v2/full/app/manifests/v1").send().await.expect(404);
}

async fn strangers_are_asked_who_they_are(app: &TestApp) {
    app.project("private", false).await;
    let image = Image::new("image", 1);
    app.admin().push("private/app", "v1", &image).await;
    let (blob, digest) = (&image.blobs[0].digest, image.manifest.digest);
    for (method, path) in [
        ("HEAD", "/v2/X/app/manifests/v1".to_owned()),
        ("GET", "/v2/X/app/manifests/v1".to_owned()),
        ("GET", format!("/v2/X/app/manifests/{digest}")),
        ("PUT", "/v2/X/app/manifests/v1".to_owned()),
        ("DELETE", "/v2/X/app/manifests/v1".to_owned()),
        ("HEAD", format!("/v2/X/app/blobs/{blob}")),
        ("GET", format!("/v2/X/app/blobs/{blob}")),
        ("DELETE", format!("/v2/X/app/blobs/{blob}")),
        ("GET", "/v2/X/app/tags/list".to_owned()),
        ("GET", format!("/v2/X/app/referrers/{digest}")),
        ("POST", "/v2/X/app/blobs/uploads/".to_owned()),
        ("PATCH", "/v2/X/app/blobs/uploads/00000000-0000-4000-8000-000000000000".to_owned()),
    ] {
        let ask = |project: &str| {
            app.anonymous().request(method.parse().unwrap(), &path.replace("/X/", &format!("/{project}/"))).send()
        };
        // What is there and what is not answers alike, and never 404.
        let (there, missing) = (ask("private").await.expect(401), ask("missing").await.expect(401));
        assert_eq!(there.text().replace("private", "missing"), missing.text(), "{method} {path}");
        let challenge = |reply: &berth_testkit::Reply| reply.header("www-authenticate").replace("private", "missing");
        assert_eq!(challenge(&there), challenge(&missing), "{method} {path}");
    }
}

/// Every call that changes something and leaves an entry; asked one after the other.
async fn every_change_is_in_the_audit_log(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    let digest = image.manifest.digest.to_string();
    app.user("somebody").await;
    let found = admin.get(&format!("{API}/users?q=username%3Dsomebody")).send().await.expect(200).json();
    let user = found[0]["user_id"].as_i64().unwrap();
    app.project("audited", false).await;
    let artifact = format!("{API}/projects/audited/repositories/app/artifacts");
    let mut before = entries(&admin).await;
    admin.push("audited/app", "v1", &image).await;
    let member = json!({ "role_id": 3, "member_user": { "username": "somebody" } });
    let mut members = String::new();
    for (what, reply) in [
        ("a tag", admin.post(&format!("{artifact}/v1/tags")).json(&json!({ "name": "v2" })).send()),
        ("a tag that goes", admin.delete(&format!("{artifact}/{digest}/tags/v2")).send()),
        ("a tag by the registry", admin.delete("/v2/audited/app/manifests/v1").send()),
        ("an artifact by the registry", admin.delete(&format!("/v2/audited/app/manifests/{digest}")).send()),
        ("a repository", admin.delete(&format!("{API}/projects/audited/repositories/app")).send()),
        (
            "a setting of a project",
            admin.put(&format!("{API}/projects/audited")).json(&json!({ "metadata": { "public": "true" } })).send(),
        ),
        ("a member", admin.post(&format!("{API}/projects/audited/members")).json(&member).send()),
        (
            "a user's rights",
            admin.put(&format!("{API}/users/{user}/sysadmin")).json(&json!({ "sysadmin_flag": false })).send(),
        ),
        ("the settings", admin.put(&format!("{API}/configurations")).json(&json!({ "token_expiration": 30 })).send()),
    ]
    .map(|(what, reply)| (what, Box::pin(reply)))
    {
        let reply = reply.await;
        assert!(reply.status < 300, "{what}: {} {}", reply.status, reply.text());
        if what == "a member" {
            members = reply.location();
        }
        let after = entries(&admin).await;
        assert!(after > before, "{what} left no entry");
        before = after;
    }
    for (what, reply) in [
        ("a member's role", admin.put(&members).json(&json!({ "role_id": 2 })).send()),
        ("a member that goes", admin.delete(&members).send()),
        ("a user that goes", admin.delete(&format!("{API}/users/{user}")).send()),
        ("a project that goes", admin.delete(&format!("{API}/projects/audited")).send()),
    ]
    .map(|(what, reply)| (what, Box::pin(reply)))
    {
        let reply = reply.await;
        assert!(reply.status < 300, "{what}: {} {}", reply.status, reply.text());
        let after = entries(&admin).await;
        assert!(after > before, "{what} left no entry");
        before = after;
    }
}

async fn entries(admin: &Client) -> u64 {
    let reply = admin.get(&format!("{API}/auditlog-exts?page_size=1&q=username%3Dadmin")).send().await.expect(200);
    reply.header("x-total-count").parse().unwrap()
}

/// The clock tells nobody which accounts exist: without one the same work is done. Looked for in the text, because a
/// machine under load measures nothing.
#[test]
fn an_unknown_account_costs_a_hash_as_well() {
    let verify = crate::sources::read("domain/src/password.rs");
    let (_, unknown) = verify.split_once("Some(Err(_)) | None =>").expect("the arm without a hash");
    assert!(unknown.trim_start().starts_with("argon2()?.hash_password("), "{unknown:.80}");
    let basic = crate::sources::read("auth/src/basic.rs");
    // Asked also where there is no such person, and not behind a condition on it.
    assert!(basic.contains("user::verify_password(person.as_deref(), secret).await?\n            && let Some(person)"));
    let user = crate::sources::read("domain/src/user.rs");
    let (_, verify) = user.split_once("pub async fn verify_password(").expect("the check of a password");
    let body = verify.split_once("\n}\n").unwrap().0;
    assert!(body.contains("password::verify(") && !body.contains("return"), "{body}");
}

#[tokio::test]
async fn a_body_that_says_it_is_longer_than_the_limit_is_not_read() {
    let settings = [("registry.blob_size_bytes_max", "1000")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    let blob = Blob::random("blob", 2000);
    let head = format!(
        "POST /v2/{REPO}/blobs/uploads/?digest={} HTTP/1.1\r\nHost: x\r\n{CREDENTIAL}\r\nContent-Length: 2000\r\n\
         Connection: close\r\n\r\n",
        blob.digest
    );
    let answer = app.raw(&[head.as_bytes(), &blob.bytes].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    app.admin().head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
}
