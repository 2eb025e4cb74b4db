//! The way of entries out of the queue: batch by batch, with pauses while the receiver takes nothing.

use std::time::Duration;

use super::{
    Batch, Forward,
    collector::{self, Answer},
    endpoint::Target,
    loss_text,
    syslog::{self, Line},
};
use crate::Domain;

/// Entries that are sent together at most.
const BATCH_ROWS: usize = 256;
/// Between two tries, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What is known of the receiver while entries are sent to it.
pub(super) struct Sender {
    line: Option<(Target, Line)>,
    failures: u32,
    /// When the receiver wants to be asked again.
    retry_after: Option<Duration>,
    /// Smaller while a batch is refused, until the entry is found that is meant.
    rows_max: usize,
}

impl Default for Sender {
    fn default() -> Self {
        Sender { line: None, failures: 0, retry_after: None, rows_max: BATCH_ROWS }
    }
}

impl Sender {
    /// Sends a batch. False where the receiver does not take it; then it waits on.
    pub(super) async fn send_some(&mut self, domain: &Domain) -> bool {
        let forward = &domain.forward;
        let Some(target) = forward.policy.load().target.clone() else {
            // Forwarding was switched off: what waited is for nobody.
            forward.forget();
            self.line = None;
            return true;
        };
        let batch = forward.batch(self.rows_max);
        if target.is_asked_by_requests() {
            self.line = None;
            return self.post(domain, &target, &batch).await;
        }
        match self.tell(forward, &target, &batch).await {
            Ok(()) => {
                self.works();
                true
            }
            Err(why) => {
                self.line = None;
                self.fail(&target, &why);
                false
            }
        }
    }

    /// Sends messages of syslog, one by one.
    async fn tell(&mut self, forward: &Forward, target: &Target, batch: &Batch) -> Result<(), String> {
        if self.line.as_ref().is_none_or(|(connected, _)| connected != target) {
            let line = Line::open(target).await.map_err(|failure| failure.to_string())?;
            self.line = Some((target.clone(), line));
        }
        let Some((_, line)) = &mut self.line else { return Ok(()) };
        if batch.lost > 0 {
            let next = batch.rows.first().map(|waiting| &waiting.row);
            line.send(&syslog::loss(batch.lost, next)).await.map_err(|error| error.to_string())?;
            say_lost(batch.lost);
            forward.done(0, batch.lost);
        }
        for waiting in &batch.rows {
            line.send(&syslog::message(&waiting.row)).await.map_err(|error| error.to_string())?;
            forward.done(1, 0);
        }
        Ok(())
    }

    /// Sends a batch as a request, and makes it smaller where somebody refuses it.
    async fn post(&mut self, domain: &Domain, target: &Target, batch: &Batch) -> bool {
        let (forward, rows) = (&domain.forward, batch.rows.len());
        match collector::deliver(&domain.outbound, target, &forward.run, batch).await {
            Answer::Taken(rejected) => {
                forward.done(rows, batch.lost);
                if batch.lost > 0 {
                    say_lost(batch.lost);
                }
                if rejected > 0 {
                    // What a receiver says is believed as far as it was sent anything.
                    forward.refused(rejected.min(rows as u64));
                    tracing::warn!(endpoint = %target.endpoint, rejected, "the audit endpoint threw entries away");
                }
                self.works();
                self.rows_max = (self.rows_max * 2).min(BATCH_ROWS);
                true
            }
            Answer::Refused(_) if rows > 1 => {
                self.rows_max = rows / 2;
                true
            }
            Answer::Refused(why) => {
                // One that is never taken must not stand before all others for ever. Whoever refuses everything is given
                // time by the pauses.
                for waiting in &batch.rows {
                    let entry = syslog::message(&waiting.row);
                    tracing::warn!(endpoint = %target.endpoint, why, entry, "the audit endpoint refuses an entry");
                }
                forward.done(rows, batch.lost);
                forward.refused(rows as u64);
                self.fail(target, &why);
                false
            }
            Answer::Later(why, retry_after) => {
                self.fail(target, &why);
                self.retry_after = retry_after;
                false
            }
        }
    }

    fn works(&mut self) {
        if self.failures > 0 {
            tracing::info!("the audit endpoint takes entries again");
        }
        (self.failures, self.retry_after) = (0, None);
    }

    fn fail(&mut self, target: &Target, why: &str) {
        if self.failures == 0 {
            tracing::warn!(endpoint = %target.endpoint, why, "the audit endpoint takes no entries, they wait");
        }
        (self.failures, self.retry_after) = (self.failures.saturating_add(1), None);
    }

    /// How long to wait after a failure.
    pub(super) fn pause(&self) -> Duration {
        let pause = PAUSE_MIN * 2_u32.saturating_pow(self.failures.min(10));
        pause.max(self.retry_after.unwrap_or_default()).min(PAUSE_MAX)
    }
}

fn say_lost(lost: u64) {
    tracing::warn!(lost, "{}", loss_text(lost));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_somewhere() {
        let pause = |failures, retry_after| Sender { failures, retry_after, ..Sender::default() }.pause();
        assert_eq!(pause(1, None), PAUSE_MIN * 2);
        assert_eq!(pause(1, Some(Duration::from_secs(5))), Duration::from_secs(5));
        assert_eq!(pause(1, Some(Duration::from_secs(9000))), PAUSE_MAX);
        assert_eq!(pause(u32::MAX, None), PAUSE_MAX);
    }
}
