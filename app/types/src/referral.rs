//! What a manifest is to the one it refers to, told by its types and annotations alone. Nothing of it is verified.

use std::collections::BTreeMap;

/// What a builder marks a child of an index with that is no image.
pub const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// The value of [`REFERENCE_TYPE`] for statements about another child.
pub const ATTESTATION_MANIFEST: &str = "attestation-manifest";
/// The annotation that names the child which such a statement is about.
pub const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
/// The annotation of a layer that names what the statement in it says.
pub const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";
/// The same in a manifest that holds a bundle of sigstore.
pub const BUNDLE_PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// A statement of in-toto.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// A statement with a signature around it.
pub const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
/// What media types of bundles of sigstore begin with.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.";
/// The predicate by which cosign signs an image in a bundle.
const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/";

/// What a referrer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Referral {
    /// A signature of cosign, one layer a signature.
    Cosign,
    /// A signature in a bundle of sigstore.
    Bundle,
    /// A signature of notation.
    Notation,
    /// A list of what the subject is made of.
    Sbom,
    /// How the subject was built.
    Provenance,
    /// Another statement about the subject.
    Attestation,
    /// What a scanner found.
    Report,
    /// Anything else.
    Other,
}

impl Referral {
    /// Whether it is a signature.
    pub const fn is_signature(self) -> bool {
        matches!(self, Referral::Cosign | Referral::Bundle | Referral::Notation)
    }

    /// By the artifact type, the annotations, and media type and predicate type of each layer.
    pub fn of<'a>(
        artifact_type: &str,
        annotations: &BTreeMap<String, String>,
        layers: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let layers: Vec<(&str, &str)> = layers.collect();
        let any = |media_type: &str| layers.iter().any(|(layer, _)| layer.starts_with(media_type));
        let annotated = annotations.get(BUNDLE_PREDICATE_TYPE).or_else(|| annotations.get("predicateType"));
        let of_layer = layers.iter().find_map(|(_, predicate)| (!predicate.is_empty()).then_some(*predicate));
        let predicate = annotated.map(String::as_str).or(of_layer).unwrap_or_default();
        if artifact_type == "application/vnd.cncf.notary.signature" {
            return Referral::Notation;
        }
        if artifact_type.starts_with(BUNDLE) || any(BUNDLE) {
            let signs = predicate.is_empty() || predicate.starts_with(COSIGN_SIGN);
            return if signs { Referral::Bundle } else { by_predicate(predicate) };
        }
        if artifact_type == "application/vnd.dev.cosign.artifact.sig.v1+json"
            || any("application/vnd.dev.cosign.simplesigning.")
        {
            return Referral::Cosign;
        }
        if artifact_type == IN_TOTO || artifact_type == DSSE || any(IN_TOTO) || any(DSSE) {
            return by_predicate(predicate);
        }
        let names = |words: &[&str]| {
            let in_type = words.iter().any(|word| artifact_type.contains(word));
            in_type || layers.iter().any(|(layer, _)| words.iter().any(|word| layer.contains(word)))
        };
        if names(&["sbom", "spdx", "cyclonedx", "syft"]) {
            return Referral::Sbom;
        }
        if names(&["sarif", "security.vulnerability.report", "scanner.adapter.vuln"]) {
            return Referral::Report;
        }
        Referral::Other
    }
}

fn by_predicate(predicate: &str) -> Referral {
    if !sbom_format(predicate).is_empty() {
        return Referral::Sbom;
    }
    if predicate.starts_with("https://slsa.dev/provenance/") {
        return Referral::Provenance;
    }
    if predicate.contains("/attestation/vuln") {
        return Referral::Report;
    }
    Referral::Attestation
}

/// `SPDX` or `CycloneDX`, by a predicate, a media type or an artifact type; empty for what is neither.
pub fn sbom_format(named: &str) -> &'static str {
    let named = named.to_ascii_lowercase();
    if named.contains("spdx") {
        "SPDX"
    } else if named.contains("cyclonedx") {
        "CycloneDX"
    } else {
        ""
    }
}

/// The platform of a descriptor as people write it; empty where it says nothing.
pub fn platform_label(os: &str, architecture: &str, variant: &str) -> String {
    let known = |part: &&str| !part.is_empty() && *part != "unknown";
    if !known(&os) && !known(&architecture) {
        return String::new();
    }
    [os, architecture, variant].into_iter().filter(known).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(artifact_type: &str, annotation: &str, layer: &str, predicate: &str) -> Referral {
        let annotations = BTreeMap::from([(BUNDLE_PREDICATE_TYPE.to_owned(), annotation.to_owned())]);
        let annotations = if annotation.is_empty() { BTreeMap::new() } else { annotations };
        Referral::of(artifact_type, &annotations, std::iter::once((layer, predicate)))
    }

    #[test]
    fn types_tell_what_refers() {
        const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
        const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
        const SLSA: &str = "https://slsa.dev/provenance/v1";
        for (artifact_type, annotation, layer, predicate, expected) in [
            (CONFIG, "", "application/vnd.dev.cosign.simplesigning.v1+json", "", Referral::Cosign),
            ("application/vnd.dev.cosign.artifact.sig.v1+json", "", "x/y", "", Referral::Cosign),
            ("application/vnd.cncf.notary.signature", "", "application/jose+json", "", Referral::Notation),
            (BUNDLE_TYPE, "", BUNDLE_TYPE, "", Referral::Bundle),
            (BUNDLE_TYPE, "https://sigstore.dev/cosign/sign/v1", BUNDLE_TYPE, "", Referral::Bundle),
            (BUNDLE_TYPE, SLSA, BUNDLE_TYPE, "", Referral::Provenance),
            (BUNDLE_TYPE, "https://cyclonedx.org/bom", BUNDLE_TYPE, "", Referral::Sbom),
            (CONFIG, "", IN_TOTO, "https://slsa.dev/provenance/v0.2", Referral::Provenance),
            (CONFIG, "", IN_TOTO, "https://spdx.dev/Document", Referral::Sbom),
            (CONFIG, "", DSSE, "", Referral::Attestation),
            (CONFIG, "", DSSE, "https://cosign.sigstore.dev/attestation/vuln/v1", Referral::Report),
            ("application/spdx+json", "", "application/spdx+json", "", Referral::Sbom),
            ("application/vnd.goharbor.harbor.sbom.v1", "", "application/octet-stream", "", Referral::Sbom),
            ("application/sarif+json", "", "application/sarif+json", "", Referral::Report),
            ("application/vnd.example.review", "", "text/plain", "", Referral::Other),
            ("", "", "", "", Referral::Other),
        ] {
            assert_eq!(
                of(artifact_type, annotation, layer, predicate),
                expected,
                "{artifact_type} {layer} {predicate}"
            );
        }
        assert!(Referral::Notation.is_signature() && !Referral::Provenance.is_signature());
    }

    #[test]
    fn platforms_never_read_unknown() {
        assert_eq!(platform_label("linux", "arm", "v7"), "linux/arm/v7");
        assert_eq!(platform_label("windows", "amd64", ""), "windows/amd64");
        assert_eq!(platform_label("unknown", "unknown", ""), "");
        assert_eq!(platform_label("", "", "v7"), "");
        assert_eq!(platform_label("wasip1", "unknown", ""), "wasip1");
    }

    #[test]
    fn formats_of_sboms() {
        assert_eq!(sbom_format("https://spdx.dev/Document"), "SPDX");
        assert_eq!(sbom_format("application/vnd.cyclonedx+json"), "CycloneDX");
        assert_eq!(sbom_format("https://slsa.dev/provenance/v1"), "");
    }
}
