//! Manifests: every kind comes back as it was pushed.

use berth_testkit::{Blob, Client, Image, Manifest, TestApp, on_both};
use berth_types::media_type::{DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::NOBODY;

const REPO: &str = "library/app";

fn path(reference: &str) -> String {
    format!("/v2/{REPO}/manifests/{reference}")
}

/// Puts a manifest and reads it back by digest and by tag.
async fn round_trip(client: &Client, tag: &str, manifest: &Manifest) {
    let digest = manifest.digest.to_string();
    let pushed = client.put_manifest(REPO, tag, manifest).await.expect(201);
    assert_eq!(pushed.header("docker-content-digest"), digest);
    for place in [pushed.location(), path(tag), path(&digest)] {
        let (head, get) = (client.head(&place).send().await.expect(200), client.get(&place).send().await.expect(200));
        assert!(head.body.is_empty());
        assert!(get.body == manifest.bytes, "{place}");
        for reply in [head, get] {
            assert_eq!(reply.header("docker-content-digest"), digest);
            assert_eq!(reply.header("content-length"), manifest.bytes.len().to_string());
            assert_eq!(reply.header("content-type"), manifest.media_type);
            assert_eq!(reply.header("etag"), format!("\"{digest}\""));
        }
    }
}

async fn blobs(client: &Client, image: &Image) {
    for blob in &image.blobs {
        client.push_blob(REPO, blob).await;
    }
}

/// An image's manifest with fields changed.
fn changed(image: &Image, change: impl FnOnce(&mut Value)) -> Manifest {
    let mut json: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    change(&mut json);
    let media_type = json["mediaType"].as_str().unwrap_or(OCI_MANIFEST).to_owned();
    Manifest::new(&media_type, &json)
}

on_both!(
    every_kind_comes_back,
    every_byte_is_kept,
    the_content_type_may_say_more_or_nothing,
    whatever_is_accepted_the_stored_kind_is_sent,
    what_the_client_has_is_not_sent,
    a_repository_needs_what_a_manifest_names,
    tags_can_be_given_with_a_digest,
    sha512_is_a_name_of_its_own,
    large_manifests_are_taken_to_a_point,
    a_tag_moves,
    one_tag_by_many_at_once,
);

async fn every_kind_comes_back(app: &TestApp) {
    let admin = app.admin();
    let (image, docker, none) = (Image::new("image", 3), Image::docker("docker", 2), Image::new("no layers", 0));
    for image in [&image, &docker, &none] {
        blobs(&admin, image).await;
    }
    round_trip(&admin, "image", &image.manifest).await;
    round_trip(&admin, "docker", &docker.manifest).await;
    round_trip(&admin, "no-layers", &none.manifest).await;
    let index = Manifest::index(&[&image.manifest, &none.manifest]);
    round_trip(&admin, "index", &index).await;
    round_trip(&admin, "nested", &Manifest::index(&[&index])).await;
    round_trip(&admin, "empty", &Manifest::index(&[])).await;
    let list =
        json!({ "schemaVersion": 2, "mediaType": DOCKER_MANIFEST_LIST, "manifests": [docker.manifest.descriptor()] });
    round_trip(&admin, "list", &Manifest::new(DOCKER_MANIFEST_LIST, &list)).await;
    // Children that are not there: mirrors push such.
    let sparse = Manifest::index(&[&image.manifest, &Image::new("elsewhere", 1).manifest]);
    round_trip(&admin, "sparse", &sparse).await;
}

async fn every_byte_is_kept(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    blobs(&admin, &image).await;
    // White space, order, escapes, unknown fields, and a type that only the header says.
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_slice::<Value>(&image.manifest.bytes).unwrap()).unwrap();
    round_trip(&admin, "pretty", &Manifest::raw(OCI_MANIFEST, format!("\n  {pretty}\t\n"))).await;
    let custom = changed(&image, |json| {
        json["annotations"] = json!({ "unicode": "港口 \u{1F6A2}", "org.example/key": "" });
        json["example.com/field"] = json!({ "deep": [1, 2.5, null, { "x": [] }] });
        json["config"]["data"] = json!("e30=");
        json["layers"][0]["annotations"] = json!({ "a": "b" });
    });
    round_trip(&admin, "custom", &custom).await;
    let untyped = changed(&image, |json| {
        json.as_object_mut().unwrap().remove("mediaType");
    });
    round_trip(&admin, "untyped", &untyped).await;
    let escaped = String::from_utf8(image.manifest.bytes.to_vec()).unwrap().replacen('/', "\\/", 3);
    round_trip(&admin, "escaped", &Manifest::raw(OCI_MANIFEST, escaped)).await;
}

async fn the_content_type_may_say_more_or_nothing(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    blobs(&admin, &image).await;
    for content_type in
        [format!("{OCI_MANIFEST}; charset=utf-8"), OCI_MANIFEST.to_uppercase(), format!(" {OCI_MANIFEST} ")]
    {
        let bytes = image.manifest.bytes.clone();
        admin.put(&path("v1")).header("content-type", content_type).body(bytes).send().await.expect(201);
        // Said as it is registered, without what the client added.
        for reply in [admin.get(&path("v1")).send().await, admin.head(&path("v1")).send().await] {
            assert_eq!(reply.expect(200).header("content-type"), OCI_MANIFEST);
        }
        let digest = image.manifest.digest.to_string();
        admin.delete(&path(&digest)).send().await.expect(202);
        blobs(&admin, &image).await;
    }
    admin.put(&path("v2")).body(image.manifest.bytes.clone()).send().await.expect(201);
    assert_eq!(admin.get(&path("v2")).send().await.expect(200).header("content-type"), OCI_MANIFEST);
}

async fn whatever_is_accepted_the_stored_kind_is_sent(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let index = Manifest::index(&[&image.manifest]);
    admin.put_manifest(REPO, "multi", &index).await.expect(201);
    let (docker, list) = ("application/vnd.docker.distribution.manifest.v2+json", DOCKER_MANIFEST_LIST);
    for accept in [
        format!("{docker}, {list}, {OCI_MANIFEST}, {OCI_INDEX}"),
        format!("{OCI_INDEX},{OCI_MANIFEST}"),
        docker.to_owned(),
        "application/json".to_owned(),
        "*/*".to_owned(),
        String::new(),
    ] {
        for (tag, manifest) in [("v1", &image.manifest), ("multi", &index)] {
            let reply = admin.get(&path(tag)).header("accept", &accept).send().await.expect(200);
            assert_eq!((reply.header("content-type"), &reply.body), (manifest.media_type.as_str(), &manifest.bytes));
            admin.head(&path(tag)).header("accept", &accept).send().await.expect(200);
        }
    }
}

async fn what_the_client_has_is_not_sent(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let etag = format!("\"{}\"", image.manifest.digest);
    for place in [path("v1"), path(&image.manifest.digest.to_string())] {
        assert!(admin.get(&place).header("if-none-match", &etag).send().await.expect(304).body.is_empty());
        admin.head(&place).header("if-none-match", format!("W/{etag}")).send().await.expect(304);
        admin.get(&place).header("if-none-match", "\"x\"").send().await.expect(200);
    }
}

async fn a_repository_needs_what_a_manifest_names(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 2);
    admin.push("library/other", "v1", &image).await;
    admin.push_blob(REPO, &image.blobs[0]).await;
    let refused = admin.put_manifest(REPO, "v1", &image.manifest).await.refused(400, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(refused.json()["errors"][0]["detail"], image.blobs[1].digest.to_string());
    admin.get(&path("v1")).send().await.refused(404, "MANIFEST_UNKNOWN");
    admin.get(&path(&image.manifest.digest.to_string())).send().await.refused(404, "MANIFEST_UNKNOWN");
    // Layers that say where else they are need not be here.
    let foreign = changed(&image, |json| {
        json["layers"] = json!([{
            "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "digest": NOBODY, "size": 5,
            "urls": ["https://layers.example/x"],
        }]);
    });
    round_trip(&admin, "foreign", &foreign).await;
    // A build cache lists layers among the children of an index.
    let layer = Blob::random("cache", 500);
    admin.push_blob(REPO, &layer).await;
    let cache = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [
        { "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer.digest, "size": 500 },
        { "mediaType": "application/vnd.buildkit.cacheconfig.v0", "digest": image.blobs[0].digest, "size": 9 },
    ] });
    round_trip(&admin, "cache", &Manifest::new(OCI_INDEX, &cache)).await;
}

async fn tags_can_be_given_with_a_digest(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    blobs(&admin, &image).await;
    for (digest, prefix) in [(image.manifest.digest.to_string(), "a"), (image.manifest.sha512().to_string(), "b")] {
        let tags: Vec<String> = (0..12).map(|n| format!("{prefix}-{n:02}")).collect();
        let place = format!("{}?tag={}", path(&digest), tags.join("&tag="));
        let request = admin.put(&place).header("content-type", OCI_MANIFEST).body(image.manifest.bytes.clone());
        let pushed = request.send().await.expect(201);
        assert_eq!(pushed.header("docker-content-digest"), digest);
        let told: Vec<&str> = pushed
            .headers
            .get_all("oci-tag")
            .iter()
            .flat_map(|value| value.to_str().unwrap().split(','))
            .map(str::trim)
            .collect();
        assert_eq!(told, tags);
        for tag in &tags {
            assert_eq!(admin.get(&path(tag)).send().await.expect(200).header("docker-content-digest"), digest);
        }
    }
    // All or nothing.
    let digest = image.manifest.digest.to_string();
    for (query, status, code) in [
        ("tag=good&tag=-bad".to_owned(), 400, "TAG_INVALID"),
        ((0..40).map(|n| format!("tag=t{n}")).collect::<Vec<_>>().join("&"), 414, "TAG_INVALID"),
    ] {
        let request = admin.put(&format!("{}?{query}", path(&digest))).header("content-type", OCI_MANIFEST);
        request.body(image.manifest.bytes.clone()).send().await.refused(status, code);
    }
    admin.get(&path("good")).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn sha512_is_a_name_of_its_own(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    blobs(&admin, &image).await;
    let sha512 = image.manifest.sha512().to_string();
    let pushed = admin.put_manifest(REPO, &sha512, &image.manifest).await.expect(201);
    assert_eq!(pushed.header("docker-content-digest"), sha512);
    for place in [pushed.location(), path(&sha512)] {
        let reply = admin.get(&place).send().await.expect(200);
        assert_eq!((reply.header("docker-content-digest"), &reply.body), (sha512.as_str(), &image.manifest.bytes));
    }
    admin.get(&path(&image.manifest.digest.to_string())).send().await.refused(404, "MANIFEST_UNKNOWN");
    let wrong = format!("sha512:{}", "0".repeat(128));
    admin.put_manifest(REPO, &wrong, &image.manifest).await.refused(400, "DIGEST_INVALID");
}

async fn large_manifests_are_taken_to_a_point(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    blobs(&admin, &image).await;
    let annotated = |count: usize| {
        changed(&image, |json| {
            json["annotations"] = (0..count).map(|n| (format!("key {n}"), json!("x".repeat(10_000)))).collect();
        })
    };
    round_trip(&admin, "large", &annotated(390)).await;
    let huge = annotated(440);
    admin.put_manifest(REPO, "huge", &huge).await.expect(413);
    let streamed = admin.put(&path("huge")).header("content-type", OCI_MANIFEST).stream(&huge.bytes).send().await;
    assert_eq!(streamed.expect(413).code(), "MANIFEST_INVALID");
    admin.get(&path("huge")).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn a_tag_moves(app: &TestApp) {
    let admin = app.admin();
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    admin.push(REPO, "latest", &old).await;
    admin.push(REPO, "latest", &new).await;
    admin.pull(REPO, "latest", &new).await;
    admin.pull(REPO, &old.manifest.digest.to_string(), &old).await;
    // The same again is fine.
    admin.push(REPO, "latest", &new).await;
    admin
        .get(&format!("/v2/library/other/manifests/{}", new.manifest.digest))
        .send()
        .await
        .refused(404, "MANIFEST_UNKNOWN");
}

async fn one_tag_by_many_at_once(app: &TestApp) {
    let admin = app.admin();
    let images: Vec<Image> = (0..6).map(|n| Image::new(&format!("image {n}"), 1)).collect();
    let pushes: Vec<_> = images
        .iter()
        .cloned()
        .map(|image| {
            let client = admin.clone();
            tokio::spawn(async move { client.push(REPO, "latest", &image).await })
        })
        .collect();
    for push in pushes {
        push.await.unwrap();
    }
    let latest = admin.get(&path("latest")).send().await.expect(200);
    assert!(images.iter().any(|image| image.manifest.bytes == latest.body));
    for image in &images {
        admin.pull(REPO, &image.manifest.digest.to_string(), image).await;
    }
}
