//! What lists of artifacts need: what kind of accessory a manifest is, whether a tag says so, and icons of its own.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("artifacts.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP INDEX repositories_created",
    "DROP INDEX manifests_icon",
    "ALTER TABLE manifests DROP COLUMN icon",
    "ALTER TABLE manifests DROP COLUMN subject_by_tag",
    "ALTER TABLE manifests DROP COLUMN accessory",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_artifacts"
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
