//! What a list of tags shows beside the tags, and what a repository is at a glance. Each is one statement for all rows.

use std::collections::BTreeMap;

use berth_types::{Digest, Timestamp, manifest::Platform};

use super::{
    list::List,
    tag::{TARGETS, Target},
};
use crate::{Backend, Conn, Result, Value, args};

/// Artifacts that are looked at to say what a repository is about.
const NEWEST: i64 = 200;
/// Indexes that are looked at to say what is known of their children. Whoever pushes chooses how many there are.
const INDEXES_MAX: i64 = 100;

/// What a list of tags is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct TagFilters {
    /// A part of the name, ASCII case folded.
    pub name: Option<String>,
    /// What it runs on; without a variant, any.
    pub platform: Option<Platform>,
    /// Whether it has a signature.
    pub signed: Option<bool>,
    /// Labels that it has to have, all of them, by row id.
    pub labels: Vec<i64>,
}

/// The tags of a repository that people gave, narrowed. Tags by which an accessory refers to its subject are left out.
pub(super) fn tags(backend: Backend, repository: i64, filters: &TagFilters) -> List {
    let mut list = List::of(TARGETS).and("t.repository_id = ? AND m.subject_by_tag = FALSE", args![repository]);
    if let Some(name) = &filters.name {
        list = list.containing("t.name", name);
    }
    if let Some(platform) = &filters.platform {
        list = on(list, backend, platform);
    }
    if let Some(signed) = filters.signed {
        let is = if signed { "" } else { "NOT " };
        list = list.and(&format!("{is}EXISTS ({SIGNED})"), &[]);
    }
    for label in &filters.labels {
        list = list.and("m.id IN (SELECT l.manifest_id FROM artifact_labels l WHERE l.label_id = ?)", args![*label]);
    }
    list
}

/// Signatures of a manifest.
const SIGNED: &str = "SELECT 1 FROM manifests a WHERE a.repository_id = m.repository_id AND a.subject = m.digest
                      AND a.accessory IN ('signature.cosign', 'signature.notation')";

/// What an image's configuration says, or what an index says of a child.
fn on(list: List, backend: Backend, platform: &Platform) -> List {
    let own = |key: &str| json_text(backend, ("m.extra_attrs", 262_144), "", key);
    let child = |key: &str| json_text(backend, ("c.descriptor", 16_384), "platform", key);
    let mut args: Vec<Value> = Vec::new();
    let mut both = |of: &dyn Fn(&str) -> String| {
        let mut parts = vec![format!("{} = ?", of("os")), format!("{} = ?", of("architecture"))];
        args.extend([Value::from(platform.os.as_str()), Value::from(platform.architecture.as_str())]);
        if let Some(variant) = &platform.variant {
            parts.push(format!("{} = ?", of("variant")));
            args.push(Value::from(variant.as_str()));
        }
        parts.join(" AND ")
    };
    let (own, child) = (both(&own), both(&child));
    let condition = format!(
        "(({own}) OR EXISTS (SELECT 1 FROM manifest_references c
           WHERE c.manifest_id = m.id AND c.role = 'child' AND {child}))"
    );
    list.and(&condition, &args)
}

/// A text inside of a column of JSON, nothing where the column is longer than what a list shows of it. All but the backend
/// are words of this file.
fn json_text(backend: Backend, (column, bytes_max): (&str, usize), inside: &str, key: &str) -> String {
    let text = match (backend, inside) {
        (Backend::Sqlite, "") => format!("json_extract({column}, '$.{key}')"),
        (Backend::Sqlite, inside) => format!("json_extract({column}, '$.{inside}.{key}')"),
        (Backend::Postgres, "") => format!("CAST({} AS json) ->> '{key}'", without_nul(column)),
        (Backend::Postgres, inside) => format!("CAST({} AS json) -> '{inside}' ->> '{key}'", without_nul(column)),
    };
    format!("CASE WHEN OCTET_LENGTH({column}) <= {bytes_max} THEN {text} END")
}

/// A column of JSON as PostgreSQL reads it: a document with one NUL character in any of its texts is refused as a whole. A
/// backslash that is written twice steps aside meanwhile; what takes its place stands in no JSON.
fn without_nul(column: &str) -> String {
    let aside = format!(r"REPLACE({column}, '\\', CHR(1))");
    format!(
        r"CASE WHEN POSITION('\u0000' IN {column}) = 0 THEN {column}
               ELSE REPLACE(REPLACE({aside}, '\u0000', '\ufffd'), CHR(1), '\\') END"
    )
}

/// The tag that most people want: `latest`, else the one that was pushed last.
///
/// # Errors
/// As the database says.
pub async fn main_tag(conn: &mut Conn<'_>, repository: i64) -> Result<Option<Target>> {
    let all = || List::of(TARGETS).and("t.repository_id = ? AND m.subject_by_tag = FALSE", args![repository]);
    let latest = all().and("t.name = 'latest'", &[]).slice(conn, 1, 0).await?;
    let rows = if latest.is_empty() { all().slice(conn, 1, 0).await? } else { latest };
    rows.first().map(Target::read).transpose()
}

/// A manifest that an index lists.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Row id.
    pub id: i64,
    /// Digest.
    pub digest: Digest,
    /// Bytes with everything it points at.
    pub size: i64,
}

/// Some manifests by row id.
///
/// # Errors
/// As the database says.
pub async fn manifests(conn: &mut Conn<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Listed>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let sql = format!("SELECT id, digest, size FROM manifests WHERE id IN ({})", super::marks(1, chunk.len()));
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            let listed = Listed { id: row.get(0)?, digest: row.get(1)?, size: row.get(2)? };
            found.insert(listed.id, listed);
        }
    }
    Ok(found)
}

/// What refers to a manifest.
#[derive(Clone, Debug)]
pub struct Referring {
    /// Row id.
    pub id: i64,
    /// Its digest.
    pub digest: Digest,
    /// What it refers to.
    pub subject: Digest,
    /// What it is to it: `signature.cosign`, …
    pub kind: String,
    /// Its type as lists of referrers show it.
    pub artifact_type: String,
}

/// The most that a list says about referrers of its rows. Whoever pushes chooses how many there are.
const REFERRERS_MAX: i64 = 2000;

/// The indexes that list some manifests, each after the manifest, by row id; at most a few of every hundred manifests.
///
/// # Errors
/// As the database says.
pub async fn indexes(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<Vec<(i64, i64, Digest)>> {
    let mut found = Vec::new();
    for chunk in manifests.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT DISTINCT mr.child_id, m.id, m.digest FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
             WHERE mr.role = 'child' AND mr.child_id IN ({}) ORDER BY m.id LIMIT {INDEXES_MAX}",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.push((row.get(0)?, row.get(1)?, row.get(2)?));
        }
    }
    Ok(found)
}

/// What refers to some digests of a repository, by subject.
///
/// # Errors
/// As the database says.
pub async fn referrers(conn: &mut Conn<'_>, repository: i64, subjects: &[Digest]) -> Result<Vec<Referring>> {
    let mut found = Vec::new();
    for chunk in subjects.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT id, digest, subject, accessory, artifact_type FROM manifests
             WHERE repository_id = $1 AND subject IN ({}) ORDER BY subject, id LIMIT {REFERRERS_MAX}",
            super::marks(2, chunk.len())
        );
        let args: Vec<Value> = std::iter::once(Value::from(repository)).chain(chunk.iter().map(Value::from)).collect();
        for row in conn.rows(&sql, &args).await? {
            found.push(Referring {
                id: row.get(0)?,
                digest: row.get(1)?,
                subject: row.get(2)?,
                kind: row.get(3)?,
                artifact_type: row.get(4)?,
            });
        }
    }
    Ok(found)
}

/// The descriptors of the layers of some manifests, as JSON, by manifest. Those of a length that no tool writes are left
/// out.
///
/// # Errors
/// As the database says.
pub async fn layers(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<BTreeMap<i64, Vec<String>>> {
    let mut found: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for chunk in manifests.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT manifest_id, descriptor FROM manifest_references
             WHERE role = 'layer' AND OCTET_LENGTH(descriptor) <= 4096 AND manifest_id IN ({})
             ORDER BY manifest_id, position LIMIT {REFERRERS_MAX}",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
    }
    Ok(found)
}

/// What the newest artifacts of a repository run on, each once.
///
/// # Errors
/// As the database says.
pub async fn platforms(conn: &mut Conn<'_>, repository: i64) -> Result<Vec<Platform>> {
    let of = |key: &str| json_text(conn.backend(), ("m.extra_attrs", 262_144), "", key);
    let sql = format!(
        "SELECT DISTINCT {} AS os, {} AS architecture, {} AS variant
         FROM (SELECT extra_attrs FROM manifests WHERE repository_id = $1 AND extra_attrs IS NOT NULL
               ORDER BY pushed_at DESC, id DESC LIMIT {NEWEST}) m",
        of("os"),
        of("architecture"),
        of("variant")
    );
    let mut found = Vec::new();
    for row in conn.rows(&sql, args![repository]).await? {
        let told = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (os, architecture, variant) = (told(row.get(0)?), told(row.get(1)?), told(row.get(2)?));
        if let (Some(os), Some(architecture)) = (os, architecture) {
            found.push(Platform { architecture, os, os_version: None, variant });
        }
    }
    Ok(found)
}

/// How many tags a repository has that people gave.
///
/// # Errors
/// As the database says.
pub async fn tag_count(conn: &mut Conn<'_>, repository: i64) -> Result<i64> {
    tags(conn.backend(), repository, &TagFilters::default()).count(conn).await
}

/// Bytes of everything that a repository holds, each counted once.
///
/// # Errors
/// As the database says.
pub async fn size(conn: &mut Conn<'_>, repository: i64) -> Result<i64> {
    let sql = "SELECT CAST(
                 COALESCE((SELECT SUM(b.size) FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
                           WHERE rb.repository_id = $1), 0)
                 + COALESCE((SELECT SUM(m.manifest_size) FROM manifests m WHERE m.repository_id = $1), 0) AS BIGINT)";
    conn.row(sql, args![repository]).await?.map_or(Ok(0), |row| row.get(0))
}

/// When something was last pushed to a repository.
///
/// # Errors
/// As the database says.
pub async fn last_push(conn: &mut Conn<'_>, repository: i64) -> Result<Option<Timestamp>> {
    let sql = "SELECT MAX(pushed_at) FROM manifests WHERE repository_id = $1";
    conn.row(sql, args![repository]).await?.map_or(Ok(None), |row| row.get(0))
}

/// When something was last pulled from a repository by a tag.
///
/// # Errors
/// As the database says.
pub async fn last_pull(conn: &mut Conn<'_>, repository: i64) -> Result<Option<Timestamp>> {
    let sql = "SELECT MAX(pulled_at) FROM tags WHERE repository_id = $1";
    conn.row(sql, args![repository]).await?.map_or(Ok(None), |row| row.get(0))
}

/// What a move of a tag says beside its own row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// What the tag pointed at before.
    pub from: Option<Digest>,
    /// Whether the repository has what it pointed at from then on.
    pub present: bool,
    /// Whether that is where the tag is now, by this move or a later one.
    pub here: bool,
    /// Whether it is by this move.
    pub current: bool,
}

/// The same for some moves, by row id.
///
/// # Errors
/// As the database says.
pub async fn around(conn: &mut Conn<'_>, moves: &[i64]) -> Result<BTreeMap<i64, Around>> {
    let mut found = BTreeMap::new();
    for chunk in moves.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT h.id,
               (SELECT p.digest FROM tag_history p WHERE p.repository_id = h.repository_id AND p.tag = h.tag
                AND p.id < h.id ORDER BY p.id DESC LIMIT 1),
               EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = h.repository_id AND m.digest = h.digest),
               EXISTS (SELECT 1 FROM tags t JOIN manifests m ON m.id = t.manifest_id
                       WHERE t.repository_id = h.repository_id AND t.name = h.tag AND m.digest = h.digest),
               NOT EXISTS (SELECT 1 FROM tag_history n
                               WHERE n.repository_id = h.repository_id AND n.tag = h.tag AND n.id > h.id)
             FROM tag_history h WHERE h.id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            let here: bool = row.get(3)?;
            let around = Around { from: row.get(1)?, present: row.get(2)?, here, current: here && row.get::<bool>(4)? };
            found.insert(row.get(0)?, around);
        }
    }
    Ok(found)
}
