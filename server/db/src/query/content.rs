//! What manifests point at and what points at them, a bounded part at a time.

use std::collections::BTreeMap;

use berth_types::{Digest, page::Page, query::ListQuery};

use super::{
    artifact::{ACCESSORIES, Artifact, Blob, Child, by_digest},
    list::List,
};
use crate::{Conn, Result, Row, Value, args};

/// How many references of a layer are looked at to say how many images share it.
pub const SHARED_LOOK_MAX: i64 = 2000;
/// Layers of which that is said.
pub const SHARED_LAYERS_MAX: i64 = 500;

/// A child of an index with what a list of children shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedChild {
    /// The line of the index.
    pub line: Child,
    /// Media type, as the line says.
    pub media_type: String,
    /// Bytes with everything it points at; of the manifest alone where the repository does not have it.
    pub size: i64,
    /// How many layers it has.
    pub layers: i64,
    /// How many manifests refer to it.
    pub referrers: i64,
}

/// A page of the children of an index, in the order of its text, and how many there are.
///
/// # Errors
/// As the database says.
pub async fn children(conn: &mut Conn<'_>, index: i64, page: Page) -> Result<(Vec<ListedChild>, i64)> {
    let sql = "SELECT COUNT(*) FROM manifest_references WHERE manifest_id = $1 AND role = 'child'";
    let total = conn.row(sql, args![index]).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = "SELECT mr.manifest_id, mr.child_id, mr.digest,
                      CASE WHEN OCTET_LENGTH(mr.descriptor) <= 16384 THEN mr.descriptor END,
                      mr.media_type, COALESCE(c.size, mr.size),
                      (SELECT COUNT(*) FROM manifest_references l WHERE l.manifest_id = c.id AND l.role = 'layer'),
                      (SELECT COUNT(*) FROM manifests a WHERE a.repository_id = c.repository_id AND a.subject = c.digest)
               FROM manifest_references mr LEFT JOIN manifests c ON c.id = mr.child_id
               WHERE mr.manifest_id = $1 AND mr.role = 'child' ORDER BY mr.position LIMIT $2 OFFSET $3";
    let read = |row: &Row| {
        Ok(ListedChild {
            line: Child { parent: row.get(0)?, child: row.get(1)?, digest: row.get(2)?, descriptor: row.get(3)? },
            media_type: row.get(4)?,
            size: row.get(5)?,
            layers: row.get(6)?,
            referrers: row.get(7)?,
        })
    };
    let rows = conn.rows(sql, args![index, page.page_size, page.offset()]).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

/// A page of what refers to a manifest, oldest first, and how many there are.
///
/// # Errors
/// As the database says.
pub async fn accessories(
    conn: &mut Conn<'_>,
    repository: i64,
    subject: &Digest,
    query: &ListQuery,
) -> Result<(Vec<Artifact>, i64)> {
    let mut list = List::of(ACCESSORIES).and("m.repository_id = ? AND m.subject = ?", args![repository, subject]);
    for filter in query.filters.iter().filter(|filter| filter.key == "digest") {
        list = by_digest(list, conn.backend(), &filter.matches);
    }
    let rows = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    Ok((rows.items.iter().map(Artifact::read).collect::<Result<_>>()?, rows.total))
}

/// How many manifests refer to each of some digests of a repository. Those without any are left out.
///
/// # Errors
/// As the database says.
pub async fn referrer_counts(
    conn: &mut Conn<'_>,
    repository: i64,
    subjects: &[Digest],
) -> Result<BTreeMap<Digest, i64>> {
    let mut counts = BTreeMap::new();
    for chunk in subjects.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT subject, COUNT(*) FROM manifests WHERE repository_id = $1 AND subject IN ({}) GROUP BY subject",
            super::marks(2, chunk.len())
        );
        let args: Vec<Value> = std::iter::once(Value::from(repository)).chain(chunk.iter().map(Value::from)).collect();
        for row in conn.rows(&sql, &args).await? {
            counts.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(counts)
}

/// The first layers of some manifests, by manifest.
///
/// # Errors
/// As the database says.
pub async fn first_layers(conn: &mut Conn<'_>, manifests: &[i64], each: i64) -> Result<BTreeMap<i64, Vec<Blob>>> {
    let mut found: BTreeMap<i64, Vec<Blob>> = BTreeMap::new();
    for chunk in manifests.chunks(super::CHUNK) {
        // The configuration comes first, so layers begin at 1; what has none has one layer more here.
        let sql = format!(
            "SELECT role, digest, media_type, size, CASE WHEN OCTET_LENGTH(descriptor) <= 16384 THEN descriptor END,
                    blob_id IS NOT NULL, manifest_id
             FROM manifest_references WHERE role = 'layer' AND position <= $1 AND manifest_id IN ({})
             ORDER BY manifest_id, position",
            super::marks(2, chunk.len())
        );
        let args: Vec<Value> = std::iter::once(each).chain(chunk.iter().copied()).map(Value::from).collect();
        for row in conn.rows(&sql, &args).await? {
            found.entry(row.get(6)?).or_default().push(Blob::read(&row)?);
        }
    }
    Ok(found)
}

/// How many other images of a project have each layer of a manifest, by digest, as far as [`SHARED_LOOK_MAX`] goes.
///
/// # Errors
/// As the database says.
pub async fn shared_by(conn: &mut Conn<'_>, project: i64, manifest: i64) -> Result<BTreeMap<Digest, i64>> {
    let sql = "SELECT l.digest, (
                   SELECT COUNT(DISTINCT s.manifest_id) FROM (
                       SELECT r.manifest_id FROM manifest_references r
                       WHERE r.digest = l.digest AND r.role = 'layer' LIMIT $3
                   ) s JOIN manifests m ON m.id = s.manifest_id
                   WHERE m.project_id = $2 AND m.id <> $1)
               FROM manifest_references l WHERE l.manifest_id = $1 AND l.role = 'layer' ORDER BY l.position LIMIT $4";
    let args = args![manifest, project, SHARED_LOOK_MAX, SHARED_LAYERS_MAX];
    conn.rows(sql, args).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Lines by which indexes say something about a child: the index's other lines, where the child stands in few of them.
///
/// # Errors
/// As the database says.
pub async fn siblings(conn: &mut Conn<'_>, child: i64, indexes: i64, each: i64) -> Result<Vec<Child>> {
    let sql = "SELECT mr.manifest_id, mr.child_id, mr.digest,
                      CASE WHEN OCTET_LENGTH(mr.descriptor) <= 16384 THEN mr.descriptor END
               FROM manifest_references mr
               WHERE mr.role = 'child' AND mr.child_id <> $1 AND mr.position < $3 AND mr.manifest_id IN (
                   SELECT p.manifest_id FROM manifest_references p WHERE p.child_id = $1 AND p.role = 'child'
                   ORDER BY p.manifest_id DESC LIMIT $2)
               ORDER BY mr.manifest_id, mr.position";
    let read =
        |row: &Row| Ok(Child { parent: row.get(0)?, child: row.get(1)?, digest: row.get(2)?, descriptor: row.get(3)? });
    conn.rows(sql, args![child, indexes, each]).await?.iter().map(read).collect()
}
