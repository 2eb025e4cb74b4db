//! Pulls are counted without a write on the pull path: they wait in memory and are flushed together.
//!
//! What a kill -9 loses is the pulls of the last second, never anything that was acknowledged.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use berth_db::query;
use berth_types::{Digest, ProjectId, Timestamp};

use crate::{Actor, Domain, Error, Result, audit};

/// The most entries that wait. More pulls than that in a second lose their audit entry, not their count.
const WAITING_MAX: usize = 50_000;
/// A blob is noted as relied on once in this many seconds.
const TOUCH_SECONDS: i64 = 3600;

/// A pull of a manifest.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The repository's row id.
    pub repository_id: i64,
    /// The manifest's row id.
    pub manifest_id: i64,
    /// The tag that led to it.
    pub tag_id: Option<i64>,
    /// The project.
    pub project_id: ProjectId,
    /// `<repo>:<tag>` or `<repo>@<digest>`, as the caller asked.
    pub resource: String,
    /// `<repo>@<digest>`.
    pub artifact: String,
}

/// Pulls and touches that wait for the next flush.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    waiting: Mutex<Waiting>,
    touched: Mutex<HashMap<Digest, Touch>>,
}

/// Pulls and the last moment by repository, manifest and tag.
type Counts = HashMap<(i64, i64, Option<i64>), (i64, Timestamp)>;
/// Audit entries with who pulled and when.
type Entries = Vec<(Actor, Timestamp, audit::Entry)>;

#[derive(Debug, Default)]
struct Waiting {
    counts: Counts,
    entries: Entries,
    dropped: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Touch {
    Waiting,
    Written(Timestamp),
}

impl Batch {
    /// Notes that somebody relied on a blob.
    pub(crate) fn touch(&self, digest: &Digest) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.len() < WAITING_MAX {
            touched.entry(*digest).or_insert(Touch::Waiting);
        }
    }

    fn add(&self, actor: &Actor, pulled: Pulled, now: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (pulled.repository_id, pulled.manifest_id, pulled.tag_id);
        let count = waiting.counts.entry(key).or_insert((0, now));
        count.0 += 1;
        count.1 = now;
        if waiting.entries.len() >= WAITING_MAX {
            waiting.dropped += 1;
            return;
        }
        let entry = audit::Entry::success("pull", "artifact", pulled.resource)
            .described(format!("pull artifact: {}", pulled.artifact))
            .in_project(pulled.project_id);
        waiting.entries.push((actor.clone(), now, entry));
    }

    /// Takes back what a flush could not write, behind what came meanwhile.
    fn put_back(&self, counts: Counts, mut entries: Entries, touches: &[Digest]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, (count, at)) in counts {
            let entry = waiting.counts.entry(key).or_insert((0, at));
            entry.0 += count;
            entry.1 = entry.1.max(at);
        }
        entries.truncate(WAITING_MAX.saturating_sub(waiting.entries.len()));
        waiting.entries.append(&mut entries);
        drop(waiting);
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in touches {
            touched.insert(*digest, Touch::Waiting);
        }
    }
}

/// Counts a pull. It reaches the database with the next flush.
pub fn note(domain: &Domain, actor: &Actor, pulled: Pulled) {
    domain.pulls.add(actor, pulled, domain.now());
}

/// Writes what waits. Called every second and at shutdown; what could not be written waits on.
///
/// # Errors
/// What the database says.
pub async fn flush(domain: &Domain) -> Result<()> {
    let now = domain.now();
    let settings = domain.settings().await?;
    let (counts, mut entries, dropped) = {
        let mut waiting = domain.pulls.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut *waiting);
        (waiting.counts, waiting.entries, waiting.dropped)
    };
    if dropped > 0 {
        tracing::warn!(dropped, "more pulls than the batch holds: their audit entries are lost");
    }
    if settings.pull_audit_log_disable() || settings.audit_event_disabled("pull_artifact") {
        entries.clear();
    }
    let touches = due_touches(&domain.pulls, now);
    if counts.is_empty() && entries.is_empty() && touches.is_empty() {
        return Ok(());
    }
    // Shared with the write, so that what it could not write is still here afterwards.
    let batch = Arc::new((counts, entries, touches));
    let written = domain
        .db
        .write((batch.clone(), settings, now), |tx, (batch, settings, now)| {
            Box::pin(async move {
                let (counts, entries, touches) = &**batch;
                for ((repository, manifest, tag), (count, at)) in counts {
                    let count = if settings.pull_count_update_disable() { 0 } else { *count };
                    let at = Some(*at).filter(|_| !settings.pull_time_update_disable());
                    query::registry::add_pulls(tx, *repository, *manifest, *tag, count, at).await?;
                }
                for (actor, at, entry) in entries {
                    audit::record(tx, actor, *at, entry).await?;
                }
                for digest in touches {
                    query::registry::touch_blob(tx, digest, *now).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await;
    if written.is_err()
        && let Some((counts, entries, touches)) = Arc::into_inner(batch)
    {
        domain.pulls.put_back(counts, entries, &touches);
    }
    written
}

/// The touches to write now. Written ones are remembered for an hour, then forgotten.
fn due_touches(batch: &Batch, now: Timestamp) -> Vec<Digest> {
    let mut touched = batch.touched.lock().unwrap_or_else(PoisonError::into_inner);
    touched.retain(|_, touch| match touch {
        Touch::Waiting => true,
        Touch::Written(at) => at.plus_seconds(TOUCH_SECONDS) > now,
    });
    let due: Vec<Digest> =
        touched.iter().filter(|(_, touch)| **touch == Touch::Waiting).map(|(digest, _)| *digest).collect();
    for digest in &due {
        touched.insert(*digest, Touch::Written(now));
    }
    due
}
