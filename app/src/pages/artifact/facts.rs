//! What an artifact says of itself, read once from the shapes of the API.

use berth_types::Timestamp;
use berth_types::api::{Artifact, ArtifactReference, ReferencePlatform};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the configuration of an image says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// `linux/arm64/v8`; empty where nothing tells.
    pub platform: String,
    /// When it was built, as the image says.
    pub created: Option<Timestamp>,
    /// Who built it.
    pub author: String,
    /// What runs, with its fixed arguments.
    pub entrypoint: Vec<String>,
    /// The arguments by default.
    pub command: Vec<String>,
    /// As whom it runs.
    pub user: String,
    /// Where it runs.
    pub working_dir: String,
    /// Ports it listens on.
    pub ports: Vec<String>,
    /// Folders that outlive a container.
    pub volumes: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

impl ImageFacts {
    /// Reads the attributes of an artifact; what does not fit is as if it was not there.
    pub fn read(attributes: Option<&BTreeMap<String, Value>>) -> Self {
        let none = Value::Null;
        let of = |name: &str| attributes.and_then(|attributes| attributes.get(name)).unwrap_or(&none);
        let config = of("config");
        let platform = ReferencePlatform {
            os: text(of("os")),
            architecture: text(of("architecture")),
            variant: text(of("variant")),
            ..ReferencePlatform::default()
        };
        ImageFacts {
            platform: platform_text(&platform).unwrap_or_default(),
            created: of("created").as_str().and_then(Timestamp::parse_rfc3339),
            author: text(of("author")),
            entrypoint: texts(&config["Entrypoint"]),
            command: texts(&config["Cmd"]),
            user: text(&config["User"]),
            working_dir: text(&config["WorkingDir"]),
            ports: names(&config["ExposedPorts"]),
            volumes: names(&config["Volumes"]),
            env: texts(&config["Env"]),
            labels: pairs(&config["Labels"]),
        }
    }

    /// Whether it says how it runs.
    pub fn runs(&self) -> bool {
        let empty = self.entrypoint.is_empty()
            && self.command.is_empty()
            && self.user.is_empty()
            && self.working_dir.is_empty()
            && self.ports.is_empty()
            && self.volumes.is_empty()
            && self.env.is_empty();
        !empty
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn names(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flat_map(|object| object.keys()).cloned().collect()
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let object = value.as_object().into_iter().flatten();
    object.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// `linux/arm/v7`; nothing for a platform that says nothing.
fn platform_text(platform: &ReferencePlatform) -> Option<String> {
    let known = |part: &str| !part.is_empty() && part != "unknown";
    if !known(&platform.os) && !known(&platform.architecture) {
        return None;
    }
    let parts = [&platform.os, &platform.architecture, &platform.variant];
    let named: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| known(part)).collect();
    let version = if platform.os_version.is_empty() { String::new() } else { format!(" {}", platform.os_version) };
    Some(format!("{}{version}", named.join("/")))
}

/// A manifest that an index points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its digest.
    pub digest: String,
    /// What it is.
    pub kind: ChildKind,
}

/// What a child of an index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// An image for a platform; nothing where the index does not tell which.
    Platform(Option<String>),
    /// What a builder attests about another child.
    Attestation {
        /// The platform of that child, where the index has it.
        about: Option<String>,
    },
}

/// The annotation by which builders mark what is no image.
const KIND: &str = "vnd.docker.reference.type";
const ATTESTATION: &str = "attestation-manifest";
/// The annotation that names the child that is attested.
const SUBJECT: &str = "vnd.docker.reference.digest";

/// The children of an index: images in their order, then attestations.
pub fn children(references: &[ArtifactReference]) -> Vec<Child> {
    let platform_of = |reference: &ArtifactReference| reference.platform.as_ref().and_then(platform_text);
    let annotation = |reference: &ArtifactReference, name: &str| {
        reference.annotations.as_ref().and_then(|annotations| annotations.get(name).cloned())
    };
    let (attestations, images): (Vec<_>, Vec<_>) =
        references.iter().partition(|reference| annotation(reference, KIND).as_deref() == Some(ATTESTATION));
    let of_images = images
        .iter()
        .map(|reference| Child {
            digest: reference.child_digest.clone(),
            kind: ChildKind::Platform(platform_of(reference)),
        })
        .collect::<Vec<_>>();
    let of_attestations = attestations.iter().map(|reference| {
        let subject = annotation(reference, SUBJECT);
        let about = images.iter().find(|image| Some(&image.child_digest) == subject.as_ref());
        let about = about.and_then(|image| platform_of(image));
        Child { digest: reference.child_digest.clone(), kind: ChildKind::Attestation { about } }
    });
    let of_attestations: Vec<Child> = of_attestations.collect();
    of_images.into_iter().chain(of_attestations).collect()
}

/// The platforms that an artifact is for: its own, or those of its children.
pub fn platforms_of(artifact: &Artifact) -> Vec<String> {
    let references = artifact.references.as_deref().unwrap_or_default();
    if references.is_empty() {
        let own = ImageFacts::read(artifact.extra_attrs.as_ref()).platform;
        return if own.is_empty() { Vec::new() } else { vec![own] };
    }
    let platform = |child: Child| match child.kind {
        ChildKind::Platform(platform) => platform,
        ChildKind::Attestation { .. } => None,
    };
    children(references).into_iter().filter_map(platform).collect()
}

/// Whether an artifact only points at others.
pub fn is_index(artifact: &Artifact) -> bool {
    artifact.references.as_ref().is_some_and(|references| !references.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(json: &str) -> ImageFacts {
        let map: BTreeMap<String, Value> = serde_json::from_str(json).unwrap();
        ImageFacts::read(Some(&map))
    }

    #[test]
    fn a_configuration_is_read() {
        let facts = attributes(
            r#"{"architecture":"arm64","os":"linux","created":"2026-03-14T09:21:00Z","author":"ci",
                "config":{"Entrypoint":["/bin/x","serve"],"Cmd":null,"Env":["TZ=UTC"],"ExposedPorts":{"8080/tcp":{}},
                "Labels":{"a":"b"},"User":"1000","WorkingDir":"/srv"}}"#,
        );
        assert_eq!((facts.platform.as_str(), facts.user.as_str()), ("linux/arm64", "1000"));
        assert_eq!(facts.entrypoint, ["/bin/x", "serve"]);
        assert_eq!(facts.ports, ["8080/tcp"]);
        assert_eq!(facts.labels, [("a".to_owned(), "b".to_owned())]);
        assert!(facts.created.is_some() && facts.runs());
    }

    #[test]
    fn nonsense_says_nothing() {
        assert_eq!(attributes(r#"{"os":7,"created":"once","config":[1]}"#), ImageFacts::default());
        assert!(!ImageFacts::read(None).runs());
    }

    #[test]
    fn attestations_are_no_platforms() {
        let references: Vec<ArtifactReference> = serde_json::from_str(
            r#"[{"parent_id":1,"child_id":3,"child_digest":"sha256:c","urls":null,
                 "platform":{"OsFeatures":null,"architecture":"unknown","os":"unknown"},
                 "annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"sha256:b"}},
                {"parent_id":1,"child_id":2,"child_digest":"sha256:b","urls":null,
                 "platform":{"OsFeatures":null,"architecture":"arm","os":"linux","variant":"v7"}}]"#,
        )
        .unwrap();
        let children = children(&references);
        assert_eq!(children[0].kind, ChildKind::Platform(Some("linux/arm/v7".into())));
        assert_eq!(children[1].kind, ChildKind::Attestation { about: Some("linux/arm/v7".into()) });
    }
}
