//! People.

use sea_orm::entity::prelude::*;

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub realname: String,
    /// Free text.
    pub comment: String,
    /// argon2id PHC string; none for accounts without a password.
    pub password: Option<String>,
    /// Whether the person is a system administrator.
    pub sysadmin: bool,
    /// The secret of the second factor, sealed; without the next it waits for its first code.
    pub second_factor: Option<Vec<u8>>,
    /// Since when the second factor counts.
    pub second_factor_at: Option<i64>,
    /// The last step of time whose code was taken.
    pub second_factor_step: i64,
    /// Counts changes that end remembered credentials.
    pub epoch: i64,
    /// When it was deleted; rows stay so that ids and names are not reused.
    pub deleted_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
