//! What a run would do now, for people who decide whether to ask for one.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use berth_db::query::{gc as rows, jobservice};
use berth_types::{
    Digest, Timestamp,
    api::{CleanUpCount, CleanUpItem, CleanUpKept, CleanUpPlan, CleanUpSchedule},
};

use super::{Measure, Mode, Options, Thing, Verdict, after, remove_untagged, run::Run};
use crate::{
    Domain, Result,
    authz::{ReadCollection, SystemAccess},
    blob::unsigned,
    collection,
};

/// Reviews in one batch.
const BATCH: i64 = 256;
/// Things that are looked at.
const LOOKED_AT_MAX: usize = 50_000;
/// Things that are named.
const NAMED_MAX: usize = 100;

/// Whether artifacts without a tag are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untagged {
    /// They stay.
    Kept,
    /// A run would remove them first.
    Counted,
}

/// Says what a run would do. Unlike a dry run it waits for nobody, and names only the largest things.
///
/// # Errors
/// What the database says.
pub async fn plan(domain: &Domain, _access: &SystemAccess<ReadCollection>, untagged: Untagged) -> Result<CleanUpPlan> {
    let grace = domain.limits.gc_grace;
    let options = Options { mode: Mode::DryRun, grace, measure: Measure::Rows };
    let mut plan = Plan { grace, plan: CleanUpPlan::default(), kept: BTreeMap::new(), looked_at: 0 };
    let run = Run::new(domain, options, &());
    plan.blobs(domain, &run).await?;
    plan.manifests(domain).await?;
    let (count, bytes) = rows::totals(&mut domain.db.reader().await?.conn()).await?;
    plan.plan.stored = CleanUpCount { count: unsigned(count), bytes: unsigned(bytes) };
    plan.plan.grace_seconds = grace.as_secs();
    let schedule = jobservice::schedule(&mut domain.db.reader().await?.conn(), collection::KIND).await?;
    plan.plan.schedule = schedule.map(|schedule| CleanUpSchedule {
        chosen: schedule.is_chosen(),
        next_at: schedule.next_at,
        cron: schedule.cron,
    });
    if untagged == Untagged::Counted {
        plan.plan.untagged = Some(remove_untagged(domain, &options, &()).await?);
    }
    Ok(plan.whole())
}

/// A plan in the making.
struct Plan {
    grace: Duration,
    plan: CleanUpPlan,
    kept: BTreeMap<Verdict, CleanUpCount>,
    looked_at: usize,
}

impl Plan {
    async fn blobs(&mut self, domain: &Domain, run: &Run<'_>) -> Result<()> {
        let mut last = 0;
        while !self.is_long() {
            let batch = rows::doomed(&mut domain.db.reader().await?.conn(), last, BATCH).await?;
            let Some(end) = batch.last() else { break };
            last = end.id;
            for doomed in batch {
                self.note(Thing::Blob, doomed.digest, doomed.size, Verdict::Interrupted, ("interrupted", None));
            }
        }
        let mut place = (Timestamp(i64::MIN), 0);
        while !self.is_long() {
            let all = Timestamp(i64::MAX);
            let batch = rows::reviews(&mut domain.db.reader().await?.conn(), place, all, BATCH).await?;
            let Some(end) = batch.last() else { break };
            place = (end.review_at, end.id);
            let verdicts = run.verdicts(&batch).await?;
            for (review, verdict) in batch.into_iter().zip(verdicts) {
                let since = match verdict {
                    Verdict::InGrace => Some(review.review_at),
                    Verdict::Touched => Some(review.touched_at),
                    _ => None,
                };
                let free_at = since.map(|since| after(since, self.grace));
                self.note(Thing::Blob, review.digest, review.size, verdict, (&review.reason, free_at));
            }
            // On SQLite nothing above waits, and requests on this thread would.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn manifests(&mut self, domain: &Domain) -> Result<()> {
        let cutoff = super::before(domain.now(), self.grace);
        let mut place = None;
        while !self.is_long() {
            let all = Timestamp(i64::MAX);
            let batch = rows::manifest_reviews(&mut domain.db.reader().await?.conn(), place, all, BATCH).await?;
            let Some(end) = batch.last() else { break };
            place = Some((end.review_at, end.digest));
            for review in &batch {
                let Some(size) = review.size else { continue };
                let (verdict, free_at) = match review.is_present {
                    true => (Verdict::Linked, None),
                    false if review.review_at > cutoff => (Verdict::InGrace, Some(after(review.review_at, self.grace))),
                    false => (Verdict::Garbage, None),
                };
                self.note(Thing::Manifest, review.digest, size, verdict, (&review.reason, free_at));
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    const fn is_long(&self) -> bool {
        self.looked_at >= LOOKED_AT_MAX
    }

    /// Counts a thing, and names it where it is not needed.
    fn note(
        &mut self,
        thing: Thing,
        digest: Digest,
        size: i64,
        verdict: Verdict,
        (asked, free_at): (&str, Option<Timestamp>),
    ) {
        let bytes = unsigned(size);
        self.looked_at += 1;
        match (verdict.is_garbage(), thing) {
            (true, Thing::Blob) => self.plan.blobs.add(bytes),
            (true, Thing::Manifest) => self.plan.manifests.add(bytes),
            (false, _) => self.kept.entry(verdict).or_default().add(bytes),
        }
        if free_at.is_some() {
            self.plan.waiting.add(bytes);
            self.plan.all_free_at = self.plan.all_free_at.max(free_at);
        }
        if !verdict.is_garbage() && free_at.is_none() {
            return;
        }
        self.plan.items.push(CleanUpItem {
            thing: thing.name().to_owned(),
            digest: digest.to_string(),
            bytes,
            asked: asked.to_owned(),
            verdict: verdict.name().to_owned(),
            free_at,
        });
        if self.plan.items.len() >= NAMED_MAX * 4 {
            self.shorten();
        }
    }

    /// What can go comes first, then what goes soonest, the largest before the others.
    fn shorten(&mut self) {
        self.plan.items.sort_by_key(|item| (item.free_at.is_some(), Reverse(item.bytes)));
        self.plan.items.truncate(NAMED_MAX);
    }

    fn whole(mut self) -> CleanUpPlan {
        self.shorten();
        self.plan.truncated = self.is_long();
        let kept = self.kept.into_iter();
        self.plan.kept =
            kept.map(|(verdict, things)| CleanUpKept { verdict: verdict.name().to_owned(), things }).collect();
        self.plan
    }
}
