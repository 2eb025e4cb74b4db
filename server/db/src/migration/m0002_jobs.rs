//! The queue of jobs, and what garbage collection has to remember between its steps.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("jobs.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP INDEX IF EXISTS manifest_references_waiting",
    "DROP TABLE IF EXISTS job_pauses",
    "DROP TABLE IF EXISTS job_schedules",
    "DROP TABLE IF EXISTS job_logs",
    "DROP TABLE IF EXISTS jobs",
    "DROP TABLE IF EXISTS unlinked_blobs",
    "DROP INDEX IF EXISTS blobs_doomed",
    "ALTER TABLE blobs DROP COLUMN doomed_at",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_jobs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = super::dialect(TABLES, manager.get_database_backend());
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in UNDO {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
