//! Where audit entries go: into the database, to a receiver, both or nowhere, as the settings say.
//!
//! Entries for the receiver wait in a queue of limited length until a task has sent them, so that a receiver that is slow
//! or gone holds up nobody. They leave the queue when they are taken, so an entry may be sent twice and keeps its place.
//! What the queue has no room for, and what the receiver does not want, is counted and said.

mod collector;
mod endpoint;
mod sender;
mod syslog;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use berth_db::journal::{AuditRow, Journal, Route};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

pub(crate) use endpoint::{Endpoint, Proof, Target};

use crate::{Domain, settings::Snapshot};
use collector::Answer;
use sender::Sender;
use syslog::Line;

/// Entries that wait at most.
const QUEUE_ROWS_MAX: usize = 10_000;
/// How long the last entries may take at the end of the process.
const FAREWELL: Duration = Duration::from_secs(2);

/// The queue and the rules of where entries go.
pub struct Forward {
    /// Tells the entries of this process from those of others.
    run: String,
    policy: ArcSwap<Policy>,
    queue: Mutex<Queue>,
    wake: Notify,
    /// The receiver may be another one now.
    changed: Notify,
}

impl Default for Forward {
    fn default() -> Self {
        Forward {
            run: Uuid::new_v4().to_string(),
            policy: ArcSwap::default(),
            queue: Mutex::default(),
            wake: Notify::new(),
            changed: Notify::new(),
        }
    }
}

/// What the settings say.
#[derive(Debug, Default, PartialEq)]
struct Policy {
    disabled: BTreeSet<String>,
    target: Option<Target>,
    skips_database: bool,
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<Waiting>,
    /// Entries there were so far, lost ones included.
    numbered: u64,
    lost: u64,
    lost_ever: u64,
}

/// An entry on its way.
#[derive(Clone, Debug)]
struct Waiting {
    number: u64,
    row: AuditRow,
}

/// Entries that are sent together, and how many were lost before them.
#[derive(Debug)]
struct Batch {
    rows: Vec<Waiting>,
    lost: u64,
}

impl Forward {
    /// Follows the settings from now on.
    pub(crate) fn follow(&self, settings: &Snapshot) {
        let policy = Policy {
            disabled: settings.audit_events_disabled().map(str::to_owned).collect(),
            target: Target::read(
                settings.audit_log_forward_endpoint(),
                settings.audit_log_forward_header(),
                settings.audit_log_forward_certificates(),
            ),
            skips_database: settings.skip_audit_log_database(),
        };
        if **self.policy.load() != policy {
            self.policy.store(Arc::new(policy));
            self.wake.notify_one();
            self.changed.notify_one();
        }
    }

    /// Entries that were lost since the process began.
    pub(crate) fn lost_in_all(&self) -> u64 {
        self.lock().lost_ever
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first that wait. They stay until they are [`done`](Self::done).
    fn batch(&self, rows_max: usize) -> Batch {
        let queue = self.lock();
        Batch { rows: queue.rows.iter().take(rows_max).cloned().collect(), lost: queue.lost }
    }

    /// Takes what was dealt with out of the queue: so many of the first entries, and so many lost ones that were told.
    fn done(&self, rows: usize, lost: u64) {
        let mut queue = self.lock();
        queue.lost = queue.lost.saturating_sub(lost);
        let rows = rows.min(queue.rows.len());
        queue.rows.drain(..rows);
    }

    /// Counts entries that the receiver does not want. It knows of them, so it is not told.
    fn refused(&self, rows: u64) {
        let mut queue = self.lock();
        queue.lost_ever = queue.lost_ever.saturating_add(rows);
    }

    fn forget(&self) {
        let mut queue = self.lock();
        queue.rows.clear();
        queue.lost = 0;
    }

    fn is_empty(&self) -> bool {
        self.lock().rows.is_empty()
    }
}

impl Journal for Forward {
    fn route(&self, row: &AuditRow) -> Route {
        let policy = self.policy.load();
        if !policy.disabled.is_empty() && policy.disabled.contains(&format!("{}_{}", row.operation, row.resource_type))
        {
            return Route::default();
        }
        let told = policy.target.is_some();
        // While the receiver takes nothing, entries are better kept than lost.
        let skips = policy.skips_database && told && self.lock().rows.len() < QUEUE_ROWS_MAX / 2;
        Route { row: !skips, told }
    }

    fn committed(&self, rows: Vec<AuditRow>) {
        let mut queue = self.lock();
        for row in rows {
            queue.numbered += 1;
            if queue.rows.len() < QUEUE_ROWS_MAX {
                let number = queue.numbered;
                queue.rows.push_back(Waiting { number, row });
            } else {
                queue.lost += 1;
                queue.lost_ever += 1;
            }
        }
        drop(queue);
        self.wake.notify_one();
    }
}

/// Sends entries to the receiver until `stop` turns true.
pub async fn run(domain: Domain, mut stop: watch::Receiver<bool>) {
    // Whoever writes first finds the rules already there.
    if let Err(error) = domain.settings().await {
        tracing::warn!(%error, "the settings cannot be read yet");
    }
    let forward = &domain.forward;
    let mut sender = Sender::default();
    loop {
        tokio::select! {
            () = forward.wake.notified() => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
        while !forward.is_empty() {
            // What is cut off here waits on, and `finish` sends it.
            let sent = tokio::select! {
                sent = sender.send_some(&domain) => sent,
                _ = stop.wait_for(|stopped| *stopped) => return,
            };
            if sent {
                continue;
            }
            tokio::select! {
                () = sleep(sender.pause()) => {}
                () = forward.changed.notified() => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
        }
    }
}

/// How many audit entries were not forwarded since the process began: too many waited, or the receiver refused them.
pub fn lost(domain: &Domain) -> u64 {
    domain.forward.lost_in_all()
}

/// Sends what still waits at the end of the process, as far as it goes quickly.
pub async fn finish(domain: &Domain) {
    let forward = &domain.forward;
    let mut sender = Sender::default();
    let rest = async { while !forward.is_empty() && sender.send_some(domain).await {} };
    // Who does not take them now gets them no more; the database has them, unless the settings say otherwise.
    let _ = timeout(FAREWELL, rest).await;
    let waiting = forward.lock().rows.len();
    if waiting > 0 {
        tracing::warn!(waiting, "audit entries could not be forwarded before the end");
    }
}

/// Whether the receiver takes entries. Syslog is only connected to, as in Harbor; others get a record that says so.
///
/// # Errors
/// Why it does not.
pub(crate) async fn check(domain: &Domain, target: &Target) -> Result<(), String> {
    if !target.is_asked_by_requests() {
        return Line::open(target).await.map(drop).map_err(|failure| failure.to_string());
    }
    match collector::test(&domain.outbound, target, &domain.now().to_rfc3339()).await {
        Answer::Taken(0) => Ok(()),
        Answer::Taken(_) => Err("it answered that it throws entries away".to_owned()),
        Answer::Later(why, _) | Answer::Refused(why) => Err(why),
    }
}

fn loss_text(lost: u64) -> String {
    format!("{lost} audit entries were not forwarded because too many waited")
}

/// The name of this machine, as far as it is known.
fn host() -> &'static str {
    static HOST: LazyLock<String> = LazyLock::new(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name: String = name.trim().chars().filter(|char| char.is_ascii_graphic()).collect();
        if name.is_empty() { "berth".to_owned() } else { name }
    });
    &HOST
}

#[cfg(test)]
mod tests {
    use berth_types::Timestamp;

    use super::*;
    use crate::outbound::Certificates;

    pub(super) fn row(resource: &str) -> AuditRow {
        AuditRow {
            at: Timestamp(1_577_836_800_000_000),
            username: "a\"b".to_owned(),
            operation: "create".to_owned(),
            resource_type: "project".to_owned(),
            resource: resource.to_owned(),
            project_id: None,
            description: format!("create project: {resource}"),
            successful: true,
            client_address: "10.0.0.1".to_owned(),
            request_id: String::new(),
        }
    }

    fn forward(policy: Policy) -> Forward {
        Forward { policy: ArcSwap::from_pointee(policy), ..Forward::default() }
    }

    fn target() -> Option<Target> {
        Target::read("log:514", "", Certificates::Checked)
    }

    #[test]
    fn entries_go_where_the_settings_say() {
        let route = |policy| forward(policy).route(&row("x"));
        assert_eq!(route(Policy::default()), Route { row: true, told: false });
        let disabled = BTreeSet::from(["create_project".to_owned()]);
        assert_eq!(route(Policy { disabled, ..Policy::default() }), Route { row: false, told: false });
        let disabled = BTreeSet::from(["delete_project".to_owned()]);
        assert_eq!(route(Policy { disabled, target: target(), ..Policy::default() }), Route { row: true, told: true });
        let policy = Policy { target: target(), skips_database: true, ..Policy::default() };
        assert_eq!(route(policy), Route { row: false, told: true });
        // Without a receiver nothing leaves the database.
        assert_eq!(route(Policy { skips_database: true, ..Policy::default() }), Route { row: true, told: false });
    }

    #[test]
    fn a_full_queue_loses_and_counts_and_falls_back_to_the_database() {
        const BATCH: usize = 256;
        let forward = forward(Policy { target: target(), skips_database: true, ..Policy::default() });
        forward.committed(vec![row("x"); QUEUE_ROWS_MAX]);
        assert_eq!(forward.route(&row("x")), Route { row: true, told: true });
        forward.committed(vec![row("y"); 3]);
        assert_eq!(forward.lost_in_all(), 3);
        let batch = forward.batch(BATCH);
        assert_eq!((batch.rows.len(), batch.lost), (BATCH, 3));
        // What was not taken keeps its place, and what comes meanwhile is lost.
        forward.committed(vec![row("z")]);
        assert_eq!(forward.batch(1).rows[0].number, 1);
        forward.done(BATCH, batch.lost);
        forward.committed(vec![row("z")]);
        let queue = forward.lock();
        assert_eq!((queue.rows.len(), queue.lost, queue.lost_ever), (QUEUE_ROWS_MAX - BATCH + 1, 1, 4));
        // The numbers of lost ones are missing, so a receiver sees the gap.
        let numbers: Vec<u64> = queue.rows.iter().rev().take(2).map(|waiting| waiting.number).collect();
        assert_eq!(numbers, [QUEUE_ROWS_MAX as u64 + 5, QUEUE_ROWS_MAX as u64]);
    }
}
