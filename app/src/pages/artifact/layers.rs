//! What an image is made of: its build history joined with its layers, and the Dockerfile that it suggests. What is no image
//! has files instead.

use super::dockerfile::{base_of, reconstruct};
use super::facts::{ImageFacts, is_index};
use super::files::Files;
use super::step::step;
use super::subject::{Asked, Subject, platforms, shown_of};
use super::{Head, Part};
use crate::client::{ApiResult, Client};
use crate::format::{ByteSize, bytes, count, natural, percent};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{InProject, RepositoryPart};
use crate::ui::{
    Callout, Card, Cell, CodeBlock, Column, DigestChip, Empty, Glyph, LinkButton, Meter, Part as Bar, Priority, Row,
    RowHead, Segment, Size, Table, TableBox, with_query,
};
use crate::{t, tn};
use berth_types::api::LayerInfo;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Layers that the bar shows one by one, the largest first.
const BAR_CLASSES: [&str; 3] = ["", "alt", "warn"];
/// The view of the page that shows a Dockerfile.
const DOCKERFILE: &str = "dockerfile";

/// The image whose layers are shown, and the index that lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    subject: Subject,
    /// The digest that was chosen of an index.
    chosen: Option<String>,
    layers: Vec<LayerInfo>,
    /// Whether the Dockerfile is asked for.
    as_file: bool,
}

async fn load(client: Client, repo: RepoName, reference: String, asked: Asked) -> ApiResult<Shown> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let (platform, as_file) = (asked.get("platform"), asked.get("view") == DOCKERFILE);
    if !is_index(&subject.artifact) {
        let layers = client.layers(&repo, &subject.artifact.digest).await?;
        return Ok(Shown { subject, chosen: None, layers, as_file });
    }
    // An index has no layers of its own: those of the image asked for, else of its first.
    let images = &subject.family.images;
    let chosen = images.iter().find(|(_, digest)| *digest == platform).or(images.first());
    let chosen = chosen.map(|(_, digest)| digest.clone());
    let layers = match &chosen {
        Some(digest) => client.layers(&repo, digest).await?,
        None => Vec::new(),
    };
    Ok(Shown { subject, chosen, layers, as_file })
}

/// The page with the layers.
#[component]
pub(crate) fn Layers(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    loaded(shown_of(&repo, &reference, load), move |shown| {
        let choice = choice(&shown);
        let subject = shown.subject.clone();
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Layers
            />
            {choice}
            {content(repo.clone(), reference.to_string(), shown)}
        }
    })
}

/// The images of an index to choose from.
fn choice(shown: &Shown) -> Option<AnyView> {
    let view = shown.as_file.then_some(DOCKERFILE);
    let segment = |(platform, digest): &(String, String)| Segment {
        label: if platform.is_empty() { t!(keys::artifact::UNKNOWN_PLATFORM) } else { platform.clone() },
        href: with_query("", &[("platform", Some(digest)), ("view", view)]),
        current: Some(digest) == shown.chosen.as_ref(),
    };
    let images = &shown.subject.family.images;
    (is_index(&shown.subject.artifact) && !images.is_empty()).then(|| platforms(images.iter().map(segment).collect()))
}

fn content(repo: RepoName, reference: String, shown: Shown) -> AnyView {
    let Shown { subject, chosen, layers, as_file } = shown;
    if layers.is_empty() {
        return view! { <NoLayers repo=repo /> }.into_any();
    }
    if !super::is_image(&subject.artifact) {
        return view! { <Files repo=repo reference=reference files=layers /> }.into_any();
    }
    let facts = ImageFacts::read(subject.artifact.extra_attrs.as_ref());
    let pairs =
        subject.artifact.annotations.iter().flatten().chain(facts.labels.iter().map(|(name, value)| (name, value)));
    let base = base_of(pairs.map(|(name, value)| (name.as_str(), value.as_str())));
    let keep = chosen.as_deref();
    let view = (!as_file).then_some(DOCKERFILE);
    let of = subject.family.is_child.then_some(subject.family.index.as_str());
    let other = with_query("", &[("platform", keep), ("of", of), ("view", view)]);
    let of_family =
        chosen.as_ref().and_then(|chosen| subject.family.images.iter().find(|(_, digest)| digest == chosen));
    let platform = of_family.map(|(platform, _)| platform.clone()).unwrap_or(facts.platform);
    let platform = if platform.is_empty() { t!(keys::artifact::UNKNOWN_PLATFORM) } else { platform };
    if as_file {
        return view! { <Dockerfile layers=layers base=base back=other /> }.into_any();
    }
    view! { <LayerTable platform=platform layers=layers dockerfile=other /> }.into_any()
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

#[component]
fn Dockerfile(layers: Vec<LayerInfo>, base: Option<String>, back: String) -> impl IntoView {
    let text = reconstruct(&layers, base.as_deref(), &t!(keys::artifact::dockerfile::COMMENT));
    let layered = back.clone();
    let content = match text {
        Some(text) => view! { <CodeBlock text=text label=t!(keys::artifact::dockerfile::TITLE) /> }.into_any(),
        None => view! {
            <Card label=t!(keys::artifact::dockerfile::TITLE)>
                <Empty
                    icon=Glyph::File
                    title=t!(keys::artifact::NO_HISTORY)
                    text=t!(keys::artifact::dockerfile::NONE_TEXT)
                >
                    <LinkButton href=layered icon=Glyph::Layers>
                        {t!(keys::artifact::dockerfile::BACK)}
                    </LinkButton>
                </Empty>
            </Card>
        }
        .into_any(),
    };
    view! {
        <Callout title=t!(keys::artifact::dockerfile::GUESS) text=t!(keys::artifact::dockerfile::GUESS_TEXT) />
        <div class="row between">
            <LinkButton href=back size=Size::Small icon=Glyph::Layers>
                {t!(keys::artifact::dockerfile::BACK)}
            </LinkButton>
        </div>
        {content}
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

/// Bytes of layers that other images of the project have as well.
fn shared(layers: &[LayerInfo]) -> u64 {
    let shared = layers.iter().filter(|layer| layer.shared_by.is_some_and(|n| n > 0));
    shared.map(|layer| natural(layer.size)).sum()
}

#[component]
fn LayerTable(platform: String, layers: Vec<LayerInfo>, dockerfile: String) -> impl IntoView {
    let total: u64 = layers.iter().map(|layer| natural(layer.size)).sum();
    let real = layers.iter().filter(|layer| layer.digest.is_some()).count() as u64;
    let summary = tn!(keys::artifact::LAYERS_SUMMARY, real, platform = platform, size = bytes(total));
    let with_others = shared(&layers);
    let with_others = (with_others > 0).then(|| t!(keys::artifact::LAYERS_SHARED, size = bytes(with_others)));
    let bars = bars(&layers);
    let label = t!(keys::artifact::SHARE_OF_SIZE);
    let head = || {
        view! {
            <Column label=t!(keys::artifact::NUMBER) num=true />
            <Column label=t!(keys::artifact::STEP) />
            <Column label=t!(keys::artifact::DIGEST) priority=Priority::Second />
            <Column label=t!(keys::artifact::COMPRESSED) num=true />
            <Column label=t!(keys::artifact::SHARE) num=true priority=Priority::Second />
            <Column label=t!(keys::artifact::SHARED_BY) num=true />
        }
    };
    let rows = layers
        .into_iter()
        .enumerate()
        .map(move |(index, layer)| view! { <LayerRow number=index + 1 layer=layer total=total /> });
    view! {
        <div class="row between">
            <p class="muted small">{summary} " " {with_others}</p>
            <LinkButton href=dockerfile size=Size::Small icon=Glyph::File>
                {t!(keys::artifact::dockerfile::SHOW)}
            </LinkButton>
        </div>
        <Meter label=label parts=bars large=true />
        <TableBox>
            <Table caption=t!(keys::artifact::LAYERS_CAPTION) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn LayerRow(number: usize, layer: LayerInfo, total: u64) -> impl IntoView {
    let LayerInfo { digest, media_type, size, created_by, foreign, shared_by, .. } = layer;
    let line = step(&created_by);
    let made = digest.is_some();
    let media_type = media_type.unwrap_or_default();
    // A layer without a line of history says at least what it is.
    let has_line = !line.is_empty();
    let text = if has_line { line } else { media_type.clone() };
    let class = if made { "name" } else { "name dim" };
    let kind = (made && has_line).then(|| view! { <span class="tiny muted block name">{media_type}</span> });
    let share = made.then(|| format!("{}%", percent(natural(size), total)));
    let others = shared_by.map(natural).map(|n| match n {
        0 => t!(keys::artifact::ONLY_HERE),
        n => tn!(keys::artifact::ALSO_IN, n, shown = count(n)),
    });
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
                {kind}
            </RowHead>
            <Cell label=t!(keys::artifact::DIGEST) priority=Priority::Second>
                {digest.map(|digest| view! { <DigestChip digest=digest /> })}
            </Cell>
            <Cell label=t!(keys::artifact::COMPRESSED) num=true>
                {size}
            </Cell>
            <Cell label=t!(keys::artifact::SHARE) num=true priority=Priority::Second>
                {share}
            </Cell>
            <Cell label=t!(keys::artifact::SHARED_BY) num=true>
                {others}
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
            title: None,
            shared_by: None,
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

    #[test]
    fn what_others_have_as_well_is_summed() {
        let of = |size: i64, n: i64| LayerInfo { shared_by: Some(n), ..layer(size) };
        assert_eq!(shared(&[of(10, 3), of(5, 0), layer(7), of(1, 1)]), 11);
    }
}
