//! An artifact: what it is, how to pull it, what it is made of.

mod facts;
mod forms;
mod labels;
mod layers;
mod overview;
mod step;

pub(crate) use facts::platforms_of;
pub(crate) use forms::{DeleteArtifact, NewTag};
pub(crate) use labels::ArtifactLabels;
pub(crate) use layers::Layers;
pub(crate) use overview::Overview;

use crate::client::{ApiResult, use_client};
use crate::format::{TimeAgo, digest_middle, digest_short};
use crate::i18n::keys;
use crate::pages::project::{InProject, RepositoryPart};
use crate::pages::repository::PullMenu;
use crate::t;
use crate::ui::{
    Badge, CopyButton, Fact, Glyph, Look, Menu, MenuLink, MenuSeparator, MenuSide, PageHead, Tab, Tabs, breakable,
};
use berth_types::api::Artifact;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// A part of the pages of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Overview,
    Layers,
}

/// The artifact that a page names.
fn artifact_of_page(repo: &RepoName, reference: &Reference) -> Resource<ApiResult<Artifact>> {
    let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
    Resource::new(
        || (),
        move |()| {
            let (client, repo, reference) = (client.clone(), repo.clone(), reference.clone());
            async move { client.artifact(&repo, &reference).await }
        },
    )
}

/// What kind of artifact it is, in words.
pub(crate) fn kind_label(artifact: &Artifact) -> String {
    use keys::artifact as k;
    match artifact.kind.as_str() {
        _ if facts::is_index(artifact) => t!(k::INDEX),
        "IMAGE" => t!(k::IMAGE),
        "CHART" => t!(k::CHART),
        "" | "UNKNOWN" => t!(k::OTHER),
        other => other.to_owned(),
    }
}

/// The tag by which the page names the artifact, else its first.
fn tag_of(artifact: &Artifact, reference: &Reference) -> Option<String> {
    match reference {
        Reference::Tag(tag) => Some(tag.to_string()),
        Reference::Digest(_) => artifact.tags.iter().flatten().next().map(|tag| tag.name.clone()),
    }
}

/// Name, digest and actions above every part of the pages.
#[component]
fn Head(within: InProject, repo: RepoName, reference: Reference, artifact: Artifact, part: Part) -> impl IntoView {
    let heading = {
        let name = match &reference {
            Reference::Tag(tag) => format!("{}:{tag}", repo.within_project()),
            Reference::Digest(_) => format!("{}@{}", repo.within_project(), digest_short(&artifact.digest)),
        };
        let kind = kind_label(&artifact);
        move || {
            view! {
                <span class="name">{breakable(&name)}</span>
                " "
                <Badge>{kind}</Badge>
            }
        }
    };
    let meta = {
        let (digest, pushed) = (artifact.digest.clone(), artifact.push_time);
        let (middle, whole) = (digest_middle(&digest), digest.clone());
        move || {
            view! {
                <span class="digest" title=whole>
                    {middle}
                    <CopyButton text=digest label=t!(keys::copy::FULL_DIGEST) />
                </span>
                <Fact icon=Glyph::Clock>
                    {t!(keys::repository::PUSHED)} " " <TimeAgo at=pushed />
                </Fact>
            }
        }
    };
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
    let tab = |each: Part, label: String, part_of: RepositoryPart| Tab {
        label,
        href: part_of.of(&repo),
        count: None,
        current: each == part,
    };
    let tabs = vec![
        tab(Part::Overview, t!(keys::artifact::TAB_OVERVIEW), RepositoryPart::Artifact(reference.clone())),
        tab(Part::Layers, t!(keys::artifact::TAB_LAYERS), RepositoryPart::Layers(reference.clone())),
    ];
    view! {
        <PageHead title=heading meta=meta actions=actions />
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
