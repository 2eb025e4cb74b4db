//! Whole repositories that an operation on many things is about: their tags, and what somebody uploads to them.

use super::{artifact, selection::Selected};
use crate::{Conn, Result, Row, args};

/// A tag of an artifact in a selection of whole repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The artifact, as `repository@digest`.
    pub item: String,
    /// The repository whose tag it is.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

impl Content {
    fn read(row: &Row) -> Result<Self> {
        Ok(Content { item: row.get(0)?, repository: row.get(1)?, tag: row.get(2)? })
    }
}

/// The tags of selected artifacts, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn tags_of_contents(conn: &mut Conn<'_>, selected: &Selected, limit: i64) -> Result<Vec<Content>> {
    let digest = artifact::digest_text(conn.backend());
    let selection = selected.column("m.id AS id");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "SELECT r.name || '@' || LOWER({digest}), r.name, t.name FROM tags t
         JOIN manifests m ON m.id = t.manifest_id JOIN repositories r ON r.id = m.repository_id
         WHERE t.manifest_id IN (SELECT s.id FROM ({}) s) ORDER BY t.id DESC LIMIT ${first}",
        selection.sql
    );
    conn.rows(&sql, &values).await?.iter().map(Content::read).collect()
}

/// The tags of selected artifacts of a project that the repositories of the same names in another one have on something
/// else, with those repositories, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn contents_taken(
    conn: &mut Conn<'_>,
    selected: &Selected,
    (from, target): (&str, &str),
    limit: i64,
) -> Result<Vec<Content>> {
    let digest = artifact::digest_text(conn.backend());
    let selection = selected.column("m.id AS id");
    let (first, values) = selection.with(args![from, target, limit]);
    let sql = format!(
        "SELECT r.name || '@' || LOWER({digest}), there.name, t.name FROM tags t
         JOIN manifests m ON m.id = t.manifest_id JOIN repositories r ON r.id = m.repository_id
         JOIN repositories there
           ON there.name = CAST(${} AS TEXT) || SUBSTR(r.name, LENGTH(CAST(${first} AS TEXT)) + 1)
         JOIN tags o ON o.repository_id = there.id AND o.name = t.name JOIN manifests other ON other.id = o.manifest_id
         WHERE t.manifest_id IN (SELECT s.id FROM ({}) s) AND other.digest <> m.digest
         ORDER BY t.id DESC LIMIT ${}",
        first + 1,
        selection.sql,
        first + 2
    );
    conn.rows(&sql, &values).await?.iter().map(Content::read).collect()
}

/// Those of selected repositories that somebody uploads to, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn receiving(conn: &mut Conn<'_>, selected: &Selected, limit: i64) -> Result<Vec<String>> {
    let selection = selected.column("r.id AS id");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "SELECT r.name FROM repositories r WHERE r.id IN (SELECT s.id FROM ({}) s)
           AND EXISTS (SELECT 1 FROM uploads u WHERE u.repository_id = r.id) ORDER BY r.id LIMIT ${first}",
        selection.sql
    );
    conn.rows(&sql, &values).await?.iter().map(|row| row.get(0)).collect()
}
