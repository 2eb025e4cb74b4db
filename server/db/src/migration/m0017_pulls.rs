//! How often repositories were pulled, day by day.

use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

const TABLES: &str = include_str!("pulls.sql");

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0017_pulls"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(TABLES).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE pull_days").await?;
        Ok(())
    }
}
