//! helm, whose charts are artifacts.

use std::fs;

use crate::berth::{Berth, PASSWORD, text};
use crate::tool::Tool;

const PLAIN: &str = "--plain-http";

#[tokio::test]
async fn helm_pushes_pulls_and_renders_charts() {
    let berth = Berth::start().await;
    let folder = berth.scratch("helm");
    let Some(helm) = Tool::find_extra("helm", &folder) else { return };
    println!("helm {}", helm.ok(&["version", "--short"]).await);
    let as_user = |user: &str| {
        let home = berth.scratch(&format!("helm/{user}"));
        let helm = helm.clone().env("HELM_REGISTRY_CONFIG", home.join("registry.json"));
        helm.env("HELM_CACHE_HOME", home.join("cache")).env("HELM_CONFIG_HOME", home.join("config"))
    };
    let (alice, bob, nobody) = (as_user("alice"), as_user("bob"), as_user("nobody"));
    let login = |user| ["registry", "login", berth.host(), "--username", user, "--password-stdin", PLAIN];
    let said = nobody.refused_with_input(&login("alice"), b"Wrong-Password-9").await;
    assert!(said.contains("unauthorized") || said.contains("401"), "{said}");
    alice.ok_with_input(&login("alice"), PASSWORD.as_bytes()).await;
    bob.ok_with_input(&login("bob"), PASSWORD.as_bytes()).await;

    // A tag cannot hold `+`, which helm knows.
    let chart = folder.join("app");
    alice.ok(&["create", text(&chart)]).await;
    let charts = format!("oci://{}", berth.image("team/charts"));
    for version in ["0.1.0", "0.2.0", "1.0.0+build.5"] {
        alice.ok(&["package", text(&chart), "--version", version, "--destination", text(&folder)]).await;
        let archive = folder.join(format!("app-{version}.tgz"));
        let said = alice.run(&["push", text(&archive), &charts, PLAIN], b"").await;
        assert!(said.success && said.said().contains("Digest: sha256:"), "{}", said.said());
        let back = berth.scratch(&format!("helm/back-{version}"));
        let app = format!("{charts}/app");
        alice.ok(&["pull", &app, "--version", version, "--destination", text(&back), PLAIN]).await;
        let pulled = fs::read_dir(&back).unwrap().next().unwrap().unwrap().path();
        assert!(fs::read(&archive).unwrap() == fs::read(pulled).unwrap(), "the chart that was pushed");
    }
    assert_eq!(berth.tags("team", "charts/app").await, ["0.1.0", "0.2.0", "1.0.0_build.5"]);
    let again = folder.join("app-0.1.0.tgz");
    alice.ok(&["push", text(&again), &charts, PLAIN]).await;

    // By range it asks for all tags first.
    let app = format!("{charts}/app");
    let shown = bob.ok(&["show", "chart", &app, "--version", "~0", PLAIN]).await;
    assert!(shown.contains("version: 0.2.0"), "{shown}");
    let rendered = bob.ok(&["template", "release", &app, "--version", "^0.1", PLAIN]).await;
    assert!(rendered.contains("kind: Deployment") && rendered.contains("helm.sh/chart: app-0.1.0"), "{rendered}");

    let parent = folder.join("parent");
    alice.ok(&["create", text(&parent)]).await;
    let definition = parent.join("Chart.yaml");
    let depends = format!("dependencies:\n  - name: app\n    version: \">=0.1.0 <1\"\n    repository: {charts}\n");
    fs::write(&definition, fs::read_to_string(&definition).unwrap() + &depends).unwrap();
    bob.ok(&["dependency", "update", text(&parent), PLAIN]).await;
    assert!(parent.join("charts/app-0.2.0.tgz").is_file());
    fs::remove_dir_all(parent.join("charts")).unwrap();
    bob.ok(&["dependency", "build", text(&parent), PLAIN]).await;
    let rendered = bob.ok(&["template", "release", text(&parent)]).await;
    assert!(rendered.contains("# Source: parent/charts/app/templates/deployment.yaml"), "{rendered}");

    let said = bob.refused(&["push", text(&again), &charts, PLAIN]).await;
    assert!(said.contains("unauthorized"), "{said}");
    let said = nobody.refused(&["pull", &app, "--version", "0.1.0", "--destination", text(&folder), PLAIN]).await;
    assert!(said.contains("unauthorized"), "{said}");
    let public = format!("oci://{}", berth.image("open/charts"));
    alice.ok(&["push", text(&again), &public, PLAIN]).await;
    nobody.ok(&["show", "values", &format!("{public}/app"), "--version", "0.1.0", PLAIN]).await;
    alice.ok(&["registry", "logout", berth.host()]).await;
    alice.refused(&["show", "values", &app, "--version", "0.1.0", PLAIN]).await;
}
