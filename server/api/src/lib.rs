//! Harbor's management API, the token service, and under `/api/berth/v1` what Harbor lacks.
//!
//! A file a resource; a handler is three moves: extract what is parsed and permitted, call the rule, shape the answer.
//! The description of the API comes from the handlers themselves; which methods a path has comes from it.

mod access;
mod addition;
mod allowlist;
mod artifact;
mod audit_export;
mod auditlog;
mod berth;
mod body;
mod bulk;
mod collection;
mod configuration;
mod content;
mod decode;
mod directory;
mod door;
mod events;
mod extract;
mod find;
mod health;
mod icon;
mod immutable;
mod job;
mod jobservice;
mod label;
mod member;
mod metadata;
mod openapi;
mod own;
mod permission;
mod person;
mod preheat;
mod project;
mod purge;
mod quota;
mod remote;
mod replication;
mod repository;
mod retention;
mod robot;
mod routes;
mod rules;
mod scan;
mod scanexport;
mod scanner;
mod search;
mod second_factor;
mod securityhub;
mod session;
mod setup;
mod shelf;
mod statistics;
mod support;
mod systeminfo;
mod tag;
mod token;
mod usage;
mod user;
mod usergroup;
mod webhook;

use axum::Router;
use berth_web::AppState;

use crate::routes::Routes;

pub use body::{Body, Checked};

/// Everything that this crate serves.
pub fn router(state: AppState) -> Router {
    let (routes, description) = routes().into_parts();
    door::router(routes, description, state)
}

/// The description of the API: pretty, in a stable order.
pub fn openapi_json() -> String {
    openapi::document(&routes().into_parts().1.openapi())
}

/// Method, path (with names in braces) and id of every operation of the API.
pub fn operations() -> Vec<(&'static str, String, String)> {
    routes().into_parts().1.operations()
}

fn routes() -> Routes {
    Routes::new()
        .merge(project::router())
        .merge(metadata::router())
        .merge(member::router())
        .merge(access::router())
        .merge(repository::router())
        .merge(artifact::router())
        .merge(tag::router())
        .merge(addition::router())
        .merge(content::router())
        .merge(auditlog::router())
        .merge(systeminfo::router())
        .merge(health::router())
        .merge(statistics::router())
        .merge(search::router())
        .merge(find::router())
        .merge(own::router())
        .merge(berth::router())
        .merge(setup::router())
        .merge(shelf::router())
        .merge(configuration::router())
        .merge(token::router())
        .merge(second_factor::router())
        .merge(session::router())
        .merge(user::router())
        .merge(robot::router())
        .merge(usergroup::router())
        .merge(directory::router())
        .merge(label::router())
        .merge(immutable::router())
        .merge(retention::router())
        .merge(rules::router())
        .merge(webhook::router())
        .merge(preheat::router())
        .merge(replication::router())
        .merge(remote::router())
        .merge(scanner::router())
        .merge(scan::router())
        .merge(securityhub::router())
        .merge(scanexport::router())
        .merge(allowlist::router())
        .merge(collection::router())
        .merge(purge::router())
        .merge(jobservice::router())
        .merge(job::router())
        .merge(events::router())
        .merge(support::router())
        .merge(quota::router())
        .merge(permission::router())
        .merge(person::router())
        .merge(icon::router())
        .merge(audit_export::router())
        .merge(bulk::router())
        .merge(usage::router())
}
