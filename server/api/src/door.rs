//! What a request passes before its route: a clean path, the methods of the path, read-only mode; and what it gets
//! where there is no route.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Bytes,
    extract::{MatchedPath, OriginalUri, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use berth_domain::{Actor, system};
use berth_types::{ErrorCode, error::READ_ONLY};
use berth_web::{ApiError, AppState};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use tower::{Service, ServiceExt};

use crate::{
    openapi,
    routes::{Description, Methods},
};

/// The addresses below which everything is ours. Charts of the old kind lay below the last one; Harbor has had nothing
/// there since 2.8.
const ROOTS: [&str; 4] = ["/api", "/service", "/c", "/chartrepo"];

/// All routes behind the door.
pub fn router(routes: Router<AppState>, description: Description, state: AppState) -> Router {
    let methods = Arc::new(description.methods());
    let document = Arc::new(Document { description, text: OnceLock::new() });
    let routes = routes
        .route_layer(from_fn_with_state(state.clone(), refuse_changes))
        .route_layer(from_fn_with_state(methods.clone(), refuse_methods))
        .route("/api/v2.0/openapi.json", get(move || describe(document.clone())))
        .fallback(nothing_here)
        // Methods that no route of the path has pass no layer of routes.
        .method_not_allowed_fallback(move |request: Request| async move { wrong_method(&methods, &request) })
        .with_state(state);
    ROOTS.into_iter().fold(Router::new(), |router, root| router.nest_service(root, Door(routes.clone())))
}

/// The description of the API, written when it is asked for first.
struct Document {
    description: Description,
    text: OnceLock<Bytes>,
}

async fn describe(document: Arc<Document>) -> Response {
    let text = document.text.get_or_init(|| openapi::document(&document.description.openapi()).into());
    ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

/// Gives the inner router the address as the client sent it, without empty components and slash at its end.
#[derive(Clone)]
struct Door(Router);

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let original = request.extensions().get::<OriginalUri>().map(|uri| uri.0.clone());
        *request.uri_mut() = clean(&original.unwrap_or_else(|| request.uri().clone()));
        let routes = self.0.clone();
        Box::pin(async move { routes.oneshot(request).await })
    }
}

fn clean(uri: &Uri) -> Uri {
    let path = uri.path();
    if !path.contains("//") && !path.ends_with('/') {
        return uri.clone();
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut cleaned = format!("/{}", parts.join("/"));
    if let Some(query) = uri.query() {
        cleaned.push('?');
        cleaned.push_str(query);
    }
    cleaned.parse().unwrap_or_else(|_| uri.clone())
}

/// HEAD is answered only where Harbor's contract has it.
async fn refuse_methods(State(methods): State<Arc<Methods>>, request: Request, next: Next) -> Response {
    let is_known = allowed(&methods, &request)
        .is_none_or(|allowed| allowed.iter().any(|method| method == request.method().as_str()));
    if is_known {
        return next.run(request).await;
    }
    wrong_method(&methods, &request)
}

/// Says which methods a path has. Addresses that only browsers use have no description; there a method that does not exist
/// is an address that does not.
fn wrong_method(methods: &Methods, request: &Request) -> Response {
    let Some(allowed) = allowed(methods, request) else { return page_not_found() };
    let allowed = allowed.join(",");
    let text = format!("method {} is not allowed, but [{allowed}] are", request.method());
    let mut response = ApiError::new(ErrorCode::MethodNotAllowed, text).into_response();
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

fn allowed<'m>(methods: &'m Methods, request: &Request) -> Option<&'m Vec<String>> {
    methods_of(methods, request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default())
}

/// A route's path begins with the root under which the door is nested.
fn methods_of<'m>(methods: &'m Methods, path: &str) -> Option<&'m Vec<String>> {
    let nested = ROOTS.into_iter().filter_map(|root| path.strip_prefix(root));
    nested.chain([path]).find_map(|path| methods.get(path))
}

/// Routes of our own that are free in read-only mode: what only looks, the set-up, the end of sessions, and the default of a
/// setting. Whole, so that none is free because of its ending.
const FREE: [&str; 10] = [
    "/api/berth/v1/bulk/preview",
    "/api/berth/v1/projects/{project_name_or_id}/immutabletagrules/preview",
    "/api/berth/v1/projects/{project_name_or_id}/retention/preview",
    "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/readme/preview",
    "/api/berth/v1/registries/check",
    "/api/berth/v1/sessions",
    "/api/berth/v1/sessions/{id}",
    "/api/berth/v1/settings/{setting_name}",
    "/api/berth/v1/setup",
    "/api/berth/v1/users/{user_id}/sessions",
];

/// In read-only mode nothing changes but the settings, one of which is this mode, and who is signed in.
async fn refuse_changes(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    if !is_change || is_free(request.uri().path(), route) {
        return next.run(request).await;
    }
    let actor: Actor = request.extensions().get().cloned().unwrap_or_default();
    match system::is_read_only(&state.domain, &actor).await {
        Ok(false) => next.run(request).await,
        Ok(true) => ApiError::new(ErrorCode::Denied, READ_ONLY).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Whether a path may change something in read-only mode. Names in a path are chosen by whoever made them, so it is the
/// route that counts.
fn is_free(path: &str, route: &str) -> bool {
    if path.starts_with("/api/berth/v1/") {
        // A route's path begins with the root under which the door is nested.
        return FREE.iter().any(|free| route.ends_with(free));
    }
    path == "/api/v2.0/configurations" || !path.starts_with("/api/v2.0/")
}

/// Harbor's two answers: an error in its API, a page elsewhere.
async fn nothing_here(OriginalUri(uri): OriginalUri) -> Response {
    let path = uri.path();
    if path.starts_with("/api/v2.0/") || path.starts_with("/api/berth/v1/") {
        return ApiError::new(ErrorCode::NotFound, format!("path {path} was not found")).into_response();
    }
    page_not_found()
}

fn page_not_found() -> Response {
    let page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>404</title></head><body><h1>Not found</h1></body></html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_means_nothing() {
        let cleaned = |text: &str| clean(&text.parse().unwrap()).to_string();
        assert_eq!(cleaned("/api/v2.0/projects/?q=a//b"), "/api/v2.0/projects?q=a//b");
        assert_eq!(cleaned("/api/v2.0/projects//members"), "/api/v2.0/projects/members");
        assert_eq!(cleaned("/api/v2.0/x%2F%2Fy"), "/api/v2.0/x%2F%2Fy");
        assert_eq!(cleaned("/api//"), "/api");
    }

    #[test]
    fn what_changes_nothing_is_free_in_read_only_mode() {
        let ours = |route: &str| is_free("/api/berth/v1/x", &format!("/api/berth/v1/{route}"));
        for route in ["bulk/preview", "setup", "sessions/{id}", "settings/{setting_name}", "users/{user_id}/sessions"] {
            assert!(ours(route), "{route}");
            assert!(is_free("/api/berth/v1/x", &format!("/api/api/berth/v1/{route}")), "{route} below a root");
        }
        for route in ["bulk", "preview", "x/setup", "users/current/tokens", "projects/{project_name}/favorite"] {
            assert!(!ours(route), "{route}");
        }
        assert!(is_free("/api/v2.0/configurations", "") && is_free("/c/login", "") && is_free("/service/token", ""));
        // A repository may be called so.
        assert!(!is_free("/api/v2.0/projects/p/repositories/preview", "/preview"));
        assert!(!is_free(
            "/api/berth/v1/projects/p/favorite/preview",
            "/api/berth/v1/projects/{project_name}/favorite"
        ));
    }

    #[test]
    fn what_is_free_are_routes_that_there_are() {
        let methods = crate::routes().into_parts().1.methods();
        let changes = |methods: &[String]| methods.iter().any(|method| method != "GET" && method != "HEAD");
        let free = |path: &str| path.starts_with("/api/") && is_free(path, path);
        let mut found: Vec<&str> = methods
            .iter()
            .filter(|(path, methods)| changes(methods) && free(path))
            .map(|(path, _)| path.as_str())
            .collect();
        found.retain(|path| *path != "/api/v2.0/configurations");
        // Whoever renames one says so in the list.
        assert_eq!(found, FREE);
    }

    #[test]
    fn routes_are_found_below_their_root() {
        let methods = Methods::from([("/api/v2.0/ping".to_owned(), vec!["GET".to_owned()])]);
        assert!(methods_of(&methods, "/api/api/v2.0/ping").is_some());
        assert!(methods_of(&methods, "/api/v2.0/ping").is_some());
        assert!(methods_of(&methods, "/api/v2.0/pong").is_none());
    }
}
