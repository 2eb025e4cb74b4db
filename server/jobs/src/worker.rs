//! Who runs jobs: one worker a node.

use std::{collections::HashMap, sync::Arc, time::Duration};

use berth_db::{DbError, query::job as rows};
use berth_types::Timestamp;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use uuid::Uuid;

use crate::{Kind, Queue, attempt::Attempt, schedule};

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Jobs that run at the same time.
    pub concurrency_max: usize,
    /// For how long a job belongs to a node that is not heard of.
    pub lease: Duration,
    /// How often the worker looks by itself.
    pub poll: Duration,
    /// The wait before the second attempt. It doubles with every further one.
    pub backoff: Duration,
    /// The longest wait before another attempt.
    pub backoff_max: Duration,
    /// How long tasks may take to stop before they are dropped.
    pub stop_grace: Duration,
    /// How often the jobs of schedules may be begun.
    pub schedule_attempts_max: i64,
    /// How long ended jobs are kept.
    pub keep: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            concurrency_max: 4,
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(1),
            backoff: Duration::from_secs(5),
            backoff_max: Duration::from_secs(3600),
            stop_grace: Duration::from_secs(10),
            schedule_attempts_max: 3,
            keep: Duration::from_secs(30 * 86_400),
        }
    }
}

/// How often ended jobs are looked through for old ones.
const PURGE_INTERVAL: Duration = Duration::from_secs(600);

/// Runs the jobs of the kinds that it knows.
pub struct Worker {
    queue: Queue,
    kinds: HashMap<&'static str, Arc<dyn Kind>>,
    options: Options,
    holder: String,
}

impl Worker {
    /// A worker that knows no kind yet.
    pub fn new(queue: Queue, options: Options) -> Self {
        Worker { queue, kinds: HashMap::new(), options, holder: Uuid::new_v4().to_string() }
    }

    /// The same with one more kind.
    #[must_use]
    pub fn with(mut self, kind: impl Kind) -> Self {
        self.kinds.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Runs jobs until `stop` turns true or its sender is gone. Jobs that run then are asked to stop and go back to the
    /// queue.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut attempts = JoinSet::new();
        let mut purged: Option<Instant> = None;
        let mut trouble = false;
        loop {
            match self.round(&mut attempts, &stop).await {
                Ok(()) => trouble = false,
                Err(error) => {
                    // Said once: a database that is gone would fill the log.
                    if !trouble {
                        tracing::warn!(%error, "jobs could not be looked for, and will be again");
                    }
                    trouble = true;
                }
            }
            if purged.is_none_or(|last| last.elapsed() >= PURGE_INTERVAL) {
                purged = Some(Instant::now());
                if let Err(error) = self.purge().await {
                    tracing::warn!(%error, "old jobs could not be removed");
                }
            }
            tokio::select! {
                // A sender that is gone stops as well.
                _ = stop.wait_for(|stopped| *stopped) => break,
                () = self.queue.wake.notified() => {}
                () = tokio::time::sleep(self.options.poll) => {}
                Some(_) = attempts.join_next(), if !attempts.is_empty() => {}
            }
        }
        // They hear of the stop by themselves, and are dropped where they do not listen.
        while attempts.join_next().await.is_some() {}
    }

    /// Asks for the jobs of schedules, and begins what is due.
    async fn round(&self, attempts: &mut JoinSet<()>, stop: &watch::Receiver<bool>) -> Result<(), DbError> {
        let Queue { db, clock, .. } = &self.queue;
        let now = clock.now();
        // Most rounds find nothing, so they only read.
        let due = rows::due(&mut db.reader().await?.conn(), now).await?;
        if due.schedules {
            let args = (self.options.schedule_attempts_max, now);
            db.write(args, |tx, (attempts_max, now)| Box::pin(schedule::fire(tx, *attempts_max, *now))).await?;
        }
        let free = self.options.concurrency_max.saturating_sub(attempts.len());
        if free == 0 || !(due.schedules || due.jobs) {
            return Ok(());
        }
        let kinds: Vec<&'static str> = self.kinds.keys().copied().collect();
        let claimed_at = Instant::now();
        let args = (kinds, self.holder.clone(), now, lease_end(now, self.options.lease), free);
        let claimed = db
            .write(args, |tx, (kinds, holder, now, until, free)| {
                Box::pin(async move {
                    rows::end_lost(tx, *now).await?;
                    rows::claim(tx, kinds, holder, *now, *until, *free).await
                })
            })
            .await?;
        for job in claimed {
            let Some(kind) = self.kinds.get(job.kind.as_str()) else { continue };
            let attempt = Attempt {
                queue: self.queue.clone(),
                options: self.options,
                holder: self.holder.clone(),
                kind: kind.clone(),
                job,
                claimed_at,
            };
            attempts.spawn(attempt.run(stop.clone()));
        }
        Ok(())
    }

    async fn purge(&self) -> Result<(), DbError> {
        let keep: i64 = self.options.keep.as_secs().try_into().unwrap_or(i64::MAX);
        let before = self.queue.clock.now().plus_seconds(-keep);
        while self.queue.db.write(before, |tx, before| Box::pin(rows::purge(tx, *before))).await? > 0 {}
        Ok(())
    }
}

/// When a lease that is taken now ends.
pub(crate) fn lease_end(now: Timestamp, lease: Duration) -> Timestamp {
    Timestamp(now.micros().saturating_add(lease.as_micros().try_into().unwrap_or(i64::MAX)))
}
