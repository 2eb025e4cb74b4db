//! What is stored about an artifact: statements of how it was built, and lists of what it is made of.
//!
//! They lie in manifests that refer to it, in manifests that an index lists beside its images (BuildKit), or are the
//! artifact itself. Everything here is somebody's claim: it is shown, and nothing of it is verified.

mod sbom;
mod statement;

use std::collections::BTreeMap;

use berth_db::{Conn, query, query::artifact::Artifact as Row};
use berth_types::{
    Digest, RepoName,
    api::{Attestation, ContentFile, SbomDocument, SbomPackage},
    page::Paged,
    query::{ListQuery, Match},
    referral::{BUNDLE_PREDICATE_TYPE, Referral, sbom_format},
};
use tokio::sync::SemaphorePermit;

use crate::{
    Domain, Error, Result, artifact,
    authz::{ProjectAccess, ReadAddition},
    blob::belongs,
    chart,
    content::{self, Line},
    turn::in_turn,
};

/// How many referrers are looked at.
const REFERRERS_MAX: i64 = 100;
/// How many lines of an index are looked at.
const LINES_MAX: i64 = 200;
/// How many of them are followed to the manifests that say something: each is a query.
const FOLLOWED_MAX: usize = 100;
/// How many indexes of an image are looked at, the youngest first.
const INDEXES_MAX: i64 = 3;
/// How many layers of each manifest are looked at.
const LAYERS_MAX: i64 = 10;
/// How many statements are read for one answer.
const STATEMENTS_MAX: usize = 20;
/// The largest statement that is read, in bytes.
const STATEMENT_SIZE_BYTES_MAX: usize = 4 << 20;
/// How much of all statements is read for one answer, in bytes.
const STATEMENTS_SIZE_BYTES_MAX: usize = 8 << 20;
/// The largest list of packages that is read, in bytes.
const SBOM_SIZE_BYTES_MAX: usize = 20 << 20;

/// A layer that says something.
#[derive(Clone, Debug)]
struct Evidence {
    /// The manifest that holds it.
    manifest: Digest,
    /// The platform of the image that it is about; empty where that is the artifact itself.
    platform: String,
    /// What it is.
    referral: Referral,
    /// What it says, as far as is known without reading it.
    predicate_type: String,
    /// The artifact type of the manifest.
    artifact_type: String,
    layer: ContentFile,
}

/// Statements about an artifact, as facts.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn attestations(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<Vec<Attestation>> {
    belongs(access.project().name == repo.project())?;
    let mut all = collect(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    all.retain(|evidence| statement::is_statement(&evidence.layer.media_type) && !evidence.referral.is_signature());
    if !all.iter().any(is_read) {
        return Ok(all.into_iter().map(fact).collect());
    }
    let turn = chart::turn().await?;
    let mut budget = Budget::new();
    let mut told = Vec::new();
    for evidence in all {
        let words =
            if is_read(&evidence) { Some(bytes(domain, &turn, &evidence.layer, &mut budget).await?) } else { None };
        told.push((fact(evidence), words));
    }
    let (facts, _turn) = in_turn(turn, move || described(told)).await?;
    Ok(facts)
}

/// Lists of packages are large, and have a page of their own.
fn is_read(evidence: &Evidence) -> bool {
    evidence.referral != Referral::Sbom
}

/// What is known of a statement without reading it.
fn fact(evidence: Evidence) -> Attestation {
    Attestation {
        manifest: evidence.manifest.to_string(),
        signed: statement::is_signed(&evidence.layer.media_type),
        digest: evidence.layer.digest,
        size: evidence.layer.size,
        platform: evidence.platform,
        predicate_type: evidence.predicate_type,
        ..Attestation::default()
    }
}

/// The bytes of a statement, or why there are none.
type Words = std::result::Result<bytes::Bytes, &'static str>;

/// Facts with what the statements say.
fn described(told: Vec<(Attestation, Option<Words>)>) -> Vec<Attestation> {
    let described = |(mut fact, words): (Attestation, Option<Words>)| {
        match words {
            Some(Ok(bytes)) => statement::describe(&bytes, &mut fact),
            Some(Err(problem)) => fact.problem = problem.to_owned(),
            None => {}
        }
        fact
    };
    told.into_iter().map(described).collect()
}

/// How much is still read for one answer.
struct Budget {
    statements: usize,
    size_bytes: usize,
}

impl Budget {
    fn new() -> Self {
        Budget { statements: STATEMENTS_MAX, size_bytes: STATEMENTS_SIZE_BYTES_MAX }
    }

    /// Counts a statement, and says how large it may be; nothing where no more are read.
    fn admit(&mut self) -> Option<usize> {
        self.statements = self.statements.checked_sub(1)?;
        Some(self.size_bytes.min(STATEMENT_SIZE_BYTES_MAX)).filter(|size_bytes| *size_bytes > 0)
    }

    fn spend(&mut self, size_bytes: usize) {
        self.size_bytes = self.size_bytes.saturating_sub(size_bytes);
    }
}

/// Why a statement is not read that is larger than it may be.
fn refusal(size_bytes_max: usize) -> &'static str {
    if size_bytes_max < STATEMENT_SIZE_BYTES_MAX { "too_many" } else { "too_large" }
}

async fn bytes(domain: &Domain, turn: &SemaphorePermit<'_>, layer: &ContentFile, budget: &mut Budget) -> Result<Words> {
    let admitted = budget.admit();
    let Ok(digest) = layer.digest.parse::<Digest>() else { return Ok(Err("absent")) };
    if !layer.present {
        return Ok(Err("absent"));
    }
    let Some(size_bytes_max) = admitted else { return Ok(Err("too_many")) };
    match content::read(domain, turn, &digest, size_bytes_max).await {
        Ok(bytes) => {
            budget.spend(bytes.len());
            Ok(Ok(bytes))
        }
        Err(Error::NotFound(_)) => Ok(Err("absent")),
        Err(Error::Unprocessable(_)) => Ok(Err(refusal(size_bytes_max))),
        Err(error) => Err(error),
    }
}

/// Lists of what an artifact is made of, as they are stored.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn sboms(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<Vec<SbomDocument>> {
    belongs(access.project().name == repo.project())?;
    let all = collect(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    Ok(all.into_iter().filter(|evidence| evidence.referral == Referral::Sbom).map(document).collect())
}

fn document(evidence: Evidence) -> SbomDocument {
    let named = [&evidence.predicate_type, &evidence.layer.media_type, &evidence.artifact_type];
    let format = named.into_iter().map(|name| sbom_format(name)).find(|format| !format.is_empty());
    SbomDocument {
        digest: evidence.layer.digest,
        manifest: evidence.manifest.to_string(),
        format: format.unwrap_or_default().to_owned(),
        media_type: evidence.layer.media_type,
        size: evidence.layer.size,
        platform: evidence.platform,
        present: evidence.layer.present,
    }
}

/// The packages of one of the [`sboms`] of an artifact, by default of the first that is here. `q` knows `name`.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, and for a document that it does not have,
/// [`Error::Unprocessable`] for one that is too large or of no known format.
pub async fn packages(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
    document: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<SbomPackage>> {
    let documents = sboms(domain, access, repo, reference).await?;
    let found = match document {
        Some(digest) => documents.into_iter().find(|document| document.digest == digest),
        None => documents.into_iter().find(|document| document.present),
    };
    let found = match (found.filter(|document| document.present), document) {
        (Some(found), _) => found,
        (None, None) => return Ok(Paged { items: Vec::new(), total: 0 }),
        (None, Some(digest)) => return Err(Error::NotFound(format!("SBOM {digest} not found"))),
    };
    let digest: Digest = found.digest.parse().map_err(Error::internal)?;
    let turn = chart::turn().await?;
    let bytes = content::read(domain, &turn, &digest, SBOM_SIZE_BYTES_MAX).await?;
    let name = match query.filter("name") {
        Some(Match::Fuzzy(text)) => text.to_ascii_lowercase(),
        Some(Match::Exact(scalar)) => scalar.as_text().to_ascii_lowercase(),
        Some(Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::Any(_) | Match::All(_)) | None => {
            String::new()
        }
    };
    let page = query.page;
    let (read, _turn) = in_turn(turn, move || sbom::packages(&bytes)).await?;
    let mut packages = read.ok_or_else(|| {
        Error::Unprocessable("the SBOM is neither SPDX nor CycloneDX as JSON, and cannot be read".to_owned())
    })?;
    packages.retain(|package| {
        let has = |text: &str| text.to_ascii_lowercase().contains(&name);
        name.is_empty() || has(&package.name) || has(&package.licence)
    });
    let total = packages.len() as i64;
    let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(page.page_size).unwrap_or(usize::MAX);
    Ok(Paged { items: packages.into_iter().skip(skipped).take(size).collect(), total })
}

/// A manifest that may say something, and the platform of the image that it is about.
struct Holder {
    row: Row,
    platform: String,
}

/// The row id and the digest of a child, and what its index says about it.
type ReadLine = (Option<i64>, Digest, Line);

/// The lines whose manifests say something. An image shows what an index says of it; an index shows all.
fn followed(mut lines: Vec<ReadLine>, is_index: bool, of: &Digest) -> Vec<ReadLine> {
    let of = of.to_string();
    lines.retain(|(child, _, line)| line.is_attestation && child.is_some() && (is_index || line.about == of));
    lines.truncate(FOLLOWED_MAX);
    lines
}

async fn collect(conn: &mut Conn<'_>, repo: &RepoName, reference: &str) -> Result<Vec<Evidence>> {
    let row = artifact::find(conn, repo, reference).await?;
    let repository = row.repository_id;
    let (of_row, digest, id) = (row.subject.is_some() || row.kind == "SBOM", row.digest, row.id);
    let is_index = row.config_media_type.is_empty();
    let lines = match is_index {
        true => query::artifact::children(conn, &[id], LINES_MAX).await?.remove(&id).unwrap_or_default(),
        false => query::content::siblings(conn, id, INDEXES_MAX, LINES_MAX).await?,
    };
    let read: Vec<ReadLine> = lines.iter().map(|line| (line.child, line.digest, Line::read(line))).collect();
    let platforms: BTreeMap<String, String> =
        read.iter().map(|(_, digest, line)| (digest.to_string(), line.platform.clone())).collect();
    let mut holders = Vec::new();
    for (_, of, line) in followed(read, is_index, &digest) {
        let Some(row) = query::artifact::by_digest_in(conn, repository, &of).await? else { continue };
        let platform = if is_index { platforms.get(&line.about).cloned().unwrap_or_default() } else { String::new() };
        holders.push(Holder { row, platform });
    }
    let referring = query::artifact::accessories(conn, repository, &[digest], REFERRERS_MAX).await?;
    holders.extend(referring.into_values().flatten().map(|row| Holder { row, platform: String::new() }));
    // An attestation that is looked at itself, by its digest or among the lines of an index.
    if of_row || holders.is_empty() {
        holders.push(Holder { row, platform: String::new() });
    }
    let ids: Vec<i64> = holders.iter().map(|holder| holder.row.id).collect();
    let mut layers = query::content::first_layers(conn, &ids, LAYERS_MAX).await?;
    let mut found: Vec<Evidence> = Vec::new();
    for holder in holders {
        let files: Vec<ContentFile> =
            layers.remove(&holder.row.id).unwrap_or_default().iter().map(content::file).collect();
        for evidence in of_manifest(&holder, files) {
            // Several indexes may hold the same words.
            if !found
                .iter()
                .any(|known| known.layer.digest == evidence.layer.digest && known.platform == evidence.platform)
            {
                found.push(evidence);
            }
        }
    }
    Ok(found)
}

fn of_manifest(holder: &Holder, files: Vec<ContentFile>) -> Vec<Evidence> {
    let row = &holder.row;
    let annotations: BTreeMap<String, String> =
        row.annotations.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let of_all = annotations.get(BUNDLE_PREDICATE_TYPE).or_else(|| annotations.get("predicateType")).cloned();
    let evidence = |layer: ContentFile| {
        let one = std::iter::once((layer.media_type.as_str(), layer.predicate_type.as_str()));
        let referral = Referral::of(&row.artifact_type, &annotations, one);
        let predicate_type = if layer.predicate_type.is_empty() {
            of_all.clone().unwrap_or_default()
        } else {
            layer.predicate_type.clone()
        };
        Evidence {
            manifest: row.digest,
            platform: holder.platform.clone(),
            referral,
            predicate_type,
            artifact_type: row.artifact_type.clone(),
            layer,
        }
    };
    files.into_iter().map(evidence).filter(|evidence| evidence.referral != Referral::Other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_reads_only_so_much() {
        let mut budget = Budget::new();
        assert_eq!(budget.admit(), Some(STATEMENT_SIZE_BYTES_MAX));
        budget.spend(STATEMENT_SIZE_BYTES_MAX);
        budget.spend(STATEMENT_SIZE_BYTES_MAX - 10);
        assert_eq!(budget.admit(), Some(10));
        assert_eq!((refusal(10), refusal(STATEMENT_SIZE_BYTES_MAX)), ("too_many", "too_large"));
        budget.spend(11);
        assert_eq!(budget.admit(), None);

        let mut budget = Budget::new();
        let admitted = (0..STATEMENTS_MAX + 5).filter(|_| budget.admit().is_some()).count();
        assert_eq!(admitted, STATEMENTS_MAX, "however small they are");
    }

    #[test]
    fn what_is_not_read_is_listed_without_facts() {
        let fact = |digest: &str| Attestation { digest: digest.to_owned(), ..Attestation::default() };
        let words = bytes::Bytes::from_static(br#"{"predicateType":"p"}"#);
        let told = described(vec![
            (fact("read"), Some(Ok(words))),
            (fact("left"), Some(Err("too_many"))),
            (fact("packages"), None),
        ]);
        let shown: Vec<(&str, &str, &str)> = told
            .iter()
            .map(|fact| (fact.digest.as_str(), fact.predicate_type.as_str(), fact.problem.as_str()))
            .collect();
        assert_eq!(shown, [("read", "p", ""), ("left", "", "too_many"), ("packages", "", "")]);
    }

    #[test]
    fn lines_that_say_something_are_followed() {
        let (image, other) = (Digest::Sha256([1; 32]), Digest::Sha256([2; 32]));
        let line = |child: Option<i64>, about: &Digest| {
            let line = Line { is_attestation: true, about: about.to_string(), ..Line::default() };
            (child, Digest::Sha256([3; 32]), line)
        };
        let lines =
            vec![line(Some(1), &image), line(Some(2), &other), line(None, &image), (Some(3), image, Line::default())];
        let ids = |lines: Vec<ReadLine>| lines.into_iter().filter_map(|(child, _, _)| child).collect::<Vec<i64>>();
        assert_eq!(ids(followed(lines.clone(), true, &image)), [1, 2]);
        assert_eq!(ids(followed(lines, false, &image)), [1]);
        let many: Vec<ReadLine> = (0..200).map(|child| line(Some(child), &image)).collect();
        assert_eq!(followed(many, false, &image).len(), FOLLOWED_MAX);
    }
}
