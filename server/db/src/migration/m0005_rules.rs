//! Labels, and rules on tags.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("rules.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP TABLE IF EXISTS retention_policies",
    "DROP TABLE IF EXISTS immutable_rules",
    "DROP TABLE IF EXISTS artifact_labels",
    "DROP TABLE IF EXISTS labels",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_rules"
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
