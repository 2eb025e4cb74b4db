//! Labels, and what they are on.

use std::collections::BTreeMap;

use berth_types::{Digest, Timestamp, page::Paged, query::ListQuery};

use super::{
    list::{Column, List, Source},
    selection::Selected,
};
use crate::{Conn, Result, Row, Value, args};

/// A label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Row id.
    pub id: i64,
    /// The project's row id; none for labels of the system.
    pub project_id: Option<i64>,
    /// Name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// As style sheets write colours.
    pub color: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Label {
    fn read(row: &Row, first: usize) -> Result<Self> {
        Ok(Label {
            id: row.get(first)?,
            project_id: row.get(first + 1)?,
            name: row.get(first + 2)?,
            description: row.get(first + 3)?,
            color: row.get(first + 4)?,
            created_at: row.get(first + 5)?,
            updated_at: row.get(first + 6)?,
        })
    }
}

const LABELS: Source = Source {
    select: "l.id, l.project_id, l.name, l.description, l.color, l.created_at, l.updated_at",
    from: "labels l",
    columns: &[
        Column::number("id", "l.id"),
        Column::text("name", "l.name"),
        Column::text("description", "l.description"),
        Column::text("color", "l.color"),
        Column::time("creation_time", "l.created_at"),
        Column::time("update_time", "l.updated_at"),
    ],
    order: "l.id ASC",
    tie: "l.id ASC",
};

/// The labels that artifacts of a project can have, the first of them by name.
///
/// # Errors
/// As the database says.
pub async fn choices(conn: &mut Conn<'_>, project: i64, limit: i64) -> Result<Vec<Label>> {
    let sql = format!(
        "SELECT {} FROM {} WHERE l.project_id IS NULL OR l.project_id = $1 ORDER BY l.name, l.id LIMIT $2",
        LABELS.select, LABELS.from
    );
    conn.rows(&sql, args![project, limit]).await?.iter().map(|row| Label::read(row, 0)).collect()
}

/// Labels of a project, or of the system, those whose name contains a text where it is given.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn<'_>,
    project: Option<i64>,
    name: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<Label>> {
    let mut list = selected(project, query);
    if let Some(name) = name {
        list = list.containing("l.name", name);
    }
    let rows = list.sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(|row| Label::read(row, 0)).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// What such a list shows, in no order.
pub(super) fn selected(project: Option<i64>, query: &ListQuery) -> List {
    let list = match project {
        Some(project) => List::of(LABELS).and("l.project_id = ?", args![project]),
        None => List::of(LABELS).and("l.project_id IS NULL", &[]),
    };
    list.filtered(&query.filters)
}

/// One label.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, id: i64) -> Result<Option<Label>> {
    let list = List::of(LABELS).and("l.id = ?", args![id]);
    list.slice(conn, 1, 0).await?.first().map(|row| Label::read(row, 0)).transpose()
}

/// Adds a label and says its row id; nothing where the name is taken in its scope.
///
/// # Errors
/// As the database says.
pub async fn insert(
    conn: &mut Conn<'_>,
    project: Option<i64>,
    (name, description, color): (&str, &str, &str),
    now: Timestamp,
) -> Result<Option<i64>> {
    let sql = "INSERT INTO labels (project_id, name, description, color, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING id";
    conn.row(sql, args![project, name, description, color, now]).await?.map(|row| row.get(0)).transpose()
}

/// Changes a label. False where it is gone.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken in its scope.
pub async fn update(
    conn: &mut Conn<'_>,
    id: i64,
    (name, description, color): (&str, &str, &str),
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE labels SET name = $2, description = $3, color = $4, updated_at = $5 WHERE id = $1";
    Ok(conn.execute(sql, args![id, name, description, color, now]).await? > 0)
}

/// Removes a label from everything it is on. False where it is gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    Ok(conn.execute("DELETE FROM labels WHERE id = $1", args![id]).await? > 0)
}

/// Puts a label on a manifest. False where it is there already.
///
/// # Errors
/// As the database says.
pub async fn put_on(conn: &mut Conn<'_>, manifest: i64, label: i64, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO artifact_labels (manifest_id, label_id, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (manifest_id, label_id) DO NOTHING";
    Ok(conn.execute(sql, args![manifest, label, now]).await? > 0)
}

/// Puts the labels of some manifests of a repository on the same manifests of another one, as far as its project knows
/// them.
///
/// # Errors
/// As the database says.
pub async fn carry(conn: &mut Conn<'_>, from: i64, to: i64, digests: &[Digest], now: Timestamp) -> Result<()> {
    for chunk in digests.chunks(super::CHUNK) {
        let mut values: Vec<Value> = args![from, to, now].to_vec();
        values.extend(chunk.iter().map(|digest| Value::from(*digest)));
        let sql = format!(
            "INSERT INTO artifact_labels (manifest_id, label_id, created_at)
             SELECT t.id, al.label_id, CAST($3 AS BIGINT) FROM manifests s
             JOIN artifact_labels al ON al.manifest_id = s.id JOIN labels l ON l.id = al.label_id
             JOIN manifests t ON t.repository_id = $2 AND t.digest = s.digest
             WHERE s.repository_id = $1 AND s.digest IN ({})
               AND (l.project_id IS NULL OR l.project_id = t.project_id)
             ON CONFLICT (manifest_id, label_id) DO NOTHING",
            super::marks(4, chunk.len())
        );
        conn.execute(&sql, &values).await?;
    }
    Ok(())
}

/// Takes a label off a manifest. False where it was not there.
///
/// # Errors
/// As the database says.
pub async fn take_off(conn: &mut Conn<'_>, manifest: i64, label: i64) -> Result<bool> {
    let sql = "DELETE FROM artifact_labels WHERE manifest_id = $1 AND label_id = $2";
    Ok(conn.execute(sql, args![manifest, label]).await? > 0)
}

/// The labels on some manifests, by manifest, in the order in which the labels were made.
///
/// # Errors
/// As the database says.
pub async fn of(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<BTreeMap<i64, Vec<Label>>> {
    let mut found: BTreeMap<i64, Vec<Label>> = BTreeMap::new();
    for chunk in manifests.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT al.manifest_id, {} FROM artifact_labels al JOIN labels l ON l.id = al.label_id
             WHERE al.manifest_id IN ({}) ORDER BY al.manifest_id, l.id",
            LABELS.select,
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.entry(row.get(0)?).or_default().push(Label::read(&row, 1)?);
        }
    }
    Ok(found)
}

/// Other tags of what selected tags point at, which share its labels: at most `limit`, and how many there are.
///
/// # Errors
/// As the database says.
pub async fn sharing(conn: &mut Conn<'_>, selected: &Selected, limit: i64) -> Result<(Vec<String>, i64)> {
    let selection = selected.column("t.id AS id, t.manifest_id AS manifest");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "WITH chosen AS ({})
         SELECT t.name, COUNT(*) OVER () FROM tags t WHERE t.manifest_id IN (SELECT s.manifest FROM chosen s)
           AND t.id NOT IN (SELECT s.id FROM chosen s) ORDER BY t.name LIMIT ${first}",
        selection.sql
    );
    let rows = conn.rows(&sql, &values).await?;
    let count = rows.first().map_or(Ok(0), |row| row.get(1))?;
    Ok((rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?, count))
}
