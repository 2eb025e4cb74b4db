//! Events in the order in which they are read on PostgreSQL: of the transaction, then of the row. Nobody read them by their
//! project, so that a push writes as much as before. On SQLite the order is that of the row id.

use sea_orm::DatabaseBackend;
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0014_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("DROP INDEX events_project").await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            connection.execute_unprepared("CREATE INDEX events_place ON events (xact, id)").await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            connection.execute_unprepared("DROP INDEX events_place").await?;
        }
        connection.execute_unprepared("CREATE INDEX events_project ON events (project_id, id)").await?;
        Ok(())
    }
}
