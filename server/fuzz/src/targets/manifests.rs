//! Manifests, and what the rules derive from them.

use berth_domain::fuzz;
use berth_types::{
    manifest::{DESCRIPTORS_MAX, Descriptor, Manifest, parse},
    media_type,
};

/// The input is a manifest, after a zero byte followed by the bytes of its configuration; the first byte picks the
/// `Content-Type`.
pub(super) fn manifest(input: &[u8]) {
    const TYPES: [Option<&str>; 6] = [
        None,
        Some(media_type::OCI_MANIFEST),
        Some(media_type::OCI_INDEX),
        Some(media_type::DOCKER_MANIFEST),
        Some(" Application/VND.oci.image.manifest.v1+json ; charset=utf-8"),
        Some("text/plain"),
    ];
    let Some((first, rest)) = input.split_first() else { return };
    let content_type = TYPES[usize::from(*first) % TYPES.len()];
    let (bytes, config) = match rest.iter().position(|byte| *byte == 0) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, &b"{}"[..]),
    };
    let manifest = match parse(content_type, bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            // The client reads this.
            assert!(error.to_string().len() < 1024 + 8 * bytes.len());
            return;
        }
    };
    check(&manifest);
    // The stored type is what a second reading takes for granted.
    let again = parse(Some(&manifest.media_type), bytes);
    assert!(again.is_ok_and(|again| again.media_type == manifest.media_type), "{}", manifest.media_type);

    let derived = fuzz::derive(&manifest, config);
    assert!(!derived.kind.is_empty());
    // Only the moment of creation may be nothing, as in Harbor.
    let mut shown = derived.attributes.iter();
    assert!(shown.len() <= 7 && shown.all(|(key, value)| key == "created" || !value.is_null()));
    let everything = manifest.config.iter().chain(&manifest.layers).chain(&manifest.manifests).chain(&manifest.subject);
    assert_eq!(derived.references.len(), everything.clone().count());
    for (descriptor, (role, digest, kept)) in everything.zip(&derived.references) {
        assert!(["config", "layer", "child", "subject"].contains(role));
        assert_eq!(descriptor.digest, *digest);
        let kept = kept.as_deref().and_then(|kept| serde_json::from_str::<Descriptor>(kept).ok());
        assert_eq!(kept.as_ref(), Some(descriptor));
    }
}

fn check(manifest: &Manifest) {
    assert!(media_type::is_manifest(&manifest.media_type));
    let parts = manifest.layers.iter().chain(&manifest.manifests).chain(&manifest.config).chain(&manifest.subject);
    assert!(parts.clone().count() <= DESCRIPTORS_MAX);
    assert!(parts.clone().all(|descriptor| descriptor.size >= 0));
    // Two readings of one document are what CVE-2021-41190 is about.
    assert!(manifest.manifests.is_empty() || (manifest.layers.is_empty() && manifest.config.is_none()));
    assert_eq!(manifest.is_index(), manifest.config.is_none());
    if let Some(artifact_type) = manifest.referrer_artifact_type() {
        assert!(manifest.config.is_some() || !artifact_type.is_empty());
    }
    for platform in parts.filter_map(|descriptor| descriptor.platform.as_ref()) {
        assert!(platform.label().contains('/'));
    }
}
