//! Manifests that may have become garbage.

use sea_orm::entity::prelude::*;

/// A row of `gc_manifest_review`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gc_manifest_review")]
pub struct Model {
    /// Digest: algorithm byte and raw hash.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// When to look.
    pub review_at: i64,
    /// Why.
    pub reason: String,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
