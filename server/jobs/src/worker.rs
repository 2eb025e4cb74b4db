//! Who runs jobs: one worker a node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_db::{
    DbError,
    query::{job as rows, jobservice},
};
use berth_types::Timestamp;
use rand::Rng;
use tokio::{runtime::Handle, sync::watch, task::JoinSet, time::Instant};

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
/// How often a worker tells that it is there.
const SIGN_INTERVAL: Duration = Duration::from_secs(30);
/// For how long a worker that tells nothing is remembered, in seconds.
const SILENCE_SECONDS: i64 = 3600;

/// Runs the jobs of the kinds that it knows.
pub struct Worker {
    queue: Queue,
    kinds: HashMap<&'static str, Arc<dyn Kind>>,
    options: Options,
    holder: String,
    host: String,
    runtime: Option<Handle>,
    pulse: Arc<Mutex<std::time::Instant>>,
}

impl Worker {
    /// A worker that knows no kind yet.
    pub fn new(queue: Queue, options: Options) -> Self {
        let pulse = Arc::new(Mutex::new(std::time::Instant::now()));
        // As long as names of workers are in Harbor.
        let holder = format!("{:024x}", rand::rng().random::<u128>() >> 32);
        Worker { queue, kinds: HashMap::new(), options, holder, host: String::new(), runtime: None, pulse }
    }

    /// The same with the name of the machine that it runs on, for people.
    #[must_use]
    pub fn on_host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The same with a runtime of its own for the work; without one it runs where the worker runs.
    #[must_use]
    pub fn on_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The same, noting in `pulse` when it last looked for jobs.
    #[must_use]
    pub fn noting(mut self, pulse: Arc<Mutex<std::time::Instant>>) -> Self {
        self.pulse = pulse;
        self
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
        let mut signed: Option<Instant> = None;
        let started_at = self.queue.clock.now();
        let mut trouble = false;
        loop {
            if signed.is_none_or(|last| last.elapsed() >= SIGN_INTERVAL) {
                signed = Some(Instant::now());
                if let Err(error) = self.sign(started_at).await {
                    tracing::debug!(%error, "a worker could not tell that it is there, and will again");
                }
            }
            match self.round(&mut attempts, &stop).await {
                Ok(()) => {
                    trouble = false;
                    *self.pulse.lock().unwrap_or_else(PoisonError::into_inner) = std::time::Instant::now();
                }
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
        let gone = self.queue.db.write(self.holder, |tx, id| Box::pin(jobservice::forget_worker(tx, id))).await;
        if let Err(error) = gone {
            tracing::debug!(%error, "a worker could not tell that it stops");
        }
    }

    /// Tells that this worker is there.
    async fn sign(&self, started_at: Timestamp) -> Result<(), DbError> {
        let worker = jobservice::Worker {
            id: self.holder.clone(),
            pid: std::process::id().into(),
            host: self.host.clone(),
            concurrency: self.options.concurrency_max.try_into().unwrap_or(i64::MAX),
            started_at,
            seen_at: self.queue.clock.now(),
        };
        self.queue.db.write(worker, |tx, worker| Box::pin(jobservice::note_worker(tx, worker))).await
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
                runtime: self.runtime.clone().unwrap_or_else(Handle::current),
                claimed_at,
            };
            attempts.spawn(attempt.run(stop.clone()));
        }
        Ok(())
    }

    async fn purge(&self) -> Result<(), DbError> {
        let keep: i64 = self.options.keep.as_secs().try_into().unwrap_or(i64::MAX);
        let now = self.queue.clock.now();
        let silent = now.plus_seconds(-SILENCE_SECONDS);
        self.queue.db.write(silent, |tx, silent| Box::pin(jobservice::forget_silent_workers(tx, *silent))).await?;
        let before = now.plus_seconds(-keep);
        while self.queue.db.write(before, |tx, before| Box::pin(rows::purge(tx, *before))).await? > 0 {}
        Ok(())
    }
}

/// When a lease that is taken now ends.
pub(crate) fn lease_end(now: Timestamp, lease: Duration) -> Timestamp {
    Timestamp(now.micros().saturating_add(lease.as_micros().try_into().unwrap_or(i64::MAX)))
}
