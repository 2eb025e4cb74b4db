//! Repositories.

use sea_orm::entity::prelude::*;

/// A row of `repositories`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "repositories")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether a manifest was ever pushed; before that, only uploads need the row.
    pub listed: bool,
    /// How many artifacts are listed.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
