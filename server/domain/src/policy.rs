//! What every push has to pass, inside the transaction that makes it visible.

use berth_db::{Backend, Conn, query};
use berth_types::{ProjectId, RepoName, Timestamp};

use crate::{
    Domain, Error, Result,
    authz::{ProjectAccess, Push},
    immutable,
};

/// What a push may do, with the installation's word on quotas. A transaction cannot read settings.
///
/// # Errors
/// What the database says.
pub(crate) async fn admit(domain: &Domain, access: &ProjectAccess<Push>) -> Result<ProjectAccess<Push>> {
    let is_measured = domain.settings().await?.quota_per_project_enable();
    Ok(if is_measured { access.clone() } else { access.clone().unmeasured() })
}

/// Checks a project's quota before it grows by `bytes`. What uploads that are under way have received counts, that of
/// `upload` itself left out.
///
/// # Errors
/// [`Error::Denied`] in the words that docker shows.
pub(crate) async fn before_growth(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    bytes: u64,
    upload: &str,
) -> Result<()> {
    // What adds nothing is fine also where the project holds more than it may.
    if bytes == 0 || !access.is_measured() {
        return Ok(());
    }
    let project = access.project_id().0;
    let Some((limit, mut used)) = query::push::usage(tx, project, upload).await? else { return Ok(()) };
    if limit < 0 {
        return Ok(());
    }
    if tx.backend() == Backend::Postgres {
        // Two pushes at once must not both find the last room free. Only projects with a limit queue up here.
        query::quota::hold(tx, project).await?;
        used = query::push::usage(tx, project, upload).await?.map_or(used, |(_, used)| used);
    }
    refuse_over(limit, used, crate::blob::signed(bytes))
}

/// Reserves room for what an upload has received, so that others cannot fill it meanwhile. The room is given back with the
/// upload.
///
/// # Errors
/// [`Error::Denied`] where there is no room. What the project may hold already is let through: its digest is known at the
/// end only, and then it costs nothing.
pub(crate) async fn reserve(tx: &mut Conn<'_>, upload: &str, received: i64, now: Timestamp) -> Result<()> {
    let Some(room) = query::quota::reserve(tx, upload, received, now).await? else { return Ok(()) };
    if received <= room.used {
        return Ok(());
    }
    refuse_over(room.limit, room.used.saturating_add(room.reserved), received)
}

fn refuse_over(limit: i64, used: i64, wanted: i64) -> Result<()> {
    if used.saturating_add(wanted) <= limit {
        return Ok(());
    }
    Err(Error::Denied(format!(
        "adding {} of storage resource, which when updated to current usage of {} will exceed the configured upper limit \
         of {}.",
        shown(wanted),
        shown(used),
        shown(limit)
    )))
}

/// Bytes for people, as Harbor shows them: `498 B`, `1.4 KiB`.
fn shown(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS.get(unit).copied().unwrap_or_default())
}

/// Checks everything that may refuse a manifest. Tags are those that it would move.
///
/// # Errors
/// [`Error::Denied`] where a rule refuses it.
pub(crate) async fn before_push(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    _repo: &RepoName,
    growth_bytes: u64,
) -> Result<()> {
    before_growth(tx, access, growth_bytes, "").await
}

/// Checks the rules of a project before a tag that exists is moved. One that is new is nobody's to protect, so pushes of
/// new tags read no rule. The same manifest again is a move as well, as in Harbor.
///
/// # Errors
/// [`Error::Precondition`] where a rule protects it.
pub(crate) async fn before_move(tx: &mut Conn<'_>, project: ProjectId, repo: &RepoName, tag: &str) -> Result<()> {
    if immutable::Rules::load(tx, project).await?.protect(repo, tag) {
        return Err(unmovable(repo, tag));
    }
    Ok(())
}

/// The refusal to move a tag that a rule protects.
pub(crate) fn unmovable(repo: &RepoName, tag: &str) -> Error {
    let name = repo.within_project();
    Error::Precondition(format!("Failed to process request due to '{name}:{tag}' configured as immutable."))
}

/// Checks the rules of a project before some tags are removed.
///
/// # Errors
/// [`Error::Precondition`] where a rule protects one.
pub(crate) async fn before_removal(
    tx: &mut Conn<'_>,
    project: ProjectId,
    repo: &RepoName,
    tags: &[String],
) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let rules = immutable::Rules::load(tx, project).await?;
    match tags.iter().find(|tag| rules.protect(repo, tag)) {
        Some(tag) => Err(kept(tag)),
        None => Ok(()),
    }
}

/// The same for all tags of a repository.
///
/// # Errors
/// [`Error::Precondition`] where a rule protects one.
pub(crate) async fn before_clearing(
    tx: &mut Conn<'_>,
    project: ProjectId,
    repo: &RepoName,
    repository: i64,
) -> Result<()> {
    let rules = immutable::Rules::load(tx, project).await?;
    if rules.is_empty() {
        return Ok(());
    }
    let tags = query::immutable::tags_of_repository(tx, repository).await?;
    match tags.iter().find(|tag| rules.protect(repo, tag)) {
        Some(tag) => Err(kept(tag)),
        None => Ok(()),
    }
}

/// What is said of a tag that a rule keeps.
pub(crate) fn kept(tag: &str) -> Error {
    Error::Precondition(format!("the tag {tag} configured as immutable, cannot be deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_may_be_reached_and_not_passed() {
        assert!(refuse_over(100, 60, 40).is_ok());
        let Err(Error::Denied(text)) = refuse_over(1700, 1414, 498) else { panic!("there is no room") };
        assert_eq!(
            text,
            "adding 498 B of storage resource, which when updated to current usage of 1.4 KiB will exceed the configured \
             upper limit of 1.7 KiB."
        );
        assert!(refuse_over(100, i64::MAX, i64::MAX).is_err());
        assert_eq!([shown(1023), shown(3 << 20), shown(i64::MAX)], ["1023 B", "3.0 MiB", "8.0 EiB"]);
    }
}
