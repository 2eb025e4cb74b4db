//! Vulnerabilities that the system overlooks.

use sea_orm::entity::prelude::*;

/// A row of `system_cve_allowlist`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "system_cve_allowlist")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Always 1.
    pub slot: i64,
    /// The list, as JSON.
    pub items: String,
    /// Unix seconds; none for never.
    pub expires_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
