//! One run.

use std::time::{Duration, Instant};

use berth_db::{
    Backend, query,
    query::{
        gc::{self as rows, Doomed, Review},
        maintenance,
    },
};
use berth_types::{Digest, Timestamp};
use futures_util::StreamExt;
use uuid::Uuid;

use super::{Count, Finding, Measure, Observer, Options, RELINK_SECONDS, Report, Thing, Verdict, after, before};
use crate::{Domain, Error, Result, blob, blob::unsigned, claim::Claim, pull, storage};

/// Reviews in one batch. A transaction over them takes a few milliseconds, which is what a push then waits at most.
const BATCH: usize = 64;
/// The longest rest after a batch. Usually it rests for as long as the batch took.
const REST_MAX: Duration = Duration::from_millis(250);
/// How long a node that went away keeps the others waiting, in seconds.
const LEASE_SECONDS: i64 = 60;
/// Links that are looked at for one blob at a time.
const LINKS_MAX: i64 = 100;
/// The least time for which an upload without a manifest stays linked.
const LINK_GRACE_MIN: Duration = Duration::from_secs(24 * 3600);

/// A run under way.
pub(super) struct Run<'r> {
    domain: &'r Domain,
    options: Options,
    observer: &'r dyn Observer,
    /// The name of this run among those of all nodes.
    holder: String,
    leased_until: Option<Timestamp>,
    began: Instant,
    now: Timestamp,
    report: Report,
}

impl<'r> Run<'r> {
    pub(super) fn new(domain: &'r Domain, options: Options, observer: &'r dyn Observer) -> Self {
        let report = Report {
            dry_run: options.mode == super::Mode::DryRun,
            grace_seconds: options.grace.as_secs(),
            ..Report::default()
        };
        Run {
            domain,
            options,
            observer,
            holder: Uuid::new_v4().to_string(),
            leased_until: None,
            began: Instant::now(),
            now: domain.now(),
            report,
        }
    }

    pub(super) fn into_report(mut self) -> Report {
        self.report.elapsed_milliseconds = self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        self.report
    }

    /// Removes what is garbage.
    pub(super) async fn collect(&mut self) -> Result<()> {
        // Who relied on a blob within the last second waits in memory.
        pull::flush(self.domain).await?;
        self.report.before = self.totals().await?;
        self.report.stored_before = self.stored().await?;
        let done = self.steps().await;
        let released = self.release().await;
        done?;
        released?;
        self.report.after = self.totals().await?;
        self.report.stored_after = self.stored().await?;
        Ok(())
    }

    async fn steps(&mut self) -> Result<()> {
        self.finish_doomed().await?;
        self.blobs().await?;
        self.manifests().await?;
        self.forget_links().await
    }

    /// Says what [`Run::collect`] would do, and why it leaves the rest alone.
    pub(super) async fn look(&mut self) -> Result<()> {
        self.report.before = self.totals().await?;
        self.report.stored_before = self.stored().await?;
        let mut last = 0;
        loop {
            let batch = rows::doomed(&mut self.domain.db.reader().await?.conn(), last, BATCH as i64).await?;
            let Some(end) = batch.last() else { break };
            last = end.id;
            for doomed in batch {
                self.name(Thing::Blob, doomed.digest, doomed.size, Verdict::Interrupted, "interrupted");
            }
        }
        let mut place = (Timestamp(i64::MIN), 0);
        while !self.is_stopped() {
            let all = Timestamp(i64::MAX);
            let batch = rows::reviews(&mut self.domain.db.reader().await?.conn(), place, all, BATCH as i64).await?;
            let Some(end) = batch.last() else { break };
            place = (end.review_at, end.id);
            let verdicts = self.verdicts(&batch).await?;
            for (review, verdict) in batch.into_iter().zip(verdicts) {
                self.name(Thing::Blob, review.digest, review.size, verdict, &review.reason);
            }
            tokio::task::yield_now().await;
        }
        let mut place = None;
        while !self.is_stopped() {
            let all = Timestamp(i64::MAX);
            let mut reader = self.domain.db.reader().await?;
            let batch = rows::manifest_reviews(&mut reader.conn(), place, all, BATCH as i64).await?;
            drop(reader);
            let Some(end) = batch.last() else { break };
            place = Some((end.review_at, end.digest));
            for review in &batch {
                let verdict = match review.is_present {
                    true => Verdict::Linked,
                    false if review.review_at > self.cutoff() => Verdict::InGrace,
                    false => Verdict::Garbage,
                };
                if let Some(size) = review.size {
                    self.name(Thing::Manifest, review.digest, size, verdict, &review.reason);
                }
            }
            tokio::task::yield_now().await;
        }
        self.report.after = self.report.before;
        self.report.stored_after = self.report.stored_before;
        Ok(())
    }

    /// What would become of blobs now, in their order.
    pub(super) async fn verdicts(&self, reviews: &[Review]) -> Result<Vec<Verdict>> {
        let linked: Vec<i64> = reviews.iter().filter(|review| review.is_linked).map(|review| review.id).collect();
        let idle = rows::idle(&mut self.domain.db.reader().await?.conn(), &linked).await?;
        let verdict = |review: &Review| match review {
            Review { is_linked: true, id, .. } if idle.contains(id) => Verdict::AwaitsManifest,
            Review { is_linked: true, .. } => Verdict::Linked,
            Review { review_at, .. } if *review_at > self.cutoff() => Verdict::InGrace,
            review => self.unlinked_verdict(review),
        };
        Ok(reviews.iter().map(verdict).collect())
    }

    /// What is to become of a blob that nobody links and whose review is due.
    fn unlinked_verdict(&self, review: &Review) -> Verdict {
        if review.is_referenced {
            Verdict::Referenced
        } else if review.touched_at > self.cutoff() || self.domain.pulls.is_waiting(&review.digest) {
            Verdict::Touched
        } else {
            Verdict::Garbage
        }
    }

    /// Removes the bytes and rows of blobs that were given up by a run that did not come to its end.
    pub(super) async fn finish_doomed(&mut self) -> Result<()> {
        let mut last = 0;
        while !self.is_stopped() {
            let batch = rows::doomed(&mut self.domain.db.reader().await?.conn(), last, BATCH as i64).await?;
            let Some(end) = batch.last() else { return Ok(()) };
            last = end.id;
            self.hold().await?;
            let began = Instant::now();
            for doomed in batch {
                let Some(claim) = self.domain.claims.collect(&doomed.digest) else { continue };
                self.remove(vec![(doomed, claim, "interrupted".to_owned())], Verdict::Interrupted).await?;
            }
            self.rest(began).await;
        }
        Ok(())
    }

    async fn blobs(&mut self) -> Result<()> {
        let waiting = rows::waiting(&mut self.domain.db.reader().await?.conn(), self.cutoff()).await?;
        for (is_linked, count, bytes) in waiting {
            let verdict = if is_linked { Verdict::Linked } else { Verdict::InGrace };
            self.report.kept.insert(verdict, Count { count: unsigned(count), bytes: unsigned(bytes) });
        }
        let mut place = (Timestamp(i64::MIN), 0);
        while !self.is_stopped() {
            let until = self.cutoff();
            let batch = rows::reviews(&mut self.domain.db.reader().await?.conn(), place, until, BATCH as i64).await?;
            let Some(end) = batch.last() else { break };
            place = (end.review_at, end.id);
            self.hold().await?;
            let began = Instant::now();
            let (linked, unlinked) = batch.into_iter().partition(|review: &Review| review.is_linked);
            self.settle_linked(linked).await?;
            self.settle_unlinked(unlinked).await?;
            self.rest(began).await;
        }
        Ok(())
    }

    /// Ends the reviews of blobs that are needed, and the links of those whose manifest never came.
    async fn settle_linked(&mut self, reviews: Vec<Review>) -> Result<()> {
        let (mut settled, mut put_off) = (Vec::new(), Vec::new());
        for review in &reviews {
            // On SQLite nothing below waits, and requests on this thread would.
            tokio::task::yield_now().await;
            let mut due: Option<Timestamp> = None;
            for link in self.idle_links(review).await? {
                // Who relied on it since this run began waits in memory.
                let is_waiting = self.domain.pulls.is_waiting(&review.digest);
                let relied_on = if is_waiting { self.now } else { review.touched_at };
                let mut expires = after(link.created_at.max(relied_on), self.link_grace());
                if expires <= self.now {
                    if self.drop_link(review, link).await? {
                        self.report.dropped_links += 1;
                        continue;
                    }
                    // It found a manifest or somebody relied on it meanwhile. Which one the next look tells.
                    expires = after(self.now, self.link_grace());
                }
                due = Some(due.map_or(expires, |due| due.min(expires)));
            }
            match due {
                Some(due) => {
                    self.count(review, Verdict::AwaitsManifest);
                    put_off.push((review.id, review.review_at, before(due, self.options.grace)));
                }
                None => {
                    self.count(review, Verdict::Linked);
                    settled.push((review.id, review.review_at));
                }
            }
        }
        self.write_reviews(settled, put_off).await
    }

    async fn settle_unlinked(&mut self, reviews: Vec<Review>) -> Result<()> {
        let (mut put_off, mut garbage) = (Vec::new(), Vec::new());
        for review in reviews {
            match self.unlinked_verdict(&review) {
                Verdict::Garbage => match self.domain.claims.collect(&review.digest) {
                    Some(claim) => garbage.push((review, claim)),
                    None => self.count(&review, Verdict::BeingPushed),
                },
                verdict => {
                    self.count(&review, verdict);
                    let later = if verdict == Verdict::Touched { review.touched_at } else { self.now };
                    put_off.push((review.id, review.review_at, later.max(review.review_at)));
                }
            }
        }
        self.write_reviews(Vec::new(), put_off).await?;
        self.doom(garbage).await
    }

    async fn write_reviews(
        &self,
        settled: Vec<(i64, Timestamp)>,
        put_off: Vec<(i64, Timestamp, Timestamp)>,
    ) -> Result<()> {
        if settled.is_empty() && put_off.is_empty() {
            return Ok(());
        }
        self.domain
            .db
            .write((settled, put_off), |tx, (settled, put_off)| {
                Box::pin(async move {
                    rows::end_reviews(tx, settled).await?;
                    for (blob, asked, to) in put_off {
                        rows::put_off(tx, *blob, *asked, *to).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    async fn idle_links(&self, review: &Review) -> Result<Vec<rows::IdleLink>> {
        Ok(rows::idle_links(&mut self.domain.db.reader().await?.conn(), review.id, LINKS_MAX).await?)
    }

    /// Takes a blob away from a repository that has no manifest for it. False where it found one meanwhile, or somebody
    /// relied on it.
    async fn drop_link(&self, review: &Review, link: rows::IdleLink) -> Result<bool> {
        let idle_since = before(self.now, self.link_grace());
        self.domain
            .db
            .write((review.clone(), link, idle_since, self.domain.now()), |tx, (review, link, idle_since, now)| {
                Box::pin(async move {
                    // Whoever brings the blob again holds its row, whoever pushes a manifest the repository; the statements
                    // below see what they did.
                    query::push::lock_repository(tx, link.repository_id).await?;
                    query::push::lock_blob(tx, review.id).await?;
                    if !rows::is_link_idle(tx, link.repository_id, review.id, *idle_since).await?
                        || query::push::blob_in_use(tx, link.repository_id, review.id).await?
                    {
                        return Ok(false);
                    }
                    blob::unlink(tx, link.project_id, link.repository_id, review.id, review.size, *now).await?;
                    // Whoever asked for it a moment ago was told that it is there, and pushes the manifest next.
                    rows::remember_link(tx, link.repository_id, review.id, *now).await?;
                    Ok::<_, Error>(true)
                })
            })
            .await
    }

    /// The first step of a removal, and then the others.
    async fn doom(&mut self, garbage: Vec<(Review, Claim)>) -> Result<()> {
        if garbage.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = garbage.iter().map(|(review, _)| review.id).collect();
        let doomed_at = self.domain.now();
        let doomed = self
            .domain
            .db
            .write((ids, self.cutoff(), doomed_at), |tx, (ids, cutoff, now)| {
                Box::pin(async move { Ok::<_, Error>(rows::doom(tx, ids, *cutoff, *now).await?) })
            })
            .await?;
        let mut removals = Vec::with_capacity(doomed.len());
        for (review, claim) in garbage {
            if doomed.iter().any(|(id, ..)| *id == review.id) {
                let doomed = Doomed { id: review.id, digest: review.digest, size: review.size, doomed_at };
                removals.push((doomed, claim, review.reason));
            } else {
                self.count(&review, Verdict::Revived);
            }
        }
        self.remove(removals, Verdict::Garbage).await
    }

    /// The second and the third step, for blobs that were given up at the same moment.
    async fn remove(&mut self, removals: Vec<(Doomed, Claim, String)>, verdict: Verdict) -> Result<()> {
        let Some(doomed_at) = removals.first().map(|(doomed, ..)| doomed.doomed_at) else { return Ok(()) };
        let mut gone = Vec::with_capacity(removals.len());
        for (doomed, _, asked) in &removals {
            // What was stored again since the mark stays for whoever stored it. Where nobody comes for it, it is a file
            // without a row, which goes by age.
            let swept = self.domain.blobs.sweep(&doomed.digest, doomed.doomed_at).await;
            match swept {
                Ok(_) => {
                    gone.push(doomed.id);
                    self.name(Thing::Blob, doomed.digest, doomed.size, verdict, asked);
                }
                Err(error) => {
                    tracing::warn!(blob.digest = %doomed.digest, %error, "the bytes of a blob could not be removed");
                    self.name(Thing::Blob, doomed.digest, doomed.size, Verdict::Failed, asked);
                    self.spare(doomed).await?;
                }
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.domain
            .db
            .write((gone, doomed_at), |tx, (gone, doomed_at)| {
                Box::pin(async move { Ok::<_, Error>(rows::delete_doomed(tx, gone, *doomed_at).await?) })
            })
            .await?;
        Ok(())
        // The claims end here, after the commit.
    }

    /// Takes a mark back where the bytes are still there. Where nobody can tell, the mark stays for the next run: a row
    /// without a mark promises its bytes.
    async fn spare(&self, doomed: &Doomed) -> Result<()> {
        if !matches!(self.domain.blobs.stat(&doomed.digest).await, Ok(Some(_))) {
            return Ok(());
        }
        self.domain
            .db
            .write(*doomed, |tx, doomed| {
                Box::pin(async move { Ok::<_, Error>(rows::spare(tx, doomed.id, doomed.doomed_at).await?) })
            })
            .await
    }

    async fn manifests(&mut self) -> Result<()> {
        let mut place = None;
        while !self.is_stopped() {
            let until = self.cutoff();
            let mut reader = self.domain.db.reader().await?;
            let batch = rows::manifest_reviews(&mut reader.conn(), place, until, BATCH as i64).await?;
            drop(reader);
            let Some(end) = batch.last() else { break };
            place = Some((end.review_at, end.digest));
            self.hold().await?;
            let began = Instant::now();
            let asked: Vec<(Digest, Timestamp)> =
                batch.iter().map(|review| (review.digest, review.review_at)).collect();
            let removed = self
                .domain
                .db
                .write(asked, |tx, asked| {
                    Box::pin(async move {
                        let mut removed = Vec::with_capacity(asked.len());
                        for (digest, at) in asked {
                            removed.push(rows::settle_manifest(tx, digest, *at).await?);
                        }
                        Ok::<_, Error>(removed)
                    })
                })
                .await?;
            for (review, removed) in batch.iter().zip(removed) {
                match removed {
                    Some(size) => self.name(Thing::Manifest, review.digest, size, Verdict::Garbage, &review.reason),
                    None if review.is_present => {
                        self.report.kept.entry(Verdict::Linked).or_default().add(unsigned(review.size.unwrap_or(0)));
                    }
                    None => {}
                }
            }
            self.rest(began).await;
        }
        Ok(())
    }

    async fn forget_links(&self) -> Result<()> {
        let before = self.now.plus_seconds(-RELINK_SECONDS);
        loop {
            let forgotten: u64 = self
                .domain
                .db
                .write(before, |tx, before| {
                    Box::pin(async move { Ok::<_, Error>(rows::forget_links(tx, *before).await?) })
                })
                .await?;
            if !maintenance::is_full(forgotten) {
                return Ok(());
            }
        }
    }

    /// Keeps other nodes from collecting. SQLite has one process, whose runs take turns.
    async fn hold(&mut self) -> Result<()> {
        let now = self.domain.now();
        let is_fresh = |until: Timestamp| until > now.plus_seconds(LEASE_SECONDS / 2);
        if self.domain.db.backend() == Backend::Sqlite || self.leased_until.is_some_and(is_fresh) {
            return Ok(());
        }
        let until = now.plus_seconds(LEASE_SECONDS);
        if !self.lease(now, until).await? {
            return Err(Error::Conflict("another node collects garbage".to_owned()));
        }
        self.leased_until = Some(until);
        Ok(())
    }

    /// Lets other nodes collect.
    pub(super) async fn release(&mut self) -> Result<()> {
        if self.leased_until.take().is_some() {
            let now = self.domain.now();
            self.lease(now, now.plus_seconds(-1)).await?;
        }
        Ok(())
    }

    async fn lease(&self, now: Timestamp, until: Timestamp) -> Result<bool> {
        self.domain
            .db
            .write((self.holder.clone(), now, until), |tx, (holder, now, until)| {
                Box::pin(async move { Ok::<_, Error>(maintenance::lease(tx, "gc", holder, *now, *until).await?) })
            })
            .await
    }

    async fn totals(&self) -> Result<Count> {
        let (count, bytes) = rows::totals(&mut self.domain.db.reader().await?.conn()).await?;
        Ok(Count { count: unsigned(count), bytes: unsigned(bytes) })
    }

    async fn stored(&self) -> Result<Option<Count>> {
        if self.options.measure == Measure::Rows {
            return Ok(None);
        }
        let mut count = Count::default();
        let mut blobs = self.domain.blobs.list().await.map_err(storage::error)?;
        while let Some(blob) = blobs.next().await {
            let blob = blob.map_err(storage::error)?;
            if !blob.read_only {
                count.add(blob.size);
            }
        }
        Ok(Some(count))
    }

    fn cutoff(&self) -> Timestamp {
        before(self.now, self.options.grace)
    }

    fn link_grace(&self) -> Duration {
        self.options.grace.max(LINK_GRACE_MIN)
    }

    fn is_stopped(&mut self) -> bool {
        self.report.stopped |= self.observer.wants_stop();
        self.report.stopped
    }

    /// Counts a thing and tells the observer.
    fn name(&mut self, thing: Thing, digest: Digest, size: i64, verdict: Verdict, asked: &str) {
        let finding = Finding { thing, digest, bytes: unsigned(size), verdict, asked: asked.to_owned() };
        self.report.note(&finding);
        self.observer.found(&finding);
    }

    /// Counts a blob that stays.
    fn count(&mut self, review: &Review, verdict: Verdict) {
        self.report.kept.entry(verdict).or_default().add(unsigned(review.size));
    }

    /// Lets others work for as long as the batch took.
    async fn rest(&self, began: Instant) {
        self.observer.progressed(&self.report);
        tokio::time::sleep(began.elapsed().min(REST_MAX)).await;
    }
}
