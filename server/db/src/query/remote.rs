//! Other registries. Secrets arrive here sealed, and leave sealed.

use std::collections::BTreeMap;

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Registry {
    /// Row id.
    pub id: i64,
    /// What clients choose.
    pub values: Values,
    /// With which secret to sign in, sealed.
    pub sealed: Option<Vec<u8>>,
    /// What the last check found.
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What clients choose of a registry, except for its secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where it is.
    pub url: String,
    /// What it is, for example `harbor`.
    pub kind: String,
    /// Whether any certificate is good enough.
    pub insecure: bool,
    /// Trusted certificates as PEM.
    pub ca_certificate: Option<String>,
    /// How to sign in; empty for not at all.
    pub credential_type: String,
    /// As who.
    pub access_key: String,
}

impl Registry {
    fn read(row: &Row) -> Result<Self> {
        Ok(Registry {
            id: row.get(0)?,
            values: Values {
                name: row.get(1)?,
                description: row.get(2)?,
                url: row.get(3)?,
                kind: row.get(4)?,
                insecure: row.get(5)?,
                ca_certificate: row.get(6)?,
                credential_type: row.get(7)?,
                access_key: row.get(8)?,
            },
            sealed: row.get(9)?,
            status: row.get(10)?,
            created_at: row.get(11)?,
            updated_at: row.get(12)?,
        })
    }
}

const REGISTRIES: Source = Source {
    select: "r.id, r.name, r.description, r.url, r.type, r.insecure, r.ca_certificate, r.credential_type, r.access_key,
             r.access_secret_sealed, r.status, r.created_at, r.updated_at",
    from: "registries r",
    columns: &[
        Column::number("id", "r.id"),
        Column::text("name", "r.name"),
        Column::text("url", "r.url"),
        Column::text("type", "r.type"),
        Column::text("status", "r.status"),
        Column::text("description", "r.description"),
        Column::flag("insecure", "r.insecure"),
        Column::time("creation_time", "r.created_at"),
        Column::time("update_time", "r.updated_at"),
    ],
    order: "r.id ASC",
    tie: "r.id ASC",
};

/// Registries, those whose name contains a text where one is given.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, name: Option<&str>, query: &ListQuery) -> Result<Paged<Registry>> {
    let mut list = List::of(REGISTRIES);
    if let Some(name) = name {
        list = list.containing("r.name", name);
    }
    let page = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = page.items.iter().map(Registry::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: page.total })
}

/// The registries that were not checked since a moment, the longest ago first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn unchecked_since(conn: &mut Conn<'_>, moment: Timestamp, limit: i64) -> Result<Vec<Registry>> {
    let source = Source { order: "r.checked_at ASC", ..REGISTRIES };
    let rows = List::of(source).and("r.checked_at < ?", args![moment]).slice(conn, limit, 0).await?;
    rows.iter().map(Registry::read).collect()
}

/// One registry.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Registry>> {
    let list = List::of(REGISTRIES).and("r.id = ?", args![id]);
    list.slice(conn, 1, 0).await?.first().map(Registry::read).transpose()
}

/// Some registries by row id.
///
/// # Errors
/// As the database says.
pub async fn among(conn: &mut Conn<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Registry>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let limit = i64::try_from(chunk.len()).unwrap_or(i64::MAX);
        for row in List::of(REGISTRIES).among("r.id", chunk).slice(conn, limit, 0).await? {
            let registry = Registry::read(&row)?;
            found.insert(registry.id, registry);
        }
    }
    Ok(found)
}

/// Adds a registry without its secret. A taken name is a unique violation.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, values: &Values, status: &str, now: Timestamp) -> Result<i64> {
    let sql =
        "INSERT INTO registries (name, description, url, type, insecure, ca_certificate, credential_type, access_key,
                 status, checked_at, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10) RETURNING id";
    conn.insert(
        sql,
        args![
            &values.name,
            &values.description,
            &values.url,
            &values.kind,
            values.insecure,
            values.ca_certificate.clone(),
            &values.credential_type,
            &values.access_key,
            status,
            now,
        ],
    )
    .await
}

/// Changes a registry, its secret left as it is. A taken name is a unique violation. False where it is gone.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn<'_>, id: i64, values: &Values, status: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE registries SET name = $2, description = $3, url = $4, insecure = $5, ca_certificate = $6,
                 credential_type = $7, access_key = $8, status = $9, checked_at = $10, updated_at = $10
               WHERE id = $1";
    let changed = conn
        .execute(
            sql,
            args![
                id,
                &values.name,
                &values.description,
                &values.url,
                values.insecure,
                values.ca_certificate.clone(),
                &values.credential_type,
                &values.access_key,
                status,
                now,
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// Sets or removes a secret, which is sealed.
///
/// # Errors
/// As the database says.
pub async fn set_secret(conn: &mut Conn<'_>, id: i64, sealed: Option<Vec<u8>>) -> Result<()> {
    conn.execute("UPDATE registries SET access_secret_sealed = $2 WHERE id = $1", args![id, sealed]).await?;
    Ok(())
}

/// Notes what a check found, unless the registry was changed after it was read.
///
/// # Errors
/// As the database says.
pub async fn set_status(
    conn: &mut Conn<'_>,
    id: i64,
    changed_at: Timestamp,
    status: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE registries SET status = $3, checked_at = $4 WHERE id = $1 AND updated_at = $2";
    conn.execute(sql, args![id, changed_at, status, now]).await?;
    Ok(())
}

/// Whether a policy takes from a registry or brings to it.
///
/// # Errors
/// As the database says.
pub async fn is_used(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM replication_policies WHERE source_id = $1 OR destination_id = $1 LIMIT 1";
    Ok(conn.row(sql, args![id]).await?.is_some())
}

/// Removes a registry. False where it was gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    Ok(conn.execute("DELETE FROM registries WHERE id = $1", args![id]).await? > 0)
}

/// The names of labels that every project can use, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn local_labels(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT name FROM labels WHERE project_id IS NULL ORDER BY name LIMIT $1";
    conn.rows(sql, args![limit]).await?.iter().map(|row| row.get(0)).collect()
}
