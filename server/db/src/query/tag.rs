//! Tags as lists show them.

use std::collections::BTreeMap;

use berth_types::{Digest, Timestamp, page::Paged, query::ListQuery};

use super::{
    list::{Column, List, Source},
    shelf::TagFilters,
};
use crate::{Conn, Result, Row, args};

/// A tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Row id.
    pub id: i64,
    /// The repository's row id.
    pub repository_id: i64,
    /// The manifest's row id.
    pub manifest_id: i64,
    /// Name.
    pub name: String,
    /// When it was last pushed.
    pub pushed_at: Timestamp,
    /// When it was last pulled.
    pub pulled_at: Option<Timestamp>,
}

impl Tag {
    fn read(row: &Row) -> Result<Self> {
        Ok(Tag {
            id: row.get(0)?,
            repository_id: row.get(1)?,
            manifest_id: row.get(2)?,
            name: row.get(3)?,
            pushed_at: row.get(4)?,
            pulled_at: row.get(5)?,
        })
    }
}

const TAGS: Source = Source {
    select: "t.id, t.repository_id, t.manifest_id, t.name, t.pushed_at, t.pulled_at",
    from: "tags t",
    columns: &[
        Column::number("id", "t.id"),
        Column::number("repository_id", "t.repository_id"),
        Column::number("artifact_id", "t.manifest_id"),
        Column::text("name", "t.name"),
        Column::time("push_time", "t.pushed_at"),
        Column::time("pull_time", "t.pulled_at"),
    ],
    order: "t.pushed_at DESC",
    tie: "t.id DESC",
};

/// Tags of one manifest.
///
/// # Errors
/// As the database says.
pub async fn list_of(conn: &mut Conn<'_>, manifest: i64, query: &ListQuery) -> Result<Paged<Tag>> {
    let list = List::of(TAGS).and("t.manifest_id = ?", args![manifest]);
    let rows = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Tag::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Tags of some manifests, newest first, by manifest.
///
/// # Errors
/// As the database says.
pub async fn of(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<BTreeMap<i64, Vec<Tag>>> {
    let mut found: BTreeMap<i64, Vec<Tag>> = BTreeMap::new();
    for chunk in manifests.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT {} FROM tags t WHERE t.manifest_id IN ({}) ORDER BY t.pushed_at DESC, t.id DESC",
            TAGS.select,
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            let tag = Tag::read(&row)?;
            found.entry(tag.manifest_id).or_default().push(tag);
        }
    }
    Ok(found)
}

/// A tag with what it points at.
#[derive(Clone, Debug)]
pub struct Target {
    /// The tag's name.
    pub name: String,
    /// When it was last pushed.
    pub pushed_at: Timestamp,
    /// When it was last pulled.
    pub pulled_at: Option<Timestamp>,
    /// The manifest's row id.
    pub manifest_id: i64,
    /// Its digest.
    pub digest: Digest,
    /// Its kind.
    pub kind: String,
    /// Bytes with everything it points at.
    pub size: i64,
    /// What the configuration says, as JSON.
    pub extra_attrs: Option<String>,
}

pub(super) const TARGETS: Source = Source {
    select: "t.name, t.pushed_at, t.pulled_at, m.id, m.digest, m.kind, m.size,
             CASE WHEN OCTET_LENGTH(m.extra_attrs) <= 262144 THEN m.extra_attrs END",
    from: "tags t JOIN manifests m ON m.id = t.manifest_id",
    columns: &[
        // Sorting by name means the natural order, in which v1.9 comes before v1.10.
        Column::text("name", "t.sort_key"),
        Column::time("push_time", "t.pushed_at"),
        Column::time("pull_time", "t.pulled_at"),
        Column::number("size", "m.size"),
        Column::text("kind", "m.kind"),
    ],
    order: "t.pushed_at DESC",
    tie: "t.id DESC",
};

impl Target {
    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Target {
            name: row.get(0)?,
            pushed_at: row.get(1)?,
            pulled_at: row.get(2)?,
            manifest_id: row.get(3)?,
            digest: row.get(4)?,
            kind: row.get(5)?,
            size: row.get(6)?,
            extra_attrs: row.get(7)?,
        })
    }
}

/// Tags of a repository that people gave, narrowed.
///
/// # Errors
/// As the database says.
pub async fn targets(
    conn: &mut Conn<'_>,
    repository: i64,
    filters: &TagFilters,
    query: &ListQuery,
) -> Result<Paged<Target>> {
    let rows = super::shelf::tags(conn.backend(), repository, filters).sorted(query).page(conn, query).await?;
    Ok(Paged { items: rows.items.iter().map(Target::read).collect::<Result<_>>()?, total: rows.total })
}

/// A move of a tag.
#[derive(Clone, Debug)]
pub struct Move {
    /// Row id.
    pub id: i64,
    /// The tag.
    pub tag: String,
    /// What it pointed at from then on; nothing where it was removed.
    pub digest: Option<Digest>,
    /// What was done.
    pub operation: String,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

const MOVES: Source = Source {
    select: "h.id, h.tag, h.digest, h.operation, h.actor, h.at",
    from: "tag_history h",
    columns: &[
        Column::text("tag", "h.tag"),
        Column::time("at", "h.at"),
        Column::text("operation", "h.operation"),
        Column::text("username", "h.actor"),
    ],
    order: "h.id DESC",
    tie: "h.id DESC",
};

/// Moves of a tag, or of all tags of a repository, newest first. Tags by which an accessory refers to its subject move
/// with it and are left out of the latter.
///
/// # Errors
/// As the database says.
pub async fn history(
    conn: &mut Conn<'_>,
    repository: i64,
    tag: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<Move>> {
    let rows = moves(repository, tag).filtered(&query.filters).sorted(query).page(conn, query).await?;
    let read = |row: &Row| {
        Ok(Move {
            id: row.get(0)?,
            tag: row.get(1)?,
            digest: row.get(2)?,
            operation: row.get(3)?,
            actor: row.get(4)?,
            at: row.get(5)?,
        })
    };
    Ok(Paged { items: rows.items.iter().map(read).collect::<Result<_>>()?, total: rows.total })
}

fn moves(repository: i64, tag: Option<&str>) -> List {
    let list = List::of(MOVES).and("h.repository_id = ?", args![repository]);
    match tag {
        Some(tag) => list.and("h.tag = ?", args![tag]),
        None => list.and("h.tag NOT LIKE 'sha256-%'", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{bulk::Selection, plan::plan};

    #[tokio::test]
    async fn the_newest_moves_of_a_repository_are_read_by_an_index() {
        for (tag, index) in
            [(None, "tag_history_repository (repository_id=?)"), (Some("v1"), "(repository_id=? AND tag=?)")]
        {
            let order = format!("{}, {}", MOVES.order, MOVES.tie);
            let Selection { sql, args } = moves(1, tag).selecting(MOVES.select, &order);
            let plan = plan(&format!("{sql} LIMIT 10"), &args).await;
            assert!(plan.lines().count() == 1 && plan.contains(index), "nothing is sorted: {plan}");
        }
    }
}
