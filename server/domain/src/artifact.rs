//! Artifacts as the management API shows them: manifests with tags, children and what refers to them.

use std::collections::BTreeMap;

use berth_db::{Conn, query, query::artifact::Artifact as Row};
use berth_types::{
    ArtifactId, Digest, ProjectId, RepoName, RepositoryId, Timestamp,
    api::{Accessory, AdditionLink, Artifact, ArtifactReference, ReferencePlatform},
    manifest::Descriptor,
    media_type::{DOCKER_CONFIG, OCI_CONFIG},
    page::Paged,
    query::{ListQuery, Match, Scalar},
    url,
};

use crate::{
    Domain, Error, Result, audit,
    authz::{DeleteArtifact, ListAccessories, ListArtifacts, ProjectAccess, ReadArtifact},
    blob::belongs,
    manifest, repository, tag,
};

/// What an answer shows beside the artifacts themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct With {
    /// Tags.
    pub tags: bool,
    /// What refers to them.
    pub accessories: bool,
}

/// Which artifacts of each repository a list of a project shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ages {
    /// All of them.
    All,
    /// The newest of those that the query's media type or artifact type selects.
    Newest,
}

/// The artifacts of a repository. One that does not exist has none.
///
/// # Errors
/// [`Error::BadRequest`] for a query on tags or labels that means nothing.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListArtifacts>,
    repo: &RepoName,
    query: &ListQuery,
    with: With,
) -> Result<Paged<Artifact>> {
    belongs(access.project().name == repo.project())?;
    let filters = filters_of(query, Ages::All)?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let Some(repository) = query::registry::repository(&mut conn, repo.as_str()).await? else {
        return Ok(Paged { items: Vec::new(), total: 0 });
    };
    page(&mut conn, query::artifact::Place::Repository(repository.id), &filters, query, with).await
}

/// The artifacts of a project.
///
/// # Errors
/// As [`list`]; [`Error::BadRequest`] where the newest are asked for without saying of what.
pub async fn list_of_project(
    domain: &Domain,
    access: &ProjectAccess<ListArtifacts>,
    query: &ListQuery,
    ages: Ages,
    with: With,
) -> Result<Paged<Artifact>> {
    let filters = filters_of(query, ages)?;
    let mut reader = domain.db.reader().await?;
    page(&mut reader.conn(), query::artifact::Place::Project(access.project_id().0), &filters, query, with).await
}

async fn page(
    conn: &mut Conn<'_>,
    place: query::artifact::Place,
    filters: &query::artifact::Filters,
    query: &ListQuery,
    with: With,
) -> Result<Paged<Artifact>> {
    let rows = query::artifact::list(conn, place, filters, query).await?;
    Ok(Paged { items: describe(conn, rows.items, with).await?, total: rows.total })
}

fn filters_of(query: &ListQuery, ages: Ages) -> Result<query::artifact::Filters> {
    use query::artifact::{NewestBy, TagFilter};
    let tags = match query.filter("tags") {
        None => None,
        Some(Match::Exact(scalar)) => Some(match scalar.as_text().as_str() {
            "*" => TagFilter::Some,
            "nil" => TagFilter::None,
            name => TagFilter::Named(name.to_owned()),
        }),
        Some(Match::Fuzzy(text)) => Some(TagFilter::Like(text.clone())),
        Some(Match::Range(..) | Match::Any(_) | Match::All(_)) => {
            let text = "the value of \"tags\" query can only be fuzzy match value or exact match value";
            return Err(Error::BadRequest(text.to_owned()));
        }
    };
    let labelled = match query.filter("labels") {
        None => false,
        Some(Match::All(ids)) if ids.iter().all(|id| matches!(id, Scalar::Number(_))) => true,
        Some(_) => {
            let text = "the value of \"labels\" query can only be integer list with intersetion relationship";
            return Err(Error::BadRequest(text.to_owned()));
        }
    };
    let newest_by = match (ages, query.filter("media_type"), query.filter("artifact_type")) {
        (Ages::All, ..) => None,
        (Ages::Newest, Some(_), None) => Some(NewestBy::MediaType),
        (Ages::Newest, None, Some(_)) => Some(NewestBy::ArtifactType),
        (Ages::Newest, Some(_), Some(_)) | (Ages::Newest, None, None) => {
            let text = "bad request: either 'media_type' or 'artifact_type' must be specified, but not both, \
                        when querying with latest_in_repository";
            return Err(Error::BadRequest(text.to_owned()));
        }
    };
    Ok(query::artifact::Filters { tags, labelled, newest_by })
}

/// One artifact, by tag or digest.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn get(
    domain: &Domain,
    access: &ProjectAccess<ReadArtifact>,
    repo: &RepoName,
    reference: &str,
    with: With,
) -> Result<Artifact> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = find(&mut conn, repo, reference).await?;
    let found = describe(&mut conn, vec![row], with).await?;
    found.into_iter().next().ok_or_else(|| unknown(repo, reference))
}

/// The row of an artifact, by tag or digest.
pub(crate) async fn find(conn: &mut Conn<'_>, repo: &RepoName, reference: &str) -> Result<Row> {
    let repository = query::registry::repository(conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| repository::not_found(repo))?;
    let found = match reference.parse::<Digest>() {
        Ok(digest) => query::artifact::by_digest_in(conn, repository.id, &digest).await?,
        Err(_) => query::artifact::by_tag_in(conn, repository.id, reference).await?,
    };
    found.ok_or_else(|| unknown(repo, reference))
}

fn unknown(repo: &RepoName, reference: &str) -> Error {
    let separator = if reference.parse::<Digest>().is_ok() { '@' } else { ':' };
    Error::NotFound(format!("artifact {repo}{separator}{reference} not found"))
}

/// Turns rows into what clients see, with one query for the tags, one for the children and one for the accessories.
async fn describe(conn: &mut Conn<'_>, rows: Vec<Row>, with: With) -> Result<Vec<Artifact>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut tags = if with.tags { query::tag::of(conn, &ids).await? } else { BTreeMap::new() };
    let indexes: Vec<i64> = rows.iter().filter(|row| row.config_media_type.is_empty()).map(|row| row.id).collect();
    let mut children = query::artifact::children(conn, &indexes).await?;
    let mut accessories: BTreeMap<i64, Vec<Accessory>> = BTreeMap::new();
    if with.accessories {
        let mut subjects: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            subjects.entry(row.repository_id).or_default().push(row);
        }
        for (repository, subjects) in subjects {
            let digests: Vec<Digest> = subjects.iter().map(|row| row.digest).collect();
            let mut found = query::artifact::accessories(conn, repository, &digests).await?;
            for subject in subjects {
                let referring = found.remove(&subject.digest).unwrap_or_default();
                accessories.insert(subject.id, referring.iter().map(|row| accessory(row, subject)).collect());
            }
        }
    }
    let shown = |row: Row| {
        let id = row.id;
        let references = children.remove(&id).map(|lines| lines.iter().filter_map(reference).collect());
        Artifact {
            tags: tags.remove(&id).map(|found| found.into_iter().map(tag::shown).collect()),
            references,
            accessories: accessories.remove(&id).filter(|found| !found.is_empty()),
            ..plain(row)
        }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The columns of a row.
fn plain(row: Row) -> Artifact {
    let addition_links = addition_links(&row);
    Artifact {
        id: ArtifactId(row.id),
        icon: icon(&row.kind).to_owned(),
        kind: row.kind,
        artifact_type: row.artifact_type,
        project_id: ProjectId(row.project_id),
        repository_id: RepositoryId(row.repository_id),
        repository_name: row.repository_name,
        digest: row.digest.to_string(),
        size: row.size,
        push_time: row.pushed_at,
        pull_time: row.pulled_at.unwrap_or(Timestamp::NEVER),
        extra_attrs: row.extra_attrs.and_then(|text| serde_json::from_str(&text).ok()),
        annotations: row.annotations.and_then(|text| serde_json::from_str(&text).ok()),
        media_type: if row.config_media_type.is_empty() { row.media_type.clone() } else { row.config_media_type },
        manifest_media_type: row.media_type,
        references: None,
        tags: None,
        addition_links,
        labels: None,
        accessories: None,
    }
}

/// Whether an image's configuration tells how it was built.
pub(crate) fn has_history(row: &Row) -> bool {
    matches!(row.config_media_type.as_str(), OCI_CONFIG | DOCKER_CONFIG)
}

fn addition_links(row: &Row) -> BTreeMap<String, AdditionLink> {
    let mut links = BTreeMap::new();
    if let (true, Ok(repo)) = (has_history(row), row.repository_name.parse::<RepoName>()) {
        let href = format!("{}/{}/additions/build_history", url::artifacts(&repo), row.digest);
        links.insert("build_history".to_owned(), AdditionLink { href, absolute: false });
    }
    links
}

/// The digests of Harbor's icons, by which its clients ask for them.
fn icon(kind: &str) -> &'static str {
    match kind {
        "IMAGE" => "sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06",
        "CHART" => "sha256:61cf3a178ff0f75bf08a25d96b75cf7355dc197749a9f128ed3ef34b0df05518",
        "signature.cosign" => "sha256:20401d5b3a0f6dbc607c8d732eb08471af4ae6b19811a4efce8c6a724aed2882",
        "signature.notation" => "sha256:3ac706e102bbe9362b400aa162df58135d35e66b9c3bee2165de92022d25fe34",
        "subject.accessory" | "sbom.harbor" => "",
        _ => "sha256:da834479c923584f4cbcdecc0dac61f32bef1d51e8aae598cf16bd154efab49f",
    }
}

/// A child that the repository has; a sparse index lists others as well.
fn reference(line: &query::artifact::Child) -> Option<ArtifactReference> {
    let child = line.child?;
    let descriptor = descriptor_of(line);
    let platform = descriptor.as_ref().and_then(|descriptor| descriptor.platform.clone());
    let platform = platform.map(|platform| ReferencePlatform {
        os_features: None,
        architecture: platform.architecture,
        os: platform.os,
        os_version: platform.os_version.unwrap_or_default(),
        variant: platform.variant.unwrap_or_default(),
    });
    let annotations = descriptor.as_ref().map(|descriptor| descriptor.annotations.clone());
    let urls = descriptor.map(|descriptor| descriptor.urls);
    Some(ArtifactReference {
        parent_id: ArtifactId(line.parent),
        child_id: ArtifactId(child),
        child_digest: line.digest.to_string(),
        platform,
        annotations: annotations.filter(|annotations| !annotations.is_empty()),
        urls: urls.filter(|urls| !urls.is_empty()),
    })
}

pub(crate) fn descriptor_of(line: &query::artifact::Child) -> Option<Descriptor> {
    line.descriptor.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

fn accessory(row: &Row, subject: &Row) -> Accessory {
    let kind = accessory_kind(row);
    Accessory {
        id: row.id,
        artifact_id: ArtifactId(row.id),
        subject_artifact_id: ArtifactId(subject.id),
        subject_artifact_digest: subject.digest.to_string(),
        subject_artifact_repo: subject.repository_name.clone(),
        size: row.size,
        digest: row.digest.to_string(),
        kind: kind.to_owned(),
        icon: icon(kind).to_owned(),
        creation_time: row.pushed_at,
    }
}

/// Harbor's word for what refers to an artifact.
fn accessory_kind(row: &Row) -> &'static str {
    match row.artifact_type.as_str() {
        "application/vnd.cncf.notary.signature" => "signature.notation",
        "application/vnd.goharbor.harbor.sbom.v1" => "sbom.harbor",
        other
            if other.starts_with("application/vnd.dev.cosign.")
                || other.starts_with("application/vnd.dev.sigstore.") =>
        {
            "signature.cosign"
        }
        _ => "subject.accessory",
    }
}

/// What refers to an artifact.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn accessories(
    domain: &Domain,
    access: &ProjectAccess<ListAccessories>,
    repo: &RepoName,
    reference: &str,
    query: &ListQuery,
) -> Result<Paged<Accessory>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let subject = find(&mut conn, repo, reference).await?;
    let mut found = query::artifact::accessories(&mut conn, subject.repository_id, &[subject.digest]).await?;
    let mut items: Vec<Accessory> =
        found.remove(&subject.digest).unwrap_or_default().iter().map(|row| accessory(row, &subject)).collect();
    items.retain(|item| {
        let fits = |key: &str, value: &str| match query.filter(key) {
            Some(Match::Exact(scalar)) => scalar.as_text() == value,
            Some(Match::Fuzzy(text)) => value.contains(&text.to_ascii_lowercase()),
            Some(Match::Any(scalars)) => scalars.iter().any(|scalar| scalar.as_text() == value),
            Some(Match::Range(..) | Match::All(_)) | None => true,
        };
        fits("type", &item.kind) && fits("digest", &item.digest)
    });
    let total = items.len() as i64;
    let skipped = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(query.page.page_size).unwrap_or(usize::MAX);
    Ok(Paged { items: items.into_iter().skip(skipped).take(size).collect(), total })
}

/// Removes an artifact, named by tag or digest, with its tags, with what refers to it, and with the children that
/// nothing else shows.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist; [`Error::InUse`] where an index lists it.
pub async fn delete(
    domain: &Domain,
    access: &ProjectAccess<DeleteArtifact>,
    repo: &RepoName,
    reference: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), reference.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, reference, now)| {
            Box::pin(async move {
                let Row { id, repository_id: repository, digest, .. } = find(tx, repo, reference).await?;
                query::push::lock_repository(tx, repository).await?;
                let counts = query::push::counts(tx, id).await?.ok_or_else(|| unknown(repo, reference))?;
                if counts.parents > 0 {
                    return Err(Error::InUse("the deleting artifact is referenced by others".to_owned()));
                }
                let mut orphans = children_of(tx, id).await?;
                manifest::remove(tx, access, repository, id, digest, *now).await?;
                while let Some((child, digest)) = orphans.pop() {
                    let Some(counts) = query::push::counts(tx, child).await? else { continue };
                    if counts.tags > 0 || counts.parents > 0 {
                        continue;
                    }
                    orphans.extend(children_of(tx, child).await?);
                    manifest::remove(tx, access, repository, child, digest, *now).await?;
                }
                let name = format!("{repo}@{digest}");
                let entry = audit::Entry::success("delete", "artifact", name).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str(), "digest": digest.to_string() });
                query::push::add_event(tx, "delete_artifact", Some(access.project_id().0), &payload.to_string(), *now)
                    .await?;
                Ok(())
            })
        })
        .await
}

async fn children_of(tx: &mut Conn<'_>, id: i64) -> Result<Vec<(i64, Digest)>> {
    let mut lines = query::artifact::children(tx, &[id]).await?;
    let lines = lines.remove(&id).unwrap_or_default();
    Ok(lines.into_iter().filter_map(|line| line.child.map(|child| (child, line.digest))).collect())
}
