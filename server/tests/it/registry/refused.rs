//! Manifests and references that are no good: a status and a word for each, and never a 500.

use berth_testkit::{Client, Image, Manifest, Reply, TestApp, on_both};
use berth_types::media_type::{DOCKER_MANIFEST, DOCKER_SCHEMA1_SIGNED, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::BAD_DIGESTS;

const REPO: &str = "library/app";

async fn put(client: &Client, content_type: &str, body: &str) -> Reply {
    let request = client.put(&format!("/v2/{REPO}/manifests/v1")).header("content-type", content_type);
    request.body(body.to_owned()).send().await
}

on_both!(
    what_is_no_manifest,
    what_is_no_reference,
    a_body_that_ends_early_changes_nothing,
    an_empty_index_is_a_manifest_and_an_empty_list_of_children_is_needed,
);

async fn what_is_no_manifest(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    for blob in &image.blobs {
        admin.push_blob(REPO, blob).await;
    }
    let good: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    let with = |key: &str, value: Value| {
        let mut json = good.clone();
        json[key] = value;
        json.to_string()
    };
    let without = |key: &str| {
        let mut json = good.clone();
        json.as_object_mut().unwrap().remove(key);
        json.to_string()
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let layer = |change: (&str, Value)| {
        let mut json = good.clone();
        json["layers"][0][change.0] = change.1;
        json.to_string()
    };
    let many: Vec<Value> = vec![good["layers"][0].clone(); 10_001];
    for (what, body) in [
        ("nothing", String::new()),
        ("no JSON", "not json".to_owned()),
        ("half of it", image.manifest.bytes.slice(..100).iter().map(|byte| *byte as char).collect()),
        ("a list", "[]".to_owned()),
        ("a text", "\"manifest\"".to_owned()),
        ("null", "null".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("deep nesting", deep),
        ("no configuration", without("config")),
        ("schema version 1", with("schemaVersion", json!(1))),
        ("schema version text", with("schemaVersion", json!("2"))),
        ("layers and manifests", with("manifests", json!([]))),
        ("another type", with("mediaType", json!(OCI_INDEX))),
        ("an unknown type", with("mediaType", json!("application/x"))),
        ("a type that is no text", with("mediaType", json!(7))),
        (
            "a key twice",
            image.manifest.bytes.iter().map(|byte| *byte as char).collect::<String>().replacen(
                '{',
                "{\"schemaVersion\":2,",
                1,
            ),
        ),
        ("a negative size", layer(("size", json!(-1)))),
        ("a broken size", layer(("size", json!(1.5)))),
        ("a huge size", layer(("size", json!(1e300)))),
        ("a bad digest", layer(("digest", json!("sha256:bad")))),
        ("a missing digest", layer(("digest", Value::Null))),
        ("urls that are none", layer(("urls", json!("x")))),
        ("too many layers", with("layers", json!(many))),
        ("layers that are none", with("layers", json!({}))),
        ("a subject that is none", with("subject", json!("x"))),
        ("annotations that are none", with("annotations", json!(["x"]))),
    ] {
        let reply = put(&admin, OCI_MANIFEST, &body).await;
        assert!(reply.status == 400, "{what}: {} {}", reply.status, reply.text());
        assert!(reply.code() == "MANIFEST_INVALID", "{what}: {}", reply.text());
    }
    let json = good.to_string();
    for content_type in
        [OCI_INDEX, DOCKER_MANIFEST, DOCKER_SCHEMA1_SIGNED, "application/json", "text/plain", "x", "a/b; c"]
    {
        let reply = put(&admin, content_type, &json).await;
        assert!(
            reply.status == 400 && reply.code() == "MANIFEST_INVALID",
            "{content_type}: {} {}",
            reply.status,
            reply.text()
        );
    }
    // Bytes that are no text.
    let request = admin.put(&format!("/v2/{REPO}/manifests/v1")).header("content-type", OCI_MANIFEST);
    request.body(vec![0xff, 0xfe, 0, 1]).send().await.refused(400, "MANIFEST_INVALID");
    admin.get(&format!("/v2/{REPO}/manifests/v1")).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn what_is_no_reference(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    for digest in BAD_DIGESTS {
        admin.put_manifest(REPO, digest, &image.manifest).await.refused(400, "DIGEST_INVALID");
        let path = format!("/v2/{REPO}/manifests/{digest}");
        admin.get(&path).send().await.refused(400, "DIGEST_INVALID");
        admin.delete(&path).send().await.refused(400, "DIGEST_INVALID");
    }
    let other = Image::new("other", 1).manifest.digest.to_string();
    admin.put_manifest(REPO, &other, &image.manifest).await.refused(400, "DIGEST_INVALID");
    let long = "a".repeat(129);
    for tag in ["-dash", ".dot", "a+b", "a%20b", "%C3%A9", long.as_str(), "a%00b", "a%0Ab", "$x"] {
        admin.put_manifest(REPO, tag, &image.manifest).await.refused(400, "TAG_INVALID");
        admin.get(&format!("/v2/{REPO}/manifests/{tag}")).send().await.refused(404, "MANIFEST_UNKNOWN");
    }
    for tag in ["_", "a.b-c_D", "0", &"a".repeat(128), "sha256-abc.sig"] {
        admin.put_manifest(REPO, tag, &image.manifest).await.expect(201);
        admin.pull(REPO, tag, &image).await;
    }
}

async fn a_body_that_ends_early_changes_nothing(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let head = format!(
        "PUT /v2/{REPO}/manifests/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46QWRtaW5pc3RyYXQwcg==\r\n\
         Content-Type: {OCI_MANIFEST}\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n{{"
    );
    let mut stream = tokio::net::TcpStream::connect(app.running().address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 500 "));
    admin.pull(REPO, "v1", &image).await;
}

async fn an_empty_index_is_a_manifest_and_an_empty_list_of_children_is_needed(app: &TestApp) {
    let admin = app.admin();
    put(&admin, OCI_INDEX, &json!({ "schemaVersion": 2, "mediaType": OCI_INDEX }).to_string())
        .await
        .refused(400, "MANIFEST_INVALID");
    admin.put_manifest(REPO, "v1", &Manifest::index(&[])).await.expect(201);
}
