//! The tags of a repository with what they point at, each list in as many statements whether it is short or long.

use std::collections::{BTreeMap, BTreeSet};

use berth_db::{Conn, query, query::tag::Target};
use berth_types::{
    ArtifactId, Digest, RepoName, Timestamp,
    api::{RepositoryTag, TagChild},
    manifest::{Descriptor, Platform},
    page::Paged,
    query::{ListQuery, Match, Scalar},
};

use crate::{
    Domain, Error, Result, accessory, artifact,
    authz::{ListTags, ProjectAccess},
    blob::belongs,
    immutable::Rules,
    label, repository,
};

/// The annotation by which builders mark what is no image, and what it says then.
const KIND: (&str, &str) = ("vnd.docker.reference.type", "attestation-manifest");
/// The annotation that names the child that is attested.
const SUBJECT: &str = "vnd.docker.reference.digest";
/// The annotations by which a layer says what is attested: that of builders, and that of cosign.
const PREDICATES: [&str; 2] = ["in-toto.io/predicate-type", "predicateType"];

/// The tags of a repository with what they point at.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed there; [`Error::BadRequest`] for a filter that means nothing.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListTags>,
    repo: &RepoName,
    query: &ListQuery,
) -> Result<Paged<RepositoryTag>> {
    belongs(access.project().name == repo.project())?;
    let filters = filters_of(query)?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let repository = query::registry::repository(&mut conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| repository::not_found(repo))?;
    let rows = query::tag::targets(&mut conn, repository.id, &filters, query).await?;
    let rules = Rules::load(&mut conn, access.project_id()).await?;
    let items = describe(&mut conn, repository.id, rows.items).await?;
    let items = items.into_iter().map(|tag| RepositoryTag { immutable: rules.protect(repo, &tag.name), ..tag });
    Ok(Paged { items: items.collect(), total: rows.total })
}

pub(crate) fn filters_of(query: &ListQuery) -> Result<query::shelf::TagFilters> {
    let refuse = |text: &str| Err(Error::BadRequest(format!("bad request: {text}")));
    let name = match query.filter("name") {
        Some(Match::Fuzzy(text)) => Some(text.clone()),
        Some(Match::Exact(scalar)) => Some(scalar.as_text()),
        Some(Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::Any(_) | Match::All(_)) | None => None,
    };
    let platform = match query.filter("platform") {
        None => None,
        Some(Match::Exact(scalar)) => match platform_of(&scalar.as_text()) {
            Some(platform) => Some(platform),
            None => return refuse("the value of \"platform\" query is os/architecture[/variant]"),
        },
        Some(_) => return refuse("the value of \"platform\" query can only be an exact match value"),
    };
    let signed = match query.filter("signed") {
        None => None,
        Some(Match::Exact(scalar)) if scalar.as_text() == "true" => Some(true),
        Some(Match::Exact(scalar)) if scalar.as_text() == "false" => Some(false),
        Some(_) => return refuse("the value of \"signed\" query can only be true or false"),
    };
    let number = |scalar: &Scalar| match scalar {
        Scalar::Number(number) => Some(*number),
        Scalar::Text(_) | Scalar::Time(_) => None,
    };
    let labels = match query.filter("labels") {
        None => Some(Vec::new()),
        Some(Match::All(ids)) => ids.iter().map(number).collect(),
        Some(_) => None,
    };
    let Some(labels) = labels else { return refuse("the value of \"labels\" query can only be (id id …)") };
    Ok(query::shelf::TagFilters { name, platform, signed, labels })
}

/// `linux/arm64/v8`, or without its end.
fn platform_of(text: &str) -> Option<Platform> {
    let mut parts = text.split('/').map(str::to_owned);
    let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next());
    let whole = parts.next().is_none() && !os.is_empty() && !architecture.is_empty();
    whole.then_some(Platform { architecture, os, os_version: None, variant })
}

/// The tag that most people want, described; nothing where there is none.
pub(crate) async fn main(conn: &mut Conn<'_>, repository: i64) -> Result<Option<RepositoryTag>> {
    let row = query::shelf::main_tag(conn, repository).await?;
    Ok(describe(conn, repository, row.into_iter().collect()).await?.pop())
}

/// Turns rows into what clients see. Whether a rule protects a tag is for the caller to say.
async fn describe(conn: &mut Conn<'_>, repository: i64, rows: Vec<Target>) -> Result<Vec<RepositoryTag>> {
    let manifests: BTreeMap<i64, Digest> = rows.iter().map(|row| (row.manifest_id, row.digest)).collect();
    let known = Known::load(conn, repository, &manifests).await?;
    let labels = query::label::of(conn, &manifests.into_keys().collect::<Vec<_>>()).await?;
    let shown = |row: Target| {
        let children = known.children(row.manifest_id);
        let own = known.attached.get(&row.digest).cloned().unwrap_or_default();
        RepositoryTag {
            name: row.name,
            digest: row.digest.to_string(),
            artifact_id: ArtifactId(row.manifest_id),
            kind: row.kind,
            size: row.size,
            platforms: platforms(&children, row.extra_attrs.as_deref()),
            push_time: row.pushed_at,
            pull_time: row.pulled_at.unwrap_or(Timestamp::NEVER),
            sbom: own.sbom.is_some() || children.iter().any(|child| child.sbom),
            signatures: own.signatures.into_iter().collect(),
            children,
            vulnerabilities: None,
            // Two tags may be of one manifest.
            labels: labels.get(&row.manifest_id).cloned().unwrap_or_default().into_iter().map(label::shown).collect(),
            immutable: false,
        }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Those of some manifests of a repository whose parts somebody listed: the list is attached to the manifest, to an image in
/// it, or to it by an index that it is in. With the digest of the list where it is the manifest's own.
pub(crate) async fn sboms(
    conn: &mut Conn<'_>,
    repository: i64,
    manifests: &[(i64, Digest)],
) -> Result<BTreeMap<i64, Option<Digest>>> {
    let ids: Vec<i64> = manifests.iter().map(|(id, _)| *id).collect();
    let indexes = query::shelf::indexes(conn, &ids).await?;
    let above = indexes.iter().map(|(_, index, digest)| (*index, *digest));
    let known = Known::load(conn, repository, &manifests.iter().copied().chain(above).collect()).await?;
    let listed: BTreeMap<i64, BTreeSet<String>> = known
        .lines
        .keys()
        .map(|index| (*index, known.children(*index).into_iter().filter(|child| child.sbom).map(|child| child.digest)))
        .map(|(index, digests)| (index, digests.collect()))
        .collect();
    let mut found = BTreeMap::new();
    for (id, digest) in manifests {
        let own = known.attached.get(digest).and_then(|attached| attached.sbom);
        let of_it = digest.to_string();
        let is_listed = |index: &i64| listed.get(index).is_some_and(|digests| digests.contains(&of_it));
        let told = || indexes.iter().any(|(child, index, _)| child == id && is_listed(index));
        if own.is_some() || listed.get(id).is_some_and(|digests| !digests.is_empty()) || told() {
            found.insert(*id, own);
        }
    }
    Ok(found)
}

/// What was read for all rows at once.
struct Known {
    /// What each index lists.
    lines: BTreeMap<i64, Vec<query::artifact::Child>>,
    children: BTreeMap<i64, query::shelf::Listed>,
    attached: BTreeMap<Digest, Attached>,
    layers: BTreeMap<i64, Vec<String>>,
}

/// What is attached to a manifest.
#[derive(Clone, Debug, Default, PartialEq)]
struct Attached {
    signatures: BTreeSet<String>,
    /// A list of what it is made of.
    sbom: Option<Digest>,
}

fn attached(referrers: &[query::shelf::Referring], layers: &BTreeMap<i64, Vec<String>>) -> BTreeMap<Digest, Attached> {
    let mut found: BTreeMap<Digest, Attached> = BTreeMap::new();
    for row in referrers {
        let entry = found.entry(row.subject).or_default();
        if row.kind == accessory::COSIGN || row.kind == accessory::NOTATION {
            entry.signatures.insert(row.kind.clone());
        }
        let layers = layers.get(&row.id).map_or(&[][..], Vec::as_slice);
        let lists =
            row.kind == accessory::SBOM || names_sbom(&row.artifact_type) || layers.iter().any(|layer| is_sbom(layer));
        if lists {
            entry.sbom = Some(row.digest);
        }
    }
    found
}

/// Whether a media type or a type of statement is that of a list of parts.
fn names_sbom(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["spdx", "cyclonedx", "syft"].iter().any(|word| text.contains(word))
}

/// Whether the descriptor of a layer says that it is a list of parts.
fn is_sbom(descriptor: &str) -> bool {
    let Ok(descriptor) = serde_json::from_str::<Descriptor>(descriptor) else { return false };
    names_sbom(&descriptor.media_type) || predicate_of(&descriptor).is_some_and(|text| names_sbom(&text))
}

fn predicate_of(layer: &Descriptor) -> Option<String> {
    PREDICATES.iter().find_map(|key| layer.annotations.get(*key)).cloned()
}

fn descriptor(line: &query::artifact::Child) -> Option<Descriptor> {
    artifact::descriptor_of(line)
}

fn is_attestation(descriptor: &Descriptor) -> bool {
    descriptor.annotations.get(KIND.0).is_some_and(|kind| kind == KIND.1)
}

impl Known {
    /// Reads it for some manifests of a repository.
    async fn load(conn: &mut Conn<'_>, repository: i64, manifests: &BTreeMap<i64, Digest>) -> Result<Self> {
        let ids: Vec<i64> = manifests.keys().copied().collect();
        let lines = query::artifact::children(conn, &ids, artifact::CHILDREN_LISTED_MAX).await?;
        let children: BTreeSet<i64> = lines.values().flatten().filter_map(|line| line.child).collect();
        let children = query::shelf::manifests(conn, &children.into_iter().collect::<Vec<_>>()).await?;
        let digests: BTreeSet<Digest> =
            manifests.values().copied().chain(children.values().map(|child| child.digest)).collect();
        let referrers = query::shelf::referrers(conn, repository, &digests.into_iter().collect::<Vec<_>>()).await?;
        let attestations =
            lines.values().flatten().filter(|line| descriptor(line).is_some_and(|of| is_attestation(&of)));
        let told_by_layers: BTreeSet<i64> = attestations
            .filter_map(|line| line.child)
            .chain(referrers.iter().filter(|row| row.kind == accessory::SUBJECT).map(|row| row.id))
            .collect();
        let layers = query::shelf::layers(conn, &told_by_layers.into_iter().collect::<Vec<_>>()).await?;
        Ok(Known { lines, children, attached: attached(&referrers, &layers), layers })
    }

    /// What an index lists: images in its order, then attestations. Nothing for what is no index.
    fn children(&self, index: i64) -> Vec<TagChild> {
        let children = self.lines.get(&index).into_iter().flatten().map(|line| self.child(line));
        let (attestations, images): (Vec<_>, Vec<_>) = children.partition(|child| child.attestation);
        // What is attested of a child is a fact about the child.
        let attested = |digest: &str| {
            let of_it = attestations.iter().filter(|attestation| attestation.subject.as_deref() == Some(digest));
            of_it.flat_map(|attestation| &attestation.predicates).any(|predicate| names_sbom(predicate))
        };
        let images = images.into_iter().map(|child| TagChild { sbom: child.sbom || attested(&child.digest), ..child });
        images.collect::<Vec<_>>().into_iter().chain(attestations.iter().cloned()).collect()
    }

    fn child(&self, line: &query::artifact::Child) -> TagChild {
        let descriptor = descriptor(line);
        let row = line.child.and_then(|id| self.children.get(&id));
        let attached = self.attached.get(&line.digest).cloned().unwrap_or_default();
        let attestation = descriptor.as_ref().is_some_and(is_attestation);
        let layers = line.child.filter(|_| attestation).and_then(|id| self.layers.get(&id));
        let layers = layers.into_iter().flatten().filter_map(|text| serde_json::from_str::<Descriptor>(text).ok());
        let platform = descriptor.as_ref().and_then(|descriptor| descriptor.platform.as_ref());
        TagChild {
            digest: line.digest.to_string(),
            // Builders list attestations under a platform that does not exist.
            platform: platform.filter(|platform| !attestation && platform.os != "unknown").map(Platform::label),
            attestation,
            subject: descriptor.as_ref().filter(|_| attestation).and_then(|of| of.annotations.get(SUBJECT).cloned()),
            predicates: layers.filter_map(|layer| predicate_of(&layer)).collect::<BTreeSet<_>>().into_iter().collect(),
            size: row.map_or(0, |row| row.size),
            present: row.is_some(),
            signatures: attached.signatures.into_iter().collect(),
            sbom: attached.sbom.is_some(),
            vulnerabilities: None,
        }
    }
}

/// What an index lists, or what an image's configuration says.
fn platforms(children: &[TagChild], extra_attrs: Option<&str>) -> Vec<String> {
    if !children.is_empty() {
        return children.iter().filter_map(|child| child.platform.clone()).collect();
    }
    let attrs: BTreeMap<String, serde_json::Value> =
        extra_attrs.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let text = |key: &str| {
        let text = attrs.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        text.filter(|text| !text.is_empty())
    };
    let (Some(os), Some(architecture)) = (text("os"), text("architecture")) else { return Vec::new() };
    vec![Platform { architecture, os, os_version: None, variant: text("variant") }.label()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::Sha256([byte; 32])
    }

    fn line(byte: u8, more: &str) -> query::artifact::Child {
        let descriptor = format!(r#"{{"mediaType":"x","digest":"{}","size":1,{more}}}"#, digest(byte));
        let (child, digest) = (Some(i64::from(byte)), digest(byte));
        query::artifact::Child { parent: INDEX, child, digest, descriptor: Some(descriptor) }
    }

    const INDEX: i64 = 1;

    fn known(lines: Vec<query::artifact::Child>, sizes: &[(i64, i64)], layers: &[(i64, &str)]) -> Known {
        let listed =
            |(id, size): &(i64, i64)| (*id, query::shelf::Listed { id: *id, digest: digest(*id as u8), size: *size });
        let layers = layers.iter().map(|(id, text)| (*id, vec![(*text).to_owned()])).collect();
        let lines = BTreeMap::from([(INDEX, lines)]);
        Known { lines, children: sizes.iter().map(listed).collect(), attached: BTreeMap::new(), layers }
    }

    #[test]
    fn attestations_are_told_by_their_annotations_and_come_last() {
        let attestation = format!(
            r#""platform":{{"architecture":"unknown","os":"unknown"}},
            "annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{}"}}"#,
            digest(2)
        );
        let lines = vec![
            line(3, &attestation),
            line(2, r#""platform":{"architecture":"arm64","os":"linux","variant":"v8"}"#),
            line(4, r#""platform":{"architecture":"unknown","os":"unknown"}"#),
        ];
        let layer = format!(
            r#"{{"mediaType":"application/vnd.in-toto+json","digest":"{}","size":1,
            "annotations":{{"in-toto.io/predicate-type":"https://spdx.dev/Document"}}}}"#,
            digest(9)
        );
        let children = known(lines, &[(2, 70), (3, 5)], &[(3, &layer)]).children(INDEX);
        let shown: Vec<_> = children.iter().map(|child| (child.platform.as_deref(), child.attestation)).collect();
        assert_eq!(shown, [(Some("linux/arm64/v8"), false), (None, false), (None, true)]);
        assert_eq!(children[2].subject, Some(digest(2).to_string()));
        assert_eq!(children[2].predicates, ["https://spdx.dev/Document"]);
        // What is attested of the platform is its own, and no other's.
        assert_eq!(children.iter().map(|child| child.sbom).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(children.iter().map(|child| child.size).collect::<Vec<_>>(), [70, 0, 5]);
        assert_eq!(children.iter().map(|child| child.present).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(platforms(&children, None), ["linux/arm64/v8"]);
    }

    #[test]
    fn platforms_of_an_image_come_from_its_configuration() {
        let attrs = r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#;
        assert_eq!(platforms(&[], Some(attrs)), ["linux/arm64/v8"]);
        assert!(platforms(&[], Some(r#"{"os":"","architecture":""}"#)).is_empty());
        assert!(platforms(&[], None).is_empty());
    }

    #[test]
    fn a_list_of_parts_is_known_by_its_type() {
        for text in ["application/spdx+json", "https://cyclonedx.org/bom", "application/vnd.syft+json", "text/spdx"] {
            assert!(names_sbom(text), "{text}");
        }
        assert!(!names_sbom("https://slsa.dev/provenance/v1"));
        let referring = |kind: &str, artifact_type: &str| query::shelf::Referring {
            id: 1,
            digest: digest(2),
            subject: digest(1),
            kind: kind.to_owned(),
            artifact_type: artifact_type.to_owned(),
        };
        let of = |rows: &[query::shelf::Referring]| attached(rows, &BTreeMap::new()).remove(&digest(1)).unwrap();
        assert_eq!(of(&[referring("sbom.harbor", "")]).sbom, Some(digest(2)));
        assert_eq!(of(&[referring("subject.accessory", "application/vnd.cyclonedx+json")]).sbom, Some(digest(2)));
        let signed = of(&[referring("signature.cosign", ""), referring("signature.notation", "")]);
        assert_eq!((signed.signatures.len(), signed.sbom), (2, None));
    }

    #[test]
    fn filters_that_mean_nothing_are_refused() {
        let query = |q: &str| ListQuery { filters: berth_types::query::parse_q(q).unwrap(), ..ListQuery::default() };
        let filters = filters_of(&query("name=~v1,platform=linux/arm/v7,signed=false,labels=(3 4)")).unwrap();
        assert_eq!((filters.name.as_deref(), filters.signed, filters.labels), (Some("v1"), Some(false), vec![3, 4]));
        assert_eq!(filters.platform.map(|platform| platform.label()).as_deref(), Some("linux/arm/v7"));
        for bad in ["platform=linux", "platform=~linux", "platform=a/b/c/d", "platform=/x", "signed=maybe", "labels=3"]
        {
            assert!(filters_of(&query(bad)).is_err(), "{bad}");
        }
    }
}
