//! Members, labels and projects, many at once: what comes through the door. The rest is tested where it is done.

use berth_testkit::{Role, TestApp, on_both};
use serde_json::{Value, json};

use crate::bulk::{counts, preview, run};

const BULK: &str = "/api/berth/v1/bulk";

on_both!(members_get_another_role_and_go, labels_and_projects_go, who_may_not_is_refused);

async fn members_get_another_role_and_go(app: &TestApp) {
    app.project("team", false).await;
    let lead = app.user_in("team", "lead", Role::ProjectAdmin).await;
    app.user_in("team", "mei", Role::Developer).await;
    app.user_in("team", "tom", Role::Guest).await;
    let members = async || {
        let listed = app.admin().get("/api/v2.0/projects/team/members").send().await.expect(200).json();
        let shown = |member: &Value| (member["entity_name"].as_str().unwrap().to_owned(), member["role_id"].clone());
        listed.as_array().unwrap().iter().map(shown).collect::<Vec<_>>()
    };
    let of = |action: &str| json!({ "kind": "members", "action": action, "project": "team", "all": true });
    lead.post(BULK).json(&of("set_role")).send().await.refused(400, "BAD_REQUEST");
    let mut wanted = of("set_role");
    wanted["role_id"] = json!(6);
    lead.post(BULK).json(&wanted).send().await.refused(400, "BAD_REQUEST");
    wanted["role_id"] = json!("maintainer");
    lead.post(BULK).json(&wanted).send().await.expect(422);
    wanted["role_id"] = json!(Role::Maintainer.id());
    let done = run(&lead, &wanted).await;
    // The owner, `mei` and `tom`; not oneself.
    assert_eq!((counts(&done), &done["request"]["role_id"]), ((4, 3, 1), &json!(Role::Maintainer.id())));
    assert_eq!((&done["failures"][0]["name"], &done["failures"][0]["code"]), (&json!("lead"), &json!("PRECONDITION")));
    let named = |name: &str, role: Role| (name.to_owned(), json!(role.id()));
    let maintainers = ["admin", "mei", "tom"].map(|name| named(name, Role::Maintainer));
    assert_eq!(
        members().await,
        [maintainers[0].clone(), named("lead", Role::ProjectAdmin), maintainers[1].clone(), maintainers[2].clone()]
    );
    let counted = preview(&lead, &of("delete")).await;
    assert_eq!((&counted["items"], &counted["admins"], &counted["kept_count"]), (&json!(4), &json!(1), &json!(1)));
    assert_eq!(counts(&run(&lead, &of("delete")).await), (4, 3, 1));
    assert_eq!(members().await, [named("lead", Role::ProjectAdmin)]);
}

async fn labels_and_projects_go(app: &TestApp) {
    let admin = app.admin();
    for name in ["one", "two"] {
        admin.post("/api/v2.0/labels").json(&json!({ "name": name, "scope": "g" })).send().await.expect(201);
        app.project(&format!("pr-{name}"), false).await;
    }
    let labels = json!({ "kind": "labels", "action": "delete", "all": true, "q": "name=~o" });
    assert_eq!(preview(&admin, &labels).await["labelled"], 0);
    assert_eq!(counts(&run(&admin, &labels).await), (2, 2, 0));
    let projects = json!({ "kind": "projects", "action": "delete", "all": true, "q": "name=~pr-" });
    assert_eq!(preview(&admin, &projects).await["items"], 2);
    assert_eq!(counts(&run(&admin, &projects).await), (2, 2, 0));
    admin.get("/api/v2.0/projects/pr-one").send().await.expect(404);
    let storage = json!({ "kind": "projects", "action": "delete", "all": true, "q": "storage=0" });
    admin.post(BULK).json(&storage).send().await.refused(400, "BAD_REQUEST");
}

async fn who_may_not_is_refused(app: &TestApp) {
    app.project("team", true).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    for path in [BULK.to_owned(), format!("{BULK}/preview")] {
        for (kind, action, project) in [
            ("members", "delete", "team"),
            ("members", "set_role", "team"),
            ("labels", "delete", "team"),
            ("labels", "delete", ""),
        ] {
            let wanted = json!({ "kind": kind, "action": action, "project": project, "items": ["1"], "role_id": 1 });
            developer.post(&path).json(&wanted).send().await.refused(403, "FORBIDDEN");
            app.anonymous().post(&path).json(&wanted).send().await.refused(401, "UNAUTHORIZED");
        }
        let projects = json!({ "kind": "projects", "action": "delete", "items": ["1"] });
        app.anonymous().post(&path).json(&projects).send().await.refused(401, "UNAUTHORIZED");
    }
    // Everybody may ask about projects, each of which is refused by itself.
    let projects = json!({ "kind": "projects", "action": "delete", "all": true, "q": "name=team" });
    let counted = preview(&developer, &projects).await;
    assert_eq!((&counted["items"], &counted["kept"][0]["code"]), (&json!(1), &json!("FORBIDDEN")));
    assert_eq!(counts(&run(&developer, &projects).await), (1, 0, 1));
}
