//! What a scanner says of itself.

use crate::i18n::keys;
use crate::t;
use crate::ui::{Callout, Card, CardBody, KeyValue, KeyValues, Tone};
use berth_types::api::{ScannerAdapterMetadata, ScannerCapability};
use leptos::prelude::*;

/// What a scanner is and can do; `refusal` where it does not answer.
#[component]
pub(super) fn Metadata(
    /// What it says.
    said: Result<ScannerAdapterMetadata, String>,
) -> impl IntoView {
    let content = match said {
        Ok(metadata) => facts(metadata),
        Err(reason) => view! { <Callout tone=Tone::Bad title=t!(keys::scanners::SILENT) text=reason /> }.into_any(),
    };
    view! {
        <Card title=t!(keys::scanners::METADATA)>
            <CardBody stack=true>{content}</CardBody>
        </Card>
    }
}

fn facts(metadata: ScannerAdapterMetadata) -> AnyView {
    let scanner = metadata.scanner.unwrap_or_default();
    let capabilities = metadata.capabilities.into_iter().map(|capability| {
        let (name, takes, makes) = lines(capability);
        view! {
            <KeyValue label=name>
                {list(t!(keys::scanners::TAKES), takes)} {list(t!(keys::scanners::MAKES), makes)}
            </KeyValue>
        }
    });
    let properties = metadata.properties.into_iter().map(|(name, value)| {
        view! {
            <KeyValue label=name>
                <span class="mono">{value}</span>
            </KeyValue>
        }
    });
    view! {
        <KeyValues>
            <KeyValue label=t!(keys::scanners::ADAPTER)>{scanner.name}</KeyValue>
            <KeyValue label=t!(keys::scanners::VENDOR)>{scanner.vendor}</KeyValue>
            <KeyValue label=t!(keys::scanners::VERSION)>{scanner.version}</KeyValue>
            {capabilities.collect_view()}
            {properties.collect_view()}
        </KeyValues>
    }
    .into_any()
}

fn lines(capability: ScannerCapability) -> (String, Vec<String>, Vec<String>) {
    let name = match capability.kind.as_str() {
        "sbom" => t!(keys::scanners::finds::SBOM),
        // Adapters of the first specification leave it out.
        "" | "vulnerability" => t!(keys::scanners::finds::VULNERABILITIES),
        other => other.to_owned(),
    };
    (name, capability.consumes_mime_types, capability.produces_mime_types)
}

fn list(title: String, types: Vec<String>) -> AnyView {
    let items = types.into_iter().map(|kind| view! { <span class="small mono block">{kind}</span> });
    view! {
        <span class="small muted block">{title}</span>
        {items.collect_view()}
    }
    .into_any()
}
