//! Who runs jobs.

use sea_orm::entity::prelude::*;

/// A row of `job_workers`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_workers")]
pub struct Model {
    /// The name under which it holds leases.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Its process id.
    pub pid: i64,
    /// The machine that it runs on.
    pub host: String,
    /// Jobs that it runs at the same time.
    pub concurrency: i64,
    /// When it started.
    pub started_at: i64,
    /// When it was last heard of.
    pub seen_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
