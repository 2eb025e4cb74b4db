//! When everything is scanned.

use sea_orm::entity::prelude::*;

/// A row of `scan_all_schedule`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scan_all_schedule")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Always 1.
    pub slot: i64,
    /// `Hourly`, `Daily`, `Weekly`, `Custom` or `Schedule`.
    pub kind: String,
    /// Six fields, UTC.
    pub cron: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
