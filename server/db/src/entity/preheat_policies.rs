//! Which images of a project are brought into a P2P network, and when.

use sea_orm::entity::prelude::*;

/// A row of `preheat_policies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "preheat_policies")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// The P2P network.
    pub instance_id: i64,
    /// Name, unique in the project.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Which images, as JSON.
    pub filters: String,
    /// When, as JSON.
    pub trigger_rule: String,
    /// What the provider is told, as JSON.
    pub extra_attrs: String,
    /// Whether it runs.
    pub enabled: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
