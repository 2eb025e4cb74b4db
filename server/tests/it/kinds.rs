//! What artifacts are and hold, told by the bytes that clients push: kinds, cards of models, layers with their history.

use berth_testkit::{
    Blob, Client, Image, Manifest, Reply, TestApp,
    image::{CONFIG, EMPTY, LAYER},
    on_both,
};
use berth_types::media_type::OCI_MANIFEST;
use serde_json::{Value, json};

const REPO: &str = "library/app";
const ARTIFACTS: &str = "/api/berth/v1/projects/library/repositories/app/artifacts";

on_both!(layers_meet_their_history, kinds_are_told_apart_and_a_model_shows_its_card);

async fn get(client: &Client, reference: &str, part: &str) -> Reply {
    client.get(&format!("{ARTIFACTS}/{reference}/{part}")).send().await.expect(200)
}

async fn layers_meet_their_history(app: &TestApp) {
    let admin = app.admin();
    let image = |tag: &str, history: Value| {
        let layers: Vec<Blob> = (1..=3).map(|n| Blob::random(&format!("{tag} {n}"), n * 100)).collect();
        let config = json!({ "architecture": "amd64", "os": "linux", "history": history });
        let config = Blob::new(config.to_string());
        let described: Vec<Value> = layers.iter().map(|layer| layer.descriptor(LAYER)).collect();
        let json = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(CONFIG), "layers": described,
        });
        let blobs = std::iter::once(config).chain(layers).collect();
        Image { blobs, manifest: Manifest::new(OCI_MANIFEST, &json) }
    };
    let line = |by: &str| json!({ "created_by": by });
    let empty = |by: &str| json!({ "created_by": by, "empty_layer": true });
    // Lines without a layer before, between and behind those that have one.
    let history =
        json!([empty("ARG V"), line("ADD"), empty("ENV"), empty("USER"), line("RUN"), line("COPY"), empty("CMD")]);
    let seen = async |tag: &str, history: Value| {
        let image = image(tag, history);
        admin.push(REPO, tag, &image).await;
        let rows = get(&admin, tag, "layers").await.json();
        let rows = rows.as_array().unwrap().clone();
        // Each layer is there once, in its place, whatever the history says.
        let digests: Vec<&str> = rows.iter().filter_map(|row| row["digest"].as_str()).collect();
        let pushed: Vec<String> = image.blobs[1..].iter().map(|blob| blob.digest.to_string()).collect();
        assert_eq!(digests, pushed, "{tag}");
        let told = rows.iter().map(|row| format!("{} {}", row["created_by"].as_str().unwrap(), row["size"]));
        told.collect::<Vec<_>>()
    };
    let whole = ["ARG V 0", "ADD 100", "ENV 0", "USER 0", "RUN 200", "COPY 300", "CMD 0"];
    assert_eq!(seen("whole", history).await, whole);
    assert_eq!(seen("short", json!([empty("ENV"), line("ADD")])).await, ["ENV 0", "ADD 100", " 200", " 300"]);
    assert_eq!(seen("none", json!([])).await, [" 100", " 200", " 300"]);
}

async fn kinds_are_told_apart_and_a_model_shows_its_card(app: &TestApp) {
    let admin = app.admin();
    let typed = |config_type: &str, layers: &[(&str, &str, &str)]| {
        let config = Blob::new(json!({ "of": config_type }).to_string());
        let blobs: Vec<Blob> = layers.iter().map(|(_, content, _)| Blob::new((*content).to_owned())).collect();
        let described = blobs.iter().zip(layers).map(|(blob, (media_type, _, path))| {
            let mut descriptor = blob.descriptor(media_type);
            descriptor["annotations"] = json!({ "org.cncf.model.filepath": path });
            descriptor
        });
        let json = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(config_type),
            "layers": described.collect::<Vec<_>>(),
        });
        let blobs = std::iter::once(config).chain(blobs).collect();
        Image { blobs, manifest: Manifest::new(OCI_MANIFEST, &json) }
    };
    let document = "application/vnd.cncf.model.doc.v1.raw";
    let card = [
        (document, "# Model\n\n<script>alert(1)</script>\n\n**fine**", "README.md"),
        (document, "Apache-2.0", "LICENSE"),
        ("application/vnd.cncf.model.weight.v1.raw", "numbers", "weights/a.bin"),
    ];
    for (tag, config_type, kind) in [
        ("image", CONFIG, "IMAGE"),
        ("chart", "application/vnd.cncf.helm.config.v1+json", "CHART"),
        ("module", "application/vnd.wasm.config.v1+json", "WASM"),
        ("flux", "application/vnd.cncf.flux.config.v1+json", "FLUX"),
        ("sbom", "application/vnd.goharbor.harbor.sbom.v1", "SBOM"),
        ("files", EMPTY, "UNKNOWN"),
        ("model", "application/vnd.cncf.model.config.v1+json", "CNAI"),
    ] {
        let layers: &[_] = if tag == "model" { &card } else { &[] };
        admin.push(REPO, tag, &typed(config_type, layers)).await;
        let harbor = format!("/api/v2.0/projects/library/repositories/app/artifacts/{tag}");
        assert_eq!(admin.get(&harbor).send().await.expect(200).json()["type"], kind);
        let tags = admin.get("/api/berth/v1/projects/library/repositories/app/tags").send().await;
        let tags = tags.expect(200).json();
        let row = tags.as_array().unwrap().iter().find(|row| row["name"] == tag).unwrap();
        assert_eq!(row["kind"], kind);
    }
    let html = get(&admin, "model", "readme").await.json()["html"].as_str().unwrap().to_owned();
    assert!(html.contains("<h3>Model</h3>") && html.contains("<strong>fine</strong>"), "{html}");
    assert!(!html.contains("script"), "{html}");
    let addition = |name: &str| format!("/api/v2.0/projects/library/repositories/app/artifacts/model/additions/{name}");
    assert_eq!(admin.get(&addition("license")).send().await.expect(200).text(), "Apache-2.0");
    let files = admin.get(&addition("files")).send().await.expect(200).json();
    assert_eq!((&files[0]["name"], &files[0]["children"][0]["name"]), (&json!("weights"), &json!("a.bin")));
}
