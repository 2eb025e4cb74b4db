//! skopeo, which copies between everything.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::berth::{Berth, PASSWORD, text};
use crate::image::Image;
use crate::tool::Tool;

#[tokio::test]
async fn skopeo_copies_inspects_and_deletes() {
    let berth = Berth::start().await;
    let folder = berth.scratch("skopeo");
    let Some(skopeo) = Tool::find("skopeo", &folder) else { return };
    let policy = folder.join("policy.json");
    fs::write(&policy, r#"{ "default": [{ "type": "insecureAcceptAnything" }] }"#).unwrap();
    let skopeo = skopeo.env("REGISTRY_AUTH_FILE", folder.join("auth.json")).env("TMPDIR", &folder);
    let skopeo = skopeo.args(["--policy", text(&policy)]);
    let login = ["login", "--tls-verify=false", "--username", "alice", "--password-stdin", berth.host()];
    skopeo.refused_with_input(&login, b"Wrong-Password-9").await;
    skopeo.ok_with_input(&login, PASSWORD.as_bytes()).await;

    let archive = folder.join("image.tar");
    Image::of_layers("skopeo", 4).save(&archive, "skopeo:local");
    let archive = format!("docker-archive:{}", text(&archive));
    let layout = folder.join("layout");
    let digest = Image::tiny("skopeo").layout(&layout, "local");
    let layout = format!("oci:{}:local", text(&layout));

    let remote = |name: &str| format!("docker://{}", berth.image(name));
    let (first, second, third) = (remote("team/tool:archive"), remote("team/tool:layout"), remote("open/copy:1"));
    let push = ["copy", "--dest-tls-verify=false"];
    skopeo.ok(&[&push[..], &[&archive, &first]].concat()).await;
    skopeo.ok(&[&push[..], &[&archive, &first]].concat()).await;
    skopeo.ok(&[&push[..], &["--preserve-digests", &layout, &second]].concat()).await;
    let between = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--all"];
    skopeo.ok(&[&between[..], &[&first, &third]].concat()).await;

    let inspected = skopeo.ok(&["inspect", "--tls-verify=false", &second]).await;
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Digest"], digest);
    assert_eq!(inspected["RepoTags"], serde_json::json!(["archive", "layout"]));
    let raw = skopeo.ok(&["inspect", "--raw", "--tls-verify=false", &second]).await;
    assert!(raw.contains("application/vnd.oci.image.manifest.v1+json"), "{raw}");
    let tags = skopeo.ok(&["list-tags", "--tls-verify=false", &remote("team/tool")]).await;
    assert!(tags.contains("archive") && tags.contains("layout"), "{tags}");

    let back = folder.join("back");
    let target = format!("dir:{}", text(&back));
    skopeo.ok(&["copy", "--src-tls-verify=false", "--preserve-digests", &second, &target]).await;
    assert!(back.join("manifest.json").is_file());
    let anonymous = ["copy", "--src-tls-verify=false", "--src-no-creds"];
    skopeo.ok(&[&anonymous[..], &[&third, &format!("dir:{}", text(&folder.join("public")))]].concat()).await;
    skopeo.refused(&[&anonymous[..], &[&second, &format!("dir:{}", text(&folder.join("private")))]].concat()).await;

    deletes(&berth, &skopeo, &remote("team/tool:layout")).await;
}

/// A developer may not delete artifacts, a maintainer may.
async fn deletes(berth: &Berth, skopeo: &Tool, image: &str) {
    let delete = ["delete", "--tls-verify=false", image];
    skopeo.refused(&delete).await;
    let (status, members) = berth.api(Method::GET, "/projects/team/members?entityname=alice", None).await;
    assert_eq!(status, StatusCode::OK, "{members}");
    let path = format!("/projects/team/members/{}", members[0]["id"]);
    berth.api_expecting(StatusCode::OK, Method::PUT, &path, serde_json::json!({ "role_id": 4 })).await;
    skopeo.ok(&delete).await;
    skopeo.refused(&["inspect", "--tls-verify=false", image]).await;
    assert_eq!(berth.tags("team", "tool").await, ["archive"]);
}
