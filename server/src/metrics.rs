//! Numbers for Prometheus, under Harbor's names where Harbor has them.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use ::metrics::{Counter, Gauge, Histogram};
use berth_jobs::Depth;
use berth_types::{Clock, Timestamp, time::SystemClock};
use http::{Method, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

const IN_FLIGHT: &str = "harbor_core_http_inflight_requests";
const TOTAL: &str = "harbor_core_http_request_total";
const DURATION: &str = "harbor_core_http_request_duration_seconds";
const QUEUE_SIZE: &str = "harbor_task_queue_size";
const QUEUE_LATENCY: &str = "harbor_task_queue_latency";
const CONCURRENCY: &str = "harbor_task_concurrency";
const AUDIT_LOST: &str = "berth_audit_forward_lost_total";
/// How often old samples leave the summaries.
pub const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
static REQUESTS_IN_FLIGHT: LazyLock<Gauge> = LazyLock::new(|| ::metrics::gauge!(IN_FLIGHT));
static STARTED: LazyLock<Timestamp> = LazyLock::new(|| SystemClock.now());

/// The recorder of this process. It is made at the first call; servers that run side by side share it.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            LazyLock::force(&STARTED);
            let builder = PrometheusBuilder::new().set_quantiles(&[0.5, 0.9, 0.99]).ok()?;
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            ::metrics::set_global_recorder(recorder).ok()?;
            ::metrics::describe_gauge!(IN_FLIGHT, "The number of requests in flight.");
            ::metrics::describe_counter!(TOTAL, "The number of requests.");
            ::metrics::describe_histogram!(DURATION, ::metrics::Unit::Seconds, "How long requests took.");
            ::metrics::describe_gauge!(QUEUE_SIZE, "Jobs that wait and could run.");
            ::metrics::describe_gauge!(QUEUE_LATENCY, ::metrics::Unit::Seconds, "How long the oldest of them waits.");
            ::metrics::describe_gauge!(CONCURRENCY, "Jobs that run.");
            ::metrics::describe_counter!(
                AUDIT_LOST,
                "Audit entries that were not forwarded: too many waited, or they were refused."
            );
            crate::gc::describe();
            Some(handle)
        })
        .as_ref()
}

/// All numbers as text.
pub fn render() -> String {
    let mut out = recorder().map(PrometheusHandle::render).unwrap_or_default();
    process(&mut out);
    out
}

/// The numbers of one kind of answer.
struct Numbers {
    total: Counter,
    duration: Histogram,
}

impl Numbers {
    fn of((method, operation, status): (&'static str, &'static str, StatusCode)) -> Self {
        let code = status.as_str().to_owned();
        Numbers {
            total: ::metrics::counter!(TOTAL, "method" => method, "code" => code, "operation" => operation),
            duration: ::metrics::histogram!(DURATION, "method" => method, "operation" => operation),
        }
    }
}

thread_local! {
    /// Finding a number by its labels costs more than counting. A few hundred kinds of answers exist.
    static NUMBERS: RefCell<HashMap<(&'static str, &'static str, StatusCode), Numbers>> = RefCell::default();
}

/// Counts an answered request.
pub fn count(method: &Method, operation: &'static str, status: StatusCode, duration: Duration) {
    let kind = (method_label(method), operation, status);
    NUMBERS.with_borrow_mut(|numbers| {
        let numbers = numbers.entry(kind).or_insert_with(|| Numbers::of(kind));
        numbers.total.increment(1);
        numbers.duration.record(duration.as_secs_f64());
    });
}

/// Shows how much of each kind of job waits and runs. Kinds that are missing are at rest.
pub fn jobs(depths: &[Depth], now: Timestamp) {
    static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend([crate::gc::KIND, crate::purge::KIND].map(str::to_owned));
    known.extend(depths.iter().map(|depth| depth.kind.clone()));
    for kind in known.iter() {
        let depth = depths.iter().find(|depth| depth.kind == *kind);
        let waits = depth.and_then(|depth| depth.oldest).map_or(0, |oldest| (now.micros() - oldest.micros()).max(0));
        ::metrics::gauge!(QUEUE_SIZE, "type" => kind.clone()).set(depth.map_or(0.0, |depth| depth.due as f64));
        ::metrics::gauge!(QUEUE_LATENCY, "type" => kind.clone()).set(waits as f64 / 1e6);
        ::metrics::gauge!(CONCURRENCY, "type" => kind.clone()).set(depth.map_or(0.0, |depth| depth.running as f64));
    }
}

/// Shows how many audit entries were not forwarded since the process began.
pub fn audit_lost(entries: u64) {
    ::metrics::counter!(AUDIT_LOST).absolute(entries);
}

/// A request in flight, until this is dropped.
pub struct InFlight(());

impl InFlight {
    /// One more.
    pub fn begin() -> Self {
        REQUESTS_IN_FLIGHT.increment(1.0);
        InFlight(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        REQUESTS_IN_FLIGHT.decrement(1.0);
    }
}

/// The operation of a request: the operation id of the API, a few words for `/v2`, one for pages.
pub fn operation(method: &Method, path: &str) -> &'static str {
    let Some(rest) = path.strip_prefix("/v2/") else {
        return match path {
            "/v2" => "v2",
            "/healthz" | "/readyz" | "/metrics" => "probe",
            _ if path.starts_with("/assets/") => "asset",
            _ if ["/api/", "/service/", "/c/"].iter().any(|root| path.starts_with(root)) => api_operation(method, path),
            _ if method == Method::GET || method == Method::HEAD => "page",
            _ => "other",
        };
    };
    let has = |part: &str| rest.contains(part);
    if rest.is_empty() {
        "v2"
    } else if rest == "_catalog" {
        "v2_catalog"
    } else if has("/blobs/uploads") {
        "v2_blob_upload"
    } else if has("/blobs/") {
        "v2_blob"
    } else if has("/manifests/") {
        "v2_manifest"
    } else if has("/referrers/") {
        "v2_referrers"
    } else if rest.ends_with("/tags/list") {
        "v2_tags"
    } else {
        "v2_unknown"
    }
}

fn api_operation(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let fits = |operation: &&Operation| {
        operation.method == method.as_str()
            && operation.path.len() == parts.len()
            && operation.path.iter().zip(&parts).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
    };
    // `/users/current` goes before `/users/{user_id}`.
    let fixed = |operation: &&Operation| operation.path.iter().filter(|part| !part.starts_with('{')).count();
    OPERATIONS.iter().filter(fits).max_by_key(fixed).map_or("api", |operation| &operation.id)
}

struct Operation {
    method: &'static str,
    path: Vec<String>,
    id: String,
}

/// What the API's own description names.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let parts = |path: String| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let operations = berth_api::operations().into_iter();
    operations.map(|(method, path, id)| Operation { method, path: parts(path), id }).collect()
});

/// A client can invent methods without end; a label cannot take them all.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// What the kernel tells of this process. On systems without /proc nothing is added.
fn process(out: &mut String) {
    let mut gauge = |name: &str, help: &str, value: f64| {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    };
    let started = STARTED.micros() as f64 / 1e6;
    gauge("process_start_time_seconds", "Start of the process in seconds since the Unix epoch.", started);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let bytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            let number: f64 = line.trim_start_matches(':').split_whitespace().next()?.parse().ok()?;
            Some(number * 1024.0)
        };
        let total = |fields: &[&str]| fields.iter().filter_map(|field| bytes(field)).sum::<f64>();
        let resident = "Resident memory of the process in bytes, pages of mapped files included.";
        gauge("process_resident_memory_bytes", resident, total(&["VmRSS"]));
        let own = "Memory that only this process holds, in bytes: RssAnon and RssShmem.";
        gauge("berth_process_private_memory_bytes", own, total(&["RssAnon", "RssShmem"]));
        gauge("process_virtual_memory_bytes", "Virtual memory of the process in bytes.", total(&["VmSize"]));
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        gauge("process_open_fds", "Open file handles.", files.count() as f64);
    }
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let cpu = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
    let _ = write!(
        out,
        "# HELP process_cpu_seconds_total Processor time in seconds.\n# TYPE process_cpu_seconds_total counter\n\
         process_cpu_seconds_total {cpu}\n\
         # HELP berth_build_info The running version.\n# TYPE berth_build_info gauge\n\
         berth_build_info{{version=\"{}\"}} 1\n",
        env!("CARGO_PKG_VERSION")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_registry_are_a_few_operations() {
        let get = |path: &str| operation(&Method::GET, path);
        assert_eq!(get("/v2/"), "v2");
        assert_eq!(get("/v2/a/b/manifests/latest"), "v2_manifest");
        assert_eq!(get("/v2/a/b/blobs/uploads/"), "v2_blob_upload");
        assert_eq!(get("/v2/a/b/blobs/sha256:00"), "v2_blob");
        assert_eq!(get("/v2/a/b/tags/list"), "v2_tags");
        assert_eq!(get("/projects"), "page");
        assert_eq!(get("/api/v2.0/projects"), "listProjects");
        assert_eq!(get("/api/v2.0/nowhere"), "api");
        assert_eq!(operation(&Method::POST, "/x"), "other");
    }

    #[test]
    fn the_numbers_carry_harbors_names() {
        recorder();
        drop(InFlight::begin());
        count(&Method::GET, "v2", StatusCode::OK, Duration::from_millis(3));
        audit_lost(7);
        let text = render();
        assert!(text.contains("harbor_core_http_inflight_requests "), "{text}");
        assert!(
            text.contains("harbor_core_http_request_total{method=\"GET\",code=\"200\",operation=\"v2\"}"),
            "{text}"
        );
        assert!(text.contains("harbor_core_http_request_duration_seconds{method=\"GET\""), "{text}");
        assert!(text.contains("process_resident_memory_bytes "), "{text}");
        assert!(text.contains("berth_audit_forward_lost_total 7"), "{text}");
    }
}
