//! What every push has to pass, inside the transaction that makes it visible.

use berth_db::{Conn, query};
use berth_types::RepoName;

use crate::{
    Error, Result,
    authz::{ProjectAccess, Push},
};

/// Checks a project's quota before it grows by `bytes`; the reservation of `upload` itself does not count against it.
///
/// # Errors
/// [`Error::Denied`] in the words that docker shows.
pub(crate) async fn before_growth(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    bytes: u64,
    upload: &str,
) -> Result<()> {
    let Some((limit, used)) = query::push::usage(tx, access.project_id().0, upload).await? else { return Ok(()) };
    let wanted = crate::blob::signed(bytes);
    if limit >= 0 && used.saturating_add(wanted) > limit {
        return Err(Error::Denied(format!(
            "Quota exceeded when processing the request of adding {wanted} bytes of storage resource, \
             which when updated to current usage of {used} bytes will exceed the configured upper limit of {limit} bytes."
        )));
    }
    Ok(())
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
