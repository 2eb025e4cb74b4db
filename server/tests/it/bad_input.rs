//! Input that is no good, outside of `/v2`: each gets its status and word in the envelope, and never a 500.

use berth_testkit::{TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    lists_have_bounds,
    bodies_have_to_be_json_of_the_right_kind,
    names_have_a_grammar,
    paths_of_nothing_are_not_found,
    heads_that_are_odd,
    answers_of_errors_tell_nothing_of_the_inside,
    descriptions_have_bounds,
);

async fn lists_have_bounds(app: &TestApp) {
    let admin = app.admin();
    for path in [
        "projects",
        "users",
        "auditlog-exts",
        "repositories",
        "projects/library/members",
        "projects/library/repositories",
    ] {
        for query in [
            "page_size=101",
            "page_size=-1",
            "page_size=x",
            "page=0",
            "page=-1",
            "page=x",
            "page_size=99999999999999999999",
        ] {
            let reply = admin.get(&format!("/api/v2.0/{path}?{query}")).send().await;
            // Members take -1 for "all", as Harbor does in some lists.
            assert!(matches!(reply.status, 200 | 400 | 422), "{path}?{query}: {} {}", reply.status, reply.text());
            if query == "page_size=101" {
                assert_eq!(reply.status, 422, "{path}: {}", reply.text());
                assert_eq!(reply.code(), "UNPROCESSABLE_ENTITY");
            }
        }
        let far = admin.get(&format!("/api/v2.0/{path}?page=9223372036854775807&page_size=100")).send().await;
        assert!(matches!(far.status, 200 | 400 | 422), "{path}: {} {}", far.status, far.text());
        for query in [
            "q=nonsense",
            "q=a%3D%7E",
            "q=name%3D%5B1~",
            "q=password%3D~a",
            "sort=password",
            "sort=--",
            "q=%00",
            "sort=id%3Bdrop",
        ] {
            let reply = admin.get(&format!("/api/v2.0/{path}?{query}")).send().await;
            assert!(matches!(reply.status, 200 | 400 | 422), "{path}?{query}: {} {}", reply.status, reply.text());
        }
        // More than a statement holds, and a longer pattern than SQLite reads.
        let conditions = vec!["name=~a"; 1500].join(",");
        let refused = admin.get(&format!("/api/v2.0/{path}?q={conditions}")).send().await.refused(400, "BAD_REQUEST");
        assert!(refused.text().contains("more than 100 conditions"), "{path}: {}", refused.text());
        for key in ["name", "username", "resource"] {
            let long = "_".repeat(30_000);
            admin.get(&format!("/api/v2.0/{path}?q={key}=~{long}")).send().await.expect(200);
        }
    }
    for path in ["search?q", "projects?name", "users?username", "users/search?username"] {
        admin.get(&format!("/api/v2.0/{path}={}", "a".repeat(60_000))).send().await.expect(200);
    }
}

async fn bodies_have_to_be_json_of_the_right_kind(app: &TestApp) {
    let admin = app.admin();
    let user = admin.get("/api/v2.0/users/current").send().await.expect(200).json()["user_id"].as_i64().unwrap();
    for (method, path) in [
        ("POST", "projects".to_owned()),
        ("POST", "users".to_owned()),
        ("PUT", "configurations".to_owned()),
        ("PUT", "projects/library".to_owned()),
        ("POST", "projects/library/members".to_owned()),
        ("POST", "projects/library/metadatas/".to_owned()),
        ("PUT", format!("users/{user}")),
        ("PUT", format!("users/{user}/password")),
        ("PUT", format!("users/{user}/sysadmin")),
    ] {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        for body in [
            "",
            "nonsense",
            "{",
            "[]",
            "\"text\"",
            "7",
            "null",
            "{\"project_name\":7}",
            "{\"username\":[]}",
            deep.as_str(),
            "\u{0}",
        ] {
            let request = admin.request(method.parse().unwrap(), &format!("/api/v2.0/{path}"));
            let reply = request.header("content-type", "application/json").body(body.to_owned()).send().await;
            assert!(reply.status < 500, "{method} {path} {body:.20}: {} {}", reply.status, reply.text());
        }
        let request = admin.request(method.parse().unwrap(), &format!("/api/v2.0/{path}"));
        let reply = request.header("content-type", "application/json").body(vec![b' '; 20 << 20]).try_send().await;
        // The server may close the connection instead of reading on.
        if let Ok(reply) = reply {
            assert!(matches!(reply.status, 400 | 413 | 422), "{method} {path}: {}", reply.status);
        }
    }
    admin.get("/api/v2.0/users/current").send().await.expect(200);
}

async fn names_have_a_grammar(app: &TestApp) {
    let admin = app.admin();
    let long = "a".repeat(256);
    for name in
        ["", "UPPER", "a b", "-a", "a-", "a..b", "a/b", "ä", "a\u{0}", long.as_str(), "'; DROP TABLE projects; --"]
    {
        let reply = admin.post("/api/v2.0/projects").json(&json!({ "project_name": name })).send().await;
        // A name that is too long fails the schema already.
        let expected = if name == long { (422, "UNPROCESSABLE_ENTITY") } else { (400, "BAD_REQUEST") };
        assert_eq!((reply.status, reply.code().as_str()), expected, "{name:?}: {}", reply.text());
    }
    for (field, value) in [
        ("username", "a,b"),
        ("username", "a\"b"),
        ("username", ""),
        ("username", long.as_str()),
        ("username", "a\u{0}"),
        ("email", "no address"),
        ("password", "short"),
        ("password", "alllowercase1"),
        ("password", long.as_str()),
        ("realname", "a,b\u{0}"),
    ] {
        let mut person =
            json!({ "username": "person", "email": "p@example.com", "realname": "P", "password": "Passw0rd-of-all" });
        person[field] = json!(value);
        let reply = admin.post("/api/v2.0/users").json(&person).send().await;
        assert!(matches!(reply.status, 400 | 422), "{field} {value:.20}: {} {}", reply.status, reply.text());
    }
}

async fn paths_of_nothing_are_not_found(app: &TestApp) {
    let admin = app.admin();
    for path in [
        "/api/v2.0/nothing",
        "/api/v3.0/projects",
        "/api/berth/v1/nothing",
        "/api/",
        "/api/v2.0/projects/999999",
        "/api/v2.0/projects/missing",
        "/api/v2.0/users/999999",
        "/api/v2.0/projects/library/members/999999",
        "/api/v2.0/projects/library/repositories/missing",
        "/api/v2.0/projects/library/repositories/missing/artifacts/v1",
        "/api/v2.0/projects/%00",
        "/api/v2.0/users/99999999999999999999",
    ] {
        let reply = admin.get(path).send().await;
        assert!(matches!(reply.status, 400 | 404 | 422), "{path}: {} {}", reply.status, reply.text());
        if path.starts_with("/api/v2.0/") || path.starts_with("/api/berth/") {
            reply.code();
        }
    }
    let page = app.anonymous().get("/nothing-here").header("accept", "text/html").send().await;
    assert!(page.status < 500, "{}", page.status);
}

async fn heads_that_are_odd(app: &TestApp) {
    for request in [
        "GET /api/v2.0/ping HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\tb\r\nX-Forwarded-For: nonsense\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /api/v2.0/ping HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /api/v2.0/ping HTTP/1.0\r\n\r\n".to_owned(),
        format!("GET /api/v2.0/ping HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nConnection: close\r\n\r\n", "a=b; ".repeat(3000)),
        format!("GET /api/v2.0/ping?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a=b&".repeat(3000)),
        "GET http://other.example/api/v2.0/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /api/v2.0/ping HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\nConnection: close\r\n\r\n".to_owned(),
        "NONSENSE\r\n\r\n".to_owned(),
    ] {
        let answer = app.raw(request.as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 5"), "{request:.80}: {answer}");
    }
    app.admin().get("/api/v2.0/ping").send().await.expect(200);
}

async fn answers_of_errors_tell_nothing_of_the_inside(app: &TestApp) {
    for path in ["/api/v2.0/projects/%27", "/v2/library/%27/tags/list", "/api/v2.0/users?q=%27", "/api/v2.0/nothing"] {
        let text = app.admin().get(path).send().await.text().to_lowercase();
        for word in ["sql", "sqlite", "postgres", "panicked", "src/", ".rs"] {
            assert!(!text.contains(word), "{path}: {text}");
        }
    }
    let health: Value = app.anonymous().get("/api/v2.0/health").send().await.expect(200).json();
    assert_eq!(health["status"], "healthy");
}

async fn descriptions_have_bounds(app: &TestApp) {
    let admin = app.admin();
    admin.push("library/app", "v1", &berth_testkit::Image::new("described", 1)).await;
    let long = "d".repeat((64 << 10) + 1);
    let pull = json!({ "resource": "repository", "action": "pull" });
    let robot = json!({
        "name": "ci", "level": "project", "duration": 1, "description": long,
        "permissions": [{ "kind": "project", "namespace": "library", "access": [pull] }],
    });
    let hook = json!({
        "name": "hook", "description": long, "event_types": ["PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "http://hooks" }],
    });
    let rule = json!({
        "template": "t".repeat(40_000),
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "**" }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    });
    for (request, body) in [
        (admin.post("/api/v2.0/robots"), robot),
        (admin.post("/api/v2.0/projects/library/webhook/policies"), hook),
        (admin.post("/api/v2.0/projects/library/immutabletagrules"), rule),
        (admin.put("/api/v2.0/projects/library/repositories/app"), json!({ "description": long })),
    ] {
        let refused = request.json(&body).send().await.refused(400, "BAD_REQUEST");
        assert!(refused.text().contains("longer than"), "{}", refused.text());
    }
}
