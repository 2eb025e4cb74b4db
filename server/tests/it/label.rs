//! Labels: whose they are, what they are on, and lists that ask for them.

use berth_testkit::{Client, Image, Role, TestApp, on_both};
use serde_json::{Value, json};

const LABELS: &str = "/api/v2.0/labels";
const ARTIFACTS: &str = "/api/v2.0/projects/team/repositories/app/artifacts";

on_both!(
    labels_belong_to_the_system_or_to_a_project,
    names_are_unique_in_their_scope,
    artifacts_are_found_by_their_labels,
    a_label_goes_with_what_it_is_on_and_from_it,
);

async fn make(client: &Client, body: Value) -> i64 {
    let reply = client.post(LABELS).json(&body).send().await.expect(201);
    reply.location().rsplit('/').next().unwrap().parse().unwrap()
}

async fn labels_belong_to_the_system_or_to_a_project(app: &TestApp) {
    let project = app.project("team", false).await;
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let foreign = app.user("foreign").await;
    let of_project = |name: &str| json!({ "name": name, "scope": "p", "project_id": project });
    let of_system = json!({ "name": "everywhere", "scope": "g", "color": "#fff" });
    maintainer.post(LABELS).json(&of_system).send().await.refused(403, "FORBIDDEN");
    let system = make(&app.admin(), of_system).await;
    for refused in [&developer, &foreign] {
        refused.post(LABELS).json(&of_project("mine")).send().await.refused(403, "FORBIDDEN");
    }
    app.anonymous().post(LABELS).json(&of_project("mine")).send().await.refused(401, "UNAUTHORIZED");
    let mine = format!("{LABELS}/{}", make(&maintainer, of_project("mine")).await);

    developer.get(&mine).send().await.expect(200);
    foreign.get(&mine).send().await.refused(403, "FORBIDDEN");
    foreign.delete(&mine).send().await.refused(403, "FORBIDDEN");
    developer.put(&mine).json(&of_project("theirs")).send().await.refused(403, "FORBIDDEN");
    // The scope of a label is its own, whatever a request says.
    maintainer.put(&mine).json(&json!({ "name": "renamed", "scope": "g" })).send().await.expect(200);
    let shown = developer.get(&mine).send().await.expect(200).json();
    assert_eq!(
        (&shown["name"], &shown["scope"], &shown["project_id"]),
        (&json!("renamed"), &json!("p"), &json!(project))
    );

    let listed = foreign.get(&format!("{LABELS}?scope=g")).send().await.expect(200).json();
    assert_eq!(listed[0]["id"], system);
    foreign.get(&format!("{LABELS}?scope=p&project_id={project}")).send().await.refused(403, "FORBIDDEN");
    app.admin().get(&format!("{LABELS}?scope=p&project_id=999999")).send().await.refused(404, "NOT_FOUND");
}

async fn names_are_unique_in_their_scope(app: &TestApp) {
    let project = app.project("team", false).await;
    let admin = app.admin();
    let body = |name: &str| json!({ "name": name, "scope": "g" });
    let first = make(&admin, body("one")).await;
    let second = make(&admin, body("two")).await;
    make(&admin, json!({ "name": "one", "scope": "p", "project_id": project })).await;
    admin.post(LABELS).json(&body("one")).send().await.refused(409, "CONFLICT");
    admin.put(&format!("{LABELS}/{second}")).json(&body("one")).send().await.refused(409, "CONFLICT");
    admin.put(&format!("{LABELS}/{first}")).json(&body("one")).send().await.expect(200);
    // An id that a client sends is ignored.
    assert!(make(&admin, json!({ "name": "three", "scope": "g", "id": 7_777_777 })).await < 1000);
    for bad in [json!({ "scope": "g" }), body(&"n".repeat(129)), json!({ "name": "x", "scope": "z" })] {
        admin.post(LABELS).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    let name = json!({ "name": 5, "scope": "g" });
    admin.post(LABELS).json(&name).send().await.refused(422, "UNPROCESSABLE_ENTITY");
}

async fn artifacts_are_found_by_their_labels(app: &TestApp) {
    let project = app.project("team", false).await;
    let other = app.project("other", false).await;
    let admin = app.admin();
    for tag in ["v1", "v2"] {
        admin.push("team/app", tag, &Image::new(tag, 1)).await;
    }
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let guest = app.user_in("team", "guest", Role::Guest).await;
    let (one, two, theirs) = (
        make(&admin, json!({ "name": "one", "scope": "g" })).await,
        make(&admin, json!({ "name": "two", "scope": "p", "project_id": project })).await,
        make(&admin, json!({ "name": "theirs", "scope": "p", "project_id": other })).await,
    );
    let on = format!("{ARTIFACTS}/v1/labels");
    for label in [one, two] {
        developer.post(&on).json(&json!({ "id": label })).send().await.expect(200);
    }
    developer.post(&on).json(&json!({ "id": one })).send().await.refused(409, "CONFLICT");
    guest.post(&on).json(&json!({ "id": one })).send().await.refused(403, "FORBIDDEN");
    // A label of another project is no label here, whoever puts it.
    admin.post(&on).json(&json!({ "id": theirs })).send().await.refused(404, "NOT_FOUND");
    admin.post(&format!("{ARTIFACTS}/v9/labels")).json(&json!({ "id": one })).send().await.refused(404, "NOT_FOUND");

    for (query, expected) in [
        (format!("labels=({one})"), 1),
        (format!("labels=({one}%20{two})"), 1),
        (format!("labels=({one}%20{theirs})"), 0),
    ] {
        let path = format!("{ARTIFACTS}?with_label=true&q={query}");
        let reply = guest.get(&path).send().await.expect(200);
        assert_eq!(reply.header("x-total-count"), expected.to_string(), "{query}");
        if expected == 1 {
            let names: Vec<Value> =
                reply.json()[0]["labels"].as_array().unwrap().iter().map(|label| label["name"].clone()).collect();
            assert_eq!(names, ["one", "two"]);
        }
    }
    let path = format!("{on}/{two}");
    developer.delete(&path).send().await.expect(200);
    developer.delete(&path).send().await.refused(404, "NOT_FOUND");
}

async fn a_label_goes_with_what_it_is_on_and_from_it(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    let image = Image::new("image", 1);
    admin.push("team/app", "v1", &image).await;
    let label = make(&admin, json!({ "name": "one", "scope": "g" })).await;
    let on = format!("{ARTIFACTS}/v1/labels");
    admin.post(&on).json(&json!({ "id": label })).send().await.expect(200);
    admin.delete(&format!("{ARTIFACTS}/v1")).send().await.expect(200);
    admin.push("team/app", "v1", &image).await;
    let path = format!("{ARTIFACTS}/v1?with_label=true");
    assert_eq!(admin.get(&path).send().await.expect(200).json()["labels"], Value::Null);
    admin.post(&on).json(&json!({ "id": label })).send().await.expect(200);
    admin.delete(&format!("{LABELS}/{label}")).send().await.expect(200);
    admin.delete(&format!("{LABELS}/{label}")).send().await.refused(404, "NOT_FOUND");
    assert_eq!(admin.get(&path).send().await.expect(200).json()["labels"], Value::Null);
}
