//! The audit log.

use sea_orm::entity::prelude::*;

/// A row of `audit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub at: i64,
    /// Sign-in name.
    pub username: String,
    /// What was done.
    pub operation: String,
    /// Kind of the resource.
    pub resource_type: String,
    /// The resource.
    pub resource: String,
    /// The project.
    pub project_id: Option<i64>,
    /// Free text.
    pub description: String,
    /// Whether it worked.
    pub successful: bool,
    /// From where.
    pub client_address: String,
    /// Request id.
    pub request_id: String,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
