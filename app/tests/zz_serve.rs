//! temporary
mod support;
use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use berth_app::{Assets, PageContext, shell};
use berth_types::Timestamp;
use std::sync::Arc;
use support::{ADMIN, Fake, MEI};

#[tokio::test(flavor = "multi_thread")]
async fn serve() {
    leptos_axum::generate_route_list(berth_app::App);
    let dir = std::env::var("PORTAL").unwrap();
    let find = |pre: &str, ext: &str| {
        std::fs::read_dir(&dir)
            .unwrap()
            .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()))
            .find(|n| n.starts_with(pre) && n.ends_with(ext))
            .map(|n| format!("/assets/{n}"))
            .unwrap_or_default()
    };
    let assets = Arc::new(Assets {
        css: find("berth.", ".css"),
        contrast_css: find("contrast", ".css"),
        favicon: find("favicon", ".svg"),
        js: find("berth.", ".js"),
        wasm: find("berth_bg", ".wasm"),
        locales: vec![("en".into(), find("locale-en", ".json")), ("zh-CN".into(), find("locale-zh-CN", ".json"))],
    });
    println!("{assets:?}");
    let sessions = r#"[
        {"id":"s1","created_at":"2026-03-14T09:00:00Z","seen_at":"2026-03-14T09:30:00Z","expires_at":"2026-03-15T09:00:00Z",
         "remote_addr":"192.0.2.1","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0","current":true},
        {"id":"s2","created_at":"2026-03-10T09:00:00Z","seen_at":"2026-03-14T08:30:00Z","expires_at":"2026-03-15T09:00:00Z",
         "remote_addr":"192.0.2.7","user_agent":"curl/8.5.0","current":false}]"#;
    let entries = r#"[{"id":7,"username":"mei","resource":"lib/web:v1","resource_type":"artifact","operation":"create",
        "operation_description":"create artifact: lib/web:v1","operation_result":true,"op_time":"2026-03-14T09:32:11Z",
        "client_address":"192.0.2.9"},
        {"id":6,"resource":"x","resource_type":"user","operation":"login","operation_result":false,"op_time":"2026-03-14T09:31:00Z"}]"#;
    let settings = r#"{"self_registration":{"value":false,"editable":false},
        "project_creation_restriction":{"value":"everyone","editable":true},"robot_name_prefix":{"value":"robot$","editable":true},
        "token_expiration":{"value":30,"editable":true},"read_only":{"value":true,"editable":true},"banner_message":{"value":"","editable":true}}"#;
    let signed = Fake::signed_in(ADMIN)
        .list("/api/v2.0/users", 60, &format!("[{ADMIN},{MEI}]"))
        .answer("/api/v2.0/users/3", 200, MEI)
        .answer("/api/v2.0/users/3/sysadmin", 200, "")
        .answer("/api/berth/v1/sessions/s2", 200, "")
        .answer("/api/berth/v1/sessions", 200, sessions)
        .list("/api/v2.0/auditlog-exts", 2, entries)
        .answer("/api/v2.0/configurations", 200, settings)
        .answer("/c/login", 200, "");
    let anon = Fake::anonymous()
        .self_registration()
        .answer("/api/berth/v1/setup", 200, r#"{"done":false,"token_valid":true}"#)
        .answer("/c/login", 401, "{}");
    let fake_of = move |parts: &http::HeaderMap| {
        let cookie = parts.get("cookie").and_then(|c| c.to_str().ok()).unwrap_or_default().to_owned();
        if cookie.contains("user=1") { signed.clone() } else { anon.clone() }
    };
    let now = Timestamp::parse_rfc3339("2026-03-14T09:36:00Z").unwrap();
    let (f1, a1) = (fake_of.clone(), assets.clone());
    let (f2, a2) = (fake_of.clone(), assets.clone());
    let f3 = fake_of.clone();
    let app = Router::new()
        .route(
            "/assets/{name}",
            get(move |axum::extract::Path(name): axum::extract::Path<String>| {
                let dir = dir.clone();
                async move {
                    let bytes = std::fs::read(format!("{dir}/{name}")).unwrap_or_default();
                    let kind = match name.rsplit('.').next().unwrap() {
                        "js" => "text/javascript",
                        "wasm" => "application/wasm",
                        "css" => "text/css",
                        "svg" => "image/svg+xml",
                        _ => "application/json",
                    };
                    ([("content-type", kind)], bytes)
                }
            }),
        )
        .route(
            "/_portal/{*f}",
            post(move |req: http::Request<Body>| {
                let (f, a) = (f2.clone(), a2.clone());
                async move {
                    let c = PageContext::bare(Arc::new(f(req.headers())), a, now);
                    leptos_axum::handle_server_fns_with_context(move || c.provide(), req).await
                }
            }),
        )
        .route(
            "/api/{*f}",
            axum::routing::any(move |req: http::Request<Body>| {
                let f = f3.clone();
                async move {
                    use berth_app::client::Transport;
                    let fake = f(req.headers());
                    let (p, _) = req.into_parts();
                    let r = fake.send(http::Request::from_parts(p, Vec::new())).await.unwrap();
                    r.map(Body::from)
                }
            }),
        )
        .fallback(move |req: http::Request<Body>| {
            let (f, a) = (f1.clone(), a1.clone());
            async move {
                let c = PageContext::load(Arc::new(f(req.headers())), a, "localhost:7777".into(), now).await;
                leptos_axum::render_app_async_with_context(move || c.provide(), shell)(req).await
            }
        });
    let l = tokio::net::TcpListener::bind("127.0.0.1:7777").await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(3000), async { axum::serve(l, app).await.unwrap() }).await.ok();
}
