//! The requests of real clients, in their order.

use berth_testkit::{Blob, Client, Image, Manifest, PASSWORD, Role, TestApp, blob_path, on_both};

use super::NOBODY;

const REPO: &str = "library/app";
const ACCEPT: &str = "application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v1+prettyjws, */*";

async fn docker_push_blob(client: &Client, blob: &Blob) {
    client.head(&blob_path(REPO, &blob.digest)).send().await.expect(404);
    let begun = client.post(&format!("/v2/{REPO}/blobs/uploads/")).body("").send().await.expect(202);
    assert!(!begun.header("docker-upload-uuid").is_empty());
    let patched = client.patch(&begun.location()).stream(&blob.bytes).send().await.expect(202);
    assert_eq!(patched.header("range"), format!("0-{}", blob.bytes.len() - 1));
    let done = client.finish(&patched.location(), &blob.digest, "").await.expect(201);
    assert_eq!(done.header("docker-content-digest"), blob.digest.to_string());
    let head = client.head(&blob_path(REPO, &blob.digest)).send().await.expect(200);
    assert_eq!(head.header("content-length"), blob.bytes.len().to_string());
}

on_both!(
    docker_pushes_and_pulls,
    containerd_pushes_an_index,
    oras_asks_whether_there_are_referrers_at_all,
    what_was_done_is_in_the_audit_log,
);

async fn docker_pushes_and_pulls(app: &TestApp) {
    app.user_in("library", "developer", Role::Developer).await;
    let image = Image::docker("docker", 3);
    // `docker login`, then a push with the token for it.
    let ping = app.anonymous().get("/v2/").send().await.expect(401);
    assert!(ping.header("www-authenticate").starts_with("Bearer realm="));
    let login = app.anonymous().basic("developer", PASSWORD);
    let token = app.token(&login, &["repository:library/app:push,pull"]).await;
    let push = app.anonymous().bearer(&token);
    for blob in &image.blobs {
        docker_push_blob(&push, blob).await;
    }
    push.head(&format!("/v2/{REPO}/manifests/v1")).header("accept", ACCEPT).send().await.expect(404);
    let put = push.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
    assert_eq!(put.header("docker-content-digest"), image.manifest.digest.to_string());

    // A pull, by HEAD and then by digest; a layer breaks off and is resumed.
    let pull = app.anonymous().bearer(&app.token(&app.anonymous(), &["repository:library/app:pull"]).await);
    let head = pull.head(&format!("/v2/{REPO}/manifests/v1")).header("accept", ACCEPT).send().await.expect(200);
    let place = format!("/v2/{REPO}/manifests/{}", head.header("docker-content-digest"));
    let manifest = pull.get(&place).header("accept", ACCEPT).send().await.expect(200);
    assert_eq!(manifest.body, image.manifest.bytes);
    for blob in &image.blobs {
        let place = blob_path(REPO, &blob.digest);
        let rest = pull.get(&place).header("range", "bytes=100-").send().await.expect(206);
        assert!(rest.body == blob.bytes.slice(100..));
        assert!(pull.get(&place).header("accept-encoding", "identity").send().await.expect(200).body == blob.bytes);
    }

    // A second push of the same finds everything there.
    for blob in &image.blobs {
        push.head(&blob_path(REPO, &blob.digest)).send().await.expect(200);
    }
    push.put_manifest(REPO, "v2", &image.manifest).await.expect(201);
    // To another repository the layers are mounted.
    let token = app.token(&login, &["repository:library/second:push,pull", "repository:library/app:pull"]).await;
    let second = app.anonymous().bearer(&token);
    for blob in &image.blobs {
        let place = format!("/v2/library/second/blobs/uploads/?from=library%2Fapp&mount={}", blob.digest);
        second.post(&place).body("").send().await.expect(201);
    }
    second.put_manifest("library/second", "v1", &image.manifest).await.expect(201);
    second.pull("library/second", "v1", &image).await;
}

async fn containerd_pushes_an_index(app: &TestApp) {
    let admin = app.admin();
    let (amd, arm) = (Image::new("amd64", 2), Image::new("arm64", 2));
    for image in [&amd, &arm] {
        for blob in &image.blobs {
            let path = blob_path(REPO, &blob.digest);
            admin
                .head(&path)
                .header("accept", "application/vnd.oci.image.layer.v1.tar+gzip, */*")
                .send()
                .await
                .expect(404);
            let location = admin.post(&format!("/v2/{REPO}/blobs/uploads/")).send().await.expect(202).location();
            let done = admin.finish(&location, &blob.digest, blob.bytes.clone()).await.expect(201);
            assert_eq!(done.header("docker-content-digest"), blob.digest.to_string());
        }
        let digest = image.manifest.digest.to_string();
        let done = admin.put_manifest(REPO, &digest, &image.manifest).await.expect(201);
        assert_eq!(done.header("docker-content-digest"), digest);
    }
    let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
    admin.put_manifest(REPO, "multi", &index).await.expect(201);
    for image in [&amd, &arm] {
        admin.pull(REPO, &image.manifest.digest.to_string(), image).await;
    }
    assert_eq!(admin.get(&format!("/v2/{REPO}/manifests/multi")).send().await.expect(200).body, index.bytes);
}

async fn oras_asks_whether_there_are_referrers_at_all(app: &TestApp) {
    let reply = app.admin().get(&format!("/v2/{REPO}/referrers/{NOBODY}")).send().await.expect(200);
    assert_eq!(reply.header("content-type"), "application/vnd.oci.image.index.v1+json");
}

async fn what_was_done_is_in_the_audit_log(app: &TestApp) {
    let developer = app.user_in("library", "developer", Role::Maintainer).await;
    let image = Image::new("image", 1);
    developer.push(REPO, "v1", &image).await;
    developer.get(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(200);
    developer.delete(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(202);
    let expected = ["create library/app:v1", "delete library/app:v1", "pull library/app:v1"];
    let mut told = Vec::new();
    // Pulls are written once a second.
    for _ in 0..500 {
        let log = app
            .admin()
            .get("/api/v2.0/auditlog-exts?page_size=100&q=username%3Ddeveloper")
            .send()
            .await
            .expect(200)
            .json();
        told = log
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["resource"].as_str().is_some_and(|resource| resource.starts_with(REPO)))
            .map(|entry| format!("{} {}", entry["operation"].as_str().unwrap(), entry["resource"].as_str().unwrap()))
            .collect();
        told.sort();
        if told == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(told, expected);
}
