//! Moves of tags.

use sea_orm::entity::prelude::*;

/// A row of `tag_history`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_history")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The repository.
    pub repository_id: i64,
    /// Tag.
    pub tag: String,
    /// Digest: algorithm byte and raw hash.
    pub digest: Option<Vec<u8>>,
    /// What was done.
    pub operation: String,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
