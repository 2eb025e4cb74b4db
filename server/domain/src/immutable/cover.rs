//! What rules protect: all tags of a project are read once, a slice at a time.

use std::sync::Arc;

use berth_db::query::{immutable as rows, retention as contents};
use berth_types::{
    RepoName,
    api::{ImmutableCoverage, ImmutablePreview, ImmutableRule, ImmutableTag},
    page::{PAGE_SIZE_MAX, Page},
};
use tokio::sync::Semaphore;

use super::{Selector, check, content, read, selectors};
use crate::{
    Domain, Error, Result,
    authz::{ListImmutableRules, ProjectAccess},
    turn::in_turn,
};

/// Repositories and tags that are read together.
const SLICE_ROWS: i64 = 1000;
/// Each keeps a processor busy.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How many tags each rule of a project selects, oldest rule first.
///
/// # Errors
/// What the database says.
pub async fn coverage(domain: &Domain, access: &ProjectAccess<ListImmutableRules>) -> Result<Vec<ImmutableCoverage>> {
    let found = rows::all(&mut domain.db.reader().await?.conn(), access.project_id().0).await?;
    let mut covers = Vec::with_capacity(found.len());
    for row in &found {
        covers.push(Cover::of(row.id, selectors(&read(&row.content)?)?));
    }
    let covers = walk(domain, access, covers, 0..0).await?;
    Ok(covers.into_iter().map(|cover| cover.counted).collect())
}

/// What a rule would protect, whether it is kept or not.
///
/// # Errors
/// [`Error::BadRequest`] for a selector that cannot select.
pub async fn preview(
    domain: &Domain,
    access: &ProjectAccess<ListImmutableRules>,
    rule: &ImmutableRule,
    page: Page,
) -> Result<ImmutablePreview> {
    check(rule)?;
    content(rule)?;
    let size = page.page_size.clamp(1, PAGE_SIZE_MAX);
    let first = page.page.max(1).saturating_sub(1).saturating_mul(size);
    let covers = vec![Cover::of(rule.id, selectors(rule)?)];
    let covers = walk(domain, access, covers, first..first.saturating_add(size)).await?;
    let cover = covers.into_iter().next().unwrap_or_default();
    let ImmutableCoverage { tags, repositories, .. } = cover.counted;
    Ok(ImmutablePreview { tags, repositories, items: cover.listed })
}

/// A rule and what it was found to select so far.
#[derive(Default)]
struct Cover {
    /// Nothing for a rule that selects nothing.
    selectors: Option<(Selector, Selector)>,
    counted: ImmutableCoverage,
    listed: Vec<ImmutableTag>,
    /// Whether it selected a tag of the repository that is being read.
    is_here: bool,
}

impl Cover {
    fn of(rule_id: i64, selectors: Option<(Selector, Selector)>) -> Self {
        Cover { selectors, counted: ImmutableCoverage { rule_id, ..ImmutableCoverage::default() }, ..Cover::default() }
    }

    fn add(&mut self, repo: &RepoName, tags: &[contents::TagOn], window: &std::ops::Range<i64>) {
        let Some((repositories, selected)) = &self.selectors else { return };
        if !repositories.selects(repo.within_project()) {
            return;
        }
        for tag in tags.iter().filter(|tag| selected.selects(&tag.name)) {
            if window.contains(&self.counted.tags) {
                let repository = repo.within_project().to_owned();
                self.listed.push(ImmutableTag { repository, tag: tag.name.clone() });
            }
            self.counted.tags += 1;
            if !self.is_here {
                self.is_here = true;
                self.counted.repositories += 1;
            }
        }
    }
}

/// Reads every tag of the project once and shows it to all rules, beside everything else that the server does.
async fn walk(
    domain: &Domain,
    access: &ProjectAccess<ListImmutableRules>,
    mut covers: Vec<Cover>,
    window: std::ops::Range<i64>,
) -> Result<Vec<Cover>> {
    let mut turn = TURNS.acquire().await.map_err(Error::internal)?;
    let window = Arc::new(window);
    let mut after = String::new();
    while covers.iter().any(|cover| cover.selectors.is_some()) {
        let mut reader = domain.db.reader().await?;
        let found = contents::repositories(&mut reader.conn(), access.project_id().0, &after, SLICE_ROWS).await?;
        let Some((_, last)) = found.last() else { break };
        after.clone_from(last);
        for (id, name) in found {
            let Ok(repo) = name.parse::<RepoName>() else { continue };
            let mut after = String::new();
            loop {
                let tags = contents::tags(&mut reader.conn(), id, &after, SLICE_ROWS).await?;
                let Some(last) = tags.last() else { break };
                after.clone_from(&last.name);
                let (repo, window) = (repo.clone(), Arc::clone(&window));
                let show = move || {
                    for cover in &mut covers {
                        cover.add(&repo, &tags, &window);
                    }
                    covers
                };
                (covers, turn) = in_turn(turn, show).await?;
            }
            for cover in &mut covers {
                cover.is_here = false;
            }
        }
    }
    Ok(covers)
}
