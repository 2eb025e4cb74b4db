//! What an operation on many things was asked with: the digest that each tag pointed at, and the personal token of whoever
//! asked. And an index for the history of all tags of a repository, newest first.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const CHANGES: &[&str] = &[
    "ALTER TABLE bulk_items ADD COLUMN digest {bytes}",
    "ALTER TABLE bulk_operations ADD COLUMN token_id BIGINT",
    "CREATE INDEX tag_history_repository ON tag_history (repository_id, id)",
];

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP INDEX tag_history_repository",
    "ALTER TABLE bulk_operations DROP COLUMN token_id",
    "ALTER TABLE bulk_items DROP COLUMN digest",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0018_marks"
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
