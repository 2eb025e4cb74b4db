//! The list of all repositories.

use berth_testkit::{Image, Role, TestApp, on_both};
use serde_json::json;

on_both!(only_administrators_list_everything,);

async fn only_administrators_list_everything(app: &TestApp) {
    let developer = app.user_in("library", "developer", Role::ProjectAdmin).await;
    app.project("zebra", false).await;
    let admin = app.admin();
    assert_eq!(admin.get("/v2/_catalog").send().await.expect(200).json(), json!({ "repositories": [] }));
    let image = Image::new("image", 1);
    for repo in ["zebra/a", "library/b", "library/a/x", "library/a"] {
        admin.push(repo, "v1", &image).await;
    }
    // An upload alone makes no repository.
    admin.push_blob("library/nothing", &image.blobs[0]).await;

    let anonymous = app.anonymous().get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
    assert!(anonymous.header("www-authenticate").contains("scope=\"registry:catalog:*\""));
    developer.get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
    let token = app.token(&developer, &["registry:catalog:*"]).await;
    app.anonymous().bearer(&token).get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
    let token = app.token(&admin, &["registry:catalog:*"]).await;
    let by_token = app.anonymous().bearer(&token).get("/v2/_catalog").send().await.expect(200);
    let all = ["library/a", "library/a/x", "library/b", "zebra/a"];
    assert_eq!(by_token.json(), json!({ "repositories": all }));
    let narrow = app.token(&admin, &["repository:library/a:pull"]).await;
    app.anonymous().bearer(&narrow).get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");

    let (mut seen, mut path) = (Vec::new(), "/v2/_catalog?n=1".to_owned());
    loop {
        let reply = admin.get(&path).send().await.expect(200);
        seen.extend(
            reply.json()["repositories"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()),
        );
        let link = reply.header("link").to_owned();
        let Some(next) = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else { break };
        path = next.to_owned();
    }
    assert_eq!(seen, all);
    let reply = admin.get("/v2/_catalog?n=0").send().await.expect(200);
    assert_eq!((reply.json(), reply.header("link")), (json!({ "repositories": [] }), ""));
    for query in ["n=-1", "n=x", "n=1.5", "n=99999999999999999999", "last=UPPER"] {
        admin.get(&format!("/v2/_catalog?{query}")).send().await.expect(400);
    }
    admin.get("/v2/_catalog?n=9223372036854775807").send().await.expect(200);
}
