//! What can be read about an artifact beside its row: how an image was built, and its layers.

use berth_db::query;
use berth_types::{
    Digest, RepoName,
    api::{BuildHistoryEntry, LayerInfo},
    manifest::Descriptor,
};

use crate::{
    Domain, Error, Result, artifact,
    authz::{ProjectAccess, ReadAddition, ReadArtifact},
    blob::belongs,
    storage,
};

/// The largest image configuration that is looked into, in bytes.
const CONFIG_SIZE_BYTES_MAX: usize = 4 << 20;

#[derive(Default, serde::Deserialize)]
struct ImageConfig {
    #[serde(default)]
    history: Option<Vec<BuildHistoryEntry>>,
}

/// Harbor's `build_history`: the lines of an image's configuration. Other additions are refused by name.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, [`Error::BadRequest`] for an addition that
/// an artifact of this kind does not have.
pub async fn get(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
    addition: &str,
) -> Result<Vec<BuildHistoryEntry>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let row = artifact::find(&mut reader.conn(), repo, reference).await?;
    if addition == "vulnerabilities" {
        let text = format!("no scanner registration configured for project: {}", access.project_id());
        return Err(Error::NotFound(text));
    }
    if addition != "build_history" || !artifact::has_history(&row) {
        let named = addition.to_uppercase();
        return Err(Error::BadRequest(match row.kind.as_str() {
            _ if row.config_media_type.is_empty() => format!("addition {named} isn't supported"),
            "IMAGE" => format!("addition {named} isn't supported for IMAGE(manifest version 2)"),
            "CHART" => format!("addition {named} isn't supported for CHART"),
            kind => format!("the processor for artifact {kind} not found, cannot get the addition"),
        }));
    }
    let blobs = query::artifact::blobs(&mut reader.conn(), row.id).await?;
    drop(reader);
    let config = blobs.iter().find(|blob| blob.role == "config" && blob.is_here);
    match config {
        Some(config) => Ok(history(domain, &config.digest).await?),
        None => Ok(Vec::new()),
    }
}

/// The layers of an image in the order in which they lie on each other, each with the line of the history that made
/// it; lines that made none stand between them.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn layers(
    domain: &Domain,
    access: &ProjectAccess<ReadArtifact>,
    repo: &RepoName,
    reference: &str,
) -> Result<Vec<LayerInfo>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let row = artifact::find(&mut reader.conn(), repo, reference).await?;
    let blobs = query::artifact::blobs(&mut reader.conn(), row.id).await?;
    drop(reader);
    let config = blobs.iter().find(|blob| blob.role == "config" && blob.is_here);
    let config = config.filter(|_| artifact::has_history(&row));
    let history = match config {
        Some(config) => history(domain, &config.digest).await?,
        None => Vec::new(),
    };
    Ok(join(history, blobs.into_iter().filter(|blob| blob.role == "layer")))
}

fn join(history: Vec<BuildHistoryEntry>, mut layers: impl Iterator<Item = query::artifact::Blob>) -> Vec<LayerInfo> {
    let mut joined = Vec::new();
    for line in history {
        let layer = if line.empty_layer.unwrap_or_default() { None } else { layers.next() };
        let mut info = layer.map_or_else(empty, describe);
        info.created_by = line.created_by.or(line.comment).unwrap_or_default();
        info.created = line.created;
        joined.push(info);
    }
    // Not every builder writes a history, and none has to be complete.
    joined.extend(layers.map(describe));
    joined
}

fn empty() -> LayerInfo {
    LayerInfo { digest: None, media_type: None, size: 0, created_by: String::new(), created: None, foreign: false }
}

fn describe(blob: query::artifact::Blob) -> LayerInfo {
    let descriptor = blob.descriptor.as_deref().and_then(|text| serde_json::from_str::<Descriptor>(text).ok());
    LayerInfo {
        digest: Some(blob.digest.to_string()),
        media_type: Some(blob.media_type),
        size: blob.size,
        foreign: descriptor.is_some_and(|descriptor| !descriptor.urls.is_empty()),
        ..empty()
    }
}

/// A configuration that is missing, too large or no JSON tells nothing.
async fn history(domain: &Domain, config: &Digest) -> Result<Vec<BuildHistoryEntry>> {
    let Some(blob) = domain.blobs.open(config).await.map_err(storage::error)? else { return Ok(Vec::new()) };
    let bytes = match berth_storage::read_all(&*blob, CONFIG_SIZE_BYTES_MAX).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let config: ImageConfig = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(config.history.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(command: &str, empty_layer: bool) -> BuildHistoryEntry {
        BuildHistoryEntry {
            created: None,
            created_by: Some(command.to_owned()),
            author: None,
            comment: None,
            empty_layer: Some(empty_layer),
        }
    }

    fn layer(size: i64) -> query::artifact::Blob {
        query::artifact::Blob {
            role: "layer".to_owned(),
            digest: Digest::Sha256([1; 32]),
            media_type: "x/y".to_owned(),
            size,
            descriptor: None,
            is_here: true,
        }
    }

    #[test]
    fn lines_meet_their_layers() {
        let joined = join(
            vec![line("ADD", false), line("CMD", true), line("RUN", false)],
            vec![layer(1), layer(2), layer(3)].into_iter(),
        );
        let seen: Vec<_> = joined.iter().map(|info| (info.created_by.as_str(), info.size)).collect();
        assert_eq!(seen, [("ADD", 1), ("CMD", 0), ("RUN", 2), ("", 3)]);
        assert!(joined[1].digest.is_none());
    }

    #[test]
    fn a_history_may_have_more_lines_than_layers() {
        assert_eq!(join(vec![line("ADD", false)], std::iter::empty()).len(), 1);
    }
}
