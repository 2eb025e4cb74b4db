//! Webhook policies: what projects tell other systems.

use sea_orm::entity::prelude::*;

/// A row of `webhook_policies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_policies")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// Name, unique in the project.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Receivers, as JSON; what is secret in it is sealed.
    pub targets: String,
    /// Kinds of event, as JSON.
    pub event_types: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
