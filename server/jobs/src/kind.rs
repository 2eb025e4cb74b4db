//! What jobs do, and one attempt at it.

use std::sync::Arc;

use async_trait::async_trait;
use berth_db::{Db, DbError, query::job as rows};
use berth_types::Clock;
use serde_json::Value;
use tokio::sync::watch;

/// How an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It may work at another time.
    #[error("{0}")]
    Retry(String),
    /// It will not work, however often it is tried.
    #[error("{0}")]
    Fatal(String),
    /// It was asked to stop, and did before it came to its end.
    #[error("stopped")]
    Stopped,
}

impl Failure {
    /// A failure that may pass, with its causes in one line.
    pub fn retry(error: &dyn std::error::Error) -> Self {
        Failure::Retry(chain(error))
    }

    /// A failure for good, with its causes in one line.
    pub fn fatal(error: &dyn std::error::Error) -> Self {
        Failure::Fatal(chain(error))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Failure::retry(&error)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// How an attempt ended.
pub type Outcome = Result<(), Failure>;

/// What the jobs of one name do.
#[async_trait]
pub trait Kind: Send + Sync + 'static {
    /// The name under which jobs ask for it.
    fn name(&self) -> &'static str;

    /// Does a job. It may have been begun before, and may be begun again: it is idempotent. When [`Task::wants_stop`] turns
    /// true it should return soon; it is dropped otherwise.
    ///
    /// # Errors
    /// See [`Failure`].
    async fn run(&self, task: &Task) -> Outcome;
}

/// One attempt at a job.
pub struct Task {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) id: i64,
    pub(crate) attempt: i64,
    pub(crate) payload: Value,
    pub(crate) holder: String,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Task {
    /// The job's row id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Which attempt this is, from 1 on.
    pub fn attempt(&self) -> i64 {
        self.attempt
    }

    /// What the job is about.
    pub fn payload(&self) -> &Value {
        &self.payload
    }

    /// Whether the attempt should end: somebody stopped the job, or this node stops.
    pub fn wants_stop(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the attempt should end.
    pub async fn stopped(&self) {
        // A worker that is gone stops its tasks as well.
        let _ = self.stop.clone().wait_for(|stopped| *stopped).await;
    }

    /// Writes down how far the job is, or what came of it.
    ///
    /// # Errors
    /// What the database says. An attempt that lost its lease changes nothing.
    pub async fn progress(&self, progress: &Value) -> Result<(), Failure> {
        let args = (self.id, self.holder.clone(), progress.to_string(), self.clock.now());
        let written: Result<bool, DbError> = self
            .db
            .write(args, |tx, (id, holder, progress, now)| {
                Box::pin(rows::set_progress(tx, *id, holder, progress, *now))
            })
            .await;
        written?;
        Ok(())
    }

    /// Writes a line of the job's log.
    ///
    /// # Errors
    /// What the database says. An attempt that lost its lease changes nothing.
    pub async fn log(&self, line: impl Into<String>) -> Result<(), Failure> {
        let args = (self.id, self.holder.clone(), line.into(), self.clock.now());
        let written: Result<bool, DbError> = self
            .db
            .write(args, |tx, (id, holder, line, now)| Box::pin(rows::add_log(tx, *id, holder, line, *now)))
            .await;
        written?;
        Ok(())
    }
}
