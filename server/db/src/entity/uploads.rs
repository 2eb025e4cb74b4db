//! Resumable uploads.

use sea_orm::entity::prelude::*;

/// A row of `uploads`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The repository.
    pub repository_id: i64,
    /// Hash algorithm that the client announced.
    pub algorithm: String,
    /// Bytes received.
    pub received: i64,
    /// Serialised state of the hash.
    pub hash_state: Option<Vec<u8>>,
    /// Who did it.
    pub actor: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
