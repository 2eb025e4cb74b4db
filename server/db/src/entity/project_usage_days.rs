//! What each project held on each day of UTC.

use sea_orm::entity::prelude::*;

/// A row of `project_usage_days`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_usage_days")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: i64,
    /// The first moment of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: i64,
    /// When it was measured last on that day.
    pub measured_at: i64,
    /// What its repositories hold, each counted alone, bytes.
    pub logical: i64,
    /// What counts against its limit, each blob and manifest once, bytes.
    pub stored: i64,
    /// Artifacts that lists show.
    pub artifacts: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
