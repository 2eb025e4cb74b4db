//! Schedules that somebody chose in place of the configured ones, and who runs jobs.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("chores.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP TABLE IF EXISTS job_workers",
    "ALTER TABLE job_schedules DROP COLUMN fallback",
    "ALTER TABLE job_schedules DROP COLUMN label",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_chores"
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
