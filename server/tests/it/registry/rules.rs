//! Rules of the specification that no other module of these tests is about.

use berth_testkit::{Blob, Image, Manifest, Reply, TestApp, blob_path, on_both};
use berth_types::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::{BAD_DIGESTS, NOBODY};

const REPO: &str = "library/app";

on_both!(
    every_refusal_is_json_with_a_word_of_the_specification,
    no_warnings_are_sent,
    nothing_is_redirected,
    there_is_no_shortest_chunk,
    uploads_that_are_unknown_say_so,
    a_namespace_of_a_proxy_is_not_taken,
    artifacts_of_all_shapes_come_back,
    what_refers_by_a_tag_is_listed_as_well,
    a_deletion_is_seen_at_once,
    every_address_of_a_push_can_be_pulled,
    extensions_are_not_there,
);

/// The codes of the specification, and those that clients know from Docker's registry and from Harbor.
const WORDS: [&str; 19] = [
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "UNAUTHORIZED",
    "DENIED",
    "UNSUPPORTED",
    "TOOMANYREQUESTS",
    "TAG_INVALID",
    "RANGE_INVALID",
    "NOT_FOUND",
    "BAD_REQUEST",
    "PAGINATION_NUMBER_INVALID",
];

async fn every_refusal_is_json_with_a_word_of_the_specification(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let blob = blob_path(REPO, &image.blobs[1].digest);
    let uploads = format!("/v2/{REPO}/blobs/uploads/");
    let replies: Vec<Reply> = vec![
        app.anonymous().get("/v2/").send().await,
        app.anonymous().put(&format!("/v2/{REPO}/manifests/v1")).body("{}").send().await,
        admin.get("/v2/Nope/manifests/v1").send().await,
        admin.get("/v2/missing/app/manifests/v1").send().await,
        admin.get(&format!("/v2/{REPO}/manifests/missing")).send().await,
        admin.get(&format!("/v2/{REPO}/manifests/{NOBODY}")).send().await,
        admin.get(&format!("/v2/{REPO}/manifests/{}", BAD_DIGESTS[0])).send().await,
        admin.put(&format!("/v2/{REPO}/manifests/-bad")).body("{}").send().await,
        admin.put(&format!("/v2/{REPO}/manifests/v2")).body("{}").send().await,
        admin.get(&format!("/v2/{REPO}/blobs/{NOBODY}")).send().await,
        admin.get(&blob).header("range", "bytes=999999-").send().await,
        admin.delete(&blob).send().await,
        admin.get(&format!("{uploads}nothing")).send().await,
        admin.post(&format!("{uploads}?digest={NOBODY}")).body("x").send().await,
        admin.post(&format!("{uploads}?digest-algorithm=md5")).send().await,
        admin.get(&format!("/v2/{REPO}/referrers/x")).send().await,
        admin.get(&format!("/v2/{REPO}/tags/list?n=x")).send().await,
        admin.get("/v2/library/missing/tags/list").send().await,
        admin.get("/v2/nothing").send().await,
        admin.put("/v2/").send().await,
    ];
    for reply in replies {
        assert!((400..500).contains(&reply.status), "{}: {}", reply.url, reply.status);
        let code = reply.code();
        assert!(WORDS.contains(&code.as_str()), "{}: {code}", reply.url);
        assert!(code.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()));
        assert_eq!(reply.header("docker-distribution-api-version"), "registry/2.0", "{}", reply.url);
    }
}

async fn no_warnings_are_sent(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    for reply in [
        admin.get("/v2/").send().await,
        admin.get(&format!("/v2/{REPO}/manifests/v1")).send().await,
        admin.put_manifest(REPO, "v2", &image.manifest).await,
        admin.get(&format!("/v2/{REPO}/tags/list")).send().await,
        admin.get(&format!("/v2/{REPO}/manifests/missing")).send().await,
    ] {
        // Clients print them: each would have to have the one form that is allowed, and to be worth reading.
        assert!(!reply.headers.contains_key("warning"), "{}: {:?}", reply.url, reply.headers);
    }
}

async fn nothing_is_redirected(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let digest = &image.blobs[0].digest;
    for path in
        ["/v2/".to_owned(), format!("/v2/{REPO}/manifests/v1"), blob_path(REPO, digest), "/v2/_catalog".to_owned()]
    {
        let reply = admin.get(&path).send().await.expect(200);
        assert_eq!(reply.header("location"), "");
    }
}

async fn there_is_no_shortest_chunk(app: &TestApp) {
    let admin = app.admin();
    let begun = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202);
    assert_eq!(begun.header("oci-chunk-min-length"), "");
    let blob = Blob::new("abc");
    for n in 0..3 {
        let patch = admin.patch(&begun.location()).header("content-range", format!("{n}-{n}"));
        patch.body(blob.bytes.slice(n..=n)).send().await.expect(202);
    }
    admin.finish(&begun.location(), &blob.digest, "").await.expect(201);
}

async fn uploads_that_are_unknown_say_so(app: &TestApp) {
    let admin = app.admin();
    for id in ["00000000-0000-4000-8000-000000000000", "x"] {
        let path = format!("/v2/{REPO}/blobs/uploads/{id}");
        admin.get(&path).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        admin.patch(&path).body("x").send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        admin.put(&format!("{path}?digest={NOBODY}")).body("x").send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
        admin.delete(&path).send().await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

async fn a_namespace_of_a_proxy_is_not_taken(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    for path in [format!("/v2/{REPO}/manifests/v1"), blob_path(REPO, &image.blobs[0].digest)] {
        let reply = admin.get(&format!("{path}?ns=docker.io")).send().await.expect(200);
        // The header would say that the answer comes from there.
        assert_eq!(reply.header("oci-namespace"), "");
    }
}

async fn artifacts_of_all_shapes_come_back(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let empty = Blob::new("{}");
    admin.push_blob(REPO, &empty).await;
    let config = |media_type: &str| json!({ "mediaType": media_type, "digest": empty.digest, "size": 2 });
    let layer: Value = serde_json::from_slice::<Value>(&image.manifest.bytes).unwrap()["layers"][0].clone();
    let missing = json!({ "mediaType": OCI_MANIFEST, "digest": NOBODY, "size": 7 });
    let mut data = config("application/vnd.oci.empty.v1+json");
    data["data"] = json!("e30=");
    let artifact = |change: Value| {
        let mut json = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
            "config": config("application/vnd.oci.empty.v1+json"), "layers": [layer],
        });
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Manifest::new(OCI_MANIFEST, &json)
    };
    let index = |change: Value| {
        let mut json =
            json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [image.manifest.descriptor()] });
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Manifest::new(OCI_INDEX, &json)
    };
    for (what, manifest, subject) in [
        ("an artifact", artifact(json!({})), ""),
        ("without layers", artifact(json!({ "layers": [] })), ""),
        ("typed by its configuration", artifact(json!({ "config": config("application/vnd.example.config") })), ""),
        ("content within", artifact(json!({ "config": data, "layers": [data] })), ""),
        ("a subject that is missing", artifact(json!({ "subject": missing })), NOBODY),
        ("an index of an artifact", index(json!({ "artifactType": "application/vnd.example" })), ""),
        ("an index that refers", index(json!({ "subject": missing })), NOBODY),
        ("fields of its own", artifact(json!({ "org.example": { "x": [1] }, "annotations": { "a": "" } })), ""),
    ] {
        let digest = manifest.digest.to_string();
        let pushed = admin.put_manifest(REPO, &digest, &manifest).await.expect(201);
        assert_eq!(pushed.header("oci-subject"), subject, "{what}");
        let reply = admin.get(&pushed.location()).send().await.expect(200);
        assert!(reply.body == manifest.bytes && reply.header("content-type") == manifest.media_type, "{what}");
    }
}

async fn what_refers_by_a_tag_is_listed_as_well(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let referring = Image::referring(&image.manifest, "application/vnd.example", "one");
    // As clients do that found no list of referrers: the manifest, and an index of all of them under a tag.
    admin.push(REPO, &referring.manifest.digest.to_string(), &referring).await;
    let index = Manifest::index(&[&referring.manifest]);
    let tag = image.manifest.digest.to_string().replace(':', "-");
    admin.put_manifest(REPO, &tag, &index).await.expect(201);
    let list = admin.get(&format!("/v2/{REPO}/referrers/{}", image.manifest.digest)).send().await.expect(200).json();
    let digests: Vec<&str> =
        list["manifests"].as_array().unwrap().iter().map(|found| found["digest"].as_str().unwrap()).collect();
    assert_eq!(digests, [referring.manifest.digest.to_string()]);
    assert_eq!(admin.get(&format!("/v2/{REPO}/manifests/{tag}")).send().await.expect(200).body, index.bytes);
}

async fn a_deletion_is_seen_at_once(app: &TestApp) {
    let admin = app.admin();
    for round in 0..5 {
        let image = Image::new(&format!("image {round}"), 1);
        // Also blobs that another repository has.
        admin.push("library/other", "v1", &image).await;
        for blob in &image.blobs {
            let mount = format!("/v2/{REPO}/blobs/uploads/?mount={}&from=library/other", blob.digest);
            admin.post(&mount).send().await.expect(201);
        }
        admin.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
        let digest = image.manifest.digest.to_string();
        let tag = format!("/v2/{REPO}/manifests/v1");
        admin.get(&tag).send().await.expect(200);
        admin.delete(&tag).send().await.expect(202);
        admin.head(&tag).send().await.expect(404);
        assert_eq!(admin.get(&format!("/v2/{REPO}/tags/list")).send().await.expect(200).json()["tags"], json!([]));
        let manifest = format!("/v2/{REPO}/manifests/{digest}");
        admin.get(&manifest).send().await.expect(200);
        admin.delete(&manifest).send().await.expect(202);
        admin.head(&manifest).send().await.expect(404);
        admin.get(&manifest).send().await.expect(404);
        for blob in &image.blobs {
            // They went with the manifest that held them.
            admin.head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
            admin.get(&blob_path(REPO, &blob.digest)).send().await.expect(404);
            admin.head(&blob_path("library/other", &blob.digest)).send().await.expect(200);
        }
    }
}

async fn every_address_of_a_push_can_be_pulled(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    for (n, blob) in image.blobs.iter().enumerate() {
        let reply = if n == 0 {
            let location = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
            admin.finish(&location, &blob.digest, blob.bytes.clone()).await.expect(201)
        } else {
            let path = format!("/v2/{REPO}/blobs/uploads/?digest={}", blob.digest);
            admin.post(&path).body(blob.bytes.clone()).send().await.expect(201)
        };
        assert_eq!(reply.header("docker-content-digest"), blob.digest.to_string());
        assert!(admin.get(&reply.location()).send().await.expect(200).body == blob.bytes);
    }
    for reference in ["v1".to_owned(), image.manifest.digest.to_string(), image.manifest.sha512().to_string()] {
        let reply = admin.put_manifest(REPO, &reference, &image.manifest).await.expect(201);
        assert!(admin.get(&reply.location()).send().await.expect(200).body == image.manifest.bytes);
    }
}

async fn extensions_are_not_there(app: &TestApp) {
    for path in ["/v2/_oci/ext/discover", "/v2/library/app/_oci/ext/discover", "/v2/_docker/x", "/v2/_chainguard/x"] {
        let reply = app.admin().get(path).send().await;
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        reply.code();
    }
}
