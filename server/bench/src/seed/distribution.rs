//! distribution's store: `repositories/<name>/_manifests/{tags,revisions}` of small files that hold a digest, and
//! `blobs/sha256/<ab>/<hex>/data`. What is written here is what the registry itself leaves behind, but for the list of
//! a tag's former targets (`tags/<tag>/index`), which no read looks at.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    registry::{self, INDEX, Image, MANIFEST},
    seed::{REFERRED, referrer, tag},
};

/// The root of the registry in its folder.
pub fn root(store: &Path) -> PathBuf {
    store.join("docker/registry/v2")
}

/// Points many tags at a manifest that the repository has.
pub fn add_tags(root: &Path, repo: &str, digest: &str, count: usize) -> anyhow::Result<()> {
    let tags = root.join("repositories").join(repo).join("_manifests/tags");
    for number in 0..count {
        let current = tags.join(tag(number)).join("current");
        fs::create_dir_all(&current)?;
        fs::write(current.join("link"), digest)?;
    }
    Ok(())
}

/// It has no referrers API: clients keep the list in an index under a tag that is named after the subject
/// (spec, "Referrers Tag Schema").
pub fn add_referrers(root: &Path, subject: &Image, count: usize) -> anyhow::Result<()> {
    let descriptors: Vec<_> = (0..count)
        .map(|number| {
            let (manifest, artifact_type) = referrer(number, subject);
            serde_json::json!({
                "mediaType": MANIFEST,
                "digest": registry::digest(&manifest),
                "size": manifest.len(),
                "artifactType": artifact_type,
                "annotations": { "org.example.number": number.to_string() },
            })
        })
        .collect();
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors });
    let index = index.to_string();
    let digest = registry::digest(index.as_bytes());
    let (algorithm, hex) = digest.split_once(':').context("a digest has an algorithm")?;
    let blob = root.join("blobs").join(algorithm).join(&hex[..2]).join(hex);
    fs::create_dir_all(&blob)?;
    fs::write(blob.join("data"), &index)?;
    let manifests = root.join("repositories").join(REFERRED).join("_manifests");
    let revision = manifests.join("revisions").join(algorithm).join(hex);
    let current = manifests.join("tags").join(subject.digest.replace(':', "-")).join("current");
    for folder in [revision, current] {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("link"), &digest)?;
    }
    Ok(())
}
