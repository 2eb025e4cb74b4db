//! Work that waits, runs or ran.

use sea_orm::entity::prelude::*;

/// A row of `jobs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The job that this one is a part of.
    pub parent_id: Option<i64>,
    /// What it does.
    pub kind: String,
    /// Of unfinished jobs of a kind, one at most has a key.
    pub unique_key: Option<String>,
    /// Who asked for it: `manual`, `schedule` or `event`.
    pub cause: String,
    /// What it is about, as JSON.
    pub payload: String,
    /// `pending`, `running`, `success`, `error` or `stopped`.
    pub status: String,
    /// How far it is, and what came of it, as JSON.
    pub progress: String,
    /// How often it was begun.
    pub attempts: i64,
    /// How often it may be begun.
    pub attempts_max: i64,
    /// Not before this moment.
    pub run_at: i64,
    /// Whether somebody asked it to stop.
    pub stop_wanted: bool,
    /// The worker that runs it.
    pub lease_holder: Option<String>,
    /// When it goes to another worker, unless this one is heard of again.
    pub lease_until: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: i64,
    /// When it was begun first.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
