//! What the whole installation held on each day of UTC.

use sea_orm::entity::prelude::*;

/// A row of `usage_days`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_days")]
pub struct Model {
    /// The first moment of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: i64,
    /// When it was measured last on that day.
    pub measured_at: i64,
    /// What counts in all projects together, bytes.
    pub logical: i64,
    /// What is stored, each blob and manifest once, bytes.
    pub stored: i64,
    /// Artifacts that lists show.
    pub artifacts: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
