//! Tags.

use sea_orm::entity::prelude::*;

/// A row of `tags`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tags")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The repository.
    pub repository_id: i64,
    /// Name.
    pub name: String,
    /// Natural order.
    pub sort_key: String,
    /// The manifest.
    pub manifest_id: i64,
    /// When it was last pulled.
    pub pulled_at: Option<i64>,
    /// When it was last pushed.
    pub pushed_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
