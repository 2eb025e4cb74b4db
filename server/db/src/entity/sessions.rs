//! Signed-in browsers.

use sea_orm::entity::prelude::*;

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Keyed hash of the cookie.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: Vec<u8>,
    /// The person.
    pub user_id: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub seen_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// From where it began.
    pub remote_addr: String,
    /// What program it is.
    pub user_agent: String,
    /// Anything else, as JSON.
    pub data: String,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
