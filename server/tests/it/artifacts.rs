//! Artifacts through the management API: what belongs to them, what lies in them, and pictures.

use std::io::Write;

use berth_testkit::{Blob, Client, Image, Manifest, Role, TestApp, image::EMPTY, on_both};
use berth_types::media_type::{HELM_CONFIG, OCI_MANIFEST};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

const ARTIFACTS: &str = "/api/v2.0/projects/library/repositories/app/artifacts";
const REPO: &str = "library/app";

on_both!(
    cosign_tags_make_accessories,
    an_unsigned_image_is_not_handed_out,
    documents_of_a_chart,
    queries_and_switches,
    pictures,
    what_says_too_much_about_itself_is_listed_without,
);

/// What cosign makes of an image, and the tag that it gives it.
fn cosign(subject: &Manifest, seed: &str) -> (Image, String) {
    let (config, layer) = (Blob::new(r#"{"architecture":"","os":"","config":{}}"#), Blob::new(format!("claim {seed}")));
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": config.descriptor("application/vnd.oci.image.config.v1+json"),
        "layers": [layer.descriptor("application/vnd.dev.cosign.simplesigning.v1+json")],
    });
    let tag = format!("{}.sig", subject.digest.to_string().replace(':', "-"));
    (Image { blobs: vec![config, layer], manifest: Manifest::new(OCI_MANIFEST, &json) }, tag)
}

async fn list(client: &Client, query: &str) -> Vec<Value> {
    let reply = client.get(&format!("{ARTIFACTS}?{query}")).send().await.expect(200);
    let rows = reply.json().as_array().unwrap().clone();
    assert_eq!(reply.header("x-total-count"), rows.len().to_string(), "{query}");
    rows
}

async fn cosign_tags_make_accessories(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("signed", 1);
    admin.push(REPO, "v1", &image).await;
    let (signature, tag) = cosign(&image.manifest, "one");
    // Pushed by digest first, it is an artifact like any other; the tag makes it what it is.
    admin.push(REPO, &signature.manifest.digest.to_string(), &signature).await;
    assert_eq!(list(&admin, "").await.len(), 2);
    admin.put_manifest(REPO, &tag, &signature.manifest).await.expect(201);
    let rows = list(&admin, "with_accessory=true").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["accessories"][0]["type"], "signature.cosign");
    assert_eq!(rows[0]["accessories"][0]["digest"], signature.manifest.digest.to_string());
    let repository = "/api/v2.0/projects/library/repositories/app";
    assert_eq!(admin.get(repository).send().await.expect(200).json()["artifact_count"], 1);
    // The specification's list has what names its subject itself, and cosign finds its tag.
    let referrers = format!("/v2/{REPO}/referrers/{}", image.manifest.digest);
    assert_eq!(admin.get(&referrers).send().await.expect(200).json()["manifests"], json!([]));
    admin.get(&format!("/v2/{REPO}/manifests/{tag}")).send().await.expect(200);
    let tags = admin.get("/api/berth/v1/projects/library/repositories/app/tags").send().await.expect(200).json();
    assert_eq!(tags.as_array().unwrap().len(), 1, "people did not give the other tag");

    // It moves with its image, and goes with it.
    let copied = "/api/v2.0/projects/library/repositories/copied/artifacts";
    admin.post(&format!("{copied}?from={REPO}:v1")).send().await.expect(201);
    let there = admin.get(&format!("{copied}/v1/accessories")).send().await.expect(200).json();
    assert_eq!(there[0]["subject_artifact_repo"], "library/copied");
    admin.delete(&format!("{ARTIFACTS}/v1")).send().await.expect(200);
    admin.get(&format!("{ARTIFACTS}/{tag}")).send().await.refused(404, "NOT_FOUND");
    assert!(list(&admin, "").await.is_empty());
}

async fn an_unsigned_image_is_not_handed_out(app: &TestApp) {
    let admin = app.admin();
    let guest = app.user_in("library", "guest", Role::Guest).await;
    let maintainer = app.user_in("library", "maint", Role::Maintainer).await;
    let (signed, plain) = (Image::new("signed", 1), Image::new("plain", 1));
    let index = Manifest::index(&[&signed.manifest]);
    admin.push(REPO, "signed", &signed).await;
    admin.push(REPO, "plain", &plain).await;
    admin.put_manifest(REPO, "index", &index).await.expect(201);
    let key = "/api/v2.0/projects/library/metadatas/";
    admin.post(key).json(&json!({ "enable_content_trust_cosign": "true" })).send().await.expect(200);
    let path = |reference: &str| format!("/v2/{REPO}/manifests/{reference}");
    for reference in ["plain", "signed", "index"] {
        for client in [&guest, &admin] {
            let refused = client.get(&path(reference)).send().await.refused(412, "PROJECTPOLICYVIOLATION");
            assert!(refused.text().contains("The image is not signed by cosign."));
        }
        guest.head(&path(reference)).send().await.expect(412);
    }
    // Who signs has to see what is not signed yet; saying so is not enough.
    let signer = |client: &Client| client.with("user-agent", "cosign/v2.6.5 (linux; amd64)");
    signer(&guest).get(&path("plain")).send().await.expect(412);
    signer(&maintainer).get(&path("plain")).send().await.expect(200);
    maintainer.head(&path("plain")).send().await.expect(200);

    let (signature, tag) = cosign(&index, "index");
    admin.push(REPO, &tag, &signature).await;
    guest.get(&path(&tag)).send().await.expect(200);
    guest.get(&path("index")).send().await.expect(200);
    guest.get(&path(&signed.manifest.digest.to_string())).send().await.expect(200);
    guest.get(&path("plain")).send().await.expect(412);
    let shown = admin.get(&format!("{ARTIFACTS}/signed?with_inherited_accessory=true")).send().await.expect(200).json();
    assert_eq!(shown["inherited_accessories"][0]["digest"], signature.manifest.digest.to_string());
    assert_eq!(shown["accessories"], Value::Null);

    admin
        .put(&format!("{key}enable_content_trust_cosign"))
        .json(&json!({ "enable_content_trust_cosign": "false" }))
        .send()
        .await
        .expect(200);
    guest.get(&path("plain")).send().await.expect(200);
}

/// A chart whose archive has the given entries.
pub(crate) fn chart(seed: &str, entries: &[(&str, &[u8])]) -> Image {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, bytes) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        packed.write_all(&header).unwrap();
        packed.write_all(bytes).unwrap();
        packed.write_all(&vec![0; bytes.len().next_multiple_of(512) - bytes.len()]).unwrap();
    }
    let config = json!({ "name": seed, "version": "1.2.3", "dependencies": [{ "name": "db", "version": "1.x" }] });
    let (config, layer) = (Blob::new(config.to_string()), Blob::new(packed.finish().unwrap()));
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(HELM_CONFIG),
        "layers": [layer.descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
    });
    Image { blobs: vec![config, layer], manifest: Manifest::new(OCI_MANIFEST, &json) }
}

async fn documents_of_a_chart(app: &TestApp) {
    let admin = app.admin();
    app.project("private", false).await;
    let entries: [(&str, &[u8]); 2] = [("app/values.yaml", b"replicas: 1\n"), ("app/README.md", b"# app\n")];
    admin.push("private/app", "v1", &chart("app", &entries)).await;
    let path =
        |addition: &str| format!("/api/v2.0/projects/private/repositories/app/artifacts/v1/additions/{addition}");
    for (addition, content_type, content) in [
        ("values.yaml", "text/plain; charset=utf-8", "replicas: 1\n"),
        ("readme.md", "text/markdown; charset=utf-8", "# app\n"),
        ("dependencies", "application/json; charset=utf-8", r#"[{"name":"db","version":"1.x"}]"#),
    ] {
        let reply = admin.get(&path(addition)).send().await.expect(200);
        assert_eq!((reply.header("content-type"), reply.text().as_str()), (content_type, content));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        app.anonymous().get(&path(addition)).send().await.refused(401, "UNAUTHORIZED");
    }
    admin.get(&path("build_history")).send().await.refused(400, "BAD_REQUEST");
    admin.get(&path("shoe")).send().await.refused(422, "UNPROCESSABLE_ENTITY");

    // A hundred kilobytes that would fill a hundred megabytes.
    let nothing = vec![0; 101 << 20];
    admin.push("private/app", "v1", &chart("bomb", &[("app/x", &nothing), ("app/values.yaml", b"late")])).await;
    let refused = admin.get(&path("values.yaml")).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    assert!(refused.text().contains("100 MiB"), "{}", refused.text());
}

async fn queries_and_switches(app: &TestApp) {
    let admin = app.admin();
    let (child, image) = (Image::new("child", 1), Image::new("image", 1));
    admin.push(REPO, &child.manifest.digest.to_string(), &child).await;
    admin.put_manifest(REPO, "index", &Manifest::index(&[&child.manifest])).await.expect(201);
    admin.push(REPO, "v1", &image).await;
    admin.push(REPO, "1.0", &chart("app", &[])).await;
    let untagged = Image::new("untagged", 1);
    admin.push(REPO, &untagged.manifest.digest.to_string(), &untagged).await;
    for (query, count) in [
        ("", 4),
        ("q=base=*", 5),
        ("q=tags=*", 3),
        ("q=tags=nil", 1),
        ("q=tags=~V", 1),
        ("q=type=CHART", 1),
        ("q=type=IMAGE,tags=v1", 1),
        ("q=push_time=[2001-01-01T00:00:00~]", 4),
        ("q=push_time=[~2001-01-01T00:00:00]", 0),
        ("q=labels=(1)", 0),
    ] {
        assert_eq!(list(&admin, query).await.len(), count, "{query}");
    }
    let digest = format!("q=digest={}", image.manifest.digest);
    assert_eq!(list(&admin, &digest).await.len(), 1);
    // What looks like a number is the name that somebody gave.
    admin.put_manifest(REPO, "007", &image.manifest).await.expect(201);
    for (query, count) in
        [("q=tags=007", 1), ("q=tags=7", 0), ("q=id__gt=0", 4), ("q=ID__lt=1", 0), ("q=Type=CHART", 1)]
    {
        assert_eq!(list(&admin, query).await.len(), count, "{query}");
    }
    for bad in ["q=base=x", "q=labels=1", "q=labels=(x)", "q=tags={a b}"] {
        admin.get(&format!("{ARTIFACTS}?{bad}")).send().await.refused(400, "BAD_REQUEST");
    }
    // The last page is the end of the same list.
    let digests =
        |rows: &Value| -> Vec<Value> { rows.as_array().unwrap().iter().map(|row| row["digest"].clone()).collect() };
    let all = digests(&Value::Array(list(&admin, "").await));
    let mut paged = Vec::new();
    for page in 1..=2 {
        let reply = admin.get(&format!("{ARTIFACTS}?page={page}&page_size=3")).send().await.expect(200);
        paged.extend(digests(&reply.json()));
    }
    assert_eq!(paged, all);

    let label = json!({ "name": "good", "scope": "g" });
    let label = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
    let label: i64 = label.rsplit('/').next().unwrap().parse().unwrap();
    admin.post(&format!("{ARTIFACTS}/v1/labels")).json(&json!({ "id": label })).send().await.expect(200);
    let labelled = list(&admin, &format!("q=labels=({label})&with_label=true")).await;
    assert_eq!(labelled.len(), 1);
    assert_eq!(labelled[0]["labels"][0]["name"], "good");
    assert!(list(&admin, &format!("q=labels=({label} {})", label + 1)).await.is_empty());
}

async fn pictures(app: &TestApp) {
    let admin = app.admin();
    let path = |digest: &str| format!("/api/v2.0/icons/{digest}");
    admin.push(REPO, "v1", &Image::new("image", 1)).await;
    let shown = admin.get(&format!("{ARTIFACTS}/v1")).send().await.expect(200).json();
    let icon = app.anonymous().get(&path(shown["icon"].as_str().unwrap())).send().await.expect(200).json();
    assert_eq!(icon["content-type"], "image/png");

    // An artifact of another kind may bring its own, if it is one.
    let thing = |picture: &Blob| {
        let mut layer = picture.descriptor("image/png");
        layer["annotations"] = json!({ "io.goharbor.artifact.v1alpha1.icon": "" });
        let config = Blob::new("{}");
        let json = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.thing",
            "config": config.descriptor(EMPTY), "layers": [layer],
        });
        Image { blobs: vec![config, picture.clone()], manifest: Manifest::new(OCI_MANIFEST, &json) }
    };
    let (picture, text) = (Blob::new(&b"\x89PNG\r\n\x1a\nrest"[..]), Blob::new(&b"<svg onload='alert(1)'/>"[..]));
    admin.push(REPO, "thing", &thing(&picture)).await;
    admin.push(REPO, "text", &thing(&text)).await;
    let shown = admin.get(&format!("{ARTIFACTS}/thing")).send().await.expect(200).json();
    assert_eq!(shown["icon"], picture.digest.to_string());
    app.anonymous().get(&path(&picture.digest.to_string())).send().await.expect(200);
    let layer = Image::new("image", 1).blobs.pop().unwrap().digest;
    for other in [text.digest.to_string(), layer.to_string(), "abc".to_owned()] {
        app.anonymous().get(&path(&other)).send().await.refused(404, "NOT_FOUND");
    }
}

async fn what_says_too_much_about_itself_is_listed_without(app: &TestApp) {
    let admin = app.admin();
    let long = "a".repeat(300 << 10);
    let config = Blob::new(json!({ "architecture": "amd64", "os": "linux", "author": long }).to_string());
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [], "annotations": { "long": long },
        "config": config.descriptor("application/vnd.oci.image.config.v1+json"),
    });
    let image = Image { blobs: vec![config], manifest: Manifest::new(OCI_MANIFEST, &json) };
    admin.push(REPO, "long", &image).await;
    let rows = list(&admin, "").await;
    assert_eq!(rows[0]["tags"][0]["name"], "long");
    assert!(rows[0].to_string().len() < 4096, "{}", rows[0].to_string().len());
    // The manifest is what was pushed.
    let manifest = admin.get(&format!("/v2/{REPO}/manifests/long")).send().await.expect(200);
    assert!(manifest.text().contains(&long));
}
