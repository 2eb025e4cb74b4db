//! Blobs that a deleted manifest took out of a repository a moment ago.

use sea_orm::entity::prelude::*;

/// A row of `unlinked_blobs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unlinked_blobs")]
pub struct Model {
    /// The repository.
    #[sea_orm(primary_key, auto_increment = false)]
    pub repository_id: i64,
    /// The blob.
    #[sea_orm(primary_key, auto_increment = false)]
    pub blob_id: i64,
    /// When.
    pub at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
