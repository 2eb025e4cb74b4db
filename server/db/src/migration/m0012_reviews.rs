//! Reviews in the order in which a collection comes to them. Whatever goes in one transaction asks for its reviews at one
//! moment, and an index of the moment alone leaves all of them to be sorted for every batch.

use sea_orm_migration::prelude::*;

const UP: &[&str] = &[
    "CREATE INDEX gc_blob_review_place ON gc_blob_review (review_at, blob_id)",
    "CREATE INDEX gc_manifest_review_place ON gc_manifest_review (review_at, digest)",
    "DROP INDEX gc_blob_review_due",
    "DROP INDEX gc_manifest_review_due",
    "CREATE INDEX members_project ON members (project_id, id)",
];
const DOWN: &[&str] = &[
    "CREATE INDEX gc_blob_review_due ON gc_blob_review (review_at)",
    "CREATE INDEX gc_manifest_review_due ON gc_manifest_review (review_at)",
    "DROP INDEX gc_blob_review_place",
    "DROP INDEX gc_manifest_review_place",
    "DROP INDEX members_project",
];

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_reviews"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in UP {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in DOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
