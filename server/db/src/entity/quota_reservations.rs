//! Bytes that running uploads may still need.

use sea_orm::entity::prelude::*;

/// A row of `quota_reservations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quota_reservations")]
pub struct Model {
    /// The upload.
    #[sea_orm(primary_key, auto_increment = false)]
    pub upload_id: String,
    /// The project.
    pub project_id: i64,
    /// Bytes.
    pub bytes: i64,
    /// When.
    pub at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
