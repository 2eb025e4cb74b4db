//! Labels of the system and of projects, and what they are put on.

use berth_db::{Conn, DbError, query};
use berth_types::{ProjectId, RepoName, Timestamp, api::Label, page::Paged, query::ListQuery};

use crate::{
    Domain, Error, Result, artifact, audit,
    authz::{
        AddLabel, CreateLabel, DeleteLabel, LabelAccess, ListLabels, ProjectAccess, ProjectAction, ReadLabel,
        RemoveLabel, UpdateLabel,
    },
    blob::belongs,
};

/// The longest name, in bytes (Harbor's column).
const NAME_BYTES_MAX: usize = 128;
/// The longest colour, in bytes (Harbor's column).
const COLOR_BYTES_MAX: usize = 16;
/// The longest description, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 4096;

/// A row as clients see it.
pub(crate) fn shown(row: query::label::Label) -> Label {
    Label {
        id: row.id,
        name: row.name,
        description: row.description,
        color: row.color,
        scope: if row.project_id.is_some() { "p" } else { "g" }.to_owned(),
        project_id: row.project_id.map(ProjectId),
        creation_time: Some(row.created_at),
        update_time: Some(row.updated_at),
    }
}

fn not_found(id: i64) -> Error {
    Error::NotFound(format!("label {id} not found"))
}

/// The labels of a scope, those whose name contains a text where it is given.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &LabelAccess<ListLabels>,
    name: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<Label>> {
    let project = access.project_id().map(|id| id.0);
    let mut reader = domain.db.reader().await?;
    Ok(query::label::list(&mut reader.conn(), project, name, query).await?.map(shown))
}

/// One label.
///
/// # Errors
/// [`Error::NotFound`] where the scope has no such label.
pub async fn get(domain: &Domain, access: &LabelAccess<ReadLabel>, id: i64) -> Result<Label> {
    find(&mut domain.db.reader().await?.conn(), access, id).await.map(shown)
}

async fn find<A: ProjectAction>(conn: &mut Conn<'_>, access: &LabelAccess<A>, id: i64) -> Result<query::label::Label> {
    let found = query::label::get(conn, id).await?;
    found.filter(|label| label.project_id == access.project_id().map(|id| id.0)).ok_or_else(|| not_found(id))
}

/// Makes a label. An id that a client sends is ignored.
///
/// # Errors
/// [`Error::BadRequest`] for what is missing or too long, [`Error::Conflict`] for a name that the scope has.
pub async fn create(domain: &Domain, access: &LabelAccess<CreateLabel>, request: &Label) -> Result<i64> {
    check(request)?;
    let args = (access.clone(), request.clone(), domain.now());
    domain
        .db
        .write(args, |tx, (access, request, now)| {
            Box::pin(async move {
                let project = access.project_id().map(|id| id.0);
                let inserted = query::label::insert(tx, project, texts(request), *now).await?;
                let id = inserted.ok_or_else(|| taken(&request.name))?;
                note(tx, access, "create", &request.name, *now).await?;
                Ok(id)
            })
        })
        .await
}

fn texts(request: &Label) -> (&str, &str, &str) {
    (&request.name, &request.description, &request.color)
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!("label {name} already exists"))
}

fn check(request: &Label) -> Result<()> {
    if request.name.is_empty() {
        return Err(Error::BadRequest("cannot be empty".to_owned()));
    }
    for (what, text, bytes_max) in [
        ("name", &request.name, NAME_BYTES_MAX),
        ("color", &request.color, COLOR_BYTES_MAX),
        ("description", &request.description, DESCRIPTION_BYTES_MAX),
    ] {
        if text.len() > bytes_max {
            return Err(Error::BadRequest(format!("the {what} is longer than {bytes_max} bytes")));
        }
    }
    Ok(())
}

/// Changes name, description and colour; the scope stays.
///
/// # Errors
/// [`Error::NotFound`] where the scope has no such label; as [`create`].
pub async fn update(domain: &Domain, access: &LabelAccess<UpdateLabel>, id: i64, request: &Label) -> Result<()> {
    check(request)?;
    let args = (access.clone(), id, request.clone(), domain.now());
    domain
        .db
        .write(args, |tx, (access, id, request, now)| {
            Box::pin(async move {
                find(tx, access, *id).await?;
                let changed = query::label::update(tx, *id, texts(request), *now).await;
                let changed = changed.map_err(|error| match error {
                    DbError::Unique(_) => taken(&request.name),
                    error => error.into(),
                })?;
                if !changed {
                    return Err(not_found(*id));
                }
                note(tx, access, "update", &request.name, *now).await
            })
        })
        .await
}

/// Removes a label from everything that it is on.
///
/// # Errors
/// [`Error::NotFound`] where the scope has no such label.
pub async fn delete(domain: &Domain, access: &LabelAccess<DeleteLabel>, id: i64) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                let label = find(tx, access, *id).await?;
                if !query::label::delete(tx, *id).await? {
                    return Err(not_found(*id));
                }
                note(tx, access, "delete", &label.name, *now).await
            })
        })
        .await
}

async fn note<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &LabelAccess<A>,
    operation: &'static str,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let entry = audit::Entry::success(operation, "label", name);
    let entry = match access.project_id() {
        Some(project) => entry.in_project(project),
        None => entry,
    };
    audit::record(tx, access.actor(), now, &entry).await
}

/// Puts a label of the system or of the project on an artifact.
///
/// # Errors
/// [`Error::NotFound`] for an artifact or a label that does not exist, or a label of another project;
/// [`Error::Conflict`] where the artifact has it.
pub async fn add(
    domain: &Domain,
    access: &ProjectAccess<AddLabel>,
    repo: &RepoName,
    reference: &str,
    label: i64,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), reference.to_owned(), label, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, reference, id, now)| {
            Box::pin(async move {
                let project = access.project_id();
                let label = query::label::get(tx, *id).await?.ok_or_else(|| not_found(*id))?;
                if label.project_id.is_some_and(|of| of != project.0) {
                    return Err(Error::NotFound(format!("project id {project}, label {id} not found")));
                }
                let row = artifact::find(tx, repo, reference).await?;
                if !query::label::put_on(tx, row.id, *id, *now).await? {
                    let text = format!("label {id} is already added to the artifact {}", row.id);
                    return Err(Error::Conflict(text));
                }
                note_on(tx, access, ("create", "add", "to"), &label.name, (repo, reference), *now).await
            })
        })
        .await
}

/// Takes a label off an artifact.
///
/// # Errors
/// [`Error::NotFound`] for an artifact that does not exist, or does not have it.
pub async fn remove(
    domain: &Domain,
    access: &ProjectAccess<RemoveLabel>,
    repo: &RepoName,
    reference: &str,
    label: i64,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), reference.to_owned(), label, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, reference, id, now)| {
            Box::pin(async move {
                let row = artifact::find(tx, repo, reference).await?;
                let label = query::label::get(tx, *id).await?;
                if !query::label::take_off(tx, row.id, *id).await? {
                    let text = format!("reference with label {id} and artifact {} not found", row.id);
                    return Err(Error::NotFound(text));
                }
                let name = label.map(|label| label.name).unwrap_or_default();
                note_on(tx, access, ("delete", "remove", "from"), &name, (repo, reference), *now).await
            })
        })
        .await
}

async fn note_on<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (operation, verb, preposition): (&'static str, &str, &str),
    label: &str,
    (repo, reference): (&RepoName, &str),
    now: Timestamp,
) -> Result<()> {
    let text = format!("{verb} label {label} {preposition} {repo}, artifact {reference}");
    let entry = audit::Entry::success(operation, "label", label).described(text).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_a_name_and_fits_its_columns() {
        let label =
            |name: &str, color: &str| Label { name: name.to_owned(), color: color.to_owned(), ..Label::default() };
        assert!(check(&label("n", "notacolor")).is_ok());
        for bad in [label("", ""), label(&"n".repeat(129), ""), label("n", &"#".repeat(17))] {
            assert!(matches!(check(&bad), Err(Error::BadRequest(_))), "{bad:?}");
        }
    }
}
