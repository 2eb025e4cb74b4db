//! Statements of in-toto, with or without an envelope around them, as facts.
//!
//! They come from whoever pushed them. What is missing or of another shape is as if it was not said; texts and lists are
//! cut.

use base64::{
    Engine,
    alphabet::{STANDARD as ALPHABET, URL_SAFE as URL_ALPHABET},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use berth_types::{
    api::{Attestation, Material},
    referral::{BUNDLE, DSSE, IN_TOTO},
};
use serde_json::Value;

/// The longest text that is shown, in characters.
const TEXT_CHARS_MAX: usize = 1000;
/// How many materials are shown.
const MATERIALS_MAX: usize = 100;

const LOOSE: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Whether a layer holds a statement.
pub(super) fn is_statement(media_type: &str) -> bool {
    media_type.starts_with(IN_TOTO) || is_signed(media_type)
}

/// Whether a signature is around it.
pub(super) fn is_signed(media_type: &str) -> bool {
    media_type.starts_with(DSSE) || media_type.starts_with(BUNDLE)
}

/// The bytes inside of an envelope. Which alphabet is used depends on the tool.
pub(super) fn decode(payload: &str) -> Option<Vec<u8>> {
    let standard = GeneralPurpose::new(&ALPHABET, LOOSE).decode(payload);
    standard.or_else(|_| GeneralPurpose::new(&URL_ALPHABET, LOOSE).decode(payload)).ok()
}

/// Reads a statement into its facts.
pub(super) fn describe(bytes: &[u8], fact: &mut Attestation) {
    let Some(statement) = unwrapped(bytes) else {
        fact.problem = "unreadable".to_owned();
        return;
    };
    let predicate_type = text(&statement["predicateType"]);
    if !predicate_type.is_empty() {
        fact.predicate_type = predicate_type;
    }
    let predicate = &statement["predicate"];
    if predicate["buildDefinition"].is_object() || predicate["runDetails"].is_object() {
        provenance_v1(predicate, fact);
    } else if predicate["builder"].is_object() || predicate["buildType"].is_string() {
        provenance_v0(predicate, fact);
    }
}

/// The statement itself.
fn unwrapped(bytes: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    if value["dsseEnvelope"].is_object() {
        value = value["dsseEnvelope"].take();
    }
    if let Some(payload) = value["payload"].as_str() {
        value = serde_json::from_slice(&decode(payload)?).ok()?;
    }
    value.is_object().then_some(value)
}

/// SLSA 1.0, also as BuildKit and GitHub write it.
fn provenance_v1(predicate: &Value, fact: &mut Attestation) {
    let (definition, run) = (&predicate["buildDefinition"], &predicate["runDetails"]);
    let external = &definition["externalParameters"];
    let vcs = &run["metadata"]["buildkit_metadata"]["vcs"];
    let dependencies = &definition["resolvedDependencies"];
    fact.builder = text(&run["builder"]["id"]);
    fact.build_type = text(&definition["buildType"]);
    let of_source = dependencies.as_array().into_iter().flatten().find(|material| {
        let uri = material["uri"].as_str().unwrap_or_default();
        uri.starts_with("git+")
    });
    let of_source = of_source.unwrap_or(&Value::Null);
    let commit = &of_source["digest"]["gitCommit"];
    fact.source = first([
        &vcs["source"],
        &external["configSource"]["uri"],
        &external["workflow"]["repository"],
        &external["source"]["uri"],
        &external["source"],
        &of_source["uri"],
    ]);
    fact.revision = first([&vcs["revision"], &external["configSource"]["digest"]["sha1"], commit]);
    fact.entry_point = first([
        &external["configSource"]["path"],
        &external["workflow"]["path"],
        &external["request"]["args"]["filename"],
        &external["buildConfig"],
    ]);
    fact.started = text(&run["metadata"]["startedOn"]);
    fact.finished = text(&run["metadata"]["finishedOn"]);
    materials(dependencies, fact);
}

/// SLSA 0.2 and before.
fn provenance_v0(predicate: &Value, fact: &mut Attestation) {
    let source = &predicate["invocation"]["configSource"];
    let vcs = &predicate["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]["vcs"];
    fact.builder = text(&predicate["builder"]["id"]);
    fact.build_type = text(&predicate["buildType"]);
    fact.source = first([&vcs["source"], &source["uri"]]);
    fact.revision = first([&vcs["revision"], &source["digest"]["sha1"]]);
    fact.entry_point = text(&source["entryPoint"]);
    fact.started = text(&predicate["metadata"]["buildStartedOn"]);
    fact.finished = text(&predicate["metadata"]["buildFinishedOn"]);
    materials(&predicate["materials"], fact);
}

fn materials(list: &Value, fact: &mut Attestation) {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    fact.material_count = list.len() as i64;
    let shown = list.iter().take(MATERIALS_MAX).map(|material| {
        let digests = material["digest"].as_object().into_iter().flatten();
        let digest = digests.filter_map(|(name, hex)| Some(format!("{name}:{}", hex.as_str()?))).next();
        let uri = first([&material["uri"], &material["name"]]);
        Material { uri, digest: cut(&digest.unwrap_or_default()) }
    });
    fact.materials = shown.filter(|material| *material != Material::default()).collect();
}

fn first<const N: usize>(values: [&Value; N]) -> String {
    values.into_iter().map(text).find(|text| !text.is_empty()).unwrap_or_default()
}

fn text(value: &Value) -> String {
    cut(value.as_str().unwrap_or_default())
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn told(value: &Value) -> Attestation {
        let mut fact = Attestation::default();
        describe(value.to_string().as_bytes(), &mut fact);
        fact
    }

    fn v1() -> Value {
        json!({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
                    "externalParameters": { "configSource": { "path": "Dockerfile" } },
                    "resolvedDependencies": [
                        { "uri": "pkg:docker/alpine@3.20", "digest": { "sha256": "aa" } },
                        { "uri": "git+https://git.example.com/app", "digest": { "gitCommit": "4e1f09c" } },
                    ],
                },
                "runDetails": {
                    "builder": { "id": "https://ci.example.com/run/7" },
                    "metadata": {
                        "startedOn": "2026-03-14T09:20:00Z", "finishedOn": "2026-03-14T09:21:00Z",
                        "buildkit_metadata": {},
                    },
                },
            },
        })
    }

    #[test]
    fn provenance_of_the_first_version() {
        let fact = told(&v1());
        assert_eq!(fact.predicate_type, "https://slsa.dev/provenance/v1");
        assert_eq!(
            (fact.builder.as_str(), fact.source.as_str()),
            ("https://ci.example.com/run/7", "git+https://git.example.com/app")
        );
        assert_eq!((fact.revision.as_str(), fact.entry_point.as_str()), ("4e1f09c", "Dockerfile"));
        assert_eq!((fact.material_count, fact.materials.len()), (2, 2));
        assert_eq!(fact.materials[0].digest, "sha256:aa");
        assert_eq!(fact.finished, "2026-03-14T09:21:00Z");
    }

    #[test]
    fn provenance_before_it() {
        let fact = told(&json!({
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "predicate": {
                "builder": { "id": "" }, "buildType": "https://mobyproject.org/buildkit@v1",
                "invocation": { "configSource": { "uri": "https://git.example.com/app", "entryPoint": "Dockerfile",
                    "digest": { "sha1": "abc" } } },
                "materials": [{ "uri": "pkg:docker/alpine", "digest": {} }],
                "metadata": { "buildStartedOn": "2026-03-14T09:20:00Z" },
            },
        }));
        assert_eq!((fact.source.as_str(), fact.revision.as_str()), ("https://git.example.com/app", "abc"));
        assert_eq!((fact.materials[0].digest.as_str(), fact.problem.as_str()), ("", ""));
    }

    #[test]
    fn envelopes_are_opened() {
        let inner = v1().to_string();
        for payload in [STANDARD.encode(&inner), URL_SAFE_NO_PAD.encode(&inner)] {
            let envelope =
                json!({ "payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": [] });
            assert_eq!(told(&envelope).builder, "https://ci.example.com/run/7");
            let bundle =
                json!({ "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope });
            assert_eq!(told(&bundle).revision, "4e1f09c");
        }
    }

    #[test]
    fn nonsense_is_unreadable_and_breaks_nothing() {
        for bytes in ["", "no JSON", "[1]", r#"{"payload":"%%%"}"#, r#"{"payload":"bm8="}"#] {
            let mut fact = Attestation::default();
            describe(bytes.as_bytes(), &mut fact);
            assert_eq!(fact.problem, "unreadable", "{bytes}");
        }
        let odd = told(&json!({ "predicateType": 7, "predicate": { "buildDefinition": {}, "runDetails": [] } }));
        assert_eq!(odd, Attestation::default());
        let long = told(&json!({ "predicate": { "builder": { "id": "x".repeat(5000) },
            "materials": vec![json!({ "uri": "u" }); 300] } }));
        assert_eq!((long.builder.len(), long.materials.len(), long.material_count), (1000, 100, 300));
    }
}
