//! Pulls are counted without a write on the pull path: they wait in memory and are flushed together.
//!
//! Who pulls the same again within a flush gets one audit entry, which says how often, or as many entries where
//! [`crate::Limits::every_pull`] asks for that.
//!
//! What a kill -9 loses is the pulls of the last second, never anything that was acknowledged.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use berth_db::{Conn, query};
use berth_types::{Digest, ProjectId, Reference, RepoName, Timestamp};

use crate::{Actor, Domain, Error, Result, audit};

/// The most entries that wait. Further callers of that second lose their audit entry, not their count.
const WAITING_MAX: usize = 50_000;
/// A blob is noted as relied on once in this many seconds.
const TOUCH_SECONDS: i64 = 3600;
/// Days for which it is told how often a repository was pulled.
const DAYS: i64 = 30;
/// Days are those of UTC.
const DAY_SECONDS: i64 = 24 * 3600;

/// A pull of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Pulled<'p> {
    /// The rows it counts for.
    pub target: Target,
    /// The project.
    pub project_id: ProjectId,
    /// The repository.
    pub repo: &'p RepoName,
    /// What the caller asked for.
    pub reference: &'p Reference,
    /// What that was.
    pub digest: &'p Digest,
}

/// The rows that a pull counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The repository.
    pub repository_id: i64,
    /// The manifest.
    pub manifest_id: i64,
    /// The tag that led to it.
    pub tag_id: Option<i64>,
}

/// Pulls and touches that wait for the next flush.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    waiting: Mutex<Waiting>,
    touched: Mutex<HashMap<Digest, Touch>>,
}

/// Pulls and the last moment by target.
type Counts = HashMap<Target, (i64, Timestamp)>;
/// By target, name and address: who pulled, how often, and the entry of the first time.
type Entries = HashMap<(Target, Arc<str>, Arc<str>), Again>;

#[derive(Debug)]
struct Again {
    actor: Actor,
    at: Timestamp,
    times: u64,
    entry: audit::Entry,
}

impl Again {
    fn entry(&self) -> audit::Entry {
        let entry = self.entry.clone();
        if self.times == 1 {
            return entry;
        }
        let description = format!("{} ({} times)", entry.description, self.times);
        entry.described(description)
    }
}

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

    /// Whether a note on a blob is not written yet.
    pub(crate) fn is_waiting(&self, digest: &Digest) -> bool {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.get(digest) == Some(&Touch::Waiting)
    }

    fn add(&self, actor: &Actor, pulled: Pulled<'_>, now: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.counts.entry(pulled.target).or_insert((0, now));
        count.0 += 1;
        count.1 = now;
        let caller = (pulled.target, actor.name.clone(), actor.address.clone());
        if let Some(again) = waiting.entries.get_mut(&caller) {
            again.times += 1;
            return;
        }
        if waiting.entries.len() >= WAITING_MAX {
            waiting.dropped += 1;
            return;
        }
        let Pulled { repo, digest, .. } = pulled;
        let resource = match pulled.reference {
            Reference::Tag(tag) => format!("{repo}:{tag}"),
            Reference::Digest(_) => format!("{repo}@{digest}"),
        };
        let entry = audit::Entry::success("pull", "artifact", resource)
            .described(format!("pull artifact: {repo}@{digest}"))
            .in_project(pulled.project_id);
        waiting.entries.insert(caller, Again { actor: actor.clone(), at: now, times: 1, entry });
    }

    /// Takes back what a flush could not write, behind what came meanwhile.
    fn put_back(&self, counts: Counts, entries: Entries, touches: &[Digest]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, (count, at)) in counts {
            let entry = waiting.counts.entry(key).or_insert((0, at));
            entry.0 += count;
            entry.1 = entry.1.max(at);
        }
        for (caller, again) in entries {
            let is_full = waiting.entries.len() >= WAITING_MAX;
            match waiting.entries.entry(caller) {
                Entry::Occupied(mut known) => known.get_mut().times += again.times,
                Entry::Vacant(free) if !is_full => drop(free.insert(again)),
                Entry::Vacant(_) => waiting.dropped += 1,
            }
        }
        drop(waiting);
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in touches {
            touched.insert(*digest, Touch::Waiting);
        }
    }
}

/// Counts a pull. It reaches the database with the next flush.
pub fn note(domain: &Domain, actor: &Actor, pulled: Pulled<'_>) {
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
    if settings.pull_audit_log_disable() {
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
        .write((batch.clone(), settings, domain.limits.every_pull, now), |tx, (batch, settings, every_pull, now)| {
            Box::pin(async move {
                let (counts, entries, touches) = &**batch;
                // Sorted, so that two nodes lock rows in the same order; all repositories first, as pushes do.
                let counts: BTreeMap<&Target, &(i64, Timestamp)> = counts.iter().collect();
                let (mut repositories, mut days) = (BTreeMap::new(), BTreeMap::new());
                let counted = |count: i64| if settings.pull_count_update_disable() { 0 } else { count };
                for (target, (count, at)) in &counts {
                    *repositories.entry(target.repository_id).or_insert(0) += counted(*count);
                    *days.entry((target.repository_id, day_of(*at))).or_insert(0) += counted(*count);
                }
                for (repository, count) in repositories {
                    query::registry::add_pulls(tx, repository, count).await?;
                }
                query::registry::touch_blobs(tx, touches, *now).await?;
                for (target, (count, at)) in counts {
                    let at = Some(*at).filter(|_| !settings.pull_time_update_disable());
                    query::registry::add_pulls_of(tx, target.manifest_id, target.tag_id, counted(*count), at).await?;
                }
                for ((repository, day), count) in days {
                    if count > 0 {
                        query::pulls::add(tx, repository, day, count).await?;
                    }
                }
                for again in entries.values() {
                    if *every_pull {
                        for _ in 0..again.times {
                            audit::record(tx, &again.actor, again.at, &again.entry).await?;
                        }
                    } else {
                        audit::record(tx, &again.actor, again.at, &again.entry()).await?;
                    }
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

/// How often something of a repository was pulled on each of the last days, the last of them today.
pub(crate) async fn by_day(conn: &mut Conn<'_>, repository: i64, now: Timestamp) -> Result<Vec<i64>> {
    let first = first_day(now);
    let known: BTreeMap<Timestamp, i64> = query::pulls::since(conn, repository, first).await?.into_iter().collect();
    let days = (0..DAYS).map(|day| first.plus_seconds(day * DAY_SECONDS));
    Ok(days.map(|day| known.get(&day).copied().unwrap_or_default()).collect())
}

/// The first of the days that are told.
pub(crate) fn first_day(now: Timestamp) -> Timestamp {
    day_of(now).plus_seconds((1 - DAYS) * DAY_SECONDS)
}

/// The first moment of the day of a moment.
pub(crate) fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(at.unix_seconds().div_euclid(DAY_SECONDS) * DAY_SECONDS)
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
