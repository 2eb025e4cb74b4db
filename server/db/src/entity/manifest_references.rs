//! What a manifest points at, in its order.

use sea_orm::entity::prelude::*;

/// A row of `manifest_references`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifest_references")]
pub struct Model {
    /// The manifest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub manifest_id: i64,
    /// Place in the manifest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// `config`, `layer`, `child` or `subject`.
    pub role: String,
    /// Digest: algorithm byte and raw hash.
    pub digest: Vec<u8>,
    /// The blob.
    pub blob_id: Option<i64>,
    /// The child, where the repository has it.
    pub child_id: Option<i64>,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// The descriptor as JSON, where it says more.
    pub descriptor: Option<String>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
