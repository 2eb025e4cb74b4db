//! The durable queue of jobs.
//!
//! A job is a row. It is asked for inside the transaction that causes it ([`enqueue`]), so that both are there or neither.
//! Every node runs a [`Worker`]: it takes a lease on a due job, renews it while the job runs, and writes down how it ended. A
//! node that dies renews nothing; when its lease has ended, another one begins the job again. A job may therefore run twice,
//! one time after the other, and has to be idempotent. It never runs twice at the same time: a worker that could not renew its
//! lease drops the job before the lease ends.
//!
//! Leases are moments of the nodes' clocks, which have to agree to within a few seconds.
//!
//! - [`Kind`] is what a job does, registered by name; [`Task`] is one attempt, with its payload, progress, log and the
//!   question whether to stop.
//! - A failed attempt is tried again after a time that doubles, with chance in it, until the job's attempts are used up.
//! - [`schedule`] is cron: a schedule's row says when its next job is due, and whichever node comes first asks for it.
//! - [`Queue`] is what others do with jobs: ask for one, stop it, pause a kind, read how it stands.

mod attempt;
mod kind;
mod queue;
pub mod schedule;
mod worker;

use berth_db::Conn;
pub use berth_db::query::job::{Depth, Enqueued, Job, NewJob};
use berth_types::Timestamp;

pub use self::{
    kind::{Failure, Kind, Outcome, Task},
    queue::Queue,
    worker::{Options, Worker},
};

/// Asks for a job inside the transaction that causes it. Whoever commits the transaction then calls [`Queue::wake`], or waits
/// the second until a worker looks by itself.
///
/// # Errors
/// As the database says.
pub async fn enqueue(conn: &mut Conn<'_>, job: &NewJob, now: Timestamp) -> berth_db::Result<Enqueued> {
    berth_db::query::job::enqueue(conn, job, now).await
}
