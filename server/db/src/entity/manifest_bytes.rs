//! Manifests as they were pushed, one row a digest.

use sea_orm::entity::prelude::*;

/// A row of `manifest_bytes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifest_bytes")]
pub struct Model {
    /// Digest: algorithm byte and raw hash.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// The bytes as pushed.
    pub bytes: Vec<u8>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
