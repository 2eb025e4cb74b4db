//! What kind of artifact a manifest is, and what its configuration says about it, as Harbor shows both.

use berth_types::{
    Digest,
    manifest::Manifest,
    media_type::{DOCKER_CONFIG, HELM_CONFIG, OCI_CONFIG},
};
use serde_json::{Map, Value};

use crate::{Domain, Error, Result, storage};

/// The largest configuration that is looked into, in bytes. Larger ones are stored like any blob.
const CONFIG_SIZE_BYTES_MAX: usize = 4 << 20;

/// What the row of a manifest says about its content.
pub(crate) struct Kind {
    /// `IMAGE`, `CHART`, … or `UNKNOWN`.
    pub(crate) name: String,
    /// What the configuration says, as JSON.
    pub(crate) extra_attrs: Option<String>,
}

/// Looks at a manifest that is about to be accepted. A configuration that is not there yet, or no JSON, says nothing.
pub(crate) async fn of(domain: &Domain, manifest: &Manifest) -> Result<Kind> {
    let Some(config) = manifest.config.as_ref().filter(|_| !manifest.is_index()) else {
        return Ok(Kind { name: "IMAGE".to_owned(), extra_attrs: None });
    };
    let name = name_of(&config.media_type);
    let extra_attrs = match config.media_type.as_str() {
        OCI_CONFIG | DOCKER_CONFIG => read(domain, &config.digest).await?.map(image_attrs),
        HELM_CONFIG => read(domain, &config.digest).await?,
        _ => None,
    };
    let extra_attrs = extra_attrs.map(|attrs| Value::Object(attrs).to_string());
    Ok(Kind { name, extra_attrs })
}

/// `application/vnd.<org>.<kind>.config.<version>+json` says its kind; anything else is unknown.
pub(crate) fn name_of(config_media_type: &str) -> String {
    match config_media_type {
        OCI_CONFIG | DOCKER_CONFIG => "IMAGE".to_owned(),
        HELM_CONFIG => "CHART".to_owned(),
        other => {
            let kind = other
                .strip_prefix("application/vnd.")
                .and_then(|rest| rest.split_once(".config."))
                .and_then(|(name, _)| name.rsplit('.').next())
                .filter(|kind| !kind.is_empty());
            kind.map_or_else(|| "UNKNOWN".to_owned(), str::to_uppercase)
        }
    }
}

async fn read(domain: &Domain, digest: &Digest) -> Result<Option<Map<String, Value>>> {
    let Some(blob) = domain.blobs.open(digest).await.map_err(storage::error)? else { return Ok(None) };
    let bytes = match berth_storage::read_all(&*blob, CONFIG_SIZE_BYTES_MAX).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => return Ok(None),
        bytes => bytes?,
    };
    Ok(serde_json::from_slice(&bytes).ok())
}

/// The fields of an image configuration that Harbor shows.
pub(crate) fn image_attrs(mut config: Map<String, Value>) -> Map<String, Value> {
    const SHOWN: [&str; 7] = ["architecture", "author", "config", "created", "os", "os.version", "variant"];
    config.retain(|key, value| SHOWN.contains(&key.as_str()) && !value.is_null());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_from_the_configuration() {
        for (media_type, kind) in [
            (OCI_CONFIG, "IMAGE"),
            (DOCKER_CONFIG, "IMAGE"),
            (HELM_CONFIG, "CHART"),
            ("application/vnd.cncf.openpolicyagent.config.v1+json", "OPENPOLICYAGENT"),
            ("application/vnd.oci.empty.v1+json", "UNKNOWN"),
            ("text/plain", "UNKNOWN"),
            ("application/vnd..config.", "UNKNOWN"),
        ] {
            assert_eq!(name_of(media_type), kind, "{media_type}");
        }
    }
}
