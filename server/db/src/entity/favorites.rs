//! Projects that people starred.

use sea_orm::entity::prelude::*;

/// A row of `favorites`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "favorites")]
pub struct Model {
    /// Whose star it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: i64,
    /// When it was starred.
    pub created_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
