//! How often repositories were pulled on each day of UTC.

use sea_orm::entity::prelude::*;

/// A row of `pull_days`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pull_days")]
pub struct Model {
    /// The repository.
    #[sea_orm(primary_key, auto_increment = false)]
    pub repository_id: i64,
    /// The first moment of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: i64,
    /// How often something was pulled.
    pub pulls: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
