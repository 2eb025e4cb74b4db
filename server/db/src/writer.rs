//! The one shape of a write on SQLite: a thread that runs queued closures in one transaction and commits once.
//!
//! A commit costs an fsync. While one is under way, other writes queue up behind it; the next transaction takes them
//! all, each in a SAVEPOINT of its own so that one that fails takes nobody along, and answers them after the commit.

use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    sync::{Mutex, PoisonError, mpsc},
    task::{Context, Poll, Waker},
};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{
    Conn, DbError, Result,
    journal::{AuditRow, Place},
};

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
    #[cfg(feature = "faults")]
    pub(crate) faults: std::sync::Arc<crate::DbFaults>,
}

impl Writer {
    /// Starts the thread on a connection of its own.
    pub(crate) fn start(connection: rusqlite::Connection, journal: Place) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel::<Box<dyn Job>>();
        #[cfg(feature = "faults")]
        let faults = std::sync::Arc::<crate::DbFaults>::default();
        let thread = Thread {
            connection: Mutex::new(connection),
            jobs,
            waiting: VecDeque::new(),
            journal,
            heard: Vec::new(),
            has_event: false,
            #[cfg(feature = "faults")]
            faults: faults.clone(),
        };
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || thread.work())
            .map_err(|error| DbError::Other(error.to_string()))?;
        Ok(Writer {
            queue,
            #[cfg(feature = "faults")]
            faults,
        })
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

/// What the writer thread works with.
struct Thread {
    connection: Mutex<rusqlite::Connection>,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    /// Writes that queued up while a transaction could not begin.
    waiting: VecDeque<Box<dyn Job>>,
    journal: Place,
    /// Audit entries of the transaction under way.
    heard: Vec<AuditRow>,
    /// Whether the transaction under way writes events.
    has_event: bool,
    #[cfg(feature = "faults")]
    faults: std::sync::Arc<crate::DbFaults>,
}

impl Thread {
    fn work(mut self) {
        loop {
            let first = match self.waiting.pop_front() {
                Some(job) => job,
                None => match self.jobs.recv() {
                    Ok(job) => job,
                    Err(mpsc::RecvError) => return,
                },
            };
            let mut group = vec![first];
            let lost = self.transact(&mut group).err();
            let heard = std::mem::take(&mut self.heard);
            if std::mem::take(&mut self.has_event) && lost.is_none() {
                self.journal.ring();
            }
            if let (None, false, Some(journal)) = (&lost, heard.is_empty(), self.journal.get()) {
                journal.committed(heard);
            }
            if let Some(error) = &lost {
                tracing::error!(error = %error, writes = group.len(), "a group of writes was lost");
            }
            for job in group {
                job.answer(lost.as_ref());
            }
        }
    }

    /// Runs a statement that is repeated with every write, and so is kept prepared.
    fn batch(&self, sql: &str) -> Result<()> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn transact(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<()> {
        if let Err(error) = self.batch("BEGIN IMMEDIATE") {
            // Whoever waited as long as the first has waited long enough. Those who came meanwhile get one more try; each on
            // its own would keep the last of them for minutes.
            group.extend(self.waiting.drain(..));
            self.waiting.extend(self.jobs.try_iter());
            return Err(error);
        }
        let result = self.run_all(group);
        if result.is_err() {
            // Where SQLite rolled back by itself this fails, which is as good.
            let _ = self.batch("ROLLBACK");
        }
        result
    }

    fn run_all(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<()> {
        if let Some(first) = group.first_mut() {
            self.run(first)?;
        }
        while group.len() < GROUP_MAX {
            let Some(mut job) = self.waiting.pop_front().or_else(|| self.jobs.try_recv().ok()) else { break };
            let done = self.run(&mut job);
            group.push(job);
            done?;
        }
        self.commit()
    }

    #[cfg(not(feature = "faults"))]
    fn commit(&self) -> Result<()> {
        self.batch("COMMIT")
    }

    #[cfg(feature = "faults")]
    fn commit(&self) -> Result<()> {
        self.faults.pass_blocking(|| self.batch("COMMIT"))
    }

    fn run(&mut self, job: &mut Box<dyn Job>) -> Result<()> {
        self.batch("SAVEPOINT one")?;
        let journal = self.journal.get();
        let conn = Conn::sqlite(&self.connection).with_journal(journal.as_deref());
        #[cfg(feature = "faults")]
        let conn = conn.with_faults(&self.faults);
        let mut conn = conn;
        // A panic in one closure must neither stop the writer nor take the others along.
        let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run(&mut conn))).unwrap_or(false);
        let (heard, has_event) = (conn.take_heard(), conn.has_event());
        drop(conn);
        if !kept {
            self.batch("ROLLBACK TO one")?;
        }
        self.batch("RELEASE one")?;
        if kept {
            self.heard.extend(heard);
            self.has_event |= has_event;
        }
        Ok(())
    }
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
