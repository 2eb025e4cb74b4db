//! The second factor of people who sign in with a password: its sealed secret, since when it counts, the last step of time
//! whose code was taken. And the recovery codes that are left, as keyed hashes.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const CHANGES: &[&str] = &[
    "ALTER TABLE users ADD COLUMN second_factor {bytes}",
    "ALTER TABLE users ADD COLUMN second_factor_at BIGINT",
    "ALTER TABLE users ADD COLUMN second_factor_step BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE recovery_codes (
        user_id BIGINT NOT NULL REFERENCES users (id),
        code_hash {bytes} NOT NULL,
        PRIMARY KEY (user_id, code_hash)
    )",
];

/// Undone in this order.
const UNDO: &[&str] = &[
    "DROP TABLE recovery_codes",
    "ALTER TABLE users DROP COLUMN second_factor_step",
    "ALTER TABLE users DROP COLUMN second_factor_at",
    "ALTER TABLE users DROP COLUMN second_factor",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0019_second_factor"
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
