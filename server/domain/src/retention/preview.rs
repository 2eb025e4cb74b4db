//! What a policy would do if it ran now. Repository after repository is read, decided about and counted, so that memory
//! holds one of them, the page that was asked for, and the blobs that repositories share.

use std::{collections::HashMap, sync::Arc};

use berth_db::query::retention as rows;
use berth_types::{
    Digest, ProjectId, RepoName, Timestamp,
    api::{RetentionPolicy, RetentionPreview, RetentionVerdict},
    page::{PAGE_SIZE_MAX, Page},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    evaluate::Rules,
    plan::{Contents, Fate, Plan, TagFate, plan},
};
use crate::{
    Domain, Error, Result,
    authz::{ProjectAccess, ReadRetention},
    immutable,
    turn::in_turn,
};

/// Repositories that are looked up together.
const REPOSITORIES: i64 = 100;
/// Manifests or tags that are read together.
const SLICE_ROWS: i64 = 1000;
/// Each holds a repository in memory and keeps a processor busy.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Which items are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Everything.
    #[default]
    All,
    /// What stays.
    Kept,
    /// What goes.
    Removed,
}

/// What a policy would keep and remove, whether it is kept or not.
///
/// # Errors
/// [`Error::BadRequest`] for a policy that could not be followed, [`Error::Conflict`] for equal rules.
pub async fn preview(
    domain: &Domain,
    access: &ProjectAccess<ReadRetention>,
    policy: &RetentionPolicy,
    show: Show,
    page: Page,
) -> Result<RetentionPreview> {
    super::check(policy)?;
    let rules = policy.rules.as_deref().unwrap_or_default();
    let compiled = Arc::new(Rules::read(rules)?);
    let mut turn = TURNS.acquire().await.map_err(Error::internal)?;
    let project = access.project_id();
    let immutable = Arc::new(immutable::Rules::load(&mut domain.db.reader().await?.conn(), project).await?);
    let mut report = Report {
        preview: RetentionPreview { rules: vec![0; rules.len()], ..RetentionPreview::default() },
        show,
        window: window(page),
    };
    let (mut freed, now) = (Freed::of(domain, project).await?, domain.now());
    let mut after = String::new();
    loop {
        let found = rows::repositories(&mut domain.db.reader().await?.conn(), project.0, &after, REPOSITORIES).await?;
        let Some((_, last)) = found.last() else { break };
        after.clone_from(last);
        for (id, name) in found {
            let Ok(repo) = name.parse::<RepoName>() else { continue };
            if compiled.of(repo.within_project()).is_empty() {
                report.preview.untouched_repositories += 1;
                continue;
            }
            report.preview.repositories += 1;
            let contents = read(domain, id).await?;
            let ((contents, planned), returned) = decide(turn, contents, &compiled, &immutable, &repo, now).await?;
            turn = returned;
            report.add(&repo, planned.artifacts);
            freed.add(domain, &contents, &planned.goes).await?;
        }
    }
    report.preview.freed_bytes = freed.bytes;
    Ok(report.preview)
}

/// First and last item of a page, counted from 0.
fn window(page: Page) -> std::ops::Range<i64> {
    let size = page.page_size.clamp(1, PAGE_SIZE_MAX);
    let first = page.page.max(1).saturating_sub(1).saturating_mul(size);
    first..first.saturating_add(size)
}

/// Decides about a repository beside everything else that the server does.
async fn decide(
    turn: SemaphorePermit<'static>,
    contents: Contents,
    rules: &Arc<Rules>,
    immutable: &Arc<immutable::Rules>,
    repo: &RepoName,
    now: Timestamp,
) -> Result<((Contents, Plan), SemaphorePermit<'static>)> {
    let (rules, immutable, repo) = (Arc::clone(rules), Arc::clone(immutable), repo.clone());
    let decide = move || {
        let of_repository = rules.of(repo.within_project());
        let planned = plan(&of_repository, &contents, &|tag| immutable.protect(&repo, tag), now);
        (contents, planned)
    };
    in_turn(turn, decide).await
}

async fn read(domain: &Domain, repository: i64) -> Result<Contents> {
    let mut contents = Contents::default();
    let mut after: Option<Digest> = None;
    loop {
        let mut reader = domain.db.reader().await?;
        let slice = rows::contents(&mut reader.conn(), repository, after.as_ref(), SLICE_ROWS).await?;
        let listed: Vec<i64> = slice.iter().filter(|row| row.parents > 0).map(|row| row.id).collect();
        contents.listings.extend(rows::listings(&mut reader.conn(), &listed).await?);
        let Some(last) = slice.last() else { break };
        after = Some(last.digest);
        contents.manifests.extend(slice);
    }
    let mut after = String::new();
    loop {
        let slice = rows::tags(&mut domain.db.reader().await?.conn(), repository, &after, SLICE_ROWS).await?;
        let Some(last) = slice.last() else { break };
        after.clone_from(&last.name);
        contents.tags.extend(slice);
    }
    Ok(contents)
}

struct Report {
    preview: RetentionPreview,
    show: Show,
    window: std::ops::Range<i64>,
}

impl Report {
    fn add(&mut self, repo: &RepoName, artifacts: Vec<Fate>) {
        for fate in artifacts {
            self.count(&fate);
            if fate.tags.is_empty() {
                self.list(repo, &fate, None);
            }
            for tag in &fate.tags {
                self.list(repo, &fate, Some(tag));
            }
        }
    }

    fn count(&mut self, fate: &Fate) {
        let tags = signed(fate.tags.len());
        let counted = if fate.stays.is_some() { &mut self.preview.kept } else { &mut self.preview.removed };
        counted.artifacts += 1;
        counted.tags += tags;
        if fate.stays == Some(super::plan::Stay::Immutable) {
            self.preview.immutable_tags += tags;
        }
        for number in &fate.kept_by {
            if let Some(kept) = number.checked_sub(1).and_then(|index| self.preview.rules.get_mut(index)) {
                *kept += tags;
            }
        }
    }

    fn list(&mut self, repo: &RepoName, fate: &Fate, tag: Option<&TagFate>) {
        let kept = fate.stays.is_some();
        let is_shown = match self.show {
            Show::All => true,
            Show::Kept => kept,
            Show::Removed => !kept,
        };
        if !is_shown {
            return;
        }
        if self.window.contains(&self.preview.total) {
            let (reason, same_as) = fate.reason(tag);
            let missed = fate.missed.filter(|_| !kept);
            let rules = match missed {
                Some(missed) => vec![signed(missed.rule)],
                None => fate.kept_by.iter().copied().map(signed).collect(),
            };
            self.preview.items.push(RetentionVerdict {
                repository: repo.within_project().to_owned(),
                digest: fate.digest.to_string(),
                tag: tag.map(|tag| tag.name.clone()),
                kept,
                reason,
                rules,
                same_as,
                rank: missed.and_then(|missed| missed.rank).map(signed),
                push_time: fate.pushed,
                pull_time: fate.pulled,
            });
        }
        self.preview.total += 1;
    }
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes that a project gets back: a blob or a manifest counts once all repositories that have it lose it.
struct Freed {
    bytes: i64,
    /// Blobs that other repositories have as well: in how many they are left.
    blobs: HashMap<i64, i64>,
    manifests: HashMap<Digest, i64>,
}

impl Freed {
    async fn of(domain: &Domain, project: ProjectId) -> Result<Self> {
        let mut reader = domain.db.reader().await?;
        Ok(Freed {
            bytes: 0,
            blobs: rows::shared_blobs(&mut reader.conn(), project.0).await?,
            manifests: rows::shared_manifests(&mut reader.conn(), project.0).await?,
        })
    }

    async fn add(&mut self, domain: &Domain, contents: &Contents, goes: &[bool]) -> Result<()> {
        let of = |wanted: bool| {
            let chosen = contents.manifests.iter().zip(goes).filter(move |(_, goes)| **goes == wanted);
            chosen.map(|(row, _)| row)
        };
        let ids = |wanted: bool| of(wanted).map(|row| row.id).collect::<Vec<_>>();
        let mut lost: HashMap<i64, i64> = HashMap::new();
        for going in ids(true).chunks(SLICE_MANIFESTS) {
            lost.extend(rows::blobs(&mut domain.db.reader().await?.conn(), going).await?);
        }
        for staying in ids(false).chunks(SLICE_MANIFESTS) {
            if lost.is_empty() {
                break;
            }
            for (blob, _) in rows::blobs(&mut domain.db.reader().await?.conn(), staying).await? {
                lost.remove(&blob);
            }
        }
        for (blob, bytes) in lost {
            self.bytes += if is_last(&mut self.blobs, &blob) { bytes } else { 0 };
        }
        for row in of(true) {
            self.bytes += if is_last(&mut self.manifests, &row.digest) { row.size } else { 0 };
        }
        Ok(())
    }
}

/// Whether a repository that loses something was the last one that had it.
fn is_last<K: Eq + std::hash::Hash>(shared: &mut HashMap<K, i64>, key: &K) -> bool {
    let Some(left) = shared.get_mut(key) else { return true };
    *left -= 1;
    *left == 0
}

/// Manifests whose blobs are looked up together: each may have ten thousand.
const SLICE_MANIFESTS: usize = 50;
