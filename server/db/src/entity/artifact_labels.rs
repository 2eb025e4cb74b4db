//! Labels on manifests.

use sea_orm::entity::prelude::*;

/// A row of `artifact_labels`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artifact_labels")]
pub struct Model {
    /// The manifest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub manifest_id: i64,
    /// The label.
    #[sea_orm(primary_key, auto_increment = false)]
    pub label_id: i64,
    /// When it was put there.
    pub created_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
