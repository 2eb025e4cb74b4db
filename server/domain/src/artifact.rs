//! Artifacts as the management API shows them: manifests with tags, children and what refers to them.

use std::collections::{BTreeMap, btree_map::Entry};

use berth_db::{Conn, query, query::artifact::Artifact as Row};
use berth_types::{
    ArtifactId, Digest, ProjectId, RepoName, RepositoryId, Timestamp,
    api::{AdditionLink, Artifact, ArtifactReference, ReferencePlatform, SBOMOverview},
    manifest::{DESCRIPTORS_MAX, Descriptor},
    page::Paged,
    query::{ListQuery, Match, Scalar},
    url,
};

use crate::{
    Domain, Error, Result, accessory, addition, audit,
    authz::{DeleteArtifact, ListArtifacts, ProjectAccess, ReadArtifact},
    blob::belongs,
    icon,
    immutable::Rules,
    label,
    manifest::{self, Among},
    repository, shelf, tag,
};

/// What Harbor says of the making of a list of parts that is there.
const SBOM_DONE: &str = "Success";

/// How many children of an index are shown with it.
pub(crate) const CHILDREN_LISTED_MAX: i64 = 200;

/// What an answer shows beside the artifacts themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct With {
    /// Tags.
    pub tags: bool,
    /// Labels.
    pub labels: bool,
    /// Whether a rule forbids to move or delete a tag.
    pub immutable: bool,
    /// What refers to them.
    pub accessories: bool,
    /// What refers to the indexes that list them.
    pub inherited: bool,
    /// Whether it is known what they are made of.
    pub sboms: bool,
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
/// [`Error::BadRequest`] for a query on tags, labels or bases that means nothing.
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

pub(crate) fn filters_of(query: &ListQuery, ages: Ages) -> Result<query::artifact::Filters> {
    use query::artifact::{NewestBy, TagFilter};
    let tags = match query.filter("tags") {
        None => None,
        Some(Match::Exact(scalar)) => Some(match scalar.as_text().as_str() {
            "*" => TagFilter::Some,
            "nil" => TagFilter::None,
            name => TagFilter::Named(name.to_owned()),
        }),
        Some(Match::Fuzzy(text)) => Some(TagFilter::Like(text.clone())),
        Some(Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::Any(_) | Match::All(_)) => {
            let text = "the value of \"tags\" query can only be fuzzy match value or exact match value";
            return Err(Error::BadRequest(text.to_owned()));
        }
    };
    let labels = match query.filter("labels") {
        None => Some(Vec::new()),
        Some(Match::All(ids)) => ids.iter().map(number).collect(),
        Some(_) => None,
    };
    let labels = labels.ok_or_else(|| {
        let text = "the value of \"labels\" query can only be integer list with intersetion relationship";
        Error::BadRequest(text.to_owned())
    })?;
    let children = match query.filter("base") {
        None => false,
        Some(Match::Exact(scalar)) if scalar.as_text() == "*" => true,
        Some(_) => {
            let text = "the value of \"base\" query can only be exact match value with \"*\"";
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
    Ok(query::artifact::Filters { tags, labels, children, newest_by })
}

fn number(scalar: &Scalar) -> Option<i64> {
    match scalar {
        Scalar::Number(number) => Some(*number),
        Scalar::Text(_) | Scalar::Time(_) => None,
    }
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

/// Turns rows into what clients see, with one query for each thing that is asked for.
async fn describe(conn: &mut Conn<'_>, rows: Vec<Row>, with: With) -> Result<Vec<Artifact>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut tags = if with.tags { query::tag::of(conn, &ids).await? } else { BTreeMap::new() };
    let indexes: Vec<i64> = rows.iter().filter(|row| row.config_media_type.is_empty()).map(|row| row.id).collect();
    // The list of the children of one index has pages; here a hundred indexes may be shown at once.
    let mut children = query::artifact::children(conn, &indexes, CHILDREN_LISTED_MAX).await?;
    let mut accessories = if with.accessories { accessory::of(conn, &rows).await? } else { BTreeMap::new() };
    let mut inherited = if with.inherited { accessory::inherited(conn, &rows).await? } else { BTreeMap::new() };
    let mut sboms = if with.sboms { sboms(conn, &rows).await? } else { BTreeMap::new() };
    let mut labels = if with.labels { query::label::of(conn, &ids).await? } else { BTreeMap::new() };
    let mut rules = BTreeMap::new();
    if with.immutable && with.tags {
        for row in &rows {
            if let Entry::Vacant(entry) = rules.entry(row.project_id) {
                entry.insert(Rules::load(conn, ProjectId(row.project_id)).await?);
            }
        }
    }
    let shown = |row: Row| {
        let id = row.id;
        let references = children.remove(&id).map(|lines| lines.iter().filter_map(reference).collect());
        let rules = rules.get(&row.project_id);
        let tags = tags.remove(&id).map(|found| {
            let shown = found.into_iter().map(tag::shown);
            shown.map(|tag| tag::with_rules(tag, &row.repository_name, rules)).collect()
        });
        Artifact {
            tags,
            references,
            labels: labels.remove(&id).map(|found| found.into_iter().map(label::shown).collect()),
            accessories: accessories.remove(&id),
            inherited_accessories: inherited.remove(&id),
            sbom_overview: sboms.remove(&id),
            ..plain(row)
        }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// What is known of the lists of parts of some artifacts, by row id. Harbor knows those that its scanners made; these are all
/// that are stored here, whoever made them.
async fn sboms(conn: &mut Conn<'_>, rows: &[Row]) -> Result<BTreeMap<i64, SBOMOverview>> {
    let mut repositories: BTreeMap<i64, Vec<(i64, Digest)>> = BTreeMap::new();
    for row in rows {
        repositories.entry(row.repository_id).or_default().push((row.id, row.digest));
    }
    let mut found = BTreeMap::new();
    for (repository, manifests) in repositories {
        for (id, digest) in shelf::sboms(conn, repository, &manifests).await? {
            let sbom_digest = digest.map(|digest| digest.to_string()).unwrap_or_default();
            let scan_status = SBOM_DONE.to_owned();
            found.insert(id, SBOMOverview { sbom_digest, scan_status, ..SBOMOverview::default() });
        }
    }
    Ok(found)
}

/// The columns of a row.
fn plain(row: Row) -> Artifact {
    let addition_links = addition_links(&row);
    Artifact {
        id: ArtifactId(row.id),
        icon: row.icon.map_or_else(|| icon::of_kind(&row.kind).to_owned(), |icon| icon.to_string()),
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
        inherited_accessories: None,
        scan_overview: None,
        sbom_overview: None,
    }
}

fn addition_links(row: &Row) -> BTreeMap<String, AdditionLink> {
    let Ok(repo) = row.repository_name.parse::<RepoName>() else { return BTreeMap::new() };
    let link = |name: &&str| {
        let href = format!("{}/{}/additions/{name}", url::artifacts(&repo), row.digest);
        ((*name).to_owned(), AdditionLink { href, absolute: false })
    };
    addition::names(row).iter().map(link).collect()
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
                let digest = remove_whole(tx, access, repo, reference, Among::Everything, *now).await?;
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

/// The refusal where an index lists what is to go.
pub(crate) fn listed() -> Error {
    Error::InUse("the deleting artifact is referenced by others".to_owned())
}

/// Removes an artifact with what refers to it and with the children that nothing else shows, as long as all of that may
/// go. Says nothing to the audit log.
pub(crate) async fn remove_whole(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<DeleteArtifact>,
    repo: &RepoName,
    reference: &str,
    among: Among<'_>,
    now: Timestamp,
) -> Result<Digest> {
    let Row { id, repository_id: repository, digest, .. } = find(tx, repo, reference).await?;
    query::push::lock_repository(tx, repository).await?;
    let counts = query::push::counts(tx, id).await?.ok_or_else(|| unknown(repo, reference))?;
    if counts.parents > 0 {
        return Err(listed());
    }
    let mut orphans = children_of(tx, id).await?;
    let own = std::iter::once(id).chain(orphans.iter().map(|(child, _)| *child));
    query::push::lock_targets(tx, &own.collect::<Vec<_>>()).await?;
    manifest::remove_among(tx, access, (repository, repo), (id, digest), among, now).await?;
    while let Some((child, digest)) = orphans.pop() {
        let Some(counts) = query::push::counts(tx, child).await? else { continue };
        if counts.tags > 0 || counts.parents > 0 {
            continue;
        }
        orphans.extend(children_of(tx, child).await?);
        manifest::remove_among(tx, access, (repository, repo), (child, digest), among, now).await?;
    }
    Ok(digest)
}

async fn children_of(tx: &mut Conn<'_>, id: i64) -> Result<Vec<(i64, Digest)>> {
    let mut lines = query::artifact::children(tx, &[id], DESCRIPTORS_MAX as i64).await?;
    let lines = lines.remove(&id).unwrap_or_default();
    Ok(lines.into_iter().filter_map(|line| line.child.map(|child| (child, line.digest))).collect())
}
