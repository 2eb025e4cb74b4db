//! Operations on many things at once, and the projects that people starred.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("bulk.sql");

/// Undone in this order.
const UNDO: &[&str] = &["DROP TABLE bulk_items", "DROP TABLE bulk_operations", "DROP TABLE favorites"];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0016_bulk"
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
