//! Scanners.

use sea_orm::entity::prelude::*;

/// A row of `scanners`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scanners")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The id that clients use.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Address of the adapter.
    pub url: String,
    /// How it is told who asks.
    pub auth: String,
    /// With what, sealed.
    pub credential: Option<Vec<u8>>,
    /// Whether its certificate is not checked.
    pub skip_cert_verify: bool,
    /// Whether it pulls by the internal address.
    pub use_internal_addr: bool,
    /// Whether it is not used.
    pub disabled: bool,
    /// Whether projects without one of their own use it.
    pub is_default: bool,
    /// What it last said about itself, as JSON.
    pub metadata: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
