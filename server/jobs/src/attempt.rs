//! One attempt at a job, from its claim to its end.

use std::{sync::Arc, time::Duration};

use berth_db::{
    DbError,
    query::job::{self as rows, Claimed, End},
};
use rand::Rng;
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinError, JoinHandle},
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout},
};

use crate::{Failure, Kind, Options, Outcome, Queue, Task, worker::lease_end};

/// How often a lease is renewed at least. A job that is asked to stop hears of it then.
const HEARTBEAT_MAX: Duration = Duration::from_secs(5);
/// The wait before an end that could not be written is written again.
const WRITE_PAUSE: Duration = Duration::from_millis(500);

/// A job that this worker has the lease of.
pub(crate) struct Attempt {
    pub queue: Queue,
    pub options: Options,
    pub holder: String,
    pub kind: Arc<dyn Kind>,
    pub job: Claimed,
    pub runtime: Handle,
    /// A moment before the lease was taken.
    pub claimed_at: Instant,
}

/// How the work itself ended.
enum Ended {
    /// By itself.
    Alone(Result<Outcome, JoinError>),
    /// It was asked to stop and did not listen.
    Dropped,
    /// The lease could not be renewed.
    Lost,
}

/// Who wants an attempt to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Nobody,
    /// This node ends; the job goes on elsewhere, or later.
    Node,
    /// Somebody stopped the job.
    Person,
}

/// Ends the work where it is dropped.
struct Work(JoinHandle<Outcome>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Attempt {
    /// Does the work, keeps the lease meanwhile, and writes down how it ended.
    pub async fn run(self, node_stop: watch::Receiver<bool>) {
        let (stop, stopped) = watch::channel(false);
        let task = Task {
            db: self.queue.db.clone(),
            clock: self.queue.clock.clone(),
            id: self.job.id,
            attempt: self.job.attempts,
            payload: serde_json::from_str(&self.job.payload).unwrap_or_default(),
            holder: self.holder.clone(),
            stop: stopped,
        };
        let kind = self.kind.clone();
        tracing::debug!(
            job.id = self.job.id,
            job.kind = self.job.kind,
            job.attempt = self.job.attempts,
            "a job begins"
        );
        // A task of its own: a lease is renewed also while the work waits for something.
        let mut work = Work(self.runtime.spawn(async move { kind.run(&task).await }));
        let mut lease_ends = self.claimed_at + self.options.lease;
        let (ended, who) = self.watch(&mut work, &mut lease_ends, &stop, node_stop).await;
        if matches!(ended, Ended::Dropped | Ended::Lost) {
            work.0.abort();
            // Nothing of it runs any more when the lease is given back.
            let _ = (&mut work.0).await;
        }
        self.settle(ended, who, lease_ends).await;
    }

    async fn watch(
        &self,
        work: &mut Work,
        lease_ends: &mut Instant,
        stop: &watch::Sender<bool>,
        mut node_stop: watch::Receiver<bool>,
    ) -> (Ended, Stop) {
        // Where renewals fail, the work ends before another node may begin it.
        let margin = self.options.lease / 6;
        let period = (self.options.lease / 3).min(HEARTBEAT_MAX);
        let mut heartbeat = interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut who = Stop::Nobody;
        let mut drop_at = None;
        loop {
            let last_moment = drop_at.map_or(*lease_ends - margin, |at: Instant| at.min(*lease_ends - margin));
            tokio::select! {
                ended = &mut work.0 => return (Ended::Alone(ended), who),
                () = stopped(&mut node_stop), if who == Stop::Nobody => who = Stop::Node,
                () = sleep_until(last_moment) => {
                    let ended = if drop_at == Some(last_moment) { Ended::Dropped } else { Ended::Lost };
                    return (ended, who);
                }
                _ = heartbeat.tick() => {
                    let asked = Instant::now();
                    match timeout(self.options.lease / 3, self.renew()).await {
                        Ok(Ok(Some(wants_stop))) => {
                            *lease_ends = asked + self.options.lease;
                            if wants_stop {
                                who = Stop::Person;
                            }
                        }
                        Ok(Ok(None)) => return (Ended::Lost, who),
                        Ok(Err(error)) => tracing::warn!(job.id = self.job.id, %error, "a job's lease could not be renewed"),
                        Err(_) => tracing::warn!(job.id = self.job.id, "the renewal of a job's lease takes too long"),
                    }
                }
            }
            if who != Stop::Nobody && drop_at.is_none() {
                // Nobody listens any more only where the work has just ended.
                let _ = stop.send(true);
                drop_at = Some(Instant::now() + self.options.stop_grace);
            }
        }
    }

    async fn renew(&self) -> Result<Option<bool>, DbError> {
        let until = lease_end(self.queue.clock.now(), self.options.lease);
        let args = (self.job.id, self.holder.clone(), until);
        self.queue.db.write(args, |tx, (id, holder, until)| Box::pin(rows::renew(tx, *id, holder, *until))).await
    }

    /// Writes down how the attempt ended. Where that fails until the lease ends, another attempt follows.
    async fn settle(&self, ended: Ended, who: Stop, lease_ends: Instant) {
        let end = match ended {
            Ended::Lost => {
                tracing::warn!(job.id = self.job.id, job.kind = self.job.kind, "a job was dropped: its lease is lost");
                return;
            }
            Ended::Dropped if who == Stop::Person => Settled::End(End::Stopped),
            Ended::Dropped => Settled::GivenBack,
            Ended::Alone(Ok(Ok(()))) => Settled::End(End::Success),
            Ended::Alone(Ok(Err(Failure::Stopped))) if who == Stop::Node => Settled::GivenBack,
            Ended::Alone(Ok(Err(Failure::Stopped))) => Settled::End(End::Stopped),
            Ended::Alone(Ok(Err(Failure::Fatal(error)))) => Settled::End(End::Error(error)),
            Ended::Alone(Ok(Err(Failure::Retry(error)))) => self.again(error),
            Ended::Alone(Err(error)) => self.again(format!("the job panicked: {error}")),
        };
        match &end {
            Settled::End(End::Error(error)) => {
                tracing::error!(job.id = self.job.id, job.kind = self.job.kind, error, "a job failed");
            }
            Settled::Retry(error, wait) => {
                let wait = wait.as_secs();
                tracing::warn!(
                    job.id = self.job.id,
                    job.kind = self.job.kind,
                    error,
                    "a job failed, and is tried again in {wait} s"
                );
            }
            Settled::End(_) | Settled::GivenBack => {
                tracing::debug!(job.id = self.job.id, job.kind = self.job.kind, "a job ended");
            }
        }
        while let Err(error) = self.write(&end).await {
            if Instant::now() + WRITE_PAUSE >= lease_ends {
                tracing::error!(job.id = self.job.id, %error, "the end of a job could not be written: it will be begun again");
                return;
            }
            sleep(WRITE_PAUSE).await;
        }
        // Somebody may wait for the room, or for what this job asked for.
        self.queue.wake();
    }

    fn again(&self, error: String) -> Settled {
        if self.job.attempts >= self.job.attempts_max {
            return Settled::End(End::Error(error));
        }
        Settled::Retry(error, wait(&self.options, self.job.attempts, rand::rng().random_range(0.5..1.0)))
    }

    async fn write(&self, settled: &Settled) -> Result<bool, DbError> {
        let args = (self.job.id, self.holder.clone(), settled.clone(), self.queue.clock.now());
        self.queue
            .db
            .write(args, |tx, (id, holder, settled, now)| {
                Box::pin(async move {
                    match settled {
                        Settled::End(end) => rows::finish(tx, *id, holder, end, *now).await,
                        Settled::Retry(error, wait) => {
                            rows::retry(tx, *id, holder, error, lease_end(*now, *wait)).await
                        }
                        Settled::GivenBack => rows::give_back(tx, *id, holder, *now).await,
                    }
                })
            })
            .await
    }
}

/// Waits for a stop. A sender that is gone stops as well.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// What is written at the end of an attempt.
#[derive(Clone, Debug)]
enum Settled {
    End(End),
    Retry(String, Duration),
    GivenBack,
}

/// The wait after an attempt: it doubles, and chance keeps jobs that failed together from coming together again.
fn wait(options: &Options, attempt: i64, chance: f64) -> Duration {
    let doublings = u32::try_from(attempt - 1).unwrap_or(u32::MAX).min(20);
    options.backoff.saturating_mul(1 << doublings).min(options.backoff_max).mul_f64(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_limit() {
        let options =
            Options { backoff: Duration::from_secs(5), backoff_max: Duration::from_secs(60), ..Options::default() };
        let waits: Vec<u64> = (1..=6).map(|attempt| wait(&options, attempt, 1.0).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        assert_eq!(wait(&options, i64::MAX, 0.5).as_secs(), 30);
    }
}
