//! The exact bytes of the manifest and of the configuration.

use super::subject::{Asked, Subject, shown_of};
use super::{Head, Part};
use crate::client::content::part_of;
use crate::client::{ApiError, ApiResult, Client};
use crate::format::{ByteSize, digest_short};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject};
use crate::t;
use crate::ui::{
    Callout, CodeBlock, DigestChip, DownloadLink, JsonBlock, Segment, Segmented, Tone, breakable, with_query,
};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The longest document that is shown, in bytes. Longer ones can be saved.
const SHOWN_BYTES_MAX: usize = 256 << 10;
/// The longest document that gets colours, in bytes: each word of it is an element of the page.
const COLOURED_BYTES_MAX: usize = 48 << 10;
/// The view of the page that shows the configuration.
const CONFIG: &str = "config";

/// What a manifest says about its configuration.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Outline {
    config: Option<Pointer>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Pointer {
    media_type: String,
    digest: String,
}

/// A document as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    subject: Subject,
    is_config: bool,
    /// Whether there is a configuration to be shown.
    has_config: bool,
    digest: String,
    media_type: String,
    size: u64,
    /// Nothing where it is too long.
    text: Result<Option<String>, ApiError>,
}

fn config_of(manifest: &str) -> Option<Pointer> {
    let outline: Outline = serde_json::from_str(manifest).unwrap_or_default();
    outline.config.filter(|config| !config.digest.is_empty())
}

async fn load(client: Client, repo: RepoName, reference: String, asked: Asked) -> ApiResult<Shown> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let manifest = client.manifest_text(&repo, &subject.artifact.digest).await?;
    let config = config_of(&manifest);
    let has_config = config.is_some();
    let (is_config, digest, media_type, text) = match config.filter(|_| asked.get("view") == CONFIG) {
        Some(config) => {
            let text = client.config_text(&repo, &subject.artifact.digest).await;
            (true, config.digest, config.media_type, text)
        }
        None => {
            let artifact = &subject.artifact;
            (false, artifact.digest.clone(), artifact.manifest_media_type.clone(), Ok(manifest))
        }
    };
    let size = text.as_ref().map_or(0, |text| text.len() as u64);
    let text = text.map(|text| Some(text).filter(|text| text.len() <= SHOWN_BYTES_MAX));
    Ok(Shown { subject, is_config, has_config, digest, media_type, size, text })
}

/// The page of the bytes.
#[component]
pub(super) fn Manifest(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    loaded(shown_of(&repo, &reference, load), move |shown: Shown| {
        let subject = shown.subject.clone();
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Inside(ArtifactPart::Manifest)
            />
            {content(&repo, shown)}
        }
    })
}

fn content(repo: &RepoName, shown: Shown) -> impl IntoView + use<> {
    let Shown { subject, is_config, has_config, digest, media_type, size, text } = shown;
    let search = if subject.family.is_child { format!("of={}", subject.family.index) } else { String::new() };
    let segment = |label: String, view: Option<&str>, current: bool| Segment {
        label,
        href: with_query(&search, &[("view", view)]),
        current,
    };
    let choice = has_config.then(|| {
        let segments = vec![
            segment(t!(keys::artifact::TAB_MANIFEST), None, !is_config),
            segment(t!(keys::artifact::CONFIG), Some(CONFIG), is_config),
        ];
        view! { <Segmented label=t!(keys::artifact::manifest::DOCUMENT) segments=segments /> }
    });
    let (part, label) = match is_config {
        true => (CONFIG, t!(keys::artifact::CONFIG)),
        false => ("manifest", t!(keys::artifact::TAB_MANIFEST)),
    };
    let href = part_of(repo, &subject.artifact.digest, part);
    let file = format!("{part}-{}.json", digest_short(&digest));
    let is_coloured = matches!(&text, Ok(Some(text)) if text.len() <= COLOURED_BYTES_MAX);
    let bytes = match text {
        Ok(Some(text)) if is_coloured => view! {
            <JsonBlock text=text label=label download=href.clone() file=file.clone() />
            <p class="small muted">{t!(keys::artifact::manifest::EXACT)}</p>
        }
        .into_any(),
        Ok(Some(text)) => view! { <CodeBlock text=text label=label.clone() /> }.into_any(),
        Ok(None) => view! {
            <Callout title=t!(keys::artifact::manifest::LONG) text=t!(keys::artifact::manifest::LONG_TEXT) />
        }
        .into_any(),
        Err(error) => view! {
            <Callout
                tone=Tone::Bad
                title=t!(keys::artifact::manifest::REFUSED)
                text=error.message
                request_id=error.request_id
            />
        }
        .into_any(),
    };
    // A document with colours has the link in its head.
    let name = t!(keys::artifact::manifest::NAMED, digest = digest_short(&digest));
    let link = (!is_coloured).then(|| view! { <DownloadLink href=href file=file name=name /> });
    view! {
        <div class="row between">
            {choice} <p class="row g2 small">
                <DigestChip digest=digest />
                <span class="mono name">{breakable(&media_type)}</span>
                <ByteSize bytes=size />
                {link}
            </p>
        </div>
        {bytes}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_found() {
        let config = config_of(r#"{"config":{"mediaType":"x/y","digest":"sha256:a","size":1}}"#).unwrap();
        assert_eq!((config.media_type.as_str(), config.digest.as_str()), ("x/y", "sha256:a"));
        for none in ["", "[]", "{}", r#"{"config":7}"#, r#"{"config":{}}"#] {
            assert!(config_of(none).is_none(), "{none}");
        }
    }
}
