//! What a person may not do, told by clients: project members, strangers and nobody, over the token service.

use crate::berth::{Berth, Role};
use crate::image::Image;
use crate::known::{Trio, Which, ok, refused};

/// Clients word it themselves, around the server's answer.
fn says_denied(said: &str) -> bool {
    let said = said.to_lowercase();
    ["unauthorized", "denied", "authentication required"].iter().any(|word| said.contains(word))
}

#[tokio::test]
async fn clients_do_what_the_role_in_a_project_allows() {
    let berth = Berth::start().await;
    for (name, role) in [("carol", Some(Role::Maintainer)), ("dave", None)] {
        berth.person(name).await;
        if let Some(role) = role {
            berth.member("team", name, role).await;
        }
    }
    let layout = berth.scratch("layout");
    let digest = Image::of_layers("rights", 3).layout(&layout, "local");
    let Some(alice) = Trio::of(&berth, Some("alice")).await else { return };
    ok(alice.push(Which::Skopeo, &layout, &berth.image("team/tool:v1"))).await;
    ok(alice.push(Which::Skopeo, &layout, &berth.image("open/tool:v1"))).await;

    let people = [
        (Some("admin"), true, true, true),
        (Some("carol"), true, true, true),
        (Some("alice"), true, true, false),
        (Some("bob"), true, false, false),
        (Some("dave"), false, false, false),
        (None, false, false, false),
    ];
    for (user, may_pull, may_push, may_delete) in people {
        let trio = Trio::of(&berth, user).await.unwrap();
        for which in Which::ALL {
            let label = format!("{}-{which:?}", user.unwrap_or("nobody")).to_lowercase();
            let to = |name: &str| berth.scratch(&format!("pulled-{label}-{name}"));
            ok(trio.pull(which, &berth.image("open/tool:v1"), &to("public"))).await;
            if may_pull {
                ok(trio.pull(which, &berth.image("team/tool:v1"), &to("private"))).await;
            } else {
                let said = refused(trio.pull(which, &berth.image("team/tool:v1"), &to("private"))).await;
                assert!(says_denied(&said), "{label}: {said}");
            }
            let target = berth.image(&format!("team/by/{label}:v1"));
            if may_push {
                ok(trio.push(which, &layout, &target)).await;
            } else {
                let said = refused(trio.push(which, &layout, &target)).await;
                assert!(says_denied(&said), "{label}: {said}");
            }
        }
        if let (Some(user), true) = (user, may_delete) {
            let own = format!("{}@{digest}", berth.image(&format!("team/by/{user}-crane")));
            trio.crane.ok(&["delete", &own]).await;
            trio.crane.refused(&["digest", &own]).await;
        } else {
            let said = trio.crane.refused(&["delete", &format!("{}@{digest}", berth.image("team/tool"))]).await;
            assert!(says_denied(&said), "{user:?}: {said}");
        }
    }
    assert_eq!(berth.tags("team", "tool").await, ["v1"]);
    assert_eq!(berth.tags("team", "by/alice-regctl").await, ["v1"]);
}

#[tokio::test]
async fn clients_of_strangers_cannot_tell_what_is_there() {
    let berth = Berth::start().await;
    berth.person("dave").await;
    let layout = berth.scratch("layout");
    Image::tiny("hidden").layout(&layout, "local");
    let Some(alice) = Trio::of(&berth, Some("alice")).await else { return };
    ok(alice.push(Which::Crane, &layout, &berth.image("team/hidden:v1"))).await;

    for user in [Some("dave"), None] {
        let trio = Trio::of(&berth, user).await.unwrap();
        for which in Which::ALL {
            let mut answers = Vec::new();
            for name in ["team/hidden:v1", "team/absent:v1", "noproject/hidden:v1"] {
                let label = format!("{}-{which:?}", user.unwrap_or("nobody"));
                let to = berth.scratch(&label);
                let said = refused(trio.pull(which, &berth.image(name), &to)).await;
                assert!(says_denied(&said), "{name}: {said}");
                answers.push(generalized(&said, name));
            }
            assert_eq!(answers[0], answers[1], "a missing repository");
            assert_eq!(answers[0], answers[2], "a missing project");
        }
    }
    // A member is told.
    let said = alice.crane.refused(&["manifest", &berth.image("team/absent:v1")]).await;
    assert!(said.contains("UNKNOWN"), "{said}");
    let said = alice.regctl.refused(&["manifest", "get", &berth.image("team/hidden:v9")]).await;
    assert!(said.to_lowercase().contains("not found"), "{said}");
}

/// What was said without what differs by name or time.
fn generalized(said: &str, name: &str) -> String {
    let repository = name.split(':').next().unwrap();
    let words = said.split_whitespace().map(|word| word.replace(repository, "NAME"));
    let words = words.filter(|word| !word.starts_with("time=") && !word.starts_with("20") && !word.contains("trio-"));
    words.collect::<Vec<_>>().join(" ")
}
