//! cosign: signatures and attestations, found by tags made of the digest, or as referrers.

use std::fs;

use serde_json::Value;

use crate::berth::{Berth, Role, text};
use crate::image::Image;
use crate::known::{Trio, Which, ok};
use crate::tool::Tool;

const PLAIN: &str = "--allow-http-registry";
const NO_LOG: &str = "--tlog-upload=false";
const IGNORE_LOG: &str = "--insecure-ignore-tlog";
const PREDICATE: &str = r#"{ "made": "here" }"#;

/// cosign with keys, and an image to sign.
struct Stage {
    berth: Berth,
    trio: Trio,
    /// Uses the sign-in of the trio's crane.
    cosign: Tool,
    /// By digest.
    image: String,
    tagged: String,
    hex: String,
}

impl Stage {
    async fn set(name: &str) -> Option<Self> {
        let berth = Berth::start().await;
        let folder = berth.scratch("trio-carol");
        let cosign = Tool::find_extra("cosign", &folder)?;
        berth.person("carol").await;
        berth.member("team", "carol", Role::Maintainer).await;
        berth.member("open", "carol", Role::Maintainer).await;
        let trio = Trio::of(&berth, Some("carol")).await?;
        // No key server of the world is asked, so that the suite needs no network.
        let cosign = cosign.env("DOCKER_CONFIG", &folder).env("COSIGN_PASSWORD", "Seal-3").env("COSIGN_YES", "true");
        let cosign = cosign.env("TUF_ROOT", folder.join("tuf")).env("TUF_MIRROR", "http://127.0.0.1:1");
        for name in ["key", "other"] {
            cosign.ok(&["generate-key-pair", "--output-key-prefix", text(&folder.join(name))]).await;
        }
        fs::write(folder.join("predicate.json"), PREDICATE).unwrap();
        let layout = berth.scratch("layout");
        let digest = Image::of_layers(name, 2).layout(&layout, "local");
        let tagged = berth.image("team/signed:v1");
        ok(trio.push(Which::Crane, &layout, &tagged)).await;
        let image = format!("{}@{digest}", berth.image("team/signed"));
        let hex = digest.replace("sha256:", "");
        Some(Stage { berth, trio, cosign, image, tagged, hex })
    }

    fn file(&self, name: &str) -> String {
        text(&self.berth.scratch("trio-carol").join(name)).to_owned()
    }

    async fn cosign(&self, arguments: &[&str]) -> String {
        self.cosign.ok(arguments).await
    }

    async fn referrers(&self) -> Vec<String> {
        let list = self.trio.regctl.ok(&["artifact", "list", "--format", "body", &self.image]).await;
        let list: Value = serde_json::from_str(&list).unwrap();
        let types = list["manifests"].as_array().unwrap().iter().map(|one| one["artifactType"].as_str().unwrap());
        types.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn cosign_signs_and_attests_by_tags() {
    let Some(stage) = Stage::set("tags").await else { return };
    println!(
        "cosign {}",
        stage
            .cosign(&["version", "--json"])
            .await
            .lines()
            .find(|line| line.contains("gitVersion"))
            .unwrap_or_default()
            .trim()
    );
    let (key, public, other) = (stage.file("key.key"), stage.file("key.pub"), stage.file("other.pub"));
    let verify = ["verify", IGNORE_LOG, PLAIN, "--key"];
    let image = stage.image.as_str();
    stage.cosign.refused(&[&verify[..], &[&public, image]].concat()).await;

    stage.cosign(&["sign", NO_LOG, PLAIN, "--key", &key, image]).await;
    let place = stage.cosign(&["triangulate", PLAIN, &stage.tagged]).await;
    assert_eq!(place, stage.berth.image(&format!("team/signed:sha256-{}.sig", stage.hex)));
    for name in [image, &stage.tagged] {
        let claims = stage.cosign(&[&verify[..], &[&public, name]].concat()).await;
        assert!(claims.contains(&stage.hex), "{claims}");
    }
    let said = stage.cosign.refused(&[&verify[..], &[&other, image]].concat()).await;
    assert!(said.contains("no matching signatures"), "{said}");
    // A second signature joins the first in one manifest.
    stage.cosign(&["sign", NO_LOG, PLAIN, "--key", &stage.file("other.key"), image]).await;
    for key in [&public, &other] {
        stage.cosign(&[&verify[..], &[key, image]].concat()).await;
    }

    let predicate = stage.file("predicate.json");
    let attest = ["attest", NO_LOG, PLAIN, "--key", &key, "--type", "custom", "--predicate", &predicate, image];
    stage.cosign(&attest).await;
    let verify_attestation = ["verify-attestation", IGNORE_LOG, PLAIN, "--type", "custom", "--key"];
    let attested = stage.cosign(&[&verify_attestation[..], &[&public, image]].concat()).await;
    assert!(attested.contains("application/vnd.in-toto+json"), "{attested}");
    stage.cosign.refused(&[&verify_attestation[..], &[&other, image]].concat()).await;
    let tree = stage.cosign(&["tree", PLAIN, image]).await;
    assert!(tree.contains(".sig") && tree.contains(".att"), "{tree}");
    let (att, sig) = (format!("sha256-{}.att", stage.hex), format!("sha256-{}.sig", stage.hex));
    let tags = stage.trio.crane.ok(&["ls", &stage.berth.image("team/signed")]).await;
    assert_eq!(tags, format!("{att}\n{sig}\nv1"));

    // All of it moves, and then the seals are broken.
    let moved = stage.berth.image("open/signed:v1");
    stage.cosign(&["copy", PLAIN, &stage.tagged, &moved]).await;
    stage.cosign(&[&verify[..], &[&public, &moved]].concat()).await;
    stage.cosign(&[&verify_attestation[..], &[&public, &moved]].concat()).await;
    stage.cosign(&["clean", PLAIN, "--force", &moved]).await;
    stage.cosign.refused(&[&verify[..], &[&public, &moved]].concat()).await;
    stage.cosign(&[&verify[..], &[&public, image]].concat()).await;
}

#[tokio::test]
async fn cosign_signs_and_attests_by_referrers() {
    let Some(mut stage) = Stage::set("referrers").await else { return };
    stage.cosign = stage.cosign.clone().env("COSIGN_EXPERIMENTAL", "1");
    let (key, public, other) = (stage.file("key.key"), stage.file("key.pub"), stage.file("other.pub"));
    let image = stage.image.clone();

    let sign = ["sign", NO_LOG, PLAIN, "--registry-referrers-mode", "oci-1-1", "--key", &key, &image];
    stage.cosign(&sign).await;
    assert_eq!(stage.referrers().await, ["application/vnd.dev.cosign.artifact.sig.v1+json"]);
    let verify = ["verify", IGNORE_LOG, PLAIN, "--experimental-oci11", "--key"];
    stage.cosign(&[&verify[..], &[&public, &image]].concat()).await;
    stage.cosign.refused(&[&verify[..], &[&other, &image]].concat()).await;

    // The newer bundles are referrers always.
    let roots = stage.file("roots.json");
    stage.cosign(&["trusted-root", "create", "--out", &roots]).await;
    let predicate = stage.file("predicate.json");
    stage.cosign(&["sign", NO_LOG, PLAIN, "--new-bundle-format", "--key", &key, &image]).await;
    let bundle = ["--new-bundle-format", "--type", "custom", "--predicate", &predicate, "--key", &key, &image];
    stage.cosign(&[&["attest", NO_LOG, PLAIN], &bundle[..]].concat()).await;
    let trust = [IGNORE_LOG, PLAIN, "--new-bundle-format", "--trusted-root", &roots, "--key"];
    stage.cosign(&[&["verify"], &trust[..], &[&public, &image]].concat()).await;
    stage.cosign.refused(&[&["verify"], &trust[..], &[&other, &image]].concat()).await;
    let attested =
        stage.cosign(&[&["verify-attestation", "--type", "custom"], &trust[..], &[&public, &image]].concat()).await;
    assert!(attested.contains("payload"), "{attested}");
    let referrers = stage.referrers().await;
    assert_eq!(referrers.len(), 3, "{referrers:?}");
    let bundles = referrers.iter().filter(|one| *one == "application/vnd.dev.sigstore.bundle.v0.3+json").count();
    assert_eq!(bundles, 2, "{referrers:?}");
    let tags = stage.trio.crane.ok(&["ls", &stage.berth.image("team/signed")]).await;
    assert_eq!(tags, "v1", "referrers need no tag");
}
