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
    /// How long a robot was made for, in days; -1 for ever.
    pub duration_days: i64,
    /// What made a robot: `local` for a person, `robot`.
    pub creator_kind: String,
    /// Row id of who made a robot.
    pub creator_id: i64,
    /// Keyed hash of a generated secret that another one has replaced.
    pub former_hash: Option<Vec<u8>>,
    /// argon2id PHC string of a chosen secret that another one has replaced.
    pub former_phc: Option<String>,
    /// When the former secret ends.
    pub former_until: Option<i64>,
    /// When the former secret was last used.
    pub former_used_at: Option<i64>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
