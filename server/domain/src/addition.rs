//! What can be read about an artifact beside its row: how an image was built, its layers, the documents of charts and
//! models.

use berth_db::{
    query,
    query::artifact::{Artifact as Row, Blob},
};
use berth_types::{
    Digest, RepoName,
    api::{BuildHistoryEntry, FileEntry, LayerInfo},
    manifest::Descriptor,
};

use crate::{
    Domain, Error, Result, artifact,
    artifact_kind::CONFIG_SIZE_BYTES_MAX,
    authz::{ProjectAccess, ReadAddition, ReadArtifact},
    blob::belongs,
    chart::{self, Place},
    content, storage,
};

/// Layers that are one document of a model each (ModelPack and its predecessors).
const MODEL_DOCUMENTS: [&str; 3] = [
    "application/vnd.cncf.model.doc.v1.tar",
    "application/vnd.cncf.model.doc.v1.raw",
    "application/vnd.cnai.model.doc.v1.tar",
];
/// Where the file of a layer lies in a model.
const MODEL_PATHS: [&str; 2] = ["org.cncf.model.filepath", "org.cnai.model.filepath"];
/// The largest document of a model, in bytes.
const DOCUMENT_SIZE_BYTES_MAX: usize = 4 << 20;
/// The largest SBOM, in bytes.
const SBOM_SIZE_BYTES_MAX: usize = 20 << 20;
const JSON: &str = "application/json; charset=utf-8";
/// The deepest folder of a model that is shown.
const DEPTH_MAX: usize = 32;

/// What can be read about an artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct Addition {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Addition {
    fn json(value: &impl serde::Serialize) -> Result<Self> {
        let content = serde_json::to_vec(value).map_err(Error::internal)?;
        Ok(Addition { content_type: JSON, content })
    }

    fn text(content: Vec<u8>) -> Self {
        Addition { content_type: "text/plain; charset=utf-8", content }
    }

    fn markdown(content: Vec<u8>) -> Self {
        Addition { content_type: "text/markdown; charset=utf-8", content }
    }
}

/// What an artifact has to be read, by its kind.
pub(crate) fn names(row: &Row) -> &'static [&'static str] {
    match row.kind.as_str() {
        _ if row.config_media_type.is_empty() => &[],
        "IMAGE" | "WASM" => &["build_history"],
        "CHART" => &["values.yaml", "readme.md", "dependencies"],
        "CNAI" => &["readme.md", "license", "files"],
        "SBOM" => &["sbom"],
        _ => &[],
    }
}

#[derive(Default, serde::Deserialize)]
struct ImageConfig {
    #[serde(default)]
    history: Option<Vec<BuildHistoryEntry>>,
}

/// What can be read about an artifact, in the form that Harbor gives it. What it does not have is refused by name.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, [`Error::BadRequest`] for an addition that
/// an artifact of this kind does not have, [`Error::Unprocessable`] for an archive that cannot be read.
pub async fn get(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
    addition: &str,
) -> Result<Addition> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let row = artifact::find(&mut reader.conn(), repo, reference).await?;
    if !names(&row).contains(&addition) {
        return Err(unsupported(&row, addition));
    }
    let blobs = query::artifact::blobs(&mut reader.conn(), row.id).await?;
    drop(reader);
    match (row.kind.as_str(), addition) {
        ("CHART", "dependencies") => Addition::json(&dependencies(row.extra_attrs.as_deref())),
        ("CHART", file) => {
            let bytes = chart_file(domain, &blobs, file).await?;
            Ok(if file == "readme.md" { Addition::markdown(bytes) } else { Addition::text(bytes) })
        }
        ("SBOM", _) => {
            let layer = blobs.iter().find(|blob| blob.role == "layer" && blob.is_here);
            let layer = layer.ok_or_else(|| Error::NotFound("the SBOM has no content".to_owned()))?;
            Ok(Addition { content_type: JSON, content: whole(domain, &layer.digest, SBOM_SIZE_BYTES_MAX).await? })
        }
        ("CNAI", "files") => Addition::json(&files(&blobs)),
        ("CNAI", "license") => Ok(Addition::text(model_document(domain, &blobs, &["LICENSE", "LICENSE.txt"]).await?)),
        ("CNAI", _) => Ok(Addition::markdown(model_document(domain, &blobs, &["README", "README.md"]).await?)),
        _ => {
            let config = blobs.iter().find(|blob| blob.role == "config" && blob.is_here);
            match config {
                Some(config) => Addition::json(&history(domain, &config.digest).await?),
                None => Addition::json(&Vec::<BuildHistoryEntry>::new()),
            }
        }
    }
}

/// What Harbor says to a wish that cannot be met.
fn unsupported(row: &Row, addition: &str) -> Error {
    let named = addition.to_uppercase();
    Error::BadRequest(match row.kind.as_str() {
        _ if row.config_media_type.is_empty() => format!("addition {named} isn't supported"),
        kind @ ("IMAGE" | "WASM") => format!("addition {named} isn't supported for {kind}(manifest version 2)"),
        kind @ ("CHART" | "CNAI") => format!("addition {named} isn't supported for {kind}"),
        kind => format!("the processor for artifact {kind} not found, cannot get the addition"),
    })
}

/// What a chart needs, as helm wrote it into the configuration; null where it needs nothing.
fn dependencies(extra_attrs: Option<&str>) -> serde_json::Value {
    let attrs = extra_attrs.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    attrs.and_then(|mut attrs| attrs.get_mut("dependencies").map(serde_json::Value::take)).unwrap_or_default()
}

/// A file of a chart; empty where the chart has none, as in Harbor.
async fn chart_file(domain: &Domain, blobs: &[Blob], name: &str) -> Result<Vec<u8>> {
    let archives = blobs.iter().filter(|blob| blob.role == "layer" && blob.is_here);
    // Beside the chart there may be its proof of origin, which is no archive.
    let archive =
        archives.clone().find(|blob| blob.media_type.contains("helm.chart.content")).or(archives.clone().next());
    let Some(archive) = archive else { return Ok(Vec::new()) };
    Ok(chart::file(domain, &archive.digest, Place::InFolder, name).await?.unwrap_or_default())
}

/// A layer that is shown as it is.
async fn whole(domain: &Domain, digest: &Digest, size_bytes_max: usize) -> Result<Vec<u8>> {
    let _turn = chart::turn().await?;
    let blob = domain.blobs.open(digest).await.map_err(storage::error)?;
    let blob = blob.ok_or_else(|| Error::NotFound(format!("blob {digest} not found")))?;
    match berth_storage::read_all(&*blob, size_bytes_max).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => {
            Err(Error::Unprocessable(format!("the document is larger than {} MiB", size_bytes_max >> 20)))
        }
        bytes => Ok(bytes?.to_vec()),
    }
}

fn path_of(descriptor: &Descriptor) -> Option<&str> {
    MODEL_PATHS.iter().find_map(|key| descriptor.annotations.get(*key)).map(String::as_str)
}

fn descriptor_of(blob: &Blob) -> Option<Descriptor> {
    blob.descriptor.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// A document of a model by one of its names.
async fn model_document(domain: &Domain, blobs: &[Blob], names: &[&str]) -> Result<Vec<u8>> {
    let absent = || Error::NotFound(format!("{} not found", names.first().copied().unwrap_or_default()));
    let is_it = |blob: &&Blob| {
        let path = descriptor_of(blob).and_then(|descriptor| path_of(&descriptor).map(str::to_owned));
        let named = path.is_some_and(|path| names.iter().any(|name| path.eq_ignore_ascii_case(name)));
        blob.is_here && MODEL_DOCUMENTS.contains(&blob.media_type.as_str()) && named
    };
    let blob = blobs.iter().find(is_it).ok_or_else(absent)?;
    if blob.media_type.ends_with(".raw") {
        return whole(domain, &blob.digest, DOCUMENT_SIZE_BYTES_MAX).await;
    }
    for name in names {
        if let Some(bytes) = chart::file(domain, &blob.digest, Place::Anywhere, name).await? {
            return Ok(bytes);
        }
    }
    Err(absent())
}

/// The files of a model as a tree, folders first, then by name.
fn files(blobs: &[Blob]) -> Vec<FileEntry> {
    let mut root = Vec::new();
    for blob in blobs.iter().filter(|blob| blob.role == "layer") {
        let Some(descriptor) = descriptor_of(blob) else { continue };
        let Some(path) = path_of(&descriptor) else { continue };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if let (Some((file, folders)), true) = (parts.split_last(), parts.len() <= DEPTH_MAX) {
            add_file(&mut root, folders, file, path.ends_with('/'), blob.size);
        }
    }
    sort(&mut root);
    root
}

fn add_file(entries: &mut Vec<FileEntry>, folders: &[&str], name: &str, is_folder: bool, size: i64) {
    let (first, rest) = match folders.split_first() {
        Some((first, rest)) => (*first, Some(rest)),
        None => (name, None),
    };
    let kind = if rest.is_some() || is_folder { "directory" } else { "file" };
    let known = entries.iter().position(|entry| entry.name == first && entry.kind == kind);
    let at = known.unwrap_or(entries.len());
    if known.is_none() {
        let size = if kind == "file" { size } else { 0 };
        entries.push(FileEntry { name: first.to_owned(), kind: kind.to_owned(), size, children: Vec::new() });
    }
    if let (Some(rest), Some(entry)) = (rest, entries.get_mut(at)) {
        add_file(&mut entry.children, rest, name, is_folder, size);
    }
}

fn sort(entries: &mut [FileEntry]) {
    entries.sort_by(|left, right| left.kind.cmp(&right.kind).then_with(|| left.name.cmp(&right.name)));
    for entry in entries {
        sort(&mut entry.children);
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
    let shared = query::content::shared_by(&mut reader.conn(), row.project_id, row.id).await?;
    drop(reader);
    let config = blobs.iter().find(|blob| blob.role == "config" && blob.is_here);
    let config = config.filter(|_| names(&row).contains(&"build_history"));
    let history = match config {
        Some(config) => history(domain, &config.digest).await?,
        None => Vec::new(),
    };
    let mut lines = join(history, blobs.into_iter().filter(|blob| blob.role == "layer"));
    for line in &mut lines {
        let digest = line.digest.as_ref().and_then(|digest| digest.parse::<Digest>().ok());
        line.shared_by = digest.and_then(|digest| shared.get(&digest).copied());
    }
    Ok(lines)
}

fn join(history: Vec<BuildHistoryEntry>, mut layers: impl Iterator<Item = Blob>) -> Vec<LayerInfo> {
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
    LayerInfo {
        digest: None,
        media_type: None,
        size: 0,
        created_by: String::new(),
        created: None,
        foreign: false,
        title: None,
        shared_by: None,
    }
}

fn describe(blob: Blob) -> LayerInfo {
    let descriptor = descriptor_of(&blob);
    LayerInfo {
        digest: Some(blob.digest.to_string()),
        media_type: Some(blob.media_type),
        size: blob.size,
        title: descriptor.as_ref().and_then(content::title),
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

    fn layer(size: i64) -> Blob {
        Blob {
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

    #[test]
    fn files_of_a_model_are_a_tree() {
        let file = |path: &str, size: i64| {
            let digest = Digest::Sha256([1; 32]);
            let key = MODEL_PATHS[0];
            let text =
                format!(r#"{{"mediaType":"x","digest":"{digest}","size":{size},"annotations":{{"{key}":"{path}"}}}}"#);
            Blob { descriptor: Some(text), ..layer(size) }
        };
        let tree = files(&[
            file("weights/b.bin", 2),
            file("README.md", 3),
            file("/weights/a.bin", 1),
            file("empty/", 9),
            layer(1),
        ]);
        let text = serde_json::to_string(&tree).unwrap();
        assert_eq!(
            text,
            r#"[{"name":"empty","type":"directory"},{"name":"weights","type":"directory","children":[{"name":"a.bin","type":"file","size":1},{"name":"b.bin","type":"file","size":2}]},{"name":"README.md","type":"file","size":3}]"#
        );
        assert!(files(&[file(&"a/".repeat(DEPTH_MAX + 1), 1)]).is_empty(), "too deep to be shown");
    }

    #[test]
    fn dependencies_are_what_the_chart_says() {
        assert_eq!(dependencies(None).to_string(), "null");
        assert_eq!(dependencies(Some(r#"{"name":"app"}"#)).to_string(), "null");
        let said = dependencies(Some(r#"{"dependencies":[{"name":"db","version":"1.x"}]}"#)).to_string();
        assert_eq!(said, r#"[{"name":"db","version":"1.x"}]"#);
    }
}
