//! What refers to a manifest.

use berth_testkit::{Backend, Client, Image, Manifest, Reply, TestApp, on_both};
use berth_types::{Digest, media_type::OCI_INDEX};
use serde_json::{Value, json};

use super::{BAD_DIGESTS, NOBODY};

const REPO: &str = "library/app";
const SIGNATURE: &str = "application/vnd.example.signature+json";

async fn list(client: &Client, subject: &Digest, query: &str) -> (Vec<Value>, Reply) {
    let reply = client.get(&format!("/v2/{REPO}/referrers/{subject}{query}")).send().await.expect(200);
    assert_eq!(reply.header("content-type"), OCI_INDEX);
    let json = reply.json();
    assert_eq!((&json["schemaVersion"], &json["mediaType"]), (&json!(2), &json!(OCI_INDEX)));
    (json["manifests"].as_array().unwrap().clone(), reply)
}

on_both!(nothing_refers_to_what_nobody_knows, referrers_are_listed_with_what_they_say,);

async fn nothing_refers_to_what_nobody_knows(app: &TestApp) {
    let admin = app.admin();
    let nobody = NOBODY.parse().unwrap();
    assert!(list(&admin, &nobody, "").await.0.is_empty());
    admin.push(REPO, "v1", &Image::new("image", 1)).await;
    assert!(list(&admin, &nobody, "").await.0.is_empty());
    for digest in BAD_DIGESTS {
        admin.get(&format!("/v2/{REPO}/referrers/{digest}")).send().await.refused(400, "DIGEST_INVALID");
    }
}

async fn referrers_are_listed_with_what_they_say(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    // The subject may come later.
    let early = Image::referring(&image.manifest, SIGNATURE, "early");
    for blob in &early.blobs {
        admin.push_blob(REPO, blob).await;
    }
    let digest = early.manifest.digest.to_string();
    let pushed = admin.put_manifest(REPO, &digest, &early.manifest).await.expect(201);
    assert_eq!(pushed.header("oci-subject"), image.manifest.digest.to_string());
    admin.push(REPO, "v1", &image).await;
    assert_eq!(admin.put_manifest(REPO, "v1", &image.manifest).await.expect(201).header("oci-subject"), "");
    let late = Image::referring(&image.manifest, "application/vnd.example.sbom", "late");
    admin.push(REPO, "sbom", &late).await;

    // An index may refer as well; without a type it shows none.
    let mut index: Value = serde_json::from_slice(&Manifest::index(&[]).bytes).unwrap();
    index["subject"] = image.manifest.descriptor();
    let plain = Manifest::new(OCI_INDEX, &index);
    let pushed = admin.put_manifest(REPO, &plain.digest.to_string(), &plain).await.expect(201);
    assert_eq!(pushed.header("oci-subject"), image.manifest.digest.to_string());

    // An image without a type shows that of its configuration.
    let mut json: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    json["subject"] = image.manifest.descriptor();
    let typed = Manifest::new(&image.manifest.media_type, &json);
    admin.put_manifest(REPO, &typed.digest.to_string(), &typed).await.expect(201);

    let (found, reply) = list(&admin, &image.manifest.digest, "").await;
    assert_eq!(reply.header("oci-filters-applied"), "");
    assert_eq!(
        found,
        [
            json!({
                "mediaType": early.manifest.media_type, "digest": digest, "size": early.manifest.bytes.len(),
                "artifactType": SIGNATURE, "annotations": { "org.example.seed": "early" },
            }),
            json!({
                "mediaType": late.manifest.media_type, "digest": late.manifest.digest, "size": late.manifest.bytes.len(),
                "artifactType": "application/vnd.example.sbom", "annotations": { "org.example.seed": "late" },
            }),
            json!({ "mediaType": OCI_INDEX, "digest": plain.digest, "size": plain.bytes.len() }),
            json!({
                "mediaType": typed.media_type, "digest": typed.digest, "size": typed.bytes.len(),
                "artifactType": "application/vnd.oci.image.config.v1+json",
            }),
        ]
    );

    let encoded = SIGNATURE.replace('+', "%2B");
    let (found, reply) = list(&admin, &image.manifest.digest, &format!("?artifactType={encoded}")).await;
    assert_eq!((found.len(), found[0]["digest"].as_str().unwrap()), (1, digest.as_str()));
    assert_eq!(reply.header("oci-filters-applied"), "artifactType");
    assert!(list(&admin, &image.manifest.digest, "?artifactType=application/vnd.example.other").await.0.is_empty());

    // They go with what they refer to, and one by one.
    admin.delete(&format!("/v2/{REPO}/manifests/{digest}")).send().await.expect(202);
    assert_eq!(list(&admin, &image.manifest.digest, "").await.0.len(), 3);
    admin.delete(&format!("/v2/{REPO}/manifests/{}", image.manifest.digest)).send().await.expect(202);
    assert!(list(&admin, &image.manifest.digest, "").await.0.is_empty());
    admin.get(&format!("/v2/{REPO}/manifests/sbom")).send().await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn many_referrers_come_in_pages() {
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let mut index: Value = serde_json::from_slice(&Manifest::index(&[]).bytes).unwrap();
    index["subject"] = image.manifest.descriptor();
    index["artifactType"] = json!(SIGNATURE);
    for n in 0..520 {
        index["annotations"] = json!({ "n": n.to_string() });
        let manifest = Manifest::new(OCI_INDEX, &index);
        admin.put_manifest(REPO, &manifest.digest.to_string(), &manifest).await.expect(201);
    }
    for filter in ["", "?artifactType=application%2Fvnd.example.signature%2Bjson"] {
        let (mut found, reply) = list(&admin, &image.manifest.digest, filter).await;
        let link = reply.header("link");
        let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        let rest = admin.get(next).send().await.expect(200);
        assert_eq!(rest.header("link"), "");
        assert_eq!(rest.header("oci-filters-applied").is_empty(), filter.is_empty());
        found.extend(rest.json()["manifests"].as_array().unwrap().clone());
        let seen: Vec<String> =
            found.iter().map(|item| item["annotations"]["n"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen, (0..520).map(|n| n.to_string()).collect::<Vec<_>>());
    }
}
