//! zot's store: an OCI image layout for each repository, all tags in one `index.json`.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    registry::{self, Image, MANIFEST},
    seed::{REFERRED, referrer, tag},
};

/// Points many tags at a manifest that the repository has.
pub fn add_tags(store: &Path, repo: &str, image: &Image, count: usize) -> anyhow::Result<()> {
    add(
        store,
        repo,
        (0..count).map(|number| {
            json!({
                "mediaType": MANIFEST,
                "digest": image.digest,
                "size": image.manifest.len(),
                "annotations": { "org.opencontainers.image.ref.name": tag(number) },
            })
        }),
    )
}

/// Stores manifests that refer to another.
pub fn add_referrers(store: &Path, subject: &Image, count: usize) -> anyhow::Result<()> {
    let blobs = store.join(REFERRED).join("blobs/sha256");
    let mut descriptors = Vec::with_capacity(count);
    for number in 0..count {
        let (manifest, artifact_type) = referrer(number, subject);
        let digest = registry::digest(&manifest);
        let hex = digest.strip_prefix("sha256:").context("a digest has an algorithm")?;
        fs::write(blobs.join(hex), &manifest)?;
        descriptors.push(json!({
            "mediaType": MANIFEST, "digest": digest, "size": manifest.len(), "artifactType": artifact_type,
        }));
    }
    add(store, REFERRED, descriptors.into_iter())
}

/// Adds descriptors to the index of a repository.
fn add(store: &Path, repo: &str, descriptors: impl Iterator<Item = Value>) -> anyhow::Result<()> {
    let path = store.join(repo).join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path)?)?;
    index["manifests"].as_array_mut().context("an index has manifests")?.extend(descriptors);
    fs::write(path, index.to_string())?;
    Ok(())
}
