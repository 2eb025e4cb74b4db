//! What an artifact says of itself, read once from the shapes of the API.

use crate::ui::Trust;
use berth_types::Timestamp;
use berth_types::api::{Accessory, Artifact, ArtifactReference, ReferencePlatform};
use berth_types::referral::{ATTESTATION_MANIFEST, REFERENCE_DIGEST, REFERENCE_TYPE, platform_label};
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
    let label = platform_label(&platform.os, &platform.architecture, &platform.variant);
    let version = if platform.os_version.is_empty() { String::new() } else { format!(" {}", platform.os_version) };
    (!label.is_empty()).then(|| format!("{label}{version}"))
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

/// The children of an index: images in their order, then attestations.
pub fn children(references: &[ArtifactReference]) -> Vec<Child> {
    let platform_of = |reference: &ArtifactReference| reference.platform.as_ref().and_then(platform_text);
    let annotation = |reference: &ArtifactReference, name: &str| {
        reference.annotations.as_ref().and_then(|annotations| annotations.get(name).cloned())
    };
    let (attestations, images): (Vec<_>, Vec<_>) = references
        .iter()
        .partition(|reference| annotation(reference, REFERENCE_TYPE).as_deref() == Some(ATTESTATION_MANIFEST));
    let of_images = images
        .iter()
        .map(|reference| Child {
            digest: reference.child_digest.clone(),
            kind: ChildKind::Platform(platform_of(reference)),
        })
        .collect::<Vec<_>>();
    let of_attestations = attestations.iter().map(|reference| {
        let subject = annotation(reference, REFERENCE_DIGEST);
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

/// What is said about a signature: there is none, one of its own, or one of an index that lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    None,
    /// It has one.
    Own,
    /// An index that lists it has one.
    OfIndex,
}

impl Signature {
    /// By what is attached to an artifact and to the indexes that list it.
    pub fn of(artifact: &Artifact) -> Self {
        let signed = |accessories: &Option<Vec<Accessory>>| {
            accessories.iter().flatten().any(|accessory| accessory.kind.starts_with("signature."))
        };
        if signed(&artifact.accessories) {
            Signature::Own
        } else if signed(&artifact.inherited_accessories) {
            Signature::OfIndex
        } else {
            Signature::None
        }
    }

    /// How far it can be trusted. There are no rules by which a signature is verified, so none is.
    pub const fn trust(self) -> Trust {
        match self {
            Signature::None => Trust::Unsigned,
            Signature::Own | Signature::OfIndex => Trust::Signed,
        }
    }
}

/// What a chart says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartFacts {
    /// Version of the chart.
    pub version: String,
    /// Version of what it installs.
    pub app_version: String,
    /// In a sentence.
    pub description: String,
    /// `application` or `library`.
    pub kind: String,
    /// Versions of Kubernetes that it runs on.
    pub kube_version: String,
    /// Whether it is not to be used any longer.
    pub deprecated: bool,
    /// Pages on the web.
    pub links: Vec<String>,
    /// Who looks after it.
    pub maintainers: Vec<String>,
    /// What it is about.
    pub keywords: Vec<String>,
    /// The charts that it needs: name, version, where.
    pub dependencies: Vec<[String; 3]>,
}

/// How many entries of a list of a chart are shown.
const CHART_LIST_MAX: usize = 100;

impl ChartFacts {
    /// Reads the attributes of a chart; what does not fit is as if it was not there.
    pub fn read(attributes: Option<&BTreeMap<String, Value>>) -> Self {
        let none = Value::Null;
        let of = |name: &str| attributes.and_then(|attributes| attributes.get(name)).unwrap_or(&none);
        let objects = |name: &str| of(name).as_array().into_iter().flatten().take(CHART_LIST_MAX);
        let mut links = vec![text(of("home"))];
        links.extend(texts(of("sources")).into_iter().take(CHART_LIST_MAX));
        links.retain(|link| is_web(link));
        links.dedup();
        ChartFacts {
            version: text(of("version")),
            app_version: text(of("appVersion")),
            description: text(of("description")),
            kind: text(of("type")),
            kube_version: text(of("kubeVersion")),
            deprecated: of("deprecated").as_bool().unwrap_or_default(),
            links,
            maintainers: objects("maintainers").map(|one| text(&one["name"])).filter(|name| !name.is_empty()).collect(),
            keywords: texts(of("keywords")).into_iter().take(CHART_LIST_MAX).collect(),
            dependencies: objects("dependencies")
                .map(|one| [text(&one["name"]), text(&one["version"]), text(&one["repository"])])
                .filter(|[name, ..]| !name.is_empty())
                .collect(),
        }
    }
}

/// Whether a text is an address on the web and nothing else.
pub fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !text.contains(char::is_whitespace))
}

/// What annotations, else the labels of an image, say under `org.opencontainers.image.` and a name.
pub fn said(artifact: &Artifact, facts: &ImageFacts, name: &str) -> String {
    let key = format!("org.opencontainers.image.{name}");
    let annotation = artifact.annotations.as_ref().and_then(|annotations| annotations.get(&key));
    let label = || facts.labels.iter().find(|(label, _)| *label == key).map(|(_, value)| value);
    annotation.or_else(label).map(|value| value.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(more: serde_json::Value) -> Artifact {
        let mut json = serde_json::json!({
            "id": 1, "project_id": 1, "repository_id": 1, "digest": "sha256:a",
            "push_time": "2026-03-14T09:24:00Z", "pull_time": "2026-03-14T09:24:00Z",
        });
        for (key, value) in more.as_object().unwrap() {
            json[key] = value.clone();
        }
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn signed_and_unsigned_are_told_apart() {
        let accessory = |kind: &str| {
            serde_json::json!([{ "id": 1, "artifact_id": 2, "subject_artifact_id": 1, "subject_artifact_digest": "sha256:a",
                "subject_artifact_repo": "p/a", "size": 1, "digest": "sha256:b", "type": kind, "icon": "",
                "creation_time": "2026-03-14T09:24:00Z" }])
        };
        let of = |more| Signature::of(&artifact(more));
        assert_eq!(of(serde_json::json!({})), Signature::None);
        assert_eq!(of(serde_json::json!({ "accessories": accessory("subject.accessory") })), Signature::None);
        assert_eq!(of(serde_json::json!({ "accessories": accessory("signature.notation") })), Signature::Own);
        let index = serde_json::json!({ "inherited_accessories": accessory("signature.cosign") });
        assert_eq!(of(index), Signature::OfIndex);
        assert_eq!(Signature::None.trust(), Trust::Unsigned);
        assert_eq!(Signature::OfIndex.trust(), Trust::Signed);
    }

    #[test]
    fn a_chart_is_read_and_its_nonsense_dropped() {
        let json = r#"{"version":"1.2.3","appVersion":7,"description":" Books. ","deprecated":true,
            "home":"javascript:alert(1)","sources":["https://git.example.com/x","ftp://x"],
            "maintainers":[{"name":"mei"},{"email":"x"},7],"keywords":"x",
            "dependencies":[{"name":"db","version":"1.x","repository":"oci://r"},{"version":"2"}]}"#;
        let facts = ChartFacts::read(Some(&serde_json::from_str(json).unwrap()));
        assert_eq!((facts.version.as_str(), facts.app_version.as_str(), facts.deprecated), ("1.2.3", "", true));
        assert_eq!(facts.links, ["https://git.example.com/x"]);
        assert_eq!((facts.maintainers.len(), facts.keywords.len()), (1, 0));
        assert_eq!(facts.dependencies, [["db".to_owned(), "1.x".to_owned(), "oci://r".to_owned()]]);
        assert_eq!(ChartFacts::read(None), ChartFacts::default());
    }

    #[test]
    fn annotations_come_before_labels() {
        let artifact = artifact(serde_json::json!({
            "annotations": { "org.opencontainers.image.source": "https://a.example" },
            "extra_attrs": { "config": { "Labels": { "org.opencontainers.image.source": "https://b.example",
                "org.opencontainers.image.licenses": "MIT" } } },
        }));
        let facts = ImageFacts::read(artifact.extra_attrs.as_ref());
        assert_eq!(said(&artifact, &facts, "source"), "https://a.example");
        assert_eq!(
            (said(&artifact, &facts, "licenses"), said(&artifact, &facts, "url")),
            ("MIT".into(), String::new())
        );
        assert!(
            is_web("https://a.example/b") && !is_web("https://a b") && !is_web("javascript:x") && !is_web("https://")
        );
    }

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
