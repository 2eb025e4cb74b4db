//! P2P networks that images can be brought into.

use sea_orm::entity::prelude::*;

/// A row of `preheat_instances`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "preheat_instances")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Kind of network.
    pub vendor: String,
    /// Address.
    pub endpoint: String,
    /// How requests say who asks.
    pub auth_mode: String,
    /// The credential, sealed.
    pub auth_info: Option<Vec<u8>>,
    /// Whether it is used.
    pub enabled: bool,
    /// Whether new policies are for it; one at most.
    pub is_default: bool,
    /// Whether it need not prove who it is.
    pub insecure: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
