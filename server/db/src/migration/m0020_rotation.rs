//! A robot's former secret, which goes on working for a while after another one was made.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const CHANGES: &[&str] = &[
    "ALTER TABLE identities ADD COLUMN former_hash {bytes}",
    "ALTER TABLE identities ADD COLUMN former_phc TEXT",
    "ALTER TABLE identities ADD COLUMN former_until BIGINT",
    "ALTER TABLE identities ADD COLUMN former_used_at BIGINT",
    "CREATE INDEX identities_former ON identities (former_until) WHERE former_until IS NOT NULL",
];

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP INDEX identities_former",
    "ALTER TABLE identities DROP COLUMN former_used_at",
    "ALTER TABLE identities DROP COLUMN former_until",
    "ALTER TABLE identities DROP COLUMN former_phc",
    "ALTER TABLE identities DROP COLUMN former_hash",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_rotation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in CHANGES {
            let sql = super::dialect(sql, manager.get_database_backend());
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in UNDO {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
