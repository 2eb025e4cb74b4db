//! All tables of the first release, the first administrator and the first project.

use sea_orm::{ConnectionTrait, DatabaseBackend};
use sea_orm_migration::prelude::*;

use berth_types::{Clock, time::SystemClock};

const TABLES: &str = include_str!("first.sql");
const AUDIT_SQLITE: &str = include_str!("audit_sqlite.sql");
const AUDIT_POSTGRES: &str = include_str!("audit_postgres.sql");

/// Children before parents, so that they can be dropped in this order.
const NAMES: &[&str] = &[
    "setup",
    "keys",
    "settings",
    "events",
    "login_failures",
    "sessions",
    "gc_manifest_review",
    "gc_blob_review",
    "quota_reservations",
    "quota_deltas",
    "uploads",
    "tag_history",
    "tags",
    "manifest_references",
    "manifests",
    "manifest_bytes",
    "repository_blobs",
    "blobs",
    "repositories",
    "identities",
    "members",
    "project_metadata",
    "projects",
    "users",
    "audit",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let (audit, xact) = match backend {
            DatabaseBackend::Sqlite => (AUDIT_SQLITE, "DEFAULT 0"),
            // A reader of events stops before the oldest transaction that still runs.
            _ => (AUDIT_POSTGRES, "DEFAULT (pg_current_xact_id()::text::bigint)"),
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(&super::dialect(TABLES, backend).replace("{xact}", xact)).await?;
        connection.execute_unprepared(audit).await?;
        let now = SystemClock.now().micros();
        let seed = format!(
            "INSERT INTO users (username, realname, comment, sysadmin, created_at, updated_at)
                 VALUES ('admin', 'system admin', 'admin user', TRUE, {now}, {now});
             INSERT INTO projects (name, owner_id, public, created_at, updated_at)
                 VALUES ('library', 1, TRUE, {now}, {now});
             INSERT INTO project_metadata (project_id, key, value) VALUES (1, 'public', 'true');
             INSERT INTO members (project_id, user_id, role, created_at, updated_at) VALUES (1, 1, 1, {now}, {now});"
        );
        connection.execute_unprepared(&seed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in NAMES {
            manager.get_connection().execute_unprepared(&format!("DROP TABLE IF EXISTS {name}")).await?;
        }
        Ok(())
    }
}
