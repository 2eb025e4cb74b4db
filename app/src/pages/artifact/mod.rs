//! An artifact: what it is, how to pull it, what it is made of, what is said about it.

mod attestations;
mod chart;
mod dockerfile;
mod documents;
mod facts;
mod files;
mod forms;
mod labels;
mod lack;
mod layers;
mod manifest;
mod overview;
mod platforms;
mod referrers;
mod sbom;
mod step;
mod subject;
mod trust;
mod vulnerabilities;

pub(crate) use facts::platforms_of;
pub(crate) use forms::{DeleteArtifact, NewTag};
pub(crate) use labels::ArtifactLabels;
pub(crate) use layers::Layers;
pub(crate) use overview::Overview;

use crate::format::{ByteSize, TimeAgo, digest_middle, digest_short, natural};
use crate::i18n::keys;
use crate::pages::project::{ArtifactPart, InProject, RepositoryPart};
use crate::pages::repository::PullMenu;
use crate::t;
use crate::ui::{
    Badge, CopyButton, Fact, Glyph, Look, Menu, MenuLink, MenuSeparator, MenuSide, PageHead, Tab, Tabs, TrustChip,
    breakable,
};
use berth_types::api::Artifact;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use subject::Subject;

/// A part of the pages of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Overview,
    Layers,
    Inside(ArtifactPart),
}

/// The page of a part.
pub(crate) fn inside(within: InProject, repo: RepoName, reference: Reference, part: ArtifactPart) -> AnyView {
    match part {
        ArtifactPart::Documents => {
            view! { <documents::Documents within=within repo=repo reference=reference /> }.into_any()
        }
        ArtifactPart::Vulnerabilities => {
            view! { <vulnerabilities::Vulnerabilities within=within repo=repo reference=reference /> }.into_any()
        }
        ArtifactPart::Referrers => {
            view! { <referrers::Referrers within=within repo=repo reference=reference /> }.into_any()
        }
        ArtifactPart::Attestations => {
            view! { <attestations::Attestations within=within repo=repo reference=reference /> }.into_any()
        }
        ArtifactPart::Sbom => view! { <sbom::Sbom within=within repo=repo reference=reference /> }.into_any(),
        ArtifactPart::Manifest => {
            view! { <manifest::Manifest within=within repo=repo reference=reference /> }.into_any()
        }
    }
}

/// What kind of artifact it is, in words.
pub(crate) fn kind_label(artifact: &Artifact) -> String {
    use keys::artifact as k;
    match artifact.kind.as_str() {
        _ if facts::is_index(artifact) => t!(k::INDEX),
        "IMAGE" => t!(k::IMAGE),
        "CHART" => t!(k::CHART),
        "WASM" => t!(k::WASM),
        "CNAI" => t!(k::MODEL),
        "SBOM" => t!(k::SBOM_KIND),
        "" | "UNKNOWN" => t!(k::OTHER),
        other => other.to_owned(),
    }
}

/// The picture of its kind.
fn kind_icon(artifact: &Artifact) -> Glyph {
    match artifact.kind.as_str() {
        _ if facts::is_index(artifact) => Glyph::Layers,
        "IMAGE" => Glyph::Chip,
        "CHART" => Glyph::Helm,
        "WASM" => Glyph::Bolt,
        "CNAI" => Glyph::Db,
        "SBOM" => Glyph::Sbom,
        _ => Glyph::File,
    }
}

/// Whether it is an image, or an index of some, and so has layers that lie on each other.
fn is_image(artifact: &Artifact) -> bool {
    facts::is_index(artifact) || artifact.kind == "IMAGE" || artifact.addition_links.contains_key("build_history")
}

/// The tag by which the page names the artifact, else its first.
fn tag_of(artifact: &Artifact, reference: &Reference) -> Option<String> {
    match reference {
        Reference::Tag(tag) => Some(tag.to_string()),
        Reference::Digest(_) => artifact.tags.iter().flatten().next().map(|tag| tag.name.clone()),
    }
}

/// The parts that an artifact has, in the order of their tabs.
fn parts(artifact: &Artifact) -> Vec<Part> {
    let documents = artifact.addition_links.contains_key("readme.md").then_some(Part::Inside(ArtifactPart::Documents));
    let scanned = is_image(artifact).then_some(Part::Inside(ArtifactPart::Vulnerabilities));
    let all = [
        Some(Part::Overview),
        documents,
        Some(Part::Layers),
        scanned,
        Some(Part::Inside(ArtifactPart::Referrers)),
        Some(Part::Inside(ArtifactPart::Attestations)),
        Some(Part::Inside(ArtifactPart::Sbom)),
        Some(Part::Inside(ArtifactPart::Manifest)),
    ];
    all.into_iter().flatten().collect()
}

impl Part {
    fn label(self, artifact: &Artifact) -> String {
        use keys::artifact as k;
        match self {
            Part::Overview => t!(k::TAB_OVERVIEW),
            Part::Layers if is_image(artifact) => t!(k::TAB_LAYERS),
            Part::Layers => t!(k::TAB_FILES),
            Part::Inside(ArtifactPart::Documents) => t!(k::TAB_DOCUMENTS),
            Part::Inside(ArtifactPart::Vulnerabilities) => t!(k::TAB_VULNERABILITIES),
            Part::Inside(ArtifactPart::Referrers) => t!(k::TAB_REFERRERS),
            Part::Inside(ArtifactPart::Attestations) => t!(k::TAB_ATTESTATIONS),
            Part::Inside(ArtifactPart::Sbom) => t!(k::TAB_SBOM),
            Part::Inside(ArtifactPart::Manifest) => t!(k::TAB_MANIFEST),
        }
    }

    fn href(self, repo: &RepoName, reference: &Reference) -> String {
        let reference = reference.clone();
        match self {
            Part::Overview => RepositoryPart::Artifact(reference),
            Part::Layers => RepositoryPart::Layers(reference),
            Part::Inside(part) => RepositoryPart::Inside(reference, part),
        }
        .of(repo)
    }
}

/// Platforms that are named above a page; the others are counted.
const NAMED_MAX: usize = 2;

/// `linux/amd64, linux/arm64 +3`
fn platforms_text(platforms: &[String]) -> String {
    let named: Vec<&str> = platforms.iter().map(String::as_str).take(NAMED_MAX).collect();
    let more = platforms.len().saturating_sub(named.len());
    let named = named.join(", ");
    if more > 0 { format!("{named} +{more}") } else { named }
}

/// Name, digest and actions above every part of the pages.
#[component]
fn Head(within: InProject, repo: RepoName, reference: Reference, subject: Subject, part: Part) -> impl IntoView {
    let Subject { artifact, family } = subject;
    let heading = {
        let name = match &reference {
            Reference::Tag(tag) => format!("{}:{tag}", repo.within_project()),
            Reference::Digest(_) => format!("{}@{}", repo.within_project(), digest_short(&artifact.digest)),
        };
        let (kind, icon) = (kind_label(&artifact), kind_icon(&artifact));
        let trust = facts::Signature::of(&artifact).trust();
        move || {
            view! {
                <span class="name">{breakable(&name)}</span>
                " "
                <Badge icon=icon>{kind}</Badge>
                " "
                <TrustChip trust=trust />
            }
        }
    };
    let meta = {
        let (digest, pushed) = (artifact.digest.clone(), artifact.push_time);
        let (middle, whole) = (digest_middle(&digest), digest.clone());
        let (platforms, size) = (platforms_text(&facts::platforms_of(&artifact)), natural(artifact.size));
        let platforms = (!platforms.is_empty()).then(|| view! { <Fact icon=Glyph::Chip>{platforms}</Fact> });
        move || {
            view! {
                <span class="digest" title=whole>
                    {middle}
                    <CopyButton text=digest label=t!(keys::copy::FULL_DIGEST) />
                </span>
                <Fact icon=Glyph::Clock>
                    {t!(keys::repository::PUSHED)} " " <TimeAgo at=pushed />
                </Fact>
                {platforms}
                <Fact icon=Glyph::Db>
                    <ByteSize bytes=size />
                </Fact>
            }
        }
    };
    let parts = parts(&artifact);
    let tabs: Vec<Tab> = parts
        .into_iter()
        .map(|each| Tab {
            label: each.label(&artifact),
            href: family.keeping(each.href(&repo, &reference)),
            count: None,
            current: each == part,
        })
        .collect();
    let choice = family.choice(&repo, &artifact.digest, part);
    let actions = {
        let (repo, reference, artifact) = (repo.clone(), reference.clone(), artifact.clone());
        let tag = tag_of(&artifact, &reference);
        // The overview has the commands on the page.
        let menu = part != Part::Overview;
        move || {
            view! {
                {menu
                    .then(|| {
                        view! {
                            <PullMenu
                                repo=repo.clone()
                                tag=tag
                                digest=artifact.digest
                                kind=artifact.kind
                                main=true
                            />
                        }
                    })}
                <Actions within=within repo=repo reference=reference />
            }
        }
    };
    view! {
        <PageHead title=heading meta=meta actions=actions />
        {choice}
        <Tabs label=t!(keys::artifact::TABS) tabs=tabs />
    }
}

#[component]
fn Actions(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let add = within.rights.may(Of::Tag, Action::Create);
    let delete = within.rights.may(Of::Artifact, Action::Delete);
    let history = match &reference {
        Reference::Tag(tag) => Some(RepositoryPart::TagHistory(tag.clone()).of(&repo)),
        Reference::Digest(_) => None,
    };
    (add || delete || history.is_some()).then(|| {
        let new = RepositoryPart::NewTag(reference.clone()).of(&repo);
        let remove = RepositoryPart::DeleteArtifact(reference).of(&repo);
        let above = add || history.is_some();
        view! {
            <Menu
                label=t!(keys::artifact::ACTIONS)
                icon=Glyph::More
                look=Look::Ghost
                side=MenuSide::End
            >
                {add.then(|| view! { <MenuLink href=new icon=Glyph::Tag text=t!(keys::repository::menu::ADD_TAG) /> })}
                {history
                    .map(|href| {
                        view! { <MenuLink href=href icon=Glyph::History text=t!(keys::repository::TAB_HISTORY) /> }
                    })}
                {delete
                    .then(|| {
                        view! {
                            {above.then(|| view! { <MenuSeparator /> })}
                            <MenuLink
                                href=remove
                                icon=Glyph::Trash
                                danger=true
                                text=t!(keys::repository::menu::DELETE_ARTIFACT)
                            />
                        }
                    })}
            </Menu>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_platforms_are_counted() {
        let of = |n: usize| platforms_text(&(0..n).map(|n| format!("p{n}")).collect::<Vec<_>>());
        assert_eq!([of(0), of(1), of(2), of(5)], ["", "p0", "p0, p1", "p0, p1 +3"]);
    }
}
