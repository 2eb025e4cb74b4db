//! Searches that people gave names, kept with their account.

use berth_db::query::view as rows;
use berth_types::api::{SavedView, SavedViewReq};

use crate::{Domain, Error, Result, authz::SelfAccess};

/// Views of one person.
const VIEWS_MAX: i64 = 200;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 64;
/// The longest name of a list, in bytes.
const LIST_BYTES_MAX: usize = 32;
/// The longest query, in bytes.
const QUERY_BYTES_MAX: usize = 2048;

/// The caller's views by name, those of one list where it is given.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(domain: &Domain, access: &SelfAccess, list: Option<&str>) -> Result<Vec<SavedView>> {
    if list.is_some_and(|list| list.contains('\0')) {
        return Ok(Vec::new());
    }
    let views = rows::list(&mut domain.db.reader().await?.conn(), access.user().0, list, VIEWS_MAX).await?;
    let shown = |row: rows::View| SavedView { id: row.id, list: row.list, name: row.name, query: row.query };
    Ok(views.into_iter().map(shown).collect())
}

/// Saves a view in the place of one of the same list and name, and says its id.
///
/// # Errors
/// [`Error::BadRequest`] for what is missing or too long, [`Error::Precondition`] for one too many.
pub async fn save(domain: &Domain, access: &SelfAccess, request: &SavedViewReq) -> Result<i64> {
    let request = SavedViewReq { name: request.name.trim().to_owned(), ..request.clone() };
    check(&request)?;
    let args = (access.user(), request, domain.now());
    domain
        .db
        .write(args, |tx, (user, request, now)| {
            Box::pin(async move {
                if rows::count(tx, user.0).await? >= VIEWS_MAX {
                    return Err(Error::Precondition(format!("a person has at most {VIEWS_MAX} views")));
                }
                Ok(rows::save(tx, user.0, (&request.list, &request.name, &request.query), *now).await?)
            })
        })
        .await
}

fn check(request: &SavedViewReq) -> Result<()> {
    let SavedViewReq { list, name, query } = request;
    let is_list = (1..=LIST_BYTES_MAX).contains(&list.len())
        && list.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_list {
        return Err(Error::BadRequest("the list of a view is a word of lower-case letters".to_owned()));
    }
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::BadRequest(format!("the name of a view has 1 to {NAME_CHARS_MAX} characters")));
    }
    if query.len() > QUERY_BYTES_MAX || !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::BadRequest(format!(
            "the query of a view is an encoded one of at most {QUERY_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

/// Removes a view of the caller.
///
/// # Errors
/// [`Error::NotFound`] where the caller has no such view.
pub async fn delete(domain: &Domain, access: &SelfAccess, id: i64) -> Result<()> {
    let args = (access.user(), id);
    domain
        .db
        .write(args, |tx, (user, id)| {
            Box::pin(async move {
                if rows::delete(tx, user.0, *id).await? {
                    return Ok(());
                }
                Err(Error::NotFound(format!("view {id} not found")))
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_has_a_list_a_name_and_a_query() {
        let of = |list: &str, name: &str, query: &str| {
            check(&SavedViewReq { list: list.into(), name: name.into(), query: query.into() }).is_ok()
        };
        assert!(of("audit", "失败的登录", "operation=login&result=false"));
        assert!(of("project-audit", "x", ""));
        assert!(!of("", "x", "") && !of("Audit", "x", "") && !of("audit", "", "") && !of("audit", "a\nb", ""));
        assert!(!of("audit", "x", "a b") && !of("audit", "x", &"a".repeat(QUERY_BYTES_MAX + 1)));
    }
}
