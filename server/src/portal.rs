//! The portal's pages: rendered here, taken over by the browser. They read and write through the API in this process.

use std::{
    num::NonZero,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use berth_app::{
    App, Assets, PageContext,
    client::{Transport, TransportError},
};
use berth_domain::Actor;
use berth_types::{api::Project, url};
use berth_web::{
    AppState, ClientAddr, RequestId, SessionCookie, Verified, client_addr::ByTrustedProxy, state::base_url,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use tokio_util::task::LocalPoolHandle;
use tower::ServiceExt;

use crate::assets;

/// The largest answer of the API that a page reads, in bytes.
const ANSWER_SIZE_BYTES_MAX: usize = 16 << 20;
/// Under which the log has a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a page may take: longer than anything that it waits for.
const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// The largest form, in bytes.
const FORM_SIZE_BYTES_MAX: usize = 1 << 20;
/// What the API may learn of the visitor's own request: the session, and what makes addresses and log lines right.
const HANDED_ON: [HeaderName; 5] = [
    header::COOKIE,
    header::HOST,
    header::USER_AGENT,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// Threads that draw pages. All that belongs to a page stays on one of them: what the renderer keeps for a page is not made for
/// tasks of several threads that touch it at once.
static DRAWING: LazyLock<LocalPoolHandle> =
    LazyLock::new(|| LocalPoolHandle::new(std::thread::available_parallelism().map_or(1, NonZero::get)));

/// Routes of the pages; everything that no other router takes ends here.
pub fn router(state: &AppState, api: Router) -> Router {
    // Besides listing routes, which are all behind the fallback, this starts the renderer's executor.
    leptos_axum::generate_route_list(App);
    let portal = Portal { state: state.clone(), api, assets: Arc::new(assets::addresses()) };
    Router::new()
        .route("/_portal/{*name}", post(act))
        .route("/harbor/projects/{*rest}", axum::routing::get(from_harbor))
        .route("/harbor/{*rest}", axum::routing::get(async || Redirect::permanent("/projects")))
        .fallback(page)
        .with_state(portal)
}

#[derive(Clone)]
struct Portal {
    state: AppState,
    /// The API without the outer layers: who asks was verified at the outer request.
    api: Router,
    assets: Arc<Assets>,
}

/// Draws the page of an address.
async fn page(State(portal): State<Portal>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let (parts, body) = request.into_parts();
    let transport = portal.transport(&parts);
    let host = portal.host(&parts.headers);
    let now = portal.state.domain.now();
    let https = base_url(&portal.state.http, &parts).starts_with("https://");
    let context = PageContext::load(transport, portal.assets.clone(), host, now).await.over_tls(https);
    let render = leptos_axum::render_app_async_with_context(move || context.provide(), berth_app::shell);
    let path = parts.uri.path().to_owned();
    let drawn = DRAWING.spawn_pinned(move || async move {
        // The time is kept where the page is drawn: whoever only stops waiting leaves it there.
        let drawn = async {
            let (parts, body) = render(Request::from_parts(parts, body)).await.into_parts();
            match body.collect().await {
                Ok(page) => Response::from_parts(parts, Body::from(page.to_bytes())),
                Err(error) => not_drawn(&error),
            }
        };
        in_time(&path, drawn).await
    });
    let mut response = drawn.await.unwrap_or_else(|error| not_drawn(&error));
    // A page shows what its visitor may see; nobody else, and nobody later, may get it from a cache.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn not_drawn(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a page could not be drawn");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// A page, or after a while that there is none: nobody is served by one that is drawn for ever.
async fn in_time(path: &str, page: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(PAGE_TIME_MAX, page).await.unwrap_or_else(|_| {
        tracing::error!(path, "a page was given up, it took too long");
        let wait = [(header::RETRY_AFTER, "5")];
        (StatusCode::SERVICE_UNAVAILABLE, wait, "This page takes too long. Try again in a moment.\n").into_response()
    })
}

/// Runs what a form asks for.
async fn act(State(portal): State<Portal>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(form) = http_body_util::Limited::new(body, FORM_SIZE_BYTES_MAX).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let context = PageContext::bare(portal.transport(&parts), portal.assets.clone(), portal.state.domain.now());
    let request = Request::from_parts(parts, Body::from(form.to_bytes()));
    leptos_axum::handle_server_fns_with_context(move || context.provide(), request).await.into_response()
}

/// Harbor's addresses of a project, which name it by its id.
async fn from_harbor(State(portal): State<Portal>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let rest = parts.uri.path().trim_start_matches("/harbor/projects/");
    let (id, below) = rest.split_once('/').unwrap_or((rest, ""));
    let Ok(id) = id.parse::<i64>() else { return Redirect::permanent("/projects").into_response() };
    let Some(project) = portal.project(&parts, id).await else { return Redirect::to("/projects").into_response() };
    Redirect::to(&address(&project, below)).into_response()
}

/// Where the portal shows what Harbor shows below a project.
fn address(project: &str, below: &str) -> String {
    let mut parts = below.trim_matches('/').splitn(2, '/');
    match (parts.next(), parts.next()) {
        (Some("members"), _) => format!("/projects/{project}/-/members"),
        (Some("robot-account"), _) => format!("/projects/{project}/-/robots"),
        (Some("logs"), _) => format!("/projects/{project}/-/audit"),
        (Some("configs"), _) => format!("/projects/{project}/-/settings"),
        (Some("repositories"), Some(repository)) => {
            // Harbor's own pages go on with a tab, and below it with an artifact.
            let (name, tab) = repository.split_once("/artifacts-tab").unwrap_or((repository, ""));
            let name = name.replace("%252F", "/").replace("%2F", "/");
            match tab.strip_prefix("/artifacts/").and_then(|rest| rest.split('/').next()) {
                Some(reference) => format!("/projects/{project}/{name}/-/artifacts/{reference}"),
                None => format!("/projects/{project}/{name}"),
            }
        }
        _ => format!("/projects/{project}"),
    }
}

impl Portal {
    fn transport(&self, parts: &Parts) -> Arc<dyn Transport> {
        let mut headers = HeaderMap::new();
        for name in &HANDED_ON {
            headers.extend(parts.headers.get_all(name).iter().map(|value| (name.clone(), value.clone())));
        }
        Arc::new(InProcess {
            api: self.api.clone(),
            actor: parts.extensions.get::<Actor>().cloned().unwrap_or_default(),
            client: parts.extensions.get::<ClientAddr>().copied(),
            request: parts.extensions.get::<RequestId>().cloned(),
            session: parts.extensions.get::<SessionCookie>().cloned(),
            proxy: parts.extensions.get::<ByTrustedProxy>().copied(),
            headers,
        })
    }

    /// How clients of the visitor reach the registry.
    fn host(&self, headers: &HeaderMap) -> String {
        let external = self.state.http.external_url.as_ref().and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        });
        let asked = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        external.unwrap_or_else(asked)
    }

    async fn project(&self, parts: &Parts, id: i64) -> Option<String> {
        let path = format!("{}/projects/{id}", url::API);
        let request = http::Request::get(path).body(Vec::new()).ok()?;
        let answer = self.transport(parts).send(request).await.ok()?;
        let project: Project = serde_json::from_slice(answer.body()).ok()?;
        Some(project.name.to_string())
    }
}

/// The API, called in this process on behalf of a visitor. Only this module puts [`Verified`] into a request.
struct InProcess {
    api: Router,
    actor: Actor,
    client: Option<ClientAddr>,
    request: Option<RequestId>,
    session: Option<SessionCookie>,
    proxy: Option<ByTrustedProxy>,
    headers: HeaderMap,
}

#[async_trait::async_trait]
impl Transport for InProcess {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        let mut request = request.map(Body::from);
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        let extensions = request.extensions_mut();
        extensions.insert(Verified(self.actor.clone()));
        self.client.map(|client| extensions.insert(client));
        self.request.clone().map(|id| extensions.insert(id));
        self.session.clone().map(|session| extensions.insert(session));
        self.proxy.map(|proxy| extensions.insert(proxy));
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| TransportError { source };
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (mut parts, body) = response.into_parts();
        // The outer layers name requests in answers; what a page says of a refusal has to be found in the log as well.
        let id = self.request.as_ref().and_then(|id| HeaderValue::from_str(&id.0).ok());
        if let Some(id) = id {
            parts.headers.entry(REQUEST_ID).or_insert(id);
        }
        let body = http_body_util::Limited::new(body, ANSWER_SIZE_BYTES_MAX).collect().await.map_err(failed)?;
        Ok(http::Response::from_parts(parts, body.to_bytes().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_that_never_ends_is_given_up() {
        let answer = in_time("/projects", std::future::pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "5");
        let answer = in_time("/projects", async { StatusCode::OK.into_response() }).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }

    #[test]
    fn harbors_addresses_lead_to_ours() {
        assert_eq!(address("p", ""), "/projects/p");
        assert_eq!(address("p", "repositories"), "/projects/p");
        assert_eq!(address("p", "repositories/a%252Fb/artifacts-tab"), "/projects/p/a/b");
        let artifact = address("p", "repositories/a/artifacts-tab/artifacts/sha256:00");
        assert_eq!(artifact, "/projects/p/a/-/artifacts/sha256:00");
        assert_eq!(address("p", "members"), "/projects/p/-/members");
    }
}
