//! What belongs to an artifact: signatures, attestations, SBOMs and whatever else refers to it.
//!
//! A manifest says so itself by `subject`, or a tag made of the subject's digest says so, which is what cosign does by
//! default. Both are accessories: no list shows them as artifacts, and they go with their subject. Only the former are
//! referrers of the specification.

use std::collections::BTreeMap;

use berth_db::{Conn, query, query::artifact::Artifact as Row};
use berth_types::{
    ArtifactId, Digest, RepoName, TagName,
    api::Accessory,
    manifest::Manifest,
    media_type::{DOCKER_CONFIG, OCI_CONFIG},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Domain, Error, Result, artifact,
    authz::{ListAccessories, ProjectAccess, Pull, Push},
    blob::belongs,
    icon,
};

/// A signature of cosign.
pub(crate) const COSIGN: &str = "signature.cosign";
/// A signature of notation.
pub(crate) const NOTATION: &str = "signature.notation";
/// An SBOM that the server had made.
pub(crate) const SBOM: &str = "sbom.harbor";
/// An image that can be started before all of it is there.
const NYDUS: &str = "accelerator.nydus";
/// How many a list shows of each artifact. All of them have a list of their own.
const LISTED_MAX: i64 = 100;
/// Anything else.
pub(crate) const SUBJECT: &str = "subject.accessory";

/// Layers of cosign's signatures, attestations and SBOMs, by the end of the tag that it gives them.
const COSIGN_LAYERS: [(&str, &str, &[&str]); 3] = [
    (".sig", COSIGN, &["application/vnd.dev.cosign.simplesigning.v1+json"]),
    (".att", SUBJECT, &["application/vnd.dsse.envelope.v1+json"]),
    (".sbom", SUBJECT, &["text/spdx", "text/spdx+json", "application/vnd.cyclonedx", "application/vnd.syft+json"]),
];

/// What a manifest is to what it refers to by itself, in Harbor's words; empty where it refers to nothing.
pub(crate) fn kind_of(manifest: &Manifest) -> &'static str {
    if manifest.subject.is_none() {
        return "";
    }
    match manifest.referrer_artifact_type().unwrap_or_default() {
        OCI_CONFIG | DOCKER_CONFIG if is_nydus(manifest) => NYDUS,
        "application/vnd.cncf.notary.signature" => NOTATION,
        "application/vnd.dev.cosign.artifact.sig.v1+json" => COSIGN,
        "application/vnd.goharbor.harbor.sbom.v1" => SBOM,
        other if other.starts_with("application/vnd.dev.sigstore.bundle.") => COSIGN,
        _ => SUBJECT,
    }
}

fn is_nydus(manifest: &Manifest) -> bool {
    let last = manifest.layers.last();
    last.is_some_and(|layer| layer.annotations.contains_key("containerd.io/snapshot/nydus-bootstrap"))
}

/// What a manifest is because of a tag that it is pushed under: the subject, and what it is to it. Only for manifests
/// that do not refer to anything by themselves, and that hold what such a tag promises.
pub(crate) fn by_tags(manifest: &Manifest, tags: &[TagName]) -> Option<(Digest, &'static str)> {
    if manifest.subject.is_some() || manifest.is_index() {
        return None;
    }
    tags.iter().find_map(|tag| {
        COSIGN_LAYERS.iter().find_map(|(end, kind, layers)| {
            let subject = tag.as_str().strip_suffix(end)?.replacen('-', ":", 1).parse().ok()?;
            let fits = |media_type: &str| layers.iter().any(|layer| media_type.starts_with(layer));
            manifest.layers.iter().any(|layer| fits(&layer.media_type)).then_some((subject, *kind))
        })
    })
}

/// An accessory as clients see it. The subject may not be there yet.
fn shown(row: &Row, subject: &Row) -> Accessory {
    Accessory {
        id: row.id,
        artifact_id: ArtifactId(row.id),
        subject_artifact_id: ArtifactId(subject.id),
        subject_artifact_digest: subject.digest.to_string(),
        subject_artifact_repo: subject.repository_name.clone(),
        size: row.size,
        digest: row.digest.to_string(),
        kind: row.accessory.clone(),
        icon: icon::of_accessory(&row.accessory).to_owned(),
        creation_time: row.pushed_at,
    }
}

/// What belongs to an artifact.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListAccessories>,
    repo: &RepoName,
    reference: &str,
    query: &ListQuery,
) -> Result<Paged<Accessory>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let subject = artifact::find(&mut conn, repo, reference).await?;
    let (rows, total) = query::content::accessories(&mut conn, subject.repository_id, &subject.digest, query).await?;
    Ok(Paged { items: rows.iter().map(|row| shown(row, &subject)).collect(), total })
}

/// What belongs to each of some artifacts, by row id. Those without any are left out.
pub(crate) async fn of(conn: &mut Conn<'_>, rows: &[Row]) -> Result<BTreeMap<i64, Vec<Accessory>>> {
    let subjects: Vec<&Row> = rows.iter().collect();
    of_subjects(conn, &subjects).await
}

async fn of_subjects(conn: &mut Conn<'_>, rows: &[&Row]) -> Result<BTreeMap<i64, Vec<Accessory>>> {
    let mut repositories: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        repositories.entry(row.repository_id).or_default().push(row);
    }
    let mut accessories = BTreeMap::new();
    for (repository, subjects) in repositories {
        let digests: Vec<Digest> = subjects.iter().map(|row| row.digest).collect();
        let mut found = query::artifact::accessories(conn, repository, &digests, LISTED_MAX).await?;
        for subject in subjects {
            if let Some(referring) = found.remove(&subject.digest) {
                accessories.insert(subject.id, referring.iter().map(|row| shown(row, subject)).collect());
            }
        }
    }
    Ok(accessories)
}

/// What belongs to the indexes that list each of some artifacts, by the artifact's row id: a signed index speaks for its
/// children.
pub(crate) async fn inherited(conn: &mut Conn<'_>, rows: &[Row]) -> Result<BTreeMap<i64, Vec<Accessory>>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let parents = query::artifact::parents(conn, &ids).await?;
    let indexes: BTreeMap<i64, &Row> = parents.iter().map(|(_, parent)| (parent.id, parent)).collect();
    let found = of_subjects(conn, &indexes.into_values().collect::<Vec<_>>()).await?;
    let mut inherited: BTreeMap<i64, Vec<Accessory>> = BTreeMap::new();
    for (child, parent) in &parents {
        if let Some(accessories) = found.get(&parent.id) {
            inherited.entry(*child).or_default().extend(accessories.iter().cloned());
        }
    }
    Ok(inherited)
}

/// Who pulls, as far as it matters for signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Puller {
    /// Somebody who wants the image.
    Reader,
    /// A tool that reads an image in order to sign it, or says so.
    Signer,
}

/// Refuses a manifest that a project hands out signed only, and that has no signature of the kind. That there is one is
/// all that is asked, as in Harbor; whether it is good is for who runs the image to say.
///
/// Signatures themselves pass, and so do the children of an index that is signed. Who may push here may also look at
/// what is not signed yet, by HEAD or with the tool that signs it: else nothing could ever be signed.
///
/// # Errors
/// [`Error::Policy`] in Harbor's words.
pub(crate) async fn require_signature(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    manifest: &query::registry::Manifest,
    puller: Puller,
) -> Result<()> {
    let trust = access.project().trust;
    let wanted = [(trust.cosign, COSIGN, "cosign"), (trust.notation, NOTATION, "notation")];
    let wanted = wanted.into_iter().filter(|(on, ..)| *on);
    for (_, kind, tool) in wanted {
        if puller == Puller::Signer && access.also::<Push>().is_ok() {
            return Ok(());
        }
        let mut reader = domain.db.reader().await?;
        let signed = query::artifact::is_signed(&mut reader.conn(), manifest.id, kind).await?;
        if !signed {
            return Err(Error::Policy(format!("The image is not signed by {tool}.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use berth_types::manifest::parse;

    use super::*;

    fn manifest(artifact_type: &str, layer: &str, subject: bool) -> Manifest {
        let digest = format!("sha256:{}", "a".repeat(64));
        let descriptor = |media_type: &str| serde_json::json!({ "mediaType": media_type, "digest": digest, "size": 1 });
        let mut text = serde_json::json!({
            "schemaVersion": 2, "config": descriptor(OCI_CONFIG), "layers": [descriptor(layer)],
        });
        if !artifact_type.is_empty() {
            text["artifactType"] = artifact_type.into();
        }
        if subject {
            text["subject"] = descriptor("application/vnd.oci.image.manifest.v1+json");
        }
        parse(None, text.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_artifact_type_says_what_something_is_to_its_subject() {
        for (artifact_type, kind) in [
            ("application/vnd.cncf.notary.signature", NOTATION),
            ("application/vnd.dev.cosign.artifact.sig.v1+json", COSIGN),
            ("application/vnd.dev.sigstore.bundle.v0.3+json", COSIGN),
            ("application/vnd.goharbor.harbor.sbom.v1", SBOM),
            ("application/vnd.in-toto+json", SUBJECT),
            ("", SUBJECT),
        ] {
            assert_eq!(kind_of(&manifest(artifact_type, "x/y", true)), kind, "{artifact_type}");
            assert_eq!(kind_of(&manifest(artifact_type, "x/y", false)), "", "{artifact_type}");
        }
    }

    #[test]
    fn nydus_images_say_so_in_their_last_layer() {
        let mut image = manifest("", "x/y", true);
        image.layers[0].annotations.insert("containerd.io/snapshot/nydus-bootstrap".to_owned(), "true".to_owned());
        assert_eq!(kind_of(&image), NYDUS);
    }

    #[test]
    fn a_tag_of_cosign_counts_only_for_what_cosign_makes() {
        let simple = "application/vnd.dev.cosign.simplesigning.v1+json";
        let hex = "b".repeat(64);
        let subject: Digest = format!("sha256:{hex}").parse().unwrap();
        let tags = |tag: String| vec!["v1".parse::<TagName>().unwrap(), tag.parse().unwrap()];
        let of = |layer: &str, tag: String| by_tags(&manifest("", layer, false), &tags(tag));
        assert_eq!(of(simple, format!("sha256-{hex}.sig")), Some((subject, COSIGN)));
        assert_eq!(of("application/vnd.dsse.envelope.v1+json", format!("sha256-{hex}.att")), Some((subject, SUBJECT)));
        assert_eq!(of("text/spdx+json", format!("sha256-{hex}.sbom")), Some((subject, SUBJECT)));
        for (layer, tag) in [
            ("application/vnd.oci.image.layer.v1.tar", format!("sha256-{hex}.sig")),
            (simple, format!("sha256-{hex}.att")),
            (simple, format!("sha256-{hex}")),
            (simple, "sha256-abc.sig".to_owned()),
            (simple, "v1.sig".to_owned()),
        ] {
            assert_eq!(of(layer, tag.clone()), None, "{layer} {tag}");
        }
        let own = manifest("", simple, true);
        assert_eq!(by_tags(&own, &tags(format!("sha256-{hex}.sig"))), None, "it says itself what it refers to");
    }
}
