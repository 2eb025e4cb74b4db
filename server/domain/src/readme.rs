//! What a repository is at a glance, and what it says about itself.

use std::collections::BTreeSet;

use berth_db::{Conn, query, query::artifact::Artifact as Row};
use berth_types::{
    RepoName, RepositoryId, Timestamp,
    api::{Readme, RepositorySummary, RepositoryTag},
    manifest::Platform,
};
use moka::sync::Cache;

use crate::{
    Domain, Result,
    authz::{ListLabels, ListTags, ProjectAccess, UpdateRepository},
    blob::belongs,
    immutable::Rules,
    label, limit, markdown, pull, repository, shelf,
};

/// The key under which images and manifests say where their source is.
const SOURCE: &str = "org.opencontainers.image.source";
/// The key under which they say what they are.
const DESCRIPTION: &str = "org.opencontainers.image.description";
/// The longest address of a source, in bytes.
const SOURCE_BYTES_MAX: usize = 2048;

/// What builders call the platform of what runs on none.
const UNKNOWN: &str = "unknown";
/// Labels that are offered at most.
const LABELS_MAX: i64 = 100;

/// What is counted over all rows of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fact {
    /// Bytes of everything it holds.
    Size,
    /// How many tags it has.
    Tags,
    /// When something was last pulled.
    Pulled,
}

/// Facts that take a look at every row of a repository, by what changes whenever they do: the moment of the last push or
/// deletion, or the number of pulls.
pub(crate) struct Facts(Cache<(Fact, i64, i64), i64>);

impl Default for Facts {
    fn default() -> Self {
        // Uploads that end without a manifest change a size and nothing else.
        Facts(Cache::builder().max_capacity(10_000).time_to_live(std::time::Duration::from_secs(300)).build())
    }
}

/// What a repository is at a glance.
///
/// # Errors
/// [`crate::Error::NotFound`] where nothing was ever pushed there.
pub async fn summary(domain: &Domain, access: &ProjectAccess<ListTags>, repo: &RepoName) -> Result<RepositorySummary> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = query::repository::by_name(&mut conn, repo.as_str()).await?.ok_or_else(|| repository::not_found(repo))?;
    let (pushed, pulls) = (row.updated_at.0, row.pull_count);
    let size = fact(domain, &mut conn, (Fact::Size, row.id, pushed)).await?;
    let tag_count = fact(domain, &mut conn, (Fact::Tags, row.id, pushed)).await?;
    let pull_time = fact(domain, &mut conn, (Fact::Pulled, row.id, pulls)).await?;
    let pulls = pull::by_day(&mut conn, row.id, domain.now()).await?;
    let push_time = query::shelf::last_push(&mut conn, row.id).await?;
    let main = shelf::main(&mut conn, row.id).await?;
    let said = said(&mut conn, row.id, main.as_ref()).await?;
    let rules = Rules::load(&mut conn, access.project_id()).await?;
    let platforms = query::shelf::platforms(&mut conn, row.id).await?;
    let platforms = platforms.iter().filter(|platform| platform.os != UNKNOWN).map(Platform::label);
    let platforms: BTreeSet<String> = platforms.collect();
    let labels = if access.also::<ListLabels>().is_ok() {
        query::label::choices(&mut conn, access.project_id().0, LABELS_MAX).await?
    } else {
        Vec::new()
    };
    Ok(RepositorySummary {
        id: RepositoryId(row.id),
        artifact_count: row.artifact_count,
        tag_count,
        pull_count: row.pull_count,
        pulls,
        size,
        push_time: push_time.unwrap_or(Timestamp::NEVER),
        pull_time: Timestamp(pull_time),
        main: main.map(|tag| RepositoryTag { immutable: rules.protect(repo, &tag.name), ..tag }),
        platforms: platforms.into_iter().collect(),
        labels: labels.into_iter().map(label::shown).collect(),
        source: said.get(SOURCE).filter(|address| is_web(address)),
        readme: readme(&row.description, said.get(DESCRIPTION).as_deref()),
        name: row.name,
    })
}

async fn fact(domain: &Domain, conn: &mut Conn<'_>, key: (Fact, i64, i64)) -> Result<i64> {
    if let Some(known) = domain.facts.0.get(&key) {
        return Ok(known);
    }
    let (fact, repository, _) = key;
    let found = match fact {
        Fact::Size => query::shelf::size(conn, repository).await?,
        Fact::Tags => query::shelf::tag_count(conn, repository).await?,
        Fact::Pulled => query::shelf::last_pull(conn, repository).await?.unwrap_or(Timestamp::NEVER).0,
    };
    domain.facts.0.insert(key, found);
    Ok(found)
}

/// What the repository says about itself: its description, else what its main tag says. Empty where neither says
/// anything.
///
/// # Errors
/// [`crate::Error::NotFound`] where nothing was ever pushed there.
pub async fn get(domain: &Domain, access: &ProjectAccess<ListTags>, repo: &RepoName) -> Result<Readme> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = query::repository::by_name(&mut conn, repo.as_str()).await?.ok_or_else(|| repository::not_found(repo))?;
    let main = shelf::main(&mut conn, row.id).await?;
    let said = said(&mut conn, row.id, main.as_ref()).await?;
    Ok(readme(&row.description, said.get(DESCRIPTION).as_deref()).unwrap_or_default())
}

/// How a description would be shown.
///
/// # Errors
/// [`crate::Error::BadRequest`] where it is too long, [`crate::Error::NotFound`] where nothing was ever pushed there.
pub async fn preview(
    domain: &Domain,
    access: &ProjectAccess<UpdateRepository>,
    repo: &RepoName,
    description: &str,
) -> Result<Readme> {
    belongs(access.project().name == repo.project())?;
    limit::check_description(description)?;
    let mut reader = domain.db.reader().await?;
    let found = query::repository::by_name(&mut reader.conn(), repo.as_str()).await?;
    found.ok_or_else(|| repository::not_found(repo))?;
    Ok(written(description, ""))
}

fn readme(description: &str, annotation: Option<&str>) -> Option<Readme> {
    let annotation = annotation.filter(|text| text.len() <= limit::DESCRIPTION_BYTES_MAX);
    let texts = [(Some(description), "description"), (annotation, "annotation")];
    let said =
        texts.into_iter().find_map(|(text, source)| Some((text.filter(|text| !text.trim().is_empty())?, source)));
    said.map(|(text, source)| written(text, source))
}

fn written(text: &str, source: &str) -> Readme {
    Readme { html: markdown::to_html(text), summary: markdown::summary(text), source: source.to_owned() }
}

/// Only addresses that lead to the web become links.
fn is_web(address: &str) -> bool {
    let web = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    address.len() <= SOURCE_BYTES_MAX
        && web.is_some_and(|rest| !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control()))
}

/// What a manifest says about itself, and where it is an index, what its first platform says.
#[derive(Default)]
struct Said(Vec<Row>);

impl Said {
    /// Annotations come before the labels of the configuration, the index before its platform.
    fn get(&self, key: &str) -> Option<String> {
        self.0.iter().find_map(|row| {
            let json = |text: &Option<String>| {
                text.as_deref()
                    .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
                    .unwrap_or_default()
            };
            let (annotations, attrs) = (json(&row.annotations), json(&row.extra_attrs));
            let said = [annotations.get(key), attrs.get("config").and_then(|config| config.get("Labels")?.get(key))];
            said.into_iter()
                .flatten()
                .find_map(|value| value.as_str())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        })
    }
}

async fn said(conn: &mut Conn<'_>, repository: i64, main: Option<&RepositoryTag>) -> Result<Said> {
    let Some(main) = main else { return Ok(Said::default()) };
    let platform = main.children.iter().find(|child| !child.attestation && child.present);
    let digests = std::iter::once(&main.digest).chain(platform.map(|child| &child.digest));
    let mut rows = Vec::new();
    for digest in digests.filter_map(|digest| digest.parse().ok()) {
        rows.extend(query::artifact::by_digest_in(conn, repository, &digest).await?);
    }
    Ok(Said(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_linked() {
        assert!(is_web("https://git.example/a") && is_web("http://git.example"));
        for bad in ["javascript:alert(1)", "https://", "//x", "git@x:y", "https://a b", "https://a\n", "data:x"] {
            assert!(!is_web(bad), "{bad}");
        }
        assert!(!is_web(&format!("https://{}", "a".repeat(SOURCE_BYTES_MAX))));
    }

    #[test]
    fn the_description_comes_before_the_annotation() {
        assert_eq!(readme("a", Some("b")).map(|readme| readme.source).as_deref(), Some("description"));
        let fallback = readme(" \n", Some("b <script>x</script>")).unwrap();
        assert_eq!((fallback.source.as_str(), fallback.html.as_str()), ("annotation", "<p>b </p>\n"));
        assert_eq!(readme("", Some("")), None);
        let long = "a".repeat(limit::DESCRIPTION_BYTES_MAX + 1);
        assert_eq!(readme("", Some(&long)), None);
    }
}
