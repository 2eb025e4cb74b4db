//! Deletion: what goes, what stays, and that it is seen at once.

use berth_testkit::{Blob, Image, Manifest, TestApp, blob_path, on_both};

use super::NOBODY;

const REPO: &str = "library/app";

fn path(reference: &str) -> String {
    format!("/v2/{REPO}/manifests/{reference}")
}

on_both!(
    a_tag_goes_and_its_manifest_stays,
    a_manifest_takes_its_tags_along,
    an_index_holds_its_children,
    a_manifest_holds_its_blobs,
    what_is_not_there_cannot_go,
);

async fn a_tag_goes_and_its_manifest_stays(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    admin.put_manifest(REPO, "v2", &image.manifest).await.expect(201);
    admin.delete(&path("v1")).send().await.expect(202);
    for reply in [admin.get(&path("v1")).send().await, admin.delete(&path("v1")).send().await] {
        reply.refused(404, "MANIFEST_UNKNOWN");
    }
    admin.head(&path("v1")).send().await.expect(404);
    admin.pull(REPO, "v2", &image).await;
    admin.delete(&path("v2")).send().await.expect(202);
    admin.pull(REPO, &image.manifest.digest.to_string(), &image).await;
}

async fn a_manifest_takes_its_tags_along(app: &TestApp) {
    let admin = app.admin();
    let (image, other) = (Image::new("image", 1), Image::new("other", 1));
    admin.push(REPO, "v1", &image).await;
    admin.put_manifest(REPO, "latest", &image.manifest).await.expect(201);
    admin.push(REPO, "other", &other).await;
    admin.push("library/second", "v1", &image).await;
    let digest = image.manifest.digest.to_string();
    admin.delete(&path(&digest)).send().await.expect(202);
    for reference in ["v1", "latest", digest.as_str()] {
        admin.get(&path(reference)).send().await.refused(404, "MANIFEST_UNKNOWN");
        admin.head(&path(reference)).send().await.expect(404);
    }
    admin.delete(&path(&digest)).send().await.refused(404, "MANIFEST_UNKNOWN");
    let tags = admin.get(&format!("/v2/{REPO}/tags/list")).send().await.expect(200).json();
    assert_eq!(tags["tags"], serde_json::json!(["other"]));
    admin.pull("library/second", "v1", &image).await;
    admin.pull(REPO, "other", &other).await;
    admin.push(REPO, "v1", &image).await;
    admin.pull(REPO, "v1", &image).await;
}

async fn an_index_holds_its_children(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    let index = Manifest::index(&[&image.manifest]);
    admin.push(REPO, "single", &image).await;
    admin.put_manifest(REPO, "multi", &index).await.expect(201);
    let child = path(&image.manifest.digest.to_string());
    admin.delete(&child).send().await.refused(405, "UNSUPPORTED");
    admin.pull(REPO, "single", &image).await;
    admin.delete(&path(&index.digest.to_string())).send().await.expect(202);
    admin.delete(&child).send().await.expect(202);
    admin.get(&child).send().await.refused(404, "MANIFEST_UNKNOWN");
}

async fn a_manifest_holds_its_blobs(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    let stray = Blob::random("stray", 100);
    admin.push(REPO, "v1", &image).await;
    admin.push_blob(REPO, &stray).await;
    admin.delete(&blob_path(REPO, &image.blobs[1].digest)).send().await.refused(405, "UNSUPPORTED");
    admin.pull(REPO, "v1", &image).await;
    admin.delete(&blob_path(REPO, &stray.digest)).send().await.expect(202);
    admin.get(&blob_path(REPO, &stray.digest)).send().await.refused(404, "BLOB_UNKNOWN");
    admin.head(&blob_path(REPO, &stray.digest)).send().await.expect(404);
    admin.delete(&blob_path(REPO, &stray.digest)).send().await.refused(404, "BLOB_UNKNOWN");
    admin.push_blob(REPO, &stray).await;
    assert!(admin.get(&blob_path(REPO, &stray.digest)).send().await.expect(200).body == stray.bytes);
}

async fn what_is_not_there_cannot_go(app: &TestApp) {
    let admin = app.admin();
    for repo in ["library/missing", REPO] {
        admin.delete(&format!("/v2/{repo}/manifests/v1")).send().await.refused(404, "MANIFEST_UNKNOWN");
        admin.delete(&format!("/v2/{repo}/manifests/{NOBODY}")).send().await.refused(404, "MANIFEST_UNKNOWN");
        admin.delete(&format!("/v2/{repo}/blobs/{NOBODY}")).send().await.refused(404, "BLOB_UNKNOWN");
        admin.push(REPO, "other", &Image::new("other", 1)).await;
    }
}
