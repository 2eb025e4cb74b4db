//! Robots and personal tokens.

use sea_orm::entity::prelude::*;

/// A row of `identities`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// The person.
    pub user_id: Option<i64>,
    /// The project.
    pub project_id: Option<i64>,
    /// Keyed hash of a generated secret.
    pub secret_hash: Option<Vec<u8>>,
    /// argon2id PHC string of a chosen secret.
    pub secret_phc: Option<String>,
    /// Permissions as JSON.
    pub permissions: String,
    /// Free text.
    pub description: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Counts changes that end remembered credentials.
    pub epoch: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// When it was last used.
    pub used_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
