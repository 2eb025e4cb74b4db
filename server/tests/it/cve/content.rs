//! Blobs, manifests, lists and uploads.

use berth_testkit::{ADMIN_PASSWORD, Backend, Blob, Client, Image, Role, TestApp, blob_path, on_both};
use berth_types::media_type::{DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const REPO: &str = "library/app";
const API: &str = "/api/v2.0";

on_both!(
    cve_2017_11468_a_manifest_has_a_largest_size,
    cve_2021_41190_a_manifest_is_of_one_kind,
    cve_2023_2253_lists_have_an_end_whatever_n_says,
    cve_2024_39897_a_blob_of_another_repository_is_not_there,
    cve_2026_32589_an_upload_belongs_to_who_began_it,
    cve_2026_41888_nothing_is_deleted_while_all_is_read_only,
);

async fn cve_2017_11468_a_manifest_has_a_largest_size(app: &TestApp) {
    let admin = app.admin();
    let path = format!("/v2/{REPO}/manifests/v1");
    let huge = vec![b' '; (4 << 20) + 1];
    for content_type in [OCI_MANIFEST, OCI_INDEX, "text/plain"] {
        let put = || admin.put(&path).header("content-type", content_type);
        put().body(huge.clone()).send().await.refused(413, "MANIFEST_INVALID");
        put().stream(&huge).send().await.refused(413, "MANIFEST_INVALID");
    }
    admin.get(&path).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn cve_2021_41190_a_manifest_is_of_one_kind(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let good: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    let mut both = good.clone();
    both["manifests"] = json!([image.manifest.descriptor()]);
    let mut untyped = both.clone();
    untyped.as_object_mut().unwrap().remove("mediaType");
    let text = good.to_string();
    let twice = |key: &str, value: &str| text.replacen('{', &format!("{{\"{key}\":{value},"), 1);
    for (content_type, body) in [
        (OCI_MANIFEST, both.to_string()),
        (OCI_INDEX, both.to_string()),
        (OCI_MANIFEST, untyped.to_string()),
        (OCI_INDEX, untyped.to_string()),
        (OCI_INDEX, text.clone()),
        (DOCKER_MANIFEST, text.clone()),
        (OCI_MANIFEST, twice("mediaType", "\"application/vnd.oci.image.index.v1+json\"")),
        (OCI_MANIFEST, twice("layers", "[]")),
        (OCI_MANIFEST, twice("config", "null")),
        (OCI_MANIFEST, twice("Layers", "[]")),
        (OCI_MANIFEST, twice("Manifests", "[]")),
    ] {
        let put = admin.put(&format!("/v2/{REPO}/manifests/v2")).header("content-type", content_type);
        put.body(body.clone()).send().await.refused(400, "MANIFEST_INVALID");
    }
    admin.get(&format!("/v2/{REPO}/manifests/v2")).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn cve_2023_2253_lists_have_an_end_whatever_n_says(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let lists = ["/v2/_catalog".to_owned(), format!("/v2/{REPO}/tags/list")];
    for path in lists {
        for n in ["9223372036854775807", "9223372036854775808", "18446744073709551615", "4294967296"] {
            admin.get(&format!("{path}?n={n}")).send().await.expect(200);
        }
        for n in ["18446744073709551616", "-1", "-9223372036854775808", "1.5", "1e9", "0x10", "NaN", "%00", "1,2"] {
            admin.get(&format!("{path}?n={n}")).send().await.expect(400);
        }
    }
    // More than a page of names: the rest comes by the next one.
    let rows = berth_domain::referrer::NAMES_PAGE_MAX + 5;
    let sql = format!(
        "INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         SELECT m.repository_id, 't' || (1000000 + i), 't' || (1000000 + i), m.id, 1 FROM manifests m, n"
    );
    let db = app.rows().await;
    db.write((), move |tx, ()| {
        let sql = sql.clone();
        Box::pin(async move { tx.execute(&sql, &[]).await })
    })
    .await
    .unwrap();
    let page = admin.get(&format!("/v2/{REPO}/tags/list?n=9223372036854775807")).send().await.expect(200);
    let count = page.json()["tags"].as_array().unwrap().len();
    assert_eq!(count as i64, berth_domain::referrer::NAMES_PAGE_MAX);
    assert!(page.header("link").ends_with("rel=\"next\""));
    for path in ["projects", "users", "repositories", "auditlog-exts", "projects/library/repositories/app/artifacts"] {
        for size in ["101", "9223372036854775807", "99999999999999999999", "1.5"] {
            let reply = admin.get(&format!("{API}/{path}?page_size={size}")).send().await;
            assert!(matches!(reply.status, 400 | 422), "{path} {size}: {}", reply.status);
        }
    }
}

async fn cve_2024_39897_a_blob_of_another_repository_is_not_there(app: &TestApp) {
    app.project("private", false).await;
    let image = Image::new("image", 1);
    app.admin().push("private/app", "v1", &image).await;
    let spy = app.user_in("library", "spy", Role::Maintainer).await;
    // The bytes are in the store, and the digests are known.
    for blob in &image.blobs {
        let digest = &blob.digest;
        spy.head(&blob_path(REPO, digest)).send().await.expect(404);
        spy.get(&blob_path(REPO, digest)).send().await.refused(404, "BLOB_UNKNOWN");
        spy.get(&blob_path(REPO, digest)).header("if-none-match", "*").send().await.refused(404, "BLOB_UNKNOWN");
        spy.get(&blob_path(REPO, digest)).header("range", "bytes=0-").send().await.refused(404, "BLOB_UNKNOWN");
        for from in ["&from=private/app", "", "&from=library/app", "&from=private%2Fapp"] {
            let path = format!("/v2/{REPO}/blobs/uploads/?mount={digest}{from}");
            let reply = spy.post(&path).send().await.expect(202);
            assert!(reply.location().contains("/blobs/uploads/"));
            // Nor by an upload without the bytes.
            spy.finish(&reply.location(), digest, "").await.refused(400, "DIGEST_INVALID");
        }
        spy.head(&blob_path(REPO, digest)).send().await.expect(404);
    }
    spy.put_manifest(REPO, "v1", &image.manifest).await.refused(400, "MANIFEST_BLOB_UNKNOWN");
    let digest = image.manifest.digest.to_string();
    spy.get(&format!("/v2/{REPO}/manifests/{digest}")).send().await.refused(404, "MANIFEST_UNKNOWN");
    let refused = spy.get(&blob_path("private/app", &image.blobs[0].digest)).send().await;
    refused.refused(401, "UNAUTHORIZED");
    // Pushing the same bytes oneself is no way to see where else they are.
    spy.push_blob(REPO, &image.blobs[1]).await;
    app.admin().delete(&format!("/v2/private/app/manifests/{digest}")).send().await.expect(202);
    spy.get(&blob_path(REPO, &image.blobs[1].digest)).send().await.expect(200);
}

async fn cve_2026_32589_an_upload_belongs_to_who_began_it(app: &TestApp) {
    let owner = app.user_in("library", "owner", Role::Developer).await;
    let other = app.user_in("library", "other", Role::ProjectAdmin).await;
    let location = owner.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    owner.patch(&location).body("half of ").send().await.expect(202);
    let token = app.token(&other, &["repository:library/app:pull,push"]).await;
    let blob = Blob::new("half of it");
    for client in [&other, &app.anonymous().bearer(&token), &app.admin()] {
        client.get(&location).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.patch(&location).body("evil").send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.finish(&location, &blob.digest, "it").await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        client.delete(&location).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
    // What the address says besides the id counts for nothing.
    let id = location.rsplit("_state=").next().unwrap();
    owner.get(&format!("/v2/{REPO}/blobs/uploads/{id}?_state=other")).send().await.expect(204);
    owner.finish(&location, &blob.digest, "it").await.expect(201);
}

async fn cve_2026_41888_nothing_is_deleted_while_all_is_read_only(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    let stray = Blob::random("stray", 10);
    admin.push(REPO, "v1", &image).await;
    admin.push_blob(REPO, &stray).await;
    let upload = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    let id = app.project("empty", false).await;
    let read_only = |on: bool| {
        let admin = admin.clone();
        async move { admin.put(&format!("{API}/configurations")).json(&json!({ "read_only": on })).send().await.expect(200) }
    };
    read_only(true).await;
    let digest = image.manifest.digest.to_string();
    let artifact = format!("{API}/projects/library/repositories/app/artifacts");
    for path in [
        format!("/v2/{REPO}/manifests/v1"),
        format!("/v2/{REPO}/manifests/{digest}"),
        blob_path(REPO, &stray.digest),
        upload.clone(),
        format!("{artifact}/v1/tags/v1"),
        format!("{artifact}/v1"),
        format!("{artifact}/{digest}"),
        format!("{API}/projects/library/repositories/app"),
        format!("{API}/projects/{id}"),
    ] {
        let reply = admin.delete(&path).send().await;
        assert!(matches!(reply.status, 403 | 405), "{path}: {} {}", reply.status, reply.text());
    }
    // Neither by what Harbor lacks.
    let many = json!({ "kind": "tags", "action": "delete", "repository": REPO, "items": ["v1"] });
    admin.post("/api/berth/v1/bulk").json(&many).send().await.refused(403, "DENIED");
    let old = json!({ "digest": digest });
    let tags = "/api/berth/v1/projects/library/repositories/app/tags";
    admin.post(&format!("{tags}/v0/restore")).json(&old).send().await.refused(403, "DENIED");
    let token = json!({ "name": "late", "read_only": false });
    admin.post("/api/berth/v1/users/current/tokens").json(&token).send().await.refused(403, "DENIED");
    // What only looks is no change.
    admin.post("/api/berth/v1/bulk/preview").json(&many).send().await.expect(200);
    // Nothing comes either, by any way.
    assert_eq!(admin.put_manifest(REPO, "v2", &image.manifest).await.status, 403);
    assert_eq!(admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.status, 403);
    assert_eq!(admin.patch(&upload).body("x").send().await.status, 403);
    admin.pull(REPO, "v1", &image).await;
    // The mode itself is left either way.
    admin.delete("/api/berth/v1/settings/read_only").send().await.expect(200);
    let upload = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    admin.delete(&upload).send().await.expect(204);
    read_only(true).await;
    read_only(false).await;
    admin.delete(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(202);
}

/// Two servers on one database: what one forgets the other does not remember.
#[tokio::test]
async fn cve_2026_35172_what_is_deleted_is_gone_on_every_node() {
    let Some(app) = TestApp::start(Backend::Postgres).await else { return };
    let mut config = app.config.clone();
    config.data.secret_key = app.config.data.dir.join("secret.key");
    config.data.dir = app.database().folder.path().join("second");
    let second = berth_server::start(config).await.unwrap();
    let (one, two) = (app.admin(), Client::anonymous(second.url()).basic("admin", ADMIN_PASSWORD));
    let (image, stray) = (Image::new("image", 1), Blob::random("stray", 100));
    one.push(REPO, "v1", &image).await;
    one.push_blob(REPO, &stray).await;
    let digest = image.manifest.digest.to_string();
    let manifests = ["v1", digest.as_str()].map(|reference| format!("/v2/{REPO}/manifests/{reference}"));
    let layer = blob_path(REPO, &image.blobs[0].digest);
    // The second has it all in its memory.
    for path in &manifests {
        assert_eq!(two.get(path).send().await.expect(200).body, image.manifest.bytes);
        two.head(path).send().await.expect(200);
    }
    for path in [&layer, &blob_path(REPO, &stray.digest)] {
        two.head(path).send().await.expect(200);
    }
    one.delete(&blob_path(REPO, &stray.digest)).send().await.expect(202);
    one.delete(&manifests[1]).send().await.expect(202);
    for path in &manifests {
        two.get(path).send().await.refused(404, "MANIFEST_UNKNOWN");
        two.head(path).send().await.expect(404);
    }
    for blob in image.blobs.iter().chain([&stray]) {
        two.head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
        two.get(&blob_path(REPO, &blob.digest)).send().await.refused(404, "BLOB_UNKNOWN");
        let mount = format!("/v2/library/other/blobs/uploads/?mount={}&from={REPO}", blob.digest);
        two.post(&mount).send().await.expect(202);
    }
    // Elsewhere nothing is left to build on; here the grace of garbage collection takes them up again.
    two.put_manifest("library/other", "v1", &image.manifest).await.refused(400, "MANIFEST_BLOB_UNKNOWN");
    second.shutdown().await;
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Requests that are begun and taken back, faster than they can be answered.
#[tokio::test]
async fn cve_2023_44487_a_rapid_reset_ends_the_connection() {
    const HEADERS: u8 = 1;
    const RESET: u8 = 3;
    const SETTINGS: u8 = 4;
    const GO_AWAY: u8 = 7;
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let mut stream = TcpStream::connect(app.running().address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    let (mut from, mut to) = stream.split();
    // GET / by http, out of the table that every peer knows.
    let flood = async {
        for n in 0..50_000_u32 {
            let id = n * 2 + 1;
            let pair = [frame(HEADERS, 5, id, &[0x82, 0x84, 0x86]), frame(RESET, 0, id, &8_u32.to_be_bytes())].concat();
            if to.write_all(&pair).await.is_err() {
                return true;
            }
        }
        false
    };
    let read = async {
        let mut answer = Vec::new();
        let _ = from.read_to_end(&mut answer).await;
        answer
    };
    // The server closes while the flood goes on, or right after.
    let (closed, answer) = tokio::join!(flood, read);
    let mut rest = answer.as_slice();
    let mut kinds = Vec::new();
    while rest.len() >= 9 {
        kinds.push(rest[3]);
        let length = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]) as usize + 9;
        rest = rest.get(length..).unwrap_or_default();
    }
    assert!(kinds.contains(&SETTINGS), "{kinds:?}");
    // A connection that was reset may have lost its farewell.
    assert!(closed || kinds.contains(&GO_AWAY), "the flood went on to its end: {} frames", kinds.len());
    app.admin().get("/v2/").send().await.expect(200);
}
