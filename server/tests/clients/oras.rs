//! Artifacts by the oras project's two libraries, in Go and in Python, which share no code.

use std::fs;
use std::path::Path;

use crate::berth::{Berth, PASSWORD, Role, text};
use crate::tool::Tool;

const SBOM: &str = "application/vnd.example.sbom";
const SIGNATURE: &str = "application/vnd.example.signature";
/// What Python's library has no command for.
const SCRIPT: &str = include_str!("oras.py");

#[tokio::test]
async fn oras_attaches_discovers_and_copies() {
    let berth = Berth::start().await;
    let folder = berth.scratch("oras");
    let Some(oras) = Tool::find_extra("oras", &folder) else { return };
    let nobody = oras.clone();
    let (carol, bob) = (signed_in(&oras, "carol"), signed_in(&oras, "bob"));
    berth.person("carol").await;
    berth.member("team", "carol", Role::Maintainer).await;
    berth.member("open", "carol", Role::Maintainer).await;
    for (name, content) in [("model", "a model"), ("licence", "a licence"), ("sbom", "parts"), ("signature", "signed")]
    {
        fs::write(folder.join(name), content).unwrap();
    }
    let file = |name: &str| text(&folder.join(name)).to_owned();

    let image = berth.image("team/model:v1");
    let refused = oras.args(["--user", "carol", "--password-stdin"]);
    let said = refused.refused_with_input(&["tags", &berth.image("team/model")], b"Wrong-Password-9").await;
    assert!(said.contains("unauthorized") || said.contains("401"), "{said}");
    let push = ["push", &image, "application/vnd.example.model", &file("model"), &file("licence")];
    let digest = carol(&push).await;
    assert_eq!(carol(&["resolve", &image]).await, digest);
    carol(&["tag", &image, "stable"]).await;
    assert_eq!(carol(&["tags", &berth.image("team/model")]).await, "stable\nv1");
    let back = folder.join("back");
    assert_eq!(bob(&["pull", &image, text(&back)]).await, digest);
    assert_eq!(fs::read_to_string(back.join("licence")).unwrap(), "a licence");

    let sbom = carol(&["attach", &image, SBOM, &file("sbom")]).await;
    let signature = carol(&["attach", &image, SIGNATURE, &file("signature")]).await;
    let of_sbom =
        carol(&["attach", &format!("{}@{sbom}", berth.image("team/model")), SIGNATURE, &file("signature")]).await;
    let mut found: Vec<String> = bob(&["discover", &image]).await.lines().map(str::to_owned).collect();
    found.sort();
    let mut expected = vec![format!("{sbom} {SBOM}"), format!("{signature} {SIGNATURE}")];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(
        bob(&["discover", &image, SBOM]).await,
        expected.iter().find(|line| line.ends_with(SBOM)).unwrap().as_str()
    );
    assert_eq!(carol(&["tags", &berth.image("team/model")]).await, "stable\nv1", "referrers need no tag");

    // With all that refers to it, and with what refers to that.
    let copy = berth.image("open/model:v1");
    carol(&["copy", &image, &copy]).await;
    let found = nobody.ok(&["discover", &copy]).await;
    assert_eq!(found.lines().count(), 2, "{found}");
    let found = nobody.ok(&["discover", &format!("{}@{sbom}", berth.image("open/model"))]).await;
    assert_eq!(found, format!("{of_sbom} {SIGNATURE}"));

    // What refers goes with what it refers to, or alone.
    carol(&["delete", &format!("{}@{signature}", berth.image("team/model"))]).await;
    assert_eq!(carol(&["discover", &image]).await, format!("{sbom} {SBOM}"));
    let said = nobody.refused(&["pull", &image, text(&back)]).await;
    assert!(said.contains("unauthorized") && said.contains("team/model"), "{said}");
}

/// A call that signs in, since nothing is kept between two of them.
fn signed_in<'a>(oras: &Tool, user: &'a str) -> impl AsyncFn(&[&str]) -> String + 'a {
    let oras = oras.clone().args(["--user", user, "--password-stdin"]);
    async move |arguments: &[&str]| oras.ok_with_input(arguments, PASSWORD.as_bytes()).await
}

#[tokio::test]
async fn oras_for_python_pushes_whole_and_in_chunks() {
    let berth = Berth::start().await;
    let folder = berth.scratch("python");
    let Some(python) = Tool::find_extra("python-oras", &folder) else { return };
    let script = folder.join("client.py");
    fs::write(&script, SCRIPT).unwrap();
    let python = python.args([text(&script), berth.host(), text(&folder)]);
    let alice =
        async |arguments: &[&str]| python.ok_with_input(&[&["alice"], arguments].concat(), PASSWORD.as_bytes()).await;
    let small = file_of(&folder, "small", 100);
    let large = file_of(&folder, "large", 3_000_000);

    let (whole, chunked) = (berth.image("team/python:whole"), berth.image("team/python:chunked"));
    alice(&["push", &whole, &small, &large]).await;
    alice(&["push-chunked", &chunked, &large]).await;
    assert_eq!(alice(&["tags", &berth.image("team/python")]).await, "chunked\nwhole");
    for (image, file) in [(&whole, &small), (&whole, &large), (&chunked, &large)] {
        let back = berth.scratch("python/back");
        alice(&["pull", image, text(&back)]).await;
        let name = Path::new(file).file_name().unwrap();
        assert!(fs::read(back.join(name)).unwrap() == fs::read(file).unwrap(), "{file} came back as something else");
        fs::remove_dir_all(&back).unwrap();
    }
    let attached = alice(&["attach", &whole, &berth.image("team/python:attached"), &small]).await;
    let plain = berth.plain("alice");
    let subject = plain.head("/v2/team/python/manifests/whole").send().await.expect(200);
    let path = format!("/v2/team/python/referrers/{}", subject.header("docker-content-digest"));
    let referrers = plain.get(&path).send().await.expect(200).json();
    assert_eq!(referrers["manifests"][0]["digest"], attached.as_str(), "{referrers}");

    let refused = async |user: &str, arguments: &[&str]| {
        python.refused_with_input(&[&[user], arguments].concat(), PASSWORD.as_bytes()).await
    };
    for said in [
        refused("bob", &["push", &berth.image("team/python:bob"), &small]).await,
        refused("", &["pull", &whole, text(&folder)]).await,
        refused("alice", &["delete", &berth.image("team/python"), "whole"]).await,
    ] {
        assert!(said.to_lowercase().contains("unauthorized"), "{said}");
    }
    berth.person("carol").await;
    berth.member("team", "carol", Role::Maintainer).await;
    let delete = ["carol", "delete", &berth.image("team/python"), "whole"];
    python.ok_with_input(&delete, PASSWORD.as_bytes()).await;
    // It deletes the manifest, with which goes what refers to it, whatever tag that has.
    assert_eq!(alice(&["tags", &berth.image("team/python")]).await, "chunked");
}

/// A file whose bytes do not repeat soon.
fn file_of(folder: &Path, name: &str, bytes: usize) -> String {
    let path = folder.join(name);
    fs::write(&path, berth_testkit::Blob::random(name, bytes).bytes).unwrap();
    text(&path).to_owned()
}
