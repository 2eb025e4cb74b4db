//! Labels of the system and of projects.

use sea_orm::entity::prelude::*;

/// A row of `labels`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "labels")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The project; none for labels of the system.
    pub project_id: Option<i64>,
    /// Name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// As style sheets write colours.
    pub color: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
