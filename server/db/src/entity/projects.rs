//! Projects.

use sea_orm::entity::prelude::*;

/// A row of `projects`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name.
    pub name: String,
    /// Who made it.
    pub owner_id: i64,
    /// Whether anybody may read it.
    pub public: bool,
    /// Counts changes that end remembered credentials.
    pub epoch: i64,
    /// Limit in bytes; -1 is unlimited.
    pub storage_bytes_max: i64,
    /// Bytes in use, without the deltas.
    pub storage_bytes_used: i64,
    /// When it was deleted; rows stay so that ids and names are not reused.
    pub deleted_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
