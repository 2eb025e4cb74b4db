//! Harbor's management API, the token service, and under `/api/berth/v1` what Harbor lacks.
//!
//! A file a resource; a handler is three moves: extract what is parsed and permitted, call the rule, shape the answer.
//! The description of the API comes from the handlers themselves; which methods a path has comes from it.

mod addition;
mod artifact;
mod auditlog;
mod berth;
mod body;
mod configuration;
mod decode;
mod door;
mod extract;
mod health;
mod member;
mod metadata;
mod openapi;
mod project;
mod repository;
mod search;
mod session;
mod setup;
mod statistics;
mod systeminfo;
mod tag;
mod token;
mod user;

use axum::Router;
use berth_web::AppState;
use utoipa_axum::router::OpenApiRouter;

pub use body::{Body, Checked};

/// Everything that this crate serves.
pub fn router(state: AppState) -> Router {
    let (routes, api) = routes().split_for_parts();
    door::router(routes, &api, state)
}

/// The description of the API: pretty, in a stable order.
pub fn openapi_json() -> String {
    openapi::document(&routes().into_openapi())
}

fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(project::router())
        .merge(metadata::router())
        .merge(member::router())
        .merge(repository::router())
        .merge(artifact::router())
        .merge(tag::router())
        .merge(addition::router())
        .merge(auditlog::router())
        .merge(systeminfo::router())
        .merge(health::router())
        .merge(statistics::router())
        .merge(search::router())
        .merge(berth::router())
        .merge(setup::router())
        .merge(configuration::router())
        .merge(token::router())
        .merge(session::router())
        .merge(user::router())
}
