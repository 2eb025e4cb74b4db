//! regctl, which speaks the newest parts of the specification: referrers, tag deletion, ranges of tags.

use serde_json::Value;

use crate::berth::{Berth, PASSWORD, text};
use crate::image::Image;
use crate::tool::Tool;

const STATEMENT_TYPE: &str = "application/vnd.example.statement";

#[tokio::test]
async fn regctl_copies_attaches_and_lists() {
    let berth = Berth::start().await;
    let folder = berth.scratch("regctl");
    let Some(regctl) = Tool::find("regctl", &folder) else { return };
    let regctl = regctl.env("REGCTL_CONFIG", folder.join("regctl.json")).env("DOCKER_CONFIG", &folder);
    regctl.ok(&["registry", "set", berth.host(), "--tls", "disabled", "--skip-check"]).await;
    let login = ["registry", "login", berth.host(), "--user", "alice", "--pass-stdin"];
    regctl.ok_with_input(&login, PASSWORD.as_bytes()).await;

    let layout = folder.join("layout");
    let digest = Image::of_layers("regctl", 3).layout(&layout, "local");
    let source = format!("ocidir://{}:local", text(&layout));
    let (image, copy) = (berth.image("team/regctl:v1"), berth.image("open/regctl:v1"));
    regctl.ok(&["image", "copy", &source, &image]).await;
    regctl.ok(&["image", "copy", &image, &copy]).await;
    let head = regctl.ok(&["manifest", "head", &image]).await;
    assert!(head.contains(&digest), "{head}");
    regctl.ok(&["image", "copy", &image, &berth.image("team/regctl:v2")]).await;
    assert_eq!(regctl.ok(&["tag", "ls", &berth.image("team/regctl")]).await, "v1\nv2");
    let repositories = regctl.refused(&["repo", "ls", berth.host()]).await;
    assert!(!repositories.contains("team/regctl"), "{repositories}");

    let body = regctl.ok(&["manifest", "get", "--format", "body", &image]).await;
    let manifest: Value = serde_json::from_str(&body).unwrap();
    let layer = manifest["layers"][1]["digest"].as_str().unwrap();
    let blob = regctl.ok(&["blob", "get", &berth.image("team/regctl"), layer]).await;
    assert!(blob.contains("regctl 1"), "the layer that was pushed");

    attaches(&regctl, &berth, &image, &digest).await;
}

async fn attaches(regctl: &Tool, berth: &Berth, image: &str, digest: &str) {
    let put = ["artifact", "put", "--artifact-type", STATEMENT_TYPE, "--subject", image];
    for statement in ["one", "two"] {
        let annotation = format!("org.example.statement={statement}");
        let put = [&put[..], &["--annotation", &annotation]].concat();
        regctl.ok_with_input(&put, statement.as_bytes()).await;
    }
    let other = ["artifact", "put", "--artifact-type", "application/vnd.example.other", "--subject", image];
    regctl.ok_with_input(&other, b"other").await;

    let list = ["artifact", "list", "--format", "body", image];
    let referrers: Value = serde_json::from_str(&regctl.ok(&list).await).unwrap();
    assert_eq!(referrers["manifests"].as_array().unwrap().len(), 3, "{referrers}");
    let list = [&list[..], &["--filter-artifact-type", STATEMENT_TYPE]].concat();
    let referrers: Value = serde_json::from_str(&regctl.ok(&list).await).unwrap();
    let referrers = referrers["manifests"].as_array().unwrap();
    assert_eq!(referrers.len(), 2);
    assert!(referrers.iter().all(|referrer| referrer["artifactType"] == STATEMENT_TYPE), "{referrers:?}");
    let statement = referrers[0]["digest"].as_str().unwrap();
    let content = regctl.ok(&["artifact", "get", &format!("{}@{statement}", berth.image("team/regctl"))]).await;
    assert!(content == "one" || content == "two", "{content}");
    let tags = regctl.ok(&["tag", "ls", &berth.image("team/regctl")]).await;
    assert!(!tags.contains(&digest.replace(':', "-")), "referrers need no tag: {tags}");

    // The whole of it moves with the image.
    let moved = berth.image("open/attached:v1");
    regctl.ok(&["image", "copy", "--referrers", image, &moved]).await;
    let referrers: Value =
        serde_json::from_str(&regctl.ok(&["artifact", "list", "--format", "body", &moved]).await).unwrap();
    assert_eq!(referrers["manifests"].as_array().unwrap().len(), 3, "{referrers}");
}
