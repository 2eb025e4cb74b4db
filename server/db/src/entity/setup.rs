//! The state of the first start: one row.

use sea_orm::entity::prelude::*;

/// A row of `setup`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setup")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Random name of this installation.
    pub instance_id: String,
    /// Hash of the one-time token.
    pub token_hash: Option<Vec<u8>>,
    /// When the token ends.
    pub token_expires_at: Option<i64>,
    /// When set-up was finished.
    pub done_at: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
