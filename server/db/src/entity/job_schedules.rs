//! Jobs that come again.

use sea_orm::entity::prelude::*;

/// A row of `job_schedules`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_schedules")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name by which it is changed.
    pub name: String,
    /// What its jobs do.
    pub kind: String,
    /// Six fields of cron, or `@every` with seconds.
    pub cron: String,
    /// What its jobs are about, as JSON.
    pub payload: String,
    /// When the next job is due.
    pub next_at: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed.
    pub updated_at: i64,
    /// What the API calls it: `Daily`, `Custom`, …
    pub label: String,
    /// The configured rule, which holds again when a chosen one is given up.
    pub fallback: Option<String>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
