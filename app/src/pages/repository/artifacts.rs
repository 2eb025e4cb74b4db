//! The artifacts of a repository, with those that have no tag.

use super::push_command;
use super::tags::{Pulled, platform_short};
use crate::format::{ByteSize, TimeAgo, digest_short};
use crate::i18n::keys;
use crate::pages::artifact::{kind_label, platforms_of};
use crate::pages::project::{InProject, NoMatch, RepositoryPart, artifact_href, natural};
use crate::pages::repository::PullMenu;
use crate::query::ListState;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Chip, Chips, Column, CopyButton, Empty, FilterCount, Filters, Glyph, MaybeText,
    MenuLink, MenuSeparator, Pager, Priority, Row, RowHead, RowMenu, SearchBox, Sort, Table, TableBox,
};
use crate::{t, tn};
use berth_types::api::Artifact;
use berth_types::page::Paged;
use berth_types::policy::{Action, Resource as Of};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;

/// Tags of an artifact that a row shows.
const TAGS_SHOWN: usize = 3;

#[component]
pub(super) fn ArtifactList(
    within: InProject,
    repo: RepoName,
    state: ListState,
    artifacts: Paged<Artifact>,
) -> impl IntoView {
    let total = natural(artifacts.total);
    let ListState { q, sort, page, page_size, search } = state;
    let list = if !artifacts.items.is_empty() {
        view! { <ArtifactTable within=within repo=repo artifacts=artifacts.items sort=sort search=search.clone() /> }
            .into_any()
    } else if q.is_empty() {
        let command = MaybeText(within.rights.may_push().then(|| push_command(&repo)));
        view! {
            <Empty
                icon=Glyph::Layers
                title=t!(keys::repository::NO_ARTIFACTS)
                text=t!(keys::repository::EMPTY_TEXT)
                command=command
            />
        }
        .into_any()
    } else {
        view! { <NoMatch query=q.clone() /> }.into_any()
    };
    let pager = (total > 0).then(|| {
        let search = search.clone();
        view! { <Pager page=page page_size=page_size total=total search=search /> }
    });
    view! {
        <Filters>
            <SearchBox label=t!(keys::repository::FILTER_DIGEST) value=q keep=search />
            <FilterCount text=tn!(keys::count::ARTIFACTS, total) />
        </Filters>
        {list}
        {pager}
    }
}

#[component]
fn ArtifactTable(
    within: InProject,
    repo: RepoName,
    artifacts: Vec<Artifact>,
    sort: String,
    search: String,
) -> impl IntoView {
    let head = move || {
        view! {
            <Column label=t!(keys::repository::DIGEST) />
            <Column label=t!(keys::repository::TAGS) />
            <Column label=t!(keys::repository::KIND) priority=Priority::Second />
            <Column label=t!(keys::repository::PLATFORMS) priority=Priority::Third />
            <Column label=t!(keys::repository::SIZE) sort=Sort::by("size", &sort, &search, true) num=true />
            <Column label=t!(keys::repository::PUSHED) sort=Sort::by("push_time", &sort, &search, true) />
            <ActionColumn />
        }
    };
    let caption = t!(keys::repository::ARTIFACTS_CAPTION, repository = repo);
    let rows = artifacts.into_iter().map(move |artifact| {
        view! { <ArtifactRow within=within.clone() repo=repo.clone() artifact=artifact /> }
    });
    view! {
        <TableBox>
            <Table caption=caption head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[component]
fn ArtifactRow(within: InProject, repo: RepoName, artifact: Artifact) -> impl IntoView {
    let tags: Vec<String> = artifact.tags.iter().flatten().map(|tag| tag.name.clone()).collect();
    let chips = if tags.is_empty() {
        view! { <span class="dim">{t!(keys::repository::UNTAGGED)}</span> }.into_any()
    } else {
        let more = tags.len().saturating_sub(TAGS_SHOWN);
        let shown = tags
            .iter()
            .take(TAGS_SHOWN)
            .map(|tag| view! { <Chip href=artifact_href(&repo, tag) icon=Glyph::Tag text=tag.clone() /> })
            .collect_view();
        view! {
            <Chips>
                {shown}
                {(more > 0)
                    .then(|| view! { <span class="tiny muted">{t!(keys::repository::AND_MORE, count = more)}</span> })}
            </Chips>
        }
        .into_any()
    };
    let platforms = platforms_of(&artifact);
    let platforms =
        platforms.iter().map(|platform| view! { <Chip mono=true text=platform_short(platform) /> }).collect_view();
    let short = digest_short(&artifact.digest).to_owned();
    let menu = artifact.digest.parse::<Reference>().ok().and_then(|reference| {
        let add = within.rights.may(Of::Tag, Action::Create);
        let delete = within.rights.may(Of::Artifact, Action::Delete);
        (add || delete).then(|| {
            let new = RepositoryPart::NewTag(reference.clone()).of(&repo);
            let remove = RepositoryPart::DeleteArtifact(reference).of(&repo);
            view! {
                <RowMenu label=t!(keys::common::ACTIONS_FOR, name = short)>
                    {add
                        .then(|| view! { <MenuLink href=new icon=Glyph::Tag text=t!(keys::repository::menu::ADD_TAG) /> })}
                    {(add && delete).then(|| view! { <MenuSeparator /> })}
                    {delete
                        .then(|| {
                            view! {
                                <MenuLink
                                    href=remove
                                    icon=Glyph::Trash
                                    danger=true
                                    text=t!(keys::repository::menu::DELETE_ARTIFACT)
                                />
                            }
                        })}
                </RowMenu>
            }
        })
    });
    let kind = kind_label(&artifact);
    let href = artifact_href(&repo, &artifact.digest);
    let (digest, whole) = (artifact.digest.clone(), artifact.digest.clone());
    let (size, pushed, pulled) = (natural(artifact.size), artifact.push_time, artifact.pull_time);
    view! {
        <Row>
            <RowHead>
                <span class="digest" title=whole>
                    <a href=href>{short.clone()}</a>
                    <CopyButton text=digest label=t!(keys::copy::DIGEST, digest = short) />
                </span>
            </RowHead>
            <Cell label=t!(keys::repository::TAGS)>{chips}</Cell>
            <Cell label=t!(keys::repository::KIND) priority=Priority::Second>
                <span class="muted">{kind}</span>
            </Cell>
            <Cell label=t!(keys::repository::PLATFORMS) priority=Priority::Third>
                <Chips platforms=true>{platforms}</Chips>
            </Cell>
            <Cell label=t!(keys::repository::SIZE) num=true>
                <ByteSize bytes=size />
            </Cell>
            <Cell label=t!(keys::repository::PUSHED)>
                <span>
                    <TimeAgo at=pushed /> <Pulled at=pulled />
                </span>
            </Cell>
            <ActionCell>
                <span class="row g1 nowrap-row">
                    <PullMenu repo=repo tag=tags.into_iter().next() digest=artifact.digest kind=artifact.kind /> {menu}
                </span>
            </ActionCell>
        </Row>
    }
}
