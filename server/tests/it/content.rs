//! What lies in artifacts and what refers to them, through `/api/berth/v1`.

use base64::{Engine, engine::general_purpose::STANDARD};
use berth_testkit::{Blob, Client, Image, Manifest, Reply, Role, TestApp, image::EMPTY, on_both};
use berth_types::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

const REPO: &str = "library/app";
const ARTIFACTS: &str = "/api/berth/v1/projects/library/repositories/app/artifacts";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";
const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

on_both!(
    children_are_told_apart,
    referrers_are_a_tree,
    lists_are_bounded,
    layers_say_who_shares_them,
    statements_are_read_as_facts,
    packages_are_read_and_searched,
    bytes_are_exact,
    a_chart_shows_its_readme,
    strangers_and_guests,
);

async fn get(client: &Client, reference: &str, part: &str) -> Reply {
    client.get(&format!("{ARTIFACTS}/{reference}/{part}")).send().await.expect(200)
}

/// An artifact of some layers, each with a media type and annotations, that may refer to another.
fn artifact(
    artifact_type: &str,
    layers: &[(&str, &str, Value)],
    subject: Option<&Manifest>,
    annotations: Value,
) -> Image {
    let config = Blob::new("{}");
    let blobs: Vec<Blob> = layers.iter().map(|(_, content, _)| Blob::new(content.to_string())).collect();
    let described = blobs.iter().zip(layers).map(|(blob, (media_type, _, annotations))| {
        let mut descriptor = blob.descriptor(media_type);
        descriptor["annotations"] = annotations.clone();
        descriptor
    });
    let mut json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(EMPTY),
        "layers": described.collect::<Vec<_>>(), "annotations": annotations,
    });
    if !artifact_type.is_empty() {
        json["artifactType"] = artifact_type.into();
    }
    if let Some(subject) = subject {
        json["subject"] = subject.descriptor();
    }
    let blobs = std::iter::once(config).chain(blobs).collect();
    Image { blobs, manifest: Manifest::new(OCI_MANIFEST, &json) }
}

async fn push(client: &Client, image: &Image) {
    client.push(REPO, &image.manifest.digest.to_string(), image).await;
}

fn provenance(builder: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2",
        "predicate": {
            "builder": { "id": builder }, "buildType": "https://mobyproject.org/buildkit@v1",
            "invocation": { "configSource": { "uri": "https://git.example.com/app", "digest": { "sha1": "4e1f09c" } } },
            "materials": [{ "uri": "pkg:docker/alpine@3.20", "digest": { "sha256": "aa" } }],
        },
    })
}

fn spdx(names: &[&str]) -> Value {
    let packages: Vec<Value> =
        names.iter().map(|name| json!({ "name": name, "versionInfo": "1.0", "licenseDeclared": "MIT" })).collect();
    json!({ "spdxVersion": "SPDX-2.3", "packages": packages })
}

/// What BuildKit pushes: an image, what it says about it, and an index of both.
async fn built(client: &Client, tag: &str) -> (Image, Image) {
    let image = Image::new(tag, 2);
    push(client, &image).await;
    let sbom = json!({ "predicateType": "https://spdx.dev/Document", "predicate": spdx(&["musl", "busybox"]) });
    let says = artifact(
        "",
        &[
            (
                IN_TOTO,
                &provenance("").to_string(),
                json!({ "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" }),
            ),
            (IN_TOTO, &sbom.to_string(), json!({ "in-toto.io/predicate-type": "https://spdx.dev/Document" })),
        ],
        None,
        json!({}),
    );
    push(client, &says).await;
    let mut child = image.manifest.descriptor();
    child["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
    let mut attestation = says.manifest.descriptor();
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    attestation["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image.manifest.digest.to_string(),
    });
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [attestation, child] });
    client.put_manifest(REPO, tag, &Manifest::new(OCI_INDEX, &index)).await.expect(201);
    (image, says)
}

async fn children_are_told_apart(app: &TestApp) {
    let admin = app.admin();
    let (image, says) = built(&admin, "v1").await;
    push(&admin, &Image::referring(&image.manifest, "application/vnd.example.review", "review")).await;
    let reply = get(&admin, "v1", "children").await;
    assert_eq!(reply.header("x-total-count"), "2");
    let rows = reply.json();
    assert_eq!(rows[0]["attestation"], true);
    assert_eq!(rows[0]["about"], image.manifest.digest.to_string());
    assert_eq!(rows[0]["digest"], says.manifest.digest.to_string());
    assert_eq!(rows[0].get("platform"), None, "nothing is for an unknown platform");
    let child = json!({
        "digest": image.manifest.digest.to_string(), "media_type": OCI_MANIFEST, "platform": "linux/arm64/v8",
        "size": image.size(), "layers": 2, "referrers": 1, "present": true,
    });
    assert_eq!(rows[1], child);
    let second = get(&admin, "v1", "children?page=2&page_size=1").await.json();
    assert_eq!(second[0]["platform"], "linux/arm64/v8");
    assert_eq!(get(&admin, &image.manifest.digest.to_string(), "children").await.json(), json!([]));
}

async fn referrers_are_a_tree(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    let says = artifact(BUNDLE, &[(BUNDLE, "{}", json!({}))], Some(&image.manifest), json!({ "dev.example": "yes" }));
    push(&admin, &says).await;
    let review = artifact(
        "application/vnd.example.review",
        &[("text/plain", "fine", json!({ "org.opencontainers.image.title": "review.txt" }))],
        Some(&image.manifest),
        json!({}),
    );
    push(&admin, &review).await;
    let mut last = says.manifest.clone();
    for n in 0..5 {
        let deeper = Image::referring(&last, "application/vnd.example.deeper", &n.to_string());
        push(&admin, &deeper).await;
        last = deeper.manifest;
    }
    let reply = get(&admin, "v1", "referrers").await;
    assert_eq!(reply.header("x-total-count"), "2");
    let tree = reply.json();
    assert_eq!((&tree[0]["kind"], &tree[1]["kind"]), (&json!("signature.cosign"), &json!("subject.accessory")));
    assert_eq!(tree[0]["annotations"], json!({ "dev.example": "yes" }));
    assert_eq!(tree[1]["files"][0]["title"], "review.txt");
    assert_eq!(tree[1]["files"][0]["present"], true);
    // Each below the one it refers to, and no deeper than one answer goes.
    let mut depth = 1;
    let mut node = &tree[0];
    while let Some(below) = node["referrers"].as_array() {
        assert_eq!((below.len(), &node["referrer_count"]), (1, &json!(1)));
        (node, depth) = (&below[0], depth + 1);
    }
    assert_eq!((depth, &node["referrer_count"]), (4, &json!(1)));
    let only = get(&admin, "v1", "referrers?q=type=signature.cosign").await;
    assert_eq!((only.header("x-total-count"), only.json().as_array().unwrap().len()), ("1", 1));
    let second = get(&admin, "v1", "referrers?page=2&page_size=1").await.json();
    assert_eq!(second[0]["artifact_type"], "application/vnd.example.review");
}

async fn lists_are_bounded(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push(REPO, "v1", &image).await;
    for n in 0..105 {
        push(&admin, &Image::referring(&image.manifest, "application/vnd.example.note", &n.to_string())).await;
    }
    // The one that matters most is the last to come.
    push(&admin, &Image::referring(&image.manifest, "application/vnd.cncf.notary.signature", "signed")).await;
    let path = "/api/v2.0/projects/library/repositories/app/artifacts/v1";
    let shown = admin.get(&format!("{path}?with_accessory=true")).send().await.expect(200).json();
    let accessories = shown["accessories"].as_array().unwrap();
    assert_eq!(accessories.len(), 100);
    assert!(accessories.iter().any(|accessory| accessory["type"] == "signature.notation"));
    let last = admin.get(&format!("{path}/accessories?page=11&page_size=10")).send().await.expect(200);
    assert_eq!((last.header("x-total-count"), last.json().as_array().unwrap().len()), ("106", 6));
    let signed = admin.get(&format!("{path}/accessories?q=type=signature.notation")).send().await.expect(200);
    assert_eq!(signed.header("x-total-count"), "1");
    let digest = signed.json()[0]["digest"].as_str().unwrap().to_owned();
    let by_digest = admin.get(&format!("{path}/accessories?q=digest={digest}")).send().await.expect(200);
    assert_eq!(by_digest.json()[0]["type"], "signature.notation");

    // An index of very many is shown in part; all of its lines are on the pages of its children.
    let lines: Vec<Value> = (0..300)
        .map(|n| {
            let mut line = image.manifest.descriptor();
            line["platform"] = json!({ "os": "linux", "architecture": format!("a{n}") });
            line
        })
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": lines });
    admin.put_manifest(REPO, "many", &Manifest::new(OCI_INDEX, &index)).await.expect(201);
    let many = admin.get("/api/v2.0/projects/library/repositories/app/artifacts/many").send().await.expect(200).json();
    assert_eq!(many["references"].as_array().unwrap().len(), 200);
    let page = get(&admin, "many", "children?page=3&page_size=100").await;
    assert_eq!(page.header("x-total-count"), "300");
    assert_eq!(page.json()[99]["platform"], "linux/a299");
}

async fn layers_say_who_shares_them(app: &TestApp) {
    let admin = app.admin();
    app.project("other", true).await;
    let (base, top) = (Blob::random("base", 500), Blob::random("top", 300));
    let image = Image::with_layers("one", vec![base.clone(), top]);
    admin.push(REPO, "v1", &image).await;
    admin.push(REPO, "v2", &Image::with_layers("two", vec![base.clone()])).await;
    admin.push("library/more", "v1", &Image::with_layers("three", vec![base.clone(), base.clone()])).await;
    // What other projects hold is theirs to tell.
    admin.push("other/app", "v1", &Image::with_layers("four", vec![base])).await;
    let layers = get(&admin, "v1", "layers").await.json();
    assert_eq!((&layers[0]["shared_by"], &layers[1]["shared_by"]), (&json!(2), &json!(0)));
    assert_eq!((&layers[0]["size"], &layers[0]["created_by"]), (&json!(500), &json!("RUN step 0")));
}

async fn statements_are_read_as_facts(app: &TestApp) {
    let admin = app.admin();
    let (image, _) = built(&admin, "v1").await;
    let of_index = get(&admin, "v1", "attestations").await.json();
    assert_eq!(of_index.as_array().unwrap().len(), 2);
    assert_eq!(of_index[0]["platform"], "linux/arm64/v8");
    assert_eq!(of_index[0]["predicate_type"], "https://slsa.dev/provenance/v0.2");
    assert_eq!(
        (&of_index[0]["source"], &of_index[0]["revision"]),
        (&json!("https://git.example.com/app"), &json!("4e1f09c"))
    );
    assert_eq!((&of_index[0]["signed"], &of_index[0]["material_count"]), (&json!(false), &json!(1)));
    assert_eq!(of_index[1]["predicate_type"], "https://spdx.dev/Document");
    // The image shows what its index says of it.
    let digest = image.manifest.digest.to_string();
    let of_image = get(&admin, &digest, "attestations").await.json();
    assert_eq!(of_image[0]["digest"], of_index[0]["digest"]);
    assert_eq!(of_image[0].get("platform"), None);

    let signed =
        json!({ "payloadType": IN_TOTO, "payload": STANDARD.encode(provenance("https://ci.example").to_string()) });
    let bundle = json!({ "mediaType": BUNDLE, "dsseEnvelope": signed });
    let predicate = json!({ "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v0.2" });
    push(&admin, &artifact(DSSE, &[(DSSE, &signed.to_string(), json!({}))], Some(&image.manifest), json!({}))).await;
    push(&admin, &artifact(BUNDLE, &[(BUNDLE, &bundle.to_string(), json!({}))], Some(&image.manifest), predicate))
        .await;
    push(&admin, &artifact(BUNDLE, &[(BUNDLE, "{\"a\":1}", json!({}))], Some(&image.manifest), json!({}))).await;
    push(&admin, &artifact(DSSE, &[(DSSE, "no JSON", json!({}))], Some(&image.manifest), json!({}))).await;
    let told = get(&admin, &digest, "attestations").await.json();
    let told = told.as_array().unwrap();
    let builders = told.iter().filter(|fact| fact["builder"] == "https://ci.example" && fact["signed"] == true).count();
    assert_eq!((told.len(), builders), (5, 2), "a bundle that signs is no statement: {told:?}");
    assert!(told.iter().any(|fact| fact["problem"] == "unreadable"));
    // One that is larger than what is read is told, and not read.
    let large = format!("{}{}", " ".repeat(5 << 20), provenance("x"));
    push(&admin, &artifact(DSSE, &[(DSSE, &large, json!({}))], Some(&image.manifest), json!({}))).await;
    let told = get(&admin, &digest, "attestations").await.json();
    assert!(told.as_array().unwrap().iter().any(|fact| fact["problem"] == "too_large"));
    assert_eq!(get(&admin, "v1", "attestations").await.json().as_array().unwrap().len(), 2);
}

async fn packages_are_read_and_searched(app: &TestApp) {
    let admin = app.admin();
    let (image, _) = built(&admin, "v1").await;
    let digest = image.manifest.digest.to_string();
    let found = get(&admin, "v1", "sboms").await.json();
    assert_eq!((&found[0]["format"], &found[0]["platform"]), (&json!("SPDX"), &json!("linux/arm64/v8")));
    let names = |reply: &Reply| -> Vec<String> {
        reply.json().as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&get(&admin, "v1", "packages").await), ["busybox", "musl"]);
    let cyclonedx = json!({ "bomFormat": "CycloneDX", "components": [
        { "type": "library", "name": "openssl", "version": "3.0", "licenses": [{ "license": { "id": "Apache-2.0" } }],
          "purl": "pkg:deb/debian/openssl@3.0" },
        { "type": "library", "name": "zlib" },
    ] });
    let attached = artifact(
        "application/vnd.cyclonedx+json",
        &[("application/vnd.cyclonedx+json", &cyclonedx.to_string(), json!({}))],
        Some(&image.manifest),
        json!({}),
    );
    push(&admin, &attached).await;
    push(
        &admin,
        &artifact(
            "application/spdx+json",
            &[("application/spdx+json", "[]", json!({}))],
            Some(&image.manifest),
            json!({}),
        ),
    )
    .await;
    let documents = get(&admin, &digest, "sboms").await.json();
    assert_eq!(documents.as_array().unwrap().len(), 3);
    let of = |format: &str, media_type: &str| {
        let all = documents.as_array().unwrap().iter();
        let mut all = all.filter(|row| row["format"] == format && row["media_type"] == media_type);
        all.next().unwrap()["digest"].as_str().unwrap().to_owned()
    };
    let sbom = of("CycloneDX", "application/vnd.cyclonedx+json");
    let all = get(&admin, &digest, &format!("packages?sbom={sbom}")).await;
    assert_eq!(all.header("x-total-count"), "2");
    let first = json!({ "name": "openssl", "version": "3.0", "kind": "deb", "licence": "Apache-2.0",
        "purl": "pkg:deb/debian/openssl@3.0" });
    assert_eq!(all.json()[0], first);
    for (query, expected) in
        [("q=name=~ZLIB", vec!["zlib"]), ("q=name=~apache", vec!["openssl"]), ("page=2&page_size=1", vec!["zlib"])]
    {
        assert_eq!(names(&get(&admin, &digest, &format!("packages?sbom={sbom}&{query}")).await), expected, "{query}");
    }
    let path = |sbom: &str| format!("{ARTIFACTS}/{digest}/packages?sbom={sbom}");
    let unreadable = of("SPDX", "application/spdx+json");
    admin.get(&path(&unreadable)).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    // A digest that is in the repository, but no SBOM.
    admin.get(&path(&image.blobs[0].digest.to_string())).send().await.refused(404, "NOT_FOUND");
    admin.push(REPO, "plain", &Image::new("plain", 1)).await;
    assert_eq!(get(&admin, "plain", "packages").await.json(), json!([]));
}

async fn bytes_are_exact(app: &TestApp) {
    let admin = app.admin();
    let image = Image::new("image", 2);
    admin.push(REPO, "v1", &image).await;
    let manifest = get(&admin, "v1", "manifest").await;
    assert_eq!(manifest.body, image.manifest.bytes);
    assert_eq!(manifest.header("docker-content-digest"), image.manifest.digest.to_string());
    let config = get(&admin, "v1", "config").await;
    assert_eq!(config.body, image.blobs[0].bytes);
    let layer = get(&admin, "v1", &format!("content?digest={}", image.blobs[2].digest)).await;
    assert_eq!(layer.body, image.blobs[2].bytes);
    for reply in [manifest, config, layer] {
        assert_eq!(
            (reply.header("content-disposition"), reply.header("x-content-type-options")),
            ("attachment", "nosniff")
        );
    }
    admin.get(&format!("{ARTIFACTS}/v1/content")).send().await.refused(400, "BAD_REQUEST");
    for other in [image.blobs[0].digest.to_string(), Blob::new("elsewhere").digest.to_string(), "shoe".to_owned()] {
        admin.get(&format!("{ARTIFACTS}/v1/content?digest={other}")).send().await.refused(404, "NOT_FOUND");
    }
    admin.put_manifest(REPO, "index", &Manifest::index(&[&image.manifest])).await.expect(201);
    admin.get(&format!("{ARTIFACTS}/index/config")).send().await.refused(404, "NOT_FOUND");
    // Nothing of this was a pull.
    let shown = admin.get("/api/v2.0/projects/library/repositories/app/artifacts/v1").send().await.expect(200).json();
    assert!(shown["pull_time"].as_str().unwrap().starts_with("0001-01-01"), "{shown}");
    // What is no JSON is given back as it is, and its page is told in words.
    let odd = Blob::new("{ no JSON");
    let json = json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": odd.descriptor(CONFIG), "layers": [] });
    admin.push(REPO, "odd", &Image { blobs: vec![odd.clone()], manifest: Manifest::new(OCI_MANIFEST, &json) }).await;
    assert_eq!(get(&admin, "odd", "config").await.body, odd.bytes);
    assert_eq!(get(&admin, "odd", "layers").await.json(), json!([]));
}

async fn a_chart_shows_its_readme(app: &TestApp) {
    let admin = app.admin();
    let readme = b"# App\n\n<script>alert(1)</script>\n\n[go](javascript:alert(1)) **fine**";
    admin.push(REPO, "1.0.0", &crate::artifacts::chart("app", &[("app/README.md", readme)])).await;
    let shown = get(&admin, "1.0.0", "readme").await.json();
    let html = shown["html"].as_str().unwrap();
    assert!(html.contains("<strong>fine</strong>") && !html.contains("script"), "{html}");
    admin.push(REPO, "2.0.0", &crate::artifacts::chart("none", &[("none/values.yaml", b"a: 1")])).await;
    assert_eq!(get(&admin, "2.0.0", "readme").await.json()["html"], "");
    admin.push(REPO, "image", &Image::new("image", 1)).await;
    admin.get(&format!("{ARTIFACTS}/image/readme")).send().await.refused(400, "BAD_REQUEST");
}

async fn strangers_and_guests(app: &TestApp) {
    app.project("private", false).await;
    let image = Image::new("image", 1);
    app.admin().push("private/app", "v1", &image).await;
    let guest = app.user_in("private", "guest", Role::LimitedGuest).await;
    let stranger = app.user("stranger").await;
    let path = |part: &str| format!("/api/berth/v1/projects/private/repositories/app/artifacts/v1/{part}");
    let digest = format!("content?digest={}", image.blobs[1].digest);
    for part in ["children", "referrers", "attestations", "sboms", "packages", "manifest", "config", &digest, "layers"]
    {
        guest.get(&path(part)).send().await.expect(200);
        stranger.get(&path(part)).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&path(part)).send().await.refused(401, "UNAUTHORIZED");
    }
    for part in ["children", "referrers", "manifest", "content"] {
        let missing = path(part).replace("/v1/", "/v9/").replacen("/v9/", "/v1/", 1);
        guest.get(&missing).send().await.refused(404, "NOT_FOUND");
    }
}
