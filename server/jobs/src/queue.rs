//! What others do with jobs.

use std::sync::Arc;

use berth_db::{Db, DbError, Result, query::job as rows};
use berth_types::{Clock, Timestamp};
use tokio::sync::Notify;

use crate::{
    Depth, Enqueued, Job, NewJob,
    schedule::{self, NewSchedule},
};

/// The queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Arc<Notify>,
}

impl Queue {
    /// The queue of a database. `wake` is what others notify that ask for jobs inside transactions of their own.
    pub fn new(db: Db, clock: Arc<dyn Clock>, wake: Arc<Notify>) -> Self {
        Queue { db, clock, wake }
    }

    /// Asks for a job in a transaction of its own.
    ///
    /// # Errors
    /// As the database says.
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued> {
        let enqueued =
            self.db.write((job, self.clock.now()), |tx, (job, now)| Box::pin(rows::enqueue(tx, job, *now))).await;
        self.wake();
        enqueued
    }

    /// The current moment of the queue's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets the worker of this process look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Stops a job: one that waits ends at once, one that runs is asked to. False where it has ended, or never was.
    ///
    /// # Errors
    /// As the database says.
    pub async fn stop(&self, id: i64) -> Result<bool> {
        self.db.write((id, self.clock.now()), |tx, (id, now)| Box::pin(rows::stop(tx, *id, *now))).await
    }

    /// Keeps jobs of a kind from being begun, on all nodes; those that run go on.
    ///
    /// # Errors
    /// As the database says.
    pub async fn pause(&self, kind: &str) -> Result<()> {
        let args = (kind.to_owned(), self.clock.now());
        self.db.write(args, |tx, (kind, now)| Box::pin(rows::pause(tx, kind, *now))).await
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// As the database says.
    pub async fn resume(&self, kind: &str) -> Result<()> {
        let resumed = self.db.write(kind.to_owned(), |tx, kind| Box::pin(rows::resume(tx, kind))).await;
        self.wake();
        resumed
    }

    /// A job as it stands.
    ///
    /// # Errors
    /// As the database says.
    pub async fn job(&self, id: i64) -> Result<Option<Job>> {
        rows::find(&mut self.db.reader().await?.conn(), id).await
    }

    /// The last jobs of a kind, newest first.
    ///
    /// # Errors
    /// As the database says.
    pub async fn jobs(&self, kind: &str, limit: i64) -> Result<Vec<Job>> {
        rows::list(&mut self.db.reader().await?.conn(), kind, i64::MAX, limit).await
    }

    /// A job's log: moments and lines.
    ///
    /// # Errors
    /// As the database says.
    pub async fn log(&self, id: i64, limit: i64) -> Result<Vec<(Timestamp, String)>> {
        let lines = rows::logs(&mut self.db.reader().await?.conn(), id, 0, limit).await?;
        Ok(lines.into_iter().map(|(_, at, line)| (at, line)).collect())
    }

    /// How much waits and runs, by kind.
    ///
    /// # Errors
    /// As the database says.
    pub async fn depths(&self) -> Result<Vec<Depth>> {
        rows::depths(&mut self.db.reader().await?.conn(), self.clock.now()).await
    }

    /// Sets a schedule. One whose rule is the same keeps its next moment, so that a restart puts nothing off.
    ///
    /// # Errors
    /// Where the rule cannot be followed, and as the database says.
    pub async fn set_schedule(&self, new: &NewSchedule<'_>) -> Result<(), schedule::Error> {
        new.rule.parse::<schedule::Rule>()?;
        let owned = [new.name, new.kind, new.rule, new.payload].map(str::to_owned);
        self.db
            .write((owned, self.clock.now()), |tx, ([name, kind, rule, payload], now)| {
                Box::pin(async move {
                    schedule::set(tx, &NewSchedule { name, kind, rule, payload }, *now).await.map_err(written)
                })
            })
            .await?;
        self.wake();
        Ok(())
    }

    /// Sets what the configuration wants to be done again and again. It holds unless somebody chose another rule.
    ///
    /// # Errors
    /// Where the rule cannot be followed, and as the database says.
    pub async fn set_default_schedule(&self, new: &NewSchedule<'_>) -> Result<(), schedule::Error> {
        new.rule.parse::<schedule::Rule>()?;
        let owned = [new.name, new.kind, new.rule, new.payload].map(str::to_owned);
        self.db
            .write((owned, self.clock.now()), |tx, ([name, kind, rule, payload], now)| {
                Box::pin(async move {
                    let new = NewSchedule { name, kind, rule, payload };
                    schedule::set_default(tx, &new, *now).await.map_err(written)
                })
            })
            .await?;
        self.wake();
        Ok(())
    }

    /// Ends what the configuration wanted to be done again and again. A rule that somebody chose goes on.
    ///
    /// # Errors
    /// As the database says.
    pub async fn remove_default_schedule(&self, name: &str) -> Result<()> {
        self.db.write(name.to_owned(), |tx, name| Box::pin(schedule::remove_default(tx, name))).await
    }

    /// Ends a schedule. False where there was none.
    ///
    /// # Errors
    /// As the database says.
    pub async fn remove_schedule(&self, name: &str) -> Result<bool> {
        self.db.write(name.to_owned(), |tx, name| Box::pin(schedule::remove(tx, name))).await
    }
}

fn written(error: schedule::Error) -> DbError {
    match error {
        schedule::Error::Db(error) => error,
        // It was read before.
        schedule::Error::Rule(error) => DbError::Other(error.to_string()),
    }
}
