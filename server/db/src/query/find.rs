//! The search over everything: a bounded query or two a kind, by the beginning of a name first, which an index answers.

use berth_types::{Digest, Timestamp};

use super::{
    list::{List, Source},
    project::Scope,
};
use crate::{Backend, Conn, Result, Row, Value, args};

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

/// Tags that are looked at whoever may see them: the first of all that begin with a text.
const TAGS_LOOKED_AT: i64 = 1000;
/// What is said of a tag.
const TAG: &str = "r.name, t.name, m.digest, m.kind, t.pushed_at";

/// Tags in scope that begin with a text, in repositories whose name contains another where it is given, at most `limit`.
///
/// Many tags that the caller may not see begin alike. So only so many of all tags are looked at; where these do not suffice,
/// the repositories in scope are gone through, each by its own index, until there are enough.
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
    if repository.is_none() {
        let range = args![tag, end_of(tag), TAGS_LOOKED_AT];
        let rows = near(scope, range).slice(conn, limit, 0).await?;
        let is_enough = i64::try_from(rows.len()).is_ok_and(|found| found >= limit);
        if is_enough || are_few(conn, range).await? {
            return rows.iter().map(Content::read).collect();
        }
    }
    let selection = far(conn.backend(), scope, repository, tag).column(TAG);
    let (first, values) = selection.with(args![limit]);
    let rows = conn.rows(&format!("{} LIMIT ${first}", selection.sql), &values).await?;
    let mut found = rows.iter().map(Content::read).collect::<Result<Vec<_>>>()?;
    found.sort_by(|a, b| (&a.tag, &a.repository).cmp(&(&b.tag, &b.repository)));
    Ok(found)
}

/// Whether all tags of a range were looked at.
async fn are_few(conn: &mut Conn<'_>, range: &[Value]) -> Result<bool> {
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM tags c WHERE {FIRST}) looked_at");
    let looked_at: i64 = conn.row(&sql, range).await?.map_or(Ok(0), |row| row.get(0))?;
    Ok(looked_at < TAGS_LOOKED_AT)
}

/// The first tags of all that begin with a text: an index has them in this order.
const FIRST: &str = "c.name >= $1 AND c.name <= $2 ORDER BY c.name ASC, c.repository_id ASC LIMIT $3";

/// Those of the first tags that are in scope. The order is one that no index has, or SQLite goes through all tags to get it.
fn near(scope: &Scope, range: &[Value]) -> List {
    const SOURCE: Source = Source {
        select: TAG,
        from: "tags t JOIN repositories r ON r.id = t.repository_id JOIN projects p ON p.id = r.project_id
               JOIN manifests m ON m.id = t.manifest_id",
        columns: &[],
        order: "COALESCE(t.name, '') ASC",
        tie: "t.repository_id ASC",
    };
    let first = FIRST.replace("$1", "?").replace("$2", "?").replace("$3", "?");
    let list = List::of(SOURCE).and(&format!("t.id IN (SELECT c.id FROM tags c WHERE {first})"), range);
    scope.apply(list.and("p.deleted_at IS NULL", &[]))
}

/// Tags in scope, repository after repository. A database that chose where to begin might begin with all tags.
fn far(backend: Backend, scope: &Scope, repository: Option<&str>, tag: &str) -> List {
    // SQLite keeps to the order of a cross join, PostgreSQL to what a lateral query with a limit is about.
    let from = match backend {
        Backend::Sqlite => "projects p CROSS JOIN repositories r CROSS JOIN tags t CROSS JOIN manifests m",
        Backend::Postgres => {
            "projects p JOIN repositories r ON r.project_id = p.id
             CROSS JOIN LATERAL (SELECT c.* FROM tags c WHERE c.repository_id = r.id AND c.name >= $1 AND c.name <= $2
                                 ORDER BY c.name LIMIT 100) t
             JOIN manifests m ON m.id = t.manifest_id"
        }
    };
    let source = Source { select: TAG, from, columns: &[], order: "t.name ASC", tie: "t.repository_id ASC" };
    // First, because the lateral query names these arguments.
    let list = List::of(source).and("t.name >= ? AND t.name <= ?", args![tag, end_of(tag)]);
    let joined = "r.project_id = p.id AND t.repository_id = r.id AND m.id = t.manifest_id AND p.deleted_at IS NULL";
    let list = scope.apply(list.and(joined, &[]));
    match repository {
        Some(repository) => list.containing("r.name", repository),
        None => list,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{bulk::Selection, plan};

    async fn plan(Selection { sql, args }: Selection) -> String {
        plan::plan(&format!("{sql} LIMIT 6"), &args).await
    }

    #[tokio::test]
    async fn tags_that_the_caller_may_not_see_are_not_gone_through() {
        for scope in [Scope::All, Scope::Public, Scope::Member(7), Scope::Among(vec![1, 2])] {
            let near = near(&scope, args!["v1", end_of("v1"), TAGS_LOOKED_AT]);
            let near = plan(near.selecting(TAG, "COALESCE(t.name, '') ASC, t.repository_id ASC")).await;
            assert!(near.contains("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"), "{scope:?}: {near}");
            assert!(near.contains("INDEX tags_names (name>? AND name<?)"), "{scope:?}: {near}");
            for repository in [None, Some("app")] {
                let far = plan(far(Backend::Sqlite, &scope, repository, "v1").column(TAG)).await;
                let first = far.lines().next().unwrap();
                assert!(first.starts_with("SCAN p") || first.starts_with("SEARCH p"), "{scope:?}: {far}");
                assert!(far.contains("INDEX tags_name (repository_id=? AND name>? AND name<?)"), "{scope:?}: {far}");
                assert!(!far.contains("B-TREE"), "nothing is sorted before the first is found: {far}");
            }
        }
    }
}
