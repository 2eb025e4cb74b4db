//! The one shape of a write on SQLite: a thread that runs queued closures in one transaction and commits once.
//!
//! A commit costs an fsync. While one is under way, other writes queue up behind it; the next transaction takes them
//! all, each in a SAVEPOINT of its own so that one that fails takes nobody along, and answers them after the commit.

use std::{
    future::Future,
    pin::pin,
    sync::{Mutex, mpsc},
    task::{Context, Poll, Waker},
};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{Conn, DbError, Result};

/// The most writes in one transaction. More would let the first one wait for too long.
const GROUP_MAX: usize = 128;

/// A queued write.
trait Job: Send {
    /// Runs the closure. False where its savepoint has to be rolled back.
    fn run(&mut self, conn: &mut Conn<'_>) -> bool;
    /// Tells the caller, after the transaction was committed or lost.
    fn answer(self: Box<Self>, lost: Option<&DbError>);
}

struct Write<A, T, E, F> {
    args: A,
    body: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<A, T, E, F> Job for Write<A, T, E, F>
where
    A: Send + Sync,
    T: Send,
    E: From<DbError> + Send,
    F: for<'t> Fn(&'t mut Conn<'_>, &'t A) -> BoxFuture<'t, Result<T, E>> + Send,
{
    fn run(&mut self, conn: &mut Conn<'_>) -> bool {
        let outcome = poll_once((self.body)(conn, &self.args))
            .unwrap_or_else(|| Err(DbError::Other("a write awaited something other than the database".into()).into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, lost: Option<&DbError>) {
        let Write { args, outcome, reply, .. } = *self;
        // The caller may share them, and take them back once it is answered.
        drop(args);
        let outcome = match (lost, outcome) {
            (None, Some(outcome)) => outcome,
            // A refusal stands, whatever became of the others.
            (Some(_), Some(Err(error))) => Err(error),
            (Some(error), _) => Err(copy(error).into()),
            (None, None) => Err(DbError::Other("a write was not run".into()).into()),
        };
        // The caller may have gone away: the write stands all the same.
        let _ = reply.send(outcome);
    }
}

/// The queue in front of the writer thread.
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread on a connection of its own.
    pub(crate) fn start(connection: rusqlite::Connection) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel::<Box<dyn Job>>();
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(&Mutex::new(connection), &jobs))
            .map_err(|error| DbError::Other(error.to_string()))?;
        Ok(Writer { queue })
    }

    /// Queues a write and waits until it is committed.
    pub(crate) async fn write<A, T, E, F>(&self, args: A, body: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> Fn(&'t mut Conn<'_>, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let gone = || E::from(DbError::Unavailable("the writer has stopped".into()));
        self.queue.send(Box::new(Write { args, body, outcome: None, reply })).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn work(connection: &Mutex<rusqlite::Connection>, jobs: &mpsc::Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        let lost = transact(connection, &mut group, jobs).err();
        if let Some(error) = &lost {
            tracing::error!(error = %error, writes = group.len(), "a group of writes was lost");
        }
        for job in group {
            job.answer(lost.as_ref());
        }
    }
}

fn transact(
    connection: &Mutex<rusqlite::Connection>,
    group: &mut Vec<Box<dyn Job>>,
    jobs: &mpsc::Receiver<Box<dyn Job>>,
) -> Result<()> {
    let batch = |sql: &str| -> Result<()> {
        let connection = connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(connection.execute_batch(sql)?)
    };
    batch("BEGIN IMMEDIATE")?;
    let run = |job: &mut Box<dyn Job>| -> Result<()> {
        batch("SAVEPOINT one")?;
        // A panic in one closure must neither stop the writer nor take the others along.
        let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run(&mut Conn::Sqlite(connection))));
        batch(if kept.unwrap_or(false) { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" })
    };
    let result = (|| {
        if let Some(first) = group.first_mut() {
            run(first)?;
        }
        while group.len() < GROUP_MAX {
            let Ok(mut job) = jobs.try_recv() else { break };
            let done = run(&mut job);
            group.push(job);
            done?;
        }
        batch("COMMIT")
    })();
    if result.is_err() {
        // Where SQLite rolled back by itself this fails, which is as good.
        let _ = batch("ROLLBACK");
    }
    result
}

/// Runs a future that never waits. Nothing where it does.
pub(crate) fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn copy(error: &DbError) -> DbError {
    match error {
        DbError::Full(text) => DbError::Full(text.clone()),
        DbError::Unavailable(text) => DbError::Unavailable(text.clone()),
        other => DbError::Other(other.to_string()),
    }
}
