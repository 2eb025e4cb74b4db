//! Whether a tag is safe, in chips: who signed it, whether it says what is in it, what scanners found.

use crate::format::natural;
use crate::i18n::keys;
use crate::t;
use crate::ui::{Badge, Glyph, Severity, Trust as Trusted, TrustChip, VulnerabilityChip};
use berth_types::api::VulnerabilitySummary;
use leptos::prelude::*;

/// The vulnerabilities of something: numbers, that none are known, or that nobody looked.
#[component]
pub(crate) fn Vulnerabilities(
    /// What a scanner found; nothing where none looked.
    found: Option<VulnerabilitySummary>,
) -> impl IntoView {
    view! {
        <span class="nowrap">
            <VulnerabilityChip counts=found.as_ref().map(counts) />
        </span>
    }
}

/// How many of each severity. What scanners count in all and under no severity is unknown.
fn counts(found: &VulnerabilitySummary) -> Vec<(Severity, u64)> {
    let mut counts: Vec<(Severity, u64)> =
        found.summary.iter().map(|(word, count)| (Severity::read(word), natural(*count))).collect();
    let named: u64 = counts.iter().map(|(_, count)| count).sum();
    counts.push((Severity::Unknown, natural(found.total).saturating_sub(named)));
    counts
}

/// Who signed something, and whether it says what is in it.
#[component]
pub(crate) fn Trust(
    /// The kinds of its signatures, as the API calls them.
    signatures: Vec<String>,
    /// Whether there is a list of what is in it.
    sbom: bool,
) -> impl IntoView {
    let signed = if signatures.is_empty() {
        view! { <TrustChip trust=Trusted::Unsigned /> }.into_any()
    } else {
        let title = t!(keys::shelf::SIGNED_WITH, tools = tools(&signatures));
        view! {
            <span title=title>
                <TrustChip trust=Trusted::Signed />
            </span>
        }
        .into_any()
    };
    view! {
        {signed}
        {sbom.then(|| view! { <Sbom /> })}
    }
}

/// That there is a list of what is in something.
#[component]
pub(crate) fn Sbom() -> impl IntoView {
    view! {
        <span title=t!(keys::shelf::SBOM_TITLE)>
            <Badge icon=Glyph::Sbom>"SBOM"</Badge>
        </span>
    }
}

/// `cosign, notation`
fn tools(signatures: &[String]) -> String {
    let names = signatures.iter().map(|kind| kind.strip_prefix("signature.").unwrap_or(kind));
    names.collect::<Vec<_>>().join(", ")
}

/// What is attested, in a word: people know some types of statements by name.
pub(super) fn predicate(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    if lower.contains("slsa.dev/provenance") {
        return t!(keys::shelf::PROVENANCE);
    }
    if ["spdx", "cyclonedx", "syft"].iter().any(|word| lower.contains(word)) {
        return "SBOM".to_owned();
    }
    let named = kind.trim_end_matches('/').rsplit('/').find(|part| !part.starts_with('v') || part.len() > 4);
    named.unwrap_or(kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_severity_is_counted_too() {
        assert!(counts(&VulnerabilitySummary::default()).iter().all(|(_, count)| *count == 0));
        let mut found = VulnerabilitySummary { total: 5, ..VulnerabilitySummary::default() };
        found.summary.extend([("High".to_owned(), 2), ("Low".to_owned(), 1)]);
        assert_eq!(counts(&found), [(Severity::High, 2), (Severity::Low, 1), (Severity::Unknown, 2)]);
    }

    #[test]
    fn tools_are_named_by_their_kind() {
        assert_eq!(tools(&["signature.cosign".to_owned(), "signature.notation".to_owned()]), "cosign, notation");
    }

    #[test]
    fn statements_are_named() {
        assert_eq!(predicate("https://spdx.dev/Document"), "SBOM");
        assert_eq!(predicate("https://example.com/test-result/v0.1"), "test-result");
        assert_eq!(predicate("custom"), "custom");
    }
}
