//! Entries that are forwarded by requests: as JSON arrays, as logs of OpenTelemetry, to receivers of every temper.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::Request, http::StatusCode};
use tokio::{sync::oneshot, task::JoinHandle};

use super::*;

on_both!(
    entries_go_as_json_arrays_and_wait_for_a_receiver_that_is_away,
    entries_go_as_logs_of_opentelemetry,
    what_is_refused_holds_up_nothing_and_is_counted,
    a_header_is_for_its_receiver_and_for_no_eyes,
    entries_go_over_tls,
);

/// A receiver that takes requests, until it is told to stop.
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Closes all connections.
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// A receiver that remembers what it was sent.
#[derive(Clone)]
struct Receiver {
    address: SocketAddr,
    told: Arc<Told>,
}

struct Told {
    /// The credential and the body of each request that was taken.
    taken: Mutex<Vec<(String, Value)>>,
    /// What is answered to all.
    status: AtomicU16,
    /// What is said with a 200.
    answer: Mutex<&'static str>,
    /// A text that is refused.
    poison: Mutex<&'static str>,
    refused: AtomicUsize,
    turned_away: AtomicUsize,
}

impl Receiver {
    async fn start() -> (Self, Serving) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            address: listener.local_addr().unwrap(),
            told: Arc::new(Told {
                taken: Mutex::default(),
                status: AtomicU16::new(200),
                answer: Mutex::new("{}"),
                poison: Mutex::new("no such text"),
                refused: AtomicUsize::new(0),
                turned_away: AtomicUsize::new(0),
            }),
        };
        let serving = receiver.serve(listener);
        (receiver, serving)
    }

    /// Takes requests at the same address as before.
    async fn start_again(&self) -> Serving {
        let listener = eventually(async || TcpListener::bind(self.address).await.ok()).await;
        self.serve(listener)
    }

    fn serve(&self, listener: TcpListener) -> Serving {
        let told = self.told.clone();
        let take = move |request: Request| {
            let told = told.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body: Bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
                told.take(&parts, &body)
            }
        };
        let router = Router::new().fallback(take);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) });
        Serving { stop, task: tokio::spawn(async move { served.await.unwrap() }) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn bodies(&self) -> Vec<Value> {
        self.told.taken.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    /// The path and the credential of each request.
    fn credentials(&self) -> Vec<String> {
        self.told.taken.lock().unwrap().iter().map(|(credential, _)| credential.clone()).collect()
    }

    /// The entries of all arrays, in the order in which they came.
    fn entries(&self) -> Vec<Value> {
        self.bodies().iter().flat_map(|body| body.as_array().unwrap().clone()).collect()
    }

    /// The names of projects that were made, as they were told.
    fn projects(&self) -> Vec<String> {
        let made = |entry: &Value| entry["operation"] == "create" && entry["resource_type"] == "project";
        let name = |entry: &Value| entry["resource"].as_str().unwrap().to_owned();
        self.entries().iter().filter(|entry| made(entry)).map(name).collect()
    }

    /// Says 503 until somebody has heard it, while `work` is done.
    async fn is_busy_during(&self, work: impl Future<Output = ()>) {
        let before = self.told.turned_away.load(Ordering::SeqCst);
        self.told.status.store(503, Ordering::SeqCst);
        work.await;
        eventually(async || (self.told.turned_away.load(Ordering::SeqCst) > before).then_some(())).await;
        self.told.status.store(200, Ordering::SeqCst);
    }

    async fn hears_of(&self, project: &str) {
        eventually(async || self.projects().iter().any(|name| name == project).then_some(())).await;
    }
}

impl Told {
    fn take(&self, parts: &axum::http::request::Parts, body: &[u8]) -> (StatusCode, &'static str) {
        assert_eq!(parts.headers["content-type"], "application/json");
        let text = std::str::from_utf8(body).unwrap();
        if text.contains(*self.poison.lock().unwrap()) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return (StatusCode::BAD_REQUEST, "no");
        }
        let status = StatusCode::from_u16(self.status.load(Ordering::SeqCst)).unwrap();
        if status == StatusCode::OK {
            let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap());
            let credential = header("authorization").or(header("x-api-key")).unwrap_or_default();
            let path = parts.uri.path().to_owned();
            let body = serde_json::from_str(text).expect("JSON");
            self.taken.lock().unwrap().push((format!("{path} {credential}"), body));
        } else {
            self.turned_away.fetch_add(1, Ordering::SeqCst);
        }
        (status, *self.answer.lock().unwrap())
    }
}

/// How many entries were not forwarded, as administrators see it.
async fn lost(app: &TestApp) -> u64 {
    let report = app.admin().get("/api/berth/v1/system/health-report").send().await.expect(200).json();
    report["audit_lost"].as_u64().unwrap()
}

async fn refusal(app: &TestApp, values: Value) -> String {
    let refused = app.admin().put(CONFIGURATIONS).json(&values).send().await.refused(400, "BAD_REQUEST");
    refused.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}

async fn entries_go_as_json_arrays_and_wait_for_a_receiver_that_is_away(app: &TestApp) {
    let (receiver, serving) = Receiver::start().await;
    settings(app, json!({ "audit_log_forward_endpoint": receiver.url("/audit") })).await;
    // It is asked at once whether it takes entries.
    assert_eq!(receiver.entries()[0]["operation"], "test");
    app.project("first", false).await;
    receiver.hears_of("first").await;
    let entries = receiver.entries();
    let entry = entries.iter().find(|entry| entry["resource"] == "first").unwrap();
    assert_eq!((&entry["username"], &entry["operation_result"]), (&json!("admin"), &json!(true)));
    assert_eq!((&entry["client_address"], &entry["op_time"].is_string()), (&json!("127.0.0.1"), &true));
    assert_eq!(entry["operation_description"], "create project: first");

    // Away: nobody waits for it, and nothing is lost.
    serving.stop().await;
    for name in ["second", "third"] {
        app.project(name, false).await;
    }
    let serving = receiver.start_again().await;
    receiver.hears_of("third").await;
    // There and unable: the same.
    let fourth = async {
        app.project("fourth", false).await;
    };
    receiver.is_busy_during(fourth).await;
    app.project("fifth", false).await;
    receiver.hears_of("fifth").await;
    assert_eq!(receiver.projects(), ["first", "second", "third", "fourth", "fifth"]);
    assert_eq!(lost(app).await, 0);
    // Each entry is itself wherever it is seen.
    let entries = receiver.entries();
    let mut ids: Vec<&str> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    serving.stop().await;
}

async fn entries_go_as_logs_of_opentelemetry(app: &TestApp) {
    let (receiver, _serving) = Receiver::start().await;
    let endpoint = format!("otlp+{}", receiver.url(""));
    settings(app, json!({ "audit_log_forward_endpoint": endpoint, "skip_audit_log_database": true })).await;
    app.project("observed", false).await;
    let record = eventually(async || {
        let taken = receiver.told.taken.lock().unwrap();
        let records = taken.iter().flat_map(|(path, body)| {
            assert_eq!(path, "/v1/logs ");
            body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap().clone()
        });
        records.into_iter().find(|record| record["body"]["stringValue"] == "create project: observed")
    })
    .await;
    let attribute = |key: &str| {
        let attributes = record["attributes"].as_array().unwrap();
        attributes.iter().find(|attribute| attribute["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!(attribute("user.name"), json!({ "stringValue": "admin" }));
    assert_eq!(attribute("berth.audit.successful"), json!({ "boolValue": true }));
    assert!(record["timeUnixNano"].as_str().unwrap().parse::<u64>().unwrap() > 1_577_836_800_000_000_000);
    // It is there and not in the database.
    assert_eq!(descriptions(app, "operation=create,resource_type=project").await, [""; 0]);
    // What a receiver takes and throws away is a loss all the same.
    *receiver.told.answer.lock().unwrap() = r#"{"partialSuccess":{"rejectedLogRecords":"1"}}"#;
    app.project("thrown-away", false).await;
    eventually(async || (lost(app).await > 0).then_some(())).await;
}

async fn what_is_refused_holds_up_nothing_and_is_counted(app: &TestApp) {
    let (receiver, _serving) = Receiver::start().await;
    settings(app, json!({ "audit_log_forward_endpoint": receiver.url("/") })).await;
    *receiver.told.poison.lock().unwrap() = "create project: poison";
    // They wait together, so they are sent together.
    let three = async {
        for name in ["before", "poison", "after"] {
            app.project(name, false).await;
        }
    };
    receiver.is_busy_during(three).await;
    receiver.hears_of("after").await;
    assert_eq!(receiver.projects(), ["before", "after"]);
    assert_eq!(lost(app).await, 1);
    assert!(receiver.told.refused.load(Ordering::SeqCst) > 0);
}

async fn a_header_is_for_its_receiver_and_for_no_eyes(app: &TestApp) {
    let (receiver, _serving) = Receiver::start().await;
    let endpoint = receiver.url("/own?source=berth");
    let given = json!({ "audit_log_forward_endpoint": endpoint, "audit_log_forward_header": "Bearer hidden-one" });
    settings(app, given).await;
    assert_eq!(receiver.credentials(), ["/own Bearer hidden-one"]);
    settings(app, json!({ "audit_log_forward_header": "X-Api-Key: hidden-two" })).await;
    assert!(receiver.credentials().contains(&"/own hidden-two".to_owned()));
    let paths =
        [CONFIGURATIONS, "/api/berth/v1/settings", "/api/v2.0/auditlog-exts", "/api/berth/v1/system/health-report"];
    for path in paths {
        let shown = app.admin().get(path).send().await.expect(200).text();
        assert!(!shown.contains("hidden"), "{path}: {shown}");
    }
    // Harbor's answer has Harbor's settings.
    let shown = app.admin().get(CONFIGURATIONS).send().await.expect(200).json();
    assert_eq!(shown["audit_log_forward_endpoint"]["value"], endpoint);
    assert_eq!(shown.get("audit_log_forward_header"), None);
    // The same receiver gets it at another path, another receiver does not.
    settings(app, json!({ "audit_log_forward_endpoint": receiver.url("/other") })).await;
    assert!(receiver.credentials().contains(&"/other hidden-two".to_owned()));
    let (stranger, _serving) = Receiver::start().await;
    settings(app, json!({ "audit_log_forward_endpoint": stranger.url("/") })).await;
    settings(app, json!({ "audit_log_forward_endpoint": receiver.url("/") })).await;
    assert!(stranger.credentials().iter().all(|said| said == "/ "), "{:?}", stranger.credentials());
    assert!(receiver.credentials().contains(&"/ ".to_owned()));

    let why = refusal(app, json!({ "audit_log_forward_endpoint": "https://me:hidden@siem.example/" })).await;
    assert!(why.contains("holds no user and password") && !why.contains("hidden"), "{why}");
    let why = refusal(app, json!({ "audit_log_forward_endpoint": "https://siem.example/?token=hidden" })).await;
    assert!(why.contains("looks like a secret") && !why.contains("hidden"), "{why}");
    let why = refusal(app, json!({ "audit_log_forward_endpoint": "http://169.254.169.254/latest" })).await;
    assert!(why.contains("169.254.169.254 is an address that is never called"), "{why}");
    receiver.told.status.store(401, Ordering::SeqCst);
    let why = refusal(app, json!({ "audit_log_forward_header": "Bearer wrong" })).await;
    assert!(why.contains("it answered 401") && !why.contains("wrong"), "{why}");
}

async fn entries_go_over_tls(app: &TestApp) {
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/one");
    let certificate = CertificateDer::from_pem_file(format!("{data}.cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{data}.key.pem")).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, mut lines) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, heard) = (acceptor.clone(), heard.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut lines = BufReader::new(stream).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    heard.send(line).unwrap();
                }
            });
        }
    });
    // Nobody whom the system trusts has signed its certificate.
    let endpoint = format!("tls://localhost:{port}");
    let why = refusal(app, json!({ "audit_log_forward_endpoint": endpoint })).await;
    assert!(why.contains("could not connect to the audit endpoint"), "{why}");
    settings(app, json!({ "audit_log_forward_endpoint": endpoint, "audit_log_forward_skip_cert_verify": true })).await;
    app.project("sealed", false).await;
    let wait = async { while !lines.recv().await.unwrap().ends_with("create project: sealed") {} };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}
