//! What kind of artifact a manifest is, and what its configuration says about it, as Harbor shows both.

use berth_types::{
    Digest,
    manifest::{Descriptor, Manifest},
    media_type::{DOCKER_CONFIG, HELM_CONFIG, OCI_CONFIG},
};
use serde_json::{Map, Value};

use crate::{Domain, Error, Result, storage};

/// The largest configuration that is looked into, in bytes. Larger ones are stored like any blob.
pub(crate) const CONFIG_SIZE_BYTES_MAX: usize = 4 << 20;
/// Configuration of a WebAssembly module.
const WASM_CONFIG: &str = "application/vnd.wasm.config.v1+json";
/// Configuration of an SBOM that the server had made.
const SBOM_CONFIG: &str = "application/vnd.goharbor.harbor.sbom.v1";
/// Configurations of models (ModelPack and its predecessors).
const MODEL_CONFIGS: [&str; 3] = [
    "application/vnd.cncf.model.config.v1+json",
    "application/vnd.cnai.model.config.v1+json",
    "application/vnd.cloudnativeai.model.config.v1+json",
];
/// Type of a bundle, which its index says in an annotation.
const CNAB: &str = "application/vnd.cnab.manifest.v1";
/// Marks the layer that is the picture of an artifact of a kind of its own.
const ICON: &str = "io.goharbor.artifact.v1alpha1.icon";
/// Names fields of the configuration that are not to be shown.
const SKIP_LIST: &str = "io.goharbor.artifact.v1alpha1.skip-list";

/// What the row of a manifest says about its content.
pub(crate) struct Kind {
    /// `IMAGE`, `CHART`, … or `UNKNOWN`.
    pub(crate) name: String,
    /// What the configuration says, as JSON.
    pub(crate) extra_attrs: Option<String>,
    /// The layer that is its picture.
    pub(crate) icon: Option<Digest>,
}

/// Looks at a manifest that is about to be accepted. A configuration that is not there yet, or no JSON, says nothing.
pub(crate) async fn of(domain: &Domain, manifest: &Manifest) -> Result<Kind> {
    let Some(config) = manifest.config.as_ref().filter(|_| !manifest.is_index()) else {
        let annotated = manifest.annotations.get("org.opencontainers.artifactType");
        let name = if annotated.is_some_and(|text| text == CNAB) { "CNAB" } else { "IMAGE" };
        return Ok(Kind { name: name.to_owned(), extra_attrs: None, icon: None });
    };
    if is_wasm(manifest, config) {
        let attrs = wasm_attrs(domain, manifest, config).await?;
        return Ok(Kind { name: "WASM".to_owned(), extra_attrs: shown(attrs), icon: None });
    }
    let name = name_of(&config.media_type);
    let own_kind = !matches!(name.as_str(), "IMAGE" | "CHART" | "CNAI" | "SBOM" | "UNKNOWN");
    let attrs = match config.media_type.as_str() {
        OCI_CONFIG | DOCKER_CONFIG => read(domain, &config.digest).await?.map(image_attrs),
        _ if name == "UNKNOWN" => None,
        _ => read(domain, &config.digest).await?,
    };
    let attrs = attrs.map(|attrs| if own_kind { without_skipped(attrs, config) } else { attrs });
    let icon = (own_kind || name == "UNKNOWN").then(|| icon_of(manifest)).flatten();
    Ok(Kind { name, extra_attrs: attrs.and_then(shown), icon })
}

fn shown(attrs: Map<String, Value>) -> Option<String> {
    (!attrs.is_empty()).then(|| Value::Object(attrs).to_string())
}

/// `application/vnd.<org>.<kind>.config.<version>+json` says its kind; anything else is unknown.
pub(crate) fn name_of(config_media_type: &str) -> String {
    match config_media_type {
        OCI_CONFIG | DOCKER_CONFIG => "IMAGE".to_owned(),
        HELM_CONFIG => "CHART".to_owned(),
        WASM_CONFIG => "WASM".to_owned(),
        SBOM_CONFIG => "SBOM".to_owned(),
        other if MODEL_CONFIGS.contains(&other) => "CNAI".to_owned(),
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

/// Modules say so by their configuration, images that hold one by an annotation.
fn is_wasm(manifest: &Manifest, config: &Descriptor) -> bool {
    let says = |key: &str, value: &str| manifest.annotations.get(key).is_some_and(|text| text == value);
    config.media_type == WASM_CONFIG || says("module.wasm.image/variant", "compat") || says("run.oci.handler", "wasm")
}

async fn wasm_attrs(domain: &Domain, manifest: &Manifest, config: &Descriptor) -> Result<Map<String, Value>> {
    let mut attrs = Map::new();
    if config.media_type == WASM_CONFIG {
        if let Some(layer) = manifest.layers.first() {
            attrs.insert("manifest.layers.mediaType".to_owned(), layer.media_type.clone().into());
            let title = layer.annotations.get("org.opencontainers.image.title").cloned().unwrap_or_default();
            attrs.insert("org.opencontainers.image.title".to_owned(), title.into());
        }
    } else if let Some(config) = read(domain, &config.digest).await? {
        attrs = image_attrs(config);
    }
    attrs.insert("manifest.config.mediaType".to_owned(), config.media_type.clone().into());
    Ok(attrs)
}

async fn read(domain: &Domain, digest: &Digest) -> Result<Option<Map<String, Value>>> {
    let Some(blob) = domain.blobs.open(digest).await.map_err(storage::error)? else { return Ok(None) };
    let bytes = match berth_storage::read_all(&*blob, CONFIG_SIZE_BYTES_MAX).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => return Ok(None),
        bytes => bytes?,
    };
    Ok(serde_json::from_slice(&bytes).ok())
}

/// The fields of an image configuration that Harbor shows; some are there even where the configuration has none.
pub(crate) fn image_attrs(mut config: Map<String, Value>) -> Map<String, Value> {
    const SHOWN: [&str; 7] = ["architecture", "author", "config", "created", "os", "os.version", "variant"];
    config.retain(|key, value| SHOWN.contains(&key.as_str()) && !value.is_null());
    let maintainer = config.get("config").and_then(|config| config.get("Labels")?.get("maintainer")).cloned();
    let has_author = config.get("author").and_then(Value::as_str).is_some_and(|author| !author.is_empty());
    if !has_author {
        config.insert("author".to_owned(), maintainer.filter(Value::is_string).unwrap_or_else(|| "".into()));
    }
    for key in ["architecture", "os"] {
        config.entry(key).or_insert_with(|| "".into());
    }
    config.entry("created").or_insert(Value::Null);
    config.entry("config").or_insert_with(|| Map::new().into());
    config
}

/// Whoever makes an artifact of a kind of its own may say which fields are not worth showing.
fn without_skipped(mut attrs: Map<String, Value>, config: &Descriptor) -> Map<String, Value> {
    let skipped = config.annotations.get(SKIP_LIST).map(String::as_str).unwrap_or_default();
    attrs.retain(|key, _| !skipped.split(',').any(|skip| skip.trim() == key));
    attrs
}

fn icon_of(manifest: &Manifest) -> Option<Digest> {
    let marked = manifest.layers.iter().find(|layer| layer.annotations.contains_key(ICON))?;
    let fits = (1..=crate::icon::SIZE_BYTES_MAX as i64).contains(&marked.size);
    (fits && marked.urls.is_empty()).then_some(marked.digest)
}

#[cfg(test)]
mod tests {
    use berth_types::manifest::parse;

    use super::*;

    #[test]
    fn kinds_are_read_from_the_configuration() {
        for (media_type, kind) in [
            (OCI_CONFIG, "IMAGE"),
            (DOCKER_CONFIG, "IMAGE"),
            (HELM_CONFIG, "CHART"),
            (WASM_CONFIG, "WASM"),
            (SBOM_CONFIG, "SBOM"),
            ("application/vnd.cncf.model.config.v1+json", "CNAI"),
            ("application/vnd.cncf.flux.config.v1+json", "FLUX"),
            ("application/vnd.cncf.openpolicyagent.config.v1+json", "OPENPOLICYAGENT"),
            ("application/vnd.oci.empty.v1+json", "UNKNOWN"),
            ("text/plain", "UNKNOWN"),
            ("application/vnd..config.", "UNKNOWN"),
        ] {
            assert_eq!(name_of(media_type), kind, "{media_type}");
        }
    }

    #[test]
    fn an_image_always_says_who_made_it_and_for_what() {
        let attrs = |text: &str| Value::Object(image_attrs(serde_json::from_str(text).unwrap())).to_string();
        let none = r#"{"architecture":"","author":"","config":{},"created":null,"os":""}"#;
        assert_eq!(attrs(r#"{"rootfs":{},"author":null}"#), none);
        let labelled = attrs(r#"{"os":"linux","variant":"v8","config":{"Labels":{"maintainer":"me"}}}"#);
        assert!(labelled.contains(r#""author":"me""#) && labelled.contains(r#""variant":"v8""#), "{labelled}");
    }

    #[test]
    fn the_layer_that_is_marked_is_the_icon() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let layer = |size: i64, annotations: &str| {
            format!(r#"{{"mediaType":"image/png","digest":"{digest}","size":{size},"annotations":{annotations}}}"#)
        };
        let icon = |layer: String| {
            let text = format!(
                r#"{{"schemaVersion":2,"config":{{"mediaType":"x/y","digest":"{digest}","size":2,"annotations":
                   {{"{SKIP_LIST}":"metrics, git"}}}},"layers":[{layer}]}}"#
            );
            parse(None, text.as_bytes()).unwrap()
        };
        let marked = format!(r#"{{"{ICON}":""}}"#);
        assert!(icon_of(&icon(layer(100, &marked))).is_some());
        assert!(icon_of(&icon(layer(100, "{}"))).is_none());
        assert!(icon_of(&icon(layer(64 << 20, &marked))).is_none(), "too large to be one");
        let config = icon(layer(1, "{}")).config.unwrap();
        let attrs = serde_json::from_str(r#"{"metrics":1,"git":2,"name":3}"#).unwrap();
        assert_eq!(without_skipped(attrs, &config).keys().collect::<Vec<_>>(), ["name"]);
    }
}
