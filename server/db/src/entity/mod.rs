//! One file a table.

pub mod audit;
pub mod blobs;
pub mod events;
pub mod gc_blob_review;
pub mod gc_manifest_review;
pub mod identities;
pub mod keys;
pub mod login_failures;
pub mod manifest_bytes;
pub mod manifest_references;
pub mod manifests;
pub mod members;
pub mod project_metadata;
pub mod projects;
pub mod quota_deltas;
pub mod quota_reservations;
pub mod repositories;
pub mod repository_blobs;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod tag_history;
pub mod tags;
pub mod uploads;
pub mod users;
