//! What refers to a manifest, and the lists of tags and repositories that `/v2` shows.

use berth_db::query;
use berth_types::{Digest, RepoName};
use futures_util::Stream;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Domain, Error, Result,
    authz::{CatalogAccess, ProjectAccess, Pull},
    blob::belongs,
};

/// The most descriptors in one answer of the referrers API.
pub const REFERRERS_PAGE_MAX: i64 = 500;
/// The most names in one answer of `tags/list` and `_catalog` to who says how many.
pub const NAMES_PAGE_MAX: i64 = 10_000;
/// Tags that are read at once for who wants them all.
const TAGS_CHUNK: i64 = 1000;

/// A descriptor of a referrer (spec, "Listing Referrers").
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Referrer {
    /// Media type of the manifest.
    pub media_type: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Bytes of the manifest.
    pub size: i64,
    /// Its artifact type; absent for an index that says none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub artifact_type: String,
    /// All its annotations: a JSON object, as it was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Box<RawValue>>,
}

/// One answer of the referrers API.
#[derive(Clone, Debug)]
pub struct Referrers {
    /// The descriptors, oldest first.
    pub manifests: Vec<Referrer>,
    /// Where the next answer goes on, if there is more.
    pub next: Option<i64>,
    /// How many there are of any artifact type.
    pub total: i64,
}

/// What refers to a digest, of one artifact type where it is not empty. A digest or a repository that does not exist
/// has no referrers, which is no error.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    subject: &Digest,
    artifact_type: &str,
    last: i64,
) -> Result<Referrers> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let limit = REFERRERS_PAGE_MAX + 1;
    let mut rows = query::registry::referrers(&mut conn, repo.as_str(), subject, artifact_type, last, limit).await?;
    let more = rows.len() as i64 > REFERRERS_PAGE_MAX;
    let is_whole = last == 0 && !more && artifact_type.is_empty();
    let total = match is_whole {
        true => rows.len() as i64,
        false => query::registry::referrer_count(&mut conn, repo.as_str(), subject).await?,
    };
    rows.truncate(REFERRERS_PAGE_MAX as usize);
    let next = if more { rows.last().map(|row| row.id) } else { None };
    let manifests = rows
        .into_iter()
        .map(|row| Referrer {
            media_type: row.media_type,
            digest: row.digest,
            size: row.size,
            artifact_type: row.artifact_type,
            annotations: row.annotations.and_then(|text| RawValue::from_string(text).ok()),
        })
        .collect();
    Ok(Referrers { manifests, next, total })
}

/// A slice of names in byte order.
#[derive(Clone, Debug)]
pub struct Names {
    /// The names.
    pub names: Vec<String>,
    /// Whether there are more after the last one.
    pub more: bool,
}

/// The tags of a repository after `last`, at most `n`; the first of them where no number is given, see [`more_tags`].
///
/// # Errors
/// [`Error::NotFound`] where no manifest was ever pushed there.
pub async fn tags(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    last: &str,
    n: Option<u64>,
) -> Result<Names> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let repository = query::registry::repository(&mut conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| Error::NameUnknown(repo.to_string()))?;
    let limit = n.map_or(TAGS_CHUNK, |n| page(Some(n)));
    let names = query::registry::tags(&mut conn, repository.id, last, limit + 1).await?;
    Ok(cut(names, limit))
}

/// The tags after `last`, a few at a time, so that a list of any length takes no more memory than a short one.
///
/// The list is as old as each of its pieces: a tag that moves while it is read may show its state before or after.
pub fn more_tags(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    last: String,
) -> impl Stream<Item = Result<Vec<String>>> + Send + use<> {
    let args = (domain.clone(), access.clone(), repo.clone(), Some(last));
    futures_util::stream::try_unfold(args, |(domain, access, repo, last)| async move {
        let Some(last) = last else { return Ok(None) };
        let Names { names, more } = tags(&domain, &access, &repo, &last, None).await?;
        let last = names.last().filter(|_| more).cloned();
        Ok(Some((names, (domain, access, repo, last))))
    })
}

/// All repositories after `last`, at most `n`.
///
/// # Errors
/// What the database says.
pub async fn catalog(domain: &Domain, _access: &CatalogAccess, last: &str, n: Option<u64>) -> Result<Names> {
    let mut reader = domain.db.reader().await?;
    let limit = page(n);
    let names = query::registry::catalog(&mut reader.conn(), last, limit + 1).await?;
    Ok(cut(names, limit))
}

fn page(n: Option<u64>) -> i64 {
    n.and_then(|n| i64::try_from(n).ok()).unwrap_or(NAMES_PAGE_MAX).min(NAMES_PAGE_MAX)
}

fn cut(mut names: Vec<String>, limit: i64) -> Names {
    // Nothing was asked for, so there is no next page either (spec, "Listing Tags").
    let more = limit > 0 && names.len() as i64 > limit;
    names.truncate(limit as usize);
    Names { names, more }
}
