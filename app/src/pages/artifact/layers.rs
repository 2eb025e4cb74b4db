//! What an image is made of: its build history joined with its layers.

use super::facts::{ChildKind, ImageFacts, children, is_index};
use super::step::step;
use super::{Head, Part};
use crate::client::{ApiResult, Client, use_client};
use crate::format::{ByteSize, bytes, percent};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{InProject, RepositoryPart, natural};
use crate::query::use_list_state;
use crate::ui::{
    Card, Cell, Column, DigestChip, Empty, Glyph, Meter, Part as Bar, Priority, Row, RowHead, Segment, Segmented,
    Table, TableBox, query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::api::{Artifact, LayerInfo};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Layers that the bar shows one by one, the largest first.
const BAR_CLASSES: [&str; 3] = ["", "alt", "warn"];

/// The image whose layers are shown, and the others of its index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    artifact: Artifact,
    /// The digest that was chosen of an index.
    chosen: Option<String>,
    layers: Vec<LayerInfo>,
}

/// Platforms and digests of the images of an index.
fn images(artifact: &Artifact) -> Vec<(Option<String>, String)> {
    let all = children(artifact.references.as_deref().unwrap_or_default()).into_iter();
    all.filter_map(|child| match child.kind {
        ChildKind::Platform(platform) => Some((platform, child.digest)),
        ChildKind::Attestation { .. } => None,
    })
    .collect()
}

async fn load(client: Client, repo: RepoName, reference: String, asked: Option<String>) -> ApiResult<Shown> {
    let artifact = client.artifact(&repo, &reference).await?;
    let images = images(&artifact);
    // An index has no layers of its own: those of the image asked for, else of its first.
    let chosen = images.iter().find(|(_, digest)| Some(digest) == asked.as_ref()).or(images.first());
    let chosen = chosen.map(|(_, digest)| digest.clone());
    let layers = match (&chosen, is_index(&artifact)) {
        (Some(digest), _) => client.layers(&repo, digest).await?,
        (None, false) => client.layers(&repo, &artifact.digest).await?,
        (None, true) => Vec::new(),
    };
    Ok(Shown { artifact, chosen, layers })
}

/// The page with the layers.
#[component]
pub(crate) fn Layers(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let state = use_list_state("");
    let asked = Memo::new(move |_| {
        let pairs = state.with(|state| query_pairs(&state.search));
        pairs.into_iter().find(|(name, _)| name == "platform").map(|(_, digest)| digest)
    });
    let shown = {
        let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
        Resource::new(move || asked.get(), move |asked| load(client.clone(), repo.clone(), reference.clone(), asked))
    };
    loaded(shown, move |shown| {
        let Shown { artifact, chosen, layers } = shown;
        let images = images(&artifact);
        let own = ImageFacts::read(artifact.extra_attrs.as_ref()).platform;
        let platform = chosen
            .as_ref()
            .and_then(|chosen| images.iter().find(|(_, digest)| digest == chosen)?.0.clone())
            .or((!own.is_empty()).then_some(own))
            .unwrap_or_else(|| t!(keys::artifact::UNKNOWN_PLATFORM));
        let segments: Vec<Segment> = images
            .into_iter()
            .map(|(platform, digest)| Segment {
                label: platform.unwrap_or_else(|| t!(keys::artifact::UNKNOWN_PLATFORM)),
                href: with_query("", &[("platform", Some(&digest))]),
                current: Some(&digest) == chosen.as_ref(),
            })
            .collect();
        let choice = (!segments.is_empty()).then(|| {
            view! { <Segmented label=t!(keys::artifact::PLATFORM) segments=segments /> }
        });
        let list = if layers.is_empty() {
            view! { <NoLayers repo=repo.clone() /> }.into_any()
        } else {
            view! { <LayerTable platform=platform layers=layers /> }.into_any()
        };
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                artifact=artifact
                part=Part::Layers
            />
            {choice}
            {list}
        }
    })
}

#[component]
fn NoLayers(repo: RepoName) -> impl IntoView {
    view! {
        <Card label=t!(keys::artifact::TAB_LAYERS)>
            <Empty icon=Glyph::Layers title=t!(keys::artifact::NO_LAYERS) text=t!(keys::artifact::NO_HISTORY)>
                <a href=RepositoryPart::Tags.of(&repo)>{repo.to_string()}</a>
            </Empty>
        </Card>
    }
}

/// The largest layers as parts of a bar, in the order in which they lie on each other.
fn bars(layers: &[LayerInfo]) -> Vec<Bar> {
    let total: u64 = layers.iter().map(|layer| natural(layer.size)).sum();
    let mut largest: Vec<(usize, u64)> =
        layers.iter().enumerate().map(|(index, layer)| (index, natural(layer.size))).filter(|(_, n)| *n > 0).collect();
    largest.sort_by_key(|(index, size)| (std::cmp::Reverse(*size), *index));
    largest.truncate(BAR_CLASSES.len());
    largest.sort_unstable();
    let part = |((_, size), class): ((usize, u64), &'static str)| Bar { percent: percent(size, total), class };
    largest.into_iter().zip(BAR_CLASSES).map(part).collect()
}

#[component]
fn LayerTable(platform: String, layers: Vec<LayerInfo>) -> impl IntoView {
    let total: u64 = layers.iter().map(|layer| natural(layer.size)).sum();
    let real = layers.iter().filter(|layer| layer.digest.is_some()).count();
    let real = u64::try_from(real).unwrap_or_default();
    let summary = tn!(keys::artifact::LAYERS_SUMMARY, real, platform = platform, size = bytes(total));
    let bars = bars(&layers);
    let label = t!(keys::artifact::SHARE_OF_SIZE);
    let head = || {
        view! {
            <Column label=t!(keys::artifact::NUMBER) num=true />
            <Column label=t!(keys::artifact::STEP) />
            <Column label=t!(keys::artifact::DIGEST) priority=Priority::Second />
            <Column label=t!(keys::artifact::COMPRESSED) num=true />
        }
    };
    let rows = layers.into_iter().enumerate().map(|(index, layer)| view! { <LayerRow number=index + 1 layer=layer /> });
    view! {
        <p class="muted small">{summary}</p>
        <Meter label=label parts=bars large=true />
        <TableBox>
            <Table caption=t!(keys::artifact::LAYERS_CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn LayerRow(number: usize, layer: LayerInfo) -> impl IntoView {
    let LayerInfo { digest, media_type, size, created_by, foreign, .. } = layer;
    let line = step(&created_by);
    let made = digest.is_some();
    // A layer without a line of history says at least what it is.
    let text = if line.is_empty() { media_type.unwrap_or_default() } else { line };
    let class = if made { "name" } else { "name dim" };
    let size = if !made {
        view! { <span class="dim">{t!(keys::artifact::NO_LAYER)}</span> }.into_any()
    } else {
        let note = foreign.then(|| {
            view! { <span class="tiny muted block">{t!(keys::artifact::FOREIGN)}</span> }
        });
        view! {
            <ByteSize bytes=natural(size) />
            {note}
        }
        .into_any()
    };
    view! {
        <Row>
            <Cell label=t!(keys::artifact::NUMBER) num=true>
                {number.to_string()}
            </Cell>
            <RowHead>
                <code class=class>{text}</code>
            </RowHead>
            <Cell label=t!(keys::artifact::DIGEST) priority=Priority::Second>
                {digest.map(|digest| view! { <DigestChip digest=digest /> })}
            </Cell>
            <Cell label=t!(keys::artifact::COMPRESSED) num=true>
                {size}
            </Cell>
        </Row>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(size: i64) -> LayerInfo {
        LayerInfo {
            digest: (size > 0).then(|| "sha256:ab".to_owned()),
            media_type: None,
            size,
            created_by: String::new(),
            created: None,
            foreign: false,
        }
    }

    #[test]
    fn the_bar_shows_the_largest_in_their_order() {
        let bars = bars(&[layer(10), layer(50), layer(0), layer(5), layer(35)]);
        let shown: Vec<(u64, &str)> = bars.into_iter().map(|bar| (bar.percent, bar.class)).collect();
        assert_eq!(shown, [(10, ""), (50, "alt"), (35, "warn")]);
    }

    #[test]
    fn nothing_has_no_bar() {
        assert!(bars(&[layer(0)]).is_empty());
    }
}
