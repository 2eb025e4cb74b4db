//! Why somebody may do something in a project: every rule by name, in agreement with what is really allowed.

use std::collections::BTreeSet;

use berth_db::{DbError, args};
use berth_testkit::{Client, PASSWORD, Role, TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    the_rule_that_decides_is_named,
    what_is_explained_is_what_is_allowed,
    who_lists_members_may_ask,
    only_administrators_are_told_of_strangers,
    groups_are_told_apart,
    robots_are_explained_to_who_may_list_them,
);

fn path(project: &str, query: &str) -> String {
    format!("/api/berth/v1/projects/{project}/access?{query}")
}

async fn ask(by: &Client, project: &str, query: &str) -> Value {
    by.get(&path(project, query)).send().await.expect(200).json()
}

/// The kinds of the rules, the one that decides with a star.
fn kinds(answer: &Value) -> Vec<String> {
    let rules = answer["rules"].as_array().unwrap().iter();
    rules
        .map(|rule| {
            let star = if rule["decides"] == true { "*" } else { "" };
            let role = rule["role_name"].as_str().map(|role| format!(":{role}")).unwrap_or_default();
            format!("{star}{}{role}", rule["kind"].as_str().unwrap())
        })
        .collect()
}

async fn the_rule_that_decides_is_named(app: &TestApp) {
    app.project("mine", false).await;
    app.project("open", true).await;
    let admin = app.admin();
    app.user("victim").await;
    for name in ["mine", "open"] {
        app.member(name, "victim", Role::Guest).await;
    }
    app.user("stranger").await;
    let asked = ask(&admin, "mine", "username=victim&action=push").await;
    assert_eq!((&asked["username"], &asked["allowed"]), (&json!("victim"), &json!(false)));
    assert_eq!(kinds(&asked), ["member:guest"]);
    let asked = ask(&admin, "mine", "username=victim&action=pull").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(true), vec!["*member:guest".to_owned()]));
    let asked = ask(&admin, "open", "username=victim&action=pull").await;
    assert_eq!(kinds(&asked), ["*member:guest", "public"]);
    let asked = ask(&admin, "open", "username=stranger&action=pull").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(true), vec!["*public".to_owned()]));
    let asked = ask(&admin, "open", "username=stranger&resource=tag&action=delete").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(false), vec!["public".to_owned()]));
    let asked = ask(&admin, "mine", "username=stranger").await;
    assert_eq!((asked.get("allowed"), kinds(&asked)), (None, Vec::new()));
    // The administrator made the project and is a member of it.
    let asked = ask(&admin, "mine", "username=admin&action=delete").await;
    assert_eq!(kinds(&asked), ["*system_admin", "member:projectAdmin"]);

    let members = admin.get("/api/v2.0/projects/mine/members?entityname=victim").send().await.expect(200).json();
    let asked = ask(&admin, "mine", "username=victim").await;
    assert_eq!(asked["rules"][0]["member_id"], members[0]["id"]);
    let id = members[0]["id"].to_string();
    admin.put(&format!("/api/v2.0/projects/mine/members/{id}")).json(&json!({ "role_id": 2 })).send().await.expect(200);
    let asked = ask(&admin, "mine", "username=victim&action=push").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(true), vec!["*member:developer".to_owned()]));
}

fn pairs(list: &Value) -> BTreeSet<(String, String)> {
    // What a project's permissions are relative to is the project itself.
    let word = |pair: &Value, key: &str| pair[key].as_str().unwrap().replace('.', "project");
    list.as_array().unwrap().iter().map(|pair| (word(pair, "resource"), word(pair, "action"))).collect()
}

async fn what_is_explained_is_what_is_allowed(app: &TestApp) {
    for (project, public) in [("mine", false), ("open", true)] {
        let id = app.project(project, public).await;
        for (index, role) in [Role::ProjectAdmin, Role::Maintainer, Role::Developer, Role::Guest, Role::LimitedGuest]
            .into_iter()
            .enumerate()
        {
            app.user_in(project, &format!("{project}-{index}"), role).await;
        }
        app.user(&format!("{project}-none")).await;
        for name in ["0", "1", "2", "3", "4", "none"] {
            let name = format!("{project}-{name}");
            let own = app.anonymous().basic(&name, PASSWORD);
            let scope = format!("/api/v2.0/users/current/permissions?scope=/project/{id}&relative=true");
            let really = own.get(&scope).send().await.expect(200).json();
            let told = ask(&app.admin(), project, &format!("username={name}")).await;
            let told: BTreeSet<_> =
                told["rules"].as_array().unwrap().iter().flat_map(|rule| pairs(&rule["permissions"])).collect();
            assert_eq!(told, pairs(&really), "{name}");
        }
    }
}

async fn who_lists_members_may_ask(app: &TestApp) {
    app.project("mine", false).await;
    app.project("open", true).await;
    let query = "username=admin&action=push";
    let stranger = app.user("stranger").await;
    for project in ["mine", "open", "nowhere"] {
        let refused = stranger.get(&path(project, query)).send().await.refused(403, "FORBIDDEN");
        // What is missing is named, also where there is no such project.
        assert_eq!(refused.header("x-needed-permission"), "project:member:list", "{project}");
        app.anonymous().get(&path(project, query)).send().await.refused(401, "UNAUTHORIZED");
    }
    let users = stranger.get("/api/v2.0/users").send().await.refused(403, "FORBIDDEN");
    assert_eq!(users.header("x-needed-permission"), "system:user:list");
    let limited = app.user_in("mine", "limited", Role::LimitedGuest).await;
    limited.get(&path("mine", query)).send().await.refused(403, "FORBIDDEN");
    let guest = app.user_in("mine", "guest", Role::Guest).await;
    guest.get(&path("mine", query)).send().await.expect(200);
    guest.get(&path("open", query)).send().await.refused(403, "FORBIDDEN");
    let admin = app.admin();
    admin.get(&path("nowhere", query)).send().await.refused(404, "NOT_FOUND");
    admin.get(&path("mine", "username=nobody-of-this-name")).send().await.refused(404, "NOT_FOUND");
    for bad in ["", "username=", "username=admin&action=fly", "username=admin&action=push&resource=boat"] {
        let refused = admin.get(&path("mine", bad)).send().await;
        assert!(matches!(refused.status, 400 | 422), "{bad}: {}", refused.status);
    }
}

async fn only_administrators_are_told_of_strangers(app: &TestApp) {
    let admin = app.admin();
    app.project("mine", false).await;
    app.project("open", true).await;
    app.user("stranger").await;
    let boss = app.user("boss").await;
    let id = boss.get("/api/v2.0/users/current").send().await.expect(200).json()["user_id"].to_string();
    let flag = json!({ "sysadmin_flag": true });
    admin.put(&format!("/api/v2.0/users/{id}/sysadmin")).json(&flag).send().await.expect(200);
    let mei = app.user_in("mine", "mei", Role::ProjectAdmin).await;
    app.member("open", "mei", Role::ProjectAdmin).await;
    for project in ["mine", "open"] {
        for name in ["nobody-of-this-name", "stranger", "boss"] {
            for question in ["", "&action=pull", "&action=delete"] {
                let query = format!("username={name}{question}");
                let refused = mei.get(&path(project, &query)).send().await.refused(404, "NOT_FOUND");
                let message = format!("user {name} is not found");
                assert_eq!(refused.json()["errors"][0]["message"], json!(message));
            }
        }
    }
    let asked = ask(&admin, "open", "username=boss&action=delete").await;
    assert_eq!(
        (&asked["allowed"], kinds(&asked)),
        (&json!(true), vec!["*system_admin".to_owned(), "public".to_owned()])
    );

    // Of members the role is told, and not whether they administer the system.
    let asked = ask(&mei, "mine", "username=admin&action=delete").await;
    assert_eq!(kinds(&asked), ["*member:projectAdmin"]);
    app.member("mine", "boss", Role::Guest).await;
    let asked = ask(&mei, "mine", "username=boss&action=push").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(false), vec!["member:guest".to_owned()]));
    let asked = ask(&boss, "mine", "username=boss&action=push").await;
    assert_eq!(kinds(&asked), ["*system_admin", "member:guest"]);
    let asked = ask(&mei, "mine", "username=mei&action=push").await;
    assert_eq!(kinds(&asked), ["*member:projectAdmin"]);
}

async fn groups_are_told_apart(app: &TestApp) {
    app.project("mine", false).await;
    let admin = app.admin();
    // A group may have the name of a person.
    app.user("builders").await;
    let group = json!({ "group_name": "builders", "group_type": 2 });
    admin.post("/api/v2.0/usergroups").json(&group).send().await.expect(201);
    let member = json!({ "role_id": 4, "member_group": { "group_name": "builders" } });
    let made = admin.post("/api/v2.0/projects/mine/members").json(&member).send().await.expect(201).location();
    let asked = ask(&admin, "mine", "username=builders&action=pull").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(false), Vec::new()));
    let groups = &asked["groups"];
    assert_eq!(groups.as_array().unwrap().len(), 1);
    assert_eq!((&groups[0]["group_name"], &groups[0]["role_name"]), (&json!("builders"), &json!("maintainer")));
    assert!(made.ends_with(&format!("/{}", groups[0]["member_id"])), "{made}");
    // Nor does the group's role tell anybody of the person.
    let guest = app.user_in("mine", "guest", Role::Guest).await;
    guest.get(&path("mine", "username=builders")).send().await.refused(404, "NOT_FOUND");
}

async fn robots_are_explained_to_who_may_list_them(app: &TestApp) {
    let admin = app.admin();
    app.project("mine", false).await;
    app.project("open", true).await;
    let maintainer = app.user_in("mine", "maintainer", Role::Maintainer).await;
    let stranger = app.user_in("open", "stranger", Role::ProjectAdmin).await;
    let access = json!([{ "resource": "repository", "action": "push" }, { "resource": "tag", "action": "list" }]);
    let scopes = json!([{ "kind": "project", "namespace": "mine", "access": access }]);
    let robot = |name: &str, level: &str| json!({ "name": name, "level": level, "duration": -1, "permissions": scopes.clone() });
    let make = async |body: Value| admin.post("/api/v2.0/robots").json(&body).send().await.expect(201).json();
    let own = make(robot("ci", "project")).await;
    make(robot("fleet", "system")).await;

    // With the prefix as it is set, and as a shell takes it without quotes.
    for name in ["robot$mine%2Bci", "robot%2Bmine%2Bci"] {
        let asked = ask(&maintainer, "mine", &format!("username={name}&action=push")).await;
        assert_eq!((&asked["username"], &asked["allowed"]), (&json!("robot$mine+ci"), &json!(true)));
        assert_eq!(kinds(&asked), ["*robot"]);
        assert_eq!(asked["robot"], json!({ "id": own["id"], "own": true }));
    }
    // What is told is what it may: whoever pushes also pulls.
    let told = ask(&maintainer, "mine", "username=robot$mine%2Bci").await;
    let told = pairs(&told["rules"][0]["permissions"]);
    let wanted = [("repository", "pull"), ("repository", "push"), ("tag", "list")];
    assert_eq!(told, wanted.map(|(on, what)| (on.to_owned(), what.to_owned())).into());
    let asked = ask(&maintainer, "mine", "username=robot$mine%2Bci&action=delete").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(false), vec!["robot".to_owned()]));
    let elsewhere = ask(&admin, "open", "username=robot$mine%2Bci&action=pull").await;
    assert_eq!((kinds(&elsewhere), &elsewhere["robot"]["own"]), (vec!["*public".to_owned()], &json!(false)));

    let refused = |message: Value| message["errors"][0]["message"].clone();
    for (asker, project, name) in [
        (&stranger, "open", "robot$mine+ci"),
        (&maintainer, "mine", "robot$fleet"),
        (&maintainer, "mine", "robot$mine+none"),
    ] {
        let path = path(project, &format!("username={}", name.replace('+', "%2B")));
        let answer = asker.get(&path).send().await.refused(404, "NOT_FOUND").json();
        assert_eq!(refused(answer), json!(format!("user {name} is not found")));
    }
    admin.get(&path("mine", "username=robot$%00")).send().await.refused(404, "NOT_FOUND");
    assert_eq!(kinds(&ask(&admin, "mine", "username=robot$fleet&action=push").await), ["*robot"]);
    // Who may list members and no robots knows itself alone.
    let lister =
        json!([{ "kind": "project", "namespace": "*", "access": [{ "resource": "member", "action": "list" }] }]);
    let made = json!({ "name": "lister", "level": "system", "duration": -1, "permissions": lister });
    let made = make(made).await;
    let itself = app.anonymous().basic("robot$lister", made["secret"].as_str().unwrap());
    itself.get(&path("mine", "username=robot$mine%2Bci")).send().await.refused(404, "NOT_FOUND");
    itself.get(&path("mine", "username=robot$fleet")).send().await.refused(404, "NOT_FOUND");
    let asked = ask(&itself, "mine", "username=robot$lister&action=list&resource=member").await;
    assert_eq!((&asked["allowed"], &asked["robot"]["own"]), (&json!(true), &json!(false)));

    // One that cannot sign in may nothing, whatever it was given.
    let robot = format!("/api/v2.0/robots/{}", own["id"]);
    let mut changed = admin.get(&robot).send().await.expect(200).json();
    changed["disable"] = json!(true);
    admin.put(&robot).json(&changed).send().await.expect(200);
    let asked = ask(&maintainer, "mine", "username=robot$mine%2Bci&action=push").await;
    assert_eq!((&asked["allowed"], kinds(&asked)), (&json!(false), vec!["robot".to_owned()]));
    assert_eq!(asked["robot"]["off"], "disabled");
    changed["disable"] = json!(false);
    admin.put(&robot).json(&changed).send().await.expect(200);
    let id = own["id"].as_i64().unwrap();
    let ended: Result<(), DbError> = app
        .rows()
        .await
        .write(id, |tx, id| {
            Box::pin(async move {
                tx.execute("UPDATE identities SET expires_at = 1 WHERE id = $1", args![*id]).await?;
                Ok(())
            })
        })
        .await;
    ended.unwrap();
    let asked = ask(&maintainer, "mine", "username=robot$mine%2Bci&action=push").await;
    assert_eq!((&asked["allowed"], &asked["robot"]["off"]), (&json!(false), &json!("expired")));
}
