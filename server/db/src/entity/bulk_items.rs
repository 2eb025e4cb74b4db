//! What is left to do of an operation on many things, and what failed.

use sea_orm::entity::prelude::*;

/// A row of `bulk_items`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_items")]
pub struct Model {
    /// Row id, which is also the order.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The operation.
    pub operation_id: i64,
    /// The thing, as the API names it.
    pub item: String,
    /// Its name for people, where that is another one.
    pub shown: String,
    /// The code of the error; nothing while it waits.
    pub code: Option<String>,
    /// The error's text.
    pub message: String,
    /// What it pointed at when it was selected, where it points at something.
    pub digest: Option<Vec<u8>>,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
