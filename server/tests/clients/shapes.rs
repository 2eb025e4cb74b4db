//! What is pushed every day beside plain images: pushed byte by byte, pulled by clients that share no code.

use std::fs;
use std::path::Path;

use berth_testkit::{Blob, Client, Image as Artifact, Manifest, image};
use berth_types::media_type::{OCI_INDEX, OCI_MANIFEST};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::berth::{Berth, PASSWORD, Role, text};
use crate::container;
use crate::image::{CONFIG_TYPE, Image, LAYER_TYPE};
use crate::known::{Trio, Which, ok};
use crate::podman::podman;

/// The largest manifest that is taken.
const MANIFEST_BYTES_MAX: usize = 4 << 20;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Pulls with each of `clients` and compares every byte of what must come.
async fn comes_back(trio: &Trio, berth: &Berth, clients: &[Which], name: &str, expected: &[(String, Vec<u8>)]) {
    for which in clients {
        let layout = berth.scratch(&format!("{which:?}-{}", name.replace(['/', ':', '@'], "-")));
        ok(trio.pull(*which, &berth.image(name), &layout)).await;
        for (digest, bytes) in expected {
            let path = layout.join("blobs").join(digest.replace(':', "/"));
            let found = fs::read(&path).unwrap_or_else(|error| panic!("{which:?} did not bring {digest}: {error}"));
            assert!(found == *bytes, "{which:?} brought other bytes for {digest}");
        }
    }
}

fn parts(artifact: &Artifact) -> Vec<(String, Vec<u8>)> {
    let blobs = artifact.blobs.iter().map(|blob| (blob.digest.to_string(), blob.bytes.to_vec()));
    blobs.chain([manifest_part(&artifact.manifest)]).collect()
}

fn manifest_part(manifest: &Manifest) -> (String, Vec<u8>) {
    (manifest.digest.to_string(), manifest.bytes.to_vec())
}

fn descriptor(media_type: &str, blob: &Blob) -> Value {
    json!({ "mediaType": media_type, "digest": blob.digest.to_string(), "size": blob.bytes.len() })
}

/// A manifest of the OCI's over a configuration and layers.
fn artifact(config: (&str, Blob), layers: Vec<(&str, Blob)>) -> Artifact {
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(config.0, &config.1),
        "layers": layers.iter().map(|(media_type, blob)| descriptor(media_type, blob)).collect::<Vec<_>>(),
    });
    let layers = layers.into_iter().map(|(_, blob)| blob);
    Artifact { blobs: std::iter::once(config.1).chain(layers).collect(), manifest: Manifest::new(OCI_MANIFEST, &json) }
}

/// An image that runs.
fn runnable(name: &str) -> Artifact {
    let image = Image::of_layers(name, 2);
    let layers = image.layers().iter().map(|layer| (LAYER_TYPE, Blob::new(layer.clone()))).collect();
    artifact((CONFIG_TYPE, Blob::new(image.config())), layers)
}

/// What buildx pushes: for each platform an image, and beside it what tells how it was built.
pub struct Attested {
    images: Vec<Artifact>,
    index: Manifest,
}

impl Attested {
    /// For two platforms, of which one is that of most machines.
    pub fn new(name: &str) -> Self {
        let (mut children, mut images) = (Vec::new(), Vec::new());
        for architecture in ["amd64", "arm64"] {
            let image = runnable(&format!("{name} {architecture}"));
            let statement = json!({ "_type": "https://in-toto.io/Statement/v0.1", "of": image.manifest.digest });
            let statement = Blob::new(statement.to_string());
            let config = json!({
                "architecture": "unknown", "os": "unknown", "config": {},
                "rootfs": { "type": "layers", "diff_ids": [statement.digest.to_string()] },
            });
            let layers = vec![("application/vnd.in-toto+json", statement)];
            let attestation = artifact((CONFIG_TYPE, Blob::new(config.to_string())), layers);
            let mut child = image.manifest.descriptor();
            child["platform"] = json!({ "os": "linux", "architecture": architecture });
            children.push(child);
            let mut child = attestation.manifest.descriptor();
            child["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
            child["annotations"] = json!({
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": image.manifest.digest.to_string(),
            });
            children.push(child);
            images.extend([image, attestation]);
        }
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children });
        Attested { images, index: Manifest::new(OCI_INDEX, &index) }
    }

    /// Pushes all of it, the index last.
    pub async fn push(&self, client: &Client, repository: &str, tag: &str) {
        for image in &self.images {
            client.push(repository, &image.manifest.digest.to_string(), image).await;
        }
        client.put_manifest(repository, tag, &self.index).await.expect(201);
    }
}

#[tokio::test]
async fn indexes_with_attestations_and_build_caches() {
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let alice = berth.plain("alice");

    let attested = Attested::new("shapes");
    attested.push(&alice, "team/attested", "v1").await;
    let index = &attested.index;
    let images = attested.images.iter().flat_map(parts);
    let expected: Vec<_> = images.chain([manifest_part(index)]).collect();
    comes_back(&trio, &berth, &Which::ALL, "team/attested:v1", &expected).await;
    let (status, told) = berth.api(Method::GET, "/projects/team/repositories/attested/artifacts/v1", None).await;
    assert_eq!((status, told["references"].as_array().unwrap().len()), (StatusCode::OK, 4), "{told}");
    // A client that wants to run it takes the image of its platform.
    pulls_and_runs(&berth, &berth.image("team/attested:v1")).await;
    let copy = berth.image("open/attested:v1");
    trio.regctl.ok(&["image", "copy", &berth.image("team/attested:v1"), &copy]).await;
    assert_eq!(trio.crane.ok(&["digest", &copy]).await, index.digest.to_string());

    // As buildkit exports its cache: the children of the index are layers and a configuration.
    let (layer, config) = (Blob::random("cache", 5000), Blob::new(json!({ "layers": [], "records": [] }).to_string()));
    for blob in [&layer, &config] {
        alice.push_blob("team/cache", blob).await;
    }
    let children = [descriptor(image::LAYER, &layer), descriptor("application/vnd.buildkit.cacheconfig.v0", &config)];
    let cache = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children });
    let cache = Manifest::new(OCI_INDEX, &cache);
    alice.put_manifest("team/cache", "buildcache", &cache).await.expect(201);
    let blobs = [&layer, &config].map(|blob| (blob.digest.to_string(), blob.bytes.to_vec()));
    let expected = [&blobs[..], &[manifest_part(&cache)]].concat();
    comes_back(&trio, &berth, &[Which::Crane, Which::Regctl], "team/cache:buildcache", &expected).await;
    assert_eq!(trio.manifest(Which::Skopeo, &berth.image("team/cache:buildcache")).await.as_bytes(), &cache.bytes[..]);
}

#[tokio::test]
async fn compressed_by_zstd_and_a_hundred_layers() {
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let folder = berth.scratch("archives");

    let (archive, image) = (folder.join("zstd.tar"), berth.image("team/zstd:v1"));
    Image::of_layers("zstd", 3).save(&archive, "zstd:local");
    let (source, target) = (format!("docker-archive:{}", text(&archive)), format!("docker://{image}"));
    let push = ["copy", "--dest-tls-verify=false", "--format", "oci", "--dest-compress-format", "zstd"];
    trio.skopeo.ok(&[&push[..], &[&source, &target]].concat()).await;
    let manifest: Value = serde_json::from_str(&trio.manifest(Which::Crane, &image).await).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    assert!(layers.iter().all(|layer| layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"));
    for which in Which::ALL {
        let layout = berth.scratch(&format!("zstd-{which:?}"));
        ok(trio.pull(which, &image, &layout)).await;
        for layer in layers {
            let path = layout.join("blobs").join(layer["digest"].as_str().unwrap().replace(':', "/"));
            let bytes = fs::read(path).unwrap();
            assert!(bytes.starts_with(&ZSTD_MAGIC), "{which:?} brought something else");
            assert_eq!(layer["size"], bytes.len());
        }
    }
    pulls_and_runs(&berth, &image).await;

    let (layout, image) = (folder.join("hundred"), berth.image("team/hundred:v1"));
    let digest = Image::of_layers("hundred", 100).layout(&layout, "local");
    ok(trio.push(Which::Skopeo, &layout, &image)).await;
    assert_eq!(trio.crane.ok(&["digest", &image]).await, digest);
    for which in Which::ALL {
        let back = berth.scratch(&format!("hundred-{which:?}"));
        ok(trio.pull(which, &image, &back)).await;
        assert_eq!(fs::read_dir(back.join("blobs/sha256")).unwrap().count(), 102, "layers, configuration, manifest");
    }
    pulls_and_runs(&berth, &image).await;
    let (status, told) = berth.api(Method::GET, "/projects/team/repositories/hundred/artifacts/v1", None).await;
    assert_eq!((status, &told["digest"]), (StatusCode::OK, &json!(digest)));
}

#[tokio::test]
async fn foreign_layers_and_artifacts_without_a_configuration() {
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let alice = berth.plain("alice");

    // The base of a Windows image is not here, only where it is to be had.
    let image = runnable("foreign");
    let mut json: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    let elsewhere = json!({
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "digest": Blob::random("elsewhere", 10).digest.to_string(), "size": 1 << 30,
        "urls": ["https://layers.example/base"],
    });
    json["layers"].as_array_mut().unwrap().insert(0, elsewhere);
    let foreign = Artifact { blobs: image.blobs.clone(), manifest: Manifest::new(OCI_MANIFEST, &json) };
    alice.push("team/foreign", "v1", &foreign).await;
    let (here, there) = (berth.image("team/foreign:v1"), berth.image("open/foreign:v1"));
    for which in Which::ALL {
        assert_eq!(trio.manifest(which, &here).await.as_bytes(), &foreign.manifest.bytes[..], "{which:?}");
    }
    trio.crane.ok(&["copy", &here, &there]).await;
    let copied = trio.manifest(Which::Regctl, &there).await;
    assert_eq!(copied.as_bytes(), &foreign.manifest.bytes[..]);
    trio.regctl.ok(&["image", "copy", &here, &berth.image("open/foreign:v2")]).await;
    comes_back(&trio, &berth, &[Which::Regctl], "open/foreign:v2", &parts(&foreign)).await;

    // An artifact: an empty configuration, a type of its own, content that is no file system.
    let (config, content) = (Blob::new("{}"), Blob::random("content", 4000));
    let json = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.model",
        "config": descriptor(image::EMPTY, &config), "layers": [descriptor("application/octet-stream", &content)],
    });
    let model = Artifact { blobs: vec![config, content], manifest: Manifest::new(OCI_MANIFEST, &json) };
    alice.push("team/model", "v1", &model).await;
    comes_back(&trio, &berth, &[Which::Crane, Which::Regctl], "team/model:v1", &parts(&model)).await;
    assert_eq!(trio.manifest(Which::Skopeo, &berth.image("team/model:v1")).await.as_bytes(), &model.manifest.bytes[..]);
}

#[tokio::test]
async fn manifests_up_to_four_mebibytes() {
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let alice = berth.plain("alice");
    let image = runnable("large");
    alice.push("team/large", "small", &image).await;

    let padded = |bytes: usize| {
        let mut json: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
        json["annotations"] = json!({ "org.example.padding": "" });
        let padding = bytes - json.to_string().len();
        json["annotations"]["org.example.padding"] = json!("x".repeat(padding));
        let manifest = Manifest::new(OCI_MANIFEST, &json);
        assert_eq!(manifest.bytes.len(), bytes);
        manifest
    };
    let largest = padded(MANIFEST_BYTES_MAX);
    let put = ["manifest", "put", "--content-type", OCI_MANIFEST];
    let by_client = berth.image("team/large:regctl");
    trio.regctl.ok_with_input(&[&put[..], &[&by_client]].concat(), &largest.bytes).await;
    alice.put_manifest("team/large", "plain", &largest).await.expect(201);
    for name in ["team/large:regctl", "team/large:plain"] {
        for which in [Which::Crane, Which::Regctl] {
            let found = trio.manifest(which, &berth.image(name)).await;
            assert!(found.as_bytes() == &largest.bytes[..], "{which:?} brought {} bytes of {name}", found.len());
        }
    }

    let over = padded(MANIFEST_BYTES_MAX + 1);
    alice.put_manifest("team/large", "over", &over).await.expect(413);
    let said =
        trio.regctl.refused_with_input(&[&put[..], &[&berth.image("team/large:over")]].concat(), &over.bytes).await;
    assert!(said.contains("413") || said.to_lowercase().contains("too large"), "{said}");
    trio.crane.refused(&["manifest", &berth.image("team/large:over")]).await;
}

#[tokio::test]
async fn deep_names_and_sha512() {
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    let digest = Image::of_layers("deep", 2).layout(&layout, "local");

    let deep = berth.image("team/a/b-b/c__c/d.d:v1.0");
    for which in Which::ALL {
        ok(trio.push(which, &layout, &deep)).await;
        assert_eq!(trio.crane.ok(&["digest", &deep]).await, digest, "{which:?}");
        ok(trio.pull(which, &deep, &berth.scratch(&format!("deep-{which:?}")))).await;
    }
    assert_eq!(trio.regctl.ok(&["tag", "ls", &berth.image("team/a/b-b/c__c/d.d")]).await, "v1.0");
    assert_eq!(berth.tags("team", "a/b-b/c__c/d.d").await, ["v1.0"]);
    pulls_and_runs(&berth, &deep).await;

    let long = berth.image("team/sha512:v1");
    trio.regctl.ok(&["image", "mod", &deep, "--digest-algo", "sha512", "--create", &long]).await;
    let named = trio.crane.ok(&["digest", &long]).await;
    assert!(named.starts_with("sha512:") && named.len() == 7 + 128, "{named}");
    assert_eq!(trio.regctl.ok(&["manifest", "head", &long]).await, named);
    let manifest = trio.manifest(Which::Skopeo, &long).await;
    let by_digest = format!("{}@{named}", berth.image("team/sha512"));
    assert_eq!(trio.manifest(Which::Crane, &by_digest).await, manifest);
    assert_eq!(trio.manifest(Which::Regctl, &by_digest).await, manifest);
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert!(manifest["layers"][0]["digest"].as_str().unwrap().starts_with("sha512:"), "{manifest}");
    let back = berth.scratch("sha512-back");
    ok(trio.pull(Which::Regctl, &long, &back)).await;
    assert_eq!(fs::read_dir(back.join("blobs/sha512")).unwrap().count(), 4, "layers, configuration, manifest");
    // From one repository to another, by the long name.
    trio.regctl.ok(&["image", "copy", &by_digest, &berth.image("open/sha512:v1")]).await;
    assert_eq!(trio.crane.ok(&["digest", &berth.image("open/sha512:v1")]).await, named);
}

#[tokio::test]
async fn tags_move_and_go() {
    let berth = Berth::start().await;
    berth.person("carol").await;
    berth.member("team", "carol", Role::Maintainer).await;
    let Some(trio) = Trio::of(&berth, Some("carol")).await else { return };
    let (first, second) = (berth.scratch("first"), berth.scratch("second"));
    let old = Image::tiny("first").layout(&first, "local");
    let new = Image::tiny("second").layout(&second, "local");
    let image = berth.image("team/moving:latest");

    // Whichever client moves the tag, all others follow at once, and what it named before stays.
    for pusher in Which::ALL {
        for (layout, digest) in [(&first, &old), (&second, &new)] {
            ok(trio.push(pusher, layout, &image)).await;
            points_to(&trio, &image, digest, layout).await;
        }
    }
    for which in Which::ALL {
        let by_digest = format!("{}@{old}", berth.image("team/moving"));
        assert_eq!(trio.manifest(which, &by_digest).await, manifest_of(&first, &old));
    }
    assert_eq!(berth.tags("team", "moving").await, ["latest"]);

    // Of two tags of one manifest one goes; then the manifest with the other.
    trio.crane.ok(&["tag", &image, "also"]).await;
    trio.regctl.ok(&["tag", "delete", &image]).await;
    assert_eq!(berth.tags("team", "moving").await, ["also"]);
    trio.crane.refused(&["digest", &image]).await;
    let also = berth.image("team/moving:also");
    points_to(&trio, &also, &new, &second).await;
    trio.crane.ok(&["tag", &also, "third"]).await;
    trio.crane.ok(&["delete", &also]).await;
    assert_eq!(berth.tags("team", "moving").await, ["third"], "crane's delete of a tag leaves the manifest");
    let third = berth.image("team/moving:third");
    trio.skopeo.ok(&["delete", "--tls-verify=false", &format!("docker://{third}")]).await;
    for name in [&third, &format!("{}@{new}", berth.image("team/moving"))] {
        let said = trio.regctl.refused(&["manifest", "get", name]).await;
        assert!(said.to_lowercase().contains("not found"), "{said}");
    }
    let by_digest = format!("{}@{old}", berth.image("team/moving"));
    trio.regctl.ok(&["manifest", "delete", &by_digest]).await;
    trio.crane.refused(&["manifest", &by_digest]).await;
    // What went can come again.
    ok(trio.push(Which::Crane, &second, &image)).await;
    points_to(&trio, &image, &new, &second).await;
}

async fn points_to(trio: &Trio, image: &str, digest: &str, layout: &Path) {
    assert_eq!(trio.crane.ok(&["digest", image]).await, digest);
    assert_eq!(trio.regctl.ok(&["manifest", "head", image]).await, digest);
    assert_eq!(trio.manifest(Which::Skopeo, image).await, manifest_of(layout, digest));
}

fn manifest_of(layout: &Path, digest: &str) -> String {
    fs::read_to_string(layout.join("blobs").join(digest.replace(':', "/"))).unwrap()
}

/// The one client here that unpacks what it pulls.
async fn pulls_and_runs(berth: &Berth, image: &str) {
    let folder = tempfile::Builder::new().prefix("bs").tempdir_in("/tmp").unwrap();
    let Some(podman) = podman(folder.path()) else { return };
    let login = ["login", "--username", "bob", "--password-stdin", berth.host()];
    podman.ok_with_input(&login, PASSWORD.as_bytes()).await;
    podman.ok(&["pull", "--quiet", image]).await;
    container::run(&podman, &["--ulimit", "nofile=512:512", "--ulimit", "nproc=512:512"], image).await;
}
