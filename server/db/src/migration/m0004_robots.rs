//! Robots of projects and groups of users.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("robots.sql");

/// Undone in this order.
const UNDO: &[&str] = &[
    "DELETE FROM members WHERE group_id IS NOT NULL",
    "DROP INDEX IF EXISTS members_groups",
    "DROP TABLE IF EXISTS user_groups",
    "DROP INDEX IF EXISTS identities_home",
    "ALTER TABLE identities DROP COLUMN creator_id",
    "ALTER TABLE identities DROP COLUMN creator_kind",
    "ALTER TABLE identities DROP COLUMN duration_days",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_robots"
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
