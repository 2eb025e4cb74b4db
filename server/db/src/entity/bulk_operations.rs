//! Operations on many things at once.

use sea_orm::entity::prelude::*;

/// A row of `bulk_operations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_operations")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The job that works it off. Jobs are forgotten earlier.
    pub job_id: Option<i64>,
    /// `user` or `robot`.
    pub owner_kind: String,
    /// Whose it is, by row id.
    pub owner_id: i64,
    /// What is wanted, as JSON, without the items.
    pub wanted: String,
    /// The client's address.
    pub address: String,
    /// The request's id.
    pub request_id: String,
    /// Items.
    pub total: i64,
    /// Items that are done.
    pub done: i64,
    /// Items that failed.
    pub failed: i64,
    /// When it was asked for.
    pub created_at: i64,
    /// When nothing was left to do.
    pub finished_at: Option<i64>,
    /// The personal access token that it was asked for with, by row id.
    pub token_id: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
