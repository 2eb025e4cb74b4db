//! A transport that answers from a table, and pages rendered over it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::body::{Body, to_bytes};
use base64::Engine;
use berth_app::client::{Transport, TransportError};
use berth_app::{Assets, PageContext, shell};
use berth_types::Timestamp;
use http::{HeaderMap, Request, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The first administrator.
pub const ADMIN: &str = r#"{"user_id":1,"username":"admin","realname":"","email":"","sysadmin_flag":true,"admin_role_in_auth":false,
    "creation_time":"2026-01-01T00:00:00Z","update_time":"2026-01-01T00:00:00Z"}"#;
/// Somebody who is no administrator.
pub const MEI: &str = r#"{"user_id":3,"username":"mei","realname":"Mei Lin","email":"mei.lin@example.com","sysadmin_flag":false,
    "admin_role_in_auth":false,"creation_time":"2026-02-01T00:00:00Z","update_time":"2026-02-01T00:00:00Z"}"#;
const CURRENT: &str = "/api/v2.0/users/current";
const SYSTEM: &str = "/api/v2.0/systeminfo";
/// How many turns of the executor an answer may take.
const TURNS_MAX: usize = 7;
/// How long a page may take that is drawn at all.
const PATIENCE: Duration = Duration::from_secs(60);
const REFUSED: &str = r#"{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]}"#;

#[derive(Clone)]
struct Canned {
    status: u16,
    total: Option<i64>,
    body: String,
}

/// An API that answers each path with what it was told.
#[derive(Clone, Default)]
pub struct Fake {
    answers: HashMap<String, Canned>,
    silent: Vec<String>,
    wait_seconds: Option<u64>,
    needed: Option<String>,
    is_empty: bool,
    cookie: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Nobody is signed in.
    pub fn anonymous() -> Self {
        Fake::default().answer(CURRENT, 401, REFUSED).system("")
    }

    /// This person is signed in.
    pub fn signed_in(user: &str) -> Self {
        Fake::anonymous().answer(CURRENT, 200, user)
    }

    /// The API refuses everything until set-up is done.
    pub fn before_set_up() -> Self {
        let body = r#"{"errors":[{"code":"SERVICE_UNAVAILABLE","message":"not set up"}]}"#;
        Fake::default().answer(CURRENT, 503, body).answer(SYSTEM, 503, body)
    }

    /// Fields of the system's information beyond the usual.
    pub fn system(self, more: &str) -> Self {
        let comma = if more.is_empty() { "" } else { "," };
        let body = format!(r#"{{"auth_mode":"db_auth","registry_url":"registry.example.com"{comma}{more}}}"#);
        self.answer(SYSTEM, 200, &body)
    }

    /// Anybody may sign up.
    pub fn self_registration(self) -> Self {
        self.system(r#""self_registration":true"#)
    }

    /// Answers a path, whatever its query.
    pub fn answer(mut self, path: &str, status: u16, body: &str) -> Self {
        self.answers.insert(path.to_owned(), Canned { status, total: None, body: body.to_owned() });
        self
    }

    /// Answers a path with a page of a list.
    pub fn list(mut self, path: &str, total: i64, body: &str) -> Self {
        self.answers.insert(path.to_owned(), Canned { status: 200, total: Some(total), body: body.to_owned() });
        self
    }

    /// Never answers a path.
    pub fn silent(mut self, path: &str) -> Self {
        self.silent.push(path.to_owned());
        self
    }

    /// Every answer says when to come back.
    pub fn waiting(mut self, seconds: u64) -> Self {
        self.wait_seconds = Some(seconds);
        self
    }

    /// Every answer names this right as the one that is missing.
    pub fn lacking(mut self, right: &str) -> Self {
        self.needed = Some(right.to_owned());
        self
    }

    /// What it was not told of is a list with nothing in it.
    pub fn otherwise_empty(mut self) -> Self {
        self.is_empty = true;
        self
    }

    /// What the browser remembers.
    pub fn cookie(mut self, cookie: &str) -> Self {
        self.cookie = cookie.to_owned();
        self
    }

    /// Whether an address with this part was asked for.
    pub fn asked(&self, part: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|address| address.contains(part))
    }
}

#[async_trait::async_trait]
impl Transport for Fake {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(request.uri().to_string());
            asked.len()
        };
        // Nothing is answered at once, and not everything after the same time: pages have to get along with any order.
        for _ in 0..=nth % TURNS_MAX {
            tokio::task::yield_now().await;
        }
        let path = request.uri().path();
        if self.silent.iter().any(|silent| silent == path) {
            return Err(TransportError { source: "nobody there".into() });
        }
        let unknown = || {
            let missing = r#"{"errors":[{"code":"NOT_FOUND","message":"no such path"}]}"#;
            let (status, total, body) = if self.is_empty { (200, Some(0), "[]") } else { (404, None, missing) };
            Canned { status, total, body: body.to_owned() }
        };
        let canned = self.answers.get(path).cloned().unwrap_or_else(unknown);
        let mut response = Response::builder().status(canned.status).header("x-request-id", "req-1");
        if let Some(total) = canned.total {
            response = response.header("x-total-count", total);
        }
        if let Some(seconds) = self.wait_seconds {
            response = response.header("retry-after", seconds);
        }
        if let Some(needed) = &self.needed {
            response = response.header("x-needed-permission", needed);
        }
        Ok(response.body(canned.body.into_bytes()).unwrap())
    }
}

/// A rendered page.
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// The document.
    pub html: String,
    headers: HeaderMap,
}

impl Page {
    /// Fails unless the document has this text.
    #[track_caller]
    pub fn has(&self, text: &str) {
        assert!(self.flat().contains(text), "no {text:?} in {}", self.html);
    }

    /// Fails if the document has this text.
    #[track_caller]
    pub fn lacks(&self, text: &str) {
        assert!(!self.flat().contains(text), "{text:?} in {}", self.html);
    }

    /// The value of a header, empty where there is none.
    pub fn header(&self, name: &str) -> String {
        self.headers(name).into_iter().next().unwrap_or_default()
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<String> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The document without the marks that hydration needs, without narrow spaces and without the serialized data.
    fn flat(&self) -> String {
        self.html.replace("<!>", "").replace("<!---->", "").replace('\u{202f}', " ")
    }
}

/// Renders the page of an address, as a browser would ask for it.
pub async fn page(fake: &Fake, address: &str) -> Page {
    let assets = Assets {
        css: "/assets/index.css".into(),
        contrast_css: "/assets/contrast.css".into(),
        favicon: "/favicon.svg".into(),
        js: "/assets/berth.js".into(),
        wasm: "/assets/berth.wasm".into(),
        locales: vec![("en".into(), "/assets/en.json".into()), ("zh-CN".into(), "/assets/zh-CN.json".into())],
    };
    let now = Timestamp::parse_rfc3339("2026-03-14T09:36:00Z").unwrap();
    let context = PageContext::load(Arc::new(fake.clone()), Arc::new(assets), "localhost:5000".into(), now).await;
    // Listing the routes, as the server does at start, also sets up what runs the tasks of a page.
    static ROUTES: std::sync::Once = std::sync::Once::new();
    ROUTES.call_once(|| assert!(leptos_axum::generate_route_list(berth_app::App).len() > 10));
    let handler = leptos_axum::render_app_async_with_context(move || context.provide(), shell);
    let request = Request::builder()
        .uri(address)
        .header("accept", "text/html")
        .header("cookie", &fake.cookie)
        .body(Body::empty())
        .unwrap();
    let before = fake.asked.lock().unwrap().len();
    let response = tokio::time::timeout(PATIENCE, handler(request)).await.unwrap();
    let mut asked = fake.asked.lock().unwrap()[before..].to_vec();
    asked.sort();
    let twice: Vec<_> = asked.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{address} asks twice: {twice:?}");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 22).await.unwrap();
    Page { status: parts.status.as_u16(), html: String::from_utf8(body.to_vec()).unwrap(), headers: parts.headers }
}

/// The address to which a browser without script is sent back with the answer of a form.
pub fn answered(page: &str, function: &str, answer: &str) -> String {
    let answer = base64::engine::general_purpose::URL_SAFE.encode(answer);
    let encode = berth_types::url::encode;
    format!("{page}?__path={}&__err={}", encode(function), encode(&answer))
}
