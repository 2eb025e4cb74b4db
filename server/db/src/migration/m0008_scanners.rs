//! Scanners, which one a project uses, when everything is scanned, and the vulnerabilities that the system overlooks.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("scanners.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP TABLE IF EXISTS system_cve_allowlist",
    "DROP TABLE IF EXISTS scan_all_schedule",
    "DROP TABLE IF EXISTS project_scanners",
    "DROP TABLE IF EXISTS scanners",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_scanners"
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
