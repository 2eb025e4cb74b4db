//! Other registries.

use sea_orm::entity::prelude::*;

/// A row of `registries`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registries")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where it is.
    pub url: String,
    /// What it is, for example `harbor`.
    pub r#type: String,
    /// Whether any certificate is good enough.
    pub insecure: bool,
    /// Trusted certificates as PEM.
    pub ca_certificate: Option<String>,
    /// How to sign in; empty for not at all.
    pub credential_type: String,
    /// As who.
    pub access_key: String,
    /// With which secret, sealed.
    pub access_secret_sealed: Option<Vec<u8>>,
    /// What the last check found.
    pub status: String,
    /// When that was.
    pub checked_at: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
