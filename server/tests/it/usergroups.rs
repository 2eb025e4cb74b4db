//! Groups of people as rows and as members, and directories that are not there.

use berth_testkit::{Reply, Role, TestApp, on_both};
use serde_json::json;

const GROUPS: &str = "/api/v2.0/usergroups";

on_both!(
    groups_are_kept_found_and_renamed,
    groups_and_members_are_searched_and_sorted,
    a_group_is_a_member,
    directories_are_not_there_yet,
);

async fn groups_are_kept_found_and_renamed(app: &TestApp) {
    let user = app.user("somebody").await;
    let group = |name: &str, kind: i64| json!({ "group_name": name, "group_type": kind });
    let made = app.admin().post(GROUPS).json(&group("builders", 2)).send().await.expect(201).location();
    app.admin().post(GROUPS).json(&group("builders-of-ships", 3)).send().await.expect(201);
    for again in [group("builders", 2), group("builders", 3)] {
        app.admin().post(GROUPS).json(&again).send().await.refused(409, "CONFLICT");
    }
    for bad in [group("", 2), group("x", 9), group(&"x".repeat(300), 2), group("x", 1), json!({})] {
        app.admin().post(GROUPS).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    user.post(GROUPS).json(&group("mine", 2)).send().await.refused(403, "FORBIDDEN");
    user.get(GROUPS).send().await.refused(403, "FORBIDDEN");
    user.delete(&made).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(&format!("{GROUPS}/search?groupname=x")).send().await.refused(401, "UNAUTHORIZED");

    let found = user.get(&format!("{GROUPS}/search?groupname=BUILD")).send().await.expect(200).json();
    let names: Vec<_> = found.as_array().unwrap().iter().map(|group| group["group_name"].clone()).collect();
    assert_eq!(names, ["builders", "builders-of-ships"]);
    app.admin().put(&made).json(&group("ship-builders", 2)).send().await.expect(200);
    assert_eq!(app.admin().get(&made).send().await.expect(200).json(), group("ship-builders", 2));
    app.admin().put(&made).json(&group("builders-of-ships", 2)).send().await.refused(409, "CONFLICT");
    app.admin().delete(&made).send().await.expect(200);
    app.admin().get(&made).send().await.refused(404, "NOT_FOUND");
    app.admin().delete(&made).send().await.expect(200);
}

async fn groups_and_members_are_searched_and_sorted(app: &TestApp) {
    app.project("mine", false).await;
    let guest = app.user_in("mine", "guest", Role::Guest).await;
    app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    for name in ["builders", "ants"] {
        let group = json!({ "group_name": name, "group_type": 2 });
        app.admin().post(GROUPS).json(&group).send().await.expect(201);
        let member = json!({ "role_id": 2, "member_group": group });
        app.admin().post("/api/v2.0/projects/mine/members").json(&member).send().await.expect(201);
    }
    let (own, members) = ("/api/berth/v1/usergroups", "/api/berth/v1/projects/mine/members");
    let names = |reply: &Reply, key: &str| -> Vec<String> {
        reply.json().as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
    };
    let found = app.admin().get(&format!("{own}?sort=-group_name&page_size=1")).send().await.expect(200);
    assert_eq!((names(&found, "group_name"), found.header("x-total-count")), (vec!["builders".to_owned()], "2"));
    let found = app.admin().get(&format!("{own}?q=group_name%3D~ANT")).send().await.expect(200);
    assert_eq!((names(&found, "group_name"), found.header("x-total-count")), (vec!["ants".to_owned()], "1"));
    guest.get(own).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(own).send().await.refused(401, "UNAUTHORIZED");

    let found = guest.get(&format!("{members}?q=entity_name%3D~d&sort=-entity_name")).send().await.expect(200);
    assert_eq!(
        (names(&found, "entity_name"), found.header("x-total-count")),
        (["padmin", "builders", "admin"].map(str::to_owned).to_vec(), "3")
    );
    let found = guest.get(&format!("{members}?q=entity_type%3Dg")).send().await.expect(200);
    assert_eq!(names(&found, "entity_name"), ["ants", "builders"]);
    app.user("stranger").await.get(members).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(members).send().await.refused(401, "UNAUTHORIZED");
}

async fn a_group_is_a_member(app: &TestApp) {
    app.project("mine", false).await;
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    let body = json!({ "group_name": "builders", "group_type": 2 });
    let group = app.admin().post(GROUPS).json(&body).send().await.expect(201).location();
    let id: i64 = group.rsplit('/').next().unwrap().parse().unwrap();
    let members = "/api/v2.0/projects/mine/members";
    let by_id = json!({ "role_id": 2, "member_group": { "id": id } });
    let by_name = json!({ "role_id": 2, "member_group": { "group_name": "builders", "group_type": 2 } });
    let made = padmin.post(members).json(&by_id).send().await.expect(201).location();
    padmin.post(members).json(&by_name).send().await.refused(409, "CONFLICT");
    let other_type = json!({ "role_id": 2, "member_group": { "group_name": "builders", "group_type": 3 } });
    padmin.post(members).json(&other_type).send().await.refused(404, "NOT_FOUND");

    let shown = padmin.get(&made).send().await.expect(200).json();
    assert_eq!((&shown["entity_type"], &shown["entity_name"]), (&json!("g"), &json!("builders")));
    assert_eq!((&shown["entity_id"], &shown["role_name"]), (&json!(id), &json!("developer")));
    let list = padmin.get(members).send().await.expect(200);
    assert_eq!((list.json().as_array().unwrap().len(), list.header("x-total-count")), (3, "3"));
    padmin.put(&made).json(&json!({ "role_id": 3 })).send().await.expect(200);
    assert_eq!(padmin.get(&made).send().await.expect(200).json()["role_id"], 3);
    padmin.delete(&made).send().await.expect(200);
    padmin.get(&made).send().await.refused(404, "NOT_FOUND");

    // A group that goes leaves no membership behind.
    let made = padmin.post(members).json(&by_name).send().await.expect(201).location();
    app.admin().delete(&group).send().await.expect(200);
    padmin.get(&made).send().await.refused(404, "NOT_FOUND");
    assert_eq!(padmin.get(members).send().await.expect(200).header("x-total-count"), "2");
}

async fn directories_are_not_there_yet(app: &TestApp) {
    let user = app.user("somebody").await;
    let empty = app.admin().post("/api/v2.0/ldap/ping").send().await.expect(200).json();
    assert_eq!(empty, json!({ "message": "error: empty password" }));
    let whole = json!({ "ldap_url": "ldap://127.0.0.1:1", "ldap_search_password": "secret" });
    app.admin().post("/api/v2.0/ldap/ping").json(&whole).send().await.refused(412, "PRECONDITION");
    let uids = json!({ "ldap_uid_list": ["somebody"] });
    app.admin().post("/api/v2.0/ldap/users/import").json(&uids).send().await.refused(412, "PRECONDITION");
    for path in ["/api/v2.0/ldap/users/search?username=x", "/api/v2.0/ldap/groups/search?groupname=x"] {
        app.admin().get(path).send().await.refused(412, "PRECONDITION");
        user.get(path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(path).send().await.refused(401, "UNAUTHORIZED");
    }
    for url in ["http://127.0.0.1:1", "::", "ftp://x", "http://169.254.169.254", ""] {
        let body = json!({ "url": url, "verify_cert": true });
        app.admin().post("/api/v2.0/system/oidc/ping").json(&body).send().await.refused(400, "BAD_REQUEST");
        user.post("/api/v2.0/system/oidc/ping").json(&body).send().await.refused(403, "FORBIDDEN");
    }
}
