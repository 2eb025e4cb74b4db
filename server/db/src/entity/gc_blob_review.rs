//! Blobs that may have become garbage.

use sea_orm::entity::prelude::*;

/// A row of `gc_blob_review`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gc_blob_review")]
pub struct Model {
    /// The blob.
    #[sea_orm(primary_key, auto_increment = false)]
    pub blob_id: i64,
    /// When to look.
    pub review_at: i64,
    /// Why.
    pub reason: String,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
