//! Berth's store: rows, written while no server runs.

use std::{fs, path::Path};

use anyhow::Context;
use berth_db::{Db, DbError, args, query::push};
use berth_types::{Clock as _, TagName, Timestamp, time::SystemClock};
use sha2::{Digest as _, Sha256};

use crate::seed::tag;

/// Rows of one transaction.
const BATCH: usize = 1_000;

/// The database of a store whose server does not run.
pub async fn open(store: &Path) -> anyhow::Result<Db> {
    Db::open_sqlite(&store.join("berth.db")).await.context("the database of Berth's store")
}

pub(super) fn now() -> Timestamp {
    SystemClock.now()
}

/// Points many tags at what the tag `v1` of a repository points at.
pub async fn add_tags(store: &Path, repo: &str, count: usize) -> anyhow::Result<()> {
    let db = open(store).await?;
    for first in (0..count).step_by(BATCH) {
        let mut tags = Vec::with_capacity(BATCH);
        for number in first..(first + BATCH).min(count) {
            let name: TagName = tag(number).parse().context("the tag has a valid name")?;
            tags.push((name.as_str().to_owned(), name.sort_key()));
        }
        db.write((repo.to_owned(), tags), |tx, (repo, tags)| {
            Box::pin(async move {
                let sql = "INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at)
                           SELECT t.repository_id, $2, $3, t.manifest_id, $4 FROM tags t
                           JOIN repositories r ON r.id = t.repository_id WHERE r.name = $1 AND t.name = 'v1'";
                for (name, sort_key) in tags.iter() {
                    tx.execute(sql, args![&*repo, name, sort_key, now()]).await?;
                }
                let sql = "UPDATE manifests SET tag_count = tag_count + $2 WHERE id =
                           (SELECT t.manifest_id FROM tags t JOIN repositories r ON r.id = t.repository_id
                            WHERE r.name = $1 AND t.name = 'v1')";
                tx.execute(sql, args![&*repo, tags.len() as i64]).await?;
                Ok::<_, DbError>(())
            })
        })
        .await?;
    }
    Ok(())
}

/// Limits the bytes of every project.
pub async fn quota(store: &Path, bytes: i64) -> anyhow::Result<()> {
    let db = open(store).await?;
    db.write(bytes, |tx, bytes| {
        Box::pin(async move {
            tx.execute("UPDATE projects SET storage_bytes_max = $1", args![*bytes]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await?;
    Ok(())
}

/// The repository that keeps half of the blobs of [`garbage`].
pub const KEPT: &str = "library/kept";
/// Garbage is older than any grace time.
const AGE_SECONDS: i64 = 3 * 24 * 3600;

/// Stores blobs: every second one belongs to [`KEPT`], the others to nobody, and the collector is asked to look at all.
/// Says digests and sizes of those that are kept; manifests that need them have to be pushed.
pub async fn garbage(store: &Path, count: usize) -> anyhow::Result<Vec<(String, usize)>> {
    let db = open(store).await?;
    let at = now().plus_seconds(-AGE_SECONDS);
    let project = "SELECT id FROM projects WHERE name = 'library'";
    let project = db.reader().await?.conn().row(project, args![]).await?.context("there is the project library")?;
    let repository = db
        .write((project.get::<i64>(0)?, at), |tx, (project, at)| {
            Box::pin(async move { push::ensure_repository(tx, *project, KEPT, *at).await })
        })
        .await?
        .context("the project is not deleted")?;
    let mut kept = Vec::new();
    for first in (0..count).step_by(BATCH) {
        let mut blobs = Vec::with_capacity(BATCH);
        for number in first..(first + BATCH).min(count) {
            let bytes = format!("blob {number:012} of the benchmark of garbage collection");
            let digest = berth_types::Digest::Sha256(Sha256::digest(&bytes).into());
            let text = digest.to_string();
            let hex = text.split(':').next_back().unwrap_or_default();
            let folder = store.join("storage/blobs/sha256").join(&hex[..2]);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(hex), &bytes)?;
            let keep = number % 2 == 0;
            if keep {
                kept.push((text, bytes.len()));
            }
            blobs.push((digest, bytes.len() as i64, keep));
        }
        db.write((blobs, repository, at), |tx, (blobs, repository, at)| {
            Box::pin(async move {
                for (digest, size, keep) in blobs.iter() {
                    let sql =
                        "INSERT INTO blobs (digest, size, created_at, touched_at) VALUES ($1, $2, $3, $3) RETURNING id";
                    let blob = tx.insert(sql, args![digest, *size, *at]).await?;
                    if *keep {
                        push::link_blob(tx, *repository, blob, *at).await?;
                    }
                    push::review_blob(tx, blob, "deleted", *at).await?;
                }
                Ok::<_, DbError>(())
            })
        })
        .await?;
    }
    Ok(kept)
}

/// How many of the blobs of [`garbage`] have a row.
pub async fn blob_rows(store: &Path) -> anyhow::Result<usize> {
    let db = open(store).await?;
    let mut reader = db.reader().await?;
    let sql = "SELECT COUNT(*) FROM blobs WHERE size > 2";
    let count: i64 = reader.conn().row(sql, args![]).await?.context("a count is a row")?.get(0)?;
    Ok(usize::try_from(count)?)
}

/// A robot and its secret.
pub struct Robot {
    /// The name to sign in with.
    pub name: String,
    /// The secret.
    pub secret: String,
}

/// Makes a robot that may push and pull everywhere.
pub async fn robot(store: &Path) -> anyhow::Result<Robot> {
    let key = fs::read_to_string(store.join("secret.key")).context("the secret key of Berth's store")?;
    let key: Vec<u8> = (0..32)
        .map(|byte| u8::from_str_radix(key.get(byte * 2..byte * 2 + 2).unwrap_or_default(), 16))
        .collect::<Result<_, _>>()
        .context("the secret key is hexadecimal")?;
    let secret = "benchmark-robot-secret".to_owned();
    let hash = generated_secret_hash(&key, &secret);
    let permissions = r#"[{"scope":"all_projects","resource":"repository","action":"push"},{"scope":"all_projects","resource":"repository","action":"pull"}]"#;
    let db = open(store).await?;
    db.write((hash, permissions), |tx, (hash, permissions)| {
        Box::pin(async move {
            let sql = "INSERT INTO identities (kind, name, secret_hash, permissions, created_at, updated_at)
                       VALUES ('robot', 'bench', $1, $2, $3, $3)";
            tx.execute(sql, args![hash.clone(), *permissions, now()]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await?;
    Ok(Robot { name: "robot$bench".to_owned(), secret })
}

/// The keyed hash by which the database knows a generated secret: HMAC-SHA256 (RFC 2104) over a purpose and the secret,
/// each behind its length.
fn generated_secret_hash(key: &[u8], secret: &str) -> Vec<u8> {
    const PURPOSE: &[u8] = b"berth generated secret";
    let mut inner = [0x36_u8; 64];
    let mut outer = [0x5c_u8; 64];
    for (at, byte) in key.iter().enumerate() {
        inner[at] ^= byte;
        outer[at] ^= byte;
    }
    let message = Sha256::new_with_prefix(inner)
        .chain_update([PURPOSE.len() as u8])
        .chain_update(PURPOSE)
        .chain_update((secret.len() as u64).to_be_bytes())
        .chain_update(secret)
        .finalize();
    Sha256::new_with_prefix(outer).chain_update(message).finalize().to_vec()
}
