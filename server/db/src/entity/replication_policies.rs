//! Replication policies.

use sea_orm::entity::prelude::*;

/// A row of `replication_policies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "replication_policies")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The registry that artifacts come from; nothing for this server.
    pub source_id: Option<i64>,
    /// The registry that artifacts go to; nothing for this server.
    pub destination_id: Option<i64>,
    /// Below what artifacts are put there.
    pub namespace: String,
    /// How many parts of the name the namespace takes the place of.
    pub replace_count: i64,
    /// What starts it.
    pub trigger_type: String,
    /// When, where the request had settings of the trigger.
    pub cron: Option<String>,
    /// Filters as JSON.
    pub filters: String,
    /// Whether removals are replicated.
    pub deletion: bool,
    /// Whether a tag that is there is moved.
    pub overrides: bool,
    /// Whether it runs at all.
    pub enabled: bool,
    /// KB a second and task.
    pub speed_kb: i64,
    /// Whether blobs go in pieces.
    pub copy_by_chunk: bool,
    /// Whether a run is left out while another one is under way.
    pub single_active: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
