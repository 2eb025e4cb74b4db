//! Manifests as the management API lists them.

use std::collections::BTreeMap;

use berth_types::{
    Digest, Timestamp,
    page::Paged,
    query::{Filter, ListQuery, Match, Scalar},
};

use super::list::{self, Column, List, Source};
use crate::{Backend, Conn, Result, Row, Value, args};

/// A manifest with the columns that lists show.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// The repository's row id.
    pub repository_id: i64,
    /// The repository's full name.
    pub repository_name: String,
    /// Digest.
    pub digest: Digest,
    /// Media type of the manifest.
    pub media_type: String,
    /// Media type of the configuration; empty for an index.
    pub config_media_type: String,
    /// What a list of referrers shows.
    pub artifact_type: String,
    /// `IMAGE`, `CHART`, …
    pub kind: String,
    /// Bytes with everything it points at.
    pub size: i64,
    /// Annotations as JSON.
    pub annotations: Option<String>,
    /// What the configuration says, as JSON.
    pub extra_attrs: Option<String>,
    /// When it was last pushed.
    pub pushed_at: Timestamp,
    /// When it was last pulled.
    pub pulled_at: Option<Timestamp>,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// What it is to its subject: `signature.cosign`, …; empty where it has none.
    pub accessory: String,
    /// The layer that is its icon.
    pub icon: Option<Digest>,
}

impl Artifact {
    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Artifact {
            id: row.get(0)?,
            project_id: row.get(1)?,
            repository_id: row.get(2)?,
            repository_name: row.get(3)?,
            digest: row.get(4)?,
            media_type: row.get(5)?,
            config_media_type: row.get(6)?,
            artifact_type: row.get(7)?,
            kind: row.get(8)?,
            size: row.get(9)?,
            annotations: row.get(10)?,
            extra_attrs: row.get(11)?,
            pushed_at: row.get(12)?,
            pulled_at: row.get(13)?,
            subject: row.get(14)?,
            accessory: row.get(15)?,
            icon: row.get(16)?,
        })
    }
}

/// Harbor's `media_type`: the configuration's, or the index's own.
const SHOWN_MEDIA_TYPE: &str = "CASE WHEN m.config_media_type = '' THEN m.media_type ELSE m.config_media_type END";

/// Whoever pushes chooses how much an artifact says about itself, and a list shows a hundred of them: what is longer than
/// people read stays in the manifest.
const ARTIFACTS: Source = Source {
    select: "m.id, m.project_id, m.repository_id, r.name, m.digest, m.media_type, m.config_media_type, m.artifact_type,
             m.kind, m.size, CASE WHEN OCTET_LENGTH(m.annotations) <= 65536 THEN m.annotations END,
             CASE WHEN OCTET_LENGTH(m.extra_attrs) <= 262144 THEN m.extra_attrs END,
             m.pushed_at, m.pulled_at, m.subject, m.accessory, m.icon",
    from: "manifests m JOIN repositories r ON r.id = m.repository_id",
    columns: &[
        Column::number("id", "m.id"),
        Column::number("project_id", "m.project_id"),
        Column::number("repository_id", "m.repository_id"),
        Column::text("repository_name", "r.name"),
        Column::text("type", "m.kind"),
        Column::text("media_type", SHOWN_MEDIA_TYPE),
        Column::text("manifest_media_type", "m.media_type"),
        Column::text("artifact_type", "m.artifact_type"),
        Column::number("size", "m.size"),
        Column::time("push_time", "m.pushed_at"),
        Column::time("pull_time", "m.pulled_at"),
        // For sorting; filters on it are treated apart, as the column holds bytes.
        Column::text("digest", "m.digest"),
    ],
    order: "m.pushed_at DESC",
    tie: "m.id DESC",
};

/// What refers to something. `type` is what it is to its subject.
pub(super) const ACCESSORIES: Source = Source {
    columns: &[
        Column::number("id", "m.id"),
        Column::number("artifact_id", "m.id"),
        Column::text("type", "m.accessory"),
        Column::text("artifact_type", "m.artifact_type"),
        Column::number("size", "m.size"),
        Column::time("creation_time", "m.pushed_at"),
    ],
    order: "m.id ASC",
    tie: "m.id ASC",
    ..ARTIFACTS
};

/// Where artifacts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In one repository.
    Repository(i64),
    /// In one project.
    Project(i64),
}

/// Which tags an artifact has to have.
#[derive(Clone, Debug, PartialEq)]
pub enum TagFilter {
    /// At least one.
    Some,
    /// None.
    None,
    /// One of this name.
    Named(String),
    /// One whose name contains this.
    Like(String),
}

/// What a list of artifacts is narrowed to, beside the columns.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Tags.
    pub tags: Option<TagFilter>,
    /// Labels that an artifact has to have, all of them, by row id.
    pub labels: Vec<i64>,
    /// Whether the children of indexes are listed as well.
    pub children: bool,
    /// Only the newest of each repository among those with the same value of this column.
    pub newest_by: Option<NewestBy>,
}

impl Filters {
    /// Whether everything that lists show otherwise is asked for.
    fn is_empty(&self) -> bool {
        let Filters { tags, labels, children, newest_by } = self;
        tags.is_none() && labels.is_empty() && !children && newest_by.is_none()
    }
}

/// By what the newest artifact of a repository is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewestBy {
    /// Harbor's `media_type`.
    MediaType,
    /// `artifact_type`.
    ArtifactType,
}

/// Artifacts that lists show: nobody's accessory, and with a tag or without an index that leads to them.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, place: Place, filters: &Filters, query: &ListQuery) -> Result<Paged<Artifact>> {
    let list = selected(conn.backend(), place, filters, query).sorted(query);
    let rows = if filters.is_empty() && query.filters.is_empty() {
        let total = count(conn, place).await?;
        list.page_of(conn, query, total).await?
    } else {
        list.page(conn, query).await?
    };
    let items = rows.items.iter().map(Artifact::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// What such a list shows, in no order.
pub(super) fn selected(backend: Backend, place: Place, filters: &Filters, query: &ListQuery) -> List {
    let mut list = match place {
        Place::Repository(id) => List::of(ARTIFACTS).and("m.repository_id = ?", args![id]),
        Place::Project(id) => List::of(ARTIFACTS).and("m.project_id = ?", args![id]),
    };
    list = list.and("m.subject IS NULL", &[]);
    if !filters.children {
        list = list.and("(m.tag_count > 0 OR m.parent_count = 0)", &[]);
    }
    list = match &filters.tags {
        None => list,
        Some(TagFilter::Some) => list.and("m.tag_count > 0", &[]),
        Some(TagFilter::None) => list.and("m.tag_count = 0", &[]),
        Some(TagFilter::Named(name)) => list.and(
            "m.id IN (SELECT t.manifest_id FROM tags t WHERE t.repository_id = m.repository_id AND t.name = ?)",
            args![name],
        ),
        Some(TagFilter::Like(text)) if text.len() > list::FUZZY_BYTES_MAX => list.and("1 = 0", &[]),
        Some(TagFilter::Like(text)) => {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").to_ascii_lowercase();
            list.and(
                "EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id AND LOWER(t.name) LIKE ? ESCAPE '\\')",
                args![format!("%{escaped}%")],
            )
        }
    };
    for label in &filters.labels {
        list = list.and("m.id IN (SELECT l.manifest_id FROM artifact_labels l WHERE l.label_id = ?)", args![*label]);
    }
    if let Some(by) = filters.newest_by {
        let same = match by {
            NewestBy::MediaType => {
                "n.config_media_type = m.config_media_type AND (m.config_media_type <> '' OR n.media_type = m.media_type)"
            }
            NewestBy::ArtifactType => "n.artifact_type = m.artifact_type",
        };
        list = list.and(
            &format!(
                "NOT EXISTS (SELECT 1 FROM manifests n WHERE n.repository_id = m.repository_id AND n.subject IS NULL AND {same}
                 AND (n.tag_count > 0 OR n.parent_count = 0)
                 AND (n.pushed_at > m.pushed_at OR (n.pushed_at = m.pushed_at AND n.id > m.id)))"
            ),
            &[],
        );
    }
    let (digests, others): (Vec<Filter>, Vec<Filter>) =
        query.filters.iter().cloned().partition(|filter| filter.key == "digest");
    for filter in &digests {
        list = by_digest(list, backend, &filter.matches);
    }
    list.filtered(&others)
}

/// How many artifacts lists show there, from the counts that are kept: nobody has to look at each of them.
async fn count(conn: &mut Conn<'_>, place: Place) -> Result<i64> {
    let (sql, id) = match place {
        Place::Repository(id) => ("SELECT artifact_count FROM repositories WHERE id = $1", id),
        Place::Project(id) => {
            ("SELECT CAST(COALESCE(SUM(artifact_count), 0) AS BIGINT) FROM repositories WHERE project_id = $1", id)
        }
    };
    conn.row(sql, args![id]).await?.map_or(Ok(0), |row| row.get(0))
}

pub(super) fn by_digest(list: List, backend: Backend, matches: &Match) -> List {
    let exact = |scalars: &[Scalar]| -> Vec<Value> {
        scalars.iter().filter_map(|scalar| scalar.as_text().parse::<Digest>().ok()).map(Value::from).collect()
    };
    let among = |list: List, values: Vec<Value>| {
        if values.is_empty() {
            return list.and("1 = 0", &[]);
        }
        list.and(&format!("m.digest IN ({})", vec!["?"; values.len()].join(", ")), &values)
    };
    match matches {
        Match::Exact(scalar) => among(list, exact(std::slice::from_ref(scalar))),
        Match::Any(scalars) => among(list, exact(scalars)),
        Match::Fuzzy(text) => list.containing(digest_text(backend), text),
        Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::All(_) => list,
    }
}

/// The digest column as the text that people know.
pub(super) fn digest_text(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => {
            "(CASE hex(substr(m.digest, 1, 1)) WHEN '01' THEN 'sha256:' ELSE 'sha512:' END || hex(substr(m.digest, 2)))"
        }
        Backend::Postgres => {
            "(CASE get_byte(m.digest, 0) WHEN 1 THEN 'sha256:' ELSE 'sha512:' END || encode(substring(m.digest from 2), 'hex'))"
        }
    }
}

/// A manifest of a repository by digest, whether lists show it or not.
///
/// # Errors
/// As the database says.
pub async fn by_digest_in(conn: &mut Conn<'_>, repository: i64, digest: &Digest) -> Result<Option<Artifact>> {
    let list = List::of(ARTIFACTS).and("m.repository_id = ? AND m.digest = ?", args![repository, digest]);
    list.slice(conn, 1, 0).await?.first().map(Artifact::read).transpose()
}

/// A manifest of a repository by tag.
///
/// # Errors
/// As the database says.
pub async fn by_tag_in(conn: &mut Conn<'_>, repository: i64, tag: &str) -> Result<Option<Artifact>> {
    let condition = "m.id = (SELECT t.manifest_id FROM tags t WHERE t.repository_id = ? AND t.name = ?)";
    let list = List::of(ARTIFACTS).and(condition, args![repository, tag]);
    list.slice(conn, 1, 0).await?.first().map(Artifact::read).transpose()
}

/// The most indexes that are looked up for a list of manifests.
pub const PARENTS_MAX: i64 = 1000;

/// A line of what an index lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// The index's row id.
    pub parent: i64,
    /// The child's row id, where the repository has it.
    pub child: Option<i64>,
    /// Its digest.
    pub digest: Digest,
    /// The descriptor as JSON.
    pub descriptor: Option<String>,
}

/// The children of some manifests in the order of the manifests' text, the first `each` of every manifest, by parent.
///
/// # Errors
/// As the database says.
pub async fn children(conn: &mut Conn<'_>, parents: &[i64], each: i64) -> Result<BTreeMap<i64, Vec<Child>>> {
    let mut found: BTreeMap<i64, Vec<Child>> = BTreeMap::new();
    for chunk in parents.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT manifest_id, child_id, digest, CASE WHEN OCTET_LENGTH(descriptor) <= 16384 THEN descriptor END
             FROM manifest_references
             WHERE role = 'child' AND position < $1 AND manifest_id IN ({}) ORDER BY manifest_id, position",
            super::marks(2, chunk.len())
        );
        for row in conn.rows(&sql, &super::with_ids(each, chunk)).await? {
            let child = Child { parent: row.get(0)?, child: row.get(1)?, digest: row.get(2)?, descriptor: row.get(3)? };
            found.entry(child.parent).or_default().push(child);
        }
    }
    Ok(found)
}

/// What refers to some digests of a repository, oldest first, by subject: at most `each` of every subject, signatures
/// before others.
///
/// # Errors
/// As the database says.
pub async fn accessories(
    conn: &mut Conn<'_>,
    repository: i64,
    subjects: &[Digest],
    each: i64,
) -> Result<BTreeMap<Digest, Vec<Artifact>>> {
    let mut found: BTreeMap<Digest, Vec<Artifact>> = BTreeMap::new();
    for chunk in subjects.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT {} FROM {} JOIN (
                 SELECT a.id AS ranked_id, ROW_NUMBER() OVER (PARTITION BY a.subject ORDER BY
                     CASE WHEN a.accessory LIKE 'signature.%' THEN 0 ELSE 1 END, a.id) AS place
                 FROM manifests a WHERE a.repository_id = $1 AND a.subject IN ({})
             ) ranked ON ranked.ranked_id = m.id
             WHERE ranked.place <= $2 ORDER BY m.id",
            ARTIFACTS.select,
            ARTIFACTS.from,
            super::marks(3, chunk.len())
        );
        let args: Vec<Value> =
            [repository, each].into_iter().map(Value::from).chain(chunk.iter().map(Value::from)).collect();
        for row in conn.rows(&sql, &args).await? {
            let artifact = Artifact::read(&row)?;
            if let Some(subject) = artifact.subject {
                found.entry(subject).or_default().push(artifact);
            }
        }
    }
    Ok(found)
}

/// The indexes that list some manifests, each after the manifest's row id, oldest first; at most [`PARENTS_MAX`] of
/// every hundred manifests.
///
/// # Errors
/// As the database says.
pub async fn parents(conn: &mut Conn<'_>, children: &[i64]) -> Result<Vec<(i64, Artifact)>> {
    let mut found = Vec::new();
    for chunk in children.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT DISTINCT {}, mr.child_id FROM {} JOIN manifest_references mr ON mr.manifest_id = m.id
             WHERE mr.role = 'child' AND mr.child_id IN ({}) ORDER BY m.id LIMIT {PARENTS_MAX}",
            ARTIFACTS.select,
            ARTIFACTS.from,
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.push((row.get(17)?, Artifact::read(&row)?));
        }
    }
    Ok(found)
}

/// Whether a manifest, or an index that lists it, has an accessory of a kind. Signatures count as signed.
///
/// # Errors
/// As the database says.
pub async fn is_signed(conn: &mut Conn<'_>, manifest: i64, kind: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM manifests m WHERE m.id = $1 AND (
                 m.accessory IN ('signature.cosign', 'signature.notation')
                 OR EXISTS (SELECT 1 FROM manifests a
                            WHERE a.repository_id = m.repository_id AND a.subject = m.digest AND a.accessory = $2)
                 OR EXISTS (SELECT 1 FROM manifest_references mr
                            JOIN manifests p ON p.id = mr.manifest_id
                            JOIN manifests a ON a.repository_id = p.repository_id AND a.subject = p.digest
                            WHERE mr.child_id = m.id AND mr.role = 'child' AND a.accessory = $2))";
    Ok(conn.row(sql, args![manifest, kind]).await?.is_some())
}

/// Whether a layer is the icon of some artifact whose repository has it.
///
/// # Errors
/// As the database says.
pub async fn has_icon(conn: &mut Conn<'_>, digest: &Digest) -> Result<bool> {
    let sql = "SELECT 1 FROM manifests m
               JOIN blobs b ON b.digest = m.icon AND b.lost_at IS NULL
               JOIN repository_blobs rb ON rb.repository_id = m.repository_id AND rb.blob_id = b.id
               WHERE m.icon = $1 LIMIT 1";
    Ok(conn.row(sql, args![digest]).await?.is_some())
}

/// The configuration and the layers of a manifest: role, digest, media type, size and the descriptor as JSON, in the
/// order of its text.
///
/// # Errors
/// As the database says.
pub async fn blobs(conn: &mut Conn<'_>, manifest: i64) -> Result<Vec<Blob>> {
    let sql = "SELECT role, digest, media_type, size, descriptor, blob_id IS NOT NULL FROM manifest_references
               WHERE manifest_id = $1 AND role IN ('config', 'layer') ORDER BY position";
    conn.rows(sql, args![manifest]).await?.iter().map(Blob::read).collect()
}

/// A blob that a manifest points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    /// `config` or `layer`.
    pub role: String,
    /// Digest.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// The descriptor as JSON.
    pub descriptor: Option<String>,
    /// Whether the repository has it. What it does not have may be somebody else's and is not read.
    pub is_here: bool,
}

impl Blob {
    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Blob {
            role: row.get(0)?,
            digest: row.get(1)?,
            media_type: row.get(2)?,
            size: row.get(3)?,
            descriptor: row.get(4)?,
            is_here: row.get(5)?,
        })
    }
}
