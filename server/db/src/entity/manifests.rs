//! A manifest in a repository, with the columns that lists show.

use sea_orm::entity::prelude::*;

/// A row of `manifests`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "manifests")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// The repository.
    pub repository_id: i64,
    /// Digest: algorithm byte and raw hash.
    pub digest: Vec<u8>,
    /// Media type.
    pub media_type: String,
    /// Media type of the configuration.
    pub config_media_type: String,
    /// What a list of referrers shows.
    pub artifact_type: String,
    /// Kind.
    pub kind: String,
    /// Bytes of the manifest itself.
    pub manifest_size: i64,
    /// Bytes.
    pub size: i64,
    /// What it refers to.
    pub subject: Option<Vec<u8>>,
    /// What it is to its subject: `signature.cosign`, …; empty where it has none.
    pub accessory: String,
    /// Whether a tag names the subject, and not the manifest itself.
    pub subject_by_tag: bool,
    /// Digest of the layer that is its icon.
    pub icon: Option<Vec<u8>>,
    /// Annotations as JSON.
    pub annotations: Option<String>,
    /// What the configuration says, as JSON.
    pub extra_attrs: Option<String>,
    /// How many tags point at it.
    pub tag_count: i64,
    /// How many indexes of the repository list it.
    pub parent_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// When it was last pulled.
    pub pulled_at: Option<i64>,
    /// Who pushed it.
    pub pushed_by: String,
    /// When it was last pushed.
    pub pushed_at: i64,
}

/// No relations: queries say their joins.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
