//! Signing keys, sealed under the secret key.

use sea_orm::entity::prelude::*;

/// A row of `keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "keys")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What it signs.
    pub purpose: String,
    /// Private key, sealed.
    pub sealed: Vec<u8>,
    /// Public key as a JWK.
    pub public: String,
    /// When it was made.
    pub created_at: i64,
    /// When it stopped signing.
    pub retired_at: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
