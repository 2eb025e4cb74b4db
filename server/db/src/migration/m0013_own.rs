//! Searches that people give names, and an index that finds a tag without its repository.

use sea_orm_migration::prelude::*;

const UP: &str = "
CREATE TABLE saved_views (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    list {name} NOT NULL,
    name {name} NOT NULL,
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX saved_views_name ON saved_views (user_id, list, name);
CREATE INDEX tags_names ON tags (name, repository_id);
";
const DOWN: &[&str] = &["DROP INDEX tags_names", "DROP TABLE saved_views"];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_own"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = super::dialect(UP, manager.get_database_backend());
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in DOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
