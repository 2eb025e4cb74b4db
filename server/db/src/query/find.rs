//! The search over everything: one bounded query a kind, by the beginning of a name first, which an index answers.

use berth_types::{Digest, Timestamp};

use super::{
    list::{List, Source},
    project::Scope,
};
use crate::{Conn, Result, Row, args};

/// A project, a person or a robot.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Row id.
    pub id: i64,
    /// Name; of a robot without the prefix.
    pub name: String,
    /// Repositories of a project, artifacts of a repository; 0 for others.
    pub count: i64,
    /// The full name of a person, the project of a robot.
    pub more: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Named {
    fn read(row: &Row) -> Result<Self> {
        Ok(Named { id: row.get(0)?, name: row.get(1)?, count: row.get(2)?, more: row.get(3)?, updated_at: row.get(4)? })
    }
}

/// A tag or an artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The full name of its repository.
    pub repository: String,
    /// The tag; empty for an artifact.
    pub tag: String,
    /// The digest of the manifest.
    pub digest: Digest,
    /// `IMAGE`, `CHART`, …
    pub kind: String,
    /// When it was pushed.
    pub pushed_at: Timestamp,
}

impl Content {
    fn read(row: &Row) -> Result<Self> {
        Ok(Content {
            repository: row.get(0)?,
            tag: row.get(1)?,
            digest: row.get(2)?,
            kind: row.get(3)?,
            pushed_at: row.get(4)?,
        })
    }
}

/// The greatest text that begins with another, in the order of bytes.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// Rows whose name begins with a text, and, where there is room left, those that contain it, shortest first.
async fn named(conn: &mut Conn<'_>, list: List, column: &str, text: &str, limit: i64) -> Result<Vec<Named>> {
    let beginning = format!("{column} >= ? AND {column} <= ?");
    let rows = list.clone().and(&beginning, args![text, end_of(text)]).slice(conn, limit, 0).await?;
    let mut found = rows.iter().map(Named::read).collect::<Result<Vec<_>>>()?;
    if i64::try_from(found.len()).is_ok_and(|found| found < limit) {
        let rows = list.containing(column, text).shortest(column).slice(conn, limit, 0).await?;
        for row in &rows {
            let row = Named::read(row)?;
            if found.iter().all(|known| known.id != row.id) {
                found.push(row);
            }
        }
    }
    Ok(found)
}

/// Projects in scope by name.
///
/// # Errors
/// As the database says.
pub async fn projects(conn: &mut Conn<'_>, scope: &Scope, text: &str, limit: i64) -> Result<Vec<Named>> {
    const SOURCE: Source = Source {
        select: "p.id, p.name, (SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE), '',
                 p.updated_at",
        from: "projects p",
        columns: &[],
        order: "p.name ASC",
        tie: "p.id ASC",
    };
    named(conn, scope.apply(List::of(SOURCE).and("p.deleted_at IS NULL", &[])), "p.name", text, limit).await
}

/// Repositories in scope by full name.
///
/// # Errors
/// As the database says.
pub async fn repositories(conn: &mut Conn<'_>, scope: &Scope, text: &str, limit: i64) -> Result<Vec<Named>> {
    const SOURCE: Source = Source {
        select: "r.id, r.name, r.artifact_count, '', r.updated_at",
        from: "repositories r JOIN projects p ON p.id = r.project_id",
        columns: &[],
        order: "r.name ASC",
        tie: "r.id ASC",
    };
    let list = List::of(SOURCE).and("r.listed = TRUE AND p.deleted_at IS NULL", &[]);
    named(conn, scope.apply(list), "r.name", text, limit).await
}

/// Tags in scope that begin with a text, in repositories whose name contains another where it is given.
///
/// # Errors
/// As the database says.
pub async fn tags(
    conn: &mut Conn<'_>,
    scope: &Scope,
    repository: Option<&str>,
    tag: &str,
    limit: i64,
) -> Result<Vec<Content>> {
    const SOURCE: Source = Source {
        select: "r.name, t.name, m.digest, m.kind, t.pushed_at",
        from: "tags t JOIN repositories r ON r.id = t.repository_id JOIN projects p ON p.id = r.project_id
               JOIN manifests m ON m.id = t.manifest_id",
        columns: &[],
        order: "t.name ASC",
        tie: "t.repository_id ASC",
    };
    let mut list = scope.apply(List::of(SOURCE).and("p.deleted_at IS NULL", &[]));
    list = list.and("t.name >= ? AND t.name <= ?", args![tag, end_of(tag)]);
    if let Some(repository) = repository {
        list = list.containing("r.name", repository);
    }
    list.slice(conn, limit, 0).await?.iter().map(Content::read).collect()
}

/// Artifacts in scope whose digest lies between two values of its column, both included.
///
/// # Errors
/// As the database says.
pub async fn artifacts(
    conn: &mut Conn<'_>,
    scope: &Scope,
    (first, last): (&[u8], &[u8]),
    limit: i64,
) -> Result<Vec<Content>> {
    const SOURCE: Source = Source {
        select: "r.name, '', m.digest, m.kind, m.pushed_at",
        from: "manifests m JOIN repositories r ON r.id = m.repository_id JOIN projects p ON p.id = r.project_id",
        columns: &[],
        order: "m.digest ASC",
        tie: "m.repository_id ASC",
    };
    let list = scope.apply(List::of(SOURCE).and("p.deleted_at IS NULL", &[]));
    let list = list.and("m.digest >= ? AND m.digest <= ?", args![first, last]);
    list.slice(conn, limit, 0).await?.iter().map(Content::read).collect()
}

/// People by sign-in name.
///
/// # Errors
/// As the database says.
pub async fn people(conn: &mut Conn<'_>, text: &str, limit: i64) -> Result<Vec<Named>> {
    const SOURCE: Source = Source {
        select: "u.id, u.username, CAST(0 AS BIGINT), u.realname, u.updated_at",
        from: "users u",
        columns: &[],
        order: "u.username ASC",
        tie: "u.id ASC",
    };
    named(conn, List::of(SOURCE).and("u.deleted_at IS NULL", &[]), "u.username", text, limit).await
}

/// Robots by name.
///
/// # Errors
/// As the database says.
pub async fn robots(conn: &mut Conn<'_>, text: &str, limit: i64) -> Result<Vec<Named>> {
    const SOURCE: Source = Source {
        select: "i.id, i.name, CAST(0 AS BIGINT), COALESCE(p.name, ''), i.updated_at",
        from: "identities i LEFT JOIN projects p ON p.id = i.project_id",
        columns: &[],
        order: "i.name ASC",
        tie: "i.id ASC",
    };
    named(conn, List::of(SOURCE).and("i.kind = 'robot'", &[]), "i.name", text, limit).await
}
