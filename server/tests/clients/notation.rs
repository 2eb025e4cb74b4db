//! notation: signatures with certificates.

use std::fs;

use crate::berth::{Berth, PASSWORD, text};
use crate::image::Image;
use crate::known::{Trio, Which, ok};
use crate::tool::Tool;

const PLAIN: &str = "--insecure-registry";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";

#[tokio::test]
async fn notation_signs_verifies_and_lists() {
    let berth = Berth::start().await;
    let folder = berth.scratch("notation");
    let Some(notation) = Tool::find_extra("notation", &folder) else { return };
    let notation = notation.env("XDG_CONFIG_HOME", folder.join("config"));
    println!(
        "notation {}",
        notation.ok(&["version"]).await.lines().find(|line| line.contains("Version")).unwrap_or_default()
    );
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    let digest = Image::of_layers("notation", 2).layout(&layout, "local");
    ok(trio.push(Which::Regctl, &layout, &berth.image("team/sealed:v1"))).await;
    let image = format!("{}@{digest}", berth.image("team/sealed"));

    for name in ["trusted", "stranger"] {
        notation.ok(&["certificate", "generate-test", name]).await;
    }
    let policy = serde_json::json!({ "version": "1.0", "trustPolicies": [{
        "name": "all", "registryScopes": ["*"], "signatureVerification": { "level": "strict" },
        "trustStores": ["ca:trusted"], "trustedIdentities": ["*"],
    }] });
    fs::write(folder.join("policy.json"), policy.to_string()).unwrap();
    notation.ok(&["policy", "import", text(&folder.join("policy.json"))]).await;

    let alice = async |verb: &str, more: &[&str]| {
        notation.ok(&[&[verb, PLAIN, "--username", "alice", "--password", PASSWORD], more].concat()).await
    };
    let refused = async |user: &str, password: &str, verb: &str, more: &[&str]| {
        let sign_in = [verb, PLAIN, "--username", user, "--password", password];
        notation.refused(&[&sign_in[..], more].concat()).await
    };
    let said = refused("alice", PASSWORD, "verify", &[&image]).await;
    assert!(said.contains("no signature is associated"), "{said}");
    alice("sign", &["--key", "stranger", "--force-referrers-tag=false", &image]).await;
    let said = refused("alice", PASSWORD, "verify", &[&image]).await;
    assert!(said.contains("signature verification failed"), "{said}");
    alice("sign", &["--key", "trusted", "--force-referrers-tag=false", &image]).await;
    let said = alice("verify", &[&image]).await;
    assert!(said.contains("Successfully verified signature"), "{said}");
    assert_eq!(trio.crane.ok(&["ls", &berth.image("team/sealed")]).await, "v1", "referrers need no tag");

    // By the older way, with an index under a tag, and in the other format.
    alice("sign", &["--key", "trusted", "--signature-format", "cose", &image]).await;
    let listed = alice("list", &[&berth.image("team/sealed:v1")]).await;
    assert_eq!(listed.matches("sha256:").count(), 4, "the image and three signatures: {listed}");
    assert!(listed.contains(SIGNATURE), "{listed}");
    let inspected = alice("inspect", &["--output", "json", &image]).await;
    assert!(inspected.contains("application/cose") && inspected.contains("application/jose+json"), "{inspected}");
    let list = ["artifact", "list", "--filter-artifact-type", SIGNATURE, "--format", "body", &image];
    let referrers: serde_json::Value = serde_json::from_str(&trio.regctl.ok(&list).await).unwrap();
    assert_eq!(referrers["manifests"].as_array().unwrap().len(), 3, "{referrers}");

    let bob = ["verify", PLAIN, "--username", "bob", "--password", PASSWORD, &image];
    notation.ok(&bob).await;
    let said = refused("bob", PASSWORD, "sign", &["--key", "trusted", &image]).await;
    assert!(said.contains("unauthorized") && said.contains("team/sealed"), "{said}");
    let said = refused("alice", "Wrong-Password-9", "verify", &[&image]).await;
    assert!(said.contains("unauthorized") || said.contains("401"), "{said}");
}
