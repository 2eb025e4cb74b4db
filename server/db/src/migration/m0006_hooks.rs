//! Webhook policies and preheating.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("hooks.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP TABLE IF EXISTS preheat_policies",
    "DROP TABLE IF EXISTS preheat_instances",
    "DROP TABLE IF EXISTS webhook_policies",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_hooks"
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
