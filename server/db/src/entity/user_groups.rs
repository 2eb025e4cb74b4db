//! Groups of people that directories know.

use sea_orm::entity::prelude::*;

/// A row of `user_groups`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_groups")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name.
    pub name: String,
    /// 1 LDAP, 2 HTTP, 3 OIDC, 0 where nobody said.
    pub kind: i64,
    /// LDAP distinguished name, empty for others.
    pub ldap_dn: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
