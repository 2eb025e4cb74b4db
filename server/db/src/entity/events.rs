//! What happened, for live pages and everything that follows it; kept for days.

use sea_orm::entity::prelude::*;

/// A row of `events`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Transaction that wrote it (PostgreSQL).
    pub xact: i64,
    /// When.
    pub at: i64,
    /// Kind.
    pub kind: String,
    /// The project.
    pub project_id: Option<i64>,
    /// JSON.
    pub payload: String,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
