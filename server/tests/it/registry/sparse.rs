//! Images whose blobs are missing: refused unless the configuration says otherwise, and then completed by later pushes.

use berth_testkit::{Backend, Blob, Client, Image, Manifest, Started, TestApp, blob_path, on_both};
use berth_types::media_type::OCI_MANIFEST;
use serde_json::{Value, json};

const REPO: &str = "library/app";
const SPARSE: [(&str, &str); 1] = [("registry.sparse", "true")];

async fn size(client: &Client, reference: &str) -> u64 {
    let path = format!("/api/v2.0/projects/library/repositories/app/artifacts/{reference}");
    client.get(&path).send().await.expect(200).json()["size"].as_u64().unwrap()
}

async fn what_an_image_lacks_is_adopted_when_it_comes(backend: Backend) {
    let Some(app) = TestApp::start_with(backend, Started::SetUp, &SPARSE).await else { return };
    let admin = app.admin();
    let image = Image::new("image", 2);
    let index = Manifest::index(&[&image.manifest, &Image::new("elsewhere", 1).manifest]);
    let nested = Manifest::index(&[&index]);
    // The index is there before its child, the child before its blobs, and the index of the index before both.
    for (tag, manifest) in [("nested", &nested), ("multi", &index), ("v1", &image.manifest)] {
        admin.put_manifest(REPO, tag, manifest).await.expect(201);
        assert_eq!(admin.get(&format!("/v2/{REPO}/manifests/{tag}")).send().await.expect(200).body, manifest.bytes);
    }
    let (own, listed, above) = (image.manifest.bytes.len() as u64, index.bytes.len() as u64, nested.bytes.len() as u64);
    assert_eq!(size(&admin, "v1").await, own);
    assert_eq!(size(&admin, "multi").await, own + listed);
    assert_eq!(size(&admin, "nested").await, own + listed + above);
    for blob in &image.blobs {
        admin.get(&blob_path(REPO, &blob.digest)).send().await.refused(404, "BLOB_UNKNOWN");
        admin.head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
    }
    // One comes by upload, one by mount, one from a stream.
    let [config, first, second] = image.blobs.as_slice() else { panic!("an image of two layers") };
    admin.push_blob(REPO, config).await;
    admin.push_blob("library/other", first).await;
    let mount = format!("/v2/{REPO}/blobs/uploads/?mount={}&from=library/other", first.digest);
    admin.post(&mount).send().await.expect(201);
    let location = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
    admin.patch(&location).stream(&second.bytes).send().await.expect(202);
    admin.finish(&location, &second.digest, "").await.expect(201);

    admin.pull(REPO, "v1", &image).await;
    assert_eq!(size(&admin, "v1").await, image.size());
    assert_eq!(size(&admin, "multi").await, image.size() + listed);
    assert_eq!(size(&admin, "nested").await, image.size() + listed + above);
    // From now on the image holds them.
    for blob in &image.blobs {
        admin.delete(&blob_path(REPO, &blob.digest)).send().await.refused(405, "UNSUPPORTED");
    }
    for manifest in [&nested, &index, &image.manifest] {
        admin.delete(&format!("/v2/{REPO}/manifests/{}", manifest.digest)).send().await.expect(202);
    }
    for blob in &image.blobs {
        admin.get(&blob_path(REPO, &blob.digest)).send().await.refused(404, "BLOB_UNKNOWN");
    }
    assert_eq!(admin.get(&blob_path("library/other", &first.digest)).send().await.expect(200).body, first.bytes);
}

#[tokio::test]
async fn what_an_image_lacks_is_adopted_when_it_comes_on_sqlite() {
    what_an_image_lacks_is_adopted_when_it_comes(Backend::Sqlite).await;
}

#[tokio::test]
async fn what_an_image_lacks_is_adopted_when_it_comes_on_postgres() {
    what_an_image_lacks_is_adopted_when_it_comes(Backend::Postgres).await;
}

/// Everything that the management API says of an image.
async fn told(client: &Client, project: &str) -> String {
    let artifact = format!("/projects/{project}/repositories/app/artifacts/v1");
    let mut text = String::new();
    for path in [
        format!("/api/v2.0{artifact}"),
        format!("/api/v2.0{artifact}/additions/build_history"),
        format!("/api/berth/v1{artifact}/layers"),
    ] {
        text.push_str(&client.get(&path).send().await.expect(200).text());
    }
    text
}

#[tokio::test]
async fn a_sparse_image_says_nothing_of_somebody_elses_configuration() {
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &SPARSE).await.unwrap();
    let secret = private_image(&app).await;
    let spy = app.user_in("library", "spy", berth_testkit::Role::Maintainer).await;
    spy.put_manifest(REPO, "v1", &secret.manifest).await.expect(201);
    let text = told(&spy, "library").await;
    assert!(!text.contains("the secret author") && !text.contains("RUN step"), "{text}");
    nothing_is_handed_out(&spy, &secret).await;
}

/// The bytes of what a repository does not have are not there, whoever has them.
async fn nothing_is_handed_out(spy: &Client, secret: &Image) {
    let artifact = "/api/berth/v1/projects/library/repositories/app/artifacts/v1";
    let mut parts = vec!["config".to_owned()];
    parts.extend(secret.blobs.iter().map(|blob| format!("content?digest={}", blob.digest)));
    for part in parts {
        spy.get(&format!("{artifact}/{part}")).send().await.refused(404, "NOT_FOUND");
    }
}

on_both!(a_foreign_configuration_is_not_read,);

/// `urls` says that a blob is elsewhere, so the repository need not have it.
async fn a_foreign_configuration_is_not_read(app: &TestApp) {
    let secret = private_image(app).await;
    let spy = app.user_in("library", "spy", berth_testkit::Role::Maintainer).await;
    let mut json: Value = serde_json::from_slice(&secret.manifest.bytes).unwrap();
    json["config"]["urls"] = json!(["https://elsewhere.example/config"]);
    json["layers"] = json!([]);
    spy.put_manifest(REPO, "v1", &Manifest::new(OCI_MANIFEST, &json)).await.expect(201);
    let text = told(&spy, "library").await;
    assert!(!text.contains("the secret author") && !text.contains("RUN step"), "{text}");
    nothing_is_handed_out(&spy, &secret).await;
    // Whoever may read it sees it.
    assert!(told(&app.admin(), "private").await.contains("the secret author"));
}

async fn private_image(app: &TestApp) -> Image {
    app.project("private", false).await;
    let secret = Image::new("the secret author", 1);
    app.admin().push("private/app", "v1", &secret).await;
    secret
}

#[tokio::test]
async fn sizes_of_nested_indexes_stop_at_the_largest_number() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let admin = app.admin();
    let layer = Blob::random("layer", 1 << 20);
    let image = Image::with_layers("image", vec![layer]);
    admin.push(REPO, "v1", &image).await;
    let mut below = vec![image.manifest];
    // Every level lists the level below twice, by two indexes of its own: sizes double.
    for level in 0..50 {
        let pair = ["a", "b"].map(|side| {
            let children: Vec<&Manifest> = below.iter().collect();
            let mut json: Value = serde_json::from_slice(&Manifest::index(&children).bytes).unwrap();
            json["annotations"] = json!({ "side": format!("{side} {level}") });
            Manifest::new(berth_types::media_type::OCI_INDEX, &json)
        });
        for index in &pair {
            admin.put_manifest(REPO, &index.digest.to_string(), index).await.expect(201);
        }
        below = pair.into();
    }
    let top = &below[0];
    admin.put_manifest(REPO, "top", top).await.expect(201);
    assert_eq!(admin.get(&format!("/v2/{REPO}/manifests/top")).send().await.expect(200).body, top.bytes);
    assert!(size(&admin, "top").await > 1 << 60);
}
