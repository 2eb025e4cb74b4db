//! Blobs: one row for each content, whoever links it.

use sea_orm::entity::prelude::*;

/// A row of `blobs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blobs")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Digest: algorithm byte and raw hash.
    pub digest: Vec<u8>,
    /// Bytes.
    pub size: i64,
    /// When it was made.
    pub created_at: i64,
    /// When somebody last relied on it, to the hour.
    pub touched_at: i64,
    /// When garbage collection gave it up: its bytes are going, and nobody may link it any more.
    pub doomed_at: Option<i64>,
    /// Since when its bytes are known to be missing or damaged. Nobody is given it; a push brings it back.
    pub lost_at: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
