//! crane, the client inside ko, Flux, kaniko and many others.

use serde_json::Value;

use crate::berth::{ADMIN_PASSWORD, Berth, PASSWORD, text};
use crate::image::Image;
use crate::tool::Tool;

#[tokio::test]
async fn crane_does_all_that_it_can() {
    let berth = Berth::start().await;
    let folder = berth.scratch("crane");
    let Some(crane) = Tool::find("crane", &folder) else { return };
    let admin = crane.clone().env("DOCKER_CONFIG", folder.join("admin"));
    let alice = crane.clone().env("DOCKER_CONFIG", folder.join("alice"));
    let nobody = crane.env("DOCKER_CONFIG", folder.join("nobody"));
    for (client, user, password) in [(&admin, "admin", ADMIN_PASSWORD), (&alice, "alice", PASSWORD)] {
        let login = ["auth", "login", berth.host(), "--username", user, "--password-stdin"];
        client.ok_with_input(&login, password.as_bytes()).await;
    }

    let archive = folder.join("image.tar");
    Image::of_layers("crane", 3).save(&archive, "crane:local");
    let image = berth.image("team/crane:v1");
    alice.ok(&["push", text(&archive), &image]).await;
    alice.ok(&["push", text(&archive), &image]).await;
    let digest = alice.ok(&["digest", &image]).await;
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    let by_digest = format!("{}@{digest}", berth.image("team/crane"));
    let manifest: Value = serde_json::from_str(&alice.ok(&["manifest", &by_digest]).await).unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 3);
    let config: Value = serde_json::from_str(&alice.ok(&["config", &image]).await).unwrap();
    assert_eq!(config["os"], "linux");
    alice.ok(&["validate", "--remote", &image]).await;
    let pulled = folder.join("pulled.tar");
    alice.ok(&["pull", &by_digest, text(&pulled)]).await;
    alice.ok(&["validate", "--tarball", text(&pulled)]).await;

    alice.ok(&["tag", &image, "v2"]).await;
    let (copy, appended) = (berth.image("open/copied/crane:v1"), berth.image("team/crane:appended"));
    alice.ok(&["copy", &image, &copy]).await;
    assert_eq!(nobody.ok(&["digest", &copy]).await, digest);
    nobody.refused(&["digest", &image]).await;
    let layer = folder.join("layer.tar");
    std::fs::write(&layer, crate::tar::Tar::default().file("added", 0o644, b"more").finish()).unwrap();
    alice.ok(&["append", "--base", &image, "--new_layer", text(&layer), "--new_tag", &appended]).await;
    assert_ne!(alice.ok(&["digest", &appended]).await, digest);
    assert_eq!(alice.ok(&["ls", &berth.image("team/crane")]).await, "appended\nv1\nv2");

    // A right that was given a moment ago counts, also where the person was known without it.
    berth.project_of("alice", "fresh").await;
    alice.ok(&["push", text(&archive), &berth.image("fresh/crane:v1")]).await;

    index(&alice, &berth, &image, &appended).await;
    let catalog = admin.ok(&["catalog", berth.host()]).await;
    assert_eq!(catalog, "fresh/crane\nopen/copied/crane\nteam/crane");
    let denied = alice.refused(&["delete", &by_digest]).await;
    assert!(denied.contains("UNAUTHORIZED") || denied.contains("DENIED"), "{denied}");
}

/// Two images under one name; the first cannot go while the index needs it.
async fn index(alice: &Tool, berth: &Berth, first: &str, second: &str) {
    let (index, base) = (berth.image("team/multi:all"), berth.image("team/multi:base"));
    alice.ok(&["index", "append", "--manifest", first, "--manifest", second, "--tag", &index]).await;
    let manifest: Value = serde_json::from_str(&alice.ok(&["manifest", &index]).await).unwrap();
    assert_eq!(manifest["manifests"].as_array().unwrap().len(), 2);
    alice.ok(&["copy", &index, &base]).await;
    assert_eq!(alice.ok(&["digest", &index]).await, alice.ok(&["digest", &base]).await);
    let admin = alice.clone().env("DOCKER_CONFIG", berth.scratch("crane/admin"));
    let mut children = Vec::new();
    for image in [first, second] {
        children.push(format!("{}@{}", berth.image("team/multi"), alice.ok(&["digest", image]).await));
    }
    admin.refused(&["delete", &children[0]]).await;
    let whole = format!("{}@{}", berth.image("team/multi"), alice.ok(&["digest", &index]).await);
    admin.ok(&["delete", &whole]).await;
    for child in &children {
        admin.ok(&["delete", child]).await;
    }
    admin.refused(&["manifest", &whole]).await;
}
