//! What projects and the whole installation held, day by day.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("usage.sql");

/// Undone in this order.
const UNDO: &[&str] = &["DROP TABLE project_usage_days", "DROP TABLE usage_days"];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0022_usage"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(TABLES).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in UNDO {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
