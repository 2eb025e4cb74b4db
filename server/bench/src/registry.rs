//! Pushing as a client does, and the requests that are measured.

use anyhow::Context;
use sha2::{Digest as _, Sha256};

use crate::{
    bulk::path_of,
    http::{Connection, Request},
};

/// Media type of manifests.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What docker accepts, in one header.
pub const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
/// The empty configuration of artifacts.
pub const EMPTY: &[u8] = b"{}";

/// An image that is stored.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its manifest.
    pub manifest: Vec<u8>,
    /// The manifest's digest.
    pub digest: String,
    /// The digest of its first layer.
    pub layer: String,
}

/// `sha256:…` of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    berth_types::Digest::Sha256(Sha256::digest(bytes).into()).to_string()
}

/// `GET` as clients send it, with a credential where there is one.
pub fn get(path: &str, authorization: Option<&str>) -> Request {
    request("GET", path, authorization)
}

/// A request without a body as clients send it.
pub fn request(method: &str, path: &str, authorization: Option<&str>) -> Request {
    let mut headers = vec![("Accept", ACCEPT)];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    Request::new(method, path, &headers)
}

/// The `PUT` of a manifest.
pub fn put_manifest(
    repo: &str,
    reference: &str,
    media_type: &str,
    bytes: &[u8],
    authorization: Option<&str>,
) -> Request {
    let mut headers = vec![("Content-Type", media_type)];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    Request::with_body("PUT", &format!("/v2/{repo}/manifests/{reference}"), &headers, Some(bytes))
}

/// Pushes a small blob with POST and PUT, which every registry knows; says its digest.
///
/// # Errors
/// Where the registry does not take it.
pub async fn push_blob(
    connection: &mut Connection,
    repo: &str,
    bytes: &[u8],
    authorization: Option<&str>,
) -> anyhow::Result<String> {
    let digest = digest(bytes);
    let begin = request("POST", &format!("/v2/{repo}/blobs/uploads/"), authorization);
    let begun = connection.ask(&begin).await?.expect(202, "begin of an upload")?;
    let location = path_of(begun.header("location").context("an upload has a location")?);
    let separator = if location.contains('?') { '&' } else { '?' };
    let mut headers = vec![("Content-Type", "application/octet-stream")];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    let put = Request::with_body("PUT", &format!("{location}{separator}digest={digest}"), &headers, Some(bytes));
    connection.want(&put, 201).await?;
    Ok(digest)
}

/// A manifest of a configuration and layers, each with its size.
pub fn manifest(config: (&str, usize), layers: &[(String, usize)]) -> Vec<u8> {
    let layers: Vec<_> = layers
        .iter()
        .map(|(digest, size)| {
            serde_json::json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": size
            })
        })
        .collect();
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.0, "size": config.1 },
        "layers": layers,
    });
    manifest.to_string().into_bytes()
}

/// Pushes an image of four small layers; no two seeds give the same.
///
/// # Errors
/// Where the registry does not take it.
pub async fn push_image(connection: &mut Connection, repo: &str, tag: &str, seed: &str) -> anyhow::Result<Image> {
    let config = format!(r#"{{"architecture":"amd64","os":"linux","seed":"{seed}"}}"#);
    let config_digest = push_blob(connection, repo, config.as_bytes(), None).await?;
    let mut layers = Vec::new();
    for number in 0..4 {
        let layer = format!("layer {number} of {seed};").repeat(40);
        layers.push((push_blob(connection, repo, layer.as_bytes(), None).await?, layer.len()));
    }
    let manifest = manifest((&config_digest, config.len()), &layers);
    connection.want(&put_manifest(repo, tag, MANIFEST, &manifest, None), 201).await?;
    let layer = layers.first().context("it has layers")?.0.clone();
    Ok(Image { digest: digest(&manifest), manifest, layer })
}

/// A token of Berth for everything in a repository, as the value of `Authorization`.
///
/// # Errors
/// Where the credentials are wrong.
pub async fn bearer(connection: &mut Connection, repo: &str, basic: &str) -> anyhow::Result<String> {
    let answer = connection.ask(&token_request(repo, Some(basic))).await?.expect(200, "token")?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body)?;
    Ok(format!("Bearer {}", answer["token"].as_str().context("the token service gives a token")?))
}

/// The request for a token.
pub fn token_request(repo: &str, basic: Option<&str>) -> Request {
    let path = format!("/service/token?service=harbor-registry&scope=repository:{repo}:pull,push");
    let headers: Vec<_> = basic.map(|value| ("Authorization", value)).into_iter().collect();
    Request::new("GET", &path, &headers)
}

/// `Basic …` of a name and a secret.
pub fn basic(name: &str, secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{name}:{secret}")))
}
